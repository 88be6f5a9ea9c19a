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
    str_wipe_free(a->id); /* may hold the key of a file */
    free(a->name);
    free(a->mime);
    free(a->url);
    free(a->path);
}

static void strings_of(struct message *m, char ***out)
{
    char **all[] = {&m->sender,        &m->sender_name, &m->sender_id,  &m->resource,
                    &m->wire_id,       &m->origin_id,   &m->archive_id, &m->reply_to,
                    &m->reply_sender,  &m->thread,      &m->body,       &m->failure,
                    &m->change_failure, &m->spans};
    memcpy(out, all, sizeof all);
}
enum { N_STRINGS = 14 };

static void drop_beside(struct message *m)
{
    for (size_t i = 0; i < m->n_reactions; i++) {
        free(m->reactions[i].sender);
        free(m->reactions[i].text);
    }
    free(m->reactions);
    for (size_t i = 0; i < m->n_attachments; i++)
        attachment_clear(&m->attachments[i]);
    free(m->attachments);
}

void message_free(struct message *m)
{
    if (!m)
        return;
    char **strings[N_STRINGS];
    strings_of(m, strings);
    for (size_t i = 0; i < N_STRINGS; i++)
        free(*strings[i]);
    drop_beside(m);
    free(m);
}

void message_forget(struct message *m)
{
    drop_beside(m);
    m->reactions = NULL;
    m->attachments = NULL;
    m->n_reactions = m->n_kinds = m->n_attachments = 0;
    str_wipe_free(m->body);
    str_wipe_free(m->spans);
    m->body = m->spans = NULL;
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
    to->path = xstrdup(a->path);
}

enum file_seal message_file_seal(const struct message *m, size_t attachment)
{
    if (!m->attachments[attachment].sealed)
        return FILE_OPEN;
    return message_outgoing(m) || m->enc != KITH_ENC_NONE ? FILE_SEALED : FILE_KEY_SHOWN;
}

bool message_file_exposed(const struct message *m, size_t attachment)
{
    bool encrypted = m->chat && (m->chat->flags & KITH_CHAT_ENCRYPTED);
    return encrypted && !message_outgoing(m) && message_file_seal(m, attachment) != FILE_SEALED;
}

static void add_reaction(struct message *m, const char *sender, const char *text)
{
    m->reactions = xreallocarray(m->reactions, m->n_reactions + 1, sizeof *m->reactions);
    m->reactions[m->n_reactions++] =
        (struct reaction){.sender = xstrdup(sender), .text = xstrdup(text)};
}

static bool has_kind(const struct message *m, size_t before, const char *text)
{
    for (size_t i = 0; i < before; i++) {
        if (strcmp(m->reactions[i].text, text) == 0)
            return true;
    }
    return false;
}

static size_t kinds(const struct message *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_reactions; i++)
        n += !has_kind(m, i, m->reactions[i].text);
    return n;
}

static void drop_reactions(struct message *m, const char *sender)
{
    size_t before = m->n_reactions;
    for (size_t i = before; i-- > 0;) {
        if (!str_eq(m->reactions[i].sender, sender))
            continue;
        free(m->reactions[i].sender);
        free(m->reactions[i].text);
        VEC_DEL(m->reactions, m->n_reactions, i);
    }
    if (m->n_reactions != before)
        m->n_kinds = kinds(m);
}

/* The sender who reacted first and may go; NULL when there is none. */
static char *oldest_sender(const struct message *m, const char *but)
{
    const char *own = m->chat ? m->chat->account->address : NULL;
    for (size_t i = 0; i < m->n_reactions; i++) {
        const char *sender = m->reactions[i].sender;
        if (!str_eq(sender, but) && !str_eq(sender, own))
            return xstrdup(sender);
    }
    return NULL;
}

bool message_set_reactions(struct message *m, const char *sender, const char *const *texts,
                           size_t n)
{
    bool whole = true;
    drop_reactions(m, sender);
    for (size_t i = 0; i < n; i++) {
        bool known = has_kind(m, m->n_reactions, texts[i]);
        if (strlen(texts[i]) > MODEL_REACTION_BYTES ||
            (!known && m->n_kinds >= MODEL_REACTION_KINDS)) {
            whole = false;
            continue;
        }
        m->n_kinds += !known;
        add_reaction(m, sender, texts[i]);
    }
    char *old = NULL;
    while (m->n_reactions > MODEL_REACTIONS && (old = oldest_sender(m, sender))) {
        drop_reactions(m, old);
        free(old);
        whole = false;
    }
    return whole;
}

