/* backends/xmpp/muc_admin.h - what is changed in rooms: asked by operations and by commands alike
 *
 * All of these answer req. who: nicks of the room or addresses; a nick comes first.
 */
#ifndef XMPP_MUC_ADMIN_H
#define XMPP_MUC_ADMIN_H

#include "backends/xmpp/muc.h"

struct muc_room *admin_room(const struct x *x, const char *room); /* NULL: we are not in it */
void admin_ask(struct x *x, xmpp_stanza_t *iq, kith_req req);      /* takes over iq; its answer is that of req */
/* XEP-0045 §8.2; role: "none" (out with them), "visitor", "participant", "moderator". All in one question. */
int admin_set_role(struct x *x, const struct muc_room *r, const char *const *nicks, size_t n, const char *role,
                   const char *reason, kith_req req);
/* §9; affiliation: "outcast", "none", "member", "admin", "owner". All in one question. */
int admin_set_affiliation(struct x *x, const struct muc_room *r, const char *const *who, size_t n, const char *affiliation,
                          const char *reason, kith_req req);
/* muc_register.c. withdraw: takes it back. Answers req. */
void register_with_room(struct x *x, const struct muc_room *r, bool withdraw, kith_req req);
/* muc_config.c: the form of a new room, which is open when it was taken, and not made when it was cancelled (§10.1.3). */
void config_first(struct x *x, const struct muc_room *r);
void admin_list(struct x *x, const struct muc_room *r, const char *affiliation, kith_req req); /* ITEMs */

#endif
