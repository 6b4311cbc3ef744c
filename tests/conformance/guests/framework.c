/* SPDX-License-Identifier: MIT */
/**
 * @file framework.c
 * @page conformance_framework Conformance: a test kernel's start
 * Property: a kernel that starts as small test kernels for this interface do
 * comes up, and finds what such kernels look for: it is linked at 1 MB with
 * addresses from 0, asks for its symbols, returns from everything by the iret
 * hypercall, goes to ring 3 and back by it, and expects exact exceptions where
 * hypervisors were wrong once.
 * Source: the interface; the advisories named beside the checks.
 * Method: its own notes and tables; then the steps in the order of such a
 * kernel, each a check.
 */
#include "tables.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/physdev.h>
#include <xen/vcpu.h>

#define NOTE(type, body)                                                     \
    ".long 4, 2f - 1f, " #type "\n\t.asciz \"Xen\"\n1:\t" body               \
    "\n2:\t.balign 4\n\t"

__asm__(".pushsection .note.framework, \"a\", @note\n\t.balign 4\n\t"
        NOTE(6, ".asciz \"a test kernel\"")
        NOTE(7, ".asciz \"0\"")
        NOTE(8, ".asciz \"generic\"")
        NOTE(2, ".long hypercall_page")
        NOTE(5, ".asciz \"xen-3.0\"")
        NOTE(10, ".asciz \"!writable_page_tables|pae_pgdir_above_4gb\"")
        NOTE(9, ".asciz \"yes\"")
        NOTE(11, ".asciz \"yes\"")
        ".popsection");

/** Entries of our own GDT; the rest of its page is empty. */
enum { OWN_CODE = 1, OWN_DATA, AVAILABLE };
#define SELECTOR(n) ((n) * 8u | 1)
#define CODE_RING1 0x00CFBA000000FFFFull
#define DATA_RING1 0x00CFB2000000FFFFull

/** Flags of EFLAGS. */
#define IOPL(n) ((uint32_t)(n) << 12)
#define ALL_IOPL IOPL(3)

/** Vectors of our own. */
enum { VECTOR_RETURN = 0x20, VECTOR_OWN = 0x21, VECTOR_SYSTEM_CALL = 0x80 };

static uint64_t gdt[512] __attribute__((aligned(4096)));
static uint8_t kernel_stack[4096] __attribute__((aligned(4096)));
uint32_t watched_ring1 = FLAT_KERNEL_DS; /* named below */

/* --- Ways in and out -------------------------------------------------------- */

uint32_t ring3_run(const char *code, uint32_t eflags);
void ring3_return(void);
void own_entry(void);
void debug_entry(void);
void ring1_again(void);

/*
 * ring3_run() leaves by the iret hypercall, with ring 3's frame on the stack;
 * ring3_return, the entry of VECTOR_RETURN, forgets the frame it arrives with
 * and goes on in ring3_run()'s caller. own_entry changes EAX, debug_entry
 * does nothing; both return by the hypercall.
 */
__asm__(".text\n"
        "ring3_run:\n\t"
        "pushl %ebp\n\tpushl %ebx\n\tpushl %esi\n\tpushl %edi\n\t"
        "movl %esp, ring3_saved_esp\n\t"
        "movl 20(%esp), %ecx\n\tmovl 24(%esp), %edx\n\t"
        "pushl $0xE033\n\tpushl $user_stack + 4096\n\tpushl %edx\n\t"
        "pushl $0xE02B\n\tpushl %ecx\n\t"
        "movl $0xE033, %eax\n\tmovl %eax, %ds\n\tmovl %eax, %es\n\t"
        "movl $0x600D, %eax\n\t"
        "jmp hypercall_page + 23 * 32\n"
        "ring3_return:\n\t"
        "movl $0xE021, %ecx\n\tmovl %ecx, %ds\n\tmovl %ecx, %es\n\t"
        "movl ring3_saved_esp, %esp\n\t"
        "popl %edi\n\tpopl %esi\n\tpopl %ebx\n\tpopl %ebp\n\tret\n"
        "own_entry:\n\t"
        "addl $0x1000, %eax\n\tjmp hypercall_page + 23 * 32\n"
        "debug_entry:\n\t"
        "jmp hypercall_page + 23 * 32\n"
        ".section .bss\n.balign 4\nring3_saved_esp: .skip 4\n.text");

