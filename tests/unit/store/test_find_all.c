/* unit/store/test_find_all.c - searching by each combination of words and filters finds what looking at each message
 * finds, in its order
 */
#include "finding.h"

/* ---- every combination, beside what looking at each message says ---- */

enum { MANY = 600, TEXTS = 13, FROMS = 5, INS = 3, WHENS = 4, HASES = 5, DAY_MS = 86400000 };

static const char *const texts[TEXTS] = {"",           "the",        "xylo",  "bug the",
                                         "\"bug the\"", "ylopho",     "\xE5\x86\x8D\xE7\x8F\xBE",
                                         "\xE7\xA2\xBA", "zzzzz",      "b",     "\"e the\"",
                                         "->", "\"   \""};
static const char *const froms[FROMS] = {"", "from:robert", "from:me", "from:CAR", "from:zed"};
static const char *const ins[INS] = {"", "in:robert", "in:lo"};
static const char *const whens[WHENS] = {"", "since:2023-06-01", "before:2023-02-11", "since:2023-03 before:2023-05"};
static const char *const hases[HASES] = {"", "has:link", "has:file", "has:picture", "has:link has:file"};

struct plain { /* what is known of a message here */
    bool there;
    struct chat *chat;
    const char *sender, *name;
    char body[120];
    int64_t time;
    int files; /* 1: a file, 2: a picture */
};

struct many {
    struct plain v[MANY + 1];
    unsigned x;
    struct chat *lounge;
};

static unsigned below(struct many *m, unsigned n)
{
    m->x = m->x * 1664525u + 1013904223u;
    return (m->x >> 8) % n;
}

static void make_body(struct many *m, struct plain *p)
{
    static const char *const parts[] = {"the ", "bug ", "them ", "xylophone ", "be the ", "tea, ", "debug ", "theme-",
                                        "\xE5\x86\x8D\xE7\x8F\xBE", "\xE7\xA2\xBA\xE8\xAA\x8D ", "a->b ", "b ", "Bug,   The ",
                                        "https://x.org/ ", "row "};
    p->body[0] = '\0';
    for (unsigned n = 1 + below(m, 6), i = 0; i < n; i++) {
        unsigned k = below(m, 4) ? below(m, 3) : below(m, COUNT(parts)); /* some are much more common */
        strncat(p->body, parts[k], sizeof p->body - strlen(p->body) - 1);
    }
}

static void add_many(struct rig *r, struct many *m)
{
    static const char *const senders[] = {"me", "bob@x.org", "lobby@x.org/carol", "lobby@x.org/dave"};
    r->a->address = xstrdup("me@x.org");
    m->lounge = account_add_chat(r->a, store_new_chat(r->s, r->a, "lounge@x.org", KITH_CHAT_ROOM), "lounge@x.org", KITH_CHAT_ROOM);
    struct chat *const chats[] = {r->bob, r->room, m->lounge};
    for (int i = 1; i <= MANY; i++) {
        struct plain *p = &m->v[i];
        unsigned who = below(m, COUNT(senders));
        int64_t same;
        *p = (struct plain){.there = true, .chat = chats[below(m, 3)], .sender = senders[who], .name = who == 3 ? "Zed" : NULL};
        p->time = NOW - (int64_t)below(m, 400) * DAY_MS - (int64_t)below(m, 3) * 1000; /* in no order, some at once */
        p->files = below(m, 9) ? 0 : 1 + (int)below(m, 2);
        make_body(m, p);
        struct message *t = message_new();
        t->chat = p->chat;
        t->id = store_new_id(r->s);
        assert_int_equal(t->id, i);
        t->time = t->sort = p->time;
        t->flags = who == 0 ? KITH_MSG_OUTGOING : 0;
        str_set(&t->sender, p->sender);
        str_set(&t->sender_name, p->name);
        str_set(&t->body, p->body);
        if (p->files)
            message_add_attachment(t, &(struct attachment){.name = (char *)"a",
                                                           .mime = (char *)(p->files == 2 ? "image/png" : "text/plain")});
        store_add_message(r->s, t, &same);
        message_free(t);
    }
    store_commit(r->s, false, NULL);
}

