/* backends/xmpp/omemo_in.c - what comes encrypted: read once, kept until the engine has it, and said when it cannot be read
 *
 * A ratchet reads a message once. The text is therefore kept in the account's own store, in one transaction with the step of
 * the ratchet, until the engine has committed the event with it: what comes a second time after a crash is taken from there. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "backends/xmpp/omemo_sce.h"
#include "base/mem.h"

#define KEPT "omemo.text."
enum { ANSWER_MS = 2000, DUES_MOST = 200, TEXT_MOST = 2 << 20 };

/* ---- texts that wait for the commit ---- */

/* By what was sent to us: the same message has the same name whichever way it comes. Owned. */
static char *kept_name(const char *from, const struct omemo_sealed *s)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct buf b = {0};
    buf_addf(&b, "%d %" PRIu32 " %s ", (int)s->version, s->from, from);
    buf_add(&b, s->key.data, s->key.len);
    bool fine = EVP_Digest(b.data, b.len, md, &len, EVP_sha256(), NULL) == 1;
    buf_free(&b);
    buf_adds(&b, KEPT);
    for (unsigned i = 0; fine && i < 16; i++)
        buf_addf(&b, "%02x", md[i]);
    return buf_take(&b);
}

/* A byte for the trust, eight for the time, the text. */
enum { KEPT_HEAD = 9 };

static int keep_text(struct x *x, const char *name, uint32_t enc, const struct buf *text)
{
    struct buf b = {.secret = true};
    int64_t now = x_host(x)->wall_ms();
    buf_addc(&b, (char)enc);
    for (int i = 0; i < 8; i++)
        buf_addc(&b, (char)((uint64_t)now >> 8 * i & 0xff));
    buf_add(&b, text->data, text->len);
    int rc = x_host(x)->state_set(x_account(x), name, b.data, b.len);
    buf_free(&b);
    return rc < 0 ? OMEMO_NOT_KEPT : 0;
}

static bool kept_text(struct x *x, const char *name, uint32_t *enc, struct buf *out)
{
    int n = x_host(x)->state_get(x_account(x), name, NULL, 0);
    if (n < KEPT_HEAD || n > TEXT_MOST + KEPT_HEAD)
        return false;
    char *b = xmalloc((size_t)n);
    bool fine = x_host(x)->state_get(x_account(x), name, b, (size_t)n) == n;
    if (fine) {
        *enc = (unsigned char)b[0];
        buf_add(out, b + KEPT_HEAD, (size_t)n - KEPT_HEAD);
    }
    mem_wipe(b, (size_t)n);
    free(b);
    return fine;
}

static void drop_text(struct x *x, const char *name)
{
    (void)x_host(x)->state_set(x_account(x), name, NULL, 0);
}

void omemo_told(struct x *x, char *kept, uint64_t number)
{
    struct omemo_session *s = omemo_of(x);
    if (kept && number > 0 && s) {
        VEC_PUSH(s->unsaved, s->n_unsaved, s->cap_unsaved, ((struct omemo_unsaved){kept, number}));
        return;
    }
    if (kept)
        drop_text(x, kept);
    free(kept);
}

void omemo_committed(struct x *x, uint64_t number)
{
    struct omemo_session *s = omemo_of(x);
    size_t n = 0;
    for (; n < s->n_unsaved && s->unsaved[n].number <= number; n++) {
        drop_text(x, s->unsaved[n].kept);
        free(s->unsaved[n].kept);
    }
    if (n > 0)
        memmove(s->unsaved, s->unsaved + n, (s->n_unsaved - n) * sizeof *s->unsaved);
    s->n_unsaved -= n;
}

/* ---- sessions that the other side does not know to stand ---- */

static void send_empty(struct x *x, struct omemo_session *s, const struct omemo_due *d)
{
    struct omemo_payload p;
    struct omemo_recipient r = {.jid = d->jid, .device = d->device, .key = {.secret = true}};
    if (payload_empty(d->version, &p) < 0)
        return;
    if (omemo_encrypt(s->o, d->version, d->jid, d->device, p.secret, p.secret_len, &r.key, &r.exchange) == 0) {
        xmpp_stanza_t *st = st_new(x_ctx(x), "message", NULL);
        st_set(st, "to", d->jid);
        st_set(st, "type", "chat");
        omemo_write_sealed(st, d->version, omemo_device(s->o), &r, 1, &p);
        st_add(st, "store", NS_HINTS);
        omemo_mark_now(x);
        x_send(x, st);
    }
    buf_free(&r.key);
    payload_clear(&p);
}

