/* backends/irc/plugin.c - the plugin's descriptor, options and tables; the core's outside filled from the host */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/ops.h"
#include "base/mem.h"

static const struct kith_host *host; /* set once by load(), valid until the process ends */

struct waiting { struct session *s; char key[32]; };
struct session {
    struct irc *irc;
    struct kith_account *acct;
    struct kith_stream *stream;
    bool tls;
    int timer;
    int64_t timer_at;
    struct waiting secrets[4]; /* that the host has not answered yet */
};

struct irc *irc_of(struct kith_session *s)
{
    return ((struct session *)s)->irc; /* the same object under its public name */
}

/* ---- the core's outside ---- */

static void on_open(void *user, const struct kith_stream_info *info)
{
    struct session *s = user;
    irc_opened(s->irc, s->tls && info->tls);
}

static size_t on_data(void *user, const void *data, size_t len)
{
    irc_data(((struct session *)user)->irc, data, len);
    return len;
}

static void on_closed(void *user, int err, const char *text)
{
    struct session *s = user;
    s->stream = NULL;
    irc_closed(s->irc, err, text);
}

static const struct kith_stream_cb stream_cb = {
    .size = sizeof stream_cb, .open = on_open, .data = on_data, .closed = on_closed};

static int io_connect(void *user, const struct irc_where *w)
{
    struct session *s = user;
    struct kith_stream_params p = {.size = sizeof p,
                                   .tls = w->tls ? KITH_TLS_DIRECT : KITH_TLS_NONE,
                                   .host = w->host,
                                   .port = w->port,
                                   .cert_file = w->tls ? w->cert_file : NULL};
    s->tls = w->tls;
    int rc = host->stream_open(s->acct, &p, &stream_cb, s, &s->stream);
    if (rc < 0)
        s->stream = NULL;
    return rc;
}

static void io_close(void *user)
{
    struct session *s = user;
    if (s->stream)
        host->stream_close(s->stream);
    s->stream = NULL;
}

static int io_write(void *user, const char *data, size_t len)
{
    struct session *s = user;
    return s->stream ? host->stream_write(s->stream, data, len) : KITH_EOFFLINE;
}

static uint64_t io_emit(void *user, const struct kith_event *ev)
{
    return host->emit(((struct session *)user)->acct, ev);
}

static void io_log(void *user, uint32_t level, const char *line)
{
    host->log(((struct session *)user)->acct, level, line);
}

static int64_t io_mono(void *user UNUSED)
{
    return host->mono_ms();
}

static int64_t io_wall(void *user UNUSED)
{
    return host->wall_ms();
}

static void on_timer(void *user)
{
    struct session *s = user;
    s->timer = 0;
    s->timer_at = 0;
    irc_tick(s->irc);
}

static void io_wake_at(void *user, int64_t mono_ms)
{
    struct session *s = user;
    if (s->timer_at == mono_ms)
        return;
    if (s->timer)
        host->timer_del(s->timer);
    s->timer = 0;
    s->timer_at = mono_ms;
    if (mono_ms)
        s->timer = host->timer_add(MAX(0, mono_ms - host->mono_ms()), on_timer, s);
}

static const char *io_option(void *user, const char *key)
{
    return host->option(((struct session *)user)->acct, key);
}

static void on_secret(void *user, int err, const char *value)
{
    struct waiting *w = user;
    char key[sizeof w->key];
    memcpy(key, w->key, sizeof key);
    w->key[0] = '\0';
    irc_secret(w->s->irc, key, err, value);
}

static int io_secret(void *user, const char *key, const char *why)
{
    struct session *s = user;
    struct waiting *w = NULL;
    for (size_t n = 0; n < COUNT(s->secrets); n++) {
        if (str_eq(s->secrets[n].key, key))
            return KITH_OK; /* asked already: that answer will do */
        if (!s->secrets[n].key[0] && !w)
            w = &s->secrets[n];
    }
    if (!w)
        return KITH_EBUSY;
    w->s = s;
    str_copy(w->key, sizeof w->key, key);
    int rc = host->secret(s->acct, key, why, on_secret, w);
    if (rc < 0)
        w->key[0] = '\0';
    return rc;
}

static void io_secret_wrong(void *user, const char *key)
{
    host->secret_wrong(((struct session *)user)->acct, key);
}

static int io_state_get(void *user, const char *key, void *out, size_t cap)
{
    return host->state_get(((struct session *)user)->acct, key, out, cap);
}

