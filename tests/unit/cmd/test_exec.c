/* unit/cmd/test_exec.c - /exec: shown or sent, bounded in time and size, with nothing of ours in
 * its hands */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "fixture.h"

enum { WAIT_MS = 20000 };

static int open_world(void **state)
{
    int rc = world_new(state);
    struct world *w = *state;
    w->env.loop = loop_new();
    return rc;
}

static int close_world(void **state)
{
    struct world *w = *state;
    cmd_env_clear(&w->env);
    struct loop *loop = w->env.loop;
    int rc = world_free(state);
    loop_free(loop);
    return rc;
}

static void start(struct world *w, const char *line)
{
    struct err e = {0};
    buf_clear(&w->seen);
    buf_clear(&w->core.calls);
    if (cmd_input(&w->ctx, line, &e) < 0)
        fail_msg("%s: %s", line, e.text);
}

static void until_done(struct world *w)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    while (w->env.execs && clock_mono_ms() < end)
        (void)loop_turn(w->env.loop, 100);
    assert_null(w->env.execs);
    assert_null(w->env.pending);
}

static void run(struct world *w, const char *line)
{
    start(w, line);
    until_done(w);
}

static bool seen(const struct world *w, const char *text)
{
    return strstr(buf_str(&w->seen), text) != NULL;
}

static void test_shown(void **state)
{
    struct world *w = *state;
    run(w, "/exec echo one two");
    assert_true(seen(w, "page /exec echo one two\n one two\n"));
    assert_string_equal(buf_str(&w->core.calls), "");
    run(w, "/exec echo $HOME; /quit | cat"); /* no shell, no variables, no second command */
    assert_true(seen(w, " $HOME; /quit | cat\n"));
    assert_null(w->quit);
    run(w, "/exec sh -c 'echo words; echo trouble >&2; exit 3'");
    assert_true(seen(w, " words\ntrouble\n\n(exit code 3)\n"));
    run(w, "/exec false");
    assert_true(seen(w, "ERROR false: exit code 1"));
    run(w, "/exec true");
    assert_true(seen(w, "say true: it wrote nothing"));
    run(w, "/exec printf '\\033[31mred\\007'");
    assert_false(seen(w, "\033"));
}

static void test_sent(void **state)
{
    struct world *w = *state;
    run(w, "/exec -o echo hello there");
    assert_string_equal(buf_str(&w->core.calls), "send bob@example.org 0 0 0 hello there\n");
    assert_false(seen(w, "page"));
    run(w, "/exec -o -- sh -c 'echo words; exit 1'"); /* it failed: shown, not sent */
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_true(seen(w, "words\n\n(exit code 1)"));
    run(w, "/exec -o seq 50"); /* too long for a message */
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_true(seen(w, "50 lines of 140 bytes were not sent"));
    start(w, "/exec -o echo late");
    int64_t id = w->bob->id;
    w->bob->id = 999; /* the chat is gone meanwhile */
    until_done(w);
    w->bob->id = id;
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_true(seen(w, "the chat is gone, nothing was sent"));
}

static void test_bounds(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    assert_int_equal(config_set(w->env.config, "exec.seconds", "1", &e), 0);
    int64_t began = clock_mono_ms();
    run(w, "/exec sh -c 'echo begun; sleep 60 & sleep 60'");
    assert_true(clock_mono_ms() - began < 15000);
    assert_true(seen(w, "begun\n\n(it was ended after 1 seconds)"));
    run(w, "/exec sh -c 'yes; true'"); /* never ends, writes for ever */
    assert_true(seen(w, "only the first 65536 bytes were kept"));
    assert_int_equal(config_set(w->env.config, "exec.seconds", "600", &e), 0);
    for (int i = 0; i < 8; i++)
        start(w, "/exec sleep 60");
    assert_true(cmd_input(&w->ctx, "/exec sleep 60", &e) < 0);
    assert_non_null(strstr(e.text, "8 programs run already"));
    cmd_env_clear(&w->env); /* kith ends: they do too, without a wait */
    assert_null(w->env.execs);
}

/* Only the three that every program has; what we hold stays ours. */
static void test_descriptors(void **state)
{
    struct world *w = *state;
    int extra = open("/dev/null", O_RDONLY); /* without close-on-exec */
    assert_true(extra >= 0);
    run(w, "/exec ls /proc/self/fd");
    close(extra);
    assert_true(seen(w, " 0\n1\n2\n3\n\n")); /* 3: ls looks at the folder itself */
}

/* In a binding a variable is one word, whatever others wrote. */
static void test_variables(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    struct message *m = add_message(w->bob, 300, "mallory", "x'; rm \"-rf\" $HOME /", 0);
    w->ctx.message = m->id;
    buf_clear(&w->seen);
    assert_true(cmd_run(&w->ctx, "/exec printf '<%s>' $text end", &e) >= 0);
    until_done(w);
    assert_true(seen(w, "<x'; rm \"-rf\" $HOME /><end>"));
    buf_clear(&w->seen);
    assert_true(cmd_run(&w->ctx, "/exec printf '<%s>' '$text' \"$text\" end", &e) >= 0);
    until_done(w);
    assert_true(seen(w, "<x'; rm \"-rf\" $HOME /><x'; rm \"-rf\" $HOME /><end>"));
    w->ctx.message = 0;
}

