/* SPDX-License-Identifier: MIT */
/**
 * @file dispatch.c
 * @ingroup hypercall
 * Exercise 4.3: from a number to a function; many calls in one; and calls that
 * do their work in pieces.
 *
 * A call that would take long returns to the guest in the middle, in such a
 * way that the guest makes the same call again, with arguments that describe
 * the rest of the work. Interrupts and events are served in between, and the
 * guest notices nothing. That is a *continuation*:
 *
 *     one call:        eip steps back to the INT, registers = new arguments
 *     in a multicall:  the entry's arguments are written anew, and the
 *                      multicall itself is continued from that entry on
 *
 *  - CALL-I4  Every entry of a multicall is copied in once, before it is made.
 *  - CALL-I5  A multicall in a multicall is refused, so that no call can nest.
 *  - CALL-I6  Nothing of a multicall is looked at after an iret in it: the
 *    registers are another context's by then.
 *
 * Sources: the interface's multicall and hypercall entry.
 */
#include "hypercall.h"

#include "console.h"
#include "domain.h"
#include "lib.h"

/** Bytes of `int 0x82`: how far a continuation steps back. */
#define INT_BYTES 2

_Static_assert(offsetof(trap_frame_t, ebx) == 0 &&
                   offsetof(trap_frame_t, ebp) == 5 * sizeof(uint32_t),
               "the lowest six words of a frame are a call's arguments");

struct multicall multicall;

/** Report a number that has no function, once a domain and number. */
static void log_missing(uint32_t number)
{
    struct domain *d = current_vcpu()->domain;
    uint32_t bit = number < NR_HYPERCALLS ? number : NR_HYPERCALLS - 1;

    if (d->missing_logged & 1ull << bit)
        return;
    d->missing_logged |= 1ull << bit;
    printk_guest(LOG_WARNING, "domain %u: hypercall %u does not exist\n",
                 d->id, number);
}

/** Remember a call for the crash report. */
static void record_call(const trap_frame_t *frame)
{
    current_vcpu()->last_hypercall = (struct last_hypercall){
        .any = true,
        .number = frame->eax,
        .args = { frame->ebx, frame->ecx, frame->edx, frame->esi, frame->edi,
                  frame->ebp },
        .eip = frame->eip,
    };
}

/**
 * Make one call.
 *
 * @param number  Any number.
 * @param arg     The hypervisor's copy of the arguments.
 * @context{hypercall}
 * @return the call's result; -ENOSYS if there is no such call, which is logged
 *         once for each domain and number.
 */
int32_t hypercall_call(uint32_t number, const uint32_t arg[HYPERCALL_ARGS])
//@solution 4.3 -- (void)number; (void)arg; (void)log_missing; return -ENOSYS;
{
    if (number >= NR_HYPERCALLS || hypercall_table[number] == NULL) {
        log_missing(number);
        return -ENOSYS;
    }
    return hypercall_table[number](arg);
}
//@end

/**
 * Make the call that a guest's registers describe. Called by the entry path.
 *
 * @param frame  The guest's registers; eax takes the result. The call itself
 *               may change any of them (iret, a continuation).
 * @context{hypercall}
 */
void hypercall_dispatch(trap_frame_t *frame)
//@solution 4.3 -- (void)frame; (void)record_call;
{
    record_call(frame);
    frame->eax = (uint32_t)hypercall_call(frame->eax,
                                          (const uint32_t *)frame);
}
//@end

/**
 * Have the running call made again, with other arguments.
 *
 * The caller returns at once with what this returns.
 *
 * @param number  The call to make; mostly the same.
 * @param arg     Its arguments: the rest of the work. Registers that are no
 *                argument of the call keep what the guest had in them.
 * @context{hypercall}
 * @return the value for eax.
 */
