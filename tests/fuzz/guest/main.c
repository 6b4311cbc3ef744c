/* SPDX-License-Identifier: MIT */
/**
 * @page fuzz_guest Fuzzer: a guest that asks for anything
 *
 * Property: whatever a guest does, on a machine with everything that
 * processors check, the hypervisor goes on: no fault of its own, no hang, no
 * broken oracle, and after each domain's end no wrong count.
 *
 * Method: this guest, several times on one machine, each with numbers of its
 * own drawn from `seed=` and its domain's number. Step by step it makes calls
 * that are right or almost, and does what kernels do besides (deeds.c). A fault
 * that its own doing caused leads to the next step; what it breaks of itself
 * may end it, and the run goes on with the others. It uses the public interface
 * only.
 *
 *     seed=N    where numbers come from
 *     calls=N   how many to make, then it powers off
 *     domains=N how many there are, numbered from 1
 *     inexact   the machine does not check segment limits
 *     steady    what oracles read of its calls is what the hypervisor reads
 */
#include "fuzz.h"

MARK(calls)

#define SAY_EVERY 1000u
#define WATCHDOG_SECONDS 8u

/* A page more: a call may write behind what it was given. */
uint8_t pool[POOL_PAGES + 1][4096] __attribute__((aligned(4096)));
uint8_t arguments[ARGUMENT_BYTES + 4096] __attribute__((aligned(4096)));
struct player players[2] __attribute__((aligned(16)));
bool exact;
bool steady;
domid_t own_id;
uint32_t nr_domains;

static uint32_t calls_wanted;

static void faulted(struct trap *trap);

struct player *self(void)
{
    uint32_t stack = (uint32_t)__builtin_frame_address(0);

    return stack - (uint32_t)&players[1] < sizeof(players[1]) ? &players[1]
                                                              : &players[0];
}

_Noreturn void give_up(void)
{
    struct player *me = self();

    /* The flags that a fault or an iret left: DF, AC, NT and TF. */
    __asm__ volatile("pushl $2\n\tpopfl" : : : "memory", "cc");
    if (!me->ready)
        __asm__ volatile("movl %0, %%esp\n\tjmp fuzz_second"
                         : : "r"(me->stack + sizeof(me->stack)));
    __builtin_longjmp(me->resume, 1);
}

/** For each exception that has a handler. */
static void faulted(struct trap *trap)
{
    (void)trap;
    give_up();
}

/* Called by entry.asm. */
_Noreturn void failsafe_arrived(void);
void upcall_arrived(void);
_Noreturn void second_main(void);

_Noreturn void failsafe_arrived(void)
{
    give_up();
}

/** Every other time what was interrupted is not gone on with: a call in pieces,
 *  perhaps. */
void upcall_arrived(void)
{
    for (unsigned i = 0; i < 2; i++) {
        shared_info->vcpu_info[i].evtchn_upcall_pending = 0;
        shared_info->vcpu_info[i].evtchn_pending_sel = 0;
    }
    for (unsigned i = 0; i < 32; i++)
        shared_info->evtchn_pending[i] = 0;
    if (one_in(2))
        give_up();
}

static bool command_line_has(const char *word)
{
    for (const char *at = (const char *)start_info->cmd_line; *at; at++) {
        unsigned i = 0;

        while (word[i] && at[i] == word[i])
            i++;
        if (!word[i])
            return true;
    }
    return false;
}

static void register_callback(uint16_t type, void (*entry)(void))
{
    struct callback_register r = {
        .type = type, .address = { FLAT_KERNEL_CS, (unsigned long)entry },
    };

    hypercall_2(callback_op, CALLBACKOP_register, &r);
}

/** All handlers in one list. */
static trap_info_t table[24];

static void fill_table(void)
{
    static const uint8_t others[] = { 0x80, 0x81, 0x90 };

    for (unsigned i = 0; i < 23; i++) {
        unsigned vector = i < 20 ? i : others[i - 20];

        trap_set(vector, faulted, vector == 3 || vector == 4 || i >= 20 ? 3
                                                                        : 0);
        table[i] = (trap_info_t){
            .vector = (uint8_t)vector,
            .flags = vector == 3 || vector == 4 || i >= 20 ? 3 : 0,
            .cs = FLAT_KERNEL_CS, .address = trap_entry[vector],
        };
    }
}

