/* SPDX-License-Identifier: MIT */
/**
 * @file owner.c
 * Domains and their virtual processors, for the owner model: see owner.h.
 *
 * A virtual processor is known by its CR3, which the hypervisor gives each of
 * its own. One that has not run before either begins a domain, with a
 * start_info that names a shared_info of its own; or belongs to the domain
 * whose memory its page tables are in.
 *
 * What a hypercall asks for is read at its INT and takes effect when that
 * virtual processor goes on, as far as the call's result says
 * (owner_calls.c).
 */
#include "owner_model.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"

#define MAX_COMPLAINTS 16u
#define L3_ENTRIES 4u
#define ENTRY_PRESENT 1u

struct owner_vcpu *owner_now;
bool owner_undisturbed;

static struct owner_vcpu **vcpus;
static struct owner_domain **domains;
static unsigned nr_vcpus, nr_domains, nr_over;
static const struct owner_vcpu *left_last; /* by the guest that was left */
static uint64_t last_change; /* icount of the last one that was told */
static unsigned last_to;

static struct owner_complaint complaints[MAX_COMPLAINTS];
static unsigned nr_complaints, nr_told;

void owner_start(void)
{
    for (unsigned i = 0; i < nr_vcpus; i++) {
        free(vcpus[i]->leaving);
        free(vcpus[i]->operation);
        free(vcpus[i]);
    }
    for (unsigned i = 0; i < nr_domains; i++)
        free(domains[i]);
    nr_vcpus = nr_domains = nr_over = 0;
    owner_now = NULL;
    left_last = NULL;
    last_change = UINT64_MAX;
    last_to = 0;
    nr_complaints = nr_told = 0;
    frames_start();
}

/* --- What is asked of the model ------------------------------------------- */

bool owner_is_known(void)
{
    return owner_now != NULL;
}

unsigned owner_domain(void)
{
    return owner_now ? owner_now->domain : OWNER_NOBODY;
}

unsigned owner_nr_domains(void)
{
    return nr_domains;
}

struct owner_domain *owner_domain_at(unsigned domain)
{
    return domains[domain];
}

bool owner_is_over(unsigned domain)
{
    return domains[domain]->over;
}

unsigned owner_nr_over(void)
{
    return nr_over;
}

unsigned owner_losses(unsigned domain)
{
    return domains[domain]->losses;
}

unsigned owner_table_changes(unsigned domain)
{
    return domains[domain]->table_changes;
}

unsigned owner_roots(unsigned domain, struct owner_root *to, unsigned room)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < nr_vcpus; i++) {
        if (vcpus[i]->domain != domain)
            continue;
        if (nr < room)
            to[nr] = (struct owner_root){ vcpus[i]->cr3, vcpus[i]->base };
        nr++;
    }
    return nr;
}

unsigned owner_pins(unsigned domain, const struct owner_pin **list)
{
    *list = domains[domain]->pins;
    return domains[domain]->nr_pins;
}

bool owner_is_unsettled(unsigned domain)
{
    for (unsigned i = 0; i < nr_vcpus; i++)
        if (vcpus[i]->domain == domain && vcpus[i] != owner_now &&
            (vcpus[i]->asked || vcpus[i]->repeats) &&
            calls_may_give(&vcpus[i]->calls))
            return true;
    return false;
}

bool owner_may_leave(unsigned domain, uint32_t frame)
{
    for (unsigned i = 0; i < nr_vcpus; i++) {
        const struct owner_vcpu *v = vcpus[i];

        if (v->domain != domain || !(v->asked || v->repeats))
            continue;
        for (size_t n = 0; n < v->nr_leaving; n++)
            if (frame - v->leaving[n].frame < 1u << v->leaving[n].order)
                return true;
    }
    return false;
}

void owner_complain(enum page_tables_code code, uint32_t frame,
                    unsigned domain, const char *sentence)
{
    if (nr_complaints < MAX_COMPLAINTS)
        complaints[nr_complaints++] =
            (struct owner_complaint){ code, frame, domain, sentence };
}

bool owner_complaint(struct owner_complaint *to)
{
    if (nr_told == nr_complaints)
        return false;
    *to = complaints[nr_told++];
    return true;
}

/* --- Who runs ------------------------------------------------------------- */

/** One more element of a list of pointers, all zero. */
static void *append(void ***list, unsigned nr, size_t bytes)
{
    void **grown = realloc(*list, (nr + 1) * sizeof *grown);
    void *one = calloc(1, bytes);

    if (!grown || !one)
        abort(); /* the host is out of memory: no verdict */
    *list = grown;
    grown[nr] = one;
    return one;
}

static bool find_vcpu(uint32_t cr3)
{
    if (owner_now && owner_now->cr3 == cr3)
        return true;
    for (unsigned i = 0; i < nr_vcpus; i++)
        if (vcpus[i]->cr3 == cr3) {
            owner_now = vcpus[i];
            return true;
        }
    return false;
}

/** The domain whose memory the tables of a root are in. */
static unsigned domain_of_tables(const struct machine *m, uint32_t root)
{
    uint64_t entry[L3_ENTRIES];

    if (machine_read_physical(m, root & ~UINT32_C(31), entry,
                              sizeof entry) != sizeof entry)
        return OWNER_NOBODY;
    for (unsigned i = L3_ENTRIES; i-- > 0;)
        if (entry[i] & ENTRY_PRESENT)
            return owner_of((entry[i] & UINT64_C(0x000FFFFFFFFFF000)) >>
                            FRAME_SHIFT);
    return OWNER_NOBODY;
}

