/* core/private.h - what the files of core share: the engine's state beside the model, and how they call each other */
#ifndef CORE_PRIVATE_H
#define CORE_PRIVATE_H

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/runs.h"
#include "config/config.h"
#include "core/core.h"
#include "store/store.h"
#include "wire/wire.h"

#include "core/rules.h"

/* ---- one request to a backend, until its REPLY ---- */
struct request;
/* Called once. r is freed afterwards. reply NULL: refused or lost, e says why. Unless e->code is 0 it failed. */
typedef void request_fn(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                        const struct err *e);
struct request {
    struct request *next;
    kith_req id;
    struct core_account *ca;
    request_fn *fn;
    /* what the caller of core wants to hear */
    core_done_fn *done;
    core_chat_fn *chat_done;
    core_item_fn *item;
    void *user;
    int64_t chat_id;
    char *text;
    int64_t number; /* sort of the window's first message, for history */
    const char *what; /* "rename bob" for the notice when done is NULL; static */
};

/* ---- account processes ---- */
enum link_state {
    LINK_DOWN = 0, /* no process; maybe waiting to start one */
    LINK_STARTING, /* waits for HELLO */
    LINK_UP,
    LINK_LEAVING,  /* told to quit */
    LINK_USELESS   /* the backend could not be loaded: no use in starting it again */
};
struct link {
    struct core_account *ca;
    enum link_state state;
    pid_t pid;               /* 0: none, or reaped */
    int exit_status;         /* of waitpid(2), when exited */
    bool exited, eof, stopped;
    struct frame_io io;
    struct loop_io *lio;
    struct arena mem;        /* of the frame being handled */
    struct arena hello_mem;  /* holds protocol */
    const struct kith_protocol *protocol;
    uint64_t received, committed; /* event numbers */
    int64_t started_at, heard_at; /* monotonic ms */
    int64_t asked_at;        /* a PING waits for its PONG since; 0 = none */
    int64_t phase_ms;        /* how long this phase may be silent; 0 = no limit */
    int64_t stopped_at, leaving_at;
    struct loop_timer *watch; /* looks whether any of these is overdue */
    int64_t watch_at;
    struct loop_timer *more;  /* frames were left in the buffer for the next turn */
    unsigned old;             /* messages of an archive since the last pause for who types */
    bool gave_way;            /* was not read in the turn before, for a key */
    struct loop_timer *restart;
    struct loop_timer *linger; /* its socket is closed, it is not: soon killed */
    unsigned failures;        /* in a row */
    bool start_again;         /* when it has left */
    const char *killed_for;   /* why we killed it, in words; NULL = we did not */
};

/* ---- the outbox of an account ---- */
struct outgoing {
    struct store_outgoing row;
    struct chat *chat;
    struct outgoing *next;
    bool ready;  /* its attempt is noted: goes on the wire after the commit */
    bool issued; /* to this connection */
    bool unsend; /* the backend was asked to take it back */
    bool sent;   /* the backend said SENT: it no longer counts as being under way */
};

