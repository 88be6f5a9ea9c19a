/* unit/core/test_spans.c - how messages look: kept, edited, sent, and hidden from notices and lists */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

static char told[400]; /* the text of the last notice */

#define B KITH_STYLE_BOLD
#define X KITH_STYLE_SPOILER

static struct chat *chat_of(struct rig *r)
{
    struct chat *c = chats_get(r->ca, BOB, KITH_CHAT_DIRECT);
    core_load(r->core, c);
    return c;
}

static void arrives(struct rig *r, const char *id, const char *body, uint32_t start, uint32_t len, uint32_t style)
{
    struct kith_span s = {sizeof s, style, start, len, 0, 0};
    struct kith_ev_message ev = text(id, body);
    ev.spans = &s;
    ev.n_spans = 1;
    give(r, ev);
}

/* The message as the store has it: "body|spans". */
static void stored_is(struct rig *r, int64_t id, const char *want)
{
    struct message *m = store_message(r->store, chat_of(r), id);
    assert_non_null(m);
    char *have = xasprintf("%s|%s", m->body, m->spans ? m->spans : "");
    assert_string_equal(have, want);
    free(have);
    message_free(m);
}

static struct message *newest(struct rig *r)
{
    struct message *m = chat_last(chat_of(r));
    assert_non_null(m);
    return m;
}

static void what_comes_is_kept(void **state)
{
    struct rig *r = *state;
    arrives(r, "1", "a bold word", 2, 4, B);
    assert_string_equal(newest(r)->spans, "2,4,1");
    int64_t id = newest(r)->id;
    stored_is(r, id, "a bold word|2,4,1");
    give(r, text("2", "plain"));
    assert_null(newest(r)->spans);
    /* An edit brings its own look, or none. */
    struct kith_span s = {sizeof s, KITH_STYLE_ITALIC, 0, 1, KITH_COLOUR(0xff0000), 0};
    struct kith_ev_message edit = text("3", "another bold word");
    edit.target = "1";
    edit.flags = KITH_MSG_EDIT;
    edit.spans = &s;
    edit.n_spans = 1;
    give(r, edit);
    stored_is(r, id, "another bold word|0,1,2,1ff0000");
    assert_string_equal(chat_message(chat_of(r), id)->spans, "0,1,2,1ff0000");
    size_t n = 0;
    struct store_version *v = store_versions(r->store, id, &n);
    assert_int_equal(n, 1);
    assert_string_equal(v[0].spans, "2,4,1");
    store_versions_free(v, n);
    edit = text("4", "now plain");
    edit.target = "1";
    edit.flags = KITH_MSG_EDIT;
    give(r, edit);
    stored_is(r, id, "now plain|");
    assert_null(chat_message(chat_of(r), id)->spans);
    assert_true(store_commit(r->store, true, NULL));
    rig_stop(r);
    rig_start(r, false);
    arrives(r, "5", "x", 0, 1, B);
    stored_is(r, id, "now plain|");
}

/* An edit that came before its message. */
static void what_waits_keeps_its_look(void **state)
{
    struct rig *r = *state;
    give(r, text("0", "first"));
    struct kith_span s = {sizeof s, X, 0, 6, 0, 0};
    struct kith_ev_message edit = text("e", "hidden then");
    edit.target = "late";
    edit.flags = KITH_MSG_EDIT;
    edit.spans = &s;
    edit.n_spans = 1;
    give(r, edit);
    give(r, text("late", "open"));
    struct message *m = store_find_message(r->store, chat_of(r), "late", NULL);
    assert_non_null(m);
    assert_string_equal(m->body, "hidden then");
    assert_string_equal(m->spans, "0,6,40");
    message_free(m);
}

static void on_alert(void *user, const struct core_alert *al)
{
    rig_on_alert(user, al);
    snprintf(told, sizeof told, "%s", al->text);
}

static void nothing_tells_what_is_hidden(void **state)
{
    struct rig *r = *state;
    core_on_alert(r->core, on_alert, r);
    arrives(r, "1", "it was the butler!", 7, 10, X);
    assert_int_equal(r->n_alerts, 1);
    assert_null(strstr(r->words, "butler"));
    assert_string_equal(told, "it was [spoiler]!");
    assert_int_equal(r->model->n_inbox, 1);
    assert_string_equal(r->model->inbox[0]->text, "it was [spoiler]!");
    core_reveal(newest(r), true);
    assert_true(newest(r)->revealed);
    stored_is(r, newest(r)->id, "it was the butler!|7,a,40");
    assert_true(store_commit(r->store, true, NULL));
    rig_stop(r);
    rig_start(r, false); /* read from the file */
    assert_int_equal(r->model->n_inbox, 1);
    assert_string_equal(r->model->inbox[0]->text, "it was [spoiler]!");
    assert_false(newest(r)->revealed);
}

/* What an edit brings was not looked at yet. */
static void an_edit_hides_again(void **state)
{
    struct rig *r = *state;
    arrives(r, "1", "it was the butler!", 7, 10, X);
    core_reveal(newest(r), true);
    struct kith_span s = {sizeof s, X, 7, 7, 0, 0};
    struct kith_ev_message edit = text("2", "it was the cat!");
    edit.flags |= KITH_MSG_EDIT;
    edit.target = "1";
    edit.spans = &s;
    edit.n_spans = 1;
    give(r, edit);
    assert_string_equal(newest(r)->body, "it was the cat!");
    assert_false(newest(r)->revealed);
}

