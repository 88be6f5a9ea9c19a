/* backends/xmpp/upload.h - files by HTTP: the server's upload service, and what the parts of it share (XEP-0363) */
#ifndef XMPP_UPLOAD_H
#define XMPP_UPLOAD_H

#include "backends/xmpp/files.h"

#define NS_UPLOAD "urn:xmpp:http:upload:0"

/* The service of the own server: its address, and the largest file it takes (-1: it does not say). NULL: there is none;
 * *busy: it is looked for, and files_known() follows. */
const char *upload_service(struct x *x, int64_t *max, bool *busy);

#endif
