/* unit/cmd/test_looks.c - /format, /spoiler, /reveal; and what other commands do with text that is hidden */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/internal.h"
#include "fixture.h"
#include "typed.h"

static char given[64]; /* the codes that /format put into the input */

static void take_edit(void *v, const char *action, const char *arg)
{
    see(v, "edit", action);
    snprintf(given, sizeof given, "%s", arg ? arg : "");
}

static void test_format(void **state)
{
    static const struct { const char *line, *codes; } rows[] = {
        {"/format bold", "\x02"},
        {"/format italic", "\x1d"},
        {"/format underline", "\x1f"},
        {"/format strike", "\x1e"},
        {"/format mono", "\x11"},
        {"/format reverse", "\x16"},
        {"/format spoiler", "\x13"},
        {"/format plain", "\x0f"},
        {"/format colour", "\x03"},
        {"/format colour 4", "\x03" "04\x02\x02"},
        {"/format colour red,white", "\x03" "04,00\x02\x02"},
        {"/format colour Red", "\x03" "04\x02\x02"},
        {"/format colour #ff8801", "\x04" "FF8801\x02\x02"},
        {"/format colour #FF8801,black", "\x04" "FF8801,000000\x02\x02"},
        {"/format colour 98", "\x03" "00\x02\x02"}, /* both are white */
    };
    struct world *w = *state;
    struct cmd_view_ops ops = *w->ctx.view;
    ops.edit = take_edit;
    w->ctx.view = &ops;
    refused(w, "/format bold", "plain text only");
    w->home->caps |= KITH_CAP_FORMAT;
    for (size_t i = 0; i < COUNT(rows); i++) {
        typed(w, rows[i].line, "", "edit look\n");
        if (strcmp(given, rows[i].codes) != 0)
            fail_msg("%s", rows[i].line);
    }
    static const char *const wrong[] = {"beige", "99", "-1", "4,", "4,x", "#ff88", "#gg0000", "4,4,4", "123456789"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char line[64];
        struct err e = {0};
        snprintf(line, sizeof line, "/format colour %s", wrong[i]);
        assert_true(cmd_input(&w->ctx, line, &e) < 0);
        assert_non_null(strstr(e.text, "a colour is a number from 0 to 98"));
    }
}

static void test_spoiler(void **state)
{
    struct world *w = *state;
    refused(w, "/spoiler it was him", "plain text only"); /* never in the open */
    w->home->caps |= KITH_CAP_FORMAT;
    typed(w, "/spoiler it was him", "send bob@example.org 0 0 0 \x13it was him\n", NULL);
}

static struct message *hidden(struct world *w, int64_t id, uint32_t flags)
{
    struct message *m = add_message(w->bob, id, "bob@example.org", "it was the butler!", flags);
    str_set(&m->spans, "7,a,40");
    return m;
}

static void test_reveal(void **state)
{
    struct world *w = *state;
    refused(w, "/reveal", "nothing is hidden here");
    struct message *m = hidden(w, 120, 0), *other = hidden(w, 121, 0);
    struct err e = {0};
    assert_int_equal(cmd_fits(&w->ctx, m, "/reveal $msg", &e), 0);
    assert_int_equal(cmd_fits(&w->ctx, chat_message(w->bob, 100), "/reveal $msg", &e), KITH_ENOTFOUND);
    refused(w, "/reveal msg:100", "nothing is hidden in this message");
    typed(w, "/reveal", "", "");
    assert_true(other->revealed && !m->revealed); /* the newest */
    typed(w, "/reveal msg:120", "", "");
    assert_true(m->revealed);
    typed(w, "/reveal msg:120", "", "");
    assert_false(m->revealed);
}

/* What shows a text covers it; what takes it on purpose has all of it. */
static void test_others(void **state)
{
    struct world *w = *state;
    struct message *m = hidden(w, 120, KITH_MSG_OUTGOING);
    m->delivery = DELIVERY_STORED;
    w->home->caps |= KITH_CAP_FORMAT | KITH_CAP_EDIT;
    typed(w, "/history 1", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "it was [spoiler]!"));
    assert_null(strstr(buf_str(&w->seen), "butler"));
    typed(w, "/view msg:120", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "it was [spoiler]!"));
    assert_null(strstr(buf_str(&w->seen), "butler"));
    typed(w, "/copy msg:120", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "clip it was the butler!\n"));
    typed(w, "/edit msg:120", NULL, NULL); /* the draft has the codes */
    assert_non_null(strstr(buf_str(&w->core.calls), "it was \x13the butler\x0f!"));
    m->revealed = true;
    typed(w, "/history 1", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "it was the butler!"));
}

static void test_forward_hides_too(void **state)
{
    struct world *w = *state;
    hidden(w, 120, 0);
    w->ctx.chat = w->room;
    typed(w, "/forward msg:120 bob@example.org", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "it was \x13the butler\x0f!"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_free)
    const struct CMUnitTest tests[] = {T(test_format), T(test_spoiler), T(test_reveal), T(test_others), T(test_forward_hides_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
