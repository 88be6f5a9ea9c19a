/* backends/xmpp/ws_frame.c - WebSocket as a client sees it, without any I/O: the handshake and the frames (RFC 6455) */
#include "backends/xmpp/ws_frame.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "backends/common/scram.h"
#include "base/http.h"
#include "base/mem.h"
#include "base/rand.h"
#include "kith/plugin.h"

/* ---- the handshake ---- */

void ws_key(char key[WS_KEY])
{
    unsigned char raw[16];
    struct buf b = {0};
    rand_bytes(raw, sizeof raw);
    b64_encode(&b, raw, sizeof raw);
    str_copy(key, WS_KEY, buf_str(&b));
    buf_free(&b);
}

void ws_accept(const char *key, struct buf *out)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *both = xasprintf("%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    if (EVP_Digest(both, strlen(both), md, &n, EVP_sha1(), NULL) == 1)
        b64_encode(out, md, n);
    free(both);
}

/* One field of the head: its value, owned, "" when it is empty, NULL when it is not there. Values of fields of the same
 * name are joined, as RFC 9110 §5.3 has it. */
static char *field(const char *head, const char *name)
{
    size_t n = strlen(name);
    struct buf b = {0};
    bool there = false;
    for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2, *colon = at + strcspn(at, ":\r");
        char *key = xstrndup(at, (size_t)(colon - at));
        bool same = *colon == ':' && (size_t)(colon - at) == n && str_casecmp_ascii(key, name) == 0;
        free(key);
        if (!same)
            continue;
        const char *from = colon + 1 + strspn(colon + 1, " \t");
        size_t len = strcspn(from, "\r");
        while (len && (from[len - 1] == ' ' || from[len - 1] == '\t'))
            len--;
        if (there)
            buf_adds(&b, ", ");
        buf_add(&b, from, len);
        there = true;
    }
    return there ? buf_take(&b) : NULL;
}

static bool has_token(const char *list, const char *token)
{
    for (const char *at = list; at && *at;) {
        at += strspn(at, ", \t");
        size_t n = strcspn(at, ", \t");
        char *one = xstrndup(at, n);
        bool same = str_casecmp_ascii(one, token) == 0;
        free(one);
        if (same)
            return true;
        at += n;
    }
    return false;
}

static int no_upgrade(const char *who, int64_t status, struct err *e)
{
    struct buf why = {0};
    http_status_words((int)status, &why);
    (void)err_set(e, KITH_EPROTO, "%s does not take a WebSocket: %s.", who, buf_str(&why));
    buf_free(&why);
    return KITH_EPROTO;
}

static const char *wrong_field(const char *text, const char *key)
{
    struct buf want = {0};
    char *upgrade = field(text, "Upgrade"), *connection = field(text, "Connection"), *accept = field(text, "Sec-WebSocket-Accept"),
         *protocol = field(text, "Sec-WebSocket-Protocol"), *extensions = field(text, "Sec-WebSocket-Extensions");
    ws_accept(key, &want);
    const char *wrong = !has_token(upgrade, "websocket") || !has_token(connection, "upgrade") ? "it changes to another protocol"
                        : !str_eq(accept, buf_str(&want)) ? "its answer is to another question than ours"
                        : !str_eq(protocol, "xmpp")       ? "what it speaks there is not XMPP"
                        : !str_empty(extensions)          ? "it wants an extension that was not asked for"
                                                          : NULL;
    free(upgrade);
    free(connection);
    free(accept);
    free(protocol);
    free(extensions);
    buf_free(&want);
    return wrong;
}

int ws_answer(const char *head, size_t len, const char *key, const char *who, struct err *e)
{
    char *text = xstrndup(head, len);
    int64_t status = 0;
    char code[4] = "";
    int rc = 0;
    if (str_starts(text, "HTTP/1.1 ") && strlen(text) > 12 && strchr(" \r", text[12]))
        str_copy(code, sizeof code, text + 9);
    const char *wrong = strlen(text) != len || !str_int(code, 100, 999, &status) ? "its answer is not HTTP" : NULL;
    if (!wrong && status != 101)
        rc = no_upgrade(who, status, e);
    else if (!wrong)
        wrong = wrong_field(text, key);
    if (wrong)
        rc = err_set(e, KITH_EPROTO, "%s does not take a WebSocket: %s.", who, wrong);
    free(text);
    return rc;
}

/* ---- frames ---- */

void ws_frame(struct buf *out, enum ws_op op, const void *data, size_t len, const unsigned char mask[4])
{
    const unsigned char *from = data;
    buf_addc(out, (char)(0x80 | op));
    if (len < 126) {
        buf_addc(out, (char)(0x80 | len));
    } else {
        int bytes = len < 65536 ? 2 : 8;
        buf_addc(out, (char)(0x80 | (bytes == 2 ? 126 : 127)));
        for (int i = bytes - 1; i >= 0; i--)
            buf_addc(out, (char)((uint64_t)len >> (8 * i)));
    }
    buf_add(out, mask, 4);
    buf_reserve(out, len);
    for (size_t i = 0; i < len; i++)
        out->data[out->len + i] = (char)(from[i] ^ mask[i & 3]);
    out->len += len;
    out->data[out->len] = '\0';
}

