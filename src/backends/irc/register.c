/* backends/irc/register.c - from the first byte to the rooms: nick, welcome, ISUPPORT, connect commands, the nick we want */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ledger.h"
#include "base/mem.h"
#include "base/rand.h"

enum { REGAIN_MS = 30000, BANNED_WAIT_MS = 600000, THROTTLED_WAIT_MS = 60000, COMMANDS_MAX = 32, REASON_MAX = 300 };

/* ---- NICK, USER ---- */

static void send_nick_user(struct irc *i)
{
    const char *user = irc_option(i, "username"), *real = irc_option(i, "realname");
    irc_say(i, PRIO_NOW, "NICK", i->nick, NULL);
    irc_say(i, PRIO_NOW, "USER", user ? user : i->wish, "0", "*", real ? real : i->wish, NULL);
}

void irc_register_go(struct irc *i)
{
    irc_cap_begin(i);
    send_nick_user(i);
}

/* A name is not looked up: only what can be nothing else is this machine. */
static bool on_this_machine(const char *host)
{
    return str_starts(host, "127.") || str_eq(host, "::1") || str_casecmp_ascii(host, "localhost") == 0;
}

void irc_pass_kept(struct irc *i)
{
    if (i->pass_kept && i->phase == IRC_REGISTER && !i->ending)
        irc_end(i, KITH_EAUTH, KITH_RETRY_NEVER, 0,
                "The password of the server was not sent, for the connection is not encrypted. Set tls = \"yes\", or "
                "allow_plain = true to send it anyway.");
}

/* In the open the password would be gone before the server could say that it has a secure port (STS): that is asked first. */
void irc_register_begin(struct irc *i)
{
    i->pass_kept = false;
    if (!irc_option_on(i, "needs_server_password")) {
        irc_register_go(i);
        return;
    }
    if (!i->secure && !irc_option_on(i, "allow_plain") && !on_this_machine(i->server)) {
        i->pass_kept = true;
        irc_cap_begin(i);
        return;
    }
    if (i->io.secret(i->io.user, "server_password", "The server's password") < 0)
        irc_register_go(i);
}

void irc_secret(struct irc *i, const char *key, int err, const char *value)
{
    if (i->phase < IRC_REGISTER || i->ending)
        return;
    if (str_eq(key, "server_password")) {
        if (err < 0 || str_empty(value))
            irc_end(i, KITH_EAUTH, KITH_RETRY_NEVER, 0, "The server's password was not given.");
        else if (irc_say(i, PRIO_NOW, "PASS", value, NULL))
            irc_register_go(i);
        return;
    }
    if (irc_sasl_busy(i))
        irc_sasl_secret(i, err, value);
    else
        irc_nickserv_secret(i, err, value);
}

/* ---- nicks that are taken ---- */

/* The n-th other nick, owned: those of the option alt_nicks, then our wish with signs behind it. */
static char *other_nick(const struct irc *i, int n)
{
    const char *alt = irc_option(i, "alt_nicks");
    int at = 0;
    for (const char *p = alt; p && *p;) {
        size_t len = strcspn(p, ", ");
        if (len && at++ == n)
            return xstrndup(p, len);
        p += len;
        p += strspn(p, ", ");
    }
    int max = i->is.nicklen > 0 ? i->is.nicklen : 30;
    if (n - at < 3)
        return xasprintf("%.*s%.*s", max - (n - at + 1), i->wish, n - at + 1, "___");
    return xasprintf("%.*s%04u", MAX(1, max - 4), i->wish, (unsigned)rand_below(10000));
}

static void next_nick(struct irc *i, const char *why)
{
    if (i->nick_tries >= IRC_NICK_TRIES) {
        irc_end(i, KITH_ECONFLICT, KITH_RETRY_AUTO, 0, "No nick could be had: %.*s", IRC_CUT(why, REASON_MAX));
        return;
    }
    char *nick = other_nick(i, i->nick_tries++);
    str_take(&i->nick, nick);
    irc_say(i, PRIO_NOW, "NICK", i->nick, NULL);
}

static void nick_refused(struct irc *i, const struct irc_line *l, int err)
{
    const char *why = l->n > 1 ? l->params[l->n - 1] : "taken";
    if (i->phase == IRC_REGISTER) {
        next_nick(i, why);
        return;
    }
    struct irc_query *q = irc_query_find(i, ASK_NICK, NULL);
    if (q && q->req)
        irc_query_end(i, q, err, why);
    else if (q)
        irc_query_end(i, q, err, NULL); /* our own try: again later */
}

void irc_on_nick_taken(struct irc *i, const struct irc_line *l)
{
    if (l->numeric == 437 && irc_is_room(i, irc_param(l, 1)))
        irc_on_join_refused(i, l);
    else
        nick_refused(i, l, KITH_ECONFLICT);
}

