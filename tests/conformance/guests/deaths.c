/* SPDX-License-Identifier: MIT */
/**
 * @file deaths.c
 * @page conformance_deaths Conformance: ugly deaths
 * Property: a domain that ends in the middle of whatever it was doing is taken
 * apart to the last frame: others keep what they have mapped of it and let go
 * when they like, and find their ends of its channels unbound; nobody waits for
 * it.
 * Source: the interface; no domain's end may cost another.
 * Method: domain 1 is a witness; nine others of this image each prepare another
 * death, and die when it gives the word, all at once. The witness maps a page
 * of each, before, and still has two of them mapped when it ends itself. The
 * hypervisor compares what is free with what was free before the first domain
 * was made, and panics if anything is missing; under Bochs the oracle *time to
 * respond* says how long an interrupt waited.
 */
#include "clock.h"
#include "second.h"
#include "two.h"

#include <xen/event_channel.h>

enum { OFFERED = 8, LENT };
enum { SHARED, OWN };

/** The page that a victim shares: in words. */
enum { READY, PORT };
#define IS_READY 0x0DEAD600u

#define NR_L1 100u
#define NR_PINNED 65u
#define PINS_EACH 126u
#define BATCH 32u

static evtchn_port_t port; /* a victim's, to the witness */

static int32_t event(unsigned cmd, void *op)
{
    return hypercall_2(event_channel_op, cmd, op);
}

/** Our own number: a port that waits for ourselves has it. */
static domid_t own_number(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_status status = { .dom = DOMID_SELF };

    (void)event(EVTCHNOP_alloc_unbound, &alloc);
    status.port = alloc.port;
    (void)event(EVTCHNOP_status, &status);
    return status.u.unbound.dom;
}

/* --- What a victim does at the word -------------------------------------- */

static _Noreturn void crash(void)
{
    (void)hypercall_1(set_trap_table, NULL);
    for (;;)
        __asm__ volatile("ud2");
}

static void sleep_for_ever(void)
{
    struct sched_poll poll = { .nr_ports = 0, .timeout = 0 };

    for (;;)
        (void)hypercall_2(sched_op, SCHEDOP_poll, &poll);
}

/** Have the second vCPU run a function, on its own stack. */
static void start_second(void (*function)(void))
{
    second_fill();
    second_context.user_regs.eip = (uint32_t)function;
    (void)second_initialise();
    (void)vcpu_op(VCPUOP_up, 1, NULL);
    for (unsigned i = 0; i < 4; i++)
        two_yield();
}

/** The other vCPU sleeps. */
static void while_one_sleeps(void)
{
    start_second(sleep_for_ever);
    crash();
}

/** The other vCPU dies, while this one sleeps. */
static void asleep(void)
{
    start_second(crash);
    sleep_for_ever();
}

/** Ended from outside, in its sleep. */
static void by_watchdog(void)
{
    struct sched_watchdog watchdog = { .id = 0, .timeout = 1 };

    (void)hypercall_2(sched_op, SCHEDOP_watchdog, &watchdog);
    sleep_for_ever();
}

static uint64_t l1[NR_L1][512] __attribute__((aligned(4096)));
static uint64_t l2[512] __attribute__((aligned(4096)));

/** An event comes in the middle of a long call, and there is no callback. */
static void in_a_continuation(void)
{
    uint64_t alarm;

    alarm_ready();
    for (unsigned i = 0; i < 32; i++) /* the word is not to be told again */
        shared_info->evtchn_mask[i] = shared_info->evtchn_pending[i] = 0;
    shared_info->vcpu_info[0].evtchn_pending_sel = 0;
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    for (unsigned i = 0; i < NR_L1; i++) {
        l2[i] = maddr_of(l1[i]) | 0x67;
        (void)page_read_only(l1[i]);
    }
    (void)page_read_only(l2);
    UPCALL_MASK = 0;
    alarm = clock_now() + 1 * MS;
    (void)hypercall_2(set_timer_op, alarm, alarm >> 32);
    for (;;) {
        (void)mmuext(MMUEXT_PIN_L2_TABLE, (uint32_t)(maddr_of(l2) >> 12), 0);
        (void)mmuext(MMUEXT_UNPIN_TABLE, (uint32_t)(maddr_of(l2) >> 12), 0);
    }
}

/** As many mappings of its own frames as there can be, without an entry. */
static void holding_mappings(void)
{
    static struct gnttab_map_grant_ref op[BATCH];
    domid_t own = own_number();

    for (unsigned i = 0; i < NR_PINNED * PINS_EACH; i += BATCH) {
        for (unsigned n = 0; n < BATCH; n++) {
            uint32_t ref = 16 + (i + n) / PINS_EACH;

            two_set(ref, GTF_permit_access | (ENTRIES[ref].flags & 0x18), own,
                    frame_of(scratch[OWN]));
            op[n] = (struct gnttab_map_grant_ref){
                .flags = GNTMAP_device_map, .ref = ref, .dom = own,
            };
        }
        (void)hypercall_3(grant_table_op, GNTTABOP_map_grant_ref, op, BATCH);
    }
    crash();
}

