/* view/tty.c - the terminal of this view: raw mode, size, non-blocking output, and making it sane again */
#include "view/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/sock.h"

enum { TTY_RESTORE_WAIT_MS = 300 };

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
static struct tty *crash_tty; /* read by the signal handler: the terminal that a crash would leave raw */
static struct sigaction crash_before[COUNT(crash_signals)];

/* O_NONBLOCK belongs to the open file description, which the shell shares with us: so we open our own. */
static int open_own(void)
{
    char name[128];
    int fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && ttyname_r(STDOUT_FILENO, name, sizeof name) == 0)
        fd = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return fd;
}

int tty_open(struct tty *t, struct err *e)
{
    *t = (struct tty){.in = STDIN_FILENO, .out = -1};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(e, -ENOTTY, "standard input and output must be a terminal (use `kith send` and `kith tail` in scripts)");
    t->out = open_own();
    t->own_out = t->out >= 0;
    if (t->out < 0)
        t->out = STDOUT_FILENO;
    if (tcgetattr(t->in, &t->cooked) < 0)
        return err_errno(e, "cannot read the terminal's modes");
    return 0;
}

static void write_patiently(const struct tty *t, const char *data, size_t len)
{
    struct pollfd p = {.fd = t->out, .events = POLLOUT};

    while (len > 0) {
        ssize_t n = write(t->out, data, len);

        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return;
        } else if (n < 0 && errno == EAGAIN && poll(&p, 1, TTY_RESTORE_WAIT_MS) <= 0) {
            return;
        }
    }
}

/* Only what may be called in a signal handler. What was to happen then happens: a core dump, a report. */
static void on_crash(int signo)
{
    struct tty *t = crash_tty;

    for (size_t i = 0; i < COUNT(crash_signals); i++)
        sigaction(crash_signals[i], &crash_before[i], NULL);
    crash_tty = NULL;
    if (t) {
        write_patiently(t, t->restore.data, t->restore.len);
        tcsetattr(t->in, TCSANOW, &t->cooked);
    }
    (void)raise(signo);
}

static void watch_crashes(struct tty *t)
{
    struct sigaction sa = {.sa_handler = on_crash};

    if (!crash_tty)
        for (size_t i = 0; i < COUNT(crash_signals); i++)
            if (sigaction(crash_signals[i], &sa, &crash_before[i]) < 0)
                crash_before[i] = (struct sigaction){.sa_handler = SIG_DFL};
    crash_tty = t;
}

static void crashes_are_ours_no_more(void)
{
    for (size_t i = 0; crash_tty && i < COUNT(crash_signals); i++)
        sigaction(crash_signals[i], &crash_before[i], NULL);
    crash_tty = NULL;
}

int tty_raw(struct tty *t, struct err *e)
{
    struct termios raw = t->cooked;

    raw.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_oflag &= (tcflag_t)~OPOST;
    raw.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cflag &= (tcflag_t) ~(CSIZE | PARENB);
    raw.c_cflag |= CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(t->in, TCSADRAIN, &raw) < 0 && tcsetattr(t->in, TCSANOW, &raw) < 0)
        return err_errno(e, "cannot switch the terminal to raw mode");
    t->raw = true;
    watch_crashes(t);
    return 0;
}

int tty_lines(struct tty *t, struct err *e)
{
    struct termios mode = t->cooked;

    mode.c_iflag &= (tcflag_t) ~(INLCR | IGNCR | ICRNL | IXON);
    mode.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    if (tcsetattr(t->in, TCSADRAIN, &mode) < 0)
        return err_errno(e, "cannot take the terminal's keys");
    t->raw = true;
    watch_crashes(t);
    return 0;
}

void tty_sane(struct tty *t)
{
    buf_clear(&t->queue);
    if (!t->raw)
        return;
    write_patiently(t, t->restore.data, t->restore.len);
    t->raw = false;
    /* TCSANOW: draining would wait for a terminal that is stopped. */
    tcsetattr(t->in, TCSANOW, &t->cooked);
    crashes_are_ours_no_more();
}

void tty_close(struct tty *t)
{
    tty_sane(t);
    if (t->own_out)
        close(t->out);
    buf_free(&t->queue);
    buf_free(&t->restore);
}

int tty_size(const struct tty *t, int *columns, int *rows)
{
    struct winsize w;

    if (ioctl(t->in, TIOCGWINSZ, &w) < 0 || w.ws_col == 0 || w.ws_row == 0) {
        *columns = 80;
        *rows = 24;
        return -1;
    }
    *columns = w.ws_col;
    *rows = w.ws_row;
    return 0;
}

int tty_flush(struct tty *t)
{
    while (t->queue.len > 0) {
        ssize_t n = write(t->out, t->queue.data, t->queue.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        buf_consume(&t->queue, (size_t)n);
    }
    return 1;
}

int tty_write(struct tty *t, const char *data, size_t len)
{
    buf_add(&t->queue, data, len);
    return tty_flush(t);
}
