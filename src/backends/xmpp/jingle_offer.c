/* backends/xmpp/jingle_offer.c - offers files to a device, and takes those that are offered (XEP-0234 §6) */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backends/xmpp/jingle.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"
#include "base/rand.h"

enum { SUM_AT_ONCE = 1 << 20 /* larger files are read once only: their checksum is said behind them */ };
#define SUM "sha-256"

/* ---- ours ---- */

/* XEP-0234 wants in-band streams of everybody, but a device says itself what it has. */
static char *device_of(const struct x *x, const char *bare, enum jingle_way *way)
{
    static const char *const s5b[] = {NS_JINGLE, NS_JINGLE_FILE, NS_JINGLE_S5B, NULL};
    static const char *const ibb[] = {NS_JINGLE, NS_JINGLE_FILE, NS_JINGLE_IBB, NULL};
    char *full = presence_capable(x, bare, s5b);
    *way = full ? JINGLE_S5B : JINGLE_IBB;
    return full ? full : presence_capable(x, bare, ibb);
}

static int can(struct x *x, const struct file_offer *o, struct err *e)
{
    enum jingle_way way;
    if (o->room)
        return err_set(e, KITH_EUNSUP, "in a room files do not go from device to device");
    if (o->sealed)
        return err_set(e, KITH_EUNSUP, "from device to device it would go without end-to-end encryption, and this chat is encrypted");
    char *device = device_of(x, o->chat, &way);
    bool there = device != NULL;
    free(device);
    return there ? 0 : err_set(e, KITH_EUNSUP, "no program of theirs that is online takes files from device to device");
}

static void describe(struct jingle *j, const struct file_offer *o)
{
    struct stat st;
    j->file = (struct jingle_file){.name = xstrdup(o->name), .mime = xstrdup(o->mime), .bytes = o->bytes, .algo = SUM};
    if (fstat(o->fd, &st) == 0)
        j->file.date_ms = (int64_t)st.st_mtime * 1000;
    if (o->bytes <= SUM_AT_ONCE)
        j->file.sum = sums_of_file(o->fd, SUM);
    sums_want(j->sums, SUM);
}

static int offer(struct x *x, const struct file_offer *o)
{
    char sid[23];
    enum jingle_way way;
    const struct proxy *list;
    size_t n;
    char *device = device_of(x, o->chat, &way);
    rand_id(sid);
    struct jingle *j = device ? jingle_add(x, device, sid, true) : NULL;
    free(device);
    if (!j)
        return KITH_ELIMIT;
    j->fd = o->fd;
    j->req = o->req;
    j->way = way;
    j->content = xstrdup("file");
    describe(j, o);
    if (way == JINGLE_IBB || proxies_known(x, &list, &n))
        jingle_start(j);
    return KITH_OK;
}

static void add_transport(struct jingle *j, xmpp_stanza_t *content)
{
    if (j->way == JINGLE_S5B)
        s5b_offer(j, content);
    else
        ibb_offer(j, content);
}

void jingle_start(struct jingle *j)
{
    xmpp_stanza_t *jingle, *iq = jingle_new(j, "session-initiate", &jingle);
    xmpp_stanza_t *content = jingle_content(j, jingle);
    jingle_file_write(content, &j->file);
    add_transport(j, content);
    j->state = JINGLE_OFFERED;
    jingle_send(j, iq, true);
}

/* ---- theirs ---- */

static const char *take_transport(struct jingle *j, xmpp_stanza_t *content)
{
    xmpp_stanza_t *s5b = st_child(content, "transport", NS_JINGLE_S5B), *ibb = st_child(content, "transport", NS_JINGLE_IBB);
    j->way = s5b ? JINGLE_S5B : JINGLE_IBB;
    if (!s5b && !ibb)
        return "unsupported-transports";
    return (s5b ? s5b_read(j, s5b) : ibb_read(j, ibb)) ? NULL : "failed-transport";
}

/* Why not, as a reason of XEP-0166 §7.4; NULL: it can be shown. */
static const char *take_content(struct jingle *j, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *content = NULL, *description;
    size_t n = 0;
    EACH_CHILD (c, jingle)
        if (is_elem(c, "content", NS_JINGLE) && n++ == 0)
            content = c;
    description = st_child(content, "description", NS_JINGLE_FILE);
    if (n != 1 || !description || !id_attr(content, "name"))
        return "unsupported-applications";
    j->content = xstrdup(st_attr(content, "name"));
    const char *senders = st_attr(content, "senders"), *why;
    if (senders && strcmp(senders, "initiator") != 0)
        return "failed-application"; /* they ask us for a file (§6.3) */
    if ((why = jingle_file_read(description, &j->file))) {
        x_notice(j->x, KITH_INFO, j->chat, "A file was offered that cannot be taken: %s", why);
        return "failed-application";
    }
    return take_transport(j, content);
}