void irc_on_nick_wrong(struct irc *i, const struct irc_line *l)
{
    nick_refused(i, l, KITH_EINVAL);
}

static bool wish_granted(const struct irc *i)
{
    return irc_behind_bouncer(i) || irc_same(i->is.casemap, i->nick, i->wish);
}

void irc_nick_tick(struct irc *i)
{
    if (!irc_online(i) || wish_granted(i))
        return;
    irc_ask(i, PRIO_QUERY, irc_query_new(i, ASK_NICK, i->wish, 0), "NICK", i->wish, NULL);
    irc_timer(i, TIMER_NICK, REGAIN_MS);
}

/* ---- welcome ---- */

static void tell_self(struct irc *i)
{
    char *address = xasprintf("%s@%s", i->wish, i->server);
    struct kith_ev_self ev = {
        .ev = {sizeof ev, KITH_EV_SELF, 0, 0}, .address = address, .name = i->nick};
    irc_emit(i, &ev.ev);
    free(address);
}

void irc_own_nick(struct irc *i, const char *nick)
{
    if (str_empty(nick))
        return;
    str_set(&i->nick, nick);
    tell_self(i);
    irc_timer(i, TIMER_NICK, wish_granted(i) || !i->welcomed ? -1 : REGAIN_MS);
}

void irc_on_welcome(struct irc *i, const struct irc_line *l)
{
    if (i->phase != IRC_REGISTER || irc_sasl_missing(i))
        return;
    if (irc_option(i, "bouncer_network") && !(irc_cap(i, CAP_BOUNCER) && i->cap_ended)) {
        irc_end(i, KITH_EUNSUP, KITH_RETRY_NEVER, 0,
                "%s has no networks of a bouncer, so network %s cannot be chosen (option bouncer_network).", i->server,
                irc_option(i, "bouncer_network"));
        return;
    }
    i->phase = IRC_WELCOME;
    i->welcomed = true;
    irc_isupport_reset(i);
    irc_own_nick(i, irc_name_ok(irc_param(l, 0)) ? irc_param(l, 0) : i->nick);
    irc_state(i, KITH_STATE_SYNC, i->server, 0);
    irc_history_welcome(i);
}

void irc_isupport_forget(struct irc *i)
{
    enum irc_casemap was = i->is.casemap;
    irc_isupport_free(&i->is);
    irc_isupport_init(&i->is);
    if (i->is.casemap != was)
        irc_rooms_recase(i);
}

void irc_isupport_reset(struct irc *i)
{
    if (!irc_cap(i, CAP_ISUPPORT)) /* else it was told before */
        irc_isupport_forget(i);
}

/* Servers without capabilities may still tell all signs of a nick, and hosts, in NAMES: when asked, before any JOIN. */
static void ask_for_names(struct irc *i)
{
    bool signs = irc_isupport_get(&i->is, "NAMESX") && !irc_cap(i, CAP_MULTI_PREFIX);
    bool hosts = irc_isupport_get(&i->is, "UHNAMES") && !irc_cap(i, CAP_USERHOST);
    if (i->joined_all || (!signs && !hosts))
        return;
    if (signs)
        irc_say(i, PRIO_NOW, "PROTOCTL", "NAMESX", NULL);
    if (hosts)
        irc_say(i, PRIO_NOW, "PROTOCTL", "UHNAMES", NULL);
}

void irc_on_isupport(struct irc *i, const struct irc_line *l)
{
    unsigned changed = 0;
    char was[IRC_PREFIXES_MAX + 1];
    bool watched = i->is.monitor != 0;
    str_copy(was, sizeof was, i->is.prefix_modes);
    for (int n = 1; n < l->n - 1; n++)
        changed |= irc_isupport_token(&i->is, l->params[n]);
    const char *network = irc_isupport_get(&i->is, "NETWORK");
    if (!str_empty(network))
        str_set(&i->network, network);
    if (changed & IRC_ISUPPORT_CASEMAP)
        irc_rooms_recase(i);
    if ((changed & IRC_ISUPPORT_PREFIX) && !str_eq(was, i->is.prefix_modes))
        irc_rooms_rerank(i, was);
    if (i->phase != IRC_ONLINE)
        return;
    irc_send_caps(i);
    if (i->is.monitor && !watched && i->joined_all)
        irc_friends_online(i);
}

static void own_commands(struct irc *i)
{
    const char *all = irc_option(i, "commands");
    for (int n = 0; all && *all && n < COMMANDS_MAX; n++) {
        all += strspn(all, "; \n");
        size_t len = strcspn(all, ";\n");
        char *one = xstrndup(all, len), *nick = strstr(one, "$nick");
        all += len;
        char *line = nick ? xasprintf("%.*s%s%s", (int)(nick - one), one, i->nick, nick + 5) : xstrdup(one);
        if (*line)
            irc_raw(i, line[0] == '/' ? line + 1 : line);
        free(line);
        free(one);
    }
}