static int64_t say(struct rig *r, struct core_send s)
{
    struct err e = {0};
    int64_t id = core_send(r->core, chat_of(r), &s, &e);
    if (id < 0)
        print_message("%s\n", e.text);
    return id;
}

static void what_is_written_is_plain_text_and_its_look(void **state)
{
    static const struct { const char *written, *want; } rows[] = {
        {"plain", "plain|"},
        {"a \x02" "bold\x02 word", "a bold word|2,4,1"},
        {"\x13it was him", "it was him|0,a,40"},
        {"\x03" "04red\x0f", "red|0,3,0,1ff0000"},
        {"esc \x1b[1m\x02" "b\x02", "esc \u241b[1m" "b|a,1,1"}, /* cleaned, and the look goes with its text */
        {"e\x02\u0301\x02", "\u00e9|"},                         /* what becomes one looks like nothing */
        {"\x02" "caf\u00e9\x02", "caf\u00e9|0,5,1"},
    };
    struct rig *r = *state;
    r->a->caps = KITH_CAP_FORMAT | KITH_CAP_EDIT;
    for (size_t i = 0; i < COUNT(rows); i++)
        stored_is(r, say(r, (struct core_send){.body = rows[i].written}), rows[i].want);
    struct err e = {0};
    assert_true(core_send(r->core, chat_of(r), &(struct core_send){.body = "\x02\x02"}, &e) < 0); /* nothing but codes */
    assert_string_equal(e.text, "there is nothing to send");
}

/* A quotation for old clients is read in the open. */
static void an_answer_quotes_nothing_hidden(void **state)
{
    struct rig *r = *state;
    arrives(r, "1", "it was the butler!", 7, 10, X);
    assert_true(say(r, (struct core_send){.body = "no!", .reply_to = newest(r)->id}) > 0);
    assert_string_equal(r->ca->queue->row.reply_body, "it was [spoiler]!");
}

static void who_cannot_look_like_anything_is_plain(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    r->a->caps = 0;
    stored_is(r, say(r, (struct core_send){.body = "a \x02" "bold\x02 word"}), "a bold word|");
    int64_t before = newest(r)->id; /* but what is hidden is never sent in the open */
    assert_int_equal(core_send(r->core, chat_of(r), &(struct core_send){.body = "it was \x13him"}, &e), KITH_EUNSUP);
    assert_non_null(strstr(e.text, "not sent in the open"));
    assert_int_equal(newest(r)->id, before);
    assert_int_equal(core_may_format(chat_of(r), &e), KITH_EUNSUP);
    r->a->caps = KITH_CAP_FORMAT;
    assert_int_equal(core_may_format(chat_of(r), &e), 0);
    r->a->state = KITH_STATE_OFFLINE;
    assert_int_equal(core_may_format(chat_of(r), &e), KITH_EOFFLINE);
    stored_is(r, say(r, (struct core_send){.body = "a \x02" "bold\x02 word"}), "a bold word|2,4,1"); /* perhaps it can */
    int64_t hidden = say(r, (struct core_send){.body = "it was \x13him"});
    r->a->caps = 0;
    r->a->state = KITH_STATE_ONLINE; /* it cannot */
    struct outgoing *o = r->ca->queue;
    while (o && o->row.message != hidden)
        o = o->next;
    assert_non_null(o);
    o->ready = true;
    outbox_issue(r->ca);
    assert_int_equal(newest(r)->id, hidden);
    assert_int_equal(newest(r)->delivery, DELIVERY_FAILED);
    assert_non_null(strstr(newest(r)->failure, "not sent in the open"));
    for (o = r->ca->queue; o; o = o->next)
        assert_true(o->row.message != hidden);
}

static void edits_and_later_tries_keep_it(void **state)
{
    struct rig *r = *state;
    r->a->caps = KITH_CAP_FORMAT | KITH_CAP_EDIT;
    int64_t id = say(r, (struct core_send){.body = "a \x02" "bold\x02 word"});
    assert_string_equal(r->ca->queue->row.spans, "2,4,1");
    assert_true(say(r, (struct core_send){.body = "a bold word", .edit = id}) > 0); /* the look alone is another */
    stored_is(r, id, "a bold word|");
    assert_null(r->ca->queue->row.spans);
    assert_true(say(r, (struct core_send){.body = "a \x1d" "bold\x1d word", .edit = id}) > 0);
    stored_is(r, id, "a bold word|2,4,2");
    assert_true(store_commit(r->store, true, NULL));
    rig_stop(r);
    rig_start(r, false);
    assert_non_null(r->ca->queue); /* it waits still */
    assert_string_equal(r->ca->queue->row.body, "a bold word");
    assert_string_equal(r->ca->queue->row.spans, "2,4,2");
    r->a->caps = KITH_CAP_FORMAT;
    struct message *m = chat_message(chat_of(r), id);
    m->delivery = DELIVERY_FAILED;
    assert_int_equal(core_resend(r->core, m, NULL), 0);
    stored_is(r, newest(r)->id, "a bold word|2,4,2");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_comes_is_kept), T(what_waits_keeps_its_look), T(nothing_tells_what_is_hidden), T(an_edit_hides_again),
        T(what_is_written_is_plain_text_and_its_look), T(who_cannot_look_like_anything_is_plain),
        T(edits_and_later_tries_keep_it), T(an_answer_quotes_nothing_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
