/* backends/xmpp/omemo_out.c - what leaves an encrypted chat: encrypted for each device that may read it, or not at all */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/files.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/omemo_sce.h"
#include "base/mem.h"

struct readers { /* sorted by address */
    struct omemo_recipient *v;
    size_t n, cap;
    enum omemo_version *ways;
    size_t n_ways, cap_ways;
};

/* ---- who reads it ---- */

static void readers_clear(struct readers *r)
{
    for (size_t i = 0; i < r->n; i++)
        buf_free(&r->v[i].key);
    free(r->v);
    free(r->ways);
    *r = (struct readers){0};
}

static bool is_own(const struct x *x, const char *jid)
{
    return jid_same_bare(jid, x_bare(x));
}

/* Those of the forecast who read it; this device has what it wrote. */
static void take_readers(const struct omemo_who *w, struct readers *r)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct omemo_reader *d = &w->v[i];
        if (d->here || d->reads != KITH_READS_YES)
            continue;
        VEC_PUSH(r->v, r->n, r->cap, ((struct omemo_recipient){.jid = d->jid, .device = d->known.id, .key = {.secret = true}}));
        VEC_PUSH(r->ways, r->n_ways, r->cap_ways, d->way);
    }
}

static bool uses(const struct readers *r, enum omemo_version v)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->ways[i] == v)
            return true;
    }
    return false;
}

/* ---- one message ---- */

/* The keys of one version; NULL and *rc: why not. */
static int encrypt_keys(struct omemo_session *s, struct readers *r, enum omemo_version v, const struct omemo_payload *p,
                        struct omemo_recipient *out, size_t *n)
{
    int rc = 0;
    *n = 0;
    for (size_t i = 0; i < r->n && rc == 0; i++) {
        if (r->ways[i] != v)
            continue;
        rc = omemo_encrypt(s->o, v, r->v[i].jid, r->v[i].device, p->secret, p->secret_len, &r->v[i].key, &r->v[i].exchange);
        out[(*n)++] = r->v[i];
    }
    return rc;
}

static int add_version(struct x *x, struct omemo_session *s, struct readers *r, enum omemo_version v, const char *text,
                       size_t len, xmpp_stanza_t *to)
{
    struct omemo_payload p;
    size_t n = 0;
    if (!uses(r, v))
        return 0;
    int rc = payload_encrypt(v, text, len, &p);
    if (rc < 0)
        return rc;
    struct omemo_recipient *keys = xcalloc(r->n, sizeof *keys);
    rc = encrypt_keys(s, r, v, &p, keys, &n);
    if (rc == 0)
        omemo_write_sealed(to, v, omemo_device(s->o), keys, n, &p);
    free(keys);
    payload_clear(&p);
    return rc;
}

/* The old version encrypts a text and nothing else: what a message says beside it would lie open. Ids do not say anything. */
static const char *cannot_be_old(xmpp_stanza_t *st)
{
    static const struct {
        const char *name, *ns, *what;
    } rows[] = {{"reactions", NS_REACTIONS, "reactions"}, {NULL, "jabber:x:oob", "files"}, {NULL, "urn:xmpp:sfs:0", "files"},
                {"spoiler", NS_SPOILER, "hints of spoilers"}, {"markup", NS_MARKUP, "markup"}};
    char *body = st_child_text(st, "body", NULL);
    bool linked = str_starts(body, "aesgcm://");
    str_wipe_free(body);
    for (size_t i = 0; i < COUNT(rows); i++) {
        xmpp_stanza_t *c = st_child(st, rows[i].name, rows[i].ns);
        if (c && linked && strcmp(rows[i].ns, "urn:xmpp:sfs:0") == 0)
            continue; /* XEP-0454: the text is a link with the key in it */
        if (c && (strcmp(rows[i].ns, NS_SPOILER) != 0 || xmpp_stanza_get_children(c)))
            return rows[i].what;
    }
    return NULL;
}

bool omemo_is_id(xmpp_stanza_t *c)
{
    static const char *const spaces[] = {NS_CORRECT, NS_REPLY, NS_FALLBACK, NS_FALLBACK_OLD, NS_RETRACT, NS_RETRACT0, NS_FASTEN};
    const char *ns = xmpp_stanza_get_ns(c);
    for (size_t i = 0; ns && i < COUNT(spaces); i++) {
        if (strcmp(ns, spaces[i]) == 0)
            return !str_eq(st_attr(c, "for"), "urn:xmpp:sfs:0");
    }
    return false;
}

