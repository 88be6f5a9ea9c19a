/* backends/xmpp/plugin.c - the plugin's descriptor, options and table of operations */
#include <signal.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/commands.h"
#include "backends/xmpp/files.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/x.h"

static const struct kith_host *host;

const struct kith_host *x_the_host(void)
{
    return host;
}

static struct x *of(struct kith_session *s)
{
    return (struct x *)s; /* the same object under its public name */
}

/* ---- core ---- */

static int op_open(struct kith_session **out, struct kith_account *acct)
{
    struct err e = {0};
    struct x *x = x_new(acct, &e);
    if (!x) {
        host->log(acct, KITH_ERROR, e.text);
        return e.code;
    }
    *out = (struct kith_session *)x;
    x_attach(x);
    return KITH_OK;
}

static void op_close(struct kith_session *s)
{
    x_free(of(s));
}

static int op_connect(struct kith_session *s)
{
    return link_open(of(s));
}

static int op_disconnect(struct kith_session *s, uint32_t reason, const char *text)
{
    struct x *x = of(s);
    if (reason != KITH_REASON_RESTART)
        files_stop(x, "You disconnected.");
    if (x->phase == PHASE_IDLE)
        return KITH_EOFFLINE;
    if (reason == KITH_REASON_RESTART) { /* the server keeps the session: no end of the stream */
        link_end(x, KITH_OK, KITH_RETRY_NOW, "Connecting anew.");
        return KITH_OK;
    }
    link_close_politely(x, text);
    return KITH_OK;
}

static int op_send(struct kith_session *s, const struct kith_send *m)
{
    return x_online(of(s)) ? im_send(of(s), m) : KITH_EOFFLINE;
}

static int op_presence(struct kith_session *s, uint32_t show, const char *text)
{
    return im_presence(of(s), show, text);
}

static int op_typing(struct kith_session *s, const char *chat, uint32_t state, const char *live)
{
    return x_online(of(s)) ? im_typing(of(s), chat, state, live) : KITH_EOFFLINE;
}

static int op_mark_read(struct kith_session *s, const char *chat, const char *id,
                        const char *archive_id)
{
    return x_online(of(s)) ? im_mark_read(of(s), chat, id, archive_id) : KITH_EOFFLINE;
}

static int op_answer(struct kith_session *s, uint64_t ask, const struct kith_answer *a)
{
    return x_answer(of(s), ask, a);
}

static int op_normalize(struct kith_session *s, const char *in, kith_req req)
{
    return im_normalize(of(s), in, req);
}

static void op_committed(struct kith_session *s, uint64_t number)
{
    struct x *x = of(s);
    sm_committed(x, number);
    for (size_t i = 0; x_features[i]; i++)
        if (x_features[i]->committed)
            x_features[i]->committed(x, number);
}

static void op_wake(struct kith_session *s)
{
    link_wake(of(s));
}

static void op_watched(struct kith_session *s, int watched)
{
    csi_watched(of(s), watched != 0);
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
    .watched = op_watched,
};

/* ---- groups ---- */

static int op_roster_add(struct kith_session *s, const char *address, const char *name,
                         const char *const *groups, size_t n, const char *text, kith_req req)
{
    return x_online(of(s)) ? roster_add(of(s), address, name, groups, n, text, req) : KITH_EOFFLINE;
}

static int op_roster_update(struct kith_session *s, const char *address, const char *name,
                            const char *const *groups, size_t n, kith_req req)
{
    return x_online(of(s)) ? roster_update(of(s), address, name, groups, n, req) : KITH_EOFFLINE;
}

static int op_roster_remove(struct kith_session *s, const char *address, kith_req req)
{
    return x_online(of(s)) ? roster_remove(of(s), address, req) : KITH_EOFFLINE;
}

static int op_roster_authorize(struct kith_session *s, const char *address, int allow, kith_req req)
{
    return x_online(of(s)) ? roster_authorize(of(s), address, allow, req) : KITH_EOFFLINE;
}

static const struct kith_roster_ops roster_ops = {
    .size = sizeof roster_ops,
    .add = op_roster_add,
    .update = op_roster_update,
    .remove = op_roster_remove,
    .authorize = op_roster_authorize,
};

static int op_room_join(struct kith_session *s, const char *room, const char *nick,
                        const char *secret, kith_req req)
{
    return muc_join(of(s), room, nick, secret, req);
}

static int op_room_leave(struct kith_session *s, const char *room, const char *text, kith_req req)
{
    int rc = muc_leave(of(s), room, text, req);
    if (rc >= 0)
        bookmarks_left(of(s), room);
    return rc;
}

static int op_room_topic(struct kith_session *s, const char *room, const char *text, kith_req req)
{
    return x_online(of(s)) ? muc_topic(of(s), room, text, req) : KITH_EOFFLINE;
}

