/* tests/conformance/puppet.c - a program that runs one backend by commands: the other side of a
 * test
 *
 * puppet [--uid N] [--state DIR] [--option KEY=VALUE ...] BACKEND.so. Commands are lines of fields
 * with tabs between
 * (\t, \n, \\ escaped) on stdin; events (host.h) and "RESULT\tcommand=..\trc=..\treq=.." are lines
 * on stdout.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sock.h"
#include "conformance/host.h"

enum { ARGS_MAX = 6 };

struct puppet {
    struct rec_host *h;
    struct buf in;
    bool quit;
};

typedef int command_fn(struct puppet *p, char **a, kith_req req);

static uint32_t number(const char *s)
{
    return s ? (uint32_t)strtoul(s, NULL, 0) : 0;
}

static int do_connect(struct puppet *p, char **a UNUSED, kith_req req UNUSED)
{
    return p->h->core->connect(p->h->session);
}
static int do_disconnect(struct puppet *p, char **a, kith_req req UNUSED)
{
    return p->h->core->disconnect(p->h->session, KITH_REASON_USER, a[0]);
}
static int do_send(struct puppet *p, char **a, kith_req req UNUSED)
{
    struct kith_send m = {.size = sizeof m,
                          .chat = a[0],
                          .id = a[1],
                          .body = a[2],
                          .flags = number(a[3]),
                          .target = a[4]};
    return p->h->core->send(p->h->session, &m);
}
static int do_reply(struct puppet *p, char **a, kith_req req UNUSED)
{
    struct kith_send m = {.size = sizeof m,
                          .chat = a[0],
                          .id = a[1],
                          .body = a[2],
                          .reply_to = a[3],
                          .reply_sender = a[4],
                          .reply_body = "what was said"};
    return p->h->core->send(p->h->session, &m);
}
static int do_presence(struct puppet *p, char **a, kith_req req UNUSED)
{
    return p->h->core->presence(p->h->session, number(a[0]), a[1]);
}
static int do_typing(struct puppet *p, char **a, kith_req req UNUSED)
{
    return p->h->core->typing(p->h->session, a[0], number(a[1]), a[2]);
}
static int do_read(struct puppet *p, char **a, kith_req req UNUSED)
{
    return p->h->core->mark_read(p->h->session, a[0], a[1], NULL);
}
static int do_answer(struct puppet *p, char **a, kith_req req UNUSED)
{
    struct kith_answer answer = {.size = sizeof answer, .choice = a[1]};
    return p->h->core->answer(p->h->session, number(a[0]), &answer);
}
static int do_normalize(struct puppet *p, char **a, kith_req req)
{
    return p->h->core->normalize(p->h->session, a[0], req);
}
static int do_wake(struct puppet *p, char **a UNUSED, kith_req req UNUSED)
{
    p->h->core->wake(p->h->session);
    return 0;
}
static int do_hold(struct puppet *p, char **a UNUSED, kith_req req UNUSED)
{
    p->h->hold = true;
    return 0;
}
static int do_commit(struct puppet *p, char **a UNUSED, kith_req req UNUSED)
{
    p->h->hold = false;
    rec_commit(p->h);
    return 0;
}
static int do_join(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->rooms->join(p->h->session, a[0], a[1], NULL, req);
}
static int do_leave(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->rooms->leave(p->h->session, a[0], a[1], req);
}
static int do_topic(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->rooms->topic(p->h->session, a[0], a[1], req);
}
static int do_invite(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->rooms->invite(p->h->session, a[0], a[1], a[2], req);
}
static int do_list(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->rooms->list(p->h->session, NULL, a[0], NULL, req);
}
static int do_remove(struct puppet *p, char **a, kith_req req)
{
    uint32_t how = str_eq(a[2], "ban") ? KITH_LEAVE_BAN : KITH_LEAVE_KICK;
    return p->h->proto->rooms->remove(p->h->session, a[0], a[1], how, a[3], req);
}
static int do_banned(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->rooms->affiliated(p->h->session, a[0], KITH_ROLE_NONE, req);
}
static int do_retract(struct puppet *p, char **a, kith_req req UNUSED)
{
    return p->h->proto->change->retract(p->h->session, a[0], a[1], a[2], a[3]);
}
static int do_react(struct puppet *p, char **a, kith_req req UNUSED)
{
    const char *const set[] = {a[3]};
    return p->h->proto->change->react(p->h->session, a[0], a[1], set, a[3] ? 1 : 0, a[2]);
}
static int do_offer(struct puppet *p, char **a, kith_req req)
{
    int fd = open(a[1], O_RDONLY | O_CLOEXEC);
    struct stat st = {.st_size = -1};
    (void)fstat(fd, &st);
    int rc = p->h->proto->files->offer(p->h->session, a[0], fd, a[1], NULL, st.st_size, a[2], req);
    if (rc < 0 && fd >= 0)
        close(fd);
    return rc;
}
/* What offer() put somewhere: CHAT ID CURSOR LINK NAME BYTES */
static int do_share(struct puppet *p, char **a, kith_req req UNUSED)
{
    struct kith_attachment file = {
        .size = sizeof file, .id = a[2], .url = a[3], .name = a[4], .mime = "text/plain", .bytes = number(a[5])};
    struct kith_send m = {.size = sizeof m,
                          .chat = a[0],
                          .id = a[1],
                          .body = a[4],
                          .flags = KITH_SEND_FILE,
                          .attachments = &file,
                          .n_attachments = 1};
    return p->h->core->send(p->h->session, &m);
}
static int do_accept(struct puppet *p, char **a, kith_req req)
{
    int fd = open(a[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = p->h->proto->files->accept(p->h->session, a[0], fd, req);
    if (rc < 0 && fd >= 0)
        close(fd);
    return rc;
}
static int do_decline(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->files->decline(p->h->session, a[0], req);
}
static int do_block(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->blocking->block(p->h->session, a[0], 0, req);
}
static int do_unblock(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->blocking->unblock(p->h->session, a[0], req);
}
static int do_add(struct puppet *p, char **a, kith_req req)
{
    return p->h->proto->roster->add(p->h->session, a[0], a[1], NULL, 0, NULL, req);
}
static int do_option(struct puppet *p, char **a, kith_req req UNUSED)
{
    rec_option(p->h, a[0], a[1]);
    return 0;
}
static int do_close(struct puppet *p, char **a UNUSED, kith_req req UNUSED)
{
    rec_close(p->h);
    return 0;
}
static int do_quit(struct puppet *p, char **a UNUSED, kith_req req UNUSED)
{
    p->quit = true;
    return 0;
}

static const struct {
    const char *name;
    command_fn *run;
    int args; /* least */
    bool has_reply;
} commands[] = {
    {"connect", do_connect, 0, false}, {"disconnect", do_disconnect, 0, false},
    {"send", do_send, 3, false},       {"presence", do_presence, 1, false},
    {"typing", do_typing, 2, false},   {"read", do_read, 2, false},
    {"answer", do_answer, 2, false},   {"normalize", do_normalize, 1, true},
    {"wake", do_wake, 0, false},       {"hold", do_hold, 0, false},
    {"commit", do_commit, 0, false},   {"join", do_join, 1, true},
    {"leave", do_leave, 1, true},      {"topic", do_topic, 2, true},
    {"invite", do_invite, 2, true},    {"list", do_list, 0, true},
    {"retract", do_retract, 4, false}, {"react", do_react, 3, false},
    {"offer", do_offer, 3, true},      {"accept", do_accept, 2, true},
    {"decline", do_decline, 1, true},  {"block", do_block, 1, true},
    {"unblock", do_unblock, 1, true},  {"add", do_add, 1, true},
    {"option", do_option, 2, false},   {"close", do_close, 0, false},
    {"quit", do_quit, 0, false},       {"reply", do_reply, 5, false},
    {"remove", do_remove, 3, true},    {"banned", do_banned, 1, true},
    {"share", do_share, 6, false},
};

static void unescape(char *s)
{
    char *out = s;
    for (; *s; s++) {
        if (*s == '\\' && s[1]) {
            s++;
            *out++ = (char)(*s == 't' ? '\t' : *s == 'n' ? '\n' : *s);
        } else {
            *out++ = *s;
        }
    }
    *out = '\0';
}

static void obey(struct puppet *p, char *line)
{
    char *a[ARGS_MAX + 2] = {0}, *save = NULL;
    int n = 0;
    for (char *w = strtok_r(line, "\t", &save); w && n < ARGS_MAX + 1;
         w = strtok_r(NULL, "\t", &save)) {
        unescape(w);
        a[n++] = w;
    }
    for (size_t i = 0; n && i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, a[0]) != 0 || n - 1 < commands[i].args)
            continue;
        kith_req req = commands[i].has_reply ? rec_request(p->h) : 0;
        int rc = commands[i].run(p, a + 1, req);
        if (req)
            rec_called(p->h, req, rc);
        printf("RESULT\tcommand=%s\trc=%d\treq=%llu\n", a[0], rc, (unsigned long long)req);
        fflush(stdout);
        return;
    }
    printf("RESULT\tcommand=%s\trc=-99\n", n ? a[0] : "");
    fflush(stdout);
}

