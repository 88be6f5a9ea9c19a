/* cmd/complete.c - completion: commands, flags, and arguments by their type */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "cmd/backend.h"
#include "cmd/complete.h"
#include "cmd/emoji.h"
#include "cmd/parse.h"
#include "cmd/table.h"
#include "core/spell.h"

enum { COMPLETE_MAX = 200 };

void completions_free(struct completions *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->items[i].text);
        free(c->items[i].label);
        free(c->items[i].note);
    }
    free(c->items);
    *c = (struct completions){0};
}

/* A value as it must stand in the line: quoted when a word would end in it. */
static char *as_word(const char *value, bool rest_of_line)
{
    struct buf b = {0};
    if (rest_of_line || !strpbrk(value, " \t'\"\\"))
        return xstrdup(value);
    parse_escape(&b, value);
    return buf_take(&b);
}

void complete_add(struct complete *q, const char *value, const char *label, const char *note,
                  bool open_end)
{
    for (size_t i = 0; i < q->out->n; i++) {
        if (strcmp(q->out->items[i].label, label ? label : value) == 0 &&
            q->out->items[i].from == q->from)
            return;
    }
    if (q->out->n >= COMPLETE_MAX)
        return;
    char *word = as_word(value, q->rest_of_line);
    struct completion c = {.text = xasprintf("%s%s", word, open_end ? "" : " "),
                           .label = xstrdup(label ? label : value),
                           .note = xstrdup(note ? note : ""),
                           .from = q->from,
                           .to = q->to};
    free(word);
    VEC_PUSH(q->out->items, q->out->n, q->out->cap, c);
}

bool complete_fits(const struct complete *q, const char *value)
{
    return value && strncasecmp(value, q->word, strlen(q->word)) == 0;
}

/* ---- commands ---- */

static void add_commands(struct complete *q)
{
    const struct cmd *all[CMD_MAX];
    size_t n = cmd_table(all);
    const char *const *aliases;
    for (size_t i = 0; i < n; i++) {
        if ((all[i]->needs & CMD_HIDDEN) || !complete_fits(q, all[i]->name))
            continue;
        if ((all[i]->needs & CMD_NEEDS_ROOM) &&
            (!q->ctx->chat || q->ctx->chat->kind != KITH_CHAT_ROOM))
            continue; /* offered where it can work */
        struct err why = {0};
        if (all[i]->fits && q->ctx->chat && all[i]->fits(q->ctx, NULL, &why) == KITH_EUNSUP)
            continue;
        char *label = xasprintf("/%s", all[i]->name);
        complete_add(q, all[i]->name, label, all[i]->summary, false);
        free(label);
    }
    for (size_t i = 0; i < n; i++) { /* second names only when typed that far */
        for (const char *p = all[i]->aliases; p && *p && *q->word;) {
            size_t len = strcspn(p, " ");
            char *name = xstrndup(p, len);
            if (complete_fits(q, name)) {
                char *label = xasprintf("/%s", name);
                complete_add(q, name, label, all[i]->summary, false);
                free(label);
            }
            free(name);
            p += len;
            p += strspn(p, " ");
        }
    }
    n = config_aliases(q->ctx->env->config, &aliases);
    for (size_t i = 0; i < n; i++) {
        char *label = xasprintf("/%s", aliases[i]);
        if (complete_fits(q, aliases[i]))
            complete_add(q, aliases[i], label, config_alias(q->ctx->env->config, aliases[i]),
                         false);
        free(label);
    }
}

void complete_backend_commands(struct complete *q, const char *slash)
{
    const struct account *a = q->ctx->account ? q->ctx->account
                              : q->ctx->chat  ? q->ctx->chat->account
                                              : NULL;
    const struct kith_protocol *p =
        a && q->ctx->env->core ? core_protocol(q->ctx->env->core, a) : NULL;
    for (size_t i = 0; p && i < p->n_commands; i++) {
        char *label = xasprintf("%s%s", slash, p->commands[i].name);
        if (!cmd_find(p->commands[i].name) && complete_fits(q, p->commands[i].name))
            complete_add(q, p->commands[i].name, label, p->commands[i].help, false);
        free(label);
    }
}

