/* store/find_parse.c - a search as the user types it: words, "words as they stand", from: in:
 * since: before: has: */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/find.h"

void find_clear(struct find *f)
{
    for (size_t i = 0; i < f->n_terms; i++)
        folded_free(&f->terms[i]);
    folded_free(&f->from);
    folded_free(&f->in);
    *f = (struct find){0};
}

/* One word, or what is between quotation marks, also behind a filter's colon. False at the end. */
static bool next_word(const char **at, struct buf *out, bool *quoted)
{
    const char *p = *at + strspn(*at, " \t\n");
    bool inside = false;
    buf_clear(out);
    *quoted = false;
    if (*p == '\0')
        return false;
    for (; *p && (inside || !strchr(" \t\n", *p)); p++) {
        if (*p == '"') {
            inside = !inside;
            *quoted |= out->len == 0;
        } else {
            buf_addc(out, *p);
        }
    }
    *at = p;
    return true;
}

/* 7d, 3w, 2m, 1y: so long ago. */
static bool ago(const char *s, int64_t now, int64_t *out)
{
    enum { DAY_MS = 86400000 };
    size_t n = strspn(s, "0123456789");
    int64_t count = 0;
    if (n == 0 || n > 5 || s[n] == '\0' || s[n + 1] != '\0')
        return false;
    for (size_t i = 0; i < n; i++)
        count = count * 10 + (s[i] - '0');
    int days = s[n] == 'd' ? 1 : s[n] == 'w' ? 7 : s[n] == 'm' ? 30 : s[n] == 'y' ? 365 : 0;
    *out = now - count * days * DAY_MS;
    return days > 0;
}

/* The moment at which a day, month or year begins. */
static bool moment(const char *s, int64_t now, int64_t *out)
{
    enum { DAY_MS = 86400000, NOON_MS = DAY_MS / 2 };
    char day[16];
    bool yesterday = str_eq(s, "yesterday");
    if (str_eq(s, "today") || yesterday) {
        clock_format(day, sizeof day, "%Y-%m-%d", now);
        if (!clock_parse_day(day, out))
            return false;
        if (yesterday) { /* days are not all as long */
            clock_format(day, sizeof day, "%Y-%m-%d", *out - NOON_MS);
            return clock_parse_day(day, out);
        }
        return true;
    }
    if (ago(s, now, out))
        return true;
    char *whole = strlen(s) == 4   ? xasprintf("%s-01-01", s)
                  : strlen(s) == 7 ? xasprintf("%s-01", s)
                                   : xstrdup(s);
    bool good = clock_parse_day(whole, out);
    free(whole);
    return good;
}

static int take_has(struct find *f, const char *what, struct err *e)
{
    if (str_eq(what, "link"))
        f->has |= FIND_LINK;
    else if (str_eq(what, "file"))
        f->has |= FIND_FILE;
    else if (str_eq(what, "picture") || str_eq(what, "image"))
        f->has |= FIND_PICTURE;
    else
        return err_set(e, KITH_EINVAL, "has: knows link, file and picture, not \"%s\"", what);
    return 0;
}

static int take_time(int64_t *out, const char *word, int64_t now, struct err *e)
{
    if (moment(strchr(word, ':') + 1, now, out))
        return 0;
    return err_set(e, KITH_EINVAL,
                   "%s is no day; 2026-01-31, 2026-01, 2026, 7d, 3w, today and yesterday are",
                   word);
}

/* 1: it was a filter. 0: a word. */
static int take_filter(struct find *f, const char *word, int64_t now, struct err *e)
{
    int r = 1;
    if (str_starts(word, "from:") && word[5]) {
        f->from_me = str_eq(word + 5, "me");
        fold_text(&f->from, word + 5, strlen(word + 5));
    } else if (str_starts(word, "in:") && word[3]) {
        fold_text(&f->in, word + 3, strlen(word + 3));
    } else if (str_starts(word, "since:") && word[6]) {
        r = take_time(&f->since, word, now, e);
    } else if (str_starts(word, "before:") && word[7]) {
        r = take_time(&f->before, word, now, e);
    } else if (str_starts(word, "has:") && word[4]) {
        r = take_has(f, word + 4, e);
    } else {
        return 0;
    }
    return r < 0 ? r : 1;
}

static bool filters_only(const struct find *f)
{
    return f->from_me || f->from.n || f->in.n || f->since || f->before || f->has;
}

int find_parse(struct find *f, const char *line, int64_t now, struct err *e)
{
    struct buf word = {0};
    bool quoted = false;
    int r = 0;
    while (r >= 0 && next_word(&line, &word, &quoted)) {
        r = quoted ? 0 : take_filter(f, buf_str(&word), now, e);
        if (r != 0 || word.len == 0)
            continue;
        if (f->n_terms == FIND_TERMS)
            r = err_set(e, KITH_ETOOBIG, "at most %d words, please", FIND_TERMS);
        else
            fold_text(&f->terms[f->n_terms++], buf_str(&word), word.len);
    }
    buf_free(&word);
    for (size_t i = f->n_terms; i-- > 0;) { /* nothing but accents: fits everywhere */
        if (f->terms[i].n == 0) {
            folded_free(&f->terms[i]);
            VEC_DEL(f->terms, f->n_terms, i);
        }
    }
    if (r >= 0 && f->n_terms == 0 && !filters_only(f))
        r = err_set(e, KITH_EINVAL, "there is nothing to search for");
    return MIN(r, 0);
}
