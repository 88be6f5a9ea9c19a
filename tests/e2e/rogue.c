/* tests/e2e/rogue.c - a plugin that misbehaves when told to: built with -Iinclude alone, put into the user's plugins
 *
 * Its one contact "rogue" repeats what it is told. After "do FAULT" (which counts as delivered) the process
 * spins, leaks, crashes, sleeps or floods ("do later FAULT": when all is quiet again); the option fault = "crash" makes
 * every connect a crash. "do subs" tells of accounts behind it, one with settings that are not its to give. */
#include <kith/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kith_host *host; /* the same for every session */

struct kith_session {
    struct kith_account *acct;
    int timer, online;
    char fault[32];
};

#define EVENT(T, t) .ev = {.size = sizeof(T), .type = (t)}
enum { CHUNK = 1 << 20, SOON_MS = 50, LATER_MS = 3000, FLOOD = 50000 };

static void say(struct kith_session *s, const char *id, const char *body)
{
    struct kith_ev_message m = {EVENT(struct kith_ev_message, KITH_EV_MESSAGE), .chat = "rogue", .sender = "rogue",
                                .id = id, .body = body};

    host->emit(s->acct, &m.ev);
}

static void flood(struct kith_session *s)
{
    char id[32], body[64];

    for (int i = 0; i < FLOOD; i++) {
        snprintf(id, sizeof id, "flood-%d", i);
        snprintf(body, sizeof body, "flood %d", i);
        say(s, id, body);
    }
}

static void tell_subs(struct kith_session *s)
{
    static const char *const keys[] = {"fault", "password_command", "proxy", "own"};
    static const char *const values[] = {"crash", "touch /tmp/kith-rogue-was-here", "socks5://127.0.0.1:9", "fine"};
    static const char *const ids[] = {"1", "../2", "three/3", ""};
    struct kith_field f[4];

    for (size_t i = 0; i < sizeof f / sizeof f[0]; i++)
        f[i] = (struct kith_field){.size = sizeof f[i], .key = keys[i], .values = &values[i], .n_values = 1};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct kith_ev_sub e = {EVENT(struct kith_ev_sub, KITH_EV_SUB), .id = ids[i], .name = "\033[31m../evil net",
                                .options = f, .n_options = sizeof f / sizeof f[0]};
        host->emit(s->acct, &e.ev);
    }
}

static void misbehave(void *user)
{
    struct kith_session *s = user;
    volatile unsigned turns = 0;
    char *more;

    s->timer = 0;
    if (strcmp(s->fault, "crash") == 0)
        abort();
    if (strcmp(s->fault, "flood") == 0)
        flood(s);
    if (strcmp(s->fault, "subs") == 0)
        tell_subs(s);
    while (strcmp(s->fault, "spin") == 0)
        turns++;
    while (strcmp(s->fault, "sleep") == 0)
        pause();
    while (strcmp(s->fault, "leak") == 0) {
        more = malloc(CHUNK);
        if (more == NULL)
            abort();
        memset(more, 1, CHUNK);
    }
}

static void on_connected(void *user)
{
    struct kith_session *s = user;
    struct kith_ev_self self = {EVENT(struct kith_ev_self, KITH_EV_SELF), .address = host->option(s->acct, "address")};
    struct kith_ev_caps caps = {EVENT(struct kith_ev_caps, KITH_EV_CAPS), .caps = KITH_CAP_RECEIPTS};
    struct kith_ev_contact c = {EVENT(struct kith_ev_contact, KITH_EV_CONTACT), .address = "rogue", .name = "Rogue",
                                .flags = KITH_CONTACT_TO};
    struct kith_ev_state st = {EVENT(struct kith_ev_state, KITH_EV_STATE), .state = KITH_STATE_ONLINE};

    s->timer = 0;
    host->emit(s->acct, &self.ev);
    host->emit(s->acct, &caps.ev);
    host->emit(s->acct, &c.ev);
    s->online = 1;
    host->emit(s->acct, &st.ev);
}

