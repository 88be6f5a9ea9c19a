/* backends/xmpp/vcard.c - cards of people: vcard-temp (XEP-0054) read and written, vCard4 (XEP-0292) read
 *
 * Editing keeps what it does not know: the card is fetched anew, the fields of the form are replaced in it, and the whole
 * goes back. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NS_VCARD4 "urn:ietf:params:xml:ns:vcard-4.0"
enum { VALUE_BYTES = 1000 };

static const struct {
    const char *outer, *inner; /* in vcard-temp; outer is the field's key as well */
    const char *outer4, *inner4; /* in vCard4 */
    const char *label, *type;
} parts[] = {{"FN", NULL, "fn", "text", "Name", "text"},
             {"NICKNAME", NULL, "nickname", "text", "Nickname", "text"},
             {"EMAIL", "USERID", "email", "text", "Mail", "text"},
             {"TEL", "NUMBER", "tel", "uri", "Telephone", "text"},
             {"URL", NULL, "url", "uri", "Home page", "text"},
             {"BDAY", NULL, "bday", "date", "Birthday", "text"},
             {"ORG", "ORGNAME", "org", "text", "Organisation", "text"},
             {"TITLE", NULL, "title", "text", "Title", "text"},
             {"ROLE", NULL, "role", "text", "Role", "text"},
             {"ADR", "LOCALITY", "adr", "locality", "Town", "text"},
             {"ADR", "CTRY", "adr", "country", "Country", "text"},
             {"DESC", NULL, "note", "text", "About", "multiline"}};
enum { PARTS = COUNT(parts) };
_Static_assert((int)PARTS == VCARD_PARTS, "feature.h has the number");

struct vcard { /* the one that is being edited */
    xmpp_stanza_t *card; /* as the server has it; NULL: it has none */
    bool asked;
};

/* ---- reading ---- */

const char *vcard_key(size_t i)
{
    return parts[i].outer;
}

const char *vcard_label(size_t i)
{
    return parts[i].label;
}

static char *bounded(char *value)
{
    if (value && strlen(value) > VALUE_BYTES)
        value[utf8_floor(value, strlen(value), VALUE_BYTES)] = '\0';
    return value;
}

/* vCard4 says a number as "tel:+44...", or as a text. */
static char *value4(xmpp_stanza_t *card, size_t i)
{
    xmpp_stanza_t *outer = st_child(card, parts[i].outer4, NULL);
    char *v = st_child_text(outer, parts[i].inner4, NULL);
    if (!v)
        v = st_child_text(outer, "text", NULL);
    if (v && str_starts(v, "tel:"))
        str_take(&v, xstrdup(v + 4));
    return v;
}

char *vcard_value(xmpp_stanza_t *card, size_t i)
{
    if (is_elem(card, "vcard", NS_VCARD4))
        return bounded(value4(card, i));
    xmpp_stanza_t *outer = st_child(card, parts[i].outer, NULL);
    return bounded(parts[i].inner ? st_child_text(outer, parts[i].inner, NULL) : st_text(outer));
}

xmpp_stanza_t *vcard_of(xmpp_stanza_t *reply)
{
    return iq_is_result(reply) ? st_child(reply, "vCard", NS_VCARD) : NULL;
}

xmpp_stanza_t *vcard4_of(xmpp_stanza_t *reply)
{
    xmpp_stanza_t *item = st_child(pep_items(reply, NS_VCARD4_NODE), "item", NULL);
    return st_child(item, "vcard", NS_VCARD4);
}

/* ---- the edited card ---- */

static bool is_ours(const char *name, size_t *first)
{
    for (size_t i = 0; name && i < PARTS; i++) {
        if (strcmp(parts[i].outer, name) == 0) {
            *first = i;
            return true;
        }
    }
    return false;
}

static void add_copy(xmpp_stanza_t *to, xmpp_stanza_t *st)
{
    xmpp_stanza_t *copy = xmpp_stanza_copy(st);
    xmpp_stanza_add_child(to, copy);
    xmpp_stanza_release(copy);
}

/* Is this a part of the element that the form shows? */
static bool is_shown(const char *outer, xmpp_stanza_t *inner)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i].outer, outer) == 0 && parts[i].inner && is_elem(inner, parts[i].inner, NULL))
            return true;
    return false;
}

/* One element with its values as the form has them; old (may be NULL): what else was in it stays. */
static void add_part(xmpp_stanza_t *card, size_t first, xmpp_stanza_t *old, const char *const values[VCARD_PARTS])
{
    const char *outer = parts[first].outer;
    bool any = false;
    for (size_t i = first; i < PARTS; i++)
        any |= strcmp(parts[i].outer, outer) == 0 && !str_empty(values[i]);
    if (!any && (!old || !parts[first].inner))
        return;
    xmpp_stanza_t *el = st_add(card, outer, NS_VCARD);
    if (!parts[first].inner) {
        st_add_text(el, values[first]);
        return;
    }
    EACH_CHILD (c, old)
        if (is_elem(c, NULL, NULL) && !is_shown(outer, c))
            add_copy(el, c);
    for (size_t i = first; i < PARTS; i++)
        if (strcmp(parts[i].outer, outer) == 0 && !str_empty(values[i]))
            st_add_child_text(el, parts[i].inner, NULL, values[i]);
}

