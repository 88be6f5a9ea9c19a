/* backends/xmpp/words.h - what the errors of servers mean to people, and what kith does then */
#ifndef XMPP_WORDS_H
#define XMPP_WORDS_H

#include <stdint.h>

#include <strophe.h>

/* A condition of RFC 6120 §4.9.3 or §6.5. */
struct words {
    const char *condition;
    int err;          /* enum kith_err */
    uint32_t retry;   /* enum kith_retry */
    int64_t retry_ms; /* least wait; 0: as always */
    const char *text; /* behind the server's name and a blank */
};

/* The row of the condition that the element holds, NULL where it is none of them. */
const struct words *words_stream(xmpp_stanza_t *error);
const struct words *words_sasl(xmpp_stanza_t *failure);

#endif
