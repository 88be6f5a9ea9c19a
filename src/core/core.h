/* core/core.h - the engine's heart as commands and the screen see it: what can be asked for
 *
 * Account processes, ingest, outbox, history, questions and alerts live behind this header. Every function
 * returns >= 0 for "accepted", or negative with a sentence in *e; results arrive as changes of the model.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "model/model.h"

struct config; /* config/config.h */
struct store;  /* store/store.h */
struct core;

struct core_params {
    struct loop *loop;
    struct config *config;
    struct model *model;
    struct store *store;
    const char *account_program; /* path of kith-account */
    const char *notify_program;  /* path of kith-notify, or NULL */
    const char *search_program;  /* path of the program that searches (kith itself), or NULL: the engine does it */
    const char *backend_dirs;    /* colon-separated, passed on to kith-account */
    bool offline;                /* -o: connect nothing by itself */
    int64_t gather_ms;           /* how long the members that go in a netsplit are counted before the line; 0 = 2000 */
    int64_t back_off_ms;         /* the first wait before trying again; 0 = 1000. Tests are in a hurry */
    int64_t unwatched_ms;        /* how long nobody must look before backends hear of it; 0: 5 s without a terminal, else 60 s */
};
struct core *core_new(const struct core_params *p, struct err *e);
/* Loads accounts and yesterday's state from the store, starts account processes. */
int core_start(struct core *c, struct err *e);
/* Disconnects politely; done(user) is called when all are gone, after 3 s at the latest. */
void core_stop(struct core *c, loop_fn *done, void *user);
void core_free(struct core *c);

/* Accounts */
int core_account_load(struct core *c, const char *name, struct err *e); /* (re)reads it from the configuration */
int core_connect(struct core *c, struct account *a, struct err *e);
int core_disconnect(struct core *c, struct account *a, struct err *e);
int core_reconnect(struct core *c, struct account *a, struct err *e);   /* now, skipping any wait */
int core_set_status(struct core *c, struct account *a /* NULL: all */, enum kith_show show, const char *text, struct err *e);

/* The history could not be written to: tries again now, not only at the next occasion (/reload). */
void core_save_again(struct core *c);

/* A terminal was attached, or the last one went: presence.detached. */
void core_attached(struct core *c, bool any);
/* Whether a terminal has the focus: asked once for each, again when that changes, and GONE at its end. */
enum core_look { LOOK_GONE, LOOK_UNFOCUSED, LOOK_FOCUSED };
void core_looks(struct core *c, const void *view, enum core_look how);
/* A program that the user had started (an opener, a copier): reaped when it ends. */
void core_adopt_child(struct core *c, pid_t pid);
/* Runs a program (argv[0]: a path, or found in PATH) and hands on what it printed on both outputs, cleaned, when it
 * ended; after a minute it is killed. done is not called any more once core is freed. */
typedef void core_text_fn(void *user, const char *text);
int core_gather(struct core *c, const char *const *argv, core_text_fn *done, void *user, struct err *e);
/* What kith-account --list says of all backends found (account/describe.h). */
int core_plugins(struct core *c, core_text_fn *done, void *user, struct err *e);
/* What kith-account --fields says of a protocol's settings. */
int core_fields(struct core *c, const char *protocol, core_text_fn *done, void *user, struct err *e);

/* Chats. text is as typed; the account's backend normalizes it. done is called once, with the chat or an error. */
typedef void core_chat_fn(void *user, struct chat *chat, const struct err *e);
int core_open_chat(struct core *c, struct account *a, const char *text, core_chat_fn *done, void *user, struct err *e);
void core_close_chat(struct core *c, struct chat *chat);
int core_join(struct core *c, struct account *a, const char *room, const char *nick, const char *secret,
              core_chat_fn *done, void *user, struct err *e);
