/* backends/xmpp/sm.c - stream management of our own: acknowledged only after the commit, resumed
 * over restarts
 *
 * XEP-0198. A stanza is handled when the engine has committed the events it led to; only then the
 * server hears of it. What we sent waits here until the server has it, and is on disk before its
 * bytes leave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "backends/xmpp/x.h"
#include "base/mem.h"

/* ---- the queue of what was sent ---- */

static void item_free(struct sm_item *i)
{
    free(i->xml);
    free(i->chat);
    free(i->origin_id);
}

static void drop_queue(struct x *x, size_t n)
{
    struct x_sm *s = &x->sm;
    for (size_t i = 0; i < n; i++)
        item_free(&s->queue[i]);
    if (n < s->n_queue)
        memmove(s->queue, s->queue + n, (s->n_queue - n) * sizeof *s->queue);
    s->n_queue -= n;
}

/* Kept from a process that died before it told how it left; by which devices' trust is not known any more. */
static bool is_sealed(struct x *x, const char *xml)
{
    xmpp_stanza_t *st = strstr(xml, "<encrypted ") ? xmpp_stanza_new_from_string(x->ctx, xml) : NULL;
    bool sealed = st && ledger_is_sealed(st);
    if (st)
        xmpp_stanza_release(st);
    return sealed;
}

static void say(struct x *x, const struct sm_item *i, uint32_t delivery)
{
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT},
                                 .chat = i->chat,
                                 .id = i->origin_id,
                                 .delivery = delivery};
    ev.enc = omemo_left(x, i->origin_id);
    if (i->from_disk && is_sealed(x, i->xml))
        ev.enc = KITH_ENC_UNVERIFIED;
    x_emit(x, &ev.ev);
}

/* What goes to a room is stored when the room sends it back: the own server is only on the way. */
static bool is_for_room(const char *xml)
{
    const char *end = strchr(xml, '>'), *type = strstr(xml, " type=\"groupchat\"");
    return type && end && type < end;
}

uint32_t sm_queue(struct x *x, const char *xml, const char *chat, const char *origin_id)
{
    struct x_sm *s = &x->sm;
    s->h_out++;
    if (!s->on && !origin_id) /* without stream management only messages are followed */
        return s->h_out;
    struct sm_item i = {.n = s->h_out,
                        .written_at = x->out_queued + 1,
                        .xml = xstrdup(xml),
                        .chat = xstrdup(chat),
                        .origin_id = xstrdup(origin_id)};
    VEC_PUSH(s->queue, s->n_queue, s->cap_queue, i);
    s->dirty = s->on;
    s->ask = s->ask || origin_id || s->n_queue >= 8;
    s->unsaid += origin_id != NULL;
    return s->h_out;
}

void sm_written(struct x *x, uint64_t upto)
{
    struct x_sm *s = &x->sm;
    for (size_t i = 0; s->unsaid && i < s->n_queue; i++) {
        struct sm_item *it = &s->queue[i];
        if (it->said_sent || !it->origin_id || !it->written_at || it->written_at > upto)
            continue;
        it->said_sent = true;
        s->unsaid--;
        say(x, it, KITH_SENT);
    }
}

bool x_unacked(const struct x *x, const char *origin_id)
{
    for (size_t i = 0; i < x->sm.n_queue; i++)
        if (str_eq(x->sm.queue[i].origin_id, origin_id))
            return true;
    return false;
}

/* The server has everything up to h. False: it cannot. */
static bool acknowledged(struct x *x, uint32_t h)
{
    struct x_sm *s = &x->sm;
    size_t n = 0;
    if ((int32_t)(s->h_out - h) < 0)
        return false;
    for (; n < s->n_queue && (int32_t)(h - s->queue[n].n) >= 0; n++) {
        if (!s->queue[n].origin_id)
            continue;
        if (!s->queue[n].said_sent) {
            s->unsaid--;
            say(x, &s->queue[n], KITH_SENT);
        }
        if (!is_for_room(s->queue[n].xml))
            say(x, &s->queue[n], KITH_STORED);
    }
    drop_queue(x, n);
    s->dirty = s->dirty || (n && s->on);
    return true;
}

/* ---- on disk: fields as "length:bytes," ---- */

static void put(struct buf *b, const char *s)
{
    buf_addf(b, "%zu:%s,", s ? strlen(s) : 0, s ? s : "");
}

static void put_n(struct buf *b, uint32_t n)
{
    char t[16];
    snprintf(t, sizeof t, "%u", n);
    put(b, t);
}

