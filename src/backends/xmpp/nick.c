/* backends/xmpp/nick.c - what people call themselves (XEP-0172): published by us, and of contacts a suggestion
 *
 * A contact's own nickname is never shown for the name that the user gave, nor put into the list of contacts: it is told
 * when the user asks who they are, with how to take it over. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { NICKS_MAX = 5000, NICK_BYTES = 200 };

struct nicks {
    struct map of; /* bare -> nickname (owned) */
};

void nick_item(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    struct nicks *n = x_state(x, "nick");
    char *nick = what == PEP_ITEM ? st_child_text(item, "nick", NS_NICK) : NULL;
    if (nick && strlen(nick) > NICK_BYTES)
        nick[utf8_floor(nick, strlen(nick), NICK_BYTES)] = '\0';
    if (!str_empty(nick) && (n->of.n < NICKS_MAX || map_get(&n->of, owner))) {
        free(map_set(&n->of, owner, nick));
        return;
    }
    free(nick);
    free(map_del(&n->of, owner));
}

const char *nick_of(const struct x *x, const char *bare)
{
    const struct nicks *n = x_state(x, "nick");
    return n ? map_get(&n->of, bare) : NULL;
}

static void on_published(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (reply && !iq_is_result(reply))
        x_notice(x, KITH_WARN, NULL, "The server does not tell your contacts your nickname.");
}

/* §4.3. Empty: there is none any more. */
void nick_publish(struct x *x, const char *nick)
{
    xmpp_stanza_t *item;
    if (!pep_can_publish(x))
        return;
    if (str_empty(nick)) {
        x_iq(x, pep_retract(x, NS_NICK, "current"), on_published, NULL);
        return;
    }
    xmpp_stanza_t *iq = pep_publish(x, NS_NICK, "current", &item);
    st_add_child_text(item, "nick", NS_NICK, nick);
    pep_options(iq, &(struct pep_options){.access = "presence"});
    x_iq(x, iq, on_published, NULL);
}

static void nick_attach(struct x *x)
{
    x_set_state(x, "nick", xcalloc(1, sizeof(struct nicks)));
}

static void nick_detach(struct x *x)
{
    struct nicks *n = x_state(x, "nick");
    map_free(&n->of, free);
    free(n);
    x_set_state(x, "nick", NULL);
}

static const char *const nick_vars[] = {NS_NICK "+notify", NULL};
const struct feature feature_nick = {
    .name = "nick",
    .disco = nick_vars,
    .attach = nick_attach,
    .detach = nick_detach,
};