extern uint8_t user_stack[4096]; /* common/try.c */

static void vector_set(unsigned vector, void (*entry)(void), unsigned dpl)
{
    trap_info_t table[2] = {
        { .vector = (uint8_t)vector, .flags = (uint8_t)dpl,
          .cs = FLAT_KERNEL_CS, .address = (unsigned long)entry },
    };

    hypercall_1(set_trap_table, table);
}

/* --- Start of day ----------------------------------------------------------- */

/** What BSD_SYMTAB asks for: a number of bytes, then a small ELF file. In its
 *  header nothing may be left over from anybody else (XSA-194). */
static void symbols(void)
{
    const uint32_t *at = (const uint32_t *)
        (((uint32_t)image_end + 3) & ~3u);
    const uint32_t *header = at + 1;
    uint32_t rest = 0;

    CHECK("framework.symbols.magic", 0x464C457F, header[0]);
    CHECK("framework.symbols.sections_at", 64, header[8]);
    CHECK("framework.symbols.nr_sections", 3, header[12] & 0xFFFF);
    for (unsigned i = 13; i < 16; i++)
        rest |= header[i];
    CHECK("framework.symbols.nothing_left_over", 0,
          rest | (header[12] & 0xFFFF0000));
    CHECK("framework.symbols.bytes", 1,
          at[0] > 64 + 3 * 40 &&
              (uint32_t)header + at[0] <= start_info->mfn_list);
}

/* TRY() takes all registers: where it stands in a loop, it needs a function. */
#define ALONE __attribute__((noinline))

static ALONE uint32_t forced_cpuid(uint32_t leaf)
{
    tried.ecx = 0;
    return TRY_EAX(leaf, ".byte 0x0F, 0x0B, 0x78, 0x65, 0x6E; cpuid");
}

/** Every leaf that the first of a range says to be there. */
static uint32_t leaves_that_fault(uint32_t first)
{
    uint32_t last = first, nr = 0;

    for (uint32_t leaf = first; leaf - first <= last - first; leaf++) {
        nr += forced_cpuid(leaf) != NO_FAULT;
        if (leaf == first && tried.eax - first < 64)
            last = tried.eax;
    }
    return nr;
}

static int32_t callback(uint16_t type, void (*entry)(void))
{
    struct callback_register op = {
        .type = type,
        .address = { FLAT_KERNEL_CS, (unsigned long)entry },
    };

    return hypercall_2(callback_op, CALLBACKOP_register, &op);
}

static void gdt_load(void)
{
    uint32_t frame = (uint32_t)frame_of(gdt);

    gdt[OWN_CODE] = CODE_RING1;
    gdt[OWN_DATA] = DATA_RING1;
    CHECK("framework.gdt.read_only", 0, page_read_only(gdt));
    CHECK("framework.gdt.set", 0, hypercall_2(set_gdt, &frame, 8));
    tried.ecx = SELECTOR(OWN_DATA);
    CHECK("framework.gdt.data_loaded", NO_FAULT,
          TRY("movw %%cx, %%ds; movw %%cx, %%es; movw %%cx, %%ss; "
              "xorl %%eax, %%eax; movw %%ax, %%fs; movw %%ax, %%gs"));
    CHECK("framework.gdt.code_loaded", NO_FAULT,
          TRY("ljmp $9, $7f; 7: movl %%cs, %%eax"));
    CHECK("framework.gdt.cs", SELECTOR(OWN_CODE), tried.eax & 0xFFFF);
    CHECK("framework.gdt.exception", FAULT(6, 0), TRY("ud2"));
    CHECK("framework.gdt.cs_in_frame", SELECTOR(OWN_CODE),
          tried.trap.cs & 0xFFFF);
    CHECK("framework.gdt.iret_to_it", SELECTOR(OWN_CODE),
          (TRY("movl %%cs, %%eax"), tried.eax & 0xFFFF));
    (void)TRY("ljmp $0xE019, $7f; 7:");
    tried.ecx = FLAT_KERNEL_DS;
    (void)TRY("movw %%cx, %%ds; movw %%cx, %%es; movw %%cx, %%ss");
}

