/* backends/omemo/reset.h - forgets who we are, and nothing of what others are */
#ifndef BACKENDS_OMEMO_RESET_H
#define BACKENDS_OMEMO_RESET_H

#include "backends/omemo/omemo.h"

/* Our identity, its keys, all sessions and what counts them; not the devices of others with what was decided about them, nor what
 * is kept of chats, nor texts that wait for the commit. omemo_new() makes a new identity then. 0 or negative: all is as it was. */
int omemo_wipe_self(const struct omemo_io *io);

#endif
