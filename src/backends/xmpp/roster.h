/* backends/xmpp/roster.h - contacts as roster.c keeps them, its copy, and open subscriptions */
#ifndef XMPP_ROSTER_H
#define XMPP_ROSTER_H

#include "backends/xmpp/feature.h"

enum {
    ROSTER_MAX = 20000, /* contacts */
    GROUPS_MAX = 50     /* of one contact */
};

struct item {
    char *name;
    char **groups;
    size_t n_groups;
    uint32_t flags; /* KITH_CONTACT_* */
};
struct roster {
    struct map items; /* bare JID -> struct item */
    char *ver;
    int save_timer;
    bool loaded; /* a list of the server, or a cached one, is there */
    bool live;   /* the server has answered in this session */
};

/* roster.c */
uint32_t roster_flags(const struct x *x, const char *bare); /* KITH_CONTACT_*, 0 when no contact */
char *roster_name(const struct x *x, const char *bare);      /* the user's name for them, owned; NULL: none */
/* The address an operation names: owned, or NULL with *err (KITH_EOFFLINE, KITH_EINVAL). */
char *roster_op_address(struct x *x, const char *address, int *err);

/* roster_cache.c: version and items in one value of the host, so that they always fit each other */
void item_clear(struct item *it);
void item_free(void *item);
void roster_load(struct x *x, struct roster *r);
void roster_save_later(struct x *x, struct roster *r); /* some seconds after a change */
void roster_save_due(struct x *x, struct roster *r);   /* now, when a change waits for it */

/* subscribe.c: presence of type subscribe and its kin (RFC 6121 §3) */
void subscribe_send(struct x *x, const char *to, const char *type, const char *text);
bool subscribe_waits(const struct x *x, const char *bare); /* they asked, and have no answer yet */
void subscribe_settled(struct x *x,
                       const char *bare); /* answered on another device, or withdrawn */
void subscribe_answer(struct x *x, const char *bare, bool allow);

#endif
