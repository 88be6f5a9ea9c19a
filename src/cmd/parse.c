/* cmd/parse.c - from a line to a command's arguments: words, quotes, flags, variables */
#include "cmd/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spawn.h"
#include "cmd/internal.h"

/* What a backslash takes the meaning from; before anything else it is itself. */
static const char special[] = " \t\n'\";$\\";

void parsed_free(struct parsed *p)
{
    for (size_t i = 0; i < p->n_store; i++)
        free(p->store[i]);
    p->n_store = 0;
}

bool parse_name(const char *line, char name[PARSE_NAME_MAX + 1], const char **rest)
{
    if (*line != '/')
        return false;
    size_t n = strcspn(line + 1, " \t\n;");
    if (n == 0 || n > PARSE_NAME_MAX)
        return false;
    str_copy(name, n + 1, line + 1);
    *rest = line + 1 + n;
    *rest += strspn(*rest, " \t");
    return true;
}

size_t parse_first(const char *line)
{
    char quote = 0;
    size_t i = 0;
    for (; line[i]; i++) {
        bool start = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
        if (line[i] == '\\' && line[i + 1] && strchr(special, line[i + 1]))
            i++;
        else if (quote && line[i] == quote)
            quote = 0;
        else if (!quote && start && (line[i] == '\'' || line[i] == '"') &&
                 strchr(line + i + 1, line[i]))
            quote = line[i];
        else if (!quote && line[i] == ';') {
            const char *next = line + i + 1 + strspn(line + i + 1, " \t");
            if (*next == '/' || !*next)
                return i;
        }
    }
    return i;
}

void parse_escape(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (strchr(special, *s))
            buf_addc(out, '\\');
        buf_addc(out, *s);
    }
}

bool parse_message_id(const char *word, int64_t *id)
{
    return str_starts(word, "msg:") && str_int(word + 4, INT64_MIN, INT64_MAX, id);
}

static size_t var_len(const char *p)
{
    return strspn(p, "abcdefghijklmnopqrstuvwxyz");
}

/* A variable at p (behind the dollar). 1: its value was appended and *used set; 0: a plain dollar.
 */
static int take_var(const struct cmd_ctx *ctx, enum parse_mode mode, const char *p, size_t *used,
                    struct buf *out, struct err *e)
{
    *used = var_len(p);
    if (mode == PARSE_CHECK && ((*p >= '1' && *p <= '9') || *p == '*')) { /* of an alias */
        *used = 1 + (*p != '*' && p[1] == '-');
        buf_adds(out, VAR_PLACEHOLDER);
        return 1;
    }
    if (mode == PARSE_TYPED || *used == 0)
        return 0;
    if (mode == PARSE_CHECK) {
        if (!var_known(p, *used))
            return 0;
        buf_adds(out, *used == 3 && strncmp(p, "msg", 3) == 0 ? "msg:0" : VAR_PLACEHOLDER);
        return 1;
    }
    return var_value(ctx, p, *used, out, e);
}

/* One character, escape or variable at *p. */
static int take_piece(const char **p, const struct cmd_ctx *ctx, enum parse_mode mode,
                      struct buf *out, struct err *e)
{
    const char *s = *p;
    if (*s == '\\' && s[1] && strchr(special, s[1])) {
        buf_addc(out, s[1]);
        *p += 2;
        return 0;
    }
    if (*s == '$') {
        size_t used;
        int rc = take_var(ctx, mode, s + 1, &used, out, e);
        if (rc < 0)
            return rc;
        if (rc > 0) {
            *p += 1 + used;
            return 0;
        }
    }
    buf_addc(out, *s);
    ++*p;
    return 0;
}

int parse_word(const char **p, const struct cmd_ctx *ctx, enum parse_mode mode, struct buf *out,
               struct err *e)
{
    char quote = 0;
    *p += strspn(*p, " \t\n");
    if (!**p)
        return 0;
    if ((**p == '\'' || **p == '"'))
        quote = *(*p)++;
    for (;;) {
        if (!**p)
            return quote ? err_set(e, KITH_EINVAL, "a %c is not closed", quote) : 1;
        if (quote && **p == quote) {
            ++*p;
            return 1;
        }
        if (!quote && strchr(" \t\n", **p))
            return 1;
        int rc = take_piece(p, ctx, mode, out, e);
        if (rc < 0)
            return rc;
    }
}

