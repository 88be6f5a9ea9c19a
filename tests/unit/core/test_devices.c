/* unit/core/test_devices.c - two devices of one user: however live messages, copies, the archive and losses of the
 * connection come between one another, each has the archive's order, nothing twice, nothing missing */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

enum { N = 40, SEEDS = 20, BY_BOB = 0, BY_FIRST = 1, BY_SECOND = 2 };

struct said { /* one message of the archive */
    int by;
    char id[64], body[16];
    int64_t stamp;
};

struct world {
    struct rig *r;
    uint64_t seed;
    int device;      /* which one this engine is */
    struct said v[N];
    int n;           /* said so far */
    int newest;      /* highest that came with its archive id, + 1: where a catch-up begins */
    bool online;
};

static unsigned roll(struct world *w, unsigned sides)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->seed >> 33) % sides;
}

static struct kith_ev_message event_of(const struct world *w, int i)
{
    const struct said *s = &w->v[i];
    struct kith_ev_message ev = text(s->id, s->body);
    static char archive[N][16];
    snprintf(archive[i], sizeof archive[i], "arc-%d", i);
    ev.archive_id = archive[i];
    if (s->by != BY_BOB) {
        ev.sender = w->r->a->address;
        ev.flags = KITH_MSG_OUTGOING;
    }
    return ev;
}

static void live(struct world *w, int i)
{
    give(w->r, event_of(w, i));
    w->newest = MAX(w->newest, i + 1);
}

static void page(struct world *w, int i)
{
    struct kith_ev_message ev = event_of(w, i);
    ev.flags |= KITH_MSG_HISTORY | KITH_MSG_DELAYED;
    ev.ev.time_ms = w->v[i].stamp;
    give(w->r, ev);
}

static void reading(struct world *w, bool begin)
{
    struct kith_ev_sync ev = {.ev = {.size = sizeof ev, .type = begin ? KITH_EV_SYNC_BEGIN : KITH_EV_SYNC_END},
                              .what = KITH_SYNC_ARCHIVE};
    ingest_event(w->r->ca, &ev.ev);
}

static void state(struct world *w, uint32_t to)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE}, .state = to};
    ingest_event(w->r->ca, &ev.ev);
}

/* The next message of the world: this device writes it, or it comes, or it is missed. */
static void say(struct world *w)
{
    int i = w->n++;
    struct said *s = &w->v[i];
    int by = (int)roll(w, 3);
    snprintf(s->body, sizeof s->body, "m%02d", i);
    snprintf(s->id, sizeof s->id, "id-%d", i);
    s->stamp = clock_wall_ms() / 1000 * 1000;
    s->by = by == w->device && !w->online ? BY_BOB : by;
    if (s->by == w->device) {
        assert_true(core_send(w->r->core, chats_get(w->r->ca, BOB, KITH_CHAT_DIRECT), &(struct core_send){.body = s->body}, NULL) > 0);
        snprintf(s->id, sizeof s->id, "%s", chat_last(bob(w->r))->origin_id);
    } else if (w->online) {
        live(w, i);
    }
}

/* A new session: the archive from the newest known message on; others go on talking meanwhile. */
static void come_online(struct world *w, bool talk)
{
    int at = w->newest;
    w->online = true;
    state(w, KITH_STATE_SYNC);
    reading(w, true);
    int end = w->n;
    for (; at < end; at++) {
        page(w, at);
        if (talk && w->n < N && roll(w, 4) == 0)
            say(w);
        if (roll(w, 8) == 0 && w->n > end)
            end = w->n; /* the page that was asked for later has what came meanwhile */
    }
    w->newest = MAX(w->newest, end);
    reading(w, false);
    state(w, KITH_STATE_ONLINE);
}

static void go_offline(struct world *w)
{
    w->online = false;
    state(w, KITH_STATE_OFFLINE);
}

static void run(uint64_t seed, int device)
{
    struct rig r = {0};
    struct world w = {.r = &r, .seed = seed * 77 + 5, .device = device};
    rig_open(&r, NULL, false);
    core_load(r.core, chats_get(r.ca, BOB, KITH_CHAT_DIRECT));
    come_online(&w, false);
    while (w.n < N) {
        unsigned what = roll(&w, 10);
        if (what == 0 && w.online)
            go_offline(&w);
        else if (what <= 2 && !w.online)
            come_online(&w, true);
        else
            say(&w);
    }
    if (w.online)
        go_offline(&w);
    come_online(&w, false);
    struct chat *c = bob(&r);
    if (c->n_messages != N)
        print_error("seed %u, device %d: %zu messages\n", (unsigned)seed, device, c->n_messages);
    assert_int_equal(c->n_messages, N);
    for (int i = 0; i < N; i++) {
        if (strcmp(c->messages[i]->body, w.v[i].body) != 0)
            print_error("seed %u, device %d, place %d\n", (unsigned)seed, device, i);
        assert_string_equal(c->messages[i]->body, w.v[i].body);
    }
    /* read on the other device: XEP-0490, by the archive's id */
    char last[16];
    snprintf(last, sizeof last, "arc-%d", N - 1);
    struct kith_ev_marker ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MARKER}, .chat = BOB, .id = last};
    ingest_event(r.ca, &ev.ev);
    assert_int_equal(c->unread, 0);
    rig_close(&r);
}

static void twenty_interleavings(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (int device = BY_FIRST; device <= BY_SECOND; device++)
            run(seed, device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(twenty_interleavings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
