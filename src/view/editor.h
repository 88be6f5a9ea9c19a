/* view/editor.h - the user's editor as a child on the view's own terminal, with the text in a private file */
#ifndef VIEW_EDITOR_H
#define VIEW_EDITOR_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum editor_state { EDITOR_RUNS, EDITOR_STOPPED, EDITOR_ENDED };
struct editor_child { /* zero-initialised: none */
    pid_t pid;        /* leads a process group of its own, in the terminal's foreground; 0 = ended */
    int tty;
    int status;       /* of waitpid(2), once it has ended */
    char *dir, *path; /* the file and the directory made for it: 0600 and 0700, ours alone */
    bool keep;        /* they stay: what was written is nowhere else */
};
/* command: words without a shell, or NULL: $VISUAL, $EDITOR, editor, vi. The caller's terminal modes must be sane.
 * Negative and a sentence when it cannot start; nothing is left behind then. */
int editor_child_start(struct editor_child *c, int tty, const char *command, const char *text, size_t len, struct err *e);
/* Never waits. STOPPED and ENDED: the terminal is ours again. */
enum editor_state editor_child_look(struct editor_child *c);
void editor_child_continue(struct editor_child *c); /* after STOPPED: it gets the terminal back */
/* After ENDED: the text as it was saved. Negative and a sentence when the editor failed: the old text holds. One that was
 * killed, or wrote what cannot be taken over, leaves its file, which the sentence names. */
int editor_child_text(struct editor_child *c, struct buf *out, struct err *e);
/* The terminal is going: the editor is told so, as the kernel would tell it. It may save what it has, then it ends. */
void editor_child_hangup(struct editor_child *c);
/* After that, however it ended: the newest text in its directory, which may be a copy made in need beside the file (nano,
 * emacs). Negative: there is none. What is no text (a swap file of vi) keeps the directory, and *e names it. */
int editor_child_rescue(struct editor_child *c, struct buf *out, struct err *e);
/* Puts text by for the engine that will run next, in PATH_STATE/written: head (fields account, address of the chat, the
 * text that was there before), then the text. 0, or negative and a sentence. */
int editor_put_by(const struct buf *head, const struct buf *text, struct err *e);
/* Removes the file unless it is to be kept; a child that still runs is ended. */
void editor_child_clear(struct editor_child *c);

#endif
