; SPDX-License-Identifier: MIT
;
; The way of a hypercall into ring 0: `int 0x82` from ring 1.
;
; EAX holds the number, EBX ECX EDX ESI EDI EBP the arguments; EAX takes the
; result, and every other register is as before. The frame is the trap frame
; of segmentation.h, whose lowest six words are the arguments in their order.

%include "layout.inc"
%include "segmentation_offsets.inc"
%include "src/hypervisor/arch/segmentation_frame.inc"

        global  hypercall_entry
        extern  hypercall_dispatch
        extern  exit_to_guest

        section .text

; C: never called; the gate of HYPERCALL_VECTOR points here, and its DPL of 1
; lets only ring 1 (and 0, which never does) through.
; In: ss esp eflags cs eip on the stack, segment registers the guest's.
hypercall_entry:
        push    dword HYPERCALL_VECTOR << 16
        push_general
        save_segments
        load_hypervisor_segments
        cld                             ; the guest may have set it
        xor     ebp, ebp                ; a backtrace ends here
        push    esp
        call    hypercall_dispatch
        add     esp, 4
        jmp     exit_to_guest