int32_t hypercall_continue(uint32_t number, const uint32_t arg[HYPERCALL_ARGS])
{
    if (multicall.active) {
        multicall.continued = true;
        multicall.number = number;
        memmove(multicall.arg, arg, sizeof(multicall.arg));
    } else {
        trap_frame_t *frame = guest_frame();

        frame->eip -= INT_BYTES;
        memmove(frame, arg, sizeof(multicall.arg));
    }
    return (int32_t)number;
}

/**
 * Write the rest of an entry's work back into the guest's list.
 *
 * @param where  The entry, the guest's address.
 * @context{hypercall}
 * @retval 0        written.
 * @retval -EFAULT  as copy_to_guest().
 */
int multicall_rewrite(vaddr_t where)
{
    struct multicall_entry entry = { .op = multicall.number };

    for (unsigned i = 0; i < HYPERCALL_ARGS; i++)
        entry.args[i] = multicall.arg[i];
    return copy_to_guest(where, &entry, sizeof(entry));
}

//@solution-helper 4.3
/**
 * Make the call of one entry and store its result.
 *
 * @return 0, or -EFAULT if the entry could not be read or written.
 */
static int multicall_entry(vaddr_t where, struct multicall_entry *entry)
{
    vaddr_t result = vaddr(where.a + offsetof(struct multicall_entry, result));
    uint32_t arg[HYPERCALL_ARGS];

    if (copy_from_guest(entry, where, sizeof(*entry)) != 0)
        return -EFAULT;
    for (unsigned i = 0; i < HYPERCALL_ARGS; i++)
        arg[i] = entry->args[i];
    multicall.continued = false;
    entry->result = (uint32_t)hypercall_call(entry->op, arg);
    if (multicall.continued)
        return multicall_rewrite(where);
    return copy_to_guest(result, &entry->result, sizeof(entry->result));
}
//@end

/**
 * The end of a multicall, or of a part of it.
 *
 * @param arg     The multicall's arguments.
 * @param done    Entries that need not be looked at again.
 * @param nr      Of how many; `done` if it is to end here.
 * @param result  0, or what the call returns.
 * @context{hypercall}
 * @return for the caller to return: the rest is a continuation.
 */
int32_t multicall_end(const uint32_t arg[HYPERCALL_ARGS], uint32_t done,
                      uint32_t nr, int32_t result)
{
    const uint32_t rest[HYPERCALL_ARGS] = {
        arg[0] + done * sizeof(struct multicall_entry), nr - done, arg[2],
        arg[3], arg[4], arg[5],
    };

    multicall.active = false;
    return result == 0 && done < nr
               ? hypercall_continue(__HYPERVISOR_multicall, rest) : result;
}

/**
 * Hypercall 13: make a list of calls.
 *
 * @param arg  [0] address of the list, [1] number of entries.
 * @context{hypercall}
 * @post  The entries' results are stored, of those that were made. After an
 *        iret the list is at its end (CALL-I6).
 * @retval 0        all made.
 * @retval -EINVAL  made from inside a multicall.
 * @retval -EFAULT  an entry could not be read, or its result not be written;
 *                  the entries before it were made.
 */
int32_t do_multicall(const uint32_t arg[HYPERCALL_ARGS])
//@solution 4.3 -- (void)arg; return -ENOSYS;
{
    uint32_t list = arg[0], nr = arg[1], done = 0;
    struct multicall_entry entry = { .op = 0 };
    int32_t result = 0;

    if (multicall.active)
        return -EINVAL;
    multicall.active = true;
    while (done < nr && done < MULTICALL_BATCH && result == 0 &&
           domain_may_run(current_vcpu()->domain)) {
        result = multicall_entry(vaddr(list + done * sizeof(entry)), &entry);
        if (result == 0 && multicall.continued)
            break;
        done++;
        if (entry.op == __HYPERVISOR_iret) {
            result = (int32_t)entry.result;
            nr = done;
        }
    }
    return multicall_end(arg, done, nr, result);
}
//@end