/* Logged in (or not to be), and the message of the day is over. */
static void join_when_ready(struct irc *i)
{
    if (i->joined_all || !i->motd_seen || !i->login_done)
        return;
    i->joined_all = true;
    own_commands(i);
    irc_rooms_join_all(i);
    irc_friends_online(i);
    irc_enroll_online(i);
    irc_bouncer_online(i);
    irc_history_online(i);
}

void irc_login_over(struct irc *i)
{
    i->login_done = true;
    irc_timer(i, TIMER_LOGIN, -1);
    join_when_ready(i);
}

static void online(struct irc *i)
{
    i->phase = IRC_ONLINE;
    i->online_ms = irc_mono(i);
    irc_timer(i, TIMER_PHASE, -1);
    irc_timer(i, TIMER_LAG, IRC_LAG_MS);
    irc_timer(i, TIMER_NICK, wish_granted(i) ? -1 : REGAIN_MS);
    irc_send_caps(i);
    irc_state(i, KITH_STATE_ONLINE, i->server, 0);
    if (i->away && !irc_cap(i, CAP_PRE_AWAY)) /* with it, that was said before the welcome */
        irc_say(i, PRIO_QUERY, "AWAY", i->away, NULL);
}

void irc_on_motd_end(struct irc *i, const struct irc_line *l UNUSED)
{
    if (i->phase != IRC_WELCOME)
        return;
    ask_for_names(i);
    i->motd_seen = true;
    online(i);
    if (i->login_done)
        join_when_ready(i);
    else if (!irc_nickserv_begin(i))
        irc_login_over(i);
}

void irc_on_own_host(struct irc *i, const struct irc_line *l)
{
    const char *host = irc_param(l, 1), *at = strrchr(host, '@');
    if (at)
        str_take(&i->user, xstrndup(host, (size_t)(at - host)));
    if (l->n > 1)
        str_set(&i->host, at ? at + 1 : host);
}

/* ---- the line itself ---- */

void irc_on_ping(struct irc *i, const struct irc_line *l)
{
    if (l->n > 0)
        irc_put_line(i, PRIO_NOW, NULL, NULL, "PONG", (const char *const[]){l->params[l->n - 1]}, 1);
}

void irc_on_pong(struct irc *i, const struct irc_line *l)
{
    const char *word = l->n > 0 ? l->params[l->n - 1] : "";
    int64_t n = 0;
    if (strcmp(word, "kith-lag") == 0)
        irc_lag_pong(i);
    if (str_starts(word, "kith-f") && str_int(word + 6, 1, INT64_MAX, &n))
        irc_ledger_pong(i, (uint64_t)n);
}

/* How long the words of an ERROR ask us to stay away; 0 = they do not. */
static int64_t stay_away_ms(const char *why)
{
    static const struct { const char *words; int64_t ms; } rows[] = {
        {"k-line", BANNED_WAIT_MS}, {"g-line", BANNED_WAIT_MS}, {"z-line", BANNED_WAIT_MS}, {"banned", BANNED_WAIT_MS},
        {"throttle", THROTTLED_WAIT_MS}, {"connect too fast", THROTTLED_WAIT_MS},
        {"connecting too fast", THROTTLED_WAIT_MS}};
    for (size_t n = 0; n < COUNT(rows); n++) {
        if (strcasestr(why, rows[n].words))
            return rows[n].ms;
    }
    return 0;
}

void irc_on_error_line(struct irc *i, const struct irc_line *l)
{
    const char *why = irc_param(l, 0);
    if (i->phase == IRC_CLOSING) {
        irc_end(i, KITH_OK, KITH_RETRY_NEVER, 0, "Disconnected.");
        return;
    }
    if (strstr(why, "Excess Flood"))
        i->flood_slow = MIN(i->flood_slow + 1, 3);
    int64_t wait = stay_away_ms(why);
    irc_end(i, wait >= BANNED_WAIT_MS ? KITH_EDENIED : KITH_ENET, KITH_RETRY_AUTO, wait,
            "%s closed the connection: %.*s", i->server, IRC_CUT(*why ? why : "no reason given", REASON_MAX));
}

void irc_on_banned(struct irc *i, const struct irc_line *l)
{
    irc_end(i, KITH_EDENIED, KITH_RETRY_AUTO, BANNED_WAIT_MS, "%s does not let us in: %.*s", i->server,
            IRC_CUT(l->n > 1 ? l->params[l->n - 1] : "banned", REASON_MAX));
}

void irc_on_not_registered(struct irc *i, const struct irc_line *l)
{
    if (i->phase == IRC_REGISTER) { /* to CAP, of a server that does not know it: 001 will come */
        i->cap_none = true;
        irc_pass_kept(i);
    } else {
        irc_on_error_numeric(i, l);
    }
}
