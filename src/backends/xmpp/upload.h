/* backends/xmpp/upload.h - files by HTTP: the server's upload service, and what the parts of it share (XEP-0363) */
#ifndef XMPP_UPLOAD_H
#define XMPP_UPLOAD_H

#include "backends/xmpp/files.h"
#include "backends/xmpp/sealed.h"

#define NS_UPLOAD "urn:xmpp:http:upload:0"

/* The service of the own server: its address, and the largest file it takes (-1: it does not say). NULL: there is none.
 * *busy: others are still asked, and files_known() follows. */
const char *upload_service(struct x *x, int64_t *max, bool *busy);

/* ---- slot.c: where to put a file, as the service answers ---- */
struct upload_slot {
    char *put, *get;    /* addresses */
    struct buf fields;  /* lines for the request: those that XEP-0363 §5 allows */
};
/* allow_clear: addresses without encryption may be used. 0, or negative and a sentence. */
int upload_slot_read(struct upload_slot *s, xmpp_stanza_t *reply, bool allow_clear, struct err *e);
void upload_slot_free(struct upload_slot *s);
/* Why there is no slot, in words. max: the limit that it names, or -1. */
void upload_slot_refused(xmpp_stanza_t *reply, const char *service, int64_t *max, struct err *e);

/* ---- filelink.c: what the id of an attachment says, so that it can be fetched after a restart, too ---- */
struct file_link {
    char *url;
    char *algo, *hash; /* checksum, base64; both or neither */
    int64_t bytes;     /* as announced; -1: not */
    struct seal_key seal; /* what lies there is encrypted with; sum and bytes are those of the file itself */
};
/* "upload:sha-256=...:1234:https://...", with a key "upload:gcm256.IV.KEY:sha-256=...": owned. NULL: it is too long for an id, or
 * nothing would show that what was decrypted is the file. */
char *file_link_id(const struct file_link *l);
bool file_link_parse(struct file_link *l, const char *id);
void file_link_free(struct file_link *l);
bool file_link_fits(const struct file_link *l, const char *sum); /* l has a checksum: is it this one? */
bool file_allow_clear(const struct x *x); /* option allow_http */

/* ---- download.c ---- */
int download_accept(struct x *x, const char *attachment, int fd, kith_req req);
int download_cancel(struct x *x, kith_req req);
void download_stop(struct x *x, const char *why);

/* ---- sfs.c: files in messages ---- */
enum { FILES_MAX = 10 /* of one message */ };
struct file_list {
    struct kith_attachment v[FILES_MAX]; /* strings are owned */
    size_t n;
};
/* Reads the files that a message shares (XEP-0447, 0385, 0066); one that is said in several ways is one. Takes over body;
 * owned result without what is there only for older clients, the first file's name where nothing is left of it. */
char *sfs_take(xmpp_stanza_t *st, char *body, struct file_list *out);
void sfs_free(struct file_list *l);
/* What sends a file that lies somewhere: body, XEP-0447 with its fallback, XEP-0066; of an encrypted one, whose key goes by
 * these, XEP-0454 and XEP-0448. False: the attachment has no link. */
bool sfs_add(const struct x *x, xmpp_stanza_t *st, const char *chat, const struct kith_attachment *a);

#endif
