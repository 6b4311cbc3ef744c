/* SPDX-License-Identifier: MIT */
/**
 * @file segmentation.h
 * Lab 2: descriptor tables, rings, trap frames, and the way of an exception
 * from ring 1 through ring 0 back to ring 1.
 *
 * The processor runs ring 0 with interrupts off, but while it is idle: a frame
 * of ring 0 on top of a guest's frame comes from an NMI or from a fault that
 * the hypervisor expects (a guest's address that is not mapped, a selector
 * that cannot be loaded), and from nothing else. An interrupt's comes on top
 * of nobody's frame: idle means that no guest is current.
 */
#ifndef HV_SEGMENTATION_H
#define HV_SEGMENTATION_H

#include "layout.h"
#include "types.h"
#include "xen_abi.h"

/**
 * The frame that every entry to ring 0 leaves on the processor's one stack.
 * It is the public `struct cpu_user_regs`, in its order: the segment
 * registers lie above what the processor pushes, because TSS.esp0 points
 * just below them. A frame of ring 0 itself ends after eflags.
 *
 *     top of the stack
 *       gs fs ds es            saved by the entry path, from a guest only
 *       ss esp                 pushed by the processor, from a guest only
 *       eflags cs eip          pushed by the processor
 *       vector:16 error:16     the processor's error code, or 0
 *       eax ebp edi esi edx ecx ebx
 *     esp in the handler
 *
 * `saved_upcall_mask` and the padding beside `cs` hold nothing here: they
 * belong to the frames that the guest sees.
 */
typedef struct cpu_user_regs trap_frame_t;

static inline unsigned frame_ring(const trap_frame_t *frame)
{
    return frame->cs & 3;
}

struct vcpu;
struct domain;

/** Vectors of the processor's own exceptions, [SDM3A] "Exceptions". */
enum vector {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_NMI = 2,
    VECTOR_BREAKPOINT = 3,
    VECTOR_OVERFLOW = 4,
    VECTOR_BOUND = 5,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_NO_FPU = 7,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_INVALID_TSS = 10,
    VECTOR_NOT_PRESENT = 11,
    VECTOR_STACK = 12,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_FPU_ERROR = 16,
    VECTOR_ALIGNMENT = 17,
    VECTOR_MACHINE_CHECK = 18,
    VECTOR_SIMD = 19,
    NR_EXCEPTIONS = 32,
    VECTOR_DIRECT_TRAP = 0x80,
};

/** Vectors whose frame has an error code: a bit each. */
#define VECTORS_WITH_ERROR 0x00027D00u

/* Error code of a page fault. */
#define PAGE_FAULT_PRESENT 0x01u
#define PAGE_FAULT_WRITE 0x02u
#define PAGE_FAULT_USER 0x04u
#define PAGE_FAULT_RESERVED 0x08u
#define PAGE_FAULT_FETCH 0x10u

/* Error code of a fault about a selector or a gate. */
#define ERROR_EXTERNAL 0x01u /* an outside event's fault, never the guest's */
#define ERROR_IDT 0x02u      /* the index is of the IDT */

/*
 * Descriptors.
 *
 *      31        24 23 22 21 20 19   16 15 14 13 12 11   8 7          0
 *     +------------+--+--+--+--+-------+--+-----+--+------+------------+
 *  hi | base 31:24 |G |D |L |AV| lim   |P | DPL |S | type | base 23:16 |
 *     |            |  |  |  |L | 19:16 |  |     |  |      |            |
 *     +------------+--+--+--+--+-------+--+-----+--+------+------------+
 *  lo | base 15:0                      | limit 15:0                    |
 *     +--------------------------------+-------------------------------+
 */

/** One entry of a GDT, LDT or IDT: two words, the low one first. */
typedef struct {
    uint32_t lo;
    uint32_t hi;
} descriptor_t;

_Static_assert(sizeof(descriptor_t) == 8, "the processor's own size");

