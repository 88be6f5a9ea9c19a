/* base/http.c - reads the answer of a web server: status, fields, and the body in each of its forms */
#include "base/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum state { S_STATUS, S_FIELDS, S_HEAD_DONE, S_BODY, S_CHUNK_SIZE, S_CHUNK, S_CHUNK_END, S_TRAILER, S_UNTIL_END, S_DONE };

void http_answer_init(struct http_answer *a, bool head)
{
    *a = (struct http_answer){.length = -1, .retry_after = -1, .no_body = head};
}

void http_answer_free(struct http_answer *a)
{
    free(a->location);
    free(a->type);
    buf_free(&a->line);
    *a = (struct http_answer){0};
}

static int bad(struct err *e, const char *why)
{
    return err_set(e, -EPROTO, "The web server's answer cannot be understood: %s.", why);
}

/* ---- the head, line by line ---- */

/* RFC 9112 §4: "HTTP/1.1 200 OK" */
static int read_status(struct http_answer *a, const char *s, struct err *e)
{
    bool fits = (str_starts(s, "HTTP/1.1 ") || str_starts(s, "HTTP/1.0 ")) && strspn(s + 9, "0123456789") == 3 &&
                (s[12] == ' ' || s[12] == '\0');
    if (!fits)
        return bad(e, "it is no HTTP/1.1");
    a->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
    if (a->status < 100 || a->status > 599)
        return bad(e, "its status is none");
    a->state = S_FIELDS;
    return 0;
}

static int read_length(struct http_answer *a, const char *value, struct err *e)
{
    int64_t n;
    bool digits = *value && value[strspn(value, "0123456789")] == '\0';
    if (!digits || !str_int(value, 0, INT64_MAX, &n))
        return bad(e, "its length is no number");
    if (a->has_length && n != a->length)
        return bad(e, "it has two lengths");
    a->has_length = true;
    a->length = n;
    return 0;
}

static int read_coding(struct http_answer *a, const char *value, struct err *e)
{
    if (strcasecmp(value, "chunked") != 0 || a->chunked)
        return bad(e, "it comes in a form that was not asked for");
    a->chunked = true;
    return 0;
}

static int read_known(struct http_answer *a, const char *name, const char *value, struct err *e)
{
    if (strcasecmp(name, "Content-Length") == 0)
        return read_length(a, value, e);
    if (strcasecmp(name, "Transfer-Encoding") == 0)
        return read_coding(a, value, e);
    if (strcasecmp(name, "Content-Encoding") == 0 && strcasecmp(value, "identity") != 0)
        return bad(e, "it comes in a form that was not asked for");
    if (strcasecmp(name, "Location") == 0)
        str_set(&a->location, value);
    else if (strcasecmp(name, "Content-Type") == 0)
        str_take(&a->type, xstrndup(value, strcspn(value, "; \t")));
    else if (strcasecmp(name, "Retry-After") == 0 && !str_int(value, 0, INT32_MAX, &a->retry_after))
        a->retry_after = -1;
    return 0;
}

static bool is_token(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] <= 0x20 || (unsigned char)s[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", s[i]))
            return false;
    return n > 0;
}

static int read_field(struct http_answer *a, char *line, struct err *e)
{
    size_t n = strcspn(line, ":");
    if (line[n] != ':' || !is_token(line, n)) /* also lines that go on: RFC 9112 §5.2 */
        return bad(e, "a field has no name");
    line[n] = '\0';
    char *value = line + n + 1 + strspn(line + n + 1, " \t");
    for (size_t len = strlen(value); len > 0 && strchr(" \t", value[len - 1]); len--)
        value[len - 1] = '\0';
    return read_known(a, line, value, e);
}

/* What follows the head: RFC 9112 §6.3. */
static void end_head(struct http_answer *a)
{
    if (a->status < 200) { /* on the way; the answer itself follows */
        a->chunked = a->has_length = false;
        a->length = -1;
        str_set(&a->location, NULL);
        a->state = S_STATUS;
        return;
    }
    a->no_body |= a->status == 204 || a->status == 304;
    if (a->chunked) /* its own ends count */
        a->length = -1;
    a->left = a->length;
    a->state = S_HEAD_DONE;
}

static void begin_body(struct http_answer *a)
{
    if (a->no_body || (!a->chunked && a->length == 0))
        a->state = S_DONE;
    else if (a->chunked)
        a->state = S_CHUNK_SIZE;
    else
        a->state = a->has_length ? S_BODY : S_UNTIL_END;
}

static int read_chunk_size(struct http_answer *a, const char *s, struct err *e)
{
    size_t n = strspn(s, "0123456789abcdefABCDEF"), after = n + strspn(s + n, " \t");
    if (n == 0 || n > 15 || (s[after] && s[after] != ';'))
        return bad(e, "a part of it has no size");
    a->left = (int64_t)strtoull(s, NULL, 16);
    a->state = a->left ? S_CHUNK : S_TRAILER;
    return 0;
}

