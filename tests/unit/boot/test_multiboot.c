/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_multiboot Unit test: the boot loader's hand-off
 *
 * Property: BOOT-I6. What the loader hands over is copied whole when it is
 * sound; whatever is wrong with it, not a byte outside its tables is read,
 * none outside boot_info is written, and what is left out is counted.
 *
 * Method: the loader's structures are heap blocks of exactly their size, so
 * that AddressSanitizer guards each; a 32-bit pointer is a machine address.
 * Then random lies in every field whose limits a reader must respect.
 */
#include <string.h>

#include "boot_low.h"
#include "unit.h"

#define MAGIC 0x2BADB002u

struct loader_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, command_line;
    uint32_t mods_count, mods_addr, symbols[4], mmap_length, mmap_addr;
};

struct loader_module {
    uint32_t start, end, string, reserved;
};

static struct loader_info *from;
static struct boot_info info;
static void *blocks[32];
static unsigned nr_blocks;

/** A block that tear_down() frees; its machine address. */
static uint32_t keep(const void *bytes, size_t size)
{
    void *block = malloc(size);

    memcpy(block, bytes, size);
    blocks[nr_blocks++] = block;
    return (uint32_t)(uintptr_t)block;
}

static void set_up(void)
{
    nr_blocks = 0;
    from = calloc(1, sizeof(*from));
    memset(&info, 0, sizeof(info));
}

static void tear_down(void)
{
    while (nr_blocks > 0)
        free(blocks[--nr_blocks]);
    free(from);
}

static const char *copy(void)
{
    return multiboot_copy(MAGIC, (uint32_t)(uintptr_t)from, &info);
}

/** Append a range with `extra` bytes behind it to a table being made. */
static size_t put_range(uint8_t *table, size_t at, uint64_t base,
                        uint64_t length, uint32_t type, uint32_t extra)
{
    uint32_t size = 20 + extra;

    memcpy(table + at, &size, 4);
    memcpy(table + at + 4, &base, 8);
    memcpy(table + at + 12, &length, 8);
    memcpy(table + at + 20, &type, 4);
    return at + 4 + size;
}

static void give_map(const uint8_t *table, size_t length)
{
    from->flags |= 0x40;
    from->mmap_addr = keep(table, length);
    from->mmap_length = length;
}

/** All 4 GB are RAM, so that modules may lie wherever malloc() put them. */
static void give_all_ram(void)
{
    uint8_t table[24];

    give_map(table, put_range(table, 0, 0, 1ull << 32, BOOT_RAM, 0));
}

START_TEST(test_magic)
{
    ck_assert_ptr_nonnull(multiboot_copy(0, 0, &info));
    ck_assert_ptr_nonnull(multiboot_copy(0x36D76289, 0, &info));
}
END_TEST

START_TEST(test_sound)
{
    uint8_t table[256] = { 0 };
    struct loader_module module[2] = { { 0x200000, 0x300000, 0, 0 },
                                       { 0x300000, 0x300000, 0, 0 } };
    size_t end = put_range(table, 0, 0, 0x9FC00, BOOT_RAM, 0);

    end = put_range(table, end, 0x9FC00, 0x400, 2, 4); /* a longer entry */
    end = put_range(table, end, 0x100000, 0x3F00000, BOOT_RAM, 0);
    give_map(table, end);
    module[0].string = keep("guest args", 11);
    from->flags |= 0x0C;
    from->command_line = keep("image loglvl=all", 17);
    from->mods_count = 2;
    from->mods_addr = keep(module, sizeof(module));

    ck_assert_ptr_null(copy());
    ck_assert_str_eq(info.command_line, "image loglvl=all");
    ck_assert_uint_eq(info.nr_ranges, 3);
    ck_assert(info.range[1].base == 0x9FC00 && info.range[1].type == 2);
    ck_assert(info.range[2].length == 0x3F00000);
    ck_assert_uint_eq(info.nr_modules, 2);
    ck_assert_uint_eq(info.module[0].start, 0x200000);
    ck_assert_uint_eq(info.module[0].end, 0x300000);
    ck_assert_str_eq(info.module[0].string, "guest args");
    ck_assert_str_eq(info.module[1].string, "");
    ck_assert_uint_eq(info.nr_dropped, 0);
}
END_TEST

START_TEST(test_two_numbers_stand_in)
{
    from->flags = 1;
    from->mem_lower = 639;
    from->mem_upper = 0xFFFFFFFF;
    ck_assert_ptr_null(copy());
    ck_assert_uint_eq(info.nr_ranges, 2);
    ck_assert(info.range[0].length == 639 * 1024);
    ck_assert(info.range[1].base == 0x100000);
    ck_assert(info.range[1].length == 0xFFFFFFFFull << 10);
}
END_TEST

