/* unit/cmd/test_guard.c - what Enter asks about: the accidents of tests/guard, and none of ten thousand ordinary
 * lines; passwords and accounts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/map.h"
#include "cmd/guard.h"
#include "fixture.h"

enum { ORDINARY = 10000, ASKED_MAX = 9, ACCIDENTS_MIN = 60 };

static char **read_lines(const char *path, size_t *n)
{
    struct buf b = {0};
    struct err e = {0};
    char **lines = NULL;
    size_t cap = 0;
    *n = 0;
    if (path_read(path, 1 << 20, &b, &e) < 0)
        fail_msg("%s: %s", path, e.text);
    for (char *rest = b.data, *line; (line = strsep(&rest, "\n"));) {
        if (*line && *line != '#')
            VEC_PUSH(lines, *n, cap, xstrdup(line));
        else if (str_starts(line, "#include") || str_starts(line, "#define"))
            VEC_PUSH(lines, *n, cap, xstrdup(line));
    }
    buf_free(&b);
    return lines;
}

static void free_lines(char **lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(lines[i]);
    free(lines);
}

/* "\n", "\\" and "\u00a0" as they are written in the files; other backslashes are themselves. */
static char *plain(const char *s)
{
    struct buf b = {0};
    for (; *s; s++) {
        if (s[0] == '\\' && s[1] == 'n') {
            buf_addc(&b, '\n');
            s++;
        } else if (s[0] == '\\' && s[1] == '\\') {
            buf_addc(&b, '\\');
            s++;
        } else if (str_starts(s, "\\u00a0")) {
            buf_adds(&b, "\xc2\xa0");
            s += 5;
        } else {
            buf_addc(&b, *s);
        }
    }
    return buf_take(&b);
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* Ends of the parts of "{a|b{c|d}}" at s (behind the brace); *close: its closing brace, NULL when it is none. */
static size_t parts_of(const char *s, const char *ends[32], const char **close)
{
    size_t n = 0;
    int depth = 0;
    *close = NULL;
    for (; *s; s++) {
        if (*s == '{')
            depth++;
        else if (*s == '|' && depth == 0 && n < 31)
            ends[n++] = s;
        else if (*s == '}' && depth-- == 0) {
            ends[n++] = *close = s;
            return n;
        }
    }
    return 0;
}

/* A template with each choice made. Braces without a bar are text (code has them). */
static void fill(struct buf *out, const char *s, const char *end, uint32_t *seed)
{
    while (s < end) {
        const char *ends[64], *close;
        size_t n = 0;
        if (*s == '{') {
            n = parts_of(s + 1, ends, &close);
            if (n > 1 && close < end) {
                uint32_t i = draw(seed, (uint32_t)n);
                fill(out, i ? ends[i - 1] + 1 : s + 1, ends[i], seed);
                s = close + 1;
                continue;
            }
        }
        buf_addc(out, *s++);
    }
}

static void test_ordinary(void **state)
{
    struct world *w = *state;
    size_t n, asked = 0, lines = 0;
    char **templates = read_lines("tests/guard/lines.txt", &n);
    struct map seen = {0};
    uint32_t seed = 7;
    for (size_t tries = 0; lines < ORDINARY && tries < 40 * ORDINARY; tries++) {
        const char *t = templates[tries < n ? tries : draw(&seed, (uint32_t)n)];
        struct buf line = {0}, why = {0};
        fill(&line, t, t + strlen(t), &seed);
        char *text = plain(buf_str(&line));
        bool fresh = *text && !map_get(&seen, text);
        if (fresh) {
            map_set(&seen, text, w);
            lines++;
        }
        if (fresh && guard_text(&w->env, text, &why) != GUARD_NONE) {
            asked++;
            print_message("asked about: %s (%s)\n", text, buf_str(&why));
        }
        free(text);
        buf_free(&line);
        buf_free(&why);
    }
    print_message("%zu ordinary lines, %zu asked about\n", lines, asked);
    map_free(&seen, NULL);
    free_lines(templates, n);
    assert_int_equal(lines, ORDINARY);
    assert_true(asked <= ASKED_MAX);
}

static void test_accidents(void **state)
{
    struct world *w = *state;
    size_t n, texts = 0, missed = 0;
    char **lines = read_lines("tests/guard/accidents.txt", &n);
    assert_true(n >= ACCIDENTS_MIN);
    for (size_t i = 0; i < n; i++) {
        struct buf why = {0};
        if (!str_starts(lines[i], "text\t"))
            continue;
        char *text = plain(lines[i] + 5);
        texts++;
        if (guard_text(&w->env, text, &why) == GUARD_NONE || why.len == 0) {
            missed++;
            print_message("not asked about: %s\n", text);
        }
        free(text);
        buf_free(&why);
    }
    print_message("%zu accidents of words, %zu missed\n", texts, missed);
    free_lines(lines, n);
    assert_true(texts >= ACCIDENTS_MIN);
    assert_int_equal(missed, 0);
}

static enum guard guard_of(struct world *w, struct chat *c, const char *text, const char *part)
{
    struct buf why = {0};
    enum guard g = guard_send(&w->env, c, text, &why);
    assert_true(g != GUARD_NONE || why.len == 0);
    if (part && !strstr(buf_str(&why), part))
        fail_msg("\"%s\" does not say %s", buf_str(&why), part);
    buf_free(&why);
    return g;
}

static void test_account(void **state)
{
    struct world *w = *state;
    struct account *work = model_add_account(w->env.model, 3, "work", "xmpp");
    struct chat *there = account_add_chat(work, 31, "bob@example.org", KITH_CHAT_DIRECT);
    assert_int_equal(guard_of(w, w->bob, "hi", NULL), GUARD_NONE);
    there->said = 5000;
    assert_int_equal(guard_of(w, w->bob, "hi", "account work last"), GUARD_ACCOUNT);
    assert_int_equal(guard_of(w, there, "hi", NULL), GUARD_NONE);
    w->bob->said = 6000; /* asked once: it was sent, and is the account used last now */
    assert_int_equal(guard_of(w, w->bob, "hi", NULL), GUARD_NONE);
    assert_int_equal(guard_of(w, there, "hi", "account home last"), GUARD_ACCOUNT);
    there->account->protocol[0] = 'X'; /* the same words are another address in another network */
    assert_int_equal(guard_of(w, there, "hi", NULL), GUARD_NONE);
    there->account->protocol[0] = 'x';
}

static void test_wanted(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    w->core.secret_of = w->home;
    assert_int_equal(guard_of(w, w->bob, "it is correct horse 7", "password of your account home"),
                     GUARD_PASSWORD);
    assert_int_equal(guard_of(w, w->bob, "/msg bob correct horse 7", NULL), GUARD_NONE);
    assert_int_equal(guard_of(w, w->bob, " /quit", "command"), GUARD_COMMAND);
    assert_int_equal(config_set(w->env.config, "ui.input.guard", "account", &e), 0);
    assert_int_equal(guard_of(w, w->bob, "it is correct horse 7", NULL), GUARD_NONE);
    assert_int_equal(guard_of(w, w->bob, " /quit", NULL), GUARD_NONE);
    assert_int_equal(guard_of(w, w->bob, "-----BEGIN PRIVATE KEY-----", NULL), GUARD_NONE);
}

/* A long line of dashes, pasted or forwarded, is looked at once and not from each dash anew. */
static void test_dashes(void **state)
{
    enum { LEN = 256 << 10, MOST_S = 2 };
    struct world *w = *state;
    char *text = xmalloc(LEN + 1);
    memset(text, '-', LEN);
    text[LEN] = '\0';
    clock_t began = clock();
    assert_int_equal(guard_of(w, w->bob, text, NULL), GUARD_NONE);
    assert_true(clock() - began < MOST_S * CLOCKS_PER_SEC);
    memcpy(text + LEN - 40, "---- BEGIN OPENSSH PRIVATE KEY ---------", 40);
    assert_int_equal(guard_of(w, w->bob, text, NULL), GUARD_KEY);
    free(text);
}

static void test_aliases(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    assert_int_equal(guard_of(w, w->bob, " /brbx", NULL), GUARD_NONE);
    assert_true(config_set_alias(w->env.config, "brbx", "/away", &e) >= 0);
    assert_int_equal(guard_of(w, w->bob, " /brbx", NULL), GUARD_COMMAND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ordinary, world_new, world_free),
        cmocka_unit_test_setup_teardown(test_accidents, world_new, world_free),
        cmocka_unit_test_setup_teardown(test_account, world_new, world_free),
        cmocka_unit_test_setup_teardown(test_wanted, world_new, world_free),
        cmocka_unit_test_setup_teardown(test_dashes, world_new, world_free),
        cmocka_unit_test_setup_teardown(test_aliases, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
