/* unit/config/test_keys.c - names of keys, the standard preset, keys.cfg, chords, limits, /bind */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/keys.h"

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
    (void)config_load(f->c);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    config_free(f->c);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", f->dir, (char *)NULL);
        _exit(1);
    }
    while (waitpid(pid, NULL, 0) < 0)
        ;
    path_set_root(NULL);
    free(f);
    return 0;
}

static void put_keys(const char *text)
{
    char *dir = path_of(PATH_CONFIG, NULL, NULL), *path = path_of(PATH_CONFIG, "keys.cfg", NULL);
    assert_true(path_mkdirs(dir, 0700, NULL) >= 0);
    assert_true(path_write(path, text, strlen(text), NULL) >= 0);
    free(path);
    free(dir);
}

static void test_names(void **state)
{
    static const char *const same[][2] = {
        {"C-k", "C-k"},
        {"<C-k>", "C-k"},
        {"ctrl-k", "C-k"},
        {"C-K", "C-k"},
        {"M-Enter", "M-Enter"},
        {"alt-x", "M-x"},
        {"M-Y", "M-Y"},
        {"S-a", "A"},
        {"S-Tab", "S-Tab"},
        {"f12", "F12"},
        {"C-Space", "C-Space"},
        {"C-@", "C-Space"},
        {"C-/", "C-_"},
        {"Space", "Space"},
        {"ü", "ü"},
        {"+", "+"},
        {"-", "-"},
        {"M-+", "M-+"},
        {"C-M-f", "C-M-f"},
        {"M-C-f", "C-M-f"},
        {"PageDown", "PgDn"},
        {"<", "<"},
        {"C-S-Up", "C-S-Up"},
        {"C-S-a", "C-S-a"},
        {"/", "/"},
    };
    struct key k, again;
    char name[32];
    for (size_t i = 0; i < COUNT(same); i++) {
        assert_int_equal(key_parse(same[i][0], &k, NULL), 0);
        key_name(k, name);
        assert_string_equal(name, same[i][1]);
        assert_int_equal(key_parse(name, &again, NULL), 0);
        assert_true(key_eq(k, again));
    }
    assert_int_equal(key_parse("C-k", &k, NULL), 0);
    assert_true(k.code == 'k' && k.mods == KEYM_CTRL);
}

static void test_impossible(void **state)
{
    static const char *const bad[][2] = {
        {"C-i", "terminals send Tab for C-i; bind Tab instead"},
        {"C-m", "terminals send Enter for C-m; bind Enter instead"},
        {"M-[", "M-[ cannot be told from the beginning of other keys"},
        {"M-O", "M-O cannot be told from the beginning of other keys"},
        {"C-1", "terminals cannot send C-1"},
        {"Entr", "\"Entr\" is not a key (did you mean \"Enter\"?)"},
        {"xy", "\"xy\" is not a key"},
        {"", "\"\" is not a key"},
        {"F25", "\"F25\" is not a key"},
        {"S-1", "write the character that Shift gives instead of S-1"},
        {"\xff", "\"\xff\" is not a key"},
    };
    struct key k;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = {0};
        assert_true(key_parse(bad[i][0], &k, &e) < 0);
        assert_string_equal(e.text, bad[i][1]);
    }
}

static const char *lookup(const struct keymap *k, enum key_context ctx, const char *chord,
                          const char *account, bool *more)
{
    const enum key_context contexts[] = {ctx, CTX_CHAT, CTX_GLOBAL};
    struct key keys[KEY_CHORD_MAX];
    struct key_where where = {account, "irc", "#c", NULL};
    bool prefix;
    int n = chord_parse(chord, keys, NULL);
    assert_true(n > 0);
    const struct binding *b =
        keymap_find(k, contexts, COUNT(contexts), keys, (size_t)n, &where, &prefix);
    if (more)
        *more = prefix;
    return b ? b->command : NULL;
}

