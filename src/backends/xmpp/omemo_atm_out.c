/* backends/xmpp/omemo_atm_out.c - what the user decides about a device is told to the devices that are verified (XEP-0450)
 *
 * A decision is kept until the server has what tells of it: it may be made without a connection. To whom, and about what (§5):
 *   a contact's device verified: of it to our other devices; of our other devices to it
 *   a device of ours verified:   of it to our other devices and those of others; of all of these to it
 *   a contact's device distrusted: of it to our other devices
 *   a device of ours distrusted: of it to our other devices and those of others
 * All of them verified ones that read OMEMO 2; nothing leaves in another way. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo_atm.h"
#include "backends/xmpp/omemo_sce.h"
#include "base/mem.h"
#include "base/rand.h"

/* ---- what is kept ---- */

static void drop_told(struct x *x, const char *name)
{
    struct atm *a = atm_of(x);
    if (x_host(x)->state_get(x_account(x), name, NULL, 0) < 0)
        return;
    if (x_host(x)->state_set(x_account(x), name, NULL, 0) >= 0 && a->told > 0)
        a->told--;
}

void omemo_atm_decided(struct x *x, const char *jid, const struct omemo_known *was, enum omemo_trust trust)
{
    struct atm *a = atm_of(x);
    struct atm_row r = {.jid = (char *)(uintptr_t)jid, .trust = trust == OMEMO_VERIFIED, .ms = x_host(x)->wall_ms()};
    if (!a || (jid_same_bare(jid, x_bare(x)) && was->id == omemo_device(omemo_of(x)->o))) /* of this one nobody has to hear */
        return;
    r.name = xasprintf(ATM_TOLD "%s/%" PRIu32, jid, was->id);
    bool again = was->trust == trust, says = (trust == OMEMO_VERIFIED || trust == OMEMO_DISTRUSTED) && was->has_key;
    if (!again)
        drop_told(x, r.name); /* what was not heard of yet nobody needs to hear */
    if (!again && says) {
        memcpy(r.key, was->key, OMEMO_KEY);
        (void)map_del(&a->sent, r.name);
        a->told += atm_row_keep(x, &r) >= 0;
    }
    free(r.name);
    (void)omemo_atm_settle(x);
}

/* ---- one message ---- */

struct letter {
    const char *to; /* bare */
    struct omemo_recipient *v;
    size_t n, cap;
    struct tm_key *keys; /* owners are borrowed */
    size_t n_keys, cap_keys;
    enum omemo_version version; /* of the keys */
};

static void letter_clear(struct letter *l)
{
    for (size_t i = 0; i < l->n; i++)
        buf_free(&l->v[i].key);
    free(l->v);
    free(l->keys);
}

static void add_recipient(struct letter *l, const char *jid, uint32_t device)
{
    VEC_PUSH(l->v, l->n, l->cap, ((struct omemo_recipient){.jid = jid, .device = device, .key = {.secret = true}}));
}

static void add_key(struct x *x, struct letter *l, const char *jid, const struct omemo_known *d, bool trust)
{
    struct tm_key k = {.owner = (char *)(uintptr_t)jid, .trust = trust};
    if (omemo_way(d) == l->version && d->has_key && tm_id(omemo_of(x)->o, l->version, d->key, k.id))
        VEC_PUSH(l->keys, l->n_keys, l->cap_keys, k);
}

static int encrypt_for(struct omemo_session *s, struct letter *l, const struct omemo_payload *p)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) { /* who cannot be reached is left out */
        struct omemo_recipient *r = &l->v[i];
        if (!omemo_has_session(s->o, OMEMO_2, r->jid, r->device))
            continue;
        r->key.secret = true;
        int rc = omemo_encrypt(s->o, OMEMO_2, r->jid, r->device, p->secret, p->secret_len, &r->key, &r->exchange);
        if (rc < 0)
            return rc;
        struct omemo_recipient moved = *r;
        *r = l->v[n];
        l->v[n++] = moved;
    }
    return n > 0 ? (int)n : OMEMO_NO_SESSION;
}

