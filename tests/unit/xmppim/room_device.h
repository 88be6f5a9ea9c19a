/* unit/xmppim/room_device.h - the features of XMPP on the session without a network, as a library that a test loads */
#ifndef ROOM_DEVICE_H
#define ROOM_DEVICE_H

#include <stdbool.h>

#include "kith/plugin.h"

struct x;
struct room_device {
    struct x *(*open)(void (*sink)(void *user, const struct kith_event *ev), void *user);
    void (*close)(struct x *x);
    void (*restart)(struct x *x);              /* the process of the account ends and another begins */
    void (*bind)(struct x *x, bool resumed);
    void (*drop)(struct x *x, bool lost);
    char *(*sent)(struct x *x);                /* the next stanza, owned; NULL: no more, and the lists are emptied */
    void (*feed)(struct x *x, const char *text);
    /* Answers the open iq whose text has part. error: child is the condition. */
    void (*answer)(struct x *x, const char *part, const char *child, bool error);
    void (*committed)(struct x *x);
    void (*later)(struct x *x, int64_t ms);    /* time passes, and timers run */
    int (*synced)(const struct x *x);
    int (*join)(struct x *x, const char *room, const char *nick);
    int (*say)(struct x *x, const struct kith_send *m);
    int (*read)(struct x *x, const char *chat, const char *id);
};
const struct room_device *fake_room_device(void); /* the one exported function */

#endif
