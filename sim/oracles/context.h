/* SPDX-License-Identifier: MIT */
/**
 * @file context.h
 * The parts of the oracle *context*, private to its files:
 *
 *     context_guest.c    what the guest told the hypervisor, read from the
 *                        guest's own memory when it makes a hypercall
 *     context_emulate.c  what an instruction that the hypervisor carries out
 *                        for the guest may change
 *     context_expect.c   states in which the guest may go on, and bounces
 *     context_search.c   which of them the machine agrees with
 *     context_stores.c   where ring 0 may write in the guest's image
 *     context_buffers.c  of that, the buffers that hypercalls name
 *     context_owned.c    what a virtual processor owns besides its frame:
 *                        tables, FPU, debug registers, modes
 *     context_vcpus.c    virtual processors that another one brings up
 *     context.c          the callbacks: starting, leaving, coming back
 *
 * A context is left when the processor comes to ring 0 and resumed when it
 * leaves ring 0. What happens between the two is the hypervisor's affair;
 * the state on both sides is not.
 */
#ifndef SIM_ORACLE_CONTEXT_H
#define SIM_ORACLE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "oracle.h"

/* EFLAGS. */
#define FLAG_FIXED 0x00000002u /* always set */
#define FLAG_TF 0x00000100u
#define FLAG_IF 0x00000200u
#define FLAG_DF 0x00000400u
#define FLAG_IOPL 0x00003000u
#define FLAG_NT 0x00004000u
#define FLAG_RF 0x00010000u
#define FLAG_VM 0x00020000u
#define FLAG_AC 0x00040000u
#define FLAG_VIF 0x00080000u
#define FLAG_VIP 0x00100000u
#define FLAG_ID 0x00200000u
#define FLAGS_ARITHMETIC 0x000008D5u /* OF SF ZF AF PF CF */

/** What is compared of EFLAGS. RF is not: the processor sets it in the frames
 *  of faults, and nobody can tell that from a hypervisor's doing; VIF and VIP
 *  mean nothing here. */
#define FLAGS_COMPARED (~(FLAG_RF | FLAG_VIF | FLAG_VIP))

/** The flags that software can set: in a frame that a guest wrote, only they
 *  mean something. */
#define FLAGS_DEFINED                                                       \
    (FLAGS_ARITHMETIC | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT |  \
     FLAG_VM | FLAG_AC | FLAG_ID)

/* Vectors that are not like the others, [SDM3A] "Exceptions". */
#define VECTOR_DEBUG 1u
#define VECTOR_NMI 2u
#define VECTOR_INVALID_OPCODE 6u
#define VECTOR_NO_FPU 7u
#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE_FAULT 14u
#define VECTOR_MACHINE_CHECK 18u

/* Error code of a page fault. */
#define PAGE_FAULT_PRESENT 0x01u
#define PAGE_FAULT_WRITE 0x02u
#define PAGE_FAULT_USER 0x04u

/** Error code of a general-protection fault: the index is of the IDT. */
#define ERROR_IDT 0x02u

/* --- What the guest told (context_guest.c) -------------------------------- */

/** A place that the guest asked to be entered at. */
struct handler {
    bool set;
    uint16_t cs;  /**< as it will be entered: RPL 0 made 1 */
    uint32_t eip;
    uint8_t dpl;  /**< who may raise it by INT n */
    bool masks;   /**< the event mask is set on entry */
};

/** Pages of a GDT and of an LDT that a guest can have. */
#define GUEST_GDT_PAGES 14u
#define GUEST_LDT_PAGES 16u

/** A virtual processor, as its hypercalls and its start describe it. */
struct guest_view {
    unsigned vcpu; /**< its number in its domain */
    uint64_t shared_info; /**< machine address; 0: not known */
    struct handler trap[256];
    struct handler event, failsafe; /**< an NMI's is trap[VECTOR_NMI] */
    uint16_t kernel_ss;
    uint32_t kernel_esp;
    uint32_t ldt_base;
    uint32_t ldt_entries;
    bool ldt_known;      /**< the two are what the hypervisor believes */
    uint32_t ldt_perhaps; /**< if they are not: where it may be as well */
    bool ldt_new;        /**< they were set by the call that was answered */
    uint32_t gdt_frame[GUEST_GDT_PAGES]; /**< 0: none */
    bool gdt_known;
    uint32_t base;       /**< the frame of its L3; 0: not known */
    bool has_info;
    uint64_t info;            /**< machine address of its vcpu_info */
    bool architectural_iopl;  /**< VMASST: frames show a virtual IOPL */
};

