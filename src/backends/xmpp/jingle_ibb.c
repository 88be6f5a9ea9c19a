/* backends/xmpp/jingle_ibb.c - the bytes go inside of stanzas, acknowledged one by one (XEP-0261, XEP-0047) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "backends/xmpp/jingle.h"
#include "base/mem.h"
#include "base/rand.h"

enum {
    BLOCK = 6144,       /* as base64 it fits the smallest stanza that a server has to take (RFC 6120 §13.12) */
    BLOCK_MIN = 64,
    BLOCK_TAKEN = 16384, /* of them; smaller is asked for */
    BLOCK_MAX = 65535,  /* XEP-0047 §2.1 */
    WINDOW = 8,         /* blocks on the way: what is typed meanwhile waits behind them */
    ACK_MS = 120000
};

struct ibb {
    char *sid;
    int64_t block;
    uint16_t seq;     /* of the next block, sent or expected */
    unsigned waiting; /* sent, and not acknowledged yet */
    bool open, over;
};

/* ---- what is agreed ---- */

void ibb_offer(struct jingle *j, xmpp_stanza_t *content)
{
    char sid[23], size[24];
    if (!j->ibb) {
        rand_id(sid);
        j->ibb = xcalloc(1, sizeof *j->ibb);
        *j->ibb = (struct ibb){.sid = xstrdup(sid), .block = BLOCK};
    }
    xmpp_stanza_t *t = st_add(content, "transport", NS_JINGLE_IBB);
    snprintf(size, sizeof size, "%" PRId64, j->ibb->block);
    st_set(t, "block-size", size);
    st_set(t, "sid", j->ibb->sid);
}

bool ibb_read(struct jingle *j, xmpp_stanza_t *t)
{
    const char *sid = id_attr(t, "sid"), *size = st_attr(t, "block-size"), *stanza = st_attr(t, "stanza");
    int64_t block;
    if (!sid || !size || !str_int(size, BLOCK_MIN, BLOCK_MAX, &block) || (stanza && strcmp(stanza, "iq") != 0))
        return false;
    if (j->ibb && (strcmp(j->ibb->sid, sid) != 0 || block > j->ibb->block))
        return false;
    if (!j->ibb) {
        j->ibb = xcalloc(1, sizeof *j->ibb);
        j->ibb->sid = xstrdup(sid);
    }
    j->ibb->block = MIN(block, (int64_t)BLOCK_TAKEN);
    return true;
}

bool ibb_has(const struct jingle *j, const char *sid)
{
    return j->ibb && str_eq(j->ibb->sid, sid);
}

void ibb_free(struct jingle *j)
{
    if (!j->ibb)
        return;
    free(j->ibb->sid);
    free(j->ibb);
    j->ibb = NULL;
}

/* ---- sending ---- */

static xmpp_stanza_t *stanza_of(struct jingle *j, const char *name, xmpp_stanza_t **child)
{
    xmpp_stanza_t *iq = iq_new(j->x, "set", j->peer, name, NS_IBB, child);
    st_set(*child, "sid", j->ibb->sid);
    return iq;
}

static void ask(struct jingle *j, xmpp_stanza_t *iq, x_iq_fn *fn)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a number, never dereferenced */
    x_iq_wait(j->x, iq, ACK_MS, fn, (void *)(uintptr_t)j->number);
}

static void on_ack(struct x *x, xmpp_stanza_t *reply, void *user);

static void send_block(struct jingle *j, const unsigned char *data, size_t len)
{
    char *text = xmalloc((len + 2) / 3 * 4 + 1), seq[8];
    xmpp_stanza_t *child, *iq = stanza_of(j, "data", &child);
    EVP_EncodeBlock((unsigned char *)text, data, (int)len);
    snprintf(seq, sizeof seq, "%u", (unsigned)j->ibb->seq);
    j->ibb->seq++; /* 0 comes after 65535 */
    st_set(child, "seq", seq);
    st_add_text(child, text);
    free(text);
    j->ibb->waiting++;
    ask(j, iq, on_ack);
}

static void on_closed(struct x *x UNUSED, xmpp_stanza_t *reply UNUSED, void *user UNUSED)
{
}

/* While the link is down nothing is added to what waits for the resumption. */
static void pump(struct jingle *j)
{
    struct ibb *b = j->ibb;
    unsigned char *piece = xmalloc((size_t)b->block);
    ssize_t n = 1;
    while (!b->over && b->waiting < WINDOW && x_online(j->x)) {
        n = jingle_give(j, piece, (size_t)b->block);
        if (n < 0)
            break;
        if (n > 0)
            send_block(j, piece, (size_t)n);
        b->over = n == 0;
    }
    free(piece);
    if (n >= 0 && b->over && !b->waiting && j->state != JINGLE_CHECKS) {
        xmpp_stanza_t *child;
        ask(j, stanza_of(j, "close", &child), on_closed);
        jingle_gave(j);
    }
}

static struct jingle *sender(struct x *x, const void *user)
{
    struct jingle *j = jingle_by_number(x, (uintptr_t)user);
    return j && j->ibb ? j : NULL;
}

static bool went_well(struct jingle *j, xmpp_stanza_t *reply)
{
    if (iq_is_result(reply))
        return true;
    jingle_fail(j, "failed-transport",
                reply ? "Their program, or a server on the way, refuses the bytes." : "Their program does not answer.");
    return false;
}

