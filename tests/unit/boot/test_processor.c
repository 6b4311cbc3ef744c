/* SPDX-License-Identifier: MIT */
/**
 * @page unit_boot_processor Unit test: is the processor good enough?
 *
 * Property: each feature that is needed is named when it is missing; NX is
 * not one of them, and is seen where CPUID has it; low_stop() says what is
 * wrong on the serial line and ends the run with its number.
 *
 * Method: a made-up processor without one of them at a time.
 */
#include <signal.h>
#include <string.h>

#include "arch_nx.h"
#include "boot_low.h"
#include "fake_cpu.h"
#include "machine.h"
#include "unit.h"

static void set_up(void)
{
    fake_cpu_reset();
    fake_cpu.cpuid1.edx =
        CPUID1_EDX_PAE | CPUID1_EDX_CMOV | CPUID1_EDX_FXSR;
}

START_TEST(test_good)
{
    ck_assert_ptr_null(processor_check());
}
END_TEST

START_TEST(test_missing)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } needed[] = {
        { CPUID1_EDX_PAE, "PAE" },
        { CPUID1_EDX_CMOV, "CMOV" },
        { CPUID1_EDX_FXSR, "FXSAVE" },
    };
    const char *sentence;

    fake_cpu.cpuid1.edx &= ~needed[_i].bit;
    sentence = processor_check();
    ck_assert_ptr_nonnull(sentence);
    ck_assert_ptr_nonnull(strstr(sentence, needed[_i].name));
}
END_TEST

START_TEST(test_nx)
{
    fake_cpu.cpuid_extended.edx = ~CPUID_EXT1_EDX_NX;
    ck_assert(!arch_offers_nx());
    ck_assert_ptr_null(processor_check());
    fake_cpu.cpuid_extended.edx = CPUID_EXT1_EDX_NX;
    ck_assert(arch_offers_nx());
    ck_assert_ptr_null(processor_check());
    /* Its leaf is beyond the last one: what CPUID says there means nothing. */
    fake_cpu.last_extended_leaf = 0x80000000u;
    ck_assert(!arch_offers_nx());
}
END_TEST

/** The last event but one is the exit; before it the sentence went out. */
static void check_diary(int signal_number)
{
    char text[256];
    size_t length = 0;
    (void)signal_number;

    for (unsigned i = 0; i < fake_cpu.nr_events; i++)
        if (fake_cpu.event[i].kind == FAKE_OUT &&
            fake_cpu.event[i].a == 0x3F8 && length < sizeof(text) - 1)
            text[length++] = (char)fake_cpu.event[i].value;
    text[length] = 0;
    if (!strstr(text, "no good."))
        _exit(1);
    if (fake_cpu.nr_events < 2 ||
        fake_cpu.event[fake_cpu.nr_events - 2].a != EXIT_PORT ||
        fake_cpu.event[fake_cpu.nr_events - 2].value != MACHINE_BAD_BOOT)
        _exit(2);
    _exit(42);
}

START_TEST(test_stop)
{
    signal(SIGABRT, check_diary); /* the made-up processor's HLT aborts */
    low_stop("This is no good.");
}
END_TEST

static Suite *processor_suite(void)
{
    Suite *suite = suite_create("boot/processor");
    TCase *check = tcase_create("check");

    tcase_add_checked_fixture(check, set_up, NULL);
    tcase_add_test(check, test_good);
    tcase_add_loop_test(check, test_missing, 0, 3);
    tcase_add_test(check, test_nx);
    tcase_add_exit_test(check, test_stop, 42);
    suite_add_tcase(suite, check);
    return suite;
}

UNIT_MAIN(processor_suite())
