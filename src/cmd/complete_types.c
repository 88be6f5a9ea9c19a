/* cmd/complete_types.c - what can stand for each type of argument: people, chats, files, options,
 * keys */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cmd/complete.h"
#include "config/theme.h"

/* ---- people and chats, recent first ---- */

static int by_recent(const void *a, const void *b)
{
    const struct chat *x = *(const struct chat *const *)a, *y = *(const struct chat *const *)b;
    return x->active == y->active ? strcmp(x->address, y->address) : x->active > y->active ? -1 : 1;
}

static void add_chat(struct complete *q, const struct chat *c)
{
    const char *title = chat_title(c);
    if (complete_fits(q, c->address) || complete_fits(q, title))
        complete_add(q, c->address, title, c->account->name, false);
}

static void add_chats(struct complete *q, bool rooms, bool people)
{
    const struct model *m = q->ctx->env->model;
    const struct chat **all = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++) {
            const struct chat *c = m->accounts[i]->chats[k];
            bool room = c->kind == KITH_CHAT_ROOM;
            if ((room ? rooms : people) && !(c->flags & CHAT_HELD))
                VEC_PUSH(all, n, cap, c);
        }
    }
    if (n)
        qsort(all, n, sizeof *all, by_recent);
    for (size_t i = 0; i < n; i++)
        add_chat(q, all[i]);
    free(all);
}

static void add_contacts(struct complete *q)
{
    const struct model *m = q->ctx->env->model;
    for (int online = 1; online >= 0; online--) { /* those who are there first */
        for (size_t i = 0; i < m->n_accounts; i++) {
            for (struct map_entry *en = NULL; (en = map_next(&m->accounts[i]->contacts, en));) {
                const struct contact *c = en->value;
                enum kith_show show = contact_show(c);
                bool there = show != KITH_SHOW_OFFLINE && show != KITH_SHOW_UNKNOWN;
                if (there == (online == 1) &&
                    (complete_fits(q, c->address) || complete_fits(q, contact_title(c))))
                    complete_add(q, c->address, contact_title(c), show == KITH_SHOW_UNKNOWN ? "" : show_name(show), false);
            }
        }
    }
}

static int by_spoke(const void *a, const void *b)
{
    const struct member *x = *(const struct member *const *)a,
                        *y = *(const struct member *const *)b;
    return x->spoke == y->spoke ? strcmp(x->nick, y->nick) : x->spoke > y->spoke ? -1 : 1;
}

static void add_members(struct complete *q)
{
    const struct chat *c = q->ctx->chat;
    if (!c || c->kind != KITH_CHAT_ROOM || !c->n_members)
        return;
    const struct member **all = xcalloc(c->n_members, sizeof *all);
    for (size_t i = 0; i < c->n_members; i++)
        all[i] = c->members[i];
    qsort(all, c->n_members, sizeof *all, by_spoke);
    for (size_t i = 0; i < c->n_members; i++) {
        char *text = xasprintf("%s%s", all[i]->nick, q->first_word ? ":" : "");
        if (complete_fits(q, all[i]->nick) && !(all[i]->flags & KITH_MEMBER_SELF))
            complete_add(q, text, all[i]->nick, all[i]->text, false);
        free(text);
    }
    free(all);
}

/* ---- files ---- */

static void add_files(struct complete *q)
{
    const char *slash = strrchr(q->word, '/'), *part = slash ? slash + 1 : q->word;
    char *shown = slash ? xstrndup(q->word, (size_t)(part - q->word)) : xstrdup("");
    char *folder = *shown ? path_expand(shown) : xstrdup(".");
    DIR *d = opendir(folder);
    struct dirent **list = NULL;
    int n = d ? scandir(folder, &list, NULL, alphasort) : 0;
    if (d)
        closedir(d);
    for (int i = 0; i < n; i++) {
        const char *name = list[i]->d_name;
        struct stat st;
        bool hidden = name[0] == '.' && part[0] != '.';
        bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        if (!hidden && !dots && strncmp(name, part, strlen(part)) == 0 &&
            utf8_is_clean(name, strlen(name), UTF8_LINE)) {
            char *path = path_join(folder, name);
            bool dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
            char *value = xasprintf("%s%s%s", shown, name, dir ? "/" : ""),
                 *label = xasprintf("%s%s", name, dir ? "/" : "");
            complete_add(q, value, label, NULL, dir);
            free(path);
            free(value);
            free(label);
        }
        free(list[i]);
    }
    free(list);
    free(folder);
    free(shown);
}