void jingle_initiated(struct x *x, xmpp_stanza_t *iq, const char *from, xmpp_stanza_t *jingle)
{
    const char *initiator = st_attr(jingle, "initiator");
    char *who = initiator ? jid_normal(initiator) : NULL;
    bool forged = initiator && !str_eq(who, from);
    free(who);
    if (forged) {
        jingle_refuse(x, iq, "cancel", "bad-request", NULL);
        return;
    }
    struct jingle *j = jingle_add(x, from, st_attr(jingle, "sid"), false);
    if (!j) {
        jingle_refuse(x, iq, "wait", "resource-constraint", NULL);
        return;
    }
    x_iq_reply(x, iq, NULL);
    const char *no = take_content(j, jingle);
    if (no) {
        jingle_end(j, no, KITH_EUNSUP, NULL);
        return;
    }
    char id[23];
    rand_id(id);
    j->id = xasprintf("jingle:%s", id);
    j->state = JINGLE_OFFERED;
    jingle_file_show(j);
}

static const char gone[] = "it is offered no longer";

static void accept_now(struct jingle *j)
{
    xmpp_stanza_t *jingle, *iq = jingle_new(j, "session-accept", &jingle);
    xmpp_stanza_t *content = jingle_content(j, jingle);
    jingle_file_write(content, &j->file);
    add_transport(j, content);
    j->state = JINGLE_ACCEPTED;
    jingle_send(j, iq, true);
    if (j->way == JINGLE_S5B)
        s5b_connect(j);
    else
        jingle_await(j, JINGLE_ANSWER_MS, "Their program did not begin to send.");
}

static int accept_file(struct x *x, const char *attachment, int fd, kith_req req)
{
    struct jingle *j = jingle_by_id(x, attachment);
    const struct proxy *list;
    size_t n;
    if (!x_online(x))
        return KITH_EOFFLINE;
    if (!j) { /* taken back, or kith was begun anew since */
        files_end(x, fd, req, KITH_ENOTFOUND, gone);
        return KITH_OK;
    }
    if (j->fd >= 0)
        return KITH_EBUSY;
    j->fd = fd;
    j->req = req;
    if (!j->file.algo) { /* whichever it will be */
        sums_want(j->sums, SUM);
        sums_want(j->sums, "sha-1");
    } else {
        sums_want(j->sums, j->file.algo);
    }
    if (j->way == JINGLE_IBB || proxies_known(x, &list, &n))
        accept_now(j);
    return KITH_OK;
}

static int decline(struct x *x, const char *attachment, kith_req req)
{
    struct jingle *j = jingle_by_id(x, attachment);
    if (!j || j->state != JINGLE_OFFERED) {
        x_reply_err(x, req, KITH_ENOTFOUND, gone);
        return KITH_OK;
    }
    jingle_end(j, "decline", KITH_ECANCELED, NULL);
    x_reply_ok(x, req, NULL);
    return KITH_OK;
}

static int cancel(struct x *x, kith_req req)
{
    struct jingle *j = jingle_by_req(x, req);
    if (!j)
        return KITH_ENOTFOUND;
    const char *reason = j->state == JINGLE_PREPARES ? NULL : "cancel";
    if (j->out)
        jingle_end(j, reason, KITH_ECANCELED, "you took it back");
    else
        jingle_end(j, reason, KITH_ENOTFOUND, "you stopped it");
    return KITH_OK;
}

static void go_on(struct jingle *j, void *user UNUSED)
{
    if (j->state == JINGLE_PREPARES)
        jingle_start(j);
    else if (j->state == JINGLE_OFFERED && !j->out && j->fd >= 0)
        accept_now(j);
}

void jingle_proxies_known(struct x *x)
{
    jingle_each(x, go_on, NULL);
}

static void end_exposed(struct jingle *j, void *why)
{
    if (j->out && omemo_files_exposed(j->x, j->chat))
        jingle_end(j, j->state == JINGLE_PREPARES ? NULL : "cancel", KITH_ECANCELED, why);
}

static void latched(struct x *x, const char *why)
{
    if (x_state(x, "jingle"))
        jingle_each(x, end_exposed, (void *)(uintptr_t)why);
}

const struct file_way file_jingle = {.name = "jingle",
                                     .can = can,
                                     .offer = offer,
                                     .accept = accept_file,
                                     .decline = decline,
                                     .cancel = cancel,
                                     .latched = latched};
