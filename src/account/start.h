/* account/start.h - from the first frame to a running session */
#ifndef ACCOUNT_START_H
#define ACCOUNT_START_H

#include "account/account.h"
#include "base/confine.h"
#include "account/load.h"

/* Waits (at most wait_ms) for WIRE_OPEN and takes it in. 0, or negative and a sentence. */
int start_read_open(struct kith_account *a, int wait_ms, struct err *e);
/* Loads the plugin, opens store and session, confines the process, says hello. */
int start_session(struct kith_account *a, struct loaded *l, struct confine_report *r,
                  struct err *e);

#endif
