/* backends/xmpp/download.c - fetches a file by its link, and says that it is there only when it is what was announced
 *
 * The descriptor comes from the engine, which gives the file its name after the REPLY; until then it is one of many bytes
 * that prove nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/xmpp/http.h"
#include "backends/xmpp/sums.h"
#include "backends/xmpp/upload.h"
#include "base/mem.h"

enum { MB = 1000000 };

struct download {
    struct download *next;
    struct x *x;
    struct file_link link;
    int fd;
    kith_req req;
    int64_t max, done, total; /* max: what is taken at most, -1: anything; total: -1 not known */
    struct http_job *job;
    struct sums *sums;
    struct sealer *sealer; /* what comes is encrypted; done, sums and the file are of what is in it */
    int64_t came;
    struct file_told told;
};

static struct download **all_of(struct x *x)
{
    return x_state(x, "download");
}

static void drop(struct download *d)
{
    struct download **at = all_of(d->x);
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    http_cancel(d->job);
    sums_free(d->sums);
    sealer_free(d->sealer);
    file_link_free(&d->link);
    free(d);
}

static void end(struct download *d, int err, const char *text)
{
    struct x *x = d->x;
    int fd = d->fd;
    kith_req req = d->req;
    if (err && d->sealer)
        (void)!ftruncate(fd, 0); /* nothing of it is proven: not even a file without a name has it */
    drop(d);
    files_end(x, fd, req, err, text);
}

static int too_large(const struct download *d, struct err *e)
{
    return err_set(e, KITH_ETOOBIG, "It is larger than the %lld MB that the option largest_download lets through.",
                   (long long)(d->max / MB));
}

/* What the web server says before the first byte. */
static int on_head(void *user, const struct http_answer *a, struct err *e)
{
    struct download *d = user;
    if (a->status != 200)
        return 0; /* its words come at the end */
    if (d->sealer && a->length >= 0 && !seal_fits(d->link.seal.cipher, d->link.bytes, a->length))
        return err_set(e, KITH_EPROTO, "It is not the file that was announced: what lies there has %lld bytes.",
                       (long long)a->length);
    if (!d->sealer && a->length >= 0 && d->link.bytes >= 0 && a->length != d->link.bytes)
        return err_set(e, KITH_EPROTO, "It is not the file that was announced: it has %lld bytes and not %lld.",
                       (long long)a->length, (long long)d->link.bytes);
    if (d->max >= 0 && a->length > d->max + (d->sealer ? SEAL_TAG : 0))
        return too_large(d, e);
    if (!d->sealer && http_is_open_ended(a) && d->link.bytes < 0 && !d->link.hash)
        return err_set(e, KITH_EPROTO, "The web server does not say how long the file is, so nobody could tell whether it is whole.");
    d->total = a->length < 0 || (d->sealer && d->link.bytes >= 0) ? d->link.bytes
               : d->sealer                                        ? MAX(a->length - SEAL_TAG, 0)
                                                                  : a->length;
    return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        data += MAX(n, 0);
        len -= (size_t)MAX(n, 0);
    }
    return 0;
}

static int on_plain(void *user, const void *data, size_t len, struct err *e)
{
    struct download *d = user;
    int64_t now = d->done + (int64_t)len;
    if (d->link.bytes >= 0 && now > d->link.bytes)
        return err_set(e, KITH_EPROTO, "It is not the file that was announced: it has more than %lld bytes.",
                       (long long)d->link.bytes);
    if (d->max >= 0 && now > d->max)
        return too_large(d, e);
    int rc = write_all(d->fd, data, len);
    if (rc < 0)
        return err_set(e, KITH_EINVAL, "It cannot be written: %s.", strerror(-rc));
    sums_add(d->sums, data, len);
    d->done = now;
    files_progress(d->x, d->req, d->done, d->total, &d->told);
    return 0;
}

static int on_body(void *user, const void *data, size_t len, struct err *e)
{
    struct download *d = user;
    d->came += (int64_t)len;
    return d->sealer ? sealer_open(d->sealer, data, len, on_plain, d, e) : on_plain(d, data, len, e);
}