int core_leave(struct core *c, struct chat *chat, const char *text, struct err *e);
/* Pins, mutes ...: KITH_CHAT_PINNED, MUTED, AUTOJOIN to set and to clear; kept on this machine. */
int core_keep(struct core *c, struct chat *chat, uint32_t set, uint32_t clear, struct err *e);
/* Is what is said in the chat from now on kept on the disk, and found there? What was kept stays: */
int core_keep_text(struct core *c, struct chat *chat, bool keep, struct err *e);
uint32_t core_kept(struct core *c, const struct chat *chat); /* of so many messages */
/* until it is deleted, little by little; a notice tells the end. For chats that are kept no more. */
int core_forget(struct core *c, struct chat *chat, struct err *e);
/* What of the chat is worth a bell or a notice; kept on this machine. NOTICE_NONE is what a mute is. */
int core_set_notices(struct core *c, struct chat *chat, enum notice_level level, struct err *e);
/* Are pictures shown between the messages of the chat? Kept on this machine. */
void core_set_pictures(struct core *c, struct chat *chat, enum picture_wish wish);
/* Who came into a room and left it since kith joined it, a line each, also those whom ui.chat.hide_joins hides. NULL:
 * nobody. Borrowed. */
const char *core_moves(const struct chat *chat);
void core_splits(const struct chat *chat, struct buf *out); /* appends who went in the last netsplits, a line for each */
void core_move_chat(struct core *c, struct chat *chat, int number); /* window order */

/* Writing. The message is in the store and on the screen when this returns >= 0. */
enum { CORE_SEND_ACTION = 1u << 0 };
struct core_send {
    const char *body;       /* codes in it (base/codes.h, CODES_INPUT) say how parts of it look */
    const char *spans;      /* or this does, packed, and there are no codes; NULL = plain */
    unsigned flags;
    int64_t reply_to, edit; /* message ids, or 0 */
};
int64_t core_send(struct core *c, struct chat *chat, const struct core_send *s, struct err *e); /* message id */
/* 0, or why how a text looks cannot be sent there. Offline nobody knows: KITH_EOFFLINE. */
int core_may_format(const struct chat *chat, struct err *e);
/* Shows what is hidden in a loaded message, or hides it again; in all views, until kith ends. */
void core_reveal(struct message *m, bool reveal);
int core_resend(struct core *c, struct message *m, struct err *e);
int core_cancel(struct core *c, struct message *m, struct err *e); /* a queued or failed one (message, change): gone */
/* May messages of this chat be changed in this way? 0, or KITH_EUNSUP and why not. Where the account is offline: what its
 * protocol can do at all. */
int core_may_change(const struct chat *chat, enum change what, struct err *e);
/* These wait in the outbox like messages: message.change says that the server has it not yet, change_failure that it was
 * refused; core_resend and core_cancel then take that up. An edit is shown at once, a withdrawal when it is done. */
int core_retract(struct core *c, struct message *m, const char *reason, struct err *e);
int core_react(struct core *c, struct message *m, const char *const *reactions, size_t n, struct err *e);
void core_typing(struct core *c, struct chat *chat, enum kith_typing state, const char *live);
/* Texts of editors that outlived an engine, put by by their views (view/editor.h): each becomes its chat's draft, behind
 * one that was written since. Called at the start and when a view comes. */
void core_drafts_left(struct core *c);
void core_draft(struct core *c, struct chat *chat, const struct draft *d, const void *origin); /* on disk within 1 s */
void core_mark_read(struct core *c, struct chat *chat, const struct message *up_to);
void core_mark_unread(struct core *c, struct chat *chat, const struct message *from);
/* A view looks at this chat (focused: the terminal has focus). Decides unread, alerts, the unread line. */
void core_attention(struct core *c, const void *view, struct chat *chat /* NULL: none */, bool focused, bool at_end);

/* History: moves the loaded window. Calls back by MODEL_WINDOW_MOVED. */
int core_load(struct core *c, struct chat *chat);                 /* newest page, if not loaded */
int core_load_older(struct core *c, struct chat *chat);           /* one page; from the server when the store ends */
int core_load_newer(struct core *c, struct chat *chat);           /* one page towards the end, when the window is not at_end */
int core_load_around(struct core *c, struct chat *chat, int64_t message_id);
int core_load_newest(struct core *c, struct chat *chat);
/* Which of how many stored messages of the chat m is, from 1. */
void core_position(struct core *c, const struct chat *chat, const struct message *m, int64_t *at, int64_t *of);
/* The message with this id (wire, origin or archive) from the store; NULL: it is not here. Kept, so that asking for it with
 * every frame costs nothing; valid until messages of the chat change or come. */
