; SPDX-License-Identifier: MIT
;
; The boot ROM's code: from the processor's reset to a Multiboot 1 entry.
;
; A machine that starts here is honest hardware: the processor fetches its
; first instruction from the top of memory in real mode, and everything that
; the hypervisor then finds in RAM was put there by instructions. There is no
; firmware, so a run takes 40 ms instead of the second that a BIOS and GRUB
; need, and nothing has touched a device before the hypervisor does.
;
; The composer (compose.c) puts the payload in front of this page and fills
; in the four numbers at its start; stub.h has their offsets.
;
;     4 GB - n   +-------------------------------------------+
;                | bytes of the pieces, then the copy table  |
;   0xFFFFF000   +-------------------------------------------+
;                | delay, table, entry, info; this code      |
;   0xFFFFFFF0   | the reset vector: a jump                  |
;                +-------------------------------------------+
;
; The code uses no RAM and no stack: what it copies may go anywhere.
;
; Entry state of [Multiboot] 0.6.96, 3.2 "Machine state": eax the magic
; number, ebx the information's address, flat 4 GB segments, A20 open,
; paging and interrupts off. The other registers are 0, which the
; specification does not ask for but repeatable runs do.

%include "stub.inc"

BOOT_MAGIC      equ 0x2BADB002
SELECTOR_CODE   equ 0x08
SELECTOR_DATA   equ 0x10
PORT_A20        equ 0x92
RESET_VECTOR    equ 0xFFF0

        org     STUB_ADDRESS
        bits    16

fields: times STUB_FIELDS_END db 0

; Both descriptors are marked as accessed: the processor would otherwise
; write the mark itself, into ROM.
        align   8
gdt:    dq      0
        dq      0x00CF9B000000FFFF      ; code, ring 0, base 0, limit 4 GB
        dq      0x00CF93000000FFFF      ; data, the same
gdt_end:
gdt_register:
        dw      gdt_end - gdt - 1
        dd      gdt

; Real mode, cs base 0xFFFF0000 (only the first far jump changes it).
start:
        cli
        cld
        o32 lgdt [cs:gdt_register - $$ + 0xF000]
        mov     eax, cr0
        and     eax, 0x9FFFFFFF         ; caches on: CD and NW are set at reset
        or      al, 1                   ; PE
        mov     cr0, eax
        jmp     dword SELECTOR_CODE:flat

        bits    32
flat:
        mov     eax, SELECTOR_DATA
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax

        in      al, PORT_A20            ; open A20; bit 0 would reset
        and     al, 0xFE
        or      al, 2
        out     PORT_A20, al

; Devices count time from the reset on, so each iteration moves all that
; follows by two instructions against the timer.
        mov     ecx, [fields + STUB_DELAY]
        jecxz   copy
delay:  dec     ecx
        jnz     delay

copy:
        mov     ebx, [fields + STUB_TABLE]
next_piece:
        mov     ecx, [ebx + PIECE_LENGTH]
        jecxz   enter
        mov     esi, [ebx + PIECE_SOURCE]
        mov     edi, [ebx + PIECE_TARGET]
        add     ebx, PIECE_SIZE
        mov     edx, ecx                ; four bytes at a time, then the rest
        shr     ecx, 2
        and     edx, 3
        test    esi, esi
        jz      fill
        rep movsd
        mov     ecx, edx
        rep movsb
        jmp     next_piece
fill:
        xor     eax, eax
        rep stosd
        mov     ecx, edx
        rep stosb
        jmp     next_piece

enter:
        mov     ebx, [fields + STUB_INFO]
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        xor     esp, esp
        mov     eax, BOOT_MAGIC
        jmp     [fields + STUB_ENTRY]

        times (RESET_VECTOR & 0xFFF) - ($ - $$) db 0xF4
        bits    16
        jmp     start
        times STUB_BYTES - ($ - $$) db 0
