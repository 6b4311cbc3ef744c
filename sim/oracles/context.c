/* SPDX-License-Identifier: MIT */
/**
 * @file context.c
 * The oracle *context*: a guest goes on where it was, or in a handler of its.
 *
 * At each exit to ring 0 the guest's state is kept. At the return, all states
 * in which the ABI lets it go on are made from that one, and the machine has
 * to agree with one of them in every word:
 *
 *     why it was left      it goes on
 *     INT 0x82             behind it, eax the result; at it, to repeat; for
 *                          iret, in the state of the frame on its stack
 *     an interrupt         where it was
 *     an exception         in the handler of its trap table; where it was,
 *                          for faults that the hypervisor may resolve;
 *                          behind an instruction that it may carry out
 *     INT3, INTO           in the handler of its trap table
 *
 * and on top of any of these, when events are pending and not masked, in its
 * event callback; after an NMI, in its NMI callback; and when a segment
 * register cannot be loaded, in its failsafe callback.
 *
 * What cannot be resumed ends the domain, so an exit without any expectation
 * must not be followed by a return.
 *
 * Several guests, and several virtual processors of one, are told apart by
 * CR3: what happens in ring 0 between two of them is the switch, and each has
 * to go on as it was left itself, with everything else that it owns
 * (context_owned.c). One that another brought up begins in the state that it
 * was given (context_vcpus.c).
 *
 * Invariants:
 *  - CONTEXT-I1: what the guest registered is known from the guest's own
 *    memory and its start only (context_guest.c).
 *  - CONTEXT-I2: a return gives at most one report: the first difference
 *    from the expectation that agrees furthest.
 *
 * Sources: the ABI's rules are in the pages "Segmentation and rings" and
 * "Hypercalls"; [Xen2003] 3.1 "Control Transfer".
 */
#include "context.h"

#include <stdio.h>
#include <string.h>

#include "../../src/include/layout.h"
#include "../../src/include/xen_abi.h"
#include "codes.h"
#include "descriptor.h"

#define FRAME_SHIFT 12
#define MAX_VCPUS 32
#define INFO_BYTES 64 /* struct vcpu_info */

/** One virtual processor. The hypervisor gives each a CR3 of its own. */
static struct slot {
    uint32_t cr3;
    bool started;            /* its first instruction was seen */
    bool unwatched;          /* there is no room for it, or nobody made it */
    bool away;               /* it is left, `at_exit` says how */
    unsigned domain;         /* the slot of its domain's first */
    struct guest_view view;
    struct guest_exit at_exit;
    struct owned owned;
    bool nmi_asked;          /* it was sent an NMI: one may come */
    uint8_t info[INFO_BYTES]; /* its vcpu_info, when another one went on */
    bool bad_store;          /* ring 0 wrote to the image ... */
    struct access stored;    /* ... here */
} slots[CONTEXT_VCPUS], *slot;
static unsigned nr_slots;
static const struct slot *ran_last;

static void use(unsigned n)
{
    slot = &slots[n];
    guest_select(n);
}

/** The virtual processor whose CR3 is loaded. @return false: it has not run
 *  yet, or it is nobody's. */
static bool find_slot(const struct machine *m)
{
    if (slot->cr3 == m->cr3)
        return nr_slots > 0;
    for (unsigned n = 0; n < nr_slots; n++)
        if (slots[n].cr3 == m->cr3) {
            use(n);
            return true;
        }
    return false;
}

/** A new one. What does not fit is taken for the last, which is not watched
 *  any more. */
static void new_slot(const struct machine *m)
{
    if (nr_slots < CONTEXT_VCPUS)
        nr_slots++;
    else
        slots[CONTEXT_VCPUS - 1].unwatched = true;
    use(nr_slots - 1);
    slot->domain = nr_slots - 1;
    slot->cr3 = m->cr3;
}

static void context_start(const struct machine *m)
{
    (void)m;
    memset(slots, 0, sizeof slots);
    nr_slots = 0;
    use(0);
    ran_last = NULL;
    newborns_start();
    stores_start();
}

/* --- The first state ------------------------------------------------------ */