/* The first of each kind is the one that the form showed; further ones, and what no field is for, stay as they are. */
static void rebuild(xmpp_stanza_t *card, xmpp_stanza_t *old, const char *const values[VCARD_PARTS])
{
    bool done[VCARD_PARTS] = {false};
    EACH_CHILD (c, old) {
        size_t first;
        if (!is_elem(c, NULL, NULL))
            continue;
        if (!is_ours(xmpp_stanza_get_name(c), &first) || done[first]) {
            add_copy(card, c);
            continue;
        }
        done[first] = true;
        add_part(card, first, c, values);
    }
    for (size_t i = 0; i < PARTS; i++) {
        size_t first;
        if (is_ours(parts[i].outer, &first) && first == i && !done[i])
            add_part(card, i, NULL, values);
    }
}

/* ---- editing ---- */

static void forget(struct vcard *v)
{
    if (v->card)
        xmpp_stanza_release(v->card);
    v->card = NULL;
    v->asked = false;
}

static void on_saved(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct err e = {0};
    if (iq_is_result(reply)) {
        x_notice(x, KITH_INFO, NULL, "Your card was changed; others see it when they ask for it.");
        return;
    }
    st_error(reply, &e);
    x_notice(x, KITH_ERROR, NULL, "Your card was not changed. %s",
             reply ? e.text : "The server did not answer.");
}

static const char *answered(const struct kith_answer *a, size_t i)
{
    char key[16];
    vcard_field_key(i, key, sizeof key);
    for (size_t k = 0; k < a->n_fields; k++) {
        const struct kith_field *f = KITH_AT(struct kith_field, a->fields, k);
        if (str_eq(f->key, key) && f->n_values > 0)
            return f->values[0];
    }
    return "";
}

static void on_edited(struct x *x, const struct kith_answer *a, void *user)
{
    struct vcard *v = x_state(x, "vcard");
    const char *values[VCARD_PARTS];
    if (!v || !v->asked)
        return;
    if (!str_eq(a->choice, "ok")) {
        forget(v);
        return;
    }
    char *nick = v->card ? vcard_value(v->card, VCARD_NICK) : NULL;
    for (size_t i = 0; i < PARTS; i++)
        values[i] = answered(a, i);
    xmpp_stanza_t *card, *iq = iq_new(x, "set", NULL, "vCard", NS_VCARD, &card);
    rebuild(card, v->card, values);
    x_iq(x, iq, on_saved, NULL);
    if (strcmp(nick ? nick : "", values[VCARD_NICK]) != 0)
        nick_publish(x, values[VCARD_NICK]);
    free(nick);
    forget(v);
}

void vcard_field_key(size_t i, char *out, size_t cap)
{
    str_copy(out, cap, parts[i].inner ? parts[i].inner : parts[i].outer);
}

static void ask_user(struct x *x, xmpp_stanza_t *card)
{
    static const struct kith_choice choices[] = {
        {sizeof *choices, KITH_CHOICE_DEFAULT, "ok", "Save"}, {sizeof *choices, 0, "cancel", "Cancel"}};
    struct kith_field f[VCARD_PARTS];
    const char *values[VCARD_PARTS];
    char keys[VCARD_PARTS][16], *owned[VCARD_PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        owned[i] = card ? vcard_value(card, i) : NULL;
        values[i] = owned[i] ? owned[i] : "";
        vcard_field_key(i, keys[i], sizeof keys[i]);
        f[i] = (struct kith_field){.size = sizeof f[i], .key = keys[i], .label = parts[i].label, .type = parts[i].type,
                                   .values = &values[i], .n_values = 1};
    }
    struct kith_ev_ask ask = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    ask.kind = KITH_ASK_FORM;
    ask.subject = x_bare(x);
    ask.title = "Your card: whoever knows your address can read it";
    ask.choices = choices;
    ask.n_choices = COUNT(choices);
    ask.fields = f;
    ask.n_fields = PARTS;
    x_ask(x, &ask, on_edited, NULL);
    for (size_t i = 0; i < PARTS; i++)
        free(owned[i]);
}

static void on_own(struct x *x, xmpp_stanza_t *reply, void *user)
{
    kith_req *req = user;
    struct vcard *v = x_state(x, "vcard");
    struct err e = {0};
    xmpp_stanza_t *card = vcard_of(reply);
    int code = card || !reply ? KITH_OK : st_error(reply, &e);
    if (!reply || !v) {
        x_reply_err(x, *req, KITH_ENET, "The server did not answer.");
    } else if (!card && !iq_is_result(reply) && code != KITH_ENOTFOUND) {
        x_reply_err(x, *req, code, e.text);
    } else {
        forget(v);
        v->card = card ? xmpp_stanza_copy(card) : NULL;
        v->asked = true;
        ask_user(x, card);
        x_reply_ok(x, *req, NULL);
    }
    free(req);
}

int vcard_edit(struct x *x, kith_req req)
{
    if (!x_online(x))
        return KITH_EOFFLINE;
    kith_req *keep = xmalloc(sizeof *keep);
    *keep = req;
    x_iq(x, iq_new(x, "get", NULL, "vCard", NS_VCARD, NULL), on_own, keep);
    return KITH_OK;
}

static void vcard_attach(struct x *x)
{
    x_set_state(x, "vcard", xcalloc(1, sizeof(struct vcard)));
}

static void vcard_detach(struct x *x)
{
    struct vcard *v = x_state(x, "vcard");
    forget(v);
    free(v);
    x_set_state(x, "vcard", NULL);
}

const struct feature feature_vcard = {
    .name = "vcard",
    .attach = vcard_attach,
    .detach = vcard_detach,
};
