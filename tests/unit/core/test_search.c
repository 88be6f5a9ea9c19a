/* unit/core/test_search.c - a search that fails, babbles or is not wanted any more harms nobody */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "store/find.h"

struct answer {
    int called, code;
    size_t n;
    int64_t message;
};

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, false);
    ingest_event(r->ca, &(struct kith_ev_message){.ev = {.size = sizeof(struct kith_ev_message),
                                                         .type = KITH_EV_MESSAGE},
                                                  .chat = "bob@fake",
                                                  .sender = "bob@fake",
                                                  .id = "1",
                                                  .body = "the resize bug"}
                             .ev);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static void on_found(void *user, struct core_found *found, const struct err *e)
{
    struct answer *a = user;
    a->called++;
    a->code = e->code;
    a->n = found->n;
    a->message = found->n ? found->hits[0].message : 0;
}

static const struct find_query query = {.words = "esiz", .max = 10};

static void test_without_a_program(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    assert_null(core_search(r->core, &query, on_found, &a));
    assert_int_equal(a.called, 1);
    assert_int_equal(a.n, 1);
    assert_int_equal(a.message, chat_last(account_chat(r->a, "bob@fake"))->id);
    assert_null(core_search(r->core, &(struct find_query){.words = "since:soon"}, on_found, &a));
    assert_int_equal(a.code, KITH_EINVAL);
}

static void search_by(struct rig *r, const char *program, struct answer *a)
{
    str_set(&r->core->search_program, program);
    *a = (struct answer){0};
    struct core_search *s = core_search(r->core, &query, on_found, a);
    assert_true(s ? a->called == 0 : a->called == 1);
    assert_true(RIG_WAIT(r, 20000, a->called == 1));
    assert_true(a->code < 0);
    assert_int_equal(a->n, 0);
}

static void test_programs_that_do_not_search(void **state)
{
    struct rig *r = *state;
    struct answer a;
    search_by(r, "/bin/false", &a);
    search_by(r, "/usr/bin/yes", &a); /* babbles for ever */
    search_by(r, "/nonexistent/kith", &a);
    rig_turn(r, 0);
    assert_true(r->longest_us < 1000000);
}

static void test_not_wanted_any_more(void **state)
{
    struct rig *r = *state;
    struct answer a = {0};
    str_set(&r->core->search_program, "/usr/bin/yes");
    for (int i = 0; i < 10; i++) {
        struct core_search *s = core_search(r->core, &query, on_found, &a);
        assert_non_null(s);
        core_search_cancel(s);
    }
    core_search_cancel(NULL);
    for (int i = 0; i < 5; i++)
        rig_turn(r, 10);
    assert_int_equal(a.called, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_a_program, setup, teardown),
        cmocka_unit_test_setup_teardown(test_programs_that_do_not_search, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_wanted_any_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
