/* backends/xmpp/sasl2.c - SASL2 with Bind 2 and FAST: login, token, resumption and session in one
 * exchange
 *
 * XEP-0388, XEP-0386, XEP-0484; the HT mechanisms are those of draft-schmaus-kitten-sasl-ht.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/x.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"

bool sasl2_offers(xmpp_stanza_t *features)
{
    return st_child(st_child(features, "authentication", NS_SASL2), "mechanism", NULL) != NULL;
}

/* ---- what the server takes inside the exchange ---- */

static bool has_feature(xmpp_stanza_t *list, const char *var)
{
    xmpp_stanza_t *c = list ? xmpp_stanza_get_children(list) : NULL;
    for (; c; c = xmpp_stanza_get_next(c))
        if (str_eq(xmpp_stanza_get_name(c), "feature") && str_eq(st_attr(c, "var"), var))
            return true;
    return false;
}

static bool has_mechanism(xmpp_stanza_t *list, const char *name)
{
    xmpp_stanza_t *c = list ? xmpp_stanza_get_children(list) : NULL;
    for (; c; c = xmpp_stanza_get_next(c)) {
        char *t = str_eq(xmpp_stanza_get_name(c), "mechanism") ? st_text(c) : NULL;
        bool same = str_eq(t, name);
        free(t);
        if (same)
            return true;
    }
    return false;
}

/* The mechanisms for tokens, best first, each with its channel binding. One without is not used. */
static const struct {
    const char *name, *binding;
} tokens[] = {
    {"HT-SHA-256-EXPR", "tls-exporter"},
    {"HT-SHA-256-UNIQ", "tls-unique"},
    {"HT-SHA-256-ENDP", "tls-server-end-point"},
};

static const char *token_binding(const char *mech)
{
    for (size_t i = 0; i < COUNT(tokens); i++)
        if (str_eq(tokens[i].name, mech))
            return tokens[i].binding;
    return "";
}

void sasl2_inline(struct x *x, xmpp_stanza_t *features)
{
    struct x_sasl *s = &x->sasl;
    xmpp_stanza_t *in =
        st_child(st_child(features, "authentication", NS_SASL2), "inline", NS_SASL2);
    xmpp_stanza_t *bind = st_child(in, "bind", NS_BIND2), *fast = st_child(in, "fast", NS_FAST);
    xmpp_stanza_t *bound = st_child(bind, "inline", NS_BIND2);
    unsigned char data[256];
    s->inline_bind = bind != NULL;
    s->inline_resume = st_child(in, "sm", NS_SM) != NULL;
    s->inline_sm = has_feature(bound, NS_SM);
    s->inline_carbons = has_feature(bound, NS_CARBONS);
    s->inline_csi = has_feature(bound, NS_CSI);
    for (size_t i = 0; fast && i < COUNT(tokens) && !s->fast_mech[0]; i++)
        if (has_mechanism(fast, tokens[i].name) &&
            tls_binding(x, tokens[i].binding, data, sizeof data) > 0)
            str_copy(s->fast_mech, sizeof s->fast_mech, tokens[i].name);
}

/* ---- the token: "mechanism expiry-ms count token" ---- */

struct token {
    char mech[40];
    int64_t expires, count;
    char *secret;
};

static bool token_load(struct x *x, struct token *t)
{
    char *text = x_load(x, "fast");
    memset(t, 0, sizeof *t);
    if (!text)
        return false;
    char *save[4] = {text, NULL, NULL, NULL};
    for (int i = 1; i < 4; i++) {
        save[i] = save[i - 1] ? strchr(save[i - 1], ' ') : NULL;
        if (save[i])
            *save[i]++ = '\0';
    }
    bool ok = save[3] && str_int(save[1], 0, INT64_MAX, &t->expires) &&
              str_int(save[2], 0, INT64_MAX, &t->count);
    if (ok) {
        str_copy(t->mech, sizeof t->mech, save[0]);
        t->secret = xstrdup(save[3]);
    }
    mem_wipe(text, strlen(text));
    free(text);
    return ok;
}

static void token_save(struct x *x, const struct token *t)
{
    char *text = xasprintf("%s %lld %lld %s", t->mech, (long long)t->expires, (long long)t->count,
                           t->secret);
    x_save(x, "fast", text);
    str_wipe_free(text);
}

void fast_forget(struct x *x)
{
    x_save(x, "fast", NULL);
}

