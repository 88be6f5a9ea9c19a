/* backends/xmpp/reactions.c - emoji given to a message: always the sender's whole set (XEP-0444) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

enum { REACTION_BYTES = 64 };

/* XEP-0444 §4: the whole set; duplicates and what cannot be an emoji are left out. They count for
 * the bare address that the stanza is from, whatever else it says. */
const char *reactions_take(xmpp_stanza_t *st, char *out[REACTIONS_MAX], size_t *n)
{
    xmpp_stanza_t *el = st_child(st, "reactions", NS_REACTIONS);
    const char *target = id_attr(el, "id");
    *n = 0;
    if (!target)
        return NULL;
    EACH_CHILD (c, el) {
        char *t = is_elem(c, "reaction", NULL) && *n < REACTIONS_MAX ? st_text(c) : NULL;
        bool unfit = !t || !*t || strlen(t) > REACTION_BYTES || strchr(t, '\n');
        for (size_t i = 0; !unfit && i < *n; i++)
            unfit = strcmp(out[i], t) == 0;
        if (unfit)
            free(t);
        else
            out[(*n)++] = t;
    }
    return target;
}

/* What the network behind a contact takes, by what their programs say (XEP-0444 §2.2). NULL: this; else why not, owned. */
static char *refusal(const struct x *x, const char *bare, const char *const *reactions, size_t n)
{
    for (size_t max = 1; max < n; max++) {
        char rule[sizeof NS_REACTION_RULES + 24];
        snprintf(rule, sizeof rule, NS_REACTION_RULES "=%zu", max);
        if (presence_supports(x, bare, rule))
            return xasprintf("The other side takes at most %zu of a person; take one back first.", max);
    }
    for (size_t i = 0; i < n && presence_supports(x, bare, NS_REACTION_RULES "#"); i++) {
        char *rule = xasprintf(NS_REACTION_RULES "#%s", reactions[i]);
        bool taken = presence_supports(x, bare, rule);
        free(rule);
        if (!taken)
            return xasprintf("The other side does not take %s as a reaction.", reactions[i]);
    }
    return NULL;
}

/* XEP-0444 §3. */
int change_react(struct x *x, const char *chat, const char *target, const char *const *reactions,
                 size_t n, const char *id)
{
    int err = KITH_EINVAL;
    char *bare = str_empty(target) || n > REACTIONS_MAX ? NULL : message_address(x, chat, id, &err);
    if (!bare)
        return err;
    if (x_unacked(x, id)) {
        free(bare);
        return KITH_OK;
    }
    char *why = muc_is_room(x, bare) ? NULL : refusal(x, bare, reactions, n);
    if (why) {
        message_failed(x, bare, id, KITH_EUNSUP, why);
        free(why);
        free(bare);
        return KITH_OK;
    }
    xmpp_stanza_t *st = message_new(x, bare, id), *r = st_add(st, "reactions", NS_REACTIONS);
    st_set(r, "id", target);
    for (size_t i = 0; i < n; i++)
        st_add_child_text(r, "reaction", NULL, reactions[i]);
    st_add(st, "store", NS_HINTS);
    ledger_send(x, st, bare, id, 0, false);
    free(bare);
    return KITH_OK;
}
