/* SPDX-License-Identifier: MIT */
/**
 * @file emulate.c
 * @ingroup hypercall
 * Exercise 4.4: privileged instructions in ring 1.
 *
 * A kernel that was written for ring 0 has a few privileged instructions left
 * in places where nobody thought of a hypercall. In ring 1 each raises
 * \#GP(0). If it is one of those that decode.c knows, we do what it would have
 * done to the *virtual* processor, step over it, and the guest never learns of
 * it. All else stays a \#GP(0), which the guest gets.
 *
 * Who may do what:
 *
 * | instruction              | allowed                                     |
 * |--------------------------|---------------------------------------------|
 * | IN, OUT, INS, OUTS       | virtual IOPL, or the port's bit in the      |
 * |                          | guest's I/O bitmap; a string of no elements |
 * | CLI, STI                 | virtual IOPL; they do nothing               |
 * | RDTSC                    | the kernel; ring 3 unless CR4.TSD           |
 * | all others               | the kernel                                  |
 *
 *  - CALL-I7  An instruction that is refused has changed nothing.
 *
 * Sources: [SDM2] "Instruction Set Reference"; [Xen2003] 2.1.2 "CPU".
 */
#include "hypercall.h"

#include "arch_segmentation.h"
#include "domain.h"
#include "memory.h"

/** Bits of CR4 that a guest may set; all others it sees and cannot change. */
#define CONTROL4_GUEST (CR4_TSD | CR4_DE)

/**
 * Does the virtual IOPL allow I/O to the ring that tries?
 *
 * Ring 1 stands for ring 0 of the machine that the guest believes in, where
 * IOPL 0 would do. But the interface wants a kernel to ask for it; only the
 * assist architectural_iopl gives the manual's rule.
 */
static bool io_privileged(const struct vcpu *v, const trap_frame_t *frame)
{
    bool by_manual = v->domain->assists &
                     1u << VMASST_TYPE_architectural_iopl;
    unsigned needed = frame_ring(frame) == 3 ? 3 : by_manual ? 0 : 1;

    return v->io_privilege >= needed;
}

/** The value of a control register as the guest is to see it. */
static bool read_control(const struct vcpu *v, unsigned number,
                         uint32_t *value)
{
    switch (number) {
    case 0:
        *value = arch_read_cr0(); /* its TS is the guest's: SEG-I11 */
        return true;
    case 2:
        *value = v->info->arch.cr2;
        return true;
    case 3:
        *value = xen_pfn_to_cr3(v->base.n);
        return true;
    case 4:
        *value = (arch_read_cr4() & ~CONTROL4_GUEST) | v->control4;
        return true;
    default:
        return false;
    }
}

/** Load another base. Validating its tables may take more than one go. */
static enum emulate_result write_base(struct vcpu *v, uint32_t value)
{
    int error = base_switch(v, mfn(xen_cr3_to_pfn(value)));

    if (error == -ERESTART)
        return EMULATE_AGAIN;
    return error == 0 ? EMULATE_DONE : EMULATE_REFUSED;
}

/** Change a virtual control register. */
static enum emulate_result write_control(struct vcpu *v, unsigned number,
                                         uint32_t value)
{
    switch (number) {
    case 0:
        if ((value ^ arch_read_cr0()) & ~CR0_TS)
            return EMULATE_REFUSED;
        fpu_set_task_switched(v, value & CR0_TS);
        return EMULATE_DONE;
    case 2:
        v->info->arch.cr2 = value;
        return EMULATE_DONE;
    case 3:
        return write_base(v, value);
    case 4:
        v->control4 = value & CONTROL4_GUEST;
        control4_load(v);
        return EMULATE_DONE;
    default:
        return EMULATE_REFUSED;
    }
}

/** RDMSR: the register that ECX names, into EDX:EAX. */
static bool read_msr(trap_frame_t *frame)
{
    uint64_t value;

    if (!msr_read(frame->ecx, &value))
        return false;
    frame->eax = (uint32_t)value;
    frame->edx = (uint32_t)(value >> 32);
    return true;
}

