/* SPDX-License-Identifier: MIT */
/**
 * @file order.c
 * Reads what the hypervisor's command line says about domains:
 *
 *     domain=KERNEL[,ramdisk=MODULE][,count=N][,mem=SIZE][,vcpus=N]
 *                  [,weight=N][,warp=MICROSECONDS][,control]
 *
 * KERNEL and MODULE are numbers of the boot loader's modules, from 0 on: names
 * would have to be found in strings that boot loaders change. Every `domain=`
 * is one domain, or `count` of them; any number of them may name the same
 * module, which is in memory once. `control` makes one the control domain.
 *
 *  - ORDER-I1: an order is understood whole, or it is not added: a wrong one is
 *    named in a sentence, and the machine does not start
 *    (domain_start_first()): with one domain less it would be another machine.
 */
#include "order.h"

#include "console.h"
#include "domain.h"
#include "lib.h"

struct domain_orders domain_orders;

/** Read a number of [least, most]. */
static bool parse_between(const char *value, uint32_t least, uint32_t most,
                          uint32_t *to)
{
    uint32_t n;

    if (!parse_unsigned(value, &n) || n < least || n > most)
        return false;
    *to = n;
    return true;
}

static bool parse_ramdisk(struct domain_order *order, const char *value)
{
    order->has_ramdisk = true;
    return parse_between(value, 0, UINT32_MAX, &order->ramdisk);
}

static bool parse_count(struct domain_order *order, const char *value)
{
    return parse_between(value, 1, MAX_ORDER_COUNT, &order->count);
}

static bool parse_mem(struct domain_order *order, const char *value)
{
    return parse_size(value, &order->memory_bytes) &&
           order->memory_bytes >= PAGE_SIZE;
}

static bool parse_vcpus(struct domain_order *order, const char *value)
{
    return parse_between(value, 1, DOMAIN_MAX_VCPUS, &order->nr_vcpus);
}

static bool parse_weight(struct domain_order *order, const char *value)
{
    return parse_between(value, 1, MAX_ORDER_WEIGHT, &order->weight);
}

static bool parse_warp(struct domain_order *order, const char *value)
{
    return parse_between(value, 0, MAX_ORDER_WARP_US, &order->warp_us);
}

static bool parse_control(struct domain_order *order, const char *value)
{
    order->control = true;
    return *value == '\0';
}

/** What may follow the kernel; the texts say what each takes. */
static const struct part {
    const char *name;
    bool (*parse)(struct domain_order *order, const char *value);
    const char *values;
} parts[] = {
    { "ramdisk", parse_ramdisk, "a module's number" },
    { "count", parse_count, "a number from 1 to 1000" },
    { "mem", parse_mem, "a size such as 16M" },
    { "vcpus", parse_vcpus, "a number from 1 to 32" },
    { "weight", parse_weight, "a number from 1 to 65535" },
    { "warp", parse_warp, "microseconds, at most 10000000" },
    { "control", parse_control, "no value" },
};

/** Start of a sentence about an order. */
#define COMPLAIN(order, ...)                                                 \
    (printk(LOG_ERROR, "Command line: in domain=%s, ", order),               \
     printk(LOG_ERROR, __VA_ARGS__))

/** Read one part; false after a sentence. */
static bool take_part(struct domain_order *order, char *part, const char *all)
{
    char *value = strchr(part, '=');

    if (value)
        *value++ = '\0';
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
        if (strcmp(parts[i].name, part) != 0)
            continue;
        if (parts[i].parse(order, value ? value : ""))
            return true;
        COMPLAIN(all, "\"%s\" takes %s, not \"%s\".\n", part,
                 parts[i].values, value ? value : "");
        return false;
    }
    COMPLAIN(all, "there is nothing called \"%s\".\n", part);
    return false;
}

/** Cut the text at the next comma; the rest, or NULL. */
static char *next_part(char *text)
{
    char *comma = strchr(text, ',');

    if (comma)
        *comma++ = '\0';
    return comma;
}

/** Read a whole order; false after a sentence. */
static bool parse_order(const char *value, struct domain_order *order)
{
    char text[256];
    char *part = text, *rest;

    *order = (struct domain_order){ .count = 1, .nr_vcpus = 1 };
    if (strlcpy(text, value, sizeof(text)) >= sizeof(text)) {
        COMPLAIN(value, "there is more than I can read.\n");
        return false;
    }
    rest = next_part(part);
    if (!parse_unsigned(part, &order->kernel)) {
        COMPLAIN(value, "the kernel's module must be a number, not "
                        "\"%s\".\n", part);
        return false;
    }
    while (rest) {
        part = rest;
        rest = next_part(part);
        if (!take_part(order, part, value))
            return false;
    }
    return true;
}

/** Whether it goes with those before it; false after a sentence. */
static bool fits(const struct domain_order *order, const char *value)
{
    if (domain_orders.nr == MAX_DOMAIN_ORDERS) {
        COMPLAIN(value, "this is more than %u domain=.\n", MAX_DOMAIN_ORDERS);
        return false;
    }
    if (order->control && order->count != 1) {
        COMPLAIN(value, "\"count\" is %u, but there is one control domain "
                        "at most.\n", order->count);
        return false;
    }
    for (unsigned i = 0; order->control && i < domain_orders.nr; i++) {
        if (domain_orders.order[i].control) {
            COMPLAIN(value, "\"control\" is said for the second time.\n");
            return false;
        }
    }
    return true;
}

/**
 * Add the domains of one `domain=` option.
 *
 * @param value  What follows the `=`.
 * @context{boot}
 * @retval true   Added to `domain_orders`.
 * @retval false  A sentence says what is wrong and where; it is counted in
 *                `domain_orders.nr_wrong`, and else nothing has changed.
 */
bool domain_order_add(const char *value)
{
    struct domain_order order;

    if (!parse_order(value, &order) || !fits(&order, value)) {
        domain_orders.nr_wrong++;
        return false;
    }
    domain_orders.order[domain_orders.nr++] = order;
    return true;
}
