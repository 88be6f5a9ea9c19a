/* unit/xmppim/fake_web.h - the host's streams without a network: what a feature opens and writes, and what comes */
#ifndef FAKE_WEB_H
#define FAKE_WEB_H

#include "fake_x.h"

void fake_web(struct x *x);             /* from here on streams are these */
bool fake_web_there(void);              /* one is open; the functions below mean the newest */
size_t fake_web_count(void);            /* how many were opened so far */
const char *fake_web_where(void);       /* "tls host:port" or "clear host:port"; "strict " before it */
void fake_web_open(void);               /* it is connected */
const char *fake_web_written(void);     /* all so far */
size_t fake_web_most(void);             /* the most bytes that waited at once */
void fake_web_drain(void);              /* all of it has left */
void fake_web_data(const char *fmt, ...) PRINTF(1, 2);
void fake_web_bytes(const void *data, size_t len);
void fake_web_end(int err, const char *text);
void fake_web_forget(void);

#endif