/* What may be seen: where the old version is read, the ids to which a text belongs stay outside of it. */
static void add_ids(xmpp_stanza_t *to, xmpp_stanza_t *from)
{
    EACH_CHILD (c, from) {
        if (!omemo_is_id(c))
            continue;
        if (st_child(c, "reason", NULL)) /* which is text */
            st_set(st_add(to, xmpp_stanza_get_name(c), xmpp_stanza_get_ns(c)), "id", st_attr(c, "id"));
        else
            xmpp_stanza_add_child_ex(to, xmpp_stanza_copy(c), 0);
    }
}

static void add_marks(xmpp_stanza_t *to, bool old)
{
    xmpp_stanza_t *eme = st_add(to, "encryption", NS_EME);
    st_set(eme, "namespace", old ? NS_OMEMO : NS_OMEMO2);
    st_set(eme, "name", "OMEMO");
    if (old)
        st_add_child_text(to, "body", NULL, OMEMO_FALLBACK);
    if (!st_child(to, "store", NS_HINTS))
        st_add(to, "store", NS_HINTS);
}

/* The message as it leaves (owned), or NULL with *rc. */
static xmpp_stanza_t *seal(struct x *x, struct omemo_session *s, xmpp_stanza_t *st, const char *chat, struct readers *r, int *rc)
{
    struct buf envelope = {.secret = true};
    const struct sce_ends ends = {.from = x_bare(x), .to = muc_is_room(x, chat) ? chat : NULL, .time_ms = x_host(x)->wall_ms()};
    bool old = uses(r, OMEMO_OLD);
    char *body = st_child_text(st, "body", NULL);
    xmpp_stanza_t *out = sce_seal(st, &ends, &envelope);
    *rc = out ? omemo_begin(s->o) : OMEMO_MALFORMED;
    if (*rc == 0) {
        *rc = add_version(x, s, r, OMEMO_2, envelope.data, envelope.len, out);
        if (*rc == 0 && body)
            *rc = add_version(x, s, r, OMEMO_OLD, body, strlen(body), out);
        if (old)
            add_ids(out, st);
        add_marks(out, old);
        int kept = omemo_end(s->o, *rc == 0);
        *rc = *rc < 0 ? *rc : kept;
    }
    if (*rc < 0 && out) {
        xmpp_stanza_release(out);
        out = NULL;
    }
    str_wipe_free(body);
    buf_free(&envelope);
    return out;
}

/* ---- the queue ---- */

static void post_clear(struct omemo_post *p)
{
    st_wipe_release(p->st);
    free(p->chat);
    free(p->id);
}

void omemo_posts_clear(struct omemo_session *s)
{
    for (size_t i = 0; i < s->n_posts; i++)
        post_clear(&s->posts[i]);
    s->n_posts = 0;
}

void omemo_posts_fail_all(struct x *x, const char *why)
{
    const struct omemo_session *s = omemo_of(x);
    while (s->n_posts > 0) {
        char *chat = xstrdup(s->posts[0].chat);
        omemo_posts_fail(x, chat, why);
        free(chat);
    }
}

void omemo_posts_fail(struct x *x, const char *chat, const char *why)
{
    struct omemo_session *s = omemo_of(x);
    for (size_t i = 0; i < s->n_posts;) {
        if (strcmp(s->posts[i].chat, chat) != 0) {
            i++;
            continue;
        }
        message_failed(x, chat, s->posts[i].id, KITH_EDENIED, why);
        post_clear(&s->posts[i]);
        VEC_DEL(s->posts, s->n_posts, i);
    }
}

/* A sentence, owned; NULL: nothing speaks against it. */
static char *refusal(struct x *x, const struct omemo_post *p, const struct omemo_who *w, const struct readers *r)
{
    bool room = muc_is_room(x, p->chat);
    if (w->people == OMEMO_PEOPLE_OPEN)
        return xstrdup("This room is encrypted, but " OMEMO_ROOM_OPEN);
    if (w->people == OMEMO_PEOPLE_SECRET)
        return xstrdup(OMEMO_ROOM_SECRET);
    if (w->people == OMEMO_PEOPLE_PRIVATE) {
        const char *jid = muc_real_address(x, p->chat);
        return xasprintf("this room is encrypted, and what is said to one person in it cannot be. Write to %s instead",
                         jid ? jid : "their own address");
    }
    if (room && w->others.n == 0)
        return xstrdup("nobody else belongs to this room yet: nobody could ever read it");
    if (w->readers == 0 || (w->theirs == 0 && !is_own(x, p->chat)))
        return xasprintf("no device of %s can read it: /encrypt shows why; /encrypt off sends in the clear",
                         room ? "anybody in this room" : p->chat);
    const char *open = uses(r, OMEMO_OLD) ? cannot_be_old(p->st) : NULL;
    return open ? xasprintf("a device of %s reads only the old OMEMO, which cannot hide %s", room ? "somebody here" : p->chat, open)
                : NULL;
}

