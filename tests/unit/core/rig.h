/* unit/core/rig.h - an engine core on a directory of its own, with one account */
#ifndef TEST_CORE_RIG_H
#define TEST_CORE_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "base/path.h"
#include "core/private.h"

struct rig {
    char dir[64];
    struct loop *loop;
    struct config *config;
    struct model *model;
    struct store *store;
    struct core *core;
    struct account *a;
    struct core_account *ca;
    int64_t longest_us; /* of all turns */
    char notices[4096];
    unsigned n_notices, n_messages, n_alerts, n_bells;
    const char *reason;
    char words[400]; /* of the last alert */
    bool had_text;   /* it was given what was written */
};

static void rig_on_model(void *user, const struct model_event *ev)
{
    struct rig *r = user;
    if (ev->type == MODEL_NOTICE) {
        r->n_notices++;
        size_t len = strlen(r->notices);
        snprintf(r->notices + len, sizeof r->notices - len, "%s\n", ev->text);
    }
    if (ev->type == MODEL_MESSAGE)
        r->n_messages++;
}

static void rig_on_alert(void *user, const struct core_alert *al)
{
    struct rig *r = user;
    r->n_alerts++;
    r->n_bells += al->bell;
    r->reason = al->reason;
    r->had_text = al->text != NULL;
    snprintf(r->words, sizeof r->words, "%s", al->words);
}

/* The program beside this test. */
static inline char *rig_program(const char *name)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    ENSURE(n > 0);
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    return path_join(self, name);
}

static inline void rig_write_config(struct rig *r, const char *options)
{
    char *path = path_join(r->dir, "accounts.cfg");
    char *text =
        xasprintf("accounts = ( { name = \"fake\"; protocol = \"fake\"; address = \"me@fake\"; "
                  "autoconnect = true; %s } );\n",
                  options ? options : "");
    ENSURE(path_write(path, text, strlen(text), NULL) == 0);
    free(path);
    free(text);
}

static inline void rig_start(struct rig *r, bool process)
{
    struct err e = {0};
    char *data = path_of(PATH_DATA, NULL, NULL), *program = rig_program("fake_account");
    path_mkdirs(data, 0700, NULL);
    char *db = path_join(data, "history.db");
    r->loop = loop_new();
    r->config = config_new();
    config_load(r->config);
    r->model = model_new();
    model_observe(r->model, rig_on_model, r);
    int opened = store_open(&r->store, db, &e);
    if (opened < 0)
        fprintf(stderr, "%s\n", e.text);
    ENSURE(opened >= 0);
    struct core_params p = {.loop = r->loop,
                            .config = r->config,
                            .model = r->model,
                            .store = r->store,
                            .account_program = process ? program : "/nonexistent/kith-account",
                            .back_off_ms = 10};
    r->core = core_new(&p, &e);
    ENSURE(r->core);
    core_on_alert(r->core, rig_on_alert, r);
    ENSURE(core_start(r->core, &e) >= 0);
    ENSURE(r->model->n_accounts >= 1);
    r->a = r->model->accounts[0];
    r->ca = r->a->core;
    free(data);
    free(db);
    free(program);
}

static inline void rig_open(struct rig *r, const char *options, bool process)
{
    memset(r, 0, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/kith-core-XXXXXX");
    ENSURE(mkdtemp(r->dir));
    path_set_root(r->dir);
    rig_write_config(r, options);
    rig_start(r, process);
}

static inline void rig_stop(struct rig *r)
{
    core_free(r->core);
    model_free(r->model);
    store_close(r->store);
    config_free(r->config);
    loop_free(r->loop);
    r->core = NULL;
}

static inline void rig_remove(struct rig *r)
{
    char *line = xasprintf("%s", r->dir);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", line, (char *)NULL);
        _exit(1);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(line);
}

static inline void rig_close(struct rig *r)
{
    rig_stop(r);
    rig_remove(r);
}

static inline void rig_turn(struct rig *r, int wait_ms)
{
    struct timespec a, b;
    /* Only the work counts, not the waiting: CPU time of this process. */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    loop_turn(r->loop, wait_ms);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    int64_t us = (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
    r->longest_us = MAX(r->longest_us, us);
}

/* Runs turns until the condition holds; false after ms. */
#define RIG_WAIT(r, ms, condition)                                                                 \
    ({                                                                                             \
        int64_t rig_until = clock_mono_ms() + (ms);                                                \
        while (!(condition) && clock_mono_ms() < rig_until)                                        \
            rig_turn((r), 50);                                                                     \
        (condition);                                                                               \
    })

#endif
