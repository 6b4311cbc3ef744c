/* SPDX-License-Identifier: MIT */
/**
 * @file iopl.c
 * @page conformance_iopl Conformance: physdev_op, ports, virtual IOPL
 * Property: ports and CLI/STI are open to the ring that the virtual IOPL
 * names, or by the bitmap; nobody answers on them; the real IOPL is always 0.
 * Source: the interface; the observed answers.
 * Method: every instruction with ports, before and after set_iopl, with the
 * bitmap, in both rings, with and without architectural_iopl.
 */
#include "check.h"

#include <xen/physdev.h>

#define PORT 0x2E0

static uint8_t bytes[16], bitmap[8192];
static uint8_t page[8192] __attribute__((aligned(4096)));

USER(user_cli, "cli");
USER(user_inb, "movl $0x2E0, %edx; inb %dx, %al");

static int32_t set_iopl(uint32_t iopl)
{
    struct physdev_set_iopl op = { .iopl = iopl };

    return hypercall_2(physdev_op, PHYSDEVOP_set_iopl, &op);
}

static int32_t set_bitmap(uint8_t *map, uint32_t ports)
{
    struct physdev_set_iobitmap op = { .nr_ports = ports };

    set_xen_guest_handle_raw(op.bitmap, map);
    return hypercall_2(physdev_op, PHYSDEVOP_set_iobitmap, &op);
}

static uint32_t try_port(void)
{
    tried.edx = PORT;
    return TRY("inb %%dx, %%al");
}

static void closed(void)
{
    CHECK("emul.cli", FAULT(13, 0), TRY("cli"));
    CHECK("emul.sti", FAULT(13, 0), TRY("sti"));
    CHECK("emul.inb", FAULT(13, 0), try_port());
    CHECK("emul.outb", FAULT(13, 0), TRY("outb %%al, %%dx"));
    CHECK("emul.inb_imm", FAULT(13, 0), TRY("inb $0x80, %%al"));
    tried.edi = (uint32_t)bytes;
    CHECK("emul.insb", FAULT(13, 0), TRY("insb"));
    tried.esi = (uint32_t)bytes;
    CHECK("emul.outsb", FAULT(13, 0), TRY("outsb"));
    tried.ecx = 1;
    CHECK("emul.rep_insb", FAULT(13, 0), TRY("rep insb"));
    tried.ecx = 0;
    CHECK("emul.rep_insb_of_none", NO_FAULT, TRY("rep insb"));
}

static void calls(void)
{
    CHECK("physdev.set_iopl.4", -XEN_EINVAL, set_iopl(4));
    CHECK("physdev.set_iopl.max", -XEN_EINVAL, set_iopl(~0u));
    CHECK("physdev.set_iopl.null", -XEN_EFAULT,
          hypercall_2(physdev_op, PHYSDEVOP_set_iopl, 0));
    CHECK("physdev.set_iopl.xen_range", -XEN_EFAULT,
          hypercall_2(physdev_op, PHYSDEVOP_set_iopl, IN_XEN_RANGE));
    CHECK("physdev.set_iobitmap.65537", -XEN_EINVAL,
          set_bitmap(bitmap, 65537));
    CHECK("physdev.set_iobitmap.65536", 0, set_bitmap(bitmap, 65536));
    CHECK("physdev.set_iobitmap.null_structure", -XEN_EFAULT,
          hypercall_2(physdev_op, PHYSDEVOP_set_iobitmap, 0));
    CHECK("physdev.set_iobitmap.0", 0, set_bitmap(NULL, 0));
    CHECK("physdev.op.22", -XEN_ENOSYS, hypercall_2(physdev_op, 22, bytes));
    CHECK("physdev.op.99", -XEN_ENOSYS, hypercall_2(physdev_op, 99, bytes));
    CHECK("physdev.op.max", -XEN_ENOSYS, hypercall_2(physdev_op, ~0u, bytes));
}

static void strings(void)
{
    tried.edi = (uint32_t)bytes;
    tried.edx = PORT;
    CHECK("emul.iopl1.insb", NO_FAULT, TRY("insb"));
    CHECK("emul.iopl1.insb.byte", 0xFF, bytes[0]);
    CHECK("emul.iopl1.insb.edi", (uint32_t)bytes + 1, tried.edi);
    tried.edi = (uint32_t)bytes;
    tried.ecx = 3;
    CHECK("emul.iopl1.rep_insb", NO_FAULT, TRY("rep insb"));
    CHECK("emul.iopl1.rep_insb.ecx", 0, tried.ecx);
    CHECK("emul.iopl1.rep_insb.edi", (uint32_t)bytes + 3, tried.edi);
    CHECK("emul.iopl1.rep_insb.no_further", 0, bytes[3]);
    tried.edi = UNMAPPED;
    CHECK("emul.iopl1.insb_to_unmapped", FAULT(14, 2), TRY("insb"));
    (void)page_read_only(page);
    tried.edi = (uint32_t)page;
    CHECK("emul.iopl1.insb_to_read_only", FAULT(14, 2), TRY("insb"));
    (void)page_writable(page);
    (void)page_away(page + 4096);
    tried.edi = (uint32_t)page + 4094;
    CHECK("emul.iopl1.insl_to_second_page", FAULT(14, 2), TRY("insl"));
    CHECK("emul.iopl1.insl_to_second_page.address", (uint32_t)page + 4096,
          shared_info->vcpu_info[0].arch.cr2);
    CHECK("emul.iopl1.insl_to_second_page.edi", (uint32_t)page + 4094,
          tried.edi);
    (void)page_writable(page + 4096);
    tried.edi = IN_XEN_RANGE;
    CHECK("emul.iopl1.insb_to_xen_range", 1, TRY("insb") != NO_FAULT);
    tried.esi = UNMAPPED;
    CHECK("emul.iopl1.outsb_from_unmapped", FAULT(14, 0), TRY("outsb"));
}

