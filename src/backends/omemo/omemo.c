/* backends/omemo/omemo.c - one account's OMEMO: its life, what is kept together, and errors in words */
#include "backends/omemo/omemo.h"

#include <stdlib.h>

#include "backends/omemo/crypto.h"
#include "backends/omemo/device.h"
#include "backends/omemo/private.h"
#include "base/mem.h"

const char *omemo_error_words(int code)
{
    switch ((enum omemo_error)code) {
    case OMEMO_DUPLICATE:
        return "it was read before";
    case OMEMO_NO_SESSION:
        return "it was made for keys that this device no longer has";
    case OMEMO_MALFORMED:
        return "it is damaged";
    case OMEMO_FORGED:
        return "its checksum is wrong";
    case OMEMO_CHANGED:
        return "the sender's device shows another key than before";
    case OMEMO_NOT_KEPT:
        return "the keys could not be kept on the disk";
    case OMEMO_FAR:
        return "more than 2,000 messages before it are missing, and keys cannot be brought so far";
    }
    return "of an error that has no name";
}

struct omemo *omemo_new(const struct omemo_io *io, struct err *e)
{
    struct omemo *o = xcalloc(1, sizeof *o);
    o->io = *io;
    o->version = OMEMO_OLD;
    o->context = crypto_context();
    if (!o->context || store_connect(o) < 0)
        (void)err_set(e, KITH_EDENIED, "OMEMO cannot be used: its library did not start.");
    else if (keys_open(o, e) == 0) {
        o->steps = store_steps(o);
        return o;
    }
    omemo_free(o);
    return NULL;
}

void omemo_free(struct omemo *o)
{
    if (!o)
        return;
    if (o->identity)
        SIGNAL_UNREF(o->identity);
    signal_protocol_store_context_destroy(o->store);
    signal_context_destroy(o->context);
    free(o->other.jid);
    free(o);
}

int omemo_begin(struct omemo *o)
{
    if (o->depth == 0) {
        o->failed = o->stepped = false;
        if (o->io.begin(o->io.user) < 0)
            return OMEMO_NOT_KEPT;
    }
    o->depth++;
    return 0;
}

/* Outside of what was refused, or it would be taken back with it. */
static void note_other(struct omemo *o)
{
    char *jid = o->other.jid;
    o->other.jid = NULL;
    if (jid)
        omemo_offer(o, jid, o->other.device, o->other.key);
    free(jid);
}

int omemo_end(struct omemo *o, bool keep)
{
    o->failed |= !keep;
    if (--o->depth > 0)
        return o->failed ? OMEMO_NOT_KEPT : 0;
    if (o->scrubs)
        mem_scrub_end();
    o->scrubs = false;
    bool stepped = o->stepped && !o->failed;
    o->stepped = false;
    if (stepped)
        (void)store_set_steps(o, o->steps + 1); /* failed is set when it could not */
    int rc = o->io.end(o->io.user, !o->failed);
    if (stepped && rc >= 0 && !o->failed)
        o->steps++;
    bool failed = o->failed;
    note_other(o);
    o->failed = failed;
    return keep && (rc < 0 || o->failed) ? OMEMO_NOT_KEPT : 0;
}

void omemo_hearsay(struct omemo *o, bool on)
{
    o->hearsay = on;
}

uint64_t omemo_steps(const struct omemo *o)
{
    return o->steps;
}

int omemo_step_to(struct omemo *o, uint64_t steps)
{
    if (steps > o->steps) {
        if (store_set_steps(o, steps) < 0)
            return OMEMO_NOT_KEPT;
        o->steps = steps;
    }
    return 0;
}
