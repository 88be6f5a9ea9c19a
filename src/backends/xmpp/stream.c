/* backends/xmpp/stream.c - the stream: features, STARTTLS, bind, stream errors, and who gets a
 * stanza */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/limits.h"
#include "backends/xmpp/words.h"
#include "backends/xmpp/x.h"
#include "base/mem.h"
#include "base/rand.h"

/* libstrophe knows the domain as TLS does; the stream is for the domain as the address has it (RFC
 * 7622 §3.2.1). Neither form of one that is not ASCII can hold a character that XML gives a meaning. */
static void open_stream(struct x *x)
{
    char *const attrs[] = {"to",           x->domain, "xml:lang",     "en",
                           "version",      "1.0",     "xmlns",        NS_CLIENT,
                           "xmlns:stream", NS_STREAMS};
    if (str_eq(x->ascii, x->domain))
        xmpp_conn_open_stream_default(x->conn);
    else
        xmpp_conn_open_stream(x->conn, (char **)(uintptr_t)attrs, COUNT(attrs));
}

void stream_start(struct x *x)
{
    if (!x->tls.secured)
        link_phase(x, PHASE_CLEAR);
    else
        link_phase(x, x->sasl.done ? PHASE_FEATURES2 : PHASE_FEATURES);
    open_stream(x);
    link_kick(x);
}

/* ---- stream errors, RFC 6120 §4.9.3 ---- */

/* RFC 6120 §4.9.3.19. Only after TLS, and a few times: else anybody on the way could lead us about.
 */
static bool see_other_host(struct x *x, xmpp_stanza_t *st)
{
    char *to = st_child_text(st, "see-other-host", NS_STREAM_ERRORS);
    bool follow = !str_empty(to) && strlen(to) < 300 && x->tls.secured && x->redirects < 3;
    if (follow) {
        x->redirects++;
        str_set(&x->redirect, to);
        link_end(x, KITH_ENET, KITH_RETRY_NOW, "%s sends us on to %s.", x->where, to);
    }
    free(to);
    return follow;
}

static void stream_error(struct x *x, xmpp_stanza_t *st)
{
    const struct words *found = words_stream(st);
    if (see_other_host(x, st))
        return;
    char *said = x->tls.secured ? st_child_text(st, "text", NS_STREAM_ERRORS) : NULL;
    bool online = x->phase == PHASE_ONLINE;
    link_end(x, found ? found->err : KITH_EPROTO, found ? found->retry : KITH_RETRY_AUTO,
             "%s %s%s%.200s%s.", x->where, found ? found->text : "closed the connection",
             str_empty(said) ? "" : " (", said ? said : "", str_empty(said) ? "" : ")");
    if (found && x->end.due)
        x->end.retry_ms = found->retry_ms;
    if (!x->tls.secured) /* anybody on the way may have said it */
        x->end.retry = KITH_RETRY_AUTO;
    if (found && online && str_eq(found->condition, "conflict"))
        sm_forget(x);
    free(said);
}

/* ---- features ---- */

static void clear_features(struct x *x, xmpp_stanza_t *st)
{
    if (!st_child(st, "starttls", NS_TLS)) {
        link_end(x, KITH_ETLS, KITH_RETRY_AUTO,
                 "%s offers no encryption, or somebody on the way removes it; kith does not log in "
                 "without.",
                 x->where);
        return;
    }
    link_phase(x, PHASE_STARTTLS);
    link_write(x, "<starttls xmlns='" NS_TLS "'/>");
}

static void bind(struct x *x);

static void on_bind(struct x *x, xmpp_stanza_t *st)
{
    const char *type = st_attr(st, "type");
    struct err e = {0};
    if (!str_eq(type, "result")) {
        st_error(st, &e);
        if (e.code == KITH_ECONFLICT && !x->any_resource) { /* RFC 6120 §7.7.2.2 */
            x->any_resource = true;
            bind(x);
            return;
        }
        link_end(x, e.code, e.code == KITH_EDENIED ? KITH_RETRY_NEVER : KITH_RETRY_AUTO,
                 "%s gave no resource to this session. %s", x->where, e.text);
        return;
    }
    char *jid = st_child_text(st_child(st, "bind", NS_BIND), "jid", NS_BIND);
    stream_bound(x, jid, false, NULL);
    free(jid);
}

