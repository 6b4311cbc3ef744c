/* SPDX-License-Identifier: MIT */
/**
 * @file nap.c
 * @ingroup guests
 * A guest that sleeps, wakes, computes for a moment and sleeps again, `naps=`
 * times from the system time `ms=` on; then it powers off. How much later than
 * it asked for it runs again, in microseconds, is in each mark.
 */
#include "guest.h"

MARK(nap_over)
MARK(naps_done)

#define PERIOD_NS 20000000u /* and a bit more each time, so that no two naps */
#define DRIFT_NS 1234567u   /* end at the same point of others' slices */
#define WORK_NS 500000u

void guest_main(const start_info_t *start)
{
    uint64_t at;

    (void)start;
    shared_info_map();
    at = (uint64_t)argument("ms=") * 1000000u;
    for (uint32_t n = argument("naps="); n > 0; n--) {
        uint64_t woke;

        while (system_time() < at)
            sleep_until(at);
        woke = system_time();
        mark_nap_over((uint32_t)(woke - at) / 1000, n);
        while (system_time() < woke + WORK_NS)
            ;
        at = system_time() + PERIOD_NS + n % 16 * DRIFT_NS;
    }
    mark_naps_done(0, 0);
}
