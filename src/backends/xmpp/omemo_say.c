/* backends/xmpp/omemo_say.c - what the user sees of OMEMO and decides: how chats are encrypted, who reads them, whom to trust */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum { TELL_MS = 100, ASKS_MOST = 32, LOOKED_MOST = 1000 };

enum ask_what { ASK_FORECAST, ASK_ENCRYPT, ASK_LOOK };
struct omemo_ask {
    enum ask_what what;
    char *chat; /* NULL: our own devices */
    kith_req req;
};

/* ---- how messages left ---- */

static void *number_in(uint32_t v) /* as a value of a map, never NULL */
{
    return (void *)((uintptr_t)v + 1);
}

static void tell_later(struct x *x);

/* What was told of the chat before there were keys may be another now. */
void omemo_leaves(struct x *x, const char *chat, const char *origin_id, uint32_t enc)
{
    struct omemo_session *s = omemo_of(x);
    char *bare = map_get(&s->chats, chat) ? NULL : jid_bare(chat);
    (void)map_set(&s->left, origin_id, number_in(enc));
    set_add(&s->untold, bare ? bare : chat);
    free(bare);
    tell_later(x);
}

uint32_t omemo_left(struct x *x, const char *origin_id)
{
    struct omemo_session *s = omemo_of(x);
    void *v = s && origin_id ? map_del(&s->left, origin_id) : NULL;
    return v ? (uint32_t)((uintptr_t)v - 1) : KITH_ENC_NONE;
}

/* ---- how chats are encrypted ---- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* In a sentence; owned. usable: there are keys. said: "on", "off", or NULL: nobody decided. */
static char *summary(bool usable, const char *chat, const char *said, const struct omemo_who *w)
{
    if (!chat)
        return xasprintf("%zu device%s of your account", w->n, plural(w->n));
    if (!usable && str_eq(said, "on"))
        return xstrdup("encrypted, and nothing is sent: OMEMO is switched off for this account, or its keys cannot be used");
    if (str_eq(said, "off"))
        return xstrdup("not encrypted, because you switched it off here");
    if (w->people == OMEMO_PEOPLE_OPEN)
        return xasprintf("%s: anybody may come in here, or not everybody sees who is here", said ? "nothing is sent" : "not encrypted");
    if (w->people == OMEMO_PEOPLE_SECRET)
        return xasprintf("%s: the room does not say who belongs to it", said ? "nothing is sent" : "not encrypted");
    if (w->people == OMEMO_PEOPLE_PRIVATE)
        return xstrdup("what is said to one person in a room cannot be encrypted");
    if (!said && w->theirs == 0)
        return xstrdup("not encrypted: the other side has no keys for it");
    if (!said && w->without.n > 0)
        return xstrdup("not encrypted: not everybody here has keys for it. /encrypt on encrypts for those who have");
    if (!said)
        return xstrdup("not encrypted yet; it is from the next message on");
    if (w->waits > 0)
        return xstrdup("encrypted; what you write waits until you decide about the new device");
    if (w->theirs == 0)
        return xstrdup("encrypted, and nobody else can read it: nothing is sent");
    if (w->unverified > 0 && w->readers == 1)
        return xstrdup("encrypted; the one device is not verified");
    if (w->unverified > 0)
        return xasprintf("encrypted; %zu of %zu devices %s not verified", w->unverified, w->readers,
                         w->unverified == 1 ? "is" : "are");
    return xasprintf("encrypted; %s", w->readers == 1 ? "the one device is verified" : "all devices are verified");
}

/* begins: nobody decided it, and the next message leaves encrypted. */
static uint32_t flags_of(const char *said, bool begins, const struct omemo_who *w)
{
    uint32_t takes = w->takes_new ? KITH_CHAT_TAKES_NEW : 0u;
    if (str_eq(said, "off"))
        return KITH_CHAT_OPENED | takes;
    if (!str_eq(said, "on") && !begins)
        return takes;
    bool verified = w->blind == 0 && w->readers > 0; /* before the keys are there nothing is */
    return takes | (begins ? KITH_CHAT_ENCRYPTS : KITH_CHAT_ENCRYPTED) | (verified ? 0u : KITH_CHAT_UNVERIFIED) | (w->waits > 0 ? KITH_CHAT_WAITS : 0u);
}

