/* tests/conformance/users.c - local chat between real users of the machine: nobody can read, forge
 * or block
 *
 * Needs root to become other users (uids that nobody has); without it every test is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/local.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/path.h"
#include "conformance/hand.h"

enum { ALICE = 12345, BOB = 12346, MALLORY = 12347, SOON = 10000 };

static char *build, *top;

/* ---- the stage ---- */

static int raise_stage(void **state UNUSED)
{
    char name[] = "/tmp/kl-users-XXXXXX";
    if (geteuid() != 0)
        return 0;
    top = xstrdup(mkdtemp(name));
    char *meet = path_join(top, "meet");
    mkdir(meet, 0777);
    chmod(meet, 01777);
    free(meet);
    return chmod(top, 0755);
}

static int clear_stage(void **state UNUSED)
{
    if (!top)
        return 0;
    char *line = xasprintf("%s", top);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", line, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    free(line);
    free(top);
    top = NULL;
    return 0;
}

/* A user's kith, with a state directory of their own. extra: an option KEY=VALUE or NULL. */
static void enter(struct hand *p, uid_t uid, const char *extra)
{
    char *puppet = path_join(build, "conformance/puppet"),
         *so = path_join(build, "backends/local.so");
    char *number = xasprintf("%u", (unsigned)uid),
         *state = xasprintf("%s/state-%u", top, (unsigned)uid);
    char *directory = xasprintf("directory=%s/meet", top);
    mkdir(state, 0700);
    assert_int_equal(chown(state, uid, uid), 0);
    const char *argv[] = {puppet,    "--uid",    number,
                          "--state", state,      "--option",
                          directory, "--option", extra ? extra : "live=false",
                          so,        NULL};
    hand_start(p, argv);
    hand_say(p, "connect");
    assert_true(hand_wait(p, 0, SOON, "STATE|state=6") >= 0);
    free(puppet);
    free(so);
    free(number);
    free(state);
    free(directory);
}

static void meet(struct hand *a, struct hand *b)
{
    enter(a, ALICE, NULL);
    enter(b, BOB, NULL);
    assert_true(hand_wait(a, 0, SOON, "PRESENCE|address=uid-12346|show=1") >= 0);
    assert_true(hand_wait(b, 0, SOON, "PRESENCE|address=uid-12345|show=1") >= 0);
}

static void leave(struct hand *p)
{
    assert_int_equal(hand_stop(p), 0); /* no violation, no leak */
    hand_free(p);
}

/* Runs fn as another user; what it returns is the exit status. */
static int as_user(uid_t uid, int (*fn)(const char *), const char *arg)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
            _exit(99);
        _exit(fn(arg));
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* ---- talking ---- */

static void they_talk(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    hand_say(&a, "send|uid-12346|m1|hello\nthere");
    assert_true(hand_wait(&b, 0, SOON,
                          "MESSAGE|chat=uid-12345|sender=uid-12345|id=m1|body=hello\\nthere") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=m1|delivery=3|who=uid-12346") >= 0);
    hand_say(&b, "typing|uid-12345|1");
    assert_true(hand_wait(&a, 0, SOON, "TYPING|chat=uid-12346|state=1") >= 0);
    hand_say(&b, "read|uid-12345|m1");
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=m1|delivery=4|up_to=1") >= 0);
    hand_say(&a, "send|uid-12346|m2|hello here|2|m1"); /* KITH_SEND_EDIT */
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=m2|target=m1|body=hello here|flags=256") >= 0);
    hand_say(&a, "react|uid-12346|m1|m3|+1");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=m3|target=m1|reaction=+1|flags=512") >= 0);
    hand_say(&a, "presence|3|at lunch");
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12345|show=3|text=at lunch") >= 0);
    leave(&a);
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12345|show=0") >= 0);
    leave(&b);
}

static void it_waits_until_they_come(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|w1|for later");
    hand_say(&a, "send|uid-12346|w2|and this");
    hand_say(&a, "send|uid-12346|w1|for later|4"); /* KITH_SEND_RETRY of what still waits */
    assert_true(hand_wait(&a, 0, SOON, "RESULT|command=send|rc=0") >= 0);
    assert_int_equal(hand_count(&a, 0, "RECEIPT"), 0);
    enter(&b, BOB, NULL);
    int first = hand_wait(&b, 0, SOON, "MESSAGE|id=w1"),
        second = hand_wait(&b, 0, SOON, "MESSAGE|id=w2");
    assert_true(first >= 0 && second > first);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=w2|delivery=3") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE"), 2);
    leave(&a);
    leave(&b);
}

