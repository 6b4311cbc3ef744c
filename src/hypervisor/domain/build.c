/* SPDX-License-Identifier: MIT */
/**
 * @file build.c
 * Builds one domain from images in the machine's memory: reads the image, lays
 * out memory, allocates it, loads, writes the tables, fills start_info and
 * shared_info, and sets up vCPU 0.
 *
 * The control domain has number 0. Another domain has a store page and a
 * console page, at whose other ends the hypervisor is (console_ring.c,
 * store_ring.c), each with a port; the store's is the first, as on the real
 * one.
 *
 *  - BUILD-I1: an image is only read: any number of domains may be built from
 *    the same bytes.
 *  - BUILD-I2: what can be refused by looking at the image and at the size
 *    asked for is refused before anything is allocated (plan()).
 *
 * This builder is outside all exercises: labs 2 to 7 start their guests with
 * it.
 *
 * Sources: [Xen2003] 3.4 "Building a New Domain"; [XenABI] xen/xen.h, struct
 * start_info.
 */
#include "builder.h"

#include "boot.h"
#include "console.h"
#include "domain.h"
#include "hypercall.h"
#include "lib.h"

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
    if (b->domain->privileged) {
        start->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
        return;
    }
    start->store_mfn = b->domain->store.page.n;
    start->store_evtchn = b->domain->store.port;
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
    int store = event_bind_hypervisor(b->domain, EVENT_END_STORE);
    int console = event_bind_hypervisor(b->domain, EVENT_END_CONSOLE);

    BUG_ON(store < 0 || console < 0); /* all are free */
    b->console_port = (uint32_t)console;
    console_ring_open(b->domain, build_frame_at(b, b->layout.console_va),
                      (uint32_t)console);
    store_ring_open(b->domain, build_frame_at(b, b->layout.store_va),
                    (uint32_t)store);
}

/** vCPU 0, ready to be entered at the image's entry; others as the guest
 *  will set them up. */
static struct vcpu *make_vcpus(const struct build *b, unsigned nr, mfn_t l3)
{
    struct vcpu *v;

    for (unsigned i = 0; i < nr; i++) {
        if (!domain_add_vcpu(b->domain, i))
            return NULL;
    }
    v = b->domain->vcpu[0];
    v->base = l3;
    memory_refresh_pdpt(v);
    vcpu_init_traps(v, b->image.entry, b->layout.stack_va + PAGE_SIZE,
                    b->layout.start_info_va);
    v->initialised = true;
    return v;
}

/** Read the image and lay out the domain's memory. */
static int plan(struct build *b, const struct build_request *r)
{
    struct layout_request request = { .image = &b->image,
                                      .nr_pages = r->nr_pages,
                                      .ramdisk_bytes = r->ramdisk.bytes,
                                      .ring_pages = !r->control };

    if (image_read(&r->kernel, &b->image, &b->error) != 0)
        return -EINVAL;
    if (b->image.refuses_control && r->control)
        return build_refuse(&b->error,
                            "its note SUPPORTED_FEATURES is without "
                            "\"dom0\", so it cannot be the control domain");
    b->nr_pages = r->nr_pages;
    return layout_compute(&request, &b->layout, &b->error);
}

/** The domain itself, without memory. */
static int make_domain(struct build *b, const struct build_request *r)
{
    struct domain *d = domain_create(r->id, r->control, r->nr_pages);

    if (!d)
        return build_refuse(&b->error, "the hypervisor's heap is empty");
    b->domain = d;
    name_domain(d, r->string);
    d->image_start = r->kernel.start;
    d->image_end = r->kernel.start + r->kernel.bytes;
    if (r->weight != 0)
        d->sched.weight = r->weight;
    d->sched.warp_us = r->warp_us;
    if (b->image.extended_cr3)
        d->assists |= 1u << VMASST_TYPE_pae_extended_cr3;
    return 0;
}

/** All of the build that needs memory; the vCPU that is ready to run. */
static struct vcpu *fill(struct build *b, const struct build_request *r)
{
    struct vcpu *v;

    if (build_populate(b) != 0)
        return NULL;
    build_load_image(b, &r->kernel);
    if (r->ramdisk.bytes != 0)
        build_copy(b, b->layout.ramdisk_pfn, &r->ramdisk, 0, 0,
                   r->ramdisk.bytes);
    write_hypercall_page(b);
    if (!r->control)
        open_rings(b);
    write_start_info(b, r->ramdisk.bytes, command_line_arguments(r->string));
    v = make_vcpus(b, r->nr_vcpus, build_tables(b));
    if (!v)
        (void)build_refuse(&b->error, "the hypervisor's heap is empty");
    return v;
}

/**
 * Build a domain.
 *
 * @param r           What is wanted. Its images lie in memory that exists.
 * @param[out] error  Only if NULL is returned: why.
 * @context{boot}
 * @return Its vCPU 0, ready to run, but nobody runs it yet. NULL if the image
 *         is refused, with nothing done; or if memory ran out: the domain then
 *         keeps what it got, and cannot run.
 */
struct vcpu *domain_build(const struct build_request *r,
                          struct build_error *error)
{
    static struct build b;
    struct vcpu *v = NULL;

    memset(&b, 0, sizeof(b));
    if (plan(&b, r) == 0 && make_domain(&b, r) == 0)
        v = fill(&b, r);
    heap_free(b.p2m_frame);
    if (!v) {
        *error = b.error;
        return NULL;
    }
    printk(LOG_INFO, "domain %u (%s): %u KB of memory, image 0x%x-0x%x, "
                     "entry 0x%x, %u page tables\n",
           b.domain->id, b.domain->name, b.nr_pages * 4, b.image.start,
           b.image.end, b.image.entry, b.layout.nr_tables);
    return v;
}