static void start_differs(const struct machine *m, const char *what,
                          uint32_t is, uint32_t demanded)
{
    const uint32_t a[6] = { is, demanded };

    machine_broken(m, CONTEXT_START, a,
                   "a guest starts in the state that the ABI "
                   "describes, but %s is 0x%08x instead of 0x%08x", what, is,
                   demanded);
}

/** The registers of the first instruction. @return false: reported. */
static bool start_registers_agree(const struct machine *m,
                                  const struct event_registers *r)
{
    const struct {
        const char *name;
        uint32_t is, demanded;
    } check[] = {
        { "CS", r->cs, SEL_RING1_CS },  { "SS", r->ss, SEL_RING1_DS },
        { "DS", r->ds, SEL_RING1_DS },  { "ES", r->es, SEL_RING1_DS },
        { "FS", r->fs, SEL_RING1_DS },  { "GS", r->gs, SEL_RING1_DS },
        { "EFLAGS", r->eflags & ~FLAG_RF, FLAG_IF | FLAG_FIXED },
        { "eax", r->eax, 0 },           { "ecx", r->ecx, 0 },
        { "edx", r->edx, 0 },           { "ebx", r->ebx, 0 },
        { "ebp", r->ebp, 0 },           { "edi", r->edi, 0 },
        { "esp, in its page,", r->esp & 0xFFF, 0 },
        { "esi, in its page,", r->esi & 0xFFF, 0 },
    };

    for (unsigned i = 0; i < sizeof check / sizeof check[0]; i++) {
        if (check[i].is != check[i].demanded) {
            start_differs(m, check[i].name, check[i].is, check[i].demanded);
            return false;
        }
    }
    return true;
}

/** start_info and shared_info; from them, where vcpu_info is. */
static void learn_start(const struct machine *m,
                        const struct event_registers *r)
{
    struct start_info_32 start;
    struct translation base;

    if (!start_read(m, r->esi, &start)) {
        machine_broken(m, CONTEXT_START, NULL,
                       "a guest starts with esi at its start_info, "
                       "but at 0x%08x there is none", r->esi);
        return;
    }
    slot->view.info = slot->view.shared_info = start.shared_info;
    slot->view.has_info = true;
    stores_learn_info(slot->view.info);
    slot->view.ldt_known = slot->view.gdt_known = true;
    if (machine_translate(m, start.pt_base, &base))
        slot->view.base = (uint32_t)(base.maddr >> FRAME_SHIFT);
    stores_learn_image(m, start.mod_start == 0 ||
                                  (start.flags & SIF_MOD_START_PFN)
                              ? start.mfn_list : start.mod_start,
                       (unsigned)(slot - slots));
    for (unsigned i = 0; i < MAX_VCPUS; i++) {
        uint8_t mask = 0;

        machine_read_physical(m, slot->view.info + i * INFO_BYTES + INFO_MASK,
                              &mask, 1);
        if (mask != 1) {
            start_differs(m, "an event mask in shared_info", mask, 1);
            return;
        }
    }
}

static void check_start(const struct machine *m,
                        const struct event_registers *now)
{
    start_registers_agree(m, now);
    slot->view.kernel_ss = now->ss;
    slot->view.kernel_esp = now->esp;
    learn_start(m, now);
    owned_begin(&slot->owned, NULL);
}

/** One that another brought up. */
static void begin_newborn(const struct machine *m,
                          const struct event_registers *now)
{
    struct newborn *born;
    struct outcome out;
    uint32_t a[6] = { now->eip };

    born = newborns_find(m, now, &slot->domain, &out, &slot->at_exit);
    if (!born) {
        slot->unwatched = true;
        machine_broken(m, CONTEXT_START, a,
                       "a guest begins with a start_info, or as another "
                       "virtual processor described it, but at 0x%04x:0x%08x "
                       "one begins that nobody described", now->cs, now->eip);
        return;
    }
    slot->view = born->view;
    owned_begin(&slot->owned, born);
    newborns_forget(born);
    a[1] = slot->view.vcpu;
    if (!out.found)
        machine_broken(m, CONTEXT_START, a,
                       "virtual processor %u begins in the state that it was "
                       "given, at 0x%08x, but %s", slot->view.vcpu, out.eip,
                       out.best.text);
}

/* --- The verdict ---------------------------------------------------------- */