/* Once, until it was decided. */
static void notice_waits(struct x *x, const char *chat, const struct omemo_who *w)
{
    struct omemo_session *s = omemo_of(x);
    const struct omemo_reader *r = w->v;
    if (w->waits == 0) {
        (void)map_del(&s->waits, chat);
        return;
    }
    while (r->reads != KITH_READS_WAITS)
        r++;
    if (map_get(&s->waits, chat))
        return;
    set_add(&s->waits, chat);
    if (r->known.by == OMEMO_BY_OWN || r->known.by == OMEMO_BY_OWNER) /* whoever asked for it was named then */
        return;
    x_notice(x, KITH_WARN, chat, "%s has a new device (%" PRIu32 "), and another one of theirs is verified. What you write here "
             "waits until you decide: /encrypt shows the devices, /trust lets it read, /distrust leaves it out.", r->jid, r->known.id);
}

static void tell(struct x *x, const char *chat)
{
    struct omemo_session *s = omemo_of(x);
    const char *said = map_get(&s->chats, chat);
    struct omemo_who w = {.takes_new = omemo_takes_new(x, chat)};
    bool asks = s->o && (said ? strcmp(said, "on") == 0 : omemo_wants(x, chat));
    if (asks)
        omemo_who_people(x, chat, false, &w);
    bool begins = asks && !said && omemo_begins(x, &w); /* by the lists alone, as it is decided */
    if (asks)
        omemo_who_devices(x, chat, false, &w);
    uint32_t flags = flags_of(said, begins, &w);
    if (map_get(&s->told, chat) != number_in(flags)) {
        struct kith_ev_encryption ev = EV_INIT(KITH_EV_ENCRYPTION, kith_ev_encryption);
        char *text = summary(s->o != NULL, chat, begins ? "on" : said, &w);
        (void)map_set(&s->told, chat, number_in(flags));
        ev.chat = chat;
        ev.flags = flags;
        ev.method = flags & (KITH_CHAT_ENCRYPTED | KITH_CHAT_ENCRYPTS) ? "OMEMO" : NULL;
        ev.text = text;
        x_emit(x, &ev.ev);
        free(text);
    }
    notice_waits(x, chat, &w);
    omemo_who_clear(&w);
}

void omemo_tell_all(struct x *x, bool anew)
{
    struct omemo_session *s = omemo_of(x);
    if (anew)
        map_free(&s->told, NULL);
    map_free(&s->untold, NULL);
    bool begun = s->o && omemo_begin(s->o) == 0; /* else each question takes the store's locks anew */
    if (anew && !s->started) /* what of the rest is true is known when the lists are */
        map_free(&s->looked, NULL);
    for (struct map_entry *e = NULL; (e = map_next(&s->chats, e));)
        tell(x, e->key);
    for (struct map_entry *e = NULL; (e = map_next(&s->looked, e));) {
        if (!map_get(&s->chats, e->key))
            tell(x, e->key);
    }
    if (begun)
        (void)omemo_end(s->o, true);
}

/* Those to which something has left. */
static void tell_untold(struct x *x, struct omemo_session *s)
{
    struct map chats = s->untold;
    s->untold = (struct map){0};
    bool begun = s->o && chats.n > 0 && omemo_begin(s->o) == 0;
    for (struct map_entry *e = NULL; (e = map_next(&chats, e));) {
        if (map_get(&s->chats, e->key))
            tell(x, e->key);
    }
    if (begun)
        (void)omemo_end(s->o, true);
    map_free(&chats, NULL);
}

static void on_tell(void *user)
{
    struct x *x = user;
    struct omemo_session *s = omemo_of(x);
    bool all = s->tell_all, anew = s->tell_anew;
    s->tell_timer = 0;
    s->tell_all = s->tell_anew = false;
    if (all || anew)
        omemo_tell_all(x, anew);
    else
        tell_untold(x, s);
}