static int io_state_set(void *user, const char *key, const void *data, size_t len)
{
    return host->state_set(((struct session *)user)->acct, key, data, len);
}

/* ---- core operations ---- */

static int op_open(struct kith_session **out, struct kith_account *acct)
{
    const char *address = host->option(acct, "address"), *server = host->option(acct, "host");
    const char *at = address ? strrchr(address, '@') : NULL;
    if (str_empty(server) && (str_empty(address) || (at && !at[1]))) {
        host->log(acct, KITH_ERROR, "An IRC account needs an address like nick@irc.example.org.");
        return KITH_EINVAL;
    }
    struct session *s = xcalloc(1, sizeof *s);
    s->acct = acct;
    const struct irc_io io = {s,           io_connect, io_close,     io_write,  io_emit,
                              io_log,      io_mono,    io_wall,      io_wake_at, io_option,
                              io_secret,   io_secret_wrong, io_state_get, io_state_set};
    s->irc = irc_new(&io);
    *out = (struct kith_session *)s;
    return KITH_OK;
}

static void op_close(struct kith_session *session)
{
    struct session *s = (struct session *)session;
    irc_free(s->irc);
    if (s->timer)
        host->timer_del(s->timer);
    free(s);
}

static int op_connect(struct kith_session *s)
{
    return irc_connect(irc_of(s));
}

static int op_disconnect(struct kith_session *s, uint32_t reason, const char *text)
{
    return irc_disconnect(irc_of(s), reason, text);
}

static int op_send(struct kith_session *s, const struct kith_send *m)
{
    return irc_op_send(irc_of(s), m);
}

static int op_unsend(struct kith_session *s, const char *chat, const char *id)
{
    return irc_op_unsend(irc_of(s), chat, id);
}

static int op_presence(struct kith_session *s, uint32_t show, const char *text)
{
    return irc_op_presence(irc_of(s), show, text);
}

static int op_typing(struct kith_session *s, const char *chat, uint32_t state, const char *live UNUSED)
{
    return irc_op_typing(irc_of(s), chat, state);
}

static int op_mark_read(struct kith_session *s, const char *chat, const char *id, const char *archive_id)
{
    return irc_op_mark_read(irc_of(s), chat, id, archive_id);
}

static int op_answer(struct kith_session *s, uint64_t ask, const struct kith_answer *a)
{
    return irc_op_answer(irc_of(s), ask, a);
}

static int op_normalize(struct kith_session *s, const char *in, kith_req req)
{
    return irc_op_normalize(irc_of(s), in, req);
}

static void op_committed(struct kith_session *s, uint64_t number)
{
    irc_committed(irc_of(s), number);
}

static void op_wake(struct kith_session *s)
{
    irc_wake(irc_of(s));
}

static const struct kith_core_ops core_ops = {
    .size = sizeof core_ops,
    .open = op_open,
    .close = op_close,
    .connect = op_connect,
    .disconnect = op_disconnect,
    .send = op_send,
    .presence = op_presence,
    .typing = op_typing,
    .mark_read = op_mark_read,
    .answer = op_answer,
    .normalize = op_normalize,
    .committed = op_committed,
    .wake = op_wake,
    .unsend = op_unsend,
};

/* ---- groups ---- */

static int op_friend_add(struct kith_session *s, const char *address, const char *name, const char *const *groups UNUSED,
                         size_t n UNUSED, const char *text UNUSED, kith_req req)
{
    return irc_op_friend_add(irc_of(s), address, name, req);
}

static int op_friend_update(struct kith_session *s, const char *address, const char *name,
                            const char *const *groups UNUSED, size_t n UNUSED, kith_req req)
{
    return irc_op_friend_update(irc_of(s), address, name, req);
}

static int op_friend_remove(struct kith_session *s, const char *address, kith_req req)
{
    return irc_op_friend_remove(irc_of(s), address, req);
}

static int op_friend_authorize(struct kith_session *s UNUSED, const char *address UNUSED, int allow UNUSED,
                               kith_req req UNUSED)
{
    return KITH_EUNSUP;
}

static const struct kith_roster_ops roster_ops = {.size = sizeof roster_ops,
                                                  .add = op_friend_add,
                                                  .update = op_friend_update,
                                                  .remove = op_friend_remove,
                                                  .authorize = op_friend_authorize};

static int op_join(struct kith_session *s, const char *room, const char *nick UNUSED, const char *secret, kith_req req)
{
    return irc_op_join(irc_of(s), room, secret, req);
}

static int op_leave(struct kith_session *s, const char *room, const char *text, kith_req req)
{
    return irc_op_leave(irc_of(s), room, text, req);
}