/* Before anything else: was it encrypted with this key? What has no tag must have a checksum (XEP-0448 §4). */
static int check_seal(struct download *d, struct err *e)
{
    bool untagged = d->link.bytes >= 0 && d->came == d->link.bytes && d->link.algo;
    return d->sealer ? sealer_end(d->sealer, !untagged, on_plain, d, e) : 0;
}

/* Whole, and what was announced? */
static int check(struct download *d, struct err *e)
{
    int rc = check_seal(d, e);
    if (rc < 0)
        return rc;
    if (d->link.bytes >= 0 && d->done != d->link.bytes)
        return err_set(e, KITH_EPROTO, "It is not the file that was announced: it has %lld bytes and not %lld.",
                       (long long)d->done, (long long)d->link.bytes);
    if (!d->link.algo)
        return 0;
    char *sum = sums_base64(d->sums, d->link.algo);
    bool same = sum && file_link_fits(&d->link, sum);
    free(sum);
    return same ? 0
                : err_set(e, KITH_EPROTO, "It is not the file that was sent: its checksum (%s) is another one. Nothing was kept.",
                          d->link.algo);
}

static void on_done(void *user, const struct http_answer *a, const struct err *e)
{
    struct download *d = user;
    struct err why = *e;
    d->job = NULL;
    if (why.code == 0 && a->status != 200) {
        struct buf words = {0};
        http_status_words(a->status, &words);
        bool gone = a->status == 404 || a->status == 410;
        (void)err_set(&why, gone ? KITH_ENOTFOUND : KITH_EDENIED, "The web server does not give it: %s.", buf_str(&words));
        buf_free(&words);
    } else if (why.code == 0) {
        (void)check(d, &why);
    }
    end(d, why.code, why.code ? why.text : NULL);
}

static int64_t limit(const struct x *x)
{
    const char *text = x_option(x, "largest_download");
    int64_t mb = 4096;
    if (text && !str_int(text, 0, INT32_MAX, &mb))
        mb = 4096;
    return mb ? mb * MB : -1;
}

int download_accept(struct x *x, const char *attachment, int fd, kith_req req)
{
    struct file_link link;
    struct err e = {0};
    if (!file_link_parse(&link, attachment))
        return KITH_EINVAL;
    struct download *d = xcalloc(1, sizeof *d);
    *d = (struct download){
        .next = *all_of(x), .x = x, .link = link, .fd = fd, .req = req, .max = limit(x), .total = link.bytes};
    *all_of(x) = d;
    struct http_request r = {.method = "GET",
                             .url = d->link.url,
                             .allow_clear = file_allow_clear(x),
                             .head = on_head,
                             .body = on_body,
                             .done = on_done};
    if (link.seal.cipher != SEAL_NONE && !(d->sealer = sealer_new(&link.seal, false)))
        (void)err_set(&e, KITH_EINVAL, "It cannot be decrypted.");
    else if (d->max >= 0 && d->link.bytes > d->max)
        (void)too_large(d, &e);
    else
        d->job = http_start(x, &r, d, &e);
    seal_key_wipe(&link.seal);
    d->sums = sums_new();
    if (d->link.algo)
        (void)sums_want(d->sums, d->link.algo);
    if (!d->job)
        end(d, e.code, e.text);
    return KITH_OK;
}

int download_cancel(struct x *x, kith_req req)
{
    struct download *d = *all_of(x);
    while (d && d->req != req)
        d = d->next;
    if (!d)
        return KITH_ENOTFOUND;
    end(d, KITH_ECANCELED, "You stopped it.");
    return KITH_OK;
}

/* ---- life ---- */

void download_stop(struct x *x, const char *why)
{
    while (*all_of(x))
        end(*all_of(x), KITH_ECANCELED, why);
}

static void download_attach(struct x *x)
{
    x_set_state(x, "download", xcalloc(1, sizeof(struct download *)));
}

static void download_detach(struct x *x)
{
    download_stop(x, "The account was closed while it was fetched.");
    free(x_state(x, "download"));
    x_set_state(x, "download", NULL);
}

const struct feature feature_download = {
    .name = "download",
    .attach = download_attach,
    .detach = download_detach,
};
