/* backends/xmpp/presence.c - who is there on which device, and our own presence (RFC 6121 §4) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/puppets.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
    DEVICES_MAX = 64,   /* of one contact */
    PRESENT_MAX = 20000 /* contacts */
};

struct device {
    char *resource; /* "" when the address had none */
    char *text, *caps;
    uint32_t show;
    int32_t priority;
    int64_t idle_since;
};
struct devices {
    struct device *d;
    size_t n, cap;
};
struct presence_all {
    struct map contacts; /* bare -> struct devices */
    uint32_t show;       /* our own, kept over reconnects */
    char *text;
    int64_t away_since;  /* wall ms, 0 = here */
    bool announced; /* this process sent a presence in the present session */
};

static void device_clear(struct device *d)
{
    free(d->resource);
    free(d->text);
    free(d->caps);
}

static void devices_free(void *p)
{
    struct devices *v = p;
    for (size_t i = 0; i < v->n; i++)
        device_clear(&v->d[i]);
    free(v->d);
    free(v);
}

/* ---- others ---- */
static void emit(struct x *x, const char *bare, const struct device *d)
{
    struct kith_ev_presence ev = EV_INIT(KITH_EV_PRESENCE, kith_ev_presence);
    ev.address = bare;
    ev.resource = *d->resource ? d->resource : NULL;
    ev.show = d->show;
    ev.priority = d->priority;
    ev.text = d->text;
    ev.client = caps_client(x, d->caps);
    ev.idle_since_ms = d->idle_since;
    x_emit(x, &ev.ev);
}

static void emit_offline(struct x *x, const char *bare, const char *resource, const char *text)
{
    struct kith_ev_presence ev = EV_INIT(KITH_EV_PRESENCE, kith_ev_presence);
    ev.address = bare;
    ev.resource = resource;
    ev.show = KITH_SHOW_OFFLINE;
    ev.text = text;
    x_emit(x, &ev.ev);
}

uint32_t presence_show(xmpp_stanza_t *st)
{
    static const struct {
        const char *word;
        uint32_t show;
    } shows[] = {{"away", KITH_SHOW_AWAY},
                 {"chat", KITH_SHOW_CHAT},
                 {"dnd", KITH_SHOW_DND},
                 {"xa", KITH_SHOW_XA}};
    char *t = st_child_text(st, "show", NULL);
    uint32_t show = KITH_SHOW_ONLINE;
    for (size_t i = 0; i < COUNT(shows); i++)
        if (str_eq(t, shows[i].word))
            show = shows[i].show;
    free(t);
    return show;
}

static int32_t priority_in(xmpp_stanza_t *st)
{
    char *t = st_child_text(st, "priority", NULL);
    int64_t n = 0;
    if (t && !str_int(t, -128, 127, &n))
        n = 0;
    free(t);
    return (int32_t)n;
}

static char *status_in(xmpp_stanza_t *st)
{
    char *t = st_child_text(st, "status", NULL);
    if (t && strlen(t) > KITH_MAX_TEXT)
        t[utf8_floor(t, strlen(t), KITH_MAX_TEXT)] = '\0';
    if (str_empty(t)) {
        free(t);
        return NULL;
    }
    return t;
}

/* XEP-0319 §3: <idle since=""/>. */
static int64_t idle_in(xmpp_stanza_t *st)
{
    const char *since = st_attr(st_child(st, "idle", "urn:xmpp:idle:1"), "since");
    int64_t ms = 0;
    return since && clock_parse_iso(since, &ms) ? ms : 0;
}

static struct device *device_find(struct devices *v, const char *resource)
{
    for (size_t i = 0; v && i < v->n; i++)
        if (strcmp(v->d[i].resource, resource) == 0)
            return &v->d[i];
    return NULL;
}

static void on_available(struct x *x, struct presence_all *all, const char *bare,
                         const char *resource, xmpp_stanza_t *st)
{
    struct devices *v = map_get(&all->contacts, bare);
    if (!v) {
        if (all->contacts.n >= PRESENT_MAX)
            return;
        v = xcalloc(1, sizeof *v);
        map_set(&all->contacts, bare, v);
    }
    struct device *d = device_find(v, resource);
    if (!d) {
        if (v->n >= DEVICES_MAX)
            return;
        VEC_PUSH(v->d, v->n, v->cap, ((struct device){.resource = xstrdup(resource)}));
        d = &v->d[v->n - 1];
    }
    d->show = presence_show(st);
    d->priority = priority_in(st);
    d->idle_since = idle_in(st);
    str_take(&d->text, status_in(st));
    /* A question tells that we are online: not to a contact with whom there is no subscription, whatever they send. */
    bool ask = !roster_has(x, bare) || roster_we_see(x, bare) || roster_sees_us(x, bare);
    char *caps = ask ? caps_learn(x, st, st_attr(st, "from")) : NULL; /* may answer at once, and find d */
    str_take(&d->caps, caps);
    emit(x, bare, d);
}

