/* unit/ui/test_status.c - the status line at every width, and the hot list */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ui/glyphs.h"
#include "ui/status.h"

static struct status_facts full(void)
{
    struct status_facts f = {.time = "09:31",
                             .account = "alice@example.org",
                             .presence = "●",
                             .window = "[3 c-dev]",
                             .activity = "frank is typing…",
                             .lag_ms = 48,
                             .n_hot = 4};
    f.hot[0] = (struct status_hot){1, "Bob", 2, 2};
    f.hot[1] = (struct status_hot){4, "random", 12, 0};
    f.hot[2] = (struct status_hot){7, "ncurses", 4, 0};
    f.hot[3] = (struct status_hot){2, "Carol 日本", 1, 0};
    return f;
}

static char *draw(int w, const struct status_facts *f, bool ascii)
{
    struct surface *s = surface_new(w, 1, NULL, NULL);
    struct buf b = {0};
    status_draw(s, glyphs_get(ascii), (struct rect){0, 0, w, 1}, f);
    surface_dump_text(s, &b);
    if (b.len > 0)
        b.data[--b.len] = '\0';
    surface_free(s);
    return buf_take(&b);
}

static void is(int w, const struct status_facts *f, const char *want)
{
    char *got = draw(w, f, false);
    assert_string_equal(got, want);
    free(got);
}

static void test_widths(void **state)
{
    struct status_facts f = full();
    is(120, &f,
       " 09:31  alice@example.org ●  [3 c-dev]  frank is typing…          "
       "1 Bob @2 · 4 random 12 · 7 ncurses 4 · 2 Carol 日本 1");
    is(135, &f,
       " 09:31  alice@example.org ●  [3 c-dev]  frank is typing…             "
       "1 Bob @2 · 4 random 12 · 7 ncurses 4 · 2 Carol 日本 1   lag 48 ms");
    is(80, &f, " 09:31 ● [3 c-dev] frank is typing…   1 Bob @2 · 4 random 12 · 7 ncurses 4 · +1");
    is(50, &f, " 09:31 ● [3 c-dev] frank is typing…            +4");
    is(20, &f, " [3 c-dev] frank i…");
}

/* At every width: nothing over anything else, nothing cut but at the end, a gap between left and
 * right. */
static void test_no_overlap(void **state)
{
    struct status_facts f = full();
    for (int w = 20; w <= 250; w++) {
        for (int with_mode = 0; with_mode < 2; with_mode++) {
            f.mode = with_mode ? "SCROLLED 12 ▼" : NULL;
            char *line = draw(w, &f, false);
            struct cell_rules rules = {0};
            assert_true(cells_width(&rules, line, strlen(line)) <= w);
            const char *right = strstr(line, "1 Bob @2");
            if (!right)
                right = strstr(line, "+4");
            if (right) {
                assert_true(right - line > 2);
                assert_memory_equal(right - 2, "  ", 2);
            }
            if (w >= 60)
                assert_non_null(strstr(line, "[3 c-dev]"));
            if (w >= 60)
                assert_non_null(strstr(line, "frank is typing…"));
            assert_null(strstr(line, "lag 48 ms1"));
            free(line);
        }
    }
}

/* What goes first: lag, then names of windows, the account, all other windows, the time. */
static void test_order(void **state)
{
    struct status_facts f = full();
    int last[5] = {251, 251, 251, 251, 251};
    for (int w = 250; w >= 20; w--) {
        char *line = draw(w, &f, false);
        const char *parts[5] = {"48 ms", "2 Carol", "●", "Bob", "09:31"};
        for (int i = 0; i < 5; i++)
            if (strstr(line, parts[i]))
                last[i] = w;
        free(line);
    }
    assert_true(last[0] > last[1]);
    assert_true(last[1] > last[2]);
    assert_true(last[3] > last[2]);
    assert_true(last[2] > last[4]);
}

/* An answer that does not come is told of before names of windows, and in words that fit a narrow line. */
static void test_bad_lag(void **state)
{
    struct status_facts f = full();
    f.lag_ms = 12400;
    f.activity = "3 waiting, 6 s";
    is(120, &f,
       " 09:31 alice@example.org ● [3 c-dev] 3 waiting, 6 s    "
       "1 Bob @2 · 4 random 12 · 7 ncurses 4 · 2 Carol 日本 1   lag 12 s");
    is(60, &f, " 09:31 ● [3 c-dev] 3 waiting, 6 s  1 Bob @2 · +3   lag 12 s");
    is(46, &f, " [3 c-dev] 3 waiting, 6 s       +4   lag 12 s");
    f.lag_ms = 4999;
    is(60, &f, " 09:31 ● [3 c-dev] 3 waiting, 6 s             1 Bob @2 · +3");
}

/* A long reason takes what is left, not what others need. */
static void test_long_activity(void **state)
{
    struct status_facts f = full();
    f.activity =
        "example.org: the connection was refused, is the server running and the port right?";
    is(80, &f, " 09:31 ● [3 c-dev] example.org: the connection wa…  1 Bob @2 · 4 random 12 · +2");
}

static void test_nothing(void **state)
{
    struct status_facts f = {.lag_ms = -1};
    is(40, &f, "");
    f.time = "09:31";
    is(40, &f, " 09:31");
}

static void test_hotlist(void **state)
{
    struct model *m = model_new();
    struct account *a = model_add_account(m, 1, "home", "xmpp");
    struct status_facts f = {0};
    for (int i = 0; i < 20; i++) {
        char address[32];
        snprintf(address, sizeof address, "room%d", i);
        struct chat *c =
            account_add_chat(a, 10 + i, address, i == 7 ? KITH_CHAT_DIRECT : KITH_CHAT_ROOM);
        c->active = i;
        c->number = i + 1;
        c->unread = 1;
        c->mentions = i == 3;
        c->flags |= i == 5 ? KITH_CHAT_MUTED : 0;
    }
    status_hotlist(&f, m, a->chats[19]);
    assert_int_equal(f.n_hot, STATUS_HOT_MAX);
    assert_int_equal(f.more_hot,
                     18 - STATUS_HOT_MAX);        /* without the muted one and the one looked at */
    assert_string_equal(f.hot[0].name, "room3");  /* mentions */
    assert_string_equal(f.hot[1].name, "room7");  /* then people */
    assert_string_equal(f.hot[2].name, "room18"); /* then the latest */
    for (int i = 0; i < f.n_hot; i++)
        assert_string_not_equal(f.hot[i].name, "room5");
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),  cmocka_unit_test(test_no_overlap),
        cmocka_unit_test(test_order),   cmocka_unit_test(test_bad_lag), cmocka_unit_test(test_long_activity),
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_hotlist)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