/* Some say something else later, some nothing, some are gone. */
static void change_many(struct rig *r, struct many *m)
{
    for (int i = 3; i <= MANY; i += 1 + (int)below(m, 40)) {
        struct plain *p = &m->v[i];
        struct message *t = store_message(r->s, p->chat, i);
        unsigned how = below(m, 4);
        if (!t)
            continue;
        if (how < 2) {
            char key[32];
            make_body(m, p);
            snprintf(key, sizeof key, "e%d-%u", i, m->x);
            store_edit(r->s, t, key, p->time + m->x, p->body, NULL);
        } else if (how == 2) {
            p->there = false;
            store_retract(r->s, t);
        } else {
            p->there = false;
            store_drop_message(r->s, t);
        }
        message_free(t);
    }
    store_commit(r->s, false, NULL);
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static void lower(char *s)
{
    for (; *s; s++)
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
}

/* How often a word is in a text, and how well: whole words count twice, three times at most. */
static bool plain_term(const char *text, const char *word, double *score)
{
    size_t n = strlen(word), times = 0;
    bool begins = letter(word[0]) && (!letter(word[1]) || !letter(word[2]));
    for (const char *at = text; (at = strstr(at, word));) {
        bool first = at == text || !letter(at[-1]);
        if (begins && !first) {
            at++;
            continue;
        }
        if (times++ < 3)
            *score += first && !letter(at[n]) ? 2 : 1;
        at += n;
    }
    return times > 0;
}

static bool plain_words(const struct plain *p, int text, double *score)
{
    static const char *const words[TEXTS][3] = {{NULL},      {"the"},   {"xylo"},
                                                {"bug", "the"}, {"bug the"}, {"ylopho"},
                                                {"\xE5\x86\x8D\xE7\x8F\xBE"}, {"\xE7\xA2\xBA"}, {"zzzzz"},
                                                {"b"},       {"e the"}, {"->"}, {"   "}};
    char body[sizeof p->body];
    memcpy(body, p->body, sizeof body);
    lower(body);
    size_t cells = 0;
    *score = 0;
    for (const char *c = body; *c; c++)
        cells += ((unsigned char)*c & 0xC0) != 0x80;
    for (size_t i = 0; words[text][i]; i++) {
        if (!plain_term(body, words[text][i], score))
            return false;
    }
    *score /= 1 + (double)cells / 400;
    return true;
}

struct span {
    int64_t since, before;
};

static struct span span_of(int when)
{
    static const char *const days[WHENS][2] = {{NULL, NULL}, {"2023-06-01", NULL}, {NULL, "2023-02-11"},
                                               {"2023-03-01", "2023-05-01"}};
    struct span s = {INT64_MIN, INT64_MAX};
    if (days[when][0])
        assert_true(clock_parse_day(days[when][0], &s.since));
    if (days[when][1])
        assert_true(clock_parse_day(days[when][1], &s.before));
    return s;
}

static bool plain_filters(const struct rig *r, const struct plain *p, int from, int in, struct span when, int has)
{
    const char *who[FROMS] = {"", "bob@", "me", "carol", "dave"};
    bool link = strstr(p->body, "://"), good = strstr(p->sender, who[from]) != NULL;
    good = good && (in == 0 || (in == 1) == (p->chat == r->bob));
    good = good && p->time >= when.since && p->time < when.before;
    return good && (has == 0 || (has == 1 ? link : has == 2 ? p->files > 0 : has == 3 ? p->files == 2 : link && p->files > 0));
}

struct expected {
    int64_t id, time;
    double score;
};

static int newest(const void *a, const void *b)
{
    const struct expected *x = a, *y = b;
    if (x->time != y->time)
        return x->time > y->time ? -1 : 1;
    return x->id > y->id ? -1 : 1;
}

static int best(const void *a, const void *b)
{
    const struct expected *x = a, *y = b;
    if (x->score > y->score || x->score < y->score)
        return x->score > y->score ? -1 : 1;
    return newest(a, b);
}

static size_t look_at_each(const struct rig *r, const struct many *m, const int k[5], bool ranked, struct expected *out)
{
    size_t n = 0;
    struct span when = span_of(k[3]);
    for (int i = 1; i <= MANY; i++) {
        struct expected x = {.id = i, .time = m->v[i].time};
        if (m->v[i].there && plain_filters(r, &m->v[i], k[1], k[2], when, k[4]) && plain_words(&m->v[i], k[0], &x.score))
            out[n++] = x;
    }
    qsort(out, n, sizeof *out, ranked ? best : newest);
    return n;
}

static void compare(struct rig *r, const struct many *m, const int k[5], bool ranked, size_t max)
{
    struct expected want[MANY];
    struct buf words = {0};
    size_t n = look_at_each(r, m, k, ranked, want), shown = MIN(n, max ? max : (size_t)FIND_MAX);
    buf_addf(&words, "%s %s %s %s %s", texts[k[0]], froms[k[1]], ins[k[2]], whens[k[3]], hases[k[4]]);
    if (buf_str(&words)[strspn(buf_str(&words), " ")]) {
        int got = find(r, (struct find_query){.words = buf_str(&words), .ranked = ranked, .max = max});
        if (got != (int)shown || r->more != (n > shown))
            fail_msg("%s: %d found, %zu are there", buf_str(&words), got, n);
        for (size_t i = 0; i < shown; i++) {
            if (r->hits[i].message != want[i].id)
                fail_msg("%s: hit %zu of %zu is message %d, not %d", buf_str(&words), i, n, (int)r->hits[i].message, (int)want[i].id);
        }
    }
    buf_free(&words);
}

/* step: of so many combinations one. */
static void compare_all(struct rig *r, const struct many *m, int step)
{
    for (int i = 0; i < TEXTS * FROMS * INS * WHENS * HASES; i += step) {
        const int k[5] = {i % TEXTS, i / TEXTS % FROMS, i / TEXTS / FROMS % INS, i / TEXTS / FROMS / INS % WHENS,
                          i / TEXTS / FROMS / INS / WHENS};
        compare(r, m, k, false, i % 3 == 0 ? 7 : 0);
        if (k[0] != 0 && (step > 1 || i % 3 == 1))
            compare(r, m, k, true, 0);
    }
}

static void test_every_combination(void **state)
{
    struct rig *r = *state;
    struct many *m = xcalloc(1, sizeof *m);
    m->x = 5;
    add_many(r, m);
    compare_all(r, m, 61); /* in no index yet */
    assert_true(store_index_slice(r->s, 1000)); /* in part */
    store_commit(r->s, false, NULL);
    change_many(r, m);
    compare_all(r, m, 53);
    index_all(r);
    compare_all(r, m, 1);
    change_many(r, m); /* the index of words follows at once, the shelf when nothing is due */
    compare_all(r, m, 17);
    index_all(r);
    compare_all(r, m, 19);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_combination, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