static void describe_left(char *to, size_t bytes)
{
    const struct ring_change *left = &slot->at_exit.left;

    if (left->cause == CAUSE_EXCEPTION)
        snprintf(to, bytes, "exception %u (error code 0x%x) at 0x%08x",
                 left->vector, left->error, left->left.eip);
    else if (is_hypercall(left))
        snprintf(to, bytes, "hypercall %u that ends at 0x%08x",
                 left->left.eax, left->left.eip);
    else
        snprintf(to, bytes, "%s 0x%02x at 0x%08x",
                 left->cause == CAUSE_INTERRUPT ? "interrupt" : "INT",
                 left->vector, left->left.eip);
}

static void report_return(const struct machine *m, const struct outcome *out)
{
    const struct ring_change *left = &slot->at_exit.left;
    const uint32_t a[6] = { left->cause, left->vector, left->left.eip,
                            out->eip, (uint32_t)out->best.reached };
    char why[96], vector[16] = "";

    describe_left(why, sizeof why);
    if (out->tried == 0) {
        machine_broken(m, CONTEXT_PLACE, a,
                       "a guest goes on where it was or in a "
                       "handler that it registered; after the %s it can do "
                       "neither, but it goes on at 0x%04x:0x%08x", why, m->cs,
                       m->eip);
        return;
    }
    if (out->names_vector)
        snprintf(vector, sizeof vector, " %u", out->vector);
    machine_broken(m, CONTEXT_PLACE + (unsigned)out->best.reached, a,
                   "a guest goes on where it was or in a handler "
                   "that it registered, with the ABI's frame; after the %s "
                   "that is %s%s at 0x%08x, but %s", why, out->what, vector,
                   out->eip, out->best.text);
}

/** A store to the image is told when the guest goes on: a domain that ends
 *  is scrubbed, and nobody sees it again. */
static void report_store(const struct machine *m)
{
    const uint32_t a[6] = { slot->stored.vaddr, (uint32_t)slot->stored.maddr,
                            slot->stored.bytes };
    char why[96];

    describe_left(why, sizeof why);
    machine_broken(m, CONTEXT_STORE, a,
                   "ring 0 writes to a guest's image only into "
                   "buffers that the ABI names, but after the %s it wrote %u "
                   "bytes at 0x%08x (machine address 0x%08x)", why,
                   slot->stored.bytes, slot->stored.vaddr,
                   (uint32_t)slot->stored.maddr);
}

/** The first instruction of one. A builder gives start_info; who was brought
 *  up by another virtual processor begins as that one said. */
static void first_instruction(const struct machine *m,
                              const struct event_registers *now)
{
    struct start_info_32 start = { .shared_info = 0 };
    bool begins_domain = start_read(m, now->esi, &start);

    for (struct slot *s = slots; s < slots + nr_slots; s++)
        if (s->started && s->view.shared_info == start.shared_info)
            begins_domain = false;
    if (nr_slots > 1 && !begins_domain)
        begin_newborn(m, now);
    else
        check_start(m, now);
}

/** The vcpu_info of one of the domain, begun or not, is elsewhere now. */
static void move_info(unsigned vcpu, uint64_t to)
{
    newborns_place_info(slot->domain, vcpu, to);
    stores_learn_info(to);
    for (struct slot *s = slots; s < slots + nr_slots; s++)
        if (s->domain == slot->domain && s->view.vcpu == vcpu) {
            s->view.info = to;
            s->view.has_info = true;
        }
}

/** What its call did to others of its domain. */
static void tell_others(void)
{
    struct guest_news news;

    while (guest_news(&news)) {
        struct newborn born;

        if (news.born) {
            born = *news.born;
            born.view.shared_info = slot->view.shared_info;
            born.view.info = newborns_info(slot->domain, news.vcpu,
                                           slot->view.shared_info +
                                               news.vcpu * INFO_BYTES);
            born.view.has_info = slot->view.shared_info != 0;
            newborns_add(slot->domain, &born);
            continue;
        }
        stores_place_area(slot->domain, news.vcpu, news.command, news.place);
        if (news.command == VCPUOP_register_vcpu_info)
            move_info(news.vcpu, news.place);
    }
    for (struct slot *s = slots; s < slots + nr_slots; s++)
        if (s->domain == slot->domain) /* of the whole domain */
            s->view.architectural_iopl = slot->view.architectural_iopl;
    newborns_show_iopl(slot->domain, slot->view.architectural_iopl);
}