/** Offsets in the public struct vcpu_info. */
#define INFO_PENDING 0
#define INFO_MASK 1
#define INFO_CR2 8

/** Virtual processors that can be told apart. */
#define CONTEXT_VCPUS 160u

/** The guest functions are about this one from now on. @param n  below
 *  CONTEXT_VCPUS */
void guest_select(unsigned n);

/**
 * Read what a hypercall is about to register. Nothing is taken over yet.
 *
 * @param m     The machine, at the hypercall's entry.
 * @param left  The guest's registers at its INT 0x82.
 */
void guest_asks(const struct machine *m, const struct event_registers *left);

/**
 * Take over what the last guest_asks() read, as far as the hypervisor
 * accepted it.
 *
 * @param view  Changed.
 * @param m     The machine, at the guest's next instruction.
 * @param now   Its registers: eax is the hypercall's result. Calls inside a
 *              multicall have their own results, in the guest's list.
 */
void guest_is_answered(struct guest_view *view, const struct machine *m,
                       const struct event_registers *now);

/** Whether the call that was asked for contains an iret, and where its
 *  results are before that: a multicall ends with the first one. */
bool guest_asks_iret(void);

/** Whether it contains a call with this number. */
bool guest_asks_call(unsigned number);

/** Whether it, or a call in it, blocks, which unmasks events. */
bool guest_asks_block(void);

/** The virtual processors of the domain that it sends an NMI, a bit each. */
uint32_t guest_asks_nmi(void);

/** Whether a store is to an area that a call registers which is not answered
 *  yet, or to a page that it fills, by whomever. */
bool guest_asks_store(const struct machine *m, const struct access *a);

/** A virtual processor that another one has described. */
struct newborn {
    unsigned vcpu;
    struct guest_view view;
    struct event_registers registers; /**< of its first instruction */
    bool task_switched;               /**< CR0.TS */
    bool has_fpu;          /**< with FPU registers, which are not compared */
    uint32_t debug_control; /**< DR7 */
    uint32_t control4;      /**< CR4 */
};

/** What the call that was just answered did that is not this virtual
 *  processor's affair alone. */
struct guest_news {
    unsigned vcpu;              /**< of the domain: about which one */
    const struct newborn *born; /**< it was initialised, or NULL: */
    unsigned command;           /**< VCPUOP_register_*: it has an area ... */
    uint64_t place;             /**< ... here now */
};

/** The next of it. @return false: no more. */
bool guest_news(struct guest_news *to);

/** The guest's event mask now; 0 when vcpu_info is not known. */
uint8_t guest_mask(const struct guest_view *view, const struct machine *m);
bool guest_pending(const struct guest_view *view, const struct machine *m);

/* --- Emulated instructions (context_emulate.c) ---------------------------- */

/** Bits of GPRs, in the encoding's order. */
#define GPR_EAX 0x01u
#define GPR_ECX 0x02u
#define GPR_EDX 0x04u
#define GPR_EBX 0x08u
#define GPR_ESP 0x10u
#define GPR_EBP 0x20u
#define GPR_ESI 0x40u
#define GPR_EDI 0x80u

/** What carrying an instruction out may change, besides eip. */
struct emulation {
    uint32_t length;  /**< bytes to go on behind */
    uint32_t changes; /**< GPR_* bits */
    bool repeats;     /**< REP: may also be interrupted, eip unchanged */
    bool flags;       /**< the arithmetic flags */
};

/**
 * Whether the ABI lets the hypervisor carry out the instruction that raised
 * this exception.
 *
 * @param m     The machine, at the guest's next instruction.
 * @param left  How the guest was left.
 * @param base  CS base when it was.
 * @param to    Filled in.
 * @return false when the exception has to be bounced.
 */
bool emulation_of(const struct machine *m, const struct ring_change *left,
                  uint32_t base, struct emulation *to);

/* --- States to go on in (context_expect.c) -------------------------------- */

/** A word that must be on the guest's stack. */
struct stack_word {
    const char *name;
    uint32_t esp;   /**< its offset in the stack segment */
    uint32_t value;
    uint32_t care;  /**< bits that are compared */
};

/** Enough for a failsafe on an event on a trap, all three from VM86. */
#define MAX_WORDS 48

/** How the selectors of DS, ES, FS, GS may come back. */
enum segment_rule {
    SEGMENTS_KEPT,         /**< unchanged */
    SEGMENTS_KEPT_OR_NULL, /**< the processor nulls those of inner rings; a
                                failsafe nulls those that failed */
    SEGMENTS_NULL,         /**< all null: a handler entered from VM86 */
};