static bool is_shared_info(uint32_t frame)
{
    for (unsigned i = 0; i < nr_domains; i++)
        if (!domains[i]->over && domains[i]->shared_info == frame)
            return true;
    return false;
}

/** The frame behind a virtual address is the hypervisor's. */
static void mark_ours(const struct machine *m, uint32_t vaddr)
{
    struct translation to;

    if (machine_translate(m, vaddr, &to))
        frames_mark_ours(to.maddr >> FRAME_SHIFT);
}

static void mark_hypervisor(const struct machine *m)
{
    struct table_register gdt = machine_table(m, TABLE_GDT);
    uint32_t at = m->kernel_start & ~(PAGE_BYTES - 1);

    for (; at < m->kernel_end && at >= HYPERVISOR_START; at += PAGE_BYTES)
        mark_ours(m, at);
    mark_ours(m, machine_table(m, TABLE_IDT).base);
    mark_ours(m, gdt.base + FIRST_RESERVED_GDT_ENTRY * 8);
    mark_ours(m, machine_segment(m, SEGMENT_TR).base);
}

static void begin_domain(const struct machine *m,
                         const struct start_info_32 *start)
{
    unsigned domain = nr_domains++;
    struct owner_domain *d = domains[domain];
    struct translation to;
    uint32_t frame;

    d->privileged = start->flags & SIF_PRIVILEGED;
    for (uint32_t i = 0; i < start->nr_pages && i < MAX_FRAMES; i++) {
        if (machine_read_virtual(m, start->mfn_list + i * 4, &frame, 4) != 4)
            break;
        frames_begin(domain, frame);
    }
    d->shared_info = start->shared_info >> FRAME_SHIFT;
    frames_share(domain, d->shared_info);
    if (machine_translate(m, start->pt_base, &to)) {
        owner_now->base = (uint32_t)(to.maddr >> FRAME_SHIFT);
        d->pins[d->nr_pins++] = (struct owner_pin){ owner_now->base, 3 };
    }
}

/** Whether a virtual processor, whose tables are in this domain's memory,
 *  begins another one. A guest can write a start_info, but it cannot have its
 *  tables elsewhere. */
static bool begins_domain(const struct machine *m, uint32_t esi,
                          unsigned domain, struct start_info_32 *start)
{
    bool has_start = start_read(m, esi, start);

    if (!has_start)
        memset(start, 0, sizeof *start); /* *context* reports that */
    if (nr_domains == 0)
        return true;
    return has_start && (domain == OWNER_NOBODY || domains[domain]->over) &&
           !is_shared_info(start->shared_info >> FRAME_SHIFT);
}

/** One that has not run before. */
static void begin_vcpu(const struct machine *m)
{
    struct event_registers now;
    struct start_info_32 start;
    unsigned domain;

    machine_registers(m, &now);
    if (nr_vcpus == 0)
        mark_hypervisor(m);
    frames_mark_ours(now.cr3 >> FRAME_SHIFT);
    domain = domain_of_tables(m, now.cr3);
    owner_now = append((void ***)&vcpus, nr_vcpus++, sizeof **vcpus);
    owner_now->cr3 = now.cr3;
    if (begins_domain(m, now.esi, domain, &start)) {
        owner_now->domain = nr_domains;
        append((void ***)&domains, nr_domains, sizeof **domains);
        domains[nr_domains]->number = OWNER_NO_NUMBER;
        begin_domain(m, &start);
    } else if (domain != OWNER_NOBODY) {
        owner_now->domain = domain;
    } else {
        owner_now->domain = left_last ? left_last->domain : 0;
    }
    domains[owner_now->domain]->table_changes++;
}

static void count_over(void)
{
    nr_over = 0;
    for (unsigned i = 0; i < nr_domains; i++)
        nr_over += domains[i]->over;
}

/** A frame of its went to somebody else, so it was over. */
static void runs_again(void)
{
    struct owner_domain *d = domains[owner_now->domain];

    if (!d->over)
        return;
    d->over = false;
    owner_complain(PAGE_TABLES_GIVEN, 0, owner_now->domain,
                   "a domain goes on, one of whose frames was given to "
                   "another meanwhile");
}

static void guest_goes_on(const struct machine *m)
{
    struct event_registers now;

    if (!find_vcpu(m->cr3))
        begin_vcpu(m);
    owner_undisturbed = left_last == owner_now;
    runs_again();
    frames_tick();
    if (owner_now->asked) {
        machine_registers(m, &now);
        calls_answered(m, &now);
    }
    count_over();
}

static void guest_is_left(const struct machine *m,
                          const struct ring_change *change)
{
    left_last = owner_now;
    if (is_hypercall(change))
        calls_asked(m, &change->left);
    else if (change->cause == CAUSE_EXCEPTION && change->from == 1 &&
             moves_to_cr3(m, change->left.eip)) {
        owner_now->base = 0; /* not known any more */
        domains[owner_now->domain]->table_changes++;
    }
}

void owner_ring_change(const struct machine *m,
                       const struct ring_change *change)
{
    if (m->icount == last_change && change->to == last_to)
        return;
    last_change = m->icount;
    last_to = change->to;
    if (change->to != 0 && (change->from == 0 || !owner_now))
        guest_goes_on(m);
    else if (change->to == 0 && owner_now)
        guest_is_left(m, change);
}
