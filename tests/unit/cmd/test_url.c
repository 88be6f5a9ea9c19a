/* unit/cmd/test_url.c - links in text, and which of them a program may be given */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "cmd/url.h"
#include "fake_core.h"

static void test_find(void **state)
{
    static const char *const cases[][2] = {
        {"see https://example.org/r/1423.", "https://example.org/r/1423"},
        {"(http://a.b/c_(d))", "http://a.b/c_(d)"},
        {"<https://x.y/?q=1&r=2#f>", "https://x.y/?q=1&r=2#f"},
        {"HTTPS://X.Y/, and", "HTTPS://X.Y/"},
        {"xmpp:bob@example.org?message;body=hi!", "xmpp:bob@example.org?message;body=hi"},
        {"write to mailto:a@b", "mailto:a@b"},
        {"\"https://q.r\"", "https://q.r"},
        {"日本https://a", "https://a"},
        {"myhttp://a.b", NULL},
        {"http: nothing", NULL},
        {"http://", NULL},
        {"no link", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t from = 0, len = 0;
        bool found = find_url(cases[i][0], 0, &from, &len);
        assert_int_equal(found, cases[i][1] != NULL);
        if (found) {
            assert_int_equal(len, strlen(cases[i][1]));
            assert_memory_equal(cases[i][0] + from, cases[i][1], len);
        }
    }
    size_t from, len;
    const char *two = "http://a.b http://c.d";
    assert_true(find_url(two, 1, &from, &len));
    assert_int_equal(from, 11);
}

static void test_check(void **state)
{
    static const char *const good[] = {"https://example.org/a?b=c;d=e,f#g",
                                       "xmpp:a@b?join",
                                       "mailto:a@b",
                                       "geo:1.5,2.5",
                                       "irc://h/%23c",
                                       "https://例え.jp/"};
    static const char *const bad[] = {"",
                                      "-x",
                                      "file:///etc/passwd",
                                      "javascript:alert(1)",
                                      "https:",
                                      "https://a b",
                                      "https://a\nb",
                                      "https://a\x1b[0m",
                                      "https://a\x7f",
                                      "https://a`id`",
                                      "https://a\"b",
                                      "https://a|b",
                                      "ftp://a",
                                      "data:text/html,x",
                                      "--help"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(url_check(good[i], NULL), 0);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_true(url_check(bad[i], NULL) < 0);
    char *large = xmalloc(9001);
    memset(large, 'a', 9000);
    memcpy(large, "https://", 8);
    large[9000] = '\0';
    assert_true(url_check(large, NULL) < 0);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find), cmocka_unit_test(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
