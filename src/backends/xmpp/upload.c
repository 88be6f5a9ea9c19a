/* backends/xmpp/upload.c - sends files by the server's upload service (XEP-0363)
 *
 * One file after the other asks for a slot, is put there, and is then a link: the REPLY tells it to the engine, whose
 * outbox sends the message about it as any other. What fails on the way gets a new slot, a few times.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/xmpp/http.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/sums.h"
#include "backends/xmpp/upload.h"
#include "base/mem.h"
#include "base/mime.h"
#include "base/rand.h"

#define ALGO "sha-256" /* every client knows it */
#define UNKNOWN_TYPE "application/octet-stream"

enum { TRIES = 3, AT_ONCE = 2, MOST = 64 };

struct upload {
    struct upload *next;
    struct x *x;
    uint64_t number; /* of this one: iq answers find it, when it is still there */
    char *chat, *name, *mime, *service;
    int fd;
    int64_t bytes;
    kith_req req;
    bool runs;
    int tries, timer;
    struct upload_slot slot;
    struct http_job *job;
    struct sums *sums;
    bool sealed;           /* the chat is encrypted: */
    struct seal_key key;   /* a new one each time that it is put somewhere */
    struct sealer *sealer;
    int64_t left;          /* of the file */
    struct file_told told;
};
struct uploads {
    struct upload *first; /* in the order in which they were offered */
    uint64_t last;
};

static void next_ones(struct x *x);

/* ---- ending ---- */

static void upload_free(struct upload *u)
{
    http_cancel(u->job);
    x_host(u->x)->timer_del(u->timer);
    sums_free(u->sums);
    sealer_free(u->sealer);
    seal_key_wipe(&u->key);
    upload_slot_free(&u->slot);
    free(u->chat);
    free(u->name);
    free(u->mime);
    free(u->service);
    free(u);
}

static void drop(struct upload *u)
{
    struct uploads *all = x_state(u->x, "upload");
    struct upload **at = &all->first;
    while (*at != u)
        at = &(*at)->next;
    *at = u->next;
    upload_free(u);
}

static void end(struct upload *u, int err, const char *text)
{
    struct x *x = u->x;
    int fd = u->fd;
    kith_req req = u->req;
    drop(u);
    files_end(x, fd, req, err, text);
    next_ones(x);
}

/* It lies there: the engine keeps where, and sends the message. */
static void arrived(struct upload *u)
{
    char *hash = sums_base64(u->sums, ALGO);
    struct file_link link = {.url = u->slot.get, .algo = (char *)(uintptr_t)ALGO, .hash = hash, .bytes = u->bytes, .seal = u->key};
    char *id = file_link_id(&link);
    free(hash);
    seal_key_wipe(&link.seal);
    if (!id) {
        end(u, KITH_ETOOBIG, "The address that the upload service gave for the file is too long.");
        return;
    }
    struct kith_ev_reply ev = EV_INIT(KITH_EV_REPLY, kith_ev_reply);
    ev.ev.req = u->req;
    ev.text = u->sealed ? NULL : u->slot.get; /* of no use to a browser, and no words for the screen */
    ev.cursor = id;
    struct x *x = u->x;
    x_emit(x, &ev.ev);
    str_wipe_free(id);
    close(u->fd);
    drop(u);
    next_ones(x);
}

/* ---- putting it there ---- */

static ssize_t read_piece(void *user, void *out, size_t cap)
{
    struct upload *u = user;
    ssize_t n;
    do
        n = read(u->fd, out, cap);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        sums_add(u->sums, out, (size_t)n);
    return n < 0 ? -errno : n;
}

/* The same, encrypted, and the tag behind it: there is always room for it at once, as it is asked for when nothing else is. */
static ssize_t read_sealed(void *user, void *out, size_t cap)
{
    struct upload *u = user;
    if (u->left == 0)
        return cap >= SEAL_TAG && sealer_tag(u->sealer, out) ? SEAL_TAG : -EIO;
    ssize_t n = read_piece(u, out, (size_t)MIN((int64_t)cap, u->left));
    if (n <= 0)
        return n;
    u->left -= n;
    if (sealer_seal(u->sealer, out, (size_t)n))
        return n;
    mem_wipe(out, (size_t)n);
    return -EIO;
}

/* What changed since the last time must not be hidden by the same key: each time has its own. */
static bool new_seal(struct upload *u)
{
    sealer_free(u->sealer);
    u->left = u->bytes;
    u->sealer = seal_key_new(&u->key) ? sealer_new(&u->key, true) : NULL;
    return u->sealer != NULL;
}