void survive(void)
{
    struct sched_watchdog watchdog = { .id = 0, .timeout = WATCHDOG_SECONDS };
    static uint32_t watched;
    struct player *me = self();

    hypercall_1(set_trap_table, table);
    register_callback(CALLBACKTYPE_event, fuzz_upcall);
    register_callback(CALLBACKTYPE_failsafe, fuzz_failsafe);
    hypercall_2(stack_switch, FLAT_KERNEL_DS,
                me->kernel_stack + sizeof(me->kernel_stack));
    /* One that sleeps and is not woken, having broken what would wake it, is
     * ended. */
    watchdog.id = watched;
    if (hypercall_2(sched_op, SCHEDOP_watchdog, &watchdog) > 0 && !watched)
        watched = 1;
}

/** One's own number: that of the other end of a port to oneself. */
static domid_t find_own_id(void)
{
    struct evtchn_alloc_unbound port = { .dom = DOMID_SELF,
                                         .remote_dom = DOMID_SELF };
    struct evtchn_status status = { .dom = DOMID_SELF };

    hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &port);
    status.port = port.port;
    hypercall_2(event_channel_op, EVTCHNOP_status, &status);
    return status.u.unbound.dom;
}

static void tell(void)
{
    uint32_t calls = players[0].calls + players[1].calls;
    static uint32_t told;

    if (calls - told < SAY_EVERY)
        return;
    told = calls;
    mark_calls(calls, own_id);
    say("fuzz: %u calls\n", calls);
}

static _Noreturn void finish(void)
{
    say("fuzz: %u calls\n", players[0].calls + players[1].calls);
    mark_calls(players[0].calls + players[1].calls, own_id);
    shut_down(SHUTDOWN_poweroff);
}

/** Calls that may have taken what it survives by. */
static bool risky(uint32_t number)
{
    return number == __HYPERVISOR_set_trap_table ||
           number == __HYPERVISOR_callback_op ||
           number == __HYPERVISOR_stack_switch ||
           number == __HYPERVISOR_multicall;
}

static void play(void)
{
    static bool shaken = true;
    struct asked c;

    if (shaken || one_in(16))
        survive();
    shaken = true; /* unless it comes to the end */
    if (one_in(6)) {
        draw_deed();
        return;
    }
    draw_call(&c);
    make_call(&c);
    shaken = risky(c.number);
}

/** The second vCPU plays as well, as long as it is up. The first may have gone
 *  to sleep for good, while this one sets the watchdog again and again: then it
 *  is this one that ends. */
_Noreturn void second_main(void)
{
    (void)__builtin_setjmp(players[1].resume);
    players[1].ready = true;
    for (;;) {
        if (players[1].calls >= calls_wanted)
            finish();
        play();
        if (one_in(8))
            hypercall_2(sched_op, SCHEDOP_yield, 0);
    }
}

/** On a stack of its own: the runtime's is not where self() looks. */
static _Noreturn void first_main(void)
{
    (void)__builtin_setjmp(players[0].resume);
    players[0].ready = true;
    shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
    while (players[0].calls + players[1].calls < calls_wanted) {
        tell();
        play();
    }
    finish();
}

void guest_main(const start_info_t *start)
{
    (void)start;
    exact = !command_line_has("inexact");
    steady = command_line_has("steady");
    nr_domains = argument("domains=");
    calls_wanted = argument("calls=");
    if (nr_domains == 0)
        nr_domains = 1;
    shared_info_map();
    own_id = find_own_id();
    for (unsigned i = 0; i < 2; i++)
        players[i].random = (uint64_t)argument("seed=") << 16 |
                            (uint64_t)own_id << 1 | i;
    hypercall_2(vm_assist, VMASST_CMD_enable,
                VMASST_TYPE_writable_pagetables);
    for (unsigned i = 0; i < POOL_PAGES; i++)
        pool_mfn[i] = frame_of(pool[i]);
    fill_table();
    first_main();
}
