/* SPDX-License-Identifier: MIT */
/**
 * @file types.h
 * The words of the field, each as a type of its own.
 *
 * A frame number, a byte address in the machine and an address in somebody's
 * address space are all "just integers", and most bugs of a memory manager
 * come from taking one for another. Each is a one-member structure here, in
 * every build, so that the compiler refuses the mix-up. It costs nothing: all
 * of them travel in registers.
 *
 * | word  | meaning                                                        |
 * |-------|----------------------------------------------------------------|
 * | mfn   | machine frame number: which 4 KB frame of real memory          |
 * | pfn   | a domain's own number for one of its frames, counted from 0    |
 * | maddr | byte address in machine memory, up to 36 bits here             |
 * | vaddr | an address that a *guest* gave: checked before it is used      |
 *
 * Addresses that the hypervisor itself may dereference are plain pointers.
 *
 * Every contract of a public function names its *context*: by which way ring 0
 * was entered, and so what the function may rely on. Ring 0 is not interrupted,
 * and nothing waits in the middle of a function, in any of them.
 *
 * | context   | what holds                                                 |
 * |-----------|------------------------------------------------------------|
 * | boot      | no guest runs yet                                          |
 * | hypercall | a guest called: current_vcpu(), its tables are loaded      |
 * | exception | a guest was interrupted: the same                          |
 * | exit      | on the way back, or nobody can run; here vCPUs are changed |
 * | entry     | hypercall, exception or exit: what they have in common     |
 * | idle      | an interrupt while nobody can run                          |
 * | any       | all of the above: only that this is ring 0                 |
 * | NMI       | between any two instructions of ring 0                     |
 * | panic     | the machine ends; nothing is taken for granted             |
 */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096u
#define PAGE_MASK 0xFFFFF000u

typedef struct {
    uint32_t n;
} mfn_t;
typedef struct {
    uint32_t n;
} pfn_t;
typedef struct {
    uint64_t a;
} maddr_t;
typedef struct {
    uint32_t a;
} vaddr_t;

/** No frame: what an allocator returns when it has none. */
#define INVALID_MFN ((mfn_t){ 0xFFFFFFFFu })

static inline mfn_t mfn(uint32_t n)
{
    return (mfn_t){ n };
}

static inline pfn_t pfn(uint32_t n)
{
    return (pfn_t){ n };
}

static inline maddr_t maddr(uint64_t a)
{
    return (maddr_t){ a };
}

static inline vaddr_t vaddr(uint32_t a)
{
    return (vaddr_t){ a };
}

static inline bool mfn_valid_number(mfn_t m)
{
    return m.n != INVALID_MFN.n;
}

static inline maddr_t mfn_to_maddr(mfn_t m)
{
    return (maddr_t){ (uint64_t)m.n << PAGE_SHIFT };
}

static inline mfn_t maddr_to_mfn(maddr_t m)
{
    return (mfn_t){ (uint32_t)(m.a >> PAGE_SHIFT) };
}

/** Nanoseconds since the hypervisor started. */
typedef uint64_t ns_t;

#endif
