; SPDX-License-Identifier: MIT
;
; A whole machine in 64 KB of ROM, without a hypervisor: it does, once, each
; thing that the instrumentation has to see, at addresses that the test knows.
; The test writes the number of an ending into `ending` in its copy.
;
; From the reset vector it goes to flat protected mode, copies itself to
; 0x10000, turns on PAE paging (identity, 2 MB) and enters ring 1 with the
; segments of a guest. There, in this order:
;
;   mark_call     int 0x82, hypercall 17 with arguments 1..6, answered 42
;   mark_fault    a write to 0x1FF000, whose entry ring 0 then makes present
;   mark_timer    waits for one interrupt of the PIT
;   mark_app      iret to ring 3; there int 0x80 straight back to ring 1
;   mark_last     hypercall 99: ring 0 ends the machine as `ending` says; two
;                 endings wait for the timer first, one of them wrongly

COPY            equ 0x10000
ROM_START       equ 0xFFFF0000
PDPT            equ 0x20000
PAGE_DIRECTORY  equ 0x21000
PAGE_TABLE      equ 0x22000
FAULT_ADDRESS   equ 0x1FF000
KERNEL_STACK    equ 0x9000
GUEST_STACK     equ 0x8000
APP_STACK       equ 0x7000
FROM_APP_STACK  equ 0x6000
SCRATCH         equ 0x5000
EXIT_PORT       equ 0xF4
TEXT_COPY       equ 0x30000
TEXT_ENTRY      equ PAGE_TABLE + (ring1_code - header + COPY) / 0x1000 * 8

        org     COPY
        bits    32

; What the test reads: keep in the order of enum label in test_bochs.c.
header:
        dd      header_end - header
ending: dd      0
        dd      mark_call, mark_called, mark_fault, mark_timer, mark_app
        dd      app, mark_trapped, mark_last, ring0_code, ring0_code_end
        dd      ring1_code, ring1_code_end, data, fault_instruction
        dd      page_fault_store
        dd      fork_from, fork_to, fork_end, lost_from, lost_to
header_end:

; --- Ring 0 ------------------------------------------------------------------

ring0_code:
start32:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, KERNEL_STACK

        ; the ROM's 64 KB to RAM, and on from there
        cld
        mov     esi, ROM_START
        mov     edi, COPY
        mov     ecx, 0x10000 / 4
        rep movsd
        mov     eax, in_ram
        jmp     eax
in_ram:
        ; tables: the first 2 MB at their own addresses, for every ring
        mov     edi, PDPT
        mov     ecx, 0x3000 / 4
        xor     eax, eax
        rep stosd
        mov     dword [PDPT], PAGE_DIRECTORY + 1
        mov     dword [PAGE_DIRECTORY], PAGE_TABLE + 7
        mov     edi, PAGE_TABLE
        mov     eax, 7
.entry: mov     [edi], eax
        add     edi, 8
        add     eax, 0x1000
        cmp     eax, FAULT_ADDRESS              ; the last one stays absent
        jb      .entry

        mov     eax, cr4
        or      eax, 0x20
        mov     cr4, eax
        mov     eax, PDPT
        mov     cr3, eax
        mov     ecx, 0xC0000080
        rdmsr
        or      eax, 0x800
        wrmsr
        mov     eax, cr0
        or      eax, 0x80010000
        mov     cr0, eax

        lgdt    [gdtr]
        mov     edi, idt                        ; vectors
        mov     esi, gates
.gate:  mov     ecx, [esi]                      ; vector, or end
        cmp     ecx, -1
        je      .gates_done
        mov     eax, [esi + 4]                  ; handler
        mov     edx, [esi + 8]                  ; selector
        shl     edx, 16
        mov     dx, ax
        mov     [edi + ecx * 8], edx
        and     eax, 0xFFFF0000
        or      eax, [esi + 12]                 ; type and DPL
        mov     [edi + ecx * 8 + 4], eax
        add     esi, 16
        jmp     .gate
.gates_done:
        lidt    [idtr]
        mov     ax, 0x28
        ltr     ax
        xor     ax, ax
        lldt    ax
        clts

        push    dword 0x21                      ; ss
        push    dword GUEST_STACK
        push    dword 2                         ; eflags: interrupts off
        push    dword 0x19                      ; cs
        push    dword ring1_code
        mov     ax, 0x21
        mov     ds, ax
        mov     es, ax
        iret

; The hypercall: 17 answers 42; anything else ends the machine.
call_entry:
        cmp     eax, 17
        jne     finish
        mov     eax, 42
        iret

; The page is there now. The error code goes.
page_fault:
        add     esp, 4
        push    eax
        mov     ax, 0x10
        mov     ds, ax
page_fault_store:
        mov     dword [PAGE_TABLE + 511 * 8], FAULT_ADDRESS + 7
        invlpg  [FAULT_ADDRESS]
        mov     ax, 0x21
        mov     ds, ax
        pop     eax
        iret

