/* core/change.c - edits, withdrawals and reactions: only by who wrote, or who may moderate */
#include "core/private.h"

enum { MOST_REACTIONS = 20, MOST_EDITS = 200 };

void change_loaded(struct chat *chat, const struct message *stored)
{
    struct message *m = chat_message(chat, stored->id);
    history_forget_quoted(chat);
    inbox_changed(chat->account->core->core, stored);
    if (!m || m == stored)
        return;
    if (!str_eq(m->body, stored->body) || !str_eq(m->spans, stored->spans))
        m->revealed = false; /* what the user has not seen yet is hidden again */
    str_set(&m->body, stored->body);
    str_set(&m->spans, stored->spans);
    str_set(&m->wire_id, stored->wire_id);
    str_set(&m->archive_id, stored->archive_id);
    m->enc = stored->enc;
    m->flags |= stored->flags & MESSAGE_UNKEPT;
    m->edits = stored->edits;
    m->retracted = stored->retracted;
    chat_message_changed(m);
}

/* The message meant, as the store has it (owned), or as memory has it while the disk refuses. The
 * sender's own first: somebody else may have used the same id for theirs. */
static struct message *find(struct core *c, struct chat *chat, const char *ref, const char *sender)
{
    struct message *m = sender ? store_find_message(c->store, chat, ref, sender) : NULL;
    if (!m)
        m = store_find_message(c->store, chat, ref, NULL);
    if (m)
        return m;
    const struct message *loaded = chat_message_by_ref(chat, ref);
    return loaded && loaded->id > 0 ? message_dup(loaded) : NULL;
}

/* XEP-0308 §4, XEP-0424 §4: in rooms the nick alone proves nothing. */
static bool by_same_sender(const struct chat *chat, const struct message *m,
                           const struct kith_ev_message *ev)
{
    bool ours = ev->flags & KITH_MSG_OUTGOING;
    if (ours || message_outgoing(m))
        return ours && message_outgoing(m);
    if (m->sender_id || ev->sender_id)
        return m->sender_id && str_eq(m->sender_id, ev->sender_id);
    return chat->kind != KITH_CHAT_ROOM && str_eq(m->sender, ev->sender);
}

static const char *any_id(const struct kith_ev_message *ev)
{
    if (!str_empty(ev->origin_id))
        return ev->origin_id;
    return str_empty(ev->id) ? ev->archive_id : ev->id;
}

/* A text that came encrypted is not replaced by one that anybody on the way could have written. */
static bool as_safe(const struct message *m, const struct kith_ev_message *ev)
{
    return !encrypt_has(m->enc) || encrypt_has((enum kith_enc)ev->enc);
}

static void replace_text(struct core *c, struct chat *chat, struct message *m, const struct kith_ev_message *ev)
{
    int64_t time = ev->ev.time_ms > 0 ? ev->ev.time_ms : clock_wall_ms();
    char *spans = spans_pack(ev);
    m->enc = encrypt_weaker(m->enc, (enum kith_enc)ev->enc);
    bool fits = !m->retracted && m->edits < MOST_EDITS;
    if (fits && unkept_message(c, chat, ev->enc))
        store_unkeep(c->store, m);
    if (fits && store_edit(c->store, m, any_id(ev), time, ev->body, spans))
        change_loaded(chat, m);
    free(spans);
    core_touch(c);
}

bool change_edit(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev)
{
    struct core *c = ca->core;
    struct message *m = find(c, chat, ev->target, ev->sender);
    bool done = false;
    if (m && by_same_sender(chat, m, ev) && !str_empty(any_id(ev)) && !str_empty(ev->body)) {
        bool known = store_has_edit(c->store, m, any_id(ev)); /* a copy of it, which perhaps cannot be read any more */
        done = known || as_safe(m, ev);
        if (done && !known)
            replace_text(c, chat, m, ev);
    }
    message_free(m);
    return done; /* else it is shown as a message of its own: nothing is lost, nothing forged */
}

bool change_retract(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev)
{
    struct core *c = ca->core;
    struct message *m =
        find(c, chat, ev->target, ev->flags & KITH_MSG_MODERATED ? NULL : ev->sender);
    bool moderated = (ev->flags & KITH_MSG_MODERATED) && chat->kind == KITH_CHAT_ROOM;
    bool may = m && (moderated || by_same_sender(chat, m, ev));
    if (may && !m->retracted) {
        store_retract(c->store, m);
        change_loaded(chat, m);
        core_touch(c);
    }
    message_free(m);
    return may;
}

static void note_too_many(struct chat *chat)
{
    if (!chat->core->reactions_told)
        log_warn("%s: more reactions to one message than are kept", chat->address);
    chat->core->reactions_told = true;
}

bool change_react(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev)
{
    struct core *c = ca->core;
    struct message *m = find(c, chat, ev->target, NULL);
    bool ours = ev->flags & KITH_MSG_OUTGOING;
    const char *who = ours ? chat->account->address : ev->sender_id ? ev->sender_id : ev->sender;
    size_t n = MIN(ev->n_reactions, (size_t)MOST_REACTIONS);
    if (!m || m->retracted || str_empty(who)) {
        bool known = m != NULL;
        message_free(m);
        return known;
    }
    int64_t time = ev->ev.time_ms > 0 ? ev->ev.time_ms : clock_wall_ms();
    if (store_react(c->store, m, who, ev->reactions, n, time)) {
        struct message *loaded = chat_message(chat, m->id);
        if (loaded) {
            if (!message_set_reactions(loaded, who, ev->reactions, n))
                note_too_many(chat);
            chat_message_changed(loaded);
        }
        core_touch(c);
    }
    message_free(m);
    return true;
}
