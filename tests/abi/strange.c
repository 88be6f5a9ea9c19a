/* tests/abi/strange.c - plugins that must be refused, and one that must be survived: chosen by
 * -DSTRANGE=n */
#include <kith/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct kith_host *host;
struct kith_session {
    struct kith_account *acct;
    int polite;
};

static int strange_open(struct kith_session **out, struct kith_account *acct)
{
    *out = calloc(1, sizeof **out);
    if (*out)
        (*out)->acct = acct;
    return *out ? KITH_OK : KITH_ELIMIT;
}

static void strange_close(struct kith_session *s)
{
    free(s);
}

/* Emits what no plugin should: unknown types, broken sizes, events without what they need. */
static int strange_connect(struct kith_session *s)
{
    struct kith_event unknown = {.size = sizeof unknown, .type = 4711};
    struct kith_event small = {.size = 2, .type = KITH_EV_MESSAGE};
    struct kith_ev_message nobody = {.ev = {.size = sizeof nobody, .type = KITH_EV_MESSAGE},
                                     .body = "from nowhere"};
    struct kith_ev_ask ask = {
        .ev = {.size = sizeof ask, .type = KITH_EV_ASK}, .ask = UINT64_C(1) << 63, .kind = 1};
    struct kith_ev_state st = {.ev = {.size = sizeof st, .type = KITH_EV_STATE},
                               .state = KITH_STATE_ONLINE};
    if (host->emit(s->acct, &unknown) || host->emit(s->acct, &small) ||
        host->emit(s->acct, &nobody.ev) || host->emit(s->acct, &ask.ev) ||
        host->emit(s->acct, NULL))
        return KITH_EPROTO;
    host->timer_del(12345);
    host->io_del(-1);
    if (host->io_add(-1, KITH_IO_READ, NULL, NULL) >= 0 || host->option(s->acct, "password"))
        return KITH_EPROTO;
    return host->emit(s->acct, &st.ev) == 1 ? KITH_OK : KITH_EPROTO;
}

static void on_secret(void *user, int err, const char *value)
{
    struct kith_session *s = user;
    struct kith_ev_notice n = {.ev = {.size = sizeof n, .type = KITH_EV_NOTICE},
                               .level = (uint32_t)(err < 0),
                               .text = value ? value : "none"};
    host->emit(s->acct, &n.ev);
}

/* Sends a flood on "flood", text with impossible looks on "looks", asks for the password on "secret", forgets it on "wrong", tells options on "own". */
static int strange_send(struct kith_session *s, const struct kith_send *m)
{
    s->polite = 1;
    struct kith_ev_message e = {
        .ev = {.size = sizeof e, .type = KITH_EV_MESSAGE},
        .chat = m->chat,
        .id = m->id,
        .body = "0123456789012345678901234567890123456789012345678901234567890123456789"};
    struct kith_ev_state st = {.ev = {.size = sizeof st, .type = KITH_EV_STATE},
                               .state = KITH_STATE_AUTH,
                               .text = "there",
                               .deadline_ms = 30000};
    if (m->body[0] == 's' && host->emit(s->acct, &st.ev))
        return host->secret(s->acct, "password", "The test wants it.", on_secret, s);
    if (m->body[0] == 'o') {
        char text[128];
        const char *own = host->option(s->acct, "own"), *other = host->option(s->acct, "other");
        snprintf(text, sizeof text, "%s %s", own ? own : "none", other ? other : "none");
        struct kith_ev_notice n = {.ev = {.size = sizeof n, .type = KITH_EV_NOTICE}, .text = text};
        return host->emit(s->acct, &n.ev) ? KITH_OK : KITH_EPROTO;
    }
    if (m->body[0] == 'l') {
        static const struct kith_span spans[] = {
            {sizeof spans[0], KITH_STYLE_BOLD, 60, 4000000000u, 0, 0}, /* out of the text */
            {sizeof spans[0], 0xffffffffu, 5, 5, 0xffffffffu, 7},      /* no style and no colour that there is */
            {sizeof spans[0], KITH_STYLE_ITALIC, 7, 9, 0, 0}};         /* over the one before */
        e.spans = spans;
        e.n_spans = 3;
        return host->emit(s->acct, &e.ev) ? KITH_OK : KITH_EPROTO;
    }
    if (m->body[0] == 'w')
        host->secret_wrong(s->acct, "password");
    for (int i = 0; m->body[0] == 'f' && i < 10000; i++)
        host->emit(s->acct, &e.ev);
    e.body = host->congested(s->acct) ? "congested" : "free";
    host->emit(s->acct, &e.ev);
    return KITH_OK;
}

