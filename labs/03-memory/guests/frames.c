/* SPDX-License-Identifier: MIT */
/**
 * @file frames.c
 * Driver of lab 3's tests: makes two domains with a few frames each, and then
 * does what the test's list of steps says (steps.h), in ring 0, before there
 * is any guest. So it can put frames and tables into every state at once that
 * a guest would need a long way to.
 *
 * After each step it copies all that the test may want to look at into
 * `driver_report` and executes `mark_step` with eax = what the call returned,
 * edx = the step's number, ecx = the operation; after the last one
 * `mark_done`. It knows no answer: what should have happened is computed by
 * the test, outside.
 */
#include "labs/grader/driver.h"
#include "labs/01-boot/guests/probe.h"
#include "labs/03-memory/guests/steps.h"

#include "boot.h"
#include "domain.h"
#include "lib.h"
#include "memory.h"
#include "table_store.h"

#define NO_FRAME 0xFFFFFFu
#define MAX_REPEATS 10000u

struct report driver_report;

static struct domain *domains[2];
static struct vcpu *vcpu;
static mfn_t first[2];
static uint32_t position; /* in the input, in words */
static uint32_t args[16], nr_args, next_arg;
static uint32_t budget; /* of the next call; 0: call until it is done */
static bool amid; /* the next call comes while tables are leaving */
static struct page_info *limited; /* OP_LIMIT...: and what was there */
static struct page_info before_limit;

static uint32_t next_word(void)
{
    const volatile uint32_t *word =
        (const volatile uint32_t *)(uintptr_t)test_input.data;

    return word[position++];
}

static uint32_t argument(void)
{
    return next_arg < nr_args ? args[next_arg++] : 0;
}

static mfn_t frame_argument(void)
{
    uint32_t name = argument(), index = NAME_INDEX(name);

    switch (NAME_KIND(name)) {
    case NAME_A:
        return mfn(first[OWNER_A].n + index);
    case NAME_B:
        return mfn(first[OWNER_B].n + index);
    case NAME_SHARED:
        return domains[OWNER_A]->shared_mfn;
    case NAME_IMAGE:
        return maddr_to_mfn(image_maddr(&processor));
    default:
        return mfn(index == NO_FRAME ? 0xFFFFFFFFu : index);
    }
}

static struct domain *owner_argument(void)
{
    uint32_t owner = argument();

    return owner < OWNER_NOBODY ? domains[owner] : NULL;
}

static uint64_t entry_argument(void)
{
    mfn_t m = frame_argument();
    uint32_t low = argument();
    uint32_t high = argument();

    return mfn_to_maddr(m).a | low | (uint64_t)high << 32;
}

/* --- Reports -------------------------------------------------------------- */

static uint32_t owner_of(const struct page_info *info)
{
    if (info->owner == domains[OWNER_A])
        return OWNER_A;
    return info->owner == domains[OWNER_B] ? OWNER_B : OWNER_NOBODY;
}

static void report_frame(unsigned i)
{
    mfn_t m = mfn(first[OWNER_A].n + i);
    const struct page_info *info;

    if (i == FRAME_SHARED)
        m = domains[OWNER_A]->shared_mfn;
    else if (i >= NR_A)
        m = mfn(first[OWNER_B].n + i - NR_A);
    info = frame_info(m);
    driver_report.frame[i] = (struct frame_report){
        .owner = owner_of(info), .count = info->count,
        .type_count = info->type_count, .type = info->type,
        .flags = info->flags, .partial = info->partial,
    };
}

/** Looks into frames that were begun and not ended. */
static uint32_t count_windows(void)
{
    uint32_t nr = 0;

    for (unsigned i = 0; i < NR_WINDOWS; i++)
        nr += windows[i].holders;
    return nr;
}

DRIVER_FUNCTION void report(int32_t result, unsigned number, unsigned op)
{
    if (limited) {
        limited->count -= before_limit.count;
        limited->type_count -= before_limit.type_count;
        limited = NULL;
    }
    driver_report.first_a = first[OWNER_A].n;
    driver_report.first_b = first[OWNER_B].n;
    driver_report.shared = domains[OWNER_A]->shared_mfn.n;
    driver_report.image = maddr_to_mfn(image_maddr(&processor)).n;
    driver_report.own_l2 = (uint32_t)image_maddr(hypervisor_l2()).a;
    driver_report.frames_free = frames_free();
    driver_report.windows = count_windows();
    driver_report.base = vcpu->base.n;
    memcpy(driver_report.pdpt, vcpu->pdpt, sizeof driver_report.pdpt);
    for (unsigned i = 0; i < NR_FRAMES; i++)
        report_frame(i);
    DRIVER_MARK(step, result, number, op);
}

/* --- Steps ---------------------------------------------------------------- */

static uint64_t exchange(mfn_t table, unsigned index, uint64_t entry)
{
    uint64_t *window = window_map(table), old = window[index];

    window[index] = entry;
    window_unmap(window);
    return old;
}

/** Entries of work that a share has. */
static unsigned share(void)
{
    unsigned n = 0;

    for (work_reset(); !work_exhausted(); n++)
        work_add(1);
    return n;
}