/** A state in which the guest may go on. */
struct expectation {
    const char *what; /**< "the handler of its trap table for vector" */
    unsigned vector;  /**< of `what`, when it names one */
    bool names_vector;
    struct event_registers state;
    uint32_t any;        /**< GPR_* bits that may hold anything */
    uint32_t flags_care; /**< of state.eflags */
    uint8_t mask;        /**< evtchn_upcall_mask afterwards */
    bool info_any;       /**< vcpu_info may say anything, then and now */
    enum segment_rule segments;
    uint32_t cr2_care;   /**< bits of vcpu_info.arch.cr2 to be compared */
    uint32_t cr2;
    unsigned nr_words;
    struct stack_word word[MAX_WORDS];
};

/** The interrupted state itself: what a return may resume. */
void expect_state(struct expectation *e, const char *what,
                  const struct event_registers *state, uint8_t mask);

/** What a bounce adds to a frame, besides SS:ESP, EFLAGS, CS and EIP. */
struct bounce {
    bool has_error;
    uint32_t error;
    bool failsafe;
};

/**
 * Turn a state into the entry of one of the guest's handlers, with the frame
 * that the ABI describes below that state's stack pointer, or on the kernel
 * stack when it is the state of an application.
 */
void expect_bounce(struct expectation *e, const struct guest_view *view,
                   const struct handler *to, const struct bounce *with);

/** How far a comparison got: the checks in their order. */
enum agreement {
    AGREES_NOT,   /**< another cs:eip */
    AGREES_PLACE, /**< but the stack pointer is wrong */
    AGREES_STACK, /**< but a word of the frame is */
    AGREES_FRAME,
    AGREES_FLAGS,
    AGREES_MASK,
    AGREES_REGISTERS,
    AGREES_SEGMENTS,
    AGREES,
};

#define DIFFERENCE_BYTES 160

/** What a comparison found. */
struct difference {
    enum agreement reached;
    char text[DIFFERENCE_BYTES]; /**< the first difference, "" when none */
};

/**
 * Compare the machine with an expectation.
 *
 * @param m     The machine, at the guest's first instruction.
 * @param view  Where its vcpu_info is.
 * @param now   The machine's registers.
 * @param e     What is demanded.
 * @param to    The first difference.
 */
void expect_compare(const struct machine *m, const struct guest_view *view,
                    const struct event_registers *now,
                    const struct expectation *e, struct difference *to);

/* --- The search (context_search.c) ---------------------------------------- */

/** The frame that the hypercall iret takes from the guest's stack. */
struct iret_frame {
    uint32_t eax, eip, cs, eflags;
    uint32_t esp, ss;        /* rings 2 and 3, VM86 */
    uint32_t es, ds, fs, gs; /* VM86 */
};

/** How a guest was left. */
struct guest_exit {
    struct ring_change left;
    uint32_t cr2;
    uint8_t mask;              /**< evtchn_upcall_mask */
    uint32_t cs_base, ss_base, es_base;
    bool nmi_came;             /**< an NMI since the guest last went on */
    bool written;              /**< `left` is as a guest wrote it: only the
                                    flags that software can set count */
    bool info_changed;         /**< somebody else wrote to its vcpu_info */
    /** What was on its stack: later it may be under another frame. */
    struct iret_frame iret;
    size_t iret_bytes;         /**< of it, mapped */
};

/** What a search found. */
struct outcome {
    bool found;             /**< an expectation agrees in every word */
    unsigned tried;         /**< 0: the guest must not go on at all */
    struct difference best; /**< of the one that agrees furthest */
    const char *what;       /**< its name ... */
    unsigned vector;        /**< ... and its vector ... */
    bool names_vector;      /**< ... when it has one */
    uint32_t eip;           /**< where it goes on */
    bool nmi;               /**< the NMI that came has been delivered */
};

/**
 * Find the expectation that the machine agrees with.
 *
 * @param m     The machine, at the guest's first instruction.
 * @param view  What the guest has registered.
 * @param exit  How it was left.
 * @param now   Its registers.
 * @param to    The outcome.
 */
void search_outcome(const struct machine *m, const struct guest_view *view,
                    const struct guest_exit *exit,
                    const struct event_registers *now, struct outcome *to);

/* --- What it owns besides (context_owned.c) ------------------------------- */

/** How a virtual processor was left, besides its registers. */
struct owned {
    struct machine_extra extra;
    bool task_switched;
    bool fpu_known;   /**< extra's FPU registers are its own */
    bool debug_known; /**< extra's debug registers are */
    uint32_t cr4;
    uint32_t ldt_frame[GUEST_LDT_PAGES]; /**< 0: not mapped */
};

