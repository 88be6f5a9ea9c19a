/* model/message.c - messages, and the window of loaded ones that each chat keeps */
#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/private.h"

/* ---- one message ---- */

struct message *message_new(void)
{
    return xcalloc(1, sizeof(struct message));
}

static void attachment_clear(struct attachment *a)
{
    free(a->id);
    free(a->name);
    free(a->mime);
    free(a->url);
}

static void strings_of(struct message *m, char ***out)
{
    char **all[] = {&m->sender,       &m->sender_name, &m->sender_id,  &m->resource,
                    &m->wire_id,      &m->origin_id,   &m->archive_id, &m->reply_to,
                    &m->reply_sender, &m->thread,      &m->body,       &m->failure};
    memcpy(out, all, sizeof all);
}
enum { N_STRINGS = 12 };

void message_free(struct message *m)
{
    if (!m)
        return;
    char **strings[N_STRINGS];
    strings_of(m, strings);
    for (size_t i = 0; i < N_STRINGS; i++)
        free(*strings[i]);
    for (size_t i = 0; i < m->n_reactions; i++) {
        free(m->reactions[i].sender);
        free(m->reactions[i].text);
    }
    free(m->reactions);
    for (size_t i = 0; i < m->n_attachments; i++)
        attachment_clear(&m->attachments[i]);
    free(m->attachments);
    free(m);
}

void message_add_attachment(struct message *m, const struct attachment *a)
{
    m->attachments = xreallocarray(m->attachments, m->n_attachments + 1, sizeof *a);
    struct attachment *to = &m->attachments[m->n_attachments++];
    *to = *a;
    to->id = xstrdup(a->id);
    to->name = xstrdup(a->name);
    to->mime = xstrdup(a->mime);
    to->url = xstrdup(a->url);
}

static void add_reaction(struct message *m, const char *sender, const char *text)
{
    m->reactions = xreallocarray(m->reactions, m->n_reactions + 1, sizeof *m->reactions);
    m->reactions[m->n_reactions++] =
        (struct reaction){.sender = xstrdup(sender), .text = xstrdup(text)};
}

void message_set_reactions(struct message *m, const char *sender, const char *const *texts,
                           size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n_reactions; i++) {
        if (str_eq(m->reactions[i].sender, sender)) {
            free(m->reactions[i].sender);
            free(m->reactions[i].text);
        } else {
            m->reactions[kept++] = m->reactions[i];
        }
    }
    m->n_reactions = kept;
    for (size_t i = 0; i < n; i++)
        add_reaction(m, sender, texts[i]);
}

struct message *message_dup(const struct message *m)
{
    struct message *d = xmalloc(sizeof *d);
    *d = *m;
    char **strings[N_STRINGS];
    strings_of(d, strings);
    for (size_t i = 0; i < N_STRINGS; i++)
        *strings[i] = xstrdup(*strings[i]);
    d->reactions = NULL;
    d->attachments = NULL;
    d->n_reactions = d->n_attachments = 0;
    for (size_t i = 0; i < m->n_reactions; i++)
        add_reaction(d, m->reactions[i].sender, m->reactions[i].text);
    for (size_t i = 0; i < m->n_attachments; i++)
        message_add_attachment(d, &m->attachments[i]);
    return d;
}

/* ---- finding: from the newest, for that is what is asked for ---- */

struct message *chat_message(const struct chat *c, int64_t id)
{
    for (size_t i = c->n_messages; i-- > 0;) {
        if (c->messages[i]->id == id)
            return c->messages[i];
    }
    return NULL;
}

struct message *chat_message_by_ref(const struct chat *c, const char *any_id)
{
    if (str_empty(any_id))
        return NULL;
    for (size_t i = c->n_messages; i-- > 0;) {
        struct message *m = c->messages[i];
        if (str_eq(m->wire_id, any_id) || str_eq(m->origin_id, any_id) ||
            str_eq(m->archive_id, any_id))
            return m;
    }
    return NULL;
}

struct message *chat_last(const struct chat *c)
{
    return c->n_messages > 0 ? c->messages[c->n_messages - 1] : NULL;
}

/* ---- the window ---- */

static void emit(struct chat *c, enum model_event_type type, struct message *m)
{
    model_emit(c->account->model,
               &(struct model_event){.type = type, .account = c->account, .chat = c, .message = m});
}

