/* account/account.c - the account as a whole: options, events, log lines, life and death */
#include "account/account.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/handles.h"
#include "account/helper.h"
#include "account/secret.h"
#include "account/state.h"
#include "account/stream.h"
#include "account/targets.h"
#include "account/trust.h"
#include "account/watch.h"
#include "base/log.h"
#include "base/mem.h"

struct kith_account *account_new(struct loop *loop, int wire_fd)
{
    struct kith_account *a = xcalloc(1, sizeof *a);
    a->loop = loop;
    a->lock_fd = -1;
    frame_io_init(&a->wire, wire_fd, FRAME_MAX);
    a->wire.in.secret = a->wire.out.secret = true; /* options and answers: some are passwords; and what is said */
    a->handles = handles_new(loop);
    a->secrets = secrets_new(a);
    a->trust = trust_new(a);
    a->targets = targets_new();
    a->host = host_table(a);
    return a;
}

void account_free(struct kith_account *a)
{
    if (!a)
        return;
    watch_free(a->watch);
    secrets_cancel(a->secrets);
    if (a->session)
        a->proto->core->close(a->session);
    a->session = NULL;
    if (a->plugin && a->plugin->unload)
        a->plugin->unload();
    (void)host_table(NULL);
    free(a->refusal);
    streams_free(a);
    handles_free(a->handles);
    secrets_free(a->secrets);
    trust_free(a->trust);
    targets_free(a->targets);
    helper_free(a->helper);
    loop_timer_del(a->scrub);
    state_close(a->store);
    if (a->lock_fd >= 0)
        (void)close(a->lock_fd);
    loop_timer_del(a->bye);
    loop_io_del(a->wire_io);
    loop_defer_cancel(a->loop, NULL, a);
    frame_io_free(&a->wire);
    arena_free(&a->open_mem);
    arena_free(&a->op_mem);
    buf_free(&a->scratch);
    free(a->state_text);
    free(a);
}

/* Facts about the account that plugins ask for like options. */
static const char *fact(const struct kith_account *a, const char *key)
{
    if (strcmp(key, "address") == 0)
        return a->open.address;
    if (strcmp(key, "_account") == 0)
        return a->open.account;
    if (strcmp(key, "_resume") == 0)
        return a->open.resume;
    return NULL;
}

const char *account_option(const struct kith_account *a, const char *key)
{
    for (size_t i = 0; i < a->open.n_options; i++)
        if (strcmp(a->open.options[i].key, key) == 0)
            return a->open.options[i].value;
    return fact(a, key);
}

uint64_t account_emit(struct kith_account *a, const struct kith_event *ev)
{
    buf_clear(&a->scratch);
    wire_put_event(&a->scratch, a->number + 1, ev);
    if (a->scratch.len == 0) {
        account_log(a, KITH_WARN, "An event of type %u (%s) was invalid and is not passed on.",
                    (unsigned)ev->type, wire_event_name(ev->type));
        return 0;
    }
    uint64_t number = ++a->number;
    serve_send(a, WIRE_EVENT, &a->scratch);
    mem_wipe(a->scratch.data, a->scratch.len);
    if (ev->type != KITH_EV_STATE)
        return number;
    const struct kith_ev_state *st = (const void *)ev;
    a->state = st->state;
    a->deadline_ms = st->deadline_ms;
    str_set(&a->state_text, st->text);
    if (st->deadline_ms > 0)
        serve_flush(a); /* the plugin may block from now on: the engine must know until when */
    serve_state_changed(a);
    return number;
}

void account_no_deadline(struct kith_account *a)
{
    if (a->deadline_ms == 0 || a->state == KITH_STATE_OFFLINE)
        return;
    char *text = xstrdup(a->state_text);
    struct kith_ev_state ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_STATE}, .state = a->state, .text = text};
    (void)account_emit(a, &ev.ev);
    free(text);
}

void account_log(struct kith_account *a, enum kith_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    struct buf b = {0};
    wire_put_log(&b, level, line);
    serve_send(a, WIRE_LOG, &b);
    buf_free(&b);
    free(line);
}

void account_notice(struct kith_account *a, enum kith_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    struct kith_ev_notice ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_NOTICE}, .level = level, .text = line};
    (void)account_emit(a, &ev.ev);
    free(line);
}

void account_offline(struct kith_account *a, int err, enum kith_retry retry, const char *text)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                               .state = KITH_STATE_OFFLINE,
                               .err = err,
                               .text = text,
                               .retry = retry};
    (void)account_emit(a, &ev.ev);
}