static char *get(const char **p)
{
    size_t n = strspn(*p, "0123456789");
    char *len = xstrndup(*p, MIN(n, 12));
    int64_t v;
    bool ok = str_int(len, 0, 1 << 24, &v) && (*p)[n] == ':' &&
              strnlen(*p + n + 1, (size_t)v + 1) > (size_t)v && (*p)[n + 1 + (size_t)v] == ',';
    free(len);
    if (!ok)
        return NULL;
    char *out = xstrndup(*p + n + 1, (size_t)v);
    *p += n + (size_t)v + 2;
    return out;
}

static bool get_n(const char **p, uint32_t *n)
{
    char *t = get(p);
    int64_t v = 0;
    bool ok = t && str_int(t, 0, UINT32_MAX, &v);
    *n = (uint32_t)v;
    free(t);
    return ok;
}

void sm_flush(struct x *x)
{
    struct x_sm *s = &x->sm;
    if (!s->dirty)
        return;
    s->dirty = false;
    if (!s->id || !s->resumable)
        return;
    struct buf b = {0};
    put(&b, "1");
    put(&b, s->id);
    put(&b, s->jid);
    put_n(&b, s->h_safe + (s->poison && s->h_safe == s->h_in));
    put_n(&b, s->h_out);
    put_n(&b, (uint32_t)x_inline(x, NS_CARBONS));
    put_n(&b, (uint32_t)s->n_queue);
    for (size_t i = 0; i < s->n_queue; i++) {
        put_n(&b, s->queue[i].n);
        put(&b, s->queue[i].xml);
        put(&b, s->queue[i].chat);
        put(&b, s->queue[i].origin_id);
    }
    x_save(x, "sm", buf_str(&b));
    buf_free(&b);
}

static bool load_item(const char **p, struct sm_item *i)
{
    memset(i, 0, sizeof *i);
    bool ok = get_n(p, &i->n) && (i->xml = get(p)) && (i->chat = get(p)) && (i->origin_id = get(p));
    if (ok && !i->origin_id[0]) {
        str_take(&i->origin_id, NULL);
        str_take(&i->chat, NULL);
    }
    if (!ok)
        item_free(i);
    return ok;
}

void sm_load(struct x *x)
{
    struct x_sm *s = &x->sm;
    char *text = x_load(x, "sm"), *version = NULL;
    const char *p = text;
    uint32_t carbons = 0, n = 0;
    if (!text)
        return;
    bool ok = (version = get(&p)) && str_eq(version, "1") && (s->id = get(&p)) &&
              (s->jid = get(&p)) && get_n(&p, &s->h_safe) && get_n(&p, &s->h_out) &&
              get_n(&p, &carbons) && get_n(&p, &n);
    for (uint32_t i = 0; ok && i < n; i++) {
        struct sm_item it;
        ok = load_item(&p, &it);
        if (ok) {
            it.said_sent = it.from_disk = true;
            VEC_PUSH(s->queue, s->n_queue, s->cap_queue, it);
        }
    }
    ok = ok && s->id[0] && jid_same_bare(s->jid, x->bare);
    if (ok) {
        s->h_in = s->h_told = s->h_safe;
        s->resumable = true;
        if (carbons)
            map_set(&x->inlined, NS_CARBONS, x);
    } else {
        sm_forget(x);
    }
    free(version);
    free(text);
}

/* ---- the session ---- */

void sm_features(struct x *x, xmpp_stanza_t *features)
{
    x->sm.offered = st_child(features, "sm", NS_SM) != NULL;
}

bool sm_can_resume(const struct x *x)
{
    return x->sm.id && x->sm.resumable;
}

/* What to tell at the resumption. A poison stanza is skipped once all before it are committed. */
uint32_t sm_resume_h(struct x *x)
{
    struct x_sm *s = &x->sm;
    s->h_told = s->h_safe + (s->poison && s->h_safe == s->h_in);
    return s->h_told;
}

void sm_resume(struct x *x)
{
    char h[16];
    snprintf(h, sizeof h, "%u", sm_resume_h(x));
    xmpp_stanza_t *st = st_new(x->ctx, "resume", NS_SM);
    char *xml;
    size_t len;
    st_set(st, "previd", x->sm.id);
    st_set(st, "h", h);
    link_phase(x, PHASE_RESUME);
    if (xmpp_stanza_to_text(st, &xml, &len) == XMPP_EOK) {
        link_write(x, xml);
        xmpp_free(x->ctx, xml);
    }
    xmpp_stanza_release(st);
}

void sm_enable(struct x *x)
{
    link_phase(x, PHASE_ENABLE);
    link_write(x, "<enable xmlns='" NS_SM "' resume='true'/>");
}

