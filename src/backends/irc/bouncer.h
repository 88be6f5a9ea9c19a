/* backends/irc/bouncer.h - networks behind a bouncer, as bouncer.c keeps them and network.c shows and changes them */
#ifndef BACKENDS_IRC_BOUNCER_H
#define BACKENDS_IRC_BOUNCER_H

#include "backends/irc/irc.h"

enum { IRC_NETWORKS_MAX = 200 };
enum irc_network_key {
    NET_NAME, NET_STATE, NET_ERROR, NET_HOST, NET_PORT, NET_TLS, NET_NICKNAME, NET_USERNAME, NET_REALNAME, NET_KEYS
};
struct irc_network {
    char *id;
    char *values[NET_KEYS]; /* NULL: not told */
    bool listed;            /* the list under way has named it */
};
struct irc_bouncer {
    struct map networks;    /* id -> struct irc_network: owned */
    bool listing;           /* a list comes in */
};

const char *irc_network_key(enum irc_network_key key);
const char *irc_network_name(const struct irc_network *n);
char *irc_network_state(const struct irc_network *n); /* in words, owned */
/* network.c: the bouncer has done what was asked ("ADDNETWORK"), or says why not; a list has come to its end. */
void irc_network_done(struct irc *i, const char *what);
bool irc_network_failed(struct irc *i, const char *what, const char *why); /* false: nobody asked */
void irc_network_listed(struct irc *i);

#endif
