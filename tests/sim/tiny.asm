; SPDX-License-Identifier: MIT
;
; The smallest Multiboot image that can tell whether a boot loader kept its
; promises and end in each way that a machine can end. It is there to test
; the boot ROM, the two simulators and their exit statuses without a
; hypervisor.
;
; Its command line's second word chooses the end:
;
;   exit     the first byte of the first module goes to the exit port
;   triple   a triple fault
;   halt     HLT with interrupts off
;   spin     never
;   port     16 to the exit port
;
; Before that, a promise that is broken ends it with 15: the magic number,
; .bss zeroed, .data as in the file, the first module's end after its start,
; a memory map, cs and ds flat. Then it prints "tiny" on COM1.

        global  start

EXIT_PORT       equ 0xF4
COM1            equ 0x3F8
COM1_LINE       equ COM1 + 3
COM1_STATUS     equ COM1 + 5
FLAGS           equ 0x4D                ; memory, command line, modules, map
STATUS_PROMISE  equ 15
STATUS_PORT     equ 16

; Offsets in the boot information, [Multiboot] 3.3.
INFO_CMDLINE    equ 16
INFO_MODS_COUNT equ 20
INFO_MODS_ADDR  equ 24
INFO_MMAP_BYTES equ 44

        section .multiboot align=4
MAGIC           equ 0x1BADB002
HEADER_FLAGS    equ 3
        dd      MAGIC, HEADER_FLAGS, -(MAGIC + HEADER_FLAGS)

        section .data
data_word:
        dd      0x600DDA7A

        section .bss
        resb    4099                    ; an odd size: the fill's last bytes
zero:   resd    1
        resb    3

        section .rodata
text:   db      "tiny", 10
text_end:

        section .text
start:
        cmp     eax, 0x2BADB002
        jne     broken
        cmp     dword [zero], 0
        jne     broken
        cmp     dword [data_word], 0x600DDA7A
        jne     broken
        mov     eax, [ebx]
        and     eax, FLAGS
        cmp     eax, FLAGS
        jne     broken
        cmp     dword [ebx + INFO_MMAP_BYTES], 24
        jb      broken

        cmp     dword [ebx + INFO_MODS_COUNT], 1
        jb      print
        mov     eax, [ebx + INFO_MODS_ADDR]
        mov     ecx, [eax]              ; its first byte
        cmp     ecx, [eax + 4]          ; after its last
        jae     broken
        mov     cl, [ecx]

print:  mov     edx, COM1_LINE
        mov     al, 3                   ; eight bits, no parity
        out     dx, al
        mov     esi, text
.next:  mov     edx, COM1_STATUS
.wait:  in      al, dx
        test    al, 0x20                ; the transmitter is empty
        jz      .wait
        mov     edx, COM1
        lodsb
        out     dx, al
        cmp     esi, text_end
        jb      .next

        mov     esi, [ebx + INFO_CMDLINE]
.skip:  lodsb
        test    al, al
        jz      broken
        cmp     al, ' '
        jne     .skip
        lodsb
        cmp     al, 'e'
        je      exit
        cmp     al, 't'
        je      triple
        cmp     al, 'h'
        je      halt
        cmp     al, 's'
        je      spin
        cmp     al, 'p'
        jne     broken
        mov     cl, STATUS_PORT

exit:   movzx   eax, cl
        out     EXIT_PORT, eax
halt:   cli
        hlt
        jmp     halt
broken: mov     cl, STATUS_PROMISE
        jmp     exit

; No stack, no IDT: the first fault cannot be delivered, nor can the fault
; of that.
triple: lidt    [no_idt]
        ud2
spin:   jmp     spin

        section .rodata
no_idt: dw      0
        dd      0