/** Every port taken, half of them channels to itself. */
static void holding_ports(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_bind_interdomain bind = { DOMID_SELF, 0, 0 };

    while (event(EVTCHNOP_alloc_unbound, &alloc) == 0) {
        bind.remote_port = alloc.port;
        (void)event(EVTCHNOP_bind_interdomain, &bind);
    }
    crash();
}

/** In the second call of three. */
static void in_a_multicall(void)
{
    static struct multicall_entry calls[3];

    calls[0] = calls[2] = (struct multicall_entry){
        .op = __HYPERVISOR_xen_version,
    };
    calls[1].op = __HYPERVISOR_iret;
    __asm__ volatile("pushl $0x202; pushl $0xE008; pushl $0; pushl $0\n\t"
                     "int $0x82"
                     : : "a"(__HYPERVISOR_multicall), "b"(calls), "c"(3)
                     : "memory");
}

/** With a page of the witness's mapped, writable. */
static void holding_anothers(void)
{
    (void)two_map(0, GNTMAP_host_map | GNTMAP_device_map, FIRST, LENT);
    crash();
}

static void (*const deaths[])(void) = {
    crash,         while_one_sleeps, asleep,         by_watchdog,
    in_a_continuation, holding_mappings, holding_ports, in_a_multicall,
    holding_anothers,
};

#define NR_VICTIMS (sizeof(deaths) / sizeof(deaths[0]))

static void victim(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, FIRST, 0 };
    unsigned own = own_number() - SECOND;

    page_clear(SHARED);
    page_clear(OWN);
    two_open();
    (void)event(EVTCHNOP_alloc_unbound, &alloc);
    port = alloc.port;
    word(scratch[SHARED])[PORT] = port;
    two_set(OFFERED, GTF_permit_access, FIRST, frame_of(scratch[SHARED]));
    word(scratch[SHARED])[READY] = IS_READY;
    while (!(shared_info->evtchn_pending[port / 32] >> port % 32 & 1))
        two_yield();
    if (own < NR_VICTIMS)
        deaths[own]();
}

/* --- The witness --------------------------------------------------------- */

static uint8_t seen[NR_VICTIMS][4096] __attribute__((aligned(4096)));
static uint32_t handle[NR_VICTIMS];
static evtchn_port_t to[NR_VICTIMS];

static int map(unsigned n)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = (uint32_t)seen[n], .flags = GNTMAP_host_map,
        .ref = OFFERED, .dom = (domid_t)(SECOND + n),
    };

    (void)hypercall_3(grant_table_op, GNTTABOP_map_grant_ref, &op, 1);
    if (op.status == GNTST_okay)
        handle[n] = op.handle;
    return op.status;
}

static int unmap(unsigned n)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = (uint32_t)seen[n], .handle = handle[n],
    };

    (void)hypercall_3(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1);
    return op.status;
}

/** Wait for all victims, each of which has offered a page and a port. */
static void meet(void)
{
    for (unsigned n = 0; n < NR_VICTIMS; n++) {
        struct evtchn_bind_interdomain bind = { (domid_t)(SECOND + n), 0, 0 };

        (void)page_away(seen[n]);
        while (map(n) != GNTST_okay)
            two_yield();
        while (word(seen[n])[READY] != IS_READY)
            two_yield();
        bind.remote_port = word(seen[n])[PORT];
        CHECK_FIRST("deaths.bind", 0,
                    event(EVTCHNOP_bind_interdomain, &bind));
        to[n] = bind.local_port;
    }
}

/** Until its end of the channel is closed. */
static void await(unsigned n)
{
    struct evtchn_status status = { .dom = DOMID_SELF, .port = to[n] };

    do {
        two_yield();
        (void)event(EVTCHNOP_status, &status);
    } while (status.status == EVTCHNSTAT_interdomain);
    CHECK_FIRST("deaths.channel_unbound", EVTCHNSTAT_unbound, status.status);
}

/** What was lent to one that died is back: no mapping of it is left. */
static void take_back(void)
{
    while (ENTRIES[LENT].flags != GTF_permit_access)
        two_yield();
    CHECK_FIRST("deaths.lent_page_is_back", 0,
                (page_away(scratch[OWN]),
                 page_map(scratch[OWN], page_entry(OWN, PTE_P | PTE_A))));
}

static void witness(void)
{
    page_clear(OWN);
    two_open();
    two_set(LENT, GTF_permit_access, SECOND + NR_VICTIMS - 1,
            frame_of(scratch[OWN]));
    meet();
    for (unsigned n = 0; n < NR_VICTIMS; n++) {
        struct evtchn_send send = { to[n] };

        CHECK_FIRST("deaths.word", 0, event(EVTCHNOP_send, &send));
    }
    for (unsigned n = 0; n < NR_VICTIMS; n++)
        await(n);
    for (unsigned n = 0; n < NR_VICTIMS; n++) {
        CHECK_FIRST("deaths.page_kept", IS_READY, word(seen[n])[READY]);
        if (n < NR_VICTIMS - 2)
            CHECK_FIRST("deaths.unmap", GNTST_okay, unmap(n));
    }
    take_back();
    for (unsigned n = 0; n < NR_VICTIMS - 2; n++)
        CHECK_FIRST("deaths.no_more_of_it", GNTST_bad_domain, map(n));
}

void family(void)
{
    (void)vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    if (is_second())
        victim();
    else
        witness();
}