/* The same for /pipe: a nick is no option and no second word of its program. */
static void test_variables_of_pipe(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    struct message *m = add_message(w->bob, 300, "mallory", "words", 0);
    w->ctx.message = m->id;
    w->ctx.nick = "Bob' -x \"$HOME";
    buf_clear(&w->seen);
    assert_true(cmd_run(&w->ctx, "/pipe $msg printf '<%s>' $nick end", &e) >= 0);
    until_done(w);
    assert_true(seen(w, "<Bob' -x \"$HOME><end>"));
    w->ctx.nick = NULL;
    buf_clear(&w->seen);
    w->ctx.answer = "printf '<%s>' a b"; /* what the user says is a line */
    assert_true(cmd_run(&w->ctx, "/pipe $msg $answer", &e) >= 0);
    until_done(w);
    assert_true(seen(w, "<a><b>"));
    w->ctx.answer = NULL;
    w->ctx.message = 0;
}

/* Nor is what others chose an option of a program, unless its line says that no options follow. */
static void test_variables_with_a_dash(void **state)
{
    struct world *w = *state;
    static const char *const bad[] = {"/exec finger $nick", "/exec -o -- finger x $nick", "/exec finger '$nick'",
                                      "/pipe $msg -- finger $nick", "/pipe $msg finger -l $nick",
                                      "/confirm 'Really?' /exec -- finger $nick",
                                      "/confirm 'Really?' /pipe $msg -- finger $nick",
                                      "/exec $nick", "/exec grep -c x $nick", "/exec sh $nick"};
    static const char *const good[] = {"/exec printf <%s> -- $nick", "/exec -o -- printf <%s> -- $nick",
                                       "/exec printf <%s> =$nick", "/pipe $msg -- printf <%s> -- $nick",
                                       "/exec sh -c 'printf \"<%s>\" \"$1\"' sh $nick"};
    struct message *m = add_message(w->bob, 300, "-oevil", "words", 0);
    struct err e = {0};
    w->ctx.message = m->id;
    w->ctx.nick = "-oevil";
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (cmd_run(&w->ctx, bad[i], &e) >= 0)
            fail_msg("%s was run", bad[i]);
        assert_non_null(strstr(e.text, "write -- before it"));
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        buf_clear(&w->seen);
        if (cmd_run(&w->ctx, good[i], &e) < 0)
            fail_msg("%s: %s", good[i], e.text);
        until_done(w);
    }
    assert_true(cmd_run(&w->ctx, "/confirm 'Really?' /pipe $msg -- printf <%s> -- $nick", &e) >= 0);
    assert_true(cmd_run(&w->ctx, "/me looks at $nick", &e) >= 0);
    w->ctx.nick = NULL;
    w->ctx.answer = "-v"; /* what the user says may be an option */
    assert_true(cmd_run(&w->ctx, "/exec printf <%s> $answer x", &e) >= 0);
    until_done(w);
    w->ctx.answer = NULL;
    w->ctx.message = 0;
}

/* Text of others never gets into a program that the user has written for a shell. */
static void test_variables_in_quotes(void **state)
{
    struct world *w = *state;
    struct message *m =
        add_message(w->bob, 300, "mallory", "https://example.org/&echo${IFS}evil", 0);
    static const char *const bad[] = {"/exec sh -c 'echo $url'",
                                      "/exec sh -c \"echo $url\"",
                                      "/exec sh -c 'echo '\"$url x\"",
                                      "/pipe $msg sh -c 'cat; echo $url'",
                                      "/exec sh -c \"\\\"$url\"",
                                      "/confirm 'Really?' /exec sh -c 'echo $url'",
                                      "/confirm 'Really?' '/exec sh -c \"echo $url\"'",
                                      "/confirm Really? '/me x ; /exec sh -c \"echo $url\"'"};
    w->ctx.message = m->id;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = {0};
        if (cmd_run(&w->ctx, bad[i], &e) >= 0)
            fail_msg("%s was run", bad[i]);
        assert_non_null(strstr(e.text, "among other words in quotes"));
        assert_true(cmd_check(bad[i], &e) < 0);
    }
    struct err e = {0};
    buf_clear(&w->seen);
    assert_true(cmd_run(&w->ctx, "/exec sh -c 'echo \"<$1>\"' sh $url", &e) >= 0);
    until_done(w);
    assert_true(seen(w, "<https://example.org/&echo${IFS}evil>"));
    w->ctx.message = 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {T(test_shown),
                                       T(test_sent),
                                       T(test_bounds),
                                       T(test_descriptors),
                                       T(test_variables),
                                       T(test_variables_of_pipe),
                                       T(test_variables_in_quotes),
                                       T(test_variables_with_a_dash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