/* The resource kept from run to run, so that a new session replaces the one it could not resume. */
static char *resource(struct x *x)
{
    const char *opt = x_option(x, "resource");
    if (!str_empty(opt))
        return xstrdup(opt);
    char *r = x_load(x, "resource");
    if (str_empty(r)) {
        char id[23];
        rand_id(id);
        free(r);
        r = xasprintf("kith.%.6s", id);
        x_save(x, "resource", r);
    }
    return r;
}

static void bind(struct x *x)
{
    xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
    char *r = resource(x);
    st_set(st, "type", "set");
    st_set(st, "id", "bind");
    st_add_child_text(st_add(st, "bind", NS_BIND), "resource", NULL, x->any_resource ? NULL : r);
    link_phase(x, PHASE_BIND);
    link_write_stanza(x, st);
    free(r);
}

void stream_online(struct x *x, bool resumed)
{
    x->resumed = resumed;
    x->redirects = 0;
    x->online_ms = x_the_host()->mono_ms();
    link_phase(x, PHASE_ONLINE);
    link_alive(x);
    csi_online(x);
    struct kith_ev_self self = {.ev = {.size = sizeof self, .type = KITH_EV_SELF},
                                .address = x->bare,
                                .resource = jid_resource(x->full)};
    x_emit(x, &self.ev);
    x_state_event(x, KITH_STATE_SYNC, x->where, 0);
    x_online_features(x, resumed);
    link_kick(x);
}

/* Bound: stream management next, unless it came with the bind. */
static void session_next(struct x *x)
{
    if (!x->sm.on && x->sm.offered)
        sm_enable(x);
    else
        stream_online(x, false);
}

void stream_after_auth(struct x *x, xmpp_stanza_t *features)
{
    sm_features(x, features);
    csi_features(x, features);
    limits_features(x, features);
    if (x->sasl.bound)
        session_next(x);
    else if (x->sm.offered && sm_can_resume(x))
        sm_resume(x);
    else if (st_child(features, "bind", NS_BIND))
        bind(x);
    else
        link_end(x, KITH_EPROTO, KITH_RETRY_AUTO, "%s offers no session after the login.",
                 x->where);
}

/* After <failed/> for a resumption no new features come: bind at once (XEP-0198 §5). */
static void resume_refused(struct x *x, xmpp_stanza_t *st)
{
    sm_refused(x, st);
    bind(x);
}

void stream_bound(struct x *x, const char *jid, bool carbons, xmpp_stanza_t *enabled)
{
    char *full = jid ? jid_normal(jid) : NULL;
    if (!full || !jid_resource(full) || !jid_same_bare(full, x->bare)) {
        link_end(x, KITH_EPROTO, KITH_RETRY_NEVER, "%s logged us in as \"%.200s\", not as %s.",
                 x->where, jid ? jid : "nobody", x->bare);
        free(full);
        return;
    }
    str_take(&x->full, full);
    sm_enabled(x, enabled); /* NULL: the old session is forgotten */
    iq_lost(x);             /* nobody answers its questions any more */
    if (carbons)
        map_set(&x->inlined, NS_CARBONS, x);
    x->sasl.bound = x->phase == PHASE_FEATURES2; /* Bind 2: the features are still to come */
    if (enabled)
        stream_online(x, false);
    else if (!x->sasl.bound)
        session_next(x);
}

