/* SPDX-License-Identifier: MIT */
/**
 * @page unit_sim_compose Unit test: composing a boot ROM
 *
 * Property: after the ROM's copy table has been carried out, RAM holds the
 * image, its modules and the information as a Multiboot loader owes them, and
 * nothing was written anywhere else; an image that lies in its headers is
 * refused with a sentence that names the field.
 *
 * Method: a small image made in host memory; a copy table carried out here
 * the way rom.asm does; one wrong field at a time; thousands of random
 * mutations under AddressSanitizer.
 *
 * Source: [Multiboot] 0.6.96; [ELF] "Program Header".
 */
#include "unit.h"

#include <elf.h>
#include <string.h>

#include "sim/rom/compose.h"
#include "sim/rom/image.h"
#include "sim/rom/multiboot.h"
#include "sim/rom/stub.h"

#define RAM_MB 16u
#define RAM_BYTES (RAM_MB << 20)
#define IMAGE_AT 0x100000u
#define TEXT_BYTES 0x123u
#define DATA_AT 0x101000u
#define DATA_BYTES 0x45u
#define BSS_BYTES 0x777u
#define DIRTY 0xDB

/* The stub that is linked into the real library; its code does not matter
   here, only that it ends up in the ROM's last page. */
const uint8_t _binary_rom_bin_start[STUB_BYTES] = { [4000] = 0x5A };

/** An image: headers, then the bytes of two segments. */
struct file {
    Elf32_Ehdr header;
    Elf32_Phdr phdr[2];
    uint32_t multiboot[3];
    uint8_t text[TEXT_BYTES];
    uint8_t data[DATA_BYTES];
} __attribute__((packed));

static struct file image;

static struct rom_plan plan;
static struct rom rom;
static struct sim_error error;
static uint8_t ram[RAM_BYTES];

static void make_image(void)
{
    unsigned i;

    memset(&image, 0, sizeof(image));
    memcpy(image.header.e_ident, ELFMAG, SELFMAG);
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    image.header.e_ident[EI_DATA] = ELFDATA2LSB;
    image.header.e_type = ET_EXEC;
    image.header.e_machine = EM_386;
    image.header.e_entry = IMAGE_AT + 0x10;
    image.header.e_phoff = offsetof(struct file, phdr);
    image.header.e_phentsize = sizeof(Elf32_Phdr);
    image.header.e_phnum = 2;
    image.phdr[0] = (Elf32_Phdr){
        .p_type = PT_LOAD,
        .p_offset = offsetof(struct file, text),
        .p_paddr = IMAGE_AT,
        .p_filesz = TEXT_BYTES,
        .p_memsz = TEXT_BYTES,
    };
    image.phdr[1] = (Elf32_Phdr){
        .p_type = PT_LOAD,
        .p_offset = offsetof(struct file, data),
        .p_paddr = DATA_AT,
        .p_filesz = DATA_BYTES,
        .p_memsz = DATA_BYTES + BSS_BYTES,
    };
    image.multiboot[0] = 0x1BADB002;
    image.multiboot[1] = 3;
    image.multiboot[2] = -(0x1BADB002u + 3);
    for (i = 0; i < TEXT_BYTES; i++)
        image.text[i] = (uint8_t)(i * 7 + 1);
    for (i = 0; i < DATA_BYTES; i++)
        image.data[i] = (uint8_t)(i * 5 + 3);
}

