/* wire/wire.c - the frames' payloads: which struct each holds, and the few that are no struct */
#include "wire/wire.h"

#include <string.h>

#include "base/frame.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/table.h"

#define PAYLOAD_MAX (FRAME_MAX - 64u)

static void truncate_to(struct buf *b, size_t len)
{
    b->len = len;
    if (b->data)
        b->data[len] = '\0';
}

/* Everything or nothing: an invalid struct, or one that no frame can hold, leaves out as it was. */
static void put_struct(struct buf *out, const struct wire_struct *s, const void *p, size_t start)
{
    if (!wire_encode(out, s, p) || out->len - start > PAYLOAD_MAX)
        truncate_to(out, start);
}

static int get_struct(struct wire_reader *r, const struct wire_struct *s, void *p, struct err *e)
{
    if (!wire_decode(r, s, p))
        return err_set(e, KITH_EPROTO, "A malformed %s came over the wire (%s).", s->name,
                       r->bad ? r->bad : "?");
    if (r->at != r->end)
        return err_set(e, KITH_EPROTO, "A %s with something behind it came over the wire.",
                       s->name);
    return 0;
}

void wire_put_open(struct buf *out, const struct wire_open *o)
{
    put_struct(out, &wire_struct_open, o, out->len);
}

int wire_get_open(const char *data, size_t len, struct arena *a, struct wire_open *o, struct err *e)
{
    struct wire_reader r;
    wire_reader_init(&r, data, len, a);
    *o = (struct wire_open){0};
    return get_struct(&r, &wire_struct_open, o, e);
}

void wire_put_hello(struct buf *out, const struct wire_hello *h)
{
    put_struct(out, &wire_struct_hello, h, out->len);
}

int wire_get_hello(const char *data, size_t len, struct arena *a, struct wire_hello *h,
                   struct err *e)
{
    struct wire_reader r;
    wire_reader_init(&r, data, len, a);
    *h = (struct wire_hello){0};
    int rc = get_struct(&r, &wire_struct_hello, h, e);
    if (rc == 0 && h->err == 0 && (!h->protocol || !h->protocol->core))
        rc = err_set(e, KITH_EPROTO, "The account process said hello without a protocol.");
    return rc;
}

void wire_put_event(struct buf *out, uint64_t number, const struct kith_event *ev)
{
    const struct wire_struct *s = ev->size >= sizeof *ev ? wire_event_struct(ev->type) : NULL;
    if (!s)
        return;
    size_t start = out->len;
    buf_add(out, &number, sizeof number);
    buf_add(out, &ev->type, sizeof ev->type);
    put_struct(out, s, ev, start);
}

int wire_get_event(const char *data, size_t len, struct arena *a, uint64_t *number,
                   struct kith_event **ev, struct err *e)
{
    struct wire_reader r;
    uint32_t type;
    wire_reader_init(&r, data, len, a);
    if (!wire_read(&r, number, sizeof *number) || !wire_read(&r, &type, sizeof type))
        return err_set(e, KITH_EPROTO, "An event that is cut off came over the wire.");
    const struct wire_struct *s = wire_event_struct(type);
    if (!s)
        return err_set(e, KITH_EPROTO, "An event of unknown type %u came over the wire.",
                       (unsigned)type);
    struct kith_event *p = arena_alloc(a, s->size);
    int rc = get_struct(&r, s, p, e);
    if (rc < 0)
        return rc;
    p->type = type;
    *ev = p;
    return 0;
}

void wire_put_op(struct buf *out, const struct wire_op *op)
{
    put_struct(out, &wire_struct_op, op, out->len);
}

int wire_get_op(const char *data, size_t len, struct arena *a, struct wire_op **op, struct err *e)
{
    struct wire_reader r;
    wire_reader_init(&r, data, len, a);
    struct wire_op *p = arena_alloc(a, sizeof *p);
    int rc = get_struct(&r, &wire_struct_op, p, e);
    if (rc < 0)
        return rc;
    if ((p->type == OP_SEND && !p->send) || (p->type == OP_HISTORY_FETCH && !p->fetch))
        return err_set(e, KITH_EPROTO, "An operation without its argument came over the wire.");
    *op = p;
    return 0;
}

void wire_put_refused(struct buf *out, const struct wire_refused *r)
{
    put_struct(out, &wire_struct_refused, r, out->len);
}

int wire_get_refused(const char *data, size_t len, struct arena *a, struct wire_refused *out,
                     struct err *e)
{
    struct wire_reader r;
    wire_reader_init(&r, data, len, a);
    *out = (struct wire_refused){0};
    return get_struct(&r, &wire_struct_refused, out, e);
}

void wire_put_secret(struct buf *out, const struct wire_secret *s)
{
    out->secret = true;
    put_struct(out, &wire_struct_secret, s, out->len);
}

int wire_get_secret(const char *data, size_t len, struct arena *a, struct wire_secret *out,
                    struct err *e)
{
    struct wire_reader r;
    wire_reader_init(&r, data, len, a);
    *out = (struct wire_secret){0};
    return get_struct(&r, &wire_struct_secret, out, e);
}

