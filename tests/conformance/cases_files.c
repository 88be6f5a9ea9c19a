/* tests/conformance/cases_files.c - files: both ways, declined, refused, unknown */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "conformance/cases.h"

enum { SIZE = 300000, MORE_THAN_ANYBODY = 64 << 20 };

struct place { /* a directory of the test, where their user may write, too */
    char dir[32], *ours, *theirs, *large;
};

static void make_file(const char *path)
{
    struct buf b = {0};
    for (unsigned n = 1; b.len < SIZE; n = n * 1103515245u + 12345u)
        buf_addc(&b, (char)(n >> 16));
    assert_int_equal(path_write(path, b.data, b.len, NULL), 0);
    assert_int_equal(chmod(path, 0644), 0);
    buf_free(&b);
}

static struct place begin(void)
{
    struct place p = {.dir = "/tmp/kith-conf-XXXXXX"};
    assert_non_null(mkdtemp(p.dir));
    assert_int_equal(chmod(p.dir, 01777), 0);
    p.ours = path_join(p.dir, "note.txt");
    p.theirs = path_join(p.dir, "got.txt");
    p.large = path_join(p.dir, "large.bin");
    make_file(p.ours);
    return p;
}

static void end(struct place *p)
{
    char *all[] = {p->ours, p->theirs, p->large};
    for (size_t i = 0; i < COUNT(all); i++) {
        unlink(all[i]);
        free(all[i]);
    }
    assert_int_equal(rmdir(p->dir), 0);
}

static bool same(const struct place *p)
{
    struct buf a = {0}, b = {0};
    bool is = path_read(p->ours, 2 * SIZE, &a, NULL) == 0 && path_read(p->theirs, 2 * SIZE, &b, NULL) == 0 && a.len == b.len &&
              memcmp(a.data, b.data, a.len) == 0;
    buf_free(&a);
    buf_free(&b);
    return is;
}

/* What a protocol announces is what it has. */
static void need_files(void)
{
    go_online();
    if (!can(KITH_CAP_FILES)) {
        assert_null(h->proto->files);
        skip();
    }
    assert_true(h->proto->files && h->proto->files->offer && h->proto->files->accept && h->proto->files->decline &&
                h->proto->files->cancel);
}

/* ---- from us ---- */

static int offer(const char *chat, const char *path, const char *id, kith_req *req)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    *req = rec_request(h);
    int rc = rec_called(h, *req, h->proto->files->offer(h->session, chat, fd, "note.txt", "text/plain", st.st_size, id, *req));
    if (rc < 0)
        close(fd);
    return rc;
}

static int reply_of(kith_req req)
{
    char *words = xasprintf("REPLY|req=%llu", (unsigned long long)req);
    int at = wait_for(0, words);
    free(words);
    assert_true(at >= 0);
    return at;
}

static void went_well(kith_req req)
{
    int at = reply_of(req);
    const char *line = h->events[at].line;
    if (!rec_matches(line, "err=0"))
        fprintf(stderr, "%s: it did not go well: %s\n", d->name, line);
    assert_true(rec_matches(line, "err=0"));
}

/* The file lies on a server: the message about it is sent as the engine does. */
static void tell_about(int reply, const char *id)
{
    char *cursor = rec_value(h, reply, "cursor"), *url = rec_value(h, reply, "text");
    struct kith_attachment a = {
        .size = sizeof a, .id = cursor, .name = "note.txt", .mime = "text/plain", .url = url, .bytes = SIZE};
    struct kith_send m = {.size = sizeof m,
                          .chat = d->their_address(),
                          .id = id,
                          .body = "note.txt",
                          .flags = KITH_SEND_FILE,
                          .attachments = &a,
                          .n_attachments = 1};
    assert_true(cursor && url);
    assert_true(h->core->send(h->session, &m) >= 0);
    free(cursor);
    free(url);
}

static kith_req send_file(const struct place *p, const char *id)
{
    kith_req req;
    assert_true(offer(d->their_address(), p->ours, id, &req) >= 0);
    if (d->files_lie)
        tell_about(reply_of(req), id);
    return req;
}

