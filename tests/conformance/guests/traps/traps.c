/* SPDX-License-Identifier: MIT */
/**
 * @page conformance_traps Conformance: exceptions and software interrupts
 *
 * Property: every exception reaches the guest's handler with the frame of the
 * interface: its words, the saved mask, the flags in it and those in the
 * handler, for rings 1 and 3.
 *
 * Method: one instruction after the other; the handler keeps what it finds.
 * Names are those of the observations (sections frame, set_trap_table, iret).
 */
#include "check.h"

#define FLAG_TF 0x00000100u
#define FLAG_IF 0x00000200u
#define FLAG_DF 0x00000400u
#define FLAG_IOPL 0x00003000u
#define FLAG_NT 0x00004000u
#define FLAG_RF 0x00010000u
#define FLAG_AC 0x00040000u
#define FLAG_ID 0x00200000u

/** What a row of the observations says about a frame. */
struct expected {
    const char *name;
    unsigned vector;
    uint32_t error;
    uint32_t bytes;
    uint32_t offset;
    unsigned saved_mask;
    unsigned mask_in_handler;
};

/** Compare all that frames have in common; one check, the first difference
 *  is what it shows. */
static void check_frame(const struct expected *e)
{
    const uint32_t got[] = {
        caught.vector, caught.trap.error, caught.frame_bytes, caught.offset,
        caught_mask(), caught.mask_in_handler,
        (caught.trap.eflags & FLAG_IF) != 0, caught.trap.eflags & FLAG_IOPL,
        caught.trap.cs >> 24,
        caught.handler_eflags & (FLAG_TF | FLAG_NT), /* never both */
        (caught.handler_eflags & FLAG_IF) != 0,
    };
    const uint32_t wanted[] = {
        e->vector, e->error, e->bytes, e->offset, e->saved_mask,
        e->mask_in_handler, e->saved_mask == 0, 0, 0, 0, 1,
    };

    for (unsigned i = 0; i < sizeof(got) / sizeof(got[0]); i++)
        if (got[i] != wanted[i]) {
            say("difference in field %u: ", i);
            check(e->name, false, got[i], wanted[i]);
            return;
        }
    check(e->name, true, e->vector, e->vector);
}

#define FRAME(...) check_frame(&(struct expected){ __VA_ARGS__ })

/** Exceptions in ring 1, events masked and not. */
static void exceptions(void)
{
    TRY_MASK(1, "xorl %%ecx, %%ecx; divl %%ecx");
    FRAME("frame.de.masked", 0, 0, 12, 2, 1, 1);
    TRY_MASK(0, "xorl %%ecx, %%ecx; divl %%ecx");
    FRAME("frame.de.unmasked", 0, 0, 12, 2, 0, 0);
    TRY("ud2");
    FRAME("frame.ud", 6, 0, 12, 0, 1, 1);
    TRY("hlt");
    FRAME("frame.gp.masked", 13, 0, 16, 0, 1, 1);
    TRY("movl 0x30000000, %%eax");
    FRAME("frame.pf.read_unmapped", 14, 0, 16, 0, 1, 1);
    check_eq("frame.pf.read_unmapped.cr2", caught.cr2, 0x30000000);
    TRY("movl %%eax, 0x30000000");
    FRAME("frame.pf.write_unmapped", 14, 2, 16, 0, 1, 1);
    TRY("movl %%eax, 0xF5800000");
    FRAME("frame.pf.write_ro", 14, 3, 16, 0, 1, 1);
    TRY("movl 0, %%eax");
    FRAME("frame.pf.null_page", 14, 0, 16, 0, 1, 1);
    TRY("movl $bound_limits, %%ecx; movl $7, %%eax; bound %%eax, (%%ecx)");
    FRAME("frame.bound", 5, 0, 12, 10, 1, 1);
    TRY("movl $0x2000, %%eax; movl %%eax, %%gs");
    FRAME("frame.gp.bad_selector", 13, 0x2000, 16, 5, 1, 1);
}

__asm__(".section .rodata\n.align 4\nbound_limits: .long 0, 6\n.previous");

