/* tests/abi/echo.c - the smallest useful plugin: a protocol whose one contact says what it is told
 */
#include <kith/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kith_host *host; /* the same for every session */

struct kith_session {
    struct kith_account *acct;
    int timer, online;
    unsigned said;
    char last[256];
};

/* Every event begins with the same head; its size is that of the whole struct. */
#define EVENT(T, t) .ev = {.size = sizeof(T), .type = (t)}

static void state(struct kith_session *s, enum kith_state state, enum kith_retry retry)
{
    struct kith_ev_state ev = {EVENT(struct kith_ev_state, KITH_EV_STATE), .state = state,
                               .retry = retry};
    s->online = state == KITH_STATE_ONLINE;
    host->emit(s->acct, &ev.ev);
}

static void on_connected(void *user)
{
    struct kith_session *s = user;
    struct kith_ev_self self = {EVENT(struct kith_ev_self, KITH_EV_SELF),
                                .address = host->option(s->acct, "address")};
    struct kith_ev_caps caps = {EVENT(struct kith_ev_caps, KITH_EV_CAPS),
                                .caps = KITH_CAP_RECEIPTS};
    struct kith_ev_contact c = {EVENT(struct kith_ev_contact, KITH_EV_CONTACT), .address = "echo",
                                .name = "Echo", .flags = KITH_CONTACT_TO};
    struct kith_ev_presence p = {EVENT(struct kith_ev_presence, KITH_EV_PRESENCE),
                                 .address = "echo", .show = KITH_SHOW_ONLINE};
    s->timer = 0;
    host->emit(s->acct, &self.ev);
    host->emit(s->acct, &caps.ev);
    host->emit(s->acct, &c.ev);
    host->emit(s->acct, &p.ev);
    state(s, KITH_STATE_ONLINE, KITH_RETRY_AUTO);
}

static int echo_open(struct kith_session **out, struct kith_account *acct)
{
    struct kith_session *s = calloc(1, sizeof *s);
    if (!s)
        return KITH_ELIMIT;
    s->acct = acct;
    *out = s;
    return KITH_OK;
}

static void echo_close(struct kith_session *s)
{
    host->timer_del(s->timer);
    free(s);
}

static int echo_connect(struct kith_session *s)
{
    if (s->timer || s->online)
        return KITH_EBUSY;
    state(s, KITH_STATE_CONNECT, KITH_RETRY_AUTO);
    s->timer =
        host->timer_add(10, on_connected, s); /* where a real one would call host->stream_open */
    return KITH_OK;
}

static int echo_disconnect(struct kith_session *s, uint32_t reason, const char *text)
{
    (void)reason;
    (void)text;
    host->timer_del(s->timer);
    s->timer = 0;
    state(s, KITH_STATE_OFFLINE, KITH_RETRY_NEVER);
    return KITH_OK;
}

static void receipt(struct kith_session *s, const struct kith_send *m, enum kith_delivery delivery)
{
    struct kith_ev_receipt r = {EVENT(struct kith_ev_receipt, KITH_EV_RECEIPT), .chat = m->chat,
                                .id = m->id, .delivery = delivery};
    host->emit(s->acct, &r.ev);
}

static void say(struct kith_session *s, const char *chat, const char *body)
{
    char id[32];
    snprintf(id, sizeof id, "echo-%u", ++s->said);
    struct kith_ev_message m = {EVENT(struct kith_ev_message, KITH_EV_MESSAGE), .chat = chat,
                                .sender = chat, .id = id, .body = body};
    host->emit(s->acct, &m.ev);
}

static int echo_send(struct kith_session *s, const struct kith_send *m)
{
    if (!s->online)
        return KITH_EOFFLINE;
    if (strcmp(m->chat, "echo") != 0)
        return KITH_ENOTFOUND;
    receipt(s, m, KITH_DELIVERED);
    snprintf(s->last, sizeof s->last, "%s", m->body ? m->body : "");
    say(s, m->chat, m->body);
    return KITH_OK;
}

static int echo_normalize(struct kith_session *s, const char *in, kith_req req)
{
    struct kith_ev_reply r = {EVENT(struct kith_ev_reply, KITH_EV_REPLY), .text = "echo"};
    r.ev.req = req;
    if (!in || strcmp(in, "echo") != 0) {
        r.err = KITH_ENOTFOUND;
        r.text = "There is nobody here but echo.";
    }
    host->emit(s->acct, &r.ev);
    return KITH_OK;
}

/* /again repeats what was said last. */
static int echo_again(struct kith_session *s, const char *chat, int argc, const char *const *argv,
                      kith_req req)
{
    struct kith_ev_reply r = {EVENT(struct kith_ev_reply, KITH_EV_REPLY)};
    (void)argc;
    (void)argv;
    r.ev.req = req;
    say(s, chat ? chat : "echo", s->last);
    host->emit(s->acct, &r.ev);
    return KITH_OK;
}

static int echo_load(const struct kith_host *h)
{
    host = h;
    return KITH_OK;
}

static const struct kith_core_ops core = {.size = sizeof core,
                                          .open = echo_open,
                                          .close = echo_close,
                                          .connect = echo_connect,
                                          .disconnect = echo_disconnect,
                                          .send = echo_send,
                                          .normalize = echo_normalize};
static const struct kith_option options[] = {{.size = sizeof options[0],
                                              .key = "mood",
                                              .type = "choice:dry|cheerful",
                                              .fallback = "dry",
                                              .help = "How echo feels."}};
static const struct kith_command commands[] = {{.size = sizeof commands[0],
                                                .where = KITH_IN_ANY,
                                                .name = "again",
                                                .help = "Say it again.",
                                                .run = echo_again}};
static const struct kith_protocol echo = {.size = sizeof echo,
                                          .id = "echo",
                                          .label = "Echo",
                                          .address_hint = "any name",
                                          .core = &core,
                                          .options = options,
                                          .n_options = 1,
                                          .commands = commands,
                                          .n_commands = 1};
static const struct kith_protocol *const protocols[] = {&echo};
static const struct kith_plugin plugin = {.size = sizeof plugin,
                                          .abi_major = KITH_ABI_MAJOR,
                                          .abi_minor = KITH_ABI_MINOR,
                                          .id = "echo",
                                          .version = "1",
                                          .license = "GPL-3.0-or-later",
                                          .summary = "Says what it is told.",
                                          .protocols = protocols,
                                          .n_protocols = 1,
                                          .load = echo_load};

KITH_PLUGIN_EXPORT const struct kith_plugin *kith_plugin_v0(void);
const struct kith_plugin *kith_plugin_v0(void)
{
    return &plugin;
}
