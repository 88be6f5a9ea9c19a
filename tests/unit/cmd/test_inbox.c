/* unit/cmd/test_inbox.c - /inbox and /highlight, and times as people say them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cmd/when.h"
#include "fixture.h"

static void put(struct world *w, int64_t message, struct chat *c, enum inbox_why why, int64_t time,
                const char *text)
{
    struct inbox_item i = {.message = message,
                           .chat = c->id,
                           .why = why,
                           .time = time,
                           .who = xstrdup("bob"),
                           .text = xstrdup(text)};
    model_add_inbox(w->env.model, &i);
}

static void run(struct world *w, const char *line, const char *calls, const char *seen)
{
    struct err e = {0};
    buf_clear(&w->seen);
    buf_clear(&w->core.calls);
    if (cmd_input(&w->ctx, line, &e) < 0)
        fail_msg("%s: %s", line, e.text);
    if (calls && !strstr(buf_str(&w->core.calls), calls))
        fail_msg("%s: \"%s\" is not in \"%s\"", line, calls, buf_str(&w->core.calls));
    if (seen && !strstr(buf_str(&w->seen), seen))
        fail_msg("%s: \"%s\" is not in \"%s\"", line, seen, buf_str(&w->seen));
}

static void refused(struct world *w, const char *line, const char *why)
{
    struct err e = {0};
    assert_true(cmd_input(&w->ctx, line, &e) < 0);
    if (!strstr(e.text, why))
        fail_msg("%s: %s", line, e.text);
}

static void test_inbox(void **state)
{
    struct world *w = *state;
    run(w, "/inbox list", NULL, "nothing waits for an answer");
    put(w, 100, w->bob, INBOX_DIRECT, 1700000100000, "first\nsecond line");
    put(w, 102, w->room, INBOX_MENTION, 1700000200000, "newer");
    put(w, 103, w->room, INBOX_KEYWORD, 1700000300000, "put off");
    model_inbox(w->env.model, 103)->until = 1800000000000;
    run(w, "/inbox", NULL, "panel inbox");
    run(w, "/inbox list", NULL, "  1  ");
    const char *a = strstr(buf_str(&w->seen), "newer"), *b = strstr(buf_str(&w->seen), "first"),
               *c = strstr(buf_str(&w->seen), "put off");
    assert_true(a && b && c && a < b && b < c); /* newest first, what was put off behind */
    assert_null(strstr(buf_str(&w->seen), "second line"));
    assert_non_null(strstr(c, "(put off until "));
    run(w, "/inbox snooze 2 2h", "inbox-snooze 100 ", "It comes back on");
    run(w, "/inbox open msg:100", NULL, "show bob@example.org\nscroll-to 100");
    run(w, "/inbox mute 1", "keep dev@rooms.example.org", "is muted");
    run(w, "/inbox done 1", "inbox-done 102", NULL);
    refused(w, "/inbox done 7", "that is not in the inbox");
    refused(w, "/inbox done", "Its number in the list is missing");
    refused(w, "/inbox snooze 1", "until when?");
    refused(w, "/inbox snooze 1 soon", "\"soon\" is no time");
    run(w, "/inbox done all", "inbox-done 100", "1 done; what was put off stays");
    assert_int_equal(w->env.model->n_inbox, 1);
    struct err e = {0};
    w->ctx.message = 103; /* as the keys of the list say it */
    assert_true(cmd_run(&w->ctx, "/inbox done $msg", &e) >= 0);
    assert_int_equal(w->env.model->n_inbox, 0);
}

static void test_highlight(void **state)
{
    struct world *w = *state;
    run(w, "/highlight", NULL, "say notify.highlight: nothing");
    run(w, "/highlight release", NULL, "say notify.highlight: release");
    run(w, "/highlight deploy*", NULL, "say notify.highlight: release deploy*");
    run(w, "/highlight -keyword /bug[0-9]+/", NULL, "say notify.keywords: /bug[0-9]+/");
    run(w, "/highlight -remove release", NULL, "say notify.highlight: deploy*");
    refused(w, "/highlight -remove release", "is not among them");
    refused(w, "/highlight /(/", "is no pattern");
}

/* Thursday 19 November 2026, 10:15:20 UTC. */
static const int64_t now = 1795083320000;

static void when_is(const char *text, const char *want)
{
    int64_t out = 0;
    struct err e = {0};
    char got[64];
    if (when_parse(text, now, &out, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    clock_format(got, sizeof got, "%a %e %b %H:%M", out);
    assert_string_equal(got, want);
}

static void test_when(void **state)
{
    struct err e = {0};
    int64_t out;
    setenv("TZ", "UTC", 1);
    tzset();
    when_is("30m", "Thu 19 Nov 10:45");
    when_is("2h", "Thu 19 Nov 12:15");
    when_is("1h30m", "Thu 19 Nov 11:45");
    when_is("1d", "Fri 20 Nov 10:15");
    when_is("2w", "Thu  3 Dec 10:15");
    when_is("18:30", "Thu 19 Nov 18:30");
    when_is("9", "Fri 20 Nov 09:00"); /* it was nine already */
    when_is("6pm", "Thu 19 Nov 18:00");
    when_is("12am", "Fri 20 Nov 00:00");
    when_is("tomorrow", "Fri 20 Nov 09:00");
    when_is("tom 14:00", "Fri 20 Nov 14:00");
    when_is("mon 9", "Mon 23 Nov 09:00");
    when_is("Monday", "Mon 23 Nov 09:00");
    when_is("thu 9", "Thu 26 Nov 09:00"); /* today's nine is gone */
    when_is("thu 11", "Thu 19 Nov 11:00");
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    const int64_t before_summer = 1774609200000; /* Friday 27 March 2026, 12:00 */
    char got[64];
    assert_int_equal(when_parse("mon 9", before_summer, &out, &e), 0);
    clock_format(got, sizeof got, "%a %H:%M", out);
    assert_string_equal(got, "Mon 09:00"); /* the hour that is left out does not matter */
    static const char *const bad[] = {"", "soon", "25:00", "9:75", "0m", "mon 9x", "-2h", "2x",
                                      "13pm", "9999999d", "monday morning", "m 9", "99999999"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (when_parse(bad[i], now, &out, &e) >= 0)
            fail_msg("\"%s\" was taken for a time", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_inbox, world_new, world_free),
        cmocka_unit_test_setup_teardown(test_highlight, world_new, world_free),
        cmocka_unit_test(test_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
