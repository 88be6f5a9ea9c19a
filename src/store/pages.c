/* store/pages.c - reading messages: pages for the window, counts, and what an archive must be asked
 * for */
#include "store/aside.h"
#include "store/rows.h"

struct message *row_message(struct chat *c, sqlite3_stmt *q)
{
    struct message *m = message_new();
    m->chat = c;
    m->id = sqlite3_column_int64(q, 0);
    m->time = sqlite3_column_int64(q, 1);
    m->sort = sqlite3_column_int64(q, 2);
    m->kind = (enum message_kind)sqlite3_column_int(q, 3);
    m->flags = (uint32_t)sqlite3_column_int64(q, 4);
    m->enc = (enum kith_enc)sqlite3_column_int(q, 5);
    m->delivery = (enum delivery)sqlite3_column_int(q, 6);
    m->edits = (uint16_t)sqlite3_column_int(q, 7);
    m->retracted = sqlite3_column_int(q, 8) != 0;
    m->mention = sqlite3_column_int(q, 9) != 0;
    char **const texts[] = {&m->sender,       &m->sender_name, &m->sender_id,  &m->resource,
                            &m->wire_id,      &m->origin_id,   &m->archive_id, &m->reply_to,
                            &m->reply_sender, &m->thread,      &m->failure,    &m->body,
                            &m->spans};
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = column_dup(q, 10 + (int)i);
    return m;
}

struct message *row_one(struct store *s, struct chat *c, sqlite3_stmt *q)
{
    if (!store_row(s, q))
        return NULL;
    struct message *m = row_message(c, q);
    store_done(q);
    return m;
}

static struct message *among(struct message **v, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i]->id == id)
            return v[i];
    }
    return NULL;
}

static void add_reactions(struct message *m, const char *sender, char *lines)
{
    enum { MAX = 32 };
    const char *texts[MAX];
    size_t n = 0;
    for (char *p = lines; p && *p && n < MAX;) {
        char *end = strchr(p, '\n');
        if (end)
            *end++ = '\0';
        texts[n++] = p;
        p = end;
    }
    message_set_reactions(m, sender, texts, n);
}

static void read_beside(struct store *s, const struct chat *c, struct message **v, size_t n)
{
    struct val range[] = {v_int(c->id), v_int(v[0]->sort), v_int(v[n - 1]->sort)};
    sqlite3_stmt *q = store_read(s, S_REACTIONS, range, COUNT(range));
    while (store_row(s, q)) {
        struct message *m = among(v, n, sqlite3_column_int64(q, 0));
        char *lines = column_dup(q, 2);
        if (m)
            add_reactions(m, (const char *)sqlite3_column_text(q, 1), lines);
        free(lines);
    }
    q = store_read(s, S_ATTACHMENTS, range, COUNT(range));
    while (store_row(s, q)) {
        struct message *m = among(v, n, sqlite3_column_int64(q, 0));
        struct attachment a = {.bytes = sqlite3_column_int64(q, 5),
                               .width = sqlite3_column_int(q, 6),
                               .height = sqlite3_column_int(q, 7),
                               .sealed = (sqlite3_column_int(q, 9) & KITH_ATTACHMENT_SEALED) != 0};
        char **const texts[] = {&a.id, &a.name, &a.mime, &a.url, &a.path};
        static const int columns[] = {1, 2, 3, 4, 8};
        for (size_t i = 0; i < COUNT(texts); i++)
            *texts[i] = column_dup(q, columns[i]);
        if (m)
            message_add_attachment(m, &a);
        for (size_t i = 0; i < COUNT(texts); i++)
            free(*texts[i]);
    }
}

void rows_complete(struct store *s, struct chat *c, struct message **v, size_t n)
{
    if (n > 0 && c)
        read_beside(s, c, v, n);
    for (size_t i = 0; i < n && s->aside.n > 0; i++)
        aside_fill(s, v[i]);
}

struct bounds {
    size_t max, bytes; /* bytes 0: no bound */
};

static struct message **page(struct store *s, struct chat *c, enum store_way way, int64_t sort,
                             int64_t id, struct bounds b, size_t *n, bool *end)
{
    size_t max = b.max, bytes = 0;
    bool older = way == STORE_OLDER;
    if (older && id == 0)
        sort = INT64_MAX;
    struct message **v = xreallocarray(NULL, MAX(max, 1), sizeof(struct message *));
    size_t got = 0;
    sqlite3_stmt *q = STORE_READ(s, older ? S_PAGE_OLDER : S_PAGE_NEWER, v_int(c->id), v_int(sort),
                                 v_int(id), v_int((int64_t)max));
    *end = false;
    while (got < max && (b.bytes == 0 || bytes < b.bytes)) {
        if (!store_row(s, q)) {
            *end = true;
            break;
        }
        v[got] = row_message(c, q);
        bytes += message_size(v[got++]);
    }
    store_done(q);
    for (size_t i = 0; older && i < got / 2; i++) {
        struct message *swap = v[i];
        v[i] = v[got - 1 - i];
        v[got - 1 - i] = swap;
    }
    rows_complete(s, c, v, got);
    *n = got;
    return v;
}