enum { MARKS_MAX = 8 };
struct core_account { /* what core knows beside struct account */
    struct core *core;
    struct account *account;
    char *store_name;        /* under which the store and its folder know it: of a sub-account its id, not its name */
    struct link link;
    bool dirty;              /* its row is to be written */
    struct map known;        /* names.c: what the names of its contacts look like, */
    uint32_t known_version;  /* when the account's names_version was this */
    /* connection */
    struct loop_timer *retry;
    unsigned failures;       /* connection attempts in a row */
    int64_t online_at;       /* monotonic ms, 0 = not */
    bool fresh;              /* this connection began a new session */
    enum wish wish;          /* why account->enabled is as it is */
    enum retry_rule retry_why; /* what was made of the last loss of the connection */
    bool off_by_status;      /* disconnected by /status offline: any other status brings it back */
    bool again;              /* connect as soon as it is off */
    bool full_told;          /* that there are too many chats for one more */
    bool strangers_told; /* that not all that strangers write is held */
    bool markers_due;        /* read markers of its chats are to be sent after the next commit */
    bool settings_told;      /* its settings were compared with what the protocol declares */
    bool away_by_detach;     /* presence.detached took effect; show_before comes back */
    enum kith_show show_before;
    /* archive */
    char *resume_id;
    int64_t resume_ms;
    bool had_resume;         /* the store knows this account's archive: what it tells now was missed */
    int64_t session_id;      /* messages from this row on came in this session, or since there is a gap */
    int64_t gap;             /* messages from this row on came while the archive was not read to its end; 0: it was */
    /* outbox */
    struct outgoing *queue, **queue_end;
    bool pump;               /* something may go now that could not before */
    struct loop_timer *unhold;
    struct wire_mark marks[MARKS_MAX]; /* of the passwords its process holds */
    size_t n_marks;
    /* subs.c, family.c */
    bool sub_sweep;          /* a sub-account that the list under way did not name yet */
    bool note_told, note_news;  /* the user knows that it is not well; that changed since */
    struct loop_timer *facts_timer;
    int64_t facts_at, facts_wait; /* monotonic ms of the last line about those below; how long the next one waits */
    bool subs_told[2];       /* that they come too fast; that there are too many */
    unsigned subs_made;      /* since subs_since, monotonic ms */
    int64_t subs_since;
    char *cert_subject, *cert_text, *cert_choice; /* the last question about a certificate, and its answer */
};
struct secret_wait { /* a sub-account waits for a secret of the account above it */
    uint64_t number, theirs; /* ours to the parent; that of the one who asked */
    struct core_account *sub, *parent;
};

struct core_chat { /* what core knows beside struct chat */
    struct store_chat more;
    bool dirty, draft_dirty;
    bool held;               /* the backend cannot send here now */
    size_t under_way;        /* issued, and not yet SENT */
    enum kith_typing typing_sent;
    bool marker_due;         /* the read marker is to be sent when there is a connection */
    bool members_syncing;
    bool reactions_told;     /* that a message has too many is in the log */
    enum read_rule read_why; /* who moved the read position last */
    int64_t unread_from;     /* the message from which on the user wants it unread; 0 = none */
    bool line_seen;          /* the end was seen while the unread line stood */
    int64_t archive_sort;    /* sort of the message before, while the archive is read forwards; kept until it was read
                                to its end; 0 = none */
    int64_t archive_row;     /* its id */
    int64_t gap;             /* of a room with an archive of its own: as core_account.gap; forgotten when kith ends */
    int64_t gap_end;         /* sort of the first message behind the gap (see core_account); 0 = none, or not known */
    bool archive_read;       /* in this session: archive_sort is of the message before */
    char *cursor;            /* where the server's next older page begins */
    char *nick_given, *nick_shown; /* the name a stranger chose last, and how it is shown */
    struct moves *moves;     /* moves.c: who came and went; NULL = nobody yet */
    struct past *past;       /* past.c: what its archive told of; NULL = nothing */
    struct split *splits;    /* splits.c: the newest first */
    struct map quoted;       /* id -> struct message *, or QUOTED_NONE: what was looked up for core_quoted() */
    int waiting;             /* change_wait.c: are there changes of messages that are not here? 0 = not known yet */
    char *looked_for;        /* older pages are asked for until this id is among them, or looks_left is 0 */
    int looks_left;
    int empty_pages;         /* of the archive in a row, since the user asked for older ones */
    int64_t rang_at;         /* monotonic ms of the last alert */
    int64_t notices_at[3];   /* and of the last three notices, newest first; 0 = none */
    unsigned missed;         /* messages since then that would have made one */
    unsigned inbox;          /* how many of its messages may want an answer */
    bool inbox_direct;       /* one of them stands for all of a chat of two */
    int64_t typing_at;       /* somebody's typing was last heard of */
};

struct attention { const void *view; struct chat *chat; bool focused, at_end; };
struct delivery_watch { int64_t message; enum delivery at_least; core_delivery_fn *fn; void *user; };

