/* backends/xmpp/http.c - one request to a web server over a stream of the host (RFC 9112) */
#include "backends/xmpp/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PIECE = 64 << 10 };

struct http_job {
    struct x *x;
    struct http_request r; /* its strings are owned */
    void *user;
    struct http_url url;
    struct kith_stream *stream;
    struct http_answer answer;
    bool has_answer, head_seen, head_sent, stop; /* head_seen: head() was called; stop: the answer came before all was sent */
    int redirects;
    int64_t sent;           /* of the body, given to the stream */
    int timer;
    int64_t active_ms;      /* monotonic, of the last byte */
    struct err err;
};

static void close_stream(struct http_job *j)
{
    if (j->stream)
        x_host(j->x)->stream_close(j->stream);
    j->stream = NULL;
}

static void job_free(struct http_job *j)
{
    close_stream(j);
    x_host(j->x)->timer_del(j->timer);
    if (j->has_answer)
        http_answer_free(&j->answer);
    http_url_free(&j->url);
    free((char *)(uintptr_t)j->r.method);
    free((char *)(uintptr_t)j->r.fields);
    free(j);
}

void http_cancel(struct http_job *j)
{
    if (j)
        job_free(j);
}

static int kith_code(int code)
{
    return code >= KITH_ELIMIT ? code : code == -EINVAL ? KITH_EINVAL : code == -EPROTO ? KITH_EPROTO : KITH_ENET;
}

static void finish(struct http_job *j)
{
    close_stream(j);
    j->err.code = j->err.code ? kith_code(j->err.code) : 0;
    j->r.done(j->user, &j->answer, &j->err);
    job_free(j);
}

static int fail(struct http_job *j, int code, const char *text)
{
    (void)err_set(&j->err, code, "%s", text);
    finish(j);
    return code;
}

/* ---- time ---- */

static void on_timer(void *user)
{
    struct http_job *j = user;
    int64_t quiet = x_host(j->x)->mono_ms() - j->active_ms;
    j->timer = 0;
    if (quiet < HTTP_SILENCE_MS) {
        j->timer = x_host(j->x)->timer_add(HTTP_SILENCE_MS - quiet, on_timer, j);
        return;
    }
    (void)err_set(&j->err, KITH_ENET, "%s has not answered for %d seconds.", j->url.host, HTTP_SILENCE_MS / 1000);
    finish(j);
}

static void active(struct http_job *j)
{
    j->active_ms = x_host(j->x)->mono_ms();
}

/* ---- the request ---- */

static void put_head(struct http_job *j)
{
    struct buf b = {.secret = true}; /* a slot may hold a token */
    bool put = strcmp(j->r.method, "PUT") == 0;
    buf_addf(&b, "%s %s HTTP/1.1\r\nHost: ", j->r.method, j->url.target);
    http_url_host(&j->url, &b);
    buf_adds(&b, "\r\nUser-Agent: kith\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n");
    if (put)
        buf_addf(&b, "Content-Length: %lld\r\n", (long long)j->r.bytes);
    buf_adds(&b, j->r.fields);
    buf_adds(&b, "\r\n");
    (void)x_host(j->x)->stream_write(j->stream, b.data, b.len);
    j->head_sent = true;
    buf_wipe_free(&b);
}

/* The next piece of the body, once the one before has left: nothing piles up. */
static void put_piece(struct http_job *j)
{
    size_t want = (size_t)MIN((int64_t)PIECE, j->r.bytes - j->sent);
    if (!want || j->stop || !j->stream)
        return;
    char *piece = xmalloc(want);
    ssize_t n = j->r.read(j->user, piece, want);
    int rc = n > 0 ? x_host(j->x)->stream_write(j->stream, piece, (size_t)n) : 0;
    free(piece);
    if (n <= 0) {
        (void)fail(j, KITH_EINVAL, n == 0 ? "The file became shorter while it was sent." : strerror((int)-n));
        return;
    }
    if (rc < 0) {
        (void)fail(j, KITH_ENET, "The connection broke.");
        return;
    }
    j->sent += n;
}

static void on_open(void *user, const struct kith_stream_info *info UNUSED)
{
    struct http_job *j = user;
    active(j);
    put_head(j);
}

static void on_drained(void *user)
{
    struct http_job *j = user;
    active(j);
    if (!j->head_sent || !j->r.read)
        return;
    if (j->r.written && j->sent)
        j->r.written(j->user, j->sent);
    put_piece(j);
}

/* ---- the answer ---- */

static int begin(struct http_job *j, struct err *e);

static bool is_redirect(const struct http_job *j)
{
    int s = j->answer.status;
    return (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) && j->answer.location &&
           strcmp(j->r.method, "GET") == 0;
}