static void stdin_ready(void *user, int fd, unsigned ready UNUSED)
{
    struct puppet *p = user;
    char data[65536], *end;
    ssize_t n = read(fd, data, sizeof data);
    if (n <= 0) {
        p->quit = n == 0;
        return;
    }
    buf_add(&p->in, data, (size_t)n);
    while (!p->quit && (end = memchr(p->in.data, '\n', p->in.len))) {
        char *line = xstrndup(p->in.data, (size_t)(end - p->in.data));
        buf_consume(&p->in, (size_t)(end - p->in.data) + 1);
        obey(p, line);
        free(line);
    }
}

static void become(const char *uid)
{
    if (setresgid(number(uid), number(uid), number(uid)) < 0 ||
        setresuid(number(uid), number(uid), number(uid)) < 0) {
        perror("cannot become that user");
        exit(2);
    }
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 1); /* the leak checker reads its own process */
#endif
}

int main(int argc, char **argv)
{
    struct puppet p = {0};
    const char *uid = NULL, *state = NULL;
    char *options[16] = {0};
    int at = 1, n = 0;
    for (; at + 1 < argc - 0 && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "--uid") == 0)
            uid = argv[at + 1];
        else if (strcmp(argv[at], "--state") == 0)
            state = argv[at + 1];
        else if (strcmp(argv[at], "--option") == 0 && n < 15)
            options[n++] = argv[at + 1];
    }
    if (at + 1 != argc) {
        fprintf(stderr, "usage: puppet [--uid N] [--state DIR] [--option KEY=VALUE] BACKEND.so\n");
        return 2;
    }
    p.h = rec_new(argv[at], NULL); /* before giving up rights: the build tree may be private */
    if (uid)
        become(uid);
    p.h->echo = stdout;
    p.h->state_dir = state;
    for (int i = 0; i < n; i++) {
        char *eq = strchr(options[i], '=');
        *eq = '\0';
        rec_option(p.h, options[i], eq + 1);
    }
    rec_open(p.h);
    fd_nonblock(0, true);
    struct loop_io *in = loop_io_add(p.h->loop, 0, LOOP_READ, stdin_ready, &p);
    while (!p.quit)
        rec_turn(p.h, -1);
    loop_io_del(in);
    buf_free(&p.in);
    rec_free(p.h);
    return 0;
}