static int take_line(struct http_answer *a, struct err *e)
{
    char *line = a->line.data ? a->line.data : NULL;
    const char *text = line ? line : "";
    if (memchr(text, '\0', a->line.len) || strchr(text, '\r'))
        return bad(e, "there are control characters in its head");
    switch ((enum state)a->state) {
    case S_STATUS:
        return read_status(a, text, e);
    case S_FIELDS:
        if (*text)
            return read_field(a, line, e);
        end_head(a);
        return 0;
    case S_CHUNK_SIZE:
        return read_chunk_size(a, text, e);
    case S_CHUNK_END:
        if (*text)
            return bad(e, "a part of it is longer than it says");
        a->state = S_CHUNK_SIZE;
        return 0;
    case S_TRAILER:
        if (!*text)
            a->state = S_DONE;
        return 0;
    case S_HEAD_DONE:
    case S_BODY:
    case S_CHUNK:
    case S_UNTIL_END:
    case S_DONE:
        break;
    }
    return 0;
}

/* Up to the end of a line, which may be without the carriage return. Bytes taken. */
static int64_t feed_line(struct http_answer *a, const char *data, size_t len, struct err *e)
{
    const char *end = memchr(data, '\n', len);
    size_t n = end ? (size_t)(end - data) : len;
    bool head = a->state == S_STATUS || a->state == S_FIELDS || a->state == S_TRAILER;
    a->head_bytes += head ? n + 1 : 0;
    if (a->line.len + n > HTTP_LINE_MAX || a->head_bytes > HTTP_HEAD_MAX)
        return bad(e, "its head is too long");
    buf_add(&a->line, data, n);
    if (!end)
        return (int64_t)n;
    if (a->line.len && a->line.data[a->line.len - 1] == '\r')
        buf_delete(&a->line, a->line.len - 1, 1);
    int rc = take_line(a, e);
    buf_clear(&a->line);
    return rc < 0 ? rc : (int64_t)n + 1;
}

/* ---- the body ---- */

static int64_t feed_body(struct http_answer *a, const char *data, size_t len, http_body_fn *body, void *user)
{
    size_t n = a->state == S_UNTIL_END ? len : (size_t)MIN((int64_t)len, a->left);
    int rc = body ? body(user, data, n) : 0;
    if (rc < 0)
        return rc;
    a->taken += (int64_t)n;
    if (a->state == S_UNTIL_END)
        return (int64_t)n;
    a->left -= (int64_t)n;
    if (a->left == 0)
        a->state = a->state == S_CHUNK ? S_CHUNK_END : S_DONE;
    return (int64_t)n;
}

int64_t http_feed(struct http_answer *a, const void *data, size_t len, http_body_fn *body, void *user, struct err *e)
{
    const char *at = data;
    size_t used = 0;
    if (a->state == S_HEAD_DONE)
        begin_body(a);
    while (used < len && a->state != S_DONE) {
        bool in_body = a->state == S_BODY || a->state == S_CHUNK || a->state == S_UNTIL_END;
        int64_t n = in_body ? feed_body(a, at + used, len - used, body, user) : feed_line(a, at + used, len - used, e);
        if (n < 0)
            return n;
        used += (size_t)n;
        if (a->state == S_HEAD_DONE)
            break;
    }
    return (int64_t)used;
}

bool http_has_head(const struct http_answer *a)
{
    return a->state >= S_HEAD_DONE;
}

bool http_is_done(const struct http_answer *a)
{
    bool empty = a->no_body || (!a->chunked && a->length == 0);
    return a->state == S_DONE || (a->state == S_HEAD_DONE && empty);
}

bool http_is_open_ended(const struct http_answer *a)
{
    return !a->no_body && !a->chunked && !a->has_length;
}

int http_end(struct http_answer *a, struct err *e)
{
    if (a->state == S_HEAD_DONE)
        begin_body(a);
    if (a->state == S_UNTIL_END)
        a->state = S_DONE;
    if (a->state == S_DONE)
        return 0;
    return err_set(e, -ECONNRESET, a->state <= S_FIELDS ? "The web server closed the connection without an answer."
                                                      : "The web server closed the connection in the middle.");
}

void http_status_words(int status, struct buf *out)
{
    static const struct {
        int status;
        const char *words;
    } known[] = {{400, "it does not understand the request"}, {401, "it wants a login"}, {402, "it wants to be paid"},
                 {403, "it is not allowed"}, {404, "it is not there"}, {405, "it does not do that"},
                 {408, "it took too long"}, {409, "something is in the way"}, {410, "it is gone"},
                 {411, "it wants to know the size"}, {413, "the file is too large"}, {414, "the address is too long"},
                 {415, "it does not take files of this type"}, {416, "that part is not there"},
                 {429, "too many requests"}, {451, "it must not be shown, by law"}, {500, "the server is broken"},
                 {501, "it cannot do that"}, {502, "a server behind it is broken"}, {503, "it is overloaded"},
                 {504, "a server behind it does not answer"}, {507, "the server is full"}};
    const char *words = status >= 500 ? "the server is broken" : status >= 400 ? "it is refused" : "nothing came";
    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i].status == status)
            words = known[i].words;
    buf_addf(out, "%s (HTTP %d)", words, status);
}
