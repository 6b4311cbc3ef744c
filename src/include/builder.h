/* SPDX-License-Identifier: MIT */
/**
 * @file builder.h
 * What builders of domains share: reading a guest's ELF image, and where the
 * parts of a new domain's memory go. Both are arithmetic on numbers that the
 * guest's author chose, so they trust nothing, touch no machine state and
 * compile on the host, where they are fuzzed.
 */
#ifndef HV_BUILDER_H
#define HV_BUILDER_H

#include <elf.h>

#include "types.h"
#include "xen_abi.h"

/* More program headers, segments or notes than any kernel has. */
#define IMAGE_MAX_HEADERS 64
#define IMAGE_MAX_SECTIONS 4096
#define IMAGE_MAX_SEGMENTS 16
#define IMAGE_MAX_NOTES 256
#define IMAGE_STRING_BYTES 64
#define IMAGE_FEATURES_BYTES 256

/** Why an image was refused: one sentence that names the field. */
struct build_error {
    char sentence[240];
};

/**
 * Where an image's bytes come from. `read` is called only with ranges that
 * lie inside [0, bytes), so that an accessor needs no check of its own.
 */
struct image_source {
    uint32_t bytes;
    void (*read)(const struct image_source *source, uint32_t offset, void *to,
                 uint32_t bytes);
    const void *host;    /**< for accessors on ordinary memory */
    uint32_t start;      /**< for accessors on machine memory: first byte */
};

/** One piece to load: file bytes, then zeros. All ranges are checked. */
struct image_segment {
    uint32_t offset;       /**< in the file */
    uint32_t file_bytes;   /**< 0..memory_bytes */
    uint32_t va;
    uint32_t memory_bytes; /**< at least 1 */
};

/**
 * The start of the symbols that a guest asked for behind its image (note
 * BSD_SYMTAB): a small ELF file of which only sections count. e_shoff is 64,
 * because the interface has room there for a 64-bit header as well.
 */
struct image_symbols_header {
    uint32_t bytes;        /**< of all that follows this word */
    Elf32_Ehdr elf;
    uint8_t zero[64 - sizeof(Elf32_Ehdr)];
    Elf32_Shdr section[3]; /**< none, symbols, strings */
};

struct image_symbols {
    bool present;
    uint32_t va; /**< of the header, 4-aligned; the two tables that follow it
                      are segments of the image like any other */
    struct image_symbols_header header;
};

/** All that a builder needs to know of a guest's image. */
struct guest_image {
    uint32_t virt_base;      /**< VA of pfn 0; page aligned */
    uint32_t start, end;     /**< VAs of the loaded range, end after the last
                                  byte, symbols included */
    uint32_t entry;
    bool has_hypercall_page;
    uint32_t hypercall_page; /**< VA; the whole page lies in the image */
    bool extended_cr3;       /**< its L3 may lie above 4 GB */
    bool ramdisk_unmapped;   /**< note MOD_START_PFN: given by pfn */
    bool refuses_control;    /**< does not want to be the control domain */
    char guest_os[IMAGE_STRING_BYTES];
    unsigned nr_segments;
    struct image_segment segment[IMAGE_MAX_SEGMENTS];
    struct image_symbols bsd_symbols;
};

/** What the notes, or the legacy section, said; before any default. */
struct image_notes {
    bool found;          /**< at least one of Xen's notes, or the section */
    bool legacy;         /**< from the section `__xen_guest` */
    unsigned nr_read;
    uint32_t given;      /**< bit n: a note of type n was there */
    uint32_t number[19]; /**< by note type, for the numeric ones */
    char guest_os[IMAGE_STRING_BYTES];
    char loader[IMAGE_STRING_BYTES];
    char xen_version[IMAGE_STRING_BYTES];
    char pae_mode[IMAGE_STRING_BYTES];
    char bsd_symtab[IMAGE_STRING_BYTES];
    char features[IMAGE_FEATURES_BYTES];
};

/** An image while it is read: what every step of the reader needs. */
struct image_reader {
    const struct image_source *source;
    struct build_error *error;
    Elf32_Ehdr header;
    struct image_notes notes;
};

