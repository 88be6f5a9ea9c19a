/* notify/desktop.h - notices on the desktop, through libnotify: the only user of it. Any call may
 * hang for ever */
#ifndef NOTIFY_DESKTOP_H
#define NOTIFY_DESKTOP_H

#include "base/base.h"
#include "base/err.h"

struct desktop;

struct desktop *desktop_new(void);
void desktop_free(struct desktop *d);
/* Shows, or replaces the earlier notice of the same key. urgency 0 low, 1 normal, 2 critical. 0 or
 * negative. */
int desktop_show(struct desktop *d, const char *key, const char *title, const char *body,
                 int urgency, struct err *e);
int desktop_close(struct desktop *d, const char *key, struct err *e); /* unknown keys are fine */

#endif
