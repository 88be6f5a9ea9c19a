/* unit/store/test_find.c - searching: words and parts of words in any script, filters, order, and
 * what goes to the helper and back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/find.h"
#include "store/store.h"

struct rig {
    char dir[64];
    char *path;
    struct store *s;
    struct model *m;
    struct account *a;
    struct chat *bob, *room;
    sqlite3 *db;
    struct find_hit *hits;
    size_t n;
    bool more;
    struct err e;
};

static const int64_t NOW = 1700000000000;

static void add(struct rig *r, struct chat *c, const char *sender, const char *body, int64_t time)
{
    int64_t same;
    struct message *m = message_new();
    m->chat = c;
    m->id = store_new_id(r->s);
    m->time = m->sort = time;
    m->sender = xstrdup(sender);
    m->flags = strcmp(sender, "me") == 0 ? KITH_MSG_OUTGOING : 0;
    m->body = xstrdup(body);
    if (strstr(body, ".png"))
        message_add_attachment(
            m, &(struct attachment){.name = (char *)"a.png", .mime = (char *)"image/png"});
    store_add_message(r->s, m, &same);
    message_free(m);
}

static void index_all(struct rig *r)
{
    while (store_index_slice(r->s, 1000))
        store_commit(r->s, false, NULL);
    store_commit(r->s, false, NULL);
}

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    struct store_account row;
    snprintf(r->dir, sizeof r->dir, "/tmp/kith-find-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->path = xasprintf("%s/history.db", r->dir);
    assert_int_equal(store_open(&r->s, r->path, NULL), 0);
    r->m = model_new();
    store_account(r->s, "home", "xmpp", &row);
    r->a = model_add_account(r->m, row.id, "home", "xmpp");
    store_account_clear(&row);
    store_put_contact(r->s, account_put_contact(r->a, "bob@x.org", "Robert", NULL, 0, 0));
    r->bob = account_add_chat(r->a, store_new_chat(r->s, r->a, "bob@x.org", KITH_CHAT_DIRECT),
                              "bob@x.org", KITH_CHAT_DIRECT);
    r->room = account_add_chat(r->a, store_new_chat(r->s, r->a, "lobby@x.org", KITH_CHAT_ROOM),
                               "lobby@x.org", KITH_CHAT_ROOM);
    *state = r;
    return 0;
}

static void drop_hits(struct rig *r)
{
    find_hits_free(r->hits, r->n);
    r->hits = NULL;
    r->n = 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    drop_hits(r);
    sqlite3_close(r->db);
    model_free(r->m);
    store_close(r->s);
    for (size_t i = 0; i < COUNT(tails); i++) {
        char *path = xasprintf("%s%s", r->path, tails[i]);
        unlink(path);
        free(path);
    }
    rmdir(r->dir);
    free(r->path);
    free(r);
    return 0;
}

/* By a connection of its own that can only read, as the helper has it. */
static int find(struct rig *r, struct find_query q)
{
    drop_hits(r);
    err_set(&r->e, 0, "%s", "");
    if (!r->db)
        assert_int_equal(find_open(&r->db, r->path, &r->e), 0);
    q.now = NOW;
    int rc = find_query(r->db, &q, &r->hits, &r->n, &r->more, &r->e);
    return rc < 0 ? rc : (int)r->n;
}
#define FIND(r, text) find((r), (struct find_query){.words = (text)})

