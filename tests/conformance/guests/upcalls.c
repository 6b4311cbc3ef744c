/* SPDX-License-Identifier: MIT */
/**
 * @file upcalls.c
 * @page conformance_upcalls Conformance: the upcall
 * Property: whenever the hypervisor goes back to the guest with the pending
 * byte set and the mask byte clear, it goes to the event callback, with the
 * frame of an interrupt: the old mask (0) beside CS, IF set, events masked.
 * Otherwise it does not. What lay underneath goes on as if nothing had been.
 * Source: the interface; the observed upcalls.
 * Method: a callback that notes its frame and returns by the iret hypercall;
 * every way into the hypervisor, in rings 1 and 3; bytes set by the
 * hypervisor and by the guest.
 */
#include "check.h"

#include <xen/event_channel.h>

#define PENDING (shared_info->vcpu_info[0].evtchn_upcall_pending)
#define SELECTOR (shared_info->vcpu_info[0].evtchn_pending_sel)

#define FLAGS 0x00023302u /* VM, NT, IOPL, TF, IF, and the constant bit */
#define FLAG_IF 0x202u

/** On the stack at the callback's first instruction. */
struct upcall {
    uint32_t eip, cs, eflags, esp, ss;
};

/** Of the last upcall; and how many there were. */
static struct upcall seen;
static uint32_t nr_upcalls, seen_esp, seen_mask, seen_selector;

/* The callback: notes, and returns by the iret hypercall, which restores the
 * mask from EFLAGS.IF. DS and ES may be ring 3's, or null. */
void upcall_entry(void);
__asm__(".text\nupcall_entry:\n\t"
        "pushal\n\tpushl %ds\n\tpushl %es\n\t"
        "movl $0xE021, %eax\n\tmovl %eax, %ds\n\tmovl %eax, %es\n\tcld\n\t"
        "leal 40(%esp), %eax\n\tpushl %eax\n\tcall upcall_noted\n\t"
        "addl $4, %esp\n\tpopl %es\n\tpopl %ds\n\tpopal\n\t"
        "pushl %eax\n\tmovl $23, %eax\n\tint $0x82");

__attribute__((used)) static void upcall_noted(const struct upcall *frame)
{
    nr_upcalls++;
    seen_esp = (uint32_t)frame;
    seen = *frame;
    seen_mask = UPCALL_MASK;
    PENDING = 0;
    seen_selector = __atomic_exchange_n(&SELECTOR, 0, __ATOMIC_SEQ_CST);
}

/** From a clean state: how many upcalls since. */
static void forget(void)
{
    nr_upcalls = 0;
    PENDING = 0;
    SELECTOR = 0;
}

static uint32_t count(void)
{
    uint32_t n = nr_upcalls;

    nr_upcalls = 0;
    return n;
}

static void call(void)
{
    (void)hypercall_2(xen_version, XENVER_version, 0);
}

static int32_t set_callback(uint32_t cs, void (*entry)(void))
{
    struct callback_register callback = {
        .type = CALLBACKTYPE_event,
        .address = { cs, (unsigned long)entry },
    };

    return hypercall_2(callback_op, CALLBACKOP_register, &callback);
}

static evtchn_port_t from, to;

static void open_channel(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_bind_interdomain bind = { DOMID_SELF, 0, 0 };

    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &alloc);
    to = bind.remote_port = alloc.port;
    hypercall_2(event_channel_op, EVTCHNOP_bind_interdomain, &bind);
    from = bind.local_port;
}

static int32_t send(void)
{
    struct evtchn_send op = { from };

    return hypercall_2(event_channel_op, EVTCHNOP_send, &op);
}

/** Its own pending bit, so that the next send is told of. */
static uint32_t take_port(void)
{
    uint32_t bit = 1u << to % 32;

    return __atomic_fetch_and(&shared_info->evtchn_pending[to / 32], ~bit,
                              __ATOMIC_SEQ_CST) & bit;
}

static void masked(void)
{
    forget();
    UPCALL_MASK = 1;
    CHECK("upcall.masked.send", 0, send());
    CHECK("upcall.masked.pending_byte", 1, PENDING);
    CHECK("upcall.masked.selector", 1u << to / 32, SELECTOR);
    call();
    CHECK("upcall.masked.upcalls", 0, count());
    UPCALL_MASK = 0x80;
    call();
    CHECK("upcall.masked.mask_0x80", 0, count());
    UPCALL_MASK = 0;
    call();
    CHECK("upcall.unmasked_by_store.after_a_call", 1, count());
    CHECK("upcall.unmasked_by_store.selector", 1u << to / 32, seen_selector);
    CHECK("upcall.unmasked_by_store.port_bit", 1u << to % 32, take_port());
    CHECK("upcall.unmasked_by_store.mask_after", 0, UPCALL_MASK);
}

