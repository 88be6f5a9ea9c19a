/* backends/local/invite.c - questions: somebody wants us in a room */
#include <stdlib.h>

#include "backends/local/local.h"
#include "base/mem.h"

enum { INVITES_OF_PEER = 4 };

static void emit_ask(struct peer *p, const struct invite *inv, const char *text)
{
    const struct kith_choice choices[] = {
        {sizeof choices[0], KITH_CHOICE_DEFAULT, "join", "Join"},
        {sizeof choices[0], 0, "ignore", "Ignore"},
    };
    char *title = xasprintf("%s invites you to %s", p->address, inv->room);
    struct kith_ev_ask ev = {.ev = {sizeof ev, KITH_EV_ASK, 0, 0},
                             .ask = inv->ask,
                             .kind = KITH_ASK_INVITE,
                             .subject = p->address,
                             .title = title,
                             .text = text,
                             .choices = choices,
                             .n_choices = COUNT(choices)};
    s_emit(p->s, &ev.ev);
    free(title);
}

void room_invite_in(struct peer *p, const struct lp *m)
{
    struct kith_session *s = p->s;
    struct room *r = room_find(s, m->room);
    size_t n = 0;
    for (struct invite *i = s->invites; i; i = i->next) {
        if (i->peer == p && str_eq(i->room, m->room))
            return;
        n += i->peer == p;
    }
    if ((r && r->joined) || !room_has(p, m->room) || n >= INVITES_OF_PEER)
        return;
    struct invite *inv = xcalloc(1, sizeof *inv);
    inv->ask = ++s->next_ask;
    inv->peer = p;
    inv->room = xstrdup(m->room);
    inv->next = s->invites;
    s->invites = inv;
    emit_ask(p, inv, m->text);
}

int session_answer(struct kith_session *s, uint64_t ask, const struct kith_answer *a)
{
    for (struct invite **at = &s->invites; *at; at = &(*at)->next) {
        struct invite *inv = *at;
        if (inv->ask != ask)
            continue;
        *at = inv->next;
        if (str_eq(a->choice, "join"))
            local_room_ops.join(s, inv->room, NULL, NULL, 0);
        free(inv->room);
        free(inv);
        return 0;
    }
    return KITH_ENOTFOUND;
}

void invites_drop(struct kith_session *s, const struct peer *of, bool tell)
{
    for (struct invite **at = &s->invites; *at;) {
        struct invite *inv = *at;
        if (of && inv->peer != of) {
            at = &inv->next;
            continue;
        }
        struct kith_ev_ask_gone ev = {.ev = {sizeof ev, KITH_EV_ASK_GONE, 0, 0}, .ask = inv->ask};
        if (tell)
            s_emit(s, &ev.ev);
        *at = inv->next;
        free(inv->room);
        free(inv);
    }
}
