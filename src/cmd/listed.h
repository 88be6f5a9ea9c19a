/* cmd/listed.h - who stands in the buddy list: asked by the list itself, and by /why */
#ifndef CMD_LISTED_H
#define CMD_LISTED_H

#include "model/model.h"

enum listed { LISTED_PRESENT, LISTED_BUSY, LISTED_KEPT, LISTED_OFFLINE, UNLISTED_OFFLINE, UNLISTED_CLOSED };
/* ct: the contact, or NULL for a room or a stranger; chat: theirs, may be NULL for a contact. offline_too: ui.list.offline.
 * What is below UNLISTED_OFFLINE is listed. */
enum listed listed_rule(const struct contact *ct, const struct chat *chat, bool offline_too);

#endif
