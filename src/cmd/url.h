/* cmd/url.h - which addresses may be opened */
#ifndef CMD_URL_H
#define CMD_URL_H

#include "base/base.h"
#include "base/err.h"

/* 0 when a program may be given this address: a known scheme (so it never begins with '-'), no
 * blanks, controls or shell signs. Negative and a sentence otherwise. */
int url_check(const char *url, struct err *e);
bool url_is_chat(const char *url); /* xmpp:, irc:, ircs: opened by kith itself */

#endif
