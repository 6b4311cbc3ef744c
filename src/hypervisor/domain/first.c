/* SPDX-License-Identifier: MIT */
/**
 * @file first.c
 * Builds the first domain from the boot modules and starts it.
 *
 * Module 0 is the guest's kernel, module 1, if there is one, its initial
 * ramdisk; the kernel module's string is the guest's command line. The steps:
 * read the image, lay out memory, allocate it, load, write the tables, fill
 * start_info and shared_info, set up vCPU 0, enter it.
 *
 * The first domain is the control domain, number 0, unless the command line
 * has `plain`: then it is an ordinary one, as a control domain would build
 * it, with a store page and a console page, at whose other ends the hypervisor
 * is (console_ring.c, store_ring.c). The store is empty, and signals nothing:
 * its port is 0.
 *
 * This builder is outside all exercises: labs 2 to 7 start their guests with
 * it. A guest that it cannot start is refused with a sentence, and the
 * machine ends with MACHINE_GUEST_REFUSED.
 */
#include "builder.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "hypercall.h"
#include "lib.h"

/** What the domain gets when dom0_mem= is not given: all but a 16th, at most
 *  this. Every frame is zeroed first, so more would only make starts slow. */
#define DEFAULT_MAX_FRAMES (512u * 1024 * 1024 / PAGE_SIZE)

/** The number of an ordinary first domain: 0 would be the control domain's. */
#define PLAIN_DOMAIN 1

static _Noreturn void refuse_guest(const char *sentence)
{
    printk(LOG_ERROR, "The guest is refused: %s.\n", sentence);
    machine_end(MACHINE_GUEST_REFUSED);
}

/** A module's bytes as a source, if they are memory that exists. */
static void open_module(const struct boot_info *info, unsigned index,
                        struct image_source *source)
{
    const struct boot_module *module = &info->module[index];

    if (module->end < module->start ||
        (module->end + (uint64_t)PAGE_SIZE - 1) / PAGE_SIZE > nr_frames()) {
        printk(LOG_ERROR, "The boot loader's module %u is at 0x%x-0x%x, where "
                          "there is no memory.\n",
               index, module->start, module->end);
        machine_end(MACHINE_BAD_BOOT);
    }
    machine_source(source, module->start, module->end);
}

/** How many frames the domain gets: dom0_mem=, or most of a small machine. */
static uint32_t domain_frames(void)
{
    uint32_t free = frames_free();
    uint32_t most = free - free / 16;
    uint64_t wanted = options.dom0_mem_bytes / PAGE_SIZE;

    if (options.dom0_mem_bytes == 0)
        return most < DEFAULT_MAX_FRAMES ? most : DEFAULT_MAX_FRAMES;
    if (wanted > free) {
        printk(LOG_ERROR, "dom0_mem= asks for %llu KB, but only %u KB of "
                          "memory are free.\n",
               (unsigned long long)wanted * 4, free * 4);
        machine_end(MACHINE_BAD_BOOT);
    }
    return (uint32_t)wanted;
}

/** Name the domain after its kernel's file, if the boot loader says it. */
static void name_domain(struct domain *d, const char *string)
{
    const char *base = string;
    size_t length = 0;

    if (command_line_arguments(string) == string)
        base = string = "guest";
    for (const char *at = string; *at != '\0' && *at != ' '; at++) {
        if (*at == '/')
            base = at + 1;
    }
    while (base[length] != '\0' && base[length] != ' ' &&
           length < sizeof(d->name) - 1)
        length++;
    memcpy(d->name, base, length);
    d->name[length] = '\0';
}

/** Where the ramdisk is, as start_info says it. */
static void describe_ramdisk(const struct build *b, uint32_t bytes,
                             struct start_info *start)
{
    if (bytes == 0)
        return;
    start->mod_len = bytes;
    start->mod_start = b->layout.ramdisk_va;
    if (b->image.ramdisk_unmapped) {
        start->mod_start = b->layout.ramdisk_pfn;
        start->flags |= SIF_MOD_START_PFN;
    }
}

/** A control domain has no pages for a console and a store: it is where
 *  those of others end. */
static void describe_rings(const struct build *b, struct start_info *start)
{
    if (!options.plain) {
        start->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
        return;
    }
    start->store_mfn = b->domain->store.page.n;
    start->console.domU.mfn = b->domain->console.page.n;
    start->console.domU.evtchn = b->console_port;
}

/** Fill and write the start_info page; the rest of it is zero. */
static void write_start_info(const struct build *b, uint32_t ramdisk_bytes,
                             const char *arguments)
{
    struct start_info start;

    memset(&start, 0, sizeof(start));
    strlcpy(start.magic, "xen-3.0-x86_32p", sizeof(start.magic));
    start.nr_pages = b->nr_pages;
    start.shared_info = (uint32_t)mfn_to_maddr(b->domain->shared_mfn).a;
    describe_rings(b, &start);
    start.pt_base = b->layout.tables_va;
    start.nr_pt_frames = b->layout.nr_tables;
    start.mfn_list = b->layout.p2m_va;
    describe_ramdisk(b, ramdisk_bytes, &start);
    strlcpy((char *)start.cmd_line, arguments, sizeof(start.cmd_line));
    build_write(b, b->layout.start_info_va, &start, sizeof(start));
}

