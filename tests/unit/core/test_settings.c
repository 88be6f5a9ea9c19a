/* unit/core/test_settings.c - settings of accounts against what their protocol declares */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/settings.h"

static void add(void *user, const char *sentence)
{
    buf_addf(user, "%s\n", sentence);
}

static void check(const char *key, const char *value, const char *want)
{
    static const struct kith_option options[] = {
        {.key = "host", .type = "string"},
        {.key = "port", .type = "int"},
        {.key = "priority", .type = "int"},
        {.key = "plain", .type = "bool"},
        {.key = "certificate", .type = "file"},
        {.key = "tls", .type = "choice:auto|direct|start"},
        {.key = "password", .type = "string", .flags = KITH_OPT_SECRET}};
    const struct kith_protocol p = {
        .id = "xmpp", .label = "XMPP", .options = options, .n_options = 7};
    struct account_config a = {
        .name = (char[]){"home"}, .origin = {"accounts.cfg", 2}, .n_options = 1};
    struct buf got = {0};
    a.options = calloc(1, sizeof *a.options);
    assert_non_null(a.options);
    a.options[0].key = (char *)(uintptr_t)key;
    a.options[0].value = (char *)(uintptr_t)value;
    a.options[0].line = 4;
    size_t n = settings_check(&a, &p, add, &got);
    assert_int_equal(n, want ? 1 : 0);
    if (want) {
        const char *head = "accounts.cfg:4: account home: ";
        assert_memory_equal(buf_str(&got), head, strlen(head));
        got.data[got.len - 1] = '\0';
        assert_string_equal(buf_str(&got) + strlen(head), want);
    }
    buf_free(&got);
    free(a.options);
}

static void test_settings(void **state)
{
    check("host", "example.org", NULL);
    check("password_command", "sh -c x", NULL);
    check("_resume", "x", NULL);
    check("encryption", "omemo", "XMPP has no setting \"encryption\"");
    check("hots", "x", "XMPP has no setting \"hots\" (did you mean \"host\"?)");
    check("port", "5222", NULL);
    check("port", "xmpp", "port is a number from 1 to 65535, not \"xmpp\"");
    check("port", "65536", "port is a number from 1 to 65535, not \"65536\"");
    check("priority", "-5", NULL);
    check("priority", "high", "priority is a number, not \"high\"");
    check("plain", "yes", NULL);
    check("plain", "perhaps", "plain is true or false, not \"perhaps\"");
    check("tls", "direct", NULL);
    check("tls", "dir", "tls cannot be \"dir\"; it is one of auto|direct|start");
    check("password", "never said", NULL);
}

static void test_commands(void **state)
{
    check("password_command", "", "password_command is empty");
    check("password_command", "/nonesuch/pass show x",
          "password_command cannot be run: there is no program /nonesuch/pass");
    check("password_command", "no-such-program-anywhere",
          "password_command cannot be run: there is no program no-such-program-anywhere");
    check("password_command", "cat 'x", "password_command: a quote is open in: cat 'x");
}

static void test_files(void **state)
{
    static const char key[] = "-----BEGIN PRIVATE KEY-----\n";
    char path[] = "/tmp/kith-key-XXXXXX", want[200];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, key, sizeof key - 1), sizeof key - 1);
    check("certificate", path, NULL);
    assert_int_equal(fchmod(fd, 0644), 0);
    snprintf(want, sizeof want,
             "certificate holds a private key and others may read it; run: chmod 600 %s", path);
    check("certificate", path, want);
    assert_int_equal(ftruncate(fd, 0), 0);
    check("certificate", path, NULL); /* no key in it: everybody may know a certificate */
    close(fd);
    unlink(path);
    snprintf(want, sizeof want, "certificate cannot be read: %s: No such file or directory", path);
    check("certificate", path, want);
    check("certificate", "/tmp", NULL); /* directories are of this type as well */
}

static void test_missing(void **state)
{
    static const struct kith_option options[] = {
        {.key = "nick", .type = "string", .flags = KITH_OPT_REQUIRED, .help = "Your name."},
        {.key = "password", .type = "string", .flags = KITH_OPT_REQUIRED | KITH_OPT_SECRET}};
    const struct kith_protocol p = {.id = "irc", .options = options, .n_options = 2};
    const struct account_config a = {.name = (char[]){"net"}, .origin = {"accounts.cfg", 7}};
    struct buf got = {0};
    assert_int_equal(settings_check(&a, &p, add, &got), 1);
    assert_string_equal(buf_str(&got),
                        "accounts.cfg:7: account net: nick is missing: Your name.\n");
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_settings),
                                       cmocka_unit_test(test_commands),
                                       cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
