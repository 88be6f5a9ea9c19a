/* unit/config/test_config.c - options in layers, set.cfg, aliases, accounts, and what is said about
 * bad files */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/config.h"

struct fixture {
    char dir[64];
    struct config *c;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    str_copy(f->dir, sizeof f->dir, "/tmp/kith-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    path_set_root(f->dir);
    setenv("XDG_CONFIG_DIRS", f->dir, 1);
    f->c = config_new();
    *state = f;
    return 0;
}

static void remove_tree(const char *dir)
{
    const char *const argv[] = {"rm", "-rf", dir, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execvp("rm", (char *const *)argv);
        _exit(1);
    }
    while (waitpid(pid, NULL, 0) < 0)
        ;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    config_free(f->c);
    remove_tree(f->dir);
    path_set_root(NULL);
    free(f);
    return 0;
}

static char *place(enum path_dir where, const char *name)
{
    char *dir = path_of(where, NULL, NULL), *path = path_of(where, name, NULL);
    assert_true(path_mkdirs(dir, 0700, NULL) >= 0);
    free(dir);
    return path;
}

static void put(enum path_dir where, const char *name, const char *text)
{
    char *path = place(where, name);
    assert_true(path_write(path, text, strlen(text), NULL) >= 0);
    free(path);
}

static char *get(enum path_dir where, const char *name)
{
    struct buf b = {0};
    char *path = place(where, name);
    assert_true(path_read(path, 1 << 20, &b, NULL) >= 0);
    free(path);
    return buf_take(&b);
}

static void assert_problem(const struct config *c, size_t i, const char *text)
{
    const char *const *lines;
    assert_true(config_problems(c, &lines) > i);
    assert_string_equal(lines[i], text);
}

static void test_defaults(void **state)
{
    struct fixture *f = *state;
    size_t n;
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_int(f->c, "ui.list.width"), 26);
    assert_true(config_bool(f->c, "ui.hints"));
    assert_string_equal(config_str(f->c, "ui.theme"), "auto");
    const char *const *list = config_list(f->c, "notify.bell", &n);
    assert_int_equal(n, 3);
    assert_string_equal(list[1], "private");
    assert_int_equal(config_origin(f->c, "ui.theme").line, 0);
    for (size_t i = 1; config_option_at(f->c, i); i++) /* sorted, and each has its sentence */
        assert_true(strcmp(config_option_at(f->c, i - 1)->name, config_option_at(f->c, i)->name) <
                        0 &&
                    str_ends(config_option_at(f->c, i)->help, "."));
}

static void test_layers(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    char *system = path_join(f->dir, "kith"), *path = path_join(system, "kith.cfg");
    const char *text = "ui = { theme = \"site\"; hints = false; list = { width = 30; }; };";
    assert_true(path_mkdirs(system, 0700, NULL) >= 0);
    assert_true(path_write(path, text, strlen(text), NULL) >= 0);
    put(PATH_CONFIG, "kith.cfg",
        "# mine\nui = { theme = \"mono\";\n  list = { sort = [ \"unread\", \"name\" ]; };\n};\n");
    assert_int_equal(config_load(f->c), 0);
    assert_string_equal(config_str(f->c, "ui.theme"), "mono");
    assert_int_equal(config_origin(f->c, "ui.theme").line, 2);
    assert_string_equal(config_origin(f->c, "ui.theme").file, "kith.cfg");
    assert_int_equal(config_int(f->c, "ui.list.width"), 30);
    assert_string_equal(config_origin(f->c, "ui.list.width").file, path);
    assert_int_equal(config_set(f->c, "ui.list.width", "40", &e), 0);
    assert_int_equal(config_int(f->c, "ui.list.width"), 40);
    assert_int_equal(config_set(f->c, "ui.theme", "ansi16", &e), 1);
    assert_string_equal(e.text, "kept in set.cfg, but kith.cfg:2 wins: ui.theme stays \"mono\"");
    assert_int_equal(config_override(f->c, "ui.theme", "default-dark", &e), 0);
    assert_string_equal(config_str(f->c, "ui.theme"), "default-dark");
    assert_int_equal(config_load(f->c), 0); /* all of it again from the files */
    assert_string_equal(config_str(f->c, "ui.theme"), "default-dark");
    assert_int_equal(config_int(f->c, "ui.list.width"), 40);
    assert_int_equal(config_unset(f->c, "ui.list.width", &e), 0);
    assert_int_equal(config_int(f->c, "ui.list.width"), 30);
    free(path);
    free(system);
}

