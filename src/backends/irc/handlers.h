/* backends/irc/handlers.h - one small function for each thing a server says; dispatch.c finds them
 *
 * Every parameter is read with irc_param(), which gives "" for those that are missing. A handler may end the connection
 * (irc_end) but never frees the core.
 */
#ifndef BACKENDS_IRC_HANDLERS_H
#define BACKENDS_IRC_HANDLERS_H

#include "backends/irc/irc.h"

/* register.c */
irc_handler irc_on_welcome, irc_on_isupport, irc_on_motd_end, irc_on_nick_taken, irc_on_nick_wrong, irc_on_own_host;
irc_handler irc_on_ping, irc_on_pong, irc_on_error_line, irc_on_banned, irc_on_not_registered;
/* cap.c, sasl.c */
irc_handler irc_on_cap, irc_on_authenticate, irc_on_logged_in, irc_on_logged_out, irc_on_sasl_done, irc_on_sasl_failed,
    irc_on_sasl_mechs;
/* batch.c; what a type of batch does when it opens and closes: batches.c */
irc_handler irc_on_batch;
void irc_batch_opened(struct irc *i, struct irc_batch *b, const struct irc_line *l);
void irc_batch_closed(struct irc *i, struct irc_batch *b, const struct irc_line *l);
/* message.c */
irc_handler irc_on_message, irc_on_tagmsg, irc_on_redact, irc_on_ack;
bool irc_multiline_add(struct irc *i, const struct irc_line *l); /* true: gathered */
void irc_multiline_closed(struct irc *i, struct irc_batch *b);
/* What was said, by a line or a whole batch. */
struct irc_said {
    const char *nick, *target, *text, *msgid, *account, *reply, *user, *host;
    int64_t time_ms;
    bool notice, bot;
    size_t parts;              /* lines that it came in */
};
void irc_said(struct irc *i, const struct irc_said *said);
/* ctcp.c: a request or answer inside \1; true when it is dealt with (all but ACTION). */
bool irc_ctcp(struct irc *i, const struct irc_said *said, const char *body);
/* playback.c: JOIN and the like inside history are told as what happened then; true: nothing more is to be done */
bool irc_played_back(struct irc *i, const struct irc_line *l, irc_handler *fn);
/* Fills in what all of them have and tells it; ev holds what, nick, text and so on. */
void irc_happened(struct irc *i, const char *chat, const struct irc_line *l, struct kith_ev_happened *ev);
void irc_modes_happened(struct irc *i, const char *chat, const struct irc_line *l); /* modes.c */
/* replies.c */
irc_handler irc_on_fail, irc_on_warn, irc_on_note, irc_on_error_numeric, irc_on_server_text, irc_on_ignored,
    irc_on_counts;
void irc_label_closed(struct irc *i, struct irc_batch *b); /* of a labeled-response */
/* list.c */
irc_handler irc_on_list_row, irc_on_list_end, irc_on_list_cut, irc_on_channel_count;
/* friends.c, whois.c */
irc_handler irc_on_monitor_online, irc_on_monitor_offline, irc_on_monitor_full;
irc_handler irc_on_whois, irc_on_whois_end, irc_on_no_such_nick, irc_on_away_reply, irc_on_now_away, irc_on_unaway;
/* history.c, bouncer.c */
irc_handler irc_on_markread, irc_on_chathistory, irc_on_bouncer;
bool irc_bouncer_fail(struct irc *i, const struct irc_line *l); /* FAIL BOUNCER; false: not about us */
bool irc_rename_fail(struct irc *i, const struct irc_line *l); /* rename.c: FAIL JOIN CHANNEL_RENAMED; false: another */
/* register_account.c */
irc_handler irc_on_register;
/* rooms.c */
irc_handler irc_on_join, irc_on_part, irc_on_quit, irc_on_kick, irc_on_nick, irc_on_mode, irc_on_topic, irc_on_away,
    irc_on_account, irc_on_chghost, irc_on_setname, irc_on_rename, irc_on_invite, irc_on_names, irc_on_names_end,
    irc_on_topic_is, irc_on_topic_who, irc_on_no_topic, irc_on_join_refused, irc_on_forward;
/* modes.c, mode_lists.c, who.c, invite.c, friends.c */
irc_handler irc_on_modes_are, irc_on_own_modes_are, irc_on_created, irc_on_bans_entry, irc_on_bans_end, irc_on_who,
    irc_on_whox, irc_on_who_end, irc_on_inviting, irc_on_userhost;

#endif
