/* SPDX-License-Identifier: MIT */
/**
 * @page unit_domain_first Unit test: the first domain, word by word
 *
 * Property: the fixed builder leaves memory, tables, counts, start_info,
 * shared_info and the M2P as the interface's start of day says, for images at
 * 0 and at 3 GB, with and without a ramdisk; and a guest that cannot be built
 * ends the machine with the right code.
 *
 * Method: made images in a made-up machine whose memory is garbage and whose
 * frames come in random order. domain_start_first() runs until it would enter
 * the guest; memory is then read only through the guest's own tables.
 */
#include "unit.h"

#include <string.h>

#include "../memory/fake_frames.h"
#include "builder.h"
#include "building.h"
#include "console.h"
#include "fake_console.h"
#include "hypercall.h"
#include "order.h"
#include "xen_abi.h"

/* --- What must be true afterwards ------------------------------------ */

/** Bytes of the guest's, through its own tables. */
static const uint8_t *guest_bytes(uint32_t va, uint32_t bytes)
{
    static uint8_t copy[0x10000];

    ck_assert_uint_le(bytes, sizeof(copy));
    ck_assert_msg(memory_peek(entered, va, copy, bytes) == bytes,
                  "0x%x is not mapped", va);
    return copy;
}

static uint32_t guest_word(uint32_t va)
{
    uint32_t word;

    memcpy(&word, guest_bytes(va, sizeof(word)), sizeof(word));
    return word;
}

/** True if all bytes are `byte`. */
static bool guest_all(uint32_t va, uint32_t bytes, uint8_t byte)
{
    const uint8_t *copy = guest_bytes(va, bytes);

    while (bytes > 0 && *copy == byte)
        copy++, bytes--;
    return bytes == 0;
}

static struct start_info start_info(void)
{
    struct start_info start;

    ck_assert_uint_eq(memory_peek(entered, entered->frame.esi, &start,
                                  sizeof(start)), sizeof(start));
    return start;
}

static void check_image(uint32_t base)
{
    ck_assert(guest_all(base + 0xF0000, 0x10000, 0)); /* pages before it */
    ck_assert(guest_all(base + 0x100000, 0x1000, 0x33));
    /* The hypercall page was filled over the segment's zeros. */
    ck_assert(guest_all(base + 0x101000, 0x1000, 0x77));
    ck_assert_uint_eq(entered->frame.eip, base + 0x100010);
    ck_assert_uint_eq(entered->frame.esp % PAGE_SIZE, 0);
    ck_assert_uint_eq(entered->frame.esi % PAGE_SIZE, 0);
}

/** The frame behind an address of the guest's. */
static uint32_t frame_at(uint32_t va)
{
    struct table_walk walk;

    memory_walk(entered, va, &walk);
    ck_assert(walk.present && (walk.entry[2] & PTE_RW));
    return walk.frame.n;
}

/** A port with the hypervisor at its other end. */
static void check_port(uint32_t number, enum event_end end)
{
    const struct event_port *port = event_port_in_use(entered->domain, number);

    ck_assert_ptr_nonnull(port);
    ck_assert_int_eq(port->state, EVENT_PORT_HYPERVISOR);
    ck_assert_int_eq(port->remote_port, end);
}

/** A plain domain's two pages follow start_info; both are held. */
static void check_rings(const struct start_info *start)
{
    uint32_t store = entered->frame.esi + PAGE_SIZE;
    uint32_t console = store + PAGE_SIZE;

    ck_assert_uint_eq(start->store_mfn, frame_at(store));
    ck_assert_uint_eq(start->console.domU.mfn, frame_at(console));
    ck_assert(guest_all(store, 2 * PAGE_SIZE, 0));
    check_port(start->store_evtchn, EVENT_END_STORE);
    check_port(start->console.domU.evtchn, EVENT_END_CONSOLE);
    ck_assert_uint_eq(frame_info(mfn(frame_at(store)))->count, 3);
    ck_assert_uint_eq(frame_info(mfn(frame_at(store)))->type_count, 2);
    ck_assert_uint_eq(frame_info(mfn(frame_at(console)))->count, 3);
    ck_assert_uint_eq(frame_info(mfn(frame_at(console)))->type_count, 2);
    ck_assert_uint_ne(entered->domain->id, 0);
}

