/* store/messages.c - messages: each once, whatever way it came; found by any of its ids */
#include "store/aside.h"
#include "store/rows.h"

enum { PROBES = 8 }; /* how many different ids may share a hash before one goes without */

/* FNV-1a with a final mix. It need not be secret: what shares a hash is told apart by comparing. */
int64_t store_key(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    return (int64_t)(h >> 1); /* room for the probes */
}

static const char *own_ref(const struct message *m)
{
    return str_empty(m->origin_id) ? m->wire_id : m->origin_id;
}

static bool is_ref(const struct message *m, const char *ref)
{
    return str_eq(m->origin_id, ref) || str_eq(m->wire_id, ref);
}

static bool same_sender(const struct message *a, const struct message *b)
{
    if (message_outgoing(a) || message_outgoing(b))
        return message_outgoing(a) == message_outgoing(b) || a->chat->kind == KITH_CHAT_SELF;
    if (a->sender_id && b->sender_id)
        return str_eq(a->sender_id, b->sender_id);
    return str_eq(a->sender, b->sender);
}

/* Both have the same sender and id. Some programs use an id again; then the archive or the text
 * tells. What was not kept, and is no text any more, is taken for the same. */
static bool is_same(const struct store *s, struct message *have, const struct message *m)
{
    if (have->archive_id && m->archive_id)
        return str_eq(have->archive_id, m->archive_id);
    if (message_outgoing(m) || have->edits > 0 || have->retracted)
        return true;
    if (!is_kept(have))
        aside_fill(s, have);
    bool gone = !is_kept(have) && !have->body;
    return str_eq(have->body, m->body) || gone || have->enc == KITH_ENC_FAILED || m->enc == KITH_ENC_FAILED;
}

int64_t store_new_id(struct store *s)
{
    return s->next_message++;
}

struct keys {
    int64_t id, archive;
    bool has_id, has_archive;
};

static struct keys first_keys(const struct message *m)
{
    struct keys k = {0};
    const char *ref = own_ref(m);
    if (!str_empty(ref)) {
        k.id = store_key(ref);
        k.has_id = true;
    }
    if (!str_empty(m->archive_id)) {
        k.archive = store_key(m->archive_id);
        k.has_archive = true;
    }
    return k;
}

/* The row of the chat that has this archive id: its number, or 0 and *k a free key. */
static int64_t probe_archive(struct store *s, struct chat *c, const char *archive_id,
                             struct keys *k)
{
    for (int i = 0; i < PROBES; i++, k->archive++) {
        struct message *have =
            row_one(s, c, STORE_READ(s, S_BY_ARCHIVE, v_int(c->id), v_int(k->archive)));
        int64_t id = have && str_eq(have->archive_id, archive_id) ? have->id : 0;
        bool free_place = !have;
        message_free(have);
        if (id || free_place)
            return id;
    }
    k->has_archive = false;
    return 0;
}

/* The row that is the same message by sender and id: its number, or 0 and *k a free key, or none.
 */
static int64_t probe_id(struct store *s, const struct message *m, struct keys *k)
{
    for (int i = 0; i < PROBES; i++, k->id++) {
        struct message *have =
            row_one(s, m->chat, STORE_READ(s, S_BY_KEY, v_int(m->chat->id), v_int(k->id)));
        if (!have)
            return 0;
        bool match = is_ref(have, own_ref(m)) && same_sender(have, m);
        int64_t id = match && is_same(s, have, m) ? have->id : 0;
        message_free(have);
        if (id)
            return id;
        if (match)
            break; /* the id repeats: this one is not found by it */
    }
    k->has_id = false;
    return 0;
}

static int insert(struct store *s, const struct message *m, const struct keys *k, bool trial)
{
    const struct val v[] = {
        v_int(m->id),
        v_int(m->chat->id),
        v_int(m->time),
        v_int(m->sort),
        v_int(m->kind),
        v_int(m->flags),
        v_int(m->enc),
        v_int(m->delivery),
        v_int(m->mention),
        k->has_id ? v_int(k->id) : v_null(),
        k->has_archive ? v_int(k->archive) : v_null(),
        v_text(m->sender),
        v_text(m->sender_name),
        v_text(m->sender_id),
        v_text(m->resource),
        v_text(m->wire_id),
        v_text(m->origin_id),
        v_text(m->archive_id),
        v_text(m->reply_to),
        v_text(m->reply_sender),
        v_text(m->thread),
        v_text(m->failure),
        is_kept(m) ? v_text(m->body) : v_null(),
        is_kept(m) ? v_text(m->spans) : v_null(),
    };
    int r = store_try(s, S_ADD_MESSAGE, v, COUNT(v));
    if (r != 0 || !trial) {
        store_remember(s, S_ADD_MESSAGE, v, COUNT(v));
        s->unsaved_from = MIN(s->unsaved_from, m->id);
    }
    return r;
}

static void add_attachments(struct store *s, const struct message *m)
{
    if (!is_kept(m) && !on_its_way(m))
        return;
    for (size_t i = 0; i < m->n_attachments; i++) {
        const struct attachment *a = &m->attachments[i];
        STORE_WRITE(s, S_ADD_ATTACHMENT, v_int(m->id), v_int((int64_t)i), v_text(a->id),
                    v_text(a->name), v_text(a->mime), v_text(a->url), v_int(a->bytes),
                    v_int(a->width), v_int(a->height), v_text(a->path), v_int(a->sealed));
    }
}

