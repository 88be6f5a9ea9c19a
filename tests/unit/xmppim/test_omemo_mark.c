/* unit/xmppim/test_omemo_mark.c - OMEMO: an older copy of the keys, and a copy of them that runs beside us */
#include "played.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct omemo *ours(const struct both *t)
{
    return omemo_of(t->x)->o;
}

/* The server's side of the node: one item, for our device. */
struct node {
    char *life, *steps;
};

static void node_free(struct node *n)
{
    free(n->life);
    free(n->steps);
    *n = (struct node){0};
}

static char *attribute(const char *xml, const char *name)
{
    char *key = xasprintf(" %s=\"", name);
    const char *at = strstr(strstr(xml, "<mark "), key);
    assert_non_null(at);
    at += strlen(key);
    free(key);
    return xstrndup(at, strcspn(at, "\""));
}

/* Takes what we publish. */
static void node_takes(struct both *t, struct node *n)
{
    const char *xml = fake_last_sent(t->x, "<mark ");
    assert_non_null(xml);
    node_free(n);
    *n = (struct node){attribute(xml, "life"), attribute(xml, "steps")};
    fake_result(t->x, "<publish node=\"" OMEMO_MARK_NODE, "<x/>");
}

static void node_gives(struct both *t, const struct node *n)
{
    if (!n->life)
        fake_error(t->x, "<items node=\"" OMEMO_MARK_NODE, "item-not-found");
    else
        fake_result(t->x, "<items node=\"" OMEMO_MARK_NODE,
                    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='" OMEMO_MARK_NODE "'><item id='%" PRIu32 "'>"
                    "<mark xmlns='" OMEMO_MARK_NODE "' life='%s' steps='%s'/></item></items></pubsub>",
                    omemo_device(ours(t)), n->life, n->steps);
}

static void node_says(struct both *t, uint32_t device, const char *life)
{
    fake_feed(t->x, "<message from='" ME "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='"
                    OMEMO_MARK_NODE "'><item id='%" PRIu32 "'><mark xmlns='" OMEMO_MARK_NODE "' life='%s' steps='7'/></item>"
                    "</items></event></message>", device, life);
}

static void served(struct both *t)
{
    while (fake_asking(t->x, "<publish node=\"eu") || fake_asking(t->x, "<publish node=\"urn:xmpp:omemo"))
        fake_result(t->x, fake_asking(t->x, "<publish node=\"eu") ? "<publish node=\"eu" : "<publish node=\"urn:xmpp:omemo", "<x/>");
}

static void caught_up(struct both *t)
{
    omemo_caught_up(t->x);
}

/* Another session, of the same process or of another one on what is kept. */
static void begin(struct both *t, struct node *n)
{
    fake_marks(t->x);
    bind_again(t);
    node_gives(t, n);
}

static void restart(struct both *t)
{
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
}

static void converse(struct both *t)
{
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    char *xml = she_writes(t, OMEMO_OLD, "an answer", "h0");
    assert_true(fake_feed_text(t->x, xml));
    free(xml);
    fake_committed(t->x);
    served(t);
}

/* ---- tests ---- */

static void node_is_exact(struct both *t, const struct node *n)
{
    char *steps = xasprintf("%" PRIu64, omemo_steps(ours(t)));
    assert_string_equal(n->steps, steps);
    free(steps);
}

/* Nothing was encrypted for a while. */
static void quiet(struct both *t)
{
    for (int i = 0; i < 4; i++) {
        fake_timers(t->x);
        served(t);
        while (fake_asking(t->x, "<publish node=\"" OMEMO_MARK_NODE))
            fake_result(t->x, "<publish node=\"" OMEMO_MARK_NODE, "<x/>");
    }
    fake_forget(t->x);
}

static size_t count_sent(struct both *t, const char *part)
{
    size_t n = 0;
    while (fake_take_sent(t->x, part))
        n++;
    return n;
}

/* One question and one mark in a session; then one before the first message of a quiet time, few of them while more leave, and none
 * when nothing does. */
static void cheap(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    quiet(t);
    for (int i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "x%d", i);
        say(t, id, "again");
        if (i == 0) {
            node_takes(t, &n);
            node_is_exact(t, &n);
            assert_true(fake_take_sent(t->x, "<mark "));
            assert_true(fake_take_sent(t->x, "<encrypted")); /* behind it */
        }
        free(she_reads(t));
    }
    assert_int_equal(count_sent(t, "<mark "), 0);
    fake_timers(t->x);
    served(t);
    node_takes(t, &n);
    node_is_exact(t, &n);
    quiet(t);
    for (int i = 0; i < 3; i++)
        fake_timers(t->x);
    assert_null(fake_last_sent(t->x, "<mark "));
    node_free(&n);
}

