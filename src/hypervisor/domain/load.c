/* SPDX-License-Identifier: MIT */
/**
 * @file load.c
 * A new domain's memory while it is built: frames by pfn, bytes by VA.
 *
 * The frames are scattered over the machine. Which frame a pfn has is kept
 * where the guest will find it as well: in its own p2m list. So building
 * needs no second array, which for a large domain would be megabytes of our
 * small heap; only the frames of the list itself are noted aside.
 *
 * Source: [ELF] "Program Header".
 */
#include "builder.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "lib.h"

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(uint32_t))

/** L3s of guests that cannot have them above 4 GB. */
#define FRAMES_BELOW_4_GB 0x100000u

/** Accessor of an image in machine memory, through a window. */
static void read_machine(const struct image_source *source, uint32_t offset,
                         void *to, uint32_t bytes)
{
    uint32_t at = source->start + offset, done = 0;

    while (done < bytes) {
        uint32_t chunk = PAGE_SIZE - at % PAGE_SIZE;
        const uint8_t *window = window_map(maddr_to_mfn(maddr(at)));

        if (chunk > bytes - done)
            chunk = bytes - done;
        memcpy((uint8_t *)to + done, window + at % PAGE_SIZE, chunk);
        window_unmap(window);
        done += chunk;
        at += chunk;
    }
}

/**
 * An image in machine memory: bytes [start, end).
 *
 * @param[out] source  The file from now on.
 * @param start        Machine address of its first byte, in RAM.
 * @param end          Of the first byte behind it; not below `start`.
 * @context{any}
 */
void machine_source(struct image_source *source, uint32_t start, uint32_t end)
{
    *source = (struct image_source){ .bytes = end - start,
                                     .read = read_machine,
                                     .start = start };
}

/** Where the p2m list is, as pfns: [*first, *first + b->nr_p2m_frames). */
static uint32_t p2m_first_pfn(const struct build *b)
{
    return (b->layout.p2m_va - b->layout.virt_base) / PAGE_SIZE;
}

/** Enter a frame in the domain's list and in the machine's. */
static void set_p2m(struct build *b, uint32_t frame_pfn, mfn_t m)
{
    uint32_t *list = window_map(b->p2m_frame[frame_pfn / ENTRIES_PER_FRAME]);

    list[frame_pfn % ENTRIES_PER_FRAME] = m.n;
    window_unmap(list);
    m2p_set(m, frame_pfn);
}

/** A frame for one pfn: the L3's may have to be below 4 GB. */
static mfn_t frame_for(struct build *b, uint32_t frame_pfn)
{
    uint32_t l3_pfn = (b->layout.tables_va - b->layout.virt_base) / PAGE_SIZE;

    if (frame_pfn == l3_pfn && !b->image.extended_cr3)
        return frame_alloc_to_below(b->domain, FRAMES_BELOW_4_GB);
    return frame_alloc_to(b->domain);
}

static int no_frames(struct build *b)
{
    return build_refuse(&b->error,
                        "the machine has no more frames: %u of the domain's "
                        "%u were found",
                        b->domain->nr_frames, b->nr_pages);
}

/**
 * Allocate all of the domain's frames and write its p2m list.
 *
 * @param b  domain, layout and nr_pages are set; the layout has room.
 * @context{boot}
 * @post  Every pfn has a zeroed frame, known to the list and to the M2P.
 * @retval 0        done.
 * @retval -EINVAL  out of memory; the domain keeps what it got.
 */
int build_populate(struct build *b)
{
    uint32_t first = p2m_first_pfn(b);

    b->nr_p2m_frames =
        (b->nr_pages + ENTRIES_PER_FRAME - 1) / ENTRIES_PER_FRAME;
    b->p2m_frame = heap_alloc(b->nr_p2m_frames * sizeof(mfn_t));
    if (!b->p2m_frame)
        return build_refuse(&b->error, "the hypervisor's heap is empty");
    for (uint32_t i = 0; i < b->nr_p2m_frames; i++) {
        b->p2m_frame[i] = frame_alloc_to(b->domain);
        if (!mfn_valid_number(b->p2m_frame[i]))
            return no_frames(b);
    }
    for (uint32_t i = 0; i < b->nr_pages; i++) {
        mfn_t m;

        if (i >= first && i < first + b->nr_p2m_frames)
            m = b->p2m_frame[i - first];
        else
            m = frame_for(b, i);
        if (!mfn_valid_number(m))
            return no_frames(b);
        set_p2m(b, i, m);
    }
    return 0;
}