/* The rest of the line as text. In a binding a text that is wholly quoted loses the quotes. */
static int take_text(const char *rest, const struct cmd_ctx *ctx, enum parse_mode mode,
                     struct buf *out, struct err *e)
{
    if (mode == PARSE_TYPED) {
        buf_adds(out, rest);
        return 0;
    }
    if (*rest == '\'' || *rest == '"') {
        const char *p = rest;
        struct buf word = {0};
        int rc = parse_word(&p, ctx, mode, &word, e);
        if (rc < 0 || !p[strspn(p, " \t\n")]) {
            buf_adds(out, buf_str(&word));
            buf_free(&word);
            return MIN(rc, 0);
        }
        buf_free(&word);
    }
    while (*rest) {
        int rc = take_piece(&rest, ctx, mode, out, e);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A program is started by one of the commands in this line. */
static bool starts_program(const char *line)
{
    char name[PARSE_NAME_MAX + 1];
    const char *rest;
    while (*line) {
        const struct cmd *c = parse_name(line, name, &rest) ? cmd_find(name) : NULL;
        for (size_t i = 0; c && i < CMD_MAX_ARGS && c->args[i].name; i++) {
            if (c->args[i].type == ARG_PROGRAM)
                return true;
        }
        line += parse_first(line);
        line += strspn(line, "; \t");
    }
    return false;
}

/* The quote that is open at `at`, as spawn_words reads them; 0: none. */
static char open_quote(const char *line, const char *at)
{
    char quote = 0;
    for (; line < at; line++) {
        if (*line == '\\' && quote != '\'' && line + 1 < at)
            line++;
        else if (quote ? *line == quote : *line == '\'' || *line == '"')
            quote = quote ? '\0' : *line;
    }
    return quote;
}

/* A variable of `len` letters at `at`, in a program's line. Alone in quotes it goes without them,
 * and *skip is
 * 1. Among other words in quotes it would be a part of what somebody else reads, a shell mostly. */
static int unquote_var(const char *line, const char *at, size_t len, struct buf *out, size_t *skip,
                       struct err *e)
{
    char quote = open_quote(line, at);
    *skip = 0;
    if (!quote)
        return 0;
    if (at[-1] != quote || open_quote(line, at - 1) || at[1 + len] != quote)
        return err_set(
            e, KITH_EINVAL,
            "$%.*s stands among other words in quotes, where others could write commands; "
            "give it as a word of its own: sh -c '... \"$1\"' sh $%.*s",
            (int)len, at + 1, (int)len, at + 1);
    *skip = 1;
    if (out->len)
        buf_delete(out, out->len - 1, 1);
    return 0;
}

/* Where the program begins in the words of a line that may begin with commands: "/exec -o -- prog", "/pipe 5 prog". */
static size_t program_at(char *const *words)
{
    size_t at = 0;
    for (size_t i = 0; words[i]; i++) {
        const struct cmd *c = words[i][0] == '/' ? cmd_find(words[i] + 1) : NULL;
        size_t before = 0, n = i + 1;
        while (c && before < CMD_MAX_ARGS && c->args[before].name && c->args[before].type != ARG_PROGRAM)
            before++;
        if (!c || before == CMD_MAX_ARGS || !c->args[before].name)
            continue;
        while (words[n] && words[n][0] == '-' && c->flags && !str_eq(words[n], "--"))
            n++;
        while (words[n] && before-- > 0)
            n++;
        at = n + (words[n] && str_eq(words[n], "--"));
    }
    return at;
}

/* Behind "--", or behind the words of a shell's -c, nothing is taken for an option. */
static bool takes_no_options(char *const *words)
{
    static const char *const shells[] = {"sh", "bash", "dash", "ksh", "zsh"};
    const char *slash = words[0] ? strrchr(words[0], '/') : NULL, *name = slash ? slash + 1 : words[0];
    for (size_t i = 0; i < COUNT(shells); i++) {
        if (name && str_eq(name, shells[i]) && words[1] && str_eq(words[1], "-c") && words[2])
            return true;
    }
    for (size_t i = 1; name && words[i]; i++) {
        if (str_eq(words[i], "--"))
            return true;
    }
    return false;
}

/* A value that others chose and that begins with a dash would be an option of the program (line: what there is of it). */
static int check_dash(const char *line, const char *var, size_t len, const char *value, struct err *e)
{
    bool first = !*line || strchr(" \t\n", line[strlen(line) - 1]) != NULL;
    char **words = NULL;
    size_t at;
    int rc = 0;
    if (value[0] != '-' || !first || strncmp(var, "answer", len) == 0)
        return 0;
    words = spawn_words(line, NULL);
    at = words ? program_at(words) : 0;
    if (!words || !takes_no_options(words + at))
        rc = err_set(e, KITH_EINVAL, "$%.*s is \"%.40s\", which %.40s would take for an option; write -- before it",
                     (int)len, var, value, words && words[at] ? words[at] : "the program");
    spawn_words_free(words);
    return rc;
}

/* What the user answered may be the whole line of a program: it is left as it is. */
static bool is_answer(const char *rest)
{
    return strncmp(rest, "$answer", 7) == 0 && !rest[7 + strspn(rest + 7, " \t")];
}

/* The rest of the line as a command to run later: variables are filled in now, but $answer, which
 * is not known yet. A command that is wholly quoted loses the quotes. */
static int take_command(const char *rest, const struct cmd_ctx *ctx, enum parse_mode mode,
                        bool unquote, struct buf *out, struct err *e)
{
    const char *end = rest;
    struct buf bare = {0};
    if (unquote && (*rest == '\'' || *rest == '"') &&
        parse_word(&end, NULL, PARSE_TYPED, &bare, NULL) > 0 && !end[strspn(end, " \t\n")]) {
        int rc = take_command(buf_str(&bare), ctx, mode, true, out, e);
        buf_free(&bare);
        return rc;
    }
    buf_free(&bare);
    const char *line = rest;
    bool program = !unquote || starts_program(line);
    if (!unquote && mode == PARSE_BINDING && ctx->answer && is_answer(rest)) {
        buf_adds(out, ctx->answer);
        return 0;
    }
    while (*rest) {
        size_t len = *rest == '$' ? var_len(rest + 1) : 0, skip = 0;
        if (program && mode != PARSE_TYPED && len && var_known(rest + 1, len) &&
            unquote_var(line, rest, len, out, &skip, e) < 0)
            return KITH_EINVAL;
        bool later = len == 6 && strncmp(rest + 1, "answer", 6) == 0 && !(ctx && ctx->answer);
        if (mode != PARSE_BINDING || !len || later || !var_known(rest + 1, len)) {
            if (skip)
                buf_addc(out, rest[-1]);
            if (*rest == '\\' && rest[1])
                buf_addc(out, *rest++);
            buf_addc(out, *rest++);
            continue;
        }
        struct buf value = {0};
        int rc = var_value(ctx, rest + 1, len, &value, e);
        if (rc > 0 && program && check_dash(buf_str(out), rest + 1, len, buf_str(&value), e) < 0)
            rc = KITH_EINVAL;
        if (rc > 0 && value.len)
            parse_escape(out, buf_str(&value));
        else if (rc > 0)
            buf_adds(out, "\"\"");
        buf_free(&value);
        if (rc < 0)
            return rc;
        rest += 1 + len + skip;
    }
    return 0;
}

/* ---- flags and arguments by the specification ---- */

static int usage_err(const struct cmd *c, struct err *e, const char *what)
{
    struct buf b = {0};
    cmd_usage(c, &b);
    int rc = err_set(e, KITH_EINVAL, "%s; usage: %s", what, buf_str(&b));
    buf_free(&b);
    return rc;
}

/* True when word (without the dash) is one of c's flags: "all", "n=5". */
static bool is_flag(const struct cmd *c, const char *word)
{
    size_t n = strcspn(word, "=");
    for (const char *p = c->flags; p && *p;) {
        const char *f = p + 1; /* behind the dash */
        size_t len = strcspn(f, " "), name = strcspn(f, "= ");
        if (name == n && strncmp(f, word, n) == 0 && (len > name) == (word[n] == '='))
            return true;
        p = f + len;
        p += strspn(p, " ");
    }
    return false;
}

static const char *keep(struct parsed *out, struct buf *word)
{
    char *s = buf_take(word);
    out->store[out->n_store++] = s;
    return s;
}

/* Flags at p, as far as they go; 1 when "--" ended them. before_text: what is no flag belongs to
 * the text. */
static int take_flags(const struct cmd *c, const struct cmd_ctx *ctx, enum parse_mode mode,
                      bool before_text, const char **p, struct parsed *out, struct err *e)
{
    for (;;) {
        *p += strspn(*p, " \t");
        if (!c->flags || **p != '-' || !(*p)[1])
            return 0;
        const char *at = *p;
        struct buf word = {0};
        int rc = parse_word(p, ctx, mode, &word, e);
        if (rc >= 0 && strcmp(buf_str(&word), "--") == 0) {
            buf_free(&word);
            return 1;
        }
        if (rc >= 0 && !is_flag(c, buf_str(&word) + 1)) {
            if (before_text)
                *p = at;
            else
                rc = err_set(e, KITH_EINVAL, "/%s has no flag %.40s", c->name, buf_str(&word));
            buf_free(&word);
            return rc < 0 ? rc : 0;
        }
        if (rc >= 0 && (size_t)out->args.n_flags == COUNT(out->args.flags))
            rc = usage_err(c, e, "too many flags");
        if (rc < 0) {
            buf_free(&word);
            return rc;
        }
        out->args.flags[out->args.n_flags++] = keep(out, &word) + 1;
    }
}

static int check_choice(const struct cmd *c, const struct cmd_arg *a, enum parse_mode mode,
                        const char **word, struct err *e)
{
    const char *names[80],
        *choices = a->type == ARG_SHOW ? "online|chat|away|xa|dnd|offline" : a->choices,
        *fit = NULL;
    char *store = xstrdup(choices), *rest = store;
    size_t n = 0, fits = 0;
    int rc = 0;
    for (char *p; n < COUNT(names) && (p = strsep(&rest, "|"));)
        names[n++] = p;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], *word) == 0)
            goto out;
        if (mode == PARSE_TYPED && str_starts(names[i], *word)) {
            fit = choices + (names[i] - store); /* lives on in the table, up to the next | */
            fits++;
        }
    }
    if (fits != 1) {
        const char *near = nearest_name(*word, names, n);
        rc = near
                 ? err_set(e, KITH_EINVAL, "/%s: \"%.40s\" is none of %s (did you mean \"%s\"?)",
                           c->name, *word, choices, near)
                 : err_set(e, KITH_EINVAL, "/%s: \"%.40s\" is none of %s", c->name, *word, choices);
        goto out;
    }
    size_t len = strcspn(fit, "|"), had = strlen(*word);
    char *grown = xrealloc((char *)*word, len + 1); /* the word is ours: parsed.store */
    memcpy(grown + had, fit + had, len - had);
    grown[len] = '\0';
    *word = grown;