static xmpp_stanza_t *envelope_of(struct x *x, const struct letter *l, size_t from, size_t n, struct buf *text)
{
    char id[23];
    const struct sce_ends ends = {.from = x_bare(x), .to = l->to, .time_ms = x_host(x)->wall_ms()};
    rand_id(id);
    xmpp_stanza_t *st = st_new(x_ctx(x), "message", NULL);
    st_set(st, "to", l->to);
    st_set(st, "type", "chat"); /* XEP-0434 §3 */
    st_set(st, "id", id);
    tm_write(st, l->version, l->keys + from, n);
    xmpp_stanza_t *out = sce_seal(st, &ends, text);
    xmpp_stanza_release(st);
    return out;
}

/* No name of the encryption stands beside it (XEP-0380): it is nothing that a person would miss. */
static void send_part(struct x *x, struct letter *l, size_t from, size_t n)
{
    struct omemo_session *s = omemo_of(x);
    struct buf text = {.secret = true};
    struct omemo_payload p;
    xmpp_stanza_t *st = envelope_of(x, l, from, n, &text);
    int rc = st ? payload_encrypt(OMEMO_2, text.data, text.len, &p) : OMEMO_MALFORMED;
    if (rc == 0) {
        rc = omemo_begin(s->o);
        int readers = rc == 0 ? encrypt_for(s, l, &p) : rc;
        if (rc == 0)
            rc = omemo_end(s->o, readers > 0);
        if (rc == 0 && readers > 0) {
            omemo_write_sealed(st, OMEMO_2, omemo_device(s->o), l->v, (size_t)readers, &p);
            st_add(st, "store", NS_HINTS);
            omemo_mark_now(x);
            x_send(x, xmpp_stanza_clone(st));
        }
        payload_clear(&p);
    }
    for (size_t i = 0; i < l->n; i++)
        buf_free(&l->v[i].key);
    if (st)
        xmpp_stanza_release(st);
    buf_free(&text);
}

static void send_letter(struct x *x, struct letter *l)
{
    for (size_t i = 0; l->n > 0 && i < l->n_keys; i += TM_WRITE)
        send_part(x, l, i, MIN((size_t)TM_WRITE, l->n_keys - i));
}

/* ---- who hears of a decision ---- */

struct believed { /* a verified device */
    char *jid;
    struct omemo_known known;
};
struct believers {
    struct x *x;
    const struct atm_row *row; /* of whose device the decision is: it is none of them */
    struct believed *v;        /* account after account */
    size_t n, cap;
};

static bool is_subject(const struct atm_row *r, const char *jid, uint32_t device)
{
    return r->device == device && strcmp(r->jid, jid) == 0;
}

static bool note_believed(void *user, const char *jid, const struct omemo_known *d)
{
    struct believers *b = user;
    bool here = jid_same_bare(jid, x_bare(b->x)) && d->id == omemo_device(omemo_of(b->x)->o);
    bool ours = jid_same_bare(jid, x_bare(b->x)) || roster_has(b->x, jid) || omemo_holds(b->x, jid);
    if (d->trust == OMEMO_VERIFIED && d->has_key && !d->changed && !here && ours && !is_subject(b->row, jid, d->id))
        VEC_PUSH(b->v, b->n, b->cap, ((struct believed){xstrdup(jid), *d}));
    return true;
}

static void believers_clear(struct believers *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->v[i].jid);
    free(b->v);
}

struct plan {
    struct letter *v;
    size_t n, cap;
};

static struct letter *new_letter(struct plan *p, const char *to, enum omemo_version version)
{
    VEC_PUSH(p->v, p->n, p->cap, ((struct letter){.to = to, .version = version}));
    return &p->v[p->n - 1];
}