static int op_room_nick(struct kith_session *s, const char *room, const char *nick, kith_req req)
{
    return muc_nick(of(s), room, nick, req);
}

static int op_room_list(struct kith_session *s, const char *where, const char *pattern,
                        const char *cursor, kith_req req)
{
    return x_online(of(s)) ? rooms_list(of(s), where, pattern, cursor, req) : KITH_EOFFLINE;
}

static int op_room_keep(struct kith_session *s, const char *room, uint32_t flags, kith_req req)
{
    return bookmarks_keep(of(s), room, flags, req);
}

static int op_room_invite(struct kith_session *s, const char *room, const char *who,
                          const char *text, kith_req req)
{
    return x_online(of(s)) ? invite_send(of(s), room, who, text, req) : KITH_EOFFLINE;
}

static int op_room_remove(struct kith_session *s, const char *room, const char *who, uint32_t how,
                          const char *text, kith_req req)
{
    return x_online(of(s)) ? admin_remove(of(s), room, who, how, text, req) : KITH_EOFFLINE;
}

static int op_room_role(struct kith_session *s, const char *room, const char *who, uint32_t role,
                        const char *text, kith_req req)
{
    return x_online(of(s)) ? admin_role(of(s), room, who, role, text, req) : KITH_EOFFLINE;
}

static int op_room_affiliated(struct kith_session *s, const char *room, uint32_t role, kith_req req)
{
    return x_online(of(s)) ? admin_affiliated(of(s), room, role, req) : KITH_EOFFLINE;
}

static int op_room_form(struct kith_session *s, const char *room, kith_req req)
{
    return x_online(of(s)) ? config_form(of(s), room, req) : KITH_EOFFLINE;
}

static int op_room_destroy(struct kith_session *s, const char *room, const char *text, kith_req req)
{
    return x_online(of(s)) ? config_destroy(of(s), room, text, req) : KITH_EOFFLINE;
}

static const struct kith_room_ops room_ops = {.size = sizeof room_ops,
                                              .join = op_room_join,
                                              .leave = op_room_leave,
                                              .topic = op_room_topic,
                                              .nick = op_room_nick,
                                              .invite = op_room_invite,
                                              .remove = op_room_remove,
                                              .role = op_room_role,
                                              .list = op_room_list,
                                              .affiliated = op_room_affiliated,
                                              .form = op_room_form,
                                              .keep = op_room_keep,
                                              .destroy = op_room_destroy};

static int op_history(struct kith_session *s, const struct kith_history_fetch *f, kith_req req)
{
    return x_online(of(s)) ? history_fetch(of(s), f, req) : KITH_EOFFLINE;
}

static const struct kith_history_ops history_ops = {.size = sizeof history_ops,
                                                    .fetch = op_history};

static int op_retract(struct kith_session *s, const char *chat, const char *target,
                      const char *text, const char *id)
{
    return x_online(of(s)) ? change_retract(of(s), chat, target, text, id) : KITH_EOFFLINE;
}

static int op_react(struct kith_session *s, const char *chat, const char *target,
                    const char *const *reactions, size_t n, const char *id)
{
    return x_online(of(s)) ? change_react(of(s), chat, target, reactions, n, id) : KITH_EOFFLINE;
}

static const struct kith_change_ops change_ops = {
    .size = sizeof change_ops, .retract = op_retract, .react = op_react};

static int op_file_offer(struct kith_session *s, const char *chat, int fd, const char *name, const char *mime,
                         int64_t bytes, const char *id, kith_req req)
{
    return x_online(of(s)) ? files_offer(of(s), chat, fd, name, mime, bytes, id, req) : KITH_EOFFLINE;
}

static int op_file_accept(struct kith_session *s, const char *attachment, int fd, kith_req req)
{
    return files_accept(of(s), attachment, fd, req);
}

static int op_file_decline(struct kith_session *s, const char *attachment, kith_req req)
{
    return files_decline(of(s), attachment, req);
}

static int op_file_cancel(struct kith_session *s, kith_req req)
{
    return files_cancel(of(s), req);
}

static const struct kith_file_ops file_ops = {.size = sizeof file_ops,
                                              .offer = op_file_offer,
                                              .accept = op_file_accept,
                                              .decline = op_file_decline,
                                              .cancel = op_file_cancel};

static int op_block(struct kith_session *s, const char *address, uint32_t report, kith_req req)
{
    return x_online(of(s)) ? blocking_block(of(s), address, report, req) : KITH_EOFFLINE;
}

static int op_unblock(struct kith_session *s, const char *address, kith_req req)
{
    return x_online(of(s)) ? blocking_unblock(of(s), address, req) : KITH_EOFFLINE;
}