static int op_topic(struct kith_session *s, const char *room, const char *text, kith_req req)
{
    return irc_op_topic(irc_of(s), room, text, req);
}

static int op_nick(struct kith_session *s, const char *room UNUSED, const char *nick, kith_req req)
{
    return irc_op_nick(irc_of(s), nick, req);
}

static int op_list(struct kith_session *s, const char *where, const char *pattern, const char *cursor UNUSED, kith_req req)
{
    return irc_op_list(irc_of(s), where, pattern, req);
}

static int op_invite(struct kith_session *s, const char *room, const char *who, const char *text UNUSED, kith_req req)
{
    return irc_op_invite(irc_of(s), room, who, req);
}

static int op_remove(struct kith_session *s, const char *room, const char *who, uint32_t how, const char *text,
                     kith_req req)
{
    return irc_op_remove(irc_of(s), room, who, how, text, req);
}

static int op_role(struct kith_session *s, const char *room, const char *who, uint32_t role, const char *text UNUSED,
                   kith_req req)
{
    return irc_op_role(irc_of(s), room, who, role, req);
}

static int op_affiliated(struct kith_session *s, const char *room, uint32_t role, kith_req req)
{
    return irc_op_affiliated(irc_of(s), room, role, req);
}

static int op_keep(struct kith_session *s, const char *room, uint32_t flags, kith_req req)
{
    return irc_op_keep(irc_of(s), room, flags, req);
}

static const struct kith_room_ops room_ops = {.size = sizeof room_ops,
                                              .join = op_join,
                                              .leave = op_leave,
                                              .topic = op_topic,
                                              .nick = op_nick,
                                              .list = op_list,
                                              .invite = op_invite,
                                              .remove = op_remove,
                                              .role = op_role,
                                              .affiliated = op_affiliated,
                                              .keep = op_keep};

static int op_fetch(struct kith_session *s, const struct kith_history_fetch *f, kith_req req)
{
    return irc_op_fetch(irc_of(s), f, req);
}

static const struct kith_history_ops history_ops = {.size = sizeof history_ops, .fetch = op_fetch};

static int op_retract(struct kith_session *s, const char *chat, const char *target, const char *text, const char *id)
{
    return irc_op_retract(irc_of(s), chat, target, text, id);
}

static int op_react(struct kith_session *s, const char *chat, const char *target, const char *const *list, size_t n,
                    const char *id)
{
    return irc_op_react(irc_of(s), chat, target, list, n, id);
}

static const struct kith_change_ops change_ops = {.size = sizeof change_ops, .retract = op_retract, .react = op_react};

static int op_info(struct kith_session *s, const char *address, kith_req req)
{
    return irc_op_info(irc_of(s), address, req);
}

static const struct kith_directory_ops directory_ops = {.size = sizeof directory_ops, .info = op_info};

/* ---- tables ---- */

#define OPTION(k, t, def, f, h)                                                                                        \
    {                                                                                                                  \
        .size = sizeof(struct kith_option), .flags = (f), .key = (k), .type = (t), .fallback = (def), .help = (h)      \
    }

