/* backends/xmpp/omemo_atm.c - what verified devices say of the keys of others is believed, within what XEP-0450 allows
 *
 * A statement comes inside an envelope of OMEMO 2. It is kept, and takes effect as soon as the device that made it is verified and
 * the key that it is about has been seen: at once, perhaps. Our own devices may speak of any key, others' only of keys of their own
 * account. What the user decided here is not undone: a device that he distrusts stays so, and one that he lets read is asked about. */
#include "backends/xmpp/omemo_atm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo_sce.h"
#include "base/mem.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
enum { SAY_MOST = 5 /* of one kind at once, each in a line of its own */ };

struct atm *atm_of(const struct x *x)
{
    return x_state(x, "omemo_atm");
}

/* ---- rows: layout, trust, time (8), key (32), address ---- */

enum { LAYOUT = 1, AT_MS = 2, AT_KEY = AT_MS + 8, AT_JID = AT_KEY + OMEMO_KEY, JID_MOST = 3072 };

int atm_row_keep(struct x *x, const struct atm_row *r)
{
    struct buf b = {0};
    buf_addc(&b, LAYOUT);
    buf_addc(&b, (char)r->trust);
    for (int i = 0; i < 8; i++)
        buf_addc(&b, (char)((uint64_t)r->ms >> 8 * i & 0xff));
    buf_add(&b, r->key, OMEMO_KEY);
    buf_adds(&b, r->jid);
    int rc = x_host(x)->state_set(x_account(x), r->name, b.data, b.len);
    buf_free(&b);
    return rc;
}

static void row_clear(struct atm_row *r)
{
    str_set(&r->name, NULL);
    str_set(&r->jid, NULL);
    str_set(&r->sender, NULL);
}

