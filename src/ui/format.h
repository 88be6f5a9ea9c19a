/* ui/format.h - messages and states as words: one table of wordings; messages as styled text */
#ifndef UI_FORMAT_H
#define UI_FORMAT_H

#include "config/config.h"
#include "model/model.h"
#include "ui/glyphs.h"
#include "ui/wrap.h"

/* X(ID, "words"): $1 and $2 are filled in. */
/* clang-format off */
#define WORDINGS(X) \
    X(NEW, "$1 new") \
    X(NEW_BELOW, "↓ $1 new") \
    X(EDITED, "(edited)") \
    X(WITHDRAWN, "(message withdrawn)") \
    X(NOT_KEPT, MODEL_NOT_KEPT) \
    X(OFFERED, "/save takes it, /decline does not") \
    X(OFFERED_BY_US, "offered, /decline takes it back") \
    X(LINKED, "/save fetches it") \
    X(LINK_GONE, "it is there no longer") \
    X(SENT_PART, "$1 % sent, /decline stops it") \
    X(RECEIVED, "received") \
    X(FETCHED_PART, "$1 %") \
    X(FETCHED, "saved") \
    X(DECLINED, "declined") \
    X(OFFER_GONE, "offered no longer") \
    X(WITHDRAWING, "(being withdrawn)") \
    X(MORE_LINES, "… $1 more lines, Enter opens") \
    X(NOT_LOADED, "(not loaded)") \
    X(FAILED, "not sent: $1") \
    X(EDIT_FAILED, "others see the old text, the edit was not sent: $1") \
    X(RETRACT_FAILED, "it was not withdrawn: $1") \
    X(REACT_FAILED, "the reaction was not sent: $1") \
    X(RESEND, " · /resend tries again") \
    X(FAILED_PLAIN, "not sent") \
    X(UNREADABLE, "(could not be decrypted)") \
    X(TYPING_ONE, "$1 is typing…") \
    X(TYPING_TWO, "$1 and $2 are typing…") \
    X(TYPING_MANY, "$1 people are typing…") \
    X(RETRY, "retry $1 s") \
    X(OFFLINE, "offline") \
    X(CONNECTING, "connecting") \
    X(LOADING, "loading older messages…") \
    X(EMPTY_CHAT, "No messages yet. What you write goes to $1.") \
    X(SCROLLED, "SCROLLED $1 ▼") \
    X(TOO_SMALL, "kith: $1 is too small") \
    X(REPLYING, "replying to $1: ") \
    X(EDITING, "editing: ") \
    X(DROP_REPLY, "Esc drops it") \
    X(LINES, "$1 lines") \
    X(KEPT, "$1 lines · the paste is kept here, not sent") \
    X(MUTED, "muted") \
    X(DRAFT, "draft") \
    X(TYPING, "typing") \
    X(ASKS, "asks") \
    X(STRANGER, "1 stranger wrote") \
    X(STRANGERS, "$1 strangers wrote") \
    X(MEMBERS, "Members $1") \
    X(N_OFFLINE, "$1 offline") \
    X(BOT, "bot") \
    X(CHATS, "Chats") \
    X(UNREAD, "$1 unread") \
    X(START_ON, "start a chat with “$1” on") \
    X(SWITCH_TO, "Switch to") \
    X(OF, "$1 of $2") \
    X(NO_CHAT_1, "kith") \
    X(NO_CHAT_2, "Ctrl-k opens a chat · F2 goes to the list · F1 shows the keys that work now") \
    X(NO_ACCOUNT, "There is no account yet: /account add") \
    X(NO_CONTACTS, "(nobody yet)") \
    X(CTRL_C, "Ctrl-c clears the input; /quit ends kith, /detach leaves it running") \
    X(NOT_BOUND, "$1 does nothing here; F1 shows the keys that work") \
    X(LIST_TEXT, "The keyboard is in the list: Enter opens, / filters, Esc goes to the input") \
    X(PLAIN, "plain") \
    X(LOCAL, "this machine") \
    X(ENCRYPTED, "encrypted") \
    X(UNVERIFIED, "encrypted, not verified") \
    X(WAITS, "encrypted, waits for you") \
    X(OPENED, "not encrypted") \
    X(NO_MATCH, "Nothing fits “$1”.") \
    X(NO_RECENT, "No other chat yet: type a name or an address.") \
    X(CHOOSE_VERB, "Choose one of these keys, or Esc") \
    X(TOO_LONG, "That is too long for one message: send it as a file")
