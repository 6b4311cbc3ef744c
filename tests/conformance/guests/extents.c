/* SPDX-License-Identifier: MIT */
/**
 * @file extents.c
 * @page conformance_extents Conformance: large extents
 * Property: an extent of 1,024 frames is given, taken and exchanged as a whole,
 * zeroed, while interrupts are served as quickly as ever.
 * Source: the interface's memory.h; a control domain's largest extent.
 * Method: two runs of frames that the domain has from its start and does not
 * map are given back, exchanged for single frames and got again. A periodic
 * timer of a millisecond interrupts all of it: the oracle *time to respond*
 * watches how long each interrupt waits.
 */
#include "tables.h"

#include <xen/vcpu.h>

#define ORDER 10u
#define FRAMES (1u << ORDER)
#define MAPPED_PFNS 2048u
#define IN_XEN ((void *)IN_XEN_RANGE)

static xen_pfn_t single[FRAMES], pfns[FRAMES], one[1];
static uint8_t window[4096] __attribute__((aligned(4096)));
static uint32_t run_a, run_b; /* their first frames */

static int32_t owned(void)
{
    domid_t self = DOMID_SELF;

    return hypercall_2(memory_op, XENMEM_current_reservation, &self);
}

static int32_t reserve(unsigned cmd, xen_pfn_t *list, uint32_t nr,
                       unsigned order)
{
    struct xen_memory_reservation request = { .nr_extents = nr,
                                              .extent_order = order,
                                              .domid = DOMID_SELF };

    set_xen_guest_handle(request.extent_start, list);
    return hypercall_2(memory_op, cmd, &request);
}

static uint32_t nr_exchanged;

static int32_t exchange(xen_pfn_t *in, unsigned order_in, xen_pfn_t *out,
                        unsigned order_out)
{
    struct xen_memory_exchange request = {
        .in = { .nr_extents = FRAMES >> order_in, .extent_order = order_in,
                .domid = DOMID_SELF },
        .out = { .nr_extents = FRAMES >> order_out, .extent_order = order_out,
                 .domid = DOMID_SELF },
    };
    int32_t result;

    set_xen_guest_handle(request.in.extent_start, in);
    set_xen_guest_handle(request.out.extent_start, out);
    result = hypercall_2(memory_op, XENMEM_exchange, &request);
    nr_exchanged = (uint32_t)request.nr_exchanged;
    return result;
}

/** Whether a frame is ours, and far from all that is mapped at the start. */
static bool may_go(uint32_t frame)
{
    const uint32_t *p2m = (const uint32_t *)start_info->mfn_list;
    uint32_t pfn = M2P[frame];

    return pfn >= MAPPED_PFNS && pfn < start_info->nr_pages &&
           p2m[pfn] == frame;
}

/** The highest extent of such frames below a frame. */
static uint32_t find_run(uint32_t below)
{
    for (uint32_t first = below & -FRAMES; first >= FRAMES;) {
        uint32_t i = 0;

        first -= FRAMES;
        while (i < FRAMES && may_go(first + i))
            i++;
        if (i == FRAMES)
            return first;
    }
    return 0;
}

/** Whether a frame that nothing maps is all zero; from now on it is not. */
static bool zeroed_once(uint32_t frame)
{
    bool zero = true;

    (void)page_map(window, frame_entry(frame, PTE_P | PTE_RW));
    for (unsigned i = 0; i < sizeof(window); i++) {
        zero &= window[i] == 0;
        window[i] = 0x5A;
    }
    (void)page_map(window, 0);
    return zero;
}

/** How many frames of a run have these pfns and were empty. */
static uint32_t right_in_run(uint32_t frame, uint32_t pfn)
{
    uint32_t right = 0;

    for (uint32_t i = 0; i < FRAMES; i++)
        right += M2P[frame + i] == pfn + i && zeroed_once(frame + i);
    return right;
}

static uint32_t right_singles(void)
{
    uint32_t right = 0;

    for (uint32_t i = 0; i < FRAMES; i++)
        right += M2P[single[i]] == pfns[i] && zeroed_once(single[i]);
    return right;
}