static void rooms(void **state UNUSED)
{
    struct hand a, b, c;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    enter(&c, MALLORY, NULL);
    hand_say(&a, "join|#Lobby");
    hand_say(&b, "join|#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12346") >= 0);
    hand_say(&a, "topic|#lobby|tea");
    assert_true(hand_wait(&b, 0, SOON, "CHAT|address=#lobby|topic=tea|topic_by=uid-12345") >= 0);
    hand_say(&a, "send|#lobby|r1|to all");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|chat=#lobby|sender=#lobby/uid-12345|id=r1") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|chat=#lobby|id=r1|delivery=2") >= 0);
    hand_say(&a, "invite|#lobby|uid-12347|come");
    int ask = hand_wait(&c, 0, SOON, "ASK|kind=5|subject=uid-12345");
    assert_true(ask >= 0);
    char *number = hand_value(&c, ask, "ask");
    hand_say(&c, "answer|%s|join", number);
    free(number);
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12347") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "CHAT|address=#lobby|topic=tea") >=
                0); /* told by who is in it */
    hand_say(&b, "leave|#lobby|bye");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER_GONE|chat=#lobby|nick=uid-12346|how=1|text=bye") >=
                0);
    hand_say(&a, "send|#lobby|r2|to the rest");
    assert_true(hand_wait(&c, 0, SOON, "MESSAGE|id=r2") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=r2|delivery=2") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=r2"), 0);
    hand_say(&c, "list");
    assert_true(hand_wait(&c, 0, SOON, "ITEM|address=#lobby|number=2") >= 0);
    leave(&a);
    assert_true(hand_wait(&c, 0, SOON, "MEMBER_GONE|chat=#lobby|nick=uid-12345|how=2") >= 0);
    leave(&b);
    leave(&c);
}

static int steal(const char *arg);

