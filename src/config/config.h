/* config/config.h - declared options, the user's files, accounts; never rewrites what the user writes
 *
 * Order: built-in < /etc/xdg/kith/kith.cfg < set.cfg (written by /set) < kith.cfg. Options are rows of tables
 * (config/options_*.c, one file per family); reading one that is not declared, or as another type, is a bug.
 *
 * Text forms: BOOL true|false (yes, on, 1 are read too); LIST words separated by spaces, in files also an array;
 * CHOICE and LIST items must be among .choices where it is given; a bool in a file fits a CHOICE that has on|off.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/base.h"
#include "base/err.h"

enum option_type { OPTION_BOOL, OPTION_INT, OPTION_STRING, OPTION_CHOICE, OPTION_LIST };
enum { OPTION_REPAINT = 1u << 0, OPTION_LAYOUT = 1u << 1, OPTION_RESTART = 1u << 2, OPTION_TERMINAL = 1u << 3,
       OPTION_NOTIFY = 1u << 4 };

struct option {
    const char *name;     /* "ui.list.width" */
    enum option_type type;
    const char *fallback; /* default, as text; lists: space-separated */
    int64_t min, max;     /* OPTION_INT */
    const char *choices;  /* OPTION_CHOICE: "a|b|c" */
    const char *help;     /* one sentence */
    unsigned dirties;     /* OPTION_* */
    int (*check)(const char *value, struct err *e); /* further rule, or NULL: >= 0 fine, negative and a sentence */
};

/* Where a value came from, for /set and /why. line 0: built in. */
struct origin { const char *file; int line; };

struct config;
typedef void config_fn(void *user, const struct option *changed /* NULL: everything */);

struct config *config_new(void);
void config_free(struct config *c);
/* Reads all files. Problems ("file:line: sentence") are collected; good parts hold. Returns how many problems. */
int config_load(struct config *c);
size_t config_problems(const struct config *c, const char *const **lines);
/* Checks a value without setting it; *out (may be NULL) gets the canonical text, owned. */
int config_check(const struct option *o, const char *value, char **out, struct err *e);
/* "did you mean" for an option name: the nearest one, or NULL. Borrowed. */
const char *config_nearest(const struct config *c, const char *name);
/* The nearest of n names to `name` (a few letters at most differ), or NULL when none is near. */
const char *nearest_name(const char *name, const char *const *names, size_t n);
void config_observe(struct config *c, config_fn *fn, void *user);
void config_unobserve(struct config *c, config_fn *fn, void *user);

const struct option *config_option(const struct config *c, const char *name); /* NULL: no such option */
/* i-th option in the order of names; NULL at the end. */
const struct option *config_option_at(const struct config *c, size_t i);
bool config_bool(const struct config *c, const char *name);
int64_t config_int(const struct config *c, const char *name);
const char *config_str(const struct config *c, const char *name); /* STRING, CHOICE; never NULL; borrowed until it changes */
const char *const *config_list(const struct config *c, const char *name, size_t *n);
struct origin config_origin(const struct config *c, const char *name);
/* The value as text, owned. */
char *config_text(const struct config *c, const char *name);
/* /set: checks, applies, writes set.cfg. *e also carries the warning that kith.cfg:12 wins (return 1). */
int config_set(struct config *c, const char *name, const char *value, struct err *e);
int config_unset(struct config *c, const char *name, struct err *e);
/* Sets for this process only (-t, --no-color). */
int config_override(struct config *c, const char *name, const char *value, struct err *e);

/* Everything as one kith.cfg with the values in force and a comment saying where each came from (--print-config). */
char *config_print(const struct config *c);

/* Accounts: accounts.cfg (0600 when it holds a secret), and those made by the first run (accounts.d written by
 * kith: $XDG_STATE_HOME/kith/accounts.cfg). */
