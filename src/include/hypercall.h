/* SPDX-License-Identifier: MIT */
/**
 * @file hypercall.h
 * Lab 4: the way of a hypercall, and guest memory as its argument.
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include "arch_bits.h"
#include "segmentation.h"
#include "types.h"
#include "xen_abi.h"

/** Numbers that have a stub in the hypercall page; 0..63 can exist. */
#define HYPERCALL_STUBS 128
#define HYPERCALL_STUB_BYTES 32
#define NR_HYPERCALLS 64

/** Arguments that a call can have: ebx, ecx, edx, esi, edi, ebp. */
#define HYPERCALL_ARGS 6

/**
 * One hypercall: its arguments in the order of the interface, its result as
 * the guest will find it in eax. It may read `arg` as often as it likes: they
 * are the hypervisor's copy. A 64-bit argument takes two, the low half first.
 */
typedef int32_t hypercall_fn(const uint32_t arg[HYPERCALL_ARGS]);

static inline uint64_t hypercall_arg64(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/* hypercall/page.c, exercise 4.1: the stubs that guests call. */
void hypercall_page_fill(void *page);

/* hypercall/copy.c, exercise 4.2: guest memory, by the guest's addresses. */
bool guest_range_ok(vaddr_t address, size_t bytes);
int copy_from_guest(void *to, vaddr_t from, size_t bytes);
int copy_to_guest(vaddr_t to, const void *from, size_t bytes);
int clear_guest(vaddr_t to, size_t bytes);

/* hypercall/dispatch.c, exercise 4.3: dispatch, multicall, continuation. */
void hypercall_dispatch(trap_frame_t *frame);
int32_t hypercall_call(uint32_t number, const uint32_t arg[HYPERCALL_ARGS]);
int32_t hypercall_continue(uint32_t number,
                           const uint32_t arg[HYPERCALL_ARGS]);
hypercall_fn do_multicall;

/** Entries that a multicall makes before it continues itself. */
#define MULTICALL_BATCH 64

/** The multicall that is being made, if there is one. */
extern struct multicall {
    bool active;
    bool continued; /**< the entry's call is to be made again, as below */
    uint32_t number;
    uint32_t arg[HYPERCALL_ARGS];
} multicall;
int multicall_rewrite(vaddr_t where);
int32_t multicall_end(const uint32_t arg[HYPERCALL_ARGS], uint32_t done,
                      uint32_t nr, int32_t result);

/* hypercall/iret.c, exercise 4.5. */
hypercall_fn do_iret;

/** Flags that no guest sets by iret: VM86 mode is not supported, IOPL and the
 *  two virtual interrupt flags are not the guest's. */
#define IRET_NOT_THE_GUESTS (FLAG_IOPL | FLAG_VM | FLAG_VIF | FLAG_VIP)

/** An alarm so far away (2^50 ns) was computed by somebody who miscounted. */
#define SET_TIMER_TOO_FAR_NS (1ull << 50)

/* hypercall/fast.c: the short ways, with the option `fast`. */
void fast_init(void);
extern hypercall_fn *fast_hypercall[NR_HYPERCALLS]; /**< or fast_no_call */
extern hypercall_fn *fast_of_many[NR_HYPERCALLS]; /**< those in multicalls */
extern uint32_t fast_way[NR_HYPERCALLS]; /**< a fast_way_* each */

/* arch/hypercall_fast.asm; never called from C. */
void fast_hypercall_entry(void);
hypercall_fn fast_no_call;
void fast_way_c(void);
void fast_way_c_only(void);
void fast_way_none(void);
void fast_way_xen_version(void);
void fast_way_stack_switch(void);
void fast_way_fpu_taskswitch(void);
void fast_way_sched_op(void);

/** Why fast_multicall_run() stopped. */
enum multicall_stop {
    MULTICALL_DONE,      /**< at the end; or the domain may not go on */
    MULTICALL_CONTINUED, /**< the entry's call is to be made again */
    MULTICALL_FAULT,     /**< an entry or a result was out of reach */
    MULTICALL_IRET,      /**< nothing behind it is looked at (CALL-I6) */
};
enum multicall_stop fast_multicall_run(uint32_t *at, uint32_t end,
                                       int32_t *result);

/* hypercall/table.c: number to function; NULL where there is none. */
extern hypercall_fn *const hypercall_table[NR_HYPERCALLS];

/* debugreg.c: also for the instructions that move them (emulate.c). */
int debug_register_set(struct vcpu *v, uint32_t n, uint32_t value);
int debug_register_get(const struct vcpu *v, uint32_t n, uint32_t *value);

/* --- Privileged instructions ---------------------------------------------- */

/** The privileged instructions that can be emulated. */
enum privileged_op {
    OP_NONE,
    OP_IN, OP_OUT, OP_IN_STRING, OP_OUT_STRING,
    OP_CLI, OP_STI,
    OP_READ_CONTROL, OP_WRITE_CONTROL,
    OP_READ_DEBUG, OP_WRITE_DEBUG,
    OP_CLTS, OP_INVALIDATE_CACHES,
    OP_READ_MSR, OP_WRITE_MSR, OP_READ_TSC,
};

enum segment_register {
    SEGMENT_ES, SEGMENT_CS, SEGMENT_SS, SEGMENT_DS, SEGMENT_FS, SEGMENT_GS,
    SEGMENT_NONE, /**< no override prefix */
};

/** The processor's own limit for an instruction. */
#define MAX_INSTRUCTION_BYTES 15

/** An instruction that is being read, byte by byte. */
struct instruction {
    uint8_t byte[MAX_INSTRUCTION_BYTES];
    unsigned nr;     /**< of them that are in the segment and there */
    unsigned taken;  /**< of those, read so far */
    bool failed;     /**< more were wanted */
    /* its prefixes */
    bool operand_16, address_16, repeat, lock;
    enum segment_register override;
};

/** An instruction with an operand in memory. */
struct memory_operand {
    bool two_byte;        /**< the opcode follows a 0F */
    uint8_t opcode;
    unsigned reg;         /**< ModRM's middle field: a register, or which of
                               a group of instructions */
    unsigned bytes;       /**< of the operand, for the usual opcodes: 1, 2, 4 */
    bool lock;
    enum segment_register segment; /**< that the address is relative to */
    bool override;        /**< by a prefix */
    uint32_t offset;
    uint32_t immediate;   /**< extended with its sign; 0 if there is none */
    unsigned length;      /**< of the instruction */
};

/** One of them, decoded. */
struct privileged {
    enum privileged_op op;
    unsigned length;       /**< bytes of the instruction */
    unsigned number;       /**< moves: which control or debug register */
    unsigned reg;          /**< moves: which general one, as encoded: eax 0,
                                ecx, edx, ebx, esp, ebp, esi, edi */
    unsigned bytes;        /**< port I/O: 1, 2 or 4 */
    bool port_is_dx;       /**< port I/O: else it is `port` */
    uint8_t port;
    bool repeat;           /**< strings: ecx times */
    uint32_t address_mask; /**< strings: 0xFFFF with 16-bit addresses */
    enum segment_register segment; /**< OUTS: where it reads */
};

/** What came of an emulation. */
enum emulate_result {
    EMULATE_REFUSED, /**< nothing changed: the guest gets its \#GP(0) */
    EMULATE_DONE,    /**< eip is behind the instruction */
    EMULATE_AGAIN,   /**< a part is done, eip is still at it */
    EMULATE_FAULTED, /**< the guest was given another exception */
};

/* hypercall/fetch.c: the bytes at cs:eip. */
bool code_address(const trap_frame_t *frame, uint32_t bytes,
                  uint32_t *address);
bool fetch_begin(struct instruction *i, const trap_frame_t *frame);
uint8_t fetch_byte(struct instruction *i);
uint8_t fetch_opcode(struct instruction *i);
uint32_t *general_register(trap_frame_t *frame, unsigned number);
uint16_t segment_selector(const trap_frame_t *frame,
                          enum segment_register segment);

/* hypercall/decode_memory.c: operands in memory. */
int decode_memory(trap_frame_t *frame, struct memory_operand *m);

/* hypercall/decode.c, supplied for exercise 4.4. */
int decode_privileged(const trap_frame_t *frame, struct privileged *p);

/* hypercall/emulate.c, exercise 4.4. */
enum emulate_result emulate_privileged(struct vcpu *v, trap_frame_t *frame);

/* hypercall/port_io.c, msr.c, cpuid.c: supplied parts of it. */
bool port_in_bitmap(const struct vcpu *v, const trap_frame_t *frame,
                    const struct privileged *p);
enum emulate_result emulate_port_io(struct vcpu *v, trap_frame_t *frame,
                                    const struct privileged *p);
bool msr_read(uint32_t number, uint64_t *value);
bool msr_write(uint32_t number, uint64_t value);
struct cpuid_result guest_cpuid(uint32_t leaf, uint32_t subleaf);
bool emulate_forced(trap_frame_t *frame);

/** The interface's version that guests are told: 4.17. */
#define INTERFACE_VERSION (4u << 16 | 17u)

/* One file a family. */
hypercall_fn do_set_trap_table;   /* trap_table.c */
hypercall_fn do_set_gdt;          /* descriptor_calls.c */
hypercall_fn do_update_descriptor;
hypercall_fn do_stack_switch;     /* stack_switch.c */
hypercall_fn do_set_callbacks;    /* callback_op.c */
hypercall_fn do_callback_op;
hypercall_fn do_nmi_op;
hypercall_fn do_fpu_taskswitch;   /* fpu_taskswitch.c */
hypercall_fn do_set_debugreg;     /* debugreg.c */
hypercall_fn do_get_debugreg;
hypercall_fn do_mmu_update;       /* memory/mmu_update.c */
hypercall_fn do_update_va_mapping;
hypercall_fn do_update_va_mapping_otherdomain;
hypercall_fn do_mmuext_op;        /* memory/mmuext_op.c */
hypercall_fn do_memory_op;        /* memory/memory_op.c */
hypercall_fn do_xen_version;      /* xen_version.c */
hypercall_fn do_console_io;       /* console_io.c */
hypercall_fn do_physdev_op;       /* physdev_op.c */
hypercall_fn do_physdev_op_compat;
hypercall_fn do_platform_op;      /* control_calls.c */
hypercall_fn do_sysctl;
hypercall_fn do_domctl;
hypercall_fn do_vm_assist;        /* vm_assist.c */
hypercall_fn do_sched_op;         /* sched_op.c */
hypercall_fn do_sched_op_compat;
hypercall_fn do_set_timer_op;     /* set_timer_op.c */
hypercall_fn do_vcpu_op;          /* vcpu_op.c */
hypercall_fn do_virtual_alarm;    /* virtual_alarm.c */

/* Parts of vcpu_op: vcpu_context.c and vcpu_info.c. */
int vcpu_context_load(struct vcpu *v, const struct vcpu_guest_context *c);
int32_t vcpu_initialise(struct vcpu *v, vaddr_t from);
int32_t vcpu_info_register(struct vcpu *v, vaddr_t from);
void vcpu_info_release(struct vcpu *v);

hypercall_fn do_event_channel_op; /* events/event_channel_op.c */
hypercall_fn do_event_channel_op_compat;
hypercall_fn do_grant_table_op;   /* grants/grant_table_op.c */

#endif