static void test_inside_words_and_scripts(void **state)
{
    struct rig *r = *state;
    add(r, r->bob, "bob@x.org", "It fixes the Resize bug and the blank line", NOW - 9000);
    add(r, r->bob, "bob@x.org", "caf\xC3\xA9 au lait, na\xC3\xAFve", NOW - 8000);
    add(r, r->bob, "me",
        "[resize bug] "
        "\xE5\x86\x8D\xE7\x8F\xBE\xE3\x81\xA7\xE3\x81\x8D\xE3\x81\xBE\xE3\x81\x97\xE3\x81\x9F",
        NOW - 7000);
    add(r, r->bob, "bob@x.org", "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 IP ok",
        NOW - 6000);
    add(r, r->bob, "bob@x.org", "see foo->bar(1) \"as is\" 100%", NOW - 5000);
    store_commit(r->s, false, NULL);
    for (int indexed = 0; indexed < 2;
         indexed++) { /* what the index has not come to is found as well */
        assert_int_equal(FIND(r, "resize"), indexed ? 2 : 2);
        assert_int_equal(FIND(r, "ESIZ bu"), 2);
        assert_int_equal(FIND(r, "cafe NAIVE"), 1);
        assert_int_equal(FIND(r, "\xE5\x86\x8D\xE7\x8F\xBE"), 1);
        assert_int_equal(FIND(r, "\xE7\x8F\xBE"), 1);
        assert_int_equal(FIND(r, "\xE7\x8F\xBE\xE3\x81\xA7\xE3\x81\x8D"), 1);
        assert_int_equal(FIND(r, "\xD1\x80\xD0\x98\xD0\xB2"), 1);
        assert_int_equal(FIND(r, "ip"), 1);
        assert_int_equal(FIND(r, "foo->bar(1)"), 1);
        assert_int_equal(FIND(r, "\"resize bug\""), 2);
        assert_int_equal(FIND(r, "\"bug resize\""), 0);
        assert_int_equal(FIND(r, "bug resize"), 2);
        assert_int_equal(FIND(r, "100%"), 1);
        assert_int_equal(FIND(r, "NEAR(a* OR -x)"), 0);
        assert_int_equal(FIND(r, "resizes"), 0);
        store_commit(r->s, false, NULL);
        index_all(r);
    }
    assert_int_equal(FIND(r, "resize"), 2);
    assert_true(r->hits[0].time > r->hits[1].time);
    assert_int_equal(r->hits[1].spots[0].from, 13);
    assert_int_equal(r->hits[1].spots[0].to, 19);
    assert_int_equal(FIND(r, "cafe"), 1);
    assert_int_equal(r->hits[0].spots[0].to, 5); /* bytes of what stands there */
}

static void test_filters(void **state)
{
    struct rig *r = *state;
    const int64_t day = 86400000;
    add(r, r->bob, "bob@x.org", "tea https://x.org/a", NOW - 40 * day);
    add(r, r->bob, "me", "tea tea.png", NOW - 10 * day);
    add(r, r->room, "lobby@x.org/carol", "tea", NOW - day / 2);
    index_all(r);
    assert_int_equal(FIND(r, "tea"), 3);
    assert_int_equal(FIND(r, "tea from:me"), 1);
    assert_int_equal(FIND(r, "tea from:carol"), 1);
    assert_int_equal(FIND(r, "tea from:robert"), 1); /* the name that the user gave */
    assert_int_equal(FIND(r, "tea in:lobby"), 1);
    assert_int_equal(FIND(r, "tea in:robert"), 2);
    assert_int_equal(FIND(r, "tea in:nowhere"), KITH_ENOTFOUND);
    assert_int_equal(FIND(r, "tea since:20d"), 2);
    assert_int_equal(FIND(r, "tea before:20d"), 1);
    assert_int_equal(FIND(r, "tea since:3w before:yesterday"), 1);
    assert_int_equal(FIND(r, "tea since:2023-11"), 2);
    assert_int_equal(FIND(r, "tea since:soon"), KITH_EINVAL);
    assert_int_equal(FIND(r, "has:link"), 1);
    assert_int_equal(FIND(r, "has:picture"), 1);
    assert_int_equal(FIND(r, "has:file from:me"), 1);
    assert_int_equal(FIND(r, "has:wings"), KITH_EINVAL);
    assert_int_equal(FIND(r, "in:\"lobby@x.org\""), 1);
    assert_int_equal(FIND(r, "\"from:me\""), 0); /* words, when in quotation marks */
    assert_int_equal(FIND(r, "  "), KITH_EINVAL);
    assert_int_equal(find(r, (struct find_query){.words = "tea", .chat = r->room->id}), 1);
}

static void test_order_and_bounds(void **state)
{
    struct rig *r = *state;
    add(r, r->bob, "bob@x.org", "coffee, and nothing else", NOW - 9000);
    for (int i = 0; i < 30; i++)
        add(r, r->bob, "bob@x.org",
            "a long line that says much of everything and holds decoffeeination somewhere in its "
            "middle",
            NOW - i);
    index_all(r);
    assert_int_equal(find(r, (struct find_query){.words = "coffee", .max = 10}), 10);
    assert_true(r->more);
    assert_int_equal(r->hits[0].time, NOW);
    assert_int_equal(find(r, (struct find_query){.words = "coffee", .max = 10, .ranked = true}),
                     10);
    assert_int_equal(r->hits[0].time, NOW - 9000); /* a whole word in a short text */
    assert_int_equal(FIND(r, "coffee"), 31);
    assert_false(r->more);
}

static void test_changes_are_followed(void **state)
{
    struct rig *r = *state;
    add(r, r->bob, "bob@x.org", "the quick brown fox", NOW);
    index_all(r);
    struct message *m = store_message(r->s, r->bob, 1);
    store_edit(r->s, m, "e", 5000, "the slow brown bear", NULL);
    store_commit(r->s, false, NULL);
    assert_int_equal(FIND(r, "quick"), 0);
    assert_int_equal(FIND(r, "bear"), 1);
    store_retract(r->s, m);
    store_commit(r->s, false, NULL);
    assert_int_equal(FIND(r, "bear"), 0);
    assert_int_equal(FIND(r, "brown"), 0);
    message_free(m);
}

/* The first hits do not wait for how much there is: common words, rare ones, parts, none. */
static void test_cost(void **state)
{
    struct rig *r = *state;
    enum { N = 40000 };
    static const char *const words[] = {"resize",  "the window", "bug of",    "terminal",
                                        "and tea", "history",    "on Friday", "patch"};
    unsigned x = 1;
    for (int i = 0; i < N; i++) {
        char body[160];
        x = x * 1664525u + 1013904223u;
        snprintf(body, sizeof body, "%s %s %s %x%s", words[x >> 29], words[x >> 26 & 7],
                 words[x >> 23 & 7], x >> 8, i == N / 3 ? " xylophone" : "");
        add(r, r->bob, "bob@x.org", body, NOW - N + i);
        if (i % 1000 == 0)
            store_commit(r->s, false, NULL);
    }
    index_all(r);
    static const char *const queries[] = {"the",   "ylopho",         "resize bug",
                                          "zzzzz", "\"bug of the\"", "e"};
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        int n = find(r, (struct find_query){.words = queries[i], .max = 100});
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        long us = (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
        printf("search of %d messages for %s: %d hits in %ld us\n", N, queries[i], n, us);
        assert_int_equal(n, i == 1 ? 1 : i == 3 ? 0 : 100);
        assert_true(us < 500000); /* sanitized and busy; a fiftieth of it is usual */
    }
}

