/* unit/xmpp/test_sm.c - stream management: counts, the order commit - acknowledge, the queue on
 * disk, wrap-around */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/omemo.h"
#include "backends/xmpp/x.h"
#include "base/map.h"
#include "base/mem.h"

const struct kith_plugin *kith_plugin_v0(void);

/* ---- the host, recording ---- */

static struct {
    struct map store;
    uint64_t number;
    struct {
        char id[16];
        uint32_t delivery, enc;
    } said[32];
    size_t n_said;
    int timers;
    kith_timer_fn *timer; /* the last that was started */
    char why[160];        /* the link is down */
} H;

static uint64_t h_emit(struct kith_account *a, const struct kith_event *ev)
{
    if (ev->type == KITH_EV_RECEIPT && H.n_said < COUNT(H.said)) {
        const struct kith_ev_receipt *r = (const void *)ev;
        str_copy(H.said[H.n_said].id, sizeof H.said[0].id, r->id);
        H.said[H.n_said].enc = r->enc;
        H.said[H.n_said++].delivery = r->delivery;
    } else if (ev->type == KITH_EV_STATE && ((const struct kith_ev_state *)(const void *)ev)->state == KITH_STATE_OFFLINE) {
        str_copy(H.why, sizeof H.why, ((const struct kith_ev_state *)(const void *)ev)->text);
    }
    return ++H.number;
}

static const char *h_option(struct kith_account *a, const char *key)
{
    return strcmp(key, "address") == 0 ? "alice@localhost" : NULL;
}

static int h_get(struct kith_account *a, const char *key, void *out, size_t cap)
{
    const char *v = map_get(&H.store, key);
    if (!v)
        return KITH_ENOTFOUND;
    memcpy(out, v, MIN(cap, strlen(v)));
    return (int)strlen(v);
}

static int h_set(struct kith_account *a, const char *key, const void *data, size_t len)
{
    free(len ? map_set(&H.store, key, xstrndup(data, len)) : map_del(&H.store, key));
    return KITH_OK;
}

static int h_timer(int64_t after, kith_timer_fn *fn, void *user)
{
    H.timer = fn;
    return ++H.timers;
}

static void h_timer_del(int t)
{
}

static void h_log(struct kith_account *a, uint32_t level, const char *line)
{
}

static int64_t h_time(void)
{
    return 1000;
}

static int h_congested(struct kith_account *a)
{
    return 0;
}

/* Without what came later: nothing is encrypted here. */
static const struct kith_host host = {.size = offsetof(struct kith_host, state_begin),
                                      .emit = h_emit,
                                      .log = h_log,
                                      .option = h_option,
                                      .state_get = h_get,
                                      .state_set = h_set,
                                      .timer_add = h_timer,
                                      .timer_del = h_timer_del,
                                      .congested = h_congested,
                                      .mono_ms = h_time,
                                      .wall_ms = h_time};

static struct x *account(void)
{
    struct err e = {0};
    struct x *x = x_new(NULL, &e);
    assert_non_null(x);
    x_attach(x);
    return x;
}

/* Enables a session as after the bind. */
static struct x *online(void)
{
    struct x *x = account();
    xmpp_stanza_t *st = st_new(x->ctx, "enabled", NS_SM);
    st_set(st, "id", "s1");
    st_set(st, "resume", "true");
    str_set(&x->full, "alice@localhost/r");
    sm_enabled(x, st);
    xmpp_stanza_release(st);
    x->phase = PHASE_ONLINE;
    return x;
}

static void end(struct x *x)
{
    x->phase = PHASE_IDLE;
    x_free(x);
}

static int setup(void **state)
{
    memset(&H, 0, sizeof H);
    kith_plugin_v0()->load(&host);
    return 0;
}

static int teardown(void **state)
{
    map_free(&H.store, free);
    kith_plugin_v0()->unload();
    return 0;
}

static void handle(struct x *x, uint64_t event)
{
    assert_true(sm_counts(x));
    x->stanza_event = event;
    sm_handled(x);
}

static bool nonza(struct x *x, const char *name, const char *h)
{
    xmpp_stanza_t *st = st_new(x->ctx, name, NS_SM);
    st_set(st, "h", h);
    sm_stanza(x, name, st);
    xmpp_stanza_release(st);
    return !x->end.due;
}

/* ---- tests ---- */

