/* SPDX-License-Identifier: MIT */
/**
 * @file unpack.c
 * See unpack.h. A bzImage is a PC's boot sector, the sectors of a loader that
 * runs in real mode, and then a program that unpacks the kernel behind it. Its
 * header says where the packed kernel is:
 *
 *     0x1F1  u8   sectors of the loader, behind the boot sector; 0 means 4
 *     0x1FE  u16  0xAA55
 *     0x202  u32  "HdrS"
 *     0x206  u16  version of this header: the next two since 2.08
 *     0x248  u32  the payload, counted from the end of the loader
 *     0x24C  u32  its length
 *
 * The payload's last four bytes are its length unpacked. In gzip's form they
 * are part of it anyway; behind the others they are one thing too many, which
 * some of them would call an error.
 *
 * libarchive unpacks. Whatever a file says about itself, nothing outside it is
 * read, and no more than UNPACK_MAX_BYTES are written.
 *
 * Source: Linux, "The Linux/x86 Boot Protocol".
 */
#include "sim/run/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u
#define BZIMAGE_LOADER_SECTORS 0x1F1u
#define BZIMAGE_SIGNATURE 0x1FEu
#define BZIMAGE_MAGIC 0x202u
#define BZIMAGE_VERSION 0x206u
#define BZIMAGE_PAYLOAD 0x248u
#define BZIMAGE_PAYLOAD_LENGTH 0x24Cu
#define BZIMAGE_HEADER_END 0x250u
#define VERSION_WITH_PAYLOAD 0x0208u

/** A file in a file in a file: a packed bzImage. */
#define MAX_LAYERS 3u

/** Bytes of a file, or of what is in it. */
struct piece {
    const uint8_t *bytes;
    size_t length;
};

/** How each kind of packed data begins. */
static const struct packing {
    const char *name;
    bool knows_its_end; /**< the last four bytes of a payload are its own */
    uint8_t length;
    uint8_t start[6];
} packings[] = {
    { "gzip", true, 3, { 0x1F, 0x8B, 0x08 } },
    { "bzip2", false, 3, { 'B', 'Z', 'h' } },
    { "xz", false, 6, { 0xFD, '7', 'z', 'X', 'Z', 0x00 } },
    { "lzma", false, 3, { 0x5D, 0x00, 0x00 } },
    { "lz4", false, 4, { 0x02, 0x21, 0x4C, 0x18 } },
    { "lz4", false, 4, { 0x04, 0x22, 0x4D, 0x18 } },
    { "lzop", false, 4, { 0x89, 'L', 'Z', 'O' } },
    { "zstd", false, 4, { 0x28, 0xB5, 0x2F, 0xFD } },
};

