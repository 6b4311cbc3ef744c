/* SPDX-License-Identifier: MIT */
/**
 * @file bounce.c
 * @ingroup segmentation
 * Exercise 2.3: bouncing an exception into the guest.
 *
 * The hardware delivers every exception to ring 0. The guest expects it in
 * ring 1, on its own stack, as if the hardware had brought it there. So we do
 * by hand what the hardware does for an interrupt gate: choose the stack, push
 * a frame, load CS:EIP. Then the ordinary exit path goes to the handler
 * instead of the instruction that faulted.
 *
 *     from ring 3, on kernel_ss:kernel_esp    from ring 1, on its own stack
 *
 *       ss
 *       esp
 *       eflags   IF = events were unmasked      eflags
 *       cs       bits 16-23: the old mask       cs
 *       eip                                     eip
 *       error    if the vector has one          error
 *       ------ the failsafe callback only: ---------
 *       gs fs es ds
 *
 *  - SEG-I9   The frame is written through the guest's own stack segment: a
 *    stack that the guest could not push on itself ends the domain, and no
 *    word of it lands anywhere else.
 *  - SEG-I10  The guest's registers in our frame change only after the whole
 *    frame is on its stack.
 *
 * Sources: the interface's bounce frame; [SDM3A] 6.12.1 "Exception- or
 * Interrupt-Handler Procedures".
 */
#include "segmentation.h"

#include "arch_segmentation.h"
#include "console.h"
#include "domain.h"

/** Words of the largest frame: ss esp eflags cs eip, gs fs es ds. */
#define BOUNCE_WORDS 10

/** A frame under construction: pushes go down from the array's end. */
struct stack_words {
    uint32_t word[BOUNCE_WORDS];
    unsigned n;
};

static void push_word(struct stack_words *stack, uint32_t value)
{
    BUG_ON(stack->n == BOUNCE_WORDS);
    stack->n++;
    stack->word[BOUNCE_WORDS - stack->n] = value;
}

static uint32_t *lowest_word(struct stack_words *stack)
{
    return &stack->word[BOUNCE_WORDS - stack->n];
}

/**
 * EFLAGS as a guest is to see them: what it may not know of the real flags is
 * replaced by what it believes (SEG-I6).
 *
 * @param v      Whose flags.
 * @param flags  The real ones.
 * @param mask   evtchn_upcall_mask at the time.
 */
static uint32_t guest_flags(const struct vcpu *v, uint32_t flags, uint8_t mask)
{
    flags &= ~(FLAG_IOPL | FLAG_IF);
    if (mask == 0)
        flags |= FLAG_IF;
    if (v->domain->assists & 1u << VMASST_TYPE_architectural_iopl)
        flags |= (uint32_t)v->io_privilege << FLAG_IOPL_SHIFT;
    return flags;
}

/**
 * Make the guest continue in a handler of its own, with a frame on its stack
 * that says where it was.
 *
 * The event mask is read once: the guest may be changing it from another
 * processor. The flags that would follow the guest into its handler and
 * should not (TF, RF, NT, VM) are cleared; DF, AC and ID stay.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers; on success those at the handler's entry.
 * @param b      Where to enter and what to push.
 * @context{entry}
 * @post  On an error nothing of `frame` or of the event mask is changed; words
 *        below the guest's stack pointer may be.
 * @retval 0        done.
 * @retval -EINVAL  the handler's code segment is null.
 * @retval -EFAULT  the stack cannot be written.
 */
