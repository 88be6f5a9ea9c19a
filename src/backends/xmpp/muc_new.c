/* backends/xmpp/muc_new.c - a room that was not there before: made at once with the service's usual settings, set up first,
 * or not made at all, as the user says (XEP-0045 §10.1) */
#include <stdlib.h>

#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/muc_admin.h"
#include "base/mem.h"

static void on_made(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *address = user;
    struct muc_room *r = x_state(x, "muc") ? muc_find(x, address) : NULL;
    struct err e = {0};
    if (r && reply && !iq_is_result(reply)) {
        st_error(reply, &e);
        x_notice(x, KITH_WARN, r->address, "Nobody else can come in yet: the room was not set up. %s", e.text);
    } else if (r && reply) {
        muc_new_made(x, r);
    }
    free(address);
}

/* §10.1.2: an empty form takes what the service has for new rooms; §10.1.3: a cancelled one ends the room. */
static xmpp_stanza_t *empty_form(struct x *x, const struct muc_room *r, const char *type)
{
    xmpp_stanza_t *query, *iq = iq_new(x, "set", r->address, "query", NS_MUC_OWNER, &query);
    st_set(st_add(query, "x", NS_DATA), "type", type);
    return iq;
}

static void make_at_once(struct x *x, const struct muc_room *r)
{
    x_iq(x, empty_form(x, r, "submit"), on_made, xstrdup(r->address));
}

/* The room's own list of features is another one with its settings. */
void muc_new_made(struct x *x, struct muc_room *r)
{
    if (r->undecided && r->stage == MUC_IN) {
        r->undecided = false;
        muc_bookmark(x, r);
        muc_tell(x, r, NULL);
    }
    muc_info(x, r);
}

/* It is left by us as well, for a service that does not end it. */
void muc_new_dropped(struct x *x, struct muc_room *r)
{
    r->undecided = false;
    x_notice(x, KITH_INFO, r->address, "The room was not made.");
    muc_leave(x, r->address, NULL, 0);
}

/* ---- what is it to be? ---- */

static void on_choice(struct x *x, const struct kith_answer *a, void *user)
{
    struct muc_room *r = user;
    r->ask_new = 0;
    if (!x_online(x) || r->stage != MUC_IN || !r->undecided)
        return;
    if (str_eq(a->choice, "configure")) {
        config_first(x, r);
    } else if (str_eq(a->choice, "drop")) {
        admin_ask(x, empty_form(x, r, "cancel"), 0);
        muc_new_dropped(x, r);
    } else if (str_eq(a->choice, "open")) {
        make_at_once(x, r);
    }
}

static void ask_user(struct x *x, struct muc_room *r)
{
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "open", "Open it now"},
                                                 {sizeof *choices, 0, "configure", "Set it up first"},
                                                 {sizeof *choices, KITH_CHOICE_DANGER, "drop", "Do not make it"}};
    struct kith_ev_ask ev = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    char *title = xasprintf("%s is a new room", r->address);
    ev.kind = KITH_ASK_CONFIRM;
    ev.subject = r->address;
    ev.title = title;
    ev.text = "Nobody else can come in before you decide: open it with the settings that are usual on its server, or set "
              "it up first.";
    ev.choices = choices;
    ev.n_choices = COUNT(choices);
    x_ask(x, &ev, on_choice, r);
    r->ask_new = ev.ask;
    free(title);
}

void muc_created(struct x *x, struct muc_room *r)
{
    if (group_created(x, r))
        return;
    if (r->undecided && !r->ask_new)
        ask_user(x, r);
    else if (!r->undecided)
        make_at_once(x, r);
}

void muc_not_new(struct x *x, struct muc_room *r)
{
    if (r->ask_new)
        x_ask_gone(x, r->ask_new);
    r->ask_new = 0;
    r->undecided = r->instant = false;
}
