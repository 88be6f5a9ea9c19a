/* ui/ui.h - the screens of all attached views: what main needs of the user interface
 *
 * main owns the sockets: it hands over bytes of a terminal and gets bytes for it. One view is one attached terminal
 * with its own size, chat and scroll position. Painting happens at the end of a loop turn, and only for a view whose
 * last frame was acknowledged: a slow terminal costs frames, never memory. What a key changed does not wait: it may
 * follow a frame that is on its way, once.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include "base/base.h"
#include "base/err.h"
#include "cmd/cmd.h"

struct ui;
struct ui_view;

struct ui_params {
    struct cmd_env *env;      /* borrowed for the life of the ui */
    const char *terminfo_dir; /* with kith-direct, or NULL */
    bool no_color;
};
struct ui *ui_new(const struct ui_params *p);
void ui_free(struct ui *ui);      /* frees its views too */
void ui_reload(struct ui *ui);    /* configuration, keys or theme changed */
size_t ui_views(const struct ui *ui);
/* Shows the chat of a link (uri.h) in the view that was attached last. Negative and a sentence when there is no view,
 * or no such chat. */
int ui_open(struct ui *ui, const char *uri, struct err *e);
/* Rings the bell and sends a notice of the terminal (OSC) to the views that have no attention on the chat. */
void ui_alert(struct ui *ui, const struct core_alert *alert);
/* Words of the input were looked up: it is painted again. */
void ui_spelled(struct ui *ui);
/* Pictures were read: what shows them is painted again. */
void ui_pictured(struct ui *ui);
/* First run: no account is configured. Views show the wizard until it is done. */
void ui_first_run(struct ui *ui);

/* What a view asks of the socket it is attached through. user is given back. */
struct ui_view_io {
    void (*out)(void *user, const char *data, size_t len);     /* one frame for the terminal; acknowledged by ui_view_acked */
    void (*restore)(void *user, const char *data, size_t len); /* the bytes that make the terminal sane, at once and when they change */
    void (*suspend)(void *user);
    void (*leave)(void *user, int code, const char *sentence); /* detached: the view is freed by the caller, later in the turn */
    /* Runs the user's editor (command "": $VISUAL, $EDITOR) on this terminal. Nothing is drawn until ui_view_edited.
     * c: whose draft it is, NULL: nobody's. */
    void (*edit)(void *user, const char *command, const struct chat *c, const char *text);
};
struct ui_view_params {
    int columns, rows;
    const char *const *env;   /* "TERM=...", NULL-terminated: the terminal's environment (view/proto.h proto_env) */
    struct ui_view_io io;
    void *user;
};
/* NULL and a sentence when this terminal cannot be used (exit code 4). */
struct ui_view *ui_view_new(struct ui *ui, const struct ui_view_params *p, struct err *e);
void ui_view_free(struct ui_view *v);
void ui_view_bytes(struct ui_view *v, const char *data, size_t len); /* what the terminal sent */
void ui_view_resize(struct ui_view *v, int columns, int rows);
void ui_view_acked(struct ui_view *v);     /* the terminal has taken the last frame */
void ui_view_continued(struct ui_view *v); /* back from a suspension: set up the terminal and draw all anew */
/* The editor has ended: the text as it was saved, or (not good) a sentence why what was there holds. */
void ui_view_edited(struct ui_view *v, bool good, const char *text, size_t len);
/* What is on this view's screen, as text with one line a row (tests, /screen-dump). Owned. */
char *ui_view_text(struct ui_view *v);
/* Shows a chat by a link (kith xmpp:...), as `kith open` does, in this view. */
int ui_view_open(struct ui_view *v, const char *uri, struct err *e);
/* Shows the first chat of an account (kith -a), or says why it cannot. */
void ui_view_account(struct ui_view *v, const char *name);

#endif
