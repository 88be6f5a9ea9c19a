/* tests/fuzz/fuzz_wire.c - bytes of the other process: events, operations, openings, greetings */
/* links: base wire */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was decoded can be encoded again, and then decodes to the same bytes: nothing in it is out
 * of range. */
static void check_spans(const char *body, const struct kith_span *v, size_t n)
{
    size_t len = body ? strlen(body) : 0, end = 0;
    for (size_t i = 0; i < n; i++) {
        size_t to = (size_t)v[i].start + v[i].len;
        if (v[i].start < end || v[i].len == 0 || to > len || ((unsigned char)body[v[i].start] & 0xC0) == 0x80 ||
            ((unsigned char)body[to] & 0xC0) == 0x80)
            abort();
        end = to;
    }
}

static void again_event(const struct kith_event *ev, uint64_t number, struct arena *mem)
{
    struct buf one = {0}, two = {0};
    struct kith_event *back = NULL;
    uint64_t n = 0;
    const struct kith_ev_message *m = (const void *)ev;
    if (ev->type == KITH_EV_MESSAGE)
        check_spans(m->body, m->spans, m->n_spans);
    wire_put_event(&one, number, ev);
    if (one.len == 0 || wire_get_event(one.data, one.len, mem, &n, &back, NULL) < 0)
        abort();
    wire_put_event(&two, n, back);
    if (one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
        abort();
    buf_free(&one);
    buf_free(&two);
}

static void again_op(const struct wire_op *op, struct arena *mem)
{
    struct buf b = {0};
    struct wire_op *back;
    if (op->send)
        check_spans(op->send->body, op->send->spans, op->send->n_spans);
    wire_put_op(&b, op);
    if (b.len == 0 || wire_get_op(b.data, b.len, mem, &back, NULL) < 0)
        abort();
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem = {0};
    const char *p = (const char *)data;
    struct err e;
    if (size == 0)
        return 0;
    p++;
    size--;
    switch (data[0] % 6) {
    case 0: {
        struct kith_event *ev;
        uint64_t n;
        if (wire_get_event(p, size, &mem, &n, &ev, &e) == 0)
            again_event(ev, n, &mem);
        break;
    }
    case 1: {
        struct wire_op *op;
        if (wire_get_op(p, size, &mem, &op, &e) == 0)
            again_op(op, &mem);
        break;
    }
    case 2: {
        struct wire_open o;
        (void)wire_get_open(p, size, &mem, &o, &e);
        break;
    }
    case 3: {
        struct wire_hello h;
        (void)wire_get_hello(p, size, &mem, &h, &e);
        break;
    }
    case 4: {
        struct wire_refused r;
        (void)wire_get_refused(p, size, &mem, &r, &e);
        break;
    }
    default: {
        uint32_t level;
        const char *text;
        (void)wire_get_log(p, size, &mem, &level, &text, &e);
        break;
    }
    }
    arena_free(&mem);
    return 0;
}
