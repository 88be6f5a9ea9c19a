/* unit/ui/test_vi.c - the vi keys on the line editor: what is typed, as the preset binds it, and
 * what comes of it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/keys.h"
#include "ui/vi.h"

static struct config *config;
static struct keymap *keys;

static struct editor *with(const char *text)
{
    const char *bar = strchr(text, '|');
    char *plain = xasprintf("%.*s%s", (int)(bar - text), text, bar + 1);
    struct editor *e = editor_new(NULL);
    editor_set(e, plain, (size_t)(bar - text));
    free(plain);
    return e;
}

/* One key of normal mode through the preset. */
static enum vi_result normal_key(struct vi *vi, struct editor *e, const char *key)
{
    enum key_context ctx = CTX_VI_NORMAL;
    struct key k;
    bool prefix;
    char action[32] = "", arg[8] = "";
    if (vi->wait)
        return vi_char(vi, e, key, strlen(key));
    assert_int_equal(key_parse(key, &k, NULL), 0);
    const struct binding *b = keymap_find(keys, &ctx, 1, &k, 1, NULL, &prefix);
    if (!b || sscanf(b->command, "/vi %31s %7s", action, arg) < 1)
        fail_msg("%s is not bound to /vi", key);
    return vi_action(vi, e, action, arg);
}

/* "^[" is Esc, "^r" is C-r; in insert mode letters are text. */
static enum vi_result type(struct vi *vi, struct editor *e, const char *typed)
{
    enum vi_result last = VI_DONE;
    for (; *typed; typed++) {
        char key[4] = {*typed, 0};
        if (*typed == '^' && typed[1] == '[') {
            typed++;
            vi_normal(vi, e);
        } else if (!vi->normal) {
            assert_true(editor_insert(e, key, 1));
        } else if (*typed == '^' && typed[1] == 'r') {
            typed++;
            last = normal_key(vi, e, "C-r");
        } else {
            last = normal_key(vi, e, key);
        }
    }
    return last;
}

static void check(const char *from, const char *typed, const char *want)
{
    struct editor *e = with(from);
    struct vi vi = {.normal = true};
    struct buf b = {0};
    type(&vi, e, typed);
    buf_add(&b, editor_text(e), editor_cursor(e));
    buf_addc(&b, '|');
    buf_adds(&b, editor_text(e) + editor_cursor(e));
    if (strcmp(buf_str(&b), want) != 0)
        fail_msg("\"%s\" and %s: \"%s\", not \"%s\"", from, typed, buf_str(&b), want);
    buf_free(&b);
    vi_free(&vi);
    editor_free(e);
}

static void test_motions(void **state)
{
    check("|one two, three", "w", "one |two, three");
    check("|one two, three", "ww", "one two|, three");
    check("|one two, three", "3w", "one two, |three");
    check("|one two, three", "e", "on|e two, three");
    check("one two, thre|e", "b", "one two, |three");
    check("one two, |three", "2b", "one |two, three");
    check("|one", "wwww", "on|e");
    check("|one two", "$", "one tw|o");
    check("  one| two", "0", "|  one two");
    check("  one| two", "^", "  |one two");
    check("|one two", "4l", "one |two");
    check("one |two", "2h", "on|e two");
    check("|one two three", "ft", "one |two three");
    check("|one two three", "2ft", "one two |three");
    check("|one two three", "tw", "one |two three");
    check("one two |three", "Fo", "one tw|o three");
    check("one two |three", "To", "one two| three");
    check("|a.b.c.d", "f.;", "a.b|.c.d");
    check("|a.b.c.d", "f.;;,", "a.b|.c.d");
    check("|one", "fx", "|one");
    check("o|ne\ntwo\nthree", "jj", "one\ntwo\nt|hree");
    check("one\ntwo\nthr|ee", "2k", "on|e\ntwo\nthree");
    check("|1234567890", "10l", "123456789|0");
    check("a|ü日b", "l", "aü|日b");
}

