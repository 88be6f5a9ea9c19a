/* backends/xmpp/jingle.h - sessions between two devices (XEP-0166), each carrying one file (XEP-0234)
 *
 * jingle.c has the sessions: who may say what to which of them. jingle_out.c writes what we say, jingle_offer.c is what
 * begins one (struct file_way), jingle_file.c what a file is in words of XML, jingle_bytes.c takes and gives its bytes.
 * The bytes go one of two ways: jingle_s5b.c (XEP-0260, over socks5.c and the relays of proxies.c) or jingle_ibb.c
 * (XEP-0261 and 0047). Who begins a session sends the file: nobody can ask us for files.
 */
#ifndef XMPP_JINGLE_H
#define XMPP_JINGLE_H

#include <sys/types.h>

#include "backends/xmpp/files.h"
#include "backends/xmpp/sums.h"

#define NS_JINGLE "urn:xmpp:jingle:1"
#define NS_JINGLE_ERRORS "urn:xmpp:jingle:errors:1"
#define NS_JINGLE_FILE "urn:xmpp:jingle:apps:file-transfer:5"
#define NS_JINGLE_RTP "urn:xmpp:jingle:apps:rtp:1"
#define NS_JINGLE_S5B "urn:xmpp:jingle:transports:s5b:1"
#define NS_JINGLE_IBB "urn:xmpp:jingle:transports:ibb:1"
#define NS_BYTESTREAMS "http://jabber.org/protocol/bytestreams"
#define NS_IBB "http://jabber.org/protocol/ibb"

enum {
    JINGLE_MAX = 64,          /* sessions of the account, in each direction */
    JINGLE_PEER_MAX = 16,     /* of one person */
    JINGLE_ANSWER_MS = 30000, /* for what a program answers by itself */
    JINGLE_IDLE_MS = 120000   /* longest silence while bytes should come or go */
};

enum jingle_state {
    JINGLE_PREPARES, /* ours: waits until it is known which relays there are */
    JINGLE_OFFERED,  /* the one who is to get the file has not said yes yet */
    JINGLE_ACCEPTED, /* a way for the bytes is being made */
    JINGLE_FLOWS,    /* the first byte has come or gone, or may */
    JINGLE_CHECKS    /* all bytes are over: the receiver waits for the checksum, the sender for the last word */
};
enum jingle_way { JINGLE_S5B, JINGLE_IBB };

struct jingle_file {
    char *name, *mime;
    int64_t bytes;     /* -1: not said */
    int64_t date_ms;   /* 0: not said */
    const char *algo;  /* of the checksum, or NULL: none known here was named */
    char *sum;         /* base64, NULL: said later */
};

struct s5b;
struct ibb;
struct jingle {
    struct x *x;
    struct jingle *next;
    uint64_t number;      /* names it in callbacks that may come after its end */
    char *sid, *peer;     /* peer: full address, normalized */
    char *chat, *content; /* bare address; the content's name */
    char *id;             /* of the attachment, where we get the file */
    bool out;             /* we began, and send */
    enum jingle_state state;
    enum jingle_way way;
    struct jingle_file file;
    struct sums *sums;
    int fd;               /* -1: not given yet */
    kith_req req;         /* 0: none */
    struct file_told told;
    int64_t done;
    int timer;
    const char *late;     /* what to say when the timer runs out */
    bool replacing;       /* we asked for another way (transport-replace), and wait for the answer */
    bool gone;            /* they have ended it well: only what is on the way still counts */
    struct s5b *s5b;
    struct ibb *ibb;
};

/* ---- jingle.c ---- */
struct jingle *jingle_add(struct x *x, const char *peer, const char *sid, bool out); /* NULL: there are too many */
struct jingle *jingle_by_number(const struct x *x, uint64_t number);
struct jingle *jingle_by_id(const struct x *x, const char *attachment);
struct jingle *jingle_by_req(const struct x *x, kith_req req);
/* The one of this peer whose in-band stream has this id; NULL: none. */
struct jingle *jingle_by_ibb(const struct x *x, const char *peer, const char *sid);
/* Calls fn for each; fn may end it, and no other. */
void jingle_each(struct x *x, void (*fn)(struct jingle *j, void *user), void *user);
/* In ms the session fails with these words (a literal), unless jingle_await() is called again. 0: no more. */
void jingle_await(struct jingle *j, int64_t ms, const char *words);
/* Ends it and frees it. reason: what the other side is told (XEP-0166 §7.4), NULL: nothing. The request is answered with
 * err and text; an offer that nobody has answered yet is said to be over. */
void jingle_end(struct jingle *j, const char *reason, int err, const char *text);
void jingle_fail(struct jingle *j, const char *reason, const char *text); /* the same with KITH_ENOTFOUND or KITH_ENET */
/* May files be exchanged with them: they are no strangers. from: any address. */
bool jingle_known(const struct x *x, const char *from);

