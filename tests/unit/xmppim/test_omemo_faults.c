/* unit/xmppim/test_omemo_faults.c - OMEMO when disks refuse and answers come in between: nothing leaves in the clear, nothing is
 * waited for without end */
#include "played.h"

#include <inttypes.h>
#include <stdlib.h>

#include "backends/omemo/reset.h"

#define WORD "zanzibar"
#define NURSE "nurse@capulet.lit"

static void nothing_clear(const struct both *t)
{
    for (size_t i = 0; i < t->x->sent.n; i++)
        assert_null(strstr(t->x->sent.s[i], WORD));
}

/* ---- a disk that does not take what is to be kept ---- */

static struct kith_host real;

static int no_chats(struct kith_account *a, const char *key, const void *data, size_t len)
{
    return str_starts(key, "omemo.chat.") ? KITH_EDENIED : real.state_set(a, key, data, len);
}

/* She has keys, so the chat begins to be encrypted; that cannot be kept: the message fails and does not go in the clear. */
static void what_begins_and_is_not_kept(void **state)
{
    struct both *t = *state;
    real = t->x->host;
    t->x->host.state_set = no_chats;
    say(t, "m5", WORD);
    answer_lists(t, OMEMO_OLD);
    nothing_clear(t);
    assert_null(sent_message(t->x));
    assert_true(fake_take_event(t->x, "id=m5; delivery=5; text=this chat would be encrypted from now on, and that could not be kept"));
    t->x->host.state_set = real.state_set;
    assert_int_equal(say_as(t, "m5", WORD, KITH_SEND_RETRY, NULL), KITH_OK); /* as /resend does */
    answer_bundle(t, OMEMO_OLD);
    shown(t);
    nothing_clear(t);
    char *text = she_reads(t);
    assert_string_equal(text, WORD);
    free(text);
}

/* ---- what is given back while others are sent ---- */

static xmpp_stanza_t *letter(struct both *t, const char *to, const char *id, const char *text)
{
    xmpp_stanza_t *st = st_new(x_ctx(t->x), "message", NULL);
    st_set(st, "to", to);
    st_set(st, "type", "chat");
    st_set(st, "id", id);
    st_add_child_text(st, "body", NULL, text);
    return st;
}

/* The first of many goes in the clear, to whom has no keys; with it the ledger gives back what was written to another one before
 * that chat was encrypted, and the line of those that wait moves. */
static void the_line_moves(void **state)
{
    struct both *t = *state;
    say(t, "m1", "who is there?");
    no_lists(t);
    no_lists(t);
    assert_non_null(sent_message(t->x));
    fake_drop(t->x, false);
    ledger_queue(t->x, letter(t, NURSE, "n1", WORD), NURSE, "n1", 0, false);
    assert_int_equal(omemo_set_chat(t->x, NURSE, true), 0);
    struct omemo_session *s = omemo_of(t->x);
    do {
        char *id = xasprintf("p%zu", s->n_posts);
        omemo_send(t->x, letter(t, JULIET, id, "in the clear"), JULIET, id, 0, false);
        free(id);
    } while (s->n_posts < s->cap_posts);
    size_t n = s->n_posts;
    fake_forget(t->x);
    t->x->online = true;
    omemo_push(t->x);
    for (size_t i = 0; i < n; i++) {
        char *id = xasprintf("id=\"p%zu\"", i);
        assert_true(fake_take_sent(t->x, id));
        free(id);
    }
    nothing_clear(t);
    assert_int_equal(s->n_posts, 1); /* hers, for which keys are asked */
}

/* ---- a mark that is not taken ---- */

#define MARK "<publish node=\"" OMEMO_MARK_NODE

/* The server's is of later keys than these: an older copy, which waits for whoever else runs with them. */
static void begin_as_older_copy(struct both *t)
{
    fake_marks(t->x);
    bind_again(t);
    fake_result(t->x, "<items node=\"" OMEMO_MARK_NODE,
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='" OMEMO_MARK_NODE "'><item id='%" PRIu32 "'>"
                "<mark xmlns='" OMEMO_MARK_NODE "' life='00000000000000bb' steps='999999'/></item></items></pubsub>",
                omemo_device(omemo_of(t->x)->o));
    omemo_caught_up(t->x);
    assert_false(omemo_mark_open(t->x));
}

static void wait_for_the_mark(struct both *t)
{
    for (int i = 0; i < 5 && !omemo_mark_open(t->x); i++)
        fake_timers(t->x);
}

