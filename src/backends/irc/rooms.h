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
void irc_tell_gone(struct irc *i, const struct irc_room *r, const char *nick, uint32_t how, const char *by,
                   const char *text);
void irc_tell_user(struct irc *i, const struct irc_user *u); /* in all rooms: away, account or bot is another now */
/* Everybody by that nick is gone from all rooms, as quietly as may be: the server gave the nick to somebody else. */
void irc_user_lost(struct irc *i, struct irc_user *u);
/* A user that friends.c needs though they are in no room of ours: known until released. NULL: too many. */
struct irc_user *irc_user_hold(struct irc *i, const char *nick);
void irc_user_release(struct irc *i, struct irc_user *u);

/* ---- rename.c ---- */
void irc_room_moved(struct irc *i, const struct irc_room *r, const char *old); /* r->address is new; old: before */

/* ---- names.c ---- */
void irc_names_begin(struct irc *i, struct irc_room *r); /* a list of all members begins */

/* ---- who.c ---- */
void irc_who_wanted(struct irc *i, struct irc_room *r); /* its members are known: now what they are */
void irc_who_tick(struct irc *i);
int64_t irc_who_next(struct irc *i); /* ms until it is due, -1 = never */
int irc_who(struct irc *i, const char *target, kith_req req); /* rows are ITEMs for req */
void irc_who_forget(struct irc *i);
void irc_who_moved(struct irc *i, const char *old, const char *now); /* one that waits has another address */

/* ---- modes.c, mode_ops.c, mode_lists.c ---- */
/* "who" (a nick or mask) as a mask to ban: what is known of them, by the option ban_mask. Owned. */
char *irc_mask_of(const struct irc *i, const char *who);
bool irc_is_mask(const char *word); /* a mask or extended ban, no nick */
/* Sets or takes one mode of several names, in as few lines as the server allows. The answer to req comes. False: there
 * was nothing that could be sent. */
bool irc_mode_many(struct irc *i, const char *room, bool on, char mode, const char *const *names, int n, kith_req req);
/* Asks for a list of a channel; its rows are ITEMs for req. */
int irc_mode_list(struct irc *i, const char *room, char mode, kith_req req);
/* Takes what fits these nicks or masks from a list of the channel. */
int irc_mode_unlist(struct irc *i, const char *room, char mode, const char *const *names, int n, kith_req req);
/* A MODE or another plain command whose answer is either an error or nothing: the request ends where a label tells of
 * it, else at once. */
struct irc_query *irc_plain_query(struct irc *i, enum irc_ask ask, const char *target, kith_req req);
void irc_plain_sent(struct irc *i, struct irc_query *q, bool ok);

/* ---- invite.c ---- */
void irc_rejoin_after_kick(struct irc *i, struct irc_room *r);
int64_t irc_rejoin_tick(struct irc *i); /* ms until it is due again, -1 = never */
void irc_invites_forget(struct irc *i);
int irc_invite_answer(struct irc *i, uint64_t ask, const struct kith_answer *a);
void irc_invite_done(struct irc *i, const char *room); /* we are in it */

/* "a.server b.server": what a server says of those who went with another server. Anybody may say so too: the host looks
 * how many did. */
bool irc_is_split(const char *reason);

#endif