static void test_preset(void **state)
{
    struct fixture *f = *state;
    struct keymap *k = keymap_new(f->c);
    const struct binding *const *all;
    const char *const *lines;
    bool more;
    assert_int_equal(config_problems(f->c, &lines), 0);
    assert_string_equal(lookup(k, CTX_INPUT, "C-k", NULL, &more), "/switch");
    assert_string_equal(lookup(k, CTX_INPUT, "Enter", NULL, &more), "/edit-line send");
    assert_string_equal(lookup(k, CTX_SELECT, "r", NULL, &more), "/reply $msg");
    assert_null(lookup(k, CTX_INPUT, "C-x", NULL, &more));
    assert_true(more);
    assert_null(lookup(k, CTX_INPUT, "x", NULL, &more));
    assert_false(more);
    size_t n = keymap_all(k, &all);
    assert_true(n > 150);
    for (size_t i = 0; i < n; i++) { /* grouped by context; no key twice in one */
        assert_true(!i || all[i - 1]->context <= all[i]->context);
        assert_true(all[i]->command[0] == '/' && *all[i]->help);
        for (size_t j = i + 1; j < n && all[j]->context == all[i]->context; j++)
            assert_false(all[i]->n_chord == all[j]->n_chord &&
                         key_eq(all[i]->chord[0], all[j]->chord[0]) &&
                         (all[i]->n_chord == 1 || key_eq(all[i]->chord[1], all[j]->chord[1])));
    }
    assert_string_equal(keymap_prefix_name(k, all[0]->chord[0]) ? "" : "none", "none");
    assert_int_equal(keymap_timeout_ms(k, "chord"), 1000);
    assert_int_equal(keymap_timeout_ms(k, "esc"), 25);
    assert_non_null(keymap_for(k, CTX_GLOBAL, "/switch"));
    keymap_free(k);
}

static void test_file(void **state)
{
    struct fixture *f = *state;
    bool more;
    put_keys("preset = \"standard\";\nchord_timeout_ms = 0;\npopup_delay_ms = -1;\n"
             "prefixes = ( ( \"M-w\", \"windows\" ) );\nbindings = (\n"
             "  { context = \"global\"; keys = (\n    ( \"C-k\", \"/window last\", \"back\" ),\n"
             "    ( \"M-w v\", \"/split right\", \"split\" ),\n    ( \"C-t\", \"\", \"not "
             "transpose\" ) ); },\n"
             "  { context = \"chat\"; account = \"lib*\"; keys = ( ( \"M-i\", \"/ignore $nick "
             "1h\", \"x\" ) ); },\n"
             "  { context = \"chat\"; keys = ( ( \"M-i\", \"/whois $nick\" ) ); },\n"
             "  { context = \"select\"; keys = ( ( \"g t\", \"/pipe $msg -- task add\", \"task\" ) "
             "); },\n"
             "  { context = \"viewer\"; inherit = false; }\n);\n");
    struct keymap *k = keymap_new(f->c);
    const char *const *lines;
    assert_int_equal(config_problems(f->c, &lines), 0);
    assert_string_equal(lookup(k, CTX_INPUT, "C-k", NULL, NULL), "/window last");
    assert_null(lookup(k, CTX_INPUT, "C-t", NULL, NULL)); /* gone from the input too */
    assert_null(lookup(k, CTX_INPUT, "M-w", NULL, &more));
    assert_true(more);
    assert_string_equal(lookup(k, CTX_INPUT, "M-w v", NULL, NULL), "/split right");
    assert_string_equal(lookup(k, CTX_INPUT, "M-i", "libera", NULL), "/ignore $nick 1h");
    assert_string_equal(lookup(k, CTX_INPUT, "M-i", "home", NULL), "/whois $nick");
    assert_string_equal(lookup(k, CTX_INPUT, "M-i", NULL, NULL), "/whois $nick");
    assert_string_equal(lookup(k, CTX_SELECT, "g", NULL, &more), "/popup first");
    assert_true(more); /* g t may follow */
    assert_string_equal(lookup(k, CTX_SELECT, "g t", NULL, NULL), "/pipe $msg -- task add");
    assert_null(lookup(k, CTX_VIEWER, "C-k", NULL, NULL)); /* inherit = false */
    assert_int_equal(keymap_timeout_ms(k, "chord"), 0);
    assert_int_equal(keymap_timeout_ms(k, "popup"), -1);
    struct key w;
    assert_int_equal(key_parse("M-w", &w, NULL), 0);
    assert_string_equal(keymap_prefix_name(k, w), "windows");
    const enum key_context global = CTX_GLOBAL;
    size_t at = 0;
    int mine = 0, others = 0;
    for (const struct binding *b; (b = keymap_next(k, &global, 1, &w, 1, NULL, &at));) {
        mine += str_eq(b->help, "split") && str_eq(b->command, "/split right");
        others += b->origin.file == NULL;
        assert_true(b->n_chord == 2 && key_eq(b->chord[0], w));
    }
    assert_int_equal(mine, 1); /* in place of the preset's */
    assert_true(others > 5);
    keymap_free(k);
}