static void test_never_writes_kith_cfg(void **state)
{
    struct fixture *f = *state;
    struct stat before, after;
    struct err e = {0};
    char *path = place(PATH_CONFIG, "kith.cfg");
    put(PATH_CONFIG, "kith.cfg", "ui = { hints = true; }; # mine\n");
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(config_load(f->c), 0);
    assert_true(config_set(f->c, "ui.hints", "off", &e) >= 0);
    assert_true(config_set(f->c, "ui.status", "time \"window\" \\ |", &e) >= 0);
    assert_true(config_set_alias(f->c, "j", "/join", &e) >= 0);
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    char *mine = get(PATH_CONFIG, "kith.cfg");
    assert_string_equal(mine, "ui = { hints = true; }; # mine\n");
    free(mine);
    assert_int_equal(config_load(f->c), 0);
    assert_string_equal(config_str(f->c, "ui.status"), "time \"window\" \\ |");
    assert_string_equal(config_alias(f->c, "j"), "/join");
    free(path);
    path = place(PATH_STATE, "set.cfg");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_mode & 0777, 0600);
    free(path);
}

static void test_set_file_round_trip(void **state)
{
    struct fixture *f = *state;
    static const char *const pairs[][2] = {{"ui.list.width", "33"}, {"ui.hints", "false"},
                                           {"open_command", "vis"},       {"ui.chat.hide_joins", "all"},
                                           {"notify.bell", "all"},  {"ui.list.sort", "name group"},
                                           {"ui.input.history", "7"}};
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_int_equal(config_set(f->c, pairs[i][0], pairs[i][1], NULL), 0);
    struct config *other = config_new();
    assert_int_equal(config_load(other), 0);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char *text = config_text(other, pairs[i][0]);
        assert_string_equal(text, pairs[i][1]);
        free(text);
    }
    char *all = config_print(other);
    assert_non_null(strstr(all, "width = 33;  # set.cfg:"));
    put(PATH_CONFIG, "kith.cfg", all); /* what --print-config says can be read */
    assert_int_equal(config_load(other), 0);
    free(all);
    config_free(other);
}

static void test_problems(void **state)
{
    struct fixture *f = *state;
    put(PATH_CONFIG, "kith.cfg",
        "ui = {\n  theem = \"x\";\n  hints = 7;\n  list = { width = 400; };\n"
        "  chat = { layout = \"alined\"; text_width = 90; };\n};\n"
        "bindings = ();\nnotify = { quiet = \"25:00-7\"; };\naliases = ( ( \"a b\", \"/x\" ), 3 "
        ");\n");
    assert_int_equal(config_load(f->c), 8);
    assert_problem(f->c, 0, "kith.cfg:2: unknown option \"ui.theem\" (did you mean \"ui.theme\"?)");
    assert_problem(f->c, 1, "kith.cfg:3: ui.hints is true or false, not \"7\"");
    assert_problem(f->c, 2, "kith.cfg:4: ui.list.width is a number from 12 to 80, not \"400\"");
    assert_problem(f->c, 3,
                   "kith.cfg:5: ui.chat.layout cannot be \"alined\" (did you mean \"aligned\"?)");
    assert_int_equal(config_int(f->c, "ui.chat.text_width"), 90); /* good parts hold */
    assert_problem(f->c, 4,
                   "kith.cfg:8: \"25:00-7\" are no quiet hours; write them as 22:00-07:00");
    assert_problem(f->c, 5, "kith.cfg:9: \"a b\" cannot be the name of an alias");
    assert_problem(f->c, 7, "kith.cfg:7: bindings belong into keys.cfg");
}

