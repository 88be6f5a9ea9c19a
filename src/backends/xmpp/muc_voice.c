/* backends/xmpp/muc_voice.c - who asks to speak in a room (XEP-0045 §8.6), or to be a member of it (§9.9), and what we say */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/muc_admin.h"
#include "base/mem.h"

/* What may be asked, and which of its fields says yes. */
static const struct kind {
    const char *form_type, *nick, *allow;
    bool owners; /* it is for those who say who belongs to the room; else for its moderators */
    const char *yes;
} kinds[] = {
    {NS_MUC "#request", "muc#roomnick", "muc#request_allow", false, "Let them speak"},
    {NS_MUC "#register", "muc#register_roomnick", "muc#register_allow", true, "Make them a member"},
};

enum { OPEN_MAX = 8 }; /* questions at a time */

struct request {
    uint64_t ask;   /* 0: a free place */
    char *room;
    const struct kind *kind;
    struct dataform *form; /* goes back, filled in */
};
struct voice { struct request open[OPEN_MAX]; };

static void forget(struct request *q)
{
    free(q->room);
    dataform_free(q->form);
    *q = (struct request){0};
}

static void on_answer(struct x *x, const struct kith_answer *a, void *user)
{
    struct request *q = user;
    bool allow = str_eq(a->choice, "allow");
    const char *value = allow ? "true" : "false";
    const struct muc_room *r = x_online(x) && (allow || str_eq(a->choice, "deny")) ? admin_room(x, q->room) : NULL;
    if (r) {
        xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
        st_set(m, "to", r->address);
        dataform_set(q->form, q->kind->allow, &value, 1);
        dataform_build(m, q->form, DATAFORM_SUBMIT);
        x_send(x, m);
    }
    forget(q);
}

static struct request *place(struct voice *v, const char *room, const struct kind *kind, const char *nick)
{
    struct request *empty = NULL;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct request *q = &v->open[i];
        if (q->ask && q->kind == kind && str_eq(q->room, room) && str_eq(dataform_value(q->form, kind->nick), nick))
            return NULL; /* asked already */
        empty = q->ask || empty ? empty : q;
    }
    return empty;
}

/* What they say of themselves: name, address, where to find more of them; a line each. */
static char *facts(const struct dataform *form, const struct kind *kind)
{
    struct buf b = {0};
    const char *jid = dataform_value(form, "muc#jid");
    if (jid)
        buf_addf(&b, "Their address is %.300s.\n", jid);
    for (size_t i = 0; i < form->n_fields && kind->owners; i++) {
        const struct dataform_field *f = &form->fields[i];
        bool said = f->n_values && !str_empty(f->values[0]) && f->type != DATAFORM_HIDDEN && f->type != DATAFORM_BOOLEAN;
        if (said && f->var)
            buf_addf(&b, "%.60s: %.200s\n", str_empty(f->label) ? f->var : f->label, f->values[0]);
    }
    if (b.len)
        buf_delete(&b, b.len - 1, 1);
    return b.len ? buf_take(&b) : NULL;
}

static void ask_user(struct x *x, const struct muc_room *r, const struct kind *kind, struct dataform *form)
{
    const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "allow", kind->yes},
                                          {sizeof *choices, 0, "deny", "Not now"}};
    const char *nick = dataform_value(form, kind->nick), *who = nick ? nick : "Somebody", *room = r->name ? r->name : r->address;
    struct request *q = place(x_state(x, "voice"), r->address, kind, nick);
    if (!q) {
        dataform_free(form);
        return;
    }
    char *title = kind->owners ? xasprintf("%s asks to be a member of %s", who, room) : xasprintf("%s asks to speak in %s", who, room);
    char *text = facts(form, kind);
    struct kith_ev_ask ev = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    ev.kind = KITH_ASK_CONFIRM;
    ev.subject = r->address;
    ev.title = title;
    ev.text = text;
    ev.choices = choices;
    ev.n_choices = COUNT(choices);
    *q = (struct request){.room = xstrdup(r->address), .kind = kind, .form = form};
    x_ask(x, &ev, on_answer, q);
    q->ask = ev.ask;
    free(title);
    free(text);
}

static bool is_ours(const struct muc_room *r, const struct kind *kind)
{
    return kind->owners ? r->affiliation >= MUC_AFF_ADMIN : r->role == MUC_ROLE_MODERATOR;
}

/* Only from the room itself, and only where it is ours to answer. */
static bool voice_message(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *el = st_child(st, "x", NS_DATA);
    const char *from = st_attr(st, "from"), *type = st_attr(st, "type");
    const struct muc_room *r = el && from && !jid_resource(from) ? admin_room(x, from) : NULL;
    bool plain = !type || str_eq(type, "normal");
    struct err e = {0};
    struct dataform *form = r && plain ? dataform_parse(el, &e) : NULL;
    const struct kind *kind = NULL;
    for (size_t i = 0; form && form->kind == DATAFORM_FORM && i < COUNT(kinds); i++)
        if (str_eq(dataform_value(form, "FORM_TYPE"), kinds[i].form_type))
            kind = &kinds[i];
    if (kind && is_ours(r, kind))
        ask_user(x, r, kind, form);
    else
        dataform_free(form);
    return kind != NULL;
}

static void voice_attach(struct x *x)
{
    x_set_state(x, "voice", xcalloc(1, sizeof(struct voice)));
}

static void voice_online(struct x *x, bool resumed)
{
    struct voice *v = x_state(x, "voice");
    for (size_t i = 0; !resumed && i < OPEN_MAX; i++)
        forget(&v->open[i]); /* the questions died with the session */
}

static void voice_detach(struct x *x)
{
    struct voice *v = x_state(x, "voice");
    for (size_t i = 0; i < OPEN_MAX; i++)
        forget(&v->open[i]);
    free(v);
    x_set_state(x, "voice", NULL);
}

const struct feature feature_voice = {
    .name = "voice", .attach = voice_attach, .online = voice_online, .detach = voice_detach, .message = voice_message};