static int bad(struct err *e, const char *what)
{
    return err_set(e, KITH_EPROTO, "The server broke the rules of WebSocket: %s.", what);
}

/* How long the head is, as far as that is known. */
static size_t head_size(const struct ws_in *w)
{
    if (w->n_head < 2)
        return 2;
    unsigned n = w->head[1] & 0x7f;
    return n == 126 ? 4 : n == 127 ? 10 : 2;
}

static int take_kind(struct ws_in *w, struct err *e)
{
    unsigned op = w->head[0] & 0x0f;
    bool control = op >= 8;
    w->fin = w->head[0] & 0x80;
    if (w->head[0] & 0x70)
        return bad(e, "a frame needs an extension that was not asked for");
    if (w->head[1] & 0x80)
        return bad(e, "a frame is masked, which is for clients");
    if (op == WS_BINARY)
        return bad(e, "a message is not text");
    if (op != WS_MORE && op != WS_TEXT && op != WS_CLOSE && op != WS_PING && op != WS_PONG)
        return bad(e, "a frame is of no known kind");
    if (control && (!w->fin || (w->head[1] & 0x7f) > WS_CONTROL_MAX))
        return bad(e, "a control frame is in pieces or too long");
    if (op == WS_TEXT && w->in_message)
        return bad(e, "a message begins inside another");
    if (op == WS_MORE && !w->in_message)
        return bad(e, "a message goes on that never began");
    w->op = (enum ws_op)op;
    return 0;
}

static int take_length(struct ws_in *w, struct err *e)
{
    uint64_t n = w->head[1] & 0x7f;
    size_t size = head_size(w);
    if (size > 2) {
        n = 0;
        for (size_t i = 2; i < size; i++)
            n = n << 8 | w->head[i];
        if (n < (size == 4 ? 126 : 65536))
            return bad(e, "a length is written longer than it is");
    }
    if (w->op < WS_CLOSE && (n > WS_MESSAGE_MAX || w->message + n > WS_MESSAGE_MAX))
        return bad(e, "a message is longer than any that XMPP has");
    w->left = n;
    return 0;
}

static int begin_frame(struct ws_in *w, struct err *e)
{
    int rc = take_length(w, e);
    if (rc < 0)
        return rc;
    w->in_payload = true;
    if (w->op == WS_TEXT) {
        w->in_message = w->fresh = true;
        w->message = 0;
    }
    w->n_control = 0;
    return 0;
}

static int end_control(struct ws_in *w, const struct ws_sink *sink, void *user, struct err *e)
{
    if (w->op == WS_CLOSE && w->n_control == 1)
        return bad(e, "the end has half a reason");
    w->closed = w->op == WS_CLOSE;
    sink->control(user, w->op, w->control, w->n_control);
    return 0;
}

/* Up to len bytes of the payload; how many were taken goes to *used. */
static int payload(struct ws_in *w, const unsigned char *data, size_t len, size_t *used, const struct ws_sink *sink, void *user,
                   struct err *e)
{
    size_t n = (size_t)MIN((uint64_t)len, w->left);
    *used = n;
    w->left -= n;
    if (w->left == 0)
        w->in_payload = false, w->n_head = 0;
    if (w->op >= WS_CLOSE) {
        memcpy(w->control + w->n_control, data, n);
        w->n_control += n;
        return w->left ? 0 : end_control(w, sink, user, e);
    }
    bool first = w->fresh, last = w->left == 0 && w->fin;
    w->fresh = false;
    w->message += n;
    w->in_message = !last;
    return sink->text(user, (const char *)data, n, first, last, e);
}

static int head_byte(struct ws_in *w, unsigned char c, struct err *e)
{
    w->head[w->n_head++] = c;
    int rc = w->n_head == 2 ? take_kind(w, e) : 0;
    return rc >= 0 && w->n_head >= 2 && w->n_head == head_size(w) ? begin_frame(w, e) : rc;
}

int ws_read(struct ws_in *w, const void *data, size_t len, const struct ws_sink *sink, void *user, struct err *e)
{
    const unsigned char *at = data, *end = at + len;
    int rc = 0;
    while (rc >= 0 && !w->closed && (at < end || (w->in_payload && w->left == 0))) {
        size_t used = 1;
        rc = w->in_payload ? payload(w, at, (size_t)(end - at), &used, sink, user, e) : head_byte(w, *at, e);
        at += used;
    }
    return rc;
}
