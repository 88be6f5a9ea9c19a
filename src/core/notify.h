/* core/notify.h - notices on the desktop, by a helper process that may hang without anybody
 * noticing
 *
 * The helper (kith-notify) is started at the first notice. One request is under way at a time; a
 * helper that does not answer within silent_ms is killed, and started again no sooner than 1, 2, 4
 * .. 300 s later. Nothing here blocks or fails: notices that cannot be shown are dropped.
 */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include "base/base.h"
#include "base/loop.h"

struct notify;

struct notify_params {
    struct loop *loop;
    const char *program; /* path of kith-notify; NULL: every notice is dropped */
    int64_t silent_ms;   /* 0 = 5000 */
    int64_t back_off_ms; /* the first wait; 0 = 1000 */
};
struct notify *notify_new(const struct notify_params *p); /* p is copied */
void notify_free(struct notify *n);                       /* ends the helper; NULL is fine */
/* Shows a notice; it replaces the earlier one of the same key (a chat). urgency: 0 low, 1 normal, 2
 * critical. */
void notify_show(struct notify *n, const char *key, const char *title, const char *body,
                 int urgency);
/* The chat has been read: takes its notice away, or out of the queue. */
void notify_close(struct notify *n, const char *key);
/* What the helper last said when it could not show one; NULL = all is well. Borrowed. */
const char *notify_problem(const struct notify *n);

#endif