/* /etc/xdg/kith/keys.cfg lies below the user's file and above the preset. */
static void test_system_file(void **state)
{
    struct fixture *f = *state;
    const char *const *lines;
    const char text[] =
        "bindings = ( { context = \"global\"; keys = ( ( \"C-k\", \"/window last\" ),"
        " ( \"F12\", \"/help\" ) ); } );";
    char *dir = path_join(f->dir, "kith"), *path = path_join(dir, "keys.cfg");
    assert_true(path_mkdirs(dir, 0700, NULL) >= 0);
    assert_true(path_write(path, text, sizeof text - 1, NULL) >= 0);
    put_keys("bindings = ( { context = \"global\"; keys = ( ( \"F12\", \"/version\" ) ); } );");
    struct keymap *k = keymap_new(f->c);
    assert_int_equal(config_problems(f->c, &lines), 0);
    assert_string_equal(lookup(k, CTX_INPUT, "C-k", NULL, NULL), "/window last");
    assert_string_equal(lookup(k, CTX_INPUT, "F12", NULL, NULL), "/version");
    keymap_free(k);
    free(dir);
    free(path);
}

/* The preset of keys.cfg is stronger than the option; both change the keys at once. */
static void test_choice_of_preset(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct keymap *k = keymap_new(f->c);
    assert_string_equal(keymap_preset(k), "standard");
    assert_int_equal(config_set(f->c, "keys.preset", "emacs", &e), 0);
    assert_string_equal(keymap_preset(k), "emacs");
    assert_string_equal(lookup(k, CTX_INPUT, "C-k", NULL, NULL), "/edit-line kill-end");
    assert_string_equal(lookup(k, CTX_INPUT, "C-x b", NULL, NULL), "/switch");
    assert_null(lookup(k, CTX_LIST, "C-k", NULL, NULL)); /* taken away from the standard keys */
    assert_null(config_alias(f->c, "qa"));
    put_keys("preset = \"vi\";\nbindings = ( { context = \"vi_normal\";"
             " keys = ( ( \"x\", \"/version\" ) ); } );");
    (void)keymap_reload(k);
    assert_string_equal(keymap_preset(k), "vi");
    assert_string_equal(lookup(k, CTX_VI_NORMAL, "x", NULL, NULL), "/version");
    assert_string_equal(lookup(k, CTX_VI_NORMAL, "g t", NULL, NULL), "/vi window-next");
    assert_string_equal(lookup(k, CTX_INPUT, "C-p", NULL, NULL), "/switch");
    assert_string_equal(config_alias(f->c, "qa"), "/quit");
    put_keys("");
    (void)keymap_reload(k);
    assert_string_equal(keymap_preset(k), "emacs");
    assert_null(config_alias(f->c, "qa"));
    keymap_free(k);
    assert_int_equal(config_set(f->c, "keys.preset", "vi", &e), 0); /* nobody listens any more */
}

