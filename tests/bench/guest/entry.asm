; SPDX-License-Identifier: MIT
;
; The shortest handlers that there are, and the programs of ring 3.

%include "runtime_offsets.inc"

        global  fault_plain
        global  fault_hypercall
        global  system_call_plain
        global  system_call_hypercall
        global  event_plain
        global  event_stamp
        extern  shared_info
        extern  deadline_stamp
        extern  bench_fault_resume

        section .text

; A page fault's handlers. On the stack: error code, eip, cs, eflags. They go
; on behind the instruction that faulted.
fault_plain:
        add     esp, 4
        mov     dword [esp], bench_fault_resume
        iret

fault_hypercall:
        add     esp, 4
        mov     dword [esp], bench_fault_resume
        push    eax
        mov     eax, HYPERCALL_IRET
        int     0x82

; INT 0x80's handlers.
system_call_plain:
        iret

system_call_hypercall:
        push    eax
        mov     eax, HYPERCALL_IRET
        int     0x82

; Events: nothing is pending any more, and they are let in again. On the stack:
; eip, cs, eflags. The first vCPU's bytes are at the page's start; of the
; pending bits the first word has all ports that there are.
event_plain:
        push    eax
        mov     eax, [shared_info]
        mov     dword [eax + SHARED_PENDING], 0
        mov     dword [eax + VCPU_PENDING_SELECTOR], 0
        mov     byte [eax + VCPU_UPCALL_PENDING], 0
        mov     byte [eax + VCPU_UPCALL_MASK], 0
        pop     eax
        iret

; The same, when an alarm has come: its first instruction but two says when.
event_stamp:
        push    eax
        push    edx
        rdtsc
        mov     [deadline_stamp], eax
        pop     edx
        pop     eax
        jmp     event_plain

; --- Ring 3 ------------------------------------------------------------------

        section .user progbits alloc exec write align=16

; C: void NAME(void), for user_run(): ESI runs of the instructions given
; between two readings of the counter; INT 0x81 with the smallest difference
; in EAX.
%macro user_measure 2+                  ; row's identifier, instructions
        global  user_%1
        global  bench_start_%1
        global  bench_end_%1
user_%1:
        mov     esi, 64
        mov     edi, -1
.again:
bench_start_%1:
        rdtsc
        mov     ebx, eax
        %2
bench_end_%1:
        rdtsc
        sub     eax, ebx
        cmp     eax, edi
        cmovb   edi, eax
        dec     esi
        jnz     user_%1.again
        mov     eax, edi
        int     0x81
%endmacro

user_measure reading, nop
user_measure int80_plain, int 0x80
user_measure int80_hypercall, int 0x80
