/* SPDX-License-Identifier: MIT */
/**
 * @page unit_segmentation_gdt Unit test: a guest's own GDT and LDT
 *
 * Property: the windows show exactly the frames that the vCPU holds references
 * on (SEG-I12); on an error nothing has changed; nothing is left over when the
 * tables are taken away.
 */
#include <string.h>

#include "frames_double.h"
#include "unit.h"

#define LIST (FAKE_GUEST_BASE + 0x100u)
#define GDT_SHOWN(i) (frames.shown[16 + (i)])
#define LDT_SHOWN(i) (frames.shown[i])

static struct vcpu *v;
static descriptor_t ldt_descriptor;

void ldt_descriptor_set(descriptor_t d)
{
    ldt_descriptor = d;
}

/** Pages that a part of a call may check. */
static unsigned share, left;
static bool continued;

bool work_begin(void)
{
    left = share;
    return true;
}

bool work_exhausted(void)
{
    return left == 0 || left-- == 0;
}

int32_t hypercall_continue(uint32_t number, const uint32_t arg[HYPERCALL_ARGS])
{
    (void)arg;
    continued = true;
    return (int32_t)number;
}

static void set_up(void)
{
    share = GUEST_GDT_FRAMES;
    fake_guest_reset();
    frames_reset();
    v = &fake_guest.vcpu;
    for (unsigned i = 0; i < GUEST_GDT_FRAMES; i++)
        v->descriptors.gdt[i] = INVALID_MFN;
    for (unsigned i = 0; i < GUEST_LDT_FRAMES; i++)
        v->descriptors.ldt[i] = INVALID_MFN;
    frames.walk_base = vaddr(0x08000000);
}

static int32_t set_gdt(unsigned first_frame, unsigned entries)
{
    const uint32_t arg[HYPERCALL_ARGS] = { LIST, entries };

    for (unsigned i = 0; i < 16; i++)
        *(uint32_t *)fake_at(LIST + 4 * i) = first_frame + i;
    continued = false;
    return do_set_gdt(arg);
}

/** Exactly `nr` frames from `first` on are in the GDT's window. */
static void expect_gdt(unsigned first, unsigned nr)
{
    for (unsigned i = 0; i < 14; i++) {
        ck_assert_uint_eq(GDT_SHOWN(i), i < nr ? first + i + 1 : 0);
        if (i < nr)
            ck_assert_uint_eq(frames.info[first + i].type, FRAME_SEG_DESC);
    }
    ck_assert_uint_eq(frames_held(), nr);
}

/* A long one is checked in pieces; the old one stays until all of it is. */
START_TEST(test_in_pieces)
{
    ck_assert_int_eq(set_gdt(16, 512), 0);
    share = 3;
    for (unsigned part = 1; part <= 4; part++) {
        (void)set_gdt(1, 7168);
        ck_assert(continued);
        ck_assert_uint_eq(GDT_SHOWN(0), 17);
        ck_assert_uint_eq(frames_held(), 1 + 3 * part);
    }
    ck_assert_int_eq(set_gdt(1, 7168), 0);
    ck_assert(!continued);
    expect_gdt(1, 14);
}
END_TEST

/* It is given up, for another one or for none, or with the vCPU. */
START_TEST(test_given_up)
{
    share = 3;
    (void)set_gdt(1, 7168);
    ck_assert(continued);
    ck_assert_uint_eq(frames_held(), 3);
    ck_assert_int_eq(set_gdt(2, 1024), 0);
    expect_gdt(2, 2);
    (void)set_gdt(1, 7168);
    ck_assert_int_eq(set_gdt(1, 0), 0);
    expect_gdt(1, 0);
    (void)set_gdt(1, 7168);
    gdt_let_go(v);
    gdt_let_go(v);
    ck_assert_uint_eq(frames_held(), 0);
}
END_TEST

START_TEST(test_sizes)
{
    static const struct {
        unsigned entries, frames;
    } size[] = { { 1, 1 }, { 512, 1 }, { 513, 2 }, { 7168, 14 },
                 { 6657, 14 }, { 0, 0 } };

    for (unsigned i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
        ck_assert_int_eq(set_gdt(3, size[i].entries), 0);
        expect_gdt(3, size[i].frames);
        ck_assert_uint_eq(v->descriptors.gdt_entries, size[i].entries);
    }
}
END_TEST