/** Is it a string of no elements? Such a one does nothing, so that nobody needs
 *  the right to it. */
static bool repeats_nothing(const trap_frame_t *frame,
                            const struct privileged *p)
{
    return p->repeat && (frame->ecx & p->address_mask) == 0;
}

/** DONE if an instruction was allowed. */
static enum emulate_result done_if(bool allowed)
{
    return allowed ? EMULATE_DONE : EMULATE_REFUSED;
}

/** Instructions of the kernel's. */
static enum emulate_result emulate_kernel(struct vcpu *v, trap_frame_t *frame,
                                          const struct privileged *p)
//@solution 4.4 -- (void)v; (void)frame; (void)p; (void)read_control; (void)write_control; (void)read_msr; return EMULATE_REFUSED;
{
    uint32_t *reg = general_register(frame, p->reg);

    if (frame_ring(frame) != 1)
        return EMULATE_REFUSED;
    switch (p->op) {
    case OP_READ_CONTROL:
        return done_if(read_control(v, p->number, reg));
    case OP_WRITE_CONTROL:
        return write_control(v, p->number, *reg);
    case OP_READ_DEBUG:
        return done_if(debug_register_get(v, p->number, reg) == 0);
    case OP_WRITE_DEBUG:
        return done_if(debug_register_set(v, p->number, *reg) == 0);
    case OP_CLTS:
        fpu_set_task_switched(v, false);
        return EMULATE_DONE;
    case OP_INVALIDATE_CACHES:
        return EMULATE_DONE;
    case OP_READ_MSR:
        return done_if(read_msr(frame));
    case OP_WRITE_MSR:
        return done_if(msr_write(frame->ecx, hypercall_arg64(frame->eax,
                                                             frame->edx)));
    default:
        return EMULATE_REFUSED;
    }
}
//@end

/** RDTSC faults only if the guest itself asked for that (CR4.TSD). */
static bool emulate_tsc(const struct vcpu *v, trap_frame_t *frame)
{
    uint64_t tsc;

    if (frame_ring(frame) == 3 && (v->control4 & CR4_TSD))
        return false;
    tsc = arch_read_tsc();
    frame->eax = (uint32_t)tsc;
    frame->edx = (uint32_t)(tsc >> 32);
    return true;
}

/**
 * Emulate the instruction behind a \#GP(0), if it is one that we know and the
 * guest may use.
 *
 * @param v      The running vCPU.
 * @param frame  Its registers.
 * @context{exception}
 * @return EMULATE_DONE: the guest goes on behind the instruction;
 *         EMULATE_AGAIN: it goes on with the same one (a long INS);
 *         EMULATE_FAULTED: it was given another exception;
 *         EMULATE_REFUSED: nothing is changed, the \#GP(0) is its own.
 */
enum emulate_result emulate_privileged(struct vcpu *v, trap_frame_t *frame)
//@solution 4.4 -- (void)v; (void)frame; (void)io_privileged; (void)repeats_nothing; (void)done_if; (void)emulate_kernel; (void)emulate_tsc; return EMULATE_REFUSED;
{
    enum emulate_result result = EMULATE_REFUSED;
    struct privileged p;

    if (decode_privileged(frame, &p) != 0)
        return EMULATE_REFUSED;
    switch (p.op) {
    case OP_IN:
    case OP_OUT:
    case OP_IN_STRING:
    case OP_OUT_STRING:
        if (io_privileged(v, frame) || port_in_bitmap(v, frame, &p) ||
            repeats_nothing(frame, &p))
            result = emulate_port_io(v, frame, &p);
        break;
    case OP_CLI:
    case OP_STI:
        result = done_if(io_privileged(v, frame));
        break;
    case OP_READ_TSC:
        result = done_if(emulate_tsc(v, frame));
        break;
    default:
        result = emulate_kernel(v, frame, &p);
    }
    if (result == EMULATE_DONE)
        frame->eip += p.length;
    return result;
}
//@end
