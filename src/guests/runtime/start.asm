; SPDX-License-Identifier: MIT
;
; A guest's first instructions, its notes for the builder, and the entries of
; its traps.

%include "runtime_offsets.inc"

        global  start
        global  hypercall_page
        global  trap_entry
        global  trap_return
        global  user_enter
        global  user_leave
        global  runtime_stack_top
        global  trap_return_by_hypercall
        global  start_registers

        extern  image_start
        extern  runtime_main
        extern  trap_dispatch

; --- Notes -------------------------------------------------------------------

%macro note 2                           ; type, text with its end
        dd      4, %%end - %%start, %1
        db      "Xen", 0
%%start: db     %2, 0
%%end:  align   4, db 0
%endmacro

%macro note_number 2                    ; type, 32-bit value
        dd      4, 4, %1
        db      "Xen", 0
        dd      %2
%endmacro

        section .note.xen note alloc noexec nowrite align=4
        note            NOTE_GUEST_OS, "ringfence-guest"
        note            NOTE_LOADER, "generic"
        note            NOTE_XEN_VERSION, "xen-3.0"
        note            NOTE_FEATURES, "pae_pgdir_above_4gb"
        note            NOTE_PAE_MODE, "yes"
        note_number     NOTE_VIRT_BASE, image_start
        note_number     NOTE_PADDR_OFFSET, image_start
        note_number     NOTE_ENTRY, start
        note_number     NOTE_HYPERCALL_PAGE, hypercall_page

; --- The hypercall page, which the builder fills -----------------------------

        section .hypercall_page progbits alloc exec nowrite align=4096
hypercall_page:
        times   4096 db 0xF4

; --- Start of day ------------------------------------------------------------
;
; In: ESI = start_info, ESP = a stack of the builder's, flat ring-1 segments.

; What was in the registers is kept for guests that want to know.

        section .text
start:
        mov     [start_registers + 0], eax
        mov     [start_registers + 4], ebx
        mov     [start_registers + 8], ecx
        mov     [start_registers + 12], edx
        mov     [start_registers + 16], esi
        mov     [start_registers + 20], edi
        mov     [start_registers + 24], ebp
        mov     [start_registers + 28], esp
        pushfd
        pop     dword [start_registers + 32]
        cld
        mov     esp, runtime_stack_top
        xor     ebp, ebp
        push    esi
        call    runtime_main            ; does not return

; --- Traps -------------------------------------------------------------------
;
; One entry a vector. The hypervisor has pushed (from ring 3: SS, ESP,) EFLAGS,
; CS, EIP and, for some vectors, an error code; the others get a 0. Their names
; are global, so that whoever watches can see a guest arrive.

%macro trap_entries 0
%assign vector 0
%rep 256
        global  entry_ %+ vector
entry_ %+ vector:
%if vector != 8 && vector != 17 && (vector < 10 || vector > 14)
        push    dword 0
%endif
        push    dword vector
        jmp     trap_common
%assign vector vector + 1
%endrep
%endmacro

        trap_entries

; C: void trap_dispatch(struct trap *). DS and ES may be ring 3's own.
trap_common:
        pushad
        mov     eax, KERNEL_DS
        mov     ds, eax
        mov     es, eax
        cld
        push    esp
        call    trap_dispatch
        add     esp, 4

; Return to what is in the frame: with the instruction IRET, or by the
; hypercall, which also sets the event mask from EFLAGS.IF. Both ring 1 and
; ring 3 use flat data segments, so those of the application are known.
trap_return:
        test    byte [esp + TRAP_CS], 3
        mov     eax, USER_DS
        jpo     .ring1                  ; one bit of two: ring 1 (or 2)
        mov     ds, eax
        mov     es, eax
.ring1: cmp     byte [ss:trap_return_by_hypercall], 0
        jne     .hypercall
        popad
        add     esp, 8
        iret
.hypercall:
        popad
        add     esp, 8
        push    eax
        mov     eax, HYPERCALL_IRET
        int     0x82

; C: void user_enter(uint32_t eip, uint32_t esp, uint32_t *kernel_esp)
; Go to ring 3. Returns when user_leave() is called; *kernel_esp is where the
; kernel's frames for it begin.
user_enter:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [user_kernel_esp], esp
        mov     ecx, [esp + 20]         ; eip
        mov     edx, [esp + 24]         ; esp
        push    dword USER_DS
        push    edx
        push    dword EFLAGS_IF
        push    dword USER_CS
        push    ecx
        mov     eax, USER_DS
        mov     ds, eax
        mov     es, eax
        iret

; C: _Noreturn void user_leave(void). From a trap handler: forget the frames
; above, and return from user_enter().
user_leave:
        mov     esp, [user_kernel_esp]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

        section .rodata
        align   4
%macro trap_table 0
%assign vector 0
%rep 256
        dd      entry_ %+ vector
%assign vector vector + 1
%endrep
%endmacro

; C: const uint32_t trap_entry[256]
trap_entry:
        trap_table

        section .bss nobits alloc noexec write align=16
; C: bool trap_return_by_hypercall
trap_return_by_hypercall:
        resd    1
user_kernel_esp:
        resd    1
; C: struct start_registers start_registers
start_registers:
        resd    9
        resb    16384 - 8 - 36
runtime_stack_top:
