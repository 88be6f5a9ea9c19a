/* ui/whichkey.h - the popup of keys that may follow a prefix, with what each does (UX.md 4.7) */
#ifndef UI_WHICHKEY_H
#define UI_WHICHKEY_H

#include "ui/pane.h"

/* The first few times it comes at once, whatever popup_delay_ms says: newcomers shall see that it
 * is there. whichkey_seen() counts, over restarts. */
bool whichkey_is_new(const struct config *c);
void whichkey_seen(struct config *c);
/* Paints it at the bottom of `room`: what may follow these keys in these contexts. */
void whichkey_repaint(const struct pane_env *env, struct rect room, const enum key_context *ctx,
                      size_t n_ctx, const struct key *chord, size_t n_chord,
                      const struct key_where *where);

#endif