static void on_written(void *user, int64_t done)
{
    struct upload *u = user;
    files_progress(u->x, u->req, MIN(done, u->bytes), u->bytes, &u->told);
}

static void on_again(void *user)
{
    struct upload *u = user;
    u->timer = 0;
    u->runs = false;
    next_ones(u->x);
}

/* May it go better with a new slot? XEP-0363 §6. */
static bool again(struct upload *u)
{
    if (u->tries >= TRIES)
        return false;
    upload_slot_free(&u->slot);
    sums_free(u->sums);
    u->sums = NULL;
    u->timer = x_host(u->x)->timer_add(1000 * u->tries, on_again, u);
    return true;
}

static void on_put(void *user, const struct http_answer *a, const struct err *e)
{
    struct upload *u = user;
    struct buf why = {0};
    u->job = NULL;
    bool good = e->code == 0 && (a->status == 201 || a->status == 200 || a->status == 204);
    bool later = e->code == KITH_ENET || (e->code == 0 && (a->status >= 500 || a->status == 408));
    if (good) {
        arrived(u);
        return;
    }
    if (e->code == 0) {
        buf_adds(&why, "The web server of the upload service does not take the file: ");
        http_status_words(a->status, &why);
        buf_addc(&why, '.');
    } else {
        buf_adds(&why, e->text);
    }
    if (!later || !again(u))
        end(u, e->code ? e->code : a->status == 413 ? KITH_ETOOBIG : KITH_EDENIED, buf_str(&why));
    buf_free(&why);
}

static void put(struct upload *u)
{
    struct err e = {0};
    struct buf fields = {.secret = true};
    buf_addf(&fields, "Content-Type: %s\r\n", u->mime);
    buf_adds(&fields, buf_str(&u->slot.fields));
    struct http_request r = {.method = "PUT",
                             .url = u->slot.put,
                             .allow_clear = !u->sealed && file_allow_clear(u->x),
                             .fields = buf_str(&fields),
                             .bytes = u->sealed ? seal_bytes(u->bytes) : u->bytes,
                             .read = u->sealed ? read_sealed : read_piece,
                             .written = on_written,
                             .done = on_put};
    u->sums = sums_new();
    u->told = (struct file_told){0};
    if (!sums_want(u->sums, ALGO) || lseek(u->fd, 0, SEEK_SET) < 0)
        (void)err_set(&e, KITH_EINVAL, "The file cannot be read.");
    else if (u->sealed && !new_seal(u))
        (void)err_set(&e, KITH_EINVAL, "The file cannot be encrypted.");
    else
        u->job = http_start(u->x, &r, u, &e);
    buf_wipe_free(&fields);
    if (!u->job)
        end(u, e.code, e.text);
}

/* ---- the slot ---- */

static void on_slot(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct uploads *all = x_state(x, "upload");
    struct upload *u = all ? all->first : NULL;
    struct err e = {0};
    int64_t max;
    while (u && u->number != (uint64_t)(uintptr_t)user)
        u = u->next;
    if (!u)
        return;
    if (!reply && !x_online(x)) {
        u->runs = false;
        return;
    }
    if (!reply)
        (void)err_set(&e, KITH_ENET, "%s did not answer.", u->service);
    else if (!iq_is_result(reply))
        upload_slot_refused(reply, u->service, &max, &e);
    else
        (void)upload_slot_read(&u->slot, reply, !u->sealed && file_allow_clear(x), &e);
    if (e.code)
        end(u, e.code, e.text);
    else
        put(u);
}

static void ask_slot(struct upload *u)
{
    xmpp_stanza_t *request, *iq = iq_new(u->x, "get", u->service, "request", NS_UPLOAD, &request);
    char *size = xasprintf("%lld", (long long)(u->sealed ? seal_bytes(u->bytes) : u->bytes));
    u->tries++;
    u->runs = true;
    st_set(request, "filename", u->name);
    st_set(request, "size", size);
    st_set(request, "content-type", u->mime);
    free(size);
    x_iq(u->x, iq, on_slot,
         (void *)(uintptr_t)u->number); /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
}

static void next_ones(struct x *x)
{
    struct uploads *all = x_state(x, "upload");
    unsigned n = 0;
    for (struct upload *u = all->first; u && n < AT_ONCE && x_online(x); u = u->next) {
        n++;
        if (!u->runs)
            ask_slot(u);
    }
}

/* ---- the way ---- */

