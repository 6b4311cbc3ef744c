; SPDX-License-Identifier: MIT
;
; Entries and the ring-3 program of guest paths.

%include "runtime_offsets.inc"

%define CALL_EXIT 3
%define CALL_NOTHING 0
%define CALL_FAULT_BY_HYPERCALL 4
%define FLAG_TF 0x100
%define FLAG_NT 0x4000
%define FLAG_AC 0x40000

        global  failsafe_entry
        global  failsafe_resume
        global  user_program
        global  user_stack_top
        extern  image_start

        section .text

; The failsafe callback: ds es fs gs eip cs eflags on the stack, null
; selectors in the registers. We know what they were.
failsafe_entry:
        mov     eax, KERNEL_DS
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        add     esp, 28
        jmp     [failsafe_resume]

        section .bss nobits alloc noexec write align=4
failsafe_resume:
        resd    1

; --- Ring 3 ------------------------------------------------------------------
;
; Whoever handles an exception goes on at EDI.

        section .user progbits alloc exec write align=4096

; An instruction that faults, and where to go on.
%macro faults 1+
        mov     edi, %%behind
        %1
%%behind:
%endmacro

; All exceptions of an application, once.
exceptions:
        faults  ud2
        faults  hlt
        faults  cli
        xor     ecx, ecx
        faults  div cl
        faults  mov eax, [0x10]
        faults  mov [image_start], eax
        faults  mov eax, [0xFC000000]
        mov     eax, 7
        faults  bound eax, [.bounds]
        mov     eax, KERNEL_DS
        faults  mov gs, eax
        mov     eax, 0x40
        faults  mov gs, eax
        faults  int 0x82
        faults  int 0x90
        int     0x91
        int     0x92
        int3
        mov     al, 0x7F
        inc     al
        into
        pushfd
        or      dword [esp], FLAG_TF
        popfd
        nop
        pushfd
        or      dword [esp], FLAG_NT
        popfd
        faults  ud2
        pushfd
        or      dword [esp], FLAG_AC
        popfd
        faults  mov eax, [.bounds + 1]
        pushfd
        and     dword [esp], ~(FLAG_AC | FLAG_NT)
        popfd
        ret
        align   8
.bounds: dd     1, 2

user_program:
        call    exceptions
        mov     eax, CALL_FAULT_BY_HYPERCALL
        int     0x80
        call    exceptions
        mov     eax, CALL_NOTHING
        int     0x80
        mov     eax, CALL_EXIT
        int     0x80

        align   16
        times   1024 db 0
user_stack_top:
