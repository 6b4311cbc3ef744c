/* SPDX-License-Identifier: MIT */
/**
 * @file ptwr.c
 * @page conformance_ptwr Conformance: plain stores to page tables
 * Property: with the assist writable_pagetables, a store of our kernel's to
 * its own L1 table is made if the entry that comes of it is allowed; else it
 * is a page fault and nothing has changed. Without the assist it always is.
 * Source: the interface's xen.h, VMASST_TYPE_writable_pagetables; the observed
 * outcomes of about 15 stores.
 * Method: the live L1 table, mapped read-only since the start of day, is
 * written by each kind of instruction that kernels use.
 */
#include "tables.h"

static uint8_t window[4096] __attribute__((aligned(4096)));
static uint64_t *slot;

static void assist(unsigned cmd)
{
    (void)hypercall_2(vm_assist, cmd, VMASST_TYPE_writable_pagetables);
}

/** Set the entry by a request. */
static void set(uint64_t entry)
{
    (void)update(entry_address(slot), entry);
}

/** Execute an instruction with edi at the entry plus an offset. */
#define STORE(offset, instructions)                                          \
    (tried.edi = (uint32_t)slot + (offset), TRY(instructions))

#define WRITE_FAULT FAULT(14, 3)

static void without(void)
{
    set(0);
    tried.eax = (uint32_t)page_entry(0, PTE_P);
    CHECK("ptwr.off.store_low_word", WRITE_FAULT,
          STORE(0, "movl %%eax, (%%edi)"));
    CHECK("ptwr.off.store_low_word_entry", 0, (uint32_t)*slot);
}

static void words(void)
{
    set(0);
    tried.eax = (uint32_t)page_entry(0, PTE_P | PTE_RW);
    CHECK("ptwr.on.store_low_word", NO_FAULT,
          STORE(0, "movl %%eax, (%%edi)"));
    CHECK("ptwr.on.store_low_word_entry", 1,
          *slot == page_entry(0, PTE_P | PTE_RW));
    tried.eax = 0;
    CHECK("ptwr.on.high_word_same", NO_FAULT,
          STORE(4, "movl %%eax, (%%edi)"));
    CHECK("ptwr.on.high_word_same_entry", 1,
          *slot == page_entry(0, PTE_P | PTE_RW));
    /* Bits that no entry may have: P goes, and the half is stored. */
    tried.eax = 0x00100000;
    CHECK("ptwr.on.high_word_makes_bad", NO_FAULT,
          STORE(4, "movl %%eax, (%%edi)"));
    CHECK("ptwr.on.high_word_makes_bad_low", (uint32_t)page_entry(0, PTE_RW),
          (uint32_t)*slot);
    CHECK("ptwr.on.high_word_makes_bad_high", 0x00100000,
          (uint32_t)(*slot >> 32));
    set(0);
    tried.eax = (uint32_t)frame_entry(free_frame(), PTE_P);
    CHECK("ptwr.on.store_low_bad_frame", WRITE_FAULT,
          STORE(0, "movl %%eax, (%%edi)"));
    CHECK("ptwr.on.store_low_bad_frame_entry", 0, (uint32_t)*slot);
    tried.eax = (uint32_t)frame_entry(table_frame(live_l1(window)),
                                      PTE_P | PTE_RW);
    CHECK("ptwr.on.store_table_writable", WRITE_FAULT,
          STORE(0, "movl %%eax, (%%edi)"));
}

static void instructions(void)
{
    uint64_t own = page_entry(0, PTE_P | PTE_RW);

    set(own);
    CHECK("ptwr.on.store_byte", NO_FAULT, STORE(0, "movb $1, (%%edi)"));
    CHECK("ptwr.on.store_byte_entry", 1, *slot == page_entry(0, PTE_P));
    tried.eax = (uint32_t)own;
    CHECK("ptwr.on.xchg", NO_FAULT, STORE(0, "xchgl %%eax, (%%edi)"));
    CHECK("ptwr.on.xchg_old", (uint32_t)page_entry(0, PTE_P), tried.eax);
    CHECK("ptwr.on.xchg_entry", 1, *slot == own);
    CHECK("ptwr.on.lock_or", NO_FAULT, STORE(0, "lock orl $0x60, (%%edi)"));
    CHECK("ptwr.on.lock_or_entry", 1, *slot == (own | PTE_A | PTE_D));
    CHECK("ptwr.on.lock_and", NO_FAULT, STORE(0, "lock andl $~2, (%%edi)"));
    CHECK("ptwr.on.lock_and_entry", 1,
          *slot == page_entry(0, PTE_P | PTE_A | PTE_D));
    CHECK("ptwr.on.lock_bts", NO_FAULT, STORE(0, "lock btsl $1, (%%edi)"));
    CHECK("ptwr.on.lock_bts_entry", 1, *slot == (own | PTE_A | PTE_D));
    tried.ecx = 6;
    CHECK("ptwr.on.lock_btr", NO_FAULT,
          STORE(0, "lock btrl %%ecx, (%%edi)"));
    CHECK("ptwr.on.lock_btr_entry", 1, *slot == (own | PTE_A));
    tried.eax = (uint32_t)(own | PTE_A);
    tried.ecx = (uint32_t)page_entry(1, PTE_P);
    CHECK("ptwr.on.lock_cmpxchg", NO_FAULT,
          STORE(0, "lock cmpxchgl %%ecx, (%%edi)"));
    CHECK("ptwr.on.lock_cmpxchg_entry", 1, *slot == page_entry(1, PTE_P));
    tried.eax = (uint32_t)page_entry(1, PTE_P);
    tried.edx = 0;
    tried.ebx = (uint32_t)own;
    tried.ecx = 0;
    CHECK("ptwr.on.cmpxchg8b", NO_FAULT,
          STORE(0, "lock cmpxchg8b (%%edi)"));
    CHECK("ptwr.on.cmpxchg8b_entry", 1, *slot == own);
    tried.eax = 0;
    CHECK("ptwr.on.cmpxchg8b_differs", NO_FAULT,
          STORE(0, "lock cmpxchg8b (%%edi)"));
    CHECK("ptwr.on.cmpxchg8b_differs_seen", (uint32_t)own, tried.eax);
    set(0);
    CHECK("ptwr.on.add", NO_FAULT, STORE(0, "addl $2, (%%edi)"));
    CHECK("ptwr.on.add_entry", 2, (uint32_t)*slot);
    CHECK("ptwr.on.not_aligned", WRITE_FAULT, STORE(2, "movl $0, (%%edi)"));
    CHECK("ptwr.on.stos", WRITE_FAULT, STORE(0, "stosl"));
    CHECK("ptwr.on.not", WRITE_FAULT, STORE(0, "notl (%%edi)"));
    CHECK("ptwr.on.shld", WRITE_FAULT,
          STORE(0, "shldl $1, %%eax, (%%edi)"));
    CHECK("ptwr.on.not_known_entry", 2, (uint32_t)*slot);
}

/* Only L1 tables: a store to an L2 is a fault, whatever is stored. */
static void other_levels(void)
{
    uint64_t *l2 = live_l2(window);

    tried.eax = (uint32_t)l2[0x100];
    tried.edi = (uint32_t)&l2[0x100];
    CHECK("ptwr.on.l2", WRITE_FAULT, TRY("movl %%eax, (%%edi)"));
    tried.edi = (uint32_t)&live_l3()[1];
    CHECK("ptwr.on.l3", WRITE_FAULT, TRY("movl %%eax, (%%edi)"));
}

void family(void)
{
    traps_ready();
    slot = &live_l1(window)[(uint32_t)window >> 12 & 511];
    page_clear(0);
    page_clear(1);
    without();
    assist(VMASST_CMD_enable);
    words();
    instructions();
    other_levels();
    assist(VMASST_CMD_disable);
    without();
}
