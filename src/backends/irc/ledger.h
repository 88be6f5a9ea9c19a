/* backends/irc/ledger.h - what became of what we sent: never more than the server said
 *
 * SENT: written to the connection. STORED: the echo came, or the labelled answer, or (without echoes) the answer to a
 * PING that was sent behind it, with no error before. FAILED: the server's words. A message whose connection was lost
 * before any of these is looked for in the server's history; where there is none the user is told that it is not known.
 */
#ifndef BACKENDS_IRC_LEDGER_H
#define BACKENDS_IRC_LEDGER_H

#include "backends/irc/irc.h"

void irc_label(struct irc_query *q, char out[32]); /* the next one of it: "k17", "k17-1" */
void irc_query_written(struct irc *i, struct irc_query *q);
/* A message of ours came back: its question, or NULL when another device of ours said it. */
struct irc_query *irc_ledger_echo(struct irc *i, const char *target, const char *text);
void irc_ledger_stored(struct irc *i, struct irc_query *q, const char *msgid);
void irc_ledger_failed(struct irc *i, struct irc_query *q, int err, const char *text);
void irc_ledger_pong(struct irc *i, uint64_t fence);
/* History shows a message of ours: the origin id of the lost one that it is, owned, or NULL. Tells STORED. */
char *irc_ledger_found(struct irc *i, const char *target, const char *text, int64_t time_ms, const char *msgid);
/* May a message that may have left before be sent? 1 = yes, 0 = wait (history is being read), negative: no. */
int irc_ledger_may_retry(struct irc *i, const struct kith_send *m);
void irc_receipt(struct irc *i, const char *chat, const char *id, uint32_t delivery, int err, const char *text,
                 const char *archive_id);
void irc_ledger_lost(struct irc *i, struct irc_query *q); /* written, and the connection is gone */

#endif
