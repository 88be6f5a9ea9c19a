/* cmd/internal.h - what the files of cmd/ share: tables of the families, looking up, answers still
 * to come */
#ifndef CMD_INTERNAL_H
#define CMD_INTERNAL_H

#include "cmd/cmd.h"

/* One table per family, each ended by a row without a name. */
extern const struct cmd cmds_account[], cmds_contact[], cmds_chat[], cmds_room[], cmds_message[],
    cmds_copy[], cmds_export[], cmds_related[], cmds_file[], cmds_history[], cmds_window[], cmds_setting[],
    cmds_keys[], cmds_program[], cmds_notify[], cmds_plugin[], cmds_exec[], cmds_inbox[], cmds_why[],
    cmds_hook[], cmds_list[], cmds_members[], cmds_picture[], cmds_bans[], cmds_looks[], cmds_strangers[],
    cmds_search_people[], cmds_who[], cmds_avatar[], cmds_encrypt[];

#define VAR_PLACEHOLDER "\x01" /* stands for a variable's value in PARSE_CHECK */
bool var_known(const char *name, size_t len);
/* The next web or chat address in text, from byte `at`. */
bool find_url(const char *text, size_t at, size_t *from, size_t *len);

/* What the table says a command needs (run.c): 0, or negative and what is missing. */
int cmd_needs(const struct cmd *c, struct cmd_ctx *ctx, struct err *e);

bool has_flag(const struct cmd_args *a, const char *name);
const char *flag_value(const struct cmd_args *a, const char *name); /* NULL: not given */

/* ---- looking up (lookup.c): NULL and a sentence when there is none, or several ---- */
struct account *find_account(const struct cmd_ctx *ctx, const char *name, struct err *e);
/* The account a command is for: the one named, else ctx's, else the chat's, else the only one. */
struct account *account_for(const struct cmd_ctx *ctx, const char *name, struct err *e);
/* Whom a word means: an open chat, a contact, or (address not NULL only) something to ask the
 * backend about. */
struct who {
    struct chat *chat;
    struct account *account;
    const char *address; /* to open; borrowed from the model or from the word */
};
int find_who(const struct cmd_ctx *ctx, const char *word, struct account *only, struct who *out,
             struct err *e);
struct chat *find_chat(const struct cmd_ctx *ctx, const char *word,
                       struct err *e); /* by address, title, number */
/* argv (msg:NUMBER, may be NULL), else the selected one, else the newest that fits. */
enum message_want {
    WANT_ANY,
    WANT_OWN_TEXT,
    WANT_OTHERS,
    WANT_FAILED,
    WANT_UNSENT,
    WANT_EDITED,
    WANT_REPLY,
    WANT_REACTED,
    WANT_SPOILER,
    WANT_LINK,
    WANT_FILE, /* that can be fetched */
    WANT_OFFER /* of a file, ours or theirs, that is open */
};
struct message *find_message(const struct cmd_ctx *ctx, const char *arg, enum message_want want,
                             struct err *e);
/* May this kind of message be meant by such a command? 0, or KITH_EINVAL and why not. */
int fits_want(const struct message *m, enum message_want want, struct err *e);
uint32_t chat_caps(const struct chat *c);
bool is_own(const struct message *m);

/* ---- answers still to come (pending.c) ---- */
enum pending_then {
    THEN_NOTHING,
    THEN_SHOW /* the chat in the view */,
    THEN_WRITE /* show, and put text into its input, where the user may send it */,
    THEN_SEND /* text, then show */,
    THEN_OPEN /* the file named by text, with another program */
};
struct cmd_pending {
    struct cmd_pending *next;
    struct cmd_env *env;
    const struct cmd_view_ops *view; /* NULL: none, or gone */
    void *view_data;
    int64_t account, chat; /* ids, 0 = none: where to say how it ended */
    int64_t typed_in; /* the chat whose input the command came from, 0 = none */
    enum pending_then then;
    char *what;      /* "joining #lobby": begins the sentence of a failure */
    char *good;      /* said when it went well, or NULL */
    char *text;      /* THEN_SEND: "address words"; THEN_WRITE: "words" */
    struct buf rows; /* what came by pending_item, or was printed */
    char *title;
    char *key;       /* fingerprint that a device has to show, or NULL (encrypt.c) */
    bool may_be_empty; /* no rows: it was done, instead of "nothing was found" */
    struct core_listing *listing; /* rows go there, to be printed in order when all are there */
    char *portrait; /* address whose picture is shown beside the rows, or NULL (avatar.c) */
    bool full;      /* the picture is all that was asked for: on all of the screen */
    char *hook; /* the one whose command it is, or NULL: only a failure is said, once */
};
struct cmd_pending *pending_new(const struct cmd_ctx *ctx, const struct account *a,
                                const struct chat *c, const char *fmt, ...) PRINTF(4, 5);
