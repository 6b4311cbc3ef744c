/* SPDX-License-Identifier: MIT */
/**
 * @file vcpu_time.c
 * @ingroup scheduling
 * What a vCPU sees of time: the page from which it reads the clock, and its
 * run states.
 *
 *     vcpu_info.time   always there; written through our own mapping
 *     time area        a second copy, at an address of the guest's
 *     run-state area   at an address of the guest's as well
 *
 * The areas are the guest's virtual addresses, so they can be written only
 * while its page tables are loaded: at its switch-in and at a change of the
 * vCPU that runs. An address that is not mapped then, read-only, or in another
 * page of the guest's than it meant, is the guest's own affair: what cannot be
 * written is left out.
 *
 * Invariants:
 *  - VTIME-I1: no version is read back from a guest (struct vcpu_time has
 *    ours), so that whatever it writes there stops no reader for ever.
 *  - VTIME-I2: areas are written through copy_to_guest() only, which checks
 *    the address at each write.
 *
 * Sources: [XenABI] xen/xen.h, struct vcpu_time_info; xen/vcpu.h, struct
 * vcpu_runstate_info.
 */
#include "time.h"

#include "arch_cpu.h"
#include "domain.h"
#include "hypercall.h"
#include "lib.h"

/** How old the page of the vCPU that runs may become. */
#define REFRESH_NS (1ull * NS_PER_S)

/** Writes the page of whoever runs; set as soon as there is a vCPU. */
static struct timer refresh;

static void refresh_current(struct timer *t)
{
    if (current_vcpu())
        time_update_vcpu(current_vcpu());
    timer_set(t, time_now() + REFRESH_NS);
}

/**
 * Write a vCPU's page, through our own mapping.
 *
 * @param v  Any vCPU.
 * @context{hypercall}
 */
void time_update_vcpu_page(struct vcpu *v)
{
    struct vcpu_time_info values;

    clock_page_values(&values);
    time_page_write(&v->info->time, &v->time.page_version, &values);
}

/** Write one field of a structure in guest memory; errors are the guest's. */
static void write_field(vaddr_t area, size_t offset, const void *from,
                        size_t bytes)
{
    (void)copy_to_guest(vaddr(area.a + (uint32_t)offset), from, bytes);
}

/** The second copy, by the same protocol. */
static void write_time_area(struct vcpu *v)
{
    const size_t version = offsetof(struct vcpu_time_info, version);
    struct vcpu_time_info values;

    if (v->time.time_area.a == 0)
        return;
    clock_page_values(&values);
    values.version = v->time.area_version + 1;
    write_field(v->time.time_area, version, &values.version, 4);
    write_field(v->time.time_area, 0, &values, sizeof(values));
    values.version = v->time.area_version += 2;
    write_field(v->time.time_area, version, &values.version, 4);
}

/** The run-state area. A guest that asked for it (an assist) is shown by the
 *  top bit of the entry time that the rest is being written. */
static void write_runstate_area(struct vcpu *v)
{
    const size_t entry = offsetof(struct vcpu_runstate_info,
                                  state_entry_time);
    bool marks = v->domain->assists & 1u << VMASST_TYPE_runstate_update_flag;
    struct vcpu_runstate_info values;

    if (v->time.runstate_area.a == 0)
        return;
    memcpy(&values, &v->time.runstate, sizeof(values));
    if (marks) {
        values.state_entry_time |= XEN_RUNSTATE_UPDATE;
        write_field(v->time.runstate_area, entry, &values.state_entry_time,
                    sizeof(values.state_entry_time));
    }
    write_field(v->time.runstate_area, 0, &values, sizeof(values));
    if (marks) {
        values.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
        write_field(v->time.runstate_area, entry, &values.state_entry_time,
                    sizeof(values.state_entry_time));
    }
}

/**
 * Write the areas that a vCPU has registered.
 *
 * @param v  Its page tables are loaded; or they are those of the vCPU of its
 *           domain that registered the areas just now.
 * @context{hypercall}
 */
void time_update_areas(struct vcpu *v)
{
    write_time_area(v);
    write_runstate_area(v);
}

/**
 * Start a vCPU's time: offline from now on, its page readable.
 *
 * @param v  New; `domain` and `info` are set.
 * @context{boot}
 */
void time_vcpu_init(struct vcpu *v)
{
    memset(&v->time, 0, sizeof(v->time));
    v->time.runstate.state = RUNSTATE_offline;
    v->time.runstate.state_entry_time = time_now();
    vcpu_timers_init(v);
    time_update_vcpu_page(v);
    if (refresh.fire == NULL) {
        refresh.fire = refresh_current;
        timer_set(&refresh, time_now() + REFRESH_NS);
    }
}

/**
 * End a vCPU's time: nothing of it is in a queue any more.
 *
 * @param v  Never runs again.
 * @context{exit}
 */
void time_vcpu_destroy(struct vcpu *v)
{
    vcpu_timers_destroy(v);
    v->time.time_area = v->time.runstate_area = vaddr(0);
}

/**
 * Write what a vCPU sees of time.
 *
 * @param v  Its page tables are loaded, or it has registered no area.
 * @context{exit}
 */
void time_update_vcpu(struct vcpu *v)
{
    time_update_vcpu_page(v);
    time_update_areas(v);
}

/**
 * A vCPU enters another state.
 *
 * The copy in its area is written if it is the vCPU that runs, whose page
 * tables are loaded; otherwise at its switch-in, by time_update_vcpu().
 *
 * @param v      Any vCPU.
 * @param state  RUNSTATE_*; the one that it is in is fine.
 * @context{any}
 */
void runstate_change(struct vcpu *v, unsigned state)
{
    bool ran = v->time.runstate.state == RUNSTATE_running;

    runstate_account(&v->time.runstate, state, time_now());
    if (ran && state != RUNSTATE_running)
        vcpu_timers_stop(v);
    if (!ran && state == RUNSTATE_running)
        vcpu_timers_start(v);
    if (v == current_vcpu())
        write_runstate_area(v);
}

/**
 * A vCPU's states up to now.
 *
 * @param v        Any vCPU.
 * @param[out] to  Every byte is set. The times add up to its age.
 * @context{any}
 */
void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *to)
{
    ns_t entered = v->time.runstate.state_entry_time;

    memcpy(to, &v->time.runstate, sizeof(*to));
    runstate_account(to, (unsigned)to->state, time_now());
    to->state_entry_time = entered;
}