static const struct kith_option options[] = {
    OPTION("login", "string", NULL, 0, "The account to log in to (SASL, else NickServ); without it nothing is logged in to."),
    OPTION("password", "string", NULL, KITH_OPT_SECRET, "The password of that account; better given by password_command or when asked."),
    OPTION("join", "string", NULL, KITH_OPT_SUB, "Channels to join, with commas between; a key goes behind the name: \"#a, #b key\"."),
    OPTION("nick", "string", NULL, KITH_OPT_ADVANCED, "The nick, where it is not the part of the address before the @."),
    OPTION("alt_nicks", "string", NULL, KITH_OPT_ADVANCED, "Nicks to take while the first one is taken, with commas between."),
    OPTION("username", "string", NULL, KITH_OPT_ADVANCED, "The user name (ident) shown to others; by default the nick."),
    OPTION("realname", "string", NULL, KITH_OPT_ADVANCED, "The real name shown to others; by default the nick."),
    OPTION("host", "string", NULL, KITH_OPT_ADVANCED, "Connect to this host instead of the part of the address behind the @."),
    OPTION("port", "int", NULL, KITH_OPT_ADVANCED, "Connect to this port; by default 6697, in clear 6667."),
    OPTION("tls", "choice:yes|no", "yes", KITH_OPT_ADVANCED, "Encrypt the connection; a server that once asked for it always gets it."),
    OPTION("certificate", "file", NULL, KITH_OPT_ADVANCED, "Client certificate with its key (PEM), to log in with it (CertFP, SASL EXTERNAL)."),
    OPTION("ecdsa_key", "file", NULL, KITH_OPT_ADVANCED, "EC key (PEM) to log in with (SASL ECDSA-NIST256P-CHALLENGE)."),
    OPTION("sasl", "choice:auto|external|ecdsa|scram-sha-256|plain|none", "auto", KITH_OPT_ADVANCED,
           "How to log in; auto takes the safest way that both sides have, none neither SASL nor NickServ."),
    OPTION("sasl_required", "bool", "false", KITH_OPT_ADVANCED, "Do not stay on the server without being logged in."),
    OPTION("allow_plain", "bool", "false", KITH_OPT_ADVANCED, "Send the password over a connection that is not encrypted."),
    OPTION("nickserv", "string", "NickServ", KITH_OPT_ADVANCED, "The service to log in with where there is no SASL."),
    OPTION("needs_server_password", "bool", "false", KITH_OPT_ADVANCED, "The server itself (or bouncer) wants a password: server_password."),
    OPTION("server_password", "string", NULL, KITH_OPT_SECRET | KITH_OPT_ADVANCED, "The password of the server itself (PASS)."),
    OPTION("commands", "string", NULL, KITH_OPT_ADVANCED | KITH_OPT_SUB, "Lines to send once connected, with semicolons between; $nick is our nick."),
    OPTION("encoding", "string", "windows-1252", KITH_OPT_ADVANCED, "What lines are taken for that are not UTF-8: a name that iconv knows, or utf-8."),
    OPTION("send_encoding", "string", "utf-8", KITH_OPT_ADVANCED, "What your lines are written in; only for a network where all use it."),
    OPTION("formatting", "bool", "true", KITH_OPT_ADVANCED, "Send bold, colours and spoilers as the codes that IRC clients know."),
    OPTION("ctcp", "bool", "true", KITH_OPT_ADVANCED, "Answer to VERSION, PING, TIME and CLIENTINFO of others."),
    OPTION("fast", "bool", "false", KITH_OPT_ADVANCED, "Do not slow down what is sent; for servers of your own."),
    OPTION("ban_mask", "choice:account|host|nick", "account", KITH_OPT_ADVANCED,
           "What a ban names: the account where there is one and the server can ban it, else the host; or the nick."),
    OPTION("rejoin_on_kick", "bool", "false", KITH_OPT_ADVANCED, "Join a channel again, once, after being removed from it."),
    OPTION("quit_message", "string", NULL, KITH_OPT_ADVANCED, "What others see when you disconnect."),
    OPTION("part_message", "string", NULL, KITH_OPT_ADVANCED, "What others see when you leave a channel."),
    OPTION("bouncer_network", "string", NULL, KITH_OPT_ADVANCED | KITH_OPT_SUB,
           "Of a bouncer (soju): the number of the network that this account is; without it each gets an account of its own."),
    OPTION("caps_off", "string", NULL, KITH_OPT_ADVANCED, "Capabilities of the server not to use, with commas between."),
};

static const struct kith_protocol protocol = {
    .size = sizeof protocol,
    .id = "irc",
    .label = "IRC",
    .address_hint = "nick@irc.example.org",
    .core = &core_ops,
    .roster = &roster_ops,
    .rooms = &room_ops,
    .history = &history_ops,
    .change = &change_ops,
    .directory = &directory_ops,
    .options = options,
    .n_options = COUNT(options),
    .commands = irc_commands,
    .n_commands = IRC_COMMANDS,
    .flags = KITH_PROTOCOL_NICKS,
};
static const struct kith_protocol *const protocols[] = {&protocol};

static int load(const struct kith_host *h)
{
    host = h;
    return KITH_OK;
}

static void unload(void)
{
    host = NULL;
}

static const struct kith_plugin plugin = {
    .size = sizeof plugin,
    .abi_major = KITH_ABI_MAJOR,
    .abi_minor = KITH_ABI_MINOR,
    .id = "irc",
    .version = KITH_VERSION,
    .license = "GPL-3.0-or-later",
    .summary = "IRC with IRCv3",
    .protocols = protocols,
    .n_protocols = COUNT(protocols),
    .load = load,
    .unload = unload,
};

KITH_PLUGIN_EXPORT const struct kith_plugin *kith_plugin_v0(void);
const struct kith_plugin *kith_plugin_v0(void)
{
    return &plugin;
}