static void check_start_info(uint32_t base)
{
    struct start_info start = start_info();
    struct domain *d = entered->domain;

    ck_assert_str_eq(start.magic, "xen-3.0-x86_32p");
    ck_assert_uint_eq(start.nr_pages, 1536);
    ck_assert_uint_eq(start.shared_info, d->shared_mfn.n * PAGE_SIZE);
    ck_assert_ptr_eq(fake_frame(d->shared_mfn), d->shared);
    if (options.plain)
        check_rings(&start);
    else
        ck_assert_uint_eq(start.store_mfn | start.store_evtchn, 0);
    ck_assert_uint_eq(start.flags & ~SIF_MOD_START_PFN,
                      options.plain ? 0 : SIF_PRIVILEGED | SIF_INITDOMAIN);
    ck_assert_str_eq((char *)start.cmd_line, "one two=3");
    ck_assert_uint_ge(start.pt_base, base);
    ck_assert_str_eq(d->name, "kernel.elf");
    ck_assert(guest_all(entered->frame.esi + sizeof(start),
                        PAGE_SIZE - sizeof(start), 0));
    ck_assert(guest_all(entered->frame.esp - PAGE_SIZE, PAGE_SIZE, 0));
}

static void check_shared_info(void)
{
    const uint8_t *page = (const uint8_t *)entered->domain->shared;
    const struct shared_info *shared = entered->domain->shared;
    struct page_info *page_info = frame_info(entered->domain->shared_mfn);
    uint8_t nonzero = 0;

    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        ck_assert_uint_eq(shared->vcpu_info[i].evtchn_upcall_mask, 1);
    for (unsigned i = 0; i < sizeof(shared->evtchn_mask); i++)
        nonzero |= ((const uint8_t *)shared->evtchn_mask)[i];
    for (unsigned i = sizeof(*shared); i < PAGE_SIZE; i++)
        nonzero |= page[i];
    ck_assert_uint_eq(nonzero, 0);
    ck_assert_uint_ne(shared->vcpu_info[0].time.tsc_to_system_mul, 0);
    ck_assert_int_eq(page_info->type, FRAME_WRITABLE);
    ck_assert_uint_eq(page_info->type_count, 1);
    ck_assert_ptr_eq(page_info->owner, entered->domain);
}

/** The p2m list, the M2P and the tables agree about every page. */
static void check_frames(uint32_t base)
{
    struct start_info start = start_info();
    unsigned mapped = 0;

    for (uint32_t i = 0; i < start.nr_pages; i++) {
        mfn_t frame = mfn(guest_word((uint32_t)start.mfn_list + i * 4));
        struct table_walk walk;

        memory_walk(entered, base + i * PAGE_SIZE, &walk);
        mapped += walk.present;
        ck_assert_msg(frame_info(frame)->owner == entered->domain &&
                          m2p_get(frame) == i &&
                          (!walk.present || walk.frame.n == frame.n),
                      "pfn 0x%x has frame 0x%x", i, frame.n);
    }
    ck_assert_uint_eq(mapped % 1024, 0); /* to a 4 MB boundary */
    ck_assert_uint_gt(mapped, 0);
    ck_assert_uint_eq(entered->domain->nr_frames, start.nr_pages);
}

/** Entry flags, types and counts: what validation would have found. */
static void check_tables(uint32_t base)
{
    struct start_info start = start_info();
    struct page_info *l3 = frame_info(entered->base);
    struct table_walk walk;

    memory_walk(entered, start.pt_base, &walk);
    ck_assert_uint_eq(walk.frame.n, entered->base.n);
    ck_assert_uint_eq(l3->type, FRAME_L3);
    ck_assert_uint_eq(l3->flags, PAGE_ALLOCATED | PAGE_PINNED |
                                 PAGE_VALIDATED);
    ck_assert_uint_eq(l3->type_count, 2); /* the pin, the base */
    ck_assert_uint_eq(l3->count, 4);      /* those, allocated, mapped */
    for (uint32_t i = 0; i < start.nr_pt_frames; i++) {
        memory_walk(entered, start.pt_base + i * PAGE_SIZE, &walk);
        ck_assert(!(walk.entry[2] & PTE_RW));
        ck_assert_uint_eq(walk.entry[0] & 0xFFF, PTE_P);
        ck_assert_uint_eq(walk.entry[1] & 0xFFF,
                          PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US);
        if (i > 0) {
            ck_assert_uint_eq(frame_info(walk.frame)->type_count, 1);
            ck_assert_uint_eq(frame_info(walk.frame)->count, 3);
        }
    }
    memory_walk(entered, base + 0x100000, &walk);
    ck_assert_uint_eq(walk.entry[2] & 0xFFF, PTE_P | PTE_RW | PTE_A);
    ck_assert_uint_eq(frame_info(walk.frame)->type, FRAME_WRITABLE);
    ck_assert_uint_eq(frame_info(walk.frame)->type_count, 1);
    ck_assert_uint_eq(frame_info(walk.frame)->count, 2);
    ck_assert_int_eq(frame_info(walk.table[1])->type,
                     base == 0 ? FRAME_L2 : FRAME_XEN_L2);
}

