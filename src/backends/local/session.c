/* backends/local/session.c - one account: its events outwards, and the life of its connection */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/local.h"
#include "backends/local/users.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/utf8.h"

enum { RATE_DEFAULT = 100, HISTORY_DEFAULT = 50 };

/* ---- events ---- */

uint64_t s_emit(struct kith_session *s, const struct kith_event *ev)
{
    return s->closing ? 0 : s->h->emit(s->acct, ev);
}

void s_reply(struct kith_session *s, kith_req req, int err, const char *text)
{
    if (!req)
        return;
    struct kith_ev_reply ev = {.ev = {sizeof ev, KITH_EV_REPLY, req, 0}, .err = err, .text = text};
    s_emit(s, &ev.ev);
}

void s_notice(struct kith_session *s, uint32_t level, const char *chat, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    struct kith_ev_notice ev = {
        .ev = {sizeof ev, KITH_EV_NOTICE, 0, 0}, .level = level, .chat = chat, .text = text};
    s_emit(s, &ev.ev);
    free(text);
}

void s_log(struct kith_session *s, uint32_t level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    s->h->log(s->acct, level, text);
    free(text);
}

void s_receipt(struct kith_session *s, const char *chat, const char *who, const char *id,
               uint32_t delivery, int err, const char *text)
{
    struct kith_ev_receipt ev = {.ev = {sizeof ev, KITH_EV_RECEIPT, 0, 0},
                                 .chat = chat,
                                 .who = who,
                                 .id = id,
                                 .delivery = delivery,
                                 .up_to = delivery == KITH_READ,
                                 .err = err,
                                 .text = text};
    s_emit(s, &ev.ev);
}

static void emit_state(struct kith_session *s, uint32_t state, int err, const char *text,
                       uint32_t retry)
{
    struct kith_ev_state ev = {.ev = {sizeof ev, KITH_EV_STATE, 0, 0},
                               .state = state,
                               .err = err,
                               .text = text,
                               .retry = retry};
    s_emit(s, &ev.ev);
}

static void emit_self(struct kith_session *s)
{
    char *name = user_full_name(s->uid);
    struct kith_ev_self ev = {.ev = {sizeof ev, KITH_EV_SELF, 0, 0},
                              .address = s->address,
                              .name = name ? name : s->address};
    s_emit(s, &ev.ev);
    free(name);
}

static void emit_caps(struct kith_session *s)
{
    struct kith_ev_caps ev = {
        .ev = {sizeof ev, KITH_EV_CAPS, 0, 0},
        .caps = KITH_CAP_ROSTER | KITH_CAP_ROOMS | KITH_CAP_EDIT | KITH_CAP_RETRACT |
                KITH_CAP_REACT | KITH_CAP_RECEIPTS | KITH_CAP_MARKERS | KITH_CAP_TYPING |
                KITH_CAP_FILES | KITH_CAP_MULTILINE | KITH_CAP_REPLY | KITH_CAP_BLOCKING |
                KITH_CAP_DIRECTORY | KITH_CAP_ROOM_LIST | (s->live ? KITH_CAP_LIVE_TEXT : 0u)};
    s_emit(s, &ev.ev);
}

static void emit_self_chat(struct kith_session *s)
{
    struct kith_ev_chat ev = {.ev = {sizeof ev, KITH_EV_CHAT, 0, 0},
                              .address = s->address,
                              .kind = KITH_CHAT_SELF,
                              .flags = KITH_CHAT_CAN_TALK};
    s_emit(s, &ev.ev);
}

/* ---- open and close ---- */

int session_open(struct kith_session **out, struct kith_account *acct, const struct kith_host *h)
{
    struct kith_session *s = xcalloc(1, sizeof *s);
    s->acct = acct;
    s->h = h;
    s->uid = geteuid();
    s->address = user_address(s->uid);
    s->show = KITH_SHOW_ONLINE;
    dir_claim_init(&s->claim);
    *out = s;
    return 0;
}

/* Ends everything that belongs to the connection, without a word to the host but for open requests.
 */
static void go_down(struct kith_session *s)
{
    s->up = false;
    history_save(s);
    history_drop_later(s, NULL);
    files_cancel(s);
    for (struct peer *p = s->peers; p; p = p->next)
        message_forget(p);
    invites_drop(s, NULL, false);
    peers_drop(s);
    for (size_t i = 0; i < s->n_uncommitted; i++) {
        free(s->uncommitted[i].id);
        free(s->uncommitted[i].room);
    }
    s->n_uncommitted = 0;
    s->held = false;
    dir_release(&s->claim);
    str_take(&s->dir, NULL);
}

void session_close(struct kith_session *s)
{
    s->closing = true;
    go_down(s);
    files_reap(s);
    rooms_free(s);
    peers_free(s);
    free(s->uncommitted);
    arena_free(&s->scratch);
    free(s->address);
    free(s->status);
    free(s);
}

/* ---- connect and disconnect ---- */

static bool option_true(struct kith_session *s, const char *key)
{
    const char *v = s->h->option(s->acct, key);
    return str_eq(v, "true") || str_eq(v, "yes") || str_eq(v, "on") || str_eq(v, "1");
}

