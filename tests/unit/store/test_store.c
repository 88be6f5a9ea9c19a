/* unit/store/test_store.c - the store: what is written comes back, each message once */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/private.h"
#include "store/store.h"

struct rig {
    char dir[64];
    char *path;
    struct store *s;
    struct model *m;
    struct account *a;
    struct chat *c;
};

static void ignore_chat(void *user, struct chat *c, const struct store_chat *more)
{
    struct store_chat *out = user;
    if (out)
        *out = *more;
}

static void load(struct rig *r)
{
    struct store_account row;
    struct err e = {0};
    assert_int_equal(store_open(&r->s, r->path, &e), 0);
    r->m = model_new();
    store_account(r->s, "home", "xmpp", &row);
    r->a = model_add_account(r->m, row.id, "home", row.protocol);
    store_account_clear(&row);
    store_load_contacts(r->s, r->a);
    store_load_chats(r->s, r->a, ignore_chat, NULL);
    r->c = account_chat(r->a, "bob@example.org");
}

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/kith-store-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->path = xasprintf("%s/history.db", r->dir);
    load(r);
    r->c = account_add_chat(r->a, store_new_chat(r->s, r->a, "bob@example.org", KITH_CHAT_DIRECT),
                            "bob@example.org", KITH_CHAT_DIRECT);
    *state = r;
    return 0;
}

static void unload(struct rig *r)
{
    model_free(r->m);
    store_close(r->s);
    r->s = NULL;
}

static void reload(struct rig *r)
{
    unload(r);
    load(r);
}

static void remove_dir(const struct rig *r)
{
    static const char *const names[] = {"", "-wal", "-shm", ".lock", ".damaged"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *p = xasprintf("%s%s", r->path, names[i]);
        unlink(p);
        free(p);
    }
    rmdir(r->dir);
}

static int teardown(void **state)
{
    struct rig *r = *state;
    unload(r);
    remove_dir(r);
    free(r->path);
    free(r);
    return 0;
}

static struct message *make(struct rig *r, const char *body, const char *wire, const char *origin,
                            const char *archive)
{
    struct message *m = message_new();
    m->chat = r->c;
    m->id = store_new_id(r->s);
    m->time = m->sort = 1000 + m->id;
    m->sender = xstrdup("bob@example.org");
    m->body = xstrdup(body);
    m->wire_id = xstrdup(wire);
    m->origin_id = xstrdup(origin);
    m->archive_id = xstrdup(archive);
    return m;
}

/* Adds and frees. Row of the same message, or 0 when it was inserted. */
static int64_t add(struct rig *r, struct message *m)
{
    int64_t same = 0;
    int added = store_add_message(r->s, m, &same);
    assert_int_equal(added, same == 0);
    message_free(m);
    return same;
}

static size_t count(struct rig *r)
{
    size_t n = 0;
    struct message **v = store_page(r->s, r->c, STORE_OLDER, 0, 0, 10000, &n);
    for (size_t i = 0; i < n; i++)
        message_free(v[i]);
    free(v);
    return n;
}

static void test_each_message_once(void **state)
{
    struct rig *r = *state;
    assert_int_equal(add(r, make(r, "hello", "w1", NULL, NULL)), 0);
    assert_int_equal(add(r, make(r, "hello", "w1", NULL, NULL)), 1); /* the same id again */
    assert_int_equal(add(r, make(r, "hello", "w1", NULL, "a1")), 1); /* and from the archive */
    assert_int_equal(add(r, make(r, "again", "w2", "o2", "a2")), 0);
    assert_int_equal(add(r, make(r, "again", "x", "y", "a2")), 4);      /* by archive id alone */
    assert_int_equal(add(r, make(r, "again", "other", "o2", NULL)), 4); /* by origin id */
    assert_int_equal(add(r, make(r, "no ids", NULL, NULL, NULL)), 0);
    assert_int_equal(add(r, make(r, "no ids", NULL, NULL, NULL)), 0);
    assert_int_equal(count(r), 4);
    assert_int_equal(store_commit(r->s, false, NULL), 1);
    reload(r);
    assert_int_equal(count(r), 4);
    assert_int_equal(add(r, make(r, "again", "w2", "o2", "a2")), 4);
}

