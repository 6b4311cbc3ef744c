// SPDX-License-Identifier: MIT
/**
 * @file shim.cc
 * The one file that knows Bochs' C++: it turns Bochs' callbacks into those
 * of cpu.h and answers its questions. No decision is made in here.
 *
 * Things to know of Bochs 3.0:
 *  - `prev_rip` is the address of the instruction that executes, RIP already
 *    the next one's; between instructions they are equal.
 *  - A fault is delivered by a longjmp out of the instruction, so nothing
 *    that needs a destructor may live across a callback.
 */
#include <initializer_list>

#define NEED_CPU_REG_SHORTCUTS 1
#include "bochs.h"
#include "cpu/cpu.h"
#include "cpu/decoder/ia_opcodes.h"
#include "gui/siminterface.h"
#include "memory/memory-bochs.h"
#include "pc_system.h"

#include "sim/bochs/cpu.h"

#define CPU (&bx_cpu)

// BX_ET_DOUBLE_FAULT, which exception.cc keeps to itself: a double fault is
// being delivered, so a further fault is the end of the machine.
static const unsigned DELIVERING_DOUBLE_FAULT = 10;

static unsigned char class_of[BX_IA_LAST];
static bool torn_down; // the memory is gone
static int budget_timer, step_timer; // 0: not made yet, as 0 is Bochs' own

/* --- The processor and its memory ---------------------------------------- */

void cpu_place(struct cpu_place *to)
{
    to->icount = CPU->get_icount();
    to->eip = CPU->prev_rip;
    to->cr3 = CPU->cr3;
    to->cs = CPU->sregs[BX_SEG_REG_CS].selector.value;
    to->ring = CPU->sregs[BX_SEG_REG_CS].selector.rpl;
    to->interrupt_pending = CPU->is_pending(BX_EVENT_PENDING_INTR |
                                            BX_EVENT_PENDING_LAPIC_INTR);
}

void cpu_now(struct cpu_now *to)
{
    to->icount = CPU->get_icount();
    to->eip = CPU->prev_rip;
    to->esp = CPU->get_reg32(BX_32BIT_REG_ESP);
    to->eflags = CPU->read_eflags();
    to->cr0 = CPU->cr0.get32();
    to->cr3 = CPU->cr3;
    to->cs = CPU->sregs[BX_SEG_REG_CS].selector.value;
    to->ss = CPU->sregs[BX_SEG_REG_SS].selector.value;
    to->ring = CPU->sregs[BX_SEG_REG_CS].selector.rpl;
}

void cpu_registers(struct event_registers *to)
{
    uint32_t *general = &to->eax;
    uint16_t *selector = &to->es;

    for (unsigned i = 0; i < 8; i++)
        general[i] = CPU->get_reg32(i);
    for (unsigned i = 0; i < 6; i++)
        selector[i] = CPU->sregs[i].selector.value;
    to->eip = CPU->get_instruction_pointer();
    to->eflags = CPU->read_eflags();
    to->cr0 = CPU->cr0.get32();
    to->cr2 = CPU->cr2;
    to->cr3 = CPU->cr3;
    to->cr4 = CPU->cr4.get32();
    to->efer = CPU->efer.get32();
}

uint32_t cpu_cr4(void)
{
    return CPU->cr4.get32();
}

void cpu_segment(enum machine_segment which, struct segment_cache *to)
{
    const bx_segment_reg_t *reg = which == SEGMENT_LDTR ? &CPU->ldtr :
        which == SEGMENT_TR ? &CPU->tr : &CPU->sregs[which];

    to->selector = reg->selector.value;
    to->valid = (reg->cache.valid & SegValidCache) != 0;
    to->present = reg->cache.p;
    to->system = !reg->cache.segment;
    to->dpl = reg->cache.dpl;
    to->type = reg->cache.type;
    to->big = reg->cache.u.segment.d_b;
    to->base = reg->cache.u.segment.base;
    to->limit = reg->cache.u.segment.limit_scaled;
}

void cpu_extra(struct machine_extra *to)
{
    const i387_t *fpu = &CPU->the_i387;

    memset(to, 0, sizeof(*to));
    for (unsigned i = 0; i < 4; i++)
        to->debug[i] = CPU->dr[i];
    to->debug_status = CPU->dr6.get32();
    to->debug_control = CPU->dr7.get32();
    to->fpu_words[0] = fpu->get_control_word();
    to->fpu_words[1] = fpu->get_status_word();
    to->fpu_words[3] = CPU->mxcsr.mxcsr;
    for (unsigned i = 0; i < 8; i++) {
        // By number, not by their place on the stack; 3 is "empty".
        to->fpu_words[2] |= ((fpu->get_tag_word() >> 2 * i & 3) != 3) << i;
        memcpy(to->fpu[i], &fpu->st_space[i].signif, 8);
        memcpy(to->fpu[i] + 8, &fpu->st_space[i].signExp, 2);
        memcpy(to->sse[i], &CPU->vmm[i], 16);
    }
}

