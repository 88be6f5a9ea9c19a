/* backends/xmpp/bookmarks.h - rooms that the account keeps: what a bookmark holds, and what joining and leaving do to it
 *
 * XEP-0402 (PEP), and XEP-0048 in private XML storage (XEP-0049) where the server does not turn one into the other.
 */
#ifndef XMPP_BOOKMARKS_H
#define XMPP_BOOKMARKS_H

#include "backends/xmpp/feature.h"

#define NS_BOOKMARKS "urn:xmpp:bookmarks:1"
#define NS_BOOKMARKS_OLD "storage:bookmarks"
#define NS_PRIVATE "jabber:iq:private"

/* ---- bookmark.c: one <conference/>; the element is kept as it came, and edited in copies ---- */
struct bookmark {
    char *room;         /* bare, normalized */
    xmpp_stanza_t *el;  /* as received or last written, of either name space */
    char *name, *nick, *password; /* of el; NULL: none */
    uint32_t flags;     /* KITH_CHAT_AUTOJOIN, PINNED, MUTED, ALERT_* that el says */
    bool published;     /* it is an item of XEP-0402 */
};
/* A bookmark of this element, which is copied. NULL: the room's address cannot be right. jid: the item's id; NULL: the
 * element says it itself (XEP-0048). */
struct bookmark *bookmark_new(xmpp_stanza_t *conference, const char *jid);
struct bookmark *bookmark_blank(struct x *x, const char *room);
void bookmark_free(void *bookmark);
/* Sets what KITH_CHAT_* flags say; all that is foreign in the element stays as it is (XEP-0402 §3, XEP-0492 §4). */
void bookmark_set_flags(struct bookmark *b, uint32_t flags);
void bookmark_set_nick(struct bookmark *b, const char *nick);         /* NULL: none */
void bookmark_set_password(struct bookmark *b, const char *password); /* NULL: none */
/* The element to be written, of that name space; to be released. */
xmpp_stanza_t *bookmark_element(const struct bookmark *b, const char *ns);
bool bookmark_same(const struct bookmark *a, const struct bookmark *b); /* nothing that we act on differs */

/* ---- bookmarks.c ---- */
void bookmarks_start(struct x *x); /* disco is known: fetch them */
const struct bookmark *bookmarks_get(const struct x *x, const char *room); /* NULL: none */
/* What a CHAT event about this room says of its bookmark: AUTOJOIN, PINNED, MUTED, ALERT_*, KEPT; 0: there is none. */
uint32_t bookmarks_flags(const struct x *x, const char *room);
const char *bookmarks_name(const struct x *x, const char *room); /* borrowed; NULL: none */
/* The user joined or left the room here: the account's other devices are told. nick, password: given with the command,
 * or NULL. The caller of bookmarks_joined() tells of the room then. */
bool bookmarks_joined(struct x *x, const char *room, const char *nick, const char *password); /* false: they are not known yet */
void bookmarks_left(struct x *x, const char *room);
void bookmarks_nick_changed(struct x *x, const char *room, const char *nick);
/* kith_room_ops.keep. Works offline too: it is told at the next login. */
int bookmarks_keep(struct x *x, const char *room, uint32_t flags, kith_req req);

/* ---- autojoin.c: which rooms are entered by themselves on this device ---- */
/* Is it to be joined, as the account (follow: its bookmark says so) and the options of this device say? */
bool autojoin_wanted(const struct x *x, const char *room, bool follow);
bool autojoin_follows(const struct x *x); /* the option: this device does as the account's bookmarks say */
/* Calls fn for each room of the option "join"; nick is the account's. */
typedef void autojoin_fn(struct x *x, const char *room, const char *password);
void autojoin_listed(struct x *x, autojoin_fn *fn);

#endif