const struct message *core_quoted(struct core *c, struct chat *chat, const char *ref);
/* Asks the server's archive, page by page, for the message with this id; MODEL_WINDOW_MOVED as they come, a notice when
 * it is not found. */
int core_find_older(struct core *c, struct chat *chat, const char *ref, struct err *e);

/* People. done may be NULL (a failure is then a notice). */
/* e->code 0: done; e->text may then say what is missing from a list that was cut off. */
typedef void core_done_fn(void *user, const struct err *e);
int core_contact_add(struct core *c, struct account *a, const char *address, const char *name, const char *group,
                     core_done_fn *done, void *user, struct err *e);
int core_contact_update(struct core *c, struct contact *ct, const char *name, const char *const *groups, size_t n,
                        core_done_fn *done, void *user, struct err *e);
int core_contact_remove(struct core *c, struct contact *ct, core_done_fn *done, void *user, struct err *e);
int core_contact_authorize(struct core *c, struct account *a, const char *address, bool allow, core_done_fn *done,
                           void *user, struct err *e);
int core_block(struct core *c, struct account *a, const char *address, bool block, core_done_fn *done, void *user,
               struct err *e);
/* Blocks, and reports to the server: how = KITH_REPORT_*, with the newest messages of the chat that have an id there (or the
 * one given, not 0), and words of the user (may be NULL). */
int core_report(struct core *c, struct account *a, const char *address, uint32_t how, int64_t message, const char *text,
                core_done_fn *done, void *user, struct err *e);
/* People who are not known and wrote (chats with CHAT_HELD): how many; letting one in, which opens the chat; forgetting what
 * one wrote. Who is blocked is forgotten by that. */
size_t core_strangers(const struct account *a);
struct core_stranger { char *name, *text; int64_t time; }; /* of the first message; owned */
void core_stranger_first(struct core *c, const struct chat *chat, struct core_stranger *out);
void core_stranger_first_clear(struct core_stranger *s);
int core_stranger_accept(struct core *c, struct chat *chat, struct err *e);
int core_stranger_drop(struct core *c, struct chat *chat, struct err *e); /* chat is gone then */
/* Does the user ignore this address (privacy.ignore)? A room's occupant is room/nick. */
bool core_ignores(const struct core *c, const struct account *a, const char *address);
/* Rows of a list (who is, rooms); called for each, then done. */
typedef void core_item_fn(void *user, const struct kith_ev_item *item);
int core_info(struct core *c, struct account *a, const char *address, core_item_fn *item, core_done_fn *done,
              void *user, struct err *e);
/* The picture of somebody, of a room, of ourselves: from the disk, else fetched and kept there. path NULL: there is none, or
 * it could not be had, *e says why. */
typedef void core_avatar_fn(void *user, const char *path, const struct err *e);
int core_avatar(struct core *c, struct account *a, const char *address, core_avatar_fn *done, void *user, struct err *e);
/* Ours, or with room that of a room; the file in fd (at its beginning, at most KITH_MAX_AVATAR bytes), or -1: none. */
int core_avatar_set(struct core *c, struct account *a, const char *room, int fd, const char *mime, uint32_t width,
                    uint32_t height, core_done_fn *done, void *user, struct err *e);
/* ---- end-to-end encryption (encrypt.c): OK's text in *e of done is what the backend says ---- */
struct forecast_device;
/* Who can read a chat, or (chat NULL) which devices the account has: chat->forecast (a->forecast) when done is called, which
 * may be NULL. It is kept up to date while a view shows the chat; the devices stay when nobody
 * can say it any more (FORECAST_FAILED). */
