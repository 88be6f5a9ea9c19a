/* ui/view_doctor.h - /doctor: the questions of kith doctor, asked of a terminal that shows kith */
#ifndef UI_VIEW_DOCTOR_H
#define UI_VIEW_DOCTOR_H

#include "ui/doctor.h"
#include "ui/view.h"

struct view_doctor; /* an examination under way */

/* Asks now; the answer opens as a page when all has come, or after DOCTOR_WAIT_MS. At most one at a time. */
void view_doctor_start(struct ui_view *v, struct view_doctor **slot);
void view_doctor_reply(struct view_doctor *x, const struct decode_event *ev); /* x may be NULL */
void view_doctor_free(struct view_doctor *x);

/* Starts `tmux show-options` for the tmux that TMUX names (tmux_env, its value): *fd reads what it prints, non-blocking,
 * the caller's. Its process id, to be waited for; negative and a sentence when it cannot be started. */
pid_t doctor_ask_tmux(const char *tmux_env, int *fd, struct err *e);

#endif