static int get_type(mfn_t m, uint32_t type)
{
    return frame_get_type(m, (enum frame_type)type);
}

static int get_both(void)
{
    mfn_t m = frame_argument();
    const struct domain *owner = owner_argument();

    return frame_get_and_type(m, owner, (enum frame_type)argument());
}

static int put(void (*how)(mfn_t))
{
    how(frame_argument());
    return 0;
}

static int disown(void)
{
    mfn_t m = frame_argument();

    frame_info(m)->flags &= ~PAGE_ALLOCATED;
    frame_put(m);
    return 0;
}

/** A count as high as it goes, or a little lower: what is added is taken away
 *  again before the next report. */
static int limit(bool of_type)
{
    struct page_info *info = frame_info(frame_argument());
    uint32_t to = FRAME_COUNT_MAX - argument();

    before_limit.count = of_type ? 0 : to - info->count;
    before_limit.type_count = of_type ? to - info->type_count : 0;
    info->count += before_limit.count;
    info->type_count += before_limit.type_count;
    limited = info;
    return 0;
}

static int check_flags(void)
{
    const struct domain *owner = owner_argument();
    uint32_t type = argument();

    return entry_check_flags(owner, (enum frame_type)type, entry_argument());
}

static int l1_get(void)
{
    const struct domain *owner = owner_argument();
    const struct domain *page_owner = owner_argument();

    return l1_entry_get(owner, page_owner, entry_argument());
}

/** The last type reference on a table goes, as table_release() sees to it:
 *  what table_demote() itself returns is the result. Give it a budget. */
static int demote(void)
{
    mfn_t m = frame_argument();
    struct page_info *info = frame_info(m);
    int result;

    info->flags &= ~PAGE_VALIDATED;
    info->partial = (uint16_t)table_guest_entries(info->type);
    result = table_demote(m);
    table_release(m);
    frame_put(m);
    return result;
}

static void show_entry(mfn_t table, unsigned index)
{
    const uint64_t *window = window_map(table);

    memcpy(driver_report.slot, &window[index], sizeof driver_report.slot);
    window_unmap(window);
}

static int update(void)
{
    struct entry_update u = { .owner = domains[OWNER_A] };
    int result;

    u.table = frame_argument();
    u.index = argument();
    u.entry = entry_argument();
    u.page_owner = owner_argument();
    u.keep_accessed = argument();
    result = entry_update(&u);
    show_entry(u.table, u.index);
    return result;
}

static int pin(void)
{
    const struct domain *owner = owner_argument();
    mfn_t m = frame_argument();

    return table_pin(owner, m, (enum frame_type)argument());
}

static int unpin(void)
{
    const struct domain *owner = owner_argument();

    return table_unpin(owner, frame_argument());
}

static int poke_bytes(void)
{
    mfn_t m = frame_argument();
    uint32_t offset = argument();
    uint8_t *window = window_map(m);

    while (next_arg < nr_args) {
        uint32_t word = argument();

        memcpy(window + offset, &word, sizeof word);
        offset += sizeof word;
    }
    window_unmap(window);
    return 0;
}

static int fault(void)
{
    trap_frame_t frame = { .cs = SEL_RING1_CS, .ss = SEL_RING1_DS,
                           .ds = SEL_RING1_DS, .es = SEL_RING1_DS,
                           .fs = SEL_RING1_DS, .gs = SEL_RING1_DS,
                           .eflags = 0x202 };
    uint32_t address, error, index;
    mfn_t table;
    bool done;

    frame.eip = argument();
    address = argument();
    error = argument();
    if (argument() == 3) {
        frame.cs = SEL_RING3_CS;
        frame.ss = frame.ds = frame.es = SEL_RING3_DS;
    }
    frame.eax = argument();
    frame.ebx = argument();
    frame.ecx = argument();
    frame.edx = argument();
    done = writable_fault(vcpu, &frame, address, error);
    driver_report.eip = frame.eip;
    driver_report.eflags = frame.eflags;
    driver_report.eax = frame.eax;
    driver_report.ebx = frame.ebx;
    driver_report.ecx = frame.ecx;
    driver_report.edx = frame.edx;
    argument(); /* what the test expects */
    table = frame_argument();
    index = argument();
    if (index < TABLE_ENTRIES)
        show_entry(table, index);
    return done;
}

/** As the first load of a selector of the LDT's would have it. */
static int find_ldt(void)
{
    mfn_t m = frame_argument();
    int error = frame_get_and_type(m, domains[OWNER_A], FRAME_SEG_DESC);

    if (!error)
        vcpu->descriptors.ldt[0] = m;
    return error;
}

static int load(void)
{
    uint32_t address = argument();

    if (probe_read(address) != 0)
        return 1;
    driver_report.word = *(const volatile uint32_t *)address;
    return 0;
}

