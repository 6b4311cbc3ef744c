; SPDX-License-Identifier: MIT
;
; The family `kernel`: notes as Linux has them, entries that save and load all
; segment registers, the return that unmasks events by hand, and two programs
; for ring 3.

%include "runtime_offsets.inc"

%define SEL_USER_DS 0x7B
%define SEL_PERCPU 0xD8
%define SEL_CANARY 0xE0

        extern  start
        extern  hypercall_page
        extern  kernel_trap
        extern  kernel_event
        extern  second_main
        global  kernel_entry
        global  system_call_entry
        global  sysenter_entry
        global  hypervisor_callback
        global  failsafe_callback
        global  stack_change
        global  fork_return
        global  second_entry
        global  kernel_return_by_hypercall
        global  program_first
        global  program_page

; --- Notes, in that kernel's order --------------------------------------------
;
; Three things loaders stumble over: the text of FEATURES does not count its
; NUL, which is padding; L1_MFN_VALID is two numbers of 64 bits; PHYS32_ENTRY
; is for another way to start.

%macro note_of 2+
        dd      4, %%end - %%start, %1
        db      "Xen", 0
%%start: %2
%%end:  align   4, db 0
%endmacro

        section .note.xen note alloc noexec nowrite align=4
        note_of 6, db "linux", 0
        note_of 7, db "2.6", 0
        note_of 5, db "xen-3.0", 0
        note_of 3, dd 0xC0000000                ; VIRT_BASE
        note_of 1, dd start                     ; ENTRY
        note_of 2, dd hypercall_page
        note_of 10, db "!writable_page_tables|pae_pgdir_above_4gb"
        note_of 17, dd 0x8801                   ; SUPPORTED_FEATURES
        note_of 9, db "yes", 0
        note_of 8, db "generic", 0
        note_of 13, dd 1, 0, 1, 0               ; L1_MFN_VALID
        note_of 14, dd 1                        ; SUSPEND_CANCEL
        note_of 16, dd 1                        ; MOD_START_PFN
        note_of 12, dd 0xF5800000               ; HV_START_LOW
        note_of 4, dd 0                         ; PADDR_OFFSET
        note_of 18, dd 0x100000                 ; PHYS32_ENTRY

; --- Entries -----------------------------------------------------------------

        section .text
%assign vector 0
%rep 20
kernel_entry_ %+ vector:
%if vector != 8 && vector != 17 && (vector < 10 || vector > 14)
        push    dword 0
%endif
        push    dword vector
        jmp     kernel_common
%assign vector vector + 1
%endrep

system_call_entry:
        push    dword 0
        push    dword 0x80
        jmp     kernel_common

; Not to be had: CPUID says that there is no SYSENTER, and the failsafe callback
; is for segments that cannot be loaded.
sysenter_entry:
failsafe_callback:
        ud2

%macro save_all 0
        cld
        push    gs
        push    fs
        push    es
        push    ds
        push    eax
        push    ebp
        push    edi
        push    esi
        push    edx
        push    ecx
        push    ebx
        mov     edx, SEL_USER_DS
        mov     ds, edx
        mov     es, edx
        mov     edx, SEL_PERCPU
        mov     fs, edx
        mov     edx, SEL_CANARY
        mov     gs, edx
%endmacro

kernel_common:
        save_all
        push    esp
        call    kernel_trap             ; (struct frame *)
        add     esp, 4
restore_all:
        pop     ebx
        pop     ecx
        pop     edx
        pop     esi
        pop     edi
        pop     ebp
        pop     eax
        pop     ds
        pop     es
        pop     fs
        pop     gs
        add     esp, 8
        cmp     byte [ss:kernel_return_by_hypercall], 0
        jne     hypercall_page + 23 * 32