static void files(void **state UNUSED)
{
    struct hand a, b;
    struct buf got = {0};
    struct err e = {0};
    struct stat st;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    char *from = xasprintf("%s/state-12345/note.txt", top),
         *to = xasprintf("%s/state-12346/got", top);
    char *big = xcalloc(1, 700001);
    memset(big, 'k', 700000);
    assert_int_equal(path_write(from, big, 700000, &e), 0);
    assert_int_equal(chown(from, ALICE, ALICE), 0); /* 0600: bob could not open it */
    hand_say(&a, "offer|uid-12346|%s|f1", from);
    int offer = hand_wait(&b, 0, SOON, "MESSAGE|id=f1|file=note.txt|bytes=700000");
    assert_true(offer >= 0);
    char *id = hand_value(&b, offer, "attachment");
    assert_int_equal(as_user(MALLORY, steal, NULL), 0);
    hand_say(&b, "accept|%s|%s", id, to);
    assert_true(hand_wait(&b, 0, SOON, "REPLY|req=1|err=0") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=1|err=0") >= 0);
    assert_int_equal(stat(to, &st), 0);
    assert_int_equal(st.st_size, 700000);
    assert_int_equal(path_read(to, 1 << 20, &got, &e), 0);
    assert_memory_equal(got.data, big, 700000);
    hand_say(&a, "offer|uid-12346|%s|f2", from);
    offer = hand_wait(&b, 0, SOON, "MESSAGE|id=f2");
    hand_say(&b, "decline|12345/f2");
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=2|err=-9") >= 0);
    hand_say(&a, "offer|uid-12346|/dev/zero|f3"); /* no plain file */
    assert_true(hand_wait(&a, 0, SOON, "RESULT|command=offer|rc=-1") >= 0);
    free(id);
    free(big);
    free(from);
    free(to);
    buf_free(&got);
    leave(&a);
    leave(&b);
}

static void live_text_needs_both(void **state UNUSED)
{
    struct hand a, b, c;
    if (geteuid() != 0)
        skip();
    enter(&a, ALICE, "live=true");
    enter(&b, BOB, "live=true");
    enter(&c, MALLORY, NULL);
    assert_true(hand_wait(&a, 0, SOON, "PRESENCE|address=uid-12347") >= 0);
    hand_say(&a, "typing|uid-12346|1|hel");
    assert_true(hand_wait(&b, 0, SOON, "TYPING|chat=uid-12345|live=hel") >= 0);
    hand_say(&a, "typing|uid-12347|1|hel");
    int at = hand_wait(&c, 0, SOON, "TYPING|chat=uid-12345");
    assert_true(at >= 0);
    char *live = hand_value(&c, at, "live");
    assert_null(live);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* ---- hostile neighbours ---- */

/* A socket to somebody, made by whoever runs this. */
static int call(uid_t uid, struct frame_io *io)
{
    char *sock = xasprintf("%s/meet/kith-local-%u/sock", top, (unsigned)uid);
    struct err e = {0};
    int fd = dir_connect(sock, uid, &e);
    free(sock);
    if (fd < 0)
        return fd;
    frame_io_init(io, fd, LP_FRAME_MAX);
    return 0;
}

/* The same to bob; says hello when greet. */
static int call_bob(bool greet, struct frame_io *io)
{
    struct buf b = {0};
    int rc = call(BOB, io);
    if (rc < 0)
        return rc;
    lp_put(&b, &(struct lp){.kind = LP_HELLO, .number = LP_VERSION, .id = "evil", .show = 1});
    if (greet)
        frame_put(io, LP_HELLO, b.data, b.len);
    buf_free(&b);
    return 0;
}

static void put(struct frame_io *io, const struct lp *m)
{
    struct buf b = {0};
    lp_put(&b, m);
    frame_put(io, m->kind, b.data, b.len);
    buf_free(&b);
}

/* Writes all, then waits for the other end to close (0) or time to pass (1). */
static int drain(struct frame_io *io, int ms)
{
    int64_t end = clock_mono_ms() + ms;
    while (clock_mono_ms() < end) {
        struct frame f;
        struct timespec nap = {0, 5000000};
        if (frame_flush(io) < 0)
            return 0;
        int rc = frame_fill(io);
        if (rc < 0)
            return 0;
        while (frame_next(io, &f) == 1)
            ;
        nanosleep(&nap, NULL);
    }
    return 1;
}

/* Mallory says that he is alice in every way the protocol has. */
static int forge(const char *arg UNUSED)
{
    struct frame_io io = {0};
    if (call_bob(true, &io) < 0)
        return 1;
    put(&io, &(struct lp){.kind = LP_JOIN, .room = "#lobby"});
    put(&io, &(struct lp){.kind = LP_MESSAGE,
                          .id = "x1",
                          .body = "I am alice",
                          .name = "uid-12345",
                          .reply_sender = "uid-12345"});
    put(&io, &(struct lp){.kind = LP_MESSAGE,
                          .id = "x2",
                          .room = "#lobby",
                          .body = "me too",
                          .name = "uid-12345"});
    put(&io, &(struct lp){.kind = LP_MESSAGE, .id = "x3", .room = "#secret", .body = "not in it"});
    put(&io, &(struct lp){.kind = LP_ACK, .id = "b1"}); /* for bob's message to alice */
    put(&io, &(struct lp){.kind = LP_READ, .id = "b1"});
    put(&io, &(struct lp){.kind = LP_FILE, .id = "x4", .name = "../../.ssh/authorized_keys"});
    drain(&io, 300);
    frame_io_free(&io);
    return 0;
}

/* Mallory asks alice for the file that she offers to bob. 0: hung up on, with nothing. */
static int steal(const char *arg UNUSED)
{
    struct frame_io io = {0};
    struct frame f;
    int64_t end = clock_mono_ms() + 3000;
    if (call(ALICE, &io) < 0)
        return 1;
    put(&io, &(struct lp){.kind = LP_FETCH, .id = "f1"});
    frame_flush(&io);
    while (clock_mono_ms() < end) {
        if (frame_fill(&io) < 0)
            return 0;
        while (frame_next(&io, &f) == 1) {
            if (f.n_fds > 0)
                return 2;
        }
    }
    return 3;
}

/* A descriptor that nobody asked for ends the connection: it is not even taken in. */
static int pass_descriptor(const char *arg UNUSED)
{
    struct frame_io io = {0};
    if (call_bob(true, &io) < 0)
        return 1;
    frame_put_fd(&io, LP_TYPING, NULL, 0, 0);
    int rc = drain(&io, 3000);
    frame_io_free(&io);
    return rc;
}

static void nobody_can_forge(void **state UNUSED)
{
    struct hand b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, NULL);
    hand_say(&b, "join|#lobby");
    hand_say(&b, "join|#secret");
    hand_say(&b, "send|uid-12345|b1|to alice");
    hand_wait(&b, 0, SOON, "RESULT|command=send");
    assert_int_equal(as_user(MALLORY, forge, NULL), 0);
    assert_true(hand_wait(&b, 0, SOON,
                          "MESSAGE|id=x1|sender=uid-12347|chat=uid-12347|sender_id=uid-12347") >=
                0);
    assert_true(
        hand_wait(&b, 0, SOON, "MESSAGE|id=x2|sender=#lobby/uid-12347|sender_id=uid-12347") >= 0);
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12347|show=0") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=x3"), 0);
    assert_true(hand_count(&b, 0, "MESSAGE|id=x4|file=authorized_keys|chat=uid-12347") <= 1);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|file=*/"), 0);
    assert_int_equal(as_user(MALLORY, pass_descriptor, NULL), 0);
    assert_int_equal(hand_count(&b, 0, "RECEIPT|id=b1|chat=uid-12345"), 0);
    leave(&b);
}

