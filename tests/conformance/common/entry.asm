; SPDX-License-Identifier: MIT
;
; Entries that note what the processor was like at the first instruction of a
; handler, and go on to the runtime's own.

%include "runtime_offsets.inc"

        global  probe_entry
        global  failsafe_entry
        extern  failsafe_noted
        extern  try_resume
        extern  try_esp
        extern  trap_entry
        extern  probe_eflags
        extern  probe_esp

        section .text

; What is noted goes through SS: DS may be ring 3's, or null.
%assign vector 0
%rep 256
probe_ %+ vector:
        mov     [ss:probe_esp], esp
        pushfd
        pop     dword [ss:probe_eflags]
        jmp     [ss:trap_entry + vector * 4]
%assign vector vector + 1
%endrep

; The failsafe callback. On the stack: ds es fs gs eip cs eflags; the registers
; that could not be loaded are null.
failsafe_entry:
        mov     eax, KERNEL_DS
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        push    esp
        call    failsafe_noted
        mov     esp, [try_esp]
        jmp     [try_resume]

        section .rodata
        align   4
; C: const uint32_t probe_entry[256]
probe_entry:
%assign vector 0
%rep 256
        dd      probe_ %+ vector
%assign vector vector + 1
%endrep