struct core {
    struct core_params p;
    char *account_program, *notify_program, *search_program, *backend_dirs; /* owned copies of p's */
    struct loop *loop;
    struct config *config;
    struct model *model;
    struct store *store;
    struct request *requests;
    kith_req next_req;
    int64_t next_ask, next_memory_id;
    struct chat **dirty_chats;
    size_t n_dirty_chats, cap_dirty_chats;
    struct attention *attention;
    size_t n_attention, cap_attention;
    struct delivery_watch *watches;
    size_t n_watches, cap_watches;
    struct loop_timer *inbox_timer; /* something that was put off comes back */
    struct loop_timer *listing_timer; /* finished listings that nobody looks at go */
    struct pattern **patterns;      /* of notify.highlight and notify.keywords, as far as compiled */
    size_t n_patterns, cap_patterns;
    struct verdict verdicts[VERDICTS]; /* a ring: what was decided about the newest messages */
    size_t n_verdicts;
    core_arrival_fn *arrival_fn;
    void *arrival_user;
    core_alert_fn *alert_fn;
    void *alert_user;
    int64_t rang_at;
    struct loop_timer *store_timer; /* tries to write what waits */
    struct loop_timer *commit_timer; /* a commit that shares with those before it */
    int64_t committed_at;           /* monotonic ms */
    int64_t user_at;                /* monotonic ms of the last key */
    bool key_came;                  /* in this turn */
    bool urgent;                    /* the user wrote something: it is on disk before the next picture */
    struct loop_timer *idle_timer;  /* full text, checkpoint */
    struct loop_timer *forget_timer; /* what was kept is deleted (unkept.c): */
    int64_t forget_chat, forget_sort, forget_id; /* of which chat, and how far that is */
    bool forget_traces; /* the rows are done */
    struct loop_timer *draft_timer, *typing_timer;
    bool store_told;   /* the user knows that the disk refuses */
    size_t store_bytes;                 /* what waited for it when it was last looked */
    int64_t store_tried_at, store_wait; /* monotonic ms of the last try to write what waits; ms to the next */
    bool choked;       /* too much waits in memory: accounts are not read */
    bool started, stopping;
    struct looker { const void *view; bool focused; } *looks; /* the terminals that are attached */
    size_t n_looks, cap_looks;
    bool unwatched;                     /* the backends know that nobody looks */
    struct loop_timer *unwatched_timer; /* until they do */
    bool subs_unsaved; /* sub-accounts came, went or have other names since they were written */
    struct secret_wait *secrets;
    size_t n_secrets, cap_secrets;
    uint64_t next_secret;
    struct gather *gathers; /* programs whose output is awaited */
    pid_t *dying;      /* killed, to be reaped */
    size_t n_dying, cap_dying;
    loop_fn *stop_done;
    void *stop_user;
    struct loop_timer *stop_timer, *start_timer;
    size_t n_past; /* past.c: of all chats */
};

/* core.c */
void core_touch(struct core *c); /* this turn has something to finish, whoever called */
const char *kith_err_text(int err);
void core_stop_check(struct core *c); /* a process is gone: was it the last one? */

/* save.c - dirty rows, the transaction, confirmations, the idle work */
/* privacy.typing, privacy.read: may the other side of this chat know? */
bool core_may_tell(const struct core *c, const struct chat *chat, const char *option);
void save_chat(struct core *c, struct chat *chat);
void rooms_keep(struct chat *chat, uint32_t flags); /* tells the account; its failure is said to the user */
/* What the account keeps for all devices (flags of a CHAT event): pin, mute, notices. True: something changed. */
bool keep_take(struct chat *chat, uint32_t flags);
void save_account(struct core_account *ca);
void save_turn_end(void *core);
bool save_typing(const struct core *c); /* keys come: turns are short */
void save_free(struct core *c);
void save_told(struct core *c); /* the user was told at the start that the disk refuses */
void core_found_more(struct core *c); /* core.c: the store can read the file at last */

/* gather.c */
void gather_free(struct core *c);
void gather_reaped(const struct core *c, pid_t pid); /* its output may still be held open by a child of its own */