void sm_enabled(struct x *x, xmpp_stanza_t *st)
{
    struct x_sm *s = &x->sm;
    const char *resume = st_attr(st, "resume"), *id = st_attr(st, "id");
    sm_forget(x);
    s->on = st != NULL;
    s->resumable = !str_empty(id) && (str_eq(resume, "true") || str_eq(resume, "1"));
    if (s->resumable) {
        s->id = xstrdup(id);
        s->jid = xstrdup(x->full);
        s->dirty = true;
    }
}

/* What was on its way in the clear when its chat was encrypted is not sent a second time: in its place, as the server counts,
 * goes something that says nothing. */
static void still_fit(struct x *x, struct sm_item *i)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x->ctx, i->xml);
    bool fit = !st || omemo_lets_out(x, st);
    if (st)
        xmpp_stanza_release(st);
    if (fit)
        return;
    if (i->origin_id)
        message_failed(x, i->chat, i->origin_id, KITH_EDENIED, "it was on its way in the clear when this chat was encrypted, and may have "
                       "arrived; it was not sent again. /resend sends it encrypted");
    str_wipe_free(i->xml);
    i->xml = xstrdup("<iq type='get' id='instead'><ping xmlns='urn:xmpp:ping'/></iq>");
    x->sm.unsaid -= i->origin_id && !i->said_sent;
    str_take(&i->origin_id, NULL);
    str_take(&i->chat, NULL);
}

bool sm_resumed(struct x *x, xmpp_stanza_t *st)
{
    struct x_sm *s = &x->sm;
    int64_t h = 0;
    if (!str_eq(st_attr(st, "previd"), s->id) ||
        !str_int(st_attr(st, "h") ? st_attr(st, "h") : "", 0, UINT32_MAX, &h) ||
        !acknowledged(x, (uint32_t)h)) {
        sm_forget(x);
        link_end(x, KITH_EPROTO, KITH_RETRY_AUTO, "%s resumed another session than ours.",
                 x->where);
        return false;
    }
    if (s->h_told == s->h_in + 1) { /* the poison is skipped now */
        s->h_in = s->h_safe = s->h_told;
        s->poison = false;
    }
    s->skip = s->h_in - s->h_told;
    s->on = s->unheard = true;
    s->dirty = true;
    str_set(&x->full, s->jid);
    for (size_t i = 0; i < s->n_queue; i++) {
        s->queue[i].written_at = x->out_queued + 1;
        still_fit(x, &s->queue[i]);
        link_write(x, s->queue[i].xml);
    }
    s->ask = s->n_queue > 0;
    return true;
}

void sm_refused(struct x *x, xmpp_stanza_t *failed)
{
    int64_t h = 0;
    if (str_int(st_attr(failed, "h") ? st_attr(failed, "h") : "", 0, UINT32_MAX, &h))
        acknowledged(x, (uint32_t)h);
    sm_forget(x);
    iq_lost(x);
}

void sm_forget(struct x *x)
{
    struct x_sm *s = &x->sm;
    bool offered = s->offered;
    uint64_t committed = s->committed;
    if (s->id)
        x_save(x, "sm", NULL);
    sm_free(x);
    s->offered = offered;
    s->committed = committed;
    map_free(&x->inlined, NULL);
}

void sm_free(struct x *x)
{
    struct x_sm *s = &x->sm;
    drop_queue(x, s->n_queue);
    if (s->answer_timer)
        x_the_host()->timer_del(s->answer_timer);
    free(s->queue);
    free(s->waits);
    free(s->id);
    free(s->jid);
    memset(s, 0, sizeof *s);
}

/* Prosody 0.12 reads what comes after the resumption with the parser of the lost link. If that one was cut in the middle
 * of a stanza, all that we say is taken for the rest of it, in this link and in each that resumes the session. */
bool sm_give_up(struct x *x)
{
    if (!x->sm.on || !x->sm.unheard)
        return false;
    sm_forget(x);
    return true;
}

void sm_link_lost(struct x *x)
{
    struct x_sm *s = &x->sm;
    if (s->on)
        s->dirty = true;
    s->on = s->asked = s->answer = s->ask = false;
    if (s->answer_timer)
        x_the_host()->timer_del(s->answer_timer);
    s->answer_timer = 0;
    if (!sm_can_resume(x)) {
        sm_forget(x);
        return;
    }
    for (size_t i = 0; i < s->n_queue; i++)
        s->queue[i].written_at = 0;
    sm_flush(x);
}

/* ---- counting what comes ---- */