int bounce_frame(struct vcpu *v, trap_frame_t *frame, const struct bounce *b)
//@solution 2.3 -- (void)v; (void)frame; (void)b; (void)guest_flags; (void)push_word; (void)lowest_word; return -EINVAL;
{
    bool same_ring = frame_ring(frame) == 1;
    uint16_t ss = same_ring ? frame->ss : v->traps.kernel_ss;
    uint32_t esp = same_ring ? frame->esp : v->traps.kernel_esp;
    uint8_t mask = v->info->evtchn_upcall_mask;
    struct stack_words stack = { .n = 0 };

    if ((b->cs & ~3u) == 0)
        return -EINVAL;
    if (!same_ring) {
        push_word(&stack, frame->ss);
        push_word(&stack, frame->esp);
    }
    push_word(&stack, guest_flags(v, frame->eflags, mask));
    push_word(&stack, (uint32_t)mask << 16 | frame->cs);
    push_word(&stack, frame->eip);
    if (b->has_error)
        push_word(&stack, b->error);
    if (b->failsafe) {
        push_word(&stack, frame->gs);
        push_word(&stack, frame->fs);
        push_word(&stack, frame->es);
        push_word(&stack, frame->ds);
    }

    esp -= 4 * stack.n;
    if (arch_write_guest_stack(ss, esp, lowest_word(&stack), stack.n) != 0)
        return -EFAULT;

    if (b->mask_events)
        v->info->evtchn_upcall_mask = 1;
    if (b->failsafe)
        frame->ds = frame->es = frame->fs = frame->gs = 0;
    frame->ss = ss;
    frame->esp = esp;
    frame->cs = b->cs;
    frame->eip = b->eip;
    frame->eflags &= ~(FLAG_TF | FLAG_RF | FLAG_NT | FLAG_VM);
    return 0;
}
//@end

/** Enter a handler, or end the domain. `what` it handles is for the report. */
static void enter_handler(struct vcpu *v, trap_frame_t *frame,
                          const struct bounce *b, const char *what,
                          unsigned vector)
{
    int error = bounce_frame(v, frame, b);

    if (error == -EINVAL)
        domain_crash(v->domain, "it has no handler for %s %u", what, vector);
    else if (error != 0)
        domain_crash(v->domain, "its stack cannot take the frame of %s %u",
                     what, vector);
}

/**
 * Bounce an exception that the processor raised.
 *
 * A guest that cannot take it is crashed, with a report.
 *
 * @param v       The running vCPU.
 * @param frame   Its registers, from ring 1 to 3.
 * @param vector  0..31.
 * @param error   The error code; ignored for a vector that has none.
 * @context{entry}
 */
void bounce_exception(struct vcpu *v, trap_frame_t *frame, unsigned vector,
                      uint32_t error)
//@solution 2.3 -- (void)v; (void)frame; (void)vector; (void)error; (void)enter_handler;
{
    const struct guest_trap *trap = &v->traps.table[vector];
    const struct bounce b = {
        .cs = trap->cs,
        .eip = trap->address,
        .mask_events = trap->mask_events,
        .has_error = (VECTORS_WITH_ERROR >> vector) & 1,
        .error = error,
    };

    enter_handler(v, frame, &b, "vector", vector);
}
//@end

/**
 * Bounce an interrupt that the guest's own INT n raised: no error code,
 * whatever the vector. A guest that cannot take it is crashed, with a report.
 *
 * @param v       The running vCPU.
 * @param frame   Its registers, eip behind the instruction.
 * @param vector  0..255.
 * @context{entry}
 */
void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector)
{
    const struct guest_trap *trap = &v->traps.table[vector];
    const struct bounce b = {
        .cs = trap->cs,
        .eip = trap->address,
        .mask_events = trap->mask_events,
    };

    enter_handler(v, frame, &b, "vector", vector);
}

/**
 * The failsafe path: the guest was about to continue, but one of the selectors
 * that it left (DS, ES, FS, GS, or CS and SS for the return itself) cannot be
 * loaded any more. Tell it through its failsafe callback, with the four data
 * selectors on the stack and null ones in the registers.
 *
 * Called by the exit path. A guest without the callback is crashed.
 *
 * @param v      The running vCPU.
 * @param frame  The registers that could not be loaded.
 * @context{exit}
 */
void bounce_failsafe(struct vcpu *v, trap_frame_t *frame)
//@solution 2.3 -- (void)v; (void)frame;
{
    const struct bounce b = {
        .cs = v->traps.failsafe.cs,
        .eip = v->traps.failsafe.eip,
        .mask_events = v->traps.failsafe.mask_events,
        .failsafe = true,
    };

    enter_handler(v, frame, &b, "bad selectors, callback",
                  CALLBACKTYPE_failsafe);
}
//@end
