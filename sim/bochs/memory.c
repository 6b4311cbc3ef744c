/* SPDX-License-Identifier: MIT */
/**
 * @file memory.c
 * The machine's memory, read behind its back.
 */
#include "sim/bochs/memory.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FRAME 4096u
#define CR0_PG 0x80000000u
#define CR4_PSE 0x10u
#define CR4_PAE 0x20u

/* Bits of an entry; [SDM3A] "Paging". */
#define P 0x1u
#define RW 0x2u
#define US 0x4u
#define PS 0x80u
#define NX (1ull << 63)
#define ADDRESS 0x000FFFFFFFFFF000ull

size_t memory_read(uint64_t maddr, void *to, size_t bytes)
{
    size_t done = 0, part;
    const uint8_t *from;

    while (done < bytes) {
        from = cpu_memory(maddr + done);
        if (!from)
            break;
        part = FRAME - (size_t)((maddr + done) % FRAME);
        if (part > bytes - done)
            part = bytes - done;
        memcpy((char *)to + done, from, part);
        done += part;
    }
    return done;
}

uint64_t memory_entry(uint64_t maddr)
{
    uint64_t entry = 0;

    memory_read(maddr & ~7ull, &entry, sizeof(entry));
    return entry;
}

/** Join one level's rights to those of the levels above. */
static void restrict_to(struct translation *t, uint64_t entry)
{
    t->user &= (entry & US) != 0;
    t->writable &= (entry & RW) != 0;
    t->execute &= !(entry & NX);
}

static bool walk_pae(uint32_t vaddr, struct translation *t)
{
    uint64_t pdpt[4], entry;

    cpu_pdpt(pdpt);
    entry = pdpt[vaddr >> 30];
    if (!(entry & P))
        return false;
    entry = memory_entry((entry & ADDRESS) + ((vaddr >> 21) & 511) * 8);
    if (!(entry & P))
        return false;
    restrict_to(t, entry);
    if (entry & PS) {
        t->maddr = (entry & ADDRESS & ~0x1FFFFFull) + (vaddr & 0x1FFFFF);
        return true;
    }
    entry = memory_entry((entry & ADDRESS) + ((vaddr >> 12) & 511) * 8);
    restrict_to(t, entry);
    t->maddr = (entry & ADDRESS) + vaddr % FRAME;
    return entry & P;
}

/** The old two levels of 1024 entries: what a hypervisor that forgot
 *  CR4.PAE runs on. */
static bool walk_32bit(uint32_t cr3, uint32_t vaddr, struct translation *t)
{
    uint32_t entry = 0, page = 0;

    memory_read((cr3 & ~0xFFFu) + (vaddr >> 22) * 4, &entry, 4);
    if (!(entry & P))
        return false;
    restrict_to(t, entry);
    if ((entry & PS) && (cpu_cr4() & CR4_PSE)) {
        t->maddr = (entry & 0xFFC00000u) + (vaddr & 0x3FFFFF);
        return true;
    }
    memory_read((entry & ~0xFFFu) + ((vaddr >> 12) & 1023) * 4, &page, 4);
    restrict_to(t, page);
    t->maddr = (page & ~0xFFFu) + vaddr % FRAME;
    return page & P;
}

bool memory_translate(uint32_t vaddr, struct translation *to)
{
    struct cpu_now now;

    cpu_now(&now);
    *to = (struct translation){ vaddr, true, true, true };
    if (!(now.cr0 & CR0_PG))
        return true;
    if (cpu_cr4() & CR4_PAE)
        return walk_pae(vaddr, to);
    return walk_32bit(now.cr3, vaddr, to);
}

size_t memory_read_virtual(uint32_t vaddr, void *to, size_t bytes)
{
    struct translation where;
    size_t done = 0, part;

    while (done < bytes && memory_translate(vaddr + (uint32_t)done, &where)) {
        part = FRAME - (size_t)(where.maddr % FRAME);
        if (part > bytes - done)
            part = bytes - done;
        part = memory_read(where.maddr, (char *)to + done, part);
        if (!part)
            break;
        done += part;
    }
    return done;
}

bool memory_dump(const char *path)
{
    static const uint8_t zeros[FRAME];
    uint64_t bytes = cpu_ram_bytes(), at;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const uint8_t *frame;
    bool good = fd >= 0 && !ftruncate(fd, (off_t)bytes);

    for (at = 0; good && at < bytes; at += FRAME) {
        frame = cpu_memory(at);
        if (frame && memcmp(frame, zeros, FRAME))
            good = pwrite(fd, frame, FRAME, (off_t)at) == FRAME;
    }
    if (fd >= 0)
        good &= !close(fd);
    return good;
}
