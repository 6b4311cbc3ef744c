; SPDX-License-Identifier: MIT
;
; Entries of the fuzzing guest that are not exceptions', and what its
; application runs.

%include "runtime_offsets.inc"

        global  fuzz_upcall
        global  fuzz_failsafe
        global  fuzz_second
        global  user_bytes
        global  user_bytes_end
        extern  upcall_arrived
        extern  failsafe_arrived
        extern  second_main

        section .text

; An event: the handler decides whether to go on with what was interrupted.
fuzz_upcall:
        pushad
        push    ds
        push    es
        mov     eax, KERNEL_DS
        mov     ds, eax
        mov     es, eax
        cld
        call    upcall_arrived
        pop     es
        pop     ds
        popad
        push    eax
        mov     eax, HYPERCALL_IRET
        int     0x82

; Selectors that could not be loaded. On the stack: ds es fs gs eip cs eflags.
fuzz_failsafe:
        mov     eax, KERNEL_DS
        mov     ds, eax
        mov     es, eax
        cld
        call    failsafe_arrived        ; does not return

; The second vCPU's first instruction, on its stack.
fuzz_second:
        cld
        xor     ebp, ebp
        call    second_main             ; does not return

; What ring 3 runs, copied to a page of its own, each on 16 bytes.
        section .rodata
        align   16
user_bytes:
        int     0x80
        times   16 - ($ - user_bytes) db 0x90
.call:  mov     eax, 17
        int     0x82
        times   32 - ($ - user_bytes) db 0x90
.hlt:   hlt
        times   48 - ($ - user_bytes) db 0x90
.m2p:   mov     eax, [0xF5800000]
        times   64 - ($ - user_bytes) db 0x90
.gs:    mov     eax, [gs:0xFFFFFFF0]
        times   80 - ($ - user_bytes) db 0x90
.int3:  int3
        int     0x90
        times   96 - ($ - user_bytes) db 0x90
.tf:    push    dword 0x302
        popfd
        nop
        nop
        int     0x81
        times   112 - ($ - user_bytes) db 0x90
.ds:    mov     eax, 0xE021
        mov     ds, eax
        int     0x80
        times   128 - ($ - user_bytes) db 0x90
user_bytes_end:
