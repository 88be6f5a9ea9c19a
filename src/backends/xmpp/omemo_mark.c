/* backends/xmpp/omemo_mark.c - a mark on the server tells when the keys here are an older copy, or are used twice
 *
 * A private node has an item for each device: a number of this life of it (from one login to the next), and how many steps its
 * keys had taken (omemo_steps()). It is read at the beginning of a session and when one is resumed (a machine that was put back
 * with its memory does that), and written then, before the first message of a quiet time, and at most every quarter of a minute
 * while messages leave. Steps beyond ours, or another life than our last one: what is here was put back from a backup or a
 * snapshot, or somebody else runs with a copy of it. Who runs with a copy hears of the other's mark: the one that was there first
 * writes its own again, and the newcomer, who waits for that, gives way. When nobody answers, the sessions of the old copy are
 * thrown away.
 *
 * What is not noticed: a copy that is younger than the last mark and lacks what left behind it, so less than a quarter of a
 * minute (a power cut can do that). It encrypts as many messages anew as it lacks, with message keys that were used: what these
 * encrypt are other random keys each time, so nothing can be read by it; the other side takes them for repeated ones and says that
 * it cannot read them; and those behind them are read again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

#define NODE OMEMO_MARK_NODE
#define ROW "omemo.mark"
#define LOST "omemo.lost"
#define DEVICES "omemo.d."
enum {
    SOON_MS = 15000,    /* between two marks while messages leave */
    WAIT_MS = 5000,     /* in which another one that runs with these keys answers */
    NEW_MS = 60000,     /* so long who took over gives way to who was there before */
    RECENT_MOST = 100,  /* devices that are told by themselves */
    TELL_MOST = 20,     /* chats in which it is said */
    WRITE_MOST = 3      /* times that a mark is written without an answer */
};
#define LATE_MS (INT64_C(3600) * 1000) /* until others have heard of the new keys */
#define RECENT_MS (INT64_C(30) * 24 * 3600 * 1000)

enum stage { UNKNOWN, ASKED, WAITING, OPEN, REFUSED };

struct row { /* what is kept of it */
    uint64_t life, before; /* ours, and the one that it took over from */
    uint64_t stale;        /* steps of the later state that is lost; 0: none is */
    int64_t ms;            /* of the last mark */
};
struct mark {
    enum stage stage;
    bool asking;      /* the answer is on its way; without that ASKED means: when there is a connection again */
    bool off;         /* the server keeps none */
    bool claimed;     /* it has taken ours */
    bool contested;   /* somebody else took over, and was told */
    struct row row;
    uint64_t written; /* steps */
    int64_t claimed_ms;
    int unanswered;   /* so many times it was written, and nothing came */
    int timer, wait_timer;
};

static struct mark *mark_of(const struct x *x)
{
    return x_state(x, "omemo_mark");
}

/* ---- the row ---- */

static void read_row(struct x *x, struct mark *m)
{
    struct row r;
    bool fine = x_host(x)->state_get(x_account(x), ROW, &r, sizeof r) == (int)sizeof r;
    m->row = fine ? r : (struct row){0};
}

static void keep_row(struct x *x, struct mark *m)
{
    m->row.ms = x_host(x)->wall_ms();
    (void)x_host(x)->state_set(x_account(x), ROW, &m->row, sizeof m->row);
}

static uint64_t new_life(void)
{
    uint64_t life = 0;
    rand_bytes(&life, sizeof life);
    return life | 1;
}

/* ---- on the server ---- */

static const struct pep_options private = {.access = "whitelist", .max_items = "max", .send_last = NULL};

struct read {
    uint64_t life, steps;
};

static bool read_item(struct x *x, xmpp_stanza_t *item, struct read *out)
{
    char id[16];
    (void)snprintf(id, sizeof id, "%" PRIu32, omemo_device(omemo_of(x)->o));
    xmpp_stanza_t *e = item && str_eq(st_attr(item, "id"), id) ? st_child(item, "mark", NODE) : NULL;
    const char *life = e ? st_attr(e, "life") : NULL, *steps = e ? st_attr(e, "steps") : NULL;
    if (!life || !steps)
        return false;
    *out = (struct read){strtoull(life, NULL, 16), strtoull(steps, NULL, 10)};
    return out->life != 0;
}

static void write_mark(struct x *x, struct mark *m);

static void give_up(struct x *x, struct mark *m)
{
    m->off = true;
    x_log(x, KITH_WARN, "the server does not keep a mark of our keys: an older copy of them cannot be noticed");
}

static void on_written(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct mark *m = mark_of(x);
    const struct omemo_session *s = omemo_of(x);
    (void)user;
    if (!m)
        return;
    if (reply && iq_is_result(reply))
        m->claimed = true;
    else if (reply)
        give_up(x, m);
    else if (m->claimed || !s || !s->o || !x_online(x) || (m->stage != WAITING && m->stage != OPEN))
        return; /* the next one tells as much, or there is another session first */
    else if (++m->unanswered < WRITE_MOST)
        write_mark(x, m);
    else
        give_up(x, m);
}

static void write_mark(struct x *x, struct mark *m)
{
    struct omemo_session *s = omemo_of(x);
    char id[16], life[20], steps[24];
    xmpp_stanza_t *item;
    m->written = MAX(omemo_steps(s->o), m->row.stale);
    (void)snprintf(id, sizeof id, "%" PRIu32, omemo_device(s->o));
    (void)snprintf(life, sizeof life, "%016" PRIx64, m->row.life);
    (void)snprintf(steps, sizeof steps, "%" PRIu64, m->written);
    keep_row(x, m);
    xmpp_stanza_t *iq = pep_publish(x, NODE, id, &item), *e = st_add(item, "mark", NODE);
    st_set(e, "life", life);
    st_set(e, "steps", steps);
    pep_write(x, NODE, iq, &private, on_written, NULL);
}

static void on_soon(void *user)
{
    struct x *x = user;
    mark_of(x)->timer = 0;
    if (x_online(x))
        omemo_mark_now(x);
}

void omemo_mark_now(struct x *x)
{
    struct mark *m = mark_of(x);
    const struct omemo_session *s = omemo_of(x);
    if (!m || !s || !s->o || m->stage != OPEN || m->off || m->timer || omemo_steps(s->o) == m->written)
        return;
    write_mark(x, m);
    m->timer = x_host(x)->timer_add(SOON_MS, on_soon, x);
}

/* ---- an older copy ---- */

struct recent {
    char *jid;
    uint32_t device;
    enum omemo_version version;
    int64_t last_ms;
};
struct recents {
    struct x *x;
    struct recent *v;
    size_t n, cap;
};

/* "omemo.d.juliet@capulet.example/7". A session is not asked for: keys that come from a file have none. */
static int note_device(void *user, const char *key, const void *data, size_t len)
{
    struct recents *r = user;
    struct omemo *o = omemo_of(r->x)->o;
    const char *jid = key + sizeof DEVICES - 1, *slash = strrchr(jid, '/');
    struct omemo_known d;
    (void)data;
    (void)len;
    if (!slash)
        return 0;
    char *name = xstrndup(jid, (size_t)(slash - jid));
    uint32_t device = (uint32_t)strtoul(slash + 1, NULL, 10);
    bool used = device != omemo_device(o) && omemo_known_one(o, name, device, &d) && omemo_way(&d) != 0 && omemo_is_used(&d) &&
                (d.last_ms > 0 || omemo_has_session(o, omemo_way(&d), name, device));
    if (used)
        VEC_PUSH(r->v, r->n, r->cap, ((struct recent){name, device, omemo_way(&d), MAX(d.last_ms, d.since_ms)}));
    else
        free(name);
    return 0;
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = ((const struct recent *)a)->last_ms, y = ((const struct recent *)b)->last_ms;
    return x > y ? -1 : x < y;
}

static void find_recent(struct x *x, struct recents *r)
{
    r->x = x;
    (void)x_host(x)->state_each(x_account(x), DEVICES, note_device, r);
    if (r->n > 1)
        qsort(r->v, r->n, sizeof *r->v, newest_first);
}

static void when_words(char out[32], int64_t ms)
{
    if (ms <= 0 || clock_format(out, 32, "%Y-%m-%d %H:%M", ms) == 0)
        str_copy(out, 32, "an unknown time");
}

static void tell_lost(struct x *x, const struct recents *r, const char *from, const char *to)
{
    const char *told[TELL_MOST];
    size_t n = 0;
    x_notice(x, KITH_WARN, NULL,
             "The keys of this account are from an older copy of its data, of %s, such as a backup that was put back. Your "
             "identity is the same; what was agreed on with others since then is lost, and is agreed on anew. Messages that were "
             "encrypted for what is lost say so where they stand.", from);
    for (size_t i = 0; i < r->n && n < TELL_MOST; i++) {
        bool again = jid_same_bare(r->v[i].jid, x_bare(x)) || !omemo_holds(x, r->v[i].jid);
        for (size_t k = 0; k < n && !again; k++)
            again = strcmp(told[k], r->v[i].jid) == 0;
        if (again)
            continue;
        told[n++] = r->v[i].jid;
        x_notice(x, KITH_WARN, r->v[i].jid,
                 "Messages of %s to %s may be missing here: kith's data is an older copy, and the keys of that time are lost. "
                 "Those that cannot be read say so; ask for them again. New keys are agreed on now.", from, to);
    }
}

/* Nobody else runs with these keys, and what the archive had for the old copy was read with it. */
static void start_anew(struct x *x, struct mark *m)
{
    struct omemo_session *s = omemo_of(x);
    struct recents r = {.n = 0};
    char from[32], to[32];
    int64_t now = x_host(x)->wall_ms(), lost[2] = {m->row.ms, now};
    find_recent(x, &r);
    if (omemo_restored(s->o) < 0 || omemo_step_to(s->o, m->row.stale + 1) < 0) {
        x_log(x, KITH_ERROR, "the sessions of an older copy cannot be thrown away");
    } else {
        (void)x_host(x)->state_set(x_account(x), LOST, lost, sizeof lost);
        when_words(from, m->row.ms);
        when_words(to, now);
        m->row.stale = 0;
        m->stage = OPEN;
        write_mark(x, m);
        omemo_bundles_again(x);
        tell_lost(x, &r, from, to);
        for (size_t i = 0; i < r.n && i < RECENT_MOST && now - r.v[i].last_ms < RECENT_MS; i++)
            omemo_answer_soon(x, r.v[i].version, r.v[i].jid, r.v[i].device);
        omemo_publish_soon(x);
        omemo_push(x);
    }
    for (size_t i = 0; i < r.n; i++)
        free(r.v[i].jid);
    free(r.v);
}

static void on_waited(void *user)
{
    struct x *x = user;
    struct mark *m = mark_of(x);
    m->wait_timer = 0;
    if (m->stage != WAITING || !x_online(x))
        return;
    if ((!m->claimed && !m->off) || mam_busy(x)) /* what is missing is on its way */
        m->wait_timer = x_host(x)->timer_add(WAIT_MS, on_waited, x);
    else
        start_anew(x, m);
}

/* ---- reading it at the beginning ---- */

static void go_on(struct x *x, struct mark *m)
{
    m->stage = OPEN;
    if (omemo_lists_known(x, x_bare(x)))
        omemo_publish_soon(x);
    omemo_push(x);
    omemo_answers(x);
}

static void claim(struct x *x, struct mark *m, const struct read *there)
{
    bool ours = !there->life || there->life == m->row.life || there->life == m->row.before;
    if (!m->row.stale && (!ours || there->steps > omemo_steps(omemo_of(x)->o)))
        m->row.stale = MAX(there->steps, omemo_steps(omemo_of(x)->o)) + 1;
    int64_t ms = m->row.ms;
    m->row.before = there->life;
    m->row.life = new_life();
    m->claimed_ms = x_host(x)->wall_ms();
    write_mark(x, m);
    if (!m->row.stale) {
        go_on(x, m);
        return;
    }
    m->row.ms = ms; /* of the copy: until it is dealt with */
    (void)x_host(x)->state_set(x_account(x), ROW, &m->row, sizeof m->row);
    m->stage = WAITING;
    m->wait_timer = x_host(x)->timer_add(WAIT_MS, on_waited, x);
}

static void read_answer(struct x *x, xmpp_stanza_t *reply, struct read *out)
{
    EACH_CHILD (c, pep_items(reply, NODE)) {
        if (is_elem(c, "item", NULL) && read_item(x, c, out))
            return;
    }
}

static void ask(struct x *x, struct mark *m, x_iq_fn *fn)
{
    char id[16];
    m->stage = ASKED;
    m->asking = true;
    (void)snprintf(id, sizeof id, "%" PRIu32, omemo_device(omemo_of(x)->o));
    x_iq(x, pep_get(x, NULL, NODE, id), fn, NULL);
}

/* The answer has come, or will not. True: and it is waited for. */
static bool is_answered(struct x *x, struct mark *m)
{
    const struct omemo_session *s = omemo_of(x);
    if (m)
        m->asking = false;
    return m && s && s->o && m->stage == ASKED && x_online(x);
}

static void on_read(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct mark *m = mark_of(x);
    struct read there = {0, 0};
    (void)user;
    if (!is_answered(x, m))
        return;
    xmpp_stanza_t *error = reply ? st_child(reply, "error", NULL) : NULL;
    if (!reply || (error && !st_child(error, "item-not-found", NULL))) {
        m->off = true;
        go_on(x, m);
        return;
    }
    read_answer(x, reply, &there);
    claim(x, m, &there);
}

void omemo_mark_start(struct x *x)
{
    struct mark *m = mark_of(x);
    struct omemo_session *s = omemo_of(x);
    if (!m || !s || !s->o || m->stage != UNKNOWN)
        return;
    if (!pep_can_publish(x)) {
        m->off = true;
        m->stage = OPEN;
        return;
    }
    read_row(x, m);
    ask(x, m, on_read);
}

/* ---- somebody else's mark ---- */

static void refuse(struct x *x, struct mark *m)
{
    m->stage = REFUSED;
    m->row.before = 0; /* whose mark is there now is no past of ours */
    keep_row(x, m);
    x_notice(x, KITH_ERROR, NULL, "OMEMO stops here: " OMEMO_TWICE);
    omemo_posts_fail_all(x, OMEMO_TWICE);
    omemo_gone_later(x);
}

static void contest(struct x *x, struct mark *m, const struct read *r)
{
    bool young = x_host(x)->wall_ms() - m->claimed_ms < NEW_MS;
    if ((r->life == m->row.before && young) || m->contested) { /* who was there before is there; or will not give way */
        refuse(x, m);
        return;
    }
    m->contested = true;
    x_notice(x, KITH_WARN, NULL, "Another kith has begun to use a copy of this account's keys; it is told to stop. Each device "
             "needs data of its own: what both encrypt with the same keys can be lost, or read by others.");
    write_mark(x, m);
}

void omemo_mark_item(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    struct mark *m = mark_of(x);
    const struct omemo_session *s = omemo_of(x);
    struct read r;
    (void)owner;
    if (m && s && s->o && what == PEP_ITEM && m->claimed && !m->off && m->stage != REFUSED && read_item(x, item, &r) &&
        r.life != m->row.life)
        contest(x, m, &r);
}

/* ---- reading it again when a session is resumed: by a machine that was put back, for instance, with all that it had in memory ---- */

static void on_read_again(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct mark *m = mark_of(x);
    struct read there = {0, 0};
    (void)user;
    if (!is_answered(x, m))
        return;
    if (reply)
        read_answer(x, reply, &there);
    if (there.life == m->row.life && there.steps > MAX(omemo_steps(omemo_of(x)->o), m->written)) {
        claim(x, m, &there);
        return;
    }
    m->stage = OPEN;
    if (there.life && there.life != m->row.life)
        contest(x, m, &there);
    if (m->stage == OPEN)
        go_on(x, m);
}

/* ---- for the files around it ---- */

bool omemo_mark_open(const struct x *x)
{
    const struct mark *m = mark_of(x);
    return m && m->stage == OPEN;
}

bool omemo_mark_refused(const struct x *x)
{
    const struct mark *m = mark_of(x);
    return m && m->stage == REFUSED;
}

bool omemo_mark_lost(const struct x *x, int64_t time_ms)
{
    const struct mark *m = mark_of(x);
    int64_t lost[2];
    if (m && m->stage == WAITING)
        return true;
    if (x_host(x)->state_get(x_account(x), LOST, lost, sizeof lost) != (int)sizeof lost)
        return false;
    int64_t at = time_ms > 0 ? time_ms : x_host(x)->wall_ms();
    return at >= lost[0] && at <= lost[1] + LATE_MS;
}

bool omemo_mark_reads_only(const struct x *x)
{
    const struct mark *m = mark_of(x);
    return m && m->stage == WAITING;
}

/* ---- its life ---- */

static void stop_timers(struct x *x, struct mark *m)
{
    if (m->timer)
        x_host(x)->timer_del(m->timer);
    if (m->wait_timer)
        x_host(x)->timer_del(m->wait_timer);
    m->timer = m->wait_timer = 0;
}

static void mark_attach(struct x *x)
{
    x_set_state(x, "omemo_mark", xcalloc(1, sizeof(struct mark)));
}

void omemo_mark_again(struct x *x)
{
    struct mark *m = mark_of(x);
    stop_timers(x, m);
    *m = (struct mark){.stage = UNKNOWN};
}

static void mark_online(struct x *x, bool resumed)
{
    struct mark *m = mark_of(x);
    const struct omemo_session *s = omemo_of(x);
    if (!resumed)
        omemo_mark_again(x);
    else if (m->stage == WAITING && !m->wait_timer)
        m->wait_timer = x_host(x)->timer_add(WAIT_MS, on_waited, x);
    else if (s && s->o && !m->off && ((m->stage == OPEN && m->claimed) || (m->stage == ASKED && !m->asking)))
        ask(x, m, m->claimed ? on_read_again : on_read);
}

static void mark_detach(struct x *x)
{
    struct mark *m = mark_of(x);
    stop_timers(x, m);
    free(m);
    x_set_state(x, "omemo_mark", NULL);
}

static const char *const mark_vars[] = {NODE "+notify", NULL};

static bool mark_announced(const struct x *x)
{
    const struct omemo_session *s = omemo_of(x);
    return s && s->o;
}

const struct feature feature_omemo_mark = {
    .name = "omemo_mark",
    .disco = mark_vars,
    .announced = mark_announced,
    .attach = mark_attach,
    .online = mark_online,
    .detach = mark_detach,
};
