/* SPDX-License-Identifier: MIT */
/**
 * @file xen_abi.h
 * The public guest interface, from Debian's libxen-dev: every structure and
 * number that a guest sees comes from there, none is retyped.
 *
 * Two switches must be set before the first of those headers is read. Without
 * an interface version they silently select the oldest interface (sched_op is
 * then number 6); with __XEN_TOOLS__ the byte-addressable cpu_user_regs and
 * the control structures become visible.
 */
#ifndef HV_XEN_ABI_H
#define HV_XEN_ABI_H

#include <stddef.h>
#include <stdint.h>

/* One of its names is also in the public headers, as an expression; the plain
 * number comes first, so that NASM's map and C have the same. */
#include "layout.h"

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#define __XEN_TOOLS__ 1

#include <xen/xen.h>

#include <xen/callback.h>
#include <xen/elfnote.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* Error numbers as XEN_EINVAL and so on; and the plain names for our code. */
#include <xen/errno.h>

#ifndef EPERM
#define EPERM XEN_EPERM
#define ENOENT XEN_ENOENT
#define ESRCH XEN_ESRCH
#define EIO XEN_EIO
#define E2BIG XEN_E2BIG
#define ENOEXEC XEN_ENOEXEC
#define ENOMEM XEN_ENOMEM
#define EACCES XEN_EACCES
#define EFAULT XEN_EFAULT
#define EBUSY XEN_EBUSY
#define EEXIST XEN_EEXIST
#define ENODEV XEN_ENODEV
#define EINVAL XEN_EINVAL
#define ENOSPC XEN_ENOSPC
#define ENXIO XEN_ENXIO
#define ENOSYS XEN_ENOSYS
#define EOPNOTSUPP XEN_EOPNOTSUPP
#endif

#endif