static void setup(void)
{
    make_image();
    memset(&plan, 0, sizeof(plan));
    plan.image = &image;
    plan.image_length = sizeof(image);
    plan.command_line = "image.elf console=com1";
    plan.ram_bytes = RAM_BYTES;
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static const uint8_t *rom_at(uint32_t address, uint32_t length)
{
    uint64_t base = 0x100000000ull - rom.length;

    ck_assert_uint_ge(address, base);
    ck_assert_uint_le((uint64_t)address + length, 0x100000000ull);
    return rom.bytes + (address - base);
}

static uint32_t stub_field(unsigned offset)
{
    return get32(rom.bytes + rom.length - STUB_BYTES + offset);
}

/** Carry out the copy table on `ram`, and check that no byte is written
 *  twice. */
static void carry_out(void)
{
    static uint8_t written[RAM_BYTES];
    uint32_t line = stub_field(STUB_TABLE);

    memset(ram, DIRTY, sizeof(ram));
    memset(written, 0, sizeof(written));
    for (;; line += PIECE_SIZE) {
        const uint8_t *piece = rom_at(line, PIECE_SIZE);
        uint32_t source = get32(piece + PIECE_SOURCE);
        uint32_t target = get32(piece + PIECE_TARGET);
        uint32_t length = get32(piece + PIECE_LENGTH);

        if (!length)
            return;
        ck_assert_uint_le((uint64_t)target + length, RAM_BYTES);
        ck_assert_ptr_null(memchr(written + target, 1, length));
        memset(written + target, 1, length);
        if (source)
            memcpy(ram + target, rom_at(source, length), length);
        else
            memset(ram + target, 0, length);
    }
}

static void compose(void)
{
    ck_assert_msg(rom_compose(&plan, &rom, &error) == 0, "%s", error.text);
    carry_out();
}

static struct multiboot_info info(void)
{
    struct multiboot_info copy;

    memcpy(&copy, ram + rom.info, sizeof(copy));
    return copy;
}

/** The index-th module as the information tells it. */
static struct multiboot_module told_module(unsigned index)
{
    struct multiboot_module copy;

    memcpy(&copy, ram + info().mods_addr + index * sizeof(copy),
           sizeof(copy));
    return copy;
}

/* --- What a loader owes --------------------------------------------------- */

START_TEST(test_image_is_loaded)
{
    uint32_t i;

    compose();
    ck_assert_uint_eq(stub_field(STUB_ENTRY), IMAGE_AT + 0x10);
    ck_assert_mem_eq(ram + IMAGE_AT, image.text, TEXT_BYTES);
    ck_assert_mem_eq(ram + DATA_AT, image.data, DATA_BYTES);
    for (i = 0; i < BSS_BYTES; i++)
        ck_assert_uint_eq(ram[DATA_AT + DATA_BYTES + i], 0);
    ck_assert_uint_eq(ram[DATA_AT + DATA_BYTES + BSS_BYTES], DIRTY);
    ck_assert_uint_eq(rom.length % 0x10000, 0);
    ck_assert_uint_eq(rom.bytes[rom.length - STUB_BYTES + 4000], 0x5A);
    rom_free(&rom);
}
END_TEST

START_TEST(test_information)
{
    struct multiboot_range range;

    compose();
    ck_assert_uint_eq(stub_field(STUB_INFO), rom.info);
    ck_assert_str_eq((char *)ram + info().cmdline, plan.command_line);
    ck_assert_uint_eq(info().mods_count, 0);
    ck_assert_uint_eq(info().mmap_length, ROM_PC_RANGES * 24);
    memcpy(&range, ram + info().mmap_addr + 3 * sizeof(range), sizeof(range));
    ck_assert_uint_eq(range.size, 20);
    ck_assert_uint_eq(range.base_low, 0x100000);
    ck_assert_uint_eq(range.length_low, RAM_BYTES - 0x100000);
    ck_assert_uint_eq(range.type, 1);
    ck_assert_uint_ge(rom.info, 0x1000);
    rom_free(&rom);
}
END_TEST

START_TEST(test_modules)
{
    static const uint8_t first[5000] = { [4999] = 1 };
    static const uint8_t second[3] = "ab";
    const struct rom_module module[] = {
        { .bytes = first, .length = sizeof(first), .string = "a.elf x" },
        { .bytes = second, .length = sizeof(second), .address = 0x800000 },
        { .claim = true, .address = 0x12345, .end = 0x100, .string = "lie" },
    };

    plan.module = module;
    plan.nr_modules = 3;
    compose();
    ck_assert_uint_eq(info().mods_count, 3);
    ck_assert_uint_eq(told_module(0).start % 4096, 0);
    ck_assert_uint_ge(told_module(0).start, rom.image_end);
    ck_assert_uint_eq(told_module(0).end - told_module(0).start, 5000);
    ck_assert_mem_eq(ram + told_module(0).start, first, 5000);
    ck_assert_str_eq((char *)ram + told_module(0).string, "a.elf x");
    ck_assert_uint_eq(told_module(1).start, 0x800000);
    ck_assert_mem_eq(ram + 0x800000, second, 3);
    ck_assert_uint_eq(told_module(2).start, 0x12345);
    ck_assert_uint_eq(told_module(2).end, 0x100);
    rom_free(&rom);
}
END_TEST

START_TEST(test_map_is_told_as_given)
{
    const struct rom_range range[] = {
        { 0, 0x9F000, 1 },
        { 0x100000, 0xF00000, 1 },
        { 0x102000, 0x3000, 2 },
        { 0xFFFFFFFFFFFFF000, 0x5000, 1 },
        { 0x400000, 0, 99 },
    };
    const struct rom_module module = { .bytes = "x", .length = 1 };
    unsigned i;

    plan.range = range;
    plan.nr_ranges = 5;
    plan.module = &module;
    plan.nr_modules = 1;
    compose();
    for (i = 0; i < 5; i++) {
        struct multiboot_range told;

        memcpy(&told, ram + info().mmap_addr + i * sizeof(told),
               sizeof(told));
        ck_assert_uint_eq((uint64_t)told.base_high << 32 | told.base_low,
                          range[i].base);
        ck_assert_uint_eq((uint64_t)told.length_high << 32 | told.length_low,
                          range[i].length);
        ck_assert_uint_eq(told.type, range[i].type);
    }
    /* The first pages after the image are told to be unusable. */
    ck_assert_uint_eq(rom.module_address[0], 0x105000);
    rom_free(&rom);
}
END_TEST

START_TEST(test_large_module_is_preloaded)
{
    static uint8_t large[0x420000];
    const struct rom_module module[] = {
        { .bytes = large, .length = sizeof(large) },
        { .bytes = "small", .length = 5 },
    };

    plan.module = module;
    plan.nr_modules = 2;
    compose();
    ck_assert_uint_eq(rom.nr_preloads, 1);
    ck_assert_ptr_eq(rom.preload[0].bytes, large);
    ck_assert_uint_eq(rom.preload[0].address, rom.module_address[0]);
    ck_assert_uint_eq(rom.preload[0].length, sizeof(large));
    ck_assert_mem_eq(ram + rom.module_address[1], "small", 5);
    rom_free(&rom);
}
END_TEST

START_TEST(test_same_plan_same_bytes)
{
    struct rom other;

    plan.delay = rom_delay_of_seed(7);
    compose();
    ck_assert_int_eq(rom_compose(&plan, &other, &error), 0);
    ck_assert_uint_eq(rom.length, other.length);
    ck_assert_mem_eq(rom.bytes, other.bytes, rom.length);
    ck_assert_uint_eq(stub_field(STUB_DELAY), plan.delay);
    rom_free(&other);
    rom_free(&rom);
}
END_TEST

/** Neighbouring seeds must not give neighbouring delays, and all parts of a
 *  timer's tick must be reached. */
START_TEST(test_delays_spread)
{
    unsigned nr[8] = { 0 }, i;

    for (i = 0; i < 800; i++) {
        uint32_t delay = rom_delay_of_seed(i);

        ck_assert_uint_lt(delay, 1u << 18);
        nr[delay >> 15]++;
    }
    for (i = 0; i < 8; i++)
        ck_assert_uint_gt(nr[i], 60);
}
END_TEST

/* --- What is refused ------------------------------------------------------ */

/** The sentence must name the field. */
static void expect_refusal(const char *field)
{
    ck_assert_int_eq(rom_compose(&plan, &rom, &error), -1);
    ck_assert_msg(strstr(error.text, field), "\"%s\" does not name %s",
                  error.text, field);
}

START_TEST(test_lying_headers)
{
    image.header.e_ident[1] = 'X';
    expect_refusal("e_ident");
    make_image();
    image.header.e_ident[EI_CLASS] = ELFCLASS64;
    expect_refusal("EI_CLASS");
    make_image();
    image.header.e_ident[EI_DATA] = ELFDATA2MSB;
    expect_refusal("EI_DATA");
    make_image();
    image.header.e_machine = EM_X86_64;
    expect_refusal("e_machine");
    make_image();
    image.header.e_type = ET_REL;
    expect_refusal("e_type");
    make_image();
    image.header.e_phentsize = 31;
    expect_refusal("e_phentsize");
    make_image();
    image.header.e_phoff = 0xFFFFFFF0;
    expect_refusal("e_phoff");
    make_image();
    image.header.e_phnum = 0xFFFF;
    expect_refusal("e_phnum");
    make_image();
    image.header.e_entry = DATA_AT + DATA_BYTES; /* zeros are no code */
    expect_refusal("e_entry");
    plan.image_length = sizeof(Elf32_Ehdr) - 1;
    expect_refusal("ELF header");
}
END_TEST

START_TEST(test_lying_segments)
{
    image.phdr[0].p_offset = 0xFFFFFF00;
    expect_refusal("p_offset");
    make_image();
    image.phdr[1].p_filesz = sizeof(image);
    expect_refusal("p_filesz");
    make_image();
    image.phdr[1].p_memsz = DATA_BYTES - 1;
    expect_refusal("p_memsz");
    make_image();
    image.phdr[1].p_memsz = 0xFFFFFFFF;
    expect_refusal("p_memsz");
    make_image();
    image.phdr[1].p_paddr = IMAGE_AT + TEXT_BYTES - 1;
    expect_refusal("overlaps");
    make_image();
    image.phdr[1].p_paddr = 0x9FFFF;
    expect_refusal("RAM");
    make_image();
    image.phdr[1].p_paddr = RAM_BYTES - DATA_BYTES;
    expect_refusal("RAM");
}
END_TEST

START_TEST(test_wrong_multiboot_header)
{
    image.multiboot[0]++;
    expect_refusal("no Multiboot");
    make_image();
    image.multiboot[2]++;
    expect_refusal("checksum");
    make_image();
    image.multiboot[1] |= 4; /* a video mode */
    image.multiboot[2] -= 4;
    expect_refusal("flags");
}
END_TEST

START_TEST(test_impossible_plans)
{
    static uint8_t bytes[0x10000];
    struct rom_module module = { .bytes = bytes, .length = sizeof(bytes) };
    const struct rom_range nothing = { 0, 0x1000, 1 };

    plan.module = &module;
    plan.nr_modules = 1;
    module.address = 0x200001;
    expect_refusal("page-aligned");
    module.address = IMAGE_AT;
    expect_refusal("taken");
    module.address = RAM_BYTES - 0x1000;
    expect_refusal("not RAM");
    module.address = 0;
    plan.range = &nothing;
    plan.nr_ranges = 1;
    expect_refusal("no room");
    plan.nr_modules = 0;
    expect_refusal("no room");
    plan.ram_bytes = 1 << 20;
    expect_refusal("RAM");
}
END_TEST

/** Whatever the headers say: refused, or loaded within RAM. */
START_TEST(test_mutations)
{
    const size_t headers = offsetof(struct file, text);
    uint32_t state = 0x5EED;
    unsigned round, accepted = 0, i;

    for (round = 0; round < 20000; round++) {
        make_image();
        for (i = 0; i < 1 + round % 3; i++) {
            uint32_t at = unit_random(&state) % headers;

            ((uint8_t *)&image)[at] = (uint8_t)unit_random(&state);
        }
        plan.image_length = round % 7 ? sizeof(image)
                                      : unit_random(&state) % sizeof(image);
        if (rom_compose(&plan, &rom, &error) == 0) {
            if (accepted % 64 == 0)
                carry_out();
            accepted++;
            rom_free(&rom);
        } else {
            ck_assert_uint_gt(strlen(error.text), 10);
        }
    }
    ck_assert_uint_gt(accepted, 100);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim/compose");
    TCase *c = tcase_create("compose");

    tcase_add_checked_fixture(c, setup, NULL);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_image_is_loaded);
    tcase_add_test(c, test_information);
    tcase_add_test(c, test_modules);
    tcase_add_test(c, test_map_is_told_as_given);
    tcase_add_test(c, test_large_module_is_preloaded);
    tcase_add_test(c, test_same_plan_same_bytes);
    tcase_add_test(c, test_delays_spread);
    tcase_add_test(c, test_lying_headers);
    tcase_add_test(c, test_lying_segments);
    tcase_add_test(c, test_wrong_multiboot_header);
    tcase_add_test(c, test_impossible_plans);
    tcase_add_test(c, test_mutations);
    suite_add_tcase(s, c);
    return s;
}

UNIT_MAIN(suite())
