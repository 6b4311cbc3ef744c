/* SPDX-License-Identifier: MIT */
/**
 * @file vcpu.c
 * @page conformance_vcpu Conformance: vcpu_op
 * Property: a second vCPU is initialised from a whole context, which is
 * refused as a whole if any part is wrong; run states add up; areas and the
 * vcpu_info structure move where the guest says, and a bad place harms nobody.
 * Source: [XenABI] xen/vcpu.h; the observed answers.
 * Method: each part wrong in turn; areas at odd addresses, across pages, where
 * nothing is mapped, read-only, and in our range. vCPU 1 runs in \ref
 * conformance_vcpus.
 */
#include "check.h"
#include "clock.h"
#include "second.h"

#define UPDATING (1ull << 63)

static uint8_t info_page[4096] __attribute__((aligned(4096)));
static uint8_t gdt_page[4096] __attribute__((aligned(4096)));
static uint8_t plain_page[4096] __attribute__((aligned(4096)));
static uint8_t pair[8192] __attribute__((aligned(4096)));

static void yield(void)
{
    hypercall_2(sched_op, SCHEDOP_yield, 0);
}

static uint32_t cr3(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static void not_there(void)
{
    CHECK("vcpu.is_up.missing", -XEN_ENOENT, vcpu_op(VCPUOP_is_up, 31, NULL));
    CHECK("vcpu.is_up.99", -XEN_ENOENT, vcpu_op(VCPUOP_is_up, 99, NULL));
    CHECK("vcpu.is_up.max", -XEN_ENOENT, vcpu_op(VCPUOP_is_up, ~0u, NULL));
    CHECK("vcpu.unknown.99", -XEN_ENOSYS, vcpu_op(99, 0, NULL));
    CHECK("vcpu.unknown.99_vcpu99", -XEN_ENOENT, vcpu_op(99, 99, NULL));
    CHECK("vcpu.is_up.0", 1, vcpu_op(VCPUOP_is_up, 0, NULL));
    CHECK("vcpu.is_up.1_not_initialised", 0, vcpu_op(VCPUOP_is_up, 1, NULL));
    CHECK("vcpu.up.not_initialised", -XEN_EINVAL, vcpu_op(VCPUOP_up, 1, NULL));
    CHECK("vcpu.up.self", 0, vcpu_op(VCPUOP_up, 0, NULL));
    CHECK("vcpu.get_physid", -XEN_EINVAL, vcpu_op(VCPUOP_get_physid, 0, pair));
    CHECK("vcpu.initialise.missing", -XEN_ENOENT,
          vcpu_op(VCPUOP_initialise, 2, &second_context));
}

static struct vcpu_runstate_info state_of(unsigned vcpu)
{
    struct vcpu_runstate_info info = { .state = -1 };

    vcpu_op(VCPUOP_get_runstate_info, vcpu, &info);
    return info;
}

static uint64_t sum(const volatile struct vcpu_runstate_info *r)
{
    return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void run_states(void)
{
    struct vcpu_runstate_info first = state_of(0), later;
    uint64_t before = clock_now();

    CHECK("vcpu.get_runstate.self", RUNSTATE_running, first.state);
    CHECK("vcpu.get_runstate.entered", 1, first.state_entry_time <= before);
    clock_spin(2 * MS);
    later = state_of(0);
    CHECK("vcpu.get_runstate.sum_grows", 1,
          sum(&later) - sum(&first) >= 2 * MS);
    CHECK("vcpu.get_runstate.sum_is_age", 1,
          sum(&later) - sum(&first) <= clock_now() - before + MS);
    CHECK("vcpu.get_runstate.1_offline", RUNSTATE_offline, state_of(1).state);
    CHECK("vcpu.get_runstate.missing", -XEN_ENOENT,
          vcpu_op(VCPUOP_get_runstate_info, 2, &first));
    CHECK("vcpu.get_runstate.null", -XEN_EFAULT,
          vcpu_op(VCPUOP_get_runstate_info, 0, NULL));
    CHECK("vcpu.get_runstate.xen_range", -XEN_EFAULT,
          vcpu_op(VCPUOP_get_runstate_info, 0, (void *)IN_XEN_RANGE));
}

static int32_t area(unsigned cmd, uint32_t address)
{
    uint64_t at = address;

    return vcpu_op(cmd, 0, &at);
}

/** The run-state area, in good places and bad ones. */
static void runstate_area(void)
{
    const unsigned cmd = VCPUOP_register_runstate_memory_area;
    struct vcpu_runstate_info *good = (void *)plain_page;
    struct vcpu_runstate_info *odd = (void *)(plain_page + 2049);
    struct vcpu_runstate_info *across = (void *)(pair + 4096 - 20);
    uint64_t before;

    CHECK("vcpu.register_runstate.good", 0, area(cmd, (uint32_t)good));
    CHECK("vcpu.register_runstate.good.state", RUNSTATE_running, good->state);
    CHECK("vcpu.register_runstate.good.entry", 1, good->state_entry_time != 0);
    before = sum(good);
    yield();
    CHECK("vcpu.register_runstate.not_back", 1, sum(good) >= before);
    CHECK("vcpu.register_runstate.odd_address", 0, area(cmd, (uint32_t)odd));
    CHECK("vcpu.register_runstate.odd_address.entry", 1,
          odd->state_entry_time != 0);
    CHECK("vcpu.register_runstate.two_pages", 0, area(cmd, (uint32_t)across));
    CHECK("vcpu.register_runstate.two_pages.entry", 1,
          across->state_entry_time == odd->state_entry_time);
    CHECK("vcpu.register_runstate.two_pages.sum", 1, sum(across) >= before);
    CHECK("vcpu.register_runstate.unmapped", 0, area(cmd, UNMAPPED));
    CHECK("vcpu.register_runstate.read_only", 0, page_read_only(info_page));
    CHECK("vcpu.register_runstate.read_only.good", 0,
          area(cmd, (uint32_t)info_page));
    CHECK("vcpu.register_runstate.read_only.kept", 0,
          ((struct vcpu_runstate_info *)info_page)->state_entry_time != 0);
    CHECK("vcpu.register_runstate.writable_again", 0,
          page_writable(info_page));
    CHECK("vcpu.register_runstate.xen_range", -XEN_EFAULT,
          area(cmd, IN_XEN_RANGE));
    CHECK("vcpu.register_runstate.wraps", -XEN_EFAULT,
          area(cmd, 0xFFFFFFF0u));
    CHECK("vcpu.register_runstate.into_m2p", -XEN_EFAULT,
          area(cmd, IN_M2P - 8));
    CHECK("vcpu.register_runstate.null_area", 0, area(cmd, 0));
    CHECK("vcpu.register_runstate.null_struct", -XEN_EFAULT,
          vcpu_op(cmd, 0, NULL));
    CHECK("vcpu.register_runstate.missing", -XEN_ENOENT,
          vcpu_op(cmd, 2, &before));
    hypercall_2(vm_assist, VMASST_CMD_enable,
                VMASST_TYPE_runstate_update_flag);
    CHECK("vcpu.register_runstate.flag", 0, area(cmd, (uint32_t)good));
    CHECK("vcpu.register_runstate.flag.clear_after", 0,
          (uint32_t)(good->state_entry_time >> 63));
    CHECK("vcpu.register_runstate.twice", 0, area(cmd, (uint32_t)good));
}

static void time_area(void)
{
    const unsigned cmd = VCPUOP_register_vcpu_time_memory_area;
    struct vcpu_time_info *good = (void *)(plain_page + 1024);
    struct vcpu_time_info copy;

    CHECK("vcpu.register_time.good", 0, area(cmd, (uint32_t)good));
    CHECK("vcpu.register_time.mul", shared_info->vcpu_info[0].time
          .tsc_to_system_mul, good->tsc_to_system_mul);
    CHECK("vcpu.register_time.version", 0, good->version % 2);
    copy = clock_copy(good);
    CHECK("vcpu.register_time.same_clock", 1,
          clock_by(&copy) - clock_now() + MS < 2 * MS);
    CHECK("vcpu.register_time.two_pages", 0,
          area(cmd, (uint32_t)pair + 4096 - 12));
    CHECK("vcpu.register_time.unmapped", 0, area(cmd, UNMAPPED));
    CHECK("vcpu.register_time.xen_range", -XEN_EFAULT,
          area(cmd, IN_XEN_RANGE));
    CHECK("vcpu.register_time.null_struct", -XEN_EFAULT, vcpu_op(cmd, 0, NULL));
    CHECK("vcpu.register_time.null_area", 0, area(cmd, 0));
}

/** Each part of the context wrong in turn. */
static void refused(void)
{
    second_fill();
    CHECK("vcpu.initialise.null", -XEN_EFAULT,
          vcpu_op(VCPUOP_initialise, 1, NULL));
    CHECK("vcpu.initialise.xen_range", -XEN_EFAULT,
          vcpu_op(VCPUOP_initialise, 1, (void *)IN_XEN_RANGE));
    second_context.ctrlreg[3] = 0;
    CHECK("vcpu.initialise.cr3_0", -XEN_EINVAL, second_initialise());
    second_context.ctrlreg[3] = (uint32_t)(maddr_of(plain_page) >> 12 << 12);
    CHECK("vcpu.initialise.cr3_plain_page", -XEN_EINVAL, second_initialise());
    second_fill();
    second_context.ldt_ents = 8193;
    CHECK("vcpu.initialise.ldt_too_many", -XEN_EINVAL, second_initialise());
    second_context.ldt_ents = 1;
    second_context.ldt_base = (uint32_t)gdt_page + 8;
    CHECK("vcpu.initialise.ldt_not_aligned", -XEN_EINVAL, second_initialise());
    second_context.ldt_base = 0xFFFF0000u;
    CHECK("vcpu.initialise.ldt_in_xen_range", -XEN_EINVAL, second_initialise());
    second_fill();
    second_context.gdt_ents = 7169;
    CHECK("vcpu.initialise.gdt_too_many", -XEN_EINVAL, second_initialise());
    second_context.gdt_ents = 1;
    second_context.gdt_frames[0] = FRAME_BEYOND_MEMORY;
    CHECK("vcpu.initialise.gdt_bad_frame", -XEN_EINVAL, second_initialise());
    CHECK("vcpu.is_up.1_refused", 0, vcpu_op(VCPUOP_is_up, 1, NULL));
    CHECK("vcpu.up.refused", -XEN_EINVAL, vcpu_op(VCPUOP_up, 1, NULL));
}

static int32_t register_info(unsigned vcpu, uint64_t frame, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = { .mfn = frame, .offset = offset };

    return vcpu_op(VCPUOP_register_vcpu_info, vcpu, &info);
}

/** vCPU 1's structure moves while it is down. */
static void move_info(void)
{
    struct vcpu_info *info = (void *)(info_page + 192);
    uint64_t frame = maddr_of(info_page) >> 12;

    CHECK("vcpu.register_info.offset_4096", -XEN_ENXIO,
          register_info(1, frame, 4096));
    CHECK("vcpu.register_info.offset_too_late", -XEN_ENXIO,
          register_info(1, frame, 4096 - 60));
    CHECK("vcpu.register_info.offset_max", -XEN_ENXIO,
          register_info(1, frame, ~0u));
    CHECK("vcpu.register_info.offset_odd", -XEN_ENXIO,
          register_info(1, frame, 193));
    CHECK("vcpu.register_info.null", -XEN_EFAULT,
          vcpu_op(VCPUOP_register_vcpu_info, 1, NULL));
    CHECK("vcpu.register_info.frame_beyond_memory", -XEN_EINVAL,
          register_info(1, FRAME_BEYOND_MEMORY, 0));
    CHECK("vcpu.register_info.frame_64_bits", -XEN_EINVAL,
          register_info(1, frame | 1ull << 32, 0));
    CHECK("vcpu.register_info.table", -XEN_EINVAL,
          register_info(1, cr3() >> 12, 0));
    CHECK("vcpu.register_info.good_down_vcpu", 0,
          register_info(1, frame, 192));
    CHECK("vcpu.register_info.pending", 1, info->evtchn_upcall_pending);
    CHECK("vcpu.register_info.sel", ~0u, info->evtchn_pending_sel);
    CHECK("vcpu.register_info.mask", 1, info->evtchn_upcall_mask);
    CHECK("vcpu.register_info.time", 1, info->time.tsc_to_system_mul != 0);
    CHECK("vcpu.register_info.twice", -XEN_EINVAL,
          register_info(1, frame, 256));
    /* Nobody may make a table of it, mapped or not; an empty one is right in
     * all else. */
    for (unsigned i = 0; i < sizeof(info_page); i++)
        ((volatile uint8_t *)info_page)[i] = 0;
    CHECK("vcpu.register_info.page_away", 0, page_away(info_page));
    CHECK("vcpu.register_info.held", -XEN_EINVAL,
          mmuext(MMUEXT_PIN_L1_TABLE, (uint32_t)frame, 0));
    CHECK("vcpu.register_info.page_back", 0, page_writable(info_page));
}

/** A good context, once. */
static void second_is_made(void)
{
    second_fill();
    CHECK("vcpu.initialise.good", 0, second_initialise());
    CHECK("vcpu.initialise.twice", -XEN_EEXIST, second_initialise());
    CHECK("vcpu.initialise.self", -XEN_EEXIST,
          vcpu_op(VCPUOP_initialise, 0, &second_context));
    CHECK("vcpu.is_up.1_initialised", 0, vcpu_op(VCPUOP_is_up, 1, NULL));
    CHECK("vcpu.get_runstate.1_initialised", RUNSTATE_offline,
          state_of(1).state);
    move_info();
}

/** vCPU 0's own structure, last: the old place is not written any more. */
static void move_own_info(void)
{
    struct vcpu_info *info = (void *)(plain_page + 64);
    uint32_t version;

    UPCALL_MASK = 1;
    CHECK("vcpu.register_info.self", 0,
          register_info(0, maddr_of(plain_page) >> 12, 64));
    CHECK("vcpu.register_info.self.mask", 1, info->evtchn_upcall_mask);
    CHECK("vcpu.register_info.self.pending", 1, info->evtchn_upcall_pending);
    CHECK("vcpu.register_info.self.sel", ~0u, info->evtchn_pending_sel);
    CHECK("vcpu.register_info.self.mul",
          shared_info->vcpu_info[0].time.tsc_to_system_mul,
          info->time.tsc_to_system_mul);
    info->evtchn_upcall_pending = 0;
    version = info->time.version;
    while (((volatile struct vcpu_info *)info)->time.version == version)
        yield();
    CHECK("vcpu.register_info.self.written", 1,
          (int32_t)(info->time.version - version) > 0);
    CHECK("vcpu.register_info.self_twice", -XEN_EINVAL,
          register_info(0, maddr_of(plain_page) >> 12, 128));
}

void family(void)
{
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    not_there();
    run_states();
    runstate_area();
    time_area();
    refused();
    second_is_made();
    area(VCPUOP_register_runstate_memory_area, 0);
    move_own_info();
}
