/* SPDX-License-Identifier: MIT */
/*
 * Every frame can be handed out and written, no two are the same memory, and
 * the regions work: what a map and tables of the right shape promise.
 * Ends the run with MACHINE_POWEROFF when all of it held.
 */
#include "boot.h"
#include "console.h"

/* Write its own number into a frame, or look whether it is still there. */
static void mark(mfn_t frame, bool look)
{
    uint32_t *window = window_map(frame);

    BUG_ON(look && (window[0] != frame.n || window[1023] != ~frame.n));
    window[0] = frame.n;
    window[1023] = ~frame.n;
    window_unmap(window);
}

void test_driver(const struct boot_info *info)
{
    uint32_t nr = frames_free(), last = 0, taken = 0;
    /* So few that the host need not back all of a large memory. */
    uint32_t step = nr / 64 + 1;

    (void)info;
    for (mfn_t m = frame_alloc(0); mfn_valid_number(m); m = frame_alloc(0)) {
        BUG_ON(taken > 0 && m.n >= last); /* from the top down */
        last = m.n;
        if (taken++ % step == 0)
            mark(m, false);
        m2p_set(m, taken);
    }
    BUG_ON(taken != nr || frames_free() != 0);
    for (uint32_t frame = 0; frame < nr_frames(); frame++) {
        uint32_t order = ((const uint32_t *)M2P_START)[frame];

        BUG_ON(order != m2p_get(mfn(frame)));
        if (order == M2P_INVALID)
            continue;
        if ((order - 1) % step == 0)
            mark(mfn(frame), true);
        BUG_ON(!frame_free(mfn(frame), 0));
        BUG_ON(frame_free(mfn(frame), 0));
    }
    BUG_ON(frames_free() != nr);
    BUG_ON(audit_mappings().complaint);
    BUG_ON(audit_mappings().nr_mappings < 100);
    machine_end(MACHINE_POWEROFF);
}