/** Keep it, at the first instruction of ring 0. */
void owned_leave(const struct machine *m, const struct guest_view *view,
                 struct owned *to);

/** What a first instruction is to find. */
void owned_begin(struct owned *to, const struct newborn *born);

/**
 * Compare it with the machine, and report what differs.
 *
 * @param m         The machine, at the next instruction.
 * @param view      What it has registered.
 * @param exit      How it was left.
 * @param o         The same, of what exit does not have.
 * @param switched  Another one has run meanwhile, or this is the first
 *                  instruction.
 */
void owned_compare(const struct machine *m, const struct guest_view *view,
                   const struct guest_exit *exit, const struct owned *o,
                   bool switched);

/* --- Others brought up (context_vcpus.c) ---------------------------------- */

void newborns_start(void);

/** Keep one, of a domain (as the caller counts). */
void newborns_add(unsigned domain, const struct newborn *one);

/** The vcpu_info of one that was not seen yet, or is not even described. */
void newborns_place_info(unsigned domain, unsigned vcpu, uint64_t info);

/** What frames show of the IOPL: an assist of the whole domain. */
void newborns_show_iopl(unsigned domain, bool architectural);

/** Such ones, a bit each, are sent an NMI: it comes when they begin. */
void newborns_send_nmi(unsigned domain, uint32_t vcpus);

/** Where that is; `otherwise` if nobody said. */
uint64_t newborns_info(unsigned domain, unsigned vcpu, uint64_t otherwise);

/**
 * Read what VCPUOP_initialise was given.
 *
 * @return false when it is not all there.
 */
bool newborn_read(const struct machine *m, uint32_t vcpu, uint32_t address,
                  struct newborn *to);

/**
 * Find who begins here: the one with the page tables that CR3 leads to and
 * the registers that the processor has; else one with those tables.
 *
 * @param m       The machine, at a first instruction.
 * @param now     Its registers.
 * @param domain  Whose it is.
 * @param out     How it agrees.
 * @param exit    How it can be said to have been left.
 * @return It, to be forgotten by newborns_forget(); NULL: nobody described
 *         one.
 */
struct newborn *newborns_find(const struct machine *m,
                              const struct event_registers *now,
                              unsigned *domain, struct outcome *out,
                              struct guest_exit *exit);
void newborns_forget(const struct newborn *one);

/* --- Stores into the image (context_stores.c, context_buffers.c) ---------- */

void stores_start(void);

/**
 * Remember which frames the guest's image is in, when it starts: everything
 * that is mapped, without a gap, below its ramdisk or page list.
 *
 * @param m    The machine, at the guest's first instruction.
 * @param end  Virtual address after the image.
 * @param n    Which virtual processor's image it is; below CONTEXT_VCPUS.
 */
void stores_learn_image(const struct machine *m, uint32_t end, unsigned n);

/** Whose image a machine address is in; `otherwise` if it is in none. */
unsigned stores_image_of(uint64_t maddr, unsigned otherwise);

/** A frame has a vcpu_info in it. */
void stores_learn_info(uint64_t maddr);

/** Whether a machine address is in such a frame. */
bool stores_is_info(uint64_t maddr);

/** A virtual processor, of a domain as the caller counts, has an area where
 *  ring 0 may write at any time. A VCPUOP_register_* says what is there; the
 *  place is an address of the guest's, that of a vcpu_info one of the
 *  machine's. */
void stores_place_area(unsigned domain, unsigned vcpu, unsigned command,
                       uint64_t place);

/** Whether a store is to such an area. */
bool store_hits_area(const struct machine *m, const struct access *a,
                     unsigned command, uint64_t place);

/** Whether a store is to a page of an LDT that begins there. */
bool store_hits_ldt(const struct machine *m, const struct access *a,
                    uint32_t base);

/** Frames that the guest gives back are no part of its image any more. */
void stores_leave(const struct machine *m, const struct guest_exit *exit);

/** Whether the ABI names what ring 0 is about to write, or it is no part of
 *  the image. */
bool stores_allowed(const struct machine *m, const struct guest_view *view,
                    const struct guest_exit *exit, const struct access *a);

/** Whether a store lies in [start, start + bytes) of virtual memory. */
bool store_hits(const struct machine *m, const struct access *a,
                uint32_t start, uint32_t bytes);

/** Whether a store is to an output buffer of the hypercall. */
bool store_hits_buffer(const struct machine *m, const struct access *a,
                       const struct event_registers *call);

/** Whether a store changes the L1 entry of a virtual address. */
bool store_hits_entry(const struct machine *m, const struct access *a,
                      uint32_t vaddr);

#endif
