/* unit/ui/test_doctor.c - kith doctor against scripted terminals with planted faults: each is named */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/doctor.h"

enum { PROBED = 8 };
static const int good_widths[PROBED] = {2, 1, 2, 2, 2, 2, 3, 2};
/* What this machine's own reckoning says of the further samples, found by a first round. */
static int reckoned[DOCTOR_SAMPLES];

/* A terminal: what it answers. A field is the fault that a test plants. */
struct script {
    const char *version, *modes, *more; /* more: before the fence */
    int probed[PROBED], further[DOCTOR_SAMPLES];
    bool mute;
};

static struct script good_terminal(void)
{
    struct script t = {.version = "XTerm(379)",
                       .modes = "\x1b[?2026;2$y\x1b[?2031;2$y\x1b[?1004;2$y\x1b[?2004;2$y\x1b[?1006;2$y",
                       .more = "\x1bP1+r4D73\x1b\\\x1bP1$r0;38:2::1:2:3m\x1b\\"};
    memcpy(t.probed, good_widths, sizeof good_widths);
    memcpy(t.further, reckoned, sizeof reckoned);
    return t;
}

static void feed(struct doctor *d, struct decode *dec, const char *bytes)
{
    struct decode_event ev;
    decode_feed(dec, bytes, strlen(bytes));
    while (decode_next(dec, &ev))
        if (ev.kind == DECODE_REPLY)
            doctor_reply(d, &ev);
}

static void play(struct doctor *d, const struct script *t, const struct probe_env *env)
{
    struct decode *dec = decode_new();
    struct buf out = {0}, b = {0};

    doctor_begin(d, env, 0, &out);
    decode_expect_cursor(dec, doctor_cursor_reports(d));
    if (!t->mute) {
        buf_addf(&b, "\x1bP>|%s\x1b\\%s", t->version, t->modes);
        for (int i = 0; i < PROBED; i++)
            buf_addf(&b, "\x1b[2;%dR", t->probed[i] + 1);
        buf_addf(&b, "\x1b[?62;22c%s", t->more);
        for (int i = 0; i < DOCTOR_SAMPLES; i++)
            buf_addf(&b, "\x1b[2;%dR", t->further[i] + 1);
        buf_adds(&b, "\x1b[?62;22c");
        feed(d, dec, buf_str(&b));
        assert_true(d->done || d->probe.quiet);
    }
    buf_free(&b);
    buf_free(&out);
    decode_free(dec);
}

/* The report on a terminal in an environment; owned text. */
static char *examine(const struct script *t, const struct doctor_env *env, int *faults)
{
    struct doctor d;
    struct buf text = {0};

    play(&d, t, &env->env);
    *faults = doctor_report(&d, env, &text);
    return buf_take(&text);
}

static const struct probe_env xterm = {.term = "xterm-256color", .colorterm = "truecolor", .utf8 = true};

static int setup(void **state)
{
    struct script t = {.version = "XTerm(379)", .modes = "", .more = ""};
    struct doctor d;
    int at = 0;

    memcpy(t.probed, good_widths, sizeof good_widths);
    play(&d, &t, &xterm);
    (void)state;
    /* The texts are the questions' own: each stands between CR and CSI 6n. */
    struct buf out = {0};
    doctor_begin(&d, &xterm, 0, &out);
    struct cell_rules rules = {.emoji = EMOJI_GRAPHEME, .vs16 = 2, .skin = 2, .zwj = 2, .flag = 2, .devanagari = 3, .newest = 2};
    const char *from = strstr(buf_str(&out), "\x1b[?1004$p");
    for (const char *p = strchr(from, '\r'); p && at < DOCTOR_SAMPLES; p = strchr(p + 1, '\r')) {
        const char *end = strstr(p, "\x1b[6n");
        reckoned[at++] = cells_width(&rules, p + 1, (size_t)(end - p - 1));
    }
    buf_free(&out);
    return at == DOCTOR_SAMPLES ? 0 : -1;
}

static void good_one_has_nothing_to_mend(void **state)
{
    struct script t = good_terminal();
    struct doctor_env env = {.env = xterm};
    int n;
    char *text = examine(&t, &env, &n);

    if (n != 0)
        fail_msg("%s", text);
    assert_non_null(strstr(text, "Nothing to mend."));
    assert_non_null(strstr(text, "XTerm(379)"));
    assert_non_null(strstr(text, "14 of 14 samples"));
    assert_non_null(strstr(text, "clipboard (OSC 52)     yes"));
    free(text);
    (void)state;
}

/* Exactly this one fault is named, by these words. */
static void one_fault(const struct script *t, const struct doctor_env *env, const char *words)
{
    int n;
    char *text = examine(t, env, &n);

    if (n != 1 || !strstr(text, words))
        fail_msg("%d faults, \"%s\" wanted:\n%s", n, words, text);
    free(text);
}

