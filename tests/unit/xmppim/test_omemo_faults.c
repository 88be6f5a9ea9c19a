/* unit/xmppim/test_omemo_faults.c - OMEMO when disks refuse and answers come in between: nothing leaves in the clear, nothing is
 * waited for without end */
#include "played.h"

#include <inttypes.h>
#include <stdlib.h>

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

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(what_begins_and_is_not_kept), T(the_line_moves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