/* link.c, watch.c */
void link_start(struct core_account *ca);
void link_stop(struct core_account *ca, enum kith_reason reason);
void link_close(struct core_account *ca); /* at once, kills it */
bool link_up(const struct core_account *ca);
void link_send(struct core_account *ca, enum wire_kind kind, const struct buf *payload, int fd);
void link_flush(struct core_account *ca);
void link_want_read(struct core_account *ca, bool want);
/* 0, or negative and a sentence when there is no process that could take it. fd < 0: none. */
int link_op(struct core_account *ca, const struct wire_op *op, int fd, struct err *e);
void link_lost(struct core_account *ca);      /* the process is gone: says why, starts another one later */
void link_reaped(struct core_account *ca);    /* link.exit_status is set */
void watch_heard(struct link *l);             /* a frame came */
void watch_ask(struct link *l);               /* an operation went: is anybody there? */
void watch_arm(struct link *l);
void watch_kill(struct link *l, const char *why);
void watch_if_silent(struct link *l);
void watch_children(void *core, int signo);   /* SIGCHLD */

/* connect.c */
void connect_process_up(struct core_account *ca);
void connect_process_gone(struct core_account *ca, const char *why, int64_t retry_ms);
void connect_on_state(struct core_account *ca, const struct kith_ev_state *ev);
void connect_cancel(struct core_account *ca);
int64_t back_off_ms(const struct core *c, unsigned failures); /* 1, 2, 4 .. 300 s, +-20 % */

/* request.c */
struct request *request_new(struct core_account *ca, request_fn *fn);
/* Sends op with the request's id; on failure frees r and returns negative with *e. */
int request_send(struct request *r, struct wire_op *op, int fd, struct err *e);
void request_reply(struct core_account *ca, const struct kith_ev_reply *ev);
void request_item(struct core_account *ca, const struct kith_ev_item *ev);
void request_refused(struct core_account *ca, const struct wire_refused *r);
void request_lost(struct core_account *ca, const char *why); /* all of this account */
struct request *request_of(struct core_account *ca, kith_req id);
void request_forget_chat(struct core *c, int64_t chat_id);
/* 0, or KITH_EUNSUP when the protocol has not this group of operations (ACCOUNT_HAS_*). */
int request_possible(const struct account *a, uint32_t group, const char *what, struct err *e);
/* The usual fn: tells r->done, or says a failure as a notice. */
void request_tell(struct core *c, struct request *r, const struct kith_ev_reply *reply, const struct err *e);

/* ingest.c and its family: the only place where events change the model */
void ingest_event(struct core_account *ca, const struct kith_event *ev);
void ingest_message(struct core_account *ca, const struct kith_ev_message *ev);
void ingest_contact(struct core_account *ca, const struct kith_ev_contact *ev);
void ingest_contact_gone(struct core_account *ca, const struct kith_ev_contact_gone *ev);
void ingest_presence(struct core_account *ca, const struct kith_ev_presence *ev);
void ingest_sync(struct core_account *ca, const struct kith_ev_sync *ev, bool begin);
void ingest_chat(struct core_account *ca, const struct kith_ev_chat *ev);
void ingest_chat_gone(struct core_account *ca, const struct kith_ev_chat_gone *ev);
void ingest_member(struct core_account *ca, const struct kith_ev_member *ev);
void ingest_member_gone(struct core_account *ca, const struct kith_ev_member_gone *ev);
void ingest_typing(struct core_account *ca, const struct kith_ev_typing *ev);
void ingest_new_session(struct core_account *ca);  /* what was known of presence and rooms holds no longer */
void ingest_archive(struct core_account *ca, const char *room, bool begin); /* KITH_SYNC_ARCHIVE; room NULL: the account's */
void ingest_in_step(struct core_account *ca);      /* a new session has read the archive to its end */
/* One line of kith's own in the chat, in memory only. */
/* moves.c - somebody came into a room or left it; told: they get a line, or a place in the line before */
/* What else there is to tell in a chat: a line of its own; about whose standing it is (NULL: of all), as moves_tell. */
void moves_note(struct core *c, struct chat *chat, const char *about, const char *sentence, int64_t time);
void moves_tell(struct core *c, struct chat *chat, const char *nick, bool came, bool told, const char *sentence,
                int64_t time);