static void compare_return(const struct machine *m,
                           const struct event_registers *now)
{
    struct outcome out;

    if (is_hypercall(&slot->at_exit.left)) {
        guest_is_answered(&slot->view, m, now);
        tell_others();
    }
    search_outcome(m, &slot->view, &slot->at_exit, now, &out);
    if (!out.found)
        report_return(m, &out);
    if (out.nmi)
        slot->nmi_asked = false;
    if (slot->bad_store)
        report_store(m); /* its image; by whomever */
}

static void read_info(const struct machine *m, const struct slot *of,
                      uint8_t to[INFO_BYTES])
{
    memset(to, 0, INFO_BYTES);
    if (of->view.has_info)
        machine_read_physical(m, of->view.info, to, INFO_BYTES);
}

/** While one runs it may write to the vcpu_info of others of its domain, which
 *  it shares with them as they do with the hypervisor. */
static void watch_infos(const struct machine *m)
{
    for (struct slot *s = slots; s < slots + nr_slots; s++)
        if (s != slot && s->domain == slot->domain)
            read_info(m, s, s->info);
}

static void compare_infos(const struct machine *m)
{
    uint8_t now[INFO_BYTES];

    for (struct slot *s = slots; s < slots + nr_slots; s++) {
        if (s == slot || s->domain != slot->domain || !s->away)
            continue;
        read_info(m, s, now);
        s->at_exit.info_changed |= memcmp(now, s->info, sizeof now) != 0;
    }
}

static void guest_goes_on(const struct machine *m)
{
    bool first = !slot->started, away = slot->away;
    struct event_registers now;

    machine_registers(m, &now);
    if (first)
        first_instruction(m, &now);
    else if (away && !slot->unwatched)
        compare_return(m, &now);
    if ((first || away) && !slot->unwatched)
        owned_compare(m, &slot->view, &slot->at_exit, &slot->owned,
                      slot != ran_last);
    slot->started = true;
    slot->view.ldt_new = false;
    slot->away = slot->bad_store = slot->at_exit.nmi_came = false;
    slot->at_exit.written = slot->at_exit.info_changed = false;
    watch_infos(m);
    ran_last = slot;
}

static uint32_t base_of(const struct machine *m, uint16_t selector,
                        uint32_t eflags)
{
    struct descriptor d;

    if (eflags & FLAG_VM)
        return (uint32_t)selector << 4;
    return descriptor_of(m, selector, &d) ? d.base : 0;
}

/** One of a domain sends NMIs to some of the same domain. */
static void note_nmi(uint32_t to)
{
    newborns_send_nmi(slot->domain, to);
    for (struct slot *s = slots; s < slots + nr_slots; s++) {
        if (s->domain != slot->domain || !(to >> s->view.vcpu & 1))
            continue;
        s->nmi_asked = true;
        s->at_exit.nmi_came |= s->away;
    }
}

static void guest_is_left(const struct machine *m,
                          const struct ring_change *change)
{
    const struct event_registers *state = &change->left;
    struct event_registers now;

    machine_registers(m, &now);
    slot->at_exit.left = *change;
    slot->at_exit.cr2 = now.cr2;
    slot->at_exit.mask = guest_mask(&slot->view, m);
    slot->at_exit.cs_base = base_of(m, state->cs, state->eflags);
    slot->at_exit.ss_base = base_of(m, state->ss, state->eflags);
    slot->at_exit.es_base = base_of(m, state->es, state->eflags);
    slot->at_exit.iret_bytes =
        machine_read_virtual(m, slot->at_exit.ss_base + state->esp,
                             &slot->at_exit.iret, sizeof slot->at_exit.iret);
    slot->away = true;
    compare_infos(m);
    owned_leave(m, &slot->view, &slot->owned);
    if (is_hypercall(change)) {
        guest_asks(m, state);
        note_nmi(guest_asks_nmi());
    } else if (change->cause == CAUSE_EXCEPTION &&
               moves_to_cr3(m, slot->at_exit.cs_base + state->eip)) {
        slot->view.base = 0; /* not known any more */
    }
    slot->at_exit.nmi_came |= slot->nmi_asked;
    stores_leave(m, &slot->at_exit);
}

