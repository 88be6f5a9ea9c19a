/* unit/core/test_spell.c - which words are looked at, and the helper that knows the dictionaries */
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
#include "base/clock.h"
#include "base/mem.h"
#include "core/spell.h"

static void words(const char *text, const char *want)
{
    struct buf b = {0};
    size_t from, to, at = 0;
    struct spell_walk w;
    spell_walk(&w, text, 0, strlen(text));
    for (; spell_next(&w, &from, &to); at = to) {
        assert_true(from >= at && to > from && to <= strlen(text));
        buf_addf(&b, "%s%.*s", b.len ? "," : "", (int)(to - from), text + from);
        struct spell_walk part; /* begun anywhere it finds the same */
        size_t again, end;
        for (size_t i = at; i < to; i++) {
            spell_walk(&part, text, i, from + 1);
            assert_true(spell_next(&part, &again, &end) && again == from && end == to);
        }
    }
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void test_words(void **state)
{
    words("Hello, wrld! It's (really) fine.", "Hello,wrld,It's,really,fine");
    words("see https://example.org/wrng and ~/src/wrng or wrng.c:12", "see,and,or");
    words("bob@example.org HTTPServer chat_draw x86 v2 wcwidth()", "HTTPServer,wcwidth");
    words("camelCase stays out, Überschrift does not", "stays,out,Überschrift,does,not");
    words("look:\n```\nint wrng;\n```\nso wrong", "look,so,wrong");
    words("a b c 'quoted' don't 日本語", "quoted,don't,日本語");
    words("", "");
    words("   ", "");
    words("`wrng` and \"wrng\"", "and,wrng");
}

/* A row of a huge paste is looked at in the time of one reading, whatever is in it. */
static void test_huge_pastes(void **state)
{
    static const char *const parts[] = {"a ", "``` ", "a.", "wrong.wrong,", "1 ", "\n\n"};
    enum { SIZE = 256 << 10, ROW = 100 };
    struct spell_walk w;
    char *text = xmalloc(SIZE + 1);
    size_t from, to;
    for (size_t p = 0; p < COUNT(parts); p++) {
        for (size_t i = 0, n = strlen(parts[p]); i < SIZE; i++)
            text[i] = parts[p][i % n];
        text[SIZE] = '\0';
        int64_t began = clock_mono_ms();
        for (size_t at = SIZE - 8 * ROW; at < SIZE; at += ROW) { /* eight rows, as a screen has */
            spell_walk(&w, text, at, at + ROW);
            while (spell_next(&w, &from, &to))
                continue;
        }
        spell_walk(&w, text, 0, SIZE);
        while (spell_next(&w, &from, &to))
            continue;
        assert_true(clock_mono_ms() - began < 1000); /* 5 ms; it was minutes */
    }
    free(text);
}

static unsigned news;

static void on_news(void *user)
{
    news++;
}

static char *helper(void)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    char *unit = strstr(self, "/unit/");
    assert_non_null(unit);
    *unit = '\0';
    return xasprintf("%s/kith-spell", self);
}

static void until(struct loop *l, unsigned count)
{
    int64_t end = clock_mono_ms() + 20000;
    while (news < count && clock_mono_ms() < end)
        (void)loop_turn(l, 50);
    assert_true(news >= count);
}

static enum spell_verdict ask(struct spell *s, const char *word)
{
    return spell_word(s, "en_US", word, strlen(word));
}