timer:
        push    eax
        mov     al, 0x20                        ; end of interrupt
        out     0x20, al
        mov     al, 0xFF                        ; no more of them
        out     0x21, al
        pop     eax
        inc     dword [ss:ticks]
        iret

finish:
        mov     ax, 0x10
        mov     ds, ax
        mov     eax, [ending]
        jmp     [endings + eax * 4]

end_exit:                                       ; the exit port, 12
        mov     eax, 12
        out     EXIT_PORT, eax
end_forged:                                     ; a status not its own
        mov     eax, 24
        out     EXIT_PORT, eax
end_triple:
        lidt    [zero]
        int3
end_halt:
        cli
        hlt
end_spin:
        jmp     $
end_sleep:                                      ; nothing will wake it
        sti
        hlt
        jmp     end_sleep
end_text:                                       ; patches trusted text
        mov     byte [mark_last], 0x90
        mov     eax, end_text
        iret
end_reset:                                      ; the keyboard controller
        mov     al, 0xFE
        out     0x64, al
        jmp     $
end_device:                                     ; a mode that the PIC lacks
        mov     al, 0x12
        out     0x20, al
        jmp     $
end_power:                                      ; Bochs' own way out
        mov     esi, word_shutdown
        mov     ecx, 8
        mov     dx, 0x8900
        rep outsb
        jmp     $
end_hole:                                       ; memory that is not allowed
        mov     eax, [0xA0000]
        mov     dword [0xA1000], eax
        mov     eax, 0
        out     EXIT_PORT, eax
end_remap:                                      ; 4096 stores to a table
        mov     edi, PAGE_TABLE + 0x800
        mov     esi, edi
        mov     ecx, 0x200
        cld
        push    ds
        pop     es
        xor     eax, eax
        rep stosd
        mov     eax, 0
        out     EXIT_PORT, eax

; The timer on, in 55 ms.
arm:    mov     al, 0xFE
        out     0x21, al
        mov     al, 0x30
        out     0x43, al
        mov     al, 0xFF
        out     0x40, al
        out     0x40, al
        mov     dword [ticks], 0
        push    ds
        pop     es
        mov     edi, SCRATCH
        cld
        ret

; 35 boundaries up to fork_to, in 14 classes; the test has them one by one.
end_forks:
        call    arm
fork_from:
        nop
        nop
        mov     ecx, 8
        xor     eax, eax
        rep stosd                               ; interrupts off: all alike
        in      al, 0x61                        ; looks at a device
        rdtsc                                   ; at the time
        nop
        sti
        nop
        mov     ecx, 4
        rep stosd                               ; on: any round may be the last
        cli
        cmp     dword [ticks], 0
        jne     fork_to
        sti                                     ; nothing comes before the hlt
        hlt
fork_to:
        mov     ecx, 300000                     ; and on for a while
.count: loop    .count
fork_end:
        jmp     $

; Sleeps for ever if the tick comes between the look and the hlt.
end_lost:
        call    arm
lost_from:
        sti
        nop
        cmp     dword [ticks], 0
        jne     lost_to
        hlt
lost_to:
        jmp     $
; Three ways to have ring 1 execute a copy of its trusted text. In the copy the
; first instruction is RET, and behind mark_last there is the last hypercall
; instead of the jump; next time the machine ends by the exit port.
make_copy:
        cld
        push    ds
        pop     es
        mov     esi, ring1_code
        mov     edi, TEXT_COPY
        mov     ecx, 0x1000 / 4
        rep movsd
        mov     byte [TEXT_COPY], 0xC3
        mov     dword [ending], 0
        ret
end_copy:                                       ; the tables lead to it
        call    make_copy
        mov     word [TEXT_COPY + mark_last - ring1_code + 2], 0x82CD
        mov     dword [TEXT_ENTRY], TEXT_COPY + 7
        invlpg  [ring1_code]
        mov     eax, 99
        iret
end_stale:                                      ; they did, for a moment
        call    make_copy
        mov     dword [TEXT_ENTRY], TEXT_COPY + 7
        invlpg  [ring1_code]
        call    ring1_code
        mov     dword [TEXT_ENTRY], ring1_code + 7
        mov     eax, 99
        iret
end_base:                                       ; the segment begins elsewhere
        call    make_copy
        mov     eax, TEXT_COPY - ring1_code
        mov     [gdt + 0x18 + 2], ax
        shr     eax, 16
        mov     [gdt + 0x18 + 4], al
        mov     eax, 99
        iret
ring0_code_end:

; --- Ring 1 ------------------------------------------------------------------

        align   4096, db 0x90
ring1_code:
        mov     eax, 17
        mov     ebx, 1
        mov     ecx, 2
        mov     edx, 3
        mov     esi, 4
        mov     edi, 5
        mov     ebp, 6