START_TEST(test_replaced)
{
    ck_assert_int_eq(set_gdt(3, 1024), 0);
    ck_assert_int_eq(set_gdt(4, 1024), 0); /* one frame in both */
    expect_gdt(4, 2);
    ck_assert_int_eq(set_gdt(4, 1024), 0); /* all of them */
    expect_gdt(4, 2);
    ck_assert_uint_eq(frames.info[4].count, 2);
    ck_assert_uint_eq(frames.info[4].type_count, 1);
}
END_TEST

START_TEST(test_refused)
{
    const uint32_t nowhere[HYPERCALL_ARGS] = { 0x30000000, 512 };

    ck_assert_int_eq(set_gdt(3, 512), 0);
    ck_assert_int_eq(set_gdt(8, 7169), -EINVAL);
    ck_assert_int_eq(set_gdt(8, 8192), -EINVAL);
    ck_assert_int_eq(set_gdt(8, 0xFFFFFFFF), -EINVAL);
    ck_assert_int_eq(do_set_gdt(nowhere), -EFAULT);
    frames.bad[10] = true;
    ck_assert_int_eq(set_gdt(8, 2048), -EINVAL); /* the third of four */
    frames.info[20].owner = NULL;
    ck_assert_int_eq(set_gdt(19, 1024), -EINVAL);
    ck_assert_int_eq(set_gdt(NR_FRAMES - 1, 1024), -EINVAL);
    expect_gdt(3, 1);
    ck_assert_uint_eq(v->descriptors.gdt_entries, 512);
}
END_TEST

static int32_t update(uint64_t where, uint32_t lo, uint32_t hi)
{
    const uint32_t arg[HYPERCALL_ARGS] = { (uint32_t)where,
                                           (uint32_t)(where >> 32), lo, hi };

    return do_update_descriptor(arg);
}

START_TEST(test_update)
{
    const uint32_t *entry = (uint32_t *)&frames.content[5][0x10];

    /* A table in use, an untyped frame, a writable one. */
    for (unsigned i = 0; i < 3; i++) {
        set_up();
        if (i != 1) {
            frames.info[5].type = i == 0 ? FRAME_SEG_DESC : FRAME_WRITABLE;
            frames.info[5].type_count = 1;
        }
        ck_assert_int_eq(update(0x5010, 0x0000FFFF, 0x00CF9200), 0);
        ck_assert_uint_eq(entry[0], 0x000067FF);
        ck_assert_uint_eq(entry[1], 0x00CFB200);
        ck_assert_uint_eq(frames.info[5].type_count, i != 1);
        ck_assert_uint_eq(frames.info[5].count, 1);
        ck_assert_uint_eq(frames.windows, 0);
    }
}
END_TEST

START_TEST(test_update_refused)
{
    static const uint8_t zeros[PAGE_SIZE];

    frames.info[6].type = FRAME_L1;
    frames.info[6].type_count = 1;
    frames.info[7].owner = NULL;
    ck_assert_int_eq(update(0x5011, 0, 0), -EINVAL);
    ck_assert_int_eq(update(0x5014, 0, 0), -EINVAL);
    ck_assert_int_eq(update(0x6010, 0, 0), -EINVAL);
    ck_assert_int_eq(update(0x7010, 0, 0), -EINVAL);
    ck_assert_int_eq(update(NR_FRAMES * PAGE_SIZE, 0, 0), -EINVAL);
    ck_assert_int_eq(update(0x5ull << 44, 0, 0), -EINVAL);
    ck_assert_int_eq(update(0x5010, 0, 0x00008900), -EINVAL); /* a TSS */
    for (unsigned n = 0; n < NR_FRAMES; n++)
        ck_assert_mem_eq(frames.content[n], zeros, PAGE_SIZE);
    ck_assert_uint_eq(frames.info[5].count + frames.info[6].count +
                          frames.info[7].count, 3);
}
END_TEST

/** Page `page` of the LDT is in a frame. */
static void map_ldt(unsigned page, unsigned frame)
{
    frames.walk[page] = (struct table_walk){ .present = true,
                                             .frame = mfn(frame) };
}

