/* SPDX-License-Identifier: MIT */
/**
 * @page unit_hypercall_emulate Unit test: privileged instructions
 *
 * Property: each instruction of the list does to the virtual processor what
 * the manual says, for those who may use it; for all others, and for every
 * other instruction, the guest gets its \#GP(0) and nothing has changed
 * (CALL-I7).
 *
 * Method: bytes of real instructions in a made-up guest's memory, and the
 * fault as the processor raises it.
 */
#include <string.h>

#include "boot.h"
#include "fake_cpu.h"
#include "fake_guest.h"
#include "unit.h"

#define CODE (FAKE_GUEST_BASE + 0x100u)
#define HANDLER 0x0AB000u

static trap_frame_t *frame, before;
static struct vcpu *v;

/** Frame 0x77 is a good base, 0x88 one that takes more than one go. */
static unsigned nr_bases;

int base_switch(struct vcpu *vcpu, mfn_t l3)
{
    if (l3.n == 0x88 && nr_bases++ == 0)
        return -ERESTART;
    if (l3.n != 0x77 && l3.n != 0x88)
        return -EINVAL;
    vcpu->base = l3;
    return 0;
}

/* What load.c and page_fault.c need of other files. */
void ldt_load(struct vcpu *vcpu)
{
    (void)vcpu;
}

bool big_segment_assist(struct vcpu *vcpu, trap_frame_t *f)
{
    (void)vcpu;
    (void)f;
    return false;
}

bool ldt_fill(struct vcpu *vcpu, uint32_t offset)
{
    (void)vcpu;
    (void)offset;
    return false;
}

void window_fix(uint32_t address, mfn_t m, bool writable)
{
    (void)address;
    (void)m;
    (void)writable;
}

void window_unfix(uint32_t address)
{
    (void)address;
}

void memory_refresh_pdpt(struct vcpu *vcpu)
{
    (void)vcpu;
}

/** Three levels with all rights, and an L1 entry as fake_map() said. */
void memory_walk(const struct vcpu *vcpu, uint32_t va, struct table_walk *walk)
{
    unsigned page = (va - FAKE_GUEST_BASE) / PAGE_SIZE;

    (void)vcpu;
    memset(walk, 0, sizeof(*walk));
    walk->levels = 3;
    walk->entry[0] = PTE_P;
    walk->entry[1] = PTE_P | PTE_RW | PTE_US;
    if (page < FAKE_GUEST_PAGES && fake_guest.mapped[page])
        walk->entry[2] = PTE_P | (fake_guest.writable[page] ? PTE_RW : 0);
    walk->present = walk->entry[2] & PTE_P;
}

maddr_t heap_maddr(const void *memory)
{
    return maddr((uintptr_t)memory);
}

static void set_up(void)
{
    fake_guest_reset();
    fake_map(2, true);
    frame = guest_frame();
    v = &fake_guest.vcpu;
    for (unsigned i = 0; i < 32; i++)
        v->traps.table[i] = (struct guest_trap){ .address = HANDLER + i,
                                                 .cs = SEL_RING1_CS };
    v->debug_register[6] = DR6_DEFAULT;
    v->debug_register[7] = DR7_DEFAULT;
    fake_cpu.cr0 = CR0_PE | CR0_WP | CR0_PG;
    fake_cpu.cr4 = CR4_PAE;
    frame->eip = CODE;
    frame->eax = 0x11111111;
    frame->ecx = 0x22222222;
    frame->edx = 0x33333333;
    frame->ebx = 0x44444444;
}

static void in_ring3(void)
{
    frame->cs = SEL_RING3_CS;
    frame->ss = frame->ds = frame->es = SEL_RING3_DS;
}

/** Let the guest run into one instruction. */
static void run(unsigned n, const uint8_t *bytes)
{
    memcpy(fake_at(CODE), bytes, n);
    frame->eip = CODE;
    frame->error_code = 0;
    frame->entry_vector = VECTOR_PROTECTION;
    before = *frame;
    protection_fault(v, frame);
}
#define RUN(...)                                                             \
    run(sizeof((uint8_t[]){ __VA_ARGS__ }), (uint8_t[]){ __VA_ARGS__ })

