/* store/shelf.c - what messages are searched by beside their words: put on the shelf when nothing is due */
#include "store/shelf.h"

#include "store/find.h"
#include "store/private.h"

enum {
    TEXT_BLOCK = 48 << 10, /* bytes of text that one slice looks at, and */
    TEXT_MOST = 16 << 10,  /* of one message; one that is longer may hold anything */
};

struct voice {
    int64_t chat;
    uint32_t hash;
    char *sender, *name;
    bool own;
};

struct block { /* what one row of the table is made of */
    size_t n, n_voices, text;
    int64_t first, last, newest, oldest;
    unsigned has;
    int64_t times[SHELF_ROWS];
    uint32_t who[SHELF_ROWS], distances[SHELF_ROWS];
    unsigned char holds[SHELF_ROWS];
    struct gram_marks marks[SHELF_ROWS];
    struct voice voices[SHELF_ROWS];
    struct folded folded;
};

uint32_t shelf_voice_hash(int64_t chat, const char *sender, const char *name, bool own)
{
    uint64_t h = (uint64_t)chat * 2 + own;
    const char *const texts[] = {sender ? sender : "", name ? name : ""};
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (const unsigned char *p = (const unsigned char *)texts[i]; *p; p++)
            h = (h ^ *p) * UINT64_C(0x100000001b3);
        h = (h ^ 0x100) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return (uint32_t)(h >> 32);
}

/* ---- reading messages ---- */

enum { C_ID, C_TIME, C_CHAT, C_FLAGS, C_SENDER, C_NAME, C_BODY, C_FILES };

static uint32_t add_voice(struct block *b, sqlite3_stmt *q)
{
    struct voice v = {.chat = sqlite3_column_int64(q, C_CHAT), .own = sqlite3_column_int64(q, C_FLAGS) & KITH_MSG_OUTGOING};
    const char *sender = (const char *)sqlite3_column_text(q, C_SENDER);
    const char *name = (const char *)sqlite3_column_text(q, C_NAME);
    v.hash = shelf_voice_hash(v.chat, sender, name, v.own);
    for (size_t i = 0; i < b->n_voices; i++) {
        const struct voice *o = &b->voices[i];
        if (o->hash == v.hash && o->chat == v.chat && o->own == v.own && str_eq(o->sender, sender ? sender : "") &&
            str_eq(o->name, name ? name : ""))
            return v.hash;
    }
    v.sender = xstrdup(sender ? sender : "");
    v.name = xstrdup(name ? name : "");
    b->voices[b->n_voices++] = v;
    return v.hash;
}

static void add_text(struct block *b, struct gram_marks *m, const char *body, size_t len)
{
    b->text += len;
    if (len > TEXT_MOST || b->text > (size_t)TEXT_BLOCK * 2) {
        memset(m, 0xff, sizeof *m);
        return;
    }
    fold_text(&b->folded, body, len);
    grams_mark(m, &b->folded);
}

/* False: it lies too far from the first. */
static bool add_row(struct block *b, sqlite3_stmt *q)
{
    int64_t id = sqlite3_column_int64(q, C_ID);
    const char *body = (const char *)sqlite3_column_text(q, C_BODY);
    if (b->first == 0)
        b->first = id;
    if (id - b->first > UINT32_MAX)
        return false;
    b->last = id;
    if (!body)
        return true;
    int files = sqlite3_column_int(q, C_FILES);
    size_t i = b->n++;
    b->times[i] = sqlite3_column_int64(q, C_TIME);
    b->newest = i == 0 ? b->times[i] : MAX(b->newest, b->times[i]);
    b->oldest = i == 0 ? b->times[i] : MIN(b->oldest, b->times[i]);
    b->who[i] = add_voice(b, q);
    b->distances[i] = (uint32_t)(id - b->first);
    b->holds[i] = (unsigned char)((strstr(body, "://") ? FIND_LINK : 0) | (files > 0 ? FIND_FILE : 0) |
                                  (files > 1 ? FIND_PICTURE : 0));
    b->has |= b->holds[i];
    add_text(b, &b->marks[i], body, (size_t)sqlite3_column_bytes(q, C_BODY));
    return true;
}