void moves_free(struct chat *chat);
/* Is one of these nicks, with blanks between, told of, seen from that moment? NULL: all are. */
bool moves_told_of(const struct core *c, const struct chat *chat, const char *nicks, int64_t at);
/* Who came and who went, for one line. */
struct move {
    char *nick;
    bool before, now; /* in the room before the line began, and now */
};
struct move_list {
    struct move *v;
    size_t n, cap;
};
void move_list_add(struct move_list *l, const char *nick, bool came);
void move_list_words(const struct move_list *l, struct buf *out); /* appends "ann, bob joined; eve left" */
void move_list_clear(struct move_list *l);
/* past.c - what happened in a room earlier: kept, and shown where the window has its place */
void past_on_happened(struct core_account *ca, const struct kith_ev_happened *ev);
void past_show(struct core *c, struct chat *chat); /* the window has others now */
void past_free(struct core *c, struct chat *chat);
char *ingest_came(const char *nick); /* as a sentence, owned; the other one, too */
char *ingest_went(const char *nick, uint32_t how, const char *by, const char *why);
/* Where it lies among the messages. page: the request it came with, or NULL */
int64_t ingest_place_past(struct core_account *ca, struct chat *chat, int64_t time, const struct request *page);
/* splits.c - somebody went with a part of the network ("a.server b.server"); is this one of them, who is back? */
void splits_gone(struct core *c, struct chat *chat, const char *nick, const char *servers, int64_t time);
bool splits_back(struct core *c, struct chat *chat, const char *nick, int64_t time);
void splits_free(struct chat *chat);
void ingest_line(struct core *c, struct chat *chat, enum message_event about, const char *who, int64_t time,
                 const char *fmt, ...) PRINTF(6, 7);
/* names.c: what is shown as the name of who wrote, owned, NULL: nothing. "~Bob" is a name that a stranger chose
 * (XEP-0172 §4.2); the address follows when it looks like the user's, a contact's, or mixes scripts. */
char *names_shown(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev);
void names_free(struct core_account *ca);
/* change.c: edits, withdrawals, reactions. False: nothing it could refer to. */
bool change_edit(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev);
bool change_retract(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev);
bool change_react(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev);
/* spans.c: the spans of an event, packed (owned; NULL: plain), and packed ones of a body as an operation has them (owned) */
char *spans_pack(const struct kith_ev_message *ev);
struct kith_span *spans_unpack(const char *packed, const char *body, size_t *n);
bool spans_may_send(const struct chat *chat); /* offline: perhaps */
/* What is quoted of a message for those who do not see which one is answered: not what it hides; owned, NULL: nothing. */
char *spans_quoted(const struct message *m);
/* The clean text without codes of what the user wrote, owned; *spans: how it looks, packed, owned, NULL: plain. NULL and
 * a sentence where what is to be hidden would go out in the open. */
char *spans_written(const struct chat *chat, const struct core_send *s, char **spans, struct err *e);
/* change_wait.c: a change of a message that is not here (shown: the message as which an edit is shown until then), and
 * the message with these ids (wire, origin, archive; each may be NULL) has come. */
void change_wait(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev, int64_t shown);
void change_message_came(struct core_account *ca, struct chat *chat, const char *const refs[3]);
/* change_out.c: what the user does to a message later */
int64_t change_send_edit(struct core *c, struct chat *chat, const struct core_send *s, struct err *e);
int change_resend(struct core *c, struct message *m, struct err *e); /* all of its changes that were refused */
int change_cancel(struct core *c, struct message *m, struct err *e); /* and all that wait: as it was before */
struct outgoing;
void change_settled(struct core_account *ca, const struct outgoing *o); /* the server has it: before it is dropped */
void change_failed(struct core_account *ca, struct outgoing *o, const char *why); /* it stays, with the reason */
void change_mark(struct core_account *ca, struct chat *chat, int64_t message); /* .change, from what is in the outbox */
void change_mark_all(struct chat *chat); /* of a window that was loaded */
/* The loaded message with this row, changed like `stored`; emits. */
void change_loaded(struct chat *chat, const struct message *stored);

