; SPDX-License-Identifier: MIT
;
; The short way of a page fault into ring 0; the gate of vector 14 points here
; while the option `fast` is on. As trap_entry in segmentation_entry.asm, but
; for one vector and with another function behind it.

%include "layout.inc"
%include "segmentation_offsets.inc"
%include "src/hypervisor/arch/segmentation_frame.inc"

VECTOR_PAGE_FAULT equ 14

        global  fast_page_fault_entry
        extern  exit_to_guest
        extern  fast_page_fault
        extern  trap_from_ring0

        section .text

; C: never called. In: error code, eip, cs, eflags (esp, ss) on the stack.
fast_page_fault_entry:
        mov     word [esp + 2], VECTOR_PAGE_FAULT
        cld
        push_general
        test    byte [esp + FRAME_CS], 3
        jz      trap_from_ring0
        save_segments
        load_hypervisor_segments
        xor     ebp, ebp                ; a backtrace ends here
        push    esp
        call    fast_page_fault
        add     esp, 4
        jmp     exit_to_guest
