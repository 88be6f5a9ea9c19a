/* backends/xmpp/muc_moderate.c - moderators take away what others said: the last of it, or all of a person (XEP-0425)
 *
 * Kept are the ids by which the room names the newest messages that came, and whose they are: by their occupant id where
 * the room has such, so that a change of nick hides nobody.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc_admin.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

#define NS_RETRACT_0 "urn:xmpp:message-retract:0"

enum { KEPT = 2000, AT_ONCE = 200 };

struct said { char *room, *who, *id; };
struct moderate {
    struct said said[KEPT];
    size_t n; /* so many came; the next one's place is this modulo KEPT */
};
struct wave { /* one command: many questions, one answer */
    kith_req req;
    size_t open, done;
    struct err failed;
};

static void said_clear(struct said *s)
{
    free(s->room);
    free(s->who);
    free(s->id);
    *s = (struct said){0};
}

void moderate_note(struct x *x, const struct muc_room *r, const char *who, const char *archive_id)
{
    struct moderate *m = x_state(x, "moderate");
    if (!m || !who || !archive_id || r->role != MUC_ROLE_MODERATOR)
        return; /* who may not, need not know */
    struct said *s = &m->said[m->n++ % KEPT];
    said_clear(s);
    *s = (struct said){xstrdup(r->address), xstrdup(who), xstrdup(archive_id)};
}

static xmpp_stanza_t *question(struct x *x, const struct muc_room *r, const char *id, const char *reason)
{
    bool now = muc_has(r, NS_MODERATE);
    const char *ns = now ? NS_MODERATE : NS_MODERATE0;
    xmpp_stanza_t *outer, *iq = iq_new(x, "set", r->address, now ? "moderate" : "apply-to", now ? ns : NS_FASTEN, &outer);
    st_set(outer, "id", id);
    xmpp_stanza_t *m = now ? outer : st_add(outer, "moderate", ns);
    st_add(m, "retract", now ? NS_RETRACT : NS_RETRACT_0);
    if (!str_empty(reason))
        st_add_child_text(m, "reason", ns, reason);
    return iq;
}

static void on_moderated(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct wave *w = user;
    if (iq_is_result(reply))
        w->done++;
    else
        st_error(reply, &w->failed);
    if (--w->open)
        return;
    char *text = xasprintf("%zu message%s withdrawn.", w->done, w->done == 1 ? " is" : "s are");
    if (w->failed.code && !w->done)
        x_reply_err(x, w->req, w->failed.code, w->failed.text);
    else
        x_reply_ok(x, w->req, text);
    free(text);
    free(w);
}

int moderate(struct x *x, const struct muc_room *r, const char *nick, size_t most, const char *reason, kith_req req)
{
    const struct moderate *m = x_state(x, "moderate");
    const struct muc_member *member = muc_member(r, nick);
    const char *who = member ? member->id : nick; /* one who has gone: by the id or nick that is kept */
    const char *ids[AT_ONCE];
    size_t n = 0, there = MIN(m->n, (size_t)KEPT);
    if (!muc_has(r, NS_MODERATE) && !muc_has(r, NS_MODERATE0)) {
        x_reply_err(x, req, KITH_EUNSUP, "This room cannot take messages of others away.");
        return KITH_OK;
    }
    for (size_t i = 0; i < there && n < MIN(most, (size_t)AT_ONCE); i++) {
        const struct said *s = &m->said[(m->n - 1 - i) % KEPT];
        if (str_eq(s->room, r->address) && str_eq(s->who, who))
            ids[n++] = s->id;
    }
    if (!n) {
        x_reply_err(x, req, KITH_ENOTFOUND, "Nothing by that nick has come since you are a moderator here.");
        return KITH_OK;
    }
    struct wave *w = xcalloc(1, sizeof *w);
    w->req = req;
    w->open = n;
    reason = omemo_words(x, r->address, reason);
    for (size_t i = 0; i < n; i++)
        x_iq(x, question(x, r, ids[i], reason), on_moderated, w);
    return KITH_OK;
}

static void moderate_attach(struct x *x)
{
    x_set_state(x, "moderate", xcalloc(1, sizeof(struct moderate)));
}

static void moderate_detach(struct x *x)
{
    struct moderate *m = x_state(x, "moderate");
    for (size_t i = 0; i < KEPT; i++)
        said_clear(&m->said[i]);
    free(m);
    x_set_state(x, "moderate", NULL);
}

const struct feature feature_moderate = {.name = "moderate", .attach = moderate_attach, .detach = moderate_detach};