static void start_of_day(void)
{
    symbols();
    CHECK("framework.cpuid.basic", 0, leaves_that_fault(0));
    CHECK("framework.cpuid.hypervisor", 0, leaves_that_fault(0x40000000));
    CHECK("framework.cpuid.extended", 0, leaves_that_fault(0x80000000u));
    CHECK("framework.callback.sysenter", 0,
          callback(CALLBACKTYPE_sysenter, own_entry));
    CHECK("framework.callback.syscall32", 0,
          callback(CALLBACKTYPE_syscall32, own_entry));
    gdt_load();
    CHECK("framework.stack_switch", 0,
          hypercall_2(stack_switch, FLAT_KERNEL_DS,
                      kernel_stack + sizeof(kernel_stack)));
    CHECK("framework.page_0_away", 0,
          hypercall_4(update_va_mapping, 0, 0, 0, UVMF_INVLPG));
    CHECK("framework.page_0_faults", FAULT(14, 0), try_read(0));
    CHECK("framework.page_0_jumped_to", FAULT(14, 0),
          TRY_EAX(0, "jmp *%%eax") & ~0x10u);
}

/* --- Ring 3 ----------------------------------------------------------------- */

USER(run_selectors, "movl %cs, %eax; shll $16, %eax; movw %ss, %ax; int $0x20");
USER(run_eax, "int $0x20");
USER(run_flags, "pushfl; popl %eax; int $0x20");
USER(run_stack, "movl %esp, %eax; int $0x20");
USER(run_own, "int $0x21; int $0x20");
USER(run_system_call, "int $0x80");
/* A watched word goes into SS: the exception waits for the instruction behind,
 * and finds the processor where no hypervisor expects it (XSA-260). */
USER(run_watched_int3, "movw run_watched_word, %ss; int3; "
     "movl $0x5EE, %eax; int $0x20; .balign 4; .globl run_watched_word; "
     "run_watched_word: .long 0xE033");
USER(run_watched_own, "movw run_watched_word, %ss; int $0x21; "
     "movl $0x5EE, %eax; int $0x20");
USER(run_watched_syscall, "movw run_watched_word, %ss; syscall");
extern const uint32_t run_watched_word;

static void ring_3(void)
{
    vector_set(VECTOR_RETURN, ring3_return, 3);
    vector_set(VECTOR_OWN, own_entry, 3);
    CHECK("framework.ring3.eax", 0x600D,
          ring3_run(run_eax, GUEST_FLAG_IF));
    CHECK("framework.ring3.selectors", 0xE02BE033,
          ring3_run(run_selectors, GUEST_FLAG_IF));
    CHECK("framework.ring3.esp", (uint32_t)user_stack + 4096,
          ring3_run(run_stack, GUEST_FLAG_IF));
    CHECK("framework.ring3.flags", GUEST_FLAG_IF,
          ring3_run(run_flags, GUEST_FLAG_IF | ALL_IOPL) &
              (GUEST_FLAG_IF | ALL_IOPL));
    CHECK("framework.ring3.flags_if_clear", GUEST_FLAG_IF,
          ring3_run(run_flags, 2) & GUEST_FLAG_IF);
    CHECK("framework.ring3.mask_from_flags", 1, UPCALL_MASK);
    CHECK("framework.ring3.own_vector", 0x700D,
          ring3_run(run_own, GUEST_FLAG_IF));
    vector_set(VECTOR_OWN, own_entry, 1);
    CHECK("framework.ring1.own_vector", NO_FAULT,
          TRY_EAX(0x234, "int $0x21"));
    CHECK("framework.ring1.own_vector.eax", 0x1234, tried.eax);
    CHECK("framework.ring3.own_vector_dpl1", FAULT(13, 0x10A),
          try_user(run_own));
    UPCALL_MASK = 1;
}