/* clang-format on */

enum wording {
#define X(id, words) WORD_##id,
    WORDINGS(X)
#undef X
        N_WORDINGS
};

/* Is it less protected than its chat is now? What has not left yet is not looked at. */
bool format_less_encrypted(const struct chat *c, const struct message *m);
/* It is encrypted, in a chat where that was switched off. */
bool format_more_encrypted(const struct chat *c, const struct message *m);
const char *format_enc(enum kith_enc enc); /* "not encrypted" */
/* Appends the wording; a and b may be NULL. */
void format_words(struct buf *out, const struct glyphs *g, enum wording w, const char *a,
                  const char *b);
void format_count(struct buf *out, const struct glyphs *g, enum wording w, int64_t n);
/* "Saturday 21 November", with the year when it is not now's. fmt: strftime(3), ui.date_format. */
void format_day(struct buf *out, const char *fmt, int64_t wall_ms, int64_t now_ms);
enum { CLOCK_MAX = 16 };
void format_clock(char out[CLOCK_MAX], const char *fmt,
                  int64_t wall_ms); /* "09:12"; ui.time_format */
/* How long ago, short: "2 min", "3 h", "3 d", "1 w". */
void format_ago(struct buf *out, int64_t wall_ms, int64_t now_ms);
void format_bytes(struct buf *out, int64_t bytes); /* "84 KB" */

/* What the receipt column says: a sign of at most two cells, and its role. "" for messages of
 * others. */
const char *format_delivery(const struct glyphs *g, enum delivery d, uint8_t *role);
/* The same of one message: what the account's limits hold back has a sign of its own. */
const char *format_receipt(const struct glyphs *g, const struct message *m, uint8_t *role);
/* "3 waiting, 6 s"; nothing where nothing waits. */
void format_waiting(struct buf *out, const struct account *a);
/* The author as shown, into out, which it returns: nick in rooms; contact's or own name else, and
 * where there is only an address the part before the @. */
enum { FORMAT_AUTHOR_MAX = 256 };
const char *format_author(char out[FORMAT_AUTHOR_MAX], const struct message *m);
/* The body as styled text: links, code, quotes, edits, withdrawals, events, attachments. */
enum { /* how much of a look is shown */
    FORMAT_STYLES = 1,  /* bold, italic, ... */
    FORMAT_COLOURS = 2, /* colours, reversed text */
    FORMAT_COVER = 4,   /* spoilers are hidden until they are revealed */
    FORMAT_ALL = 7
};
unsigned format_how(const struct config *c); /* ui.chat.formatting, ui.chat.spoilers */
/* What of a run's look is shown, over its role. */
struct look format_look(const struct run *r, unsigned how);
void format_message(struct rich *out, const struct glyphs *g, const struct message *m, unsigned how);
/* "name: first words" of a message, for reply lines. One line. */
void format_quote(struct buf *out, const struct glyphs *g, const struct message *m);
/* Why a message, or what was done to it, did not go out. */
void format_failure(struct buf *out, const struct glyphs *g, const struct message *m);
/* "[👍 3] [🎉 1]" ; own ones in their own role, and a sign behind when the server does not have ours yet. */
void format_reactions(struct rich *out, const struct glyphs *g, const struct message *m);
const char *format_typist(const struct chat *c, const struct typist *t); /* what to call them; borrowed */
/* Who is typing, or nothing. */
void format_typing(struct buf *out, const struct glyphs *g, const struct chat *c);
/* Why the account is not online, short: "✗ retry 12 s", "connecting"; nothing when it is online.
 * mono_ms: now. */
void format_problem(struct buf *out, const struct glyphs *g, const struct account *a,
                    int64_t mono_ms, bool brief);
/* Encryption in words for the title, and its role. */
void format_encryption(struct buf *out, const struct glyphs *g, const struct chat *c,
                       uint8_t *role);

/* Length of the link that starts at s, 0 when none does: scheme://..., xmpp:, mailto:, without
 * closing punctuation. */
size_t link_length(const char *s, size_t len);

#endif