static void opened(void)
{
    CHECK("physdev.set_iopl.1", 0, set_iopl(1));
    CHECK("emul.iopl1.cli", NO_FAULT, TRY("cli"));
    CHECK("emul.iopl1.cli.real_if_stays", GUEST_FLAG_IF,
          (TRY("pushfl; popl %%eax"), tried.eax & GUEST_FLAG_IF));
    UPCALL_MASK = 1;
    CHECK("emul.iopl1.sti", NO_FAULT, TRY("sti"));
    CHECK("emul.iopl1.sti.mask_kept", 1, UPCALL_MASK);
    CHECK("emul.iopl1.inb", NO_FAULT, try_port());
    CHECK("emul.iopl1.inb.al", 0xFF, tried.eax & 0xFF);
    CHECK("emul.iopl1.inl", NO_FAULT, TRY("inl %%dx, %%eax"));
    CHECK("emul.iopl1.inl.eax", 0xFFFFFFFF, tried.eax);
    tried.eax = 0x12345678;
    CHECK("emul.iopl1.inw.upper_half_kept", 0x1234FFFF,
          (TRY("inw %%dx, %%ax"), tried.eax));
    CHECK("emul.iopl1.outb", NO_FAULT, TRY("outb %%al, $0x80"));
    CHECK("emul.iopl1.eflags_iopl_0", 0,
          (TRY("pushfl; popl %%eax"), tried.eax & 0x3000));
    strings();
    CHECK("emul.iopl1.ring3_cli", FAULT(13, 0), try_user(user_cli));
    CHECK("physdev.set_iopl.3", 0, set_iopl(3));
    CHECK("emul.iopl3.ring3_cli", WENT_THROUGH, try_user(user_cli));
    CHECK("emul.iopl3.ring3_inb", WENT_THROUGH, try_user(user_inb));
    CHECK("physdev.set_iopl.0", 0, set_iopl(0));
    CHECK("emul.iopl0.inb_again", FAULT(13, 0), try_port());
}

static void by_bitmap(void)
{
    for (unsigned i = 0; i < sizeof(bitmap); i++)
        bitmap[i] = 0xFF;
    bitmap[PORT / 8] = 0xFE;
    set_bitmap(bitmap, 65536);
    CHECK("emul.iobitmap.inb_allowed", NO_FAULT, try_port());
    tried.edx = PORT + 1;
    CHECK("emul.iobitmap.inb_refused", FAULT(13, 0),
          TRY("inb %%dx, %%al"));
    tried.edx = PORT;
    CHECK("emul.iobitmap.inw_half_allowed", FAULT(13, 0),
          TRY("inw %%dx, %%ax"));
    CHECK("emul.iobitmap.ring3_inb_allowed", WENT_THROUGH,
          try_user(user_inb));
    set_bitmap(bitmap, PORT);
    CHECK("emul.iobitmap.beyond_the_last_port", FAULT(13, 0), try_port());
    set_bitmap((uint8_t *)UNMAPPED, 65536);
    CHECK("emul.iobitmap.unmapped_bitmap", FAULT(13, 0), try_port());
    set_bitmap(NULL, 0);
    CHECK("emul.iobitmap.removed", FAULT(13, 0), try_port());
}

static void architectural(void)
{
    hypercall_2(vm_assist, VMASST_CMD_enable,
                VMASST_TYPE_architectural_iopl);
    CHECK("vm_assist.architectural_iopl.frame_before_set", 0,
          (TRY("ud2"), tried.trap.eflags & 0x3000));
    CHECK("vm_assist.architectural_iopl.cli", NO_FAULT, TRY("cli"));
    set_iopl(2);
    CHECK("vm_assist.architectural_iopl.frame", 0x2000,
          (TRY("ud2"), tried.trap.eflags & 0x3000));
    set_iopl(0);
    hypercall_2(vm_assist, VMASST_CMD_disable,
                VMASST_TYPE_architectural_iopl);
    CHECK("vm_assist.architectural_iopl.off", FAULT(13, 0), TRY("cli"));
}

void family(void)
{
    traps_ready();
    closed();
    calls();
    opened();
    by_bitmap();
    architectural();
}
