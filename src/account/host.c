/* account/host.c - the table of services given to the plugin (struct kith_host) */
#include <stdlib.h>
#include <string.h>

#include "account/account.h"
#include "account/handles.h"
#include "account/secret.h"
#include "account/state.h"
#include "account/stream.h"
#include "account/targets.h"
#include "account/trust.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

/* Descriptors, timers and clocks of the interface have no account argument: there is one account in
 * a process. */
static struct kith_account *the_account;

/* A refused password is a question, not the end: connecting anew asks for another, and waits for
 * the answer. */
static void offline(struct kith_account *a, struct kith_ev_state *st)
{
    bool refused = secrets_refused(a->secrets);
    trust_offline(a->trust, st);
    if (refused && st->err == KITH_EAUTH && !a->quitting)
        st->retry = KITH_RETRY_NOW;
}

static uint64_t host_emit(struct kith_account *a, const struct kith_event *ev)
{
    if (!ev || ev->size < sizeof *ev)
        return 0;
    if (ev->type == KITH_EV_ASK || ev->type == KITH_EV_ASK_GONE) {
        const struct kith_ev_ask_gone *ask =
            (const void *)ev; /* .ask is at the same place in both */
        if (KITH_HAS(struct kith_ev_ask_gone, &ask->ev, ask) && ask->ask & WIRE_ASK_HOST) {
            account_log(a, KITH_WARN, "The plugin's question has a number that is the host's own.");
            return 0;
        }
    }
    if (ev->type == KITH_EV_STATE && KITH_HAS(struct kith_ev_state, ev, deadline_ms)) {
        struct kith_ev_state st = {0};
        memcpy(&st, ev, MIN(ev->size, sizeof st));
        st.ev.size = sizeof st;
        if (!trust_asking(a->trust))
            targets_state(a->targets, &st);
        if (st.state == KITH_STATE_OFFLINE)
            offline(a, &st);
        return account_emit(a, &st.ev);
    }
    return account_emit(a, ev);
}

static void host_log(struct kith_account *a, uint32_t level, const char *line)
{
    account_log(a, level > KITH_ERROR ? KITH_ERROR : (enum kith_level)level, "%s",
                line ? line : "");
    if (!a->session && level >= KITH_ERROR)
        str_set(&a->refusal, line); /* why there will be none */
}

static int host_random(void *buf, size_t len)
{
    rand_bytes(buf, len);
    return KITH_OK;
}

static const char *host_option(struct kith_account *a, const char *key)
{
    return key && !options_secret(a->proto, key) ? account_option(a, key) : NULL;
}

static int host_secret(struct kith_account *a, const char *key, const char *why, kith_secret_fn *fn,
                       void *user)
{
    return secrets_get(a->secrets, key, why, fn, user);
}

static void host_secret_wrong(struct kith_account *a, const char *key)
{
    if (key)
        secrets_wrong(a->secrets, key);
}

static int host_io_add(int fd, unsigned want, kith_io_fn *fn, void *user)
{
    return the_account ? handles_io_add(the_account->handles, fd, want, fn, user) : KITH_EINVAL;
}

static int host_io_set(int handle, unsigned want)
{
    return the_account ? handles_io_set(the_account->handles, handle, want) : KITH_EINVAL;
}

static void host_io_del(int handle)
{
    if (the_account)
        handles_io_del(the_account->handles, handle);
}

static int host_timer_add(int64_t after_ms, kith_timer_fn *fn, void *user)
{
    return the_account ? handles_timer_add(the_account->handles, after_ms, fn, user) : KITH_EINVAL;
}

static void host_timer_del(int handle)
{
    if (the_account)
        handles_timer_del(the_account->handles, handle);
}

static int host_trust_check(struct kith_account *a, const struct kith_cert *c)
{
    if (!c || !KITH_HAS(struct kith_cert, c, problem) || str_empty(c->name))
        return KITH_TRUST_NO;
    return (int)trust_check(a->trust, c);
}

static int host_state_get(struct kith_account *a, const char *key, void *out, size_t cap)
{
    return a->store && !str_empty(key) ? state_get(a->store, key, out, cap) : KITH_ENOTFOUND;
}

/* Not for each value: many change at once, and the disk is waited for. */
static void scrub_soon(struct kith_account *a);

static void on_scrub(void *user)
{
    struct kith_account *a = user;
    a->scrub = NULL;
    if (a->store && state_scrub(a->store, clock_mono_ms()))
        scrub_soon(a);
}

static void scrub_soon(struct kith_account *a)
{
    int64_t due = a->scrub || !a->loop ? -1 : state_scrub_due(a->store, clock_mono_ms());
    if (due >= 0)
        a->scrub = loop_timer_add(a->loop, due, on_scrub, a);
}

static int host_state_set(struct kith_account *a, const char *key, const void *data, size_t len)
{
    struct err e = {0};
    if (str_empty(key))
        return KITH_EINVAL;
    if (!a->store)
        return KITH_EDENIED;
    int rc = state_set(a->store, key, data, len, &e);
    scrub_soon(a);
    if (rc < 0)
        account_log(a, KITH_ERROR, "%s", e.text);
    return rc;
}

static int host_state_begin(struct kith_account *a)
{
    struct err e = {0};
    int rc = a->store ? state_begin(a->store, &e) : KITH_EDENIED;
    if (rc < 0 && a->store)
        account_log(a, KITH_ERROR, "%s", e.text);
    return rc;
}

static int host_state_end(struct kith_account *a, int keep)
{
    struct err e = {0};
    int rc = a->store ? state_end(a->store, keep != 0, &e) : KITH_EDENIED;
    if (rc < 0 && a->store)
        account_log(a, KITH_ERROR, "%s", e.text);
    return rc;
}

static int host_state_each(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user)
{
    return a->store && !str_empty(prefix) ? state_each(a->store, prefix, fn, user) : KITH_OK;
}

static int host_congested(struct kith_account *a)
{
    return a->congested;
}

const struct kith_host *host_table(struct kith_account *a)
{
    static const struct kith_host table = {.size = sizeof table,
                                           .abi_major = KITH_ABI_MAJOR,
                                           .abi_minor = KITH_ABI_MINOR,
                                           .emit = host_emit,
                                           .log = host_log,
                                           .mono_ms = clock_mono_ms,
                                           .wall_ms = clock_wall_ms,
                                           .random = host_random,
                                           .option = host_option,
                                           .secret = host_secret,
                                           .secret_wrong = host_secret_wrong,
                                           .io_add = host_io_add,
                                           .io_set = host_io_set,
                                           .io_del = host_io_del,
                                           .timer_add = host_timer_add,
                                           .timer_del = host_timer_del,
                                           .stream_open = stream_open,
                                           .stream_write = stream_write,
                                           .stream_queued = stream_queued,
                                           .stream_starttls = stream_starttls,
                                           .stream_binding = stream_binding,
                                           .stream_take_fd = stream_take_fd,
                                           .stream_close = stream_close,
                                           .trust_check = host_trust_check,
                                           .state_get = host_state_get,
                                           .state_set = host_state_set,
                                           .congested = host_congested,
                                           .state_begin = host_state_begin,
                                           .state_end = host_state_end,
                                           .state_each = host_state_each};
    the_account = a;
    return &table;
}