static void test_unreadable(void **state)
{
    struct fixture *f = *state;
    char *path = place(PATH_CONFIG, "kith.cfg");
    static const struct {
        const char *text, *problem;
    } bad[] = {
        {"ui = {\n hints = true\n theme \"x\";\n};", "kith.cfg:3: this cannot be read here"},
        {"ui = { };\nui = { };", "kith.cfg:2: this name was already given above"},
        {"\n@include \"/etc/passwd\"\n", "kith.cfg:2: @include is not followed"},
        {"a = \"\x1b\";", "kith.cfg:1: a control character (byte 0x1b)"},
        {"\n\na = \"\xff\";", "kith.cfg:3: this is not UTF-8"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *const *lines;
        put(PATH_CONFIG, "kith.cfg", bad[i].text);
        assert_int_equal(config_load(f->c), 1);
        (void)config_problems(f->c, &lines);
        assert_true(str_starts(lines[0], bad[i].problem));
    }
    struct buf deep = {0};
    for (int i = 0; i < 100000; i++)
        buf_adds(&deep, "a=(");
    put(PATH_CONFIG, "kith.cfg", buf_str(&deep));
    assert_int_equal(config_load(f->c), 1);
    assert_problem(f->c, 0, "kith.cfg:1: more than 64 brackets are open");
    buf_free(&deep);
    put(PATH_CONFIG, "kith.cfg", "ui = { hints = false; };");
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(config_load(f->c), 1);
    assert_true(config_bool(f->c, "ui.hints")); /* what anybody may write is not believed */
    free(path);
}

static void test_set_refuses(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    assert_true(config_set(f->c, "ui.colors", "256", &e) < 0);
    assert_string_equal(e.text, "there is no option ui.colors (did you mean ui.colours?)");
    assert_true(config_set(f->c, "ui.colours", "many", &e) < 0);
    assert_true(config_set(f->c, "ui.theme", "a\nb", &e) < 0);
    assert_true(config_set(f->c, "ui.list.sort", "name colour", &e) < 0);
    assert_true(config_unset(f->c, "ui.theme", &e) < 0);
    assert_string_equal(config_nearest(f->c, "list.width"), "ui.list.width");
}

static void count(void *user, const struct option *changed)
{
    int *n = user;
    *n += changed ? 1 : 100;
}

static void test_observers(void **state)
{
    struct fixture *f = *state;
    int n = 0;
    config_observe(f->c, count, &n);
    (void)config_load(f->c);
    assert_int_equal(n, 100);
    (void)config_set(f->c, "ui.hints", "no", NULL);
    assert_int_equal(n, 101);
}

static void test_accounts(void **state)
{
    struct fixture *f = *state;
    const struct account_config *const *all;
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = (\n  { name = \"home\"; protocol = \"xmpp\"; address = \"alice@example.org\";\n"
        "    password_command = \"pass show x\"; autoconnect = false; port = 5222; },\n"
        "  { name = \"libera\"; protocol = \"irc\"; join = [ \"#a\", \"#b\" ]; },\n"
        "  { name = \"home\"; protocol = \"irc\"; },\n  { protocol = \"irc\"; }\n);\n");
    assert_int_equal(config_load(f->c), 2);
    assert_problem(f->c, 0,
                   "accounts.cfg:5: there is already an account \"home\" in accounts.cfg:2");
    assert_problem(f->c, 1, "accounts.cfg:6: an account needs a name and a protocol");
    assert_int_equal(config_accounts(f->c, &all), 2);
    assert_string_equal(account_config_get(all[0], "port"), "5222");
    assert_false(all[0]->autoconnect);
    assert_true(all[1]->autoconnect);
    assert_string_equal(account_config_get(all[1], "join"), "#a #b");
    assert_null(account_config_get(all[1], "password"));
}

static void assert_changed(const struct config *c, const char *want)
{
    const char *const *names;
    struct buf b = {0};
    size_t n = config_changed_accounts(c, &names);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s ", names[i]);
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

/* How often the text stands in the memory that malloc() gives out. */
static int in_heap(const char *text)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    unsigned long from, to;
    int n = 0;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &from, &to) != 2)
            continue;
        for (const char *p = (const char *)from, *end = (const char *)to - strlen(text);
             (p = memchr(p, text[0], (size_t)(end - p))); p++)
            n += memcmp(p, text, strlen(text)) == 0;
    }
    fclose(maps);
    return n;
}

