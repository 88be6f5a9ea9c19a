/* cmd/cmd.h - everything a key, a prompt, an alias or a socket can do is a command: the table and how it runs
 *
 * One const struct per command, in the file of its family. The argument specification drives parsing, usage,
 * completion, /help and the manual.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "config/keys.h"
#include "core/core.h"
#include "model/model.h"

struct cmd_env;
struct theme; /* config/theme.h */

/* What a view (the screen that ran the command) can do; implemented by ui, absent for the control socket.
 * Every member may be NULL in a view that has no such thing. v is the view. */
enum cmd_move { MOVE_NEXT, MOVE_PREV, MOVE_LAST, MOVE_ACTIVE, MOVE_FIRST_UNREAD, MOVE_MENTION_NEXT, MOVE_MENTION_PREV,
                MOVE_UP, MOVE_DOWN, MOVE_PAGE_UP, MOVE_PAGE_DOWN, MOVE_TOP, MOVE_END };
struct cmd_view_ops {
    void (*show_chat)(void *v, struct chat *c);
    void (*window)(void *v, enum cmd_move how);     /* NEXT PREV LAST ACTIVE */
    void (*scroll)(void *v, enum cmd_move how);
    void (*scroll_to)(void *v, int64_t message_id);
    /* Goes to a message and remembers where it was; ref: to the one with this id on the wire as soon as it has been
     * loaded; neither: back to where the last jump began. */
    void (*jump)(void *v, int64_t message_id, const char *ref);
    void (*labels)(void *v, bool links);            /* on all that can be acted on, or on links only */
    void (*toggle)(void *v, const char *what);      /* list members hints bare mouse */
    void (*open_panel)(void *v, const char *panel, const char *arg); /* switcher help keys list members select ask accounts encrypt set theme */
    void (*say)(void *v, enum kith_level level, const char *text);    /* one line where the user is looking */
    void (*page)(void *v, const char *title, const char *text);       /* many lines, in an overlay */
    void (*listing)(void *v, int64_t id);  /* rows as they come (model/listing.h), on a screen of their own */
    void (*picture)(void *v, const struct message *m, int file);      /* a file of it that may be a picture, on all of the screen */
    /* A picture of somebody: into the page of this title, if it is still open; full: on all of the screen. */
    void (*portrait)(void *v, const char *title, const char *path, bool full);
    /* Line editor, `/edit-line ACTION [ARG]`: left right word-left word-right start end (of the line) text-start text-end
     * backspace delete kill-word (back to a space) word-backspace word-delete kill-start kill-end yank yank-pop
     * transpose upcase-word downcase-word capitalize-word undo redo newline clear insert look (codes of formatting) up down history-prev
     * history-next history-search send send-sure paste editor complete complete-back cancel command (a command line beside the draft). Text keys need no binding. */
    void (*edit)(void *v, const char *action, const char *arg);
    /* Whatever has the focus: completion popup, dialog, switcher, help, viewer, list, members. `/popup ACTION`: next prev
     * page-down page-up first last accept cancel toggle (Space: tick, choose) next-field prev-field next-tab back fold
     * unfold filter menu repeat accept-other (Alt-Enter). */
    void (*popup)(void *v, const char *action);
    void (*vi)(void *v, const char *action, const char *arg); /* `/vi ACTION`: ui/vi.h */
    /* /split WHAT: right below focus zoom balance grow shrink close only. arg: a side, or width and height; cells 0: as
     * many as suits; chat: for the new place, or NULL. */
    int (*split)(void *v, const char *what, const char *arg, int cells, struct chat *chat, struct err *e);
    void (*set_input)(void *v, const char *text);
    void (*redraw)(void *v);
    void (*clear)(void *v);                         /* empties the chat here until something comes; scrolling brings it back */
    void (*detach)(void *v);
    void (*suspend)(void *v);
    void (*clipboard)(void *v, const char *text);   /* OSC 52 or copy_command */
    void (*reload_theme)(void *v);
    int32_t (*ground)(void *v);                     /* the terminal's background as 0xRRGGBB, -1: not known */
    int64_t (*selected)(void *v);                   /* message under the cursor, 0 = none */
    struct chat *(*current_chat)(void *v);
    struct account *(*current_account)(void *v);
    void (*confirm)(void *v, const char *question, const char *command); /* runs command when answered yes */
    void (*prompt)(void *v, const char *question, const char *command);  /* cmd_run with ctx.answer */
    char *(*screen_text)(void *v);                        /* what is on the screen, owned: /screen-dump */
    const struct theme *(*theme)(void *v);                /* the one in force here: /why */
    const char *(*get_env)(void *v, const char *name);    /* environment of this terminal: SSH_CONNECTION ... */
};