/* chats.c */
struct chat *chats_get(struct core_account *ca, const char *address, enum kith_chat_kind kind); /* finds or makes */
/* May somebody who writes get a chat of their own? Says once when not: strangers must not use up what
 * contacts and rooms need. */
bool chats_may_add(struct core_account *ca, const char *address);
void chats_show(struct core *c, struct chat *chat); /* gives it a window and a number; a stranger is let in */
void chats_adopt(void *core, struct chat *chat, const struct store_chat *more);
void chats_free(struct chat *chat);
void chats_forget(struct core *c, struct chat *chat); /* it is going: nobody keeps a pointer */
/* The archive is not read to its end, and nothing came live yet in this chat: what comes now is the first behind the gap. */
bool chats_gap_opens(const struct chat *chat);
int64_t chats_next_sort(struct chat *chat, int64_t time); /* for what happens now: after all there is */

/* strangers.c. Is this message to be held? chat NULL: there is none yet. */
bool strangers_hold(const struct core_account *ca, const struct chat *chat, const struct kith_ev_message *ev);
bool strangers_fit(struct core_account *ca, const struct chat *chat, const struct kith_ev_message *ev); /* says once when not */
void strangers_arrived(struct core *c, struct chat *chat, const struct message *m);
void strangers_adopt(struct core *c, struct chat *chat); /* loaded: what is held of them? */
void strangers_known(struct core *c, struct chat *chat); /* held no longer: what waited is unread */
void strangers_contact(struct core_account *ca, const struct contact *ct); /* now kept, or blocked */

/* outbox.c */
/* paced.c - what the limits of a protocol hold back */
void paced_on_link(struct core_account *ca, const struct kith_ev_link *ev);
void paced_lost(struct account *a);
bool paced_take_back(struct core_account *ca, int64_t message); /* asks the backend; false: nothing to ask */
bool paced_taken_back(struct core_account *ca, struct outgoing *o, int err); /* o failed so: was it that? Then it is gone */
void paced_refused(struct core_account *ca, const struct wire_refused *r);
void outbox_load(struct core *c);
void outbox_free(struct core_account *ca);
void outbox_add(struct core_account *ca, struct chat *chat, struct store_outgoing *row); /* takes over strings */
void outbox_online(struct core_account *ca);
void outbox_offline(struct core_account *ca);
void outbox_unhold(struct core_account *ca, struct chat *chat); /* NULL: all: it may work again */
void outbox_prepare(struct core_account *ca); /* before the commit: notes attempts */
void outbox_issue(struct core_account *ca);   /* after it: onto the wire */
bool outbox_ready(const struct core_account *ca); /* something goes out as soon as it is committed */
void outbox_refused(struct core_account *ca, const struct wire_refused *r);
void outbox_on_receipt(struct core_account *ca, const struct kith_ev_receipt *ev);
bool outbox_cancel(struct core_account *ca, int64_t message); /* false: it may have left already */
void outbox_drop(struct core_account *ca, struct outgoing *o); /* it is settled: gone from queue and store */
void outbox_again(struct core_account *ca, struct outgoing *o); /* one that was refused: it may go */
size_t outbox_split_lines(char *text, const char **out, size_t max); /* cuts text; how many */
void outbox_forget_chat(struct core_account *ca, const struct chat *chat);
/* Our message came back from the server: it has it. */
void outbox_echo(struct core_account *ca, struct chat *chat, struct message *stored, const struct kith_ev_message *ev);
/* Raises m's delivery in the model and the store; tells those who wait. m may be loaded or not. */
void outbox_set_delivery(struct core *c, struct message *m, enum delivery to, const char *failure);

/* history.c */
void history_forget_quoted(struct chat *chat); /* a message changed or came that may be quoted */
void history_fetched(struct core *c, struct request *r, const struct kith_ev_reply *reply, const struct err *e);
void history_offline(struct core_account *ca);
void history_again(struct core *c, struct chat *chat); /* what is loaded, from the store again */
void history_bound(struct core *c); /* windows that nobody looks at go when all together take too much */