/** The kernel's stack is on a page that ring 3 may use, too (XSA-183). */
static void stack_on_user_page(void)
{
    hypercall_2(stack_switch, FLAT_KERNEL_DS, user_stack + 2048);
    CHECK("framework.user_stack.return", 0x600D,
          ring3_run(run_eax, GUEST_FLAG_IF | 0x40000));
    hypercall_2(stack_switch, FLAT_KERNEL_DS,
                kernel_stack + sizeof(kernel_stack));
    UPCALL_MASK = 1;
}

/** INT 0x80 without an entry (XSA-259); then with one. */
static void system_call(void)
{
    CHECK("framework.set_trap_table.none", 0,
          hypercall_1(set_trap_table, 0));
    trap_ready(13, 0);
    CHECK("framework.int80.no_entry", FAULT(13, 0x402),
          try_user(run_system_call));
    traps_ready();
    vector_set(VECTOR_RETURN, ring3_return, 3);
    vector_set(VECTOR_SYSTEM_CALL, ring3_return, 3);
    CHECK("framework.int80.entry", 0x600D,
          ring3_run(run_system_call, GUEST_FLAG_IF));
    UPCALL_MASK = 1;
}

/* --- The debug registers ----------------------------------------------------- */

static int32_t debugreg(uint32_t number, uint32_t value)
{
    return hypercall_2(set_debugreg, number, value);
}

/** Any of the real processor's moments is right for the exception, if there is
 *  one: what counts is that the application goes on, and nobody else stops. */
static void watched_stack_selector(void)
{
    vector_set(1, debug_entry, 0);
    vector_set(3, own_entry, 3);
    vector_set(VECTOR_OWN, own_entry, 3);
    CHECK("framework.watched_ss.dr0", 0,
          debugreg(0, (uint32_t)&run_watched_word));
    CHECK("framework.watched_ss.dr7", 0, debugreg(7, 0x000F0303));
    CHECK("framework.watched_ss.int3", 0x5EE,
          ring3_run(run_watched_int3, GUEST_FLAG_IF));
    CHECK("framework.watched_ss.own_vector", 0x5EE,
          ring3_run(run_watched_own, GUEST_FLAG_IF));
    CHECK("framework.watched_ss.syscall", FAULT(6, 0),
          try_user(run_watched_syscall));
    debugreg(0, (uint32_t)&watched_ring1);
    tried.ebx = XENVER_version;
    tried.ecx = 0;
    (void)TRY_EAX(__HYPERVISOR_xen_version,
                  "movw watched_ring1, %%ss; int $0x82");
    CHECK("framework.watched_ss.hypercall", 4, tried.eax >> 16);
    debugreg(7, 0);
    debugreg(6, 0);
    debugreg(0, 0);
    trap_ready(1, 0);
    trap_ready(3, 3);
    UPCALL_MASK = 1;
}

/* --- Who may touch ports and interrupts --------------------------------------- */

USER(user_cli, "cli");
USER(user_sti, "sti");
USER(user_in, "inb $0x80, %al");
USER(user_out, "outb %al, $0x80");

/** What goes through: bits 0-3 in ring 1, 4-7 in ring 3. */
static ALONE uint32_t allowed(void)
{
    uint32_t bits = 0;

    bits |= (TRY("cli") == NO_FAULT) << 0;
    bits |= (TRY("sti") == NO_FAULT) << 1;
    bits |= (TRY("inb $0x80, %%al") == NO_FAULT) << 2;
    bits |= (TRY("outb %%al, $0x80") == NO_FAULT) << 3;
    bits |= (try_user(user_cli) == WENT_THROUGH) << 4;
    bits |= (try_user(user_sti) == WENT_THROUGH) << 5;
    bits |= (try_user(user_in) == WENT_THROUGH) << 6;
    bits |= (try_user(user_out) == WENT_THROUGH) << 7;
    return bits;
}