static void expect_done(unsigned length)
{
    ck_assert_uint_eq(frame->eip, CODE + length);
}

/** The guest's own \#GP(0); no general register has changed. */
static void expect_refused(void)
{
    ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_PROTECTION);
    ck_assert_uint_eq(fake_word(frame->esp), 0);
    ck_assert_uint_eq(fake_word(frame->esp + 4), CODE);
    ck_assert_mem_eq(frame, &before, offsetof(trap_frame_t, error_code));
    *frame = before;
}

#define DONE(length, ...)                                                    \
    do {                                                                     \
        RUN(__VA_ARGS__);                                                    \
        expect_done(length);                                                 \
    } while (0)
#define REFUSED(...)                                                         \
    do {                                                                     \
        RUN(__VA_ARGS__);                                                    \
        expect_refused();                                                    \
    } while (0)

START_TEST(test_control_registers)
{
    v->base = mfn(0x00312345);
    v->info->arch.cr2 = 0xABCD0123;
    DONE(3, 0x0F, 0x20, 0xC0); /* mov eax, cr0 */
    ck_assert_uint_eq(frame->eax, CR0_PE | CR0_WP | CR0_PG);
    DONE(3, 0x0F, 0x20, 0xD3); /* mov ebx, cr2 */
    ck_assert_uint_eq(frame->ebx, 0xABCD0123);
    DONE(3, 0x0F, 0x20, 0xDE); /* mov esi, cr3 */
    ck_assert_uint_eq(frame->esi, 0x12345003);
    DONE(3, 0x0F, 0x20, 0xE7); /* mov edi, cr4 */
    ck_assert_uint_eq(frame->edi, CR4_PAE);
    REFUSED(0x0F, 0x20, 0xC8); /* mov eax, cr1 */
    REFUSED(0x0F, 0x20, 0xE8); /* mov eax, cr5 */
}
END_TEST

START_TEST(test_write_control_registers)
{
    frame->ecx = fake_cpu.cr0;
    DONE(3, 0x0F, 0x22, 0xC1); /* mov cr0, ecx */
    frame->ecx = fake_cpu.cr0 | CR0_TS;
    DONE(3, 0x0F, 0x22, 0xC1);
    ck_assert(v->task_switched);
    ck_assert_uint_eq(fake_cpu.cr0 & CR0_TS, CR0_TS);
    for (unsigned bit = 0; bit < 32; bit++)
        if (1u << bit != CR0_TS) {
            frame->ecx = fake_cpu.cr0 ^ 1u << bit;
            REFUSED(0x0F, 0x22, 0xC1);
        }
    DONE(2, 0x0F, 0x06); /* clts */
    ck_assert(!v->task_switched);
    ck_assert_uint_eq(fake_cpu.cr0 & CR0_TS, 0);

    frame->eax = 0x98765432;
    DONE(3, 0x0F, 0x22, 0xD0); /* mov cr2, eax */
    ck_assert_uint_eq(v->info->arch.cr2, 0x98765432);

    frame->eax = CR4_TSD | CR4_DE | CR4_PGE;
    DONE(3, 0x0F, 0x22, 0xE0); /* mov cr4, eax */
    ck_assert_uint_eq(v->control4, CR4_TSD | CR4_DE);
    ck_assert_uint_eq(fake_cpu.cr4, CR4_PAE | CR4_TSD);

    frame->eax = 0x77000;
    DONE(3, 0x0F, 0x22, 0xD8); /* mov cr3, eax */
    ck_assert_uint_eq(v->base.n, 0x77);
    frame->eax = 0xFFFFFFFF;
    REFUSED(0x0F, 0x22, 0xD8);
    ck_assert_uint_eq(v->base.n, 0x77);
    frame->eax = 0x88000;
    DONE(0, 0x0F, 0x22, 0xD8); /* the same once more */
    DONE(3, 0x0F, 0x22, 0xD8);
    ck_assert_uint_eq(v->base.n, 0x88);
}
END_TEST

