; SPDX-License-Identifier: MIT
;
; Copies that survive a page fault: ring 0 reads and writes guest memory at
; the guest's own addresses, and the guest may not have mapped them.
;
; Four bytes at a time, then the rest one by one. A fault stops the copy where
; it is; the exception table leads to `.fault`.

%include "segmentation_offsets.inc"
%include "src/hypervisor/arch/segmentation_frame.inc"

        global  arch_copy_may_fault
        global  arch_clear_may_fault

        section .text

; C: int arch_copy_may_fault(void *to, const void *from, size_t bytes)
; Out: EAX 0 or -EFAULT. Clobbers ECX, EDX.
arch_copy_may_fault:
        push    esi
        push    edi
        mov     edi, [esp + 12]
        mov     esi, [esp + 16]
        mov     edx, [esp + 20]
        mov     ecx, edx
        shr     ecx, 2
.words: rep     movsd
        mov     ecx, edx
        and     ecx, 3
.bytes: rep     movsb
        xor     eax, eax
.out:   pop     edi
        pop     esi
        ret
.fault: mov     eax, -ERROR_FAULT
        jmp     .out

        FIXUP   .words, .fault
        FIXUP   .bytes, .fault

; C: int arch_clear_may_fault(void *to, size_t bytes)
; Out: EAX 0 or -EFAULT. Clobbers ECX, EDX.
arch_clear_may_fault:
        push    edi
        mov     edi, [esp + 8]
        mov     edx, [esp + 12]
        xor     eax, eax
        mov     ecx, edx
        shr     ecx, 2
.words: rep     stosd
        mov     ecx, edx
        and     ecx, 3
.bytes: rep     stosb
.out:   pop     edi
        ret
.fault: mov     eax, -ERROR_FAULT
        jmp     .out

        FIXUP   .words, .fault
        FIXUP   .bytes, .fault