/* Nothing is encrypted before it is known that the keys may be used. */
static void waits_for_the_mark(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    converse(t);
    fake_marks(t->x);
    bind_again(t);
    fake_forget(t->x);
    say(t, "m7", "not yet");
    no_lists(t);
    fake_timers(t->x);
    assert_false(fake_asking(t->x, "<publish "));
    assert_null(sent_message(t->x));
    node_gives(t, &n);
    uint32_t id = omemo_device(t->her.o);
    answer_list(t, OMEMO_OLD, &id, 1);
    answer_list(t, OMEMO_2, &id, 0);
    assert_non_null(sent_message(t->x));
    node_free(&n);
}

/* A server that has no such node, or does not answer: OMEMO goes on without marks. */
static void without_marks(void **state)
{
    struct both *t = *state;
    fake_marks(t->x);
    bind_again(t);
    fake_error(t->x, "<items node=\"" OMEMO_MARK_NODE, "feature-not-implemented");
    first_message(t, OMEMO_OLD);
    fake_timers(t->x);
    assert_null(fake_last_sent(t->x, "<mark "));
}

static void a_usual_restart(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    for (int i = 0; i < 3; i++) { /* what left after the last mark counts for us, not against us */
        restart(t);
        begin(t, &n);
        assert_true(omemo_mark_open(t->x));
        assert_true(omemo_has_session(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o)));
        if (i != 1) /* and once the process dies before the server has it */
            node_takes(t, &n);
    }
    node_free(&n);
}


static void copy_of(struct both *t, struct disk *d)
{
    disk_free(d);
    for (struct map_entry *e = NULL; (e = map_next(&t->x->store, e));) {
        int len = x_host(t->x)->state_get(x_account(t->x), e->key, NULL, 0);
        VEC_PUSH(d->v, d->n, d->cap, ((struct row){xstrdup(e->key), xmalloc((size_t)len + 1), (size_t)len}));
        (void)x_host(t->x)->state_get(x_account(t->x), e->key, d->v[d->n - 1].data, (size_t)len);
    }
}

static void put_back(struct both *t, const struct disk *d)
{
    map_free(&t->x->store, free);
    for (size_t i = 0; i < d->n; i++)
        (void)x_host(t->x)->state_set(x_account(t->x), d->v[i].key, d->v[i].data, d->v[i].len);
}

/* A backup: same identity, sessions thrown away, new keys published, friends told, and what is gone is said. */
static void a_backup_is_put_back(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    struct disk d = {0};
    unsigned char before[OMEMO_KEY], after[OMEMO_KEY];
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    copy_of(t, &d);
    fake_time(t->x, t->x->now + 3600 * 1000);
    say(t, "m8", "after the copy");
    free(she_reads(t));
    char *between = she_writes(t, OMEMO_OLD, "read by what is lost", "h1");
    assert_true(fake_feed_text(t->x, between));
    fake_committed(t->x);
    say(t, "m10", "and on");
    free(she_reads(t));
    char *unread = she_writes(t, OMEMO_OLD, "in what is lost", "h3"); /* she has gone on with keys that the copy has not */
    fake_timers(t->x);
    node_takes(t, &n);
    omemo_identity(ours(t), before);
    fake_restart(&t->x);
    put_back(t, &d);
    restart(t);
    fake_forget(t->x);
    begin(t, &n);
    assert_false(omemo_mark_open(t->x));
    assert_true(omemo_has_session(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o))); /* to read with, not to write with */
    say(t, "m9", "this has to wait");
    node_takes(t, &n);
    while (fake_take_event(t->x, "x"))
        ;
    assert_true(fake_feed_text(t->x, between)); /* what the copy can still read is read once more */
    assert_true(fake_take_event(t->x, "body=read by what is lost;"));
    assert_true(fake_feed_text(t->x, unread));
    expect_event(t->x, "MESSAGE", "enc=4", "lost when an older copy");
    caught_up(t);
    while (!omemo_mark_open(t->x))
        fake_timers(t->x);
    assert_false(omemo_has_session(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o)));
    omemo_identity(ours(t), after);
    assert_memory_equal(before, after, OMEMO_KEY);
    assert_non_null(fake_last_event(t->x, "older copy of its data"));
    const char *chat = fake_last_event(t->x, "ask for them again");
    assert_non_null(chat);
    assert_non_null(strstr(chat, "chat=" JULIET));
    answer_lists(t, OMEMO_OLD);
    fake_timers(t->x);
    fake_timers(t->x);
    served(t);
    fake_timers(t->x);
    assert_true(fake_asking(t->x, "bundles"));
    answer_bundle(t, OMEMO_OLD);
    fake_timers(t->x);
    assert_non_null(strstr(sent_message(t->x), "prekey=\"true\""));
    free(she_reads(t));
    char *xml = she_writes(t, OMEMO_OLD, "found again", "h2");
    assert_true(fake_feed_text(t->x, xml));
    assert_true(fake_take_event(t->x, "body=found again;"));
    free(xml);
    /* and the next session is a usual one */
    served(t);
    node_takes(t, &n);
    restart(t);
    begin(t, &n);
    assert_true(omemo_mark_open(t->x));
    assert_true(omemo_has_session(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o)));
    free(unread);
    free(between);
    disk_free(&d);
    node_free(&n);
}

