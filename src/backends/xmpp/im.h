/* backends/xmpp/im.h - the operations of the feature half, called by the tables of plugin.c
 *
 * Each function has the contract of the operation of the same name in kith/plugin.h: >= 0 is
 * accepted (and where there is a req, one KITH_EV_REPLY with it follows), < 0 is an enum kith_err
 * and nothing follows. Addresses may come in as the user typed them; they are normalized here.
 */
#ifndef XMPP_IM_H
#define XMPP_IM_H

#include "backends/xmpp/session.h"

/* What this connection can do now: KITH_CAP_* by what the server announced. Sent with KITH_EV_CAPS
 * by the feature half before x_synced(). */
uint32_t im_caps(const struct x *x);

/* core */
int im_send(struct x *x, const struct kith_send *m);                            /* message_out.c */
int im_presence(struct x *x, uint32_t show, const char *text);                  /* presence.c */
int im_typing(struct x *x, const char *chat, uint32_t state, const char *live); /* chatstates.c */
int im_mark_read(struct x *x, const char *chat, const char *id,
                 const char *archive_id);                    /* receipts.c */
int im_normalize(struct x *x, const char *in, kith_req req); /* message_out.c; works offline */

/* XEP-0301: word "on" or "off" for this chat; NULL: says how it is. */
int rtt_command(struct x *x, const char *chat, const char *word, kith_req req);

/* XEP-0199: asks who (an address, or a nick of the room chat; NULL: whom the chat is with, in a room or without a chat our
 * server) whether they are there; each answer is a notice, with its time. */
int ping_ask(struct x *x, const char *chat, const char *who, kith_req req);

/* XEP-0224: asks whom the chat is with for attention, at a limited rate. */
int attention_send(struct x *x, const char *chat, kith_req req);

/* roster */
int roster_add(struct x *x, const char *address, const char *name, const char *const *groups,
               size_t n_groups, const char *text, kith_req req);
int roster_update(struct x *x, const char *address, const char *name, const char *const *groups,
                  size_t n_groups, kith_req req);
int roster_remove(struct x *x, const char *address, kith_req req);
int roster_authorize(struct x *x, const char *address, int allow, kith_req req);

/* history */
int history_fetch(struct x *x, const struct kith_history_fetch *f, kith_req req); /* mam.c */

/* change */
int change_retract(struct x *x, const char *chat, const char *target, const char *text,
                   const char *id);
int change_react(struct x *x, const char *chat, const char *target, const char *const *reactions,
                 size_t n, const char *id);

/* rooms: muc_join.c, muc_out.c */
int muc_join(struct x *x, const char *room, const char *nick, const char *secret, kith_req req);
int muc_leave(struct x *x, const char *room, const char *text, kith_req req);
int muc_nick(struct x *x, const char *room, const char *nick, kith_req req);
int muc_topic(struct x *x, const char *room, const char *text, kith_req req);

/* rooms: bookmarks.c, rooms_list.c, muc_invite.c, muc_admin.c, muc_config.c */
int bookmarks_keep(struct x *x, const char *room, uint32_t flags, kith_req req);
int rooms_list(struct x *x, const char *where, const char *pattern, const char *cursor,
               kith_req req);
int invite_send(struct x *x, const char *room, const char *who, const char *text, kith_req req);
int admin_remove(struct x *x, const char *room, const char *who, uint32_t how, const char *text,
                 kith_req req);
int admin_role(struct x *x, const char *room, const char *who, uint32_t role, const char *text,
               kith_req req);
int admin_affiliated(struct x *x, const char *room, uint32_t role, kith_req req);
/* muc_group.c: a room of the chat with somebody, and n more addresses. */
int group_start(struct x *x, const char *chat, const char *const *more, size_t n, kith_req req);
int config_form(struct x *x, const char *room, kith_req req);
int config_destroy(struct x *x, const char *room, const char *text, kith_req req);

/* blocking */
int blocking_block(struct x *x, const char *address, uint32_t report, kith_req req);
int blocking_report(struct x *x, const char *address, uint32_t how, const char *const *ids,
                    size_t n_ids, const char *text, kith_req req);
int blocking_unblock(struct x *x, const char *address, kith_req req);

/* directory */
int search_people(struct x *x, const char *where, const struct kith_field *fields, size_t n, kith_req req); /* search.c */
int invite_link(struct x *x, kith_req req); /* ITEMs: name and text */
int vcard_edit(struct x *x, kith_req req); /* ends in an ASK_FORM */
int info_fetch(struct x *x, const char *address, kith_req req); /* kith_directory_ops.info */

/* pictures: avatar.c, avatar_own.c. Of an operation that is refused the descriptor stays the caller's. */
int avatar_find(struct x *x, const char *address, kith_req req);
int avatar_fetch(struct x *x, const char *address, const char *id, int fd, kith_req req);
int avatar_set(struct x *x, const char *room, int fd, const char *mime, uint32_t width, uint32_t height, kith_req req);

#endif
