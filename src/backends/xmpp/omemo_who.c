/* backends/xmpp/omemo_who.c - who will read what is written in a chat, device by device: the one answer that is shown to the
 * user and that decides the sending */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum omemo_version omemo_way(const struct omemo_known *d)
{
    return d->lists & OMEMO_IN_2 ? OMEMO_2 : d->lists & OMEMO_IN_OLD ? OMEMO_OLD : (enum omemo_version)0;
}

bool omemo_is_used(const struct omemo_known *d)
{
    return d->trust == OMEMO_BLIND || d->trust == OMEMO_VERIFIED;
}

static bool is_own(const struct x *x, const char *jid)
{
    return jid_same_bare(jid, x_bare(x));
}

/* By what the user decided; YES where the keys have to say. */
static enum kith_reads by_trust(const struct omemo_reader *r, const char **why)
{
    switch (r->known.trust) {
    case OMEMO_BLIND:
    case OMEMO_VERIFIED:
        return KITH_READS_YES;
    case OMEMO_DISTRUSTED:
        *why = "you do not trust it";
        return KITH_READS_NO;
    case OMEMO_UNDECIDED:
        break;
    }
    bool said = r->known.by == OMEMO_BY_OWN || r->known.by == OMEMO_BY_OWNER;
    *why = said     ? "you let it read, and a device that is verified does not trust it: nothing is sent to it until you decide"
           : r->own ? "it is a new device of your account: nothing is sent to it until you trust it"
                    : "it is new, and another one of theirs is verified: what you write waits for you";
    return r->own ? KITH_READS_NO : KITH_READS_WAITS;
}

static enum kith_reads by_keys(struct x *x, const struct omemo_reader *r, bool ask, const char **why)
{
    struct omemo_session *s = omemo_of(x);
    if (r->known.changed) {
        *why = OMEMO_WHY_CHANGED;
        return KITH_READS_NO;
    }
    bool bad = false, ready = ask ? omemo_session_ready(x, r->way, r->jid, r->known.id, &bad)
                                  : omemo_has_session(s->o, r->way, r->jid, r->known.id);
    const char *reason = ask && !bad ? NULL : omemo_bad(x, r->way, r->jid, r->known.id); /* what it was before is asked anew */
    if (ready && !bad)
        return KITH_READS_YES;
    *why = reason ? reason : "its keys have not been fetched yet";
    return reason ? KITH_READS_NO : KITH_READS_UNKNOWN;
}

static void add_reader(struct omemo_who *w, const struct omemo_reader *r)
{
    w->unknown |= r->reads == KITH_READS_UNKNOWN;
    w->waits += r->reads == KITH_READS_WAITS;
    w->theirs += !r->own && r->reads == KITH_READS_YES;
    w->unverified += !r->here && r->reads == KITH_READS_YES && r->known.trust != OMEMO_VERIFIED;
    w->blind += !r->here && (r->reads == KITH_READS_YES || r->reads == KITH_READS_UNKNOWN) && r->known.trust != OMEMO_VERIFIED;
    w->readers += !r->here && r->reads == KITH_READS_YES;
    VEC_PUSH(w->v, w->n, w->cap, *r);
}

/* Nobody can decide without the key: it is waited for, and not when there is none. */
static void without_key(struct x *x, struct omemo_reader *r, bool ask, struct omemo_who *w)
{
    const char *why = NULL;
    enum kith_reads reads = by_keys(x, r, ask, &why);
    w->unknown |= reads == KITH_READS_UNKNOWN;
    if (reads == KITH_READS_NO) {
        r->reads = reads;
        r->why = why;
    }
}

