/* backends/xmpp/omemo.c - OMEMO in a session: its life, and which chats are encrypted (XEP-0384) */
#include "backends/xmpp/omemo.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/files.h"
#include "base/mem.h"

#define CHATS "omemo.chat."
#define TAKES "omemo.new."

struct omemo_session *omemo_of(const struct x *x)
{
    return x_state(x, "omemo");
}

/* ---- the account's private store ---- */

static int io_get(void *user, const char *key, void *out, size_t cap)
{
    return x_host(user)->state_get(x_account(user), key, out, cap);
}

static int io_set(void *user, const char *key, const void *data, size_t len)
{
    return x_host(user)->state_set(x_account(user), key, data, len);
}

static int io_begin(void *user)
{
    return x_host(user)->state_begin(x_account(user));
}

static int io_end(void *user, int keep)
{
    return x_host(user)->state_end(x_account(user), keep);
}

static int io_each(void *user, const char *prefix, kith_state_fn *fn, void *arg)
{
    return x_host(user)->state_each(x_account(user), prefix, fn, arg);
}

static int64_t io_now(void *user)
{
    return x_host(user)->wall_ms();
}

/* ---- which chats ---- */

bool omemo_is_wanted(const struct x *x)
{
    return !str_eq(x_option(x, "encryption"), "off");
}

/* However the address is written. One person in an encrypted room would be the one open door of it. */
const char *omemo_said(const struct x *x, const char *chat)
{
    const struct omemo_session *s = omemo_of(x);
    const char *said = s ? map_get(&s->chats, chat) : NULL;
    char *bare = s && !said && s->chats.n > 0 ? jid_bare(chat) : NULL;
    said = bare ? map_get(&s->chats, bare) : said;
    free(bare);
    return said;
}

bool omemo_holds(const struct x *x, const char *chat)
{
    return str_eq(omemo_said(x, chat), "on");
}

bool omemo_wants(const struct x *x, const char *chat)
{
    const struct omemo_session *s = omemo_of(x);
    const char *at = strchr(chat, '@'), *said = omemo_said(x, chat);
    if (said)
        return strcmp(said, "on") == 0;
    if (!s || !at)
        return false;
    bool may = muc_is_room(x, chat) ? muc_is_private(x, chat) : !roster_has(x, at + 1); /* behind a gateway nobody has keys */
    return s->o && omemo_is_wanted(x) && pep_can_publish(x) && !strchr(chat, '/') && may;
}

int omemo_set_chat(struct x *x, const char *chat, bool on)
{
    struct omemo_session *s = omemo_of(x);
    char *key = xasprintf(CHATS "%s", chat);
    const char *value = on ? "on" : "off";
    int rc = x_host(x)->state_set(x_account(x), key, value, strlen(value));
    free(key);
    if (rc >= 0)
        free(map_set(&s->chats, chat, xstrdup(value)));
    if (rc >= 0 && on)
        files_latched(x);
    if (rc >= 0)
        omemo_tell_all(x, false);
    return rc;
}

int omemo_remember(struct x *x, const char *chat)
{
    struct omemo_session *s = omemo_of(x);
    char *bare = chat ? jid_bare(chat) : NULL;
    if (!bare)
        return KITH_EINVAL;
    if (s && !omemo_said(x, bare)) {
        s->lost++;
        if (omemo_set_chat(x, bare, true) < 0) /* as long as this process lives */
            free(map_set(&s->chats, bare, xstrdup("on")));
    }
    free(bare);
    return KITH_OK;
}

/* Once: what was kept here is lost, and the engine knew of it. */
static void tell_lost(struct x *x, struct omemo_session *s)
{
    if (s->lost > 0)
        x_notice(x, KITH_WARN, NULL, "The keys of this account and what was known of its chats are lost: its store was damaged or removed. "
                 "%zu chat%s encrypted and stay%s so. This device has new keys now: who had verified it has to compare them again.",
                 s->lost, s->lost == 1 ? " was" : "s were", s->lost == 1 ? "s" : "");
    s->lost = 0;
}

bool omemo_takes_new(const struct x *x, const char *chat)
{
    return map_get(&omemo_of(x)->takes, chat) != NULL;
}

int omemo_set_takes_new(struct x *x, const char *chat, bool on)
{
    struct omemo_session *s = omemo_of(x);
    char *key = xasprintf(TAKES "%s", chat);
    int rc = x_host(x)->state_set(x_account(x), key, on ? "send" : NULL, on ? 4 : 0);
    free(key);
    if (rc >= 0 && on)
        set_add(&s->takes, chat);
    else if (rc >= 0)
        (void)map_del(&s->takes, chat);
    return rc;
}

static int note_takes(void *user, const char *key, const void *data, size_t len)
{
    struct omemo_session *s = user;
    if (len == 4 && memcmp(data, "send", 4) == 0)
        set_add(&s->takes, key + sizeof TAKES - 1);
    return 0;
}

static int note_chat(void *user, const char *key, const void *data, size_t len)
{
    struct omemo_session *s = user;
    free(map_set(&s->chats, key + sizeof CHATS - 1, xstrndup(data, len)));
    return 0;
}

/* ---- its life ---- */

struct omemo_io omemo_io_of(struct x *x)
{
    return (struct omemo_io){x, io_get, io_set, io_begin, io_end, io_each, io_now};
}

static void forget_session(struct x *x, struct omemo_session *s)
{
    omemo_own_free(s);
    map_free(&s->fresh, NULL);
    map_free(&s->taken, NULL);
    map_free(&s->asking, NULL);
    map_free(&s->hurried, NULL);
    map_free(&s->bad, free);
    map_free(&s->looked_again, free);
    map_free(&s->opened, NULL);
    omemo_rooms_free(x);
    map_free(&s->left, NULL);
}

