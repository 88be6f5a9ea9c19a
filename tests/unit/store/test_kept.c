/* unit/store/test_kept.c - chats of which the disk has the place of each message, and not what it says (/keep) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    const struct draft draft = {.text = (char *)(uintptr_t)"a half sentence"};
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_not_kept, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
