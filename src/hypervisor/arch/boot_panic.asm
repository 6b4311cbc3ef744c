; SPDX-License-Identifier: MIT
;
; boot_panic.asm -- panic() with the registers as they were at the call: a C
; function would have changed some of them before its first statement.

    bits 32

    extern panic_from

NO_VECTOR equ 0xFFFF            ; boot/panic.c: not an exception

    section .text

; _Noreturn void panic(const char *fmt, ...)
;
; In:      the C calling convention
; Out:     panic_from(frame, &fmt), where frame has the layout of a trap frame
;          of ring 0 whose eip lies in the call
;
;     | arguments      |
;     | fmt            |  <- &fmt
;     | return address |  <- esp at the call
;     | eflags         |
;     | cs             |
;     | eip            |
;     | vector:error   |
;     | eax ebp edi esi edx ecx ebx |  <- frame
    global panic
panic:
    pushfd
    cli
    push cs
    push dword [esp + 8]        ; the return address, less 1: inside the call,
    dec dword [esp]             ; the next byte may be another function's
    push dword NO_VECTOR << 16
    push eax
    push ebp
    push edi
    push esi
    push edx
    push ecx
    push ebx
    mov eax, esp
    lea edx, [esp + 12 * 4]
    push edx
    push eax
    call panic_from
    ud2                         ; it does not return