out:
    free(store);
    return rc;
}

/* The rest of the line belongs to it. */
static bool to_end(const struct cmd_arg *a)
{
    return a->type == ARG_TEXT || a->type == ARG_COMMAND || a->type == ARG_PROGRAM;
}

/* One positional word. 1: taken, 0: left out (optional), negative: refused. */
static int take_arg(const struct cmd *c, size_t i, const struct cmd_ctx *ctx, enum parse_mode mode,
                    const char **p, struct parsed *out, struct err *e)
{
    const struct cmd_arg *a = &c->args[i];
    struct buf word = {0};
    const char *at = *p;
    int64_t n;
    int rc = 0;
    *p += strspn(*p, a->type == ARG_TEXT ? " \t" : " \t\n");
    if (!**p)
        rc = 0;
    else if (to_end(a)) {
        rc = a->type == ARG_TEXT ? take_text(*p, ctx, mode, &word, e)
                                 : take_command(*p, ctx, mode, a->type == ARG_COMMAND, &word, e);
        *p += strlen(*p);
        rc = rc < 0 ? rc : 1;
    } else {
        rc = parse_word(p, ctx, mode, &word, e);
    }
    bool filled = mode == PARSE_CHECK && strstr(buf_str(&word), VAR_PLACEHOLDER);
    if (rc > 0 && a->type == ARG_MESSAGE && !parse_message_id(buf_str(&word), &n)) {
        *p = at;
        rc = a->optional ? 0 : usage_err(c, e, "a message is written msg:NUMBER");
    } else if (rc > 0 && a->type == ARG_NUMBER && !filled &&
               !str_int(buf_str(&word), INT32_MIN, INT32_MAX, &n)) {
        rc = usage_err(c, e, "that is no number");
    } else if (rc == 0 && !a->optional) {
        rc = usage_err(c, e, "something is missing");
    }
    if (rc <= 0) {
        buf_free(&word);
        return rc;
    }
    out->args.argv[i] = keep(out, &word);
    if ((a->type == ARG_CHOICE || a->type == ARG_SHOW) && !filled) {
        rc = check_choice(c, a, mode, &out->args.argv[i], e);
        out->store[out->n_store - 1] = (char *)out->args.argv[i];
    }
    return rc < 0 ? rc : 1;
}

int parse_args(const struct cmd *c, const struct cmd_ctx *ctx, enum parse_mode mode,
               const char *rest, struct parsed *out, struct err *e)
{
    const char *p = rest;
    bool flags_end = false;
    memset(out, 0, sizeof *out);
    out->args.line = rest;
    for (size_t i = 0; i < CMD_MAX_ARGS && c->args[i].name; i++) {
        bool text = to_end(&c->args[i]);
        int rc = flags_end ? 0 : take_flags(c, ctx, mode, text, &p, out, e);
        if (rc < 0)
            return rc;
        flags_end = flags_end || rc == 1;
        rc = take_arg(c, i, ctx, mode, &p, out, e);
        if (rc < 0)
            return rc;
        if (rc > 0)
            out->args.argc = (int)i + 1;
    }
    int rc = flags_end ? 0 : take_flags(c, ctx, mode, false, &p, out, e);
    if (rc < 0)
        return rc;
    if (p[strspn(p, " \t\n")])
        return usage_err(c, e, "there is something too much");
    return 0;
}
