/* account/stream.h - one outgoing connection of the plugin: names, addresses, proxy, TCP, TLS,
 * bytes */
#ifndef ACCOUNT_STREAM_H
#define ACCOUNT_STREAM_H

#include "account/account.h"

#define STREAM_TIMEOUT_MS 30000
#define STREAM_OUT_MAX (16u << 20) /* written by the plugin and not yet taken by the network */
#define STREAM_IN_MAX (1u << 20)   /* received and not yet taken by the plugin */

int stream_open(struct kith_account *a, const struct kith_stream_params *p,
                const struct kith_stream_cb *cb, void *user, struct kith_stream **out);
int stream_write(struct kith_stream *st, const void *data, size_t len);
size_t stream_queued(struct kith_stream *st);
int stream_starttls(struct kith_stream *st);
int stream_binding(struct kith_stream *st, const char *type, unsigned char *out, size_t cap);
int stream_take_fd(struct kith_stream *st);
void stream_close(struct kith_stream *st);
/* While held, nothing is read. */
void streams_hold(struct kith_account *a, bool hold);
void streams_free(struct kith_account *a);

#endif
