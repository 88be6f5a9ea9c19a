/* main/notices.h - a notice for an alert: on the desktop and by notify.command, as far as notify.* allows */
#ifndef MAIN_NOTICES_H
#define MAIN_NOTICES_H

#include "config/config.h"
#include "core/core.h"
#include "core/notify.h"

/* Never blocks, never fails. */
void notices_show(struct notify *notify, struct core *core, const struct core_alert *alert);
/* The chat has been read: its notice goes away. */
void notices_close(struct notify *notify, const struct chat *chat);

#endif
