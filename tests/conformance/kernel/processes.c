/* SPDX-License-Identifier: MIT */
/**
 * @file processes.c
 * Address spaces: made of plain pages, pinned when they are first used, copied
 * by fork, unpinned at their end. Pages are shared and copied on write; the
 * tables of a pinned address space are written by calls, by stores that the
 * hypervisor emulates, and with accessed and dirty bits kept.
 */
#include "kernel.h"

#define TEXT 0x08048000u
#define DATA 0x08049000u
#define STACK_TOP 0xC0000000u
#define USER_RW (PAGE_RW | L1_USER)
#define USER_RO (PAGE_RO | L1_USER)
#define TEXT_INDEX (TEXT >> 12 & 511)
#define DATA_INDEX (DATA >> 12 & 511)
#define STACK_INDEX 511u

struct process *current;
static struct process table[4];

/** pgd_alloc(): all four L2s, the kernel's with a copy of its part. */
static void pgd_alloc(struct process *p)
{
    p->pgd = page_take();
    for (unsigned i = 0; i < 4; i++) {
        p->pmd[i] = page_take();
        p->pgd[i] = entry_of(p->pmd[i], L1_PRESENT);
    }
    for (unsigned i = 0; i < 512; i++)
        p->pmd[KERNEL_SLOT][i] = swapper_pmd[i];
    p->text = page_take();
    p->stack = page_take();
    p->pmd[TEXT >> 30][TEXT >> 21 & 511] = entry_of(p->text, TABLE_FLAGS);
    p->pmd[2][511] = entry_of(p->stack, TABLE_FLAGS);
}

static void *const *tables_of(const struct process *p)
{
    static void *list[8];

    list[0] = p->text;
    list[1] = p->stack;
    for (unsigned i = 0; i < 4; i++)
        list[2 + i] = p->pmd[i];
    list[6] = p->pgd;
    return list;
}

/** Have all tables read-only or writable, by one multicall. */
static void tables_protect(const struct process *p, uint64_t flags, bool pin)
{
    void *const *list = tables_of(p);

    for (unsigned i = 0; i < 7; i++) {
        uint64_t e = entry_of(list[i], flags);

        batch_call(__HYPERVISOR_update_va_mapping, (uint32_t)list[i],
                   (uint32_t)e, (uint32_t)(e >> 32),
                   i == 6 ? UVMF_TLB_FLUSH : 0, 0);
        if (pin && i < 2)
            batch_ext(MMUEXT_PIN_L1_TABLE, mfn_of(list[i]));
    }
}

/** xen_pgd_pin(). */
static void pgd_pin(const struct process *p)
{
    tables_protect(p, PAGE_RO, true);
    batch_ext(MMUEXT_PIN_L3_TABLE, mfn_of(p->pgd));
    CHECK("kernel.process.pin", 0, batch_end());
}

/** xen_pgd_unpin(). */
static void pgd_unpin(const struct process *p)
{
    batch_ext(MMUEXT_UNPIN_TABLE, mfn_of(p->pgd));
    batch_ext(MMUEXT_UNPIN_TABLE, mfn_of(p->text));
    batch_ext(MMUEXT_UNPIN_TABLE, mfn_of(p->stack));
    tables_protect(p, PAGE_RW, false);
    CHECK("kernel.process.unpin", 0, batch_end());
}

static struct process *slot(void)
{
    struct process *p = table;

    while (p->kernel_stack)
        p++;
    p->kernel_stack = page_take();
    p->done = false;
    p->status = 0;
    return p;
}

/** The first: its text is our image's page, its data and stack zeros. */
struct process *process_make(void)
{
    struct process *p = slot();

    pgd_alloc(p);
    p->text[TEXT_INDEX] = entry_of(program_page, PAGE_RO | L1_USER);
    p->text[DATA_INDEX] = entry_of(page_take(), USER_RW);
    p->stack[STACK_INDEX] = entry_of(page_take(), USER_RW);
    pgd_pin(p);
    return p;
}

/** A page that both have from now on: the parent's entry loses its right to
 *  write by a locked byte operation, the child's is written by a request to a
 *  page that is no table yet. */
static void share(uint64_t *from, uint64_t *to)
{
    __asm__ volatile("lock andb %1, %0"
                     : "+m"(*(uint8_t *)from) : "iq"((uint8_t)~L1_WRITABLE));
    batch_update(machine_of(to), *from);
}

/** Its frame in a child is the parent's, but for the result. */
static void frame_copy(struct process *p, const struct frame *f)
{
    uint32_t *stack = (uint32_t *)(p->kernel_stack + PAGE - sizeof(*f));

    *(struct frame *)stack = *f;
    ((struct frame *)stack)->eax = 0;
    *--stack = (uint32_t)fork_return;
    for (unsigned i = 0; i < 4; i++)
        *--stack = 0;
    p->kernel_esp = (uint32_t)stack;
}