/* What another user can do with the files: nothing. */
static int meddle(const char *arg UNUSED)
{
    char *entry = xasprintf("%s/meet/kith-local-12346", top), *sock = path_join(entry, "sock");
    char *away = xasprintf("%s/meet/away", top);
    int bad = 0;
    bad |= unlink(sock) == 0 ? 1 : 0;
    bad |= rename(entry, away) == 0 ? 2 : 0;
    bad |= open(entry, O_RDONLY | O_DIRECTORY) >= 0 ? 4 : 0;
    bad |= mkdir(sock, 0700) == 0 ? 8 : 0;
    bad |= chmod(sock, 0) == 0 ? 16 : 0;
    char *state = xasprintf("%s/state-12346/contacts", top);
    bad |= open(state, O_RDONLY) >= 0 ? 32 : 0;
    return bad;
}

/* Mallory was there first and made entries in bob's and alice's names. */
static int squat(const char *arg UNUSED)
{
    char *entry = xasprintf("%s/meet/kith-local-12346", top), *sock = path_join(entry, "sock");
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    str_copy(sa.sun_path, sizeof sa.sun_path, sock);
    umask(0);
    return mkdir(entry, 0755) < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0;
}

static void nobody_can_meddle_or_squat(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, NULL);
    assert_int_equal(as_user(MALLORY, meddle, NULL), 0);
    leave(&b);
    assert_int_equal(as_user(MALLORY, squat, NULL), 0);
    meet(&a, &b);
    assert_true(hand_wait(&b, 0, SOON, "NOTICE|text=*uid-12347 has made") >= 0);
    hand_say(&a, "send|uid-12346|s1|still here");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=s1") >= 0);
    leave(&a);
    leave(&b);
}

/* Far more than the rate, in valid frames; then stays. */
static int flood(const char *arg UNUSED)
{
    struct frame_io io = {0};
    char id[32];
    if (call_bob(true, &io) < 0)
        return 1;
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "flood-%d", i);
        put(&io, &(struct lp){.kind = LP_MESSAGE, .id = id, .body = "spam"});
    }
    drain(&io, 2000);
    frame_io_free(&io);
    return 0;
}

static void flooding_mutes_the_flooder(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, "rate=10"); /* a burst of 500 */
    assert_int_equal(as_user(MALLORY, flood, NULL), 0);
    assert_true(hand_wait(&b, 0, SOON, "NOTICE|chat=uid-12347|text=*sends too much") >= 0);
    enter(&a, ALICE, NULL); /* meanwhile everybody else is heard */
    hand_say(&a, "send|uid-12346|a1|hello");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=a1") >= 0);
    assert_in_range(hand_count(&b, 0, "MESSAGE|chat=uid-12347"), 100, 600);
    assert_int_equal(hand_count(&b, 0, "NOTICE|chat=uid-12347"), 1);
    hand_say(&b, "block|uid-12347");
    assert_true(hand_wait(&b, 0, SOON, "CONTACT|address=uid-12347|flags=8") >= 0);
    leave(&a);
    leave(&b);
}

/* Rubbish, too much of it, and silence, in a loop: as many connections as it gets. */
static int nuisance(const char *arg UNUSED)
{
    char *junk = xcalloc(1, 1 << 20);
    memset(junk, 0xee, 1 << 20);
    for (int i = 0; i < 200; i++) {
        struct frame_io io = {0};
        if (call_bob(i % 3 == 0, &io) < 0)
            continue;
        if (i % 3 == 1)
            put(&io, &(struct lp){.kind = LP_MESSAGE, .id = "early", .body = "no greeting"});
        frame_flush(&io);
        ssize_t n = send(io.fd, junk, 1 << 20, MSG_NOSIGNAL);
        if (i < 150 || n < 0)
            frame_io_free(&io); /* the last ones stay open and silent */
    }
    free(junk);
    return 0;
}

