/* backends/irc/conn.c - the connection: its phases, timers and end; events and options */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/forms.h"
#include "base/mem.h"

enum {
    PORT_TLS = 6697, PORT_CLEAR = 6667, CLOSE_MS = 5000, LIFE_MS = 60000, SHORT_LIVES = 2
};

/* ---- events, options, time ---- */

int64_t irc_mono(const struct irc *i)
{
    return i->io.mono_ms(i->io.user);
}

int64_t irc_wall(const struct irc *i)
{
    return i->io.wall_ms(i->io.user);
}

uint64_t irc_emit(struct irc *i, const struct kith_event *ev)
{
    uint64_t number = i->io.emit(i->io.user, ev);
    i->emitted = number ? number : i->emitted;
    return number;
}

void irc_committed(struct irc *i, uint64_t number)
{
    i->committed = MAX(i->committed, number);
}

void irc_reply(struct irc *i, kith_req req, int err, const char *text)
{
    if (!req)
        return;
    struct kith_ev_reply ev = {.ev = {sizeof ev, KITH_EV_REPLY, req, 0}, .err = err, .text = text};
    irc_emit(i, &ev.ev);
}

void irc_notice(struct irc *i, enum kith_level level, const char *chat, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    struct kith_ev_notice ev = {
        .ev = {sizeof ev, KITH_EV_NOTICE, 0, 0}, .level = level, .chat = chat, .text = text};
    irc_emit(i, &ev.ev);
    free(text);
}

void irc_log(struct irc *i, enum kith_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    i->io.log(i->io.user, level, text);
    free(text);
}

void irc_state(struct irc *i, uint32_t state, const char *text, int64_t deadline_ms)
{
    struct kith_ev_state ev = {.ev = {sizeof ev, KITH_EV_STATE, 0, 0},
                               .state = state,
                               .text = text,
                               .deadline_ms = deadline_ms};
    irc_emit(i, &ev.ev);
}

const char *irc_option(const struct irc *i, const char *key)
{
    const char *value = i->io.option(i->io.user, key);
    return str_empty(value) ? NULL : value;
}

bool irc_option_on(const struct irc *i, const char *key)
{
    const char *v = irc_option(i, key);
    return str_eq(v, "true") || str_eq(v, "yes") || str_eq(v, "on") || str_eq(v, "1");
}

bool irc_formats(const struct irc *i)
{
    return !irc_option(i, "formatting") || irc_option_on(i, "formatting");
}

void irc_timer(struct irc *i, enum irc_timer t, int64_t after_ms)
{
    i->timers[t] = after_ms < 0 ? 0 : MAX(1, irc_mono(i) + after_ms);
    int64_t next = 0;
    for (size_t n = 0; n < TIMER_COUNT; n++) {
        if (i->timers[n] && (!next || i->timers[n] < next))
            next = i->timers[n];
    }
    i->io.wake_at(i->io.user, next);
}

bool irc_online(const struct irc *i)
{
    return i->phase == IRC_ONLINE && !i->ending;
}

void irc_send_caps(struct irc *i)
{
    uint32_t caps = KITH_CAP_ROOMS | KITH_CAP_ROOM_LIST | KITH_CAP_MODERATE | KITH_CAP_DIRECTORY |
                    KITH_CAP_SERVER_IDS;
    bool tags = irc_cap(i, CAP_TAGS);
    const char *deny = irc_isupport_get(&i->is, "CLIENTTAGDENY");
    if (i->is.monitor)
        caps |= KITH_CAP_ROSTER;
    if (irc_cap(i, CAP_HISTORY) && irc_cap(i, CAP_BATCH))
        caps |= KITH_CAP_HISTORY;
    if (irc_cap(i, CAP_REDACT))
        caps |= KITH_CAP_RETRACT;
    if (tags && irc_tag_allowed(deny, "+draft/react"))
        caps |= KITH_CAP_REACT;
    if (tags && (irc_tag_allowed(deny, "+draft/reply") || irc_tag_allowed(deny, "+reply")))
        caps |= KITH_CAP_REPLY;
    if (tags && irc_tag_allowed(deny, "+typing"))
        caps |= KITH_CAP_TYPING;
    if (irc_cap(i, CAP_READ))
        caps |= KITH_CAP_MARKERS | KITH_CAP_OWN_MARKERS;
    if (irc_cap(i, CAP_MULTILINE) && irc_cap(i, CAP_BATCH))
        caps |= KITH_CAP_MULTILINE;
    if (irc_formats(i))
        caps |= KITH_CAP_FORMAT;
    struct kith_ev_caps ev = {.ev = {sizeof ev, KITH_EV_CAPS, 0, 0}, .caps = caps};
    irc_emit(i, &ev.ev);
}

