/* backends/xmpp/session.h - one XMPP account: what its parts (login, stream management, features) share
 *
 * Two halves meet here. The transport half (link, tls, sasl, sm, guard) owns the connection and calls the feature
 * half through the table of struct feature; the feature half (roster, presence, message, carbons, mam, disco ...)
 * sends with the x_* functions below. One feature, one file, one struct feature; state that dies with the account
 * is freed in detach.
 */
#ifndef XMPP_SESSION_H
#define XMPP_SESSION_H

#include <strophe.h>

#include "base/base.h"
#include "base/err.h"
#include "base/map.h"
#include "kith/plugin.h"

struct x; /* one account; defined in x.h, private to the transport half. struct kith_session is the same object */

/* A feature. iq results are matched by (id, from) before; everything else (who may say what, SECURITY.md 2) is the
 * handler's own check. */
struct feature {
    const char *name;
    const char *const *disco; /* feature vars announced in caps, NULL-terminated, or NULL */
    bool (*announced)(const struct x *x);      /* are they, now? NULL: always */
    void (*attach)(struct x *x);               /* account opened */
    void (*online)(struct x *x, bool resumed); /* bound or resumed: send what is due */
    void (*offline)(struct x *x);              /* link lost; may be resumed */
    void (*detach)(struct x *x);               /* account closed: free everything */
    /* Return true when the stanza is dealt with. Called in the order of the table. */
    bool (*message)(struct x *x, xmpp_stanza_t *st);
    bool (*presence)(struct x *x, xmpp_stanza_t *st);
    bool (*iq)(struct x *x, xmpp_stanza_t *st); /* get and set; unanswered ones get an error by the transport */
    void (*committed)(struct x *x, uint64_t number);
};
extern const struct feature *const x_features[]; /* NULL-terminated; features.c, owned by the feature half */

/* Identity */
const struct kith_host *x_host(const struct x *x);
struct kith_account *x_account(const struct x *x);
xmpp_ctx_t *x_ctx(const struct x *x);
const char *x_jid(const struct x *x);  /* full JID once bound, else the bare one */
const char *x_bare(const struct x *x);
const char *x_domain(const struct x *x);
bool x_online(const struct x *x);      /* bound or resumed, and the link is up */
bool x_inline(const struct x *x, const char *feature); /* was switched on inside Bind 2, e.g. "urn:xmpp:carbons:2" */
const char *x_option(const struct x *x, const char *key); /* account option or NULL */

/* Per-feature state: a pointer kept under the feature's name; the feature frees it in detach. */
void *x_state(const struct x *x, const char *feature);
void x_set_state(struct x *x, const char *feature, void *state);

/* Sending. Takes over the stanza. All text is cleaned for XML 1.0 on the way out; counted by stream management.
 * Returns the stanza's number in this stream management session, or 0 when not connected (stanza dropped). */
uint64_t x_send(struct x *x, xmpp_stanza_t *st);
/* The same for a message of the outbox: KITH_SENT is emitted when it is written, KITH_STORED when the server
 * acknowledged it (XEP-0198; without stream management when a following ping was answered). */
uint64_t x_send_tracked(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id);
/* True when origin_id waits in the unacknowledged queue of the live or resumable session: a retry is not needed. */
bool x_unacked(const struct x *x, const char *origin_id);
/* An iq get or set; the id is made here. fn is called exactly once: with the result or error stanza, or NULL on
 * time-out (30 s) or loss of the session. Takes over st. */
typedef void x_iq_fn(struct x *x, xmpp_stanza_t *reply, void *user);
void x_iq(struct x *x, xmpp_stanza_t *st, x_iq_fn *fn, void *user);
/* The same where the answer waits for a person elsewhere: time-out after ms. */
void x_iq_wait(struct x *x, xmpp_stanza_t *st, int64_t ms, x_iq_fn *fn, void *user);
void x_iq_reply(struct x *x, xmpp_stanza_t *request, xmpp_stanza_t *payload); /* payload is taken over, may be NULL */
void x_iq_error(struct x *x, xmpp_stanza_t *request, const char *type, const char *condition, const char *text);

/* Events. Returns the number (for committed). The transport notes the highest number emitted while a stanza is
 * handled: that stanza is acknowledged (XEP-0198) when the engine has committed up to it. */
uint64_t x_emit(struct x *x, const struct kith_event *ev);
void x_reply_ok(struct x *x, kith_req req, const char *text);
void x_reply_err(struct x *x, kith_req req, int err, const char *text);
void x_notice(struct x *x, enum kith_level level, const char *chat, const char *fmt, ...) PRINTF(4, 5);
void x_log(struct x *x, enum kith_level level, const char *fmt, ...) PRINTF(3, 4);
/* Logs that something of the network was dropped, once a session for each `what` (a literal): whoever sends much of it fills
 * no log. */
void x_dropped(struct x *x, const char *what);
/* The feature half tells that the first synchronisation is over (roster, catch-up): the transport emits STATE ONLINE
 * then, not before (it emitted STATE SYNC at bind). */
void x_synced(struct x *x);

/* Questions: fn gets the answer (borrowed) when the user gives one; never when the session ends first. */
typedef void x_answer_fn(struct x *x, const struct kith_answer *a, void *user);
void x_ask(struct x *x, struct kith_ev_ask *ask /* .ask is filled in here */, x_answer_fn *fn, void *user);
/* The question needs no answer any more: the engine drops it, and fn will not be called. */
void x_ask_gone(struct x *x, uint64_t ask);

/* Stanza helpers (stanza.c), for both halves; owned by the transport half. */
xmpp_stanza_t *st_new(xmpp_ctx_t *ctx, const char *name, const char *ns);
xmpp_stanza_t *st_add(xmpp_stanza_t *parent, const char *name, const char *ns); /* the child, owned by parent */
void st_add_text(xmpp_stanza_t *parent, const char *text);                      /* cleaned; NULL adds nothing */
xmpp_stanza_t *st_add_child_text(xmpp_stanza_t *parent, const char *name, const char *ns, const char *text);
void st_set(xmpp_stanza_t *st, const char *attr, const char *value);            /* cleaned; NULL: not set */
const char *st_attr(xmpp_stanza_t *st, const char *attr);
xmpp_stanza_t *st_child(xmpp_stanza_t *st, const char *name, const char *ns);   /* first child; NULL matches any */
char *st_text(xmpp_stanza_t *st);                                               /* owned (free()), NULL when none */
char *st_child_text(xmpp_stanza_t *st, const char *name, const char *ns);
void st_wipe_release(xmpp_stanza_t *st); /* what is said in it is for nobody else: its texts are overwritten. NULL is fine */
/* Error stanza -> enum kith_err and a sentence. RFC 6120 §8.3. */
int st_error(xmpp_stanza_t *st, struct err *e);

/* JIDs (jid.c): RFC 7622 without full PRECIS: split, check lengths, case-fold local part and domain. */
struct jid { char *local, *domain, *resource; };
int jid_parse(struct jid *j, const char *s, struct err *e);
void jid_free(struct jid *j);
char *jid_bare(const char *s);           /* owned, normalized; NULL when malformed */
char *jid_normal(const char *s);         /* owned, normalized full form; NULL when malformed */
const char *jid_resource(const char *s); /* borrowed, NULL when none */
bool jid_same_bare(const char *a, const char *b);
/* jid_escape.c, XEP-0106: the bare address that a person typed, escaped where it is none as it stands; and how one whose
 * escapes can be shown is read by people, NULL: as it is. Shown is only what means this address when it is typed again. */
char *jid_typed(const char *text);
char *jid_shown(const char *bare);

#endif