/* The copy lacks one message that left a moment ago, of which nobody has heard but by the mark before it. */
static void a_copy_of_a_moment_ago(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    struct disk d = {0};
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    quiet(t);
    copy_of(t, &d);
    say(t, "m8", "the last words");
    free(she_reads(t));
    node_takes(t, &n); /* it came before the message did */
    fake_restart(&t->x);
    put_back(t, &d);
    restart(t);
    begin(t, &n);
    assert_false(omemo_mark_open(t->x));
    node_takes(t, &n);
    disk_free(&d);
    node_free(&n);
}

/* A machine that is put back with its memory goes on with its session, and learns of it all the same. */
static void put_back_with_its_memory(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    node_takes(t, &n);
    quiet(t);
    for (int later = 0; later < 2; later++) {
        fake_drop(t->x, false);
        fake_bind(t->x, true);
        say(t, later ? "m9" : "m8", "not before it is known");
        assert_null(sent_message(t->x));
        struct node there = {n.life, later ? (char[]){"999999"} : n.steps};
        node_gives(t, &there);
        assert_int_equal(omemo_mark_open(t->x), !later);
        if (!later)
            assert_non_null(sent_message(t->x));
        if (!later)
            free(she_reads(t));
        quiet(t);
    }
    omemo_caught_up(t->x);
    while (!omemo_mark_open(t->x))
        quiet(t);
    assert_non_null(fake_state(t->x, "omemo.lost"));
    assert_false(omemo_has_session(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o)));
    node_free(&n);
}

/* The link was away when the answer was given up: asked again when it is back, and nothing waits for ever. */
static void an_answer_that_is_lost(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    converse(t);
    fake_marks(t->x);
    bind_again(t);
    for (int i = 0; i < 2; i++) { /* at the login, and when resumed */
        fake_drop(t->x, false);
        fake_timeout(t->x, "<items node=\"" OMEMO_MARK_NODE);
        assert_false(omemo_mark_open(t->x));
        fake_bind(t->x, true);
        node_gives(t, &n);
        if (i == 0)
            node_takes(t, &n);
        assert_true(omemo_mark_open(t->x));
        quiet(t);
        fake_drop(t->x, false);
        fake_bind(t->x, true);
    }
    node_free(&n);
}

/* Killed while it waits: it is still an older copy afterwards. */
static void killed_before_it_began_anew(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    struct node later = {xstrdup(n.life), xstrdup("99")};
    for (int i = 0; i < 2; i++) {
        restart(t);
        begin(t, &later);
        assert_false(omemo_mark_open(t->x));
        node_takes(t, &later);
    }
    caught_up(t);
    for (int i = 0; i < 3; i++)
        fake_timers(t->x);
    assert_true(omemo_mark_open(t->x));
    assert_true(omemo_steps(ours(t)) > 99);
    node_free(&later);
    node_free(&n);
}

/* The other one began later with our keys: it is told to stop, once. */
static void a_newcomer(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    fake_forget(t->x);
    node_says(t, omemo_device(ours(t)), n.life); /* our own */
    node_says(t, omemo_device(ours(t)) ^ 1, "00000000000000aa"); /* another device of ours */
    expect_no_event(t->x);
    expect_nothing_sent(t->x);
    node_says(t, omemo_device(ours(t)), "00000000000000aa");
    expect_event(t->x, "NOTICE", "Another kith has begun");
    expect_sent(t->x, "<mark ", n.life);
    assert_true(omemo_mark_open(t->x));
    node_free(&n);
}