int core_forecast(struct core *c, struct account *a, struct chat *chat, core_done_fn *done, void *user, struct err *e);
int core_encrypt(struct core *c, struct chat *chat, bool on, core_done_fn *done, void *user, struct err *e);
/* For the fingerprint that d shows: another one in the meantime is an error. */
int core_trust(struct core *c, struct account *a, const struct forecast_device *d, enum kith_device_trust trust, core_done_fn *done,
               void *user, struct err *e);
/* New devices of people who are verified read in this chat at once; else what is written waits for a decision. */
int core_new_devices(struct core *c, struct chat *chat, bool anyway, core_done_fn *done, void *user, struct err *e);
/* A device of the account that is gone: others encrypt for it no more. */
int core_remove_device(struct core *c, struct account *a, const char *device, core_done_fn *done, void *user, struct err *e);
int core_reset_keys(struct core *c, struct account *a, core_done_fn *done, void *user, struct err *e); /* a new identity */
/* All keys of an account to fd, or from it; the passphrase is asked for. fd stays the caller's. */
int core_keys(struct core *c, struct account *a, bool import, int fd, core_done_fn *done, void *user, struct err *e);
/* In the directory of `where` (NULL: what the account's server has): n fields, key "" for words without one. */
int core_search_people(struct core *c, struct account *a, const char *where, const char *const *keys,
                       const char *const *values, size_t n, core_item_fn *item, core_done_fn *done, void *user,
                       struct err *e);
int core_room_list(struct core *c, struct account *a, const char *where, const char *pattern, core_item_fn *item,
                   core_done_fn *done, void *user, struct err *e);
/* The same into a listing of the model (model/listing.h), where the screen shows them as they come: give what this returns
 * as user of core_listing_item and core_listing_done to whatever asks, and where that refused at once end it with
 * core_listing_done as well. a and chat (may be NULL): for whom its commands run. again: the command line that asks
 * anew, or NULL. All is copied. Finished ones are dropped half an hour after nobody looks at them any more. */
struct listing;
struct listing_look;
struct core_listing;
struct core_listing *core_listing_new(struct core *c, struct account *a, struct chat *chat,
                                      const struct listing_look *look, const char *key, const char *title,
                                      const char *again);
struct listing *core_listing_of(const struct core_listing *cl); /* NULL: it was dropped */
core_item_fn core_listing_item;
core_done_fn core_listing_done;
void core_listing_shown(struct core *c, int64_t listing, bool shown); /* a view has it on its screen, or not any more */
/* Rooms: what = a member of enum core_room; who, text as fits. */
enum core_room { CORE_ROOM_TOPIC, CORE_ROOM_NICK, CORE_ROOM_INVITE, CORE_ROOM_KICK, CORE_ROOM_BAN };
int core_room(struct core *c, struct chat *chat, enum core_room what, const char *who, const char *text,
              core_done_fn *done, void *user, struct err *e);
int core_send_file(struct core *c, struct chat *chat, const char *path, core_done_fn *done, void *user, struct err *e);
int core_accept_file(struct core *c, struct message *m, size_t attachment, const char *path, core_done_fn *done,
                     void *user, struct err *e);
/* How large the picture in a file of the message is: kept, so that its rows are known before it is read again. */
void core_note_picture(struct core *c, struct message *m, size_t attachment, int32_t width, int32_t height);
/* Turns the offer down; while it is fetched, stops that; takes back one of our own. */
int core_decline_file(struct core *c, struct message *m, size_t attachment, core_done_fn *done, void *user,
                      struct err *e);

/* Questions. fields: n pairs of key and value; secrets are wiped by the callee. */
struct core_answer_field { const char *key; const char *value; };
int core_answer(struct core *c, struct ask *ask, const char *choice, const struct core_answer_field *f, size_t n,
                struct err *e);

/* The user is there (a key, a view that came): account processes that said nothing for 10 s are asked for a sign of
 * life, so that one that sleeps is noticed before it is needed. Cheap enough for every key. */
void core_user_active(struct core *c);

/* A backend's own command. */
int core_backend_command(struct core *c, struct account *a, struct chat *chat, int argc, const char *const *argv,
                         core_item_fn *item, core_done_fn *done, void *user, struct err *e);