START_TEST(test_ldt)
{
    ck_assert_int_eq(ldt_set(v, vaddr(0x08000000), 1000), 0);
    ck_assert_uint_eq(fake_processor.ldt, SEL_LDT);
    ck_assert_uint_eq(ldt_descriptor.lo, (LDT_WINDOW << 16 | 7999));
    ck_assert_uint_eq(ldt_descriptor.hi, 0xF6008200 | (LDT_WINDOW >> 16 & 255));
    ck_assert_uint_eq(frames_held(), 0);

    map_ldt(0, 9);
    map_ldt(1, 11);
    ck_assert(ldt_fill(v, 0x0FF8));
    ck_assert(ldt_fill(v, 0x1004));
    ck_assert_uint_eq(LDT_SHOWN(0), 10);
    ck_assert_uint_eq(LDT_SHOWN(1), 12);
    ck_assert_uint_eq(frames_held(), 2);
    /* A fault there again is something else. */
    ck_assert(!ldt_fill(v, 0x0FF8));
    /* Behind the last entry there is no LDT. */
    ck_assert(!ldt_fill(v, 8000));
    ck_assert(!ldt_fill(v, 0x2000));

    ck_assert_int_eq(ldt_set(v, vaddr(0), 0), 0);
    ck_assert_uint_eq(fake_processor.ldt, 0);
    ck_assert_uint_eq(frames_held(), 0);
    ck_assert_uint_eq(LDT_SHOWN(0) | LDT_SHOWN(1), 0);
    ck_assert(!ldt_fill(v, 0));
}
END_TEST

START_TEST(test_ldt_not_there)
{
    ck_assert_int_eq(ldt_set(v, vaddr(0x08000000), 8192), 0);
    ck_assert(!ldt_fill(v, 0));     /* nothing is mapped */
    map_ldt(1, 9);
    frames.info[9].owner = NULL;
    ck_assert(!ldt_fill(v, 0x1000)); /* somebody else's */
    map_ldt(2, 10);
    frames.bad[10] = true;
    ck_assert(!ldt_fill(v, 0x2000)); /* a bad descriptor */
    map_ldt(15, 12);
    ck_assert(ldt_fill(v, 0xFFFC));
    frames.info[9].owner = &fake_guest.domain;
    ck_assert_uint_eq(frames_held(), 1);
    ldt_forget(v);
    ck_assert_uint_eq(frames_held(), 0);
    ck_assert_uint_eq(LDT_SHOWN(15), 0);
    /* It is still the LDT, and is found again. */
    ck_assert(ldt_fill(v, 0xFFFC));
}
END_TEST

START_TEST(test_ldt_refused)
{
    map_ldt(0, 9);
    ck_assert_int_eq(ldt_set(v, vaddr(0x08000000), 8), 0);
    ck_assert(ldt_fill(v, 0));
    ck_assert_int_eq(ldt_set(v, vaddr(0x08000001), 8), -EINVAL);
    ck_assert_int_eq(ldt_set(v, vaddr(0x08000000), 8193), -EINVAL);
    ck_assert_int_eq(ldt_set(v, vaddr(0x08000000), 0xFFFFFFFF), -EINVAL);
    ck_assert_int_eq(ldt_set(v, vaddr(M2P_START), 1), -EINVAL);
    ck_assert_int_eq(ldt_set(v, vaddr(M2P_START - PAGE_SIZE), 513), -EINVAL);
    ck_assert_int_eq(ldt_set(v, vaddr(0xFFFFF000), 8192), -EINVAL);
    ck_assert_uint_eq(v->descriptors.ldt_entries, 8);
    ck_assert_uint_eq(frames_held(), 1);
    ck_assert_int_eq(ldt_set(v, vaddr(M2P_START - PAGE_SIZE), 512), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("segmentation: gdt");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_sizes);
    tcase_add_test(t, test_in_pieces);
    tcase_add_test(t, test_given_up);
    tcase_add_test(t, test_replaced);
    tcase_add_test(t, test_refused);
    tcase_add_test(t, test_update);
    tcase_add_test(t, test_update_refused);
    tcase_add_test(t, test_ldt);
    tcase_add_test(t, test_ldt_not_there);
    tcase_add_test(t, test_ldt_refused);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