/* ---- jingle_out.c ---- */
/* An iq of this session; *jingle: where its content goes. */
xmpp_stanza_t *jingle_new(struct jingle *j, const char *action, xmpp_stanza_t **jingle);
xmpp_stanza_t *jingle_content(const struct jingle *j, xmpp_stanza_t *jingle);
/* Takes over iq. An error as an answer ends the session when vital. While the link is down it waits for the resumption. */
void jingle_send(struct jingle *j, xmpp_stanza_t *iq, bool vital);
void jingle_terminate(struct jingle *j, const char *reason);
void jingle_resumed(struct x *x);  /* sends what waited */
void jingle_forget(struct x *x);   /* nothing of it will be sent */
/* The answer to an iq with an error of XEP-0166 §10 beside that of RFC 6120; condition2 may be NULL. */
void jingle_refuse(struct x *x, xmpp_stanza_t *iq, const char *type, const char *condition, const char *condition2);

/* ---- jingle_offer.c ---- */
extern const struct file_way file_jingle;
void jingle_initiated(struct x *x, xmpp_stanza_t *iq, const char *from, xmpp_stanza_t *jingle); /* session-initiate */
void jingle_start(struct jingle *j); /* ours: the relays are known; sends session-initiate */

/* ---- jingle_file.c ---- */
/* NULL: fine; else why not, as a sentence for the user. */
const char *jingle_file_read(xmpp_stanza_t *description, struct jingle_file *f);
void jingle_file_write(xmpp_stanza_t *content, const struct jingle_file *f);
void jingle_file_clear(struct jingle_file *f);
void jingle_file_show(struct jingle *j); /* tells the user what is offered */
void jingle_file_stranger(struct x *x, const char *from, xmpp_stanza_t *jingle); /* and by whom nothing is taken */

/* ---- jingle_bytes.c ---- */
/* Bytes that came. False: the session has ended. */
bool jingle_take(struct jingle *j, const void *data, size_t len);
/* Bytes to send: how many, 0: that was all (the checksum has been sent), < 0: the session has ended. */
ssize_t jingle_give(struct jingle *j, void *out, size_t cap);
void jingle_gave(struct jingle *j);  /* all is with the other side's end of the way: its last word is awaited */
void jingle_way_closed(struct jingle *j, const char *why); /* no byte will come or go any more */
/* The way is there. False: that was all (an empty file), and the session has ended. */
bool jingle_ready(struct jingle *j);
/* They said the checksum, or that all went well. False: the session has ended. */
bool jingle_checksum(struct jingle *j, xmpp_stanza_t *file);
void jingle_success(struct jingle *j);

/* ---- jingle_s5b.c ---- */
void s5b_offer(struct jingle *j, xmpp_stanza_t *content);  /* adds <transport/> with our relays */
bool s5b_read(struct jingle *j, xmpp_stanza_t *transport); /* theirs: false: it cannot be understood */
void s5b_connect(struct jingle *j);                        /* both have said theirs: begins */
/* What was said may have settled it: after the answer to their transport-info. May end the session. */
void s5b_settle(struct jingle *j);
/* transport-info. NULL: fine, else the stanza error.  */
const char *s5b_info(struct jingle *j, xmpp_stanza_t *transport);
void s5b_free(struct jingle *j);

/* ---- jingle_ibb.c ---- */
void ibb_offer(struct jingle *j, xmpp_stanza_t *content);
bool ibb_read(struct jingle *j, xmpp_stanza_t *transport);
void ibb_open(struct jingle *j);   /* we send: opens the stream */
void ibb_resumed(struct jingle *j);
void ibb_free(struct jingle *j);
bool ibb_has(const struct jingle *j, const char *sid);
bool ibb_iq(struct x *x, xmpp_stanza_t *iq, const char *from);
/* Strict RFC 4648 §4: appends, false when there is anything else in it. */
bool ibb_decode(const char *text, size_t max, unsigned char *out, size_t *len);

/* ---- jingle_replace.c: another way when the first leads nowhere (XEP-0260 §3) ---- */
void jingle_fall_back(struct jingle *j); /* the relays lead nowhere */
/* Each answers the iq. */
void jingle_replace(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *content);
void jingle_replaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *content);
void jingle_not_replaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *content);

/* ---- proxies.c: relays of our server (XEP-0065 §4) ---- */
struct proxy { char *jid, *host; uint16_t port; };
enum { PROXIES_MAX = 4 };
/* True: known, *n of them; else they are asked for, and jingle_proxies_known() follows. */
bool proxies_known(struct x *x, const struct proxy **list, size_t *n);
void jingle_proxies_known(struct x *x);

/* ---- socks5.c: one connection to a relay or a device (XEP-0065 §5, RFC 1928) ---- */
struct socks5;
struct socks5_to {
    const char *host;
    uint16_t port;
    const char *address; /* 40 hex digits: the name of the stream */
    int64_t ms;          /* for all until it is there */
};
struct socks5_cb {
    void (*ready)(void *user);
    void (*data)(void *user, const void *data, size_t len);
    void (*drained)(void *user);
    void (*closed)(void *user, const char *why); /* last call; also when it never got ready */
};
struct socks5 *socks5_open(struct x *x, const struct socks5_to *to, const struct socks5_cb *cb, void *user); /* NULL: not possible */
int socks5_write(struct socks5 *c, const void *data, size_t len);
void socks5_close(struct socks5 *c); /* no callback after this; NULL is fine */
/* SHA-1 of what names a stream at a relay: sid, who offers the relay, and the other. Owned, 40 hex digits. */
char *socks5_address(const char *sid, const char *offers, const char *other);

#endif
