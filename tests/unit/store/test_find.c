/* unit/store/test_find.c - searching: words and parts of words in any script, filters, order, and
 * what goes to the helper and back
 */
#include "finding.h"

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
        cmocka_unit_test_setup_teardown(test_far_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_shelf, setup, teardown),
        cmocka_unit_test(test_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