#define DESC_ACCESSED 0x00000100u
#define DESC_WRITABLE 0x00000200u    /* data; in code: readable */
#define DESC_EXPAND_DOWN 0x00000400u /* data; in code: conforming */
#define DESC_CODE 0x00000800u
#define DESC_TYPE 0x00000F00u
#define DESC_S 0x00001000u /* code or data; clear: a gate, a TSS, an LDT */
#define DESC_DPL 0x00006000u
#define DESC_DPL_SHIFT 13
#define DESC_P 0x00008000u
#define DESC_L 0x00200000u
#define DESC_D 0x00400000u /* 32-bit */
#define DESC_G 0x00800000u /* the limit counts pages */

/* Types of system descriptors (S clear). */
#define DESC_TYPE_LDT 0x00000200u
#define DESC_TYPE_TASK_GATE 0x00000500u
#define DESC_TYPE_TSS 0x00000900u
#define DESC_TYPE_CALL_GATE 0x00000C00u
#define DESC_TYPE_INTERRUPT_GATE 0x00000E00u
#define DESC_TYPE_TRAP_GATE 0x00000F00u

static inline uint32_t descriptor_base(descriptor_t d)
{
    return (d.lo >> 16) | ((d.hi & 0xFF) << 16) | (d.hi & 0xFF000000u);
}

/** The limit field as it stands: 20 bits, in bytes or in pages. */
static inline uint32_t descriptor_raw_limit(descriptor_t d)
{
    return (d.lo & 0xFFFF) | (d.hi & 0x000F0000u);
}

/** The limit in bytes: the last offset inside, or, for expand-down data, the
 *  last one outside. */
static inline uint32_t descriptor_limit(descriptor_t d)
{
    uint32_t raw = descriptor_raw_limit(d);

    return d.hi & DESC_G ? (raw << PAGE_SHIFT) | 0xFFF : raw;
}

static inline unsigned descriptor_dpl(descriptor_t d)
{
    return (d.hi & DESC_DPL) >> DESC_DPL_SHIFT;
}

/** Last page, counted from 0, that a guest's flat segment reaches: the page
 *  below the hypervisor. This number *is* the protection from ring 1. */
#define GUEST_LIMIT_PAGES ((HYPERVISOR_START >> PAGE_SHIFT) - 1)

#define GDT_PAGE_ENTRIES 512u /* the hypervisor's page: selectors 0xE000.. */
#define IDT_ENTRIES 256u

/** The 32-bit task state segment, [SDM3A] "Task-State Segment". Of it we use
 *  the stacks; and all of it once, when a double fault ends everything. */
struct tss {
    uint32_t back_link;
    uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs;
    uint32_t ldt;
    uint16_t trap, io_map_base;
};

_Static_assert(sizeof(struct tss) == 104, "the processor's own size");

/* What must be done before the processor returns to a guest. */
#define EXIT_STOP 0x01u /* a domain may not run any more */
#define EXIT_NMI 0x02u  /* an NMI waits for the guest's callback */
#define EXIT_SCHEDULE 0x04u /* perhaps another vCPU is to run */

/** What belongs to the (one) processor. Entry paths address it directly. */
struct processor {
    struct vcpu *current; /**< whose registers are in guest_frame(), or NULL */
    uint32_t exit_work;   /**< EXIT_* bits, looked at on every exit */
    struct vcpu_info *info; /**< current->info: its event bytes are looked at
                                 on every exit as well (vcpu_load_state()) */
    struct tss tss;
};

extern struct processor processor;

/** The processor's one stack, in the image's section for it: the page below is
 *  not mapped, so that running over it is a double fault and not a riddle. */
#define PROCESSOR_STACK_BYTES 16384u
extern uint8_t processor_stack[PROCESSOR_STACK_BYTES];

/** The vCPU whose guest ran last: the caller of this hypercall. */
static inline struct vcpu *current_vcpu(void)
{
    return processor.current;
}

/** The running guest's registers, at the top of the processor's stack. */
static inline trap_frame_t *guest_frame(void)
{
    return (trap_frame_t *)(processor_stack + PROCESSOR_STACK_BYTES) - 1;
}

/** One entry of a guest's trap table (public struct trap_info, unpacked). */
struct guest_trap {
    uint32_t address; /**< 0: no handler, the fault crashes the domain */
    uint16_t cs;
    uint8_t dpl;      /**< who may raise it by INT n: rings 0..dpl */
    bool mask_events; /**< set the event mask on entry */
};

