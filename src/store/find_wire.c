/* store/find_wire.c - a search and its hits as bytes between the engine and the helper process:
 * numbers and texts, each with its length
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/find.h"

static void put_number(struct buf *b, int64_t v)
{
    buf_add(b, &v, sizeof v); /* one machine, one program */
}

static void put_text(struct buf *b, const char *s)
{
    put_number(b, s ? (int64_t)strlen(s) : -1);
    buf_adds(b, s);
}

static bool get_number(const char **at, const char *end, int64_t *v)
{
    if ((size_t)(end - *at) < sizeof *v)
        return false;
    memcpy(v, *at, sizeof *v);
    *at += sizeof *v;
    return true;
}

static bool get_text(const char **at, const char *end, char **s)
{
    int64_t len;
    *s = NULL;
    if (!get_number(at, end, &len) || len < -1 || len > end - *at)
        return false;
    if (len >= 0) {
        *s = xstrndup(*at, (size_t)len);
        *at += len;
    }
    return true;
}

void find_put_query(struct buf *b, const struct find_query *q)
{
    put_number(b, q->chat);
    put_number(b, (int64_t)q->max);
    put_number(b, q->ranked);
    put_number(b, q->now);
    put_text(b, q->words);
}

bool find_get_query(const char *data, size_t len, struct find_query *q, char **words)
{
    const char *at = data, *end = data + len;
    int64_t max, ranked;
    bool good = get_number(&at, end, &q->chat) && get_number(&at, end, &max) &&
                get_number(&at, end, &ranked) && get_number(&at, end, &q->now) &&
                get_text(&at, end, words) && *words;
    q->max = good && max > 0 ? (size_t)max : 0;
    q->ranked = good && ranked;
    q->words = good ? *words : NULL;
    return good;
}

void find_put_error(struct buf *b, const struct err *e)
{
    put_number(b, e->code);
    put_text(b, e->text);
}

void find_get_error(const char *data, size_t len, struct err *e)
{
    const char *at = data, *end = data + len;
    int64_t code;
    char *text = NULL;
    if (get_number(&at, end, &code) && code < 0 && code > -10000 && get_text(&at, end, &text) &&
        text)
        err_set(e, (int)code, "%s", text);
    else
        err_set(e, KITH_EPROTO, "the search gave an answer that cannot be read");
    free(text);
}

void find_put_hit(struct buf *b, const struct find_hit *h)
{
    const int64_t v[] = {h->message, h->chat, h->time, h->sort, h->flags, (int64_t)h->n_spots};
    for (size_t i = 0; i < COUNT(v); i++)
        put_number(b, v[i]);
    for (size_t i = 0; i < h->n_spots; i++)
        put_number(b, (int64_t)h->spots[i].from << 32 | h->spots[i].to);
    put_text(b, h->sender);
    put_text(b, h->sender_name);
    put_text(b, h->body);
    put_text(b, h->spans);
}

bool find_get_hit(const char *data, size_t len, struct find_hit *h)
{
    const char *at = data, *end = data + len;
    int64_t v[6], spot;
    *h = (struct find_hit){0};
    for (size_t i = 0; i < COUNT(v); i++) {
        if (!get_number(&at, end, &v[i]))
            return false;
    }
    h->message = v[0];
    h->chat = v[1];
    h->time = v[2];
    h->sort = v[3];
    h->flags = (uint32_t)v[4];
    for (int64_t i = 0; i < v[5]; i++) {
        if (i >= FIND_SPOTS || !get_number(&at, end, &spot))
            return false;
        h->spots[h->n_spots].from = (uint32_t)(spot >> 32);
        h->spots[h->n_spots++].to = (uint32_t)spot;
    }
    bool good = get_text(&at, end, &h->sender) && get_text(&at, end, &h->sender_name) &&
                get_text(&at, end, &h->body) && h->body && get_text(&at, end, &h->spans);
    for (size_t i = 0; good && i < h->n_spots; i++)
        good = h->spots[i].from <= h->spots[i].to && h->spots[i].to <= strlen(h->body);
    if (!good)
        find_hit_clear(h);
    return good;
}