/** Fill the page of stubs through which the guest will call us. */
static void write_hypercall_page(const struct build *b)
{
    void *window;

    if (!b->image.has_hypercall_page)
        return;
    window = window_map(build_frame_at(b, b->image.hypercall_page));
    hypercall_page_fill(window);
    window_unmap(window);
}

/** Be at the other ends of a plain domain's console and store. */
static void open_rings(struct build *b)
{
    int port = event_bind_hypervisor(b->domain);

    BUG_ON(port < 0); /* all are free */
    b->console_port = (uint32_t)port;
    console_ring_open(b->domain, build_frame_at(b, b->layout.console_va));
    store_ring_open(b->domain, build_frame_at(b, b->layout.store_va));
}

/** vCPU 0, ready to be entered at the image's entry. */
static struct vcpu *make_vcpu(const struct build *b, mfn_t l3)
{
    struct vcpu *v = domain_add_vcpu(b->domain, 0);

    if (!v)
        panic("no memory for the first vCPU");
    v->base = l3;
    memory_refresh_pdpt(v);
    vcpu_init_traps(v, b->image.entry, b->layout.stack_va + PAGE_SIZE,
                    b->layout.start_info_va);
    v->initialised = true;
    return v;
}

/** Read the image and lay out the domain's memory, or refuse. */
static void plan(struct build *b, const struct image_source *kernel,
                 uint32_t ramdisk_bytes)
{
    struct layout_request request = { .image = &b->image,
                                      .ramdisk_bytes = ramdisk_bytes,
                                      .ring_pages = options.plain };

    if (image_read(kernel, &b->image, &b->error) != 0)
        refuse_guest(b->error.sentence);
    if (b->image.refuses_control && !options.plain)
        refuse_guest("its note SUPPORTED_FEATURES is without \"dom0\", so it "
                     "cannot be the control domain");
    b->nr_pages = domain_frames();
    request.nr_pages = b->nr_pages;
    if (layout_compute(&request, &b->layout, &b->error) != 0)
        refuse_guest(b->error.sentence);
}

/** All of the build that needs memory; the vCPU that is ready to run. */
static struct vcpu *build_first(struct build *b, const struct boot_info *info,
                                const struct image_source *kernel,
                                const struct image_source *ramdisk)
{
    const struct boot_module *module = &info->module[0];
    struct vcpu *v;

    b->domain = domain_create(options.plain ? PLAIN_DOMAIN : 0,
                              !options.plain, b->nr_pages);
    if (!b->domain)
        panic("no memory for the first domain");
    name_domain(b->domain, module->string);
    b->domain->image_start = module->start;
    b->domain->image_end = module->end;
    if (b->image.extended_cr3)
        b->domain->assists |= 1u << VMASST_TYPE_pae_extended_cr3;
    if (build_populate(b) != 0)
        refuse_guest(b->error.sentence);
    build_load_image(b, kernel);
    if (ramdisk->bytes != 0)
        build_copy(b, b->layout.ramdisk_pfn, ramdisk, 0, 0, ramdisk->bytes);
    write_hypercall_page(b);
    if (options.plain)
        open_rings(b);
    write_start_info(b, ramdisk->bytes,
                     command_line_arguments(module->string));
    v = make_vcpu(b, build_tables(b));
    heap_free(b->p2m_frame);
    return v;
}

/**
 * Build the first domain and enter it.
 *
 * @param info  What the boot loader handed over; modules are still where it
 *              says, out of the frame allocator's reach.
 * @pre   Boot is complete.
 * @post  Does not return. Without a guest, or with one that is refused, the
 *        machine ends after a sentence.
 */
_Noreturn void domain_start_first(const struct boot_info *info)
{
    static struct build b;
    struct image_source kernel, ramdisk = { .bytes = 0 };
    struct vcpu *v;

    if (info->nr_modules == 0) {
        printk(LOG_ERROR, "There is no guest: the boot loader gave no "
                          "module.\n");
        machine_end(MACHINE_NO_GUEST);
    }
    open_module(info, 0, &kernel);
    if (info->nr_modules > 1)
        open_module(info, 1, &ramdisk);
    memory_io_init(info);
    memory_share_m2p();
    plan(&b, &kernel, ramdisk.bytes);
    v = build_first(&b, info, &kernel, &ramdisk);
    printk(LOG_INFO, "domain %u (%s): %u KB of memory, image 0x%x-0x%x, "
                     "entry 0x%x, %u page tables\n",
           b.domain->id, b.domain->name, b.nr_pages * 4, b.image.start,
           b.image.end, b.image.entry, b.layout.nr_tables);
    vcpu_up(v);
    runstate_change(v, RUNSTATE_running);
    vcpu_enter(v);
}