void cpu_table(enum event_table which, struct table_register *to)
{
    const bx_global_segment_reg_t *reg =
        which == TABLE_GDT ? &CPU->gdtr : &CPU->idtr;

    to->base = reg->base;
    to->limit = reg->limit;
}

bool cpu_fetch(uint32_t *vaddr, uint64_t *maddr)
{
    // The window is the page that instructions are fetched from, through the
    // translation that the processor remembers. An instruction across two
    // pages leaves the second one in it.
    *vaddr = CPU->get_laddr32(BX_SEG_REG_CS, CPU->prev_rip);
    *maddr = CPU->pAddrFetchPage | (*vaddr & 0xFFF);
    return CPU->prev_rip + CPU->eipPageBias < CPU->eipPageWindowSize;
}

void cpu_pdpt(uint64_t entry[4])
{
    for (unsigned i = 0; i < 4; i++)
        entry[i] = CPU->PDPTR_CACHE.entry[i];
}

const uint8_t *cpu_memory(uint64_t maddr)
{
    bool rom = maddr >= 0x100000000ull - BIOSROMSZ && maddr < 0x100000000ull;

    if (torn_down || (maddr >= BX_MEM(0)->get_memory_len() && !rom))
        return NULL;
    return BX_MEM(0)->getHostMemAddr(NULL, maddr, BX_READ);
}

uint8_t *cpu_ram(uint64_t maddr)
{
    if (torn_down || maddr >= BX_MEM(0)->get_memory_len())
        return NULL;
    return BX_MEM(0)->getHostMemAddr(NULL, maddr, BX_WRITE);
}

uint64_t cpu_ram_bytes(void)
{
    return BX_MEM(0)->get_memory_len();
}

static void budget_over(void *)
{
    run_budget();
}

static void step(void *)
{
    run_step();
}

// The timer of the steps is the last one that there is: Bochs calls the timers
// that are due at one tick in their order, and cpu_pass() lets others become
// due while it does so.
void cpu_set_budget(uint64_t ticks)
{
    if (budget_timer) {
        bx_pc_system.activate_timer_ticks(budget_timer, ticks, false);
        return;
    }
    budget_timer = bx_pc_system.register_timer_ticks(NULL, budget_over, ticks,
                                                     0, 1, "budget");
    step_timer = bx_pc_system.register_timer_ticks(NULL, step, 1, 1, 0,
                                                   "step");
}

void cpu_step(bool on)
{
    if (on)
        bx_pc_system.activate_timer_ticks(step_timer, 1, true);
    else
        bx_pc_system.deactivate_timer(step_timer);
}

void cpu_pass(uint64_t ticks)
{
    while (ticks) {
        Bit32u part = ticks < 0x40000000 ? ticks : 0x40000000;

        bx_pc_system.tickn(part);
        ticks -= part;
    }
}

bool cpu_interrupts_on(void)
{
    return CPU->get_IF() != 0;
}

void cpu_exit(int status)
{
    // Not exit(): Bochs would tear down devices that are in use right now.
    fflush(NULL);
    _exit(status);
}

/* --- Bochs' callbacks ----------------------------------------------------- */

// What Bochs asks its user about, before it gives up: the machine asked a
// device for what it cannot do. Only then: the other events are not ours.
static BxEvent *user_is_asked(void *, BxEvent *event)
{
    if (event->type == BX_SYNC_EVT_LOG_DLG &&
        event->u.logmsg.level == LOGLEV_PANIC)
        run_device_failed(event->u.logmsg.msg);
    // A tick must not fail: Bochs takes that for the wish to quit.
    event->retcode = event->type == BX_SYNC_EVT_TICK ? 0 : -1;
    return event;
}

// Bochs ends by itself, having asked nobody (its port 0x8900).
static void ended_by_itself(void)
{
    torn_down = true;
    run_device_failed("it ended the simulator");
}

static void classify(unsigned bits, std::initializer_list<unsigned> opcodes)
{
    for (unsigned opcode : opcodes)
        class_of[opcode] |= bits;
}