void pending_drop(struct cmd_pending *p);
void pending_done(void *pending, const struct err *e);                    /* core_done_fn */
/* Text for the user to look at and send, into the input of a chat that is shown; a draft that is
 * there already stays as it is. */
void write_input(const struct cmd_view_ops *view, void *view_data, const struct chat *chat,
                 const char *text);
void pending_chat(void *pending, struct chat *chat, const struct err *e); /* core_chat_fn */
void pending_item(void *pending, const struct kith_ev_item *item);        /* core_item_fn */
/* rc of the core function that got p: drops p when it refused at once. */
int pending_started(struct cmd_pending *p, int rc);

/* A fingerprint as it is shown, NULL: none, and one without blanks (verify_link.c). */
bool same_key(const char *shown, const char *key);

/* The picture of p->portrait into the page of p, which is shown. */
void avatar_beside(const struct cmd_pending *p);

/* ---- lists that come row by row (list.c): a screen of their own where there is one, else lines ---- */
struct listing_look;
struct cmd_listing { /* what to give to the function of core that asks */
    core_item_fn *item;
    core_done_fn *done;
    void *user;
    int64_t id;
};
/* Is one with this key here, at most so old (0: of any age), and a screen for it? Then it is shown. */
bool listing_kept(struct cmd_ctx *ctx, const char *key, int64_t age_ms);
/* As core_listing_new(). listing_started() must follow. */
struct cmd_listing listing_begin(struct cmd_ctx *ctx, struct account *a, struct chat *c,
                                 const struct listing_look *look, const char *key, const char *title,
                                 const char *again);
/* rc of the core function that was asked: shows the listing, or drops it when that refused at once. */
int listing_started(struct cmd_ctx *ctx, const struct cmd_listing *q, int rc, struct err *e);

/* Its text as -header, -code and -code=N of a command say (copy.c). */
int message_text(const struct message *m, const struct cmd_args *a, struct buf *out, struct err *e);
/* A message as one plain line; further lines of it are indented (history.c). */
void history_line(const struct message *m, struct buf *out);

/* ---- aliases (alias.c) ---- */
/* Has the line a place for what is typed behind it: $1 .. $9, $2- (from there on), $* (all)? */
bool alias_takes_words(const char *alias);
/* The alias with rest, as it was typed behind it, at its places, else at its end. */
int alias_expand(const char *alias, const char *rest, struct buf *out, struct err *e);

/* ---- running programs (exec.c) ---- */
/* For files of the user: made anew, 0600, never over another. The descriptor, or negative and a sentence. */
int new_file(const char *path, struct err *e);
int write_to(struct cmd_ctx *ctx, const char *file, struct buf *b, struct err *e); /* all of it; says so */
/* A message as a line of JSON, as `kith tail --json` and /export -json print it. chat may be NULL. */
/* As find_message(), for what takes the words of it elsewhere: NULL also for what a hook may not have, and what is gone. */
struct message *find_words(const struct cmd_ctx *ctx, const char *word, struct err *e);
void message_json(const struct chat *chat, const struct message *m, struct buf *out);
void exports_clear(struct cmd_env *env); /* breaks off those that are being written */
void exec_clear(struct cmd_env *env); /* ends those that run */

/* ---- sending and saying (run.c) ---- */
int send_message(struct cmd_ctx *ctx, struct chat *chat, const struct core_send *s, struct err *e);
void cmd_page(struct cmd_ctx *ctx, const char *title,
              const char *text); /* an overlay, or lines of answer */
/* A column of a table: text, then blanks up to width cells, at least one. */
void put_column(struct buf *out, const char *text, int width);
void cmd_say_to(const struct cmd_view_ops *view, void *v, struct model *m, struct account *a,
                struct chat *c, enum kith_level level, const char *text);
/* ---- programs (start.c) ---- */
/* Starts a command line, with arg behind it and input on its standard input (each may be NULL). No shell. */
int start_program(struct cmd_ctx *ctx, const char *command, const char *arg, const char *input, struct err *e);
/* Opens an address or a file with open_command, or xdg-open. Over SSH, where nobody would see it, KITH_EUNSUP. */
int open_outside(struct cmd_ctx *ctx, const char *what, struct err *e);
/* A nameless file that holds text, at its beginning: a descriptor; negative and a sentence. */
int text_file(const char *text, struct err *e);
int data_file(const char *data, size_t len, struct err *e);
/* As /exec, with text on the program's standard input (exec.c). */
int exec_pipe(struct cmd_ctx *ctx, const char *line, const char *input, struct err *e);
/* Copies as terminal.clipboard says; how (may be NULL) gets "35 bytes to the terminal (OSC 52)". */
int copy_text(struct cmd_ctx *ctx, const char *text, struct buf *how, struct err *e);

int need_view(const struct cmd_ctx *ctx, bool has, struct err *e); /* 0 or a sentence */
#define VIEW_CAN(ctx, op) ((ctx)->view && (ctx)->view->op)

#endif
