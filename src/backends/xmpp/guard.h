/* backends/xmpp/guard.h - keeps hostile XML away from libstrophe: bounds, no DTD, expat's deferral off
 *
 * guard.c defines the expat functions that libstrophe calls; in xmpp.so (and in a program linked with it) they come
 * before libexpat's own in the order of symbols. A stanza over a bound stops the parser: guard_poison() then says why,
 * and the owner drops the link.
 */
#ifndef XMPP_GUARD_H
#define XMPP_GUARD_H

#include <strophe.h>

#include "base/base.h"

enum {
    GUARD_DEPTH = 100,             /* levels of elements, the stream's own included */
    GUARD_CHILDREN = 2500,         /* of one element; libstrophe walks the list for each: 25 ms of CPU */
    GUARD_SHEAF = 64,              /* so many items of a long roster are tied together */
    GUARD_ELEMENTS = 24000,        /* of one stanza */
    GUARD_ATTRIBUTES = 64,         /* of one element, declarations of namespaces not counted */
    GUARD_ALL_ATTRIBUTES = 48000,  /* of one stanza */
    GUARD_BYTES = 2 << 20,         /* text and attributes of one stanza */
    GUARD_TOKEN = (1 << 19) + (1 << 16), /* the largest piece of memory for expat: bounds one tag or comment */
    GUARD_ALLOCATIONS = 600000,    /* alive for one stanza */
    GUARD_OWN = 8                  /* an iq of the own server (a long roster) may have so many times as much */
};

/* The name of an element that ties up items of a roster beyond the first GUARD_SHEAF of its <query>, that libstrophe need
 * not walk past thousands for each new one. No element of a stream can have this name. */
#define GUARD_TIE "\x01tie"

struct guard;

struct guard *guard_new(void);
void guard_free(struct guard *g);
/* For xmpp_ctx_new(); counts what is alive. Valid as long as the guard. */
const xmpp_mem_t *guard_mem(struct guard *g);
/* The next parser made belongs to g. Call just before xmpp_conn_new(). */
void guard_arm(struct guard *g);
/* Why the stream must not go on (a sentence), or NULL. Stays until guard_arm(). */
const char *guard_poison(const struct guard *g);
/* True when the poison was inside a stanza (so that a resumed session skips it), false when it was the stream's own. */
bool guard_poison_in_stanza(const struct guard *g);
/* libstrophe's callbacks before a connection stands come without user data: from the context to whose it is. */
void guard_set_owner(struct guard *g, const xmpp_ctx_t *ctx, void *owner);
void *guard_owner(const xmpp_ctx_t *ctx);
/* From whom an iq may be long: no sender, or one of these. Borrowed until the guard is freed. */
void guard_own(struct guard *g, const char *bare, const char *domain);
/* To be called first thing by whoever is handed a stanza: until then libstrophe's wish to have it as text, for a log
 * that nobody keeps, is refused; from then on texts are made. */
void guard_handed_on(struct guard *g);
size_t guard_alive(const struct guard *g); /* allocations of libstrophe not freed yet */

#endif
