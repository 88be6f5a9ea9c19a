/* store/changes.c - what happens to a message later: edits, withdrawal, reactions */
#include "base/buf.h"
#include "store/aside.h"

static bool indexed(const struct store *s, const struct message *m)
{
    return m->id <= s->indexed;
}

/* The full text of one message becomes `now` (NULL: none). Before the row is changed. */
static void reindex(struct store *s, const struct message *m, const char *now)
{
    shelf_note_change(s, m);
    if (!indexed(s, m) || !is_kept(m))
        return;
    if (m->body)
        STORE_WRITE(s, S_TEXT_DROP, v_int(m->id), v_text(m->body));
    if (now)
        STORE_WRITE(s, S_TEXT_ADD, v_int(m->id), v_text(now));
}

void store_unkeep(struct store *s, struct message *m)
{
    if (!is_kept(m))
        return;
    reindex(s, m, NULL);
    STORE_WRITE(s, S_DROP_EDITS, v_int(m->id));
    m->flags |= MESSAGE_UNKEPT;
    STORE_WRITE(s, S_FORGET_MESSAGE, v_int(m->id));
    if (!on_its_way(m))
        STORE_WRITE(s, S_DROP_FILES, v_int(m->id));
    s->unkept = true;
    scrub_want(s);
}

/* It is to say something else now, in a chat that is not kept any more. */
static void new_text(struct store *s, struct message *m)
{
    if (m->chat->flags & CHAT_UNKEPT)
        store_unkeep(s, m);
}

bool store_has_edit(struct store *s, const struct message *m, const char *edit_id)
{
    return STORE_READ_INT(s, S_EDIT_MESSAGE, 0, v_int(m->id), v_int(store_key(edit_id))) != 0;
}

int store_edit(struct store *s, struct message *m, const char *edit_id, int64_t time_ms,
               const char *body, const char *spans)
{
    int64_t key = store_key(edit_id);
    if (store_has_edit(s, m, edit_id))
        return 0;
    int64_t newest = STORE_READ_INT(s, S_EDIT_KNOWN, INT64_MIN, v_int(m->id));
    bool late =
        newest > time_ms; /* an older edit that comes after a newer one changes nothing to see */
    new_text(s, m);
    STORE_WRITE(s, S_ADD_EDIT, v_int(m->id), v_int(key), v_int(time_ms),
                is_kept(m) ? v_text(late ? body : m->body) : v_null(),
                is_kept(m) ? v_text(late ? spans : m->spans) : v_null());
    if (!is_kept(m))
        aside_add_version(s, m, key, time_ms, late ? body : m->body, late ? spans : m->spans);
    m->edits++;
    if (!late) {
        reindex(s, m, body);
        str_set(&m->body, body);
        str_set(&m->spans, spans);
    }
    store_put_message(s, m);
    return 1;
}

int store_unedit(struct store *s, struct message *m, const char *edit_id)
{
    int64_t key = store_key(edit_id);
    char *before = NULL, *spans = NULL;
    bool newest = false;
    sqlite3_stmt *q = STORE_READ(s, S_EDIT_BODY, v_int(m->id), v_int(key));
    if (store_row(s, q)) {
        before = column_dup(q, 0);
        spans = column_dup(q, 1);
        newest = true;
        store_done(q);
        aside_version(s, m->id, key, &before, &spans);
    }
    if (newest) {
        reindex(s, m, before);
        str_set(&m->body, before);
        str_set(&m->spans, spans);
        m->edits -= m->edits > 0;
        STORE_WRITE(s, S_DROP_EDIT, v_int(m->id), v_int(key));
        aside_drop_version(s, m->id, key);
        store_put_message(s, m);
    }
    free(before);
    free(spans);
    return newest;
}

void store_rewrite(struct store *s, struct message *m, const char *body, const char *spans)
{
    new_text(s, m);
    reindex(s, m, body);
    str_set(&m->body, body);
    str_set(&m->spans, spans);
    store_put_message(s, m);
}

struct store_version *store_versions(struct store *s, int64_t message, size_t *n)
{
    struct store_version *v = NULL;
    size_t cap = 0;
    *n = 0;
    sqlite3_stmt *q = STORE_READ(s, S_VERSIONS, v_int(message));
    while (store_row(s, q)) {
        struct store_version one = {.time = sqlite3_column_int64(q, 0), .body = column_dup(q, 1),
                                    .spans = column_dup(q, 2)};
        aside_version(s, message, sqlite3_column_int64(q, 3), &one.body, &one.spans);
        VEC_PUSH(v, *n, cap, one);
    }
    return v;
}

void store_versions_free(struct store_version *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(v[i].body);
        free(v[i].spans);
    }
    free(v);
}

void store_retract(struct store *s, struct message *m)
{
    reindex(s, m, NULL);
    str_set(&m->body, NULL);
    str_set(&m->spans, NULL);
    m->retracted = true;
    STORE_WRITE(s, S_DROP_EDITS, v_int(m->id));
    store_put_message(s, m);
}

/* One message keeps so many people's reactions: the oldest go, never the user's nor this one. */
static void trim_reactions(struct store *s, const struct message *m, const char *sender)
{
    int64_t n = STORE_READ_INT(s, S_COUNT_REACTIONS, 0, v_int(m->id));
    const char *own = m->chat ? m->chat->account->address : NULL;
    if (n > MODEL_REACTIONS)
        STORE_WRITE(s, S_TRIM_REACTIONS, v_int(m->id), v_text(sender), v_text(own ? own : ""),
                    v_int(n - MODEL_REACTIONS));
}

int store_react(struct store *s, const struct message *m, const char *sender,
                const char *const *texts, size_t n, int64_t time_ms)
{
    int64_t known = STORE_READ_INT(s, S_REACTION_TIME, INT64_MIN, v_int(m->id), v_text(sender));
    if (known > time_ms)
        return 0;
    bool kept = is_kept(m) && !(m->chat && m->chat->flags & CHAT_UNKEPT);
    struct buf lines = {0};
    for (size_t i = 0; i < n && kept; i++) {
        buf_adds(&lines, texts[i]);
        buf_addc(&lines, '\n');
    }
    if (!kept)
        aside_react(s, m, sender, texts, n);
    STORE_WRITE(s, S_PUT_REACTION, v_int(m->id), v_text(sender), v_int(time_ms),
                v_text(buf_str(&lines)));
    buf_free(&lines);
    trim_reactions(s, m, sender);
    return 1;
}