static void unmasked(void)
{
    forget();
    UPCALL_MASK = 0;
    CHECK("upcall.send", 0, send());
    CHECK("upcall.send.upcalls", 1, count());
    CHECK("upcall.send.mask_in_handler", 1, seen_mask);
    CHECK("upcall.send.saved_mask_and_cs", FLAT_KERNEL_CS, seen.cs);
    CHECK("upcall.send.flags", FLAG_IF, seen.eflags & FLAGS);
    CHECK("upcall.send.mask_after", 0, UPCALL_MASK);
    CHECK("upcall.send.again_without_taking_the_port", 0, send());
    CHECK("upcall.send.again.upcalls", 0, count());
    take_port();
    CHECK("upcall.send.taken.upcalls", 1, (send(), count()));
    take_port();
    call();
    CHECK("upcall.nothing_pending", 0, count());
    PENDING = 0x80;
    call();
    CHECK("upcall.pending_byte_set_by_guest.upcalls", 1, count());
    CHECK("upcall.pending_byte_set_by_guest.selector", 0, seen_selector);
}

/** The interrupted call's registers are as it left them. */
static void frame(void)
{
    forget();
    UPCALL_MASK = 0;
    PENDING = 1;
    tried.ecx = 0x1111;
    tried.edx = 0x2222;
    tried.ebx = 0x3333;
    tried.esi = 0x4444;
    tried.edi = 0x5555;
    /* A number without a handler; its result is what a call returns. */
    CHECK("upcall.frame.exception", NO_FAULT,
          TRY_EAX(100, "int $0x82"));
    CHECK("upcall.frame.upcalls", 1, count());
    CHECK("upcall.frame.result", -XEN_ENOSYS, tried.eax);
    CHECK("upcall.frame.ecx", 0x1111, tried.ecx);
    CHECK("upcall.frame.edx", 0x2222, tried.edx);
    CHECK("upcall.frame.ebx", 0x3333, tried.ebx);
    CHECK("upcall.frame.esi", 0x4444, tried.esi);
    CHECK("upcall.frame.edi", 0x5555, tried.edi);
    CHECK("upcall.frame.eip_behind_int", tried.start + 2, seen.eip);
    CHECK("upcall.frame.bytes", 12, try_esp - seen_esp);
}

/** On top of an exception's frame: the handler has not begun. */
static void after_exceptions(void)
{
    forget();
    UPCALL_MASK = 0;
    PENDING = 1;
    CHECK("upcall.exception", FAULT(6, 0), TRY("ud2"));
    CHECK("upcall.exception.upcalls", 1, count());
    CHECK("upcall.exception.eip_of_handler", probe_entry[6], seen.eip);
    CHECK("upcall.exception.bytes_below_its_frame", 12 + 12,
          try_esp - seen_esp);
    UPCALL_MASK = 0;
    PENDING = 1;
    CHECK("upcall.masking_exception", FAULT(0x92, 0), TRY("int $0x92"));
    CHECK("upcall.masking_exception.upcalls", 0, count());
    UPCALL_MASK = 0;
    PENDING = 1;
    CHECK("upcall.emulated_instruction", NO_FAULT, TRY("movl %%cr0, %%eax"));
    CHECK("upcall.emulated_instruction.upcalls", 1, count());
    CHECK("upcall.emulated_instruction.eip_behind", tried.start + 3,
          seen.eip);
}

/** The iret hypercall, to here or into ring 3. */
static void iret(void)
{
    forget();
    UPCALL_MASK = 1;
    PENDING = 1;
    TRY("pushfl; orl $0x200, (%%esp); pushl $0xE019; pushl $1f; pushl $0;"
        "movl $23, %%eax; int $0x82");
    CHECK("upcall.iret.unmasking", 1, count());
    CHECK("upcall.iret.unmasking.eip", try_resume, seen.eip);
    CHECK("upcall.iret.mask_after", 0, UPCALL_MASK);
    PENDING = 1;
    TRY("pushfl; andl $0xFFFFFDFF, (%%esp); pushl $0xE019; pushl $1f;"
        "pushl $0; movl $23, %%eax; int $0x82");
    CHECK("upcall.iret.masking", 0, count());
    CHECK("upcall.iret.masking.mask_after", 1, UPCALL_MASK);
}

USER(user_int81, "int $0x81");
USER(user_ud2, "ud2");

void user_enter(uint32_t eip, uint32_t esp);