START_TEST(test_debug_registers)
{
    frame->edx = 0x1000;
    DONE(3, 0x0F, 0x23, 0xDA); /* mov dr3, edx */
    DONE(3, 0x0F, 0x21, 0xD9); /* mov ecx, dr3 */
    ck_assert_uint_eq(frame->ecx, 0x1000);
    frame->edx = M2P_START;
    REFUSED(0x0F, 0x23, 0xDA);
    frame->edx = 0x2000;
    REFUSED(0x0F, 0x23, 0xFA); /* mov dr7, edx: general detect */
    DONE(3, 0x0F, 0x21, 0xF8); /* mov eax, dr7 */
    ck_assert_uint_eq(frame->eax, 0x400);
}
END_TEST

START_TEST(test_msrs)
{
    fake_cpu.efer = EFER_NXE;
    fake_cpu.cpuid_extended.edx = CPUID_EXT1_EDX_NX;
    frame->ecx = MSR_EFER;
    DONE(2, 0x0F, 0x32); /* rdmsr */
    ck_assert_uint_eq(frame->eax, EFER_NXE);
    ck_assert_uint_eq(frame->edx, 0);
    DONE(2, 0x0F, 0x30); /* wrmsr */
    frame->eax = 0;
    REFUSED(0x0F, 0x30);
    ck_assert_uint_eq(fake_count(FAKE_WRITE_MSR), 0);
    frame->ecx = 0x277;
    DONE(2, 0x0F, 0x32);
    ck_assert_uint_eq(frame->edx, 0x00070406);
    REFUSED(0x0F, 0x30);
    frame->ecx = 0x174; /* SYSENTER_CS */
    REFUSED(0x0F, 0x32);
    REFUSED(0x0F, 0x30);
    in_ring3();
    frame->ecx = MSR_EFER;
    REFUSED(0x0F, 0x32);
}
END_TEST

/** Where the processor has no NX, a guest has neither it nor EFER. */
START_TEST(test_without_nx)
{
    static const uint8_t bytes[] = { 0x0F, 0x0B, 'x', 'e', 'n', 0x0F, 0xA2 };

    fake_cpu.cpuid_extended.edx = ~CPUID_EXT1_EDX_NX;
    memcpy(fake_at(CODE), bytes, sizeof(bytes));
    frame->eax = 0x80000001;
    ck_assert(emulate_forced(frame));
    ck_assert_uint_eq(frame->edx, 0);
    frame->eax = 0;
    frame->ecx = MSR_EFER;
    REFUSED(0x0F, 0x32);
    REFUSED(0x0F, 0x30);
}
END_TEST

START_TEST(test_tsc)
{
    fake_cpu.tsc = 0x123456789ABCDEFull;
    DONE(2, 0x0F, 0x31); /* rdtsc */
    ck_assert_uint_eq(frame->eax, 0x89ABCDEF);
    ck_assert_uint_eq(frame->edx, 0x01234567);
    v->control4 = CR4_TSD;
    DONE(2, 0x0F, 0x31);
    in_ring3();
    REFUSED(0x0F, 0x31);
    v->control4 = 0;
    DONE(2, 0x0F, 0x31);
}
END_TEST

START_TEST(test_never_emulated)
{
    REFUSED(0xF4);                   /* hlt */
    REFUSED(0x0F, 0x01, 0x10);       /* lgdt [eax] */
    REFUSED(0x0F, 0x01, 0x38);       /* invlpg [eax] */
    REFUSED(0x0F, 0x00, 0xD8);       /* ltr ax */
    REFUSED(0x0F, 0x01, 0xF0);       /* lmsw ax */
    REFUSED(0x0F, 0x33);             /* rdpmc */
    REFUSED(0x89, 0x00);             /* mov [eax], eax: a limit */
    REFUSED(0x90);
    in_ring3();
    REFUSED(0x0F, 0x20, 0xC0);
    REFUSED(0x0F, 0x06);
    REFUSED(0x0F, 0x09);             /* wbinvd */
    REFUSED(0x0F, 0x21, 0xF8);
    set_up();
    DONE(2, 0x0F, 0x09);
    DONE(2, 0x0F, 0x08);
}
END_TEST