/* ---- the rest ---- */

static void add_choices(struct complete *q, const char *choices)
{
    for (const char *p = choices; p && *p;) {
        size_t n = strcspn(p, "|");
        char *word = xstrndup(p, n);
        if (complete_fits(q, word))
            complete_add(q, word, NULL, NULL, false);
        free(word);
        p += n + (p[n] == '|');
    }
}

static void add_accounts(struct complete *q)
{
    const struct model *m = q->ctx->env->model;
    for (size_t i = 0; i < m->n_accounts; i++) {
        if (complete_fits(q, m->accounts[i]->name))
            complete_add(q, m->accounts[i]->name, NULL, m->accounts[i]->address, false);
    }
}

static void add_options(struct complete *q)
{
    const struct option *o;
    for (int inside = 0; inside < 2;
         inside++) { /* then those that hold the word somewhere: "width" */
        for (size_t i = 0; (o = config_option_at(q->ctx->env->config, i)); i++) {
            if (complete_fits(q, o->name) == (inside == 0) &&
                (inside == 0 || strstr(o->name, q->word)))
                complete_add(q, o->name, NULL, o->help, false);
        }
    }
}

static void add_values(struct complete *q, const struct option *o)
{
    char *now = config_text(q->ctx->env->config, o->name);
    if (strcmp(o->name, "ui.theme") == 0)
        complete_arg(q, &(struct cmd_arg){ARG_THEME, "theme", true, NULL});
    else if (o->type == OPTION_BOOL)
        add_choices(q, "true|false");
    else
        add_choices(q, o->choices);
    if (*now && complete_fits(q, now))
        complete_add(q, now, NULL, "now", false);
    if (*o->fallback && complete_fits(q, o->fallback))
        complete_add(q, o->fallback, NULL, "built in", false);
    free(now);
}

static void add_themes(struct complete *q)
{
    char **names = theme_list();
    if (complete_fits(q, "auto"))
        complete_add(q, "auto", NULL, "light or dark, as the terminal is", false);
    for (size_t i = 0; names[i]; i++) {
        if (complete_fits(q, names[i]))
            complete_add(q, names[i], NULL, NULL, false);
        free(names[i]);
    }
    free(names);
}

static void add_contexts(struct complete *q)
{
    for (enum key_context c = CTX_POPUP; c < N_KEY_CONTEXTS; c++) {
        if (complete_fits(q, key_context_name(c)))
            complete_add(q, key_context_name(c), NULL, NULL, false);
    }
}

static void add_keys(struct complete *q)
{
    const struct binding *const *all;
    size_t n = q->ctx->env->keymap ? keymap_all(q->ctx->env->keymap, &all) : 0;
    for (size_t i = 0; i < n; i++) {
        struct buf name = {0};
        chord_name(all[i]->chord, all[i]->n_chord, &name);
        bool here = !q->previous || strcmp(q->previous, key_context_name(all[i]->context)) == 0;
        if (here && complete_fits(q, buf_str(&name)))
            complete_add(q, buf_str(&name), NULL, all[i]->help, false);
        buf_free(&name);
    }
}

static void add_topics(struct complete *q)
{
    const struct cmd *all[CMD_MAX];
    size_t n = cmd_table(all);
    for (size_t i = 0; i < n; i++) {
        if (complete_fits(q, all[i]->name) && !(all[i]->needs & CMD_HIDDEN))
            complete_add(q, all[i]->name, NULL, all[i]->summary, false);
    }
    complete_backend_commands(q, "");
    add_options(q);
}

