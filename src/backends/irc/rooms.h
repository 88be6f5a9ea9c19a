/* backends/irc/rooms.h - channels on the screen: what the files about them share */
#ifndef BACKENDS_IRC_ROOMS_H
#define BACKENDS_IRC_ROOMS_H

#include "backends/irc/irc.h"

void irc_tell_room(struct irc *i, const struct irc_room *r, const char *why); /* why: we are not in it (any more) */
void irc_tell_member(struct irc *i, const struct irc_room *r, const struct irc_member *m, const char *old,
                     uint32_t flags); /* old: the nick before, or NULL */
struct irc_member *irc_member_of(const struct irc *i, const struct irc_room *r, const char *nick); /* or NULL */
struct irc_member *irc_member_get(struct irc *i, struct irc_room *r, const char *nick); /* made; NULL: too many people */
void irc_member_drop(struct irc *i, struct irc_room *r, const char *nick);
void irc_members_drop_all(struct irc *i, struct irc_room *r);
/* CASEMAPPING has changed: new keys. */
void irc_members_recase(struct irc *i, struct irc_room *r);
void irc_users_recase(struct irc *i);
void irc_rooms_save(struct irc *i); /* those that are kept */

#endif
