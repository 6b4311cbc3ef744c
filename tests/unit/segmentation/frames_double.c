/* SPDX-License-Identifier: MIT */
#include "frames_double.h"

#include <stdlib.h>
#include <string.h>

#include "boot.h"

struct frames_double frames;

void frames_reset(void)
{
    memset(&frames, 0, sizeof(frames));
    for (unsigned n = 0; n < NR_FRAMES; n++) {
        frames.info[n].owner = &fake_guest.domain;
        frames.info[n].count = 1;
    }
}

unsigned frames_held(void)
{
    unsigned nr = 0;

    for (unsigned n = 0; n < NR_FRAMES; n++)
        nr += frames.info[n].count != 1 || frames.info[n].type_count != 0;
    return nr;
}

struct frame_infos frame_infos = { frames.info, NR_FRAMES };

bool frame_get(mfn_t m, const struct domain *owner)
{
    struct page_info *info = frame_info(m);

    if (info == NULL || info->owner != owner)
        return false;
    info->count++;
    return true;
}

void frame_put(mfn_t m)
{
    if (frame_info(m)->count-- < 2)
        abort();
}

int frame_get_type(mfn_t m, enum frame_type type)
{
    struct page_info *info = frame_info(m);

    if ((info->type_count > 0 && info->type != type) ||
        (type == FRAME_SEG_DESC && frames.bad[m.n]))
        return -EINVAL;
    info->type = type;
    info->type_count++;
    return 0;
}

void frame_put_type(mfn_t m)
{
    if (frame_info(m)->type_count-- == 0)
        abort();
}

int frame_get_and_type(mfn_t m, const struct domain *owner,
                       enum frame_type type)
{
    if (!frame_get(m, owner))
        return -EINVAL;
    if (frame_get_type(m, type) == 0)
        return 0;
    frame_put(m);
    return -EINVAL;
}

void frame_put_and_type(mfn_t m)
{
    frame_put_type(m);
    frame_put(m);
}

void *window_map(mfn_t m)
{
    frames.windows++;
    return frames.content[m.n];
}

void window_unmap(const void *window)
{
    (void)window;
    frames.windows--;
}

void window_fix(uint32_t address, mfn_t m, bool writable)
{
    if (!writable || address < LDT_WINDOW || address >= WINDOWS_END)
        abort();
    frames.shown[(address - LDT_WINDOW) / PAGE_SIZE] = m.n + 1;
}

void window_unfix(uint32_t address)
{
    frames.shown[(address - LDT_WINDOW) / PAGE_SIZE] = 0;
}

void memory_walk(const struct vcpu *v, uint32_t va, struct table_walk *walk)
{
    (void)v;
    *walk = frames.walk[(va - frames.walk_base.a) / PAGE_SIZE];
}

void memory_refresh_pdpt(struct vcpu *v)
{
    (void)v;
}

maddr_t heap_maddr(const void *memory)
{
    return maddr((uintptr_t)memory);
}
