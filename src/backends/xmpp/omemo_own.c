/* backends/xmpp/omemo_own.c - our own lists of devices as they are on the server, so that nothing of other devices is lost in them
 *
 * XEP-0384 §5.3.1: two devices may write at once, and the second overwrites the first, which hears of it and puts itself back. Into
 * what is there: with labels, their signatures, and however long it is. */
#include <stdlib.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum { MOST = 1000 /* that are written back */, TIMES = 5 /* an hour */ };
#define HOUR_MS (INT64_C(3600) * 1000)

static xmpp_stanza_t **place(struct omemo_session *s, enum omemo_version v)
{
    return &s->own[v == OMEMO_OLD ? 0 : 1];
}

/* Another device of ours, which stays in our lists. */
static bool stays(struct x *x, xmpp_stanza_t *c)
{
    const char *id = is_elem(c, "device", NULL) ? st_attr(c, "id") : NULL;
    uint64_t number = id ? strtoull(id, NULL, 10) : 0;
    return id && number != omemo_device(omemo_of(x)->o) && (number > INT32_MAX || !omemo_is_gone(x, (uint32_t)number));
}

static bool is_device(xmpp_stanza_t *c, uint32_t device)
{
    const char *id = is_elem(c, "device", NULL) ? st_attr(c, "id") : NULL;
    return id && strtoull(id, NULL, 10) == device;
}

void omemo_own_free(struct omemo_session *s)
{
    for (size_t i = 0; i < COUNT(s->own); i++) {
        if (s->own[i])
            xmpp_stanza_release(s->own[i]);
        s->own[i] = NULL;
    }
}

bool omemo_own_list(struct x *x, enum omemo_version v, xmpp_stanza_t *item)
{
    struct omemo_session *s = omemo_of(x);
    xmpp_stanza_t **own = place(s, v), *list = item ? st_child(item, v == OMEMO_OLD ? "list" : "devices", omemo_ns(v)) : NULL;
    if (*own)
        xmpp_stanza_release(*own);
    *own = list ? xmpp_stanza_copy(list) : NULL;
    EACH_CHILD (c, list) {
        if (is_device(c, omemo_device(s->o)))
            return true;
    }
    return false;
}

bool omemo_add_to_list(struct x *x, enum omemo_version v, xmpp_stanza_t *item)
{
    struct omemo_session *s = omemo_of(x);
    xmpp_stanza_t *own = *place(s, v);
    const struct omemo_devices us = {.v = {{omemo_device(s->o), NULL}}, .n = 1};
    size_t n = 0;
    if (!own)
        return false;
    omemo_write_list(item, v, &us); /* in front: of long lists some read only the beginning */
    xmpp_stanza_t *list = st_child(item, v == OMEMO_OLD ? "list" : "devices", NULL);
    EACH_CHILD (c, own) {
        if (stays(x, c) && n++ < MOST)
            xmpp_stanza_add_child_ex(list, xmpp_stanza_copy(c), 0);
    }
    return true;
}

bool omemo_may_put_back(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    int64_t now = x_host(x)->wall_ms();
    if (now - s->put_back_ms >= HOUR_MS || now < s->put_back_ms)
        s->put_back = 0;
    if (s->put_back == 0)
        s->put_back_ms = now;
    if (s->put_back++ == 2 * TIMES) /* both lists */
        x_notice(x, KITH_WARN, NULL,
                 "Another program of yours takes this device out of your list of devices again and again: others may not encrypt for "
                 "it. kith puts it back at most %d times an hour.", TIMES);
    return s->put_back <= 2 * TIMES;
}