static void software_interrupts(void)
{
    TRY("int3");
    FRAME("frame.int3", 3, 0, 12, 1, 1, 1);
    TRY(".byte 0xCD, 3");
    FRAME("frame.int_3_two_bytes", 3, 0, 12, 2, 1, 1);
    TRY("movb $0x7F, %%al; addb $1, %%al; into; nop");
    FRAME("frame.into", 4, 0, 12, 5, 1, 1);
    TRY("int $4");
    FRAME("frame.int_4", 4, 0, 12, 2, 1, 1);
    TRY_MASK(1, "int $0x90");
    FRAME("frame.int_90_dpl1.masked", 0x90, 0, 12, 2, 1, 1);
    TRY_MASK(0, "int $0x90");
    FRAME("frame.int_90_dpl1.unmasked", 0x90, 0, 12, 2, 0, 0);
    TRY_MASK(0, "int $0x92");
    FRAME("frame.int_92_masking.unmasked", 0x92, 0, 12, 2, 0, 1);
    TRY_MASK(1, "int $0x92");
    FRAME("frame.int_92_masking.masked", 0x92, 0, 12, 2, 1, 1);
    TRY("int $0x91");
    FRAME("frame.int_91_dpl0", 13, 0x48A, 16, 0, 1, 1);
    TRY("int $0");
    FRAME("frame.int_0_dpl0", 13, 0x02, 16, 0, 1, 1);
    TRY("int $2");
    FRAME("frame.int_2_dpl0", 13, 0x12, 16, 0, 1, 1);
    TRY("int $14");
    FRAME("frame.int_14_dpl0", 13, 0x72, 16, 0, 1, 1);
    TRY("int $0xFE");
    FRAME("frame.int_unset", 13, 0x7F2, 16, 0, 1, 1);
}

static void flags(void)
{
    TRY("pushfl; orl $0x4000, (%%esp); popfl; ud2");
    check_eq("frame.ud_with_nt", caught.trap.eflags & FLAG_NT, FLAG_NT);
    check_eq("frame.ud_with_nt.handler", caught.handler_eflags & FLAG_NT, 0);
    TRY("std; ud2");
    check_eq("frame.ud_with_df", caught.trap.eflags & FLAG_DF, FLAG_DF);
    TRY("pushfl; orl $0x40000, (%%esp); popfl; ud2");
    check_eq("frame.ud_with_ac", caught.trap.eflags & FLAG_AC, FLAG_AC);
    check_eq("frame.ud_with_ac.handler", caught.handler_eflags & FLAG_AC,
             FLAG_AC);
    TRY("pushfl; orl $0x200000, (%%esp); popfl; ud2");
    check_eq("frame.ud_with_id", caught.trap.eflags & FLAG_ID, FLAG_ID);
    TRY("pushfl; orl $0x100, (%%esp); popfl; nop; nop");
    check_eq("frame.db_single_step", caught.vector, 1);
    check_eq("frame.db_single_step.dr6",
             (uint32_t)hypercall_1(get_debugreg, 6), 0xFFFF4FF0);
    check_eq("frame.db_single_step.handler", caught.handler_eflags & FLAG_TF,
             0);
    hypercall_2(set_debugreg, 6, 0);
    TRY("pushfl; orl $0x3000, (%%esp); popfl; ud2");
    check_eq("frame.iopl_by_popf", caught.trap.eflags & FLAG_IOPL, 0);
}

USER_PROGRAM(nothing, "nop");
USER_PROGRAM(int80, "int $0x80");
USER_PROGRAM(int90, "int $0x90");
USER_PROGRAM(int91, "int $0x91");
USER_PROGRAM(int82, "int $0x82");
USER_PROGRAM(int3, "int3");
USER_PROGRAM(de, "xorl %ecx, %ecx; divl %ecx");
USER_PROGRAM(ud2, "ud2");
USER_PROGRAM(cli, "cli");
USER_PROGRAM(mov_from_cr0, "movl %cr0, %eax");
USER_PROGRAM(read_unmapped, "movl 0x30000000, %eax");
USER_PROGRAM(read_supervisor, "movl image_start, %eax");
USER_PROGRAM(read_m2p, "movl 0xF5800000, %eax");
USER_PROGRAM(pushf, "pushfl; popl %eax");
USER_PROGRAM(popf_iopl3, "pushfl; orl $0x3000, (%esp); popfl");
USER_PROGRAM(load_gs_ring1, "movl $0xE021, %eax; movl %eax, %gs");
USER_PROGRAM(load_gs_ring3, "movl $0xE033, %eax; movl %eax, %gs");

