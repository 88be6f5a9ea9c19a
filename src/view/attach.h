/* view/attach.h - the view: connects this terminal to the engine and relays bytes both ways */
#ifndef VIEW_ATTACH_H
#define VIEW_ATTACH_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"

struct attach_params {
    int fd;               /* connected to the engine; taken over */
    pid_t engine;         /* the engine when it is our child (to name how it ended), or 0 */
    bool foreground;      /* the engine is to end with this view */
    const char *open_uri; /* xmpp: or irc: link to show, or NULL */
    const char *account;  /* whose first chat to show, or NULL */
};
/* Runs until detached, quit, or the engine or terminal goes. Returns an exit code (view/proto.h); the terminal is
 * sane again and what had to be said is on stderr. -1: the engine asks to connect to another one that runs already. */
int attach_run(const struct attach_params *p);

#endif
