/* backends/irc/mode_words.h - changes of modes as sentences for people
 *
 * Pure. Only modes that mean the same everywhere have words; others are told as they are ("ann sets mode +Q").
 */
#ifndef BACKENDS_IRC_MODE_WORDS_H
#define BACKENDS_IRC_MODE_WORDS_H

#include "backends/irc/isupport.h"
#include "base/buf.h"

/* How many of the changes from the first are told by one sentence: the same mode, set or taken, of several names. */
int irc_mode_run(const struct irc_mode_change *c, int n);
/* Appends the sentence about such a run, behind "; " when out is not empty: "ann makes bob and eve operators". by: who
 * did it, NULL or "" = the server; me: our nick. */
void irc_mode_sentence(const struct irc_isupport *s, const struct irc_mode_change *c, int n, const char *by,
                       const char *me, struct buf *out);
/* What a mode of a channel means while it is set ("only members may write"), or NULL. */
const char *irc_mode_meaning(const struct irc_isupport *s, char mode, enum irc_mode_kind kind);
/* Of our own modes as a user: "you are invisible to those who share no channel with you"; NULL: not known. */
const char *irc_user_mode_words(char mode, bool on);
/* What the lists of a channel are called: "bans", "exceptions from bans", "invitations", "quiets"; NULL: another. */
const char *irc_list_name(const struct irc_isupport *s, char mode);

#endif