static void on_ack(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct jingle *j = sender(x, user);
    if (!j || !went_well(j, reply))
        return;
    j->ibb->waiting--;
    pump(j);
}

static void on_opened(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct jingle *j = sender(x, user);
    if (!j || !went_well(j, reply))
        return;
    j->ibb->open = true;
    pump(j);
}

void ibb_open(struct jingle *j)
{
    char size[24];
    xmpp_stanza_t *child, *iq = stanza_of(j, "open", &child);
    snprintf(size, sizeof size, "%" PRId64, j->ibb->block);
    st_set(child, "block-size", size);
    st_set(child, "stanza", "iq");
    jingle_await(j, JINGLE_IDLE_MS, "Their program does not answer.");
    ask(j, iq, on_opened);
}

void ibb_resumed(struct jingle *j)
{
    if (j->out && j->ibb && j->ibb->open)
        pump(j);
}

/* ---- receiving ---- */

static int value_of(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

bool ibb_decode(const char *text, size_t max, unsigned char *out, size_t *len)
{
    size_t n = text ? strlen(text) : 0, pad = n && text[n - 1] == '=' ? 1 + (n > 1 && text[n - 2] == '=') : 0;
    *len = n / 4 * 3 - pad;
    if (n % 4 || *len > max)
        return false;
    for (size_t i = 0, at = 0; i < n; i += 4) {
        uint32_t bits = 0;
        size_t padded = i + 4 == n ? pad : 0;
        for (size_t k = 0; k < 4; k++) {
            int v = k + padded >= 4 ? 0 : value_of(text[i + k]);
            if (v < 0)
                return false;
            bits = bits << 6 | (uint32_t)v;
        }
        if (padded && bits & ((1u << (8 * padded)) - 1))
            return false; /* bits that nobody reads: something is hidden in them */
        for (size_t k = 0; k + padded < 3; k++)
            out[at++] = (unsigned char)(bits >> (16 - 8 * k));
    }
    return true;
}

static void refuse(struct jingle *j, xmpp_stanza_t *iq, const char *condition, const char *words)
{
    jingle_refuse(j->x, iq, "cancel", condition, NULL);
    jingle_fail(j, "failed-transport", words);
}

static void take_open(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *open)
{
    const char *size = st_attr(open, "block-size"), *stanza = st_attr(open, "stanza");
    int64_t block;
    if (j->out || j->ibb->open || j->state != JINGLE_ACCEPTED) {
        jingle_refuse(j->x, iq, "cancel", "unexpected-request", NULL);
    } else if (!size || !str_int(size, 1, INT64_MAX, &block)) {
        jingle_refuse(j->x, iq, "cancel", "bad-request", NULL);
    } else if (block > j->ibb->block) {
        jingle_refuse(j->x, iq, "modify", "resource-constraint", NULL);
    } else if (stanza && strcmp(stanza, "iq") != 0) {
        jingle_refuse(j->x, iq, "cancel", "not-acceptable", NULL);
    } else {
        j->ibb->open = true;
        x_iq_reply(j->x, iq, NULL);
        jingle_await(j, JINGLE_IDLE_MS, "Nothing came for two minutes.");
        jingle_ready(j);
    }
}

static void take_data(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *data)
{
    const char *seq = st_attr(data, "seq");
    int64_t number;
    size_t len;
    if (j->out || !j->ibb->open) {
        jingle_refuse(j->x, iq, "cancel", "unexpected-request", NULL);
        return;
    }
    if (!seq || !str_int(seq, 0, UINT16_MAX, &number) || number != j->ibb->seq) {
        refuse(j, iq, "unexpected-request", "A part of it got lost on the way: what arrived was thrown away.");
        return;
    }
    unsigned char *out = xmalloc((size_t)j->ibb->block + 3);
    char *text = st_text(data);
    bool ok = ibb_decode(text, (size_t)j->ibb->block, out, &len);
    free(text);
    if (ok) {
        j->ibb->seq++;
        x_iq_reply(j->x, iq, NULL);
        jingle_take(j, out, len);
    } else {
        refuse(j, iq, "bad-request", "Something else than bytes of the file came: what arrived was thrown away.");
    }
    free(out);
}

static void take_close(struct jingle *j, xmpp_stanza_t *iq)
{
    x_iq_reply(j->x, iq, NULL);
    jingle_way_closed(j, "They closed the stream before all was here.");
}

/* Streams are begun by sessions only: whoever opens one without is refused. */
bool ibb_iq(struct x *x, xmpp_stanza_t *iq, const char *from)
{
    xmpp_stanza_t *child = st_child(iq, NULL, NS_IBB);
    const char *name = child ? xmpp_stanza_get_name(child) : NULL, *sid = st_attr(child, "sid");
    bool open = str_eq(name, "open"), data = str_eq(name, "data"), close = str_eq(name, "close");
    if (!open && !data && !close)
        return false;
    struct jingle *j = sid ? jingle_by_ibb(x, from, sid) : NULL;
    if (!j)
        jingle_refuse(x, iq, "cancel", open ? "not-acceptable" : "item-not-found", NULL);
    else if (open)
        take_open(j, iq, child);
    else if (data)
        take_data(j, iq, child);
    else
        take_close(j, iq);
    return true;
}