static void on_unavailable(struct x *x, struct presence_all *all, const char *bare,
                           const char *resource, xmpp_stanza_t *st)
{
    struct devices *v = map_get(&all->contacts, bare);
    struct device *d = device_find(v, resource);
    char *text = status_in(st);
    if (!*resource) { /* RFC 6121 §4.5.4: of the bare address, all of them */
        v = map_del(&all->contacts, bare);
        if (v)
            devices_free(v);
        emit_offline(x, bare, NULL, text);
    } else if (d) {
        device_clear(d);
        VEC_DEL(v->d, v->n, (size_t)(d - v->d));
        emit_offline(x, bare, resource, text);
    }
    free(text);
}

/* Only of contacts, of gateways' people and of our other devices: whoever else sends presence is
 * not asked for. */
bool presence_wanted(const struct x *x, const char *bare)
{
    return roster_has(x, bare) || jid_same_bare(bare, x_bare(x)) || puppets_is_gateway(x, bare) || puppets_has(x, bare);
}

static bool presence_presence(struct x *x, xmpp_stanza_t *st)
{
    struct presence_all *all = x_state(x, "presence");
    const char *from = st_attr(st, "from"), *type = st_attr(st, "type");
    const char *resource = jid_resource(from);
    char *bare = from ? jid_bare(from) : NULL;
    if (bare && presence_wanted(x, bare) && !str_eq(from, x_jid(x)) &&
        strlen(resource ? resource : "") <= KITH_MAX_NAME) {
        if (!type)
            on_available(x, all, bare, resource ? resource : "", st);
        else if (str_eq(type, "unavailable") || (str_eq(type, "error") && !resource))
            on_unavailable(x, all, bare, resource ? resource : "", st);
    }
    free(bare);
    return true;
}

bool presence_supports(const struct x *x, const char *bare, const char *feature)
{
    const struct presence_all *all = x_state(x, "presence");
    const struct devices *v = all ? map_get(&all->contacts, bare) : NULL;
    for (size_t i = 0; v && i < v->n; i++)
        if (caps_has(x, v->d[i].caps, feature))
            return true;
    return false;
}

static bool has_all(const struct x *x, const struct device *d, const char *const *features)
{
    while (*features && caps_has(x, d->caps, *features))
        features++;
    return !*features;
}

char *presence_capable(const struct x *x, const char *bare, const char *const *features)
{
    const struct presence_all *all = x_state(x, "presence");
    const struct devices *v = all ? map_get(&all->contacts, bare) : NULL;
    const struct device *best = NULL;
    for (size_t i = 0; v && i < v->n; i++)
        if (*v->d[i].resource && (!best || v->d[i].priority > best->priority) && has_all(x, &v->d[i], features))
            best = &v->d[i];
    return best ? xasprintf("%s/%s", bare, best->resource) : NULL;
}

void presence_each(const struct x *x, const char *bare, presence_fn *fn, void *user)
{
    const struct presence_all *all = x_state(x, "presence");
    const struct devices *v = all ? map_get(&all->contacts, bare) : NULL;
    for (size_t i = 0; v && i < v->n; i++) {
        char *full = *v->d[i].resource ? xasprintf("%s/%s", bare, v->d[i].resource) : xstrdup(bare);
        fn(full, user);
        free(full);
    }
}

const char *presence_text(const struct x *x, const char *bare)
{
    const struct presence_all *all = x_state(x, "presence");
    const struct devices *v = all ? map_get(&all->contacts, bare) : NULL;
    for (size_t i = 0; v && i < v->n; i++)
        if (v->d[i].text)
            return v->d[i].text;
    return NULL;
}

void presence_client_known(struct x *x, const char *caps_key, const char *client)
{
    struct presence_all *all = x_state(x, "presence");
    for (struct map_entry *e = NULL; all && client && (e = map_next(&all->contacts, e));) {
        const struct devices *v = e->value;
        for (size_t i = 0; i < v->n; i++)
            if (str_eq(v->d[i].caps, caps_key))
                emit(x, e->key, &v->d[i]);
    }
}

/* ---- our own ---- */
static const char *show_out(uint32_t show)
{
    return show == KITH_SHOW_AWAY   ? "away"
           : show == KITH_SHOW_XA   ? "xa"
           : show == KITH_SHOW_DND  ? "dnd"
           : show == KITH_SHOW_CHAT ? "chat"
                                    : NULL;
}

static void put_show(const struct presence_all *all, xmpp_stanza_t *p)
{
    const char *show = show_out(all->show);
    if (show)
        st_add_child_text(p, "show", NULL, show);
    if (!str_empty(all->text))
        st_add_child_text(p, "status", NULL, all->text);
}

