/* base/words.c - splits a command line into words as a shell would, without any expansion */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/spawn.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Reads a quoted piece from behind its opening quote into b. Returns what follows it, NULL when it
 * stays open. */
static const char *quoted(const char *p, char quote, struct buf *b)
{
    for (; *p && *p != quote; p++) {
        if (quote == '"' && *p == '\\' && p[1] && strchr("\"\\$`", p[1]))
            p++;
        buf_addc(b, *p);
    }
    return *p ? p + 1 : NULL;
}

static const char *word(const char *p, struct buf *b)
{
    while (p && *p && !is_blank(*p)) {
        if (*p == '\'' || *p == '"') {
            p = quoted(p + 1, *p, b);
            continue;
        }
        if (*p == '\\' && p[1])
            p++;
        buf_addc(b, *p++);
    }
    return p;
}

char **spawn_words(const char *line, struct err *e)
{
    char **words = NULL;
    size_t n = 0, cap = 0;
    const char *p = line;
    for (;;) {
        while (is_blank(*p))
            p++;
        if (!*p)
            break;
        struct buf b = {0};
        p = word(p, &b);
        VEC_PUSH(words, n, cap, buf_take(&b));
        if (!p) {
            VEC_PUSH(words, n, cap, NULL);
            spawn_words_free(words);
            err_set(e, -EINVAL, "a quote is open in: %s", line);
            return NULL;
        }
    }
    VEC_PUSH(words, n, cap, NULL);
    return words;
}

void spawn_words_free(char **words)
{
    for (char **p = words; p && *p; p++)
        free(*p);
    free(words);
}