static void a_nuisance_hurts_nobody(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, NULL);
    assert_int_equal(as_user(MALLORY, nuisance, NULL), 0);
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|n1|hello");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=n1") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=early"), 0);
    assert_true(hand_count(&b, 0, "NOTICE") <= 2);
    leave(&a);
    leave(&b);
}

/* ---- exactly once ---- */

/* Both ends die again and again; whoever comes back sends what was not confirmed. */
static void exactly_once_over_kill(void **state UNUSED)
{
    enum { ALL = 400, ROUND = 100 };
    struct hand a, b;
    int confirmed[ALL] = {0};
    size_t got = 0;
    char words[64];
    if (geteuid() != 0)
        skip();
    char **order = xcalloc(ALL * 2, sizeof *order);
    for (int round = 0; round < ALL / ROUND + 2; round++) {
        int upto = MIN((round + 1) * ROUND, ALL);
        enter(&a, ALICE, NULL);
        enter(&b, BOB, NULL);
        for (int i = 0; i < upto; i++) {
            if (!confirmed[i])
                hand_say(&a, "send|uid-12346|k%d|number %d|4", i, i);
        }
        snprintf(words, sizeof words, "MESSAGE|id=k%d",
                 round < ALL / ROUND ? upto - ROUND / 2 : ALL - 1);
        hand_wait(&b, 0, round < ALL / ROUND ? SOON : 500, words);
        if (round >= ALL / ROUND)
            hand_wait(&a, 0, 500, "RECEIPT|id=k399|delivery=3");
        if (round % 2)
            hand_kill(&b);
        hand_kill(&a);
        if (!(round % 2))
            hand_kill(&b);
        for (int i = 0; i < ALL; i++) {
            snprintf(words, sizeof words, "RECEIPT|id=k%d|delivery=3", i);
            confirmed[i] |= hand_count(&a, 0, words) > 0;
        }
        /* The engine's part: what was told before a kill is stored, by (chat, sender, id). */
        for (size_t i = 0; i < b.n; i++) {
            char *id = str_starts(b.lines[i], "MESSAGE") ? hand_value(&b, (int)i, "id") : NULL;
            bool known = false;
            for (size_t k = 0; id && k < got; k++)
                known = known || str_eq(order[k], id);
            if (id && !known && got < (size_t)ALL * 2)
                order[got++] = xstrdup(id);
            free(id);
        }
        hand_free(&a);
        hand_free(&b);
    }
    assert_int_equal(got, ALL);
    for (int i = 0; i < ALL; i++) {
        snprintf(words, sizeof words, "k%d", i);
        assert_string_equal(order[i], words);
        assert_true(confirmed[i]);
        free(order[i]);
    }
    free(order);
}

/* Confirmed only when it is on disk; sent again after a crash it is shown once. */
static void confirmed_when_on_disk(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    hand_say(&b, "hold");
    hand_wait(&b, 0, SOON, "RESULT|command=hold");
    hand_say(&a, "send|uid-12346|d1|held");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=d1") >= 0);
    assert_int_equal(hand_wait(&a, 0, 100, "RECEIPT|id=d1|delivery=3"), -1);
    hand_kill(&a);
    hand_free(&a);
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|d1|held|4");
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=1") >= 0);
    assert_int_equal(hand_wait(&a, 0, 100, "RECEIPT|id=d1|delivery=3"), -1);
    hand_say(&b, "commit");
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=3") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=d1"), 1);
    hand_kill(&a);
    hand_kill(&b);
    hand_free(&a);
    hand_free(&b);
    meet(&a, &b);
    hand_say(&a, "send|uid-12346|d1|held|4"); /* the confirmation was lost with alice */
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=3") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=d1"), 0);
    leave(&a);
    leave(&b);
}

int main(int argc UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_talk, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(it_waits_until_they_come, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(rooms, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(files, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(live_text_needs_both, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(nobody_can_forge, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(nobody_can_meddle_or_squat, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(flooding_mutes_the_flooder, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(a_nuisance_hurts_nobody, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(exactly_once_over_kill, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(confirmed_when_on_disk, raise_stage, clear_stage),
    };
    signal(SIGPIPE, SIG_IGN);
    char *self = xstrdup(argv[0]), *slash = strstr(self, "/conformance/");
    if (slash)
        *slash = '\0';
    build = slash ? realpath(self, NULL) : xstrdup("build");
    free(self);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(build);
    return rc;
}