void wire_put_log(struct buf *out, uint32_t level, const char *text)
{
    buf_add(out, &level, sizeof level);
    buf_adds(out, text);
    if (out->len > PAYLOAD_MAX)
        truncate_to(out, PAYLOAD_MAX);
}

int wire_get_log(const char *data, size_t len, struct arena *a, uint32_t *level, const char **text,
                 struct err *e)
{
    if (len < sizeof *level)
        return err_set(e, KITH_EPROTO, "A log line that is cut off came over the wire.");
    memcpy(level, data, sizeof *level);
    if (*level > KITH_ERROR)
        *level = KITH_ERROR;
    struct buf b = {0};
    (void)utf8_clean(&b, data + sizeof *level, len - sizeof *level, UTF8_LINE, KITH_MAX_TEXT);
    *text = arena_strdup(a, buf_str(&b));
    buf_free(&b);
    return 0;
}

void wire_put_number(struct buf *out, uint64_t number)
{
    buf_add(out, &number, sizeof number);
}

int wire_get_number(const char *data, size_t len, uint64_t *number, struct err *e)
{
    if (len != sizeof *number)
        return err_set(e, KITH_EPROTO, "A malformed number came over the wire.");
    memcpy(number, data, sizeof *number);
    return 0;
}

const char *wire_event_name(uint32_t type)
{
    const struct wire_struct *s = wire_event_struct(type);
    return s ? s->name : "UNKNOWN";
}

const char *wire_op_name(uint32_t type)
{
    static const char *const names[] = {[OP_CONNECT] = "CONNECT",
                                        [OP_DISCONNECT] = "DISCONNECT",
                                        [OP_SEND] = "SEND",
                                        [OP_PRESENCE] = "PRESENCE",
                                        [OP_TYPING] = "TYPING",
                                        [OP_MARK_READ] = "MARK_READ",
                                        [OP_ANSWER] = "ANSWER",
                                        [OP_NORMALIZE] = "NORMALIZE",
                                        [OP_WAKE] = "WAKE",
                                        [OP_ROSTER_ADD] = "ROSTER_ADD",
                                        [OP_ROSTER_UPDATE] = "ROSTER_UPDATE",
                                        [OP_ROSTER_REMOVE] = "ROSTER_REMOVE",
                                        [OP_ROSTER_AUTHORIZE] = "ROSTER_AUTHORIZE",
                                        [OP_ROOM_JOIN] = "ROOM_JOIN",
                                        [OP_ROOM_LEAVE] = "ROOM_LEAVE",
                                        [OP_ROOM_TOPIC] = "ROOM_TOPIC",
                                        [OP_ROOM_NICK] = "ROOM_NICK",
                                        [OP_ROOM_INVITE] = "ROOM_INVITE",
                                        [OP_ROOM_REMOVE] = "ROOM_REMOVE",
                                        [OP_ROOM_ROLE] = "ROOM_ROLE",
                                        [OP_ROOM_LIST] = "ROOM_LIST",
                                        [OP_ROOM_AFFILIATED] = "ROOM_AFFILIATED",
                                        [OP_ROOM_FORM] = "ROOM_FORM",
                                        [OP_ROOM_KEEP] = "ROOM_KEEP",
                                        [OP_ROOM_DESTROY] = "ROOM_DESTROY",
                                        [OP_HISTORY_FETCH] = "HISTORY_FETCH",
                                        [OP_RETRACT] = "RETRACT",
                                        [OP_REACT] = "REACT",
                                        [OP_FILE_OFFER] = "FILE_OFFER",
                                        [OP_FILE_ACCEPT] = "FILE_ACCEPT",
                                        [OP_FILE_DECLINE] = "FILE_DECLINE",
                                        [OP_FILE_CANCEL] = "FILE_CANCEL",
                                        [OP_BLOCK] = "BLOCK",
                                        [OP_UNBLOCK] = "UNBLOCK",
                                        [OP_INFO] = "INFO",
                                        [OP_DIRECTORY_FORM] = "DIRECTORY_FORM",
                                        [OP_DIRECTORY_SEARCH] = "DIRECTORY_SEARCH",
                                        [OP_COMMAND] = "COMMAND",
                                        [OP_UNSEND] = "UNSEND",
                                        [OP_AVATAR_FIND] = "AVATAR_FIND",
                                        [OP_AVATAR_FETCH] = "AVATAR_FETCH",
                                        [OP_AVATAR_SET] = "AVATAR_SET",
                                        [OP_WATCHED] = "WATCHED",
                                        [OP_FORECAST] = "FORECAST",
                                        [OP_ENCRYPT] = "ENCRYPT",
                                        [OP_TRUST] = "TRUST",
                                        [OP_KEYS_EXPORT] = "KEYS_EXPORT",
                                        [OP_KEYS_IMPORT] = "KEYS_IMPORT",
                                        [OP_NEW_DEVICES] = "NEW_DEVICES",
                                        [OP_REMOVE_DEVICE] = "REMOVE_DEVICE",
                                        [OP_RESET_KEYS] = "RESET_KEYS",
                                        [OP_LOOK] = "LOOK"};
    return type < COUNT(names) && names[type] ? names[type] : "UNKNOWN";
}