/** Where a guest wants to be entered: a far pointer of its own. */
struct guest_callback {
    uint16_t cs;
    uint32_t eip; /**< 0 with cs 0: not registered */
    bool mask_events;
};

/** What one vCPU told us about segments and traps; reset by zeroing. */
struct vcpu_traps {
    struct guest_trap table[256];
    struct guest_callback event, failsafe, sysenter, syscall32;
    uint16_t kernel_ss; /**< ring-1 stack for entries from rings 2 and 3 */
    uint32_t kernel_esp;
    bool nmi_masked;    /**< its NMI handler has not ended by iret yet */
    bool nmi_pending;   /**< there is one for it */
};

/** What FXSAVE stores, [SDM2] "FXSAVE": the registers' fields are of no
 *  interest here. */
struct fpu_state {
    uint16_t control;
    uint16_t status;
    uint8_t tags; /**< a bit for each register in use */
    uint8_t reserved;
    uint16_t opcode;
    uint32_t fields[4];
    uint32_t mxcsr;
    uint32_t mxcsr_mask;
    uint8_t registers[480];
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct fpu_state) == 512, "the processor's own size");

/** The frames of a guest's own GDT: entries 0..7167, at most 14 frames. */
#define GUEST_GDT_FRAMES 14

/** Entries of the largest LDT, and the frames that they fill. */
#define LDT_MAX_ENTRIES 8192u
#define GUEST_LDT_FRAMES 16

struct vcpu_descriptors {
    mfn_t gdt[GUEST_GDT_FRAMES]; /**< INVALID_MFN where there is none */
    unsigned gdt_entries;
    vaddr_t ldt_base;            /**< page aligned */
    unsigned ldt_entries;        /**< 0: no LDT */
    mfn_t ldt[GUEST_LDT_FRAMES]; /**< INVALID_MFN: not touched yet (ldt.c) */
    mfn_t held[GUEST_GDT_FRAMES]; /**< of a GDT that is being set (gdt.c) ... */
    unsigned nr_held;            /**< ... so many are checked */
};

/* segmentation/tables.c, exercise 2.1: GDT, IDT, TSS. */
void gdt_build(descriptor_t page[GDT_PAGE_ENTRIES], const struct tss *tss,
               const struct tss *double_fault_tss);
void idt_build(descriptor_t idt[IDT_ENTRIES]);
void tss_build(struct tss *tss);

/* segmentation/init.c: loading them. */
void segmentation_init(void);
void idt_set(unsigned vector, descriptor_t gate);
void ldt_descriptor_set(descriptor_t d);

/* segmentation/enter.c, exercise 2.2: the first entry to ring 1. */
void guest_segments_build(descriptor_t page[GDT_PAGE_ENTRIES]);
void vcpu_init_traps(struct vcpu *v, uint32_t eip, uint32_t esp,
                     uint32_t esi);
_Noreturn void vcpu_enter(struct vcpu *v);

/* segmentation/load.c: what the processor keeps per guest. */
void vcpu_load_base(struct vcpu *v);
void vcpu_load_tables(struct vcpu *v);
void vcpu_load_state(const struct vcpu *v);
void control4_load(const struct vcpu *v);

/* segmentation/bounce.c, exercise 2.3: into the guest's handler. */

/** How bounce_frame() is to enter the guest. */
struct bounce {
    uint16_t cs;
    uint32_t eip;
    bool mask_events; /**< set evtchn_upcall_mask after saving it */
    bool has_error;   /**< push `error` */
    uint32_t error;
    bool failsafe;    /**< push gs fs es ds, and load null selectors */
};
int bounce_frame(struct vcpu *v, trap_frame_t *frame, const struct bounce *b);
void bounce_exception(struct vcpu *v, trap_frame_t *frame, unsigned vector,
                      uint32_t error);
void bounce_interrupt(struct vcpu *v, trap_frame_t *frame, unsigned vector);
void bounce_failsafe(struct vcpu *v, trap_frame_t *frame);

