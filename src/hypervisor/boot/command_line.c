/* SPDX-License-Identifier: MIT */
/**
 * @file command_line.c
 * The hypervisor's command line, in Xen's manner: words `name=value`, or
 * `name` alone, between spaces.
 *
 * | option                | values                                | default |
 * |-----------------------|---------------------------------------|---------|
 * | console=              | com1, none                            | com1    |
 * | dom0_mem=             | a size: 64M, 1G; without a letter, KB | all     |
 * | dom0_max_vcpus=       | 1 to 32                               | 1       |
 * | loglvl=               | none, error, warning, info, debug/all | info    |
 * | guest_loglvl=         | the same                              | info    |
 * | noreboot              | alone, or =yes, =no                   | no      |
 * | plain                 | alone, or =1 (yes), =0 (no)           | no      |
 * | fast                  | the same: short ways beside the       | yes     |
 * |                       | plain ones that the labs are about    |         |
 * | recount               | the same: check all counts of frames; | no      |
 * |                       | or only when a domain has ended: ends |         |
 * | domain=               | a domain, see domain/order.c; repeats | none    |
 * | virtual_alarm         | the same: guests may set one          | no      |
 *
 * An option that is not in the table, or a value that it does not take, is
 * named in a warning and changes nothing else: a typing mistake must not
 * silently be another configuration, nor keep a machine from starting. Only a
 * wrong `domain=` does: what would start is not what was asked for.
 *
 * Source: the options' names are those of Xen's own command line.
 *
 * @ingroup boot
 */
#include "boot.h"

#include "console.h"
#include "domain.h"
#include "lib.h"
#include "order.h"

struct options options = {
    .console = true,
    .fast = true,
    .dom0_max_vcpus = 1,
    .sched = SCHED_BVT,
    .bvt_allowance_us = 5000,
    .loglvl = LOG_INFO,
    .guest_loglvl = LOG_INFO,
};

/** A name for each value of an option with few values. */
struct choice {
    const char *name;
    int value;
};

static const struct choice levels[] = {
    { "none", LOG_NONE },       { "error", LOG_ERROR },
    { "warning", LOG_WARNING }, { "info", LOG_INFO },
    { "debug", LOG_DEBUG },     { "all", LOG_DEBUG },
    { NULL, 0 },
};

static const struct choice consoles[] = {
    { "com1", true }, { "none", false }, { NULL, 0 }
};

static const struct choice switches[] = {
    { "", true },   { "yes", true }, { "on", true },   { "true", true },
    { "1", true },  { "no", false }, { "off", false }, { "false", false },
    { "0", false }, { NULL, 0 },
};

static bool choose(const struct choice *choice, const char *value, int *to)
{
    for (; choice->name; choice++)
        if (strcmp(choice->name, value) == 0) {
            *to = choice->value;
            return true;
        }
    return false;
}

static bool parse_console(const char *value)
{
    int chosen;

    if (!choose(consoles, value, &chosen))
        return false;
    options.console = chosen;
    return true;
}

static bool parse_dom0_mem(const char *value)
{
    uint64_t bytes;

    if (!parse_size(value, &bytes) || bytes == 0)
        return false;
    options.dom0_mem_bytes = bytes;
    return true;
}

static bool parse_dom0_max_vcpus(const char *value)
{
    uint32_t nr;

    if (!parse_unsigned(value, &nr) || nr == 0 || nr > DOMAIN_MAX_VCPUS)
        return false;
    options.dom0_max_vcpus = nr;
    return true;
}

static bool parse_sched(const char *value)
{
    static const struct choice policies[] = {
        { "bvt", SCHED_BVT },
        { "rr", SCHED_ROUND_ROBIN },
        { "credit", SCHED_CREDIT },
        { NULL, 0 },
    };

    return choose(policies, value, &options.sched);
}

/** BVT's context-switch allowance, in microseconds. */
static bool parse_bvt_allowance(const char *value)
{
    uint32_t us;

    if (!parse_unsigned(value, &us) || us < 10 || us > 1000000)
        return false;
    options.bvt_allowance_us = us;
    return true;
}

static bool parse_loglvl(const char *value)
{
    return choose(levels, value, &options.loglvl);
}

static bool parse_guest_loglvl(const char *value)
{
    return choose(levels, value, &options.guest_loglvl);
}

static bool parse_noreboot(const char *value)
{
    int chosen;

    if (!choose(switches, value, &chosen))
        return false;
    options.noreboot = chosen;
    return true;
}

