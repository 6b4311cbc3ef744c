/* SPDX-License-Identifier: MIT */
/**
 * @file minios.c
 * @page conformance_minios Conformance: Mini-OS's start
 * Property: a kernel that starts as Mini-OS does comes up: linked at address 0,
 * described in the older form, counting what is mapped from the number of
 * tables, with shared_info over a page of its image.
 * Source: Mini-OS's arch/x86, as traced on the real hypervisor.
 * Method: the same calls in the same order, each a check: tables are hung in
 * one by one by mmu_update and never pinned, callbacks are set by the old call,
 * time by set_timer_op.
 */
#include "clock.h"
#include "tables.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>

__asm__(".pushsection __xen_guest, \"\", @progbits\n\t"
        ".ascii \"GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,\"\n\t"
        ".ascii \"ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x2,PAE=yes,\"\n\t"
        ".asciz \"LOADER=generic\"\n\t.popsection");

/* minios.ld */
extern uint8_t minios_shared_info[4096];
extern const char text_start[], text_end[];

#define L1_PROT (PTE_P | PTE_RW | PTE_A)
#define L2_PROT (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define L3_PROT PTE_P
#define L1_UPDATES 512u

/** Where grant frames are mapped: an L3 slot that nothing uses. */
#define DEMAND_MAP_AREA 0x40000000u

/** As much memory as is mapped here: 48 MB, or a quarter of an L3 slot's. */
#define MOST_PAGES 12288u

static volatile uint32_t nr_timer_events, nr_events;
static evtchn_port_t timer_port;
static uint32_t next_table; /* pfn */

/* --- Events --------------------------------------------------------------- */

void minios_callback(void);
__asm__(".text\nminios_callback:\n\t"
        "pushal\n\tcld\n\tcall minios_event\n\tpopal\n\t"
        "pushl %eax\n\tmovl $23, %eax\n\tint $0x82");

/** do_hypervisor_callback(). */
__attribute__((used)) static void minios_event(void)
{
    vcpu_info_t *v = &shared_info->vcpu_info[0];
    uint32_t words;

    v->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned w = 0; w < 32; w++) {
        uint32_t bits = words >> w & 1 ? shared_info->evtchn_pending[w] &
                                             ~shared_info->evtchn_mask[w] : 0;

        for (unsigned b = 0; b < 32; b++) {
            if (!(bits >> b & 1))
                continue;
            __atomic_fetch_and(&shared_info->evtchn_pending[w], ~(1u << b),
                               __ATOMIC_SEQ_CST);
            nr_events++;
            nr_timer_events += w * 32 + b == timer_port;
        }
    }
}

/** unmask_evtchn(), by hand. */
static void unmask(evtchn_port_t port)
{
    __atomic_fetch_and(&shared_info->evtchn_mask[port / 32],
                       ~(1u << port % 32), __ATOMIC_SEQ_CST);
}

/** arch_init(): shared_info over page 1, the old callbacks. */
static void arch_init(void)
{
    uint64_t e = start_info->shared_info | 7;

    CHECK("minios.shared_info", 0,
          hypercall_4(update_va_mapping, minios_shared_info, (uint32_t)e,
                      (uint32_t)(e >> 32), UVMF_INVLPG));
    shared_info = (shared_info_t *)minios_shared_info;
    CHECK("minios.set_callbacks", 0,
          hypercall_4(set_callbacks, FLAT_KERNEL_CS, minios_callback,
                      FLAT_KERNEL_CS, failsafe_entry));
    for (unsigned i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0u;
}

/* --- Memory --------------------------------------------------------------- */

static uint64_t entry_of_pfn(uint32_t pfn, uint64_t flags)
{
    return frame_entry(((const uint32_t *)start_info->mfn_list)[pfn], flags);
}

/** The table behind an entry: all memory is mapped from 0 on. */
static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)(M2P[entry >> 12 & 0xFFFFFFFF] << 12);
}

/** new_pt_frame(): a page becomes read-only in its own L1, then a table. */
static uint64_t *new_table(uint64_t *upper, unsigned index, uint64_t flags)
{
    uint32_t pfn = next_table++;
    uint64_t *page = (uint64_t *)(pfn << 12);

    for (unsigned i = 0; i < 512; i++)
        page[i] = 0;
    CHECK("minios.table.read_only", 0,
          update(entry_address(&live_l1(page)[pfn & 511]),
                 entry_of_pfn(pfn, L1_PROT & ~PTE_RW)));
    CHECK("minios.table.hung_in", 0,
          update(entry_address(&upper[index]), entry_of_pfn(pfn, flags)));
    return page;
}

/** need_pgt(): the L1 entry of an address, with all tables above it. */
static uint64_t *need_entry(uint32_t va)
{
    uint64_t *l3 = live_l3(), *l2, *l1;

    l2 = table_at(l3[va >> 30]);
    if (!(l3[va >> 30] & PTE_P))
        l2 = new_table(l3, va >> 30, L3_PROT);
    l1 = table_at(l2[va >> 21 & 511]);
    if (!(l2[va >> 21 & 511] & PTE_P))
        l1 = new_table(l2, va >> 21 & 511, L2_PROT);
    return &l1[va >> 12 & 511];
}