static void test_ids_used_again_lose_nothing(void **state)
{
    struct rig *r = *state;
    assert_int_equal(add(r, make(r, "one", "1", NULL, NULL)), 0);
    assert_int_equal(add(r, make(r, "two", "1", NULL, NULL)), 0); /* a program that counts from 1 */
    assert_int_equal(add(r, make(r, "three", "1", NULL, "a3")), 0);
    assert_int_equal(add(r, make(r, "three", "1", NULL, "a4")), 0); /* the archive says: another */
    struct message *eve = make(r, "one", "1", NULL, NULL);
    str_set(&eve->sender, "eve@example.org");
    assert_int_equal(add(r, eve), 0); /* somebody else's id is not ours */
    assert_int_equal(count(r), 5);
}

static void test_own_echo_is_merged(void **state)
{
    struct rig *r = *state;
    struct message *own = make(r, "hi", NULL, "mine", NULL);
    own->flags = KITH_MSG_OUTGOING;
    int64_t id = own->id;
    add(r, own);
    struct message *echo = make(r, "hi", "mine", "mine", "a9");
    echo->flags = KITH_MSG_OUTGOING;
    str_set(&echo->sender, "room@example.org/me");
    assert_int_equal(add(r, echo), id);
    struct message *forged = make(r, "hi", "mine", "mine", NULL); /* a stranger who saw our id */
    assert_int_equal(add(r, forged), 0);
}

static void test_find_by_any_id(void **state)
{
    struct rig *r = *state;
    struct message *m = make(r, "text", "wire", "origin", "archive");
    int64_t id = m->id;
    add(r, m);
    const char *refs[] = {"wire", "origin", "archive"};
    for (size_t i = 0; i < COUNT(refs); i++) {
        m = store_find_message(r->s, r->c, refs[i], "bob@example.org");
        assert_non_null(m);
        assert_int_equal(m->id, id);
        message_free(m);
        assert_null(store_find_message(r->s, r->c, refs[i], "eve@example.org"));
    }
    assert_null(store_find_message(r->s, r->c, "nothing", NULL));
    assert_null(store_find_message(r->s, r->c, "", NULL));
}

static void test_everything_comes_back(void **state)
{
    struct rig *r = *state;
    struct message *m = make(r, "body", "w", "o", "a");
    m->kind = MESSAGE_ACTION;
    m->flags = KITH_MSG_OUTGOING;
    m->enc = KITH_ENC_TRUSTED;
    m->delivery = DELIVERY_FAILED;
    m->failure = xstrdup("no such address");
    m->sender_name = xstrdup("Bob");
    m->sender_id = xstrdup("occupant");
    m->resource = xstrdup("phone");
    m->reply_to = xstrdup("r");
    m->reply_sender = xstrdup("rs");
    m->thread = xstrdup("t");
    m->mention = true;
    message_add_attachment(m, &(struct attachment){.name = (char *)"cat.png",
                                                   .url = (char *)"https://x/cat.png",
                                                   .bytes = 7});
    int64_t same, id = m->id;
    store_add_message(r->s, m, &same);
    const char *hearts[] = {"heart", "+1"};
    assert_int_equal(store_react(r->s, m, "eve", hearts, 2, 50), 1);
    assert_int_equal(store_react(r->s, m, "eve", hearts, 1, 40), 0); /* older than the one known */
    store_commit(r->s, false, NULL);
    reload(r);
    struct message *b = store_message(r->s, r->c, id);
    assert_non_null(b);
    assert_int_equal(b->kind, MESSAGE_ACTION);
    assert_int_equal(b->enc, KITH_ENC_TRUSTED);
    assert_int_equal(b->delivery, DELIVERY_FAILED);
    assert_true(b->mention);
    assert_string_equal(b->failure, "no such address");
    assert_string_equal(b->sender_id, "occupant");
    assert_string_equal(b->resource, "phone");
    assert_string_equal(b->reply_sender, "rs");
    assert_string_equal(b->thread, "t");
    assert_int_equal(b->n_attachments, 1);
    assert_int_equal(b->attachments[0].bytes, 7);
    assert_int_equal(b->n_reactions, 2);
    assert_string_equal(b->reactions[0].text, "heart");
    message_free(b);
    message_free(m);
}

static void test_pages_without_a_seam(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 250; i++) {
        struct message *m = make(r, "x", NULL, NULL, NULL);
        m->sort = 1000 + i / 7; /* many of one moment: the row decides */
        add(r, m);
    }
    int64_t sort = 0, id = 0, expect = 250;
    for (;;) {
        size_t n = 0;
        struct message **v = store_page(r->s, r->c, STORE_OLDER, sort, id, 40, &n);
        if (n > 0) {
            sort = v[0]->sort;
            id = v[0]->id;
        }
        for (size_t i = n; i-- > 0; expect--) {
            assert_int_equal(v[i]->id, expect);
            message_free(v[i]);
        }
        free(v);
        if (n < 40)
            break;
    }
    assert_int_equal(expect, 0);
    size_t n = 0;
    struct message **v = store_page(r->s, r->c, STORE_NEWER_THAN, 1000 + 100 / 7, 101, 5, &n);
    assert_int_equal(n, 5);
    assert_int_equal(v[0]->id, 102);
    for (size_t i = 0; i < n; i++)
        message_free(v[i]);
    free(v);
}

static void test_edits_and_withdrawal(void **state)
{
    struct rig *r = *state;
    struct message *m = make(r, "tyop", "w", NULL, NULL);
    int64_t same;
    store_add_message(r->s, m, &same);
    while (store_index_slice(r->s, 1000))
        ;
    assert_int_equal(store_edit(r->s, m, "e1", 2000, "typo", NULL), 1);
    assert_int_equal(store_edit(r->s, m, "e1", 2000, "typo", NULL), 0);  /* known already */
    assert_int_equal(store_edit(r->s, m, "e0", 1500, "older", NULL), 1); /* came late: not shown */
    assert_string_equal(m->body, "typo");
    size_t n = 0;
    struct store_version *v = store_versions(r->s, m->id, &n);
    assert_int_equal(n, 2);
    assert_string_equal(v[1].body, "tyop");
    store_versions_free(v, n);
    store_retract(r->s, m);
    struct message *b = store_message(r->s, r->c, m->id);
    assert_true(b->retracted);
    assert_null(b->body);
    v = store_versions(r->s, m->id, &n);
    for (size_t i = 0; i < n; i++)
        assert_null(v[i].body);
    store_versions_free(v, n);
    message_free(b);
    message_free(m);
}

struct found {
    int64_t ids[16];
    size_t n;
};

static bool on_hit(void *user, int64_t chat, const struct message *m)
{
    struct found *f = user;
    f->ids[f->n++] = m->id;
    return true;
}

static void test_full_text(void **state)
{
    struct rig *r = *state;
    const char *bodies[] = {"the quick brown fox", "caf\xc3\xa9 at noon", "fox \"quoted\" AND OR"};
    struct found f = {0};
    for (size_t i = 0; i < COUNT(bodies); i++)
        add(r, make(r, bodies[i], NULL, NULL, NULL));
    assert_int_equal(store_search(r->s, NULL, "fox", 10, on_hit, &f, NULL), 2); /* looked at */
    f.n = 0;
    while (store_index_slice(r->s, 1000))
        ;
    assert_int_equal(store_search(r->s, NULL, "fox", 10, on_hit, &f, NULL), 2);
    assert_int_equal(f.ids[0], 3); /* newest first */
    assert_int_equal(store_search(r->s, r->c, "cafe", 10, on_hit, &f, NULL), 1);
    assert_int_equal(store_search(r->s, r->c, "\"quoted\" AND", 10, on_hit, &f, NULL), 1);
    assert_int_equal(store_search(r->s, r->c, "fox* NOT (", 10, on_hit, &f, NULL), 0);
    assert_true(store_search(r->s, r->c, "  ", 10, on_hit, &f, NULL) < 0);
    store_commit(r->s, false, NULL);
    reload(r);
    struct message *m = store_message(r->s, r->c, 1);
    store_edit(r->s, m, "e", 5000, "the slow brown bear", NULL);
    f.n = 0;
    assert_int_equal(store_search(r->s, NULL, "quick", 10, on_hit, &f, NULL), 0);
    assert_int_equal(store_search(r->s, NULL, "bear", 10, on_hit, &f, NULL), 1);
    message_free(m);
}

static void take_outgoing(void *user, struct store_outgoing *o)
{
    struct store_outgoing *out = user;
    store_outgoing_clear(out);
    *out = *o;
}

static void test_chat_contact_outbox_come_back(void **state)
{
    struct rig *r = *state;
    const char *groups[] = {"friends", "at work"};
    store_put_contact(r->s, account_put_contact(r->a, "bob@example.org", "Bob", groups, 2, 3));
    r->c->number = 4;
    r->c->open = true;
    r->c->unread = 7;
    r->c->mentions = 2;
    r->c->read_sort = 99;
    r->c->flags = KITH_CHAT_PINNED | KITH_CHAT_JOINED;
    chat_set_draft(r->c, &(struct draft){.text = (char *)"dear bob", .cursor = 4}, NULL);
    store_put_chat(r->s, r->c, &(struct store_chat){.last_sort = 5, .history_start = true});
    struct store_outgoing o = {.chat = r->c->id,
                               .message = 12,
                               .op = STORE_SEND,
                               .origin_id = (char *)"oid",
                               .body = (char *)"text"};
    store_add_outgoing(r->s, &o);
    o.attempts = 3;
    store_put_attempts(r->s, &o);
    store_commit(r->s, false, NULL);
    reload(r);
    assert_non_null(r->c);
    assert_int_equal(r->c->number, 4);
    assert_int_equal(r->c->unread, 7);
    assert_int_equal(r->c->mentions, 2);
    assert_int_equal(r->c->flags, KITH_CHAT_PINNED); /* joined is for a connection to say */
    assert_string_equal(r->c->draft.text, "dear bob");
    assert_int_equal(r->c->draft.cursor, 4);
    struct contact *ct = account_contact(r->a, "bob@example.org");
    assert_int_equal(ct->n_groups, 2);
    assert_string_equal(ct->groups[1], "at work");
    struct store_outgoing got = {0};
    store_load_outbox(r->s, take_outgoing, &got);
    assert_int_equal(got.attempts, 3);
    assert_string_equal(got.origin_id, "oid");
    store_drop_outgoing(r->s, got.id);
    store_outgoing_clear(&got);
    store_load_outbox(r->s, take_outgoing, &got);
    assert_null(got.origin_id);
}

static void test_unread_counts(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 6; i++) {
        struct message *m = make(r, "x", NULL, NULL, NULL);
        m->mention = i == 5;
        m->delivery = i == 4 ? DELIVERY_SENT : DELIVERY_NONE;
        add(r, m);
    }
    uint32_t unread, mentions;
    store_count_unread(r->s, r->c, 1002, 2, &unread, &mentions);
    assert_int_equal(unread, 3);
    assert_int_equal(mentions, 1);
    assert_int_equal(store_first_unread(r->s, r->c, 1002, 2), 3);
    assert_int_equal(store_first_unread(r->s, r->c, 1006, 6), 0);
}

static void test_delivery_only_rises(void **state)
{
    struct rig *r = *state;
    const enum delivery start[] = {DELIVERY_QUEUED, DELIVERY_SENT,   DELIVERY_STORED,
                                   DELIVERY_READ,   DELIVERY_FAILED, DELIVERY_STORED};
    for (size_t i = 0; i < COUNT(start); i++) {
        struct message *m = make(r, "x", NULL, NULL, NULL);
        m->flags = KITH_MSG_OUTGOING;
        m->delivery = start[i];
        add(r, m);
    }
    store_raise_delivery(r->s, r->c, 1005, 5, DELIVERY_DELIVERED);
    const enum delivery want[] = {DELIVERY_QUEUED, DELIVERY_DELIVERED, DELIVERY_DELIVERED,
                                  DELIVERY_READ,   DELIVERY_FAILED,    DELIVERY_STORED};
    for (size_t i = 0; i < COUNT(want); i++) {
        struct message *m = store_message(r->s, r->c, (int64_t)i + 1);
        assert_int_equal(m->delivery, want[i]);
        message_free(m);
    }
}

static void test_modes(void **state)
{
    struct rig *r = *state;
    struct stat st;
    add(r, make(r, "x", NULL, NULL, NULL));
    store_commit(r->s, false, NULL);
    const char *names[] = {"", "-wal", ".lock"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *p = xasprintf("%s%s", r->path, names[i]);
        assert_int_equal(stat(p, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        free(p);
    }
}

static void test_cost_and_start(void **state)
{
    struct rig *r = *state;
    enum { N = 100000, PEOPLE = 1000, TURN = 64 };
    int64_t cpu = clock_mono_us();
    for (int i = 0; i < N; i++) {
        char id[48];
        snprintf(id, sizeof id, "9f2c%08x-77aa", (unsigned)i * 2654435761u);
        struct message *m =
            make(r, "a message of the usual length, some sixty characters", id, id, id);
        add(r, m);
        if (i % TURN == 0)
            store_commit(r->s, false, NULL);
    }
    store_commit(r->s, false, NULL);
    printf("store: %.1f us for a message\n", (double)(clock_mono_us() - cpu) / N);
    for (int i = 0; i < PEOPLE; i++) {
        char address[48];
        snprintf(address, sizeof address, "person%d@example.org", i);
        store_put_contact(r->s, account_put_contact(r->a, address, "Some Name", NULL, 0, 3));
    }
    store_commit(r->s, false, NULL);
    unload(r);
    int64_t start = clock_mono_us();
    load(r);
    size_t n = 0;
    struct message **v = store_page(r->s, r->c, STORE_OLDER, 0, 0, 100, &n);
    int64_t took = clock_mono_us() - start;
    printf("start: %lld us with %d messages and %d contacts\n", (long long)took, N, PEOPLE);
    assert_int_equal(n, 100);
    for (size_t i = 0; i < n; i++)
        message_free(v[i]);
    free(v);
}

/* Every statement finds its messages by an index: a history of years is never read from end to end.
 */
static void test_no_statement_reads_all_messages(void **state)
{
    struct rig *r = *state;
    for (int i = S_NEW_ACCOUNT; i < S_COUNT; i++) {
        char *sql = xasprintf("EXPLAIN QUERY PLAN %s", store_sql[i]);
        sqlite3_stmt *q = NULL;
        assert_int_equal(sqlite3_prepare_v2(r->s->db, sql, -1, &q, NULL), SQLITE_OK);
        while (sqlite3_step(q) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(q, 3);
            bool all = str_eq(step, "SCAN message") || str_eq(step, "SCAN m");
            if (all)
                printf("%s: %s\n", store_sql[i], step);
            assert_false(all);
        }
        sqlite3_finalize(q);
        free(sql);
    }
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int segments(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    /* SQLite's manual, FTS5 9: the number of a segment is above bit 37 of a page's */
    const char *sql = "SELECT count(DISTINCT id >> 37) FROM message_text_data WHERE id >> 37 > 0";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

/* Keys are not read while a slice runs: each takes 2 ms at most with its commit. */
static void test_full_text_in_short_slices(void **state)
{
    enum { N = 8000, SLICES = 4000 };
    struct rig *r = *state;
    int64_t *took = xcalloc(SLICES, sizeof *took), same;
    size_t n = 0;
    for (int i = 0; i < N; i++) {
        char text[96];
        snprintf(text, sizeof text, "line %d of a talk about %d things, as people write them", i,
                 i * 7919 % 1009);
        struct message *m = make(r, text, NULL, NULL, NULL);
        store_add_message(r->s, m, &same);
        message_free(m);
    }
    store_commit(r->s, false, NULL);
    for (bool more = true; more; n++) {
        assert_true(n < SLICES);
        int64_t began = cpu_us();
        more = store_index_slice(r->s, 1200);
        store_commit(r->s, false, NULL);
        took[n] = cpu_us() - began;
    }
    qsort(took, n, sizeof *took, by_size);
    int64_t most = took[n * 95 / 100];
    printf("full text: %zu slices, half take %lld us, 95%% at most %lld, the longest %lld\n", n,
           (long long)took[n / 2], (long long)most, (long long)took[n - 1]);
    assert_true(most <= 2000);               /* the machine interrupts the others */
    assert_true(segments(r->path) <= 7 * 3); /* seven of each size wait to be merged */
    free(took);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_message_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_used_again_lose_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_echo_is_merged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_by_any_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_everything_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_without_a_seam, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edits_and_withdrawal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chat_contact_outbox_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unread_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delivery_only_rises, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cost_and_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_text_in_short_slices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_statement_reads_all_messages, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