/** Slot 3 has the hypervisor's entries, and CR3's copy only frame and P. */
static void check_base(void)
{
    const uint64_t *l3 = fake_frame(entered->base);
    mfn_t l2 = maddr_to_mfn(maddr(l3[3] & PTE_FRAME));
    const uint64_t *entry = fake_frame(l2);

    ck_assert_int_eq(frame_info(l2)->type, FRAME_XEN_L2);
    for (unsigned i = FIRST_RESERVED_L2_SLOT; i < TABLE_ENTRIES; i++)
        ck_assert_uint_eq(entry[i], hypervisor_l2()[i].e);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(entered->pdpt[i],
                          l3[i] & PTE_P ? (l3[i] & PTE_FRAME) | PTE_P : 0);
    ck_assert_uint_eq((uintptr_t)entered->pdpt % 32, 0);
}

static void check_all(uint32_t base)
{
    ck_assert_msg(entered != NULL, "%s", fake_console);
    check_image(base);
    check_start_info(base);
    check_shared_info();
    check_frames(base);
    check_tables(base);
    check_base();
    ck_assert(entered->domain->privileged == !options.plain);
    ck_assert(entered->initialised);
}

START_TEST(test_at_zero)
{
    start_at(0);
    run();
    check_all(0);
    ck_assert_uint_eq(start_info().mod_start, 0);
    ck_assert_uint_eq(start_info().mod_len, 0);
}
END_TEST

START_TEST(test_at_3_gb)
{
    start_at(0xC0000000);
    run();
    check_all(0xC0000000);
}
END_TEST

START_TEST(test_plain)
{
    start_at(0);
    options.plain = true;
    run();
    check_all(0);
}
END_TEST

/** What refuses to be the control domain may be another. */
START_TEST(test_plain_that_refuses_control)
{
    start_at(0);
    maker_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 1);
    place_kernel("/boot/kernel.elf one two=3");
    options.plain = true;
    run();
    check_all(0);
}
END_TEST

START_TEST(test_mapped_ramdisk)
{
    const uint8_t *from = (const uint8_t *)fake_frame(mfn(0)) + RAMDISK_START;
    uint32_t va;

    start_at(0xC0000000);
    place_ramdisk(0x5432);
    run();
    check_all(0xC0000000);
    va = (uint32_t)start_info().mod_start;
    ck_assert_uint_eq(start_info().mod_len, 0x5432);
    ck_assert_uint_eq(va, 0xC0102000);
    ck_assert_mem_eq(guest_bytes(va, 0x5432), from, 0x5432);
    ck_assert(guest_all(va + 0x5432, 0x6000 - 0x5432, 0));
}
END_TEST

START_TEST(test_unmapped_ramdisk)
{
    const uint8_t *from = (const uint8_t *)fake_frame(mfn(0)) + RAMDISK_START;
    struct start_info start;
    uint32_t list;

    maker_start(&m);
    maker_usual_notes(&m);
    maker_number(&m, XEN_ELFNOTE_MOD_START_PFN, 1);
    place_kernel("kernel");
    place_ramdisk(0x1801);
    run();
    ck_assert_msg(entered != NULL, "%s", fake_console);
    start = start_info();
    ck_assert_uint_eq(start.flags, SIF_PRIVILEGED | SIF_INITDOMAIN |
                                   SIF_MOD_START_PFN);
    ck_assert_uint_eq(start.mod_len, 0x1801);
    ck_assert_uint_eq(start.mod_start, 0x400);
    list = (uint32_t)start.mfn_list + (uint32_t)start.mod_start * 4;
    ck_assert_mem_eq(fake_frame(mfn(guest_word(list))), from, PAGE_SIZE);
    ck_assert_mem_eq(fake_frame(mfn(guest_word(list + 4))), from + PAGE_SIZE,
                     0x801);
}
END_TEST