/* We began with the keys of one that still runs: it answers, and we stop, with words at every message. */
static void we_are_the_newcomer(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    converse(t);
    restart(t);
    char *there = xstrdup(n.life);
    begin(t, &n);
    node_takes(t, &n);
    fake_forget(t->x);
    node_says(t, omemo_device(ours(t)), there);
    expect_event(t->x, "NOTICE", "OMEMO stops here");
    assert_true(omemo_mark_refused(t->x));
    say(t, "m8", "cannot leave");
    assert_null(sent_message(t->x));
    expect_event(t->x, "RECEIPT", "id=m8;", "another kith runs");
    char *xml = she_writes(t, OMEMO_OLD, "for the other one", "h5");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "enc=4", "another kith runs");
    free(xml);
    node_says(t, omemo_device(ours(t)), there);
    expect_no_event(t->x);
    /* the next session does not take the other one's mark for its own past */
    node_free(&n);
    n = (struct node){there, xstrdup("1")};
    restart(t);
    begin(t, &n);
    assert_false(omemo_mark_open(t->x));
    node_free(&n);
}

/* Somebody who slept while we took over: not given way to. */
static void a_sleeper_wakes(void **state)
{
    struct both *t = *state;
    struct node n = {0};
    begin(t, &n);
    node_takes(t, &n);
    restart(t);
    char *there = xstrdup(n.life);
    begin(t, &n);
    node_takes(t, &n);
    fake_time(t->x, t->x->now + 10 * 60 * 1000);
    fake_forget(t->x);
    node_says(t, omemo_device(ours(t)), there);
    expect_event(t->x, "NOTICE", "told to stop");
    expect_sent(t->x, "<mark ", n.life);
    assert_true(omemo_mark_open(t->x));
    free(there);
    node_free(&n);
}

/* ---- keys in a file ---- */

static int temp_file(char path[32])
{
    str_copy(path, 32, "/tmp/kith-keys-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

/* To a file and from it, the passphrase by a question each; a wrong one changes nothing. */
static void to_a_file_and_back(void **state)
{
    struct both *t = *state;
    char path[32];
    unsigned char before[OMEMO_KEY], after[OMEMO_KEY];
    struct node n = {0};
    uint32_t device = omemo_device(ours(t));
    omemo_identity(ours(t), before);
    converse(t);
    int fd = temp_file(path);
    fake_forget(t->x);
    assert_int_equal(omemo_export_keys(t->x, fd, 71), KITH_OK);
    fake_answer_with(t->x, fake_last_ask(t->x), "ok", "secret", "short", "again", "short", NULL);
    fake_answer_with(t->x, fake_last_ask(t->x), "ok", "secret", "correct horse", "again", "correct house", NULL);
    fake_answer_with(t->x, fake_last_ask(t->x), "ok", "secret", "correct horse", "again", "correct horse", NULL);
    assert_true(fake_take_event(t->x, "REPLY"));
    assert_true(omemo_holds(t->x, JULIET));
    fake_restart(&t->x); /* another machine: nothing of it is here */
    map_free(&t->x->store, free);
    restart(t);
    assert_int_not_equal(omemo_device(ours(t)), device);
    for (int i = 0; i < 2; i++) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        fake_forget(t->x);
        assert_int_equal(omemo_import_keys(t->x, fd, 72), KITH_OK);
        fake_answer_secret(t->x, fake_last_ask(t->x), i == 0 ? "wrong horse" : "correct horse");
        assert_non_null(fake_last_event(t->x, i == 0 ? "passphrase is wrong" : "identity of the file"));
        assert_int_equal(omemo_device(ours(t)) == device, i);
    }
    omemo_identity(ours(t), after);
    assert_memory_equal(before, after, OMEMO_KEY);
    assert_true(omemo_holds(t->x, JULIET));
    assert_false(omemo_has_session(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o)));
    /* where the other one has left its mark, these keys are an older copy, and nothing leaves before that is known */
    n = (struct node){xstrdup("00000000000000bb"), xstrdup("12")};
    begin(t, &n);
    assert_false(omemo_mark_open(t->x));
    node_takes(t, &n);
    caught_up(t);
    while (!omemo_mark_open(t->x))
        fake_timers(t->x);
    fake_forget(t->x);
    fake_timers(t->x);
    answer_bundle(t, OMEMO_OLD); /* she hears of new keys without anybody's having to write */
    fake_timers(t->x);
    const char *xml = sent_message(t->x);
    assert_non_null(xml);
    assert_non_null(strstr(xml, "prekey=\"true\""));
    assert_null(strstr(xml, "<payload"));
    unlink(path);
    assert_int_equal(omemo_export_keys(t->x, temp_file(path), 73), KITH_OK); /* never answered: its file is closed */
    unlink(path);
    node_free(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cheap, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_the_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(without_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_usual_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_backup_is_put_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_of_a_moment_ago, setup, teardown),
        cmocka_unit_test_setup_teardown(put_back_with_its_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(killed_before_it_began_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newcomer, setup, teardown),
        cmocka_unit_test_setup_teardown(we_are_the_newcomer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sleeper_wakes, setup, teardown),
        cmocka_unit_test_setup_teardown(to_a_file_and_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
