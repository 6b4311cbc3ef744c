/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The domains of one input, and their end.
 */
#include "world.h"

#include <string.h>

#include "console.h"
#include "lib.h"
#include "time.h"

mfn_t world_frame[WORLD_DOMAINS][WORLD_FRAMES];

static void poke(mfn_t table, unsigned index, mfn_t to, uint64_t flags)
{
    ((uint64_t *)frame_bytes(table))[index] = mfn_to_maddr(to).a | flags;
}

/** The tables, as the hypervisor's builder would have written them. */
static void write_tables(struct domain *d, const mfn_t *f)
{
    mfn_t l3 = f[0], l2 = f[1], xen_l2 = f[2], l1 = f[3], l1b = f[4];
    const mfn_t *page = f + WORLD_TABLES;

    for (unsigned i = 0; i < WORLD_PAGES; i++)
        poke(l1, i, page[i], PTE_P | PTE_RW);
    for (unsigned i = 0; i < WORLD_TABLES; i++)
        poke(l1, l1_index(TABLES_VA) + i, f[i], PTE_P);
    for (unsigned i = 0; i < 4; i++)
        poke(l1, l1_index(SPARES_VA) + i, page[WORLD_PAGES + i], PTE_P);
    poke(l1, l1_index(SHARED_VA), d->shared_mfn, PTE_P | PTE_RW);
    poke(l1, l1_index(GRANT_VA),
         maddr_to_mfn(heap_maddr(d->grants.page[0])), PTE_P | PTE_RW);
    for (unsigned i = 0; i < 4; i++) {
        poke(l1b, i, page[i], PTE_P);
        poke(l1b, 4 + i, page[4 + i], PTE_P | PTE_RW | PTE_US);
    }
    poke(l2, 0, l1, PTE_P | PTE_RW | PTE_US);
    poke(l2, 1, l1b, PTE_P | PTE_RW | PTE_US);
    poke(l3, 0, l2, PTE_P);
    poke(l3, 3, xen_l2, PTE_P);
    table_write_reserved_slots(frame_bytes(xen_l2));
    memory_adopt(d, l3, FRAME_L3); /* a pin's */
    frame_info(l3)->flags |= PAGE_PINNED;
}

/** Two frames of descriptors that can be loaded: a GDT's, an LDT's. */
static void write_descriptors(const mfn_t *spare)
{
    static const descriptor_t likely[] = {
        { 0, 0 }, { 0x0000FFFF, 0x00CFFA00 }, { 0x0000FFFF, 0x00CFF200 },
        { 0x0000FFFF, 0x00CFF600 }, { 0x0000000F, 0x0040F200 },
        { 0x10000FFF, 0x00C0FA20 }, { 0x0000FFFF, 0x000FBA00 },
    };

    for (unsigned i = 0; i < 2; i++) {
        descriptor_t *page = frame_bytes(spare[i]);

        for (unsigned k = 0; k < 32; k++) {
            page[k] = likely[k % ARRAY_SIZE(likely)];
            (void)descriptor_check(&page[k]);
        }
    }
}

/** Grants for each of the others: pages, read-only ones, invitations; and a
 *  port for each. */
static void write_offers(struct domain *d, const mfn_t *f)
{
    struct grant_entry_v1 *entry = d->grants.page[0];

    for (domid_t id = 0; id < WORLD_DOMAINS; id++) {
        entry[id] = (struct grant_entry_v1){
            GTF_permit_access, id, f[WORLD_TABLES + 6 + id].n };
        entry[4 + id] = (struct grant_entry_v1){
            GTF_permit_access | GTF_readonly, id, f[WORLD_TABLES + id].n };
        entry[8 + id] = (struct grant_entry_v1){ GTF_accept_transfer, id, 0 };
        entry[12 + id] = (struct grant_entry_v1){
            GTF_permit_access, id, f[WORLD_TABLES + WORLD_PAGES + id].n };
        (void)event_alloc_unbound(d, id);
    }
}

/** Handlers for everything: a domain without dies of its first exception. */
static void give_handlers(struct vcpu *v)
{
    for (unsigned i = 0; i < 256; i++)
        v->traps.table[i] = (struct guest_trap){
            .address = CODE_VA + 8 * i, .cs = SEL_RING1_CS,
            .dpl = i == 0x80 || i == 3 ? 3 : i % 4,
            .mask_events = i % 2,
        };
    v->traps.event = (struct guest_callback){ SEL_RING1_CS, CODE_VA, true };
    v->traps.failsafe = (struct guest_callback){ SEL_RING1_CS, CODE_VA + 4,
                                                 false };
}

