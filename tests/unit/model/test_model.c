/* unit/model/test_model.c - the model: observers, people, chats, the window of messages */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/model.h"

struct counter {
    struct model *m;
    unsigned seen[32];
    unsigned total;
    bool leave_when_told;
    model_fn *add;
};

static void on_count(void *user, const struct model_event *ev)
{
    struct counter *c = user;
    c->seen[ev->type]++;
    c->total++;
    if (c->leave_when_told)
        model_unobserve(c->m, on_count, c);
    if (c->add) {
        model_observe(c->m, c->add, c);
        c->add = NULL;
    }
}

static void on_late(void *user, const struct model_event *ev)
{
    struct counter *c = user;
    (void)ev;
    c->seen[31]++;
}

static struct message *text(int64_t id, int64_t sort)
{
    struct message *m = message_new();
    m->id = id;
    m->sort = m->time = sort;
    m->sender = xstrdup("bob@example.org");
    m->body = xstrdup("hello");
    return m;
}

static struct chat *one_chat(struct model *m)
{
    struct account *a = model_add_account(m, 1, "home", "xmpp");
    return account_add_chat(a, 7, "bob@example.org", KITH_CHAT_DIRECT);
}

static void test_observers_leave_while_told(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct counter a = {.m = m, .leave_when_told = true}, b = {.m = m}, late = {.m = m};
    late.add = on_late;
    model_observe(m, on_count, &a);
    model_observe(m, on_count, &late);
    model_observe(m, on_count, &b);
    model_notice(m, NULL, NULL, KITH_INFO, "one %d", 1);
    assert_int_equal(a.total, 1);
    assert_int_equal(b.total, 1);
    assert_int_equal(late.seen[31], 0); /* added while told: from the next event on */
    model_notice(m, NULL, NULL, KITH_INFO, "two");
    assert_int_equal(a.total, 1);
    assert_int_equal(b.total, 2);
    assert_int_equal(late.seen[31], 1);
    assert_int_equal(m->n_observers, 3);
    model_free(m);
}

static void test_finding(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    c->number = 3;
    assert_ptr_equal(model_account(m, "home"), c->account);
    assert_null(model_account(m, "work"));
    assert_ptr_equal(model_account_by_id(m, 1), c->account);
    assert_ptr_equal(model_chat_by_id(m, 7), c);
    assert_ptr_equal(model_chat_by_number(m, 3), c);
    assert_null(model_chat_by_number(m, 0));
    assert_ptr_equal(account_chat(c->account, "bob@example.org"), c);
    assert_string_equal(chat_title(c), "bob@example.org");
    account_put_contact(c->account, "bob@example.org", "Bob", NULL, 0, 0);
    assert_string_equal(chat_title(c), "Bob");
    struct message *one = text(1, 10);
    one->wire_id = xstrdup("w");
    one->origin_id = xstrdup("o");
    one->archive_id = xstrdup("a");
    chat_insert_message(c, one);
    assert_ptr_equal(chat_message_by_ref(c, "w"), one);
    assert_ptr_equal(chat_message_by_ref(c, "o"), one);
    assert_ptr_equal(chat_message_by_ref(c, "a"), one);
    assert_null(chat_message_by_ref(c, ""));
    assert_null(chat_message_by_ref(c, NULL));
    model_free(m);
}

static void test_contacts(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct counter n = {.m = m};
    struct account *a = model_add_account(m, 1, "home", "xmpp");
    model_observe(m, on_count, &n);
    const char *groups[] = {"friends", "work"};
    struct contact *c = account_put_contact(a, "bob", "Bob", groups, 2, KITH_CONTACT_TO);
    assert_int_equal(n.seen[MODEL_CONTACT], 1);
    account_put_contact(a, "bob", "Bob", groups, 2, KITH_CONTACT_TO);
    assert_int_equal(n.seen[MODEL_CONTACT], 1); /* an upsert that changes nothing is silent */
    assert_int_equal(contact_show(c), KITH_SHOW_OFFLINE);
    contact_set_presence(c,
                         &(struct presence){.resource = (char *)"phone", .show = KITH_SHOW_AWAY});
    contact_set_presence(c, &(struct presence){.resource = (char *)"desk",
                                               .show = KITH_SHOW_ONLINE,
                                               .text = (char *)"here"});
    assert_int_equal(contact_show(c), KITH_SHOW_ONLINE);
    assert_string_equal(contact_status(c), "here");
    contact_set_presence(
        c, &(struct presence){.resource = (char *)"phone", .show = KITH_SHOW_DND, .priority = 5});
    assert_int_equal(contact_show(c), KITH_SHOW_DND);
    assert_int_equal(c->n_presences, 2);
    contact_set_presence(c, &(struct presence){.resource = (char *)"phone"});
    assert_int_equal(contact_show(c), KITH_SHOW_ONLINE);
    contact_set_presence(c, &(struct presence){.show = KITH_SHOW_OFFLINE});
    assert_int_equal(c->n_presences, 0);
    struct contact *stranger = account_put_contact(a, "eve", NULL, NULL, 0, 0);
    assert_int_equal(contact_show(stranger), KITH_SHOW_UNKNOWN);
    account_drop_contact(a, "bob");
    assert_int_equal(n.seen[MODEL_CONTACT_GONE], 1);
    assert_null(account_contact(a, "bob"));
    model_free(m);
}