static void test_commit_before_acknowledgement(void **state)
{
    struct x *x = online();
    handle(x, 0); /* led to nothing: safe at once */
    assert_int_equal(x->sm.h_safe, 1);
    handle(x, 10);
    handle(x, 0);
    handle(x, 11);
    assert_int_equal(x->sm.h_in, 4);
    assert_int_equal(x->sm.h_safe, 1);
    sm_committed(x, 9);
    assert_int_equal(x->sm.h_safe, 1);
    sm_committed(x, 10);
    assert_int_equal(x->sm.h_safe, 3); /* and the one without events behind it */
    handle(x, 10);                     /* committed already */
    assert_int_equal(x->sm.h_safe, 3);
    sm_committed(x, 100);
    assert_int_equal(x->sm.h_safe, 5);
    end(x);
}

static void test_the_answer_waits(void **state)
{
    struct x *x = online();
    handle(x, 10);
    nonza(x, "r", NULL);
    sm_requests(x);
    assert_int_equal(x->sm.h_told, 0);
    assert_true(x->sm.answer);
    sm_committed(x, 10);
    sm_requests(x);
    assert_int_equal(x->sm.h_told, 1);
    assert_false(x->sm.answer);
    end(x);
}

static void test_stored_when_acknowledged(void **state)
{
    struct x *x = online();
    assert_int_equal(sm_queue(x, "<presence/>", NULL, NULL), 1);
    assert_int_equal(sm_queue(x, "<message/>", "bob@localhost", "o1"), 2);
    assert_int_equal(sm_queue(x, "<message/>", "bob@localhost", "o2"), 3);
    sm_written(x, UINT64_MAX);
    assert_int_equal(H.n_said, 2);
    assert_true(x_unacked(x, "o1"));
    assert_true(nonza(x, "a", "2"));
    assert_int_equal(H.n_said, 3);
    assert_string_equal(H.said[2].id, "o1");
    assert_int_equal(H.said[2].delivery, KITH_STORED);
    assert_false(x_unacked(x, "o1"));
    assert_true(x_unacked(x, "o2"));
    assert_true(nonza(x, "a", "2")); /* again: nothing new */
    assert_int_equal(H.n_said, 3);
    assert_false(nonza(x, "a", "4")); /* more than was sent */
    end(x);
}

static void test_counters_wrap(void **state)
{
    struct x *x = online();
    x->sm.h_out = UINT32_MAX - 1;
    sm_queue(x, "<message/>", "b", "o1");
    assert_int_equal(sm_queue(x, "<message/>", "b", "o2"), 0);
    sm_queue(x, "<message/>", "b", "o3");
    assert_true(nonza(x, "a", "0"));
    assert_false(x_unacked(x, "o2"));
    assert_true(x_unacked(x, "o3"));
    x->sm.h_in = x->sm.h_safe = UINT32_MAX;
    handle(x, 0);
    assert_int_equal(x->sm.h_safe, 0);
    end(x);
}

static void test_survives_the_process(void **state)
{
    struct x *x = online();
    handle(x, 0);
    handle(x, 77); /* not committed */
    sm_queue(x, "<message id=\"o1\"/>", "bob@localhost", "o1");
    sm_queue(x, "<presence/>", NULL, NULL);
    sm_flush(x);
    end(x); /* as far as the disk knows, killed here */
    x = account();
    assert_true(sm_can_resume(x));
    assert_string_equal(x->sm.id, "s1");
    assert_string_equal(x->sm.jid, "alice@localhost/r");
    assert_int_equal(sm_resume_h(x), 1);
    assert_int_equal(x->sm.h_out, 2);
    assert_true(x_unacked(x, "o1"));
    assert_string_equal(x->sm.queue[0].xml, "<message id=\"o1\"/>");
    xmpp_stanza_t *st = st_new(x->ctx, "resumed", NS_SM);
    st_set(st, "previd", "s1");
    st_set(st, "h", "1");
    x->phase = PHASE_RESUME;
    assert_true(sm_resumed(x, st));
    assert_int_equal(x->sm.n_queue, 1);
    assert_false(x_unacked(x, "o1"));
    assert_string_equal(x_jid(x), "alice@localhost/r");
    xmpp_stanza_release(st);
    end(x);
}