bool sm_counts(struct x *x)
{
    struct x_sm *s = &x->sm;
    if (!s->on || !s->skip)
        return true;
    s->skip--; /* handled before the link was lost; its events are on the way to the engine */
    return false;
}

void sm_handled(struct x *x)
{
    struct x_sm *s = &x->sm;
    if (!s->on)
        return;
    s->h_in++;
    if (x->stanza_event > s->committed) {
        struct sm_wait w = {s->h_in, x->stanza_event};
        VEC_PUSH(s->waits, s->n_waits, s->cap_waits, w);
    } else if (s->n_waits) {
        s->waits[s->n_waits - 1].h = s->h_in;
    } else {
        s->h_safe = s->h_in;
    }
}

void sm_poisoned(struct x *x)
{
    x->sm.poison = x->sm.on;
}

void sm_committed(struct x *x, uint64_t number)
{
    struct x_sm *s = &x->sm;
    size_t n = 0;
    s->committed = MAX(s->committed, number);
    for (; n < s->n_waits && s->waits[n].event <= s->committed; n++)
        s->h_safe = s->waits[n].h;
    if (!n)
        return;
    s->n_waits -= n;
    memmove(s->waits, s->waits + n, s->n_waits * sizeof *s->waits);
    if (s->answer)
        link_kick(x);
}

/* ---- requests and answers ---- */

static void on_answer_time(void *user)
{
    struct x *x = user;
    x->sm.answer_timer = 0;
    x->sm.answer_at = x->sm.h_safe; /* as far as it is true */
    link_kick(x);
}

void sm_stanza(struct x *x, const char *name, xmpp_stanza_t *st)
{
    struct x_sm *s = &x->sm;
    int64_t h = 0;
    if (!s->on)
        return;
    if (str_eq(name, "r")) {
        s->answer = true;
        s->answer_at = s->h_in;
        if (s->h_safe != s->h_in && !s->answer_timer)
            s->answer_timer = x_the_host()->timer_add(SM_ACK_MS, on_answer_time, x);
    } else if (str_eq(name, "a")) {
        link_alive(x);
        if (!str_int(st_attr(st, "h") ? st_attr(st, "h") : "", 0, UINT32_MAX, &h) ||
            !acknowledged(x, (uint32_t)h)) {
            sm_forget(x);
            link_end(x, KITH_EPROTO, KITH_RETRY_AUTO, "%s acknowledged more than was sent.",
                     x->where);
            return;
        }
        s->asked = s->unheard = false;
    }
}

static void on_pong(struct x *x, xmpp_stanza_t *reply, void *user)
{
    if (!reply)
        return;
    link_alive(x);
    acknowledged(x, (uint32_t)(uintptr_t)user);
}

/* Without stream management a ping after the message tells that the server has read it. */
static void request_by_ping(struct x *x)
{
    xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
    st_set(st, "type", "get");
    st_set(st, "to", x->domain);
    st_add(st, "ping", "urn:xmpp:ping");
    x->sm.ask = false;
    x_iq(x, st, on_pong,
         (void *)(uintptr_t)
             x->sm.h_out); // NOLINT(performance-no-int-to-ptr): a number, not an address
    link_await(x);
}

/* A server in a hurry asks after each stanza; it gets its answer a little later. */
static bool too_early(struct x *x)
{
    struct x_sm *s = &x->sm;
    int64_t wait = s->told_ms ? s->told_ms + SM_GAP_MS - x_the_host()->mono_ms() : 0;
    if (wait > 0 && !s->answer_timer)
        s->answer_timer = x_the_host()->timer_add(wait, on_answer_time, x);
    return wait > 0;
}

void sm_requests(struct x *x)
{
    struct x_sm *s = &x->sm;
    char xml[64];
    if (!s->on) {
        if (s->ask && x_online(x))
            request_by_ping(x);
        return;
    }
    if (s->answer && (int32_t)(s->h_safe - s->answer_at) >= 0 && !too_early(x)) {
        s->answer = false;
        s->h_told = s->h_safe;
        s->told_ms = x_the_host()->mono_ms();
        s->dirty = true;
        snprintf(xml, sizeof xml, "<a xmlns='" NS_SM "' h='%u'/>", s->h_safe);
        link_write(x, xml);
    }
    if (s->ask && !s->asked && s->n_queue) {
        s->ask = false;
        s->asked = true;
        link_write(x, "<r xmlns='" NS_SM "'/>");
        link_await(x);
    }
}

void sm_last_words(struct x *x)
{
    struct x_sm *s = &x->sm;
    s->answer = s->ask = s->on;
    s->answer_at = s->h_safe;
    s->told_ms = 0;
    s->asked = false;
    sm_requests(x);
}