/* cut: may end before the last of them, when there is much text. False: there are none. */
static bool read_block(struct store *s, struct block *b, int64_t from, int64_t to, bool cut)
{
    sqlite3_stmt *q = STORE_READ(s, S_UNSHELVED, v_int(from), v_int(to), v_int(SHELF_ROWS));
    while (store_row(s, q)) {
        if (!add_row(b, q) || (cut && b->text > TEXT_BLOCK)) {
            store_done(q);
            break;
        }
    }
    return b->last > 0;
}

/* ---- writing them ---- */

static void put_number(struct buf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_addc(b, (char)(v >> 8 * i & 0xff));
}

static void write_block(struct store *s, const struct block *b)
{
    struct buf rows = {0}, marks = {0};
    for (size_t i = 0; i < b->n; i++)
        put_number(&rows, (uint64_t)b->times[i], 8);
    for (size_t i = 0; i < b->n; i++)
        put_number(&rows, b->who[i], 4);
    for (size_t i = 0; i < b->n; i++)
        put_number(&rows, b->distances[i], 4);
    buf_add(&rows, b->holds, b->n);
    for (size_t i = 0; i < 4 * b->n; i++)
        put_number(&marks, b->marks[i / 4].w[i % 4], 8);
    for (size_t i = 0; i < b->n_voices; i++) {
        const struct voice *v = &b->voices[i];
        STORE_WRITE(s, S_PUT_VOICE, v_int(v->chat), v_int(v->hash), v_text(v->sender), v_text(v->name), v_int(v->own));
    }
    STORE_WRITE(s, S_PUT_SHELF, v_int(b->last), v_int(b->first), v_int(b->newest), v_int(b->oldest), v_int(b->has),
                v_blob(rows.data, rows.len), v_blob(marks.data, marks.len));
    buf_free(&rows);
    buf_free(&marks);
}

static void block_free(struct block *b)
{
    for (size_t i = 0; i < b->n_voices; i++) {
        free(b->voices[i].sender);
        free(b->voices[i].name);
    }
    folded_free(&b->folded);
    free(b);
}

static bool shelve_new(struct store *s)
{
    struct block *b = xcalloc(1, sizeof *b);
    bool any = read_block(s, b, s->shelved + 1, INT64_MAX, true);
    if (any) {
        write_block(s, b);
        s->shelved = b->last;
        STORE_WRITE(s, S_PUT_SHELVED, v_int(s->shelved));
    }
    block_free(b);
    return any;
}

/* The text of messages on the shelf has changed: their whole row is made anew. */
static bool shelve_changed(struct store *s)
{
    sqlite3_stmt *q = store_read(s, S_CHANGED, NULL, 0);
    if (!store_row(s, q)) {
        s->shelf_changed = false;
        return false;
    }
    int64_t message = sqlite3_column_int64(q, 0), first = sqlite3_column_int64(q, 1), last = sqlite3_column_int64(q, 2);
    store_done(q);
    struct block *b = xcalloc(1, sizeof *b);
    if (first > 0 && first <= message) {
        b->first = first;
        read_block(s, b, first, last, false);
        b->last = last; /* whatever is left between them */
        write_block(s, b);
    }
    STORE_WRITE(s, S_DROP_CHANGED, v_int(first > 0 ? MIN(first, message) : message), v_int(MAX(last, message)));
    block_free(b);
    return true;
}

bool shelf_slice(struct store *s)
{
    if (s->shelf_changed && shelve_changed(s))
        return true;
    return s->next_message - s->shelved > SHELF_ROWS && shelve_new(s);
}

void shelf_note_change(struct store *s, const struct message *m)
{
    if (m->id > s->shelved)
        return;
    STORE_WRITE(s, S_PUT_CHANGED, v_int(m->id));
    s->shelf_changed = true;
}