/** IOPL of EFLAGS by the iret hypercall, from ring 1 to ring 1. */
static ALONE void flags_by_iret(uint32_t flags)
{
    tried.ecx = flags;
    (void)TRY_EAX(0, "pushl %%ecx; pushl $0xE019; pushl $1f; "
                     "jmp hypercall_page + 23 * 32");
}

static ALONE uint32_t iopl_in_frame(void)
{
    (void)TRY("ud2");
    return tried.trap.eflags & ALL_IOPL;
}

static ALONE uint32_t iopl_pushed(void)
{
    (void)TRY("pushfl; popl %%eax");
    return tried.eax & ALL_IOPL;
}

static void levels(void)
{
    static const uint8_t by_call[4] = { 0x00, 0x0F, 0x0F, 0xFF };
    static const uint8_t by_flags[4] = { 0x0F, 0x0F, 0x0F, 0xFF };

    for (uint32_t level = 0; level < 4; level++) {
        struct physdev_set_iopl op = { .iopl = level };

        CHECK("framework.iopl.set", 0,
              hypercall_2(physdev_op, PHYSDEVOP_set_iopl, &op));
        CHECK("framework.iopl.allowed", by_call[level], allowed());
        CHECK("framework.iopl.in_frame", 0, iopl_in_frame());
    }
    CHECK("framework.iopl.assist", 0,
          hypercall_2(vm_assist, VMASST_CMD_enable,
                      VMASST_TYPE_architectural_iopl));
    for (uint32_t level = 0; level < 4; level++) {
        flags_by_iret(2 | IOPL(level));
        CHECK("framework.iopl.assist.in_frame", IOPL(level),
              iopl_in_frame());
        CHECK("framework.iopl.assist.allowed", by_flags[level], allowed());
        CHECK("framework.iopl.assist.pushf", 0, iopl_pushed());
    }
    flags_by_iret(2);
    hypercall_2(vm_assist, VMASST_CMD_disable,
                VMASST_TYPE_architectural_iopl);
    UPCALL_MASK = 1;
}

/* --- Operands in memory -------------------------------------------------------- */

#define BEYOND "0xFFFFF000" /* of the flat segments' limit */

USER(user_by_ebp, "movl $" BEYOND ", %ebp; movl (%ebp), %eax");
USER(user_by_esp, "movl $" BEYOND ", %esp; movl (%esp), %eax");
USER(user_push, "movl $" BEYOND ", %esp; pushl %eax");
USER(user_ebp_ds, "movl $" BEYOND ", %ebp; movl %ds:(%ebp), %eax");

static uint32_t beyond(void)
{
    tried.eax = 0xFFFFF000;
    return tried.eax;
}

