/* fuzz/fuzz_xmpp_stanza.c - stanzas of anybody, and answers of anybody to what we asked, become
 * events */
/* links: base xmppim */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/xmppim/fake_x.h"
#include "backends/xmpp/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file that was offered last is accepted. */
static void accept_file(struct x *x)
{
    const char *event = fake_last_event(x, "file=jingle:"), *at = event ? strstr(event, "file=") + 5 : NULL;
    char *id = at ? xstrndup(at, strcspn(at, ";")) : NULL;
    int fd = id ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && files_accept(x, id, fd, 1) < 0)
        close(fd);
    free(id);
}

static void offer_file(struct x *x)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    fake_option(x, "files", "jingle");
    if (files_offer(x, "juliet@capulet.lit", fd, "zero", "text/plain", 2 << 20, "m1", 2) < 0)
        close(fd);
}

/* The newest connection: "c" stands, "d" has room, "b" breaks, and bytes come with all others. */
static void connection(struct x *x, const char *what)
{
    size_t n = fake_streams(x) - 1;
    if (!fake_streams(x) || !fake_stream_open(x, n))
        return;
    if (*what == 'c')
        fake_stream_connected(x, n);
    else if (*what == 'b')
        fake_stream_broke(x, n);
    else if (*what == 'd' && fake_stream_ready(x, n))
        fake_stream_drained(x, n);
    else if (*what == 'm' && fake_stream_ready(x, n))
        fake_stream_in(x, n, "\x05\x00", 2);
    else if (*what == 'r' && fake_stream_ready(x, n))
        fake_stream_in(x, n, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
    else if (fake_stream_ready(x, n))
        fake_stream_in(x, n, what, strlen(what));
}

/* Lines: a stanza; or a digit and the answer to an open question; "^" binds, "v" drops the link; "a" and "o" take
 * and offer files, "s" is about a connection.
 * "QID" in a line becomes the id of the open archive question. */
static void line(struct x *x, char *text)
{
    char *qid = strstr(text, "QID"), *own = NULL;
    if (qid && fake_asking(x, "queryid=\"")) {
        *qid = '\0';
        own = xasprintf("%s%s%s", text, fake_queryid(x), qid + 3);
        text = own;
    }
    if (*text >= '0' && *text <= '9')
        fake_answer_text(x, (size_t)(*text - '0'), text + 1);
    else if (*text == '^')
        fake_bind(x, text[1] == 'r');
    else if (*text == 'v')
        fake_drop(x, text[1] == 'l');
    else if (*text == '<')
        fake_feed_text(x, text);
    else if (*text == 't')
        fake_timers(x);
    else if (*text == 'a')
        accept_file(x);
    else if (*text == 'o')
        offer_file(x);
    else if (*text == 's')
        connection(x, text + 1);
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct x *x = fake_open();
    fake_option(x, "live", "all");
    fake_start(x);
    fake_friends(x);
    char *text = xstrndup((const char *)data, size);
    for (char *p = text, *next; p && *p; p = next) {
        next = strchr(p, '\n');
        if (next)
            *next++ = '\0';
        line(x, p);
    }
    struct kith_send m = {.size = sizeof m,
                          .chat = "juliet@capulet.lit",
                          .body = "x",
                          .id = "id1",
                          .flags = KITH_SEND_RETRY};
    im_typing(x, "juliet@capulet.lit", KITH_TYPING_ACTIVE, "half a word");
    fake_timers(x);
    im_send(x, &m);
    im_mark_read(x, "juliet@capulet.lit", "m1", "a1");
    fake_committed(x);
    fake_close(x);
    free(text);
    return 0;
}