/** From ring 3, on the kernel's stack. */
static void in_ring3(void)
{
    uint32_t top = (uint32_t)user_kernel_stack + sizeof(user_kernel_stack);

    forget();
    (void)try_user(user_int81); /* from now on traps arrive on that stack */
    UPCALL_MASK = 0;
    PENDING = 1;
    /* Its IRET passes no ring 0: only the fault does. */
    tried.nr_traps = 0;
    user_enter((uint32_t)user_ud2, (uint32_t)user_end);
    CHECK("upcall.ring3.exception", FAULT(6, 0), tried_outcome());
    CHECK("upcall.ring3.exception.upcalls", 1, count());
    CHECK("upcall.ring3.exception.bytes", 20 + 12, top - seen_esp);
    UPCALL_MASK = 0;
    CHECK("upcall.ring3.nothing_pending", WENT_THROUGH,
          try_user(user_int81));
    CHECK("upcall.ring3.nothing_pending.upcalls", 0, count());
    UPCALL_MASK = 1;
}

/* A call of the application's kernel, and the application goes on. */
USER(user_int94, "int $0x94; int $0x81");

/** It lets an event come in with its return. */
static void kernel_call(struct trap *trap)
{
    (void)trap;
    PENDING = 1;
}

/** The iret hypercall into ring 3 with events pending: the upcall comes
 *  before the application's next instruction. */
static void into_ring3(void)
{
    uint32_t top = (uint32_t)user_kernel_stack + sizeof(user_kernel_stack);

    forget();
    trap_set(0x94, kernel_call, 3 | TRAP_MASK_EVENTS);
    trap_return_by_hypercall = true;
    UPCALL_MASK = 0;
    CHECK("upcall.into_ring3.goes_on", WENT_THROUGH, try_user(user_int94));
    CHECK("upcall.into_ring3.upcalls", 1, count());
    CHECK("upcall.into_ring3.eip", (uint32_t)user_int94 + 2, seen.eip);
    CHECK("upcall.into_ring3.saved_mask_and_cs", FLAT_USER_CS, seen.cs);
    CHECK("upcall.into_ring3.flags", FLAG_IF, seen.eflags & FLAGS);
    CHECK("upcall.into_ring3.ss", FLAT_USER_DS, seen.ss);
    CHECK("upcall.into_ring3.bytes", 20, top - seen_esp);
    trap_return_by_hypercall = false;
    UPCALL_MASK = 1;
}

/** SCHEDOP_block lets events in. */
static void block(void)
{
    forget();
    UPCALL_MASK = 1;
    PENDING = 1;
    CHECK("upcall.block", 0, hypercall_2(sched_op, SCHEDOP_block, 0));
    CHECK("upcall.block.upcalls", 1, count());
    CHECK("upcall.block.mask_after", 0, UPCALL_MASK);
    /* The frame's IOPL is then the vCPU's own, so it is made elsewhere. */
    hypercall_2(vm_assist, VMASST_CMD_enable,
                VMASST_TYPE_architectural_iopl);
    UPCALL_MASK = 1;
    PENDING = 1;
    CHECK("upcall.block.architectural_iopl", 0,
          hypercall_2(sched_op, SCHEDOP_block, 0));
    CHECK("upcall.block.architectural_iopl.upcalls", 1, count());
    hypercall_2(vm_assist, VMASST_CMD_disable,
                VMASST_TYPE_architectural_iopl);
    UPCALL_MASK = 1;
}

/** A code segment that cannot be loaded: the event comes first, its frame says
 *  so, and the way back from it is where the failsafe callback is needed. */
static void failsafe(void)
{
    forget();
    UPCALL_MASK = 0;
    PENDING = 1;
    nr_failsafes = 0;
    TRY("pushl $0x202; pushl $0x41; pushl $0; pushl $0;"
        "movl $23, %%eax; int $0x82");
    CHECK("upcall.failsafe.failsafes", 1, nr_failsafes);
    CHECK("upcall.failsafe.upcalls", 1, count());
    CHECK("upcall.failsafe.cs", 0x41, seen.cs);
    CHECK("upcall.failsafe.cs_in_its_frame", 0x41, failsafe_frame.cs);
    CHECK("upcall.failsafe.mask_in_failsafe", 0, failsafe_mask);
    UPCALL_MASK = 1;
}

void family(void)
{
    traps_ready();
    failsafe_ready(0);
    CHECK("upcall.register", 0, set_callback(FLAT_KERNEL_CS, upcall_entry));
    open_channel();
    masked();
    unmasked();
    frame();
    after_exceptions();
    iret();
    in_ring3();
    into_ring3();
    block();
    failsafe();
}
