/* store/grams.c - text as it is searched: folded, and cut into the parts by which the full text
 * finds it
 *
 * Words are cut into threes of letters, and their beginnings are kept; scripts that are written
 * without blanks into ones and twos. What a query cannot be cut into is still compared in the end:
 * the index only narrows down.
 */
#include "store/grams.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

/* ---- folding ---- */

static void push(struct folded *f, uint32_t cp, size_t from)
{
    if (f->n + 1 >= f->cap) {
        f->cap = f->cap ? 2 * f->cap : 128;
        f->cp = xreallocarray(f->cp, f->cap, sizeof *f->cp);
        f->from = xreallocarray(f->from, f->cap, sizeof *f->from);
    }
    f->cp[f->n] = cp;
    f->from[f->n++] = (uint32_t)from;
}

void fold_text(struct folded *f, const char *text, size_t len)
{
    enum { MOST = 8 };
    const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                  UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STRIPMARK;
    f->n = 0;
    for (size_t i = 0, used = 1; i < len; i += used) {
        unsigned char c = (unsigned char)text[i];
        used = 1;
        if (c < 0x80) {
            push(f, c >= 'A' && c <= 'Z' ? c + 32u : c, i);
            continue;
        }
        utf8proc_int32_t parts[MOST];
        int last = 0;
        uint32_t cp = utf8_decode(text + i, len - i, &used);
        utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, parts, MOST, how, &last);
        for (utf8proc_ssize_t k = 0; k < n && k < MOST; k++)
            push(f, (uint32_t)parts[k], i);
    }
    push(f, 0, len);
    f->n--;
}

void folded_free(struct folded *f)
{
    free(f->cp);
    free(f->from);
    *f = (struct folded){0};
}