bool fast_try(struct x *x)
{
    struct x_sasl *s = &x->sasl;
    struct token t;
    unsigned char data[256];
    if (!s->fast_mech[0] || !token_load(x, &t))
        return false;
    bool ok = str_eq(t.mech, s->fast_mech) && (!t.expires || t.expires > x_the_host()->wall_ms()) &&
              tls_binding(x, token_binding(t.mech), data, sizeof data) > 0;
    if (ok) {
        str_copy(s->ht_name, sizeof s->ht_name, t.mech);
        s->ht = (struct mech){MECH_HT, s->ht_name, "SHA256", true, 0};
        s->mech = &s->ht;
        s->token_count = ++t.count;
        token_save(x, &t); /* the count must never be used twice */
    }
    str_wipe_free(t.secret);
    return ok;
}

/* HMAC-SHA-256(token, role || channel binding). */
static bool token_mac(struct x *x, const char *role, unsigned char mac[32])
{
    struct token t;
    struct buf b = {0};
    unsigned char data[256];
    unsigned n = 0;
    if (!token_load(x, &t))
        return false;
    int len = tls_binding(x, token_binding(t.mech), data, sizeof data);
    buf_adds(&b, role);
    buf_add(&b, data, len > 0 ? (size_t)len : 0);
    HMAC(EVP_sha256(), t.secret, (int)strlen(t.secret), (unsigned char *)b.data, b.len, mac, &n);
    str_wipe_free(t.secret);
    buf_wipe_free(&b);
    return n == 32 && len > 0;
}

bool fast_first(struct x *x, struct buf *out)
{
    unsigned char mac[32];
    if (!token_mac(x, "Initiator", mac))
        return false;
    buf_adds(out, x->local);
    buf_addc(out, '\0');
    buf_add(out, mac, sizeof mac);
    mem_wipe(mac, sizeof mac);
    return true;
}

/* The server proves that it knows the token too. */
bool fast_finish(struct x *x, const char *data, size_t len)
{
    unsigned char mac[32];
    bool ok =
        token_mac(x, "Responder", mac) && len == sizeof mac && CRYPTO_memcmp(mac, data, len) == 0;
    mem_wipe(mac, sizeof mac);
    if (!ok)
        link_end(x, KITH_EAUTH, KITH_RETRY_NEVER,
                 "The server could not prove that it knows the token of %s: it may be an impostor.",
                 x->bare);
    return ok;
}

static void keep_token(struct x *x, xmpp_stanza_t *success)
{
    xmpp_stanza_t *st = st_child(success, "token", NS_FAST);
    const char *secret = st_attr(st, "token"), *expiry = st_attr(st, "expiry");
    struct token t = {0};
    if (str_empty(secret) || strlen(secret) > 1024 || strchr(secret, ' '))
        return;
    str_copy(t.mech, sizeof t.mech,
             x->sasl.mech->kind == MECH_HT ? x->sasl.ht_name : x->sasl.fast_mech);
    if (!expiry || !clock_parse_iso(expiry, &t.expires))
        t.expires = 0;
    t.secret = xstrdup(secret);
    if (t.mech[0])
        token_save(x, &t);
    str_wipe_free(t.secret);
}

/* ---- the exchange ---- */