static void test_operators(void **state)
{
    check("|one two three", "dw", "|two three");
    check("|one two three", "2dw", "|three");
    check("|one two three", "d2w", "|three");
    check("|one two", "de", "| two");
    check("one |two", "d$", "one| ");
    check("one tw|o", "db", "one |o");
    check("one |two", "d0", "|two");
    check("one |two", "D", "one| ");
    check("|one, two", "df,", "| two");
    check("|one, two", "dt,", "|, two");
    check("one\nt|wo\nthree", "dd", "one\n|three");
    check("one\nt|wo\nthree", "2dd", "|one");
    check("o|ne\ntwo\nthree", "dj", "|three");
    check("|one", "dd", "|");
    check("|one two\nthree", "wdw", "one| \nthree"); /* a word, not the line's end */
    check("|one two", "cwsix^[", "si|x two");
    check("one |two", "ccnew^[", "ne|w");
    check("one |two", "Cx^[", "one |x");
    check("|one two", "yww", "one |two");
    check("|one two", "dyw", "one |two"); /* another operator drops the first */
}

static void test_changes(void **state)
{
    check("|abc", "x", "|bc");
    check("|abcd", "3x", "|d");
    check("ab|c", "x", "a|b");
    check("abc|d", "2X", "a|d");
    check("|abc", "rx", "|xbc");
    check("|abc", "2rx", "x|xc");
    check("|abc", "9rx", "|abc"); /* there are not so many */
    check("|one two", "dwp", "tone| wo");
    check("|one two", "dwP", "one| two");
    check("one\n|two", "yyp", "one\ntwo\n|two");
    check("one\n|two", "yyP", "one\n|two\ntwo");
    check("|ab", "xp", "b|a");
    check("|ab", "x3p", "baa|a");
    check("|one two", "dwu", "|one two");
    check("|one two", "dwu^r", "|two");
    check("|abc", "xxx2u", "|bc");
}

static void test_inserting(void **state)
{
    check("a|b", "ix^[", "a|xb");
    check("a|b", "ax^[", "ab|x");
    check("  a|b", "Ix^[", "  |xab");
    check("|ab", "Ax^[", "ab|x");
    check("o|ne\ntwo", "ox^[", "one\n|x\ntwo");
    check("o|ne", "Ox^[", "|x\none");
    check("|", "ihello^[", "hell|o");
}

static void test_repeat(void **state)
{
    check("|abcdef", "x.", "|cdef");
    check("|abcdef", "x3.", "|ef");
    check("|one two three four", "dw.", "|three four");
    check("|one two", "cwsix^[w.", "six si|x");
    check("|a b c", "rxw.w.", "x x |x");
    check("|ab", "ix^[.", "|xxab");
    check("one\n|two", "Ax^[k.", "one|x\ntwox");
    check("|a", ".", "|a");
}

static void test_edges(void **state)
{
    struct editor *e = with("one|");
    struct vi vi = {.normal = true};
    assert_int_equal(type(&vi, e, "k"), VI_ABOVE); /* the view selects a message */
    assert_int_equal(vi_action(&vi, e, "no-such", NULL), VI_UNKNOWN);
    type(&vi, e, "12");
    assert_int_equal(vi_take_count(&vi), 12);
    assert_false(vi_drop(&vi));
    type(&vi, e, "d");
    assert_true(vi_drop(&vi));
    type(&vi, e, "99999999");
    assert_int_equal(vi_take_count(&vi), 9999);
    vi_free(&vi);
    editor_free(e);
    check("|", "dwddcwx^[xpPD", "|");
    check("|", "yyp", "\n|");
}

static int set_up(void **state)
{
    config = config_new();
    keys = keymap_builtin(config, "vi");
    return 0;
}

static int tear_down(void **state)
{
    keymap_free(keys);
    config_free(config);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_motions), cmocka_unit_test(test_operators),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_inserting),
        cmocka_unit_test(test_repeat),  cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