static void test_passwords_do_not_stay_in_memory(void **state)
{
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its free() keeps what was freed */
#endif
    struct fixture *f = *state;
    char secret[41], *text;
    for (size_t i = 0; i < sizeof secret - 1; i++)
        secret[i] = (char)('a' + (i * 7 + 3) % 26);
    secret[sizeof secret - 1] = '\0';
    text = xasprintf("accounts = ( { name = \"home\"; protocol = \"xmpp\"; address = \"a@example.org\";\n"
                     "password = \"%s\"; } );\n", secret);
    put(PATH_CONFIG, "accounts.cfg", text);
    str_wipe_free(text);
    assert_int_equal(in_heap(secret + 16), 0);
    config_load(f->c);
    const struct account_config *a = config_account(f->c, "home");
    assert_non_null(a);
    int while_used = in_heap(secret + 16);
    config_free(f->c);
    int afterwards = in_heap(secret + 16);
    f->c = config_new();
    printf("copies of the password: %d while in use, %d afterwards\n", while_used, afterwards);
    assert_int_equal(while_used, 1);
    assert_int_equal(afterwards, 0);
}

static void test_changed_accounts(void **state)
{
    struct fixture *f = *state;
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"a\"; protocol = \"xmpp\"; host = \"x\"; },"
        " { name = \"b\"; protocol = \"xmpp\"; } );");
    assert_int_equal(config_load(f->c), 0);
    assert_changed(f->c, "a b ");
    assert_int_equal(config_load(f->c), 0);
    assert_changed(f->c, "");
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"a\"; protocol = \"xmpp\"; host = \"y\"; },"
        " { name = \"c\"; protocol = \"xmpp\"; } );");
    assert_int_equal(config_load(f->c), 0);
    assert_changed(f->c, "a b c ");
}

static void test_secrets(void **state)
{
    struct fixture *f = *state;
    const struct account_config *const *all;
    const char *const *lines;
    char *path = place(PATH_CONFIG, "accounts.cfg");
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"a\"; protocol = \"xmpp\"; password = \"s\"; } );");
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_accounts(f->c, &all), 1);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(config_load(f->c), 1);
    (void)config_problems(f->c, &lines);
    assert_non_null(strstr(lines[0], "others may read it"));
    assert_int_equal(config_accounts(f->c, &all), 0);
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"a\"; protocol = \"xmpp\"; password_command = \"s\"; } );");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(config_load(f->c), 0);
    free(path);
}

static void test_own_accounts(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const struct account_config *const *all;
    struct account_config a = {
        .name = (char[]){"local"}, .protocol = (char[]){"local"}, .autoconnect = true};
    put(PATH_CONFIG, "accounts.cfg", "accounts = ( { name = \"home\"; protocol = \"xmpp\"; } );");
    (void)config_load(f->c);
    assert_int_equal(config_add_account(f->c, &a, &e), 0);
    assert_true(config_add_account(f->c, &a, &e) < 0);
    struct account_config b = {
        .name = (char[]){"b"}, .protocol = (char[]){"xmpp"}, .address = (char[]){"b@\"x\""}};
    b.options = xcalloc(1, sizeof *b.options);
    b.n_options = 1;
    b.options[0].key = (char[]){"password"};
    b.options[0].value = (char[]){"hunter2"};
    assert_true(config_add_account(f->c, &b, &e) < 0);
    assert_non_null(strstr(e.text, "password_command"));
    b.options[0].key = (char[]){"host"};
    assert_int_equal(config_add_account(f->c, &b, &e), 0);
    free(b.options);
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_accounts(f->c, &all), 3);
    assert_string_equal(config_account(f->c, "b")->address, "b@\"x\"");
    assert_string_equal(account_config_get(config_account(f->c, "b"), "host"), "hunter2");
    assert_true(config_remove_account(f->c, "home", &e) < 0);
    assert_int_equal(config_remove_account(f->c, "local", &e), 0);
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_accounts(f->c, &all), 2);
}