START_TEST(test_interrupt_flag)
{
    v->info->evtchn_upcall_mask = 0;
    for (unsigned iopl = 0; iopl <= 3; iopl++)
        for (unsigned ring = 1; ring <= 3; ring += 2)
            for (unsigned manual = 0; manual <= 1; manual++) {
                bool allowed = ring == 3 ? iopl == 3 : manual || iopl >= 1;

                set_up();
                v->io_privilege = (uint8_t)iopl;
                v->domain->assists = manual << VMASST_TYPE_architectural_iopl;
                if (ring == 3)
                    in_ring3();
                if (allowed) {
                    DONE(1, 0xFA);
                    DONE(1, 0xFB);
                } else {
                    REFUSED(0xFA);
                    set_up();
                }
                ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
            }
}
END_TEST

START_TEST(test_ports)
{
    REFUSED(0xEC); /* in al, dx */
    v->io_privilege = 1;
    DONE(1, 0xEC);
    ck_assert_uint_eq(frame->eax, 0x111111FF);
    frame->eax = 0x11111111;
    DONE(2, 0x66, 0xED); /* in ax, dx */
    ck_assert_uint_eq(frame->eax, 0x1111FFFF);
    DONE(1, 0xED); /* in eax, dx */
    ck_assert_uint_eq(frame->eax, 0xFFFFFFFF);
    frame->eax = 0;
    DONE(2, 0xE4, 0x60); /* in al, 0x60 */
    ck_assert_uint_eq(frame->eax, 0xFF);
    DONE(2, 0xE6, 0x80); /* out 0x80, al */
    DONE(1, 0xEF);       /* out dx, eax */
    ck_assert_uint_eq(fake_count(FAKE_OUT), 0);
    in_ring3();
    REFUSED(0xEC);
}
END_TEST

START_TEST(test_port_bitmap)
{
    const uint32_t bitmap = FAKE_GUEST_BASE + 2 * PAGE_SIZE;

    memset(fake_at(bitmap), 0xFF, 64);
    *(uint8_t *)fake_at(bitmap + 0x60 / 8) = 0xFE; /* port 0x60 only */
    v->io_bitmap = vaddr(bitmap);
    v->nr_io_ports = 0x61;
    in_ring3();
    DONE(2, 0xE4, 0x60);
    REFUSED(0xE4, 0x61);
    REFUSED(0xE4, 0x5F);
    REFUSED(0xE5, 0x60); /* four bytes: 0x61 is not allowed */
    frame->edx = 0x60;
    DONE(1, 0xEC);
    frame->edx = 0xFFFF;
    REFUSED(0xEC);
    v->nr_io_ports = 0x60; /* the bitmap ends before it */
    REFUSED(0xE4, 0x60);
    v->nr_io_ports = 0x61;
    v->io_bitmap = vaddr(0x30000000);
    REFUSED(0xE4, 0x60);
}
END_TEST

START_TEST(test_strings)
{
    const uint32_t buffer = FAKE_GUEST_BASE + 2 * PAGE_SIZE;

    v->io_privilege = 1;
    frame->edi = buffer;
    DONE(1, 0x6C); /* insb */
    ck_assert_uint_eq(frame->edi, buffer + 1);
    ck_assert_uint_eq(fake_word(buffer), 0x000000FF);
    frame->ecx = 3;
    DONE(2, 0xF3, 0x6D); /* rep insd */
    ck_assert_uint_eq(frame->edi, buffer + 13);
    ck_assert_uint_eq(frame->ecx, 0);
    ck_assert_uint_eq(fake_word(buffer + 9), 0xFFFFFFFF);
    ck_assert_uint_eq(fake_word(buffer + 13), 0);
    frame->eflags |= FLAG_DF;
    DONE(1, 0x6C);
    ck_assert_uint_eq(frame->edi, buffer + 12);
    frame->eflags &= ~FLAG_DF;
    frame->esi = buffer;
    frame->ecx = 2;
    DONE(3, 0xF3, 0x66, 0x6F); /* rep outsw */
    ck_assert_uint_eq(frame->esi, buffer + 4);
    frame->ecx = 0;
    DONE(2, 0xF3, 0x6C);
}
END_TEST

