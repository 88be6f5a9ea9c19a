/* backends/xmpp/correct.c - a later version of a message replaces it (XEP-0308) */
#include "backends/xmpp/feature.h"
#include "base/mem.h"

/* What may be corrected is decided by the engine, which has the message: only one of the same bare
 * address, and never one of ours by somebody else (XEP-0308 §4). Here a correction is what the
 * server says is from there, and nothing that names itself. */
const char *correct_target(xmpp_stanza_t *st)
{
    const char *target = id_attr(st_child(st, "replace", NS_CORRECT), "id");
    return target && !str_eq(target, st_attr(st, "id")) ? target : NULL;
}

void correct_add(xmpp_stanza_t *st, const char *target)
{
    st_set(st_add(st, "replace", NS_CORRECT), "id", target);
}