/* A key may do something else, or nothing, with one account, protocol or chat. */
static void test_limits(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    put_keys(
        "bindings = (\n"
        "  { context = \"chat\"; protocol = \"irc\"; keys = ( ( \"F10\", \"/whois $nick\" ) ); },\n"
        "  { context = \"chat\"; chat = \"#c*\"; keys = ( ( \"M-o\", \"\" ) ); },\n"
        "  { context = \"chat\"; account = \"home\"; keys = ( ( \"M-u\", \"\" ) ); }\n);\n");
    struct keymap *k = keymap_new(f->c);
    assert_string_equal(lookup(k, CTX_INPUT, "F10", "x", NULL), "/whois $nick");
    assert_null(lookup(k, CTX_INPUT, "M-o", "x", NULL)); /* nothing in this chat */
    assert_string_equal(lookup(k, CTX_INPUT, "M-u", "x", NULL), "/scroll unread");
    assert_null(lookup(k, CTX_INPUT, "M-u", "home", NULL));
    struct key_where only = {.account = "lib*", .protocol = "irc"};
    assert_int_equal(keymap_bind(k, "chat", "F10", "/topic", "topic", &only, &e), 0);
    assert_string_equal(lookup(k, CTX_INPUT, "F10", "libera", NULL), "/topic");
    assert_string_equal(lookup(k, CTX_INPUT, "F10", "home", NULL), "/whois $nick");
    keymap_free(k);
    assert_int_equal(config_load(f->c), 0); /* it was kept */
    k = keymap_new(f->c);
    assert_string_equal(lookup(k, CTX_INPUT, "F10", "libera", NULL), "/topic");
    assert_true(keymap_unbind(k, "chat", "F10", NULL, &e) < 0);
    assert_int_equal(keymap_unbind(k, "chat", "F10", &only, &e), 0);
    assert_string_equal(lookup(k, CTX_INPUT, "F10", "libera", NULL), "/whois $nick");
    keymap_free(k);
}

static void test_keys_that_cannot_come(void **state)
{
    struct fixture *f = *state;
    put_keys("bindings = ( { context = \"global\"; keys = (\n ( \"S-Enter\", \"/help\" ),\n"
             " ( \"C-S-a\", \"/help\" ), ( \"C-S-Up\", \"/help\" ), ( \"M-C-f\", \"/help\" ),\n"
             " ( \"M-x C-Enter\", \"/help\" ), ( \"S-Tab\", \"/help\" ), ( \"S-Backspace\", \"\" ) "
             "); } );");
    struct keymap *k = keymap_new(f->c);
    static const int lines[] = {2, 3, 4};
    size_t at = 0;
    for (size_t i = 0; i < COUNT(lines); i++) {
        const struct binding *b = keymap_unsendable(k, &at);
        assert_non_null(b);
        assert_int_equal(b->origin.line, lines[i]);
    }
    assert_null(keymap_unsendable(k, &at));
    keymap_free(k);
}

/* tmux has Ctrl-b and screen Ctrl-a: there these keys are not ours. */
static void test_inside_of_a_multiplexer(void **state)
{
    static const char *const presets[] = {"standard", "emacs", "vi"};
    struct fixture *f = *state;
    for (size_t p = 0; p < COUNT(presets); p++) {
        struct keymap *k = keymap_builtin(f->c, presets[p]);
        for (enum key_context c = CTX_POPUP; c < N_KEY_CONTEXTS; c++) {
            struct key a = {'a', KEYM_CTRL}, b = {'b', KEYM_CTRL};
            struct key_where tmux = {.inside = "tmux"}, screen = {.inside = "screen"};
            bool prefix;
            assert_null(keymap_find(k, &c, 1, &b, 1, &tmux, &prefix));
            assert_false(prefix);
            assert_null(keymap_find(k, &c, 1, &a, 1, &screen, &prefix));
            assert_false(prefix);
            assert_true((keymap_find(k, &c, 1, &a, 1, &tmux, &prefix) != NULL) == (c == CTX_INPUT));
        }
        keymap_free(k);
    }
}

static int refuse_split(const char *line, struct err *e)
{
    return str_starts(line, "/split") ? err_set(e, -1, "there is no command /split") : 0;
}

