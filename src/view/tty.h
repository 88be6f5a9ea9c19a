/* view/tty.h - the terminal of this view: raw mode, size, non-blocking output, and making it sane again */
#ifndef VIEW_TTY_H
#define VIEW_TTY_H

#include <termios.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

struct tty {
    int in, out;           /* out: a description of our own, non-blocking; in: standard input */
    bool own_out, raw;
    struct termios cooked; /* as we found it */
    struct buf restore;    /* bytes that make the terminal sane */
    struct buf queue;      /* output that the terminal has not taken yet */
};

/* Opens the controlling terminal on standard input and output. Negative and a sentence when there is none. */
int tty_open(struct tty *t, struct err *e);
/* Until tty_sane() a crash (SIGSEGV, SIGABRT ...) makes the terminal sane first, too: t must stay where it is. */
int tty_raw(struct tty *t, struct err *e);
/* Keys one by one and without echo, but lines of output end as everywhere: for kith --plain. */
int tty_lines(struct tty *t, struct err *e);
/* Writes the restore string and puts the modes back. Safe to call twice; gives up on a terminal that takes nothing. */
void tty_sane(struct tty *t);
void tty_close(struct tty *t);
int tty_size(const struct tty *t, int *columns, int *rows);
/* Queues bytes and writes what the terminal takes. 1 = all gone, 0 = some left (wait for POLLOUT), < 0 = -errno. */
int tty_write(struct tty *t, const char *data, size_t len);
int tty_flush(struct tty *t);

#endif
