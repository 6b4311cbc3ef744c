/* SPDX-License-Identifier: MIT */
#include "check.h"

/* Marks: name in eax, what was found in edx, what was wanted in ecx. */
#define RESULT(name)                                                         \
    __attribute__((noinline, noclone, regparm(3))) void                      \
    mark_##name(const char *check_name, uint32_t got, uint32_t wanted)       \
    {                                                                        \
        __asm__ volatile("" : : "r"(check_name), "r"(got), "r"(wanted));     \
    }
RESULT(pass)
RESULT(fail)
RESULT(skip)
RESULT(done)

bool machine_has_limits;
struct caught caught;
uint32_t try_resume, try_start, try_esp, try_eax, try_ecx, try_edx;

static unsigned nr_checks, nr_failed, nr_skipped;

/** Names are read by the watcher as 64 bytes: keep them in one place. */
static char padded[64];

static const char *padded_name(const char *name)
{
    unsigned i = 0;

    for (; name[i] != 0 && i < sizeof(padded) - 1; i++)
        padded[i] = name[i];
    for (; i < sizeof(padded); i++)
        padded[i] = 0;
    return padded;
}

void check(const char *name, bool good, uint32_t got, uint32_t wanted)
{
    nr_checks++;
    if (good) {
        mark_pass(padded_name(name), got, wanted);
        return;
    }
    nr_failed++;
    say("FAILED %s: %x, not %x\n", name, got, wanted);
    mark_fail(padded_name(name), got, wanted);
}

void check_skip(const char *name, const char *why)
{
    nr_skipped++;
    say("skipped %s: %s\n", name, why);
    mark_skip(padded_name(name), 0, 0);
}

static uint32_t read_flags(void)
{
    uint32_t flags;

    __asm__ volatile("pushfl; popl %0" : "=r"(flags));
    return flags;
}

/** Every vector leads here. */
static void catch_trap(struct trap *trap)
{
    const uint32_t has_error = 0x00027D00;
    uint32_t lowest = (uint32_t)&trap->eip;

    caught.vector = trap->vector;
    caught.trap = *trap;
    caught.handler_eflags = read_flags();
    caught.mask_in_handler = shared_info->vcpu_info[0].evtchn_upcall_mask;
    caught.cr2 = shared_info->vcpu_info[0].arch.cr2;
    if (trap->vector < 32 && (has_error >> trap->vector) & 1)
        lowest -= 4;
    if (trap_ring(trap) == 3) {
        caught.frame_bytes = (uint32_t)(user_kernel_stack +
                                        sizeof(user_kernel_stack)) - lowest;
        user_leave();
    }
    caught.offset = trap->eip - try_start;
    caught.frame_bytes = (uint32_t)&trap->esp - lowest;
    caught.stack_moved = (uint32_t)&trap->esp - try_esp;
    trap->eip = try_resume;
    trap->eflags = GUEST_FLAG_IF | 2;
}

void try_prepare(uint8_t mask)
{
    caught = (struct caught){ .vector = NO_TRAP };
    shared_info->vcpu_info[0].evtchn_upcall_mask = mask;
}

extern char user_stack_top[];

void try_user(void (*program)(void))
{
    try_prepare(1);
    try_start = (uint32_t)program;
    user_run(program, user_stack_top);
    caught.offset = caught.trap.eip - try_start;
}

__asm__(".section .user, \"awx\"\n"
        ".skip 4096\n"
        "user_stack_top:\n"
        ".previous");

/** Above the limit there is a #GP; without limits, nothing is mapped. */
static void probe_limits(void)
{
    TRY("movl 0xFFFFFFF0, %%eax");
    machine_has_limits = caught.vector == 13;
}

void check_begin(void)
{
    if (shared_info_map() != 0)
        shut_down(SHUTDOWN_crash);
    for (unsigned vector = 0; vector < 20; vector++)
        trap_set(vector, catch_trap, vector == 3 || vector == 4 ? 3 : 0);
    trap_set(0x80, catch_trap, 3);
    trap_set(VECTOR_USER_END, catch_trap, 3);
    trap_set(0x90, catch_trap, 1);
    trap_set(0x91, catch_trap, 0);
    trap_set(0x92, catch_trap, 1 | TRAP_MASK_EVENTS);
    trap_set(0x93, catch_trap, 1);
    check_eq("setup.user_pages", (uint32_t)user_open(user_start, user_end),
             0);
    probe_limits();
}

_Noreturn void check_end(void)
{
    say("%u checks, %u failed, %u skipped\n", nr_checks, nr_failed,
        nr_skipped);
    mark_done(padded_name("done"), nr_checks, nr_failed);
    shut_down(nr_failed == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}
