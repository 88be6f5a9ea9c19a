/* cmd/alias.c - puts what was typed behind an alias into its line: $1 $2 $2- $* */
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

enum { WORDS_MAX = 9, LINE_MAX_BYTES = 64 << 10 };

struct words {
    const char *start[WORDS_MAX]; /* where each begins, as typed */
    struct buf word[WORDS_MAX];   /* without its quotes */
    size_t n;
};

/* Length of "$1", "$2-" or "$*" at s, 0 when it is none; *word 0..8, *on: from there on. */
static size_t place_at(const char *s, size_t *word, bool *on)
{
    *word = 0;
    *on = s[0] == '$' && s[1] == '*';
    if (*on)
        return 2;
    if (s[0] != '$' || s[1] < '1' || s[1] > '9')
        return 0;
    *word = (size_t)(s[1] - '1');
    *on = s[2] == '-';
    return *on ? 3 : 2;
}

bool alias_takes_words(const char *alias)
{
    size_t word;
    bool on;
    for (const char *p = alias; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (place_at(p, &word, &on))
            return true;
    }
    return false;
}

/* As typed: nothing in it is filled in or begins a command. */
static void add_rest(struct buf *out, const char *rest)
{
    for (; *rest; rest++) {
        if (strchr("$;\\", *rest))
            buf_addc(out, '\\');
        buf_addc(out, *rest);
    }
}

/* A quote that is not closed is a sign like any other: the rest is one word. */
static void split(struct words *w, const char *rest)
{
    while (w->n < WORDS_MAX) {
        rest += strspn(rest, " \t\n");
        if (!*rest)
            return;
        w->start[w->n] = rest;
        if (parse_word(&rest, NULL, PARSE_TYPED, &w->word[w->n], NULL) < 0) {
            buf_clear(&w->word[w->n]);
            buf_adds(&w->word[w->n], w->start[w->n]);
            rest += strlen(rest);
        }
        w->n++;
    }
}

int alias_expand(const char *alias, const char *rest, struct buf *out, struct err *e)
{
    struct words w = {0};
    size_t word;
    bool on;
    if (!alias_takes_words(alias)) {
        buf_adds(out, alias);
        if (*rest)
            buf_addc(out, ' ');
        add_rest(out, rest);
        return 0;
    }
    split(&w, rest);
    for (const char *p = alias; *p && out->len <= LINE_MAX_BYTES;) {
        size_t len = place_at(p, &word, &on);
        if (*p == '\\' && p[1])
            buf_addc(out, *p++);
        if (len && on && word < w.n)
            add_rest(out, w.start[word]);
        else if (len && word < w.n)
            parse_escape(out, buf_str(&w.word[word]));
        else if (!len)
            buf_addc(out, *p);
        p += len ? len : 1;
    }
    for (size_t i = 0; i < w.n; i++)
        buf_free(&w.word[i]);
    if (out->len > LINE_MAX_BYTES)
        return err_set(e, KITH_ETOOBIG, "what the alias makes of this is too long");
    return 0;
}