/* True: done, or not possible; false: a bundle is being asked for. */
static bool answer(struct x *x, struct omemo_session *s, const struct omemo_due *d)
{
    bool bad = false;
    if (!omemo_session_ready(x, d->version, d->jid, d->device, &bad))
        return false;
    if (!bad)
        send_empty(x, s, d);
    return true;
}

static void on_answers(void *user)
{
    struct x *x = user;
    struct omemo_session *s = omemo_of(x);
    s->due_timer = 0;
    if (!s->o || !x_online(x) || !omemo_mark_open(x))
        return;
    for (size_t i = 0; i < s->n_dues;) {
        if (!answer(x, s, &s->dues[i])) {
            i++;
            continue;
        }
        free(s->dues[i].jid);
        VEC_DEL(s->dues, s->n_dues, i);
    }
    omemo_answers(x);
}

void omemo_answers(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (s->n_dues > 0 && !s->due_timer && !mam_busy(x))
        s->due_timer = x_host(x)->timer_add(ANSWER_MS, on_answers, x);
}

bool omemo_may_know_us(const struct x *x, const char *jid)
{
    return roster_sees_us(x, jid) || omemo_room_has(x, jid);
}

/* One for each session, however many messages came with it. */
void omemo_answer_soon(struct x *x, enum omemo_version v, const char *jid, uint32_t device)
{
    struct omemo_session *s = omemo_of(x);
    if (!omemo_may_know_us(x, jid) || s->n_dues >= DUES_MOST)
        return;
    for (size_t i = 0; i < s->n_dues; i++) {
        if (s->dues[i].version == v && s->dues[i].device == device && strcmp(s->dues[i].jid, jid) == 0)
            return;
    }
    VEC_PUSH(s->dues, s->n_dues, s->cap_dues, ((struct omemo_due){xstrdup(jid), device, v}));
    omemo_answers(x);
}

void omemo_caught_up(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (!s || !s->o)
        return;
    (void)omemo_catching_up(s->o, false);
    omemo_tidy(x);
    omemo_publish_soon(x); /* pre keys that were used are replaced, once for all of it */
    omemo_answers(x);
}

/* ---- one message ---- */

static uint32_t enc_of(struct x *x, struct omemo_session *s, const char *from, uint32_t device)
{
    struct omemo_known d;
    if (!omemo_known_one(s->o, from, device, &d))
        return KITH_ENC_UNTRUSTED;
    switch (d.trust) {
    case OMEMO_VERIFIED:
        return KITH_ENC_TRUSTED;
    case OMEMO_BLIND:
        return KITH_ENC_UNVERIFIED;
    case OMEMO_UNDECIDED:
        return omemo_takes_new(x, from) ? KITH_ENC_UNVERIFIED : KITH_ENC_UNTRUSTED;
    case OMEMO_DISTRUSTED:
        break;
    }
    return KITH_ENC_UNTRUSTED;
}

/* The ratchet's step, the trust, and the text as it is kept: all or nothing. */
static int step(struct x *x, struct omemo_session *s, struct omemo_sealed *in, const char *from, const char *name,
                uint32_t *enc, struct buf *text)
{
    struct buf secret = {.secret = true};
    int rc = omemo_begin(s->o);
    if (rc < 0)
        return rc;
    rc = omemo_decrypt(s->o, in->version, from, in->from, in->key.data, in->key.len, in->exchange, &secret);
    if (rc == 0 && in->has_payload) {
        in->payload.secret_len = MIN(secret.len, sizeof in->payload.secret);
        if (secret.len > sizeof in->payload.secret)
            rc = OMEMO_MALFORMED;
        else if (secret.len > 0)
            memcpy(in->payload.secret, secret.data, secret.len);
        if (rc == 0)
            rc = payload_decrypt(in->version, &in->payload, text);
    }
    if (rc == 0) {
        (void)omemo_read_from(s->o, from, in->from);
        *enc = enc_of(x, s, from, in->from);
        rc = in->has_payload ? keep_text(x, name, *enc, text) : 0;
    }
    buf_free(&secret);
    int kept = omemo_end(s->o, rc == 0);
    return rc < 0 ? rc : kept;
}

static xmpp_stanza_t *root_of(xmpp_stanza_t *st)
{
    xmpp_stanza_t *out = st_new(xmpp_stanza_get_context(st), "message", NS_CLIENT);
    static const char *const attributes[] = {"from", "to", "id", "type"};
    for (size_t i = 0; i < COUNT(attributes); i++)
        st_set(out, attributes[i], st_attr(st, attributes[i]));
    return out;
}

