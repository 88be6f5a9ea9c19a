/* cmd/chat.h - opening the chat of a link, or one to write into */
#ifndef CMD_CHAT_H
#define CMD_CHAT_H

#include "base/uri.h"
#include "cmd/cmd.h"

/* xmpp:, irc:, ircs:, local: shows the chat; text in the link goes to the input and is never sent
 * by itself. */
int chat_open_uri(struct cmd_ctx *ctx, const char *text, struct err *e);
/* link.c: whether it asks for more than a chat, and doing that: after a yes to a question that says what, or at once where it
 * only looks. 0, or negative and a sentence. */
bool link_is_for_me(const struct uri *u);
int link_run(struct cmd_ctx *ctx, const struct account *a, const struct uri *u, struct err *e);

/* verify_link.c: the devices whose keys the link names are compared with what is known, and verified after a yes; sure: at once.
 * text: the link. */
int link_verify(struct cmd_ctx *ctx, struct account *a, const struct uri *u, const char *text, bool sure, struct err *e);
/* The account that a link is for; NULL and a sentence: there is none. */
struct account *link_account(const struct cmd_ctx *ctx, const struct uri *u, struct err *e);

struct who;
/* Shows the chat of somebody, or opens it, with text in its input. */
int chat_write_to(struct cmd_ctx *ctx, const struct who *who, const char *text, struct err *e);

#endif
