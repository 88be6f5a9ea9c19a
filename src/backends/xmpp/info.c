/* backends/xmpp/info.c - who is: a contact's card and what their devices say */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/clock.h"
#include "backends/xmpp/puppets.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { REQUESTS_MAX = 20, DEVICES_MAX = 16, FIELDS_MAX = 40, VALUE_BYTES = 1000 };

struct request { /* one "who is", until its last answer */
    kith_req req;
    char *bare;
    unsigned waiting;
    bool any;
    struct err first; /* the card's error, told when nothing else came */
};
struct question {
    struct request *of;
    char *full;
};
struct fields {
    struct kith_field f[FIELDS_MAX];
    const char *values[FIELDS_MAX];
    char *owned[FIELDS_MAX];
    size_t n;
};
struct info {
    unsigned running;
};

/* ---- fields ---- */
/* Takes over value. key and label are constants. */
static void put(struct fields *v, const char *key, const char *label, char *value)
{
    if (str_empty(value) || v->n == FIELDS_MAX) {
        free(value);
        return;
    }
    if (strlen(value) > VALUE_BYTES)
        value[utf8_floor(value, strlen(value), VALUE_BYTES)] = '\0';
    v->owned[v->n] = value;
    v->values[v->n] = value;
    v->f[v->n] = (struct kith_field){.size = sizeof v->f[0],
                                     .key = key,
                                     .label = label,
                                     .type = "fixed",
                                     .values = &v->values[v->n],
                                     .n_values = 1};
    v->n++;
}

static void emit_item(struct x *x, struct request *r, const char *address, const char *name,
                      struct fields *v)
{
    if (v->n) {
        struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
        ev.ev.req = r->req;
        ev.address = address;
        ev.name = name;
        ev.number = -1;
        ev.fields = v->f;
        ev.n_fields = v->n;
        x_emit(x, &ev.ev);
        r->any = true;
    }
    for (size_t i = 0; i < v->n; i++)
        free(v->owned[i]);
    v->n = 0;
}

/* ---- one answer more ---- */
static void answered(struct x *x, struct request *r)
{
    if (--r->waiting > 0)
        return;
    struct info *in = x_state(x, "info");
    if (in)
        in->running--;
    if (r->any || !r->first.code)
        x_reply_ok(x, r->req, NULL);
    else
        x_reply_err(x, r->req, r->first.code, r->first.text);
    free(r->bare);
    free(r);
}

static void question_done(struct x *x, struct question *q)
{
    answered(x, q->of);
    free(q->full);
    free(q);
}

static void ask(struct x *x, struct request *r, const char *to, const char *name, const char *ns,
                x_iq_fn *fn)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->of = r;
    q->full = xstrdup(to);
    r->waiting++;
    x_iq(x, iq_new(x, "get", to, name, ns, NULL), fn, q);
}

/* ---- the card ---- */
/* False: there is nothing in it. */
static bool emit_card(struct x *x, struct question *q, xmpp_stanza_t *card)
{
    struct fields v = {.n = 0};
    for (size_t i = 0; card && i < VCARD_PARTS; i++)
        put(&v, vcard_key(i), vcard_label(i), vcard_value(card, i));
    bool any = v.n > 0;
    char *name = card ? vcard_value(card, 0) : NULL;
    emit_item(x, q->of, q->full, name, &v);
    free(name);
    return any;
}

static void on_card4(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct question *q = user;
    emit_card(x, q, vcard4_of(reply));
    question_done(x, q);
}

/* XEP-0292 where the older card is empty; a stranger's account is asked for nothing more. */
static void ask_card4(struct x *x, struct request *r)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->of = r;
    q->full = xstrdup(r->bare);
    r->waiting++;
    x_iq(x, pep_get(x, r->bare, NS_VCARD4_NODE, NULL), on_card4, q);
}