static void test_members(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    chat_put_member(c, &(struct member){.nick = (char *)"grace", .role = KITH_ROLE_MEMBER});
    chat_put_member(c, &(struct member){.nick = (char *)"dan", .spoke = 5});
    chat_rename_member(c, "grace", "hopper");
    assert_null(chat_member(c, "grace"));
    assert_int_equal(chat_member(c, "hopper")->role, KITH_ROLE_MEMBER);
    chat_rename_member(c, "hopper", "dan"); /* takes the place of another: no two of one name */
    assert_int_equal(c->n_members, 1);
    chat_drop_member(c, "dan");
    chat_drop_member(c, "dan");
    assert_int_equal(c->n_members, 0);
    chat_put_member(c, &(struct member){.nick = (char *)"eve"});
    chat_drop_members(c);
    assert_null(chat_member(c, "eve"));
    model_free(m);
}

static void test_typing_and_draft(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    struct counter n = {.m = m};
    model_observe(m, on_count, &n);
    chat_set_typing(c, "bob", KITH_TYPING_NONE, NULL);
    chat_set_typing(c, "bob", KITH_TYPING_ACTIVE, "he");
    chat_set_typing(c, "bob", KITH_TYPING_ACTIVE, "he");
    assert_int_equal(n.seen[MODEL_TYPING], 1);
    assert_string_equal(c->typists[0].live, "he");
    chat_set_typing(c, c->typists[0].who, KITH_TYPING_GONE, NULL);
    assert_int_equal(c->n_typists, 0);
    chat_set_draft(c, &(struct draft){.text = (char *)"dear", .cursor = 4}, &n);
    chat_set_draft(c, &(struct draft){.text = (char *)"dear", .cursor = 4}, &n);
    assert_int_equal(n.seen[MODEL_DRAFT], 1);
    chat_set_draft(c, &(struct draft){.text = (char *)""}, &n);
    assert_null(c->draft.text);
    model_free(m);
}

static void test_insert_keeps_order(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    const int64_t sorts[] = {50, 10, 30, 30, 20, 60, 30};
    for (size_t i = 0; i < COUNT(sorts); i++)
        chat_insert_message(c, text((int64_t)i + 1, sorts[i]));
    assert_int_equal(c->n_messages, COUNT(sorts));
    for (size_t i = 1; i < c->n_messages; i++) {
        const struct message *a = c->messages[i - 1], *b = c->messages[i];
        assert_true(a->sort < b->sort || (a->sort == b->sort && a->id < b->id));
    }
    struct message *first = c->messages[0];
    first->sort = 100;
    chat_resort_message(c, first);
    assert_ptr_equal(chat_last(c), first);
    chat_remove_message(c, first);
    assert_int_equal(c->n_messages, COUNT(sorts) - 1);
    model_free(m);
}

static void test_flood_is_bounded_and_fast(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    int64_t start = clock_mono_us();
    for (int64_t i = 1; i <= 20000; i++) {
        chat_insert_message(c, text(i, i));
        assert_true(c->n_messages <= MODEL_WINDOW + MODEL_PAGE);
    }
    int64_t took = clock_mono_us() - start;
    printf("20,000 inserts: %lld us\n", (long long)took);
    assert_int_equal(chat_last(c)->id, 20000);
    assert_false(c->at_start);
    assert_true(c->at_end);
    assert_true(took < 2000000);
    model_free(m);
}

