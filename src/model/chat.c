/* model/chat.c - a conversation: what it is called, who is in it, who types, the draft */
#include <string.h>

#include "base/mem.h"
#include "model/forecast.h"
#include "model/model.h"
#include "model/private.h"

static void member_free(struct member *m)
{
    free(m->nick);
    free(m->id);
    free(m->address);
    free(m->prefix);
    free(m->text);
    free(m);
}

static void typist_clear(struct typist *t)
{
    free(t->who);
    free(t->live);
}

void chat_free(struct chat *c)
{
    for (size_t i = 0; i < c->n_messages; i++)
        message_free(c->messages[i]);
    c->account->model->bytes -= c->bytes;
    free(c->messages);
    map_free(&c->member_index, NULL);
    for (size_t i = 0; i < c->n_members; i++)
        member_free(c->members[i]);
    free(c->members);
    for (size_t i = 0; i < c->n_typists; i++)
        typist_clear(&c->typists[i]);
    free(c->typists);
    free(c->draft.text);
    free(c->address);
    free(c->name);
    free(c->topic);
    free(c->topic_by);
    free(c->nick);
    free(c->text);
    forecast_free(c->forecast);
    free(c);
}

static void emit(struct chat *c, enum model_event_type type, struct member *m, const void *origin)
{
    model_emit(c->account->model,
               &(struct model_event){
                   .type = type, .account = c->account, .chat = c, .member = m, .origin = origin});
}

void chat_changed(struct chat *c)
{
    emit(c, MODEL_CHAT, NULL, NULL);
}

uint32_t chat_lasting_flags(uint32_t flags)
{
    uint32_t of_on = flags & KITH_CHAT_ENCRYPTED ? 0u : KITH_CHAT_UNVERIFIED | KITH_CHAT_WAITS;
    return flags & ~(KITH_CHAT_ENCRYPTS | of_on);
}

struct contact *chat_contact(const struct chat *c)
{
    if (c->kind != KITH_CHAT_DIRECT && c->kind != KITH_CHAT_SELF)
        return NULL;
    return account_contact(c->account, c->address);
}

const char *chat_title(const struct chat *c)
{
    const struct contact *ct = chat_contact(c);
    if (ct && !str_empty(ct->name))
        return ct->name;
    if (!str_empty(c->name))
        return c->name;
    if (c->kind == KITH_CHAT_SELF && !str_empty(c->account->nick))
        return c->account->nick;
    return c->address;
}

/* ---- members ---- */

struct member *chat_member(const struct chat *c, const char *nick)
{
    return nick ? map_get(&c->member_index, nick) : NULL;
}

/* Who may speak in a room where not all may (voice) stands before those who may not. */
int member_rank(const struct member *m)
{
    switch (m->role) {
    case KITH_ROLE_OWNER:
        return 0;
    case KITH_ROLE_ADMIN:
        return 1;
    case KITH_ROLE_OP:
        return 2;
    case KITH_ROLE_HALFOP:
        return 3;
    case KITH_ROLE_VOICE:
        return 4;
    case KITH_ROLE_MEMBER:
    case KITH_ROLE_NONE:
        return 5;
    case KITH_ROLE_VISITOR:
        return 6;
    }
    return 5;
}

int member_compare(const struct member *a, const struct member *b)
{
    int x = member_rank(a), y = member_rank(b);
    if (x != y)
        return x < y ? -1 : 1;
    int c = strcasecmp(a->nick, b->nick);
    return c != 0 ? c : strcmp(a->nick, b->nick);
}

struct member *chat_put_member(struct chat *c, const struct member *from)
{
    struct member *m = chat_member(c, from->nick);
    if (!m) {
        m = xcalloc(1, sizeof *m);
        m->nick = xstrdup(from->nick);
        VEC_PUSH(c->members, c->n_members, c->cap_members, m);
        map_set(&c->member_index, m->nick, m);
    }
    str_set(&m->id, from->id);
    str_set(&m->address, from->address);
    str_set(&m->prefix, from->prefix);
    str_set(&m->text, from->text);
    m->role = from->role;
    m->show = from->show;
    m->flags = from->flags;
    m->spoke = MAX(m->spoke, from->spoke);
    m->sweep = false;
    emit(c, MODEL_MEMBER, m, NULL);
    return m;
}

void chat_drop_member(struct chat *c, const char *nick)
{
    struct member *m = map_del(&c->member_index, nick);
    if (!m)
        return;
    for (size_t i = 0; i < c->n_members; i++) {
        if (c->members[i] == m) {
            VEC_DEL(c->members, c->n_members, i);
            break;
        }
    }
    emit(c, MODEL_MEMBER_GONE, m, NULL);
    member_free(m);
}

void chat_rename_member(struct chat *c, const char *nick, const char *to)
{
    struct member *m = chat_member(c, nick);
    if (!m || str_eq(nick, to))
        return;
    chat_drop_member(c, to);
    map_del(&c->member_index, nick);
    str_set(&m->nick, to);
    map_set(&c->member_index, to, m);
    emit(c, MODEL_MEMBER, m, NULL);
}

void chat_drop_members(struct chat *c)
{
    if (c->n_members == 0)
        return;
    map_free(&c->member_index, NULL);
    for (size_t i = 0; i < c->n_members; i++)
        member_free(c->members[i]);
    c->n_members = 0;
    chat_changed(c);
}

/* ---- typing, draft, unread ---- */

void chat_set_typing(struct chat *c, const char *who, enum kith_typing state, const char *live)
{
    size_t i = 0;
    while (i < c->n_typists && !str_eq(c->typists[i].who, who))
        i++;
    bool typing = state == KITH_TYPING_ACTIVE || state == KITH_TYPING_PAUSED;
    if (i == c->n_typists && !typing)
        return;
    if (!typing) {
        struct typist gone = c->typists[i];
        VEC_DEL(c->typists, c->n_typists, i);
        typist_clear(&gone); /* who may be gone.who: last use of it was above */
    } else {
        if (i == c->n_typists) {
            c->typists = xreallocarray(c->typists, c->n_typists + 1, sizeof *c->typists);
            c->typists[c->n_typists++] = (struct typist){.who = xstrdup(who)};
        } else if (c->typists[i].state == state && str_eq(c->typists[i].live, live)) {
            return;
        }
        c->typists[i].state = state;
        str_set(&c->typists[i].live, live);
    }
    emit(c, MODEL_TYPING, NULL, NULL);
}

void chat_set_draft(struct chat *c, const struct draft *d, const void *origin)
{
    bool changed = str_set(&c->draft.text, str_empty(d->text) ? NULL : d->text);
    changed |= c->draft.reply_to != d->reply_to || c->draft.editing != d->editing ||
               c->draft.cursor != d->cursor;
    c->draft.cursor = d->cursor;
    c->draft.reply_to = d->reply_to;
    c->draft.editing = d->editing;
    if (changed)
        emit(c, MODEL_DRAFT, NULL, origin);
}

void chat_set_unread(struct chat *c, uint32_t unread, uint32_t mentions)
{
    if (c->unread == unread && c->mentions == mentions)
        return;
    c->unread = unread;
    c->mentions = mentions;
    emit(c, MODEL_UNREAD, NULL, NULL);
}