static int rogue_open(struct kith_session **out, struct kith_account *acct)
{
    *out = calloc(1, sizeof **out);
    if (*out != NULL)
        (*out)->acct = acct;
    return *out != NULL ? KITH_OK : KITH_ELIMIT;
}

static void rogue_close(struct kith_session *s)
{
    host->timer_del(s->timer);
    free(s);
}

static int rogue_connect(struct kith_session *s)
{
    const char *fault = host->option(s->acct, "fault");
    struct kith_ev_state st = {EVENT(struct kith_ev_state, KITH_EV_STATE), .state = KITH_STATE_CONNECT};

    if (fault != NULL && strcmp(fault, "crash") == 0)
        abort();
    host->emit(s->acct, &st.ev);
    s->timer = host->timer_add(10, on_connected, s);
    return KITH_OK;
}

static int rogue_disconnect(struct kith_session *s, uint32_t reason, const char *text)
{
    struct kith_ev_state st = {EVENT(struct kith_ev_state, KITH_EV_STATE), .state = KITH_STATE_OFFLINE,
                               .retry = KITH_RETRY_NEVER};

    (void)reason;
    (void)text;
    host->timer_del(s->timer);
    s->timer = s->online = 0;
    host->emit(s->acct, &st.ev);
    return KITH_OK;
}

static int rogue_send(struct kith_session *s, const struct kith_send *m)
{
    struct kith_ev_receipt r = {EVENT(struct kith_ev_receipt, KITH_EV_RECEIPT), .chat = m->chat, .id = m->id,
                                .delivery = KITH_DELIVERED};
    char id[128], body[256];

    if (!s->online)
        return KITH_EOFFLINE;
    host->emit(s->acct, &r.ev);
    snprintf(id, sizeof id, "re-%s", m->id);
    snprintf(body, sizeof body, "re: %s", m->body);
    say(s, id, body);
    if (strncmp(m->body, "do ", 3) == 0) {
        int later = strncmp(m->body + 3, "later ", 6) == 0;
        snprintf(s->fault, sizeof s->fault, "%s", m->body + (later ? 9 : 3));
        s->timer = host->timer_add(later ? LATER_MS : SOON_MS, misbehave, s);
    }
    return KITH_OK;
}

static int rogue_normalize(struct kith_session *s, const char *in, kith_req req)
{
    struct kith_ev_reply r = {EVENT(struct kith_ev_reply, KITH_EV_REPLY), .text = "rogue"};

    r.ev.req = req;
    if (in == NULL || strcmp(in, "rogue") != 0)
        r.err = KITH_ENOTFOUND;
    host->emit(s->acct, &r.ev);
    return KITH_OK;
}

static int rogue_load(const struct kith_host *h)
{
    host = h;
    return KITH_OK;
}

static const struct kith_core_ops core = {.size = sizeof core, .open = rogue_open, .close = rogue_close,
                                          .connect = rogue_connect, .disconnect = rogue_disconnect,
                                          .send = rogue_send, .normalize = rogue_normalize};
static const struct kith_option options[] = {{.size = sizeof options[0], .key = "fault", .type = "string",
                                              .help = "What goes wrong at once."},
                                             {.size = sizeof options[0], .flags = KITH_OPT_SUB, .key = "own",
                                              .type = "string", .help = "What an account behind it may have."}};
static const struct kith_protocol rogue = {.size = sizeof rogue, .id = "rogue", .label = "Rogue",
                                           .address_hint = "any name", .core = &core, .options = options,
                                           .n_options = 2};
static const struct kith_protocol *const protocols[] = {&rogue};
static const struct kith_plugin plugin = {.size = sizeof plugin, .abi_major = KITH_ABI_MAJOR,
                                          .abi_minor = KITH_ABI_MINOR, .id = "rogue", .version = "1",
                                          .license = "GPL-3.0-or-later", .summary = "Misbehaves when told to.",
                                          .protocols = protocols, .n_protocols = 1, .load = rogue_load};

KITH_PLUGIN_EXPORT const struct kith_plugin *kith_plugin_v0(void);
const struct kith_plugin *kith_plugin_v0(void)
{
    return &plugin;
}
