/* backends/xmpp/muc_voice.c - visitors who ask a moderated room to let them speak, and what we moderators say (XEP-0045 §8.6) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/muc_admin.h"
#include "base/mem.h"

#define FORM_REQUEST NS_MUC "#request"

enum { OPEN_MAX = 8 }; /* questions at a time */

struct request {
    uint64_t ask;   /* 0: a free place */
    char *room;
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
        dataform_set(q->form, "muc#request_allow", &value, 1);
        dataform_build(m, q->form, DATAFORM_SUBMIT);
        x_send(x, m);
    }
    forget(q);
}

static struct request *place(struct voice *v, const char *room, const char *nick)
{
    struct request *empty = NULL;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct request *q = &v->open[i];
        if (q->ask && str_eq(q->room, room) && str_eq(dataform_value(q->form, "muc#roomnick"), nick))
            return NULL; /* asked already */
        empty = q->ask || empty ? empty : q;
    }
    return empty;
}

static void ask_user(struct x *x, const struct muc_room *r, struct dataform *form)
{
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "allow", "Let them speak"},
                                                 {sizeof *choices, 0, "deny", "Not now"}};
    const char *nick = dataform_value(form, "muc#roomnick"), *jid = dataform_value(form, "muc#jid");
    struct request *q = place(x_state(x, "voice"), r->address, nick);
    if (!q) {
        dataform_free(form);
        return;
    }
    char *title = xasprintf("%s asks to speak in %s", nick ? nick : "Somebody", r->name ? r->name : r->address);
    char *text = jid ? xasprintf("Their address is %s.", jid) : NULL;
    struct kith_ev_ask ev = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    ev.kind = KITH_ASK_CONFIRM;
    ev.subject = r->address;
    ev.title = title;
    ev.text = text;
    ev.choices = choices;
    ev.n_choices = COUNT(choices);
    *q = (struct request){.room = xstrdup(r->address), .form = form};
    x_ask(x, &ev, on_answer, q);
    q->ask = ev.ask;
    free(title);
    free(text);
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
    if (!form || form->kind != DATAFORM_FORM || !str_eq(dataform_value(form, "FORM_TYPE"), FORM_REQUEST)) {
        dataform_free(form);
        return false;
    }
    if (r->role == MUC_ROLE_MODERATOR)
        ask_user(x, r, form);
    else
        dataform_free(form);
    return true;
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
