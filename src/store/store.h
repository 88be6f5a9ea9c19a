/* store/store.h - the history on disk: accounts, people, chats, messages, outbox, full text
 *
 * One SQLite file. All writes of a turn form one transaction, begun by the first of them and ended by
 * store_commit(). Every write is also kept in memory until then: when the disk refuses (full, read-only, locked),
 * the writes stay there and store_commit() says so; the engine goes on, confirms nothing to the account
 * processes, and store_commit() tries again until all of it is on disk. Rows get their numbers here, not from
 * SQLite, so a message keeps its id whenever it is written in the end. Reads see what has been written to the file
 * or the open transaction, thus not what still waits in memory.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/base.h"
#include "base/err.h"
#include "model/model.h"

struct store;

enum { /* store_open, in e->code; e->text says it in words */
    STORE_IN_USE = -1001, /* another engine has this profile: offer to attach */
    STORE_NEWER = -1002,  /* the file was written by a newer kith: left as it is */
    STORE_FAILED = -1003  /* cannot be opened or made */
};
/* 0: opened. 1: opened, and *e has a sentence for the user: a damaged file was set aside and a new one made, or the
 * disk cannot be written to and all writes wait in memory until store_commit() with `retry` finds that it can. < 0: *e. Makes the file 0600; its
 * directory must exist. The lock is a file beside it, ".lock" added to its name. */
int store_open(struct store **out, const char *path, struct err *e);
/* Tries to write what waits, closes. What could not be written is lost, and said in the log. */
void store_close(struct store *s);
const char *store_path(const struct store *s);

/* 1: everything written so far is on disk (or nothing was). 0: not yet, it waits in memory; *e says why. Tries
 * again when `retry`. 2: some of what waited is on disk now, and more is to come: call again soon with `retry`. */
int store_commit(struct store *s, bool retry, struct err *e);
/* Once after the file could be opened at last: it held accounts or chats that were made anew in memory meanwhile. What it
 * knows of them, and all else, can be loaded now. */
bool store_found_more(struct store *s);
bool store_waiting(const struct store *s);      /* writes wait in memory for the disk to take them */
size_t store_waiting_bytes(const struct store *s);
bool store_dirty(const struct store *s);        /* writes since the last commit */
size_t store_dirty_bytes(const struct store *s); /* what they take in memory */
/* Least message id that is not on disk yet, INT64_MAX when all are. */
int64_t store_unsaved_from(const struct store *s);
/* What goes on beside: the more, the longer the log may be before it is moved into the file, which holds everything up. */
enum store_load {
    STORE_IDLE,    /* nothing is due */
    STORE_FILLING, /* the full text is being filled, in slices */
    STORE_BUSY,    /* what comes is written */
    STORE_TYPING   /* and the user types meanwhile */
};
/* Moves the log into the file when it is long enough for that, as far as no reader still needs it. True if it was. */
bool store_checkpoint(struct store *s, enum store_load load);

/* ---- accounts ---- */
struct store_account {
    int64_t id;
    char *protocol, *address, *nick, *status, *resume_id;
    int64_t resume_ms, gap; /* gap: see core_account */
    enum kith_show show;
};
/* Finds or makes the row. 1 = was there, 0 = new. Strings are owned: store_account_clear(). */
int store_account(struct store *s, const char *name, const char *protocol, struct store_account *out);
void store_account_clear(struct store_account *a);
void store_put_account(struct store *s, const struct account *a, const char *resume_id, int64_t resume_ms,
                       int64_t gap);

/* Chats with any of these flags, of the same address under other names: an account that is called otherwise now. address is
 * borrowed until fn returns. */
void store_each_elsewhere(struct store *s, const struct account *a, uint32_t flags, void (*fn)(void *user, const char *address),
                          void *user);

/* ---- people ---- */
void store_load_contacts(struct store *s, struct account *a); /* into the model */
void store_put_contact(struct store *s, const struct contact *c);
void store_drop_contact(struct store *s, const struct account *a, const char *address);

/* ---- chats ---- */
struct store_chat { /* what the store knows of a chat beside struct chat */
    int64_t last_sort;   /* of its newest message */
    bool history_start;  /* the server has nothing older */
};
typedef void store_chat_fn(void *user, struct chat *c, const struct store_chat *more);
/* Into the model, without messages; fn is told of each. One that is there already gets what the file says beside what came
 * since (see store_found_more). */
void store_load_chats(struct store *s, struct account *a, store_chat_fn *fn, void *user);
int64_t store_new_chat(struct store *s, const struct account *a, const char *address, enum kith_chat_kind kind);
void store_move_chat(struct store *s, const struct chat *c); /* it is at c->address now */
void store_put_chat(struct store *s, const struct chat *c, const struct store_chat *more);
void store_drop_chat(struct store *s, const struct chat *c); /* with its messages */

