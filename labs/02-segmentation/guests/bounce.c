/* SPDX-License-Identifier: MIT */
/**
 * @file bounce.c
 * Driver of the test 2.3/refused: calls bounce_frame() for a vCPU of a domain
 * without memory, so that no stack can be written; then with a stack, once for
 * the failsafe callback and once from ring 2, and by null segments; then
 * bounce_failsafe() itself.
 *
 * The input is a list of 32-bit words: how many cases; then, for each, the
 * handler's CS, the guest's ring, its stack's segment and address, the event
 * mask; at the end a stack that can be written, and a mask. After each case the
 * driver executes `mark_called` with eax = what the call returned, edx = the
 * case's number, ecx = 0, or what the call changed: 1 + the byte of the
 * registers, or 1 + their size for the mask; after the last one `mark_done`.
 * The stack that the exception would not use is another one than the case's.
 *
 * With the stack, a debug register watches the event mask: each instruction of
 * the call that reads or writes it raises a debug exception in ring 0, of
 * which the hypervisor makes nothing, and the trace a record.
 */
#include "labs/02-segmentation/guests/base.h"
#include "labs/grader/driver.h"

#include "arch_segmentation.h"
#include "domain.h"
#include "lib.h"

#define CASE_WORDS 5u

#define WATCH_FIRST 0x2u      /* DR7: the first one is on, everywhere */
#define WATCH_ANY 0x30000u    /* reads and writes, of one byte */
#define FLAGS_BEFORE 0x33337333u /* TF, NT, RF and VM among them */

trap_frame_t driver_frame;

DRIVER_FUNCTION void one_call(struct vcpu *v, const uint32_t *word,
                              uint32_t number)
{
    const struct bounce b = { .cs = (uint16_t)word[0], .eip = 0xC0001000,
                              .mask_events = true, .has_error = number & 1,
                              .failsafe = number & 2 };
    trap_frame_t frame, before;
    uint32_t changed = 0;
    int result;

    memset(&frame, 0x11, sizeof frame);
    frame.cs = word[1] == 1 ? SEL_RING1_CS : SEL_RING3_CS;
    frame.ss = word[1] == 1 ? (uint16_t)word[2] : SEL_RING3_DS;
    frame.esp = word[1] == 1 ? word[3] : ~word[3];
    v->traps.kernel_ss = word[1] == 1 ? SEL_RING1_DS : (uint16_t)word[2];
    v->traps.kernel_esp = word[1] == 1 ? ~word[3] : word[3];
    v->info->evtchn_upcall_mask = (uint8_t)word[4];
    before = frame;
    result = bounce_frame(v, &frame, &b);
    if (v->info->evtchn_upcall_mask != (uint8_t)word[4])
        changed = 1 + sizeof frame;
    for (uint32_t i = sizeof frame; i-- > 0;)
        if (((uint8_t *)&frame)[i] != ((uint8_t *)&before)[i])
            changed = 1 + i;
    DRIVER_MARK(called, result, number, changed);
}

/** Watch a byte, or (NULL) nothing any more. */
static void watch(const uint8_t *byte)
{
    arch_write_debug(0, (uint32_t)byte);
    arch_write_debug(7, DR7_DEFAULT | (byte ? WATCH_FIRST | WATCH_ANY : 0));
}

/** The failsafe callback from ring 1, and then a plain handler from ring 2,
 *  whose own stack is none. The third register of the mark points to the word
 *  with the saved mask: above it are EFLAGS, and from ring 2 SS and ESP. */
DRIVER_FUNCTION void with_stack(struct vcpu *v, uint32_t stack,
                                unsigned ring, uint8_t mask)
{
    const uint32_t *cs = (const uint32_t *)stack - (ring == 1 ? 2 : 4);
    const struct bounce b = { .cs = SEL_RING1_CS, .eip = 0xC0001000,
                              .failsafe = ring == 1 };
    int result;

    memset(&driver_frame, 0x33, sizeof driver_frame);
    driver_frame.cs = (uint16_t)((SEL_RING1_CS & ~3u) | ring);
    driver_frame.eflags = FLAGS_BEFORE;
    driver_frame.ss = SEL_RING1_DS;
    driver_frame.esp = ring == 1 ? stack : 0;
    v->traps.kernel_ss = SEL_RING1_DS;
    v->traps.kernel_esp = ring == 1 ? 0 : stack;
    v->info->evtchn_upcall_mask = mask;
    DRIVER_MARK(watched, 0, ring, 0);
    watch(&v->info->evtchn_upcall_mask);
    result = bounce_frame(v, &driver_frame, &b);
    watch(NULL);
    DRIVER_MARK(failsafe, result, ring, cs);
}

/** A stack that could be written, by a segment that is null: from ring 1 the
 *  guest's own, from ring 3 its kernel's. */
DRIVER_FUNCTION void by_null_segment(struct vcpu *v, uint32_t stack,
                                     unsigned ring)
{
    const struct bounce b = { .cs = SEL_RING1_CS, .eip = 0xC0001000 };
    trap_frame_t frame = { .cs = ring == 1 ? SEL_RING1_CS : SEL_RING3_CS,
                           .ss = ring == 1 ? 0 : SEL_RING3_DS, .esp = stack };
    int result;

    v->traps.kernel_ss = ring == 1 ? SEL_RING1_DS : 0;
    v->traps.kernel_esp = stack;
    result = bounce_frame(v, &frame, &b);
    DRIVER_MARK(null, result, ring, 0);
}

/** bounce_failsafe() itself, of a callback that wants events masked, or not. */
DRIVER_FUNCTION void call_back(struct vcpu *v, uint32_t stack, bool masks)
{
    memset(&driver_frame, 0x33, sizeof driver_frame);
    driver_frame.cs = SEL_RING1_CS;
    driver_frame.ss = SEL_RING1_DS;
    driver_frame.esp = stack;
    v->traps.failsafe.cs = SEL_RING1_CS;
    v->traps.failsafe.eip = 0xC0002000;
    v->traps.failsafe.mask_events = masks;
    v->info->evtchn_upcall_mask = 0;
    bounce_failsafe(v, &driver_frame);
    DRIVER_MARK(callback, 0, driver_frame.eip, v->info->evtchn_upcall_mask);
}

void test_driver(const struct boot_info *info)
{
    const uint32_t *word = (const uint32_t *)(uintptr_t)test_input.data;
    const uint32_t *last = word + 1 + CASE_WORDS * word[0];
    struct vcpu *v = domain_add_vcpu(domain_create(5, false, 64), 0);

    (void)info;
    for (uint32_t i = 0; i < word[0]; i++)
        one_call(v, word + 1 + CASE_WORDS * i, i);
    base_make(v, last[0]);
    vcpu_load_base(v);
    with_stack(v, last[0], 1, (uint8_t)last[1]);
    with_stack(v, last[0], 2, (uint8_t)last[1]);
    by_null_segment(v, last[0], 1);
    by_null_segment(v, last[0], 3);
    call_back(v, last[0], false);
    call_back(v, last[0], true);
    DRIVER_MARK(done, 0, 0, 0);
}