/** SS is the segment of what EBP and ESP point to, else DS. */
static void segments_of_operands(void)
{
    CHECK_EXACT("framework.operand.by_eax", FAULT(13, 0),
                (beyond(), TRY("movl (%%eax), %%ecx")));
    CHECK_EXACT("framework.operand.stored", FAULT(13, 0),
                (beyond(), TRY("movl %%ecx, (%%eax)")));
    CHECK_EXACT("framework.operand.pushed", FAULT(13, 0),
                (beyond(), TRY("pushl (%%eax)")));
    CHECK_EXACT("framework.operand.called", FAULT(13, 0),
                (beyond(), TRY("call *(%%eax)")));
    CHECK_EXACT("framework.operand.ss_eax", FAULT(12, 0),
                (beyond(), TRY("movl %%ss:(%%eax), %%ecx")));
    CHECK_EXACT("framework.operand.esp_eax", FAULT(12, 0),
                (beyond(), TRY("subl %%esp, %%eax; "
                               "movl (%%esp,%%eax), %%ecx")));
    CHECK_EXACT("framework.operand.esp_eax_ds", FAULT(13, 0),
                (beyond(), TRY("subl %%esp, %%eax; "
                               "movl %%ds:(%%esp,%%eax), %%ecx")));
    CHECK_EXACT("framework.operand.ring3.by_ebp", FAULT(12, 0),
                try_user(user_by_ebp));
    CHECK_EXACT("framework.operand.ring3.by_ebp_ds", FAULT(13, 0),
                try_user(user_ebp_ds));
    CHECK_EXACT("framework.operand.ring3.by_esp", FAULT(12, 0),
                try_user(user_by_esp));
    CHECK_EXACT("framework.operand.ring3.push", FAULT(12, 0),
                try_user(user_push));
    CHECK_EXACT("framework.operand.null_gs", FAULT(13, 0),
                TRY_EAX(0, "movw %%ax, %%gs; movl %%gs:(%%eax), %%ecx"));
}

/* --- Calls with a history ------------------------------------------------------ */

USER(user_after_multicall, "movl $0x3333, %eax; int $0x20");

uint32_t multicall_to_ring3(struct multicall_entry *list, uint32_t nr);
/* As ring3_run(), but the iret is a multicall's entry. */
__asm__(".text\nmulticall_to_ring3:\n\t"
        "pushl %ebp\n\tpushl %ebx\n\tpushl %esi\n\tpushl %edi\n\t"
        "movl %esp, ring3_saved_esp\n\t"
        "movl 20(%esp), %ebx\n\tmovl 24(%esp), %ecx\n\t"
        "pushl $0xE033\n\tpushl $user_stack + 4096\n\tpushl $0x202\n\t"
        "pushl $0xE02B\n\tpushl $user_after_multicall\n\tpushl $0\n\t"
        "movl $13, %eax\n\tint $0x82\n\tud2");

/** Nothing is made for an application that a multicall returned to
 *  (XSA-213). */
static void multicall_returns(void)
{
    static struct multicall_entry list[3];

    for (unsigned i = 0; i < 3; i++)
        list[i] = (struct multicall_entry){
            .op = i == 1 ? __HYPERVISOR_iret : __HYPERVISOR_xen_version,
            .result = 119, .args = { XENVER_pagesize },
        };
    CHECK("framework.multicall.to_ring3", 0x3333,
          multicall_to_ring3(list, 3));
    CHECK("framework.multicall.before", 4096, list[0].result);
    CHECK("framework.multicall.behind", 119, list[2].result);
    UPCALL_MASK = 1;
}

/** Tables of descriptors at address 0, which is not mapped (XSA-298). */
static void null_ldt(void)
{
    CHECK("framework.ldt.none", FAULT(13, 4), TRY("lcall $7, $0"));
    CHECK("framework.ldt.at_0", 0, mmuext(MMUEXT_SET_LDT, 0, 1));
    CHECK("framework.ldt.at_0.call", FAULT(14, 0), TRY("lcall $7, $0"));
    CHECK("framework.ldt.at_0.cr2", 0,
          shared_info->vcpu_info[0].arch.cr2);
    CHECK("framework.ldt.at_0.beyond", FAULT(13, 12), TRY("lcall $15, $0"));
    CHECK("framework.ldt.none_again", 0, mmuext(MMUEXT_SET_LDT, 0, 0));
}

/** A slot of the L3 goes from one L2 to another, and back; each is what is
 *  seen at once (XSA-286). The entries have the flags of other levels. */