size_t folded_find(const struct folded *f, const struct folded *what, size_t at)
{
    for (size_t i = at; what->n > 0 && i + what->n <= f->n; i++) {
        if (f->cp[i] == what->cp[0] && memcmp(f->cp + i, what->cp, what->n * sizeof *what->cp) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* ---- what is a word ---- */

enum kind { GAP, LETTER, DENSE /* of a script without blanks */ };

static bool is_dense(uint32_t cp)
{
    static const struct {
        uint32_t lo, hi;
    } ranges[] = {
        {0xE00, 0xEFF},   {0x1000, 0x109F}, {0x1100, 0x11FF}, {0x1780, 0x17FF}, {0x2E80, 0x2FDF},
        {0x3005, 0x3007}, {0x3040, 0x30FF}, {0x3130, 0x318F}, {0x31A0, 0x31BF}, {0x3400, 0x4DBF},
        {0x4E00, 0x9FFF}, {0xA960, 0xA97F}, {0xAC00, 0xD7FF}, {0xF900, 0xFAFF}, {0x20000, 0x3FFFF},
    };
    for (size_t i = 0; i < COUNT(ranges) && cp >= ranges[i].lo; i++) {
        if (cp <= ranges[i].hi)
            return true;
    }
    return false;
}

static enum kind kind_of(uint32_t cp)
{
    if (cp < 0x80) {
        bool word = (cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9') || cp == '_';
        return word ? LETTER : GAP;
    }
    if (is_dense(cp))
        return DENSE;
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    bool letter = c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO;
    return letter || c == UTF8PROC_CATEGORY_SO ? LETTER : GAP; /* emoji are words */
}

static bool gap_at(const struct folded *f, size_t i)
{
    return i >= f->n || kind_of(f->cp[i]) != LETTER;
}

bool folded_word_at(const struct folded *f, size_t at, size_t n)
{
    return (at == 0 || gap_at(f, at - 1)) && gap_at(f, at + n);
}

static size_t run_end(const struct folded *f, size_t from)
{
    enum kind kind = kind_of(f->cp[from]);
    size_t to = from + 1;
    while (to < f->n && kind_of(f->cp[to]) == kind)
        to++;
    return to;
}

static bool must_begin(const struct folded *what)
{
    enum { SHORT = 3 };
    return what->n > 0 && kind_of(what->cp[0]) == LETTER && run_end(what, 0) < SHORT;
}

size_t folded_find_term(const struct folded *f, const struct folded *what, size_t at)
{
    size_t i = folded_find(f, what, at);
    if (i == SIZE_MAX || !must_begin(what))
        return i;
    while (i != SIZE_MAX && i > 0 && !gap_at(f, i - 1))
        i = folded_find(f, what, i + 1);
    return i;
}

/* ---- parts ---- */

enum { PART_MAX = 1 + 3 * 4 };

static size_t part(char out[PART_MAX], const uint32_t *cp, size_t n, bool begins)
{
    size_t len = 0;
    if (begins)
        out[len++] = '^';
    for (size_t i = 0; i < n; i++)
        len += utf8_encode(cp[i], out + len);
    return len;
}

typedef int part_fn(void *user, const char *text, size_t len);

static int tell(part_fn *fn, void *user, const uint32_t *cp, size_t n, bool begins)
{
    char text[PART_MAX];
    return fn(user, text, part(text, cp, n, begins));
}

static int dense_parts(const struct folded *f, size_t from, size_t to, part_fn *fn, void *user)
{
    int rc = 0;
    for (size_t i = from; i < to && rc == 0; i++) {
        rc = tell(fn, user, f->cp + i, 1, false);
        if (rc == 0 && i + 1 < to)
            rc = tell(fn, user, f->cp + i, 2, false);
    }
    return rc;
}

static int word_parts(const struct folded *f, size_t from, size_t to, part_fn *fn, void *user)
{
    int rc = tell(fn, user, f->cp + from, 1, true);
    if (rc == 0 && to - from >= 2)
        rc = tell(fn, user, f->cp + from, 2, true);
    for (size_t i = from; i + 3 <= to && rc == 0; i++)
        rc = tell(fn, user, f->cp + i, 3, false);
    return rc;
}

static int all_parts(const struct folded *f, part_fn *fn, void *user)
{
    int rc = 0;
    for (size_t i = 0, to = 0; i < f->n && rc == 0; i = to) {
        enum kind kind = kind_of(f->cp[i]);
        to = run_end(f, i);
        if (kind == DENSE)
            rc = dense_parts(f, i, to, fn, user);
        else if (kind == LETTER)
            rc = word_parts(f, i, to, fn, user);
    }
    return rc;
}

/* ---- the query ---- */

static void must_have(struct buf *out, const uint32_t *cp, size_t n, bool begins)
{
    char text[PART_MAX];
    size_t len = part(text, cp, n, begins);
    buf_adds(out, out->len > 0 ? " AND \"" : "\"");
    buf_add(out, text, len); /* a part holds no quotation mark */
    buf_addc(out, '"');
}

/* As few parts as cover the run: the text is compared afterwards anyway. */
static void run_must_have(struct buf *out, const struct folded *f, size_t from, size_t to)
{
    size_t n = to - from;
    if (kind_of(f->cp[from]) == DENSE) {
        for (size_t i = from; i + 2 <= to; i += 2)
            must_have(out, f->cp + i, 2, false);
        if (n % 2 == 1)
            must_have(out, f->cp + (n == 1 ? from : to - 2), n == 1 ? 1 : 2, false);
        return;
    }
    for (size_t i = from; i + 3 <= to; i += 3)
        must_have(out, f->cp + i, 3, false);
    if (n > 3 && n % 3 != 0)
        must_have(out, f->cp + to - 3, 3, false);
    if (n < 3)
        must_have(out, f->cp + from, n, true); /* short ones are found where words begin */
}

bool grams_expression(struct buf *out, const struct folded *what)
{
    size_t before = out->len;
    for (size_t i = 0, to = 0; i < what->n; i = to) {
        to = run_end(what, i);
        if (kind_of(what->cp[i]) != GAP)
            run_must_have(out, what, i, to);
    }
    return out->len > before;
}

/* ---- marks ---- */

enum mark_kind { M_INNER = 1, M_BEGIN, M_DENSE, M_ACROSS, M_SIGN };

static void mark(struct gram_marks *m, enum mark_kind kind, const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
    uint64_t h = (uint64_t)kind << 32 | na;
    for (size_t i = 0; i < na + nb; i++) {
        h = (h ^ (i < na ? a[i] : b[i - na])) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    m->w[h >> 6 & 3] |= UINT64_C(1) << (h & 63);
    m->w[h >> 14 & 3] |= UINT64_C(1) << (h >> 8 & 63);
}

struct run {
    enum kind kind;
    const uint32_t *cp;
    size_t n;
    bool whole_begin, whole_end; /* a text cannot have more of it there */
};

static void mark_run(struct gram_marks *m, const struct run *r)
{
    if (r->kind == DENSE) {
        for (size_t i = 0; i < r->n; i++) {
            mark(m, M_DENSE, r->cp + i, 1, r->cp + i, 0);
            if (i + 1 < r->n)
                mark(m, M_DENSE, r->cp + i, 2, r->cp + i, 0);
        }
        return;
    }
    for (size_t n = 1; r->whole_begin && n <= 2 && n <= r->n; n++)
        mark(m, M_BEGIN, r->cp, n, r->cp, 0);
    for (size_t i = 0; i + 3 <= r->n; i++)
        mark(m, M_INNER, r->cp + i, 3, r->cp + i, 0);
}

/* What is neither letter nor blank. */
static void mark_signs(struct gram_marks *m, const uint32_t *cp, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cp[i] == ' ')
            continue;
        mark(m, M_SIGN, cp + i, 1, cp + i, 0);
        if (i + 1 < n && cp[i + 1] != ' ')
            mark(m, M_SIGN, cp + i, 2, cp + i, 0);
    }
}

/* Two words beside each other: the end of one and the beginning of the other. */
static void mark_gap(struct gram_marks *m, const struct run *a, const struct run *b)
{
    size_t left = MIN(a->n, 2), right = MIN(b->n, 2);
    if ((left == 2 || a->whole_begin) && (right == 2 || b->whole_end))
        mark(m, M_ACROSS, a->cp + a->n - left, left, b->cp, right);
    if (a->n >= 3 && b->n >= 3)
        mark(m, M_ACROSS, a->cp + a->n - 3, 3, b->cp, 3);
}

static void mark_all(struct gram_marks *m, const struct folded *f, bool term)
{
    struct run before = {.kind = GAP};
    bool begin = !term || must_begin(f);
    for (size_t i = 0, to = 0; i < f->n; i = to) {
        to = run_end(f, i);
        struct run r = {kind_of(f->cp[i]), f->cp + i, to - i, i > 0 || begin, to < f->n || !term};
        if (r.kind == GAP) {
            mark_signs(m, r.cp, r.n);
            continue;
        }
        mark_run(m, &r);
        if (before.kind == LETTER && r.kind == LETTER)
            mark_gap(m, &before, &r);
        before = r;
    }
}

void grams_mark(struct gram_marks *m, const struct folded *text)
{
    *m = (struct gram_marks){0};
    mark_all(m, text, false);
}

void grams_mark_term(struct gram_marks *m, const struct folded *what)
{
    mark_all(m, what, true);
}

/* ---- FTS5 ---- */

struct to_fts {
    void *user;
    int (*token)(void *, int, const char *, int, int, int);
};

static int pass_on(void *user, const char *text, size_t len)
{
    const struct to_fts *t = user;
    return t->token(t->user, 0, text, (int)len, 0, 0);
}

static int tok_create(void *user, const char **args, int n, Fts5Tokenizer **out)
{
    *out = xcalloc(1, sizeof(struct folded));
    return SQLITE_OK;
}

static void tok_delete(Fts5Tokenizer *t)
{
    struct folded *f = (void *)t;
    folded_free(f);
    free(f);
}

static int tok_run(Fts5Tokenizer *t, void *user, int flags, const char *text, int len,
                   int (*token)(void *, int, const char *, int, int, int))
{
    if (flags & FTS5_TOKENIZE_QUERY) /* grams_expression() has cut it */
        return token(user, 0, text, len, 0, len);
    struct folded *f = (void *)t;
    struct to_fts to = {user, token};
    fold_text(f, text ? text : "", (size_t)MAX(len, 0));
    return all_parts(f, pass_on, &to);
}

int grams_register(sqlite3 *db)
{
    static const struct fts5_tokenizer functions = {tok_create, tok_delete, tok_run};
    fts5_api *api = NULL;
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &q, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_pointer(q, 1, &api, "fts5_api_ptr", NULL);
    sqlite3_step(q);
    sqlite3_finalize(q);
    if (!api)
        return SQLITE_ERROR;
    struct fts5_tokenizer copy = functions;
    return api->xCreateTokenizer(api, "kith", NULL, &copy, NULL);
}