/** A vCPU that runs; the second one is as the guest makes it. */
static bool make_vcpus(struct domain *d, mfn_t l3)
{
    struct vcpu *v;

    for (unsigned i = 0; i < 3; i++)
        if (!domain_add_vcpu(d, i))
            return false;
    v = d->vcpu[0];
    memory_adopt(d, l3, FRAME_L3);
    v->base = l3;
    memory_refresh_pdpt(v);
    vcpu_init_traps(v, CODE_VA, STACK_VA, 0);
    give_handlers(v);
    v->initialised = true;
    return true;
}

static bool fill(struct domain *d, mfn_t *frame)
{
    for (unsigned i = 0; i < WORLD_FRAMES; i++) {
        frame[i] = frame_alloc_to(d);
        if (!mfn_valid_number(frame[i]))
            return false;
    }
    if (grant_table_grow(d, 1) != 0)
        return false;
    write_descriptors(frame + WORLD_TABLES + WORLD_PAGES);
    write_offers(d, frame);
    write_tables(d, frame);
    return make_vcpus(d, frame[0]);
}

bool world_birth(domid_t id, bool control, uint32_t assists)
{
    mfn_t frame[WORLD_FRAMES];
    struct domain *d;

    frames_shortage(0);
    if (frames_free() < 2 * WORLD_FRAMES || heap_bytes_free() < 24 * PAGE_SIZE)
        return false;
    d = domain_create(id, control, WORLD_MAX_FRAMES);
    if (!d || !fill(d, frame))
        broken("domain %u cannot be made", id);
    memcpy(world_frame[id], frame, sizeof(frame));
    d->assists = assists;
    if (!control) {
        int store = event_bind_hypervisor(d, EVENT_END_STORE);
        int console = event_bind_hypervisor(d, EVENT_END_CONSOLE);

        if (store < 0 || console < 0)
            broken("a new domain has no ports");
        console_ring_open(d, frame[WORLD_TABLES + 4], (uint32_t)console);
        store_ring_open(d, frame[WORLD_TABLES + 5], (uint32_t)store);
    }
    vcpu_up(d->vcpu[0]);
    return true;
}

/** The machine's map: RAM, and one device in it. */
static void describe_machine(void)
{
    const uint64_t device = MACHINE_DEVICE_FRAME * (uint64_t)PAGE_SIZE;
    const uint64_t end = MACHINE_FRAMES * (uint64_t)PAGE_SIZE;

    boot_information.nr_ranges = 3;
    boot_information.range[0] = (struct boot_range){ 0, device, BOOT_RAM };
    boot_information.range[1] = (struct boot_range){ device, PAGE_SIZE, 2 };
    boot_information.range[2] = (struct boot_range){
        device + PAGE_SIZE, end - device - PAGE_SIZE, BOOT_RAM,
    };
    memory_io_init(&boot_information);
}

void world_start(const struct world_options *o)
{
    struct domain *d;

    describe_machine();

    options.fast = o->fast;
    options.sched = o->sched % 3;
    options.virtual_alarm = true;
    scheduling_init();
    memory_fast_init();
    if (o->fast)
        fast_init();
    memory_share_m2p();
    domain_note_memory();
    for (domid_t id = o->control ? 0 : 1; id <= o->nr; id++)
        if (!world_birth(id, id == 0, o->assists))
            broken("no memory for the first domains");
    exit_request(EXIT_SCHEDULE);
    d = domain_first();
    processor.current = d->vcpu[0];
    context_load(d->vcpu[0], guest_frame());
    runstate_change(d->vcpu[0], RUNSTATE_running);
    passage_back();
}

/**
 * Everybody is destroyed, and pieces of that are done by a timer, while nobody
 * runs: the machine ends of itself when the last one is gone, and not before
 * everything has come back (domain_all_gone()).
 */
void world_end(void)
{
    frames_shortage(0);
    for (struct domain *d = domain_first(); d; d = d->next) {
        d->privileged = false;
        domain_destroy(d);
    }
    exit_request(EXIT_SCHEDULE);
    passage_last_sleep();
    passage_back();
    broken("a guest runs, and all are dying");
}