static int strange_disconnect(struct kith_session *s, uint32_t reason, const char *text)
{
    struct kith_ev_state st = {.ev = {.size = sizeof st, .type = KITH_EV_STATE},
                               .state = KITH_STATE_OFFLINE};
    if (s->polite) /* else it never says OFFLINE */
        host->emit(s->acct, &st.ev);
    return KITH_OK;
}

static int strange_load(const struct kith_host *h)
{
    host = h;
    return STRANGE == 4 ? KITH_EUNSUP : KITH_OK;
}

static void say(struct kith_session *s, const char *text)
{
    struct kith_ev_notice n = {.ev = {.size = sizeof n, .type = KITH_EV_NOTICE}, .text = text};
    host->emit(s->acct, &n.ev);
}

static void strange_committed(struct kith_session *s, uint64_t number)
{
    char text[64];
    snprintf(text, sizeof text, "committed %u", (unsigned)number);
    say(s, text);
}

/* Says what the file holds. */
static int strange_offer(struct kith_session *s, const char *chat, int fd, const char *name,
                         const char *mime, int64_t bytes, const char *id, kith_req req)
{
    char text[64] = "";
    if (read(fd, text, sizeof text - 1) < 0)
        return KITH_EINVAL;
    close(fd);
    say(s, text);
    return KITH_OK;
}

static int strange_accept(struct kith_session *s, const char *attachment, int fd, kith_req req)
{
    return KITH_ENOTFOUND;
}

static const struct kith_file_ops files = {
    .size = sizeof files, .offer = strange_offer, .accept = strange_accept};
static const struct kith_core_ops core = {.size = sizeof core,
                                          .open = strange_open,
                                          .close = strange_close,
                                          .connect = strange_connect,
                                          .disconnect = strange_disconnect,
                                          .committed = strange_committed,
                                          .send = STRANGE == 3 ? NULL : strange_send};
static const struct kith_option options[] = {
    {.size = sizeof options[0], .flags = KITH_OPT_SECRET, .key = "password", .type = "string"},
    {.size = sizeof options[0], .flags = KITH_OPT_SUB, .key = "own", .type = "string"},
    {.size = sizeof options[0], .key = "other", .type = "string"}};
static const struct kith_protocol proto = {.size = sizeof proto,
                                           .id = "strange",
                                           .core = &core,
                                           .files = &files,
                                           .options = options,
                                           .n_options = 3};
static const struct kith_protocol *const protocols[] = {&proto};
static const struct kith_plugin plugin = {
    .size = sizeof plugin,
    .abi_major = STRANGE == 1 ? KITH_ABI_MAJOR + 1 : KITH_ABI_MAJOR,
    .abi_minor = STRANGE == 2 ? KITH_ABI_MINOR + 1 : KITH_ABI_MINOR,
    .id = "strange",
    .version = "1",
    .license = "MIT",
    .summary = "",
    .protocols = protocols,
    .n_protocols = 1,
    .load = strange_load};

KITH_PLUGIN_EXPORT const struct kith_plugin *kith_plugin_v0(void);
const struct kith_plugin *kith_plugin_v0(void)
{
    return &plugin;
}