/* The symbols behind the image, and not one byte of the machine's garbage. */
START_TEST(test_bsd_symbols)
{
    struct image_symbols_header header;
    uint32_t offset;
    char name[16];

    maker_start(&m);
    maker_usual_notes(&m);
    maker_string(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    maker_symbols(&m);
    place_kernel("kernel");
    run();
    ck_assert_msg(entered != NULL, "%s", fake_console);
    ck_assert_uint_eq(memory_peek(entered, 0x101800, &header,
                                  sizeof(header)), sizeof(header));
    ck_assert_uint_eq(header.elf.e_shoff, 64);
    ck_assert_uint_eq(guest_word(0x101804 + header.section[1].sh_offset +
                                 sizeof(Elf32_Sym) + 4), 0x100000);
    ck_assert_mem_eq(guest_bytes(0x101804 + header.section[2].sh_offset, 7),
                     "\0start", 7);
    /* The same table names addresses in a report. */
    ck_assert(domain_symbol(entered->domain, 0x100025, name, sizeof(name),
                            &offset));
    ck_assert_str_eq(name, "handler");
    ck_assert_uint_eq(offset, 5);
    ck_assert(!domain_symbol(entered->domain, 0xFFFFF, name, sizeof(name),
                             &offset));
}
END_TEST

START_TEST(test_legacy_l3_below_4_gb)
{
    static const char text[] = "LOADER=generic,XEN_VER=xen-3.0,PAE=yes";

    maker_start(&m);
    maker_section(&m, "__xen_guest", SHT_PROGBITS, text, sizeof(text));
    place_kernel("kernel");
    run();
    ck_assert_msg(entered != NULL, "%s", fake_console);
    ck_assert_uint_eq(entered->domain->assists, 0);
}
END_TEST

/** The machine ends with `how`, and says `word`. */
static void check_ended(enum machine_exit how, const char *word)
{
    ck_assert_ptr_null(entered);
    ck_assert_int_eq(ended, (int)how);
    ck_assert_msg(strstr(fake_console, word) != NULL, "\"%s\" lacks \"%s\"",
                  fake_console, word);
}

START_TEST(test_no_guest)
{
    run();
    check_ended(MACHINE_NO_GUEST, "no guest");
}
END_TEST

START_TEST(test_refused)
{
    start_at(0);
    ((uint8_t *)fake_frame(mfn(KERNEL_FRAME)))[EI_CLASS] = ELFCLASS64;
    run();
    check_ended(MACHINE_GUEST_REFUSED, "64-bit");
}
END_TEST

START_TEST(test_refuses_control)
{
    maker_start(&m);
    maker_usual_notes(&m);
    maker_number(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, 1);
    place_kernel("kernel");
    run();
    check_ended(MACHINE_GUEST_REFUSED, "SUPPORTED_FEATURES");
}
END_TEST

START_TEST(test_too_large)
{
    start_at(0);
    ((Elf32_Phdr *)(void *)((uint8_t *)fake_frame(mfn(KERNEL_FRAME)) +
                            sizeof(Elf32_Ehdr)))->p_memsz = 0x600000;
    run();
    check_ended(MACHINE_GUEST_REFUSED, "KB of memory");
}
END_TEST

START_TEST(test_more_than_the_machine_has)
{
    start_at(0);
    fake_frames_limit(1535);
    run();
    check_ended(MACHINE_BAD_BOOT, "dom0_mem=");
}
END_TEST

START_TEST(test_module_outside_memory)
{
    start_at(0);
    info.module[0].end = FAKE_FRAMES * PAGE_SIZE + 1;
    run();
    check_ended(MACHINE_BAD_BOOT, "no memory");
}
END_TEST

/* --- Several domains --------------------------------------------------- */

static const struct domain *built(domid_t id)
{
    const struct domain *d = domain_by_id(id);

    ck_assert_msg(d != NULL, "there is no domain %u: %s", id, fake_console);
    return d;
}

/* Two kinds from one image, the one with a ramdisk; numbers count on. */
START_TEST(test_several)
{
    start_at(0);
    place_ramdisk(0x1234);
    ck_assert(domain_order_add("0,mem=5M,count=2,weight=7,warp=9"));
    ck_assert(domain_order_add("0,control,ramdisk=1,mem=6M,vcpus=3"));
    ck_assert(domain_order_add("0,mem=4608K"));
    run();
    ck_assert_msg(entered != NULL, "%s", fake_console);
    ck_assert_uint_eq(entered->domain->id, 1);
    ck_assert_uint_eq(start_info().flags, 0);
    ck_assert_uint_eq(built(1)->sched.weight, 7);
    ck_assert_uint_eq(built(2)->sched.warp_us, 9);
    ck_assert_uint_eq(built(2)->nr_frames, 5 << 8);
    ck_assert_uint_eq(built(3)->nr_frames, 4608 / 4);
    ck_assert_uint_ne(built(3)->sched.weight, 7);
    ck_assert_ptr_null(domain_by_id(4));
    ck_assert_uint_eq(built(0)->nr_vcpus, 3);
    ck_assert(built(0)->privileged && !built(1)->privileged);
    ck_assert(built(0)->vcpu[0]->initialised);
    ck_assert(!built(0)->vcpu[1]->initialised);
    entered = built(0)->vcpu[0];
    check_all(0);
    ck_assert_uint_eq(start_info().mod_len, 0x1234);
}
END_TEST

/* Who says nothing gets as much as any other who says nothing. */
START_TEST(test_equal_shares)
{
    uint32_t free = 4500;

    start_at(0);
    ck_assert(domain_order_add("0,count=2"));
    ck_assert(domain_order_add("0,mem=6M"));
    fake_frames_limit(free);
    run();
    ck_assert_msg(entered != NULL, "%s", fake_console);
    ck_assert_uint_eq(built(3)->nr_frames, 1536);
    ck_assert_uint_eq(built(1)->nr_frames,
                      (free - free / 16 - 1536) / 2);
    ck_assert_uint_eq(built(2)->nr_frames, built(1)->nr_frames);
}
END_TEST

static const struct {
    const char *order;
    enum machine_exit how;
    const char *word;
} wrong_orders[] = {
    { "1", MACHINE_BAD_BOOT, "module 1" },
    { "0,ramdisk=4000000000", MACHINE_BAD_BOOT, "module 4000000000" },
    { "zero", MACHINE_BAD_BOOT, "could not be understood" },
    { "0,mem=10M,count=3", MACHINE_BAD_BOOT, "35840 KB" },
    { "0,mem=1T,count=1000", MACHINE_BAD_BOOT, "are free" },
    { "0,mem=4K", MACHINE_GUEST_REFUSED, "domain 2 (module 0)" },
    { "0,count=20", MACHINE_GUEST_REFUSED, "domain 2 (module 0)" },
};

/* The first domain would be good, but nothing is started. */
START_TEST(test_wrong_order)
{
    start_at(0);
    ck_assert(domain_order_add("0,mem=5M"));
    (void)domain_order_add(wrong_orders[_i].order);
    fake_frames_limit(4500);
    run();
    check_ended(wrong_orders[_i].how, wrong_orders[_i].word);
}
END_TEST

static Suite *first_suite(void)
{
    Suite *suite = suite_create("domain/first");
    TCase *built = tcase_create("built"), *refused = tcase_create("refused");

    tcase_add_checked_fixture(built, start_machine, NULL);
    tcase_add_test(built, test_at_zero);
    tcase_add_test(built, test_at_3_gb);
    tcase_add_test(built, test_plain);
    tcase_add_test(built, test_plain_that_refuses_control);
    tcase_add_test(built, test_mapped_ramdisk);
    tcase_add_test(built, test_unmapped_ramdisk);
    tcase_add_test(built, test_bsd_symbols);
    tcase_add_test(built, test_legacy_l3_below_4_gb);
    tcase_add_test(built, test_several);
    tcase_add_test(built, test_equal_shares);
    tcase_add_checked_fixture(refused, start_machine, NULL);
    tcase_add_loop_test(refused, test_wrong_order, 0, 7);
    tcase_add_test(refused, test_no_guest);
    tcase_add_test(refused, test_refused);
    tcase_add_test(refused, test_refuses_control);
    tcase_add_test(refused, test_too_large);
    tcase_add_test(refused, test_more_than_the_machine_has);
    tcase_add_test(refused, test_module_outside_memory);
    suite_add_tcase(suite, built);
    suite_add_tcase(suite, refused);
    return suite;
}

UNIT_MAIN(first_suite())
