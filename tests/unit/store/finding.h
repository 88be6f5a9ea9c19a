/* unit/store/finding.h - a history to search in: a friend, a room, and the helper's way of asking */
#ifndef UNIT_STORE_FINDING_H
#define UNIT_STORE_FINDING_H

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

static inline void index_all(struct rig *r)
{
    while (store_index_slice(r->s, 1000))
        store_commit(r->s, false, NULL);
    store_commit(r->s, false, NULL);
}

static inline int setup(void **state)
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

static inline void drop_hits(struct rig *r)
{
    find_hits_free(r->hits, r->n);
    r->hits = NULL;
    r->n = 0;
}

static inline int teardown(void **state)
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
static inline int find(struct rig *r, struct find_query q)
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

#endif