START_TEST(test_no_map)
{
    from->flags = 0x0C;
    ck_assert_ptr_nonnull(copy());
}
END_TEST

START_TEST(test_absent_fields_are_not_read)
{
    give_all_ram();
    from->command_line = 0xDEAD0000; /* but its flag is clear */
    from->mods_count = 1000;
    from->mods_addr = 0xDEAD0000;
    ck_assert_ptr_null(copy());
    ck_assert_str_eq(info.command_line, "");
    ck_assert_uint_eq(info.nr_modules, 0);
}
END_TEST

START_TEST(test_long_strings)
{
    char text[BOOT_STRING_BYTES + 100];
    struct loader_module module = { 0, 0, 0, 0 };

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = 0;
    give_all_ram();
    from->flags |= 0x0C;
    from->command_line = keep(text, sizeof(text));
    module.string = from->command_line;
    from->mods_count = 1;
    from->mods_addr = keep(&module, sizeof(module));
    ck_assert_ptr_null(copy());
    ck_assert_uint_eq(strlen(info.command_line), BOOT_STRING_BYTES - 1);
    ck_assert_uint_eq(strlen(info.module[0].string), BOOT_STRING_BYTES - 1);
}
END_TEST

START_TEST(test_too_many)
{
    static uint8_t table[24 * (BOOT_MAX_RANGES + 5)];
    static struct loader_module module[BOOT_MAX_MODULES + 7];
    size_t end = 0;

    for (unsigned i = 0; i < BOOT_MAX_RANGES + 5; i++)
        end = put_range(table, end, 0x100000ull * i, 0x100000, BOOT_RAM, 0);
    give_map(table, end);
    from->flags |= 8;
    from->mods_count = ARRAY_SIZE(module);
    from->mods_addr = keep(module, sizeof(module));
    ck_assert_ptr_null(copy());
    ck_assert_uint_eq(info.nr_ranges, BOOT_MAX_RANGES);
    ck_assert_uint_eq(info.nr_modules, BOOT_MAX_MODULES);
    ck_assert_uint_eq(info.nr_dropped, 5 + 7);
}
END_TEST

/** The last entry claims more than the table has left. */
START_TEST(test_map_cut_short)
{
    uint8_t table[72];
    size_t end = put_range(table, 0, 0, 0x1000, BOOT_RAM, 0);
    size_t whole = put_range(table, end, 0x1000, 0x1000, BOOT_RAM, 20);

    for (size_t length = end + 1; length < whole; length++) {
        memset(&info, 0, sizeof(info));
        give_map(table, length);
        ck_assert_ptr_null(copy());
        ck_assert_uint_eq(info.nr_ranges, 1);
        ck_assert_uint_eq(info.nr_dropped, 1);
        free(blocks[--nr_blocks]);
    }
}
END_TEST

START_TEST(test_entry_sizes_that_lie)
{
    static const uint32_t lies[] = { 0, 1, 19, 0x7FFFFFFF, 0xFFFFFFF0,
                                     0xFFFFFFFC, 0xFFFFFFFF };
    uint8_t table[24];

    put_range(table, 0, 0, 0x1000, BOOT_RAM, 0);
    memcpy(table, &lies[_i], 4);
    give_map(table, sizeof(table));
    ck_assert_ptr_null(copy());
    ck_assert_uint_eq(info.nr_ranges, 0);
    ck_assert_uint_eq(info.nr_dropped, 1);
}
END_TEST

START_TEST(test_tables_past_4_gb)
{
    ck_assert_ptr_nonnull(multiboot_copy(MAGIC, 0xFFFFFFF0, &info));
    from->flags = 0x40;
    from->mmap_addr = 0xFFFFFF00;
    from->mmap_length = 0x101;
    ck_assert_ptr_nonnull(copy());
    give_all_ram();
    from->flags |= 8;
    from->mods_addr = 0xFFFFFF00;
    from->mods_count = 17;
    ck_assert_ptr_nonnull(copy());
    from->mods_count = 0x10000001; /* times 16: 16 */
    ck_assert_ptr_nonnull(copy());
    from->mods_count = 0xFFFFFFFF;
    ck_assert_ptr_nonnull(copy());
}
END_TEST