void store_put_attachment(struct store *s, const struct message *m, size_t number)
{
    const struct attachment *a = &m->attachments[number];
    STORE_WRITE(s, S_PUT_ATTACHMENT, v_int(m->id), v_int((int64_t)number), v_text(a->path),
                v_int(a->width), v_int(a->height), v_text(a->id), v_text(a->url), v_int(a->sealed), v_int(a->bytes));
    if (!is_kept(m))
        aside_put(s, m);
}

void store_cut_off_files(struct store *s, void (*fn)(void *user, int64_t chat, int64_t message), void *user)
{
    struct row {
        int64_t chat, message;
    } *rows = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *q = STORE_READ(s, S_CUT_OFF_FILES, v_null());
    while (store_row(s, q))
        VEC_PUSH(rows, n, cap, ((struct row){sqlite3_column_int64(q, 1), sqlite3_column_int64(q, 0)}));
    for (size_t i = 0; i < n; i++)
        fn(user, rows[i].chat, rows[i].message);
    free(rows);
}

int store_add_message(struct store *s, const struct message *m, int64_t *same)
{
    struct keys k = first_keys(m);
    *same = 0;
    /* Nearly every message is new: one statement does it, and only a clash is looked into. */
    bool done = !s->waiting && insert(s, m, &k, true) != 0;
    if (!done) {
        if (k.has_archive)
            *same = probe_archive(s, m->chat, m->archive_id, &k);
        if (!*same && k.has_id)
            *same = probe_id(s, m, &k);
        if (*same)
            return 0;
        insert(s, m, &k, false);
    }
    add_attachments(s, m);
    if (!is_kept(m))
        aside_put(s, m);
    return 1;
}

void store_put_message(struct store *s, const struct message *m)
{
    struct keys k = {0};
    if (!str_empty(m->archive_id)) {
        k.has_archive = true;
        k.archive = store_key(m->archive_id);
        int64_t other = probe_archive(s, m->chat, m->archive_id, &k);
        if (other && other != m->id)
            k.has_archive = false;
    }
    STORE_WRITE(s, S_PUT_MESSAGE, v_int(m->id), v_int(m->sort), v_int(m->flags), v_int(m->enc),
                v_int(m->delivery), v_int(m->edits), v_int(m->retracted), v_int(m->mention),
                k.has_archive ? v_int(k.archive) : v_null(), v_text(m->wire_id),
                v_text(m->archive_id), v_text(m->failure), is_kept(m) ? v_text(m->body) : v_null(),
                is_kept(m) ? v_text(m->spans) : v_null());
    if (!is_kept(m))
        aside_put(s, m);
}

void store_settled(struct store *s, int64_t message)
{
    STORE_WRITE(s, S_DROP_FILES, v_int(message));
    scrub_want(s);
}

void store_put_delivery(struct store *s, const struct message *m)
{
    STORE_WRITE(s, S_PUT_DELIVERY, v_int(m->id), v_int(m->delivery), v_text(m->failure));
    if (!is_kept(m) && m->n_attachments > 0 && !on_its_way(m))
        store_settled(s, m->id);
}

void store_drop_message(struct store *s, const struct message *m)
{
    if (m->id <= s->indexed && m->body && is_kept(m))
        STORE_WRITE(s, S_TEXT_DROP, v_int(m->id), v_text(m->body));
    STORE_WRITE(s, S_DROP_MESSAGE, v_int(m->id));
    aside_drop(s, m->id);
}

void store_raise_delivery(struct store *s, const struct chat *c, int64_t sort, int64_t id,
                          enum delivery to)
{
    STORE_WRITE(s, S_RAISE_DELIVERY, v_int(c->id), v_int(sort), v_int(id), v_int(to));
}

/* ---- finding ---- */

struct message *store_message(struct store *s, struct chat *c, int64_t id)
{
    struct message *m = row_one(s, c, STORE_READ(s, S_MESSAGE, v_int(id), v_int(c ? c->id : 0)));
    rows_complete(s, c, &m, m ? 1 : 0);
    return m;
}

static struct message *find_by_id(struct store *s, struct chat *c, const char *ref,
                                  const char *sender)
{
    int64_t key = store_key(ref);
    for (int i = 0; i < PROBES; i++) {
        struct message *m = row_one(s, c, STORE_READ(s, S_BY_KEY, v_int(c->id), v_int(key + i)));
        if (!m)
            break;
        if (is_ref(m, ref) && (!sender || str_eq(m->sender, sender)))
            return m;
        message_free(m);
    }
    return NULL;
}

static struct message *find_by_archive(struct store *s, struct chat *c, const char *ref)
{
    struct keys k = {.archive = store_key(ref), .has_archive = true};
    int64_t id = probe_archive(s, c, ref, &k);
    return id ? row_one(s, c, STORE_READ(s, S_MESSAGE, v_int(id), v_int(c ? c->id : 0))) : NULL;
}

struct message *store_find_message(struct store *s, struct chat *c, const char *ref,
                                   const char *sender)
{
    if (str_empty(ref))
        return NULL;
    struct message *m = find_by_id(s, c, ref, sender);
    if (!m)
        m = find_by_archive(s, c, ref);
    if (!m) /* an origin id that differs from the id on the wire, and the latter is named */
        m = row_one(s, c, STORE_READ(s, S_RECENT_BY_WIRE, v_int(c->id), v_text(ref)));
    if (m && sender && !str_eq(m->sender, sender)) {
        message_free(m);
        m = NULL;
    }
    rows_complete(s, c, &m, m ? 1 : 0);
    return m;
}
