/* unit/xmppim/fake_x.h - a session without a network: what features send and emit */
#ifndef FAKE_X_H
#define FAKE_X_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

#define ME "romeo@montague.lit"
#define ME_FULL "romeo@montague.lit/orchard"
#define DOMAIN "montague.lit"

/* Opens the account and attaches all features. The host's storage is kept over fake_restart. */
struct x *fake_open(void);
void fake_option(struct x *x, const char *key, const char *value);
void fake_restart(struct x **x); /* the process ends and another takes over the same account */
/* Marks of OMEMO keys (omemo_mark.c) are a matter of this test; else the server has none and takes all. */
void fake_marks(struct x *x);
/* Before the n-th use of the store from now on the process counts as killed: what it does then is not on the disk, which
 * fake_restart() finds as it was; a transaction that was open is taken back. */
void fake_kill_at(struct x *x, int n);
bool fake_killed(const struct x *x);
size_t fake_sent_before_kill(const struct x *x); /* of what was sent or emitted since fake_forget() */
size_t fake_emitted_before_kill(const struct x *x);
void fake_close(struct x *x);
void fake_bind(struct x *x, bool resumed);
void fake_drop(struct x *x,
               bool lost); /* the link is gone; lost: the session too, open iqs are answered NULL */
/* A usual start: bind, disco with archive and blocking, empty roster and archive; everything
 * recorded is forgotten. */
void fake_start(struct x *x);
extern size_t fake_limit; /* bytes of a stanza that the server takes; 0: any */
void fake_forget(struct x *x); /* what was sent and emitted so far */
void fake_time(struct x *x, int64_t wall_ms);
void fake_timers(struct x *x);                     /* runs the timers that are set, once each */
void fake_committed(struct x *x);                  /* everything emitted is on disk */
void fake_ack(struct x *x, const char *origin_id); /* no longer unacknowledged; NULL: all */

/* Feeds a stanza as the server would send it; xmlns jabber:client is added. Single quotes in the
 * text are fine. */
void fake_feed(struct x *x, const char *fmt, ...) PRINTF(2, 3);
bool fake_feed_text(struct x *x, const char *text); /* false: not XML */
/* Answers the oldest open iq whose text has `part` by this child ("" = none) as a result, or as an
 * error. */
void fake_result(struct x *x, const char *part, const char *fmt, ...) PRINTF(3, 4);
void fake_error(struct x *x, const char *part, const char *condition);
void fake_timeout(struct x *x, const char *part);
bool fake_answer_text(struct x *x, size_t n,
                      const char *text); /* the whole answer of the n-th open iq; false: not XML */
bool fake_asking(struct x *x, const char *part); /* such an iq is open */
/* Attribute queryid of the open archive question. Borrowed until the next call. */
const char *fake_queryid(struct x *x);

char *fake_event_text(const struct kith_event *ev); /* owned */
/* The next event, as "TYPE key=value; ..." with only the keys that are set; fails the test when
 * there is none. The parts must occur in it, in any order; a part that begins with '!' must not.
 * NULL ends the list. */
void fake_event_(struct x *x, const char *file, int line, ...);
#define expect_event(x, ...) fake_event_((x), __FILE__, __LINE__, __VA_ARGS__, NULL)
void fake_no_event_(struct x *x, const char *file, int line);
#define expect_no_event(x) fake_no_event_((x), __FILE__, __LINE__)
/* The same for stanzas sent (iqs included); the text is the XML with double quotes as libstrophe
 * writes it. */
void fake_sent_(struct x *x, const char *file, int line, ...);
#define expect_sent(x, ...) fake_sent_((x), __FILE__, __LINE__, __VA_ARGS__, NULL)
void fake_nothing_sent_(struct x *x, const char *file, int line);
#define expect_nothing_sent(x) fake_nothing_sent_((x), __FILE__, __LINE__)
/* Goes on to behind the next one with `part`; false when there is none. */
bool fake_take_sent(struct x *x, const char *part);
char *fake_sent_text(struct x *x); /* the next one, owned; NULL: there is none */
bool fake_take_event(struct x *x, const char *part);
const char *fake_last_event(const struct x *x, const char *part);
const char *fake_last_sent(const struct x *x, const char *part); /* the newest with `part`, borrowed; NULL: none */
char *fake_event_part(struct x *x, const char *key); /* of the next event that has "key=": owned */
char *fake_sent_part(struct x *x, const char *key); /* an attribute in the next stanza that has it: owned */
int fake_synced(const struct x *x); /* how often x_synced was called */
/* Answers the question with this number as it stands in the event. */
void fake_answer(struct x *x, uint64_t ask, const char *choice);
void fake_answer_secret(struct x *x, uint64_t ask, const char *secret); /* NULL: none was given */
void fake_answer_as(struct x *x, uint64_t ask, const struct kith_answer *a);
/* With fields: pairs of key and value, then NULL. */
void fake_answer_with(struct x *x, uint64_t ask, const char *choice, ...);
uint64_t fake_last_ask(const struct x *x);
size_t fake_asks(const struct x *x); /* questions that are open */
const char *fake_state(const struct x *x, const char *key); /* what the host keeps, or NULL */

/* ---- connections (fake_stream.c): n counts those that features opened, from 0 ---- */
void fake_stream_host(struct kith_host *h); /* the host's functions for them */
void fake_streams_free(struct x *x);
size_t fake_streams(const struct x *x);
const char *fake_stream_to(const struct x *x, size_t n); /* "host:port" */
bool fake_stream_open(const struct x *x, size_t n);      /* neither side has closed it */
bool fake_stream_ready(const struct x *x, size_t n);     /* and it is connected */
void fake_stream_connected(struct x *x, size_t n);
void fake_stream_in(struct x *x, size_t n, const void *data, size_t len);
void fake_stream_drained(struct x *x, size_t n);
void fake_stream_broke(struct x *x, size_t n);
/* What was written since the last time: *len bytes, owned. */
char *fake_stream_out(struct x *x, size_t n, size_t *len);

/* Every event also goes there as it is, when this is set. */
typedef void fake_sink_fn(void *user, const struct kith_event *ev);
extern fake_sink_fn *fake_sink;
extern void *fake_sink_user;

/* Common lists of friends: juliet (both), nurse (from), mercutio (to), tybalt (none), irc.lit
 * (gateway). */
void fake_friends(struct x *x);

#endif
