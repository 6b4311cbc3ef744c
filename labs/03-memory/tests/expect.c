/* SPDX-License-Identifier: MIT */
/**
 * @file expect.c
 * What each of the driver's operations should do, carried out on the model;
 * see script.h.
 */
#include "labs/03-memory/tests/script.h"

uint64_t script_entry(const struct model *m, const uint32_t *arg)
{
    return (uint64_t)model_number(m, arg[0]) << 12 | arg[1] |
           (uint64_t)arg[2] << 32;
}

static int32_t expect_update(struct model *m, const uint32_t *arg)
{
    struct update u = {
        .table = model_frame(m, arg[0]), .index = arg[1],
        .entry = script_entry(m, arg + 2), .page_owner = (enum owner)arg[5],
        .keep_accessed = arg[6] != 0,
    };

    return model_update(m, &u);
}

int32_t script_expect(struct model *m, const struct script_step *step)
{
    const uint32_t *a = step->arg;
    uint32_t mfn = model_number(m, a[0]);
    int frame = model_frame(m, a[0]);

    switch (step->op) {
    case OP_GET:
        return model_get(m, mfn, (enum owner)a[1]);
    case OP_DISOWN:
        m->frame[frame].allocated = false;
        model_put(m, frame);
        return 0;
    case OP_PUT:
        model_put(m, frame);
        return 0;
    case OP_GET_TYPE:
        return model_get_type(m, frame, (enum type)a[1]);
    case OP_PUT_TYPE:
        model_put_type(m, frame);
        return 0;
    case OP_GET_BOTH:
        return model_get_both(m, mfn, (enum owner)a[1], (enum type)a[2]);
    case OP_ADOPT:
        return model_get_both(m, mfn, OWNER_A, (enum type)a[1]);
    case OP_PUT_BOTH:
    case OP_DEMOTE:
        model_put_type(m, frame);
        model_put(m, frame);
        return 0;
    case OP_CHECK_FLAGS:
        return model_check_flags(m, (enum owner)a[0], (enum type)a[1],
                                 script_entry(m, a + 2));
    case OP_ENTRY_GET:
        return model_entry_get(m, (enum owner)a[0], (enum owner)a[1], T_L1,
                               0, script_entry(m, a + 2));
    case OP_NX:
        m->without_nx = a[0] == 0;
        return 0;
    case OP_UPDATE:
        return expect_update(m, a);
    case OP_PIN:
        return model_pin(m, (enum owner)a[0], model_number(m, a[1]),
                         (enum type)a[2]);
    case OP_UNPIN:
        return model_unpin(m, (enum owner)a[0], model_number(m, a[1]));
    case OP_BASE:
        return model_base(m, mfn);
    case OP_LDT:
        m->ldt = frame;
        return model_get_both(m, mfn, OWNER_A, T_SEG_DESC);
    default:
        return 0;
    }
}