/* files.c */
void files_on_progress(struct core_account *ca, const struct kith_ev_progress *ev);
void files_load(struct core *c); /* at the start: what an end of kith cut off has failed */
int files_resend(struct core *c, struct message *m, struct err *e); /* m has an attachment and failed; m is gone when >= 0 */
void files_stop(struct core *c, const struct message *m); /* is not offered nor fetched any more */

/* alert.c, unread.c */
void alert_message(struct core *c, struct chat *chat, struct message *m, bool attended);
/* The rule by which a message rings and makes a notice, or does not; changes nothing. now: monotonic ms. */
struct alert_verdict alert_decide(struct core *c, const struct chat *chat, const struct message *m, bool attended,
                                  int64_t now);
bool alert_rule_yes(enum alert_rule rule);
/* Above MENTION_OWN: it is one. */
enum mention_rule alert_mention_rule(struct core *c, const struct chat *chat, uint32_t flags, const char *body);
/* why.c: what /why will tell about the newest messages. */
void why_note(struct core *c, int64_t message, const struct alert_verdict *v);
void why_note_news(struct core *c, int64_t message, enum news_rule news);
/* allowed.c: the entry of privacy.ignore that covers the address, or who has this nick in the room; NULL: none. */
const char *allowed_ignores(const struct core *c, const struct account *a, const char *address);
const char *allowed_ignores_mask(const struct core *c, const struct account *a, const char *mask); /* "nick!user@host" or NULL */
const char *allowed_ignores_in(const struct core *c, const struct chat *chat, const char *nick);
enum tell_rule allowed_tell(const struct core *c, const struct chat *chat, const char *option);
/* Seen from that moment (wall ms). */
enum join_rule ingest_join_rule(const struct core *c, const struct chat *chat, const char *nick, int64_t at);
enum wish connect_wish(const struct core *c, const struct account_config *cfg);
bool connect_wanted(enum wish wish);
enum send_rule outbox_rule(const struct core_account *ca, int64_t message);
bool unread_is_read(const struct chat *chat, const struct message *m);
bool unread_attended(const struct core *c, const struct chat *chat);
void unread_arrived(struct core *c, struct chat *chat, const struct message *m, bool attended);
void unread_read_up_to(struct core *c, struct chat *chat, int64_t sort, int64_t id, enum read_rule why);
void unread_send_marker(struct core *c, struct chat *chat);
/* watched.c */
void watched_update(struct core *c); /* whether anybody looks may have changed */
void watched_connect(struct core_account *ca); /* before it connects: it is told when nobody looks */
void unread_markers_due(struct core_account *ca); /* go with the next commit */
/* After a commit only: "read" is told of what is on disk, never before. */
void unread_send_markers(struct core_account *ca);
void unread_on_marker(struct core_account *ca, const struct kith_ev_marker *ev);
void unread_find_line(struct core *c, struct chat *chat);
void unread_forget_chat(struct core *c, const struct chat *chat);

/* subs.c: accounts behind others */
void subs_on_sub(struct core_account *ca, const struct kith_ev_sub *ev);
void subs_free(struct core_account *ca);
void subs_on_gone(struct core_account *ca, const struct kith_ev_sub_gone *ev);
void subs_sync(struct core_account *ca, bool begin);
void subs_each(const struct account *parent, void (*fn)(struct account *sub)); /* fn may drop it */
void subs_adopted(struct core_account *ca, const struct account_config *cfg); /* its place and label, if it is one */
char *subs_store_name(const struct account_config *cfg); /* owned */
void subs_save(struct core *c); /* at the end of a turn */
/* o's address, parent and options: the account's own and, of a sub-account, those it inherits. The array is o's to be
 * freed; there is room for SUBS_SPARE more. secrets: those of the files, too. */
enum { SUBS_SPARE = 4 };
void subs_options(const struct config *c, const struct account_config *cfg, bool secrets,
                  struct wire_open *o);
/* family.c: what an account and those below it share */
void family_secret(struct core_account *ca, const struct frame *f); /* WIRE_SECRET came from its process */
void family_process_gone(struct core_account *ca);
void family_answered(struct core *c, const struct ask *ask, struct wire_op *op); /* before ask is dropped; changes op->ask */
bool family_knows(struct core_account *ca, const struct kith_ev_ask *ev); /* it was answered above already: done */
void family_free(struct core_account *ca);