static void read_options(struct kith_session *s)
{
    int64_t rate, n;
    const char *v = s->h->option(s->acct, "rate");
    s->rate = v && str_int(v, 1, 1000000, &rate) ? rate : RATE_DEFAULT;
    s->live = option_true(s, "live");
    v = s->h->option(s->acct, "history");
    s->history = v && str_int(v, 0, HISTORY_MAX, &n) ? n : HISTORY_DEFAULT;
    for (struct peer *p = s->peers; p; p = p->next)
        rate_init(&p->rate, s->rate, s->rate * LOCAL_BURST_S, s->h->mono_ms());
}

static void load(struct kith_session *s)
{
    if (s->loaded)
        return;
    s->loaded = true;
    roster_load(s);
    rooms_load(s);
}

static int fail_connect(struct kith_session *s, const struct err *e)
{
    go_down(s);
    emit_state(s, KITH_STATE_OFFLINE, e->code, e->text,
               e->code == KITH_EINVAL ? KITH_RETRY_NEVER : KITH_RETRY_AUTO);
    return 0;
}

static void tell_squatter(struct kith_session *s)
{
    if (s->claim.squatter == (uid_t)-1)
        return;
    char *who = user_address(s->claim.squatter);
    s_notice(s, KITH_WARN, NULL,
             "%s has made %s/" DIR_PREFIX
             "%lu in your name. It is not used and nobody is misled by it; "
             "the administrator can remove it.",
             who, s->dir, (unsigned long)s->uid);
    free(who);
}

int session_connect(struct kith_session *s)
{
    if (s->up)
        return KITH_EBUSY;
    s->up = true;
    rand_id(s->instance);
    load(s);
    read_options(s);
    struct err e = {0};
    s->dir = dir_choose(s->h->option(s->acct, "directory"), &e);
    if (!s->dir)
        return fail_connect(s, &e);
    emit_state(s, KITH_STATE_CONNECT, 0, s->dir, 0);
    if (dir_claim(s->dir, &s->claim, &e) < 0)
        return fail_connect(s, &e);
    peers_listen(s);
    emit_state(s, KITH_STATE_SYNC, 0, NULL, 0);
    emit_self(s);
    emit_caps(s);
    roster_sync(s);
    emit_self_chat(s);
    emit_state(s, KITH_STATE_ONLINE, 0, NULL, 0);
    tell_squatter(s);
    rooms_online(s);
    peers_scan(s, (uid_t)-1);
    return 0;
}

int session_disconnect(struct kith_session *s, uint32_t reason UNUSED, const char *text)
{
    if (!s->up)
        return KITH_EOFFLINE;
    char *bye =
        str_empty(text) ? NULL : xstrndup(text, utf8_floor(text, strlen(text), LP_MAX_TEXT));
    peers_put_all(s, &(struct lp){.kind = LP_BYE, .text = bye});
    free(bye);
    go_down(s);
    emit_state(s, KITH_STATE_OFFLINE, KITH_OK, NULL, KITH_RETRY_AUTO);
    return 0;
}

void session_wake(struct kith_session *s)
{
    if (!s->up)
        return;
    if (!dir_claim_holds(&s->claim)) {
        struct err e = {0};
        peers_unlisten(s);
        dir_release(&s->claim);
        if (dir_claim(s->dir, &s->claim, &e) < 0) {
            s_log(s, KITH_WARN, "%s", e.text);
            fail_connect(s, &e);
            return;
        }
        peers_listen(s);
    }
    peers_scan(s, (uid_t)-1);
}

/* ---- the other core operations ---- */

int session_presence(struct kith_session *s, uint32_t show, const char *text)
{
    s->show = show <= KITH_SHOW_DND ? show : KITH_SHOW_ONLINE;
    str_take(&s->status,
             str_empty(text) ? NULL : xstrndup(text, utf8_floor(text, strlen(text), LP_MAX_TEXT)));
    if (s->up) {
        peers_put_all(s, &(struct lp){.kind = LP_PRESENCE, .show = s->show, .text = s->status});
        emit_own_presence(s);
    }
    return 0;
}

void emit_own_presence(struct kith_session *s)
{
    struct kith_ev_presence ev = {.ev = {sizeof ev, KITH_EV_PRESENCE, 0, 0},
                                  .address = s->address,
                                  .show = s->show,
                                  .text = s->status,
                                  .client = "kith"};
    s_emit(s, &ev.ev);
}

int session_normalize(struct kith_session *s, const char *in, kith_req req)
{
    while (*in == ' ')
        in++;
    if (*in == '#') {
        char *room = room_normal(in);
        s_reply(s, req, room ? KITH_OK : KITH_EINVAL,
                room ? room : "The name of a room is # and up to 62 letters without blanks");
        free(room);
        return 0;
    }
    uid_t uid;
    const char *name = in + (*in == '@');
    if (user_find(name, &uid) < 0) {
        char *text = xasprintf("This machine has no user \"%s\"", name);
        s_reply(s, req, KITH_ENOTFOUND, text);
        free(text);
        return 0;
    }
    char *address = user_address(uid);
    s_reply(s, req, KITH_OK, address);
    free(address);
    return 0;
}