START_TEST(test_string_faults)
{
    v->io_privilege = 1;
    frame->edi = 0x30000000;
    RUN(0x6C);
    ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_PAGE_FAULT);
    ck_assert_uint_eq(fake_word(frame->esp), PAGE_FAULT_WRITE);
    ck_assert_uint_eq(v->info->arch.cr2, 0x30000000);

    /* A page that is there, and one half of a word in the next one. */
    set_up();
    v->io_privilege = 1;
    fake_map(3, false);
    frame->edi = FAKE_GUEST_BASE + 3 * PAGE_SIZE - 2;
    RUN(0x6D);
    ck_assert_uint_eq(fake_word(frame->esp), PAGE_FAULT_WRITE);
    ck_assert_uint_eq(v->info->arch.cr2, FAKE_GUEST_BASE + 3 * PAGE_SIZE);

    set_up();
    v->io_privilege = 1;
    frame->edi = HYPERVISOR_START; /* beyond the segment's limit */
    REFUSED(0x6C);
    frame->edi = HYPERVISOR_START - 1; /* partly */
    REFUSED(0x6D);
    frame->es = 0;
    REFUSED(0x6C);
    /* The segment's last page is the M2P: readable by a kernel, no more. */
    set_up();
    v->io_privilege = 1;
    frame->edi = M2P_START;
    RUN(0x6C);
    ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_PAGE_FAULT);
}
END_TEST

/** A long string is done in batches, with the same instruction again. */
START_TEST(test_long_string)
{
    unsigned n;

    v->io_privilege = 1;
    frame->edi = FAKE_GUEST_BASE + 2 * PAGE_SIZE;
    frame->ecx = 1000;
    for (n = 0; n < 20; n++) {
        RUN(0xF3, 0x6C);
        if (frame->eip != CODE)
            break;
    }
    expect_done(2);
    ck_assert_uint_ge(n, 2);
    ck_assert_uint_eq(frame->ecx, 0);
    ck_assert_uint_eq(frame->edi, FAKE_GUEST_BASE + 2 * PAGE_SIZE + 1000);
}
END_TEST

/** Through the code segment: base, limit, and what can be read. */
START_TEST(test_fetch)
{
    /* Selector 0x09: base CODE, limit 1 byte short of the second `clts`. */
    fake_guest.gdt_mapped = true;
    fake_guest.gdt[1] = (descriptor_t){
        (CODE & 0xFFFF) << 16 | 2,
        (CODE & 0xFF000000) | 0x0040BB00 | (CODE >> 16 & 0xFF),
    };
    memcpy(fake_at(CODE), (uint8_t[]){ 0x0F, 0x06, 0x0F, 0x06 }, 4);
    frame->cs = 0x09;
    frame->eip = 0;
    protection_fault(v, frame);
    ck_assert_uint_eq(frame->eip, 2);
    protection_fault(v, frame);
    ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_PROTECTION);

    /* The table's page is not there; a data segment; code that is not. */
    for (unsigned i = 0; i < 3; i++) {
        set_up();
        memcpy(fake_at(CODE), (uint8_t[]){ 0x0F, 0x06 }, 2);
        fake_guest.gdt_mapped = i != 0;
        fake_guest.gdt[1] = (descriptor_t){
            0x0000FFFF, i == 1 ? 0x00CFB300 : 0x00CF3B00,
        };
        frame->cs = 0x09;
        protection_fault(v, frame);
        ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_PROTECTION);
    }

    /* Its second byte is on a page that is not mapped. */
    set_up();
    *(uint8_t *)fake_at(FAKE_GUEST_BASE + PAGE_SIZE - 1) = 0x0F;
    frame->esp -= 64;
    frame->eip = FAKE_GUEST_BASE + PAGE_SIZE - 1;
    protection_fault(v, frame);
    ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_PROTECTION);
}
END_TEST

START_TEST(test_prefixes)
{
    v->io_privilege = 1;
    /* 15 bytes are an instruction, 16 are not. */
    DONE(15, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E,
         0x2E, 0x2E, 0x2E, 0x2E, 0xFA);
    REFUSED(0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E,
            0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0xFA);
}
END_TEST

