; SPDX-License-Identifier: MIT
;
; The ring-3 program of guest hello. System calls: INT 0x80, number in EAX,
; argument in EBX.

%define CALL_PRINT 1
%define CALL_ADD 2
%define CALL_EXIT 3

        global  user_program
        global  user_stack_top

        section .user progbits alloc exec write align=4096

user_program:
        mov     eax, CALL_PRINT
        mov     ebx, .text
        int     0x80
        mov     esi, 10
.next:  mov     eax, CALL_ADD
        mov     ebx, esi
        int     0x80
        dec     esi
        jnz     .next
        mov     eax, CALL_EXIT
        int     0x80
.text:  db      "nobody here but me", 10, 0

        align   16
        times   1024 db 0
user_stack_top:
