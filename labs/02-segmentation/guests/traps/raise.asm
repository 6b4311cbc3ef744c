; SPDX-License-Identifier: MIT
;
; Instructions that raise exceptions: in ring 1 and, the same once more, in
; ring 3. Each has a name that the tests watch: raise1_VECTOR, raise3_VECTOR.

        global  raise_in_ring1
        global  resume_ring1
        global  resume_ring3
        global  failsafe_handler
        global  load_fs
        global  fs_loaded
        global  user_program
        global  user_stack_top
        global  user_vector
        global  user_value
        global  user_eflags

; Registers that the handlers must find as they were.
%macro fill_registers 0
        mov     ecx, 0x0C0C0C0C
        mov     edx, 0x0D0D0D0D
        mov     esi, 0x51515151
        mov     edi, 0xD1D1D1D1
        mov     ebp, 0xB9B9B9B9
%endmacro

%macro raise_label 2                    ; ring, vector
        global  raise%1_%2
raise%1_%2:
%endmacro

; In: eax = the vector, ebx = a value, eflags as they are to be but for what
; the comparisons need: pushed on the stack.
%macro raisers 1                        ; ring
        cmp     eax, 0
        je      %%divide
        cmp     eax, 3
        je      %%breakpoint
        cmp     eax, 4
        je      %%overflow
        cmp     eax, 5
        je      %%bound
        cmp     eax, 6
        je      %%undefined
        cmp     eax, 13
        je      %%protection
        cmp     eax, 14
        je      %%page
        cmp     eax, 0x80
        je      %%call
%%divide:
        popfd
        mov     edx, 0
        raise_label %1, 0
        div     edx
%%breakpoint:
        popfd
        raise_label %1, 3
        int3
%%overflow:
        popfd
        mov     al, 0x7F
        add     al, 1
        raise_label %1, 4
        into
%%bound:
        popfd
        mov     eax, 100
        raise_label %1, 5
        bound   eax, [raise_bounds_%1]
%%undefined:
        popfd
        raise_label %1, 6
        ud2
%%protection:
        popfd
        raise_label %1, 13
        mov     fs, ebx
%%page:
        popfd
        raise_label %1, 14
        mov     [ebx], eax
%%call:
        popfd
        raise_label %1, 128
        int     0x80
%endmacro

        section .text

; C: uint32_t raise_in_ring1(uint32_t vector, uint32_t value, uint32_t eflags)
raise_in_ring1:
        pushad
        mov     eax, [esp + 32 + 4]
        mov     ebx, [esp + 32 + 8]
        pushfd
        pop     edx
        or      edx, [esp + 32 + 12]
        push    edx
        fill_registers
        raisers 1
resume_ring1:
        cld
        push    dword 0                 ; AC and the like are gone
        and     dword [esp], 0
        popfd
        popad
        ret

; C: void load_fs(uint32_t selector)
load_fs:
        mov     eax, [esp + 4]
        mov     fs, eax
fs_loaded:
        ret

; Entered by the hypervisor: ds es fs gs eip cs eflags are on the stack.
failsafe_handler:
        mov     eax, 0xE021             ; the kernel's flat data
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        xor     eax, eax                ; of the call that was made
        add     esp, 16
        iret

        section .rodata
        align   8
raise_bounds_1:
        dd      0, 10

        section .user progbits alloc exec write align=4096

user_program:
        mov     eax, [user_vector]
        mov     ebx, [user_value]
        pushfd
        pop     edx
        or      edx, [user_eflags]
        push    edx
        fill_registers
        raisers 3
resume_ring3:
        int     0x80

        align   8                       ; AC may be set
raise_bounds_3:
        dd      0, 10
user_vector:
        dd      0
user_value:
        dd      0
user_eflags:
        dd      0

        align   16
        times   1024 db 0
user_stack_top:
