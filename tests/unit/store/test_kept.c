/* unit/store/test_kept.c - chats of which the disk has the place of each message, and not what it says (/keep) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
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

/* Is it anywhere in the files, also in the log that is written ahead? */
static bool on_disk(const struct rig *r, const char *words)
{
    static const char *const parts[] = {"", "-wal"};
    bool found = false;
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *path = xasprintf("%s%s", r->path, parts[i]);
        FILE *f = fopen(path, "rb");
        struct buf b = {0};
        char piece[4096];
        for (size_t n; f && (n = fread(piece, 1, sizeof piece, f)) > 0;)
            buf_add(&b, piece, n);
        found |= b.len && memmem(b.data, b.len, words, strlen(words));
        if (f)
            fclose(f);
        buf_free(&b);
        free(path);
    }
    return found;
}

static struct message *unkept(struct rig *r, const char *body, const char *wire)
{
    struct message *m = make(r, body, wire, NULL, NULL);
    m->flags |= message_kept_as(r->c->flags);
    return m;
}

/* /keep: of what is said there the place, and nothing else. */
static void test_not_kept(void **state)
{
    struct rig *r = *state;
    struct store_chat more = {0};
    int64_t same;
    struct message *before = make(r, "written before", "w1", NULL, NULL);
    store_add_message(r->s, before, &same);
    r->c->flags |= CHAT_UNKEPT;
    const struct draft draft = {.text = (char *)(uintptr_t)"a half sentence", .cursor = 3, .reply_to = 5, .editing = 7};
    chat_set_draft(r->c, &draft, NULL);
    store_put_chat(r->s, r->c, &more);
    struct message *m = unkept(r, "gunpowder at midnight", "w2");
    store_add_message(r->s, m, &same);
    while (store_index_slice(r->s, 1000))
        ;
    assert_int_equal(store_edit(r->s, m, "e1", 2000, "gunpowder at noon", NULL), 1);
    assert_string_equal(m->body, "gunpowder at noon"); /* in memory as ever */
    assert_int_equal(store_edit(r->s, before, "e2", 2000, "gunpowder in it now", NULL), 1);
    store_commit(r->s, false, NULL);
    assert_false(on_disk(r, "gunpowder"));
    assert_false(on_disk(r, "half sentence"));
    struct message *again = unkept(r, "gunpowder at midnight", "w2"); /* from the archive: it is the same one */
    assert_int_equal(store_add_message(r->s, again, &same), 0);
    assert_int_equal(same, m->id);
    int64_t id = m->id, first = before->id;
    message_free(again);
    message_free(m);
    message_free(before);
    reload(r);
    assert_true(r->c->flags & CHAT_UNKEPT);
    assert_true(!r->c->draft.text && !r->c->draft.cursor && !r->c->draft.reply_to && !r->c->draft.editing); /* all of it */
    m = store_message(r->s, r->c, id);
    assert_non_null(m);
    assert_null(m->body);
    assert_true(m->flags & MESSAGE_UNKEPT);
    assert_string_equal(m->sender, "bob@example.org");
    store_retract(r->s, m);
    store_drop_message(r->s, m);
    message_free(m);
    before = store_message(r->s, r->c, first);
    assert_null(before->body);
    message_free(before);
    store_commit(r->s, false, NULL);
}

static size_t index_terms(const struct rig *r, const char *like);

/* What is written anew in a chat that is not kept any more, and had been kept and found by the search. */
static void test_written_anew(void **state)
{
    struct rig *r = *state;
    struct store_chat more = {0};
    int64_t same;
    struct message *m = make(r, "a draft", "w1", NULL, NULL);
    store_add_message(r->s, m, &same);
    while (store_index_slice(r->s, 1000))
        ;
    r->c->flags |= CHAT_UNKEPT;
    store_put_chat(r->s, r->c, &more);
    store_rewrite(r->s, m, "gunpowder at noon", NULL);
    store_commit(r->s, false, NULL);
    assert_false(on_disk(r, "gunpowder"));
    assert_int_equal(index_terms(r, "gunpowder"), 0);
    assert_int_equal(index_terms(r, "draft"), 0);
    assert_true(m->flags & MESSAGE_UNKEPT);
    struct message *again = store_message(r->s, r->c, m->id);
    assert_string_equal(again->body, "gunpowder at noon");
    message_free(again);
    message_free(m);
}

/* Some programs use an id again: what is not kept tells two texts apart as long as they can be read. */
static void test_same_id(void **state)
{
    struct rig *r = *state;
    int64_t same;
    r->c->flags |= CHAT_UNKEPT;
    struct message *one = unkept(r, "one", "w1"), *two = unkept(r, "two", "w1"), *again = unkept(r, "one", "w1");
    assert_int_equal(store_add_message(r->s, one, &same), 1);
    assert_int_equal(store_add_message(r->s, two, &same), 1);
    assert_int_equal(store_add_message(r->s, again, &same), 0);
    assert_int_equal(same, one->id);
    message_free(one);
    message_free(two);
    message_free(again);
    store_commit(r->s, false, NULL);
    reload(r);
    again = unkept(r, "one", "w1"); /* which of them it was cannot be told any more: from the archive, one of them */
    assert_int_equal(store_add_message(r->s, again, &same), 0);
    message_free(again);
}

/* Of how many pieces the full text is made, each of which may hold what a later one takes back. */
static int index_pieces(const struct rig *r)
{
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_prepare_v2(r->s->db, "SELECT block FROM message_text_data WHERE id = 10", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    const unsigned char *b = sqlite3_column_blob(q, 0);
    int n = b[5]; /* behind a number of four bytes and that of the levels */
    sqlite3_finalize(q);
    return n;
}

static size_t index_terms(const struct rig *r, const char *like)
{
    sqlite3_stmt *q = NULL;
    size_t n = 0;
    assert_int_equal(sqlite3_exec(r->s->db, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, message_text, row)",
                                  NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(r->s->db, "SELECT count(*) FROM temp.terms WHERE term LIKE ?1", -1, &q, NULL), SQLITE_OK);
    sqlite3_bind_text(q, 1, like, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    n = (size_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

static void settle(struct rig *r)
{
    assert_int_equal(store_commit(r->s, false, NULL), 1);
    for (int i = 0; store_scrub(r->s); i++)
        assert_in_range(i, 0, 100);
}

/* While kith runs all of it can be read, also what has left the window. */
static void test_read_while_it_runs(void **state)
{
    struct rig *r = *state;
    int64_t same;
    size_t n;
    r->c->flags |= CHAT_UNKEPT;
    struct message *m = unkept(r, "gunpowder at midnight", "w1");
    message_add_attachment(m, &(struct attachment){.id = (char *)(uintptr_t)"gcm256.gunpowder", .name = (char *)(uintptr_t)"gunpowder.pdf",
                                                  .url = (char *)(uintptr_t)"https://example.org/gunpowder", .bytes = 5, .sealed = true});
    store_add_message(r->s, m, &same);
    assert_int_equal(store_edit(r->s, m, "e1", 2000, "gunpowder at noon", NULL), 1);
    const char *const hearts[] = {"gunpowder!"};
    assert_int_equal(store_react(r->s, m, "bob@example.org", hearts, 1, 3000), 1);
    settle(r);
    struct message *again = store_message(r->s, r->c, m->id);
    assert_string_equal(again->body, "gunpowder at noon");
    assert_int_equal(again->n_attachments, 1);
    assert_string_equal(again->attachments[0].id, "gcm256.gunpowder");
    assert_true(again->attachments[0].sealed);
    assert_int_equal(again->n_reactions, 1);
    assert_string_equal(again->reactions[0].text, "gunpowder!");
    struct store_version *v = store_versions(r->s, m->id, &n);
    assert_int_equal(n, 1);
    assert_string_equal(v[0].body, "gunpowder at midnight");
    store_versions_free(v, n);
    assert_int_equal(store_unedit(r->s, again, "e1"), 1);
    assert_string_equal(again->body, "gunpowder at midnight");
    message_free(again);
    assert_false(on_disk(r, "gunpowder"));
    int64_t id = m->id;
    reload(r);
    again = store_message(r->s, r->c, id);
    assert_null(again->body);
    assert_int_equal(again->n_attachments, 0);
    assert_int_equal(again->n_reactions, 0);
    message_free(again);
    message_free(m);
}

/* An edit that comes before its message waits in memory, and is there when the message comes. */
static void test_waiting(void **state)
{
    struct rig *r = *state;
    size_t n;
    r->c->flags |= CHAT_UNKEPT;
    store_add_waiting(r->s, r->c, &(struct store_change){.flags = KITH_MSG_EDIT, .target = (char *)(uintptr_t)"w1", .ref = (char *)(uintptr_t)"e1",
                                                        .body = (char *)(uintptr_t)"gunpowder at noon"});
    settle(r);
    assert_false(on_disk(r, "gunpowder"));
    struct store_change *v = store_take_waiting(r->s, r->c, "w1", &n);
    assert_int_equal(n, 1);
    assert_string_equal(v[0].body, "gunpowder at noon");
    store_changes_free(v, n);
}

/* What waits to be sent is on the disk as long as it waits, and then nowhere: not in the log, not in pages that are free. */
static void test_settled(void **state)
{
    enum { N = 300 };
    struct rig *r = *state;
    struct store_outgoing o[N] = {{0}};
    struct store_chat more = {0};
    struct message *file = unkept(r, "gunpowder.pdf", "wf");
    int64_t same;
    r->c->flags |= CHAT_UNKEPT;
    store_put_chat(r->s, r->c, &more);
    file->flags |= KITH_MSG_OUTGOING | MESSAGE_UNKEPT;
    file->delivery = DELIVERY_QUEUED;
    message_add_attachment(file, &(struct attachment){.path = (char *)(uintptr_t)"/home/me/gunpowder.pdf", .bytes = 5});
    store_add_message(r->s, file, &same);
    char *text = xcalloc(1, 6001);
    for (int i = 0; i < N; i++) {
        memset(text, 'a' + i % 26, i % 7 == 0 ? 6000 : (size_t)(20 + i));
        memcpy(text, "gunpowder", 9);
        o[i] = (struct store_outgoing){.chat = r->c->id, .message = 100 + i, .op = STORE_SEND, .origin_id = (char *)(uintptr_t)"o", .body = text};
        store_add_outgoing(r->s, &o[i]);
        memset(text, 0, 6000);
        if (i % 10 == 9)
            assert_int_equal(store_commit(r->s, false, NULL), 1);
    }
    free(text);
    assert_true(on_disk(r, "gunpowder"));
    for (int i = 0; i < N; i++) {
        store_drop_outgoing(r->s, o[(i * 7) % N].id);
        if (i % 10 == 9)
            settle(r);
    }
    file->delivery = DELIVERY_STORED;
    store_put_delivery(r->s, file);
    settle(r);
    assert_false(on_disk(r, "gunpowder"));
    message_free(file);
}

/* What was kept before goes when the user wants that: rows, full text, log, and the pages between. Another chat's stays. */
static void test_forget(void **state)
{
    enum { N = 700 };
    struct rig *r = *state;
    struct chat *other = account_add_chat(r->a, store_new_chat(r->s, r->a, "carol@example.org", KITH_CHAT_DIRECT), "carol@example.org",
                                          KITH_CHAT_DIRECT);
    int64_t same, sort = 0, at = 0;
    for (int i = 0; i < N; i++) {
        char body[3000] = "", wire[20];
        snprintf(wire, sizeof wire, "w%d", i);
        memset(body, 'x', i % 50 == 0 ? 2900 : 40);
        memcpy(body, i % 3 == 0 ? "tablecloth " : "gunpowder ", 10);
        struct message *m = make(r, body, wire, NULL, NULL);
        m->chat = i % 3 == 0 ? other : r->c;
        store_add_message(r->s, m, &same);
        if (i % 5 == 0)
            store_edit(r->s, m, wire, 2000, i % 3 == 0 ? "tablecloth edited" : "gunpowder edited", NULL);
        message_free(m);
    }
    store_commit(r->s, false, NULL);
    while (store_index_slice(r->s, 1000))
        store_commit(r->s, false, NULL);
    store_commit(r->s, false, NULL);
    char *much = xcalloc(1, 200001);
    for (size_t i = 0; i < 200000; i += 10)
        memcpy(much + i, "gunpowder ", 10);
    struct message *m = make(r, much, "much", NULL, NULL);
    store_add_message(r->s, m, &same);
    store_commit(r->s, false, NULL);
    scrub_pages(r->s, false); /* as it was written by those who did not care */
    store_rewrite(r->s, m, "gunpowder in few words", NULL);
    store_commit(r->s, false, NULL);
    scrub_pages(r->s, true);
    message_free(m);
    free(much);
    assert_true(index_terms(r, "%unp%") > 0);
    assert_int_equal(store_count_kept(r->s, r->c), 467);
    r->c->flags |= CHAT_UNKEPT;
    while (store_forget_some(r->s, r->c, &sort, &at))
        assert_int_equal(store_commit(r->s, false, NULL), 1);
    assert_int_equal(store_commit(r->s, false, NULL), 1);
    struct err e = {0};
    int attached = sqlite3_limit(r->s->db, SQLITE_LIMIT_ATTACHED, 0); /* the file cannot be written anew: that is said */
    for (int i = 0; store_forget_traces(r->s, &e); i++)
        assert_in_range(i, 0, 10000);
    assert_true(e.code < 0);
    assert_non_null(strstr(e.text, "too many attached databases"));
    sqlite3_limit(r->s->db, SQLITE_LIMIT_ATTACHED, attached);
    e = (struct err){0};
    for (int i = 0; store_forget_traces(r->s, &e); i++)
        assert_in_range(i, 0, 10000);
    assert_int_equal(e.code, 0);
    assert_int_equal(store_count_kept(r->s, r->c), 0);
    assert_int_equal(store_count_kept(r->s, other), 234);
    assert_int_equal(index_terms(r, "%unp%"), 0);
    assert_int_equal(index_pieces(r), 1);
    assert_true(index_terms(r, "%ecl%") > 0);
    assert_false(on_disk(r, "gunpowder"));
    assert_true(on_disk(r, "tablecloth"));
    assert_int_equal(store_search(r->s, NULL, "gunpowder", 10, NULL, NULL, NULL), 0);
}

/* What a kith left that was killed is not left open to others. */
static void test_modes_of_what_was_left(void **state)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    struct rig *r = *state;
    unload(r);
    pid_t pid = fork();
    if (pid == 0) {
        struct err e = {0};
        struct store_account row;
        if (store_open(&r->s, r->path, &e) >= 0) {
            store_account(r->s, "left", "xmpp", &row);
            store_commit(r->s, false, &e);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (size_t i = 0; i < COUNT(parts); i++) {
        char *path = xasprintf("%s%s", r->path, parts[i]);
        assert_int_equal(chmod(path, 0666), 0);
        free(path);
    }
    load(r);
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct stat st;
        char *path = xasprintf("%s%s", r->path, parts[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_while_it_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_written_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_settled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modes_of_what_was_left, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