struct account_config {
    char *name, *protocol, *address;
    bool autoconnect;
    struct { char *key, *value; int line; } *options; /* everything else, as text; line 0: not from a file */
    size_t n_options;
    struct origin origin;
    int protocol_line, address_line; /* 0: not from a file, or not given */
    char *parent, *sub, *label; /* of a sub-account: the account above it, its id there, its name for people; else NULL */
};
size_t config_accounts(const struct config *c, const struct account_config *const **out);
/* Names of the accounts that the last config_load() found new, changed or gone; borrowed until the next one. */
size_t config_changed_accounts(const struct config *c, const char *const **names);
const struct account_config *config_account(const struct config *c, const char *name);
const char *account_config_get(const struct account_config *a, const char *key); /* NULL: not set */
/* Writes kith's own file. Secrets (password, *_secret, ...) are refused: they are asked for or come by a command. */
int config_add_account(struct config *c, const struct account_config *a, struct err *e);
bool account_key_is_secret(const char *key);
/* Does it connect by itself? Only of an account in kith's own file. */
int config_enable_account(struct config *c, const char *name, bool on, struct err *e);
int config_remove_account(struct config *c, const char *name, struct err *e);

/* Sub-accounts: what lies behind an account (kith_ev_sub), kept in kith's own file. Such an account has a name
 * "parent/name" for good, the parent's protocol, and in its options only what differs from the parent's. */
const struct account_config *config_sub(const struct config *c, const char *parent, const char *id); /* NULL: none */
size_t config_subs(const struct config *c, const char *parent); /* how many */
/* Makes it, or changes label and options of the one there is; only in memory, until config_save_subs(). options: key and
 * value by turns, n pairs. 1: new or with other options; 0: at most another label; negative: it cannot be. */
int config_put_sub(struct config *c, const char *parent, const char *id, const char *label,
                   const char *const *options, size_t n, const struct account_config **out, struct err *e);
void config_drop_sub(struct config *c, const char *name); /* likewise */
int config_save_subs(struct config *c, struct err *e);
/* Has the user made an account by hand that is all this one would be? */
bool config_has_twin(const struct config *c, const char *parent, const char *const *options, size_t n);

/* What kith remembers of its screen between its runs (state.cfg): names are one word. NULL: not kept. */
const char *config_state(const struct config *c, const char *name);
/* value NULL forgets it. Written at once, unless nothing was ever loaded. */
int config_set_state(struct config *c, const char *name, const char *value, struct err *e);

/* Aliases: name -> command line; NULL when there is none. */
const char *config_alias(const struct config *c, const char *name);
int config_set_alias(struct config *c, const char *name, const char *line /* NULL: remove */, struct err *e);
size_t config_aliases(const struct config *c, const char *const **names);

/* Hooks: a command line that runs when something happens (cmd/hook.h). */
enum hook_event { HOOK_MESSAGE, HOOK_MENTION, HOOK_CONNECT, HOOK_DISCONNECT, HOOK_START, HOOK_QUIT, N_HOOK_EVENTS };
enum { CONFIG_HOOKS_MAX = 32 };
struct hook {
    char *name, *line;
    enum hook_event event;
    struct origin origin;
    bool bad; /* its command was refused: kept as it was written, never run */
};
const char *hook_event_name(enum hook_event event);                    /* "message" */
int hook_event_find(const char *name, struct err *e);                  /* an enum hook_event, or negative and a sentence */
const struct hook *config_hook_at(const struct config *c, size_t i);   /* i-th; NULL at the end */
const struct hook *config_hook(const struct config *c, const char *name); /* NULL: none */
/* line NULL: remove. What kith.cfg defines is refused. Writes set.cfg. */
int config_set_hook(struct config *c, const char *name, enum hook_event event, const char *line, struct err *e);
/* Examines the command of each hook from the next config_load() on; a refused one becomes a problem. main passes hook_check. */
void config_check_hooks(struct config *c, int (*check)(const struct config *c, const char *line, struct err *e));

#endif
