/* unit/core/test_watched.c - backends hear whether anybody looks: soon when somebody does, late when nobody does */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/keys.h"
#include "rig.h"
#include "ui/ui.h"
#include "ui/view.h"

enum { WAIT_MS = 20000, LATE_MS = 200 };

static const char first_view, second_view;

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, true);
    r->core->p.unwatched_ms = LATE_MS;
    core_looks(r->core, &first_view, LOOK_FOCUSED);
    *state = r;
    return RIG_WAIT(r, WAIT_MS, r->a->state == KITH_STATE_ONLINE) ? 0 : -1;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static size_t times(const struct rig *r)
{
    size_t n = 0;
    for (const char *at = r->notices; (at = strstr(at, "watched ")); at++)
        n++;
    return n;
}

/* The last that the backend was told: 0, 1, or -1 for nothing. */
static int told(const struct rig *r)
{
    const char *last = NULL;
    for (const char *at = r->notices; (at = strstr(at, "watched ")); at++)
        last = at;
    return last ? last[8] - '0' : -1;
}

/* Nothing that was on its way is missed: the backend answers a later question. */
static void settle(struct rig *r)
{
    size_t before = r->n_notices;
    struct wire_op op = {.size = sizeof op, .type = OP_ANSWER};
    link_op(r->ca, &op, -1, NULL);
    assert_true(RIG_WAIT(r, WAIT_MS, r->n_notices > before));
}

static void a_focus_that_goes_and_comes_is_not_told(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 20; i++) {
        core_looks(r->core, &first_view, LOOK_UNFOCUSED);
        rig_turn(r, 1);
        core_looks(r->core, &first_view, LOOK_FOCUSED);
    }
    assert_null(r->core->unwatched_timer);
    settle(r);
    assert_int_equal(times(r), 0);
}

static void nobody_looks_and_somebody_does_again(void **state)
{
    struct rig *r = *state;
    int64_t from = clock_mono_ms();
    core_looks(r->core, &first_view, LOOK_UNFOCUSED);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 0));
    assert_true(clock_mono_ms() - from >= LATE_MS);
    assert_null(r->core->unwatched_timer); /* nothing runs while nobody looks */
    core_looks(r->core, &first_view, LOOK_UNFOCUSED);
    core_looks(r->core, &first_view, LOOK_GONE);
    core_looks(r->core, &second_view, LOOK_UNFOCUSED);
    assert_null(r->core->unwatched_timer);
    core_looks(r->core, &second_view, LOOK_FOCUSED);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 1));
    assert_int_equal(times(r), 2);
}

static void one_terminal_with_the_focus_is_enough(void **state)
{
    struct rig *r = *state;
    core_looks(r->core, &second_view, LOOK_UNFOCUSED);
    assert_null(r->core->unwatched_timer);
    core_looks(r->core, &first_view, LOOK_GONE);
    assert_non_null(r->core->unwatched_timer);
    core_looks(r->core, &second_view, LOOK_FOCUSED);
    assert_null(r->core->unwatched_timer);
    core_looks(r->core, &second_view, LOOK_GONE);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 0));
}

/* The wait for an unfocused terminal is long; one that goes makes it short. */
static void a_terminal_that_goes_is_noticed_sooner(void **state)
{
    struct rig *r = *state;
    r->core->p.unwatched_ms = 0;
    core_looks(r->core, &first_view, LOOK_UNFOCUSED);
    struct loop_timer *is = r->core->unwatched_timer;
    assert_non_null(is);
    core_looks(r->core, &first_view, LOOK_UNFOCUSED); /* said again: the wait goes on */
    assert_ptr_equal(r->core->unwatched_timer, is);
    r->core->p.unwatched_ms = LATE_MS;
    core_looks(r->core, &first_view, LOOK_GONE);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 0));
}

/* A process that is new, or connects anew, begins watched: it is told before it connects. */
static void a_new_connection_is_told_first(void **state)
{
    struct rig *r = *state;
    core_looks(r->core, &first_view, LOOK_GONE);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 0));
    size_t before = times(r);
    pid_t pid = r->ca->link.pid;
    struct wire_op op = {.size = sizeof op, .type = OP_COMMAND, .chat = "bob@fake",
                         .list = (const char *const[]){"die"}, .n_list = 1};
    link_op(r->ca, &op, -1, NULL);
    assert_true(RIG_WAIT(r, WAIT_MS, r->ca->link.pid != pid && r->a->state == KITH_STATE_ONLINE && times(r) > before));
    assert_int_equal(told(r), 0);
}

/* What the terminal says of its focus gets there; a terminal that is attached has it until it says otherwise. */
static void a_terminal_tells(void **state)
{
    struct rig *r = *state;
    struct cmd_env env = {.core = r->core, .model = r->model, .config = r->config, .loop = r->loop};
    struct cell_rules rules = {0};
    env.keymap = keymap_new(r->config);
    struct ui *ui = ui_new(&(struct ui_params){.env = &env});
    core_looks(r->core, &first_view, LOOK_GONE);
    assert_non_null(r->core->unwatched_timer);
    struct ui_view *v = view_new(ui, 80, 24, &rules, false);
    assert_null(r->core->unwatched_timer);
    view_focus_changed(v, false);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 0));
    view_focus_changed(v, true);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 1));
    view_free(v);
    assert_true(RIG_WAIT(r, WAIT_MS, told(r) == 0));
    ui_free(ui);
    keymap_free(env.keymap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_focus_that_goes_and_comes_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_looks_and_somebody_does_again, setup, teardown),
        cmocka_unit_test_setup_teardown(one_terminal_with_the_focus_is_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(a_terminal_that_goes_is_noticed_sooner, setup, teardown),
        cmocka_unit_test_setup_teardown(a_terminal_tells, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_connection_is_told_first, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