static void read_chats(struct x *x, struct omemo_session *s)
{
    map_free(&s->chats, free);
    map_free(&s->takes, NULL);
    (void)x_host(x)->state_each(x_account(x), CHATS, note_chat, s);
    (void)x_host(x)->state_each(x_account(x), TAKES, note_takes, s);
}

/* It may have been one that was to leave our lists: a file brought it back. */
static void know_ourselves(struct x *x, struct omemo_session *s)
{
    if (s->o)
        omemo_gone_drop(x, omemo_device(s->o));
}

int omemo_reopen(struct x *x, bool restored)
{
    struct omemo_session *s = omemo_of(x);
    const struct omemo_io io = omemo_io_of(x);
    struct err e = {0};
    forget_session(x, s);
    omemo_free(s->o);
    s->o = omemo_new(&io, &e);
    omemo_atm_again(x);
    know_ourselves(x, s);
    if (!s->o || (restored && omemo_restored(s->o) < 0))
        return KITH_EDENIED;
    unsigned char key[OMEMO_KEY];
    omemo_identity(s->o, key);
    (void)omemo_meet(s->o, x_bare(x), omemo_device(s->o), key); /* we know ourselves before the server does */
    read_chats(x, s);
    omemo_bundles_again(x);
    omemo_mark_again(x);
    if (x_online(x))
        omemo_start(x);
    omemo_tell_all(x, true);
    return 0;
}

static void omemo_attach(struct x *x)
{
    struct omemo_session *s = xcalloc(1, sizeof *s);
    x_set_state(x, "omemo", s);
    const struct kith_host *host = x_host(x);
    if (!KITH_HAS(struct kith_host, host, state_each))
        return;
    read_chats(x, s);
    if (!omemo_is_wanted(x))
        return;
    const struct omemo_io io = omemo_io_of(x);
    struct err e = {0};
    s->o = omemo_new(&io, &e);
    if (!s->o)
        x_log(x, KITH_ERROR, "%s", e.text);
    know_ourselves(x, s);
}

void omemo_start(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    omemo_mark_start(x);
    if (s)
        s->started = true;
    if (!s || !s->o || !pep_can_publish(x))
        return;
    (void)omemo_lists_ready(x, x_bare(x));
    omemo_asks_try(x);
}

/* ---- once a day ---- */

enum { DAILY_MS = 24 * 3600 * 1000 };

static void on_daily(void *user);

/* For sessions that stand for weeks. What comes due without a connection is done when there is one again. */
static void daily(struct x *x, struct omemo_session *s)
{
    omemo_tidy(x);
    omemo_publish_soon(x); /* the signed pre key is rotated there when it is time */
    s->daily_timer = x_host(x)->timer_add(DAILY_MS, on_daily, x);
}

static void on_daily(void *user)
{
    struct x *x = user;
    struct omemo_session *s = omemo_of(x);
    s->daily_timer = 0;
    if (s->o && x_online(x))
        daily(x, s);
}

static void omemo_online(struct x *x, bool resumed)
{
    struct omemo_session *s = omemo_of(x);
    if (s->o && !s->daily_timer) {
        if (resumed)
            daily(x, s);
        else
            s->daily_timer = x_host(x)->timer_add(DAILY_MS, on_daily, x); /* a login does it by itself */
    }
    if (!resumed) {
        s->started = false;
        omemo_posts_clear(s); /* the engine gives everything again that is not known to be stored */
        forget_session(x, s);
        if (s->o)
            (void)omemo_catching_up(s->o, true);
        omemo_tell_all(x, true);
        tell_lost(x, s);
    }
    omemo_push(x);
}

static void omemo_offline(struct x *x)
{
    omemo_asks_clear(x);
    omemo_gone_later(x);
}

static void omemo_detach(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    omemo_gone_later(x);
    omemo_posts_clear(s);
    omemo_keys_free(x);
    forget_session(x, s);
    omemo_asks_clear(x);
    free(s->asks);
    map_free(&s->told, NULL);
    map_free(&s->untold, NULL);
    map_free(&s->waits, NULL);
    if (s->tell_timer)
        x_host(x)->timer_del(s->tell_timer);
    free(s->posts);
    for (size_t i = 0; i < s->n_dues; i++)
        free(s->dues[i].jid);
    free(s->dues);
    for (size_t i = 0; i < s->n_unsaved; i++)
        free(s->unsaved[i].kept);
    free(s->unsaved);
    map_free(&s->chats, free);
    map_free(&s->takes, NULL);
    map_free(&s->looked, NULL);
    if (s->daily_timer)
        x_host(x)->timer_del(s->daily_timer);
    if (s->due_timer)
        x_host(x)->timer_del(s->due_timer);
    if (s->again_timer)
        x_host(x)->timer_del(s->again_timer);
    if (s->publish_timer)
        x_host(x)->timer_del(s->publish_timer);
    omemo_free(s->o);
    free(s);
    x_set_state(x, "omemo", NULL);
}

static const char *const omemo_vars[] = {NS_OMEMO ".devicelist+notify", NS_OMEMO2 ":devices+notify", NULL};

static bool omemo_announced(const struct x *x)
{
    const struct omemo_session *s = omemo_of(x);
    return s && s->o;
}

const struct feature feature_omemo = {
    .name = "omemo",
    .disco = omemo_vars,
    .announced = omemo_announced,
    .attach = omemo_attach,
    .online = omemo_online,
    .offline = omemo_offline,
    .detach = omemo_detach,
    .committed = omemo_committed,
};
