/* unit/ui/test_editor.c - motions, kills, yank, undo, words, lines, pastes, history */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../leftover.h"
#include "ui/decode.h"
#include "ui/editor.h"

/* Text with the cursor as a bar. */
static void is(const struct editor *e, const char *want)
{
    struct buf b = {0};
    buf_add(&b, editor_text(e), editor_cursor(e));
    buf_addc(&b, '|');
    buf_adds(&b, editor_text(e) + editor_cursor(e));
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static struct editor *with(const char *text, size_t cursor)
{
    struct editor *e = editor_new(NULL);
    editor_set(e, text, cursor);
    return e;
}

static void run(struct editor *e, const char *actions)
{
    char copy[200];
    assert_true(strlen(actions) < sizeof copy);
    memcpy(copy, actions, strlen(actions) + 1);
    for (char *p = copy, *next; p; p = next) {
        next = strchr(p, ' ');
        if (next)
            *next++ = '\0';
        assert_true(editor_action(e, p, NULL) >= 0);
    }
}

static void test_typing(void **state)
{
    struct editor *e = editor_new(NULL);
    assert_true(editor_empty(e));
    editor_insert(e, "a", 1);
    editor_insert(e, "日", 3);
    is(e, "a日|");
    run(e, "left");
    is(e, "a|日");
    run(e, "backspace delete");
    is(e, "|");
    assert_int_equal(editor_action(e, "left", NULL), 0);
    assert_int_equal(editor_action(e, "no-such-thing", NULL), -1);
    editor_free(e);
}

static void test_clusters(void **state)
{
    struct editor *e = with("x👩\u200D👩\u200D👧\u200D👦e\u0301y", SIZE_MAX);
    run(e, "left left");
    is(e, "x👩\u200D👩\u200D👧\u200D👦|e\u0301y");
    run(e, "backspace");
    is(e, "x|e\u0301y");
    run(e, "delete");
    is(e, "x|y");
    editor_move(e, 99);
    is(e, "xy|");
    editor_set(e, "e\u0301", 1); /* inside a cluster: before it */
    is(e, "|e\u0301");
    editor_free(e);
}

static void test_words(void **state)
{
    struct editor *e = with("one, two-three  four", SIZE_MAX);
    run(e, "word-left word-left");
    is(e, "one, two-|three  four");
    run(e, "word-right");
    is(e, "one, two-three|  four");
    run(e, "kill-word");
    is(e, "one, |  four");
    run(e, "word-delete");
    is(e, "one, |");
    run(e, "start upcase-word");
    is(e, "ONE|, ");
    run(e, "start capitalize-word");
    is(e, "One|, ");
    editor_set(e, "ab", 2);
    run(e, "transpose");
    is(e, "ba|");
    editor_free(e);
}

static void test_kill_and_yank(void **state)
{
    struct editor *e = with("first second third", SIZE_MAX);
    run(e, "kill-word kill-word"); /* one kill: they follow each other */
    is(e, "first |");
    run(e, "yank");
    is(e, "first second third|");
    run(e, "text-start kill-end");
    is(e, "|");
    run(e, "yank");
    is(e, "first second third|");
    run(e, "yank-pop");
    is(e, "second third|");
    editor_set(e, "a\nb", 1);
    run(e, "kill-end"); /* at the end of a line: the line break */
    is(e, "a|b");
    run(e, "end kill-start");
    is(e, "|");
    editor_free(e);
}

static void test_undo(void **state)
{
    struct editor *e = editor_new(NULL);
    for (const char *p = "ab cd"; *p; p++)
        editor_insert(e, p, 1);
    run(e, "undo");
    is(e, "ab|");
    run(e, "undo");
    is(e, "|");
    run(e, "redo redo");
    is(e, "ab cd|");
    assert_int_equal(editor_action(e, "redo", NULL), 0);
    run(e, "clear");
    is(e, "|");
    run(e, "undo");
    is(e, "ab cd|");
    for (int i = 0; i < 1000; i++)
        run(e, "newline");
    for (int i = 0; i < EDIT_UNDO_MAX; i++)
        assert_int_equal(editor_action(e, "undo", NULL), 1);
    assert_int_equal(editor_action(e, "undo", NULL), 0); /* bounded */
    editor_free(e);
}

static void test_paste_is_one_edit(void **state)
{
    struct editor *e = with("<>", 1);
    assert_true(editor_paste(e, "a\r\nb\rc\x1b[31m\x07\td\x7f", 15));
    is(e, "<a\nb\nc[31m\td|>");
    assert_int_equal(editor_lines(e), 3);
    run(e, "undo");
    is(e, "<|>");
    char *big = calloc(1, EDIT_TEXT_MAX + 1);
    memset(big, 'x', EDIT_TEXT_MAX + 1);
    assert_false(editor_paste(e, big, EDIT_TEXT_MAX + 1));
    assert_false(editor_insert(e, big, EDIT_TEXT_MAX + 1));
    is(e, "<|>");
    free(big);
    editor_free(e);
}

static void test_lines(void **state)
{
    struct editor *e = with("日本語\nab\nlonger", 6); /* column 4 */
    assert_false(editor_line(e, -1));
    assert_true(editor_line(e, 1));
    is(e, "日本語\nab|\nlonger");
    assert_true(editor_line(e, 1));
    is(e, "日本語\nab\nlo|nger");
    assert_false(editor_line(e, 1));
    run(e, "end");
    assert_true(editor_line(e, -1));
    is(e, "日本語\nab|\nlonger");
    run(e, "text-end");
    is(e, "日本語\nab\nlonger|");
    editor_free(e);
}

static void test_history(void **state)
{
    struct edit_history h = {0};
    edit_history_add(&h, "one");
    edit_history_add(&h, "two");
    edit_history_add(&h, "two");
    edit_history_add(&h, "");
    assert_int_equal(h.n, 2);
    struct editor *e = editor_new(&h);
    editor_insert(e, "mine", 4);
    run(e, "history-prev");
    is(e, "two|");
    run(e, "history-prev history-prev");
    is(e, "one|");
    run(e, "history-next history-next");
    is(e, "mine|"); /* what was being written comes back */
    assert_int_equal(edit_history_find(&h, "w", h.n), 1);
    assert_int_equal(edit_history_find(&h, "o", 1), 0);
    assert_int_equal(edit_history_find(&h, "x", h.n), -1);
    for (int i = 0; i < 2 * EDIT_HISTORY_MAX; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        edit_history_add(&h, text);
    }
    assert_int_equal(h.n, EDIT_HISTORY_MAX);
    editor_free(e);
    edit_history_free(&h);
}

static void test_secret(void **state)
{
    struct editor *e = editor_new(NULL);
    editor_set_secret(e);
    editor_insert(e, "hunter2", 7);
    run(e, "kill-start");
    assert_int_equal(editor_action(e, "yank", NULL), 0); /* neither kept nor brought back */
    assert_int_equal(editor_action(e, "undo", NULL), 0);
    editor_free(e);
}

/* From the terminal's bytes to the answer's end: no copy stays on the heap, typed or pasted. */
static void test_secret_leaves_no_copies(void **state)
{
    struct decode *d = decode_new();
    struct editor *e = editor_new(NULL);
    struct decode_event ev;
    char piece[64];
    editor_set_secret(e);
    for (size_t i = 0; i < 5000; i++) { /* some of the bytes come together */
        piece[i % 50] = leftover_byte(i);
        if (i % 50 != 49)
            continue;
        decode_feed(d, piece, 50);
        while (decode_next(d, &ev)) {
            char c = (char)ev.key.code;
            editor_insert(e, &c, 1);
        }
    }
    assert_int_equal(editor_len(e), 5000);
    assert_true(leftover());
    editor_set(e, "", 0);
    decode_feed(d, "\033[200~", 6);
    for (size_t i = 0; i < 5000; i++) {
        piece[0] = leftover_byte(i);
        decode_feed(d, piece, 1);
        assert_false(decode_next(d, &ev));
    }
    decode_feed(d, "\033[201~", 6);
    assert_true(decode_next(d, &ev));
    editor_paste(e, ev.text, ev.len);
    editor_free(e);
    decode_free(d);
    memset(piece, 0, sizeof piece);
    memset(&ev, 0, sizeof ev);
    assert_false(leftover());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing), cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_words),  cmocka_unit_test(test_kill_and_yank),
        cmocka_unit_test(test_undo),   cmocka_unit_test(test_paste_is_one_edit),
        cmocka_unit_test(test_lines),  cmocka_unit_test(test_history),
        cmocka_unit_test(test_secret), cmocka_unit_test(test_secret_leaves_no_copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