/** build_pagetable(): the rest of memory, by 512 requests at a time. */
static void build_pagetable(void)
{
    static struct mmu_update updates[L1_UPDATES];
    uint32_t pfn = (start_info->nr_pt_frames - 3) * 512, nr = 0;
    uint32_t end = start_info->nr_pages < MOST_PAGES ? start_info->nr_pages
                                                     : MOST_PAGES;
    uint32_t done;

    next_table = ((uint32_t)start_info->pt_base >> 12) +
                 start_info->nr_pt_frames + 1;
    /* What is mapped ends exactly where the number of tables says. */
    CHECK("minios.mapped.last", PTE_P,
          (uint32_t)live_l1((void *)((pfn - 1) << 12))[511] & PTE_P);
    CHECK("minios.mapped.no_more", 0,
          (uint32_t)live_l2(NULL)[pfn / 512] & PTE_P);
    for (; pfn < end; pfn++) {
        updates[nr++] = (struct mmu_update){
            .ptr = entry_address(need_entry(pfn << 12)),
            .val = entry_of_pfn(pfn, L1_PROT),
        };
        if (nr < L1_UPDATES && pfn + 1 < end)
            continue;
        CHECK("minios.mapped.more", 0,
              hypercall_4(mmu_update, updates, nr, &done, DOMID_SELF));
        CHECK("minios.mapped.done", nr, done);
        nr = 0;
    }
    *(volatile uint32_t *)((end - 1) << 12) = 0x600D;
    CHECK("minios.mapped.to_the_end", 0x600D,
          *(volatile uint32_t *)((end - 1) << 12));
}

/** set_readonly(): text and constants, then one flush of all. */
static void set_readonly(const char *from, const char *to)
{
    struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_ALL };
    uint32_t done = 0;

    for (; from + 4096 <= to; from += 4096)
        CHECK("minios.text_read_only", 0,
              update(entry_address(&live_l1(from)[(uint32_t)from >> 12]),
                     entry_of_pfn((uint32_t)from >> 12, PTE_P | PTE_A)));
    CHECK("minios.flush_all", 0,
          hypercall_4(mmuext_op, &flush, 1, &done, DOMID_SELF));
    CHECK("minios.flush_all.done", 1, done);
}

/** clear_bootstrap(): page 0 is for null pointers. */
static void clear_bootstrap(void)
{
    CHECK("minios.page_0_away", 0,
          hypercall_4(update_va_mapping, 0, 0, 0, UVMF_INVLPG));
    CHECK("minios.page_0_faults", FAULT(14, 0), try_read(0));
}

/* --- Time, console, grants ------------------------------------------------ */

/** block_domain(). */
static void block_until(uint64_t until)
{
    UPCALL_MASK = 1;
    if (clock_now() < until) {
        CHECK("minios.set_timer_op", 0,
              hypercall_2(set_timer_op, until, until >> 32));
        CHECK("minios.block", 0, hypercall_2(sched_op, SCHEDOP_block, 0));
    }
    UPCALL_MASK = 0;
}

static void init_time(void)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
    uint64_t until = clock_now() + 3 * MS;

    CHECK("minios.bind_virq", 0,
          hypercall_2(event_channel_op, EVTCHNOP_bind_virq, &bind));
    timer_port = bind.port;
    unmask(timer_port);
    UPCALL_MASK = 0;
    while (clock_now() < until)
        block_until(until);
    CHECK("minios.timer_came", 1, nr_timer_events != 0);
}

/** A plain domain's ring, where it is mapped since the start of day. */
static void print_on_ring(const char *text)
{
    struct xencons_interface *ring =
        (void *)(M2P[start_info->console.domU.mfn] << 12);
    struct evtchn_send send = { start_info->console.domU.evtchn };
    XENCONS_RING_IDX at = ring->out_prod;

    if (start_info->flags & SIF_INITDOMAIN)
        return;
    for (; *text != 0; text++)
        ring->out[MASK_XENCONS_IDX(at++, ring->out)] = *text;
    __atomic_store_n(&ring->out_prod, at, __ATOMIC_RELEASE);
    (void)hypercall_2(event_channel_op, EVTCHNOP_send, &send);
    while (__atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) != at)
        (void)hypercall_2(sched_op, SCHEDOP_yield, 0);
}

/** init_gnttab(): four frames in the demand area, whose tables are new. */
static void init_gnttab(void)
{
    xen_pfn_t frames[4] = { 0, 0, 0, 0 };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 4 };
    volatile grant_entry_v1_t *table = (void *)DEMAND_MAP_AREA;

    set_xen_guest_handle_raw(setup.frame_list, frames);
    CHECK("minios.grants.setup", 0,
          hypercall_3(grant_table_op, GNTTABOP_setup_table, &setup, 1));
    CHECK("minios.grants.setup.status", GNTST_okay, setup.status);
    for (unsigned i = 0; i < 4; i++)
        CHECK("minios.grants.mapped", 0,
              update(entry_address(need_entry(DEMAND_MAP_AREA + i * 4096)),
                     frame_entry(frames[i], L1_PROT)));
    table[2047].flags = GTF_permit_access;
    CHECK("minios.grants.written", GTF_permit_access, table[2047].flags);
}

/** A port is offered, closed, and free again. */
static void init_events(void)
{
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, 0, 0 };
    struct evtchn_send send;
    struct evtchn_close close;

    CHECK("minios.alloc_unbound", 0,
          hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound, &alloc));
    send.port = close.port = alloc.port;
    CHECK("minios.send", 0,
          hypercall_2(event_channel_op, EVTCHNOP_send, &send));
    CHECK("minios.close", 0,
          hypercall_2(event_channel_op, EVTCHNOP_close, &close));
}

void family(void)
{
    traps_ready();
    arch_init();
    build_pagetable();
    set_readonly(text_start, text_end);
    clear_bootstrap();
    init_events();
    init_time();
    print_on_ring("Mini-OS-like kernel on a console ring\n");
    init_gnttab();
    UPCALL_MASK = 1;
    CHECK("minios.callbacks_away", 0,
          hypercall_4(set_callbacks, 0, 0, 0, 0));
}