static bool has_keys(struct omemo_session *s, const char *jid)
{
    struct omemo_known *known = NULL;
    size_t n = omemo_known(s->o, jid, &known), listed = 0;
    for (size_t i = 0; i < n; i++)
        listed += omemo_way(&known[i]) != 0;
    free(known);
    return listed > 0;
}

bool omemo_is_open(const struct x *x, const char *chat)
{
    if (!omemo_wants(x, chat))
        return true;
    return !omemo_holds(x, chat) && !muc_is_room(x, chat) && omemo_lists_known(x, chat) && !has_keys(omemo_of(x), chat);
}

bool omemo_begins(struct x *x, const struct omemo_who *w)
{
    bool all = !w->unknown && w->people == OMEMO_PEOPLE_KNOWN && w->others.n > 0;
    for (size_t i = 0; all && i < w->others.n; i++)
        all = has_keys(omemo_of(x), w->others.v[i]);
    return all;
}

/* A chat of which nothing was said yet: encrypted from now on when the other side has keys; of a room, when everybody has who
 * belongs to it. STAYS_OPEN: it stays as it is; NOT_KEPT: it would be encrypted, and the disk does not take that: nothing leaves. */
enum began { STAYS_OPEN, BEGAN, NOT_KEPT };

static enum began begin_chat(struct x *x, const char *chat, const struct omemo_who *w)
{
    if (!omemo_begins(x, w))
        return STAYS_OPEN;
    if (omemo_set_chat(x, chat, true) < 0)
        return NOT_KEPT;
    if (muc_is_room(x, chat))
        x_notice(x, KITH_INFO, chat, "This room is encrypted from now on: the devices of the %zu people who belong to it can read "
                 "what is written, and nobody else.", w->others.n + 1);
    return BEGAN;
}

static void seal_post(struct x *x, struct omemo_session *s, struct omemo_post *p, const struct omemo_who *w, struct readers *r)
{
    int rc = 0;
    xmpp_stanza_t *out = seal(x, s, p->st, p->chat, r, &rc);
    if (!out) {
        message_failed(x, p->chat, p->id, KITH_EUNSUP, omemo_error_words(rc));
        return;
    }
    omemo_mark_now(x);
    omemo_leaves(x, p->chat, p->id, w->unverified ? KITH_ENC_UNVERIFIED : KITH_ENC_TRUSTED);
    omemo_room_sent(x, p->chat, &w->without);
    ledger_queue(x, out, p->chat, p->id, p->written_ms, p->retry);
}

/* All that is to be known of it is known. */
static void decide(struct x *x, struct omemo_session *s, struct omemo_post *p, const struct omemo_who *w)
{
    struct readers r = {0};
    take_readers(w, &r);
    char *why = refusal(x, p, w, &r);
    if (why)
        message_failed(x, p->chat, p->id, KITH_EUNSUP, why);
    else
        seal_post(x, s, p, w, &r);
    free(why);
    readers_clear(&r);
}

enum omemo_files omemo_decide(struct x *x, const char *chat)
{
    static const enum omemo_files as[] = {
        [STAYS_OPEN] = OMEMO_FILES_PLAIN, [BEGAN] = OMEMO_FILES_SEALED, [NOT_KEPT] = OMEMO_FILES_REFUSED};
    struct omemo_session *s = omemo_of(x);
    struct omemo_who w;
    const char *said = s ? omemo_said(x, chat) : NULL;
    if (said || !s || !s->o || !omemo_wants(x, chat))
        return str_eq(said, "on") ? OMEMO_FILES_SEALED : OMEMO_FILES_PLAIN;
    omemo_who_people(x, chat, true, &w);
    if (w.unknown)
        omemo_room_waits(x, chat);
    enum omemo_files how = w.unknown ? OMEMO_FILES_LATER : as[begin_chat(x, chat, &w)];
    omemo_who_clear(&w);
    return how;
}