/* One person: each device that stands in a list of theirs; a row without a device where there is none. */
static void add_person(struct x *x, const char *jid, bool ask, struct omemo_who *w)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known *known = NULL;
    size_t n = omemo_known(s->o, jid, &known), listed = 0;
    bool own = is_own(x, jid);
    for (size_t i = 0; i < n; i++) {
        struct omemo_reader r = {.jid = xstrdup(jid), .known = known[i], .way = omemo_way(&known[i]), .own = own};
        r.here = own && known[i].id == omemo_device(s->o);
        if ((r.way == 0 && !r.here) || (own && !r.here && omemo_is_gone(x, known[i].id))) {
            free(r.jid);
            continue;
        }
        bool taken = !own && w->takes_new && r.known.trust == OMEMO_UNDECIDED;
        if (taken) { /* as of somebody of whom nothing was verified */
            r.known.trust = OMEMO_BLIND;
            r.why = "it is new, and reads without having been compared, because new devices are not waited for here";
        }
        r.reads = r.here ? KITH_READS_YES : by_trust(&r, &r.why);
        if (r.reads == KITH_READS_YES && !r.here)
            r.reads = by_keys(x, &r, ask, &r.why);
        else if (r.known.trust == OMEMO_UNDECIDED && !r.known.has_key && !r.here)
            without_key(x, &r, ask, w);
        listed++;
        add_reader(w, &r);
    }
    free(known);
    if (listed == 0 && !own)
        add_reader(w, &(struct omemo_reader){.jid = xstrdup(jid), .why = omemo_lists_failed(x, jid)
                                                                 ? OMEMO_WHY_UNLISTED : "no device of this person has keys for OMEMO"});
}

/* One of the other side. In a room they are not waited for ever until a server answers. */
static void add_other(struct x *x, const char *chat, const char *jid, bool ask, struct omemo_who *w)
{
    size_t before = w->theirs;
    bool unknown = w->unknown, listed = ask ? omemo_lists_ready(x, jid) : omemo_lists_known(x, jid);
    w->unknown = false;
    add_person(x, jid, ask, w);
    bool ready = listed && !w->unknown;
    bool late = omemo_room_late(x, chat, jid, !ask ? OMEMO_AS_BEFORE : ready ? OMEMO_ALL_DEVICES : listed ? OMEMO_SOME_DEVICES : OMEMO_UNLISTED);
    w->unknown = unknown || (!ready && !late);
    if (w->theirs == before)
        VEC_PUSH(w->without.v, w->without.n, w->without.cap, jid);
}

/* All lists before the first bundle: a room of a hundred is asked in two rounds, each of many at a time. */
static bool has_lists(struct x *x, const char *chat, bool ask, const struct omemo_who *w)
{
    bool ready = ask ? omemo_lists_ready(x, x_bare(x)) : omemo_lists_known(x, x_bare(x));
    for (size_t i = 0; i < w->others.n; i++) {
        bool listed = ask ? omemo_lists_ready(x, w->others.v[i]) : omemo_lists_known(x, w->others.v[i]);
        bool late = omemo_room_late(x, chat, w->others.v[i], !ask ? OMEMO_AS_BEFORE : listed ? OMEMO_LISTED : OMEMO_UNLISTED);
        ready = (listed || late) && ready;
    }
    return ready;
}

void omemo_who_people(struct x *x, const char *chat, bool ask, struct omemo_who *out)
{
    *out = (struct omemo_who){.people = OMEMO_PEOPLE_KNOWN};
    out->takes_new = chat && omemo_takes_new(x, chat);
    if (chat)
        out->people = omemo_people(x, chat, &out->others);
    if (chat && ask && !muc_is_room(x, chat))
        omemo_hurry(x, chat);
    out->unknown = out->people == OMEMO_PEOPLE_ASKED || (out->people == OMEMO_PEOPLE_KNOWN && !has_lists(x, chat, ask, out));
}

void omemo_who_devices(struct x *x, const char *chat, bool ask, struct omemo_who *w)
{
    if (w->people != OMEMO_PEOPLE_KNOWN)
        return;
    for (size_t i = 0; i < w->others.n; i++)
        add_other(x, chat, w->others.v[i], ask, w);
    add_person(x, x_bare(x), ask, w);
}

void omemo_who(struct x *x, const char *chat, bool ask, struct omemo_who *out)
{
    omemo_who_people(x, chat, ask, out);
    if (!out->unknown || !ask) /* nothing is decided by halves */
        omemo_who_devices(x, chat, ask, out);
}

void omemo_who_clear(struct omemo_who *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->v[i].jid);
    free(w->v);
    free(w->others.v);
    free(w->without.v);
    *w = (struct omemo_who){0};
}
