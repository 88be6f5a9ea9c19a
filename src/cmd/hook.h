/* cmd/hook.h - command lines that run by themselves when something happens
 *
 * What happens is only noted; the commands run later in the same turn of the loop, in the chat and for the account of what
 * happened. Without hooks nobody listens to anything. A hook runs at most 10 times in 10 seconds, and what its own command
 * does raises no hook. Failures of one are said once.
 */
#ifndef CMD_HOOK_H
#define CMD_HOOK_H

#include "cmd/cmd.h"

/* From now on hooks of env->config run; needs env->loop, core and model. Follows the configuration. */
void hooks_open(struct cmd_env *env);
void hooks_close(struct cmd_env *env);   /* nothing happens when none are open */
void hooks_started(struct cmd_env *env); /* kith has started */
void hooks_quit(struct cmd_env *env);    /* it ends: these run at once, and no hook after them */
void hooks_reload(struct cmd_env *env);  /* /hook changed the list */
/* A hook's own command is about to change whether this account is online. */
void hooks_moved(struct cmd_env *env, const struct account *a);
/* Its command failed: said unless it was before. */
void hook_failed(struct cmd_env *env, const char *name, const char *why);
/* m is encrypted from end to end, and this is a hook's command, which may not have what it says (notify.hooks). */
bool hook_hides(const struct cmd_ctx *ctx, const struct message *m);
#define HOOK_HIDDEN "(encrypted)" /* is there instead */
/* As cmd_check; a first word that is an alias of the user's stands for its line. */
int hook_check(const struct config *c, const char *line, struct err *e);

#endif