/* ask.c */
void ask_on_ask(struct core_account *ca, const struct kith_ev_ask *ev);
void ask_on_gone(struct core_account *ca, uint64_t ask);
void ask_session_over(struct core_account *ca, bool process_gone);

/* What was put off in the inbox is due: a bell and a notice, as for a message; secret: as for one that is encrypted. */
void alert_reminder(struct core *c, struct chat *chat, const char *text, bool secret);
/* The word in text as a whole word, in any case of ASCII letters; open: it may go on at that side. */
bool alert_has_word(const char *text, const char *word, bool open_start, bool open_end);

/* patterns.c: does one of the option's words or patterns fit? */
bool patterns_hit(struct core *c, const char *option, const char *body);
const char *patterns_find(struct core *c, const char *option, const char *body); /* which; NULL: none */
void patterns_free(struct core *c);

/* inbox.c */
void inbox_load(struct core *c); /* when all chats are there */
/* Below INBOX_OWN: an enum inbox_why, and it comes in. */
enum inbox_rule inbox_decide(struct core *c, const struct chat *chat, const struct message *m);
void inbox_arrived(struct core *c, struct chat *chat, const struct message *m);
void inbox_said(struct core *c, struct chat *chat, const struct message *m, int64_t reply_to);
void inbox_failed(struct core *c, const struct message *m);
void inbox_changed(struct core *c, const struct message *m); /* edited or withdrawn */
void inbox_forget_words(struct core *c, struct chat *chat); /* of what was kept there, and is being deleted or gone */
void inbox_forget(struct core *c, int64_t message);
void inbox_forget_chat(struct core *c, const struct chat *chat, bool failed_too);
void inbox_unload(struct core *c, const struct chat *chat);

/* marks.c */
void marks_add(struct core_account *ca, const struct frame *f);

/* draft.c */
void draft_save_all(struct core *c);

/* A message of ours, queued, with its ids and its place; owned by the caller. body is cleaned. send.c */
struct message *own_message(struct core *c, struct chat *chat, const char *body, const char *spans, bool action);
char *send_clean(const char *body, unsigned mode); /* what is shown is what is sent; owned */
/* The id by which others know a message; NULL: there is none. */
const char *send_ref(const struct chat *chat, const struct message *m);
void send_drop(struct core *c, struct message *m); /* gone, as if it had never been written */
struct message *send_get(struct core *c, struct chat *chat, int64_t id); /* loaded or stored; owned; NULL: gone */

/* ---- unkept.c ---- */
void unkept_open(struct core *c);
void unkept_adopt(struct core *c, struct account *a); /* its chats were read from the store */
void unkept_close(struct core *c);
void unkept_update(struct core *c, struct chat *chat); /* how it is encrypted may be another now */
uint32_t unkept_message(const struct core *c, const struct chat *chat, uint32_t enc); /* MESSAGE_UNKEPT or 0 */

/* ---- encrypt.c ---- */
/* Of a chat: what its CHAT event says, without what only ENCRYPTION events say. */
uint32_t encrypt_flags(const struct chat *chat, uint32_t said);
void encrypt_remind(struct core_account *ca); /* a new process: which chats are encrypted, before it connects */
void encrypt_on_state(struct core_account *ca, const struct kith_ev_encryption *ev);
void encrypt_look(struct core_account *ca, const struct chat *chat); /* a view shows it now: its title says how the next message leaves */
void encrypt_online(struct core_account *ca);
/* Of chats of which nobody decided how they are encrypted: how the next message leaves is known when it was asked again. */
void encrypt_session_over(struct core_account *ca);
void encrypt_on_device(struct core_account *ca, const struct kith_ev_device *ev);
bool encrypt_has(enum kith_enc enc); /* it came or left encrypted, and was read */
/* How a message is shown that was encrypted thus and was changed thus. */
enum kith_enc encrypt_weaker(enum kith_enc message, enum kith_enc change);
void encrypt_on_receipt(struct core_account *ca, const struct kith_ev_receipt *ev); /* how a message of ours left */

#endif
