/* tests/screen/test_questions.c - questions in a box, and the keys that answer them or must not */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script.h"

static struct stage s;
static struct chat *bob;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    a_contact(a, "carol@example.org", "Carol", "Friends", KITH_SHOW_AWAY, NULL);
    a_contact(a, "dave@example.org", "Dave", "Work", KITH_SHOW_DND, NULL);
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    view_paint(s.v);
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return 0;
}

static struct ask *a_question(enum kith_ask kind, const char *title, const char *text)
{
    struct ask *q = xcalloc(1, sizeof *q);
    q->id = s.next_id++;
    q->account = bob->account;
    q->kind = kind;
    q->title = xstrdup(title);
    q->text = xstrdup(text);
    return q;
}

static void test_questions(void **state)
{
    struct ask *q = a_question(KITH_ASK_CERTIFICATE, "Unknown certificate",
                               "example.org is self-signed.\nSHA-256: FA:29:62:11");
    q->choices = xcalloc(3, sizeof *q->choices);
    q->n_choices = 3;
    q->choices[0] = (struct ask_choice){xstrdup("once"), xstrdup("Trust once"), 0};
    q->choices[1] = (struct ask_choice){xstrdup("always"), xstrdup("Always"), KITH_CHOICE_DANGER};
    q->choices[2] =
        (struct ask_choice){xstrdup("no"), xstrdup("Do not connect"), KITH_CHOICE_DEFAULT};
    model_add_ask(s.env.model, q);
    sees(&s, "FA:29:62:11", true);
    sees(&s, "[>Do not connect<]", true); /* Enter by mistake is harmless */
    press(&s, "S-Tab");
    sees(&s, "[>Always<]", true);
    press(&s, "Left");
    sees(&s, "[>Trust once<]", true);
    press(&s, "Esc"); /* later */
    assert_false(s.v->dialog.open);
    sees(&s, "asks", true);
    press(&s, "C-x a");
    sees(&s, "FA:29:62:11", true);
    model_drop_ask(s.env.model, q);
    assert_false(s.v->dialog.open);
    type(&s, "half a line");
    q = a_question(KITH_ASK_SECRET, "Password for home", "");
    model_add_ask(s.env.model, q);
    assert_false(s.v->dialog.open); /* what is typed goes where it was meant to */
    sees(&s, "Password for home: Ctrl-x a answers", true);
    model_drop_ask(s.env.model, q);
    struct draft earlier = {.text = "half a line of yesterday"};
    press(&s, "C-c");
    chat_set_draft(bob, &earlier, NULL);
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    q = a_question(KITH_ASK_SECRET, "Password for home", "");
    model_add_ask(s.env.model, q);
    assert_true(s.v->dialog.open); /* nobody is typing: an old draft is no reason to wait */
    look(&s, 80, 24, false);       /* nor is a new terminal */
    assert_true(s.v->dialog.open);
    press(&s, "Esc C-c C-x a");
    type(&s, "hunter2");
    sees(&s, "•••••••", true);
    sees(&s, "hunter2", false);
    press(&s, "Enter");
    assert_false(s.v->dialog.open);
    model_drop_ask(s.env.model, q);
    look(&s, 80, 24, false);
    view_show(s.v, NULL);
    press(&s, "F2");
    struct pane_env env = view_env(s.v, true);
    const struct list_row *row = list_current(&s.v->list, &env);
    const void *contact = row->contact;
    assert_non_null(contact);
    q = a_question(KITH_ASK_SUBSCRIBE, "eve@example.org wants to see when you are online", "");
    model_add_ask(s.env.model, q);
    row = list_current(&s.v->list, &env); /* a row came above it */
    assert_ptr_equal(row->contact, contact);
    press(&s, "Esc");
    assert_false(s.v->dialog.open); /* that can wait */
    sees(&s, "eve@example.org wants to see when you are online: Ctrl-x a", true);
    sees(&s, "⊕ eve@", true);
    str_set(&q->subject, "bob@example.org"); /* whom the list has by another name */
    view_mark(s.v, DIRTY_ALL);
    sees(&s, "⊕ Bob", true);
    sees(&s, "asks", true);
    model_drop_ask(s.env.model, q);
}

static struct ask *from_eve(void)
{
    struct ask *q = a_question(KITH_ASK_SUBSCRIBE, "eve@example.org wants to see", "");
    q->choices = xcalloc(2, sizeof *q->choices);
    q->n_choices = 2;
    q->choices[0] = (struct ask_choice){xstrdup("both"), xstrdup("Accept"), KITH_CHOICE_DEFAULT};
    q->choices[1] = (struct ask_choice){xstrdup("decline"), xstrdup("Decline"), 0};
    return q;
}

/* An Enter that was meant for the question before, or for the row of the list, accepts nobody. */
static void test_doubled_enter(void **state)
{
    struct ask *first = a_question(KITH_ASK_SECRET, "Password for home", "");
    struct ask *second = from_eve(), *third = a_question(KITH_ASK_SECRET, "Password for work", "");
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    model_add_ask(s.env.model, first);
    model_add_ask(s.env.model, second);
    type(&s, "hunter2");
    press(&s, "Enter");
    assert_int_equal(s.v->dialog.ask, second->id);
    sees(&s, "[>", false); /* nothing is chosen */
    press(&s, "Enter");
    assert_int_equal(s.v->dialog.ask, second->id);
    sees(&s, "Tab or an arrow chooses first", true);
    press(&s, "Right"); /* any key but Enter: now the question has been seen */
    sees(&s, "[>Accept<]", true);
    sees(&s, "Tab or an arrow", false);
    press(&s, "Right");
    sees(&s, "[>Decline<]", true);
    model_drop_ask(s.env.model, first);
    model_add_ask(s.env.model, third);
    press(&s, "Enter Enter"); /* a field may be typed into at once */
    assert_int_equal(s.v->dialog.ask, third->id);
    sees(&s, "Tab or an arrow chooses first", true);
    type(&s, "x");
    sees(&s, "Tab or an arrow", false);
    press(&s, "Enter Esc");
    model_drop_ask(s.env.model, second);
    model_drop_ask(s.env.model, third);
    model_add_ask(s.env.model, second = from_eve());
    press(&s, "C-x a Enter");
    assert_int_equal(s.v->dialog.ask, second->id);
    press(&s, "Tab Enter");
    assert_false(s.v->dialog.open);
    model_drop_ask(s.env.model, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_questions),
                                       cmocka_unit_test(test_doubled_enter)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
