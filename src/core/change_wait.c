/* core/change_wait.c - what happened to a message is told before the message itself, when an archive
 * is read backwards: it waits, and counts as soon as the message is here */
#include "core/private.h"

enum { NOT_KNOWN = 0, NONE, SOME };

static bool is_here(struct core *c, struct chat *chat, const char *ref)
{
    struct message *m = store_find_message(c->store, chat, ref, NULL);
    message_free(m);
    return m != NULL;
}

void change_wait(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev,
                 int64_t shown)
{
    struct core *c = ca->core;
    const char *id = !str_empty(ev->origin_id) ? ev->origin_id : ev->id;
    if (str_empty(ev->target) || is_here(c, chat, ev->target))
        return; /* it is not theirs to change, and never will be */
    struct buf lines = {0};
    for (size_t i = 0; i < ev->n_reactions; i++)
        buf_addf(&lines, "%s\n", ev->reactions[i]);
    struct store_change w = {.flags = ev->flags,
                             .time = ev->ev.time_ms > 0 ? ev->ev.time_ms : clock_wall_ms(),
                             .shown = shown,
                             .target = (char *)(uintptr_t)ev->target,
                             .ref = (char *)(uintptr_t)(str_empty(id) ? ev->archive_id : id),
                             .sender = (char *)(uintptr_t)ev->sender,
                             .sender_id = (char *)(uintptr_t)ev->sender_id,
                             .body = ev->flags & KITH_MSG_REACT ? (char *)(uintptr_t)buf_str(&lines)
                                                                : (char *)(uintptr_t)ev->body};
    w.spans = spans_pack(ev);
    store_add_waiting(c->store, chat, &w);
    free(w.spans);
    chat->core->waiting = SOME;
    core_touch(c);
    buf_free(&lines);
}

/* The message as which an edit was shown: it was none. */
static void drop_shown(struct core *c, struct chat *chat, int64_t id)
{
    struct message *loaded = chat_message(chat, id), *m = send_get(c, chat, id);
    if (m)
        store_drop_message(c->store, m);
    if (loaded)
        chat_remove_message(chat, loaded);
    message_free(m);
}

static void apply(struct core_account *ca, struct chat *chat, const struct store_change *w)
{
    enum { MOST = 32 };
    const char *reactions[MOST];
    char *lines = xstrdup(w->body ? w->body : "");
    struct kith_ev_message ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE,
                                        .time_ms = w->time},
                                 .chat = chat->address,
                                 .sender = w->sender,
                                 .sender_id = w->sender_id,
                                 .id = w->ref,
                                 .target = w->target,
                                 .flags = w->flags | KITH_MSG_HISTORY,
                                 .body = w->body};
    bool done = false;
    struct kith_span *spans = spans_unpack(w->spans, w->body, &ev.n_spans);
    ev.spans = spans;
    if (w->flags & KITH_MSG_REACT) {
        ev.body = NULL;
        ev.reactions = reactions;
        ev.n_reactions = outbox_split_lines(lines, reactions, MOST);
        done = change_react(ca, chat, &ev);
    } else if (w->flags & KITH_MSG_RETRACT) {
        done = change_retract(ca, chat, &ev);
    } else {
        done = change_edit(ca, chat, &ev);
    }
    if (done && w->shown)
        drop_shown(ca->core, chat, w->shown);
    free(spans);
    free(lines);
}

void change_message_came(struct core_account *ca, struct chat *chat, const char *const refs[3])
{
    struct core *c = ca->core;
    struct core_chat *cc = chat->core;
    if (cc->waiting == NOT_KNOWN)
        cc->waiting = store_count_waiting(c->store, chat) > 0 ? SOME : NONE;
    for (int i = 0; i < 3 && cc->waiting == SOME; i++) {
        size_t n = 0;
        bool again = str_empty(refs[i]) || (i > 0 && str_eq(refs[i], refs[i - 1]));
        struct store_change *v = again ? NULL : store_take_waiting(c->store, chat, refs[i], &n);
        for (size_t k = 0; k < n; k++)
            apply(ca, chat, &v[k]);
        store_changes_free(v, n);
    }
}