static void on_card(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct question *q = user;
    bool any = emit_card(x, q, vcard_of(reply));
    if (!iq_is_result(reply))
        st_error(reply, &q->of->first);
    if (!any && reply && x_online(x) && presence_wanted(x, q->of->bare)) /* also who is behind a gateway of ours */
        ask_card4(x, q->of);
    question_done(x, q);
}

/* What a contact calls themselves, where the user calls them otherwise (XEP-0172). */
static void tell_nick(struct x *x, struct request *r)
{
    struct fields v = {.n = 0};
    const char *nick = nick_of(x, r->bare);
    if (nick)
        put(&v, "nick", "Calls themselves", xstrdup(nick));
    if (puppets_has(x, r->bare) || puppets_is_gateway(x, r->bare)) { /* whatever their program says */
        const char *at = strchr(r->bare, '@');
        put(&v, "encryption", "Encryption", xasprintf("not end to end: %s can read what is written", at ? at + 1 : r->bare));
    }
    emit_item(x, r, r->bare, NULL, &v);
}

static bool form_is(xmpp_stanza_t *form, const char *type)
{
    EACH_CHILD (c, form) {
        if (!is_elem(c, "field", NULL) || !str_eq(st_attr(c, "var"), "FORM_TYPE"))
            continue;
        char *value = st_child_text(c, "value", NULL);
        bool same = str_eq(value, type);
        free(value);
        return same;
    }
    return false;
}

/* XEP-0157: whom of a server to write to, and why. */
static void on_server_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    static const struct {
        const char *var, *label;
    } rows[] = {{"abuse-addresses", "Reports of abuse"}, {"admin-addresses", "Who runs it"},
                {"support-addresses", "Help"},           {"security-addresses", "Security"},
                {"status-addresses", "Is it well?"},     {"feedback-addresses", "Feedback"},
                {"sales-addresses", "Sales"}};
    struct question *q = user;
    struct fields v = {.n = 0};
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    EACH_CHILD (form, query) {
        EACH_CHILD (f, is_elem(form, "x", NS_DATA) && form_is(form, "http://jabber.org/network/serverinfo") ? form : NULL) {
            for (size_t i = 0; i < COUNT(rows); i++) {
                if (!is_elem(f, "field", NULL) || !str_eq(st_attr(f, "var"), rows[i].var))
                    continue;
                EACH_CHILD (value, f)
                    if (is_elem(value, "value", NULL))
                        put(&v, rows[i].var, rows[i].label, st_text(value));
            }
        }
    }
    emit_item(x, q->of, q->full, NULL, &v);
    question_done(x, q);
}

/* ---- devices ---- */
static void on_version(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct question *q = user;
    struct fields v = {.n = 0};
    xmpp_stanza_t *a = iq_is_result(reply) ? st_child(reply, "query", NS_VERSION) : NULL;
    put(&v, "name", "Program", st_child_text(a, "name", NULL));
    put(&v, "version", "Version", st_child_text(a, "version", NULL));
    put(&v, "os", "System", st_child_text(a, "os", NULL));
    emit_item(x, q->of, q->full, jid_resource(q->full), &v);
    question_done(x, q);
}