/* Never from an encrypted address to one in clear, and not for ever. */
static void redirect(struct http_job *j)
{
    struct http_url to;
    int rc = http_url_resolve(&to, &j->url, j->answer.location, &j->err);
    if (rc >= 0 && j->url.tls && !to.tls) {
        rc = err_set(&j->err, KITH_EDENIED, "%s sends on to an address without encryption (%s); that is not followed.",
                     j->url.host, to.host);
        http_url_free(&to);
    } else if (rc >= 0 && ++j->redirects > HTTP_REDIRECTS) {
        rc = err_set(&j->err, KITH_EPROTO, "%s sends on to another address again and again.", j->url.host);
        http_url_free(&to);
    }
    if (rc >= 0) {
        http_url_free(&j->url);
        j->url = to;
        close_stream(j);
        rc = begin(j, &j->err);
    }
    if (rc < 0)
        finish(j);
}

static int on_body(void *user, const void *data, size_t len)
{
    struct http_job *j = user;
    if (j->answer.status != 200)
        return 0; /* words of a web server for a browser */
    return j->r.body ? j->r.body(j->user, data, len, &j->err) : 0;
}

/* False: the job is gone, or has another stream. */
static bool look_at_head(struct http_job *j)
{
    if (j->head_seen || !http_has_head(&j->answer))
        return true;
    j->head_seen = true;
    j->stop = true; /* whatever it says: no more of the body */
    if (is_redirect(j)) {
        redirect(j);
        return false;
    }
    if (j->r.head && j->r.head(j->user, &j->answer, &j->err) < 0) {
        finish(j);
        return false;
    }
    return true;
}

enum { ERROR_BODY_MAX = 64 << 10 };

static size_t on_data(void *user, const void *data, size_t len)
{
    struct http_job *j = user;
    size_t used = 0;
    active(j);
    while (used < len) {
        int64_t n = http_feed(&j->answer, (const char *)data + used, len - used, on_body, j, &j->err);
        if (n < 0) {
            if (!j->err.code)
                j->err.code = (int)n;
            finish(j);
            return len;
        }
        used += (size_t)n;
        if (!look_at_head(j))
            return len;
        bool enough = j->answer.status != 200 && j->answer.taken > ERROR_BODY_MAX;
        if (http_is_done(&j->answer) || enough) {
            finish(j);
            return len;
        }
    }
    return len;
}

static void on_closed(void *user, int err, const char *text)
{
    struct http_job *j = user;
    j->stream = NULL;
    if (!j->head_sent) {
        (void)fail(j, err ? err : KITH_ENET, str_empty(text) ? "The connection was closed." : text);
        return;
    }
    if (http_has_head(&j->answer) && !look_at_head(j))
        return;
    (void)http_end(&j->answer, &j->err);
    if (j->err.code && j->r.read && j->sent < j->r.bytes && !http_has_head(&j->answer))
        (void)err_set(&j->err, KITH_ENET, "The connection broke in the middle of sending.");
    finish(j);
}

/* ---- starting ---- */

static const struct kith_stream_cb callbacks = {.size = sizeof callbacks,
                                                .open = on_open,
                                                .data = on_data,
                                                .drained = on_drained,
                                                .closed = on_closed};

static int begin(struct http_job *j, struct err *e)
{
    if (!j->url.tls && !j->r.allow_clear)
        return err_set(e, KITH_EDENIED,
                       "%s is an address without encryption (http:), and the option allow_http does not allow that.",
                       j->url.host);
    const struct kith_stream_params p = {.size = sizeof p,
                                         .tls = j->url.tls ? KITH_TLS_DIRECT : KITH_TLS_NONE,
                                         .host = j->url.host,
                                         .port = j->url.port,
                                         .alpn = j->url.tls ? "http/1.1" : NULL,
                                         .flags = j->r.strict ? KITH_STREAM_STRICT : 0};
    if (j->has_answer)
        http_answer_free(&j->answer);
    http_answer_init(&j->answer, false);
    j->has_answer = true;
    j->head_seen = j->head_sent = j->stop = false;
    active(j);
    int rc = x_host(j->x)->stream_open(x_account(j->x), &p, &callbacks, j, &j->stream);
    if (rc < 0)
        return err_set(e, rc, "No connection to %s can be made.", j->url.host);
    return 0;
}

struct http_job *http_start(struct x *x, const struct http_request *r, void *user, struct err *e)
{
    struct http_job *j = xcalloc(1, sizeof *j);
    *j = (struct http_job){.x = x, .r = *r, .user = user};
    j->r.method = xstrdup(r->method);
    j->r.fields = xstrdup(r->fields);
    j->r.url = NULL;
    int rc = http_url_parse(&j->url, r->url, e);
    if (rc >= 0)
        rc = begin(j, e);
    if (rc < 0) {
        if (e)
            e->code = kith_code(rc);
        job_free(j);
        return NULL;
    }
    j->timer = x_host(x)->timer_add(HTTP_SILENCE_MS, on_timer, j);
    return j;
}