struct message **store_page(struct store *s, struct chat *c, enum store_way way, int64_t sort,
                            int64_t id, size_t max, size_t *n)
{
    bool end;
    return page(s, c, way, sort, id, (struct bounds){.max = max}, n, &end);
}

struct message **store_window_page(struct store *s, struct chat *c, enum store_way way,
                                   int64_t sort, int64_t id, size_t *n, bool *end)
{
    struct bounds b = {MODEL_PAGE, MODEL_PAGE_BYTES};
    return page(s, c, way, sort, id, b, n, end);
}

/* ---- threads ---- */

static struct message **all_rows(struct store *s, struct chat *c, sqlite3_stmt *q, size_t max, size_t *n)
{
    struct message **v = xreallocarray(NULL, MAX(max, 1), sizeof(struct message *));
    *n = 0;
    while (*n < max && store_row(s, q))
        v[(*n)++] = row_message(c, q);
    store_done(q);
    for (size_t i = 0; i < *n; i++) /* they lie far apart */
        rows_complete(s, c, &v[i], 1);
    return v;
}

struct message **store_answers(struct store *s, struct chat *c, const struct message *m, size_t max, size_t *n)
{
    return all_rows(s, c,
                    STORE_READ(s, S_ANSWERS, v_int(c->id), v_text(m->wire_id), v_text(m->origin_id),
                               v_text(m->archive_id), v_int((int64_t)max)),
                    max, n);
}

struct message **store_thread(struct store *s, struct chat *c, const char *thread, size_t max, size_t *n)
{
    return all_rows(s, c, STORE_READ(s, S_THREAD, v_int(c->id), v_text(thread), v_int((int64_t)max)), max, n);
}

/* ---- counting ---- */

int64_t store_first_unread(struct store *s, const struct chat *c, int64_t sort, int64_t id)
{
    return STORE_READ_INT(s, S_FIRST_UNREAD, 0, v_int(c->id), v_int(sort), v_int(id));
}

void store_position(struct store *s, const struct chat *c, int64_t sort, int64_t id, int64_t *at,
                    int64_t *of)
{
    *at = STORE_READ_INT(s, S_COUNT_UP_TO, 0, v_int(c->id), v_int(sort), v_int(id));
    *of = STORE_READ_INT(s, S_COUNT_UP_TO, 0, v_int(c->id), v_int(INT64_MAX), v_int(INT64_MAX));
}

void store_held(struct store *s, const struct chat *c, uint32_t *n, size_t *bytes)
{
    *n = 0;
    *bytes = 0;
    sqlite3_stmt *q = STORE_READ(s, S_HELD, v_int(c->id));
    if (store_row(s, q)) {
        *n = (uint32_t)sqlite3_column_int64(q, 0);
        *bytes = (size_t)sqlite3_column_int64(q, 1);
        store_done(q);
    }
}

void store_count_unread(struct store *s, const struct chat *c, int64_t sort, int64_t id,
                        uint32_t *unread, uint32_t *mentions)
{
    *unread = *mentions = 0;
    sqlite3_stmt *q = STORE_READ(s, S_COUNT_UNREAD, v_int(c->id), v_int(sort), v_int(id));
    if (store_row(s, q)) {
        *unread = (uint32_t)sqlite3_column_int64(q, 0);
        *mentions = (uint32_t)sqlite3_column_int64(q, 1);
        store_done(q);
    }
}

/* ---- for the server's archive ---- */

char *store_oldest(struct store *s, const struct chat *c, int64_t *time_ms)
{
    *time_ms = STORE_READ_INT(s, S_OLDEST_TIME, 0, v_int(c->id));
    sqlite3_stmt *q = STORE_READ(s, S_OLDEST_ARCHIVED, v_int(c->id));
    if (!store_row(s, q))
        return NULL;
    char *id = column_dup(q, 0);
    store_done(q);
    return id;
}

int64_t store_newest_archived(struct store *s, const struct chat *c, int64_t before_id)
{
    return STORE_READ_INT(s, S_NEWEST_ARCHIVED, 0, v_int(c->id),
                          v_int(before_id ? before_id : INT64_MAX));
}
