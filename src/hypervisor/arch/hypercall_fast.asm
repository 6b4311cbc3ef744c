; SPDX-License-Identifier: MIT
;
; The short way of a hypercall into ring 0 and back; the gate of
; HYPERCALL_VECTOR points here while the option `fast` is on
; (hypercall/fast.c). The plain way is hypercall_entry.asm.
;
; It leaves the same frame on the stack. Some calls need less than the way to C
; would take: those are made here, with the guest's values still in the segment
; registers. They touch no descriptor, so that nothing needs to be loaded anew;
; what they read and write is reached through SS, which is ours since the INT.
;
;     number --> fast_way[] --+--> fast_way_c           a C function makes it
;                             +--> fast_way_c_only      the same, and it needs
;                             |                         no segment of the guest's
;                             +--> fast_way_none        there is no such call
;                             +--> fast_way_xen_version, _stack_switch,
;                                  _fpu_taskswitch, _sched_op      made here
;
; In each of them: EAX the number, EBP the vCPU, EBX ECX EDX ESI EDI the
; arguments, ESP the frame, which is complete but for the segment registers.
;
; FAST-I8  A way that does not go through C changes of the guest's registers
;          EAX only, and leaves to exit_to_guest, with a whole frame, whenever
;          there is more to be done before the return than to tell the guest's
;          kernel of an event (.tell).

%include "layout.inc"
%include "segmentation_offsets.inc"
%include "hypercall_offsets.inc"
%include "src/hypervisor/arch/segmentation_frame.inc"

        global  fast_hypercall_entry
        global  fast_way_c
        global  fast_way_c_only
        global  fast_way_none
        global  fast_way_xen_version
        global  fast_way_stack_switch
        global  fast_way_fpu_taskswitch
        global  fast_way_sched_op
        global  fast_no_call
        global  fast_multicall_run

        extern  exit_to_guest
        extern  failsafe_after_load
        extern  domain_may_run
        extern  fast_hypercall
        extern  fast_of_many
        extern  fast_way
        extern  hypercall_call
        extern  multicall
        extern  processor

        section .text

; C: never called. In: as hypercall_entry.
; The call is remembered for the crash report (struct last_hypercall).
fast_hypercall_entry:
        push    dword HYPERCALL_VECTOR << 16
        push_general
        mov     ebp, [ss:processor + PROCESSOR_CURRENT]
        mov     byte [ebp + VCPU_LAST_ANY], 1
        mov     [ebp + VCPU_LAST_NUMBER], eax
        mov     [ebp + VCPU_LAST_ARGS], ebx
        mov     [ebp + VCPU_LAST_ARGS + 4], ecx
        mov     [ebp + VCPU_LAST_ARGS + 8], edx
        mov     [ebp + VCPU_LAST_ARGS + 12], esi
        mov     [ebp + VCPU_LAST_ARGS + 16], edi
        push    dword [esp + FRAME_EBP]
        pop     dword [ebp + VCPU_LAST_ARGS + 20]
        push    dword [esp + FRAME_EIP]
        pop     dword [ebp + VCPU_LAST_EIP]
        cmp     eax, NR_HYPERCALLS
        jae     unknown
        jmp     [ss:fast_way + eax * 4]

; A number that has no function, perhaps for the first time: C says -ENOSYS and
; has it logged.
unknown:
        save_segments
        mov     ecx, SEL_HYPERVISOR_DS
        mov     ds, ecx
        mov     es, ecx
        cld
        push    esp
        push    eax
        call    hypercall_call          ; (number, arguments)
        add     esp, 8
        mov     [esp + FRAME_EAX], eax
        jmp     exit_to_guest

; The call's function makes it. Its argument is the frame, whose lowest six
; words are those of the call.
fast_way_c:
        save_segments
        mov     ecx, SEL_HYPERVISOR_DS
        mov     ds, ecx
        mov     es, ecx
        cld                             ; the guest may have set it
        xor     ebp, ebp                ; a backtrace ends here
        push    esp
        call    [fast_hypercall + eax * 4]
        add     esp, 4
        mov     [esp + FRAME_EAX], eax
        jmp     exit_to_guest

; The same, for a call that touches no descriptor: FS and GS stay in their
; registers, and what it changes of the frame may be any general register.
fast_way_c_only:
        mov     [esp + FRAME_DS], ds
        mov     [esp + FRAME_ES], es
        mov     ecx, SEL_HYPERVISOR_DS
        mov     ds, ecx
        mov     es, ecx
        cld
        xor     ebp, ebp
        push    esp
        call    [fast_hypercall + eax * 4]
        add     esp, 4
        mov     ebx, [esp + FRAME_EBX]
        mov     ecx, [esp + FRAME_ECX]
        mov     edx, [esp + FRAME_EDX]
        mov     esi, [esp + FRAME_ESI]
        mov     edi, [esp + FRAME_EDI]
        mov     es, [esp + FRAME_ES]    ; the guest had loaded these, and
        mov     ds, [esp + FRAME_DS]    ; nothing has changed: they cannot fault
        jmp     leave

; Said before that it does not exist? Then once is enough.
fast_way_none:
        mov     ebp, [ebp + VCPU_DOMAIN]
        bt      [ebp + DOMAIN_MISSING], eax
        jnc     unknown
        mov     eax, -ERROR_NO_CALL
        jmp     leave

; Only the version; the texts are C's.
fast_way_xen_version:
        test    ebx, ebx
        jnz     fast_way_c
        mov     eax, INTERFACE_VERSION
        jmp     leave

; do_stack_switch(): the selector leaves ring 0, the stack goes to the vCPU and
; to the TSS.
fast_way_stack_switch:
        mov     eax, ebx
        test    al, 3
        jnz     .store
        or      eax, 1
.store: mov     [ebp + VCPU_KERNEL_SS], ax
        mov     [ebp + VCPU_KERNEL_ESP], ecx
        movzx   eax, ax
        mov     [ss:processor + PROCESSOR_SS1], eax
        mov     [ss:processor + PROCESSOR_ESP1], ecx
        xor     eax, eax
        jmp     leave

; SCHEDOP_block while an event is pending, of a vCPU that does not wait for the
; hypervisor itself: as do_sched_op().
fast_way_sched_op:
        cmp     ebx, OPERATION_BLOCK
        jne     .plain
        mov     eax, [ebp + VCPU_DOMAIN]
        cmp     byte [ss:eax + DOMAIN_CONSOLE_OPEN], 0
        jne     .plain
        cmp     byte [ss:eax + DOMAIN_STORE_OPEN], 0
        jne     .plain
        mov     ebp, [ss:processor + PROCESSOR_INFO]
        cmp     byte [ebp + VCPU_INFO_PENDING], 0
        je      .plain
        mov     byte [ebp + VCPU_INFO_MASK], 0
        xor     eax, eax
        jmp     leave
.plain: mov     eax, CALL_SCHED_OP
        jmp     fast_way_c

; do_fpu_taskswitch(): the real CR0.TS follows the virtual one (SEG-I11).
fast_way_fpu_taskswitch:
        xor     eax, eax
        test    ebx, ebx
        setnz   al
        cmp     [ebp + VCPU_TASK_SWITCHED], al
        je      .done
        mov     [ebp + VCPU_TASK_SWITCHED], al
        test    al, al
        jz      .clear
        mov     eax, cr0
        or      eax, CR0_TASK_SWITCHED
        mov     cr0, eax
.done:  xor     eax, eax
        jmp     leave
.clear: clts

; In: EAX = the call's result; of the guest's registers only EBP is lost.
leave:
        cmp     dword [ss:processor + PROCESSOR_EXIT_WORK], 0
        jne     .work
        mov     ebp, [ss:processor + PROCESSOR_INFO]
        cmp     byte [ebp + VCPU_INFO_PENDING], 0
        jne     .pending
.go:    mov     ebp, [esp + FRAME_EBP]
        add     esp, FRAME_EIP
.iret:  iret

.pending:
        cmp     byte [ebp + VCPU_INFO_MASK], 0
        jne     .go

; Tell the guest's kernel, which called: fast_upcall() for ring 1, with EFLAGS,
; CS with a clear mask, and EIP on the stack that it has. GS is its stack's
; segment for as long; nothing is changed before all is stored.
.tell:  test    byte [esp + FRAME_CS], 2
        jnz     .work
        mov     [esp + FRAME_EAX], eax
        mov     ebp, [ss:processor + PROCESSOR_CURRENT]
        test    word [ebp + VCPU_EVENT_CS], ~3 & 0xFFFF
        jz      .work
        mov     eax, [ebp + VCPU_DOMAIN]
        test    dword [ss:eax + DOMAIN_ASSISTS], ASSIST_IOPL
        jnz     .plain
        mov     eax, [esp + FRAME_ESP]
        push    gs
.ss:    mov     gs, [esp + 4 + FRAME_SS]
        push    ebx
        mov     ebx, [esp + 8 + FRAME_EFLAGS]
        and     ebx, ~(FLAGS_IOPL | FLAGS_IF)
        or      ebx, FLAGS_IF
.put2:  mov     [gs:eax - 4], ebx
        movzx   ebx, word [esp + 8 + FRAME_CS]
.put1:  mov     [gs:eax - 8], ebx
        mov     ebx, [esp + 8 + FRAME_EIP]