void atm_rows_clear(struct atm_rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        row_clear(&r->v[i]);
    free(r->v);
    *r = (struct atm_rows){0};
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_hex(const char *text, unsigned char id[OMEMO_KEY])
{
    if (strlen(text) != 2 * (size_t)OMEMO_KEY)
        return false;
    for (size_t i = 0; i < OMEMO_KEY; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        id[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* "omemo.tm.juliet@example.org/12/KEY", "omemo.tq.juliet@example.org/12" */
static bool read_name(struct atm_row *r)
{
    const char *at = strchr(r->name, '/');
    bool heard = str_starts(r->name, ATM_HEARD);
    const char *id = at ? strchr(at + 1, '/') : NULL;
    char *number = at ? xstrndup(at + 1, strcspn(at + 1, "/")) : NULL;
    int64_t device = 0;
    bool fine = number && str_int(number, 1, UINT32_MAX, &device) && heard == (id != NULL) && (!heard || read_hex(id + 1, r->id));
    free(number);
    if (!fine)
        return false;
    r->device = (uint32_t)device;
    if (heard)
        r->sender = xstrndup(r->name + sizeof ATM_HEARD - 1, (size_t)(at - r->name) - (sizeof ATM_HEARD - 1));
    return true;
}

static int note_row(void *user, const char *key, const void *data, size_t len)
{
    struct atm_rows *rows = user;
    const unsigned char *b = data;
    struct atm_row r = {.name = xstrdup(key)};
    bool fine = len > AT_JID && len <= AT_JID + JID_MOST && b[0] == LAYOUT && read_name(&r);
    if (!fine) {
        row_clear(&r);
        return 0;
    }
    uint64_t ms = 0;
    for (int i = 0; i < 8; i++)
        ms |= (uint64_t)b[AT_MS + i] << 8 * i;
    r.trust = b[1] == 1;
    r.ms = (int64_t)ms;
    memcpy(r.key, b + AT_KEY, OMEMO_KEY);
    r.jid = xstrndup((const char *)b + AT_JID, len - AT_JID);
    VEC_PUSH(rows->v, rows->n, rows->cap, r);
    return 0;
}

void atm_rows_read(struct x *x, const char *prefix, struct atm_rows *out)
{
    *out = (struct atm_rows){0};
    (void)x_host(x)->state_each(x_account(x), prefix, note_row, out);
}

static int count_row(void *user, const char *key, const void *data, size_t len)
{
    (void)key;
    (void)data;
    (void)len;
    ++*(size_t *)user;
    return 0;
}

static size_t count_rows(struct x *x, const char *prefix)
{
    size_t n = 0;
    (void)x_host(x)->state_each(x_account(x), prefix, count_row, &n);
    return n;
}

static void drop_heard(struct x *x, struct atm_row *r)
{
    if (x_host(x)->state_set(x_account(x), r->name, NULL, 0) >= 0)
        atm_of(x)->heard--;
    row_clear(r);
}

/* ---- what is told to the user ---- */

enum happened { GOT_VERIFIED, GOT_DISTRUSTED, ASKS_USER, REFUSED, AGAINST_US };
struct event {
    enum happened what;
    char *owner, *sender;
    uint32_t device, by;
};
struct events {
    struct event *v;
    size_t n, cap;
};

static void add_event(struct events *ev, enum happened what, const struct atm_row *r, uint32_t device)
{
    VEC_PUSH(ev->v, ev->n, ev->cap, ((struct event){what, xstrdup(r->jid), xstrdup(r->sender), device, r->device}));
}

/* Owned: who said it. */
static char *speaker(const struct x *x, const struct event *e)
{
    return jid_same_bare(e->sender, x_bare(x)) ? xasprintf("your device %" PRIu32, e->by)
                                               : xasprintf("their device %" PRIu32 ", which is verified,", e->by);
}

static void say_one(struct x *x, const struct event *e)
{
    bool own = jid_same_bare(e->owner, x_bare(x));
    const char *chat = own ? NULL : e->owner;
    char *by = speaker(x, e), *whose = own ? xasprintf("Your device %" PRIu32, e->device)
                                           : xasprintf("Device %" PRIu32 " of %s", e->device, e->owner);
    switch (e->what) {
    case GOT_VERIFIED:
        x_notice(x, KITH_INFO, chat, "%s is verified now: %s vouches for its key.", whose, by);
        break;
    case GOT_DISTRUSTED:
        x_notice(x, KITH_WARN, chat, "%s is not trusted any more: %s says so. Nothing is encrypted for it.", whose, by);
        break;
    case ASKS_USER:
        x_notice(x, KITH_WARN, chat, "%s is not trusted by %s but you let it read here: nothing is sent to it until you decide. "
                 "/verify compares its key, /distrust leaves it out.", whose, by);
        break;
    case REFUSED:
        x_notice(x, KITH_INFO, chat, "%s stays left out, as you decided here, though %s vouches for its key. /verify compares it.",
                 whose, by);
        break;
    case AGAINST_US:
        x_notice(x, KITH_WARN, NULL, "Another device of yours (%" PRIu32 ") does not trust this one: what you write with that one "
                 "cannot be read here.", e->by);
        break;
    }
    free(by);
    free(whose);
}

static size_t count_events(const struct events *ev, enum happened what)
{
    size_t n = 0;
    for (size_t i = 0; i < ev->n; i++)
        n += ev->v[i].what == what;
    return n;
}

/* A new device hears of all that others know: that is one line. */
static void say_events(struct x *x, struct events *ev, bool aloud)
{
    size_t verified = count_events(ev, GOT_VERIFIED), gone = count_events(ev, GOT_DISTRUSTED);
    for (size_t i = 0; aloud && i < ev->n; i++) {
        const struct event *e = &ev->v[i];
        if ((e->what == GOT_VERIFIED && verified > SAY_MOST) || (e->what == GOT_DISTRUSTED && gone > SAY_MOST))
            continue;
        say_one(x, e);
    }
    if (aloud && verified > SAY_MOST)
        x_notice(x, KITH_INFO, NULL, "%zu devices are verified now: others that you had verified vouch for their keys. /devices says "
                 "which, chat by chat.", verified);
    if (aloud && gone > SAY_MOST)
        x_notice(x, KITH_WARN, NULL, "%zu devices are not trusted any more: others that you had verified say so. Nothing is encrypted "
                 "for them.", gone);
    for (size_t i = 0; i < ev->n; i++) {
        free(ev->v[i].owner);
        free(ev->v[i].sender);
    }
    free(ev->v);
}

/* ---- what comes of a statement ---- */

/* False: nothing. */
static bool outcome(const struct omemo_known *d, const struct atm_row *r, enum omemo_trust *to, enum happened *what)
{
    bool user = d->by == OMEMO_BY_USER, said = d->by == OMEMO_BY_OWN || d->by == OMEMO_BY_OWNER;
    *to = d->trust;
    if (r->trust && user && d->trust == OMEMO_DISTRUSTED) {
        *what = REFUSED;
    } else if (r->trust) {
        if (d->trust == OMEMO_VERIFIED || (said && r->ms <= d->decided_ms))
            return false;
        *to = OMEMO_VERIFIED;
        *what = GOT_VERIFIED;
    } else {
        bool asked = said && d->trust == OMEMO_UNDECIDED;
        if (d->trust == OMEMO_DISTRUSTED || asked || r->ms < d->decided_ms)
            return false;
        *to = user && omemo_is_used(d) ? OMEMO_UNDECIDED : OMEMO_DISTRUSTED;
        *what = *to == OMEMO_UNDECIDED ? ASKS_USER : GOT_DISTRUSTED;
    }
    return true;
}

static bool once(struct omemo_session *s, const struct atm_row *r, uint32_t device)
{
    char *key = xasprintf("vouched %s/%" PRIu32, r->jid, device);
    bool first = !map_get(&s->waits, key);
    set_add(&s->waits, key);
    free(key);
    return first;
}

static void take_effect(struct x *x, const struct atm_row *r, uint32_t device, struct events *ev)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known d;
    enum omemo_trust to;
    enum happened what;
    bool own = jid_same_bare(r->jid, x_bare(x));
    if (own && device == omemo_device(s->o)) { /* of this one nobody has to tell us */
        if (!r->trust && once(s, r, device))
            add_event(ev, AGAINST_US, r, device);
        return;
    }
    if (!omemo_known_one(s->o, r->jid, device, &d) || !outcome(&d, r, &to, &what) || (what == REFUSED && !once(s, r, device)))
        return;
    enum omemo_decider by = jid_same_bare(r->sender, x_bare(x)) ? OMEMO_BY_OWN : OMEMO_BY_OWNER;
    if (what == REFUSED || omemo_set_trust_by(s->o, r->jid, device, to, by, r->device, r->ms) == 0)
        add_event(ev, what, r, device);
}

/* Who makes it: BELIEVED says that the device is verified, and has the key that it had when it said so. */
enum standing { BELIEVED, NOT_YET, NEVER };

static enum standing standing_of(struct omemo_session *s, const struct atm_row *r)
{
    struct omemo_known d;
    if (!omemo_known_one(s->o, r->sender, r->device, &d) || memcmp(d.key, r->key, OMEMO_KEY) != 0 || d.trust == OMEMO_DISTRUSTED)
        return NEVER;
    return d.trust == OMEMO_VERIFIED && !d.changed ? BELIEVED : NOT_YET;
}

struct owner { /* whose keys were looked at last */
    const char *jid;
    struct omemo_known *v;
    unsigned char (*published)[OMEMO_KEY];
    size_t n;
};

static void look_at(struct omemo_session *s, struct owner *w, const char *jid)
{
    if (str_eq(w->jid, jid))
        return;
    free(w->v);
    w->jid = jid;
    w->n = omemo_known(s->o, jid, &w->v);
    w->published = xreallocarray(w->published, w->n + 1, sizeof *w->published);
    for (size_t i = 0; i < w->n; i++) {
        if (!w->v[i].has_key || !tm_id(s->o, OMEMO_2, w->v[i].key, w->published[i]))
            memset(w->published[i], 0, OMEMO_KEY);
    }
}

/* True: its key has been seen, and the statement is used up. */
static bool find_and_use(struct x *x, const struct atm_row *r, struct owner *w, struct events *ev)
{
    bool found = false;
    look_at(omemo_of(x), w, r->jid);
    for (size_t i = 0; i < w->n; i++) {
        if (w->v[i].has_key && tm_is(r->id, w->v[i].key, w->published[i])) {
            found = true;
            take_effect(x, r, w->v[i].id, ev);
        }
    }
    return found;
}

static int by_owner_and_time(const void *a, const void *b)
{
    const struct atm_row *x = a, *y = b;
    int whose = strcmp(x->jid, y->jid);
    return whose ? whose : x->ms < y->ms ? -1 : x->ms > y->ms;
}

/* One who gets verified by it may have said something before: until nothing comes of it any more. */
static void settle(struct x *x, struct events *ev)
{
    struct omemo_session *s = omemo_of(x);
    struct atm_rows rows;
    struct owner w = {0};
    atm_rows_read(x, ATM_HEARD, &rows);
    if (rows.n > 1)
        qsort(rows.v, rows.n, sizeof *rows.v, by_owner_and_time);
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < rows.n; i++) {
            struct atm_row *r = &rows.v[i];
            enum standing standing = r->name ? standing_of(s, r) : NOT_YET;
            if (standing == NEVER || (standing == BELIEVED && find_and_use(x, r, &w, ev))) {
                w.jid = NULL;
                drop_heard(x, r);
                again = true;
            }
        }
    }
    free(w.v);
    free(w.published);
    atm_rows_clear(&rows);
}

bool omemo_atm_settle(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    struct events ev = {0};
    const struct atm *a = atm_of(x);
    if (!a || a->heard == 0 || !s->o || omemo_begin(s->o) < 0)
        return false;
    settle(x, &ev);
    bool kept = omemo_end(s->o, true) == 0, changed = kept && ev.n > 0;
    if (!kept)
        atm_of(x)->heard = count_rows(x, ATM_HEARD);
    say_events(x, &ev, kept);
    if (changed)
        omemo_tell_anew(x);
    return changed;
}

/* ---- what comes ---- */

static size_t left_of(size_t most, size_t n)
{
    return n < most ? most - n : 0;
}

/* How many more are kept: of strangers none, of others not without end. Asked once for a message: the rows are counted. */
static size_t room_for(struct x *x, const char *from, const struct omemo_known *sender)
{
    bool own = jid_same_bare(from, x_bare(x));
    if (!own && sender->trust != OMEMO_VERIFIED && !roster_has(x, from) && !omemo_holds(x, from))
        return 0;
    char *prefix = xasprintf(ATM_HEARD "%s/", from), *ours = xasprintf(ATM_HEARD "%s/", x_bare(x));
    size_t n = count_rows(x, prefix), of_ours = own ? n : count_rows(x, ours), others = left_of(atm_of(x)->heard, of_ours);
    free(prefix);
    free(ours);
    return own ? left_of(ATM_OWN_MOST, n) : MIN(left_of(ATM_MOST, n), left_of(ATM_ALL_MOST, others));
}

static bool is_newer(struct x *x, const char *name, int64_t ms, bool *there)
{
    struct atm_rows was;
    atm_rows_read(x, name, &was);
    *there = was.n > 0;
    bool newer = was.n == 0 || was.v[0].ms < ms;
    atm_rows_clear(&was);
    return newer;
}

/* *left: how many new ones are still kept. */
static void keep_one(struct x *x, const char *from, const struct omemo_known *sender, const struct tm_key *k, int64_t ms, size_t *left)
{
    struct buf name = {0};
    bool there;
    buf_addf(&name, ATM_HEARD "%s/%" PRIu32 "/", from, sender->id);
    for (size_t i = 0; i < OMEMO_KEY; i++)
        buf_addf(&name, "%02x", k->id[i]);
    struct atm_row r = {.name = buf_take(&name), .jid = k->owner, .trust = k->trust, .ms = ms};
    memcpy(r.key, sender->key, OMEMO_KEY);
    if (is_newer(x, r.name, ms, &there)) {
        if (!there && *left == 0) {
            x_dropped(x, "a statement about keys: too many wait, or its sender is nobody that you know");
        } else if (atm_row_keep(x, &r) >= 0) {
            atm_of(x)->heard += !there;
            *left -= !there;
        }
    }
    free(r.name);
}

static bool may_speak_of(const struct x *x, const char *from, const struct omemo_known *sender, const struct tm_key *k,
                         const unsigned char published[OMEMO_KEY])
{
    if (!jid_same_bare(from, x_bare(x)) && strcmp(from, k->owner) != 0)
        return false;
    return !tm_is(k->id, sender->key, published); /* nobody vouches for himself */
}

bool omemo_atm_take(struct x *x, const char *from, uint32_t device, xmpp_stanza_t *open, const struct buf *text)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known sender;
    unsigned char published[OMEMO_KEY];
    struct tm t;
    if (!atm_of(x) || !tm_is_there(open))
        return false;
    bool alone = !st_child(open, "body", NULL);
    const char *to = st_attr(open, "to"); /* servers leave it out where it is ourselves (RFC 6120 §8.1.1.1) */
    int64_t ms = sce_time(open, text->data, text->len, to ? to : x_bare(x));
    if (ms <= 0 || ms > x_host(x)->wall_ms() + DAY_MS || !tm_read(open, &t)) {
        x_dropped(x, "a trust message that does not say when it was written, or is not well-formed");
        return alone;
    }
    bool heard = omemo_known_one(s->o, from, device, &sender) && sender.has_key && sender.trust != OMEMO_DISTRUSTED &&
                 tm_id(s->o, OMEMO_2, sender.key, published);
    size_t left = heard ? room_for(x, from, &sender) : 0;
    for (size_t i = 0; heard && i < t.n; i++) {
        if (may_speak_of(x, from, &sender, &t.v[i], published))
            keep_one(x, from, &sender, &t.v[i], ms, &left);
        else
            x_dropped(x, "a statement about keys by somebody who has no say in them");
    }
    tm_clear(&t);
    if (heard && omemo_atm_settle(x))
        omemo_push(x);
    return alone;
}

/* ---- its life ---- */

void omemo_atm_again(struct x *x)
{
    struct atm *a = atm_of(x);
    if (!a)
        return;
    map_free(&a->sent, NULL);
    a->heard = count_rows(x, ATM_HEARD);
    a->told = count_rows(x, ATM_TOLD);
}

static void atm_attach(struct x *x)
{
    struct atm *a = xcalloc(1, sizeof *a);
    const struct kith_host *host = x_host(x);
    x_set_state(x, "omemo_atm", a);
    if (KITH_HAS(struct kith_host, host, state_each))
        omemo_atm_again(x);
}

static void atm_online(struct x *x, bool resumed)
{
    if (!resumed)
        map_free(&atm_of(x)->sent, NULL);
}

static void atm_detach(struct x *x)
{
    struct atm *a = atm_of(x);
    map_free(&a->sent, NULL);
    free(a);
    x_set_state(x, "omemo_atm", NULL);
}

const struct feature feature_omemo_atm = {
    .name = "omemo_atm", .attach = atm_attach, .online = atm_online, .detach = atm_detach};