static void tell_later(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (!s->tell_timer)
        s->tell_timer = x_host(x)->timer_add(TELL_MS, on_tell, x);
}

void omemo_tell_soon(struct x *x)
{
    omemo_of(x)->tell_all = true;
    tell_later(x);
}

void omemo_tell_anew(struct x *x)
{
    omemo_of(x)->tell_anew = true;
    omemo_tell_soon(x);
}

void omemo_tell_waits(struct x *x, const char *chat, const struct omemo_who *w)
{
    notice_waits(x, chat, w);
    omemo_tell_soon(x);
}

void omemo_tell_changed(struct x *x, const char *jid, uint32_t device)
{
    struct omemo_session *s = omemo_of(x);
    char *key = xasprintf("changed %s/%" PRIu32, jid, device);
    if (!map_get(&s->waits, key)) {
        set_add(&s->waits, key);
        x_notice(x, KITH_ERROR, jid_same_bare(jid, x_bare(x)) ? NULL : jid,
                 "Device %" PRIu32 " of %s shows another key than before: nothing of it is read, and nothing is sent to it. Somebody "
                 "may be trying to read along; ask them, by another way, whether it is theirs. If it is, /verify %" PRIu32
                 " compares the new key and takes it.", device, jid, device);
        omemo_tell_anew(x);
    }
    free(key);
}

/* ---- who reads ---- */

static const char *versions_of(const struct omemo_known *d)
{
    unsigned both = OMEMO_IN_OLD | OMEMO_IN_2;
    return (d->lists & both) == both ? "OMEMO 2 and old" : d->lists & OMEMO_IN_2 ? "OMEMO 2" : d->lists ? "old OMEMO" : NULL;
}

/* As Conversations and others read it from a QR code. Owned. */
static char *verify_uri(const struct omemo_reader *r)
{
    struct buf b = {0};
    buf_addf(&b, "xmpp:%s?omemo-sid-%" PRIu32 "=", r->jid, r->known.id);
    for (size_t i = 0; i < OMEMO_KEY; i++)
        buf_addf(&b, "%02x", r->known.key[i]);
    return buf_take(&b);
}

/* What is to be known of its state, a sentence, or NULL; owned. */
static char *state_words(const struct omemo_reader *r)
{
    char fingerprint[OMEMO_FINGERPRINT];
    const struct omemo_known *d = &r->known;
    const char *whose = d->by == OMEMO_BY_OWN ? "your" : "their";
    bool said = d->by == OMEMO_BY_OWN || d->by == OMEMO_BY_OWNER;
    if (d->changed) {
        omemo_fingerprint(d->key, fingerprint);
        return xasprintf("%s. Its key was %s", OMEMO_WHY_CHANGED, fingerprint);
    }
    if (said && d->trust == OMEMO_DISTRUSTED)
        return xasprintf("%s device %" PRIu32 " does not trust it", whose, d->by_device);
    if (said && d->trust == OMEMO_VERIFIED && !r->why)
        return xasprintf("verified by %s device %" PRIu32, whose, d->by_device);
    return xstrdup(r->why);
}

static void emit_device(struct x *x, const struct omemo_ask *a, const struct omemo_reader *r)
{
    struct kith_ev_device ev = EV_INIT(KITH_EV_DEVICE, kith_ev_device);
    char id[16], fingerprint[OMEMO_FINGERPRINT], *uri = r->known.has_key && !r->known.changed ? verify_uri(r) : NULL;
    char *why = r->here ? NULL : state_words(r);
    snprintf(id, sizeof id, "%" PRIu32, r->known.id);
    omemo_fingerprint(r->known.changed ? r->known.offered : r->known.key, fingerprint); /* what its owner sees */
    ev.ev.req = a->req;
    ev.chat = a->chat;
    ev.who = r->jid;
    ev.id = r->known.id ? id : NULL;
    ev.name = r->known.label[0] ? r->known.label : NULL;
    ev.fingerprint = r->known.has_key ? fingerprint : NULL;
    ev.versions = versions_of(&r->known);
    ev.why = why;
    ev.uri = uri;
    ev.trust = r->here ? KITH_DEVICE_VERIFIED : (uint32_t)r->known.trust; /* the same numbers */
    ev.reads = r->reads;
    ev.flags = (r->own ? KITH_DEVICE_OWN : 0u) | (r->here ? KITH_DEVICE_THIS : 0u) |
               (r->known.changed ? KITH_DEVICE_CHANGED : 0u);
    ev.since_ms = r->known.since_ms;
    ev.last_ms = r->known.last_ms;
    x_emit(x, &ev.ev);
    free(uri);
    free(why);
}