/* In one transaction: else each of the store's answers about hundreds of devices takes its locks anew. */
static void who_at_once(struct x *x, struct omemo_session *s, const char *chat, struct omemo_who *w)
{
    bool begun = omemo_begin(s->o) == 0;
    omemo_who_devices(x, chat, true, w);
    if (begun)
        (void)omemo_end(s->o, true);
}

static void leave_open(struct x *x, struct omemo_post *p)
{
    xmpp_stanza_t *st = p->st;
    p->st = NULL;
    ledger_queue(x, st, p->chat, p->id, p->written_ms, p->retry);
}

/* True: it is done with, one way or the other. */
static bool try_post(struct x *x, struct omemo_session *s, struct omemo_post *p)
{
    struct omemo_who w;
    const char *said = omemo_said(x, p->chat);
    if (str_eq(said, "off")) { /* it was written when others were not to read it */
        message_failed(x, p->chat, p->id, KITH_ECANCELED,
                       "it was written while this chat was encrypted, and that was switched off; /resend sends it in the clear");
        return true;
    }
    omemo_who_people(x, p->chat, true, &w);
    enum began began = w.unknown || said ? BEGAN : begin_chat(x, p->chat, &w);
    if (began != BEGAN) {
        if (began == NOT_KEPT)
            message_failed(x, p->chat, p->id, KITH_EDENIED, OMEMO_NOT_LATCHED);
        else
            leave_open(x, p);
        omemo_who_clear(&w);
        return true;
    }
    if (!w.unknown)
        who_at_once(x, s, p->chat, &w);
    bool missing = w.unknown || !omemo_is_shown(x), waits = missing || w.waits > 0;
    if (w.waits > 0)
        omemo_tell_waits(x, p->chat, &w);
    else if (missing)
        omemo_room_waits(x, p->chat);
    else
        decide(x, s, p, &w);
    omemo_who_clear(&w);
    return !waits;
}

static bool is_blocked(const struct omemo_session *s, size_t upto, const char *chat)
{
    for (size_t i = 0; i < upto; i++) {
        if (strcmp(s->posts[i].chat, chat) == 0)
            return true;
    }
    return false;
}

/* The same of the n-th. What comes of it may put others behind them (the ledger gives back what is to be encrypted now), which
 * moves them all: it is worked on beside them. */
static bool try_nth(struct x *x, struct omemo_session *s, size_t n)
{
    struct omemo_post p = s->posts[n];
    bool done = try_post(x, s, &p);
    s->posts[n].st = p.st;
    return done;
}

void omemo_push(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (!s->o || s->pushing || !x_online(x))
        return;
    if (omemo_mark_refused(x))
        omemo_posts_fail_all(x, OMEMO_TWICE);
    if (!omemo_mark_open(x))
        return;
    s->pushing = true;
    for (size_t i = 0; i < s->n_posts;) {
        if (is_blocked(s, i, s->posts[i].chat) || !try_nth(x, s, i)) {
            i++;
            continue;
        }
        post_clear(&s->posts[i]);
        VEC_DEL(s->posts, s->n_posts, i);
    }
    s->pushing = false;
    omemo_asks_try(x);
    omemo_atm_push(x);
    files_known(x);
}

void omemo_send(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id, int64_t written_ms, bool retry)
{
    struct omemo_session *s = omemo_of(x);
    for (size_t i = 0; i < s->n_posts; i++) {
        if (strcmp(s->posts[i].id, origin_id) == 0) { /* it keeps its place */
            s->posts[i].retry |= retry;
            st_wipe_release(st);
            return;
        }
    }
    if (ledger_has(x, origin_id)) {
        st_wipe_release(st);
        return;
    }
    struct omemo_post p = {st, xstrdup(chat), xstrdup(origin_id), written_ms, retry};
    if (!s->o) {
        message_failed(x, chat, origin_id, KITH_EUNSUP, omemo_is_wanted(x)
                           ? "this chat is encrypted, and the keys of this account cannot be used: its store cannot be read or written"
                           : "this chat is encrypted, and OMEMO is switched off for this account (option encryption). Switch it on and "
                             "/resend; or /encrypt off sends in the clear here");
        post_clear(&p);
        return;
    }
    VEC_PUSH(s->posts, s->n_posts, s->cap_posts, p);
    omemo_push(x);
}