static void from_ring3(void)
{
    try_user(user_nothing);
    FRAME("frame.ring3.int81", 0x81, 0, 20, 3, 1, 1);
    check_eq("frame.ring3.ss", caught.trap.ss & 0xFFFF, 0xE033);
    try_user(user_int90);
    FRAME("frame.ring3.int90_dpl1", 13, 0x482, 24, 0, 1, 1);
    try_user(user_int91);
    FRAME("frame.ring3.int91_dpl0", 13, 0x48A, 24, 0, 1, 1);
    try_user(user_int82);
    FRAME("frame.ring3.int82", 13, 0x412, 24, 0, 1, 1);
    try_user(user_int3);
    FRAME("frame.ring3.int3", 3, 0, 20, 1, 1, 1);
    try_user(user_de);
    FRAME("frame.ring3.de", 0, 0, 20, 2, 1, 1);
    try_user(user_ud2);
    FRAME("frame.ring3.ud2", 6, 0, 20, 0, 1, 1);
    try_user(user_cli);
    FRAME("frame.ring3.cli", 13, 0, 24, 0, 1, 1);
    try_user(user_mov_from_cr0);
    FRAME("frame.ring3.mov_from_cr0", 13, 0, 24, 0, 1, 1);
    try_user(user_read_unmapped);
    FRAME("frame.ring3.read_unmapped", 14, 4, 24, 0, 1, 1);
    try_user(user_read_supervisor);
    FRAME("frame.ring3.read_supervisor_page", 14, 5, 24, 0, 1, 1);
    try_user(user_read_m2p);
    FRAME("frame.ring3.read_m2p", 14, 5, 24, 0, 1, 1);
    try_user(user_load_gs_ring1);
    FRAME("frame.ring3.load_gs_ring1", 13, 0xE020, 24, 5, 1, 1);
    try_user(user_load_gs_ring3);
    FRAME("frame.ring3.load_gs_ring3", 0x81, 0, 20, 9, 1, 1);
    try_user(user_pushf);
    check_eq("frame.ring3.pushf.value",
             caught.trap.eax & (FLAG_IF | FLAG_IOPL), FLAG_IF);
    try_user(user_popf_iopl3);
    check_eq("frame.ring3.popf_iopl3", caught.trap.eflags & FLAG_IOPL, 0);
}

/** INT 0x80 comes by the hardware alone: the frame is the hardware's. */
static void direct_trap(void)
{
    try_user(user_int80);
    check_eq("frame.ring3.int80", caught.vector, 0x80);
    check_eq("frame.ring3.int80.bytes", caught.frame_bytes, 20);
    check_eq("frame.ring3.int80.offset", caught.offset, 2);
    check_eq("frame.ring3.int80.cs", caught.trap.cs & 0xFFFF, 0xE02B);
    TRY("int $0x80");
    check_eq("frame.int80", caught.vector, 0x80);
    check_eq("frame.int80.bytes", caught.frame_bytes, 12);
}

static void limits(void)
{
    if (!machine_has_limits) {
        check_skip("limit.last_byte", "no segment limits");
        check_skip("limit.next_byte", "no segment limits");
        check_skip("limit.across", "no segment limits");
        check_skip("limit.top", "no segment limits");
        return;
    }
    TRY("movb 0xF67FFFFF, %%al");
    check_eq("limit.last_byte", caught.vector == 13, 0);
    TRY("movb 0xF6800000, %%al");
    FRAME("limit.next_byte", 13, 0, 16, 0, 1, 1);
    TRY("movl 0xF67FFFFD, %%eax");
    FRAME("limit.across", 13, 0, 16, 0, 1, 1);
    TRY("movl 0xFFFFFFFC, %%eax");
    FRAME("limit.top", 13, 0, 16, 0, 1, 1);
}

void guest_main(const start_info_t *start)
{
    (void)start;
    check_begin();
    exceptions();
    software_interrupts();
    flags();
    from_ring3();
    direct_trap();
    limits();
    check_end();
}