static bool is_seal(xmpp_stanza_t *c)
{
    return is_elem(c, "encrypted", NULL) || is_elem(c, "encryption", NULL);
}

/* The old version encrypts the text alone. What else says something to the user was not written by who wrote that, or may have
 * been changed on the way: it is left out. */
static xmpp_stanza_t *with_body(xmpp_stanza_t *st, const struct buf *text)
{
    xmpp_stanza_t *out = root_of(st);
    EACH_CHILD (c, st) {
        if (xmpp_stanza_is_tag(c) && !is_seal(c) && (sce_is_outside(c) || omemo_is_id(c) || is_elem(c, "thread", NULL)))
            xmpp_stanza_add_child_ex(out, xmpp_stanza_copy(c), 0);
    }
    st_add_text(st_add(out, "body", NS_CLIENT), buf_str(text));
    return out;
}

static xmpp_stanza_t *without_seal(xmpp_stanza_t *st)
{
    xmpp_stanza_t *out = root_of(st);
    EACH_CHILD (c, st) {
        if (xmpp_stanza_is_tag(c) && !is_seal(c))
            xmpp_stanza_add_child_ex(out, xmpp_stanza_copy(c), 0);
    }
    return out;
}

/* The message with what was in it, or NULL and *why. */
static xmpp_stanza_t *open_text(xmpp_stanza_t *st, enum omemo_version v, const struct buf *text, const struct sce_ends *e,
                                const char **why)
{
    if (v == OMEMO_OLD)
        return with_body(st, text);
    enum sce_result rc;
    xmpp_stanza_t *open = sce_open(st, buf_str(text), text->len, e, &rc);
    *why = rc == SCE_OTHER_ENDS   ? "it was written by somebody else, or for another chat"
           : rc == SCE_OTHER_TIME ? "it was written at another time than it was sent"
                                  : "what is in it is damaged";
    if (!open)
        return NULL;
    xmpp_stanza_t *out = without_seal(open);
    st_wipe_release(open);
    return out;
}

static enum omemo_took unread(struct omemo_letter *out, const char *why)
{
    out->enc = KITH_ENC_FAILED;
    out->why = xasprintf("This message is encrypted with OMEMO and cannot be read here: %s.", why);
    return OMEMO_UNREAD;
}

/* It could be read just now. */
static void answer_read(struct x *x, struct omemo_session *s, const struct omemo_sealed *in, const char *from)
{
    omemo_mended(x, in->version, from, in->from);
    if (in->exchange || omemo_beat_due(s->o))
        omemo_answer_soon(x, in->version, from, in->from);
    if (in->exchange)
        omemo_publish_soon(x);
}

#define OTHER_KEY "it was made with another key than the one by which the device of the sender is known, so it is not believed"

/* The room says that it is theirs, and the key is another one: that alone says nothing about them. Where the key that is known is
 * by a room's word as well, the owner's bundle says which one is right: it is fetched for the answer. */
static void ask_the_owner(struct x *x, struct omemo_session *s, const struct omemo_sealed *in, const char *from)
{
    struct omemo_known d;
    if (omemo_known_one(s->o, from, in->from, &d) && d.hearsay)
        omemo_answer_soon(x, in->version, from, in->from);
}

/* What people write says beside it how it is encrypted (XEP-0380), or has a text for those who cannot read it. What has neither is
 * exchanged between devices, and may not be for all of them: trust messages are for those that are verified (XEP-0434 §5). */
static bool is_for_devices(xmpp_stanza_t *st, const struct omemo_sealed *in)
{
    return in->version == OMEMO_2 && !st_child(st, "body", NULL) && !st_child(st, "encryption", NS_EME);
}

/* Whom it is to: us, or whom our own device wrote to. Servers leave it out where it is ourselves (RFC 6120 §8.1.1.1). */
static const char *addressee(const struct x *x, xmpp_stanza_t *st, bool own)
{
    const char *to = own ? st_attr(st, "to") : NULL;
    return to ? to : x_bare(x);
}

