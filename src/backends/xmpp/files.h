/* backends/xmpp/files.h - the ways by which files go, and what they share
 *
 * The group of operations (kith_file_ops) lives in files.c, which knows no protocol: it asks the ways of its table, in
 * their order, which of them can take a file, and hands it to the first. A way is one struct file_way in a file of its
 * own ("upload": HTTP, XEP-0363; "jingle": from device to device). To add one: define the struct, declare it
 * here, put it into the table of files.c. What comes in is a message whose attachment has an id that begins with the
 * way's name and a colon: by that it is found again, also after a restart, so the id holds all that accept() needs.
 */
#ifndef XMPP_FILES_H
#define XMPP_FILES_H

#include "backends/xmpp/feature.h"

struct file_offer { /* strings are borrowed until the call returns */
    const char *chat;  /* normalized: a bare address, a room, or room/nick */
    bool room;         /* a room, or somebody in one */
    int fd;            /* read only, at its beginning */
    const char *name;  /* without folders, never empty */
    const char *mime;  /* never NULL */
    int64_t bytes;
    const char *id;    /* origin id of the message that the user sees */
    kith_req req;
    bool sealed;       /* the chat is encrypted: it must not go in the clear */
};

struct file_way {
    const char *name; /* also a value of the option "files", which allows this way alone */
    /* Would it take the file? 0; or negative with a sentence why not. Says KITH_EBUSY while it is not known yet: the
     * offer waits, and files_known() asks all of them again. */
    int (*can)(struct x *x, const struct file_offer *o, struct err *e);
    /* >= 0: has taken over o->fd, and o->req is answered later, once. < 0: neither. */
    int (*offer)(struct x *x, const struct file_offer *o);
    /* The same of a file that came: fd is written to. The REPLY is OK only when every byte is there and checked: the
     * engine gives the file its name then. */
    int (*accept)(struct x *x, const char *attachment, int fd, kith_req req);
    int (*decline)(struct x *x, const char *attachment, kith_req req); /* NULL: nobody waits for an answer */
    int (*cancel)(struct x *x, kith_req req); /* KITH_ENOTFOUND: it is not one of this way's */
    void (*stop)(struct x *x, const char *why); /* the user disconnects: nothing goes on; NULL: ends by itself */
    void (*latched)(struct x *x, const char *why); /* ends what goes in the clear to chats that omemo_files_exposed() names */
};
extern const struct file_way file_upload, file_jingle;

/* The group's operations, with the contracts of struct kith_file_ops. */
int files_offer(struct x *x, const char *chat, int fd, const char *name, const char *mime, int64_t bytes, const char *id,
                kith_req req);
int files_accept(struct x *x, const char *attachment, int fd, kith_req req);
int files_decline(struct x *x, const char *attachment, kith_req req);
int files_cancel(struct x *x, kith_req req);

void files_stop(struct x *x, const char *why); /* all that is under way */
void files_latched(struct x *x); /* a chat is encrypted from now on: not a byte more goes there in the clear */

/* A way knows now what it did not know when can() said KITH_EBUSY. */
void files_known(struct x *x);
/* PROGRESS of a request where the percentage has changed, so at most a hundred of a file; done == total is always told.
 * last: kept by the caller with the transfer, all zero at its beginning. */
struct file_told { bool told; int percent; };
void files_progress(struct x *x, kith_req req, int64_t done, int64_t total, struct file_told *last);
/* Ends a transfer: closes fd and answers req. */
void files_end(struct x *x, int fd, kith_req req, int err, const char *text);

#endif
