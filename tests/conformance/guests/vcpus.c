/* SPDX-License-Identifier: MIT */
/**
 * @file vcpus.c
 * @page conformance_vcpus Conformance: a second vCPU runs
 * Property: a vCPU that was initialised is brought up, runs from its context's
 * registers, is taken down and goes on where it was; an NMI that a vCPU sends
 * itself enters its handler once, events masked, and not again before iret.
 * Source: [XenABI] xen/vcpu.h; the observed answers.
 * Method: vCPU 1 counts and yields; vCPU 0 does all the asking.
 */
#include "check.h"
#include "second.h"

#include <xen/nmi.h>

static struct vcpu_runstate_info state_of(unsigned vcpu)
{
    struct vcpu_runstate_info info = { .state = -1 };

    vcpu_op(VCPUOP_get_runstate_info, vcpu, &info);
    return info;
}

/** Let the other one run. */
static void give_way(void)
{
    for (unsigned i = 0; i < 8; i++)
        hypercall_2(sched_op, SCHEDOP_yield, 0);
}

static void up(void)
{
    CHECK("vcpu.up.good", 0, vcpu_op(VCPUOP_up, 1, NULL));
    CHECK("vcpu.is_up.1", 1, vcpu_op(VCPUOP_is_up, 1, NULL));
    CHECK("vcpu.get_runstate.1_runnable", RUNSTATE_runnable,
          state_of(1).state);
    give_way();
    CHECK("vcpu.up.entered_once", 1, second_entries);
    CHECK("vcpu.up.loops", 1, second_loops != 0);
    CHECK("vcpu.up.esi", SECOND_ESI, second_esi);
    CHECK("vcpu.up.ss", 0xE021u, second_ss & 0xFFFF);
    CHECK("vcpu.up.flags", 0x200u, second_flags & 0x3200);
}

static void down(void)
{
    uint32_t counted;

    CHECK("vcpu.down.good", 0, vcpu_op(VCPUOP_down, 1, NULL));
    CHECK("vcpu.is_up.1_down", 0, vcpu_op(VCPUOP_is_up, 1, NULL));
    CHECK("vcpu.get_runstate.1_down", RUNSTATE_offline, state_of(1).state);
    counted = second_loops;
    give_way();
    CHECK("vcpu.down.stopped", counted, second_loops);
    CHECK("vcpu.up.again", 0, vcpu_op(VCPUOP_up, 1, NULL));
    give_way();
    CHECK("vcpu.up.again.goes_on", 1,
          second_loops > counted && second_entries == 1);
    CHECK("vcpu.down.again", 0, vcpu_op(VCPUOP_down, 1, NULL));
}

/** A vCPU that is up keeps its vcpu_info from the others. */
static void others_info(void)
{
    static uint8_t page[4096] __attribute__((aligned(4096)));
    struct vcpu_register_vcpu_info info = { .mfn = maddr_of(page) >> 12 };

    CHECK("vcpu.register_info.running_other_vcpu", -XEN_EINVAL,
          vcpu_op(VCPUOP_register_vcpu_info, 1, &info));
}

/* --- NMIs ----------------------------------------------------------------- */

static volatile uint32_t nr_nmis, mask_in_handler, cs_saved, send_again;

void nmi_entry(void);
__asm__(".text\nnmi_entry:\n\t"
        "pushal\n\tpushl 36(%esp)\n\tcall nmi_noted\n\taddl $4, %esp\n\t"
        "popal\n\tpushl %eax\n\tmovl $23, %eax\n\tint $0x82");

__attribute__((used)) static void nmi_noted(uint32_t cs)
{
    nr_nmis++;
    mask_in_handler = UPCALL_MASK;
    cs_saved = cs;
    if (send_again) {
        send_again = 0;
        vcpu_op(VCPUOP_send_nmi, 0, NULL);
        if (nr_nmis != 1)
            nr_nmis = 100; /* it came into its own handler */
    }
}

static void nmis(void)
{
    struct xennmi_callback callback = {
        .handler_address = (unsigned long)nmi_entry
    };

    CHECK("vcpu.send_nmi.no_handler", 0, vcpu_op(VCPUOP_send_nmi, 0, NULL));
    CHECK("vcpu.send_nmi.register", 0,
          hypercall_2(nmi_op, XENNMI_register_callback, &callback));
    CHECK("vcpu.send_nmi.none_kept", 0, nr_nmis);
    UPCALL_MASK = 1;
    CHECK("vcpu.send_nmi.self", 0, vcpu_op(VCPUOP_send_nmi, 0, NULL));
    CHECK("vcpu.send_nmi.taken", 1, nr_nmis);
    CHECK("vcpu.send_nmi.mask_in_handler", 1, mask_in_handler);
    CHECK("vcpu.send_nmi.saved_mask", 1, cs_saved >> 16 & 0xFF);
    nr_nmis = 0;
    send_again = 1;
    CHECK("vcpu.send_nmi.in_handler", 0, vcpu_op(VCPUOP_send_nmi, 0, NULL));
    CHECK("vcpu.send_nmi.after_iret_hypercall", 2, nr_nmis);
    CHECK("vcpu.send_nmi.missing", -XEN_ENOENT,
          vcpu_op(VCPUOP_send_nmi, 2, NULL));
}

void family(void)
{
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    second_fill();
    CHECK("vcpu.initialise.to_run", 0, second_initialise());
    vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL);
    up();
    others_info();
    down();
    nmis();
}