/* ---- messages ---- */
int64_t store_new_id(struct store *s); /* of a message; never used before */
/* Inserts m (m->id from store_new_id, m->chat set). 1: inserted. 0: the same message is here already, its row in
 * *same: by archive id, else by (sender, origin or wire id) unless both have archive ids that differ.
 * id_repeats: the sender used this id for another message before; it is stored, but not found by that id. */
int store_add_message(struct store *s, const struct message *m, int64_t *same);
/* Replaces what may change: sort, flags, enc, delivery, failure, edits, retracted, mention, ids. The body is not
 * to be changed before it: that is store_rewrite's, or the full text would hold what nobody can take out again. */
void store_put_message(struct store *s, const struct message *m);
void store_put_delivery(struct store *s, const struct message *m); /* delivery and failure only */
void store_put_attachment(struct store *s, const struct message *m, size_t number); /* path, size, id and link */
/* Each file of ours that was being sent when kith ended: queued, and in no outbox. */
void store_cut_off_files(struct store *s, void (*fn)(void *user, int64_t chat, int64_t message), void *user);
void store_drop_message(struct store *s, const struct message *m);
/* Own messages of the chat up to (sort, id) that are at least SENT and below `to` become `to`; the newest 1,000 at
 * most. */
void store_raise_delivery(struct store *s, const struct chat *c, int64_t sort, int64_t id, enum delivery to);
struct message *store_message(struct store *s, struct chat *c, int64_t id); /* owned; NULL when it is not in c (NULL: anywhere) */
/* By origin, wire or archive id; sender NULL: anybody's. Owned; NULL when absent. */
struct message *store_find_message(struct store *s, struct chat *c, const char *ref, const char *sender);
/* Up to max messages, oldest first, owned: array and elements. id 0: from the newest (older) or oldest (newer). */
enum store_way { STORE_OLDER, STORE_NEWER_THAN };
struct message **store_page(struct store *s, struct chat *c, enum store_way way, int64_t sort, int64_t id, size_t max,
                            size_t *n);
/* The answers to m, oldest first, at most max; and what the protocol puts into a thread. Owned as a page is. */
struct message **store_answers(struct store *s, struct chat *c, const struct message *m, size_t max, size_t *n);
struct message **store_thread(struct store *s, struct chat *c, const char *thread, size_t max, size_t *n);
/* At most MODEL_PAGE of them and MODEL_PAGE_BYTES (but one at least): a page of the window. *end: nothing is further
 * that way. */
struct message **store_window_page(struct store *s, struct chat *c, enum store_way way, int64_t sort, int64_t id,
                                   size_t *n, bool *end);
/* The first message of others after (sort, id), 0 when there is none. */
int64_t store_first_unread(struct store *s, const struct chat *c, int64_t sort, int64_t id);
/* Which of how many messages of the chat the one at (sort, id) is. */
void store_position(struct store *s, const struct chat *c, int64_t sort, int64_t id, int64_t *at, int64_t *of);
void store_count_unread(struct store *s, const struct chat *c, int64_t sort, int64_t id, uint32_t *unread,
                        uint32_t *mentions);
/* How many messages of the chat there are, and the bytes of their text. */
void store_held(struct store *s, const struct chat *c, uint32_t *n, size_t *bytes);
/* Archive id of the oldest message that has one (owned, NULL when none), and the time of the oldest message. */
char *store_oldest(struct store *s, const struct chat *c, int64_t *time_ms);
/* Greatest sort among messages with an archive id and a row below before_id (0: any); 0 when there is none. */
int64_t store_newest_archived(struct store *s, const struct chat *c, int64_t before_id);

/* Notes that m's text was replaced by the edit with id edit_id: keeps what it said, and puts m (body, spans, edits, enc). 1: done,
 * 0: this edit was known already, nothing changed. */
int store_edit(struct store *s, struct message *m, const char *edit_id, int64_t time_ms, const char *body,
               const char *spans);
bool store_has_edit(struct store *s, const struct message *m, const char *edit_id);
/* Takes the newest edit back, if it has this id: m (body, spans, edits) is put as it was before. 0: it is not the newest. */
int store_unedit(struct store *s, struct message *m, const char *edit_id);
/* m says `body` from the start: no version of it is kept. Also puts m. It and store_edit() keep nothing in a chat that is not
 * kept, and m becomes MESSAGE_UNKEPT. */
void store_rewrite(struct store *s, struct message *m, const char *body, const char *spans);
struct store_version { int64_t time; char *body, *spans; };
/* What a message said before, oldest first; owned. */
struct store_version *store_versions(struct store *s, int64_t message, size_t *n);
void store_versions_free(struct store_version *v, size_t n);
/* Text and earlier versions are gone for good, full text too. */
void store_retract(struct store *s, struct message *m);
/* The sender's whole set. 0: an older set than the one known, ignored. Of a message with more than MODEL_REACTIONS
 * senders the oldest go. */
