; SPDX-License-Identifier: MIT
;
; The ways into ring 0 for exceptions and interrupts, and the one way back to
; a guest.
;
; There is one stack. TSS.esp0 is FRAME_ES below its top, so an entry from a
; guest always leaves its frame at the very top:
;
;     top ->  +-----------------+
;             | gs fs ds es     |  stored by save_segments
;     esp0 -> +-----------------+
;             | ss, esp         |  pushed by the processor
;             | eflags, cs, eip |
;             +-----------------+
;             | vector : error  |  one dword: the error code is the low half
;             | eax ... ebx     |
;     esp ->  +-----------------+  trap_frame_t *
;
; An entry from ring 0 (an NMI, or a fault that the exception table expects)
; finds no ss, esp and segment words: its frame ends after eflags.
;
; SEG-I1  Ring 0 runs with interrupts off: every gate is an interrupt gate, and
;         only the IRET to a guest turns them on; and a halt, for as long as it
;         lasts, because nobody can run or the console's queue is full.
; SEG-I2  C code runs with DS = ES = SEL_HYPERVISOR_DS and the direction flag
;         clear. An entry from ring 0 may find guest selectors in DS and ES,
;         because it may hit the exit path below.

%include "layout.inc"
%include "segmentation_offsets.inc"
%include "src/hypervisor/arch/segmentation_frame.inc"

        global  trap_entry_address
        global  exit_to_guest
        global  failsafe_after_load
        global  trap_from_ring0
        global  arch_exit_to_guest
        global  arch_write_guest_stack
        global  double_fault_entry
        global  processor_stack

        extern  trap_dispatch
        extern  exit_pending
        extern  exit_work
        extern  exit_refused
        extern  bounce_failsafe
        extern  double_fault
        extern  processor

        section .text

; --- Entries, one a vector ---------------------------------------------------
;
; Each completes the dword "vector : error" and joins trap_entry. Where the
; processor pushes no error code, the stub pushes the whole dword.

%assign vector 0
%rep 48
%if vector != 8
trap_entry_ %+ vector:
%if vector < 32 && (ERROR_CODE_VECTORS >> vector) & 1
        mov     word [esp + 2], vector
%else
        push    dword vector << 16
%endif
        jmp     trap_entry
%endif
%assign vector vector + 1
%endrep

; C: never called. In: a frame down to "vector : error" on the stack.
; From a guest it ends in exit_to_guest; from ring 0, behind the instruction
; that was interrupted, or at the fix-up that trap_dispatch() chose.
trap_entry:
        cld
        push_general
        test    byte [esp + FRAME_CS], 3
        jz      trap_from_ring0
        save_segments
        load_hypervisor_segments
        xor     ebp, ebp                ; a backtrace ends here
        push    esp
        call    trap_dispatch
        add     esp, 4
        jmp     exit_to_guest

; In: the frame of an entry from ring 0, down to its general registers.
trap_from_ring0:
        push    ds
        push    es
        load_hypervisor_segments
        lea     eax, [esp + 8]
        push    eax
        call    trap_dispatch
        add     esp, 4
        pop     es                      ; what the exit path had loaded a
        pop     ds                      ; moment ago: these cannot fault
        pop_general
        add     esp, 4
        iret

; --- The exit path -----------------------------------------------------------
;
; C: _Noreturn void arch_exit_to_guest(void). Abandons the stack below the
; guest's frame: nothing in ring 0 is to be returned to.
arch_exit_to_guest:
        mov     esp, processor_stack + STACK_BYTES - FRAME_BYTES

; In: ESP = the guest's frame, DS and ES ours. Two looks tell whether anything
; is to be done first: ours, and the vCPU's pending byte, which counts while its
; mask byte is clear (the guest may write both at any time; event_deliverable()
; decides). Five instructions use what the
; guest chose (four selectors, and cs:eip ss:esp); if one of them faults, the
; guest gets its failsafe callback instead.
exit_to_guest:
        cmp     dword [processor + PROCESSOR_EXIT_WORK], 0
        jne     .work
        mov     eax, [processor + PROCESSOR_INFO]
        cmp     byte [eax + VCPU_INFO_PENDING], 0
        jne     .pending
