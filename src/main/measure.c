/* main/measure.c - kith --probe-terminal: asks this terminal what it can do and prints the answers */
#include "main/measure.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/decode.h"
#include "ui/probe.h"
#include "view/proto.h"
#include "view/tty.h"

/* The answers may be slow over SSH: this program can wait longer than the screen does. */
enum { MEASURE_WAIT_MS = 2000 };

static struct probe_env environment(void)
{
    setlocale(LC_CTYPE, "");
    return (struct probe_env){.term = getenv("TERM"),
                              .colorterm = getenv("COLORTERM"),
                              .colorfgbg = getenv("COLORFGBG"),
                              .tmux = getenv("TMUX") != NULL,
                              .screen = getenv("STY") != NULL,
                              .ssh = getenv("SSH_CONNECTION") != NULL,
                              .utf8 = str_eq(nl_langinfo(CODESET), "UTF-8")};
}

/* Takes what has come; true when all questions were answered. */
static bool take_answers(struct probe *p, struct decode *d)
{
    char data[4096];
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    struct decode_event ev;

    if (n <= 0)
        return true;
    decode_feed(d, data, (size_t)n);
    while (decode_next(d, &ev))
        if (ev.kind == DECODE_REPLY)
            probe_reply(p, &ev);
    return p->facts.answers;
}

static void ask(struct tty *t, struct probe *p)
{
    struct probe_env env = environment();
    struct decode *d = decode_new();
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t end = clock_mono_ms() + MEASURE_WAIT_MS, left;
    struct buf out = {0};

    probe_init(p, &env, clock_mono_ms(), &out);
    decode_expect_cursor(d, probe_cursor_reports(p));
    buf_adds(&t->restore, "\r\033[2K");
    tty_write(t, buf_str(&out), out.len);
    while ((left = end - clock_mono_ms()) > 0 && poll(&in, 1, (int)left) > 0)
        if (take_answers(p, d))
            break;
    buf_free(&out);
    decode_free(d);
}

int measure_terminal(void)
{
    struct tty t;
    struct probe p = {.facts = {.dark = -1}};
    struct err e = {0};
    struct buf text = {0};

    if (tty_open(&t, &e) < 0 || tty_raw(&t, &e) < 0) {
        fprintf(stderr, "kith: %s\n", e.text);
        return EXIT_TERMINAL;
    }
    ask(&t, &p);
    tty_close(&t);
    probe_describe(&p.facts, &text);
    printf("%s", buf_str(&text));
    if (!p.facts.answers)
        printf("The terminal did not answer within %d ms; safe defaults are used.\n", MEASURE_WAIT_MS);
    buf_free(&text);
    return EXIT_OK;
}