static void changing_l2(void)
{
    uint64_t *l3 = live_l3();
    uint64_t slot = entry_address(&l3[1]), flags = PTE_P | PTE_RW | PTE_A;
    const volatile uint32_t *seen = (const uint32_t *)0x40000000;

    for (unsigned i = 0; i < 2; i++) {
        scratch[3 * i][0] = page_entry(3 * i + 2, PTE_P | PTE_RW);
        scratch[3 * i + 1][0] = page_entry(3 * i, PTE_P | PTE_RW | PTE_US);
        scratch[3 * i + 2][0] = 0x1111 * (i + 1);
        page_close(3 * i);
        page_close(3 * i + 1);
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned n = i % 2;

        CHECK("framework.l2.changed", 0,
              update(slot, page_entry(3 * n + 1, flags | PTE_D)));
        CHECK("framework.l2.seen", 0x1111 * (n + 1), *seen);
    }
    CHECK("framework.l2.away", 0, update(slot, 0));
    CHECK("framework.l2.away.faults", FAULT(14, 0), try_read(0x40000000));
}

static int32_t grants(unsigned op, void *arg)
{
    return hypercall_3(grant_table_op, op, arg, 1);
}

/** The table, as many frames as are said to be possible. */
static void grant_frames(void)
{
    static uint8_t place[8][4096] __attribute__((aligned(4096)));
    xen_pfn_t frames[8];
    gnttab_set_version_t version = { 2 };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 8 };
    int32_t second = grants(GNTTABOP_set_version, &version);

    CHECK("framework.grants.version_2", 1,
          second == 0 || second == -XEN_ENOSYS);
    version.version = 1;
    CHECK("framework.grants.version_1", 0,
          grants(GNTTABOP_set_version, &version));
    set_xen_guest_handle_raw(setup.frame_list, frames);
    CHECK("framework.grants.setup", 0,
          grants(GNTTABOP_setup_table, &setup));
    CHECK("framework.grants.setup.status", GNTST_okay, setup.status);
    for (unsigned i = 0; i < 8; i++)
        CHECK("framework.grants.mapped", 0,
              page_map(place[i], frame_entry(frames[i], L1_ALL)));
}

/** FIFO events do not exist, and trying leaves nothing behind (XSA-188); ports
 *  end where the interface says (XSA-317). */
static void events(void)
{
    struct evtchn_init_control control = { .control_gfn = ~0ull };
    struct evtchn_expand_array array = { .array_gfn = 0 };
    struct evtchn_alloc_unbound alloc = { DOMID_SELF, DOMID_SELF, 0 };
    struct evtchn_status status = { .dom = DOMID_SELF, .port = 40 };
    struct evtchn_reset reset = { DOMID_SELF };
    uint32_t last = 0;
    int32_t result;

    CHECK("framework.events.status_of_a_free_port", -XEN_EINVAL,
          hypercall_2(event_channel_op, EVTCHNOP_status, &status));
    CHECK("framework.events.init_control", -XEN_EINVAL,
          hypercall_2(event_channel_op, EVTCHNOP_init_control, &control));
    result = hypercall_2(event_channel_op, EVTCHNOP_expand_array, &array);
    CHECK("framework.events.expand_array", 1,
          result == -XEN_ENOSYS || result == -XEN_EOPNOTSUPP);
    for (unsigned i = 0; i < 4100 && result != -XEN_ENOSPC; i++) {
        result = hypercall_2(event_channel_op, EVTCHNOP_alloc_unbound,
                             &alloc);
        last = result == 0 ? alloc.port : last;
    }
    CHECK("framework.events.until", -XEN_ENOSPC, result);
    CHECK("framework.events.last", 1023, last);
    status.port = last;
    CHECK("framework.events.status", 0,
          hypercall_2(event_channel_op, EVTCHNOP_status, &status));
    CHECK("framework.events.status.unbound", EVTCHNSTAT_unbound,
          status.status);
    CHECK("framework.events.reset", 0,
          hypercall_2(event_channel_op, EVTCHNOP_reset, &reset));
}

void family(void)
{
    traps_ready();
    trap_return_by_hypercall = true;
    start_of_day();
    ring_3();
    stack_on_user_page();
    system_call();
    watched_stack_selector();
    levels();
    segments_of_operands();
    multicall_returns();
    null_ldt();
    changing_l2();
    grant_frames();
    events();
}