struct message *message_dup(const struct message *m)
{
    struct message *d = xmalloc(sizeof *d);
    *d = *m;
    d->counted = 0;
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

size_t message_size(const struct message *m)
{
    enum { OVERHEAD = 16 }; /* of an allocation */
    size_t n = sizeof *m + OVERHEAD;
    char **strings[N_STRINGS];
    strings_of((struct message *)(uintptr_t)m, strings);
    for (size_t i = 0; i < N_STRINGS; i++)
        n += *strings[i] ? strlen(*strings[i]) + OVERHEAD : 0;
    for (size_t i = 0; i < m->n_reactions; i++)
        n += sizeof *m->reactions + strlen(m->reactions[i].sender) + strlen(m->reactions[i].text) +
             2 * (size_t)OVERHEAD;
    for (size_t i = 0; i < m->n_attachments; i++) {
        const struct attachment *a = &m->attachments[i];
        const char *const texts[] = {a->id, a->name, a->mime, a->url, a->path};
        n += sizeof *a;
        for (size_t j = 0; j < COUNT(texts); j++)
            n += texts[j] ? strlen(texts[j]) + OVERHEAD : 0;
    }
    return n;
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

/* Those that are kept in memory only have ids that count down from -1. */
static int order(const struct message *a, const struct message *b)
{
    if (a->sort != b->sort)
        return a->sort < b->sort ? -1 : 1;
    if (a->id < 0 && b->id < 0)
        return a->id > b->id ? -1 : a->id < b->id;
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

/* ---- its bounds: in messages, and in bytes, for one may be as long as a book ---- */

static void count(struct chat *c, struct message *m)
{
    size_t now = message_size(m);
    c->bytes += now - m->counted;
    c->account->model->bytes += now - m->counted;
    m->counted = now;
}

static void discount(struct chat *c, struct message *m)
{
    c->bytes -= m->counted;
    c->account->model->bytes -= m->counted;
    m->counted = 0;
}

static void drop(struct chat *c, struct message *m)
{
    discount(c, m);
    message_free(m);
}

static void drop_oldest(struct chat *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        drop(c, c->messages[i]);
    memmove(c->messages, c->messages + n, (c->n_messages - n) * sizeof *c->messages);
    c->n_messages -= n;
    if (n > 0)
        c->at_start = false;
}

static void drop_newest(struct chat *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        drop(c, c->messages[--c->n_messages]);
    if (n > 0)
        c->at_end = false;
}

/* How many must go from one end. Some stay whatever they take: a screen must be full, and what was
 * just loaded must not push out what is looked at. */
static size_t surplus(const struct chat *c, bool newest)
{
    size_t most = c->loaded ? MODEL_WINDOW : MODEL_PAGE, n = 0, bytes = c->bytes;
    size_t most_bytes = c->loaded ? MODEL_WINDOW_BYTES : MODEL_PAGE_BYTES;
    bool many = c->n_messages > most + MODEL_PAGE, big = bytes > most_bytes + MODEL_PAGE_BYTES;
    while ((many && c->n_messages - n > most) ||
           (big && bytes > most_bytes && c->n_messages - n > MODEL_LEAST)) {
        bytes -= c->messages[newest ? c->n_messages - 1 - n : n]->counted;
        n++;
    }
    return n;
}

/* True when something went. */
static bool trim(struct chat *c, bool newest)
{
    size_t n = surplus(c, newest);
    if (newest)
        drop_newest(c, n);
    else
        drop_oldest(c, n);
    return n > 0;
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
    count(c, m);
}

void chat_insert_message(struct chat *c, struct message *m)
{
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
    if (trim(c, c->hold_start))
        emit(c, MODEL_WINDOW_MOVED, NULL);
}

static bool unlink_message(struct chat *c, struct message *m)
{
    for (size_t i = c->n_messages; i-- > 0;) {
        if (c->messages[i] == m) {
            discount(c, m);
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
    if (m->counted)
        count(m->chat, m);
    emit(m->chat, MODEL_MESSAGE_CHANGED, m);
}

static void adopt(struct chat *c, struct message **msgs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        msgs[i]->chat = c;
        msgs[i]->version++;
        count(c, msgs[i]);
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
        drop(c, old[i]);
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
    trim(c, !c->hold_end);
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
    trim(c, false);
    emit(c, MODEL_WINDOW_MOVED, NULL);
}