.put0:  mov     [gs:eax - 12], ebx
        sub     eax, 12
        mov     [esp + 8 + FRAME_ESP], eax
        and     dword [esp + 8 + FRAME_EFLAGS], ~FLAGS_CLEARED
        mov     ax, [ebp + VCPU_EVENT_CS]
        mov     [esp + 8 + FRAME_CS], ax
        mov     eax, [ebp + VCPU_EVENT_EIP]
        mov     [esp + 8 + FRAME_EIP], eax
        mov     eax, [ss:processor + PROCESSOR_INFO]
        mov     byte [ss:eax + VCPU_INFO_MASK], 1
        pop     ebx
        mov     eax, [esp + 4 + FRAME_EAX]
        pop     gs                      ; the guest's own: cannot fault
        jmp     .go

; It could not be stored: C says why.
.unput: pop     ebx
.unss:  pop     gs
.plain: mov     eax, [esp + FRAME_EAX]

.work:  mov     [esp + FRAME_EAX], eax
        save_segments
        load_hypervisor_segments
        cld
        jmp     exit_to_guest

; The guest cannot go on with the CS and SS that it came with: as
; failsafe_after_iret.
.refused:
        push    dword 0
        push_general
        save_segments
        jmp     failsafe_after_load

        FIXUP   .iret, .refused
        FIXUP   .ss, .unss
        FIXUP   .put2, .unput
        FIXUP   .put1, .unput
        FIXUP   .put0, .unput

; In the place of a call that does not exist; C: hypercall_fn. In: EBX = its
; number, as fast_multicall_run has it. (fast_way_none never comes here.)
fast_no_call:
        push    dword [esp + 4]
        push    ebx
        call    hypercall_call          ; (number, arguments)
        add     esp, 8
        ret

; --- The entries of a multicall ----------------------------------------------
;
; C: enum multicall_stop fast_multicall_run(uint32_t *at, uint32_t end,
;                                           int32_t *result)
; Makes the calls of a list in the guest's memory, from *at on, until one of
; the reasons to stop; *at is then the first entry that was not made. All of the
; list is in the guest's range. *result is the last call's, for MULTICALL_IRET.
;
; Each word of an entry is read once; the arguments go to where the call finds
; them. Whether the domain may still run is asked only if there is something to
; be done before it does: its end is such a thing.
;
; EBX = the number, EDI = the entry, ESI = end
fast_multicall_run:
        push    ebp
        mov     ebp, esp
        push    ebx
        push    esi
        push    edi
        mov     edi, [ebp + 8]
        mov     edi, [edi]
        mov     esi, [ebp + 12]
.next:  cmp     dword [processor + PROCESSOR_EXIT_WORK], 0
        jne     .asked
.op:    mov     ebx, [edi + ENTRY_NUMBER]
.arg5:  push    dword [edi + ENTRY_ARGS + 20]
.arg4:  push    dword [edi + ENTRY_ARGS + 16]
.arg3:  push    dword [edi + ENTRY_ARGS + 12]
.arg2:  push    dword [edi + ENTRY_ARGS + 8]
.arg1:  push    dword [edi + ENTRY_ARGS + 4]
.arg0:  push    dword [edi + ENTRY_ARGS]
        cmp     ebx, NR_HYPERCALLS
        jae     .unknown
        push    esp
        call    [fast_of_many + ebx * 4]
        add     esp, 28
.made:  cmp     byte [multicall + MULTICALL_IS_CONTINUED], 0
        jne     .continued
.store: mov     [edi + ENTRY_RESULT], eax
.after: add     edi, ENTRY_BYTES
        cmp     ebx, CALL_IRET
        je      .iret
        cmp     edi, esi
        jne     .next
        xor     eax, eax                ; MULTICALL_DONE
.out:   mov     ecx, [ebp + 8]
        mov     [ecx], edi
        lea     esp, [ebp - 12]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

.asked: mov     eax, [processor + PROCESSOR_CURRENT]
        push    dword [eax + VCPU_DOMAIN]
        call    domain_may_run
        add     esp, 4
        test    al, al
        jnz     .op
        xor     eax, eax
        jmp     .out

.unknown:
        push    esp
        push    ebx
        call    hypercall_call          ; (number, arguments)
        add     esp, 32
        jmp     .made

.continued:
        mov     eax, MULTICALL_CONTINUED
        jmp     .out

.iret:  mov     ecx, [ebp + 16]
        mov     [ecx], eax
        mov     eax, MULTICALL_IRET
        jmp     .out

; The result could not be stored. After an iret nobody is told.
.lost:  cmp     ebx, CALL_IRET
        je      .after
.fault: mov     eax, MULTICALL_FAULT
        jmp     .out

        FIXUP   .op, .fault
        FIXUP   .arg5, .fault
        FIXUP   .arg4, .fault
        FIXUP   .arg3, .fault
        FIXUP   .arg2, .fault
        FIXUP   .arg1, .fault
        FIXUP   .arg0, .fault
        FIXUP   .store, .lost
