/* backends/irc/ops.h - what the host asks of the core: one function for each operation of the plugin's tables
 *
 * Results as kith/plugin.h says. Each is called only while it makes sense without a connection or checks irc_online().
 */
#ifndef BACKENDS_IRC_OPS_H
#define BACKENDS_IRC_OPS_H

#include "backends/irc/irc.h"

/* core */
int irc_op_send(struct irc *i, const struct kith_send *m);
int irc_op_unsend(struct irc *i, const char *chat, const char *id);
int irc_op_presence(struct irc *i, uint32_t show, const char *text);
int irc_op_typing(struct irc *i, const char *chat, uint32_t state);
int irc_op_mark_read(struct irc *i, const char *chat, const char *id, const char *archive_id);
int irc_op_answer(struct irc *i, uint64_t ask, const struct kith_answer *a);
int irc_op_normalize(struct irc *i, const char *in, kith_req req);
/* roster: MONITOR */
int irc_op_friend_add(struct irc *i, const char *address, const char *name, kith_req req);
int irc_op_friend_update(struct irc *i, const char *address, const char *name, kith_req req);
int irc_op_friend_remove(struct irc *i, const char *address, kith_req req);
/* rooms */
int irc_op_join(struct irc *i, const char *room, const char *secret, kith_req req);
int irc_op_leave(struct irc *i, const char *room, const char *text, kith_req req);
int irc_op_topic(struct irc *i, const char *room, const char *text, kith_req req);
int irc_op_nick(struct irc *i, const char *nick, kith_req req);
int irc_op_invite(struct irc *i, const char *room, const char *who, kith_req req);
int irc_op_remove(struct irc *i, const char *room, const char *who, uint32_t how, const char *text, kith_req req);
int irc_op_role(struct irc *i, const char *room, const char *who, uint32_t role, kith_req req);
int irc_op_list(struct irc *i, const char *where, const char *pattern, kith_req req); /* where NULL: our server */
int irc_op_affiliated(struct irc *i, const char *room, uint32_t role, kith_req req);
int irc_op_keep(struct irc *i, const char *room, uint32_t flags, kith_req req);
/* history, changes, directory */
int irc_op_fetch(struct irc *i, const struct kith_history_fetch *f, kith_req req);
int irc_op_retract(struct irc *i, const char *chat, const char *target, const char *text, const char *id);
int irc_op_react(struct irc *i, const char *chat, const char *target, const char *const *list, size_t n, const char *id);
int irc_op_info(struct irc *i, const char *address, kith_req req);
/* commands of the plugin's own: table in commands.c */
enum { IRC_COMMANDS = 23 };
extern const struct kith_command irc_commands[IRC_COMMANDS];
typedef int irc_run_fn(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req);
irc_run_fn irc_run_network, irc_run_register, irc_run_verify;
struct irc *irc_of(struct kith_session *s); /* plugin.c */

#endif