/* room: in which it was said, or NULL. */
static enum omemo_took take(struct x *x, struct omemo_session *s, xmpp_stanza_t *st, const struct im_from *how, const char *from,
                            const char *room, struct omemo_sealed *in, struct omemo_letter *out)
{
    bool own = jid_same_bare(from, x_bare(x));
    if (!room && is_for_devices(st, in) && (!in->for_us || (own && in->from == omemo_device(s->o)))) {
        x_log(x, KITH_DEBUG, "a message for other devices, from device %" PRIu32, in->from);
        return OMEMO_NOTHING;
    }
    if (own && in->from == omemo_device(s->o))
        return in->has_payload ? unread(out, "this device wrote it, and its text is no longer kept here") : OMEMO_NOTHING;
    if (omemo_mark_refused(x))
        return in->has_payload ? unread(out, OMEMO_TWICE) : OMEMO_NOTHING;
    if (!in->for_us)
        return in->has_payload ? unread(out, omemo_why_unread(x, st, in, how, from, 0)) : OMEMO_NOTHING;
    struct buf text = {.secret = true};
    char *name = kept_name(from, in);
    const char *why = NULL;
    enum omemo_took took = OMEMO_NOTHING;
    int rc = 0;
    if (!kept_text(x, name, &out->enc, &text)) {
        omemo_hearsay(s->o, room != NULL);
        rc = step(x, s, in, from, name, &out->enc, &text);
        omemo_hearsay(s->o, false);
        if (rc == 0 && in->exchange && omemo_atm_settle(x)) /* its key was not known before, perhaps */
            out->enc = enc_of(x, s, from, in->from);
        if (rc == 0)
            answer_read(x, s, in, from);
        else if (room && rc == OMEMO_CHANGED)
            ask_the_owner(x, s, in, from);
        else
            omemo_repair(x, in, how, from, rc);
    }
    if (rc < 0) {
        why = room && rc == OMEMO_CHANGED ? OTHER_KEY : omemo_why_unread(x, st, in, how, from, rc);
        took = in->has_payload ? unread(out, why) : OMEMO_NOTHING;
    } else if (in->has_payload) {
        const struct sce_ends e = {.from = from, .to = room ? room : addressee(x, st, own), .time_ms = 0, .room = room != NULL};
        out->st = open_text(st, in->version, &text, &e, &why);
        took = out->st ? OMEMO_READ : unread(out, why);
        if (out->st && in->version == OMEMO_2 && !room && omemo_atm_take(x, from, in->from, out->st, &text)) {
            st_wipe_release(out->st);
            *out = (struct omemo_letter){0};
            omemo_told(x, name, 0);
            took = OMEMO_NOTHING;
            name = NULL;
        }
        out->kept = name;
        name = NULL;
    }
    free(name);
    buf_free(&text);
    return took;
}

static enum omemo_took not_readable(xmpp_stanza_t *st, struct omemo_letter *out)
{
    bool sealed = st_child(st, "encrypted", NS_OMEMO) || st_child(st, "encrypted", NS_OMEMO2);
    return sealed ? unread(out, omemo_error_words(OMEMO_MALFORMED)) : OMEMO_PLAIN;
}

enum omemo_took omemo_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const char *from, struct omemo_letter *out)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_sealed in;
    *out = (struct omemo_letter){0};
    if (!s || !s->o)
        return OMEMO_PLAIN;
    if (!omemo_read_sealed(st, x_bare(x), omemo_device(s->o), &in))
        return not_readable(st, out);
    enum omemo_took took = take(x, s, st, how, from, NULL, &in, out);
    omemo_sealed_clear(&in);
    return took;
}

/* A device that is not in the list which we have: there is a newer one. */
static void look_for(struct x *x, struct omemo_session *s, const char *from, uint32_t device)
{
    struct omemo_known d;
    if (!omemo_known_one(s->o, from, device, &d) || omemo_way(&d) == 0)
        omemo_lists_stale(x, from);
}

enum omemo_took omemo_take_room(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const char *room,
                                const char *from, struct omemo_letter *out)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_sealed in;
    *out = (struct omemo_letter){0};
    if (!s || !s->o)
        return OMEMO_PLAIN;
    if (!omemo_read_sealed(st, x_bare(x), omemo_device(s->o), &in))
        return not_readable(st, out);
    from = from ? from : omemo_room_author(x, room, &in);
    enum omemo_took took = from              ? take(x, s, st, how, from, room, &in, out)
                           : in.has_payload ? unread(out, "the room does not say who wrote it")
                                            : OMEMO_NOTHING;
    if (took == OMEMO_READ)
        out->by = xstrdup(from);
    if (from && !jid_same_bare(from, x_bare(x)))
        look_for(x, s, from, in.from);
    omemo_sealed_clear(&in);
    return took;
}
