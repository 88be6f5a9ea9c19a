/* backends/local/proto.c - encodes and decodes the frames between two kith of one machine */
#include "backends/local/proto.h"

#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "kith/plugin.h"

enum { TAG_LIST = 32, TAG_NUMBER = 64, TAG_FLAGS = 65, TAG_SHOW = 66, TAG_TIME = 67 };

static const struct lp_field {
    uint8_t tag;
    uint32_t max;
    size_t at;
} strings[] = {
    {1, LP_MAX_ID, offsetof(struct lp, id)},
    {2, LP_MAX_ROOM, offsetof(struct lp, room)},
    {3, KITH_MAX_BODY, offsetof(struct lp, body)},
    {4, LP_MAX_TEXT, offsetof(struct lp, text)},
    {5, LP_MAX_ID, offsetof(struct lp, target)},
    {6, LP_MAX_ID, offsetof(struct lp, reply_to)},
    {7, LP_MAX_ID, offsetof(struct lp, reply_sender)},
    {8, LP_MAX_ID, offsetof(struct lp, thread)},
    {9, LP_MAX_NAME, offsetof(struct lp, name)},
    {10, LP_MAX_NAME, offsetof(struct lp, mime)},
    {11, LP_MAX_LIVE, offsetof(struct lp, live)},
};

static const struct lp_number {
    uint8_t tag;
    size_t at;
} numbers[] = {
    {TAG_NUMBER, offsetof(struct lp, number)},
    {TAG_FLAGS, offsetof(struct lp, flags)},
    {TAG_SHOW, offsetof(struct lp, show)},
    {TAG_TIME, offsetof(struct lp, time)},
};

/* ---- writing ---- */

static void put_u32(struct buf *out, uint32_t v)
{
    unsigned char b[4];
    for (int i = 0; i < 4; i++)
        b[i] = (unsigned char)(v >> (8 * i));
    buf_add(out, b, sizeof b);
}

static void put_field(struct buf *out, uint8_t tag, const void *data, size_t len)
{
    buf_addc(out, (char)tag);
    put_u32(out, (uint32_t)len);
    buf_add(out, data, len);
}

static void put_number(struct buf *out, uint8_t tag, uint64_t v)
{
    unsigned char b[8];
    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)(v >> (8 * i));
    put_field(out, tag, b, sizeof b);
}

void lp_put(struct buf *out, const struct lp *m)
{
    for (size_t i = 0; i < COUNT(strings); i++) {
        const char *s;
        memcpy(&s, (const char *)m + strings[i].at, sizeof s);
        if (!s)
            continue;
        ENSURE(strlen(s) <= strings[i].max);
        put_field(out, strings[i].tag, s, strlen(s));
    }
    ENSURE(m->n_list <= LP_MAX_LIST);
    for (size_t i = 0; i < m->n_list; i++) {
        ENSURE(strlen(m->list[i]) <= LP_MAX_ITEM);
        put_field(out, TAG_LIST, m->list[i], strlen(m->list[i]));
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        uint64_t v;
        memcpy(&v, (const char *)m + numbers[i].at, sizeof v);
        if (v)
            put_number(out, numbers[i].tag, v);
    }
}

/* ---- reading ---- */

static int get_string(struct lp *m, struct arena *a, const struct lp_field *f, const char *data,
                      size_t len, struct err *e)
{
    if (len > f->max || memchr(data, 0, len))
        return err_set(e, KITH_EPROTO, "field %u is too long or holds a NUL", f->tag);
    const char *s = arena_strndup(a, data, len);
    memcpy((char *)m + f->at, &s, sizeof s);
    return 0;
}

static int get_item(struct lp *m, struct arena *a, const char *data, size_t len, struct err *e)
{
    if (m->n_list == LP_MAX_LIST || len > LP_MAX_ITEM || memchr(data, 0, len))
        return err_set(e, KITH_EPROTO, "a list is too long");
    m->list[m->n_list++] = arena_strndup(a, data, len);
    return 0;
}

static int get_number(struct lp *m, const struct lp_number *f, const char *data, size_t len,
                      struct err *e)
{
    if (len != 8)
        return err_set(e, KITH_EPROTO, "a number of %zu bytes", len);
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v |= (uint64_t)(unsigned char)data[i] << (8 * i);
    memcpy((char *)m + f->at, &v, sizeof v);
    return 0;
}

static int get_field(struct lp *m, struct arena *a, uint8_t tag, const char *data, size_t len,
                     struct err *e)
{
    for (size_t i = 0; i < COUNT(strings); i++) {
        if (strings[i].tag == tag)
            return get_string(m, a, &strings[i], data, len, e);
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (numbers[i].tag == tag)
            return get_number(m, &numbers[i], data, len, e);
    }
    return tag == TAG_LIST ? get_item(m, a, data, len, e) : 0;
}

/* What each kind cannot be without. */
static int check(const struct lp *m, struct err *e)
{
    bool id = false, room = false;
    switch ((enum lp_kind)m->kind) {
    case LP_HELLO:
    case LP_MESSAGE:
    case LP_ACK:
    case LP_DENY:
    case LP_READ:
    case LP_FILE:
    case LP_FILE_END:
    case LP_FETCH:
        id = true;
        break;
    case LP_JOIN:
    case LP_LEAVE:
    case LP_TOPIC:
    case LP_INVITE:
        room = true;
        break;
    case LP_PRESENCE:
    case LP_TYPING:
    case LP_BYE:
        break;
    }
    if (id && (!m->id || !*m->id))
        return err_set(e, KITH_EPROTO, "frame %u has no id", m->kind);
    if (room && !m->room)
        return err_set(e, KITH_EPROTO, "frame %u names no room", m->kind);
    if (m->room && !lp_room_ok(m->room))
        return err_set(e, KITH_EPROTO, "frame %u names a room that cannot be", m->kind);
    return 0;
}

int lp_get(uint16_t kind, const char *data, size_t len, struct arena *a, struct lp *m,
           struct err *e)
{
    *m = (struct lp){.kind = kind};
    if (kind < LP_HELLO || kind > LP_FETCH)
        return 1;
    for (size_t at = 0; at < len;) {
        if (len - at < 5)
            return err_set(e, KITH_EPROTO, "frame %u ends inside a field", kind);
        const unsigned char *p = (const unsigned char *)data + at;
        uint32_t n = p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
        at += 5;
        if (n > len - at)
            return err_set(e, KITH_EPROTO, "frame %u ends inside a field", kind);
        int rc = get_field(m, a, p[0], data + at, n, e);
        if (rc < 0)
            return rc;
        at += n;
    }
    return check(m, e);
}

bool lp_room_ok(const char *room)
{
    size_t n = strlen(room);
    if (room[0] != '#' || n < 2 || n > LP_MAX_ROOM - 1 || !utf8_is_clean(room, n, UTF8_LINE))
        return false;
    for (size_t i = 1; i < n; i++) {
        if ((unsigned char)room[i] <= ' ' || room[i] == '/' || (room[i] >= 'A' && room[i] <= 'Z'))
            return false;
    }
    return true;
}
