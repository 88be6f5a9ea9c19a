/* account/start.c - from the first frame to a running session */
#include "account/start.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/secret.h"
#include "account/state.h"
#include "account/watch.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"

#define PATHS_MAX 64
#define LOCK_WAIT_MS 5000 /* of the 15 s that the engine gives us until hello */

static int take_open(struct kith_account *a, struct frame *f, struct err *e)
{
    if (f->kind != WIRE_OPEN)
        return err_set(e, KITH_EPROTO, "The engine did not begin with the account.");
    int rc = wire_get_open(f->data, f->len, &a->open_mem, &a->open, e);
    mem_wipe((char *)(uintptr_t)f->data, f->len); /* may hold a password */
    if (rc < 0 || a->open.resume_ms == 0)
        return rc;
    /* The plugin asks for it as the option _resume_ms. */
    struct wire_option *all = arena_alloc(&a->open_mem, (a->open.n_options + 1) * sizeof *all);
    char *number = arena_alloc(&a->open_mem, 24);
    (void)snprintf(number, 24, "%lld", (long long)a->open.resume_ms);
    if (a->open.n_options)
        memcpy(all, a->open.options, a->open.n_options * sizeof *all);
    all[a->open.n_options++] = (struct wire_option){.key = "_resume_ms", .value = number};
    a->open.options = all;
    return 0;
}

int start_read_open(struct kith_account *a, int wait_ms, struct err *e)
{
    int64_t end = clock_mono_ms() + wait_ms;
    for (;;) {
        struct frame f;
        int rc = frame_next(&a->wire, &f);
        if (rc > 0)
            return take_open(a, &f, e);
        int64_t left = end - clock_mono_ms();
        struct pollfd p = {.fd = a->wire.fd, .events = POLLIN};
        if (rc < 0 || left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR) ||
            frame_fill(&a->wire) < 0)
            return err_set(e, KITH_EPROTO, "The engine said nothing.");
    }
}

/* What a sub-account has only of its own is not the parent's: its rooms, its network. */
static void drop_inherited(struct kith_account *a)
{
    struct wire_option *all = a->open.options;
    size_t n = 0;
    for (size_t i = 0; i < a->open.n_options; i++) {
        if (!all[i].inherited || !options_of_sub(a->proto, all[i].key))
            all[n++] = all[i];
    }
    a->open.n_options = n;
}

/* Secrets go to locked memory; the copies in the arena are wiped and read as "". */
static void take_secrets(struct kith_account *a)
{
    for (size_t i = 0; i < a->open.n_options; i++) {
        const char *key = a->open.options[i].key;
        char *value = (char *)(uintptr_t)a->open.options[i].value;
        if (!value || strcmp(key, "proxy") == 0 || !options_secret(a->proto, key))
            continue;
        if (*value)
            secrets_configured(a->secrets, key, value);
        mem_wipe(value, strlen(value));
    }
}

static bool is_path(const struct kith_protocol *p, const char *key)
{
    struct arena mem = {0};
    size_t n;
    bool file = false;
    const struct kith_option *all = options_all(p, &mem, &n);
    for (size_t i = 0; i < n && !file; i++)
        file = str_eq(all[i].key, key) && str_eq(all[i].type, "file");
    arena_free(&mem);
    return file;
}

static void confine_account(struct kith_account *a, struct confine_report *r)
{
    const char *read[PATHS_MAX], *write[PATHS_MAX + 8];
    char *expanded[PATHS_MAX];
    size_t n = 0, n_write = 0;
    bool machine =
        KITH_HAS(struct kith_protocol, a->proto, flags) && a->proto->flags & KITH_PROTOCOL_MACHINE;
    for (size_t i = 0; i < a->open.n_options && n < PATHS_MAX; i++)
        if (!str_empty(a->open.options[i].value) && is_path(a->proto, a->open.options[i].key))
            expanded[n++] = path_expand(a->open.options[i].value);
    for (size_t i = 0; i < n; i++)
        read[i] = expanded[i];
    write[n_write++] = a->open.state_dir;
    static const char *const shared[] = {"/tmp", "/run", "/var/lib"};
    for (size_t i = 0; machine && i < COUNT(shared); i++)
        write[n_write++] = shared[i];
    for (size_t i = 0; machine && i < n; i++)
        write[n_write++] = expanded[i];
    struct confine_plan plan = {.read = read, .n_read = n, .write = write, .n_write = n_write};
    confine(&plan, r);
    for (size_t i = 0; i < n; i++)
        free(expanded[i]);
}

static void on_change(void *user)
{
    struct kith_account *a = user;
    const struct kith_core_ops *core = a->proto->core;
    if (a->session && KITH_HAS(struct kith_core_ops, core, wake) && core->wake && !a->quitting)
        core->wake(a->session);
}

int start_session(struct kith_account *a, struct loaded *l, struct confine_report *r, struct err *e)
{
    /* Those below another account all have its address. */
    bool plain = str_empty(a->open.address) || !str_empty(a->open.parent);
    const char *address = plain ? a->open.account : a->open.address;
    title_set("kith: %s %s", a->open.protocol, address);
    int rc = load_protocol(l, a->open.backend_dirs, a->open.protocol, e);
    if (rc < 0)
        return rc;
    a->proto = l->proto;
    drop_inherited(a);
    take_secrets(a);
    struct err kept = {0};
    if (!str_empty(a->open.state_dir))
        a->lock_fd = state_lock(a->open.state_dir, LOCK_WAIT_MS, &kept);
    if (a->lock_fd == KITH_ECONFLICT)
        return err_set(e, KITH_ECONFLICT, "%s", kept.text);
    if (!str_empty(a->open.state_dir))
        a->store = state_open(a->open.state_dir, &kept);
    if (l->plugin->load && (rc = l->plugin->load(a->host)) < 0)
        return err_set(e, rc, "The plugin %s could not start.", l->plugin->id);
    a->plugin = l->plugin;
    rc = a->proto->core->open(&a->session, a);
    if (rc < 0 || !a->session) {
        a->session = NULL;
        if (a->refusal)
            return err_set(e, rc < 0 ? rc : KITH_EUNSUP, "%s", a->refusal);
        return err_set(e, rc < 0 ? rc : KITH_EUNSUP,
                       "The plugin %s does not accept this account; see its options.",
                       l->plugin->id);
    }
    confine_account(a, r);
    a->watch = watch_new(a->loop, NULL, on_change, a);
    serve_hello(a, NULL);
    if (kept.code)
        account_notice(a, KITH_WARN, "%s", kept.text);
    return 0;
}
