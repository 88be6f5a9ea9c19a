/* unit/xmppim/web.h - what the tests of files by HTTP share */
#ifndef TEST_WEB_H
#define TEST_WEB_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/xmpp/files.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/upload.h"
#include "base/buf.h"
#include "fake_web.h"

#define JULIET "juliet@capulet.lit"
/* sha-256 of "O Romeo" and of "hello" */
#define SUM_ROMEO "/dIfz0re5wQMz6QbNd2uV9P6VPhs2dNSMY6PGLGqMF0="
#define SUM_HELLO "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

static inline int setup(void **state)
{
    struct x *x = fake_open();
    fake_web(x);
    fake_start(x);
    fake_friends(x);
    *state = x;
    return 0;
}

static inline int teardown(void **state)
{
    fake_close(*state);
    fake_web_forget();
    return 0;
}

/* A file without a name that holds the text, and can be written. */
static inline int file_of(const char *text)
{
    char path[] = "/tmp/kith-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static inline void holds(int fd, const char *text)
{
    char got[256] = "";
    ssize_t n = pread(fd, got, sizeof got - 1, 0);
    assert_int_equal(n, strlen(text));
    assert_string_equal(got, text);
}

#endif
