/* account/secret.h - passwords: from the configuration, a command or the user; in locked memory,
 * wiped afterwards */
#ifndef ACCOUNT_SECRET_H
#define ACCOUNT_SECRET_H

#include "account/account.h"

struct secrets;

struct secrets *secrets_new(struct kith_account *a);
void secrets_free(struct secrets *s); /* wipes */
/* Tells all who wait that nothing comes any more. */
void secrets_cancel(struct secrets *s);
/* A value of the configuration (option KEY). Copied; the caller wipes its own. */
void secrets_configured(struct secrets *s, const char *key, const char *value);
/* Calls fn once: at once when it is known, else after the command (option KEY_command) or the
 * user's answer. */
int secrets_get(struct secrets *s, const char *key, const char *why, kith_secret_fn *fn,
                void *user);
/* Forget it; what came from the configuration is not used again, a command runs again once. */
void secrets_wrong(struct secrets *s, const char *key);
/* True when a secret was called wrong since the last call: connecting again will ask for it. */
bool secrets_refused(struct secrets *s);
/* WIRE_SECRET: the engine asks for one on behalf of a sub-account, or brings the parent's answer. */
void secrets_frame(struct secrets *s, const struct frame *f);
/* An answer to one of our questions. False: not ours. */
bool secrets_answer(struct secrets *s, uint64_t ask, const struct wire_op *op);

#endif
