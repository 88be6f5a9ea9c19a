/* store/chats.c - conversations: names, counters, markers, drafts; not their messages */
#include "store/aside.h"

static char **text_fields(struct chat *c, size_t i)
{
    char **const fields[] = {&c->name, &c->nick, &c->topic, &c->topic_by};
    return fields[i];
}

static void fill_chat(struct chat *c, sqlite3_stmt *q)
{
    for (size_t i = 0; i < 4; i++)
        str_take(text_fields(c, i), column_dup(q, 3 + (int)i));
    c->topic_time = sqlite3_column_int64(q, 7);
    /* Joined is what a connection says, and how the next message would leave; there is none yet. */
    c->flags = chat_lasting_flags((uint32_t)sqlite3_column_int64(q, 8)) & ~(uint32_t)KITH_CHAT_JOINED;
    c->number = sqlite3_column_int(q, 9);
    c->open = sqlite3_column_int(q, 10) != 0;
    c->unread = (uint32_t)sqlite3_column_int64(q, 11);
    c->mentions = (uint32_t)sqlite3_column_int64(q, 12);
    c->read_sort = sqlite3_column_int64(q, 13);
    c->read_id = sqlite3_column_int64(q, 14);
    c->active = sqlite3_column_int64(q, 15);
    str_take(&c->draft.text, column_dup(q, 18));
    c->draft.cursor = (size_t)sqlite3_column_int64(q, 19);
    c->draft.reply_to = sqlite3_column_int64(q, 20);
    c->draft.editing = sqlite3_column_int64(q, 21);
    int64_t level = sqlite3_column_int64(q, 23);
    c->said = sqlite3_column_int64(q, 22);
    c->notices = level > 0 && level < N_NOTICE_LEVELS ? (enum notice_level)level : NOTICE_DEFAULT;
    int64_t wish = sqlite3_column_int64(q, 24);
    c->pictures = wish > 0 && wish < N_PICTURE_WISHES ? (enum picture_wish)wish : PICTURES_DEFAULT;
    size_t len = c->draft.text ? strlen(c->draft.text) : 0;
    c->draft.cursor = MIN(c->draft.cursor, len);
}

/* A chat that was made anew while the file could not be read: what the file says of it, and what
 * came since. */
static void merge_chat(struct chat *c, sqlite3_stmt *q)
{
    const struct chat now = *c;
    char *draft = xstrdup(c->draft.text);
    fill_chat(c, q);
    c->open |= now.open;
    c->number = now.open ? now.number : c->number;
    c->flags |= now.flags & KITH_CHAT_JOINED;
    c->unread += now.unread;
    c->mentions += now.mentions;
    c->active = MAX(c->active, now.active);
    if (now.read_sort > c->read_sort) {
        c->read_sort = now.read_sort;
        c->read_id = now.read_id;
    }
    if (!str_empty(draft)) {
        free(c->draft.text);
        c->draft = now.draft;
        c->draft.text = draft;
    } else {
        free(draft);
    }
}

void store_load_chats(struct store *s, struct account *a, store_chat_fn *fn, void *user)
{
    sqlite3_stmt *q = STORE_READ(s, S_CHATS, v_int(a->id));
    while (store_row(s, q)) {
        const char *address = (const char *)sqlite3_column_text(q, 1);
        if (!address)
            continue;
        struct chat *c = account_chat(a, address);
        if (c) {
            merge_chat(c, q);
        } else {
            c = account_add_chat(a, sqlite3_column_int64(q, 0), address,
                                 (enum kith_chat_kind)sqlite3_column_int(q, 2));
            fill_chat(c, q);
        }
        struct store_chat more = {.last_sort = sqlite3_column_int64(q, 16),
                                  .history_start = sqlite3_column_int(q, 17) != 0};
        if (c->flags & CHAT_UNKEPT)
            s->unkept = s->scrub = true; /* a kith that was killed may have left something in the log */
        chat_changed(c);
        fn(user, c, &more);
    }
}

int64_t store_new_chat(struct store *s, const struct account *a, const char *address,
                       enum kith_chat_kind kind)
{
    int64_t id = s->next_chat++;
    STORE_WRITE(s, S_NEW_CHAT, v_int(id), v_int(a->id), v_text(address), v_int(kind));
    return id;
}

void store_move_chat(struct store *s, const struct chat *c)
{
    STORE_WRITE(s, S_MOVE_CHAT, v_int(c->id), v_text(c->address));
}

void store_put_chat(struct store *s, const struct chat *c, const struct store_chat *more)
{
    static const struct draft none;
    const struct draft *draft = c->flags & CHAT_UNKEPT ? &none : &c->draft; /* without its text all of it is nothing */
    if ((c->flags & CHAT_UNKEPT) && !s->unkept) {
        s->unkept = true;
        scrub_want(s);
    }
    STORE_WRITE(s, S_PUT_CHAT, v_int(c->id), v_int(c->kind), v_text(c->name), v_text(c->nick),
                v_text(c->topic), v_text(c->topic_by), v_int(c->topic_time), v_int(c->flags),
                v_int(c->number), v_int(c->open), v_int(c->unread), v_int(c->mentions),
                v_int(c->read_sort), v_int(c->read_id), v_int(c->active), v_int(more->last_sort),
                v_int(more->history_start), v_text(draft->text), v_int((int64_t)draft->cursor),
                v_int(draft->reply_to), v_int(draft->editing), v_int(c->said),
                v_int(c->notices), v_int(c->pictures));
}

void store_drop_chat(struct store *s, const struct chat *c)
{
    STORE_WRITE(s, S_DROP_CHAT, v_int(c->id));
    aside_drop_chat(s, c->id);
    scrub_want(s);
}