/* What a protocol declares (options, commands): NULL until its process said hello. Borrowed. */
const struct kith_protocol *core_protocol(struct core *c, const struct account *a);

/* Alerts: what deserves a bell or a notice; main wires the sinks. */
struct core_alert {
    struct chat *chat;
    struct message *message; /* NULL: something comes back in the inbox */
    bool bell, desktop;
    const char *title;  /* of the chat */
    const char *text;   /* all that was written; NULL: it is encrypted, and notify.encrypted is off */
    const char *words;  /* what a notice may show of it: as notify.text says, and how many more there are */
    const char *reason; /* "mention", "private", "keyword" ...: why it was raised */
};
typedef void core_alert_fn(void *user, const struct core_alert *alert);
void core_on_alert(struct core *c, core_alert_fn *fn, void *user);

/* Somebody wrote just now: nothing of our own, of an archive, or kept while we were away. It only takes a note of it: the
 * chat is being changed. fn NULL: nobody listens. */
typedef void core_arrival_fn(void *user, const struct message *m);
void core_on_arrival(struct core *c, core_arrival_fn *fn, void *user);

/* Waiting for one message to reach a state (kith send --wait). Called once. */
typedef void core_delivery_fn(void *user, enum delivery reached, const char *failure);
void core_watch_delivery(struct core *c, int64_t message_id, enum delivery at_least, core_delivery_fn *fn, void *user);
void core_unwatch_delivery(struct core *c, core_delivery_fn *fn, void *user);

/* What may want an answer (model->inbox): dealt with, or put off until a wall time in ms. */
int core_inbox_done(struct core *c, int64_t message, struct err *e);
int core_inbox_snooze(struct core *c, int64_t message, int64_t until, struct err *e);
/* The account one of whose passwords is in this text, or NULL. The passwords themselves are not known here. */
const struct account *core_holds_secret(const struct core *c, const char *text);

/* Searching the history, in a process of its own: nothing here waits for it. found is called once, maybe before core_search
 * returns NULL, with the hits (they go after it returns, unless it takes them: hits NULL, n 0) or an error; not after core_search_cancel. */
struct find_query; /* store/find.h */
struct find_hit;
struct core_search;
struct core_found { struct find_hit *hits; size_t n; bool more; int64_t us; /* how long it took */ };
typedef void core_found_fn(void *user, struct core_found *found, const struct err *e);
struct core_search *core_search(struct core *c, const struct find_query *q, core_found_fn *found, void *user);
void core_search_cancel(struct core_search *s); /* NULL is fine */

/* /why: the rule that decided, from the functions that decide. What was decided when a message came is remembered for
 * the newest 256; of an older one it says what would be decided now. */
enum core_why_message { WHY_BELL, WHY_NOTICE, WHY_MENTION, WHY_UNREAD, WHY_INBOX, WHY_SENT /* own ones only */ };
enum core_why_chat { WHY_HEARD /* or ignored */, WHY_LEVEL, WHY_JOINS, WHY_TYPING_TOLD, WHY_READ_TOLD };
enum core_why_account { WHY_ONLINE, WHY_STATUS };
struct why; /* config/why.h */
/* Where a notice goes. ssh: the desktop's: kith was started over SSH; the terminal's: that terminal is. What shows it asks
 * this; out (may be NULL) gets the rule. */
enum core_sink { SINK_DESKTOP, SINK_TERMINAL, SINK_COMMAND };
bool core_sink(const struct config *c, enum core_sink sink, bool ssh, struct why *out);
void core_why_message(struct core *c, const struct message *m, enum core_why_message what, struct why *out);
/* nick: of whom in a room; NULL: nobody in particular. */
void core_why_chat(struct core *c, const struct chat *chat, const char *nick, enum core_why_chat what,
                   struct why *out);
void core_why_account(struct core *c, const struct account *a, enum core_why_account what, struct why *out);

struct store *core_store(struct core *c);
struct config *core_config(struct core *c);

#endif