static long cost_of(struct rig *r, const char *words, int hits)
{
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    int n = find(r, (struct find_query){.words = words, .max = 100});
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    assert_int_equal(n, hits);
    return (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
}

/* The one link, file or word with a link among many does not need all of them to be read. */
static void test_cost_of_filters(void **state)
{
    struct rig *r = *state;
    enum { N = 40000, OLD = 300 };
    for (int i = 0; i < N; i++) {
        add(r, i % 2 ? r->bob : r->room, "bob@x.org",
            i == OLD       ? "look at https://x.org/"
            : i == OLD + 1 ? "here it is: a.png"
                           : "tea and words and more words and what else there is",
            NOW - N + i);
        if (i % 1000 == 0)
            store_commit(r->s, false, NULL);
    }
    index_all(r);
    long all = cost_of(r, "\"   \"", 0); /* nothing narrows that down */
    static const char *const queries[] = {"has:link", "has:file", "has:picture", "look has:link",
                                          "from:nobody", "before:2001", "tea from:me", "tea has:file before:2001"};
    for (size_t i = 0; i < COUNT(queries); i++) {
        long us = cost_of(r, queries[i], i < 4);
        printf("search of %d messages for %s: %ld us, for all of them %ld\n", N, queries[i], us, all);
        assert_true(us < all / 3);
    }
    assert_true(cost_of(r, "tea has:link", 0) < all); /* 40,000 have the word */
    assert_true(cost_of(r, "in:bob has:file", 1) < all);
    assert_int_equal(find(r, (struct find_query){.words = "has:link has:file", .max = 100}), 0);
}

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

/* More than one round of places: what is rare lies behind much that only looks as if it fitted. */
static void test_far_behind(void **state)
{
    struct rig *r = *state;
    enum { N = 12000 };
    for (int i = 0; i < N; i++) {
        add(r, i % 2 ? r->bob : r->room, "bob@x.org", i % 1000 == 5 ? "one ->   the other window" : "the window of the other one",
            NOW + (i < N / 2 ? i : -i));
        if (i % 1000 == 0)
            store_commit(r->s, false, NULL);
    }
    index_all(r);
    assert_int_equal(FIND(r, "\"   \""), 12); /* blanks are in no index */
    assert_int_equal(FIND(r, "->"), 12);
    for (int i = 1; i < 12; i++)
        assert_true(r->hits[i - 1].time > r->hits[i].time);
    assert_int_equal(FIND(r, "-> in:lobby"), 0); /* odd ones are not in the room */
    assert_int_equal(FIND(r, "\"the other window\" window"), 12);
    assert_int_equal(find(r, (struct find_query){.words = "window", .max = 20}), 20);
    assert_int_equal(r->hits[0].time, NOW + N / 2 - 1);
    assert_int_equal(r->hits[19].time, NOW + N / 2 - 20);
}

/* An old file that cannot be written to has no shelf. */
static void test_without_a_shelf(void **state)
{
    struct rig *r = *state;
    add(r, r->bob, "bob@x.org", "tea https://x.org/a", NOW - 5);
    add(r, r->room, "me", "tea", NOW - 6);
    index_all(r);
    assert_int_equal(FIND(r, "tea"), 2);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE shelf; DROP TABLE voice; DROP TABLE shelf_changed;"
                                      "DELETE FROM meta WHERE key = 'shelved'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(FIND(r, "tea"), 2);
    assert_int_equal(FIND(r, "from:me"), 1);
    assert_int_equal(FIND(r, "tea has:link in:robert"), 1);
}

static void test_wire(void **state)
{
    struct buf b = {0};
    char *words = NULL;
    struct find_query q = {.words = "a b", .chat = 7, .now = NOW, .max = 9, .ranked = true},
                      got = {0};
    find_put_query(&b, &q);
    for (size_t cut = 0; cut < b.len; cut++) {
        assert_false(find_get_query(b.data, cut, &got, &words));
        free(words);
        words = NULL;
    }
    assert_true(find_get_query(b.data, b.len, &got, &words));
    assert_string_equal(got.words, "a b");
    assert_true(got.chat == 7 && got.max == 9 && got.ranked && got.now == NOW);
    free(words);
    buf_clear(&b);
    struct find_hit h = {.message = 3,
                         .chat = 4,
                         .time = 5,
                         .sort = 6,
                         .flags = 1,
                         .sender = (char *)"bob",
                         .body = (char *)"words",
                         .spots = {{1, 3}},
                         .n_spots = 1},
                    back;
    find_put_hit(&b, &h);
    for (size_t cut = 0; cut < b.len; cut++)
        assert_false(find_get_hit(b.data, cut, &back));
    assert_true(find_get_hit(b.data, b.len, &back));
    assert_true(back.message == 3 && back.n_spots == 1 && back.spots[0].to == 3 &&
                !back.sender_name);
    assert_string_equal(back.body, "words");
    find_hit_clear(&back);
    buf_clear(&b);
    h.spots[0].to = 600; /* outside of the text */
    find_put_hit(&b, &h);
    assert_false(find_get_hit(b.data, b.len, &back));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_inside_words_and_scripts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_and_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes_are_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cost_of_filters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_combination, setup, teardown),
        cmocka_unit_test_setup_teardown(test_far_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_shelf, setup, teardown),
        cmocka_unit_test(test_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