static void add_aliases(struct complete *q)
{
    const char *const *names;
    size_t n = config_aliases(q->ctx->env->config, &names);
    for (size_t i = 0; i < n; i++) {
        if (complete_fits(q, names[i]))
            complete_add(q, names[i], NULL, config_alias(q->ctx->env->config, names[i]), false);
    }
}

static void add_hooks(struct complete *q)
{
    const struct hook *h;
    for (size_t i = 0; (h = config_hook_at(q->ctx->env->config, i)); i++) {
        if (complete_fits(q, h->name))
            complete_add(q, h->name, NULL, h->line, false);
    }
}

/* /set ui.theme <here>: the text belongs to an option. */
static void add_text(struct complete *q)
{
    const struct option *o = q->previous ? config_option(q->ctx->env->config, q->previous) : NULL;
    if (o)
        add_values(q, o);
}

static void add_command_line(struct complete *q)
{
    if (q->word[0] != '/')
        return;
    struct complete inner = {.ctx = q->ctx, .out = q->out};
    size_t base = q->from, before = q->out->n;
    complete_line(&inner, q->word, 0, strlen(q->word));
    for (size_t i = before; i < q->out->n; i++) {
        q->out->items[i].from += base;
        q->out->items[i].to += base;
    }
    free(inner.word);
    free(inner.previous);
}

/* By what /why is asked about. */
static void add_of_why(struct complete *q)
{
    static const struct cmd_arg types[] = {
        {ARG_CHAT, "chat", true, NULL},     {ARG_MEMBER, "person", true, NULL}, {ARG_ACCOUNT, "account", true, NULL},
        {ARG_OPTION, "setting", true, NULL}, {ARG_ALIAS, "alias", true, NULL}};
    for (size_t i = 0; q->previous && i < COUNT(types); i++) {
        if (strcmp(types[i].name, q->previous) == 0)
            complete_arg(q, &types[i]);
    }
    for (enum role r = ROLE_BASE; str_eq(q->previous, "colour") && r < N_ROLES; r++) {
        if (complete_fits(q, role_name(r)))
            complete_add(q, role_name(r), NULL, NULL, false);
    }
    if (str_eq(q->previous, "command"))
        add_topics(q);
}

void complete_arg(struct complete *q, const struct cmd_arg *a)
{
    switch (a->type) {
    case ARG_WORD:
    case ARG_NUMBER:
    case ARG_MESSAGE:
        break;
    case ARG_TEXT:
    case ARG_PROGRAM:
        add_text(q);
        break;
    case ARG_CHAT:
        add_choices(q, strchr(a->name, '|') ? "next|prev|last|move" : NULL);
        add_chats(q, true, true);
        add_contacts(q);
        break;
    case ARG_CONTACT:
        add_chats(q, false, true);
        add_contacts(q);
        add_members(q);
        break;
    case ARG_ROOM:
        add_chats(q, true, false);
        break;
    case ARG_ACCOUNT:
        add_accounts(q);
        break;
    case ARG_FILE:
        add_files(q);
        break;
    case ARG_OPTION:
        add_options(q);
        break;
    case ARG_VALUE:
        add_text(q);
        break;
    case ARG_COMMAND:
        add_command_line(q);
        break;
    case ARG_TOPIC:
        add_topics(q);
        break;
    case ARG_KEY:
        add_keys(q);
        break;
    case ARG_CONTEXT:
        add_contexts(q);
        break;
    case ARG_THEME:
        add_themes(q);
        break;
    case ARG_CHOICE:
        add_choices(q, a->choices);
        break;
    case ARG_MEMBER:
        add_members(q);
        break;
    case ARG_SHOW:
        add_choices(q, "online|chat|away|xa|dnd|offline");
        break;
    case ARG_ALIAS:
        add_aliases(q);
        break;
    case ARG_HOOK:
        add_hooks(q);
        break;
    case ARG_WHY:
        add_of_why(q);
        break;
    }
}
