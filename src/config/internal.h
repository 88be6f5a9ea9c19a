/* config/internal.h - what the files of config/ share: layers of values, problems, reading
 * libconfig trees */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include <libconfig.h>

#include "base/buf.h"
#include "base/map.h"
#include "config/config.h"

enum layer { LAYER_BUILTIN, LAYER_SYSTEM, LAYER_SET, LAYER_USER, LAYER_OVERRIDE, N_LAYERS };
enum problem_source { PROBLEM_CONFIG, PROBLEM_KEYS };

struct slot { /* one option: its text in each layer, and the one in force */
    const struct option *opt;
    char *text[N_LAYERS];
    struct origin origin[N_LAYERS];
    enum layer top;
    int64_t number;
    char **list;
    size_t n_list;
};
struct alias {
    char *name, *line;
    enum layer layer;
    struct origin origin;
};
struct hook_row {
    struct hook hook;
    enum layer layer;
};
struct set_bind { /* made by /bind; line "" takes the key away */
    char *context, *chord, *line, *help;
    char *account, *protocol, *chat; /* limits, or NULL */
    struct origin origin;
};
struct problem {
    char *text;
    enum problem_source source;
};

struct config {
    struct slot *slots; /* in the order of names */
    size_t n_slots;
    char **files; /* names that origins point to */
    size_t n_files, cap_files;
    struct problem *problems;
    size_t n_problems, cap_problems;
    const char **problem_lines;
    struct alias *aliases;
    size_t n_aliases, cap_aliases;
    const char **alias_names;
    struct hook_row *hooks;
    size_t n_hooks, cap_hooks;
    int (*hook_check)(const struct config *c, const char *line, struct err *e); /* NULL: none */
    struct set_bind *binds;
    size_t n_binds, cap_binds;
    struct account_config **accounts;
    size_t n_accounts, cap_accounts;
    char **changed; /* accounts that differ since the load before */
    size_t n_changed, cap_changed;
    struct map state; /* name -> owned text; state.c */
    bool loaded;
    struct observer {
        config_fn *fn;
        void *user;
    } * observers;
    size_t n_observers, cap_observers;
};

/* Tables of options; each ends with a row without a name. */
extern const struct option options_ui[], options_terminal[], options_notify[], options_chat[],
    options_program[];

/* A name that lives as long as c. */
const char *config_file_name(struct config *c, const char *name);
void config_problem(struct config *c, enum problem_source source, const char *file, int line,
                    const char *fmt, ...) PRINTF(5, 6);
void config_forget_problems(struct config *c, enum problem_source source);
struct slot *config_slot(const struct config *c, const char *name); /* NULL: none */
/* fn for kith/NAME in each folder of $XDG_CONFIG_DIRS (or /etc/xdg), whether it is there or not.
 * The first folder is the most important, so it comes last. */
void config_each_system(const char *name, void (*fn)(void *user, const char *path), void *user);
/* Checks text and puts it into a layer. */
int slot_put(struct slot *s, enum layer layer, const char *text, struct origin origin,
             struct err *e);
void slot_drop(struct slot *s, enum layer layer);
void config_tell(struct config *c, const struct option *changed);
int config_write_set(struct config *c, struct err *e);
void config_put_alias(struct config *c, enum layer layer, const char *name, const char *line,
                      struct origin origin);

/* One file read into a libconfig tree. */
struct source {
    config_t tree;
    const char *name; /* as problems show it */
    unsigned mode;    /* permission bits of the file */
};
enum { SOURCE_MAX = 1 << 20 };
/* Reads the file at path, shown as `name` (which must outlive s). 1 = read, 0 = there is no such
 * file, negative = cannot be used: *line and *e say why. source_free only after 1. */
int source_read(struct source *s, const char *path, const char *name, int *line, struct err *e);
/* The same from memory. 1 or negative. */
int source_parse(struct source *s, const char *text, size_t len, const char *name, int *line,
                 struct err *e);
void source_free(struct source *s);
/* A scalar as text: owned; NULL when it is a group, a list or an array. */
char *setting_text(const config_setting_t *s);
/* A scalar, array or list of scalars as words; NULL when it is anything else. */
char *setting_words(const config_setting_t *s);
const char *setting_string(const config_setting_t *group,
                           const char *name); /* NULL: absent or no string */

/* Layers and the parts of kith.cfg. */
void config_read_tree(struct config *c, enum layer layer, const struct source *src);
void config_read_accounts(struct config *c, const struct source *src);
void config_load_accounts(struct config *c);
/* subs.c: in kith's own file and nowhere else; those without a parent go. */
bool sub_name_ok(const char *name);
void config_settle_subs(struct config *c);
bool account_name_ok(const char *name);
/* Compares with the accounts before, which it takes over and frees. */
void config_note_changes(struct config *c, struct account_config **before, size_t n);
void account_config_free(struct account_config *a);
int config_write_own_accounts(struct config *c, const struct account_config *extra,
                              const char *without, struct err *e);

void state_load(struct config *c);

/* /bind: kept in set.cfg. line NULL: forget it. b is copied. */
int config_set_bind(struct config *c, const struct set_bind *b, struct err *e);
void set_bind_clear(struct set_bind *b);
/* Aliases of this layer are gone. */
void config_drop_aliases(struct config *c, enum layer layer);
/* ---- hooks.c ---- */
void config_read_hooks(struct config *c, enum layer layer, const struct source *src);
void config_examine_hooks(struct config *c); /* after all files */
void config_drop_hooks(struct config *c);
void config_put_hooks(const struct config *c, struct buf *out, bool every);
/* May an alias or a hook be called so? */
bool config_name_ok(const char *name);
/* Appends s as a libconfig string, quotes included. */
void put_quoted(struct buf *out, const char *s);

#endif
