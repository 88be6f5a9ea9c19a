/* backends/xmpp/upload.c - sends files by the server's upload service (XEP-0363) */
#include "backends/xmpp/upload.h"

static int can(struct x *x, const struct file_offer *o, struct err *e)
{
    int64_t max;
    bool busy;
    const char *service = upload_service(x, &max, &busy);
    if (busy)
        return KITH_EBUSY;
    if (!service)
        return err_set(e, KITH_EUNSUP, "%s has no service for uploads", x_domain(x));
    if (max >= 0 && o->bytes > max)
        return err_set(e, KITH_ETOOBIG, "%s takes files of at most %lld bytes", x_domain(x), (long long)max);
    return 0;
}

static int offer(struct x *x, const struct file_offer *o)
{
    return KITH_EUNSUP;
}

static int accept_file(struct x *x, const char *attachment, int fd, kith_req req)
{
    return KITH_ENOTFOUND;
}

static int cancel(struct x *x, kith_req req)
{
    return KITH_ENOTFOUND;
}

const struct file_way file_upload = {.name = "upload", .can = can, .offer = offer, .accept = accept_file, .cancel = cancel};
