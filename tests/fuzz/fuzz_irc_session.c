/* fuzz/fuzz_irc_session.c - a whole session of IRC over the recorder: lines of the server, what the user does, time */
/* links: base irc */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/ops.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

#include "../unit/irc/rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One thing that the user does, by a letter; text is what it is about. */
static void user_does(struct rig *r, char what, const char *text)
{
    const struct kith_send m = {.size = sizeof m,
                                .flags = what == 'R' ? KITH_SEND_RETRY : what == 'A' ? KITH_SEND_ACTION : 0,
                                .chat = what == 'r' ? "#a" : "bob",
                                .body = text,
                                .id = "o1"};
    const struct kith_history_fetch f = {.size = sizeof f, .max = 10, .chat = "#a", .before_ms = 1700000000000};
    const char *list[] = {text, "+1"};
    switch (what) {
    case 's': case 'r': case 'R': case 'A':
        (void)irc_op_send(r->irc, &m);
        break;
    case 'j':
        (void)irc_op_join(r->irc, text, "key", 1);
        break;
    case 'l':
        (void)irc_op_leave(r->irc, text, "bye", 2);
        break;
    case 'h':
        (void)irc_op_fetch(r->irc, &f, 3);
        break;
    case 'w':
        (void)irc_op_info(r->irc, text, 4);
        break;
    case 'e':
        (void)irc_op_react(r->irc, "#a", "m1", list, 2, "o2");
        (void)irc_op_react(r->irc, "#a", "m1", list, 1, "o3");
        break;
    case 'd':
        (void)irc_op_retract(r->irc, "#a", text, "why", "o4");
        break;
    case 'f':
        (void)irc_op_friend_add(r->irc, text, "name", 5);
        break;
    case 'n':
        (void)irc_op_nick(r->irc, text, 6);
        break;
    case 'C': /* a command of the backend's own: "unban bob" */
        (void)rig_command(r, "#a", text);
        break;
    case 'k': case 'b':
        (void)irc_op_remove(r->irc, "#a", text, what == 'b' ? KITH_LEAVE_BAN : KITH_LEAVE_KICK, "why", 7);
        break;
    case 'o':
        (void)irc_op_role(r->irc, "#a", text, KITH_ROLE_OP, 8);
        break;
    case 'y':
        (void)irc_op_answer(r->irc, r->irc->last_ask, &(struct kith_answer){.size = sizeof(struct kith_answer), .choice = "join"});
        break;
    case 't':
        rig_pass(r, 70000);
        break;
    case 'c':
        irc_closed(r->irc, KITH_ENET, "gone");
        rig_connect(r);
        break;
    case 'q':
        (void)irc_disconnect(r->irc, KITH_REASON_USER, text);
        break;
    default:
        (void)irc_op_mark_read(r->irc, "#a", text, text);
        break;
    }
}

/* Lines are the server's, but those that begin with ^: "^sHello" says Hello. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig r;
    size_t at = 0;

    rig_start(&r, "login=alice", "allow_plain=true", "join=#a", "fast=true", NULL);
    r.quiet = true;
    rig_connect(&r);
    while (at < size) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - data) - at + 1 : size - at;
        if (data[at] == '^' && len > 2) {
            struct buf text = {0}; /* what comes over the wire is clean */
            utf8_clean(&text, (const char *)data + at + 2, len - 2 - (end ? 1 : 0), UTF8_TEXT, KITH_MAX_BODY);
            user_does(&r, (char)data[at + 1], buf_str(&text));
            buf_free(&text);
        } else {
            irc_data(r.irc, (const char *)data + at, len);
        }
        if (r.wake && r.wake <= r.mono)
            irc_tick(r.irc);
        at += len;
        ENSURE(r.irc->n_queries <= IRC_QUERIES_MAX && irc_queue_waiting(r.irc) <= IRC_QUEUE_MAX);
        ENSURE(r.irc->rooms.n <= IRC_ROOMS_MAX && r.irc->users.n <= IRC_USERS_MAX);
    }
    rig_stop(&r);
    return 0;
}
