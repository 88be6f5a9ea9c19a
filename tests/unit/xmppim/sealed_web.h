/* unit/xmppim/sealed_web.h - what the tests of files in encrypted chats share: a friend's device, a server for files, one file */
#ifndef TEST_SEALED_WEB_H
#define TEST_SEALED_WEB_H

#include "played.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/xmpp/files.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/upload.h"
#include "fake_web.h"

#define PLAIN "O Romeo"
#define UPLOAD_NS "urn:xmpp:http:upload:0"
#define SLOT                                                                                             \
    "<slot xmlns='" UPLOAD_NS "'><put url='https://files.montague.lit/up/one'/>" \
    "<get url='https://files.montague.lit/get/one%s'/></slot>"

static inline int file_of(const void *data, size_t len)
{
    char path[] = "/tmp/kith-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, data, len), len);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static inline int with_web(void **state)
{
    int rc = setup(state);
    struct both *t = *state;
    fake_web(t->x);
    return rc;
}

static inline int without_web(void **state)
{
    int rc = teardown(state);
    fake_web_forget();
    return rc;
}

static inline void find_service(struct x *x, const char *max)
{
    if (!fake_asking(x, "disco#items"))
        return;
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='files.montague.lit'/></query>");
    if (fake_asking(x, "to=\"montague.lit\""))
        fake_result(x, "to=\"montague.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'></query>");
    fake_result(x, "to=\"files.montague.lit\"",
                "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='store' type='file'/>"
                "<feature var='" UPLOAD_NS "'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>"
                "<value>" UPLOAD_NS "</value></field><field var='max-file-size'><value>%s</value></field></x></query>", max);
}

static inline void offer(struct both *t, const char *name, const char *text, kith_req req)
{
    assert_int_equal(files_offer(t->x, JULIET, file_of(text, strlen(text)), name, NULL, (int64_t)strlen(text), "f1", req), 0);
}

#endif
