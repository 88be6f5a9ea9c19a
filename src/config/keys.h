/* config/keys.h - key names, presets and keys.cfg: which command line a chord runs in which context */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"

/* One key press. How the decoder must report it, and key_parse() does: a printable character is its code without
 * KEYM_SHIFT ('A', not S-a; M-A is {'A', ALT}); control letters are {'k', CTRL}, lower case, with KEYM_SHIFT only where
 * the terminal can tell (CSI u); C-Space is {' ', CTRL}; C-i, C-m, C-[ and C-h are Tab, Enter, Esc and Backspace. */
enum key_code { /* code < 0x110000: that character; else one of these */
    KEY_NONE = 0x110000, KEYC_ENTER, KEYC_TAB, KEYC_ESC, KEYC_BACKSPACE, KEYC_DELETE, KEYC_INSERT, KEYC_UP, KEYC_DOWN,
    KEYC_LEFT, KEYC_RIGHT, KEYC_HOME, KEYC_END, KEYC_PGUP, KEYC_PGDN, KEYC_F1, KEYC_F24 = KEYC_F1 + 23
};
enum { KEYM_SHIFT = 1, KEYM_ALT = 2, KEYM_CTRL = 4 };
struct key { uint32_t code; uint8_t mods; };

/* "C-k", "<C-k>", "ctrl-k", "M-Enter", "S-Tab", "F12"; negative and a sentence when it is not a key, or one that
 * terminals cannot send. Control letters and Alt are normalized as the decoder reports them. */
int key_parse(const char *text, struct key *out, struct err *e);
void key_name(struct key k, char out[32]);
bool key_eq(struct key a, struct key b);

enum key_context { CTX_POPUP, CTX_DIALOG, CTX_SELECT, CTX_LIST, CTX_MEMBERS, CTX_SWITCHER, CTX_SEARCH, CTX_ROWS, CTX_INBOX, CTX_ENCRYPT, CTX_HELP,
                   CTX_VIEWER, CTX_LABEL, CTX_LINK, CTX_FILE, CTX_CODE, CTX_NICK, CTX_REACTION, CTX_REACT, CTX_INPUT, CTX_VI_NORMAL, CTX_CHAT, CTX_GLOBAL, N_KEY_CONTEXTS };
const char *key_context_name(enum key_context c);
const char *key_context_words(enum key_context c); /* "the buddy list" */

enum { KEY_CHORD_MAX = 4 };
struct binding {
    enum key_context context;
    struct key chord[KEY_CHORD_MAX];
    size_t n_chord;
    char *command, *help; /* command "" = removed */
    char *account, *protocol, *chat; /* limits, or NULL */
    const char *not_inside;          /* "tmux" or "screen": that one takes the first key for itself */
    struct origin origin;
};

/* What limits are compared with; inside: the multiplexer of this terminal, "tmux", "screen" or NULL. */
struct key_where { const char *account, *protocol, *chat, *inside; };

struct keymap;
/* Preset < /etc/xdg/kith/keys.cfg < /bind (set.cfg) < keys.cfg; problems go to config's list. Call after config_load. */
struct keymap *keymap_new(struct config *c);
/* A preset alone ("standard", "emacs", "vi"), without any file: for the manual. */
struct keymap *keymap_builtin(struct config *c, const char *preset);
/* The preset in force: what keys.cfg says, else the option keys.preset. */
const char *keymap_preset(const struct keymap *k);
/* Does the binding hold at this place? */
bool keymap_fits(const struct binding *b, const struct key_where *where);
void keymap_free(struct keymap *k);
int keymap_reload(struct keymap *k); /* reads all anew; returns how many problems config has now */
/* check is asked about the command of each binding that is not built in, now and after each reload; what it refuses
 * becomes a problem with file and line. main passes cmd_check. */
void keymap_set_check(struct keymap *k, int (*check)(const char *line, struct err *e));
/* Looks a (partial) chord up in the contexts from left to right. Returns the binding on an exact match;
 * NULL with *prefix true when more keys may follow, NULL and false when nothing fits. An exact match with *prefix
 * true is also the beginning of a longer chord: wait keymap_timeout_ms("chord"), then run it. */
const struct binding *keymap_find(const struct keymap *k, const enum key_context *ctx, size_t n_ctx,
                                  const struct key *chord, size_t n_chord, const struct key_where *where, bool *prefix);
/* What may follow a prefix (the which-key popup): the next binding whose chord is longer than these keys and begins with
 * them, after *at (start with 0), first context first; NULL at the end. */
const struct binding *keymap_next(const struct keymap *k, const enum key_context *ctx, size_t n_ctx,
                                  const struct key *chord, size_t n_chord, const struct key_where *where, size_t *at);
size_t keymap_all(const struct keymap *k, const struct binding *const **out); /* live ones, grouped by context */
/* First key bound to a command line in a context (for hints and help), or NULL. */
const struct binding *keymap_for(const struct keymap *k, enum key_context ctx, const char *command);
/* For the session and set.cfg. limits: only there, or NULL. 1 with a sentence: keys.cfg wins. */
int keymap_bind(struct keymap *k, const char *context, const char *chord, const char *command, const char *help,
                const struct key_where *limits, struct err *e);
/* Takes back what /bind did, or, where the preset has the key, takes the key away. */
int keymap_unbind(struct keymap *k, const char *context, const char *chord, const struct key_where *limits,
                  struct err *e);
int keymap_timeout_ms(const struct keymap *k, const char *name); /* "chord" (0: for ever), "popup" (-1: never), "esc" */
/* The next binding of a file or of /bind, after *at, with a key that a terminal without a keyboard protocol has no way to
 * send (Shift-Enter, Ctrl-Shift-a); NULL at the end. */
const struct binding *keymap_unsendable(const struct keymap *k, size_t *at);
/* Chords from text: "M-w v". Number of keys, or negative and a sentence. */
int chord_parse(const char *text, struct key out[KEY_CHORD_MAX], struct err *e);
enum key_context key_context_find(const char *name); /* N_KEY_CONTEXTS: there is none */
const char *keymap_prefix_name(const struct keymap *k, struct key first); /* "window" for M-w, or NULL */
void chord_name(const struct key *chord, size_t n, struct buf *out);

#endif