/* In kith's own file, and nowhere else; below accounts that are there, and not below one another. */
static void test_sub_accounts(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const struct account_config *sub = NULL;
    const char *const options[] = {"net", "42"}, *const others[] = {"net", "43"};
    const char *const *names;
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"bnc\"; protocol = \"irc\"; password = \"hunter2\"; } );");
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_put_sub(f->c, "bnc", "1", "My \"Net\"", options, 1, &sub, &e), 1);
    assert_string_equal(sub->name, "bnc/My_Net");
    assert_string_equal(sub->protocol, "irc");
    assert_int_equal(config_put_sub(f->c, "bnc", "1", "Other", options, 1, &sub, &e), 0);
    assert_int_equal(config_put_sub(f->c, "bnc", "1", "Other", others, 1, &sub, &e), 1);
    assert_true(config_put_sub(f->c, "nobody", "1", "x", options, 1, &sub, &e) < 0);
    assert_true(config_put_sub(f->c, "bnc/My_Net", "1", "x", options, 1, &sub, &e) < 0);
    assert_int_equal(config_save_subs(f->c, &e), 0);
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_changed_accounts(f->c, &names), 0);
    sub = config_sub(f->c, "bnc", "1");
    assert_non_null(sub);
    assert_string_equal(sub->name, "bnc/My_Net");
    assert_string_equal(sub->label, "Other");
    assert_string_equal(account_config_get(sub, "net"), "43");
    assert_int_equal(config_subs(f->c, "bnc"), 1);
    assert_true(config_remove_account(f->c, "bnc/My_Net", &e) < 0);
    /* What changes above changes below. */
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"bnc\"; protocol = \"irc\"; host = \"x\"; } );");
    assert_int_equal(config_load(f->c), 0);
    assert_int_equal(config_changed_accounts(f->c, &names), 2);
    put(PATH_CONFIG, "accounts.cfg", "accounts = ( { name = \"bnc\"; protocol = \"xmpp\"; } );");
    (void)config_load(f->c); /* it is another account now */
    assert_null(config_sub(f->c, "bnc", "1"));
    /* In the user's file these are options like any, and the name is none. */
    put(PATH_CONFIG, "accounts.cfg",
        "accounts = ( { name = \"bnc\"; protocol = \"irc\"; },\n"
        "{ name = \"a/b\"; protocol = \"irc\"; parent = \"bnc\"; sub = \"2\"; },"
        "{ name = \"c\"; protocol = \"irc\"; parent = \"bnc\"; sub = \"3\"; } );");
    assert_int_equal(config_load(f->c), 1);
    assert_null(config_sub(f->c, "bnc", "2"));
    assert_null(config_account(f->c, "c")->parent);
    assert_string_equal(account_config_get(config_account(f->c, "c"), "parent"), "bnc");
}

static void test_aliases(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const char *const *names;
    put(PATH_CONFIG, "kith.cfg",
        "aliases = ( ( \"j\", \"/join\" ), ( \"gm\", \"/say good morning, $nick\" ) );");
    assert_int_equal(config_load(f->c), 0);
    assert_string_equal(config_alias(f->c, "gm"), "/say good morning, $nick");
    assert_true(config_set_alias(f->c, "j", "/part", &e) < 0);
    assert_true(config_set_alias(f->c, "x/y", "/part", &e) < 0);
    assert_int_equal(config_set_alias(f->c, "bye", "/part", &e), 0);
    assert_int_equal(config_aliases(f->c, &names), 3);
    assert_int_equal(config_set_alias(f->c, "bye", NULL, &e), 0);
    assert_null(config_alias(f->c, "bye"));
    assert_true(config_set_alias(f->c, "bye", NULL, &e) < 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_defaults),
        T(test_layers),
        T(test_never_writes_kith_cfg),
        T(test_set_file_round_trip),
        T(test_problems),
        T(test_unreadable),
        T(test_set_refuses),
        T(test_observers),
        T(test_accounts),
        T(test_passwords_do_not_stay_in_memory),
        T(test_changed_accounts),
        T(test_secrets),
        T(test_own_accounts),
        T(test_sub_accounts),
        T(test_aliases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