/* It was killed before it told how they left: what is kept of them says it. */
static void test_sealed_survives_the_process(void **state)
{
    struct x *x = online();
    sm_queue(x, "<message id=\"o1\"><encrypted xmlns=\"" NS_OMEMO "\"/></message>", "bob@localhost", "o1");
    sm_queue(x, "<message id=\"o2\"><body>&lt;encrypted xmlns=\"" NS_OMEMO "\"/&gt;</body></message>", "bob@localhost", "o2");
    sm_queue(x, "<message id=\"o3\"><encrypted xmlns=\"" NS_OMEMO2 "\"/></message>", "bob@localhost", "o3");
    sm_flush(x);
    end(x);
    x = account();
    xmpp_stanza_t *st = st_new(x->ctx, "resumed", NS_SM);
    st_set(st, "previd", "s1");
    st_set(st, "h", "3");
    x->phase = PHASE_RESUME;
    H.n_said = 0;
    assert_true(sm_resumed(x, st));
    assert_int_equal(H.n_said, 3);
    for (size_t i = 0; i < H.n_said; i++) {
        assert_int_equal(H.said[i].delivery, KITH_STORED);
        assert_int_equal(H.said[i].enc, i == 1 ? KITH_ENC_NONE : KITH_ENC_UNVERIFIED);
    }
    xmpp_stanza_release(st);
    end(x);
}

static void test_resend_is_not_told_twice(void **state)
{
    struct x *x = online();
    handle(x, 0);
    handle(x, 5);
    handle(x, 6);
    x->phase = PHASE_IDLE;
    sm_link_lost(x);
    assert_int_equal(sm_resume_h(x), 1);
    sm_committed(x, 5); /* meanwhile: what was told counts, not what is true now */
    xmpp_stanza_t *st = st_new(x->ctx, "resumed", NS_SM);
    st_set(st, "previd", "s1");
    st_set(st, "h", "0");
    assert_true(sm_resumed(x, st));
    assert_false(sm_counts(x));
    assert_false(sm_counts(x));
    handle(x, 0);
    assert_int_equal(x->sm.h_in, 4);
    assert_int_equal(x->sm.h_safe, 2);
    sm_committed(x, 6);
    assert_int_equal(x->sm.h_safe, 4);
    xmpp_stanza_release(st);
    end(x);
}

/* What was on its way in the clear, and its chat is encrypted now: it is not sent again, and the counts stay right. */
static void test_nothing_clear_is_resent(void **state)
{
    struct x *x = online();
    sm_queue(x, "<message to='bob@localhost'><body>secret</body></message>", "bob@localhost", "o1");
    sm_queue(x, "<message to='carol@localhost'><body>open</body></message>", "carol@localhost", "o2");
    sm_queue(x, "<message to='bob@localhost/phone' type='chat'><received xmlns='urn:xmpp:receipts' id='1'/></message>", NULL, NULL);
    sm_flush(x);
    end(x); /* killed */
    x = account();
    assert_int_equal(omemo_remember(x, "bob@localhost"), KITH_OK);
    xmpp_stanza_t *st = st_new(x->ctx, "resumed", NS_SM);
    st_set(st, "previd", "s1");
    st_set(st, "h", "0");
    x->phase = PHASE_RESUME;
    H.n_said = 0;
    assert_true(sm_resumed(x, st));
    assert_int_equal(x->sm.n_queue, 3);
    assert_null(strstr(x->sm.queue[0].xml, "secret"));
    assert_non_null(strstr(x->sm.queue[0].xml, "ping"));
    assert_non_null(strstr(x->sm.queue[1].xml, "open"));
    assert_non_null(strstr(x->sm.queue[2].xml, "received"));
    assert_int_equal(H.n_said, 1);
    assert_string_equal(H.said[0].id, "o1");
    assert_int_equal(H.said[0].delivery, KITH_FAILED);
    assert_false(x_unacked(x, "o1")); /* and may be sent anew */
    assert_true(x_unacked(x, "o2"));
    xmpp_stanza_release(st);
    end(x);
}

static void test_poison_is_skipped_when_all_before_is_safe(void **state)
{
    struct x *x = online();
    handle(x, 5);
    sm_poisoned(x);
    sm_link_lost(x);
    assert_int_equal(sm_resume_h(x), 0);
    sm_committed(x, 5);
    assert_int_equal(sm_resume_h(x), 2);
    xmpp_stanza_t *st = st_new(x->ctx, "resumed", NS_SM);
    st_set(st, "previd", "s1");
    st_set(st, "h", "0");
    assert_true(sm_resumed(x, st));
    assert_true(sm_counts(x));
    assert_false(x->sm.poison);
    assert_int_equal(x->sm.h_in, 2);
    xmpp_stanza_release(st);
    end(x);
}