static uint32_t little_endian(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;

    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

/** How something is packed, or NULL. */
static const struct packing *packing_of(struct piece piece)
{
    for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
        if (piece.length >= packings[i].length &&
            memcmp(piece.bytes, packings[i].start, packings[i].length) == 0)
            return &packings[i];
    return NULL;
}

static bool is_bzimage(struct piece piece)
{
    return piece.length >= BZIMAGE_HEADER_END &&
           little_endian(piece.bytes + BZIMAGE_SIGNATURE, 2) == 0xAA55 &&
           memcmp(piece.bytes + BZIMAGE_MAGIC, "HdrS", 4) == 0;
}

/** Find the payload of a bzImage, without the length behind it. */
static int find_payload(const char *name, struct piece *piece,
                        struct sim_error *error)
{
    const uint8_t *b = piece->bytes;
    uint32_t version = little_endian(b + BZIMAGE_VERSION, 2);
    uint32_t sectors = b[BZIMAGE_LOADER_SECTORS];
    uint64_t at = little_endian(b + BZIMAGE_PAYLOAD, 4);
    uint32_t length = little_endian(b + BZIMAGE_PAYLOAD_LENGTH, 4);
    const struct packing *packing;

    if (version < VERSION_WITH_PAYLOAD)
        return sim_fail(error, "the kernel %s is a bzImage of version %u.%02u,"
                        " which does not say where its ELF image is; give "
                        "the file vmlinux", name, version >> 8,
                        version & 0xFF);
    at += (1 + (sectors ? sectors : 4)) * SECTOR;
    if (at > piece->length || length > piece->length - at || length < 4)
        return sim_fail(error, "the kernel %s is a bzImage that is cut: it "
                        "has %zu bytes, its payload would end at %llu", name,
                        piece->length, (unsigned long long)at + length);
    *piece = (struct piece){ b + at, length };
    packing = packing_of(*piece);
    if (!packing)
        return sim_fail(error, "the kernel %s is a bzImage whose payload, "
                        "which begins with %02x %02x %02x %02x, is packed in "
                        "a way that is not known here; give the file vmlinux",
                        name, b[at], b[at + 1], b[at + 2], b[at + 3]);
    if (!packing->knows_its_end)
        piece->length -= 4;
    return 0;
}

/** A reader of packed data of any of our kinds. */
static struct archive *new_reader(void)
{
    struct archive *reader = archive_read_new();

    if (!reader)
        abort();
    archive_read_support_format_raw(reader);
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_bzip2(reader);
    archive_read_support_filter_xz(reader);
    archive_read_support_filter_lzma(reader);
    archive_read_support_filter_lz4(reader);
    archive_read_support_filter_lzop(reader);
    archive_read_support_filter_zstd(reader);
    return reader;
}

/** Read all that comes out, into memory that grows. @return NULL, or why not */
static const char *read_all(struct archive *reader, uint8_t **to,
                            size_t *length)
{
    size_t room = 0;
    la_ssize_t got;

    *length = 0;
    *to = NULL;
    do {
        uint8_t *larger;

        if (*length == room) {
            room = room ? room * 2 : 1u << 20;
            if (room > UNPACK_MAX_BYTES)
                return "it is larger than any kernel";
            larger = realloc(*to, room);
            if (!larger)
                abort();
            *to = larger;
        }
        got = archive_read_data(reader, *to + *length, room - *length);
        if (got > 0)
            *length += (size_t)got;
    } while (got > 0);
    return got < 0 ? archive_error_string(reader) : NULL;
}

/** Unpack a piece. */
static int unpack_piece(const char *name, struct piece piece, uint8_t **to,
                        size_t *length, struct sim_error *error)
{
    struct archive *reader = new_reader();
    struct archive_entry *entry;
    const char *why = NULL;
    int result = 0;

    *to = NULL;
    if (archive_read_open_memory(reader, piece.bytes, piece.length) !=
            ARCHIVE_OK ||
        archive_read_next_header(reader, &entry) != ARCHIVE_OK) {
        why = archive_error_string(reader);
        if (!why)
            why = "there is nothing in it";
    } else {
        why = read_all(reader, to, length);
    }
    if (why) {
        result = sim_fail(error, "the kernel %s cannot be unpacked (%s): %s",
                          name, packing_of(piece)->name, why);
        free(*to);
    }
    archive_read_free(reader);
    return result;
}

/** Take one layer off. @return 1: there was none; 0; -1: it stays on. */
static int take_layer(const char *name, uint8_t **bytes, size_t *length,
                      struct sim_error *error)
{
    struct piece piece = { *bytes, *length };
    uint8_t *unpacked;
    size_t unpacked_length = 0;

    if (is_bzimage(piece)) {
        if (find_payload(name, &piece, error))
            return -1;
    } else if (!packing_of(piece)) {
        return 1;
    }
    if (unpack_piece(name, piece, &unpacked, &unpacked_length, error))
        return -1;
    free(*bytes);
    *bytes = unpacked;
    *length = unpacked_length;
    return 0;
}

int sim_unpack(const char *name, uint8_t **bytes, size_t *length,
               struct sim_error *error)
{
    int taken = 0;

    for (unsigned n = 0; n < MAX_LAYERS && taken == 0; n++)
        taken = take_layer(name, bytes, length, error);
    return taken < 0 ? -1 : 0;
}
