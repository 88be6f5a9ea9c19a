/* tests/conformance/streams.h - the host's streams for backends that speak over the network */
#ifndef CONFORMANCE_STREAMS_H
#define CONFORMANCE_STREAMS_H

#include "kith/plugin.h"

int stream_open(struct kith_account *a, const struct kith_stream_params *p,
                const struct kith_stream_cb *cb, void *user, struct kith_stream **out);
int stream_write(struct kith_stream *st, const void *data, size_t len);
size_t stream_queued(struct kith_stream *st);
int stream_starttls(struct kith_stream *st);
int stream_binding(struct kith_stream *st, const char *type, unsigned char *out, size_t cap);
int stream_take_fd(struct kith_stream *st);
void stream_close(struct kith_stream *st);
int stream_trust_check(struct kith_account *a, const struct kith_cert *c);

#endif
