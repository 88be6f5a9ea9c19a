/* cmd/guard.h - was this text meant for this place? What Enter asks about before it sends */
#ifndef CMD_GUARD_H
#define CMD_GUARD_H

#include "cmd/cmd.h"

enum guard {
    GUARD_NONE = 0,
    GUARD_KEY,      /* a private key */
    GUARD_PASSWORD, /* a password of one of the user's accounts */
    GUARD_COMMAND,  /* a command of kith that was mistyped */
    GUARD_SHELL,    /* meant for an editor, a shell or the terminal */
    GUARD_ACCOUNT,  /* another account was used for this address last */
    N_GUARDS
};
/* Looks at the text alone; *why (appended) is a sentence for the user. Pure but for the names of commands and aliases.
 * Does not look at what would run as a command or be refused. */
enum guard guard_text(const struct cmd_env *env, const char *text, struct buf *why);
/* The same, and at the passwords of the accounts and the chat that it would go to, as far as ui.input.guard wants. */
enum guard guard_send(const struct cmd_env *env, const struct chat *chat, const char *text, struct buf *why);
/* What Enter asks before text goes to the chat, on every kind of view: as guard_send, and whether the chat came under the
 * input within the last second (shown_at: monotonic ms; 0: no other was there before). False: it may go. Else *why says
 * what is the matter, and *question names the place: that is what may be wrong (both appended). */
bool guard_asks(const struct cmd_env *env, const struct chat *chat, const char *text, int64_t shown_at, struct buf *why,
                struct buf *question);
/* Is this kind of question wanted: "moved", "account", "command", "secret"? */
bool guard_wants(const struct cmd_env *env, const char *what);

#endif
