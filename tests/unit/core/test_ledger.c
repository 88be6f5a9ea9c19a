/* unit/core/test_ledger.c - each message exactly once and in order, whoever is killed, whenever */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "rig.h"

enum { N = 300, ROUNDS = 25 };

static size_t own_messages(struct rig *r, struct chat *c, size_t *unsettled)
{
    size_t n = 0, own = 0;
    struct message **v = store_page(r->store, c, STORE_OLDER, 0, 0, 10000, &n);
    *unsettled = 0;
    for (size_t i = 0; i < n; i++) {
        own += message_outgoing(v[i]);
        *unsettled += message_outgoing(v[i]) && v[i]->delivery < DELIVERY_STORED;
        message_free(v[i]);
    }
    free(v);
    return own;
}

/* The engine: sends what has not been written yet, takes in what comes; ends when all is done. */
static void engine(const char *dir)
{
    struct rig r = {0};
    size_t unsettled = 0;
    snprintf(r.dir, sizeof r.dir, "%s", dir);
    path_set_root(dir);
    rig_start(&r, true);
    struct chat *c = chats_get(r.ca, "bob@fake", KITH_CHAT_DIRECT);
    size_t sent = own_messages(&r, c, &unsettled);
    for (;;) {
        if (sent < N) {
            char *body = xasprintf("out %zu", ++sent);
            if (core_send(r.core, c, &(struct core_send){.body = body}, NULL) < 0)
                _exit(3);
            free(body);
        }
        loop_turn(r.loop, sent < N ? 1 : 20);
        if (sent < N || r.ca->queue)
            continue;
        size_t n = 0;
        struct message **v = store_page(r.store, c, STORE_OLDER, 0, 0, 10000, &n);
        for (size_t i = 0; i < n; i++)
            message_free(v[i]);
        free(v);
        if (n == (size_t)2 * N) /* all there: what is read includes what is not yet committed */
            _exit(store_commit(r.store, false, NULL) == 1 ? 0 : 4);
    }
}

static pid_t start_engine(const char *dir)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        engine(dir);
    return pid;
}

struct server_log {
    char *ids[4 * N], *bodies[4 * N];
    size_t n;
};

static void read_log(struct server_log *l, const char *server)
{
    char line[512], *path = path_join(server, "sent");
    FILE *in = fopen(path, "re");
    l->n = 0;
    while (in && fgets(line, sizeof line, in)) {
        char *space = strchr(line, ' ');
        assert_non_null(space);
        assert_true(l->n < COUNT(l->ids));
        *space = '\0';
        space[strcspn(space + 1, "\n") + 1] = '\0';
        l->ids[l->n] = xstrdup(line);
        l->bodies[l->n++] = xstrdup(space + 1);
    }
    if (in)
        fclose(in);
    free(path);
}

static void free_log(struct server_log *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->ids[i]);
        free(l->bodies[i]);
    }
}

static bool in_log(const struct server_log *l, const char *id)
{
    for (size_t i = 0; i < l->n; i++) {
        if (str_eq(l->ids[i], id))
            return true;
    }
    return false;
}

static void ignore_chat(void *user, struct chat *c, const struct store_chat *more)
{
}

/* What the store says now, checked against the server. complete: nothing may be missing. */
static void check(const char *dir, const char *server, bool complete)
{
    struct err e = {0};
    struct store *s = NULL;
    struct store_account row;
    struct server_log *log = xcalloc(1, sizeof *log);
    char *db = xasprintf("%s/data/history.db", dir);
    char *data = path_join(dir, "data");
    path_mkdirs(data, 0700, NULL); /* it may have been killed before it made it */
    free(data);
    if (store_open(&s, db, &e) != 0)
        fail_msg("%s", e.text);
    read_log(log, server);
    struct model *m = model_new();
    store_account(s, "fake", "fake", &row);
    struct account *a = model_add_account(m, row.id, "fake", "fake");
    store_account_clear(&row);
    store_load_chats(s, a, ignore_chat, NULL);
    struct chat *c = account_chat(a, "bob@fake");
    size_t n = 0, in = 0, out = 0;
    struct message **v = c ? store_page(s, c, STORE_OLDER, 0, 0, 10000, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        char expect[32];
        if (message_outgoing(v[i])) {
            snprintf(expect, sizeof expect, "out %zu", ++out);
            assert_string_equal(v[i]->body, expect);
            if (v[i]->delivery >= DELIVERY_SENT) /* never more than the server had said */
                assert_true(in_log(log, v[i]->origin_id));
            assert_true(!complete || v[i]->delivery == DELIVERY_STORED);
        } else {
            snprintf(expect, sizeof expect, "in-%zu", ++in);
            assert_string_equal(v[i]->archive_id, expect);
        }
        message_free(v[i]);
    }
    free(v);
    for (size_t i = 0; i < log->n; i++) {
        char expect[32];
        snprintf(expect, sizeof expect, "out %zu", i + 1);
        assert_string_equal(log->bodies[i], expect); /* once each, in order */
    }
    if (complete) {
        assert_int_equal(in, N);
        assert_int_equal(out, N);
        assert_int_equal(log->n, N);
    }
    model_free(m);
    store_close(s);
    free_log(log);
    free(log);
    free(db);
}

static void run(unsigned seed)
{
    struct rig r = {0};
    char *server, *options;
    int status = 0, killed = 0;
    snprintf(r.dir, sizeof r.dir, "/tmp/kith-ledger-XXXXXX");
    assert_non_null(mkdtemp(r.dir));
    server = path_join(r.dir, "server");
    mkdir(server, 0700);
    options = xasprintf("server = \"%s\"; incoming = %d; chaos = %u;", server, N, seed);
    rig_write_config(&r, options);
    srand(seed);
    for (int i = 0; i < ROUNDS; i++) {
        pid_t pid = start_engine(r.dir);
        struct timespec wait = {.tv_nsec = (rand() % 60 + 3) * 1000000L};
        nanosleep(&wait, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        killed += WIFSIGNALED(status);
        if (!WIFSIGNALED(status))
            break;
        check(r.dir, server, false);
    }
    pid_t pid = start_engine(r.dir);
    int64_t until = clock_mono_ms() + 180000;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct timespec wait = {.tv_nsec = 10000000L};
        nanosleep(&wait, NULL);
        if (clock_mono_ms() > until)
            kill(pid, SIGKILL);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check(r.dir, server, true);
    printf("ledger: seed %u, the engine killed %d times\n", seed, killed);
    rig_remove(&r);
    free(server);
    free(options);
}

static void test_exactly_once(void **state)
{
    const char *given = getenv("KITH_TEST_SEED");
    int64_t seed = 0;
    if (given && str_int(given, 1, 1000000, &seed)) {
        run((unsigned)seed);
        return;
    }
    for (unsigned i = 1; i <= 3; i++)
        run(i * 7919);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exactly_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
