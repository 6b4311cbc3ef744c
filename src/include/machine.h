/* SPDX-License-Identifier: MIT */
/**
 * @file machine.h
 * How a run of the whole machine can end, as the number that a simulator's
 * run hands to its caller (`make run`'s exit status). The values from 20 up
 * are given by the simulator's side, never by the hypervisor.
 */
#ifndef HV_MACHINE_H
#define HV_MACHINE_H

enum machine_exit {
    MACHINE_POWEROFF = 0,        /* the first domain powered off */
    MACHINE_REBOOT = 10,         /* it asked for a reboot */
    MACHINE_SUSPEND = 11,        /* it suspended: nobody can resume it */
    MACHINE_GUEST_CRASHED = 12,  /* it crashed or was crashed */
    MACHINE_GUEST_REFUSED = 13,  /* its image was refused by the builder */
    MACHINE_NO_GUEST = 14,       /* no module was given */
    MACHINE_PANIC = 15,          /* the hypervisor's own fault */
    MACHINE_BAD_BOOT = 16,       /* processor or memory unfit, bad option */
    /* given by the simulator's side */
    MACHINE_BUDGET = 20,         /* the instruction budget ran out */
    MACHINE_TRIPLE_FAULT = 21,
    MACHINE_HUNG = 22,           /* HLT with interrupts off, or shutdown */
    MACHINE_ORACLE = 23,         /* an oracle was broken */
    MACHINE_HARNESS = 24,        /* the simulator or its set-up failed */
};

#endif
