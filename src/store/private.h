/* store/private.h - what the files of the store share: the connection, statements, and the writes not yet on disk */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/store.h"

/* Every statement there is: statements.c has the text. */
enum statement {
    S_BEGIN, S_COMMIT, S_ROLLBACK,
    /* writes */
    S_NEW_ACCOUNT, S_PUT_ACCOUNT, S_PUT_CONTACT, S_DROP_CONTACT, S_NEW_CHAT, S_MOVE_CHAT, S_PUT_CHAT, S_DROP_CHAT, S_ADD_MESSAGE,
    S_PUT_MESSAGE, S_PUT_DELIVERY, S_DROP_MESSAGE, S_RAISE_DELIVERY, S_ADD_ATTACHMENT, S_ADD_EDIT, S_DROP_EDITS,
    S_PUT_REACTION, S_TRIM_REACTIONS, S_DROP_EDIT, S_ADD_OUTGOING, S_PUT_ATTEMPTS, S_PUT_OUTGOING, S_DROP_OUTGOING,
    S_TEXT_ADD, S_TEXT_DROP, S_TEXT_MERGE, S_PUT_INDEXED, S_PUT_INBOX, S_DROP_INBOX, S_ADD_WAITING, S_DROP_WAITING,
    S_PUT_ATTACHMENT, S_DROP_FILES, S_FORGET_MESSAGE, S_FORGET_REACTIONS, S_FORGET_WAITING, S_CUT_OFF_FILES, S_PUT_SHELF, S_PUT_VOICE, S_PUT_SHELVED, S_PUT_CHANGED, S_DROP_CHANGED,
    /* reads */
    S_ACCOUNT, S_CONTACTS, S_CHATS, S_ELSEWHERE, S_MAX_IDS, S_MESSAGE, S_BY_KEY, S_BY_ARCHIVE, S_RECENT_BY_WIRE, S_PAGE_OLDER,
    S_PAGE_NEWER, S_ANSWERS, S_THREAD, S_REACTIONS, S_ATTACHMENTS, S_FIRST_UNREAD, S_HELD, S_COUNT_UNREAD, S_COUNT_UP_TO, S_OLDEST_ARCHIVED, S_OLDEST_TIME,
    S_NEWEST_ARCHIVED, S_EDIT_MESSAGE, S_EDIT_KNOWN, S_VERSIONS, S_EDIT_BODY, S_REACTION_TIME,
    S_COUNT_REACTIONS, S_OUTBOX, S_UNINDEXED, S_INBOX,
    S_COUNT_WAITING, S_WAITING, S_COUNT_KEPT, S_KEPT, S_UNSHELVED, S_CHANGED,
    S_COUNT
};
extern const char *const store_sql[S_COUNT];

struct val { /* what is bound to one parameter; text and bytes are borrowed */
    enum { V_NULL = 0, V_INT, V_TEXT, V_BLOB } type;
    int len;
    int64_t i;
    const char *s;
};
static inline struct val v_int(int64_t i) { return (struct val){.type = V_INT, .i = i}; }
static inline struct val v_text(const char *s)
{
    return s ? (struct val){.type = V_TEXT, .s = s, .len = (int)strlen(s)} : (struct val){.type = V_NULL};
}
static inline struct val v_blob(const void *p, size_t n)
{
    return (struct val){.type = V_BLOB, .s = n > 0 ? p : "", .len = (int)n};
}
static inline struct val v_null(void) { return (struct val){.type = V_NULL}; }

struct op { /* one write, kept until it is on disk */
    struct op *next;
    enum statement st;
    size_t n;
    struct val v[];
};