static int order(const struct message *a, const struct message *b)
{
    if (a->sort != b->sort)
        return a->sort < b->sort ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Index at which m belongs. New messages belong to the end nearly always, so look there first. */
static size_t place_of(const struct chat *c, const struct message *m)
{
    size_t lo = 0, hi = c->n_messages;
    if (hi == 0 || order(c->messages[hi - 1], m) < 0)
        return hi;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (order(c->messages[mid], m) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void drop_oldest(struct chat *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        message_free(c->messages[i]);
    memmove(c->messages, c->messages + n, (c->n_messages - n) * sizeof *c->messages);
    c->n_messages -= n;
    if (n > 0)
        c->at_start = false;
}

static void drop_newest(struct chat *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        message_free(c->messages[--c->n_messages]);
    if (n > 0)
        c->at_end = false;
}

static void reserve(struct chat *c, size_t n)
{
    if (n <= c->cap_messages)
        return;
    c->cap_messages = MAX(n, c->cap_messages ? c->cap_messages * 2 : 16);
    c->messages = xreallocarray(c->messages, c->cap_messages, sizeof(struct message *));
}

static void insert_at(struct chat *c, size_t at, struct message *m)
{
    reserve(c, c->n_messages + 1);
    memmove(c->messages + at + 1, c->messages + at,
            (c->n_messages - at) * sizeof(struct message *));
    c->messages[at] = m;
    c->n_messages++;
}

void chat_insert_message(struct chat *c, struct message *m)
{
    enum { FULL = MODEL_WINDOW + MODEL_PAGE };
    m->chat = c;
    m->version++;
    size_t at = place_of(c, m);
    bool beyond = at == c->n_messages && !c->at_end;
    bool before = at == 0 && c->n_messages > 0 && !c->at_start && c->loaded;
    if (beyond || before) {
        emit(c, MODEL_MESSAGE, m);
        message_free(m);
        return;
    }
    insert_at(c, at, m);
    emit(c, MODEL_MESSAGE, m);
    if (c->n_messages <= FULL)
        return;
    if (c->hold_start)
        drop_newest(c, MODEL_PAGE);
    else
        drop_oldest(c, MODEL_PAGE);
    emit(c, MODEL_WINDOW_MOVED, NULL);
}

static bool unlink_message(struct chat *c, const struct message *m)
{
    for (size_t i = c->n_messages; i-- > 0;) {
        if (c->messages[i] == m) {
            VEC_DEL(c->messages, c->n_messages, i);
            return true;
        }
    }
    return false;
}

void chat_remove_message(struct chat *c, struct message *m)
{
    if (!unlink_message(c, m))
        return;
    emit(c, MODEL_WINDOW_MOVED, NULL);
    message_free(m);
}

void chat_resort_message(struct chat *c, struct message *m)
{
    if (!unlink_message(c, m))
        return;
    m->version++;
    insert_at(c, place_of(c, m), m);
    emit(c, MODEL_WINDOW_MOVED, NULL);
}

void chat_message_changed(struct message *m)
{
    m->version++;
    emit(m->chat, MODEL_MESSAGE_CHANGED, m);
}

static void adopt(struct chat *c, struct message **msgs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        msgs[i]->chat = c;
        msgs[i]->version++;
    }
}

void chat_set_window(struct chat *c, struct message **msgs, size_t n, bool at_start, bool at_end)
{
    struct message **old = c->messages;
    size_t n_old = c->n_messages;
    adopt(c, msgs, n);
    c->messages = msgs;
    c->n_messages = c->cap_messages = n;
    c->at_start = at_start;
    c->at_end = at_end;
    emit(c, MODEL_WINDOW_MOVED, NULL);
    for (size_t i = 0; i < n_old; i++)
        message_free(old[i]);
    free(old);
}

void chat_prepend(struct chat *c, struct message **msgs, size_t n, bool at_start)
{
    adopt(c, msgs, n);
    reserve(c, c->n_messages + n);
    if (n > 0) {
        memmove(c->messages + n, c->messages, c->n_messages * sizeof(struct message *));
        memcpy(c->messages, msgs, n * sizeof(struct message *));
        c->n_messages += n;
    }
    c->at_start = at_start;
    if (c->n_messages > MODEL_WINDOW + MODEL_PAGE)
        drop_newest(c, c->n_messages - MODEL_WINDOW);
    emit(c, MODEL_WINDOW_MOVED, NULL);
}

void chat_append(struct chat *c, struct message **msgs, size_t n, bool at_end)
{
    adopt(c, msgs, n);
    reserve(c, c->n_messages + n);
    if (n > 0) {
        memcpy(c->messages + c->n_messages, msgs, n * sizeof(struct message *));
        c->n_messages += n;
    }
    c->at_end = at_end;
    if (c->n_messages > MODEL_WINDOW + MODEL_PAGE)
        drop_oldest(c, c->n_messages - MODEL_WINDOW);
    emit(c, MODEL_WINDOW_MOVED, NULL);
}