/** Steps about what the processor remembers and the vCPU that runs. */
static int step_of_machine(uint32_t op)
{
    switch (op) {
    case OP_RUN:
        processor.current = vcpu;
        vcpu->running = true;
        vcpu_load_base(vcpu);
        return 0;
    case OP_LDT:
        return find_ldt();
    case OP_NOTE:
        flush_note();
        return 0;
    case OP_BEFORE_REUSE:
        flush_before_reuse();
        return 0;
    case OP_FLUSH_ALL:
        flush_all();
        return 0;
    case OP_FLUSH_PAGE:
        flush_page(argument());
        return 0;
    case OP_LOAD:
        return load();
    case OP_STORE:
        return (int)probe_write(argument());
    case OP_ASSIST:
        domains[OWNER_A]->assists =
            argument() ? 1u << VMASST_TYPE_writable_pagetables : 0;
        return 0;
    case OP_BYTES:
        return poke_bytes();
    default:
        return fault();
    }
}

/** Steps about frames and tables. */
static int step_of_frames(uint32_t op)
{
    mfn_t m;

    switch (op) {
    case OP_GET:
        m = frame_argument();
        return frame_get(m, owner_argument());
    case OP_PUT:
        return put(frame_put);
    case OP_GET_TYPE:
        m = frame_argument();
        return get_type(m, argument());
    case OP_PUT_TYPE:
        return put(frame_put_type);
    case OP_GET_BOTH:
        return get_both();
    case OP_PUT_BOTH:
        return put(frame_put_and_type);
    case OP_ADOPT:
        m = frame_argument();
        memory_adopt(domains[OWNER_A], m, (enum frame_type)argument());
        return 0;
    case OP_DISOWN:
        return disown();
    case OP_CHECK_FLAGS:
        return check_flags();
    case OP_ENTRY_GET:
        return l1_get();
    case OP_DEMOTE:
        return demote();
    case OP_NX:
        no_execute = argument() ? PTE_NX : 0;
        return 0;
    case OP_UPDATE:
        return update();
    case OP_PIN:
        return pin();
    case OP_UNPIN:
        return unpin();
    case OP_BASE:
        return base_switch(vcpu, frame_argument());
    default:
        return step_of_machine(op);
    }
}

/** Let demotions come to their end, as the next call of a guest's would. */
static void finish(void)
{
    bool done = false;

    for (unsigned i = 0; i < MAX_REPEATS && !done; i++) {
        work_reset();
        done = tables_finish();
        driver_report.work += work_done;
    }
}

/** Make a call, again and again while it asks for that. */
static int call_until_done(uint32_t op)
{
    int result;

    if (amid) {
        amid = false;
        work_reset();
        return step_of_frames(op);
    }
    if (op != OP_FAULT || budget == 0)
        finish();
    driver_report.restarts = driver_report.work = 0;
    if (budget != 0) {
        uint32_t done_before = share() - budget;

        budget = 0;
        work_reset();
        work_add(done_before);
        result = step_of_frames(op);
        driver_report.work = work_done - done_before;
        return result;
    }
    do {
        next_arg = 0;
        work_reset();
        result = step_of_frames(op);
        driver_report.work += work_done;
    } while (result == -ERESTART && ++driver_report.restarts < MAX_REPEATS);
    finish();
    return result;
}

/** A type asked for with a bad entry at each index of the frame in turn. */
static void try_each(unsigned number)
{
    mfn_t m = frame_argument();
    enum frame_type type = (enum frame_type)argument();
    uint64_t entry = entry_argument();
    unsigned i = argument(), step = argument();

    for (; i < table_guest_entries(type); i += step) {
        uint64_t old = exchange(m, i, entry);
        unsigned tries = 0;
        int result;

        next_arg = 0;
        do {
            work_reset();
            result = get_type(m, type);
        } while (result == -ERESTART && ++tries < MAX_REPEATS);
        exchange(m, i, old);
        finish();
        driver_report.index = i;
        report(result, number, OP_TRY_EACH);
    }
}

static void one_step(unsigned number)
{
    uint32_t word = next_word(), op = word & 0xFF;
    int result = 0;
    mfn_t m;

    nr_args = word >> 8;
    next_arg = 0;
    for (unsigned i = 0; i < nr_args; i++)
        args[i] = next_word();
    switch (op) {
    case OP_POKE:
        m = frame_argument();
        word = argument();
        exchange(m, word, entry_argument());
        return;
    case OP_WORK:
        budget = argument();
        return;
    case OP_AMID:
        amid = true;
        return;
    case OP_LIMIT:
    case OP_LIMIT_TYPE:
        limit(op == OP_LIMIT_TYPE);
        return;
    case OP_TRY_EACH:
        try_each(number);
        return;
    }
    result = call_until_done(op);
    report(result, number, op);
}

void test_driver(const struct boot_info *info)
{
    bool privileged = next_word();
    unsigned nr_steps = next_word();

    memory_io_init(info);
    memory_share_m2p();
    for (unsigned i = 0; i < 2; i++) {
        domains[i] = domain_create((domid_t)(5 + i), i == 0 && privileged,
                                   64);
        first[i] = frame_alloc_run_to(domains[i], i == 0 ? 6 : 3, MAX_FRAMES);
    }
    vcpu = domain_add_vcpu(domains[OWNER_A], 0);
    for (unsigned i = 0; i < nr_steps; i++)
        one_step(i);
    DRIVER_MARK(done, nr_steps, 0, 0);
}
