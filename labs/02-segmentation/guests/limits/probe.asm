; SPDX-License-Identifier: MIT
;
; Loads and stores of one byte through each segment register; and INT n for
; every n, in ring 1 and in ring 3.

        global  probe_in_ring1
        global  probe_resume1
        global  probe_resume3
        global  user_probe
        global  user_segment
        global  user_address
        global  user_stack_top
        global  raise_vectors
        global  user_vectors

; In: eax = segment, 8 more for a store; ebx = the address. Goes on at %1.
%macro probes 1
        jmp     [%1_table + eax * 4]
%1_0:   mov     al, [es:ebx]
        jmp     %1
%1_1:   mov     al, [cs:ebx]
        jmp     %1
%1_2:   mov     al, [ss:ebx]
        jmp     %1
%1_3:   mov     al, [ds:ebx]
        jmp     %1
%1_4:   mov     al, [fs:ebx]
        jmp     %1
%1_5:   mov     al, [gs:ebx]
        jmp     %1
%1_8:   mov     [es:ebx], al
        jmp     %1
%1_9:   jmp     ebx                     ; no segment's store: execute there
%1_10:  mov     [ss:ebx], al
        jmp     %1
%1_11:  mov     [ds:ebx], al
        jmp     %1
%1_12:  mov     [fs:ebx], al
        jmp     %1
%1_13:  mov     [gs:ebx], al
        jmp     %1
        align   4
%1_table:
        dd      %1_0, %1_1, %1_2, %1_3, %1_4, %1_5, %1, %1
        dd      %1_8, %1_9, %1_10, %1_11, %1_12, %1_13
%endmacro

; INT n for all n but the one that ends the program in ring 3 and, in ring 1,
; the hypercalls' (0x82, which is made with the number of a call that asks the
; version).
%macro all_vectors 0
%assign n 0
%rep 256
%if n != 0x80
        mov     eax, 17                 ; xen_version
        mov     ebx, 0
        int     n
%endif
%assign n n + 1
%endrep
%endmacro

        section .text

; C: void probe_in_ring1(uint32_t segment, uint32_t address)
probe_in_ring1:
        push    ebx
        push    fs
        push    gs
        mov     eax, ds
        mov     fs, eax
        mov     gs, eax
        mov     eax, [esp + 16]
        mov     ebx, [esp + 20]
        probes  probe_resume1
probe_resume1:
        pop     gs
        pop     fs
        pop     ebx
        ret

; C: void raise_vectors(void)
raise_vectors:
        pushad
        all_vectors
        popad
        ret

        section .user progbits alloc exec write align=4096

user_probe:
        mov     eax, ds
        mov     fs, eax
        mov     gs, eax
        mov     eax, [user_segment]
        mov     ebx, [user_address]
        probes  probe_resume3
probe_resume3:
        int     0x80

user_vectors:
        all_vectors
        int     0x80

user_segment:
        dd      0
user_address:
        dd      0

        align   16
        times   1024 db 0
user_stack_top:
