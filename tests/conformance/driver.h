/* tests/conformance/driver.h - what the suite must know of a backend: how to start a server and
 * another user
 *
 * The account under test ("we") runs inside the suite, the other user ("they") is a puppet. A new
 * backend brings one file with one of these and its line in suite.c.
 */
#ifndef CONFORMANCE_DRIVER_H
#define CONFORMANCE_DRIVER_H

#include "base/base.h"
#include "conformance/hand.h"
#include "conformance/host.h"

struct driver {
    const char *name;
    const char *backend;    /* "local.so" */
    const char *room;       /* a room anybody may join, as an address; NULL = none yet */
    const char *their_nick; /* in that room */
    const char *opens;      /* choice that opens a room which was new; NULL = nobody is asked */
    bool room_whispers;     /* room/nick is an address for words to one of it */
    bool room_archive;      /* what was said while we were not in it comes when we are */
    bool files_lie;         /* a file is put onto a server first, and then told of */
    bool room_kept;         /* the account keeps what keep() said */
    const char *unknown;    /* an address that cannot be: normalize says so */
    const char *nobody;     /* an address where nobody is: sending is refused or fails */
    int step_ms;            /* longest wait for one step */
    const char
        *confirmed; /* the most that a receipt says of a message to somebody who is no contact */
    const char *sees_them, *sees_us; /* how each side knows that the other has come, or NULL */
    /* Starts what all runs share (a server); NULL, or a sentence why it cannot be tested here. */
    const char *(*start)(const char *build);
    void (*stop)(void);
    /* Options of our account, before connect; good: it will get online. */
    void (*configure)(struct rec_host *h, bool good);
    /* Starts them and gets them online. */
    void (*peer)(struct hand *p);
    const char *(*our_address)(void);
    const char *(*their_address)(void);
    void (*cut)(void); /* breaks our connection from outside; NULL = there is none */
    /* They do something that asks us a question, whose choices include `choice`; NULL = nothing
     * does. */
    void (*provoke)(struct hand *p);
    const char *choice;
};

extern const struct driver driver_local, driver_xmpp, driver_irc, driver_irc_old;

const char *driver_build(void); /* the build directory */
/* argv for hand_start: puppet, then `args` and the backend. */
void driver_puppet(struct hand *p, const char *backend, const char *const *args);

#endif