struct text_slices { /* what filling the full text has learnt (text.c) */
    bool more, merging;      /* messages to add; something to put in order */
    int rows, pages;         /* of the last slice of either kind */
    int64_t rows_us, merge_us; /* what they took with their commits */
    int64_t began, *took;    /* of the slice under way */
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *st[S_COUNT];
    char *path;
    int lock_fd;
    bool in_txn, waiting;
    bool stand_in; /* db is not the file: a look at it that nobody can write to, or empty memory */
    bool found;    /* the file held more than was known while db stood in for it */
    struct arena ops_mem;
    struct op *first, *last; /* writes of this transaction, or all that wait */
    size_t waiting_bytes;
    int why;            /* SQLite's code of the last failure */
    int64_t next_account, next_chat, next_message, next_outgoing;
    int64_t unsaved_from;
    int64_t indexed;    /* full text holds messages up to this id */
    int64_t shelved;    /* the shelf (shelf.c) has messages up to this id, */
    bool shelf_changed; /* and some of them say something else by now */
    int wal_pages, wal_begun; /* of the log; the disk has begun to write so many */
    struct text_slices slices;
    struct map aside, aside_changes; /* what is not to be on the disk (aside.c) */
    size_t aside_bytes;
    bool unkept; /* there are chats of which nothing is kept: what is deleted is overwritten everywhere, */
    bool scrub;  /* and something was, that the log still has */
};

/* Runs one write and remembers it until it is on disk. Rows changed; 0 while writes wait in memory. */
int store_write(struct store *s, enum statement st, const struct val *v, size_t n);
#define STORE_WRITE(s, st, ...)                                                                    \
    store_write((s), (st), (const struct val[]){__VA_ARGS__},                                      \
                sizeof((const struct val[]){__VA_ARGS__}) / sizeof(struct val))
/* The same without remembering (store_remember does that). < 0: it failed and writes wait from now on. */
int store_try(struct store *s, enum statement st, const struct val *v, size_t n);
void store_remember(struct store *s, enum statement st, const struct val *v, size_t n);
/* A read: the statement, bound; step it with store_row() until that is false, which also resets it. NULL: cannot. */
sqlite3_stmt *store_read(struct store *s, enum statement st, const struct val *v, size_t n);
#define STORE_READ(s, st, ...)                                                                     \
    store_read((s), (st), (const struct val[]){__VA_ARGS__},                                       \
               sizeof((const struct val[]){__VA_ARGS__}) / sizeof(struct val))
bool store_row(struct store *s, sqlite3_stmt *q);
void store_done(sqlite3_stmt *q); /* when left before the last row */
/* First column of the first row, or fallback. */
int64_t store_read_int(struct store *s, enum statement st, const struct val *v, size_t n, int64_t fallback);
#define STORE_READ_INT(s, st, fallback, ...)                                                       \
    store_read_int((s), (st), (const struct val[]){__VA_ARGS__},                                   \
                   sizeof((const struct val[]){__VA_ARGS__}) / sizeof(struct val), (fallback))
char *column_dup(sqlite3_stmt *q, int i); /* owned; NULL for NULL */

void wal_watch(struct store *s); /* wal.c; for each connection */
void store_slice_ended(struct store *s); /* text.c: the transaction is committed */
int64_t store_key(const char *text); /* hash for id_key and archive_key */

/* store.c: has the next start set a damaged file aside. Other codes: nothing. */
void store_note_damage(struct store *s, int rc);
const char *store_reason(int rc); /* in words */

/* shelf.c: puts some messages on the shelf. False: there was nothing to do. */
bool shelf_slice(struct store *s);
void shelf_note_change(struct store *s, const struct message *m); /* its text is another now */

/* reopen.c: db is the file, and can be written to (at last). */
bool store_reopen(struct store *s);
/* store.c: opens s->path as s->db, which is NULL. 0, an SQLite code, or one of store.h. */
int store_open_again(struct store *s, struct err *e);
void store_forget_statements(struct store *s);

/* forget.c */
void scrub_want(struct store *s);            /* text that was there for a while is gone now */
void scrub_pages(struct store *s, bool all); /* pages that are not needed any more are overwritten, too */

/* migrate.c: 0, or an SQLite code, or STORE_NEWER. */
int store_migrate(sqlite3 *db, struct err *e);

static inline bool is_kept(const struct message *m) { return !(m->flags & MESSAGE_UNKEPT); }
/* What is ours and on its way is needed until it has gone, kept or not. */
static inline bool on_its_way(const struct message *m)
{
    return m->delivery == DELIVERY_QUEUED || m->delivery == DELIVERY_SENT;
}

#endif