.ds:    mov     ds, [esp + FRAME_DS]
.es:    mov     es, [esp + FRAME_ES]
.fs:    mov     fs, [esp + FRAME_FS]
.gs:    mov     gs, [esp + FRAME_GS]
        pop_general
        add     esp, 4
.iret:  iret

.pending:
        cmp     byte [eax + VCPU_INFO_MASK], 0
        jne     .ds
        push    esp
        call    [exit_pending]          ; exit_work(), or its short form
        add     esp, 4
        jmp     exit_to_guest

.work:
        push    esp
        call    exit_work
        add     esp, 4
        jmp     exit_to_guest

        FIXUP   .ds, failsafe_after_load
        FIXUP   .es, failsafe_after_load
        FIXUP   .fs, failsafe_after_load
        FIXUP   .gs, failsafe_after_load
        FIXUP   .iret, failsafe_after_iret

; IRET faulted: the guest's general registers are in the processor, ESP is at
; frame.eip, and what lay below was overwritten by the fault's own frame. Make
; the frame whole again.
failsafe_after_iret:
        push    dword 0
        push_general

; A selector could not be loaded: the frame is whole. Events were looked at
; a moment ago, and the failsafe callback unmasks none.
failsafe_after_load:
        load_hypervisor_segments
        xor     ebp, ebp
        push    esp
        push    dword [processor + PROCESSOR_CURRENT]
        call    bounce_failsafe
        add     esp, 8
        cmp     dword [processor + PROCESSOR_EXIT_WORK], 0
        jne     exit_to_guest
        xor     eax, eax
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        pop_general
        add     esp, 4
.iret:  iret

        FIXUP   .iret, failsafe_refused

; Not even the failsafe callback can be entered. C: exit_refused(frame) ends
; the domain and does not return.
failsafe_refused:
        push    dword 0
        push_general
        load_hypervisor_segments
        xor     ebp, ebp
        push    esp
        call    exit_refused

; --- The guest's stack -------------------------------------------------------
;
; C: int arch_write_guest_stack(uint16_t ss, uint32_t esp,
;                               const uint32_t *words, unsigned n)
; Out: EAX 0 or -EFAULT. GS = ss. Clobbers ECX, EDX.
arch_write_guest_stack:
        push    esi
        mov     edx, [esp + 12]         ; esp
        mov     esi, [esp + 16]         ; words
        mov     ecx, [esp + 20]         ; n
.load:  mov     gs, [esp + 8]           ; ss
.next:  mov     eax, [esi + ecx * 4 - 4]
.store: mov     [gs:edx + ecx * 4 - 4], eax
        dec     ecx
        jnz     .next
        xor     eax, eax
        pop     esi
        ret
.fault: mov     eax, -ERROR_FAULT
        pop     esi
        ret

        FIXUP   .load, .fault
        FIXUP   .store, .fault

; --- The double fault --------------------------------------------------------
;
; A task of its own, so that it has a good stack even if ESP was the fault.
; The interrupted state is in the main TSS.
double_fault_entry:
        cld
        xor     ebp, ebp
        call    double_fault

        section .rodata
        align   4

; C: const uint32_t trap_entry_address[NR_TRAP_ENTRIES]
trap_entry_address:
%assign vector 0
%rep 48
%if vector == 8
        dd      0
%else
        dd      trap_entry_ %+ vector
%endif
%assign vector vector + 1
%endrep

        section .stack nobits alloc noexec write align=4096

; C: uint8_t processor_stack[PROCESSOR_STACK_BYTES]
processor_stack:
        resb    STACK_BYTES
