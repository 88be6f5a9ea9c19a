/* fuzz/fuzz_xmpp_stanza.c - stanzas of anybody, and answers of anybody to what we asked, become
 * events */
/* links: base xmppim */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/xmppim/fake_x.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines: a stanza; or a digit and the answer to an open question; "^" binds, "v" drops the link.
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
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct x *x = fake_open();
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
    im_send(x, &m);
    im_mark_read(x, "juliet@capulet.lit", "m1", "a1");
    fake_committed(x);
    fake_close(x);
    free(text);
    return 0;
}