/* ---- where in the line are we ---- */

static void add_flags(struct complete *q, const struct cmd *c)
{
    for (const char *p = c->flags; p && *p;) {
        size_t n = strcspn(p, " ="), len = strcspn(p, " ");
        char *flag = xasprintf("%.*s%s", (int)n, p, len > n ? "=" : "");
        if (strncmp(flag, q->word, strlen(q->word)) == 0)
            complete_add(q, flag, NULL, NULL, len > n);
        free(flag);
        p += len;
        p += strspn(p, " ");
    }
}

/* A flag's value: "-account=ho". */
static void complete_flag_value(struct complete *q)
{
    const char *eq = strchr(q->word, '=');
    size_t skip = (size_t)(eq - q->word) + 1;
    bool account = strncmp(q->word, "-account=", 9) == 0;
    memmove(q->word, eq + 1, strlen(eq + 1) + 1);
    q->from += skip;
    if (account)
        complete_arg(q, &(struct cmd_arg){ARG_ACCOUNT, "account", true, NULL});
}

static bool is_text(const struct cmd_arg *a)
{
    return a->type == ARG_TEXT || a->type == ARG_COMMAND || a->type == ARG_PROGRAM;
}

/* Walks over the words before the cursor; sets which argument the word at the cursor is. */
static void complete_args(struct complete *q, const struct cmd *c, const char *text, size_t at,
                          size_t cursor)
{
    size_t arg = 0;
    char *line = xstrndup(text, cursor);
    const char *p = line + at;
    for (;;) {
        p += strspn(p, " \t\n");
        const char *start = p;
        struct buf word = {0};
        bool rest = arg < CMD_MAX_ARGS && c->args[arg].name && is_text(&c->args[arg]);
        int rc = rest && *p != '-' ? 0 : parse_word(&p, NULL, PARSE_TYPED, &word, NULL);
        int64_t id;
        if (rc < 0 || !*p || rest) { /* the cursor is in this word, or behind the last space */
            q->from = (size_t)(start - line);
            q->to = cursor;
            q->word = rest ? xstrdup(start) : buf_take(&word);
            q->rest_of_line = rest;
            buf_free(&word);
            break;
        }
        bool flag = c->flags && buf_str(&word)[0] == '-' && buf_str(&word)[1];
        bool left_out = arg < CMD_MAX_ARGS && c->args[arg].name &&
                        c->args[arg].type == ARG_MESSAGE && !parse_message_id(buf_str(&word), &id);
        q->previous = flag ? q->previous : (free(q->previous), xstrdup(buf_str(&word)));
        buf_free(&word);
        if (!flag)
            arg += 1 + (left_out ? 1 : 0);
    }
    free(line);
    if (c->flags && q->word[0] == '-' && strchr(q->word, '='))
        complete_flag_value(q);
    else if (c->flags && q->word[0] == '-')
        add_flags(q, c);
    else if (arg < CMD_MAX_ARGS && c->args[arg].name)
        complete_arg(q, &c->args[arg]);
    if (arg + 1 < CMD_MAX_ARGS && c->args[arg].name && c->args[arg].type == ARG_MESSAGE &&
        c->args[arg + 1].name)
        complete_arg(q, &c->args[arg + 1]);
}