START_TEST(test_single_step)
{
    frame->eflags |= FLAG_TF;
    RUN(0x0F, 0x06);
    ck_assert_uint_eq(frame->eip, HANDLER + VECTOR_DEBUG);
    ck_assert_uint_eq(fake_word(frame->esp), CODE + 2);
    ck_assert_uint_eq(v->debug_register[6], DR6_DEFAULT | DR6_SINGLE_STEP);
}
END_TEST

START_TEST(test_forced_cpuid)
{
    static const uint8_t bytes[] = { 0x0F, 0x0B, 'x', 'e', 'n', 0x0F, 0xA2 };

    fake_cpu.cpuid1 = (struct cpuid_result){ 0x6A0, 0x800, ~0u, ~0u };
    for (unsigned wrong = 0; wrong < sizeof(bytes); wrong++) {
        memcpy(fake_at(CODE), bytes, sizeof(bytes));
        *(uint8_t *)fake_at(CODE + wrong) ^= 1;
        ck_assert(!emulate_forced(frame));
        ck_assert_uint_eq(frame->eip, CODE);
    }
    memcpy(fake_at(CODE), bytes, sizeof(bytes));
    frame->eax = 1;
    ck_assert(emulate_forced(frame));
    ck_assert_uint_eq(frame->eip, CODE + 7);
    ck_assert_uint_eq(frame->eax, 0x6A0);
    ck_assert_uint_eq(frame->ebx, 0x800);
    /* Hidden: SEP, PSE, PGE, MTRR, MCE, MCA; and in ECX MONITOR, VMX, XSAVE,
     * x2APIC. There: PAE, NX's sister CMOV, and "there is a hypervisor". */
    ck_assert_uint_eq(frame->edx & (1u << 11 | 1u << 3 | 1u << 13 |
                                    1u << 12 | 1u << 7 | 1u << 14), 0);
    ck_assert_uint_eq(frame->ecx & (1u << 3 | 1u << 5 | 1u << 26 |
                                    1u << 27 | 1u << 21), 0);
    ck_assert_uint_eq(frame->edx & (1u << 6 | 1u << 15), 1u << 6 | 1u << 15);
    ck_assert_uint_eq(frame->ecx >> 31, 1);
}
END_TEST

START_TEST(test_cpuid_leaves)
{
    struct cpuid_result r = guest_cpuid(0x40000000, 0);

    ck_assert_uint_ge(r.eax, 0x40000002);
    ck_assert_mem_eq(&r.ebx, "XenV", 4);
    ck_assert_mem_eq(&r.ecx, "MMXe", 4);
    ck_assert_mem_eq(&r.edx, "nVMM", 4);
    ck_assert_uint_eq(guest_cpuid(0x40000001, 0).eax, 0x40011);
    fake_cpu.cpuid_extended = (struct cpuid_result){ 1, 2, ~0u, ~0u };
    r = guest_cpuid(0x80000001, 0);
    ck_assert_uint_eq(r.edx, 1u << 20);
    ck_assert_uint_eq(r.ecx, 0);
    r = guest_cpuid(0x50000000, 0);
    ck_assert_uint_eq(r.eax | r.ebx | r.ecx | r.edx, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hypercall: emulate");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, test_control_registers);
    tcase_add_test(t, test_write_control_registers);
    tcase_add_test(t, test_debug_registers);
    tcase_add_test(t, test_msrs);
    tcase_add_test(t, test_without_nx);
    tcase_add_test(t, test_tsc);
    tcase_add_test(t, test_never_emulated);
    tcase_add_test(t, test_interrupt_flag);
    tcase_add_test(t, test_ports);
    tcase_add_test(t, test_port_bitmap);
    tcase_add_test(t, test_strings);
    tcase_add_test(t, test_string_faults);
    tcase_add_test(t, test_long_string);
    tcase_add_test(t, test_fetch);
    tcase_add_test(t, test_prefixes);
    tcase_add_test(t, test_single_step);
    tcase_add_test(t, test_forced_cpuid);
    tcase_add_test(t, test_cpuid_leaves);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite())