static int can(struct x *x, const struct file_offer *o, struct err *e)
{
    int64_t max;
    bool busy;
    const char *service = upload_service(x, &max, &busy);
    int64_t bytes = o->sealed ? seal_bytes(o->bytes) : o->bytes;
    if (o->sealed && o->bytes > SEAL_MOST)
        return err_set(e, KITH_ETOOBIG, "it is too large to be encrypted");
    if (service && (max < 0 || bytes <= max))
        return 0;
    if (busy) /* another one may take it */
        return KITH_EBUSY;
    if (!service)
        return err_set(e, KITH_EUNSUP, "%s has no service for uploads", x_domain(x));
    return err_set(e, KITH_ETOOBIG, "it is too large for %s, which takes at most %lld bytes", service, (long long)max);
}

static bool is_type(const char *mime)
{
    size_t n = strlen(mime);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)mime[i] < 0x20 || (unsigned char)mime[i] > 0x7e)
            return false;
    return n > 0 && n < 128 && strchr(mime, '/');
}

/* The server learns nothing from the name. An end that says what kind of file it is stays where somebody reads only links. */
static char *unknown_name(struct x *x, const struct file_offer *o)
{
    unsigned char bytes[16];
    struct buf b = {0};
    const char *end = strrchr(o->name, '.');
    rand_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        buf_addf(&b, "%02x", bytes[i]);
    if (end && end != o->name && strcmp(mime_of_name(o->name), UNKNOWN_TYPE) != 0 && omemo_files_old(x, o->chat))
        buf_adds(&b, end);
    return buf_take(&b);
}

static int offer(struct x *x, const struct file_offer *o)
{
    struct uploads *all = x_state(x, "upload");
    struct upload **at = &all->first;
    int64_t max;
    bool busy;
    const char *service = upload_service(x, &max, &busy);
    size_t n = 0;
    for (; *at; at = &(*at)->next)
        n++;
    if (!service || n >= MOST)
        return service ? KITH_ELIMIT : KITH_EUNSUP;
    struct upload *u = xcalloc(1, sizeof *u);
    *u = (struct upload){.x = x,
                         .number = ++all->last,
                         .chat = xstrdup(o->chat),
                         .name = o->sealed ? unknown_name(x, o) : xstrdup(o->name),
                         .mime = xstrdup(!o->sealed && is_type(o->mime) ? o->mime : UNKNOWN_TYPE),
                         .sealed = o->sealed,
                         .service = xstrdup(service),
                         .fd = o->fd,
                         .bytes = o->bytes,
                         .req = o->req};
    *at = u;
    next_ones(x);
    return 0;
}

static int cancel(struct x *x, kith_req req)
{
    struct uploads *all = x_state(x, "upload");
    struct upload *u = all->first;
    while (u && u->req != req)
        u = u->next;
    if (!u)
        return download_cancel(x, req);
    end(u, KITH_ECANCELED, "You stopped it.");
    return KITH_OK;
}

/* ---- life ---- */

static void give_up(struct x *x, const char *why)
{
    struct uploads *all = x_state(x, "upload");
    while (all->first) {
        struct upload *u = all->first;
        int fd = u->fd;
        kith_req req = u->req;
        all->first = u->next;
        upload_free(u);
        files_end(x, fd, req, KITH_ECANCELED, why);
    }
}

static void stop(struct x *x, const char *why)
{
    give_up(x, why);
    download_stop(x, why);
}

/* None that waits gets its slot meanwhile: its name would go out. */
static void latched(struct x *x, const char *why)
{
    struct uploads *all = x_state(x, "upload");
    for (struct upload *u = all ? all->first : NULL, *next; u; u = next) {
        next = u->next;
        if (u->sealed || !omemo_files_exposed(x, u->chat))
            continue;
        int fd = u->fd;
        kith_req req = u->req;
        drop(u);
        files_end(x, fd, req, KITH_ECANCELED, why);
    }
    if (all)
        next_ones(x);
}

const struct file_way file_upload = {
    .name = "upload", .can = can, .offer = offer, .accept = download_accept, .cancel = cancel, .stop = stop, .latched = latched};

static void upload_attach(struct x *x)
{
    x_set_state(x, "upload", xcalloc(1, sizeof(struct uploads)));
}

/* What waits for a slot goes on; what is being put somewhere never stopped. */
static void upload_online(struct x *x, bool resumed UNUSED)
{
    next_ones(x);
}

static void upload_detach(struct x *x)
{
    give_up(x, "The account was closed while it was sent.");
    free(x_state(x, "upload"));
    x_set_state(x, "upload", NULL);
}

const struct feature feature_upload = {
    .name = "upload",
    .attach = upload_attach,
    .online = upload_online,
    .detach = upload_detach,
};