/* ---- making, freeing ---- */

/* "nick@server" is the address; host and port may be set apart. */
static void read_address(struct irc *i)
{
    const char *address = irc_option(i, "address"), *at = address ? strrchr(address, '@') : NULL;
    const char *nick = irc_option(i, "nick"), *host = irc_option(i, "host");
    char *server = xstrdup(host ? host : at ? at + 1 : address ? address : "");
    for (char *c = server; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    str_take(&i->server, server);
    if (nick)
        str_set(&i->wish, nick);
    else
        str_take(&i->wish, at && at > address ? xstrndup(address, (size_t)(at - address)) : xstrdup("kith"));
}

/* Now: later the process may read no more files. */
static void open_charset(struct irc *i)
{
    const char *bad;
    irc_charset_open(&i->charset, irc_option(i, "encoding"), irc_option(i, "send_encoding"), &bad);
    if (bad)
        irc_notice(i, KITH_WARN, NULL, "The encoding \"%.40s\" is not known, or nothing for IRC: it is left out.", bad);
}

struct irc *irc_new(const struct irc_io *io)
{
    struct irc *i = xcalloc(1, sizeof *i);
    i->io = *io;
    for (size_t p = 0; p < PRIO_COUNT; p++)
        i->out_end[p] = &i->out[p];
    irc_isupport_init(&i->is);
    irc_lag_reset(i);
    read_address(i);
    open_charset(i);
    str_set(&i->nick, i->wish);
    irc_rooms_load(i);
    return i;
}

static void forget_connection(struct irc *i)
{
    irc_queue_clear(i);
    irc_batches_reset(i);
    irc_cap_reset(i);
    irc_sasl_free(i);
    irc_input_free(&i->input);
    irc_timer(i, TIMER_PHASE, -1);
    for (size_t t = 0; t < TIMER_COUNT; t++)
        i->timers[t] = 0;
    irc_timer(i, TIMER_PHASE, -1); /* and the outside knows */
    str_set(&i->account, NULL);
    i->welcomed = i->motd_seen = i->joined_all = i->login_done = i->waiting_login = false;
    i->pinged_ms = i->heard_ms = i->tokens_at = 0;
    irc_lag_reset(i);
    i->last_fence = i->fence_seen = 0;
    i->nick_tries = 0;
    i->me = NULL;
}

void irc_free(struct irc *i)
{
    if (!i)
        return;
    if (i->phase != IRC_IDLE)
        i->io.close(i->io.user);
    i->phase = IRC_IDLE;
    while (i->queries) { /* nobody is told any more */
        i->queries->req = 0;
        irc_query_end(i, i->queries, KITH_ECANCELED, NULL);
    }
    irc_charset_close(&i->charset);
    irc_history_free(i);
    irc_playback_free(i);
    irc_friends_free(i);
    irc_bouncer_free(i);
    for (size_t n = 0; n < COUNT(i->forms); n++)
        i->forms[n].req = 0;
    irc_forms_lost(i);
    irc_enroll_free(i);
    irc_rooms_free(i);
    irc_ledger_free(i);
    irc_reactions_free(i);
    irc_whois_free(i);
    forget_connection(i);
    irc_isupport_free(&i->is);
    char *all[] = {i->nick, i->wish, i->user, i->host, i->account, i->server, i->network, i->away, i->end_text, i->typing_to};
    for (size_t n = 0; n < COUNT(all); n++)
        free(all[n]);
    free(i);
}

/* ---- the end ---- */

void irc_end(struct irc *i, int err, uint32_t retry, int64_t wait_ms, const char *fmt, ...)
{
    if (i->ending || i->phase == IRC_IDLE)
        return;
    va_list ap;
    va_start(ap, fmt);
    str_take(&i->end_text, xvasprintf(fmt, ap));
    va_end(ap);
    i->ending = true;
    i->end_err = err;
    i->end_retry = retry;
    i->end_wait_ms = wait_ms;
    irc_timer(i, TIMER_END, 0);
}

/* Of a server that lets us in and drops us at once nothing is asked in haste. */
static uint32_t patience(struct irc *i)
{
    bool lasted = i->online_ms && irc_mono(i) - i->online_ms >= LIFE_MS;
    i->short_lives = lasted || i->end_err == KITH_OK ? 0 : i->short_lives + 1;
    bool haste = i->end_retry == KITH_RETRY_NOW && i->short_lives > SHORT_LIVES;
    return haste ? KITH_RETRY_AUTO : i->end_retry;
}

static void settle(struct irc *i, bool close)
{
    bool upgrade = i->sts_upgrade;
    if (close)
        i->io.close(i->io.user);
    if (i->phase >= IRC_REGISTER)
        irc_sts_gone(i);
    i->phase = IRC_IDLE;
    irc_queries_lost(i);
    irc_history_lost(i);
    irc_bouncer_free(i);
    irc_forms_lost(i);
    irc_enroll_lost(i);
    irc_friends_lost(i);
    irc_rooms_lost(i);
    irc_whois_free(i);
    forget_connection(i);
    i->ending = i->secure = false;
    i->sts_upgrade = false;
    if (!upgrade)
        i->sts_port = 0;
    struct kith_ev_state ev = {.ev = {sizeof ev, KITH_EV_STATE, 0, 0},
                               .state = KITH_STATE_OFFLINE,
                               .err = i->end_err,
                               .text = i->end_text,
                               .retry = patience(i),
                               .retry_ms = i->end_wait_ms};
    i->online_ms = 0;
    irc_emit(i, &ev.ev);
}

/* ---- connecting ---- */

static bool wants_tls(const struct irc *i, uint16_t port)
{
    const char *tls = irc_option(i, "tls");
    if (tls)
        return !str_eq(tls, "no") && !str_eq(tls, "false");
    return port != PORT_CLEAR;
}

/* "irc.example.org:6697", "[::1]:6667", "::1": the host; the port, when there is one, into *port. */
static char *split_host(const char *s, uint16_t *port)
{
    const char *end = s[0] == '[' ? strchr(s, ']') : NULL;
    const char *colon = strchr(end ? end : s, ':');
    int64_t n = 0;
    if (!end && colon && strchr(colon + 1, ':'))
        colon = NULL;
    if (colon && str_int(colon + 1, 1, 65535, &n))
        *port = (uint16_t)n;
    if (end)
        return xstrndup(s + 1, (size_t)(end - s - 1));
    return colon ? xstrndup(s, (size_t)(colon - s)) : xstrdup(s);
}

int irc_connect(struct irc *i)
{
    if (i->phase != IRC_IDLE)
        return KITH_EBUSY;
    read_address(i);
    int64_t n = 0;
    uint16_t port = 0;
    char *host = split_host(i->server, &port);
    if (irc_option(i, "port") && str_int(irc_option(i, "port"), 1, 65535, &n))
        port = (uint16_t)n;
    bool tls = wants_tls(i, port);
    if (!port)
        port = tls ? PORT_TLS : PORT_CLEAR;
    irc_sts_before(i, host, &port, &tls);
    i->phase = IRC_CONNECT;
    i->insecure_only = !tls;
    i->online_ms = 0;
    str_set(&i->nick, i->wish);
    char *where = xasprintf("%s:%u", host, port);
    irc_state(i, KITH_STATE_RESOLVE, where, 0);
    struct irc_where w = {host, port, tls, irc_option(i, "certificate")};
    int rc = i->io.connect(i->io.user, &w);
    if (rc < 0 && i->phase == IRC_CONNECT)
        irc_end(i, rc, KITH_RETRY_AUTO, 0, "No connection to %s could be started.", where);
    free(where);
    free(host);
    return KITH_OK;
}

void irc_opened(struct irc *i, bool secure)
{
    if (i->phase != IRC_CONNECT)
        return;
    i->secure = secure;
    if (!i->insecure_only && !secure) {
        irc_end(i, KITH_ETLS, KITH_RETRY_AUTO, 0, "The connection is not encrypted.");
        return;
    }
    i->phase = IRC_REGISTER;
    i->heard_ms = irc_mono(i);
    irc_timer(i, TIMER_PHASE, IRC_REGISTER_MS);
    irc_state(i, KITH_STATE_AUTH, i->server, 0);
    irc_register_begin(i);
}

static const char *lost_words(const struct irc *i)
{
    return i->phase == IRC_ONLINE ? "lost" : i->phase == IRC_CONNECT ? "refused" : "closed while logging in";
}

void irc_closed(struct irc *i, int err, const char *text)
{
    if (i->phase == IRC_IDLE)
        return;
    if (!i->ending && i->phase == IRC_CLOSING)
        irc_end(i, KITH_OK, KITH_RETRY_NEVER, 0, "Disconnected.");
    else if (!i->ending && !str_empty(text))
        irc_end(i, err < 0 ? err : KITH_ENET, KITH_RETRY_AUTO, 0, "%s", text);
    else if (!i->ending)
        irc_end(i, KITH_ENET, KITH_RETRY_AUTO, 0, "The connection to %s was %s.", i->server, lost_words(i));
    settle(i, false);
}

int irc_disconnect(struct irc *i, uint32_t reason, const char *text)
{
    if (i->phase == IRC_IDLE)
        return KITH_EOFFLINE;
    bool again = reason == KITH_REASON_RESTART;
    if (i->phase < IRC_REGISTER || again) {
        if (i->phase >= IRC_REGISTER)
            irc_say(i, PRIO_NOW, "QUIT", "Connecting anew", NULL);
        irc_end(i, KITH_OK, again ? KITH_RETRY_NOW : KITH_RETRY_NEVER, 0, "%s",
                again ? "Connecting anew." : "Disconnected.");
        return KITH_OK;
    }
    const char *own = irc_option(i, "quit_message");
    irc_queue_clear(i);
    irc_say(i, PRIO_NOW, "QUIT", !str_empty(text) ? text : own ? own : "kith", NULL);
    i->phase = IRC_CLOSING;
    irc_state(i, KITH_STATE_CLOSING, i->server, CLOSE_MS * 2);
    irc_timer(i, TIMER_PHASE, CLOSE_MS);
    return KITH_OK;
}

/* ---- lines ---- */

static void on_line(void *user, char *text, size_t len)
{
    struct irc *i = user;
    struct irc_line l;
    if (i->ending || !irc_line_parse(&l, text, len))
        return;
    irc_batch_enter(i, &l);
    irc_dispatch(i, &l);
    i->batch = NULL;
    i->label = NULL;
}

void irc_data(struct irc *i, const char *data, size_t len)
{
    if (i->phase < IRC_REGISTER || i->ending)
        return;
    i->heard_ms = irc_mono(i);
    i->pinged_ms = 0;
    irc_input_feed(&i->input, data, len, &i->charset, on_line, i);
}

/* ---- time ---- */

static void phase_over(struct irc *i)
{
    if (i->phase == IRC_CLOSING)
        irc_end(i, KITH_OK, KITH_RETRY_NEVER, 0, "Disconnected.");
    else if (i->pass_kept)
        irc_pass_kept(i);
    else if (irc_enroll_holds(i))
        irc_end(i, KITH_ECANCELED, KITH_RETRY_AUTO, 0, "The questions about a new account on %s were not answered in time. "
                                                        "/register asks them again.", i->server);
    else if (i->phase == IRC_REGISTER || i->phase == IRC_WELCOME)
        irc_end(i, KITH_ENET, KITH_RETRY_AUTO, 0, "%s did not let us in for %d seconds.", i->server,
                IRC_REGISTER_MS / 1000);
}

static void run_timer(struct irc *i, enum irc_timer t)
{
    switch (t) {
    case TIMER_PHASE:
        phase_over(i);
        break;
    case TIMER_LAG:
        irc_lag_tick(i);
        break;
    case TIMER_FLOOD:
        irc_queue_run(i);
        break;
    case TIMER_QUERY:
        irc_queries_tick(i);
        break;
    case TIMER_BATCH:
        irc_batches_tick(i);
        break;
    case TIMER_NICK:
        irc_nick_tick(i);
        break;
    case TIMER_LOGIN:
        irc_login_tick(i);
        break;
    case TIMER_MARK:
        irc_mark_tick(i);
        break;
    case TIMER_ROOMS:
        irc_rooms_tick(i);
        break;
    case TIMER_HISTORY:
        irc_history_tick(i);
        break;
    case TIMER_FRIENDS:
        irc_friends_tick(i);
        break;
    case TIMER_END:
    case TIMER_COUNT:
        break;
    }
}

void irc_tick(struct irc *i)
{
    int64_t now = irc_mono(i);
    for (size_t t = 0; t < TIMER_COUNT; t++) {
        if (!i->timers[t] || i->timers[t] > now)
            continue;
        i->timers[t] = 0;
        if (!i->ending || t == TIMER_END)
            run_timer(i, (enum irc_timer)t);
    }
    if (i->ending && i->phase != IRC_IDLE)
        settle(i, true);
    else
        irc_timer(i, TIMER_END, -1); /* tells the outside when the next is due */
}