void complete_line(struct complete *q, const char *text, size_t at, size_t cursor)
{
    char name[PARSE_NAME_MAX + 1];
    const char *rest;
    size_t end = at + 1 + strcspn(text + at + 1, " \t\n");
    if (cursor <= end) {
        q->from = at + 1;
        q->to = end;
        q->word = xstrndup(text + at + 1, cursor - at - 1);
        add_commands(q);
        complete_backend_commands(q, "/");
        return;
    }
    if (!parse_name(text + at, name, &rest))
        return;
    const struct cmd *c = cmd_find(name);
    if (!c && !config_alias(q->ctx->env->config, name))
        c = cmd_resolve(q->ctx->env, name, NULL);
    struct account *a = NULL;
    const struct kith_command *k = cmd_find(name) ? NULL : backend_command(q->ctx, name, &a);
    if (k && !config_alias(q->ctx->env->config, name)) {
        struct backend_args args;
        backend_args(k, &args);
        complete_args(q, &args.cmd, text, end, cursor);
        backend_args_free(&args);
    } else if (c) {
        complete_args(q, c, text, end, cursor);
    }
}

/* ":th" or ":thumbsup:" before the cursor: emoji by name, those that begin so before those that hold it. */
static bool complete_emoji(struct complete *q, const char *text, size_t cursor)
{
    size_t from = cursor - (cursor && text[cursor - 1] == ':');
    while (from && strchr("abcdefghijklmnopqrstuvwxyz0123456789_+-", text[from - 1]))
        from--;
    size_t len = cursor - from - (cursor > from && text[cursor - 1] == ':');
    if (!from || text[from - 1] != ':' || len == 0 ||
        (from > 1 && !strchr(" \t\n(\"'", text[from - 2])))
        return false;
    q->from = from - 1;
    q->to = cursor;
    q->rest_of_line = true;
    char *word = xstrndup(text + from, len);
    size_t n;
    const struct emoji *all = emoji_table(&n);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            const char *at = strstr(all[i].name, word);
            if (!at || (at == all[i].name) != (pass == 0))
                continue;
            char *label = xasprintf(":%s:", all[i].name);
            complete_add(q, all[i].text, label, all[i].text, true);
            free(label);
        }
    }
    free(word);
    return q->out->n > 0;
}

/* Behind a word that no dictionary has: what may be meant. */
static bool complete_spelling(struct complete *q, const char *text, size_t cursor)
{
    size_t from, to;
    struct spell_walk walk;
    struct spell *s = q->ctx->env->spell;
    const char *languages = config_str(q->ctx->env->config, "ui.input.spell");
    spell_walk(&walk, text, q->from, cursor);
    if (!s || !*languages || !spell_next(&walk, &from, &to) || to != cursor ||
        spell_word(s, languages, text + from, to - from) != SPELL_BAD)
        return false;
    char *word = xstrndup(text + from, to - from);
    char *all = xstrdup(spell_suggestions(s, word)), *rest = all;
    q->from = from;
    for (char *one; (one = strsep(&rest, "\n"));) {
        if (*one)
            complete_add(q, one, NULL, "spelling", true);
    }
    free(word);
    free(all);
    return q->out->n > 0;
}

/* A nick in a room, or a name anywhere, while writing: the word before the cursor, at least one
 * letter. */
static void complete_text(struct complete *q, const char *text, size_t cursor)
{
    size_t from = cursor;
    while (from && !strchr(" \t\n", text[from - 1]))
        from--;
    bool at_name = from < cursor && text[from] == '@';
    q->from = from + at_name;
    q->to = cursor;
    q->word = xstrndup(text + q->from, cursor - q->from);
    q->first_word = from == 0 && !at_name;
    q->rest_of_line = true;
    if (*q->word && !complete_emoji(q, text, cursor) && !complete_spelling(q, text, cursor))
        complete_arg(q, &(struct cmd_arg){ARG_MEMBER, "nick", true, NULL});
}

void cmd_complete(struct cmd_ctx *ctx, const char *text, size_t cursor, struct completions *out)
{
    struct complete q = {.ctx = ctx, .out = out};
    *out = (struct completions){0};
    cursor = MIN(cursor, strlen(text));
    if (text[0] == '/' && text[1] != '/' && cursor > 0)
        complete_line(&q, text, 0, cursor);
    else if (cursor > 0)
        complete_text(&q, text, cursor);
    free(q.word);
    free(q.previous);
}