static void test_refused_tells_what_arrived(void **state)
{
    struct x *x = online();
    sm_queue(x, "<message/>", "b", "o1");
    sm_queue(x, "<message/>", "b", "o2");
    sm_flush(x);
    sm_link_lost(x);
    assert_true(x_unacked(x, "o2"));
    xmpp_stanza_t *st = st_new(x->ctx, "failed", NS_SM);
    st_set(st, "h", "1");
    sm_refused(x, st);
    assert_int_equal(H.said[H.n_said - 1].delivery, KITH_STORED);
    assert_string_equal(H.said[H.n_said - 1].id, "o1");
    assert_false(x_unacked(x, "o2"));
    assert_false(sm_can_resume(x));
    assert_null(map_get(&H.store, "sm"));
    xmpp_stanza_release(st);
    end(x);
}

/* After a resumption something is said, and the server is silent for as long as anybody waits. */
static struct x *silent(bool heard_before)
{
    struct x *x = online();
    x->phase = PHASE_IDLE;
    sm_link_lost(x);
    xmpp_stanza_t *st = st_new(x->ctx, "resumed", NS_SM);
    st_set(st, "previd", "s1");
    st_set(st, "h", "0");
    assert_true(sm_resumed(x, st));
    xmpp_stanza_release(st);
    x->phase = PHASE_ONLINE;
    x->conn = xmpp_conn_new(x->ctx);
    str_set(&x->where, "localhost:5222");
    sm_queue(x, "<message/>", "bob@localhost", "o1");
    if (heard_before)
        assert_true(nonza(x, "a", "1"));
    sm_queue(x, "<message/>", "bob@localhost", "o2");
    sm_flush(x);
    link_await(x);
    H.timer(x); /* still taken for slow */
    H.timer(x);
    assert_true(x->end.due);
    H.timer(x); /* the end is told */
    return x;
}

static void test_a_session_that_nobody_listens_to_is_given_up(void **state)
{
    struct x *x = silent(false);
    assert_string_equal(H.why, "localhost:5222 resumed the session and did not listen to it: a new one begins.");
    assert_false(sm_can_resume(x));
    assert_false(x_unacked(x, "o1")); /* the outbox sends it anew */
    assert_null(map_get(&H.store, "sm"));
    end(x);
    x = silent(true); /* it was listened to: then it is the link */
    assert_string_equal(H.why, "The connection to localhost:5222 was dead.");
    assert_true(sm_can_resume(x));
    assert_false(x_unacked(x, "o1"));
    assert_true(x_unacked(x, "o2"));
    assert_non_null(map_get(&H.store, "sm"));
    end(x);
}

static void test_damaged_state_is_forgotten(void **state)
{
    static const char *const bad[] = {"x",
                                      "1:1,",
                                      "1:1,2:s1,",
                                      "1:2,2:s1,17:alice@localhost/r,1:0,1:0,1:0,1:0,",
                                      "1:1,2:s1,17:alice@localhost/r,1:0,1:0,1:0,1:9,",
                                      "1:1,2:s1,15:bob@localhost/r,1:0,1:0,1:0,1:0,",
                                      "1:1,0:,17:alice@localhost/r,1:0,1:0,1:0,1:0,",
                                      "1:1,99999999999:s1,",
                                      "1:1,9:s1,",
                                      "1:1,2:s1,17:alice@localhost/r,2:-1,1:0,1:0,1:0,"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        h_set(NULL, "sm", bad[i], strlen(bad[i]));
        struct x *x = account();
        assert_false(sm_can_resume(x));
        assert_int_equal(x->sm.n_queue, 0);
        end(x);
    }
    h_set(NULL, "sm", "1:1,2:s1,17:alice@localhost/r,1:0,1:0,1:0,1:0,", 47);
    struct x *x = account();
    assert_true(sm_can_resume(x));
    end(x);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_commit_before_acknowledgement),
                                       T(test_the_answer_waits),
                                       T(test_stored_when_acknowledged),
                                       T(test_counters_wrap),
                                       T(test_survives_the_process),
                                       T(test_sealed_survives_the_process),
                                       T(test_resend_is_not_told_twice),
                                       T(test_nothing_clear_is_resent),
                                       T(test_poison_is_skipped_when_all_before_is_safe),
                                       T(test_refused_tells_what_arrived),
                                       T(test_a_session_that_nobody_listens_to_is_given_up),
                                       T(test_damaged_state_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
