/* unit/irc/rig.h - the core of the IRC backend on a recorder: lines in, what it sends and tells as text, time by hand */
#ifndef TESTS_IRC_RIG_H
#define TESTS_IRC_RIG_H

#include "backends/irc/ops.h"

struct rig {
    struct irc *irc;
    struct buf sent;           /* bytes that it wrote */
    struct buf events;         /* one line for each event: "MESSAGE chat=#a sender=#a/bob body=hi flags=0" */
    int64_t mono, wall, wake;  /* ms */
    struct map options, state; /* name -> text */
    struct map shown;          /* "chat nick" of each member that was told of */
    char *host;                /* where it connected last; "host:port tls" */
    int connects;
    bool connected, refuse_secret;
    const char *wrong;         /* secret that was called wrong */
    uint64_t number;           /* of the last event */
    bool uncommitted;          /* events do not reach the disk */
    bool quiet;                /* for fuzzing: events are read but not written down */
};

/* options: "key=value" pairs, NULL ends. "address" is alice@irc.test unless given. */
void rig_start(struct rig *r, ...);
void rig_again(struct rig *r); /* another process: only the state is left */
void rig_stop(struct rig *r);
/* Lines of the server; each gets its end. */
void rig_line(struct rig *r, const char *fmt, ...) PRINTF(2, 3);
void rig_pass(struct rig *r, int64_t ms); /* time goes on, timers run */
void rig_connect(struct rig *r);          /* as far as the open stream */
/* Connected, with these capabilities offered and acknowledged, welcomed and online; what was sent is forgotten. */
void rig_online(struct rig *r, const char *caps, const char *isupport);
/* Runs a command of the backend's own as the user would type it in that chat (NULL: none). Its request is number 9. */
int rig_command(struct rig *r, const char *chat, const char *line);
/* What was sent, or told, since the last call: valid until the next. */
const char *rig_sent(struct rig *r);
const char *rig_events(struct rig *r);
/* Fails the test when an event is not fit for the wire; called for each. */
void rig_check(const struct kith_event *ev);
/* Keeps the members of rooms as a host does; fails the test when they are not those of the core. */
void rig_mirror(struct map *shown, const struct kith_event *ev);
void rig_check_members(const struct rig *r);
/* Fails the test when the text does not hold the part, or holds it; the text is shown. */
void rig_has(const char *text, const char *part);
void rig_lacks(const char *text, const char *part);
/* The label of the line sent that holds the words; static. Fails where there is none. */
const char *rig_label(const char *sent, const char *words);

#endif
