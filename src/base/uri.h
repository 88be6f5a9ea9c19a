/* base/uri.h - xmpp:, irc:, ircs: and local: addresses as people pass them around */
#ifndef BASE_URI_H
#define BASE_URI_H

#include "base/base.h"
#include "base/err.h"

enum { URI_KEYS = 64 }; /* of one address; further ones are not read */
struct uri_key { /* whose key this is the holder of the address says */
    char *device;      /* NULL: it does not say which */
    char *fingerprint; /* in hex, lower case */
    bool distrust;     /* not to be trusted */
};
struct uri {
    char *scheme;  /* "xmpp", "irc", "ircs", "local", lower case */
    char *account; /* RFC 5122 authority: which account to use, or NULL; of IRC the server ("host[:port]") */
    char *address; /* bare address, room or nick, decoded, without spaces; NULL only for irc://server/ */
    char *action;  /* "message", "join", ...; NULL = none */
    char *body;    /* text to put into the input, or NULL; never sent by itself */
    char *key;     /* password of a room, or NULL */
    char *name;    /* what a contact is to be called, or NULL */
    char *node;    /* of a command, or NULL */
    bool invited;  /* makes an account, by a token (XEP-0445) */
    struct uri_key *keys; /* "?omemo-sid-123=hex", as programs show it for another to scan; "?trust-message" (XEP-0434) */
    size_t n_keys, cap_keys;
};
/* RFC 5122 and XEP-0147; draft-butcher-irc-url. 0, or negative and a sentence. Bytes that are no clean UTF-8
 * after decoding are refused. */
int uri_parse(struct uri *u, const char *s, struct err *e);
void uri_free(struct uri *u);

#endif
