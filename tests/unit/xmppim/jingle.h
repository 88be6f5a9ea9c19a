/* unit/xmppim/jingle.h - files between a fake session and juliet's balcony */
#ifndef JINGLE_TEST_H
#define JINGLE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/xmpp/jingle.h"
#include "fake_x.h"

#define PEER "juliet@capulet.lit/balcony"
#define SUM_HELLO "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" /* SHA-256 of "hello" */
#define HASH(sum) "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" sum "</hash>"
#define PROMISE "<hash-used xmlns='urn:xmpp:hashes:2' algo='sha-256'/>"
#define IBB_WAY "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='ch3d9s71'/>"
#define FILE_OF(size, hash)                                                                                             \
    "<description xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><media-type>text/plain</media-type>"               \
    "<name>hello.txt</name><size>" size "</size>" hash "</file></description>"

static UNUSED struct x *started(void)
{
    struct x *x = fake_open();
    fake_start(x);
    fake_friends(x);
    return x;
}

static int setup(void **state)
{
    *state = started();
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

/* One iq of the session from somebody: its content. */
static void jingle_from(struct x *x, const char *from, const char *action, const char *content)
{
    fake_feed(x,
              "<iq type='set' id='i-%s' from='%s' to='" ME_FULL "'><jingle xmlns='urn:xmpp:jingle:1' action='%s' "
              "sid='a73s'>%s</jingle></iq>",
              action, from, action, content);
}

static void session(struct x *x, const char *action, const char *content)
{
    jingle_from(x, PEER, action, content);
}

static void offered(struct x *x, const char *description, const char *transport)
{
    char *content = xasprintf("<content creator='initiator' name='ex' senders='initiator'>%s%s</content>", description,
                              transport);
    session(x, "session-initiate", content);
    free(content);
}

/* The attachment's id of the next message. */
static char *attachment(struct x *x)
{
    return fake_event_part(x, "file=");
}

static int temp_file(const char *content)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    fputs(content, f);
    fflush(f);
    rewind(f);
    int fd = dup(fileno(f));
    fclose(f);
    return fd;
}

static char *content_of(int fd)
{
    char text[256];
    ssize_t n = pread(fd, text, sizeof text, 0);
    assert_true(n >= 0);
    return xstrndup(text, (size_t)n);
}

/* A device of hers that says by its capabilities what it has. */
static UNUSED void device(struct x *x, const char *resource, const char *priority, const char *features)
{
    char *info = xasprintf("<query xmlns='http://jabber.org/protocol/disco#info'>%s</query>", features);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(x), info);
    char *ver = caps_hash(st, "sha-1");
    xmpp_stanza_release(st);
    fake_feed(x,
              "<presence from='juliet@capulet.lit/%s'><priority>%s</priority><c xmlns='http://jabber.org/protocol/caps' "
              "hash='sha-1' node='n' ver='%s'/></presence>",
              resource, priority, ver);
    if (fake_asking(x, ver))
        fake_result(x, ver, "%s", info);
    free(ver);
    free(info);
    fake_forget(x);
}
#define HAS(ns) "<feature var='" ns "'/>"
#define FILES_IBB HAS("urn:xmpp:jingle:1") HAS("urn:xmpp:jingle:apps:file-transfer:5") HAS("urn:xmpp:jingle:transports:ibb:1")
#define FILES_ALL FILES_IBB HAS("urn:xmpp:jingle:transports:s5b:1")

/* Offers "hello" by the way alone. */
static UNUSED int offer_hello(struct x *x, kith_req req)
{
    fake_option(x, "files", "jingle");
    return files_offer(x, "juliet@capulet.lit", temp_file("hello"), "hello.txt", "text/plain", 5, "m1", req);
}

/* What our last stanza with this part says in an attribute: owned. */
static UNUSED char *said(const char *text, const char *attr)
{
    char *key = xasprintf("%s=\"", attr), *at = strstr(text, key);
    assert_non_null(at);
    at += strlen(key);
    char *out = xstrndup(at, strcspn(at, "\""));
    free(key);
    return out;
}

#endif
