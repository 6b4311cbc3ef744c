; SPDX-License-Identifier: MIT
;
; boot_entry.asm -- where the boot loader jumps to.
;
; The Multiboot header tells the loader what we are; it must lie in the first
; 8192 bytes of the file, so image.ld puts this section first. The image is an
; ELF file, which the loader reads for the addresses.
;
; Machine state at boot_entry, [Multiboot] 3.2 "Machine state": protected mode
; without paging, flat 4 GB segments, A20 open, interrupts off; the GDT
; register may be stale, so no segment register is touched before the
; hypervisor's own GDT is loaded.

    bits 32

MULTIBOOT_MAGIC equ 0x1BADB002
MULTIBOOT_FLAGS equ 0x00000003  ; modules on page boundaries; memory map

    extern boot_low
    extern processor_stack_top_maddr

    section .multiboot progbits alloc noexec nowrite align=4
    dd MULTIBOOT_MAGIC
    dd MULTIBOOT_FLAGS
    dd -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    section .boot.text progbits alloc exec nowrite align=16

; _Noreturn void boot_entry(void)
;
; In:      eax  the loader's magic number
;          ebx  machine address of its information structure
; Stack:   ours, by its machine address, because paging is off
;
;     processor_stack_top  +-------------------+
;                          | ebx: info         |  boot_low(magic, info)
;                          | eax: magic        |
;                          | return address    |  <- esp in boot_low
    global boot_entry
boot_entry:
    cld
    mov esp, processor_stack_top_maddr
    xor ebp, ebp                ; ends every backtrace
    push dword 0
    popfd                       ; a known state: interrupts off, NT clear
    push ebx
    push eax
    call boot_low
.stop:                          ; boot_low does not return
    cli
    hlt
    jmp .stop