START_TEST(test_modules_outside_ram)
{
    static const struct loader_module module[] = {
        { 0x200000, 0x300000, 0, 0 },     /* sound: two ranges that touch */
        { 0x300000, 0x2FFFFF, 0, 0 },     /* ends before it starts */
        { 0x3FF000, 0x400001, 0, 0 },     /* one byte too many */
        { 0xFEE00000, 0xFEE01000, 0, 0 }, /* a device */
        { 0xFFFFF000, 0xFFFFFFFF, 0, 0 },
        { 0x200000, 0x200000, 0, 0 },     /* sound: empty */
    };
    uint8_t table[72];
    size_t end = put_range(table, 0, 0x280000, 0x180000, BOOT_RAM, 0);

    end = put_range(table, end, 0x100000, 0x180000, BOOT_RAM, 0);
    end = put_range(table, end, 0xFEE00000, 0x100000, 2, 0);
    give_map(table, end);
    from->flags |= 8;
    from->mods_count = ARRAY_SIZE(module);
    from->mods_addr = keep(module, sizeof(module));
    ck_assert_ptr_null(copy());
    ck_assert_uint_eq(info.nr_modules, 2);
    ck_assert_uint_eq(info.module[0].end, 0x300000);
    ck_assert_uint_eq(info.module[1].end, 0x200000);
    ck_assert_uint_eq(info.nr_dropped, 4);
}
END_TEST

/** Ranges that wrap must not lead the search for a module in circles. */
START_TEST(test_ranges_that_wrap)
{
    static const struct loader_module module[] = {
        { 0x200000, 0xFFFFFFFF, 0, 0 },
    };
    uint8_t table[72];
    size_t end = put_range(table, 0, 0x200000, UINT64_MAX, BOOT_RAM, 0);

    end = put_range(table, end, 0, UINT64_MAX, BOOT_RAM, 0);
    end = put_range(table, end, 0x100000, 0x1FFFFF, BOOT_RAM, 0);
    give_map(table, end);
    from->flags |= 8;
    from->mods_count = 1;
    from->mods_addr = keep(module, sizeof(module));
    ck_assert_ptr_null(copy());
    ck_assert_uint_eq(info.nr_modules + info.nr_dropped, 1);
}
END_TEST

START_TEST(test_random_tables)
{
    uint32_t seed = 4711;

    for (unsigned round = 0; round < 5000; round++) {
        uint8_t table[200];
        struct loader_module module[4];
        size_t length = unit_random(&seed) % sizeof(table);

        set_up();
        for (size_t i = 0; i < sizeof(table); i++)
            table[i] = unit_random(&seed) % 5 ? 0 : (uint8_t)seed;
        for (size_t at = 0; at + 24 < sizeof(table); at += 24)
            table[at] = unit_random(&seed) % 8 ? 20 : table[at];
        for (unsigned i = 0; i < 4; i++) {
            module[i].start = unit_random(&seed);
            module[i].end = unit_random(&seed);
            module[i].string = keep("text", 5);
        }
        give_map(table, length);
        from->flags |= 8;
        from->mods_count = unit_random(&seed) % 5;
        from->mods_addr = keep(module, from->mods_count * sizeof(*module));
        ck_assert_ptr_null(copy());
        ck_assert_uint_le(info.nr_ranges, length / 24);
        ck_assert_uint_le(info.nr_modules, from->mods_count);
        tear_down();
    }
    set_up();
}
END_TEST

static Suite *multiboot_suite(void)
{
    Suite *suite = suite_create("boot/multiboot");
    TCase *sound = tcase_create("sound"), *hostile = tcase_create("hostile");

    tcase_add_checked_fixture(sound, set_up, tear_down);
    tcase_add_checked_fixture(hostile, set_up, tear_down);
    tcase_set_timeout(hostile, 60);
    tcase_add_test(sound, test_magic);
    tcase_add_test(sound, test_sound);
    tcase_add_test(sound, test_two_numbers_stand_in);
    tcase_add_test(sound, test_no_map);
    tcase_add_test(sound, test_absent_fields_are_not_read);
    tcase_add_test(hostile, test_long_strings);
    tcase_add_test(hostile, test_too_many);
    tcase_add_test(hostile, test_map_cut_short);
    tcase_add_loop_test(hostile, test_entry_sizes_that_lie, 0, 7);
    tcase_add_test(hostile, test_tables_past_4_gb);
    tcase_add_test(hostile, test_modules_outside_ram);
    tcase_add_test(hostile, test_ranges_that_wrap);
    tcase_add_test(hostile, test_random_tables);
    suite_add_tcase(suite, sound);
    suite_add_tcase(suite, hostile);
    return suite;
}

UNIT_MAIN(multiboot_suite())
