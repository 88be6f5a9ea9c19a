/* ui/doctor.h - what is wrong with a terminal, and what to change: kith doctor, /doctor
 *
 * Pure. The questions of the start-up probe are asked again, with more widths, the modes of pastes and focus, the
 * clipboard and a test of colours; a second DA1 is the fence. The order:
 *
 *     doctor_begin(&d, &env, now, out);  decode_expect_cursor(dec, doctor_cursor_reports(&d));  send out
 *     for every reply: doctor_reply(&d, &ev);   until d.done, or the caller's time is up
 *     n = doctor_report(&d, &env, &text);       how many faults were named
 */
#ifndef UI_DOCTOR_H
#define UI_DOCTOR_H

#include "base/base.h"
#include "base/buf.h"
#include "ui/decode.h"
#include "ui/probe.h"

enum { DOCTOR_WAIT_MS = 2000, DOCTOR_SAMPLES = 14 };

struct doctor_env {
    struct probe_env env;
    const char *note;         /* term_note(): TERM is not known here; NULL = it is */
    const char *tmux_options; /* what `tmux show-options` printed, "name value" a line; NULL = not asked */
    bool notify_command;      /* notify.command is set: notices do not depend on the terminal */
};

enum doctor_mode { MODE_SILENT = 0, MODE_UNKNOWN, MODE_THERE };

struct doctor {
    struct probe probe;
    int widths[DOCTOR_SAMPLES], n_widths; /* of the further samples */
    int fences;                           /* DA1 so far */
    enum doctor_mode paste, focus, mouse;
    bool clipboard;      /* XTGETTCAP Ms is known */
    bool colour_kept;    /* a 24-bit colour was kept as it was set */
    bool done;           /* the second fence came */
};

void doctor_begin(struct doctor *d, const struct probe_env *env, int64_t now_ms, struct buf *out);
int doctor_cursor_reports(const struct doctor *d);
void doctor_reply(struct doctor *d, const struct decode_event *ev);
/* Findings, then a line for each fault: where to change what, and why. Returns the number of faults. */
int doctor_report(const struct doctor *d, const struct doctor_env *env, struct buf *out);

#endif