; Set the mask from the frame's IF, by hand; if that lets an event through that
; is pending already, take it at once.
        push    eax
        push    fs
        mov     eax, SEL_PERCPU
        mov     fs, eax
        mov     eax, [fs:0]
        pop     fs
        test    byte [esp + 13], EFLAGS_IF >> 8
        setz    byte [ss:eax + VCPU_UPCALL_MASK]
        cmp     word [ss:eax + VCPU_UPCALL_PENDING], 1
        sete    byte [ss:eax + VCPU_UPCALL_MASK]
        pop     eax
        je      hypervisor_callback
        iret

hypervisor_callback:
        push    dword 0
        push    dword 0x100
        save_all
        push    esp
        call    kernel_event            ; (struct frame *)
        add     esp, 4
        jmp     restore_all

; --- Kernel stacks -----------------------------------------------------------

; C: void stack_change(uint32_t *from, uint32_t to)
stack_change:
        mov     eax, [esp + 4]
        mov     edx, [esp + 8]
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; A new process begins here; its frame is next on its stack.
fork_return:
        jmp     restore_all

second_entry:
        call    second_main             ; does not return

        section .rodata
        align   4
; C: const uint32_t kernel_entry[20]
kernel_entry:
%assign vector 0
%rep 20
        dd      kernel_entry_ %+ vector
%assign vector vector + 1
%endrep

        section .data
kernel_return_by_hypercall:
        dd      0

; --- Programs ----------------------------------------------------------------
;
; A page that is mapped at 0x08048000 in ring 3; 0x08049000 is data. System
; calls: number in EAX, argument in EBX. Numbers below 256 are Linux's.

%define CALL_EXIT 1
%define CALL_FORK 2
%define CALL_WAIT 7
%define CALL_GETPID 20
%define CALL_SIGNAL 48
%define CALL_MPROTECT 125
%define CALL_YIELD 158
%define CALL_TLS 243
%define CALL_REPORT 1000        ; what was found: EBX in check EAX - 1000
%define DATA 0x08049000
%define TLS_BASE (DATA + 0x800)
%define TEXT 0x08048000

        section .user progbits alloc exec write align=4096
program_page:

%macro system_call 1
        mov     eax, %1
        int     0x80
%endmacro

%macro report 2
        mov     ebx, %2
        system_call CALL_REPORT + %1
%endmacro

program_first:
        system_call CALL_GETPID
        report  0, eax
        mov     ebx, TLS_BASE
        system_call CALL_TLS
        mov     gs, eax
        mov     dword [gs:0xFFFFFFFC], 0x1234   ; below the segment's base
        report  1, [TLS_BASE - 4]
        mov     dword [gs:8], 0x5678            ; and above it again
        report  2, [TLS_BASE + 8]
        fld1
        sub     esp, 4
        fstp    dword [esp]
        report  3, [esp]
        mov     dword [DATA], 1
        system_call CALL_FORK
        test    eax, eax
        jz      program_child
        system_call CALL_YIELD
        report  4, [DATA]
        mov     dword [DATA], 3                 ; ours alone, again
        system_call CALL_WAIT
        report  5, eax
        report  6, [gs:0xFFFFFFFC]

        ; A bad pointer, and one that becomes bad: the handler is told EIP.
        mov     ebx, TEXT + .after_fault - program_page
        system_call CALL_SIGNAL
        mov     edi, 0
        mov     eax, [0x40000000]
        mov     edi, 1
.after_fault:
        report  7, edi
        mov     ebx, 0
        system_call CALL_MPROTECT
        mov     ebx, TEXT + .after_protection - program_page
        system_call CALL_SIGNAL
        mov     edi, 0
        mov     dword [DATA], 4
        mov     edi, 1
.after_protection:
        report  8, edi
        mov     ebx, 1
        system_call CALL_MPROTECT
        mov     dword [DATA], 5
        report  9, [DATA]
        mov     ebx, 9
        system_call CALL_EXIT

program_child:
        report  10, [DATA]
        mov     dword [DATA], 2
        mov     dword [gs:0xFFFFFFFC], 0x4321
        system_call CALL_YIELD
        report  11, [DATA]
        report  12, [gs:0xFFFFFFFC]
        mov     ebx, 7
        system_call CALL_EXIT
        align   4096
