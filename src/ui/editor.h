/* ui/editor.h - the line editor's core: text, cursor, kill ring, undo, history; pure
 *
 * Positions are byte offsets at cluster borders. The text may have many lines. A paste is one edit
 * (one undo).
 */
#ifndef UI_EDITOR_H
#define UI_EDITOR_H

#include "base/base.h"
#include "base/buf.h"

/* Every action by name, for `/edit-line NAME`; X(ID, "name", "what it does"). The view itself
 * handles those behind EDITOR_VIEW_ACTIONS. */
#define EDITOR_ACTIONS(X)                                                                          \
    X(LEFT, "left", "one character left")                                                          \
    X(RIGHT, "right", "one character right")                                                       \
    X(WORD_LEFT, "word-left", "one word left")                                                     \
    X(WORD_RIGHT, "word-right", "one word right")                                                  \
    X(LINE_START, "start", "to the start of the line")                                             \
    X(LINE_END, "end", "to the end of the line")                                                   \
    X(START, "text-start", "to the start of the text")                                             \
    X(END, "text-end", "to the end of the text")                                                   \
    X(BACKSPACE, "backspace", "delete the character before the cursor")                            \
    X(DELETE, "delete", "delete the character under the cursor")                                   \
    X(WORD_BACKSPACE, "kill-word", "kill back to a space")                                         \
    X(KILL_WORD_LEFT, "word-backspace", "kill the word before the cursor")                         \
    X(KILL_WORD, "word-delete", "kill the word after the cursor")                                  \
    X(KILL_START, "kill-start", "kill to the start of the line")                                   \
    X(KILL_END, "kill-end", "kill to the end of the line")                                         \
    X(YANK, "yank", "insert what was killed last")                                                 \
    X(YANK_POP, "yank-pop", "replace what was yanked by what was killed before it")                \
    X(TRANSPOSE, "transpose", "swap the two characters around the cursor")                         \
    X(UPCASE, "upcase-word", "make the word upper case")                                           \
    X(DOWNCASE, "downcase-word", "make the word lower case")                                       \
    X(CAPITALIZE, "capitalize-word", "make the word's first letter upper case")                    \
    X(UNDO, "undo", "undo the last edit")                                                          \
    X(REDO, "redo", "do again what was undone")                                                    \
    X(NEWLINE, "newline", "start a new line")                                                      \
    X(CLEAR, "clear", "empty the input (it can be yanked)")                                        \
    X(INSERT, "insert", "insert the argument")                                                     \
    X(LOOK, "look", "insert codes of formatting")                                                  \
    X(HISTORY_PREV, "history-prev", "the input before this one")                                   \
    X(HISTORY_NEXT, "history-next", "the input after this one")
/* "send", "complete", "complete-back", "up" and "down" (a line, or the history at the edge),
 * "history-search", "cancel": these need more than the text, so the view does them. */

enum edit_action {
#define X(id, name, help) EDIT_##id,
    EDITOR_ACTIONS(X)
#undef X
        N_EDIT_ACTIONS
};

/* What was sent before, oldest first. Zero-initialised is empty and valid. */
enum {
    EDIT_HISTORY_MAX = 500,
    EDIT_KILL_MAX = 16,
    EDIT_UNDO_MAX = 200,
    EDIT_TEXT_MAX = 256 * 1024
};
struct edit_history {
    char **items;
    size_t n, cap;
    size_t max; /* how many to keep; 0: EDIT_HISTORY_MAX */
};
void edit_history_add(struct edit_history *h, const char *text); /* repeats and "" are not kept */
void edit_history_free(struct edit_history *h);
/* Newest item before index `before` (n = all) that contains needle; -1: none. */
long edit_history_find(const struct edit_history *h, const char *needle, size_t before);

struct editor;
struct editor *editor_new(struct edit_history *history); /* history: borrowed, may be NULL */
void editor_free(struct editor *e);
void editor_set_history(struct editor *e, struct edit_history *history);
const char *editor_text(const struct editor *e); /* borrowed until the next change; never NULL */
size_t editor_len(const struct editor *e);
size_t editor_cursor(const struct editor *e);
bool editor_empty(const struct editor *e);
void editor_set_secret(struct editor *e); /* wiped when freed; no undo, no kill ring */
/* Replaces everything; forgets undo. The cursor is moved to a cluster border <= cursor. */
void editor_set(struct editor *e, const char *text, size_t cursor);
void editor_move(struct editor *e, size_t cursor);
/* Replaces bytes [from, to) as one edit; the cursor goes behind the new text. */
void editor_replace(struct editor *e, size_t from, size_t to, const char *text, size_t len);
/* Typed text: single characters in a row are one undo step up to a space. Returns false when the
 * text would be too long (nothing is inserted). */
bool editor_insert(struct editor *e, const char *text, size_t len);
/* A bracketed paste: CR and CRLF become LF, other C0 and DEL are dropped; one edit. */
bool editor_paste(struct editor *e, const char *text, size_t len);
/* Runs an action by name; arg is for "insert". Returns 1 when text or cursor changed, 0 when
 * nothing happened, -1 when the name is none of EDITOR_ACTIONS. */
int editor_action(struct editor *e, const char *name, const char *arg);
/* Moves up (-1) or down (+1) a line, keeping the column in characters; false at the edge. */
bool editor_line(struct editor *e, int by);
size_t editor_lines(const struct editor *e); /* 1 + number of '\n' */
/* Keeps text to be yanked, and the newest kept; the text itself stays as it is. */
void editor_kill(struct editor *e, const char *text, size_t len);
const char *editor_killed(const struct editor *e); /* borrowed; NULL: nothing */

#endif