mark_call:
        int     0x82
mark_called:
        mov     ebx, data
        nop
mark_fault:
        nop
fault_instruction:
        mov     dword [FAULT_ADDRESS + 0x10], 0xCAFE
        ; one tick of the PIT, through a PIC whose base is 0x20 (I/O
        ; privilege: eflags.IOPL is 0, so ring 0 set it up: see the PIC there)
mark_timer:
        int     0x83                            ; ring 0: PIT on
        sti
.wait:  cmp     dword [ticks], 0
        je      .wait
        cli
mark_app:
        push    dword 0x3B                      ; ss of ring 3
        push    dword APP_STACK
        push    dword 2
        push    dword 0x33
        push    dword app
        iret
mark_trapped:                                   ; int 0x80 of ring 3
        mov     ax, 0x21
        mov     ds, ax
        mov     eax, 99
mark_last:
        int     0x82
        jmp     mark_last
ring1_code_end:

; --- Ring 3 ------------------------------------------------------------------

        align   4096, db 0x90
app:
        nop
        int     0x80

; --- Ring 0 again: the timer, which needs I/O ports ---------------------------

start_timer:
        pushad
        mov     al, 0x11                        ; both PICs: base 0x20, 0x28
        out     0x20, al
        out     0xA0, al
        mov     al, 0x20
        out     0x21, al
        mov     al, 0x28
        out     0xA1, al
        mov     al, 4
        out     0x21, al
        mov     al, 2
        out     0xA1, al
        mov     al, 1
        out     0x21, al
        out     0xA1, al
        mov     al, 0xFE                        ; the PIT only
        out     0x21, al
        mov     al, 0xFF
        out     0xA1, al
        mov     al, 0x30                        ; once, after 100 periods
        out     0x43, al
        mov     al, 100
        out     0x40, al
        mov     al, 0
        out     0x40, al
        mov     bl, 4                           ; the refresh bit: 4 changes
        in      al, 0x61
        mov     ah, al
.poll:  in      al, 0x61
        mov     cl, al
        xor     cl, ah
        test    cl, 0x10
        jz      .poll
        mov     ah, al
        dec     bl
        jnz     .poll
        popad
        or      dword [esp + 8], 0x3000         ; IOPL 3: ring 1 may cli, sti
        iret

; --- Data ---------------------------------------------------------------------

        align   8
gdt:    dq      0
        dq      0x00CF9B000000FFFF              ; 08 ring-0 code
        dq      0x00CF93000000FFFF              ; 10 ring-0 data
        dq      0x00CFBB00000067FF | 0x000F000000000000 ; 18 ring-1 code
        dq      0x00CFB300000067FF | 0x000F000000000000 ; 20 ring-1 data
tss_descriptor:
        dw      103, tss - header + (COPY & 0xFFFF)
        db      COPY >> 16, 0x89, 0, 0          ; 28 TSS
        dq      0x00CFFB00000067FF | 0x000F000000000000 ; 30 ring-3 code
        dq      0x00CFF300000067FF | 0x000F000000000000 ; 38 ring-3 data
gdt_end:
gdtr:   dw      gdt_end - gdt - 1
        dd      gdt
zero:   dw      0
        dd      0

; vector, handler, selector, type: a 32-bit interrupt gate of some DPL
gates:  dd      14, page_fault, 0x08, 0x8E00
        dd      0x20, timer, 0x08, 0x8E00
        dd      0x82, call_entry, 0x08, 0xAE00
        dd      0x83, start_timer, 0x08, 0xAE00
        dd      0x80, mark_trapped, 0x19, 0xEE00
        dd      -1

endings:
        dd      end_exit, end_forged, end_triple, end_halt, end_spin
        dd      end_sleep, end_text, end_reset, end_device, end_power
        dd      end_hole, end_remap, end_forks, end_lost
        dd      end_copy, end_stale, end_base

idtr:   dw      0x84 * 8 - 1
        dd      idt
ticks:  dd      0
data:   db      "snap me!"
word_shutdown:
        db      "Shutdown"

        align   8
tss:    dd      0
        dd      KERNEL_STACK, 0x10              ; esp0, ss0
        dd      FROM_APP_STACK, 0x21            ; esp1, ss1
        times   104 - ($ - tss) db 0
idt:    times   0x84 * 8 db 0

; --- Reset: the last bytes below 4 GB -----------------------------------------

        times   0xFF00 - ($ - $$) db 0
        bits    16
reset16:
        cli
        o32 lgdt [cs:boot_gdtr - $$]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword 0x08:ROM_START + (start32 - $$)
boot_gdtr:
        dw      gdt_end - gdt - 1
        dd      ROM_START + (gdt - $$)

        times   0xFFF0 - ($ - $$) db 0
        jmp     reset16
        times   0x10000 - ($ - $$) db 0