static void sm_nonza(struct x *x, const char *name, xmpp_stanza_t *st)
{
    if (x->phase == PHASE_RESUME && str_eq(name, "resumed")) {
        if (sm_resumed(x, st))
            stream_online(x, true);
    } else if (x->phase == PHASE_RESUME && str_eq(name, "failed")) {
        resume_refused(x, st);
    } else if (x->phase == PHASE_ENABLE && (str_eq(name, "enabled") || str_eq(name, "failed"))) {
        sm_enabled(x, str_eq(name, "enabled") ? st : NULL);
        stream_online(x, false);
    } else if (x->phase >= PHASE_ONLINE) {
        sm_stanza(x, name, st);
    }
}

static void features(struct x *x, xmpp_stanza_t *st)
{
    if (x->phase == PHASE_CLEAR)
        clear_features(x, st);
    else if (x->phase == PHASE_FEATURES)
        sasl_begin(x, st);
    else if (x->phase == PHASE_FEATURES2)
        stream_after_auth(x, st);
    else if (x->phase == PHASE_ONLINE) { /* SASL2 made or resumed the session before them */
        csi_features(x, st);
        limits_features(x, st);
    }
}

/* ---- stanzas ---- */

static void dispatch(struct x *x, const char *name, xmpp_stanza_t *st)
{
    if (strcmp(name, "iq") == 0) {
        if (!iq_result(x, st))
            iq_dispatch(x, st);
        return;
    }
    bool message = strcmp(name, "message") == 0;
    for (size_t i = 0; x_features[i]; i++) {
        bool (*fn)(struct x *, xmpp_stanza_t *) =
            message ? x_features[i]->message : x_features[i]->presence;
        if (fn && fn(x, st))
            return;
    }
}

static void stanza(struct x *x, const char *name, xmpp_stanza_t *st)
{
    if (x->phase == PHASE_BIND && str_eq(name, "iq") && str_eq(st_attr(st, "id"), "bind")) {
        on_bind(x, st);
        return;
    }
    if (x->phase == PHASE_REGISTER || x->phase == PHASE_REGISTER_ASK) {
        register_stanza(x, st);
        return;
    }
    if (x->phase < PHASE_ENABLE) {
        link_end(x, KITH_EPROTO, KITH_RETRY_AUTO, "%s sent a stanza before the login was complete.",
                 x->where);
        return;
    }
    if (!sm_counts(x))
        return;
    x->stanza_event = 0;
    dispatch(x, name, st);
    sm_handled(x);
}

/* libstrophe's only handler: everything at the top level of the stream comes here. */
int stream_stanza(xmpp_conn_t *conn, xmpp_stanza_t *st, void *user)
{
    struct x *x = user;
    const char *name = xmpp_stanza_get_name(st), *ns = xmpp_stanza_get_ns(st);
    guard_handed_on(x->guard);
    if (conn != x->conn || x->end.due || !name || !ns)
        return 1;
    x->stanzas++;
    if (x->phase == PHASE_TLS)
        link_end(
            x, KITH_ETLS, KITH_RETRY_AUTO,
            "Somebody between here and %s put words into the connection before it was encrypted.",
            x->where);
    else if (strcmp(ns, NS_STREAMS) == 0 && strcmp(name, "features") == 0)
        features(x, st);
    else if (strcmp(ns, NS_STREAMS) == 0 && strcmp(name, "error") == 0)
        stream_error(x, st);
    else if (x->phase == PHASE_STARTTLS && strcmp(ns, NS_TLS) == 0 && strcmp(name, "proceed") == 0)
        tls_due(x);
    else if (strcmp(ns, NS_TLS) == 0)
        link_end(x, KITH_ETLS, KITH_RETRY_AUTO, "%s refused to start encryption.", x->where);
    else if (x->tls.secured && (strcmp(ns, NS_SASL) == 0 || strcmp(ns, NS_SASL2) == 0))
        sasl_stanza(x, name, st);
    else if (x->tls.secured && strcmp(ns, NS_SM) == 0)
        sm_nonza(x, name, st);
    else if (strcmp(ns, NS_CLIENT) == 0 &&
             (strcmp(name, "message") == 0 || strcmp(name, "presence") == 0 ||
              strcmp(name, "iq") == 0))
        stanza(x, name, st);
    return 1;
}