static void planted_faults_of_the_terminal_are_named(void **state)
{
    struct doctor_env env = {.env = xterm};
    struct script t = good_terminal();

    t.modes = "\x1b[?2026;2$y\x1b[?1004;2$y\x1b[?2004;0$y";
    one_fault(&t, &env, "no bracketed paste");
    t = good_terminal();
    t.modes = "\x1b[?2026;2$y\x1b[?1004;0$y\x1b[?2004;1$y";
    one_fault(&t, &env, "does not tell its focus");
    t = good_terminal();
    t.probed[1] = 2;
    /* Lines and the ellipsis are as ambiguous as the dot: kith reckons so, and names one cause. */
    for (int i = 7; i <= 9; i++)
        t.further[i] = 2;
    int n;
    char *text = examine(&t, &env, &n);
    assert_non_null(strstr(text, "draw ambiguous characters narrow"));
    free(text);
    t = good_terminal();
    t.probed[0] = 3;
    one_fault(&t, &env, "switch it to UTF-8");
    for (int i = 0; i < DOCTOR_SAMPLES; i++) {
        t = good_terminal();
        t.further[i]++;
        text = examine(&t, &env, &n);
        if (n != 1 || !strstr(text, "draws ") || !strstr(text, "13 of 14"))
            fail_msg("sample %d: %d faults\n%s", i, n, text);
        free(text);
    }
    t = (struct script){.mute = true};
    one_fault(&t, &env, "does not answer");
    (void)state;
}

static void planted_faults_of_the_environment_are_named(void **state)
{
    struct script t = good_terminal();
    struct doctor_env env = {.env = xterm};

    env.env.utf8 = false;
    one_fault(&t, &env, "export LANG=C.UTF-8");
    env = (struct doctor_env){.env = xterm, .note = "TERM=xterm-strange is not known here; taken for xterm-256color"};
    one_fault(&t, &env, "xterm-strange");
    env = (struct doctor_env){.env = xterm};
    env.env.colorterm = NULL;
    t.more = "\x1bP0+r4D73\x1b\\\x1bP1$r0m\x1b\\";
    one_fault(&t, &env, "export COLORTERM=truecolor");
    env.env.ssh = true;
    one_fault(&t, &env, "SendEnv");
    env = (struct doctor_env){.env = {.term = "vt100", .utf8 = true}};
    one_fault(&t, &env, "too simple");
    (void)state;
}

static const char good_tmux[] = "default-terminal tmux-256color\nescape-time 20\nextended-keys on\nfocus-events on\n"
                                "set-clipboard on\nbell-action any\nset-titles on\nallow-passthrough on\n";

static void planted_faults_of_tmux_are_named(void **state)
{
    static const struct { const char *from, *to, *words; } rows[] = {
        {"focus-events on", "focus-events off", "set -s focus-events on"},
        {"set-clipboard on", "set-clipboard external", "set -s set-clipboard on"},
        {"allow-passthrough on", "allow-passthrough off", "set -g allow-passthrough on"},
        {"set-titles on", "set-titles off", "set -g set-titles on"},
        {"bell-action any", "bell-action none", "set -g bell-action any"},
        {"extended-keys on", "extended-keys off", "set -s extended-keys on"},
        {"escape-time 20", "escape-time 500", "set -s escape-time 20"},
        {"default-terminal tmux-256color", "default-terminal xterm-256color", "set -s default-terminal tmux-256color"},
    };
    struct doctor_env env = {.env = {.term = "tmux-256color", .tmux = true, .utf8 = true, .colorterm = "truecolor"}};
    struct script t = good_terminal();
    int n;
    char *text;

    t.version = "tmux 3.4";
    env.tmux_options = good_tmux;
    text = examine(&t, &env, &n);
    if (n != 0)
        fail_msg("%s", text);
    free(text);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = strstr(good_tmux, rows[i].from);
        struct buf b = {0};

        buf_add(&b, good_tmux, (size_t)(at - good_tmux));
        buf_adds(&b, rows[i].to);
        buf_adds(&b, at + strlen(rows[i].from));
        env.tmux_options = buf_str(&b);
        one_fault(&t, &env, rows[i].words);
        buf_free(&b);
    }
    env.tmux_options = good_tmux;
    t.version = "tmux 3.3a";
    one_fault(&t, &env, "update to tmux 3.4");
    t.version = "tmux 3.4";
    env.env.term = "xterm-256color";
    one_fault(&t, &env, "inside tmux TERM must be");
    (void)state;
}

/* Answers that never were asked for, cut short, too many: no crash, nothing counted twice. */
static void strange_answers_do_no_harm(void **state)
{
    struct doctor d;
    struct doctor_env env = {.env = xterm};
    struct decode *dec = decode_new();
    struct buf out = {0}, text = {0};

    doctor_begin(&d, &xterm, 0, &out);
    decode_expect_cursor(dec, doctor_cursor_reports(&d));
    for (int i = 0; i < 100; i++)
        feed(&d, dec, "\x1b[2;999R\x1bP1$r\x1b\\\x1bP1+r\x1b\\\x1b[?2004;77$y");
    feed(&d, dec, "\x1b[?c\x1b[?c\x1b[?c");
    assert_true(doctor_report(&d, &env, &text) > 0);
    buf_free(&out);
    buf_free(&text);
    decode_free(dec);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_one_has_nothing_to_mend),
        cmocka_unit_test(planted_faults_of_the_terminal_are_named),
        cmocka_unit_test(planted_faults_of_the_environment_are_named),
        cmocka_unit_test(planted_faults_of_tmux_are_named),
        cmocka_unit_test(strange_answers_do_no_harm),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
