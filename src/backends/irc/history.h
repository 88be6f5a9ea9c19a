/* backends/irc/history.h - what the server keeps: reading it forwards where something was missed, pages backwards */
#ifndef BACKENDS_IRC_HISTORY_H
#define BACKENDS_IRC_HISTORY_H

#include "backends/irc/irc.h"

/* Has what was missed in this chat been read in this connection? Also true where nothing can be read. */
bool irc_history_read(struct irc *i, const char *chat);
/* The batch of a page has ended. */
void irc_history_page(struct irc *i, struct irc_batch *b);
/* The server says no to a page. */
void irc_history_failed(struct irc *i, struct irc_query *q, const char *text);

/* It says nothing for too long. */
void irc_history_silent(struct irc *i, struct irc_query *q);
/* Something that is no message is known up to here, live or in a page: it counts as one where holes are looked for.
 * time_ms 0: nothing is known by it. */
void irc_history_passed(struct irc *i, const char *chat, const char *msgid, int64_t time_ms);
/* Is this an id that message.c made because the server gives none? */
bool irc_made_up(const char *id);

/* A channel has another name: what is known of the old one is of the new. */
void irc_history_renamed(struct irc *i, const char *old, const char *now);

#endif