/* XEP-0082 §3: "Z", or "+hh:mm". False: it is neither. */
static bool zone_of(const char *tzo, int64_t *minutes)
{
    int64_t h, m;
    *minutes = 0;
    if (!tzo || str_eq(tzo, "Z"))
        return tzo != NULL;
    if (strlen(tzo) != 6 || !strchr("+-", tzo[0]) || tzo[3] != ':')
        return false;
    const char hours[] = {tzo[1], tzo[2], '\0'};
    if (!str_int(hours, 0, 14, &h) || !str_int(tzo + 4, 0, 59, &m))
        return false;
    *minutes = (tzo[0] == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

/* XEP-0202: what a clock on the wall there shows. Owned; NULL: it did not say. */
static char *time_there(xmpp_stanza_t *time)
{
    enum { MINUTE_MS = 60000, DAY_MINUTES = 24 * 60, NIGHT_ENDS = 7 * 60, NIGHT_BEGINS = 22 * 60 };
    char *utc = st_child_text(time, "utc", NULL), *tzo = st_child_text(time, "tzo", NULL), *out = NULL;
    int64_t ms, zone;
    if (utc && clock_parse_iso(utc, &ms) && zone_of(tzo, &zone)) {
        int64_t m = ((ms / MINUTE_MS + zone) % DAY_MINUTES + DAY_MINUTES) % DAY_MINUTES;
        out = xasprintf("%02d:%02d (UTC%s)%s", (int)(m / 60), (int)(m % 60), str_eq(tzo, "Z") ? "" : tzo,
                        m < NIGHT_ENDS || m >= NIGHT_BEGINS ? ", it is night there" : "");
    }
    free(utc);
    free(tzo);
    return out;
}

static void on_time(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct question *q = user;
    struct fields v = {.n = 0};
    xmpp_stanza_t *a = iq_is_result(reply) ? st_child(reply, "time", NS_TIME) : NULL;
    put(&v, "time", "Time there", time_there(a));
    emit_item(x, q->of, q->full, jid_resource(q->full), &v);
    question_done(x, q);
}

static void on_last(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct question *q = user;
    struct fields v = {.n = 0};
    const char *s =
        iq_is_result(reply) ? st_attr(st_child(reply, "query", NS_LAST), "seconds") : NULL;
    int64_t n = 0;
    if (s && str_int(s, 0, INT32_MAX, &n))
        put(&v, "seconds", jid_resource(q->full) ? "Seconds idle" : "Seconds since last seen",
            xstrdup(s));
    emit_item(x, q->of, q->full, jid_resource(q->full), &v);
    question_done(x, q);
}

struct device_walk {
    struct x *x;
    struct request *r;
    unsigned n;
};

static void ask_device(const char *full, void *user)
{
    struct device_walk *w = user;
    if (w->n++ >= DEVICES_MAX)
        return;
    ask(w->x, w->r, full, "query", NS_VERSION, on_version);
    ask(w->x, w->r, full, "time", NS_TIME, on_time);
}

/* Asked only when the user asks; a stranger's card is asked of their server, which tells them
 * nothing. */
int info_fetch(struct x *x, const char *address, kith_req req)
{
    struct info *in = x_state(x, "info");
    char *bare = address ? jid_typed(address) : NULL;
    if (bare && jid_resource(address) && muc_is_room(x, bare)) /* somebody in a room, not the room */
        str_take(&bare, jid_normal(address));
    int err = !bare                         ? KITH_EINVAL
              : !x_online(x)                ? KITH_EOFFLINE
              : in->running >= REQUESTS_MAX ? KITH_EBUSY
                                            : KITH_OK;
    if (err) {
        free(bare);
        return err;
    }
    struct request *r = xcalloc(1, sizeof *r);
    *r = (struct request){.req = req, .bare = bare, .waiting = 1};
    in->running++;
    tell_nick(x, r);
    if (!strchr(bare, '@'))
        ask(x, r, bare, "query", NS_DISCO_INFO, on_server_info);
    ask(x, r, bare, "vCard", NS_VCARD, on_card);
    if (roster_we_see(x, bare)) {
        struct device_walk w = {x, r, 0};
        ask(x, r, bare, "query", NS_LAST, on_last);
        presence_each(x, bare, ask_device, &w);
    }
    answered(x, r);
    return KITH_OK;
}

static void info_attach(struct x *x)
{
    x_set_state(x, "info", xcalloc(1, sizeof(struct info)));
}

static void info_detach(struct x *x)
{
    free(x_state(x, "info"));
    x_set_state(x, "info", NULL);
}

const struct feature feature_info = {
    .name = "info",
    .attach = info_attach,
    .detach = info_detach,
};