/** ELF's padding of notes and tables. */
static inline uint64_t image_round_up_4(uint64_t n)
{
    return (n + 3) & ~3ull;
}

/* domain/image.c */
int image_open(struct image_reader *reader);
int image_read(const struct image_source *source, struct guest_image *image,
               struct build_error *error);
int build_refuse(struct build_error *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool image_get(const struct image_source *source, uint32_t offset, void *to,
               uint32_t bytes);

/* domain/image_sections.c */
int image_section(struct image_reader *reader, unsigned index,
                  Elf32_Shdr *section);
int image_section_by_type(struct image_reader *reader, uint32_t type,
                          Elf32_Shdr *section);
int image_section_by_name(struct image_reader *reader, const char *name,
                          Elf32_Shdr *section);

/* domain/image_notes.c */
int image_read_notes(struct image_reader *reader);

/* domain/image_symbols.c */
int image_plan_symbols(struct image_reader *reader, struct guest_image *image);

/** What a layout is made for. */
struct layout_request {
    const struct guest_image *image;
    uint32_t nr_pages;      /**< frames that the domain gets */
    uint32_t ramdisk_bytes; /**< 0: none */
    bool ring_pages;        /**< with a store page and a console page */
};

/**
 * Where everything is when the guest starts; VAs ascending in this order.
 * Everything in [virt_base, end) is mapped: pfn = (va - virt_base) / 4096.
 */
struct guest_layout {
    uint32_t virt_base;
    uint32_t ramdisk_va;  /**< 0: none, or not mapped */
    uint32_t ramdisk_pfn; /**< of its first page, mapped or not */
    uint32_t p2m_va;      /**< the p2m list, 4 bytes a page */
    uint32_t start_info_va;
    uint32_t store_va;    /**< 0: none */
    uint32_t console_va;  /**< 0: none */
    uint32_t tables_va;   /**< L3, then L2s, then L1s, all ascending */
    uint32_t nr_tables;
    uint32_t nr_l2;       /**< slot 3's included */
    uint32_t nr_l1;
    uint32_t stack_va;    /**< one page */
    uint32_t end;
};

/* domain/layout.c */
int layout_compute(const struct layout_request *request,
                   struct guest_layout *layout, struct build_error *error);

/** What a domain is to be. */
struct build_request {
    domid_t id;          /**< 0 is the control domain's */
    bool control;        /**< may use the control calls */
    uint32_t nr_pages;   /**< frames that it gets */
    unsigned nr_vcpus;   /**< 1..DOMAIN_MAX_VCPUS */
    uint32_t weight;     /**< see struct domain */
    uint32_t warp_us;
    struct image_source kernel;
    struct image_source ramdisk; /**< no bytes: none */
    const char *string;  /**< the kernel module's: its name, its arguments */
};

/** A domain under construction. */
struct domain;
struct build {
    struct domain *domain;
    struct guest_image image;
    struct guest_layout layout;
    uint32_t nr_pages;
    mfn_t *p2m_frame; /**< heap: the frames of the p2m list, by index */
    uint32_t nr_p2m_frames;
    uint32_t console_port; /**< of a plain domain */
    struct build_error error;
};

/* domain/load.c: the new domain's memory, by pfn and by VA. */
void machine_source(struct image_source *source, uint32_t start,
                    uint32_t end);
int build_populate(struct build *b);
mfn_t build_frame(const struct build *b, uint32_t frame_pfn);
mfn_t build_frame_at(const struct build *b, uint32_t va);
void build_write(const struct build *b, uint32_t va, const void *from,
                 uint32_t bytes);
void build_copy(const struct build *b, uint32_t to_pfn,
                const struct image_source *source, uint32_t offset,
                uint32_t page_offset, uint32_t bytes);
void build_load_image(const struct build *b,
                      const struct image_source *source);

/* domain/first_tables.c */
mfn_t build_tables(const struct build *b);

/* domain/build.c */
struct vcpu;
struct vcpu *domain_build(const struct build_request *r,
                          struct build_error *error);

#endif