bool presence_seen(const struct x *x)
{
    const struct presence_all *all = x_state(x, "presence");
    return !all || all->show != KITH_SHOW_OFFLINE;
}

bool presence_fill(struct x *x, xmpp_stanza_t *p)
{
    const struct presence_all *all = x_state(x, "presence");
    if (all->show == KITH_SHOW_OFFLINE)
        return false;
    put_show(all, p);
    caps_add_own(x, p);
    avatar_add_own(x, p);
    return true;
}

static bool tells_idle(const struct x *x)
{
    const char *v = x_option(x, "tell_idle");
    return str_eq(v, "true") || str_eq(v, "1") || str_eq(v, "yes");
}

int64_t presence_idle_seconds(const struct x *x)
{
    const struct presence_all *all = x_state(x, "presence");
    if (!all || !tells_idle(x))
        return -1;
    return all->away_since ? MAX(0, x_host(x)->wall_ms() - all->away_since) / 1000 : 0;
}

/* XEP-0319 §3, for those who want it: since when nobody is here. */
static void add_idle(struct x *x, const struct presence_all *all, xmpp_stanza_t *p)
{
    char since[40];
    if (!all->away_since || !tells_idle(x))
        return;
    clock_format_iso(since, sizeof since, all->away_since);
    st_set(st_add(p, "idle", "urn:xmpp:idle:1"), "since", since);
}

static bool is_away(uint32_t show)
{
    return show == KITH_SHOW_AWAY || show == KITH_SHOW_XA;
}

/* Broadcast only: never directed, so that it reaches those who may see us and nobody else. Rooms are
 * told by muc_show. */
static void announce(struct x *x, struct presence_all *all)
{
    xmpp_stanza_t *p = st_new(x_ctx(x), "presence", NULL);
    const char *priority = x_option(x, "priority");
    int64_t n = 0;
    if (all->show == KITH_SHOW_OFFLINE)
        st_set(p, "type", "unavailable");
    put_show(all, p);
    if (all->show != KITH_SHOW_OFFLINE) {
        if (priority && str_int(priority, -128, 127, &n) && n)
            st_add_child_text(p, "priority", NULL, priority);
        add_idle(x, all, p);
        caps_add_own(x, p);
        avatar_add_own(x, p);
    }
    x_send(x, p);
    all->announced = true;
}

void presence_again(struct x *x)
{
    struct presence_all *all = x_state(x, "presence");
    if (!all || !x_online(x) || !all->announced || all->show == KITH_SHOW_OFFLINE)
        return;
    announce(x, all);
    muc_show(x);
}

int im_presence(struct x *x, uint32_t show, const char *text)
{
    struct presence_all *all = x_state(x, "presence");
    if (show > KITH_SHOW_DND)
        return KITH_EINVAL;
    bool changed = all->show != show;
    if (!is_away(show))
        all->away_since = 0;
    else if (!all->away_since)
        all->away_since = x_host(x)->wall_ms();
    all->show = show;
    if (str_set(&all->text, str_empty(text) ? NULL : text))
        changed = true;
    if (changed && x_online(x) && all->announced) {
        announce(x, all);
        muc_show(x);
    }
    return KITH_OK;
}

static void presence_attach(struct x *x)
{
    struct presence_all *all = xcalloc(1, sizeof *all);
    all->show = KITH_SHOW_ONLINE;
    x_set_state(x, "presence", all);
}

/* A new session: the server sends what it knows after our presence. A resumed one: it does not, so
 * what is known is told again; and a process that took over a session it did not begin knows
 * nothing, so it goes and comes to be told. */
static void presence_online(struct x *x, bool resumed)
{
    struct presence_all *all = x_state(x, "presence");
    if (resumed && all->announced) {
        for (struct map_entry *e = NULL; (e = map_next(&all->contacts, e));) {
            const struct devices *v = e->value;
            for (size_t i = 0; i < v->n; i++)
                emit(x, e->key, &v->d[i]);
        }
        return;
    }
    for (struct map_entry *e = NULL; (e = map_next(&all->contacts, e));)
        emit_offline(x, e->key, NULL, NULL);
    map_free(&all->contacts, devices_free);
    if (resumed) {
        xmpp_stanza_t *p = st_new(x_ctx(x), "presence", NULL);
        st_set(p, "type", "unavailable");
        x_send(x, p);
    }
    announce(x, all);
}

static void presence_detach(struct x *x)
{
    struct presence_all *all = x_state(x, "presence");
    map_free(&all->contacts, devices_free);
    free(all->text);
    free(all);
    x_set_state(x, "presence", NULL);
}

const struct feature feature_presence = {
    .name = "presence",
    .attach = presence_attach,
    .online = presence_online,
    .detach = presence_detach,
    .presence = presence_presence,
};
