/* SPDX-License-Identifier: MIT */
/**
 * @file events.h
 * Lab 5: event channels. An event is one bit in the guest's shared_info page;
 * a port is its number; a channel is two ports that signal to each other.
 */
#ifndef HV_EVENTS_H
#define HV_EVENTS_H

#include "segmentation.h"
#include "types.h"
#include "xen_abi.h"

/** Ports of a domain: as many as the 2-level selectors can name. */
#define EVENT_PORTS 1024u

_Static_assert(sizeof(((struct shared_info *)0)->evtchn_mask) * 8 ==
                   EVENT_PORTS, "one bit a port");

/** What is at a port's other end. */
enum event_port_state {
    EVENT_PORT_FREE,        /**< nothing; port 0 always */
    EVENT_PORT_UNBOUND,     /**< `remote` may bind to it */
    EVENT_PORT_INTERDOMAIN, /**< `remote_port` of `remote` */
    EVENT_PORT_VIRQ,        /**< a virtual interrupt of ours, `virq` */
    EVENT_PORT_IPI,         /**< the domain itself: one vCPU to another */
    EVENT_PORT_HYPERVISOR,  /**< ours, `remote_port` says which ring; not the
                                 guest's to close */
};

/** The rings at whose other ends the hypervisor is. */
enum event_end {
    EVENT_END_CONSOLE,
    EVENT_END_STORE,
};

struct event_port {
    uint8_t state;        /**< enum event_port_state */
    uint8_t vcpu;         /**< which one is told */
    domid_t remote;       /**< a domain's number, never DOMID_SELF */
    union {
        uint16_t remote_port;
        uint16_t virq;
    };
};

_Static_assert(sizeof(struct event_port) == 6, "what a port costs");

/** Ports are kept in buckets, so that a domain with few of them, as most are,
 *  does not pay for 1024. */
#define EVENT_BUCKET_PORTS 64u
#define EVENT_BUCKETS (EVENT_PORTS / EVENT_BUCKET_PORTS)

/** All ports of one domain. */
struct event_channels {
    struct event_port *bucket[EVENT_BUCKETS]; /**< NULL: all 64 are free */
    uint32_t nr_known;       /**< ports from here on were never in use, and
                                  for the guest they do not exist */
};

/** What one vCPU has of events. */
struct vcpu_events {
    uint16_t virq_port[NR_VIRQS]; /**< where each virtual interrupt goes; 0:
                                       nowhere. Global ones: of vCPU 0 */
};

struct domain;

struct vcpu;

/* events/table.c: the records of ports. */
bool event_port_known(const struct domain *d, uint32_t port);
const struct event_port *event_port_in_use(const struct domain *d,
                                           uint32_t port);
struct event_port *event_port_record(const struct domain *d, uint32_t port);
int event_port_find(const struct domain *d);
int event_port_take(struct domain *d, struct event_port as);
int event_bind_hypervisor(struct domain *d, enum event_end end);
int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu);
bool event_reset(struct domain *d);
void event_domain_destroy(struct domain *d);

/* events/ports.c, exercise 5.1: allocate, bind, close, status. */
int event_alloc_unbound(struct domain *d, domid_t remote);
int event_bind_interdomain(struct domain *d, struct domain *remote,
                           uint32_t remote_port);
int event_close(struct domain *d, uint32_t port);
int event_status(const struct domain *d, uint32_t port,
                 struct evtchn_status *status);

/* events/send.c, exercise 5.2: send, mask, pending, selectors. */
void event_raise(struct domain *d, uint32_t port);
void event_forget(struct domain *d, uint32_t port);
int event_send(struct domain *d, uint32_t port);
int event_unmask(struct domain *d, uint32_t port);
bool event_port_pending(const struct domain *d, uint32_t port);

/* events/virq.c, exercise 5.4: virtual interrupts, and those between vCPUs. */
bool event_virq_is_global(unsigned virq);
int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu);
void event_unbind_virq(struct domain *d, const struct event_port *port);
int event_bind_ipi(struct domain *d, uint32_t vcpu);
void event_raise_virq(struct vcpu *v, unsigned virq);
void event_wake_pollers(struct domain *d, uint32_t port);

/* events/info.c: another place for a vCPU's bits. */
void event_info_move(struct vcpu *v, struct vcpu_info *to);

/* events/upcall.c, exercise 5.3: the upcall on the exit path. */
bool event_deliverable(const struct vcpu *v);
void event_upcall(struct vcpu *v, trap_frame_t *frame);

#endif