/** The first domain is not the control domain, but one like any other. */
static bool parse_plain(const char *value)
{
    int chosen;

    if (!choose(switches, value, &chosen))
        return false;
    options.plain = chosen;
    return true;
}

/** Every count of every frame is counted again: before each call about memory,
 *  which is slow, or after each domain's end. For debugging. */
static bool parse_recount(const char *value)
{
    if (strcmp(value, "ends") != 0)
        return choose(switches, value, &options.recount);
    options.recount = RECOUNT_ENDS;
    return true;
}

/** Short ways beside the plain ones that the labs are about. */
static bool parse_fast(const char *value)
{
    int chosen;

    if (!choose(switches, value, &chosen))
        return false;
    options.fast = chosen;
    return true;
}

/** A call that is not in the public interface: alarms in virtual time. */
static bool parse_virtual_alarm(const char *value)
{
    int chosen;

    if (!choose(switches, value, &chosen))
        return false;
    options.virtual_alarm = chosen;
    return true;
}

/** All options: each has a parser, which changes nothing when it fails. */
static const struct option {
    const char *name;
    bool (*parse)(const char *value);
    const char *values; /**< for the warning; NULL: the parser gives it */
} table[] = {
    { "console", parse_console, "com1 or none" },
    { "dom0_mem", parse_dom0_mem, "a size such as 64M" },
    { "dom0_max_vcpus", parse_dom0_max_vcpus, "a number from 1 to 32" },
    { "sched", parse_sched, "bvt, rr or credit" },
    { "bvt_allowance", parse_bvt_allowance,
      "microseconds from 10 to 1000000" },
    { "loglvl", parse_loglvl, "none, error, warning, info, debug or all" },
    { "guest_loglvl", parse_guest_loglvl,
      "none, error, warning, info, debug or all" },
    { "noreboot", parse_noreboot, "nothing, yes or no" },
    { "plain", parse_plain, "nothing, 1 or 0" },
    { "fast", parse_fast, "nothing, 1 or 0" },
    { "recount", parse_recount, "nothing, 1, 0 or ends" },
    { "domain", domain_order_add, NULL },
    { "virtual_alarm", parse_virtual_alarm, "nothing, 1 or 0" },
};

/** Apply one word; false after a warning. */
static bool parse_word(char *word)
{
    char *value = strchr(word, '=');

    if (value)
        *value++ = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        if (strcmp(table[i].name, word) != 0)
            continue;
        if (table[i].parse(value ? value : ""))
            return true;
        if (table[i].values)
            printk(LOG_WARNING,
                   "Command line: %s=%s is ignored: it takes %s.\n", word,
                   value ? value : "", table[i].values);
        return false;
    }
    printk(LOG_WARNING, "Command line: there is no option \"%s\".\n", word);
    return false;
}

/** The end of the word at `at`. */
static const char *word_end(const char *at)
{
    while (*at && *at != ' ' && *at != '\t')
        at++;
    return at;
}

static const char *skip_spaces(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/**
 * Skip the file's name that some boot loaders put in front (QEMU's -kernel
 * and -initrd do, GRUB 2 does not). A first word is taken for one when it has
 * a `/` or a `.` and no `=`: no option has.
 *
 * @param line  a command line as the loader gave it
 * @context{any}
 * @return its first argument, or its end.
 * @ingroup boot
 */
const char *command_line_arguments(const char *line)
{
    const char *start = skip_spaces(line);
    const char *end = word_end(start);
    bool name = false;

    for (const char *p = start; p < end; p++) {
        if (*p == '=')
            return start;
        if (*p == '/' || *p == '.')
            name = true;
    }
    return name ? skip_spaces(end) : start;
}

/**
 * Read the command line into `options`.
 *
 * @param line  as the loader gave it, at most BOOT_STRING_BYTES with its end
 * @context{boot}
 * @return how many words were not understood; each was named in a warning.
 * @ingroup boot
 */
unsigned command_line_parse(const char *line)
{
    char word[BOOT_STRING_BYTES];
    unsigned nr_wrong = 0;

    for (line = command_line_arguments(line); *line;) {
        const char *end = word_end(line);
        size_t length = (size_t)(end - line);

        if (length >= sizeof(word))
            length = sizeof(word) - 1;
        memcpy(word, line, length);
        word[length] = 0;
        if (!parse_word(word))
            nr_wrong++;
        line = skip_spaces(end);
    }
    return nr_wrong;
}