/* Of the device, to those of one account. */
static void plan_of_it(struct x *x, struct plan *p, const struct believers *b, const char *to, const struct omemo_known *d)
{
    struct letter *l = new_letter(p, to, omemo_way(d));
    add_key(x, l, b->row->jid, d, b->row->trust);
    for (size_t i = 0; i < b->n; i++) {
        if ((b->v[i].known.lists & OMEMO_IN_2) && strcmp(b->v[i].jid, to) == 0)
            add_recipient(l, b->v[i].jid, b->v[i].known.id);
    }
}

/* Of the others, to it. own: of ours alone. */
static void plan_to_it(struct x *x, struct plan *p, const struct believers *b, bool own, const struct omemo_known *d)
{
    static const enum omemo_version versions[] = {OMEMO_2, OMEMO_OLD};
    for (size_t k = 0; k < COUNT(versions); k++) {
        struct letter *l = new_letter(p, b->row->jid, versions[k]);
        add_recipient(l, b->row->jid, d->id);
        for (size_t i = 0; i < b->n; i++) {
            if (!own || jid_same_bare(b->v[i].jid, x_bare(x)))
                add_key(x, l, b->v[i].jid, &b->v[i].known, true);
        }
    }
}

static void plan_all(struct x *x, struct plan *p, const struct believers *b, const struct omemo_known *d)
{
    bool own = jid_same_bare(b->row->jid, x_bare(x));
    for (size_t i = 0; i < b->n; i++) {
        bool ours = jid_same_bare(b->v[i].jid, x_bare(x)), first = i == 0 || strcmp(b->v[i].jid, b->v[i - 1].jid) != 0;
        if (first && (ours || own))
            plan_of_it(x, p, b, b->v[i].jid, d);
    }
    if (b->row->trust && (d->lists & OMEMO_IN_2) && b->n > 0)
        plan_to_it(x, p, b, !own, d);
}

/* False: bundles are being asked for. */
static bool are_ready(struct x *x, const struct plan *p)
{
    bool ready = true, bad = false;
    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = 0; k < p->v[i].n && p->v[i].n_keys > 0; k++)
            ready = omemo_session_ready(x, OMEMO_2, p->v[i].v[k].jid, p->v[i].v[k].device, &bad) && ready;
    }
    return ready;
}

/* ---- the queue ---- */

static void on_through(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *name = user;
    struct atm *a = atm_of(x);
    if (a && reply && map_get(&a->sent, name)) /* any answer: what went before it is there */
        drop_told(x, name);
    free(name);
}

static void try_row(struct x *x, const struct atm_row *r)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known d;
    struct believers b = {.x = x, .row = r};
    struct plan p = {0};
    bool stands = omemo_known_one(s->o, r->jid, r->device, &d) && memcmp(d.key, r->key, OMEMO_KEY) == 0 &&
                  d.trust == (r->trust ? OMEMO_VERIFIED : OMEMO_DISTRUSTED);
    if (!stands) {
        drop_told(x, r->name);
        return;
    }
    omemo_each(s->o, note_believed, &b);
    plan_all(x, &p, &b, &d);
    if (are_ready(x, &p)) {
        for (size_t i = 0; i < p.n; i++)
            send_letter(x, &p.v[i]);
        set_add(&atm_of(x)->sent, r->name);
        x_iq(x, iq_new(x, "get", x_domain(x), "ping", NS_PING, NULL), on_through, xstrdup(r->name));
    }
    for (size_t i = 0; i < p.n; i++)
        letter_clear(&p.v[i]);
    free(p.v);
    believers_clear(&b);
}

void omemo_atm_push(struct x *x)
{
    const struct atm *a = atm_of(x);
    const struct omemo_session *s = omemo_of(x);
    struct atm_rows rows;
    if (!a || a->told == 0 || !s->o || !x_online(x) || !omemo_mark_open(x) || !omemo_lists_known(x, x_bare(x)) || !omemo_is_shown(x))
        return;
    atm_rows_read(x, ATM_TOLD, &rows);
    for (size_t i = 0; i < rows.n; i++) {
        if (!map_get(&a->sent, rows.v[i].name))
            try_row(x, &rows.v[i]);
    }
    atm_rows_clear(&rows);
}