void files_out(void **state UNUSED)
{
    need_files();
    meet();
    struct place p = begin();
    kith_req req = send_file(&p, "file-1");
    int at = they_see(&they, "MESSAGE|id=file-1|file=note.txt|bytes=300000");
    assert_true(at >= 0);
    char *attachment = hand_value(&they, at, "attachment"), *body = hand_value(&they, at, "body");
    assert_non_null(attachment);
    assert_true(body && !strstr(body, "://")); /* a file, not a link to read */
    hand_say(&they, "accept|%s|%s", attachment, p.theirs);
    assert_true(they_see(&they, "REPLY|err=0") >= 0);
    assert_true(!d->files_lie || hand_count(&they, 0, "PROGRESS|done=300000|total=300000") == 1);
    assert_true(same(&p));
    went_well(req);
    assert_true(!d->files_lie || rec_count(h, 0, "PROGRESS|done=300000|total=300000") == 1);
    assert_int_equal(hand_count(&they, 0, "MESSAGE|id=file-1"), 1);
    free(attachment);
    free(body);
    end(&p);
    part(&they);
}

/* ---- from them ---- */

static char *their_file(const struct place *p, const char *id)
{
    size_t from = h->n_events, lines = they.n;
    hand_say(&they, "offer|%s|%s|%s", d->our_address(), p->ours, id);
    if (d->files_lie) {
        int reply = they_see_from(&they, lines, "REPLY|err=0");
        assert_true(reply >= 0);
        char *cursor = hand_value(&they, reply, "cursor"), *url = hand_value(&they, reply, "text");
        hand_say(&they, "share|%s|%s|%s|%s|note.txt|%d", d->our_address(), id, cursor, url, SIZE);
        free(cursor);
        free(url);
    }
    char *words = xasprintf("MESSAGE|id=%s|file=note.txt|bytes=300000", id);
    int at = wait_for(from, words);
    free(words);
    assert_true(at >= 0);
    char *attachment = rec_value(h, at, "attachment");
    assert_non_null(attachment);
    return attachment;
}

static int accept_file(const char *attachment, const char *path, kith_req *req)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    *req = rec_request(h);
    int rc = rec_called(h, *req, h->proto->files->accept(h->session, attachment, fd, *req));
    if (rc < 0)
        close(fd);
    return rc;
}

void files_in(void **state UNUSED)
{
    kith_req req;
    need_files();
    meet();
    struct place p = begin();
    char *attachment = their_file(&p, "file-2");
    assert_true(accept_file(attachment, p.theirs, &req) >= 0);
    went_well(req);
    assert_true(same(&p));
    assert_true(!d->files_lie || rec_count(h, 0, "PROGRESS|done=300000|total=300000") == 1);
    free(attachment);
    end(&p);
    part(&they);
}

/* ---- no ---- */

/* Refused at once, or a little later with a sentence. */
static void must_fail(int rc, kith_req req)
{
    if (rc < 0)
        return;
    int at = reply_of(req);
    char *err = rec_value(h, at, "err"), *text = rec_value(h, at, "text");
    assert_true(err[0] == '-');
    assert_true(text && strlen(text) > 10);
    free(err);
    free(text);
}

void files_refused(void **state UNUSED)
{
    need_files();
    meet();
    struct place p = begin();
    char *attachment = their_file(&p, "file-3");
    size_t lines = they.n;
    kith_req req = rec_request(h);
    assert_true(rec_called(h, req, h->proto->files->decline(h->session, attachment, req)) >= 0);
    went_well(req);
    if (!d->files_lie) /* they wait for our answer, and have it */
        assert_true(they_see_from(&they, lines, "REPLY|err=-9") >= 0);
    assert_true(access(p.theirs, F_OK) < 0);
    int rc = accept_file("nobody/gave-it", p.theirs, &req);
    must_fail(rc, req);
    assert_true(h->proto->files->cancel(h->session, req + 1000) < 0);
    make_file(p.large);
    assert_int_equal(truncate(p.large, MORE_THAN_ANYBODY), 0);
    rc = offer(d->nobody, p.large, "file-4", &req);
    must_fail(rc, req);
    free(attachment);
    end(&p);
    part(&they);
}
