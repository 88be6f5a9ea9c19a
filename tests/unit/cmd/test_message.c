/* unit/cmd/test_message.c - what may be done with a message: parts of it, forwarding, piping,
 * threads */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/internal.h"
#include "fixture.h"
#include "typed.h"

/* What a message carries: blocks of code, files, links; and what is said of it. */
static void test_parts_of_a_message(void **state)
{
    struct world *w = *state;
    add_message(w->bob, 110, "bob@example.org", "two:\n```\none\n```\nand\n```c\ntwo\n  lines\n```",
                0);
    typed(w, "/copy -code=1 msg:110", NULL,
          "clip one\n\nsay copied 4 bytes to the terminal (OSC 52)\n");
    typed(w, "/copy -code=2 msg:110", NULL,
          "clip two\n  lines\n\nsay copied 12 bytes to the terminal (OSC 52)\n");
    typed(w, "/copy -code msg:110", NULL, NULL);
    assert_non_null(strstr(buf_str(&w->seen), "clip one\ntwo\n  lines\n"));
    refused(w, "/copy -code=3 msg:110", "there is no such code block in this message");
    w->ctx.message = 110;
    w->ctx.number = 2;
    bound(w, "/copy -code=$number $msg", NULL,
          "clip two\n  lines\n\nsay copied 12 bytes to the terminal (OSC 52)\n");
    w->ctx.url = "https://example.org/second";
    bound(w, "/copy $url", NULL,
          "clip https://example.org/second\nsay copied 26 bytes to the terminal (OSC 52)\n");
    w->ctx.reaction = "🎉";
    bound(w, "/react $msg $reaction", "react 110 1 🎉\n", "");
    struct message *m = add_message(w->bob, 111, "bob@example.org", "", 0);
    message_add_attachment(
        m, &(struct attachment){.id = (char *)"f1", .name = (char *)"a.png", .bytes = 5});
    message_add_attachment(
        m, &(struct attachment){.id = (char *)"f2", .name = (char *)"b.png", .bytes = 6});
    char *folder = path_join(w->dir, "files"), *path = path_join(folder, "b.png"),
         *line = xasprintf("accept 111 %s\n", path);
    assert_true(config_set(w->env.config, "files.folder", folder, NULL) >= 0);
    w->ctx.message = 111;
    bound(w, "/save -file=$number $msg", line, "");
    w->core.done(w->core.user, &(struct err){0});
    bound(w, "/open -file=$number $msg", line, "");
    buf_clear(&w->seen);
    w->core.done(w->core.user, &(struct err){0});
    assert_non_null(strstr(buf_str(&w->seen), "over SSH a program here would not be yours"));
    free(line);
    free(path);
    free(folder);
}

static void test_forward(void **state)
{
    struct world *w = *state;
    typed(w, "/forward msg:100", "", "panel switcher\n");
    w->ctx.chat = w->room;
    typed(w, "/forward msg:100 bob@example.org", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "show bob@example.org\ninput > bob@example.org, 20"));
    assert_non_null(strstr(buf_str(&w->seen), ":\n> look at https://example.org/r/1423.\n"));
}

static void test_pipe_and_export(void **state)
{
    struct world *w = *state;
    w->env.loop = loop_new();
    typed(w, "/pipe msg:100 tr a-z A-Z", "", "");
    for (int i = 0; w->env.pending && i < 100; i++)
        loop_turn(w->env.loop, 100);
    assert_string_equal(buf_str(&w->seen),
                        "page /pipe tr a-z A-Z\n LOOK AT HTTPS://EXAMPLE.ORG/R/1423.\n\n");
    refused(w, "/pipe msg:100 'open", "a quote is open in: 'open");
    struct buf got = {0};
    char *path = path_join(w->dir, "out.txt"), *line = xasprintf("/export msg:101 %s", path);
    typed(w, line, "", NULL);
    assert_true(path_read(path, 100, &got, NULL) >= 0);
    assert_string_equal(buf_str(&got), "nice\n");
    struct err e = {0};
    assert_int_equal(cmd_input(&w->ctx, line, &e), KITH_ECONFLICT); /* never over another file */
    buf_free(&got);
    free(line);
    free(path);
    loop_free(w->env.loop);
    w->env.loop = NULL;
}

static void test_thread_and_jump(void **state)
{
    struct world *w = *state;
    struct message *a = add_message(w->bob, 120, "bob@example.org", "shall we?", 0);
    str_set(&a->wire_id, "w1");
    struct message *b = add_message(w->bob, 121, "alice@example.org", "yes", KITH_MSG_OUTGOING);
    str_set(&b->wire_id, "w2");
    str_set(&b->reply_to, "w1");
    struct message *c = add_message(w->bob, 122, "bob@example.org", "when", 0);
    str_set(&c->wire_id, "w3");
    str_set(&c->reply_to, "w2");
    typed(w, "/thread msg:121", "", NULL);
    const char *seen = buf_str(&w->seen);
    assert_non_null(strstr(seen, "shall we?"));
    assert_non_null(strstr(seen, "  20"));
    assert_non_null(strstr(strstr(seen, "shall we?"), "yes"));
    assert_non_null(strstr(strstr(seen, "yes"), "when"));
    refused(w, "/thread msg:101", "nobody has answered it, and it answers nobody");
    typed(w, "/jump -quoted msg:122", "", "jump 121 -\n");
    typed(w, "/jump -back", "", "jump 0 -\n");
    typed(w, "/jump msg:100", "", "jump 100 -\n");
    refused(w, "/jump -quoted msg:101", "this message answers no other");
    struct message *d = add_message(w->bob, 123, "bob@example.org", "round", 0);
    str_set(&d->wire_id, "w1"); /* an id that repeats makes no endless thread */
    str_set(&d->reply_to, "w2");
    typed(w, "/thread msg:121", "", NULL);
}

/* What is not for this chat or message is said by a code: screens leave it out, or show it dim. */
static void test_what_fits(void **state)
{
    struct world *w = *state;
    struct message *theirs = chat_message(w->bob, 100), *mine = chat_message(w->bob, 101);
    struct err e = {0};
    assert_int_equal(cmd_fits(&w->ctx, mine, "/edit $msg", &e), 0);
    assert_int_equal(cmd_fits(&w->ctx, theirs, "/edit $msg", &e), KITH_EINVAL);
    assert_int_equal(cmd_fits(&w->ctx, theirs, "/confirm 'Withdraw this /now?' /retract $msg", &e),
                     KITH_EINVAL);
    assert_int_equal(cmd_fits(&w->ctx, mine, "/confirm 'Withdraw this?' /retract $msg", &e), 0);
    assert_int_equal(cmd_fits(&w->ctx, mine, "/open $msg", &e), KITH_EINVAL);
    assert_int_equal(cmd_fits(&w->ctx, theirs, "/open $msg", &e), 0);
    w->home->caps &= ~(uint32_t)KITH_CAP_REACT;
    assert_int_equal(cmd_fits(&w->ctx, NULL, "/prompt 'With: ' /react $msg $answer", &e),
                     KITH_EUNSUP);
    struct completions all = {0};
    cmd_complete(&w->ctx, "/rea", 4, &all);
    for (size_t i = 0; i < all.n; i++)
        assert_string_not_equal(all.items[i].label, "/react");
    completions_free(&all);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
    const struct CMUnitTest tests[] = {T(test_parts_of_a_message), T(test_forward),
                                       T(test_pipe_and_export), T(test_thread_and_jump),
                                       T(test_what_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