/* A full disk at the server: the keys begin anew without a mark, and the next login knows no older copy any more. */
static void a_mark_that_is_refused(void **state)
{
    struct both *t = *state;
    begin_as_older_copy(t);
    fake_error(t->x, MARK, "resource-constraint");
    fake_error(t->x, "<create node=\"" OMEMO_MARK_NODE, "resource-constraint");
    wait_for_the_mark(t);
    assert_true(omemo_mark_open(t->x));
    assert_non_null(fake_last_event(t->x, "older copy of its data"));
    fake_restart(&t->x);
    fake_start(t->x);
    bind_again(t);
    fake_error(t->x, "<items node=\"" OMEMO_MARK_NODE, "item-not-found");
    assert_true(omemo_mark_open(t->x));
}

/* It is written again when nothing comes back, and not for ever. */
static void a_mark_without_an_answer(void **state)
{
    struct both *t = *state;
    int n = 0;
    begin_as_older_copy(t);
    fake_timeout(t->x, MARK);
    wait_for_the_mark(t);
    assert_false(omemo_mark_open(t->x)); /* the second one may be taken */
    for (; n < 10 && fake_asking(t->x, MARK); n++)
        fake_timeout(t->x, MARK);
    assert_in_range(n, 1, 3);
    wait_for_the_mark(t);
    assert_true(omemo_mark_open(t->x));
}

/* ---- who we were ---- */

/* The keys of before come back, from a file, after a reset without a connection: they are ours again, and are not taken off the
 * server at the next login. */
static void keys_that_come_back(void **state)
{
    struct both *t = *state;
    const struct omemo_io io = omemo_io_of(t->x);
    unsigned char self[512];
    uint32_t before = omemo_device(omemo_of(t->x)->o), list[] = {before};
    fake_drop(t->x, true);
    int len = io.get(io.user, "omemo.self", self, sizeof self);
    assert_in_range(len, 1, sizeof self);
    assert_int_equal(omemo_reset_keys(t->x, 7), KITH_OK);
    assert_int_not_equal(omemo_device(omemo_of(t->x)->o), before);
    assert_true(omemo_is_gone(t->x, before));
    assert_int_equal(omemo_wipe_self(&io), 0); /* as a file is taken in */
    assert_int_equal(io.set(io.user, "omemo.self", self, (size_t)len), 0);
    assert_int_equal(omemo_reopen(t->x, true), 0);
    assert_int_equal(omemo_device(omemo_of(t->x)->o), before);
    assert_false(omemo_is_gone(t->x, before));
    bind_again(t);
    answer_list(t, OMEMO_OLD, list, 1);
    answer_list(t, OMEMO_2, list, 1);
    fake_timers(t->x);
    assert_null(fake_last_sent(t->x, "<delete "));
    assert_null(fake_last_sent(t->x, "<retract "));
    assert_non_null(fake_last_sent(t->x, "bundles"));
}

/* ---- a device that is to leave our lists ---- */

enum { PHONE = 111 };

/* It stands in both lists, and ours are there. */
static void with_a_phone(struct both *t)
{
    uint32_t list[] = {omemo_device(omemo_of(t->x)->o), PHONE};
    answer_list(t, OMEMO_OLD, list, 2);
    answer_list(t, OMEMO_2, list, 2);
    fake_timers(t->x);
    fake_forget(t->x);
}

/* Each request is answered, also when nothing can be written now, and the next one is free. */
static void without_a_connection(void **state)
{
    struct both *t = *state;
    with_a_phone(t);
    assert_int_equal(omemo_remove_device(t->x, "111", 7), KITH_OK);
    fake_drop(t->x, false); /* before the server has heard of it */
    assert_non_null(fake_last_event(t->x, "REPLY req=7; text=It is taken out of your lists at the next login"));
    assert_int_equal(omemo_remove_device(t->x, "111", 8), KITH_OK);
    assert_non_null(fake_last_event(t->x, "REPLY req=8; text=It is taken out of your lists at the next login"));
    assert_true(omemo_is_gone(t->x, PHONE));
}

/* The old list is refused and the new one taken: it is still there for those who read the old one. */
static void one_of_two_lists(void **state)
{
    struct both *t = *state;
    with_a_phone(t);
    assert_int_equal(omemo_remove_device(t->x, "111", 7), KITH_OK);
    fake_timers(t->x);
    fake_error(t->x, "publish node=\"" OLD_LIST, "forbidden");
    fake_result(t->x, "publish node=\"" NEW_LIST, "<x/>");
    assert_true(fake_take_event(t->x, "REPLY req=7; err="));
    assert_false(fake_take_event(t->x, "REPLY"));
    assert_true(omemo_is_gone(t->x, PHONE)); /* it is tried again */
    assert_null(fake_last_sent(t->x, "<delete "));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_begins_and_is_not_kept), T(the_line_moves), T(a_mark_that_is_refused),
        T(a_mark_without_an_answer), T(keys_that_come_back), T(without_a_connection), T(one_of_two_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