/**
 * The frame of a pfn below nr_pages.
 *
 * @param b          Its list of frames is written (build_populate()).
 * @param frame_pfn  Below b->nr_pages.
 * @context{boot}
 * @return its frame, the domain's; no reference is taken.
 */
mfn_t build_frame(const struct build *b, uint32_t frame_pfn)
{
    const uint32_t *list;
    mfn_t m;

    BUG_ON(frame_pfn >= b->nr_pages);
    list = window_map(b->p2m_frame[frame_pfn / ENTRIES_PER_FRAME]);
    m = mfn(list[frame_pfn % ENTRIES_PER_FRAME]);
    window_unmap(list);
    return m;
}

/**
 * The frame that will be seen at a VA of the mapped range.
 *
 * @param b   Its list of frames is written (build_populate()).
 * @param va  In the range that b->layout maps from its virt_base on.
 * @context{boot}
 * @return the frame that will be seen there; no reference is taken.
 */
mfn_t build_frame_at(const struct build *b, uint32_t va)
{
    return build_frame(b, (va - b->layout.virt_base) / PAGE_SIZE);
}

/**
 * Copy bytes of an image or a module into the domain's memory.
 *
 * @param b            The domain under construction.
 * @param to_pfn       First frame.
 * @param source       Where from: all bytes asked for are inside it.
 * @param offset       First byte there.
 * @param page_offset  Where in the first frame, below PAGE_SIZE.
 * @param bytes        Any number: they go on in the frames of the next pfns, as
 *                     far as the domain has some.
 * @context{boot}
 */
void build_copy(const struct build *b, uint32_t to_pfn,
                const struct image_source *source, uint32_t offset,
                uint32_t page_offset, uint32_t bytes)
{
    while (bytes > 0) {
        uint32_t chunk = PAGE_SIZE - page_offset;
        uint8_t *window = window_map(build_frame(b, to_pfn));
        bool read;

        if (chunk > bytes)
            chunk = bytes;
        read = image_get(source, offset, window + page_offset, chunk);
        BUG_ON(!read);
        window_unmap(window);
        to_pfn++;
        offset += chunk;
        bytes -= chunk;
        page_offset = 0;
    }
}

/** Accessor of ordinary memory. */
static void read_host(const struct image_source *source, uint32_t offset,
                      void *to, uint32_t bytes)
{
    memcpy(to, (const uint8_t *)source->host + offset, bytes);
}

/**
 * Copy bytes of ours to a VA of the mapped range.
 *
 * @param b      Its list of frames is written.
 * @param va     In the range that b->layout maps from its virt_base on, all
 *               `bytes` of it.
 * @param from   Memory of ours.
 * @param bytes  Any number.
 * @context{boot}
 */
void build_write(const struct build *b, uint32_t va, const void *from,
                 uint32_t bytes)
{
    struct image_source source = { .bytes = bytes, .read = read_host,
                                   .host = from };

    build_copy(b, (va - b->layout.virt_base) / PAGE_SIZE, &source, 0,
               va % PAGE_SIZE, bytes);
}

/**
 * Load the image: every segment, and the symbols' header if it has them.
 * What is not in the file is zero already, because frames come zeroed.
 *
 * @param b       Its image was read from `source`, and its list of frames is
 *                written.
 * @param source  The file.
 * @context{boot}
 */
void build_load_image(const struct build *b, const struct image_source *source)
{
    const struct image_symbols *symbols = &b->image.bsd_symbols;

    for (unsigned i = 0; i < b->image.nr_segments; i++) {
        const struct image_segment *segment = &b->image.segment[i];

        build_copy(b, (segment->va - b->layout.virt_base) / PAGE_SIZE, source,
                   segment->offset, segment->va % PAGE_SIZE,
                   segment->file_bytes);
    }
    if (symbols->present)
        build_write(b, symbols->va, &symbols->header,
                    sizeof(symbols->header));
}