static void test_helper(void **state)
{
    char *program = helper();
    struct loop *l = loop_new();
    struct spell *s = spell_new(&(struct spell_params){.loop = l, .program = program, .news = on_news});
    if (access(program, X_OK) != 0) { /* built without enchant */
        print_message("no kith-spell here\n");
        goto out;
    }
    news = 0;
    assert_int_equal(ask(s, "hello"), SPELL_NOT_YET);
    assert_int_equal(ask(s, "helo"), SPELL_NOT_YET);
    for (int i = 0; i < 100 && !news && !spell_problem(s); i++)
        (void)loop_turn(l, 100);
    if (spell_problem(s)) { /* enchant is there, an English dictionary is not */
        assert_non_null(strstr(spell_problem(s), "no dictionary for en_US"));
        assert_int_equal(ask(s, "helo"), SPELL_GOOD);
        goto out;
    }
    assert_int_equal(ask(s, "hello"), SPELL_GOOD);
    assert_int_equal(ask(s, "helo"), SPELL_BAD);
    assert_non_null(strstr(spell_suggestions(s, "helo"), "hello\n"));
    assert_string_equal(spell_suggestions(s, "hello"), "");
    assert_int_equal(spell_word(s, "", "helo", 4), SPELL_GOOD); /* switched off */
    assert_int_equal(spell_word(s, "xx_XX", "helo", 4), SPELL_NOT_YET);
    for (int i = 0; i < 100 && !spell_problem(s); i++)
        (void)loop_turn(l, 100);
    assert_non_null(strstr(spell_problem(s), "no dictionary for xx_XX"));
    assert_int_equal(spell_word(s, "xx_XX", "other", 5), SPELL_GOOD);
    assert_int_equal(ask(s, "wrld"), SPELL_NOT_YET); /* another language: all anew */
    until(l, 2);
    assert_int_equal(ask(s, "wrld"), SPELL_BAD);
    /* An answer that comes when other languages are meant says nothing of these. */
    assert_int_equal(ask(s, "colur"), SPELL_NOT_YET);
    (void)loop_turn(l, 0); /* it is under way */
    assert_int_equal(spell_word(s, "xx_XX", "colur", 5), SPELL_NOT_YET);
    for (int i = 0; i < 100 && !spell_problem(s); i++) {
        (void)loop_turn(l, 100);
        assert_int_not_equal(spell_word(s, "xx_XX", "colur", 5), SPELL_BAD);
    }
    assert_non_null(strstr(spell_problem(s), "no dictionary for xx_XX"));
out:
    spell_free(s);
    loop_free(l);
    free(program);
}

static pid_t child(void)
{
    char path[64], line[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    if (f && !fgets(line, sizeof line, f))
        line[0] = '\0';
    if (f)
        fclose(f);
    return (pid_t)strtol(line, NULL, 10);
}

/* A field of /proc/PID/status; -1: it is not there. */
static long status_of(pid_t pid, const char *field)
{
    char path[64], line[256];
    long n = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, strlen(field)) == 0)
            n = strtol(line + strlen(field), NULL, 10);
    if (f)
        fclose(f);
    return n;
}

/* The helper is confined, and still reads the words that the user has added. */
static void test_confined(void **state)
{
    char *program = helper(), home[] = "/tmp/kith-spell-XXXXXX";
    assert_non_null(mkdtemp(home));
    char *words = xasprintf("%s/en_US.dic", home);
    FILE *f = fopen(words, "we");
    assert_non_null(f);
    fputs("kithword\n", f);
    fclose(f);
    char *was = xstrdup(getenv("XDG_CONFIG_HOME"));
    char *dir = xasprintf("%s/enchant", home), *dic = xasprintf("%s/en_US.dic", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(rename(words, dic), 0);
    setenv("XDG_CONFIG_HOME", home, 1);
    struct loop *l = loop_new();
    struct spell *s = spell_new(&(struct spell_params){.loop = l, .program = program, .news = on_news});
    news = 0;
    for (int i = 0; access(program, X_OK) == 0 && i < 100 && !news && !spell_problem(s); i++) {
        (void)ask(s, "kithword");
        (void)ask(s, "kithwrd");
        (void)loop_turn(l, 100);
    }
    if (news) { /* with enchant and a dictionary */
        assert_int_equal(ask(s, "kithword"), SPELL_GOOD);
        assert_int_equal(ask(s, "kithwrd"), SPELL_BAD);
        assert_true(child() > 0);
        assert_int_equal(status_of(child(), "NoNewPrivs:"), 1);
        assert_int_equal(status_of(child(), "Seccomp:"), 2);
    }
    spell_free(s);
    loop_free(l);
    if (was)
        setenv("XDG_CONFIG_HOME", was, 1);
    else
        unsetenv("XDG_CONFIG_HOME");
    char *gone[] = {dic, dir, home};
    for (size_t i = 0; i < COUNT(gone); i++)
        (void)remove(gone[i]);
    free(was);
    free(words);
    free(dic);
    free(dir);
    free(program);
}

/* One that never answers is killed, and given up after the third time. */
static void test_hangs(void **state)
{
    struct loop *l = loop_new();
    struct spell *s = spell_new(&(struct spell_params){.loop = l, .program = "/bin/cat", .silent_ms = 20});
    for (int i = 0; i < 2000 && ask(s, "word") != SPELL_GOOD; i++)
        (void)loop_turn(l, 10);
    assert_int_equal(ask(s, "word"), SPELL_GOOD);
    assert_non_null(spell_problem(s));
    spell_free(s);
    s = spell_new(&(struct spell_params){.loop = l, .program = NULL});
    assert_int_equal(ask(s, "word"), SPELL_GOOD);
    spell_free(s);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_huge_pastes), cmocka_unit_test(test_helper), cmocka_unit_test(test_confined),
                                       cmocka_unit_test(test_hangs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
