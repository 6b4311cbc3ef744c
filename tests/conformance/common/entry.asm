; SPDX-License-Identifier: MIT
;
; Entries that note what the processor was like at the first instruction of a
; handler, and go on to the runtime's own.

        global  probe_entry
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

        section .rodata
        align   4
; C: const uint32_t probe_entry[256]
probe_entry:
%assign vector 0
%rep 256
        dd      probe_ %+ vector
%assign vector vector + 1
%endrep