void rf_init_env(void)
{
    classify(CPU_FAR | CPU_SEGMENT,
             { BX_IA_IRET_Op16, BX_IA_IRET_Op32, BX_IA_RETF_Op16,
               BX_IA_RETF_Op16_Iw, BX_IA_RETF_Op32, BX_IA_RETF_Op32_Iw,
               BX_IA_CALLF_Op16_Ap, BX_IA_CALLF_Op32_Ap, BX_IA_CALLF_Op16_Ep,
               BX_IA_CALLF_Op32_Ep, BX_IA_JMPF_Ap, BX_IA_JMPF_Op16_Ep,
               BX_IA_JMPF_Op32_Ep, BX_IA_SYSENTER, BX_IA_SYSEXIT });
    classify(CPU_SEGMENT,
             { BX_IA_MOV_SwEw, BX_IA_POP_Op16_Sw, BX_IA_POP_Op32_Sw,
               BX_IA_LDS_GdMp, BX_IA_LDS_GwMp, BX_IA_LES_GdMp, BX_IA_LES_GwMp,
               BX_IA_LFS_GdMp, BX_IA_LFS_GwMp, BX_IA_LGS_GdMp, BX_IA_LGS_GwMp,
               BX_IA_LSS_GdMp, BX_IA_LSS_GwMp });
    classify(CPU_LGDT, { BX_IA_LGDT_Ms });
    classify(CPU_LIDT, { BX_IA_LIDT_Ms });
    classify(CPU_LLDT, { BX_IA_LLDT_Ew });
    classify(CPU_LTR, { BX_IA_LTR_Ew });
    classify(CPU_CR0, { BX_IA_CLTS, BX_IA_LMSW_Ew });
    classify(CPU_TIME,
             { BX_IA_RDTSC, BX_IA_RDTSCP, BX_IA_RDPMC, BX_IA_RDMSR,
               BX_IA_WRMSR, BX_IA_HLT, BX_IA_MONITOR, BX_IA_MWAIT });
    atexit(ended_by_itself);
    run_init();
}

void rf_exit_env(void)
{
    ended_by_itself();
}

void rf_reset(unsigned)
{
    SIM->set_notify_callback(user_is_asked, NULL);
    run_reset();
}

void rf_before(bxInstruction_c *i)
{
    run_before(CPU->prev_rip, CPU->sregs[BX_SEG_REG_CS].selector.rpl,
               class_of[i->getIaOpcode()]);
}

void rf_hlt(void)
{
    run_halt(CPU->get_IF() != 0);
}

void rf_far_branch(unsigned what)
{
    if (what == BX_INSTR_IS_IRET)
        run_far_branch(CAUSE_IRET);
    else if (what == BX_INSTR_IS_SYSENTER)
        run_far_branch(CAUSE_SYSENTER);
    else if (what == BX_INSTR_IS_SYSEXIT)
        run_far_branch(CAUSE_SYSEXIT);
    else if (what != BX_INSTR_IS_INT) // run_delivery() has told that
        run_far_branch(CAUSE_FAR_BRANCH);
}

void rf_interrupt(unsigned vector)
{
    run_delivery(vector);
}

void rf_exception(unsigned vector, unsigned error)
{
    bool has_error = vector == 8 || (vector >= 10 && vector <= 14) ||
                     vector == 17;
    bool trap = vector == 3 || vector == 4;

    run_exception(vector, has_error && !CPU->real_mode(), error,
                  !trap && CPU->last_exception_type ==
                      DELIVERING_DOUBLE_FAULT);
}

void rf_hwinterrupt(unsigned vector)
{
    run_external(vector);
}

void rf_tlb_control(unsigned what, bx_phy_address value)
{
    switch (what) {
    case BX_INSTR_MOV_CR0:
        run_cr_write(0);
        break;
    case BX_INSTR_MOV_CR3:
        run_cr_write(3);
        break;
    case BX_INSTR_MOV_CR4:
        run_cr_write(4);
        break;
    case BX_INSTR_TASK_SWITCH:
        run_flush(FLUSH_TASK, value);
        break;
    case BX_INSTR_INVLPG:
        run_flush(FLUSH_INVLPG, value);
        break;
    }
}

void rf_in(unsigned port, unsigned bytes, unsigned value)
{
    run_port(false, port, bytes, value);
}

void rf_out(unsigned port, unsigned bytes, unsigned value)
{
    run_port(true, port, bytes, value);
}

void rf_linear(bx_address lin, bx_phy_address phy, unsigned bytes, unsigned rw)
{
    run_linear(lin, phy, bytes,
               rw == BX_READ ? ACCESS_READ :
               rw == BX_WRITE ? ACCESS_WRITE : ACCESS_MODIFY,
               CPU->sregs[BX_SEG_REG_CS].selector.rpl);
}

void rf_physical(bx_phy_address phy, unsigned bytes, unsigned rw)
{
    run_physical(phy, bytes, rw != BX_READ);
}

void rf_wrmsr(unsigned reg, Bit64u value)
{
    run_msr_write(reg, value);
}