/** dup_mm(). */
struct process *process_fork(struct process *from, const struct frame *f)
{
    struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
    struct process *p = slot();

    pgd_alloc(p);
    batch_update(machine_of(&p->text[TEXT_INDEX]), from->text[TEXT_INDEX]);
    share(&from->text[DATA_INDEX], &p->text[DATA_INDEX]);
    share(&from->stack[STACK_INDEX], &p->stack[STACK_INDEX]);
    CHECK("kernel.process.fork", 0, batch_end());
    CHECK("kernel.process.parent_protected", 0,
          (uint32_t)from->text[DATA_INDEX] & L1_WRITABLE);
    CHECK("kernel.process.fork_flush", 0,
          hypercall_4(mmuext_op, &flush, 1, 0, DOMID_SELF));
    pgd_pin(p);
    for (unsigned i = 0; i < 3; i++)
        p->tls[i] = from->tls[i];
    p->parent = from;
    frame_copy(p, f);
    return p;
}

/** Is another one's entry for the same frame? */
static bool shared_frame(const uint64_t *e)
{
    unsigned n = 0;

    for (struct process *p = table; p < table + 4; p++)
        if (p->kernel_stack)
            n += ((p->text[DATA_INDEX] ^ *e) & ADDRESS_MASK) == 0 ||
                 ((p->stack[STACK_INDEX] ^ *e) & ADDRESS_MASK) == 0;
    return n > 1;
}

/** exit_mmap(), when it is nobody's base any more. */
void process_free(struct process *p)
{
    void *const *list = tables_of(p);

    pgd_unpin(p);
    if (!shared_frame(&p->text[DATA_INDEX]))
        page_give(table_of(p->text[DATA_INDEX]));
    if (!shared_frame(&p->stack[STACK_INDEX]))
        page_give(table_of(p->stack[STACK_INDEX]));
    for (unsigned i = 0; i < 7; i++)
        page_give(list[i]);
    page_give(p->kernel_stack);
    p->kernel_stack = NULL;
}

/** The entry of an address that may be written, if it is one. */
static uint64_t *entry_at(uint32_t va)
{
    if (va >> 12 == DATA >> 12)
        return &current->text[DATA_INDEX];
    return va >> 12 == (STACK_TOP - 1) >> 12 ? &current->stack[STACK_INDEX]
                                             : NULL;
}

/** ptep_get_and_clear(): the low half by an exchange, the high one by a store,
 *  both to a table that is mapped read-only. */
static void clear_entry(uint64_t *e)
{
    uint32_t *half = (uint32_t *)e, low = 0;

    __asm__ volatile("xchgl %0, %1" : "+r"(low), "+m"(half[0]));
    __asm__ volatile("movl $0, %0" : "=m"(half[1]));
    CHECK("kernel.process.cleared", 0, (uint32_t)*e | (uint32_t)(*e >> 32));
}

static bool protected_by_program;

/** A write to a page that is shared: a copy, or the page itself if the other
 *  one has copied. @return false: it is the program's fault. */
bool process_fault(const struct frame *f, uint32_t va)
{
    uint64_t *e = entry_at(va), value, old;
    const uint64_t *from;
    uint64_t *to;

    if (!e || f->error != 7 || protected_by_program)
        return false;
    if (!shared_frame(e)) { /* set_pte_atomic(): one locked exchange */
        old = *e;
        value = old | L1_WRITABLE | L1_DIRTY;
        __asm__ volatile("lock cmpxchg8b %0"
                         : "+m"(*e), "+A"(old)
                         : "b"((uint32_t)value),
                           "c"((uint32_t)(value >> 32)) : "cc");
        CHECK("kernel.process.reused", 0, flush_page(va));
        return true;
    }
    from = table_of(*e);
    to = page_take();
    for (unsigned i = 0; i < 512; i++)
        to[i] = from[i];
    clear_entry(e);
    CHECK("kernel.process.copy_flush", 0, flush_page(va));
    CHECK("kernel.process.copied", 0, table_set(e, entry_of(to, USER_RW)));
    return true;
}

/** mprotect() of the data: ptep_modify_prot_commit(), which keeps what the
 *  processor set meanwhile. */
int32_t process_protect(struct process *p, bool writable)
{
    uint64_t *e = &p->text[DATA_INDEX];
    uint64_t value = (*e & ADDRESS_MASK) | L1_PRESENT | L1_USER |
                     (writable ? L1_WRITABLE : 0);

    protected_by_program = !writable;
    batch_update(machine_of(e) | MMU_PT_UPDATE_PRESERVE_AD, value);
    batch_ext(MMUEXT_INVLPG_LOCAL, DATA);
    if (batch_end() != 0)
        return -1;
    CHECK("kernel.process.dirty_kept", L1_DIRTY | L1_ACCESSED,
          (uint32_t)*e & (L1_DIRTY | L1_ACCESSED));
    return 0;
}