struct cmd_env { /* engine-wide; owned by main */
    struct core *core;
    struct model *model;
    struct config *config;
    struct keymap *keymap;
    struct loop *loop;
    void (*quit)(void *user, const char *reason); /* ends the engine */
    void *quit_user;
    int (*reload)(void *user, struct err *e);     /* re-reads all files */
    void *reload_user;
    /* Shows the chat of a link in the terminal used last: `kith open`. Negative and a sentence when none is attached. */
    int (*open_uri)(void *user, const char *uri, struct err *e);
    void *open_user;
    struct cmd_pending *pending; /* answers still to come; zero at first, cmd/'s own */
    struct spell *spell;         /* core/spell.h; NULL: nothing is checked */
    struct pictures *pictures;   /* core/picture.h; NULL: none is shown */
    struct previews *previews;   /* core/preview.h; NULL: none */
    struct cmd_export *exports;  /* being written; zero at first, cmd/'s own */
    struct cmd_exec *execs;      /* programs of /exec that run; zero at first, cmd/'s own */
    struct cmd_hooks *hooks;     /* cmd/hook.h; NULL: none is open */
};
/* A view is going away: answers still to come do not reach it. ui calls it before it frees v. */
void cmd_view_gone(struct cmd_env *env, const void *v);
/* At the end, when core is gone: forgets all answers still to come. */
void cmd_env_clear(struct cmd_env *env);

/* Who runs a command, and for what. */
struct cmd_ctx {
    struct cmd_env *env;
    const struct cmd_view_ops *view; /* NULL: none */
    void *view_data;
    struct chat *chat;        /* may be NULL */
    struct account *account;  /* may be NULL */
    const char *who;          /* $chat: the address of somebody with whom there is no chat yet, or NULL */
    int64_t message;          /* $msg, or 0: a message of chat; $text, $url and $file come from it */
    const char *nick;         /* $nick: the member under the cursor, or NULL (then the sender of $msg, or the peer) */
    const char *url;          /* $url: the link under the cursor, or NULL (then the first one of $msg) */
    const char *reaction;     /* $reaction: the one under the cursor, or NULL */
    const char *device;       /* $device: the one under the cursor of the panel of encryption, "address/number", or NULL */
    int number;               /* $number: which file or code block of $msg is under the cursor, from 1; 0 = none */
    const char *answer;       /* $answer: what the user gave to /prompt, or NULL */
    const char *text;         /* $text: of a message that chat may hold no more, or NULL */
    const char *hook;         /* the name of the hook whose command this is, or NULL */
    /* Answer lines (control socket, tests). NULL: lines go to view->say. */
    void (*out)(void *user, enum kith_level level, const char *line);
    void *out_user;
};

enum arg_type { ARG_WORD, ARG_TEXT /* the rest of the line */, ARG_CHAT, ARG_CONTACT, ARG_ROOM, ARG_ACCOUNT, ARG_FILE,
                ARG_OPTION, ARG_VALUE, ARG_COMMAND, ARG_TOPIC, ARG_KEY, ARG_CONTEXT, ARG_THEME, ARG_MESSAGE, ARG_NUMBER,
                ARG_CHOICE, ARG_MEMBER, ARG_SHOW, ARG_ALIAS, ARG_HOOK,
                ARG_WHY /* fits the word before it: what /why is asked about */,
                ARG_PROGRAM /* the rest of the line; a variable is one word of it */ };
struct cmd_arg {
    enum arg_type type;
    const char *name;    /* for usage: "room" */
    bool optional;
    const char *choices; /* ARG_CHOICE: "list|add|remove" */
};
enum { CMD_MAX_ARGS = 6 };
/* ARG_MESSAGE is written msg:NUMBER, as $msg is; a word that is not leaves an optional one out. */
struct cmd_args { /* parsed; strings are unquoted and owned by the caller of run */
    int argc;
    const char *argv[CMD_MAX_ARGS]; /* NULL where an optional one is absent */
    const char *flags[8];           /* "-all", in order, without the dash */
    int n_flags;
    const char *line;               /* everything after the name, as typed */
};
struct cmd {
    const char *name;
    const char *aliases;  /* "win buffer", or NULL */
    const char *group;    /* Account, Contacts, Chats, Messages, Files, Search, Windows, Encryption, Settings, Program, Keys */
    const char *summary;  /* one sentence */
    const char *flags;    /* "-all -n=number", or NULL */
    struct cmd_arg args[CMD_MAX_ARGS];
    const char *details;  /* paragraphs for /help and the manual, or NULL */
    unsigned needs;       /* CMD_NEEDS_* */
    unsigned caps;        /* KITH_CAP_* the chat's account must have now */
    /* 0, or why it is not for this chat (KITH_EUNSUP: then it is not offered at all) or not for this message, which may
     * be NULL: for any in ctx->chat; KITH_ENOTFOUND: so seldom that it is not offered either. NULL: it always is. */
    int (*fits)(const struct cmd_ctx *ctx, const struct message *m, struct err *e);
    /* 0 or positive: done (an asynchronous failure is said later). Negative: refused, *e says why; the text stays in the input. */
    int (*run)(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e);
};
enum { CMD_NEEDS_CHAT = 1, CMD_NEEDS_ACCOUNT = 2, CMD_NEEDS_VIEW = 4, CMD_NEEDS_ROOM = 8, CMD_NEEDS_MESSAGE = 16,
       CMD_NEEDS_ONLINE = 32, CMD_HIDDEN = 64 /* for bindings: not in /help's first list */ };

/* All commands, sorted by name. Returns how many. */
enum { CMD_MAX = 160, CMD_CLIPBOARD_MAX = 74994 /* bytes that terminals take by OSC 52 */ };
size_t cmd_table(const struct cmd *out[CMD_MAX]);
const struct cmd *cmd_find(const char *name);           /* name or alias, exact */
/* Unique beginning, as typed by hand. NULL + *e with the nearest match or the candidates. */
const struct cmd *cmd_resolve(const struct cmd_env *env, const char *name, struct err *e);
/* One line of input as typed: "/command ...", "//text", or text to send to ctx->chat. */
int cmd_input(struct cmd_ctx *ctx, const char *text, struct err *e);
/* A command line of a binding: "/a x; /b $chat". Names must be whole. A command begins after "; /". Variables ($chat
 * $account $nick $msg $url $file $text $answer) are filled in as parts of one argument, whatever they hold. */
int cmd_run(struct cmd_ctx *ctx, const char *line, struct err *e);
/* Checks a command line without running it (keys.cfg, aliases). */
int cmd_check(const char *line, struct err *e);
/* Would this command line of a key make sense for m (NULL: for any message) in ctx->chat? 0; KITH_EUNSUP,
 * KITH_ENOTFOUND: do not offer it; another code: not this message. Looks behind /confirm and /prompt. */
int cmd_fits(const struct cmd_ctx *ctx, const struct message *m, const char *line, struct err *e);
/* "/join room [key]" appended. */
void cmd_usage(const struct cmd *c, struct buf *out);
void cmd_say(struct cmd_ctx *ctx, enum kith_level level, const char *fmt, ...) PRINTF(3, 4);

/* Starts a program for the user: a command line without a shell, arg behind it, input on its standard input (each may be
 * NULL). It is reaped when it ends; what it says is not heard. */
int cmd_start(struct cmd_ctx *ctx, const char *command, const char *arg, const char *input, struct err *e);
/* What may want an answer as it is listed: newest first, what was put off behind it. Returns how many. */
size_t inbox_rows(const struct model *m, const struct inbox_item *rows[INBOX_MAX]);
const char *inbox_why_words(enum inbox_why why);

/* Completion of text at byte `cursor`. */
struct completion { char *text, *label, *note; size_t from, to; }; /* replaces bytes [from, to) by text */
struct completions { struct completion *items; size_t n, cap; };
void cmd_complete(struct cmd_ctx *ctx, const char *text, size_t cursor, struct completions *out);
void completions_free(struct completions *c);

#endif