static struct message **page(int64_t from, size_t n)
{
    struct message **v = xreallocarray(NULL, n, sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = text(from + (int64_t)i, from + (int64_t)i);
    return v;
}

static void test_window_pages(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    struct counter n = {.m = m};
    chat_set_window(c, page(1000, 100), 100, false, true);
    c->loaded = true;
    for (int64_t from = 900; from >= 400; from -= 100) {
        struct message **p = page(from, 100);
        chat_prepend(c, p, 100, false);
        free(p);
    }
    assert_int_equal(c->n_messages, MODEL_WINDOW);
    assert_int_equal(c->messages[0]->id, 400);
    assert_false(c->at_end); /* the newest pages made place */
    model_observe(m, on_count, &n);
    chat_insert_message(c, text(5000, 5000)); /* beyond the window: told, not kept */
    chat_insert_message(c, text(1, 1));       /* before it: likewise */
    assert_int_equal(n.seen[MODEL_MESSAGE], 2);
    assert_int_equal(c->n_messages, MODEL_WINDOW);
    struct message **p = page(900, 200);
    chat_append(c, p, 200, true);
    free(p);
    assert_true(c->at_end);
    assert_int_equal(chat_last(c)->id, 1099);
    assert_int_equal(c->n_messages, MODEL_WINDOW);
    model_free(m);
}

static void test_scrolled_view_keeps_its_place(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    c->hold_start = true;
    for (int64_t i = 1; i <= 2000; i++)
        chat_insert_message(c, text(i, i));
    assert_int_equal(c->messages[0]->id, 1);
    assert_false(c->at_end);
    model_free(m);
}

/* Pages that come before do not push out what a view at the end looks at. */
static void test_a_view_at_the_end_keeps_its_place(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    c->at_start = false;
    for (int64_t i = 0; i < MODEL_WINDOW + MODEL_PAGE; i++)
        chat_insert_message(c, text(10000 + i, 10000 + i));
    int64_t last = chat_last(c)->id;
    c->hold_end = true;
    struct message **p = page(1000, 200);
    chat_prepend(c, p, 200, false);
    free(p);
    assert_true(c->at_end);
    assert_int_equal(chat_last(c)->id, last);
    assert_false(c->at_start);
    c->hold_end = false;
    p = page(500, 200);
    chat_prepend(c, p, 200, false);
    free(p);
    assert_false(c->at_end);
    assert_int_equal(c->messages[0]->id, 500);
    model_free(m);
}

static void test_dup_and_reactions(void **state)
{
    (void)state;
    struct message *m = text(1, 1);
    const char *two[] = {"+1", "heart"}, *one[] = {"-1"};
    message_set_reactions(m, "bob", two, 2);
    message_set_reactions(m, "eve", one, 1);
    message_set_reactions(m, "bob", one, 1);
    message_add_attachment(m, &(struct attachment){.name = (char *)"a.txt", .bytes = 3});
    struct message *d = message_dup(m);
    message_free(m);
    assert_int_equal(d->n_reactions, 2);
    assert_string_equal(d->reactions[0].sender, "eve");
    assert_string_equal(d->reactions[1].text, "-1");
    assert_string_equal(d->attachments[0].name, "a.txt");
    message_free(d);
}

static void test_gone_in_order(void **state)
{
    (void)state;
    struct model *m = model_new();
    struct chat *c = one_chat(m);
    struct account *a = c->account;
    struct counter n = {.m = m};
    model_observe(m, on_count, &n);
    struct ask *q = ask_new();
    q->id = 1;
    q->account = a;
    model_add_ask(m, q);
    assert_ptr_equal(model_ask(m, 1), q);
    model_drop_account(m, a);
    assert_int_equal(n.seen[MODEL_ASK_GONE], 1);
    assert_int_equal(n.seen[MODEL_CHAT_GONE], 1);
    assert_int_equal(n.seen[MODEL_ACCOUNT_GONE], 1);
    assert_int_equal(m->n_accounts, 0);
    assert_int_equal(m->n_asks, 0);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_observers_leave_while_told),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_contacts),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_typing_and_draft),
        cmocka_unit_test(test_insert_keeps_order),
        cmocka_unit_test(test_flood_is_bounded_and_fast),
        cmocka_unit_test(test_window_pages),
        cmocka_unit_test(test_scrolled_view_keeps_its_place),
        cmocka_unit_test(test_a_view_at_the_end_keeps_its_place),
        cmocka_unit_test(test_dup_and_reactions),
        cmocka_unit_test(test_gone_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
