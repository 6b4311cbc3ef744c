/* SPDX-License-Identifier: MIT */
/**
 * @file numbers.c
 * @page conformance_numbers Conformance: hypercall numbers
 * Property: a number without a call answers -ENOSYS, whatever the arguments,
 * and a call keeps every register but eax.
 * Source: the interface's numbers; the observed answers to zero arguments.
 * Method: all arguments zero, then numbers around the table's end by
 * `int 0x82` itself.
 */
#include "check.h"

/** By `int 0x82`: the page has only 128 stubs. */
static int32_t by_interrupt(uint32_t number)
{
    int32_t result;

    __asm__ volatile("int $0x82"
                     : "=a"(result)
                     : "0"(number), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
                     : "memory");
    return result;
}

/** Whether all argument registers still hold 1 after a call. */
static bool registers_kept(void)
{
    uint32_t a = __HYPERVISOR_xen_version, b = 1, c = 1, d = 1, si = 1,
             di = 1;

    __asm__ volatile("int $0x82"
                     : "+a"(a), "+b"(b), "+c"(c), "+d"(d), "+S"(si), "+D"(di)
                     :
                     : "memory");
    return b == 1 && c == 1 && d == 1 && si == 1 && di == 1;
}

/** The same for a call that is made in pieces: those that are no argument of
 *  it are still there. */
static bool kept_over_pieces(void)
{
    static char text[128];
    uint32_t a = __HYPERVISOR_console_io, si = 1, di = 1, bp;

    __asm__ volatile("pushl %%ebp; movl $5, %%ebp; int $0x82;"
                     "movl %%ebp, %%ebx; popl %%ebp"
                     : "+a"(a), "=b"(bp), "+S"(si), "+D"(di)
                     : "b"(CONSOLEIO_write), "c"(sizeof(text)), "d"(text)
                     : "memory");
    return a == 0 && si == 1 && di == 1 && bp == 5;
}

static void zero_arguments(void)
{
    CHECK("hypercall.zero_args.03_stack_switch", 0, by_interrupt(3));
    CHECK("hypercall.zero_args.05_fpu_taskswitch", 0, by_interrupt(5));
    CHECK("hypercall.zero_args.06_sched_op_compat", 0, by_interrupt(6));
    CHECK("hypercall.zero_args.08_set_debugreg", 0, by_interrupt(8));
    CHECK("hypercall.zero_args.09_get_debugreg", 0, by_interrupt(9));
    CHECK("hypercall.zero_args.10_update_descriptor", -XEN_EINVAL,
          by_interrupt(10));
    CHECK("hypercall.zero_args.13_multicall", 0, by_interrupt(13));
    CHECK("hypercall.zero_args.17_xen_version", 1, by_interrupt(17) > 0);
    CHECK("hypercall.zero_args.21_vm_assist", 0, by_interrupt(21));
    CHECK("hypercall.zero_args.28_nmi_op", -XEN_EFAULT, by_interrupt(28));
    CHECK("hypercall.zero_args.29_sched_op", 0, by_interrupt(29));
    CHECK("hypercall.zero_args.30_callback_op", -XEN_EFAULT,
          by_interrupt(30));
}

static void without_a_call(void)
{
    static const uint8_t none[] = { 11, 25, 27, 38, 43, 44, 45, 46, 47, 48,
                                    49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
                                    59, 60, 61, 62, 63 };

    for (unsigned i = 0; i < sizeof(none); i++)
        CHECK("hypercall.zero_args.without_a_call", -XEN_ENOSYS,
              by_interrupt(none[i]));
    for (uint32_t number = 64; number < 128; number++)
        CHECK("hypercall.number.from_64_to_127", -XEN_ENOSYS,
              by_interrupt(number));
    CHECK("hypercall.number.128_beyond_the_page", -XEN_ENOSYS,
          by_interrupt(128));
    CHECK("hypercall.number.sign_bit", -XEN_ENOSYS, by_interrupt(1u << 31));
    CHECK("hypercall.number.wraps_when_scaled", -XEN_ENOSYS,
          by_interrupt(1u << 30 | 17));
    CHECK("hypercall.number.0xffffffff", -XEN_ENOSYS, by_interrupt(~0u));
}

/** Stub n is: mov $n, %eax; int $0x82; ret -- and int3 up to the next. */
static bool stub_right(unsigned n)
{
    const uint8_t *stub = &hypercall_page[n * 32];

    for (unsigned i = 8; i < 32; i++)
        if (stub[i] != 0xCC)
            return false;
    return stub[0] == 0xB8 && *(const uint32_t *)&stub[1] == n &&
           stub[5] == 0xCD && stub[6] == 0x82 && stub[7] == 0xC3;
}

static void page(void)
{
    static const uint8_t iret[] = { 0x50, 0xB8, 23, 0, 0, 0, 0xCD, 0x82 };
    unsigned right = 0, same = 0;

    for (unsigned n = 0; n < 128; n++)
        right += stub_right(n);
    for (unsigned i = 0; i < sizeof(iret); i++)
        same += hypercall_page[23 * 32 + i] == iret[i];
    CHECK("hypercall.page.stubs", 127, right);
    CHECK("hypercall.page.iret_stub_pushes_eax", sizeof(iret), same);
}

void family(void)
{
    zero_arguments();
    without_a_call();
    CHECK("hypercall.registers_kept", 1, registers_kept());
    CHECK("hypercall.registers_kept.over_pieces", 1, kept_over_pieces());
    page();
}
