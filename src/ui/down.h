/* ui/down.h - the few calls from the screen to the core that are no command lines: looking, drafts,
 * loading, answers
 *
 * Each does nothing where there is no core (screen tests draw a model without one).
 */
#ifndef UI_DOWN_H
#define UI_DOWN_H

#include "cmd/cmd.h"

void down_attached(struct cmd_env *env, bool any); /* the first view came, or the last one went */
void down_looks(struct cmd_env *env, const void *view, bool focused); /* a terminal came, or its focus changed */
void down_gone(struct cmd_env *env, const void *view);
void down_attention(struct cmd_env *env, const void *view, struct chat *c, bool focused,
                    bool at_end);
void down_draft(struct cmd_env *env, struct chat *c, const struct draft *d, const void *origin);
void down_typing(struct cmd_env *env, struct chat *c, enum kith_typing state, const char *live);
void down_load(struct cmd_env *env, struct chat *c);
void down_load_older(struct cmd_env *env, struct chat *c);
void down_load_newer(struct cmd_env *env, struct chat *c);
void down_load_newest(struct cmd_env *env, struct chat *c);
void down_load_around(struct cmd_env *env, struct chat *c, int64_t message);
/* Which of how many stored messages this one is, from 1; 0 of 0 where that is not known. */
void down_position(struct cmd_env *env, const struct chat *c, const struct message *m, int64_t *at,
                   int64_t *of);
/* The message that this id means, where it is not loaded; NULL: it is not here. Valid until
 * messages of the chat change. */
const struct message *down_quoted(struct cmd_env *env, struct chat *c, const char *ref);
/* Searches the history: core_search(). NULL: it is over already, or there is no history. */
struct core_search *down_search(struct cmd_env *env, const struct find_query *q,
                                core_found_fn *found, void *user);
/* The message and up to `each` on either side of it, in order; owned: array and elements. */
struct message **down_around(struct cmd_env *env, struct chat *c, int64_t message, size_t each,
                             size_t *n);
/* Answers a question; the values are not kept. Negative with a sentence when it was refused. */
int down_answer(struct cmd_env *env, struct ask *ask, const char *choice,
                const struct core_answer_field *f, size_t n, struct err *e);
/* A view has a listing on its screen, or not any more. */
void down_listing_shown(struct cmd_env *env, int64_t listing, bool shown);
/* A new account was written: start it. */
int down_account(struct cmd_env *env, const char *name, struct err *e);
/* The settings that the backend of a protocol declares, as lines (kith-account --fields); done may
 * come at once. */
int down_fields(struct cmd_env *env, const char *protocol, core_text_fn *done, void *user,
                struct err *e);
/* Takes an account out of kith's own file, and out of the model. */
int down_account_drop(struct cmd_env *env, const char *name, struct err *e);

#endif