static void give_back(void)
{
    int32_t before = owned();

    run_a = find_run(hypercall_2(memory_op, XENMEM_maximum_ram_page, 0));
    run_b = find_run(run_a);
    (void)zeroed_once(run_a);
    (void)zeroed_once(run_a + FRAMES - 1);
    one[0] = run_a;
    CHECK_CONTROL("memory_op.extents.decrease.order_10", 1,
                  reserve(XENMEM_decrease_reservation, one, 1, ORDER));
    CHECK_CONTROL("memory_op.extents.decrease.order_10_less",
                  before - (int32_t)FRAMES, owned());
    CHECK_CONTROL("memory_op.extents.decrease.order_10_last_m2p", M2P_NONE,
                  M2P[run_a + FRAMES - 1]);
    CHECK_CONTROL("memory_op.extents.decrease.order_10_again", 0,
                  reserve(XENMEM_decrease_reservation, one, 1, ORDER));
}

/** One run, for single frames, and these for a run. */
static void exchanges(void)
{
    int32_t before = owned();
    xen_pfn_t last;

    for (uint32_t i = 0; i < FRAMES; i++)
        pfns[i] = single[i] = 0x100000 + 2 * i;
    one[0] = run_b;
    CHECK_CONTROL("memory_op.extents.exchange.run_for_singles", 0,
                  exchange(one, ORDER, single, 0));
    CHECK_CONTROL("memory_op.extents.exchange.run_for_singles_done",
                  1, nr_exchanged);
    CHECK_CONTROL("memory_op.extents.exchange.run_for_singles_right", FRAMES,
                  right_singles());
    CHECK_CONTROL("memory_op.extents.exchange.run_for_singles_old_m2p",
                  M2P_NONE, M2P[run_b]);
    one[0] = 0x200000;
    last = single[FRAMES - 1];
    single[FRAMES - 1] = single[0];
    CHECK_CONTROL("memory_op.extents.exchange.twice_the_same", -XEN_EINVAL,
                  exchange(single, 0, one, ORDER));
    CHECK_CONTROL("memory_op.extents.exchange.twice_the_same_done",
                  0, nr_exchanged);
    single[FRAMES - 1] = last;
    CHECK_CONTROL("memory_op.extents.exchange.bad_out_pointer", -XEN_EFAULT,
                  exchange(single, 0, IN_XEN, ORDER));
    CHECK_CONTROL("memory_op.extents.exchange.kept", before, owned());
    CHECK_CONTROL("memory_op.extents.exchange.singles_for_run", 0,
                  exchange(single, 0, one, ORDER));
    CHECK_CONTROL("memory_op.extents.exchange.singles_for_run_done", FRAMES,
                  nr_exchanged);
    CHECK_CONTROL("memory_op.extents.exchange.singles_for_run_right", FRAMES,
                  right_in_run(one[0], 0x200000));
    CHECK_CONTROL("memory_op.extents.exchange.as_many_as_before",
                  before, owned());
}

static void get(void)
{
    int32_t before = owned();
    uint32_t first;

    one[0] = 0x300001;
    CHECK_CONTROL("memory_op.extents.populate.order_10", 1,
                  reserve(XENMEM_populate_physmap, one, 1, ORDER));
    CHECK_CONTROL("memory_op.extents.populate.order_10_aligned",
                  0, one[0] % FRAMES);
    first = one[0] < 0x300000 ? one[0] : 0;
    CHECK_CONTROL("memory_op.extents.populate.order_10_right", FRAMES,
                  right_in_run(first, 0x300001));
    CHECK_CONTROL("memory_op.extents.populate.order_10_more",
                  before + (int32_t)FRAMES, owned());
    CHECK_CONTROL("memory_op.extents.populate.order_10_back", 1,
                  reserve(XENMEM_decrease_reservation, one, 1, ORDER));
    CHECK_CONTROL("memory_op.extents.increase.order_10_bad_list", 0,
                  reserve(XENMEM_increase_reservation, IN_XEN, 1, ORDER));
    CHECK("memory_op.extents.kept", before, owned());
}

void family(void)
{
    struct vcpu_set_periodic_timer often = { 1000000 };

    traps_ready();
    (void)hypercall_3(vcpu_op, VCPUOP_set_periodic_timer, 0, &often);
    give_back();
    exchanges();
    get();
}