/* A random name of this installation, the same at each login (XEP-0388 §2.2.1: UUID). */
static char *agent_id(struct x *x)
{
    char *id = x_load(x, "agent");
    if (!str_empty(id))
        return id;
    free(id);
    unsigned char r[16];
    rand_bytes(r, sizeof r);
    r[6] = (unsigned char)((r[6] & 0x0F) | 0x40);
    r[8] = (unsigned char)((r[8] & 0x3F) | 0x80);
    struct buf b = {0};
    for (size_t i = 0; i < sizeof r; i++)
        buf_addf(&b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", r[i]);
    x_save(x, "agent", buf_str(&b));
    return buf_take(&b);
}

static void add_bind(struct x *x, xmpp_stanza_t *auth)
{
    struct x_sasl *s = &x->sasl;
    if (!s->inline_bind)
        return;
    xmpp_stanza_t *bind = st_add(auth, "bind", NS_BIND2);
    st_add_child_text(bind, "tag", NULL, "kith");
    if (s->inline_sm)
        st_set(st_add(bind, "enable", NS_SM), "resume", "true");
    if (s->inline_carbons)
        st_add(bind, "enable", NS_CARBONS);
    if (s->inline_csi && csi_inline(x))
        st_add(bind, "inactive", NS_CSI);
}

void sasl2_send(struct x *x, const struct buf *initial)
{
    struct x_sasl *s = &x->sasl;
    struct buf b64 = {0};
    char n[24], *id = agent_id(x);
    xmpp_stanza_t *auth = st_new(x->ctx, "authenticate", NS_SASL2);
    st_set(auth, "mechanism", s->mech->name);
    b64_encode(&b64, initial->data ? initial->data : "", initial->len);
    st_add_child_text(auth, "initial-response", NULL, buf_str(&b64));
    xmpp_stanza_t *agent = st_add(auth, "user-agent", NULL);
    st_set(agent, "id", id);
    st_add_child_text(agent, "software", NULL, "kith");
    if (s->mech->kind == MECH_HT) {
        snprintf(n, sizeof n, "%lld", (long long)s->token_count);
        st_set(st_add(auth, "fast", NS_FAST), "count", n);
    } else if (s->fast_mech[0]) {
        st_set(st_add(auth, "request-token", NS_FAST), "mechanism", s->fast_mech);
    }
    if (s->inline_resume && sm_can_resume(x)) {
        snprintf(n, sizeof n, "%u", sm_resume_h(x));
        xmpp_stanza_t *resume = st_add(auth, "resume", NS_SM);
        st_set(resume, "previd", x->sm.id);
        st_set(resume, "h", n);
    }
    add_bind(x, auth);
    link_write_stanza(x, auth);
    buf_wipe_free(&b64);
    free(id);
}

/* After the success: resumed, bound, or neither yet. */
static void go_on(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *bound = st_child(st, "bound", NS_BIND2),
                  *resumed = st_child(st, "resumed", NS_SM);
    xmpp_stanza_t *failed = st_child(st, "failed", NS_SM),
                  *enabled = st_child(bound, "enabled", NS_SM);
    char *jid = st_child_text(st, "authorization-identifier", NS_SASL2);
    if (resumed) {
        if (sm_resumed(x, resumed))
            stream_online(x, true);
    } else {
        if (failed)
            sm_refused(x, failed);
        link_phase(x, PHASE_FEATURES2); /* these come by themselves, without a new stream */
        if (bound)
            csi_bound(x);
        if (bound)
            stream_bound(x, jid, x->sasl.inline_carbons, enabled);
    }
    free(jid);
}

static void on_success2(struct x *x, xmpp_stanza_t *st)
{
    struct buf in = {0};
    char *t = st_child_text(st, "additional-data", NS_SASL2);
    bool has = t && b64_decode(&in, t) && in.len;
    bool ok = x->sasl.mech->kind == MECH_HT
                  ? fast_finish(x, has ? in.data : "", in.len)
                  : sasl_finish(x, has && !memchr(in.data, '\0', in.len) ? buf_str(&in) : NULL);
    if (ok) {
        keep_token(x, st);
        sasl_success(x);
        go_on(x, st);
    }
    free(t);
    buf_free(&in);
}

/* XEP-0388 §2.6.3. The names of the steps that the server would take instead of each other. */
static char *task_names(xmpp_stanza_t *tasks)
{
    struct buf b = {0};
    xmpp_stanza_t *c = tasks ? xmpp_stanza_get_children(tasks) : NULL;
    for (; c && b.len < 200; c = xmpp_stanza_get_next(c)) {
        char *t = str_eq(xmpp_stanza_get_name(c), "task") ? st_text(c) : NULL;
        if (!str_empty(t))
            buf_addf(&b, "%s%.60s", b.len ? " or " : "", t);
        free(t);
    }
    return buf_take(&b);
}

/* The password was right, and the server wants more. Who has not proven to know it is not even asked what: an
 * impostor could make the user type secrets. */
static void on_continue(struct x *x, xmpp_stanza_t *st)
{
    struct buf in = {0};
    char *t = st_child_text(st, "additional-data", NS_SASL2), *said = NULL, *tasks = NULL;
    bool has = t && b64_decode(&in, t) && in.len && !memchr(in.data, '\0', in.len);
    bool token = x->sasl.mech->kind == MECH_HT;
    if (token ? fast_finish(x, has ? in.data : "", in.len)
              : sasl_finish(x, has ? buf_str(&in) : NULL)) {
        said = st_child_text(st, "text", NULL);
        tasks = task_names(st_child(st, "tasks", NS_SASL2));
        link_end(x, KITH_EUNSUP, KITH_RETRY_NEVER,
                 "%s wants a further step after the %s, and kith knows none of those it takes (%s)%s%.200s%s. "
                 "Look on the server's pages for a password for one program, which needs no further step, or "
                 "switch the step off there; then /reconnect.",
                 x->domain, token ? "token" : "password",
                 str_empty(tasks) ? "it names none" : tasks, str_empty(said) ? "" : ": \"",
                 said ? said : "", str_empty(said) ? "" : "\"");
    }
    free(t);
    free(said);
    free(tasks);
    buf_free(&in);
}

void sasl2_stanza(struct x *x, const char *name, xmpp_stanza_t *st)
{
    if (str_eq(name, "success"))
        on_success2(x, st);
    else if (str_eq(name, "continue"))
        on_continue(x, st);
}