static void test_problems(void **state)
{
    struct fixture *f = *state;
    static const char *const want[] = {
        "keys.cfg:1: unknown preset \"vim\" (did you mean \"vi\"?)",
        "keys.cfg:2: unknown setting \"chord_timout_ms\" (did you mean \"chord_timeout_ms\"?)",
        "keys.cfg:3: esc_timeout_ms is a number of milliseconds from 0 to 60000",
        "keys.cfg:5: unknown context \"chats\" (did you mean \"chat\"?)",
        "keys.cfg:7: terminals send Tab for C-i; bind Tab instead",
        "keys.cfg:8: C-g is already bound for \"global\" in line 6",
        "keys.cfg:9: a key is written ( \"key\", \"/command\", \"what the popup says\" )",
        "keys.cfg:10: bindings need a context, such as \"global\"",
        "keys.cfg:11: unknown setting \"acount\" (did you mean \"account\"?)",
        "keys.cfg:8: there is no command /split",
    };
    put_keys("preset = \"vim\";\nchord_timout_ms = 3;\nesc_timeout_ms = \"x\";\nbindings = (\n"
             "  { context = \"chats\"; keys = (); },\n"
             "  { context = \"global\"; keys = ( ( \"C-g\", \"/switch\", \"\" ),\n    ( \"C-i\", "
             "\"/switch\" ),\n"
             "    ( \"C-g\", \"/split right\" ),\n    ( \"C-o\" ) ); },\n"
             "  { keys = ( ); },\n  { context = \"chat\"; acount = \"x\"; }\n);\n");
    struct keymap *k = keymap_new(f->c);
    keymap_set_check(k, refuse_split);
    for (int again = 0; again < 2; again++) {
        const char *const *lines;
        assert_int_equal(config_problems(f->c, &lines), COUNT(want));
        for (size_t i = 0; i < COUNT(want); i++)
            assert_string_equal(lines[i], want[i]);
        assert_int_equal(keymap_reload(k), COUNT(want));
    }
    assert_string_equal(lookup(k, CTX_INPUT, "C-k", NULL, NULL),
                        "/switch"); /* the good parts hold */
    keymap_free(k);
}

static void test_bind(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    put_keys("bindings = ( { context = \"global\"; keys = ( ( \"F12\", \"/help\" ) ); } );");
    struct keymap *k = keymap_new(f->c);
    keymap_set_check(k, refuse_split);
    assert_int_equal(
        keymap_bind(k, "select", "T", "/prompt 'To: ' /forward $msg $answer", "forward", NULL, &e),
        0);
    assert_string_equal(lookup(k, CTX_SELECT, "T", NULL, NULL),
                        "/prompt 'To: ' /forward $msg $answer");
    assert_true(keymap_bind(k, "selct", "T", "/x", NULL, NULL, &e) < 0);
    assert_string_equal(e.text, "unknown context \"selct\" (did you mean \"select\"?)");
    assert_true(keymap_bind(k, "chat", "M-w s", "/split below", NULL, NULL, &e) < 0);
    assert_int_equal(keymap_bind(k, "global", "F12", "/version", NULL, NULL, &e), 1);
    assert_string_equal(e.text, "kept in set.cfg, but keys.cfg:1 wins: F12 runs \"/help\"");
    assert_true(keymap_unbind(k, "global", "F12", NULL, &e) < 0);
    assert_int_equal(keymap_unbind(k, "global", "ctrl-k", NULL, &e),
                     0); /* takes away what the preset has */
    assert_null(lookup(k, CTX_INPUT, "C-k", NULL, NULL));
    assert_true(keymap_unbind(k, "global", "F11", NULL, &e) < 0);
    keymap_free(k);
    assert_int_equal(config_load(f->c), 0); /* and it is all in set.cfg */
    k = keymap_new(f->c);
    assert_null(lookup(k, CTX_INPUT, "C-k", NULL, NULL));
    assert_string_equal(lookup(k, CTX_SELECT, "T", NULL, NULL),
                        "/prompt 'To: ' /forward $msg $answer");
    assert_int_equal(keymap_unbind(k, "select", "T", NULL, &e), 0);
    assert_null(lookup(k, CTX_SELECT, "T", NULL, NULL));
    keymap_free(k);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_names),
                                       T(test_impossible),
                                       T(test_preset),
                                       T(test_file),
                                       T(test_system_file),
                                       T(test_choice_of_preset),
                                       T(test_limits),
                                       T(test_keys_that_cannot_come),
                                       T(test_inside_of_a_multiplexer),
                                       T(test_problems),
                                       T(test_bind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