int store_react(struct store *s, const struct message *m, const char *sender, const char *const *texts, size_t n,
                int64_t time_ms);

/* ---- what is not to be on the disk (CHAT_UNKEPT, MESSAGE_UNKEPT) ---- */
/* Of such messages the rows have the place only; what they say is kept in memory by the store and read from there until it is
 * closed. What is on its way to the other side is on the disk until it has left; store_settled(): it has. */
void store_settled(struct store *s, int64_t message);
/* It was kept, and what it says from now on is not to be: nothing of it stays on the disk. Before its text is changed. */
void store_unkeep(struct store *s, struct message *m);
uint32_t store_count_kept(struct store *s, const struct chat *c); /* messages of which the disk has what they say */
/* Takes what some messages say from the disk, and from the full text; they become MESSAGE_UNKEPT. *sort and *id, 0 at first:
 * how far it has come. False: there are no more. */
bool store_forget_some(struct store *s, const struct chat *c, int64_t *sort, int64_t *id);
/* After that, and between transactions: one step towards no trace of it in any file. True: call again. False: done; *e is set
 * when the file could not be written anew, and its unused room may have something of before. */
bool store_forget_traces(struct store *s, struct err *e);
/* Between transactions: what was deleted is overwritten in the log, too. True: it could not be just now, call again. */
bool store_scrub(struct store *s);
bool store_wants_scrub(const struct store *s); /* there is something to be overwritten */

/* ---- inbox ---- */
void store_put_inbox(struct store *s, const struct inbox_item *i); /* new or changed; i->message says which */
void store_drop_inbox(struct store *s, int64_t message);
typedef void store_inbox_fn(void *user, struct inbox_item *i); /* takes over the strings of *i */
void store_load_inbox(struct store *s, store_inbox_fn *fn, void *user); /* the newest INBOX_MAX, oldest first */

/* ---- what came before the message it is about (waiting.c) ---- */
struct store_change {
    uint32_t flags;  /* KITH_MSG_EDIT, RETRACT or REACT, OUTGOING ... */
    int64_t time, shown; /* shown: the message as which an edit is shown until then, or 0 */
    char *target, *ref, *sender, *sender_id, *body, *spans; /* ref: its own id; REACT: body has one a line */
};
size_t store_count_waiting(struct store *s, const struct chat *c);
void store_add_waiting(struct store *s, const struct chat *c, const struct store_change *w); /* 1,000 a chat at most */
/* Those that name ref, the oldest first, which wait no longer; owned: store_changes_free(). */
struct store_change *store_take_waiting(struct store *s, const struct chat *c, const char *ref, size_t *n);
void store_changes_free(struct store_change *v, size_t n);

/* ---- outbox ---- */
struct store_outgoing {
    int64_t id, chat, message;
    uint32_t op;            /* enum store_op */
    uint32_t flags;         /* KITH_SEND_* */
    int attempts;
    int64_t written;
    /* REACT: body has one a line, and reply_body what there was before */
    char *origin_id, *target, *body, *reply_to, *reply_sender, *reply_body, *thread;
    char *spans;            /* how parts of body look, packed; NULL = plain */
    char *failure;          /* why it was refused: it stays here until the user decides; NULL = it is to go */
};
enum store_op { STORE_SEND = 1, STORE_RETRACT = 2, STORE_REACT = 3 };
void store_add_outgoing(struct store *s, struct store_outgoing *o); /* sets o->id */
void store_put_attempts(struct store *s, const struct store_outgoing *o);
void store_put_outgoing(struct store *s, const struct store_outgoing *o); /* body and failure */
void store_drop_outgoing(struct store *s, int64_t id);
void store_outgoing_clear(struct store_outgoing *o);
typedef void store_outgoing_fn(void *user, struct store_outgoing *o); /* takes over the strings of *o */
void store_load_outbox(struct store *s, store_outgoing_fn *fn, void *user); /* in order */

/* ---- full text ---- */
/* Indexes for about budget_us, the commit that must follow included. True when there is more to do. */
bool store_index_slice(struct store *s, int64_t budget_us);
/* Newest first; fn returns false to stop. chat NULL: everywhere. Words as the user typed them: all must occur. */
typedef bool store_hit_fn(void *user, int64_t chat, const struct message *m);
struct find_query;
struct find_hit;
/* The same as find_query() (store/find.h), here and now: for when the file is not to be had by another process. */
int store_find(struct store *s, const struct find_query *q, struct find_hit **out, size_t *n, bool *more, struct err *e);
int store_search(struct store *s, const struct chat *c, const char *words, size_t max, store_hit_fn *fn, void *user,
                 struct err *e);

#endif
