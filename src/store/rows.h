/* store/rows.h - rows of the table of messages as messages of the model */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/private.h"

/* The columns of S_MESSAGE and its kin. Owned. */
struct message *row_message(struct chat *c, sqlite3_stmt *q);
/* Steps q, takes the one row and resets it. NULL when there is none. */
struct message *row_one(struct store *s, struct chat *c, sqlite3_stmt *q);
/* Adds reactions and attachments to n messages that lie between the first and the last in order. c NULL: does nothing. */
void rows_complete(struct store *s, struct chat *c, struct message **v, size_t n);

#endif
