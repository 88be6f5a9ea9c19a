/* unit/view/test_line_edit.c - the line of input of kith --plain, seen on a paper of one row */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "../leftover.h"
#include "view/line_edit.h"

struct paper { /* a printer's row: characters, BS, CR and LF are all it knows */
    char row[128];
    int at;
};

static void print(struct paper *p, const struct buf *out)
{
    for (size_t i = 0; i < out->len; i++) {
        char c = out->data[i];
        assert_int_not_equal(c, 0x1b);
        if (c == '\r')
            p->at = 0;
        else if (c == '\b')
            p->at--;
        else if (c == '\n')
            *p = (struct paper){0};
        else
            p->row[p->at++] = c;
        assert_in_range(p->at, 0, (int)sizeof p->row - 1);
    }
}

/* Types keys on a row of so many columns; the row without the spaces at its end, and what Enter would send. */
static void type(int columns, const char *keys, size_t len, char row[128], char **text, enum line_event *ev)
{
    struct line_edit l;
    struct paper p = {0};
    struct buf out = {0};
    size_t used;

    line_edit_init(&l, columns);
    line_edit_show(&l, &out);
    *ev = LINE_NONE;
    while (len > 0 && *ev == LINE_NONE) {
        *ev = line_edit_feed(&l, keys, len, &used, &out);
        keys += used;
        len -= used;
    }
    print(&p, &out);
    for (size_t n = strlen(p.row); n > 0 && p.row[n - 1] == ' '; n--)
        p.row[n - 1] = '\0';
    memcpy(row, p.row, sizeof p.row);
    *text = line_edit_take(&l);
    buf_free(&out);
    line_edit_free(&l);
}