static void tell_forecast(struct x *x, const struct omemo_ask *a, const struct omemo_who *w)
{
    const char *said = a->chat ? map_get(&omemo_of(x)->chats, a->chat) : NULL;
    for (size_t i = 0; i < w->n; i++)
        emit_device(x, a, &w->v[i]);
    char *text = summary(true, a->chat, said, w);
    x_reply_ok(x, a->req, text);
    free(text);
}

/* ---- questions that wait for keys ---- */

static void ask_clear(struct omemo_ask *a)
{
    free(a->chat);
}

static void switch_on(struct x *x, const struct omemo_ask *a, const struct omemo_who *w)
{
    if (w->people != OMEMO_PEOPLE_KNOWN) {
        char *why = summary(true, a->chat, NULL, w);
        x_reply_err(x, a->req, KITH_EUNSUP, why);
        free(why);
    } else if (w->theirs == 0 && w->waits == 0) {
        char *why = xasprintf("no device of %s can read it%s%s", a->chat, w->n && w->v[0].why ? ": " : "",
                              w->n && w->v[0].why ? w->v[0].why : "");
        x_reply_err(x, a->req, KITH_EUNSUP, why);
        free(why);
    } else if (omemo_set_chat(x, a->chat, true) < 0) {
        x_reply_err(x, a->req, KITH_EDENIED, "that could not be kept on the disk");
    } else {
        char *text = summary(true, a->chat, "on", w);
        x_reply_ok(x, a->req, text);
        free(text);
    }
}

/* From now on what changes is told as well. */
static void tell_looked(struct x *x, const struct omemo_ask *a)
{
    struct omemo_session *s = omemo_of(x);
    if (!x_online(x) || map_get(&s->chats, a->chat))
        return;
    if (s->looked.n < LOOKED_MOST)
        set_add(&s->looked, a->chat);
    tell(x, a->chat);
}

/* True: it is answered. */
static bool try_ask(struct x *x, const struct omemo_ask *a)
{
    struct omemo_who w;
    bool online = x_online(x);
    if (a->what == ASK_LOOK) /* no keys are fetched only because somebody looks */
        omemo_who_people(x, a->chat, online && omemo_of(x)->started && omemo_wants(x, a->chat), &w);
    else
        omemo_who(x, a->chat, online, &w);
    bool done = !online || (!w.unknown && (a->what != ASK_LOOK || omemo_of(x)->started));
    if (!done && w.unknown && a->chat)
        omemo_room_waits(x, a->chat);
    if (done && a->what == ASK_FORECAST)
        tell_forecast(x, a, &w);
    else if (done && a->what == ASK_LOOK)
        tell_looked(x, a);
    else if (done)
        switch_on(x, a, &w);
    omemo_who_clear(&w);
    return done;
}

void omemo_asks_try(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (s->pushing) /* an answer that came at once */
        return;
    s->pushing = true;
    for (size_t i = 0; i < s->n_asks;) {
        struct omemo_ask a = s->asks[i];
        if (!try_ask(x, &a)) {
            i++;
            continue;
        }
        VEC_DEL(s->asks, s->n_asks, i);
        ask_clear(&a);
    }
    s->pushing = false;
}

void omemo_asks_clear(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    for (size_t i = 0; i < s->n_asks; i++) {
        if (s->asks[i].req)
            x_reply_err(x, s->asks[i].req, KITH_ECANCELED, NULL);
        ask_clear(&s->asks[i]);
    }
    s->n_asks = 0;
}