/* segmentation/gdt.c, ldt.c: a guest's own tables. */
int gdt_set(struct vcpu *v, const mfn_t *frame, unsigned entries);
int gdt_hold(struct vcpu *v, const mfn_t *frame, unsigned entries);
void gdt_let_go(struct vcpu *v);
int ldt_set(struct vcpu *v, vaddr_t base, uint32_t entries);
bool ldt_fill(struct vcpu *v, uint32_t offset);
void ldt_forget(struct vcpu *v);
void ldt_mapping_gone(mfn_t m);
void ldt_load(struct vcpu *v);

/* segmentation/lookup.c: the descriptor behind a selector. */
int descriptor_read(uint16_t selector, descriptor_t *d);
int descriptor_write(uint16_t selector, descriptor_t d);

/* segmentation/big_segments.c: the 4gb_segments assist. */
bool big_segment_turn(descriptor_t *d, uint32_t offset);
bool big_segment_assist(struct vcpu *v, trap_frame_t *frame);

/* segmentation/descriptors.c, exercise 2.4: what a guest may have loaded. */
int descriptor_check(descriptor_t *d);
uint16_t selector_fix(uint16_t selector);
bool selector_may_be_gate_target(uint16_t selector);

/* segmentation/call_gates.c: the same, and call gates. */
int descriptor_admit(descriptor_t *d);

/* segmentation/direct.c, exercise 2.5: int 0x80 from ring 3 to ring 1. */
descriptor_t direct_trap_gate(const struct guest_trap *trap);
void direct_gate_load(const struct vcpu *v);
void direct_stack_load(const struct vcpu *v);

/* segmentation/traps.c: every exception arrives here. */
void trap_dispatch(trap_frame_t *frame);

/* segmentation/exit.c: before the processor goes back to a guest. */
void exit_request(uint32_t work);
void exit_work(trap_frame_t *frame);
extern void (*exit_pending)(trap_frame_t *frame); /**< for events alone:
                                     exit_work(), or fast_upcall() */
_Noreturn void exit_refused(trap_frame_t *frame);

/* segmentation/page_fault.c and protection.c: the two with many causes. */
void page_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address);
bool page_fault_in_ldt(struct vcpu *v, uint32_t address);
void inject_page_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                       uint32_t error);
void protection_fault(struct vcpu *v, trap_frame_t *frame);
void instruction_done(struct vcpu *v, trap_frame_t *frame);

/* segmentation/fast_fault.c: a guest's page fault, the short way; called by
 * the entry path arch/segmentation_fast.asm. */
void fast_page_fault(trap_frame_t *frame);
void fast_page_fault_entry(void);

/* segmentation/fixup.c: faults of ring 0 that are expected. */
uint32_t fixup_find(uint32_t eip); /* 0: none */

/* segmentation/double_fault.c, nmi.c */
struct tss *double_fault_init(void);
_Noreturn void double_fault(void);
void nmi(const trap_frame_t *frame);
void nmi_take(void);
void nmi_send(struct vcpu *v);
void nmi_deliver(struct vcpu *v, trap_frame_t *frame);

/* segmentation/interrupt.c: the interrupt controllers. */

/** Vector of the timer's interrupt, whichever device gives it. */
#define TIMER_VECTOR 0x20u
void interrupt_init(void);
bool interrupt_has_apic(void);
bool interrupt_enable_apic(void);
void interrupt_open_line(unsigned line);
void interrupt_take(unsigned vector);

/* segmentation/fpu.c: the virtual CR0.TS. */
void fpu_init(void);
void fpu_state_init(struct vcpu *v);
void fpu_save(struct vcpu *v);
void fpu_load(const struct vcpu *v);
void fpu_set_task_switched(struct vcpu *v, bool set);
void fpu_not_available(struct vcpu *v, trap_frame_t *frame);

/* segmentation/debug.c: watchpoints. */
#define DR6_DEFAULT 0xFFFF0FF0u /* as after a reset */
#define DR7_DEFAULT 0x00000400u
#define DR6_SINGLE_STEP 0x00004000u
void debug_load(const struct vcpu *v);
void debug_exception(struct vcpu *v, trap_frame_t *frame);
void debug_exception_in_ring0(void);

#endif