static int op_report(struct kith_session *s, const char *address, uint32_t how,
                     const char *const *ids, size_t n_ids, const char *text, kith_req req)
{
    return x_online(of(s)) ? blocking_report(of(s), address, how, ids, n_ids, text, req)
                           : KITH_EOFFLINE;
}

static const struct kith_blocking_ops blocking_ops = {.size = sizeof blocking_ops,
                                                      .block = op_block,
                                                      .unblock = op_unblock,
                                                      .report = op_report};

static int op_info(struct kith_session *s, const char *address, kith_req req)
{
    return x_online(of(s)) ? info_fetch(of(s), address, req) : KITH_EOFFLINE;
}

static int op_search(struct kith_session *s, const char *where, const struct kith_field *fields,
                     size_t n, kith_req req)
{
    return x_online(of(s)) ? search_people(of(s), where, fields, n, req) : KITH_EOFFLINE;
}

static const struct kith_directory_ops directory_ops = {
    .size = sizeof directory_ops, .info = op_info, .search = op_search};

static int op_avatar_find(struct kith_session *s, const char *address, kith_req req)
{
    return x_online(of(s)) ? avatar_find(of(s), address, req) : KITH_EOFFLINE;
}

static int op_avatar_fetch(struct kith_session *s, const char *address, const char *id, int fd, kith_req req)
{
    return x_online(of(s)) ? avatar_fetch(of(s), address, id, fd, req) : KITH_EOFFLINE;
}

static int op_avatar_set(struct kith_session *s, const char *room, int fd, const char *mime, uint32_t width,
                         uint32_t height, kith_req req)
{
    return x_online(of(s)) ? avatar_set(of(s), room, fd, mime, width, height, req) : KITH_EOFFLINE;
}

static const struct kith_avatar_ops avatar_ops = {
    .size = sizeof avatar_ops, .find = op_avatar_find, .fetch = op_avatar_fetch, .set = op_avatar_set};

static int op_forecast(struct kith_session *s, const char *chat, kith_req req)
{
    return omemo_forecast(of(s), chat, req);
}

static int op_encrypt(struct kith_session *s, const char *chat, int on, kith_req req)
{
    if (on == KITH_ENCRYPT_HELD)
        return omemo_remember(of(s), chat);
    return x_online(of(s)) || !on ? omemo_encrypt_chat(of(s), chat, on != 0, req) : KITH_EOFFLINE;
}

static int op_trust(struct kith_session *s, const char *who, const char *device, const char *fingerprint, uint32_t trust,
                    kith_req req)
{
    return omemo_trust_device(of(s), who, device, fingerprint, trust, req);
}

static int op_export_keys(struct kith_session *s, int fd, kith_req req)
{
    return omemo_export_keys(of(s), fd, req);
}

static int op_import_keys(struct kith_session *s, int fd, kith_req req)
{
    return omemo_import_keys(of(s), fd, req);
}

static int op_new_devices(struct kith_session *s, const char *chat, int anyway, kith_req req)
{
    return omemo_new_devices(of(s), chat, anyway != 0, req);
}

static int op_remove_device(struct kith_session *s, const char *device, kith_req req)
{
    return x_online(of(s)) ? omemo_remove_device(of(s), device, req) : KITH_EOFFLINE;
}

static int op_reset_keys(struct kith_session *s, kith_req req)
{
    return omemo_reset_keys(of(s), req);
}

static int op_look(struct kith_session *s, const char *chat)
{
    return omemo_look(of(s), chat);
}

static const struct kith_encryption_ops encryption_ops = {
    .size = sizeof encryption_ops, .forecast = op_forecast, .encrypt = op_encrypt, .trust = op_trust,
    .export_keys = op_export_keys, .import_keys = op_import_keys,
    .new_devices = op_new_devices, .remove_device = op_remove_device, .reset_keys = op_reset_keys, .look = op_look};

/* ---- tables ---- */

#define OPTION(k, t, def, f, h)                                                                    \
    {                                                                                              \
        .size = sizeof(struct kith_option), .flags = (f), .key = (k), .type = (t),                 \
        .fallback = (def), .help = (h)                                                             \
    }

