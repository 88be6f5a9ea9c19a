/* fuzz/fuzz_websocket.c - WebSocket as a server may send it, in pieces of any size, and documents of RFC 6415 */
/* links: base xmppim */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/hostmeta.h"
#include "backends/xmpp/ws_frame.h"
#include "backends/xmpp/ws_xml.h"
#include "base/log.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader {
    struct ws_join join;
    struct buf out;      /* for libstrophe */
    bool awaited, inside;
    size_t controls;
};

static int on_text(void *user, const char *data, size_t len, bool first, bool last, struct err *e)
{
    struct reader *r = user;
    ENSURE(first != r->inside); /* each message begins once and ends once */
    r->inside = !last;
    return ws_join(&r->join, data, len, last, &r->awaited, &r->out, e);
}

static void on_control(void *user, enum ws_op op, const void *data, size_t len)
{
    struct reader *r = user;
    ENSURE(len <= WS_CONTROL_MAX && op >= WS_CLOSE && (len == 0 || data));
    r->controls++;
}

static const struct ws_sink sink = {on_text, on_control};

static char *read_all(const uint8_t *data, size_t size, size_t step, int *rc, size_t *controls)
{
    struct reader r = {.awaited = true};
    struct ws_in in = {0};
    struct err e = {0};
    *rc = 0;
    for (size_t at = 0; at < size && *rc >= 0; at += step)
        *rc = ws_read(&in, data + at, MIN(step, size - at), &sink, &r, &e);
    ENSURE(*rc >= 0 || e.text[0]);
    ENSURE(r.join.head.len <= WS_OPEN_MAX || !r.join.through);
    *controls = r.controls;
    ws_join_free(&r.join);
    return buf_take(&r.out);
}

static void on_message(void *user, const char *xml, size_t len)
{
    ENSURE(len > 0 && xml[0] == '<' && xml[len - 1] == '>');
    buf_add(user, xml, len);
}

/* What leaves does not depend on the pieces in which libstrophe wrote it. */
static void cut(const char *text, size_t size)
{
    struct buf one = {0}, all = {0};
    struct ws_cut a = {0}, b = {0};
    for (size_t i = 0; i < size; i++)
        ws_cut(&a, text + i, 1, on_message, &one);
    ws_cut(&b, text, size, on_message, &all);
    ENSURE(strcmp(buf_str(&one), buf_str(&all)) == 0);
    ws_cut_free(&a);
    ws_cut_free(&b);
    buf_free(&one);
    buf_free(&all);
}

static void document(void (*read)(struct hostmeta_links *l, const char *text, size_t len), const char *text, size_t size)
{
    struct hostmeta_links l = {0};
    read(&l, text, size);
    for (size_t i = 0; i < l.n; i++)
        ENSURE(str_starts(l.url[i], "wss://") && !strpbrk(l.url[i], "\r\n "));
    hostmeta_links_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int rc_one, rc_all;
    size_t n_one, n_all;
    char *one = read_all(data, size, 1, &rc_one, &n_one), *all = read_all(data, size, size + 1, &rc_all, &n_all);
    ENSURE(rc_one == rc_all && n_one == n_all);
    ENSURE(rc_one < 0 || strcmp(one, all) == 0);
    free(one);
    free(all);
    char *text = xstrndup((const char *)data, size);
    struct err e = {0};
    ENSURE(ws_answer(text, strlen(text), "dGhlIHNhbXBsZSBub25jZQ==", "it", &e) == 0 || e.text[0]);
    cut(text, strlen(text));
    document(hostmeta_json, text, strlen(text));
    document(hostmeta_xml, text, strlen(text));
    free(text);
    return 0;
}