static void keys_do_what_they_do_elsewhere(void **state)
{
    static const struct { const char *keys, *text, *row; } rows[] = {
        {"hello", "hello", "> hello"},
        {"hellx\x7fo", "hello", "> hello"},
        {"hello\x01oh \x05!", "oh hello!", "> oh hello!"},
        {"one two three\x17" "3", "one two 3", "> one two 3"},
        {"gone\x15here", "here", "> here"},
        {"ab\x02\x02\x0b" "c", "c", "> c"},
        {"ac\x1b[Db", "abc", "> abc"},
        {"abc\x1b[D\x1b[D\x1b[3~", "ac", "> ac"},
        {"abc\x1b[H\x04\x1b[Fd", "bcd", "> bcd"},
        {"unknown\x1b[1;5Z\x1bOP\x1bx keys\x07\x11", "unknown keys", "> unknown keys"},
        {"away\x03stay", "stay", "> stay"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char row[128], *text;
        enum line_event ev;

        type(60, rows[i].keys, strlen(rows[i].keys), row, &text, &ev);
        assert_string_equal(text, rows[i].text);
        assert_string_equal(row, rows[i].row);
        free(text);
    }
    (void)state;
}

static void events_end_the_line(void **state)
{
    char row[128], *text;
    enum line_event ev;

    type(60, "sent\rrest", 9, row, &text, &ev);
    assert_int_equal(ev, LINE_ENTER);
    assert_string_equal(text, "sent");
    assert_string_equal(row, ""); /* the row is free for what comes */
    free(text);
    type(60, "\x04", 1, row, &text, &ev);
    assert_int_equal(ev, LINE_END);
    free(text);
    type(60, "x\x04\x1a", 3, row, &text, &ev);
    assert_int_equal(ev, LINE_STOP);
    free(text);
    (void)state;
}

/* Never wider than the terminal, whatever is typed; the cursor's part is what is seen. */
static void long_lines_stay_on_one_row(void **state)
{
    char keys[400], row[128], *text;
    enum line_event ev;

    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (char)('a' + i % 26);
    for (size_t n = 1; n < sizeof keys; n += 7) {
        type(30, keys, n, row, &text, &ev);
        assert_in_range(strlen(row), 3, 29);
        assert_int_equal(row[strlen(row) - 1], keys[n - 1]);
        assert_int_equal(strlen(text), n);
        free(text);
    }
    (void)state;
}

static void secrets_are_not_shown(void **state)
{
    struct line_edit l;
    struct buf out = {0};
    size_t used;
    char *text;

    line_edit_init(&l, 60);
    line_edit_prompt(&l, "Password: ", true, &out);
    assert_int_equal(line_edit_feed(&l, "hunterx\x7f" "2\r", 10, &used, &out), LINE_ENTER);
    assert_null(strstr(buf_str(&out), "h"));
    text = line_edit_take(&l);
    assert_string_equal(text, "hunter2");
    free(text);
    line_edit_prompt(&l, NULL, false, &out);
    buf_clear(&out);
    line_edit_feed(&l, "\x1b[A", 3, &used, &out); /* and history has none of it */
    text = line_edit_take(&l);
    assert_string_equal(text, "");
    free(text);
    buf_free(&out);
    line_edit_free(&l);
    (void)state;
}

/* The server gave up while the password was typed: it is neither shown nor the beginning of a message. */
static void half_a_secret_goes_with_its_prompt(void **state)
{
    struct line_edit l;
    struct buf out = {0};
    size_t used;
    char *text;

    line_edit_init(&l, 60);
    line_edit_prompt(&l, "Password: ", true, &out);
    line_edit_feed(&l, "hunter2", 7, &used, &out);
    line_edit_prompt(&l, NULL, false, &out);
    assert_null(strstr(buf_str(&out), "hunter"));
    text = line_edit_take(&l);
    assert_string_equal(text, "");
    free(text);
    buf_free(&out);
    line_edit_free(&l);
    (void)state;
}

static void history_and_what_was_being_written(void **state)
{
    struct line_edit l;
    struct buf out = {0};
    size_t used;

    line_edit_init(&l, 60);
    for (int i = 0; i < 2 * LINE_HISTORY; i++) {
        char *line = xasprintf("line %d\r", i);

        line_edit_feed(&l, line, strlen(line), &used, &out);
        free(line);
        free(line_edit_take(&l));
    }
    line_edit_feed(&l, "half\x1b[A", 7, &used, &out);
    assert_string_equal(buf_str(&l.text), "line 199");
    for (int i = 0; i < 300; i++)
        line_edit_feed(&l, "\x10", 1, &used, &out);
    assert_string_equal(buf_str(&l.text), "line 100");
    for (int i = 0; i < 300; i++)
        line_edit_feed(&l, "\x0e", 1, &used, &out);
    assert_string_equal(buf_str(&l.text), "half");
    buf_free(&out);
    line_edit_free(&l);
    (void)state;
}

/* Typed letter by letter, so that the text grows several times, cut and broken off: no copy stays on the heap. */
static void a_secret_leaves_no_copies(void **state)
{
    struct line_edit l;
    struct buf out = {0};
    size_t used;
    char *text;

    line_edit_init(&l, 80);
    line_edit_prompt(&l, "Password: ", true, &out);
    for (size_t i = 0; i < 300; i++) {
        char c = leftover_byte(i);

        line_edit_feed(&l, &c, 1, &used, &out);
        if (i % 50 == 49)
            line_edit_feed(&l, "\x02\x7f\x05", 3, &used, &out);
    }
    assert_true(leftover()); /* as it must be found where it is */
    text = line_edit_take(&l);
    mem_wipe(text, strlen(text));
    free(text);
    assert_false(leftover());
    for (size_t i = 0; i < 100; i++) {
        char c = leftover_byte(i);

        line_edit_feed(&l, &c, 1, &used, &out);
    }
    line_edit_prompt(&l, NULL, false, &out);
    assert_false(leftover());
    buf_free(&out);
    line_edit_free(&l);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_do_what_they_do_elsewhere), cmocka_unit_test(events_end_the_line),
        cmocka_unit_test(long_lines_stay_on_one_row),     cmocka_unit_test(secrets_are_not_shown),
        cmocka_unit_test(half_a_secret_goes_with_its_prompt),
        cmocka_unit_test(a_secret_leaves_no_copies),
        cmocka_unit_test(history_and_what_was_being_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