/* The bare address of a chat; NULL and *err: it is none. NULL stays NULL. Owned. */
static char *chat_of(const char *chat, int *err)
{
    char *bare = chat ? jid_bare(chat) : NULL;
    *err = chat && !bare ? KITH_EINVAL : KITH_OK;
    return bare;
}

static int ask(struct x *x, enum ask_what what, const char *chat, kith_req req)
{
    struct omemo_session *s = omemo_of(x);
    int err;
    if (!s || !s->o) {
        x_reply_err(x, req, KITH_EUNSUP, "OMEMO is switched off for this account, or its keys cannot be used (option encryption)");
        return KITH_OK;
    }
    if (s->n_asks >= ASKS_MOST)
        return KITH_EBUSY;
    struct omemo_ask a = {what, chat_of(chat, &err), req};
    if (err != KITH_OK)
        return err;
    VEC_PUSH(s->asks, s->n_asks, s->cap_asks, a);
    omemo_asks_try(x);
    return KITH_OK;
}

int omemo_forecast(struct x *x, const char *chat, kith_req req)
{
    return ask(x, ASK_FORECAST, chat, req);
}

int omemo_look(struct x *x, const char *chat)
{
    struct omemo_session *s = omemo_of(x);
    if (!s || !s->o || !chat || !x_online(x) || map_get(&s->chats, chat) || jid_resource(chat) || s->n_asks >= ASKS_MOST)
        return KITH_OK;
    for (size_t i = 0; i < s->n_asks; i++) {
        if (s->asks[i].what == ASK_LOOK && strcmp(s->asks[i].chat, chat) == 0)
            return KITH_OK;
    }
    VEC_PUSH(s->asks, s->n_asks, s->cap_asks, ((struct omemo_ask){ASK_LOOK, xstrdup(chat), 0}));
    omemo_asks_try(x);
    return KITH_OK;
}

int omemo_new_devices(struct x *x, const char *chat, bool anyway, kith_req req)
{
    const struct omemo_session *s = omemo_of(x);
    int err;
    char *bare = chat_of(chat, &err);
    if (!bare || !s || !s->o) {
        free(bare);
        return err != KITH_OK ? err : KITH_EUNSUP;
    }
    if (omemo_set_takes_new(x, bare, anyway) < 0) {
        x_reply_err(x, req, KITH_EDENIED, "that could not be kept on the disk");
    } else {
        omemo_tell_all(x, false);
        x_reply_ok(x, req, anyway ? "new devices of people you verified read here at once, without having been compared"
                                  : "what you write here waits when somebody you verified has a new device, until you decide about it");
    }
    free(bare);
    omemo_push(x);
    return KITH_OK;
}

int omemo_encrypt_chat(struct x *x, const char *chat, bool on, kith_req req)
{
    const struct omemo_session *s = omemo_of(x);
    int err;
    if (on)
        return ask(x, ASK_ENCRYPT, chat, req);
    char *bare = chat_of(chat, &err);
    if (!bare || !s)
        return err != KITH_OK ? err : KITH_EINVAL;
    if (omemo_set_chat(x, bare, false) < 0)
        x_reply_err(x, req, KITH_EDENIED, "that could not be kept on the disk");
    else
        x_reply_ok(x, req, "not encrypted: everybody on the way can read what is written here now");
    free(bare);
    omemo_push(x);
    return KITH_OK;
}

/* ---- trust ---- */

/* Blanks and case do not count. */
static bool same_fingerprint(const unsigned char key[OMEMO_KEY], const char *text)
{
    char is[OMEMO_FINGERPRINT];
    const char *p = is;
    omemo_fingerprint(key, is);
    for (;; p++, text++) {
        p += strspn(p, " ");
        text += strspn(text, " :-");
        if (!*p || !*text)
            return *p == *text;
        if (*p != tolower((unsigned char)*text))
            return false;
    }
}