static const struct kith_option options[] = {
    OPTION("password", "string", NULL, KITH_OPT_SECRET,
           "The password; better given by password_command or when asked."),
    OPTION("resource", "string", NULL, KITH_OPT_ADVANCED,
           "Name of this device; without it one is made up and kept."),
    OPTION("priority", "int", "0", KITH_OPT_ADVANCED, "Priority of this device, -128 to 127."),
    OPTION("nick", "string", NULL, 0,
           "Your nick in rooms; without it the first part of the address."),
    OPTION("host", "string", NULL, KITH_OPT_ADVANCED,
           "Connect to this host instead of what DNS says."),
    OPTION("port", "int", NULL, KITH_OPT_ADVANCED,
           "Connect to this port; without it what DNS says, 5222 or 5223."),
    OPTION("tls", "choice:auto|starttls|direct", "auto", KITH_OPT_ADVANCED,
           "How encryption begins: after a word in clear (starttls), from the first byte (direct), "
           "or as DNS says."),
    OPTION("certificate", "file", NULL, KITH_OPT_ADVANCED,
           "Client certificate with its key (PEM), to log in with it."),
    OPTION("ca_file", "file", NULL, KITH_OPT_ADVANCED,
           "Certificate authorities to trust beside the system's (PEM)."),
    OPTION("allow_plain", "bool", "false", KITH_OPT_ADVANCED,
           "Send the password as it is, inside TLS, where the server can do nothing better."),
    OPTION("websocket", "string", "auto", KITH_OPT_ADVANCED,
           "XMPP by WebSocket, for places that let nothing but the web through: auto (when the direct way is closed), "
           "off, or the wss:// address to connect to at once."),
    OPTION("styling", "bool", "true", 0,
           "Read *strong*, _emphasis_, ~struck~ and `code` in texts, and let others read yours so."),
    OPTION("encryption", "choice:omemo|off", "omemo", 0,
           "omemo: what you write to people who have keys is encrypted end to end; off: nothing new is."),
    OPTION("attention", "bool", "true", 0, "Let people in the roster ask for your attention (buzz)."),
    OPTION("files", "choice:auto|upload|jingle", "auto", 0,
           "How files are sent: upload puts them on the server, for all devices; jingle sends them from device "
           "to device; auto takes the first way that there is."),
    OPTION("direct_files", "bool", "true", KITH_OPT_ADVANCED,
           "Connect to where the other side says that a file goes: contacts who send you files, or get "
           "yours, can learn your address. Without it files go through your own server."),
    OPTION("allow_http", "bool", "false", KITH_OPT_ADVANCED,
           "Let files go to, and come from, addresses without encryption (http:)."),
    OPTION("largest_download", "int", "4096", 0, "Files of more MB than this are not fetched; 0: any size."),
    OPTION("join", "string", NULL, 0,
           "Rooms joined at login on this device, with commas between, a password behind a blank; "
           "-room@service: not here, though the account's bookmark says so."),
    OPTION("autojoin", "choice:follow|own", "follow", KITH_OPT_ADVANCED,
           "follow: rooms are entered and left as the account's bookmarks say, and /join and /part "
           "change them for all devices; own: only the rooms of join are entered here."),
    OPTION("live", "choice:off|chats|all", "off", 0,
           "Show what you write while you write it to contacts whose program can show that, and what they write to you; "
           "all: in rooms as well. /live decides for one chat."),
    OPTION("client_state", "bool", "true", KITH_OPT_ADVANCED,
           "Tell the server when nobody looks at kith, so that it may hold back what can wait."),
    OPTION("register", "bool", "false", KITH_OPT_ADVANCED,
           "Make this address as a new account on the server, once, before the first login."),
    OPTION("invite", "string", NULL, KITH_OPT_ADVANCED,
           "Link or token of an invitation, with which the server makes the new account."),
    OPTION("tell_idle", "bool", "false", KITH_OPT_ADVANCED,
           "Tell contacts since when you are away, and how long you have been idle."),
};

static const struct kith_protocol protocol = {
    .size = sizeof protocol,
    .id = "xmpp",
    .label = "XMPP",
    .address_hint = "name@example.org",
    .core = &core_ops,
    .roster = &roster_ops,
    .rooms = &room_ops,
    .history = &history_ops,
    .change = &change_ops,
    .files = &file_ops,
    .blocking = &blocking_ops,
    .directory = &directory_ops,
    .options = options,
    .n_options = COUNT(options),
    .commands = xmpp_commands,
    .n_commands = XMPP_COMMANDS,
    .avatars = &avatar_ops,
    .encryption = &encryption_ops,
};
static const struct kith_protocol *const protocols[] = {&protocol};

static int load(const struct kith_host *h)
{
    host = h;
    /* libstrophe and OpenSSL write to sockets without MSG_NOSIGNAL */
    struct sigaction sa = {.sa_handler = SIG_IGN};
    sigemptyset(&sa.sa_mask);
    sigaction(SIGPIPE, &sa, NULL);
    xmpp_initialize();
    return KITH_OK;
}

static void unload(void)
{
    xmpp_shutdown();
}

static const struct kith_plugin plugin = {
    .size = sizeof plugin,
    .abi_major = KITH_ABI_MAJOR,
    .abi_minor = KITH_ABI_MINOR,
    .id = "xmpp",
    .version = KITH_VERSION,
    .license = "GPL-3.0-or-later",
    .summary = "XMPP (Jabber) with libstrophe",
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
