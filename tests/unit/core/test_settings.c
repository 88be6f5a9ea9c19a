/* unit/core/test_settings.c - settings of accounts against what their protocol declares */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/settings.h"

static void check(const char *key, const char *value, const char *want)
{
    static const struct kith_option options[] = {
        {.key = "host", .type = "string"},
        {.key = "port", .type = "int"},
        {.key = "tls", .type = "choice:auto|direct|start"},
        {.key = "password", .type = "string", .flags = KITH_OPT_SECRET}};
    const struct kith_protocol p = {
        .id = "xmpp", .label = "XMPP", .options = options, .n_options = 4};
    struct account_config a = {
        .name = (char[]){"home"}, .origin = {"accounts.cfg", 2}, .n_options = 1};
    a.options = calloc(1, sizeof *a.options);
    assert_non_null(a.options);
    a.options[0].key = (char *)(uintptr_t)key;
    a.options[0].value = (char *)(uintptr_t)value;
    char *problem = settings_problem(&a, &p);
    if (want)
        assert_string_equal(problem, want);
    else
        assert_null(problem);
    free(problem);
    free(a.options);
}

static void test_settings(void **state)
{
    check("host", "example.org", NULL);
    check("password_command", "pass x", NULL);
    check("_resume", "x", NULL);
    check("encryption", "omemo", NULL);
    check("hots", "x",
          "accounts.cfg: account home: XMPP has no setting \"hots\" (did you mean \"host\"?)");
    check("port", "5222", NULL);
    check("port", "xmpp", "accounts.cfg: account home: port is a number, not \"xmpp\"");
    check("tls", "direct", NULL);
    check("tls", "dir",
          "accounts.cfg: account home: tls cannot be \"dir\"; it is one of auto|direct|start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
