/* SPDX-License-Identifier: MIT */
/**
 * @file instrument.h
 * What Bochs' own code calls, as macros that Bochs' instrumentation
 * interface expects under exactly these names. Bochs is compiled with this
 * file; a macro left empty costs nothing. The functions are in shim.cc.
 *
 * Everything that is compiled against this file is Bochs itself (40 s), so
 * it names only what must be known there: change shim.cc instead, which is
 * linked in a second.
 */
#ifndef SIM_BOCHS_INSTRUMENT_H
#define SIM_BOCHS_INSTRUMENT_H

class bxInstruction_c;

void rf_init_env(void);
void rf_exit_env(void);
void rf_reset(unsigned type);
void rf_hlt(void);
void rf_far_branch(unsigned what);
void rf_interrupt(unsigned vector);
void rf_exception(unsigned vector, unsigned error);
void rf_hwinterrupt(unsigned vector);
void rf_tlb_control(unsigned what, bx_phy_address value);
void rf_before(bxInstruction_c *i);
void rf_in(unsigned port, unsigned bytes, unsigned value);
void rf_out(unsigned port, unsigned bytes, unsigned value);
void rf_linear(bx_address lin, bx_phy_address phy, unsigned bytes,
               unsigned rw);
void rf_physical(bx_phy_address phy, unsigned bytes, unsigned rw);
void rf_wrmsr(unsigned reg, Bit64u value);

#define BX_INSTR_INIT_ENV() rf_init_env()
#define BX_INSTR_EXIT_ENV() rf_exit_env()
#define BX_INSTR_RESET(cpu, type) rf_reset(type)
#define BX_INSTR_HLT(cpu) rf_hlt()
#define BX_INSTR_FAR_BRANCH(cpu, what, pcs, peip, ncs, neip) \
    rf_far_branch(what)
#define BX_INSTR_INTERRUPT(cpu, vector) rf_interrupt(vector)
#define BX_INSTR_EXCEPTION(cpu, vector, error) rf_exception(vector, error)
#define BX_INSTR_HWINTERRUPT(cpu, vector, cs, eip) rf_hwinterrupt(vector)
#define BX_INSTR_TLB_CNTRL(cpu, what, value) rf_tlb_control(what, value)
#define BX_INSTR_BEFORE_EXECUTION(cpu, i) rf_before(i)
#define BX_INSTR_INP2(port, bytes, value) rf_in(port, bytes, value)
#define BX_INSTR_OUTP(port, bytes, value) rf_out(port, bytes, value)
#define BX_INSTR_LIN_ACCESS(cpu, lin, phy, bytes, memtype, rw) \
    rf_linear(lin, phy, bytes, rw)
#define BX_INSTR_PHY_ACCESS(cpu, phy, bytes, memtype, rw) \
    rf_physical(phy, bytes, rw)
#define BX_INSTR_WRMSR(cpu, reg, value) rf_wrmsr(reg, value)

/* Not needed. */
#define BX_INSTR_INITIALIZE(cpu)
#define BX_INSTR_EXIT(cpu)
#define BX_INSTR_MWAIT(cpu, addr, len, flags)
#define BX_INSTR_DEBUG_PROMPT()
#define BX_INSTR_DEBUG_CMD(cmd)
#define BX_INSTR_CNEAR_BRANCH_TAKEN(cpu, eip, new_eip)
#define BX_INSTR_CNEAR_BRANCH_NOT_TAKEN(cpu, eip)
#define BX_INSTR_UCNEAR_BRANCH(cpu, what, eip, new_eip)
#define BX_INSTR_OPCODE(cpu, i, opcode, len, is32, is64)
#define BX_INSTR_CLFLUSH(cpu, lin, phy)
#define BX_INSTR_CACHE_CNTRL(cpu, what)
#define BX_INSTR_PREFETCH_HINT(cpu, what, seg, offset)
#define BX_INSTR_AFTER_EXECUTION(cpu, i)
#define BX_INSTR_REPEAT_ITERATION(cpu, i)
#define BX_INSTR_INP(port, bytes)
#define BX_INSTR_VMEXIT(cpu, reason, qualification)

#endif