static int check_trust(struct x *x, const char *who, uint32_t id, const char *fingerprint, uint32_t trust, struct omemo_known *known,
                       const char **why)
{
    if (!omemo_known_one(omemo_of(x)->o, who, id, known)) {
        *why = "there is no such device";
        return KITH_ENOTFOUND;
    }
    const struct omemo_known d = *known;
    if (d.changed && trust == KITH_DEVICE_DISTRUSTED)
        return KITH_OK; /* whichever of its keys is meant */
    if (d.changed && trust != KITH_DEVICE_VERIFIED) {
        *why = "its key is another one than before: only /verify takes the new one, when you have compared it";
        return KITH_ECONFLICT;
    }
    if (d.changed && (!fingerprint || !same_fingerprint(d.offered, fingerprint))) {
        *why = "that is not the fingerprint that this device shows now: nothing was changed";
        return KITH_ECONFLICT;
    }
    if (d.changed)
        return KITH_OK;
    if (!d.has_key && trust != KITH_DEVICE_DISTRUSTED) {
        *why = "its key is not known yet: ask for the devices again in a moment";
        return KITH_ENOTFOUND;
    }
    if (fingerprint ? !d.has_key || !same_fingerprint(d.key, fingerprint) : trust == KITH_DEVICE_VERIFIED) {
        *why = "that is not the fingerprint of this device: nothing was changed";
        return KITH_ECONFLICT;
    }
    return KITH_OK;
}

static int set_trust(struct omemo *o, const char *who, const struct omemo_known *d, uint32_t trust)
{
    return d->changed && trust == KITH_DEVICE_VERIFIED ? omemo_accept(o, who, d->id) : omemo_set_trust(o, who, d->id, (enum omemo_trust)trust);
}

/* The key that was accepted begins with new sessions; what is known of the bundles is of the one before. */
static void begin_anew(struct x *x, const char *who, uint32_t device)
{
    omemo_unbad(omemo_of(x), OMEMO_OLD, who, device);
    omemo_unbad(omemo_of(x), OMEMO_2, who, device);
    char *told = xasprintf("changed %s/%" PRIu32, who, device);
    (void)map_del(&omemo_of(x)->waits, told); /* the next change is told again */
    free(told);
}

static const char *trust_words(uint32_t trust)
{
    static const char *const words[] = {"is undecided again", "is trusted without being verified", "is verified", "is not trusted"};
    return words[trust];
}

static void decided(struct x *x, const char *who, const struct omemo_known *was, uint32_t trust)
{
    struct omemo_known now = *was;
    if (was->changed && trust == KITH_DEVICE_VERIFIED) {
        begin_anew(x, who, was->id);
        memcpy(now.key, was->offered, OMEMO_KEY);
        now.trust = OMEMO_UNDECIDED; /* others hear of the new key, whatever the old one was */
    }
    omemo_atm_decided(x, who, &now, (enum omemo_trust)trust);
    omemo_tell_all(x, false);
    omemo_push(x);
}

int omemo_trust_device(struct x *x, const char *who, const char *device, const char *fingerprint, uint32_t trust, kith_req req)
{
    struct omemo_session *s = omemo_of(x);
    int64_t number = 0;
    int err;
    const char *why = NULL;
    char *bare = chat_of(who, &err);
    if (!s || !s->o || !bare || !device || trust > KITH_DEVICE_DISTRUSTED || !str_int(device, 1, INT32_MAX, &number)) {
        free(bare);
        return s && s->o ? KITH_EINVAL : KITH_EUNSUP;
    }
    uint32_t id = (uint32_t)number;
    struct omemo_known was = {0};
    int rc = check_trust(x, bare, id, fingerprint, trust, &was, &why);
    if (rc == KITH_OK && set_trust(s->o, bare, &was, trust) < 0) {
        rc = KITH_EDENIED;
        why = "that could not be kept on the disk";
    }
    if (rc == KITH_OK) {
        char *text = xasprintf("device %s of %s %s", device, bare, trust_words(trust));
        x_reply_ok(x, req, text);
        free(text);
        decided(x, bare, &was, trust);
    } else {
        x_reply_err(x, req, rc, why);
    }
    free(bare);
    return KITH_OK;
}