static void direct_differs(const struct machine *m, unsigned vector,
                           const char *demanded,
                           const struct event_registers *now)
{
    const uint32_t a[6] = { vector, now->eip, now->esp };

    machine_broken(m, CONTEXT_DIRECT, a,
                   "a direct trap enters %s, but vector 0x%02x went "
                   "to 0x%04x:0x%08x on ss:esp 0x%04x:0x%08x", demanded,
                   vector, now->cs, now->eip, now->ss, now->esp);
}

/** From a guest's ring to an inner one of its, with no hypervisor between. */
static void check_direct(const struct machine *m,
                         const struct ring_change *change)
{
    const struct handler *h = &slot->view.trap[change->vector & 0xFF];
    uint32_t pushed = change->has_error ? 24 : 20;
    struct event_registers now;

    machine_registers(m, &now);
    if (change->cause == CAUSE_FAR_BRANCH)
        return; /* a call gate of the guest's own */
    if (change->cause == CAUSE_INTERRUPT || !h->set || h->masks ||
        h->dpl < change->from || now.cs != h->cs || now.eip != h->eip)
        direct_differs(m, change->vector,
                       "the handler that the guest registered for it and "
                       "that masks no events", &now);
    else if (now.ss != slot->view.kernel_ss ||
             now.esp != slot->view.kernel_esp - pushed)
        direct_differs(m, change->vector,
                       "its handler on the kernel stack that the guest named",
                       &now);
}

static void context_ring_change(const struct machine *m,
                                const struct ring_change *change)
{
    bool known = find_slot(m);

    if (change->to == 0) {
        if (known)
            guest_is_left(m, change);
    } else if (change->from == 0) {
        if (!known)
            new_slot(m);
        guest_goes_on(m);
    } else if (change->to < change->from && known && !slot->unwatched) {
        check_direct(m, change);
    }
}

static void context_delivery(const struct machine *m, enum ring_cause cause,
                             unsigned vector)
{
    (void)m;
    if (cause == CAUSE_INTERRUPT && vector == VECTOR_NMI)
        for (unsigned n = 0; n < nr_slots; n++) /* whoever is to be told */
            slots[n].at_exit.nmi_came = true;
}

/** What a guest asks for may be put where somebody's vcpu_info is: at an
 *  address of the guest's, or in a frame that its call names. */
static bool is_asked_for(const struct machine *m, const struct access *a)
{
    const struct ring_change *left = &slot->at_exit.left;

    return a->vaddr < GUEST_END ||
           (is_hypercall(left) && (store_hits_buffer(m, a, &left->left) ||
                                   guest_asks_store(m, a)));
}

static void note_info_store(const struct machine *m, const struct access *a)
{
    if (!stores_is_info(a->maddr) || !is_asked_for(m, a))
        return;
    for (struct slot *s = slots; s < slots + nr_slots; s++)
        if (s->view.has_info && a->maddr < s->view.info + INFO_BYTES &&
            a->maddr + a->bytes > s->view.info)
            s->at_exit.info_changed = true;
}

/** A store for one guest may be to the image of another: that one is told of,
 *  when it goes on. */
static void context_access(const struct machine *m, const struct access *a)
{
    struct slot *hit;

    if (!find_slot(m) || !slot->away)
        return;
    note_info_store(m, a);
    if (stores_allowed(m, &slot->view, &slot->at_exit, a))
        return;
    hit = &slots[stores_image_of(a->maddr, (unsigned)(slot - slots))];
    if (hit->bad_store)
        return;
    hit->bad_store = true;
    hit->stored = *a;
}

const struct oracle oracle_context = {
    .name = "context",
    .demands = "every return to CPL > 0 resumes the state saved at the exit, "
               "or a handler that the guest registered, with the ABI's "
               "frame; ring 0 writes to a guest's image only into buffers "
               "that the ABI names",
    .access_filter = ACCESS_AT(0, ACCESS_WRITE | ACCESS_MODIFY),
    .sleeps = oracle_sleeps,
    .start = context_start,
    .ring_change = context_ring_change,
    .access = context_access,
    .delivery = context_delivery,
};
