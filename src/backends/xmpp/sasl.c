/* backends/xmpp/sasl.c - the login: choice of the mechanism, downgrade guard, SASL of RFC 6120 §6
 */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/words.h"
#include "backends/xmpp/x.h"
#include "base/mem.h"

/* Strongest first. */
static const struct mech mechs[] = {
    {MECH_EXTERNAL, "EXTERNAL", NULL, false, 90},
    {MECH_SCRAM, "SCRAM-SHA-512-PLUS", "SHA512", true, 83},
    {MECH_SCRAM, "SCRAM-SHA-256-PLUS", "SHA256", true, 82},
    {MECH_SCRAM, "SCRAM-SHA-1-PLUS", "SHA1", true, 81},
    {MECH_SCRAM, "SCRAM-SHA-512", "SHA512", false, 73},
    {MECH_SCRAM, "SCRAM-SHA-256", "SHA256", false, 72},
    {MECH_SCRAM, "SCRAM-SHA-1", "SHA1", false, 71},
    {MECH_PLAIN, "PLAIN", NULL, false, 10},
};

static const struct mech *mech_named(const char *name)
{
    for (size_t i = 0; name && i < COUNT(mechs); i++)
        if (strcmp(mechs[i].name, name) == 0)
            return &mechs[i];
    return NULL;
}

/* The same without channel binding. */
static const struct mech *mech_plain_of(const struct mech *m)
{
    for (size_t i = 0; i < COUNT(mechs); i++)
        if (mechs[i].kind == m->kind && !mechs[i].plus && str_eq(mechs[i].hash, m->hash))
            return &mechs[i];
    return m;
}

void sasl_reset(struct x *x)
{
    struct x_sasl *s = &x->sasl;
    register_free(x);
    char *allowed = s->allowed;
    scram_free(&s->scram);
    str_wipe_free(s->password);
    memset(s, 0, sizeof *s);
    s->allowed = allowed;
}

/* ---- choosing ---- */

static bool offered(xmpp_stanza_t *list, const char *mechanism)
{
    xmpp_stanza_t *c = list ? xmpp_stanza_get_children(list) : NULL;
    for (; c; c = xmpp_stanza_get_next(c)) {
        const char *name = xmpp_stanza_get_name(c);
        char *t = name && strcmp(name, "mechanism") == 0 ? st_text(c) : NULL;
        bool same = t && strcmp(t, mechanism) == 0;
        free(t);
        if (same)
            return true;
    }
    return false;
}

#define BINDING_KEY "sasl.binding" /* the guess that this server took */

/* TLS 1.3 has one type of channel binding for a server that lists none, tls-exporter (RFC 9266). ejabberd up to 23.01 lists
 * none and takes what tls-unique is for older TLS: the client's Finished message, as bound to this one connection. */
static bool guess_other(struct x *x)
{
    struct x_sasl *s = &x->sasl;
    unsigned char data[256];
    if (!s->binding_guessed || s->binding_retried || !tls_is_13(x))
        return false;
    s->binding_retried = true;
    bool exporter = str_eq(s->binding, "tls-exporter");
    str_copy(s->binding, sizeof s->binding, exporter ? "tls-unique" : "tls-exporter");
    return tls_binding(x, s->binding, data, sizeof data) > 0;
}

/* What it took the last time. */
static void guess_known(struct x *x)
{
    char *known = x_load(x, BINDING_KEY);
    if (x->sasl.binding_guessed && tls_is_13(x) && str_eq(known, "tls-unique"))
        str_copy(x->sasl.binding, sizeof x->sasl.binding, known);
    free(known);
}

/* XEP-0440: the best type of channel binding both know; without a list, the one its RFC makes the
 * default. */
bool sasl_channel(struct x *x, xmpp_stanza_t *features)
{
    static const char *const types[] = {"tls-exporter", "tls-unique", "tls-server-end-point"};
    xmpp_stanza_t *list = st_child(features, "sasl-channel-binding", NS_CB);
    unsigned char data[256];
    for (size_t i = 0; i < COUNT(types); i++) {
        bool listed = !list && i < 2;
        xmpp_stanza_t *c = list ? xmpp_stanza_get_children(list) : NULL;
        for (; c && !listed; c = xmpp_stanza_get_next(c))
            listed = xmpp_stanza_get_name(c) && str_eq(st_attr(c, "type"), types[i]);
        if (listed && tls_binding(x, types[i], data, sizeof data) > 0) {
            str_copy(x->sasl.binding, sizeof x->sasl.binding, types[i]);
            x->sasl.binding_guessed = !list;
            guess_known(x);
            return true;
        }
    }
    return false;
}

static bool usable(struct x *x, const struct mech *m)
{
    switch (m->kind) {
    case MECH_EXTERNAL:
        return !str_empty(x_option(x, "certificate"));
    case MECH_SCRAM:
        return !m->plus || x->sasl.binding[0];
    case MECH_PLAIN:
        return str_eq(x_option(x, "allow_plain"), "true") ||
               str_eq(x_option(x, "allow_plain"), "1") || str_eq(x_option(x, "allow_plain"), "yes");
    case MECH_NONE:
    case MECH_HT:
        break;
    }
    return false;
}

static const struct mech *choose(struct x *x, xmpp_stanza_t *list)
{
    const struct mech *best = NULL;
    for (size_t i = 0; i < COUNT(mechs); i++) {
        if (!offered(list, mechs[i].name))
            continue;
        x->sasl.plus_offered = x->sasl.plus_offered || mechs[i].plus;
        if (!best && usable(x, &mechs[i]))
            best = &mechs[i];
    }
    return best;
}

/* ---- the downgrade guard ---- */

static void on_downgrade_answer(struct x *x, const struct kith_answer *a, void *user)
{
    if (!str_eq(a->choice, "once") && !str_eq(a->choice, "always"))
        return;
    char *offer = x_load(x, "sasl.offer");
    str_set(&x->sasl.allowed, offer);
    if (str_eq(a->choice, "always"))
        x_save(x, "sasl.best", offer);
    free(offer);
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                               .state = KITH_STATE_OFFLINE,
                               .text = "The weaker login was allowed.",
                               .retry = KITH_RETRY_NOW};
    if (x->phase == PHASE_IDLE)
        x_the_host()->emit(x->acct, &ev.ev);
}

static void ask_downgrade(struct x *x, const struct mech *m, const struct mech *best)
{
    const struct kith_choice choices[] = {
        {sizeof *choices, KITH_CHOICE_DEFAULT, "no", "No, stay offline"},
        {sizeof *choices, KITH_CHOICE_DANGER, "once", "Log in this way once"},
        {sizeof *choices, KITH_CHOICE_DANGER, "always", "Always accept it from now on"},
    };
    char *text = xasprintf("Earlier logins to %s used %s. Now it offers at best %s, which is "
                           "weaker. Either the server "
                           "was changed, or somebody on the way wants to learn your password.",
                           x->domain, best->name, m->name);
    char *title = xasprintf("Weaker login at %s", x->domain);
    struct kith_ev_ask ask = {.ev = {.size = sizeof ask, .type = KITH_EV_ASK},
                              .kind = KITH_ASK_DOWNGRADE,
                              .subject = x->domain,
                              .title = title,
                              .text = text,
                              .choices = choices,
                              .n_choices = COUNT(choices)};
    x_save(x, "sasl.offer", m->name);
    x_ask(x, &ask, on_downgrade_answer, NULL);
    link_end(x, KITH_EAUTH, KITH_RETRY_NEVER, "%s", text);
    free(title);
    free(text);
}

/* True when m is weaker than what this server has had, and the user was asked. */
static bool downgraded(struct x *x, const struct mech *m)
{
    char *name = x_load(x, "sasl.best");
    const struct mech *best = mech_named(name);
    if (best && best->plus && x->ws) /* TLS may end before the server there: nothing can be bound to it (RFC 7395 §4) */
        best = mech_plain_of(best);
    bool weaker = best && m->rank < best->rank && !str_eq(x->sasl.allowed, m->name);
    if (weaker)
        ask_downgrade(x, m, best);
    free(name);
    return weaker;
}

static void refuse_all(struct x *x, xmpp_stanza_t *list)
{
    if (offered(list, "PLAIN"))
        link_end(x, KITH_EAUTH, KITH_RETRY_NEVER,
                 "%s only takes the password as it is (PLAIN). If that is right, set allow_plain "
                 "for this account.",
                 x->domain);
    else
        link_end(x, KITH_EAUTH, KITH_RETRY_NEVER,
                 "%s offers no way to log in that kith knows and trusts.", x->domain);
}

void sasl_begin(struct x *x, xmpp_stanza_t *features)
{
    bool two = sasl2_offers(features);
    xmpp_stanza_t *list = two ? st_child(features, "authentication", NS_SASL2)
                              : st_child(features, "mechanisms", NS_SASL);
    sasl_reset(x);
    x->sasl.two = two;
    sasl_channel(x, features);
    if (two)
        sasl2_inline(x, features);
    const struct mech *m = choose(x, list);
    if (!m) {
        refuse_all(x, list);
        return;
    }
    if (downgraded(x, m))
        return;
    x->sasl.mech = m;
    if (two)
        fast_try(x);
    sasl_continue(x);
}

/* ---- one login ---- */

/* The client's first message; false when the mechanism cannot go on (link_end() was called). */
bool sasl_first(struct x *x, const char *password, struct buf *out)
{
    struct x_sasl *s = &x->sasl;
    unsigned char data[256];
    char gs2[64] = "n,,";
    int n = 0;
    switch (s->mech->kind) {
    case MECH_EXTERNAL: /* XEP-0178: the certificate says who */
        return true;
    case MECH_PLAIN: /* RFC 4616 */
        buf_addc(out, '\0');
        buf_adds(out, x->local);
        buf_addc(out, '\0');
        buf_adds(out, password);
        return true;
    case MECH_HT:
        return fast_first(x, out);
    case MECH_SCRAM:
        if (s->mech->plus) {
            n = tls_binding(x, s->binding, data, sizeof data);
            str_copy(gs2, sizeof gs2, "p=");
            str_copy(gs2 + 2, sizeof gs2 - 4, s->binding);
            str_copy(gs2 + strlen(gs2), 3, ",,");
        } else if (s->binding[0] && !s->plus_offered) {
            str_copy(gs2, sizeof gs2,
                     "y,,"); /* we could; a server that could too will notice the removal */
        }
        scram_begin(&s->scram, s->mech->hash, x->local, gs2, data, n > 0 ? (size_t)n : 0, NULL,
                    out);
        return true;
    case MECH_NONE:
        break;
    }
    return false;
}

/* A challenge (decoded) -> a response. */
bool sasl_next(struct x *x, const char *challenge, struct buf *out)
{
    struct x_sasl *s = &x->sasl;
    struct err e = {0};
    int rc = KITH_EPROTO;
    if (s->mech->kind == MECH_EXTERNAL)
        return true;
    if (s->mech->kind != MECH_SCRAM || s->scram.verified)
        err_set(&e, KITH_EPROTO, "%s sent a challenge that has no place in %s.", x->domain,
                s->mech->name);
    else if (s->scram.n_signature)
        rc = scram_verify(&s->scram, challenge, &e);
    else
        rc = scram_answer(&s->scram, x->sasl.password ? x->sasl.password : "", challenge, out, &e);
    if (rc < 0)
        link_end(x, e.code, KITH_RETRY_NEVER, "%s", e.text);
    return rc >= 0;
}

/* The end as the server tells it; data decoded, NULL: none. False: not proven (link_end() was
 * called). */
bool sasl_finish(struct x *x, const char *data)
{
    struct x_sasl *s = &x->sasl;
    struct err e = {0};
    if (s->mech->kind != MECH_SCRAM)
        return true;
    if (!s->scram.verified && scram_verify(&s->scram, data ? data : "", &e) < 0) {
        link_end(x, e.code, KITH_RETRY_NEVER, "%s", e.text);
        return false;
    }
    return true;
}

void sasl_success(struct x *x)
{
    if (x->sasl.mech->kind != MECH_HT) {
        char *name = x_load(x, "sasl.best");
        const struct mech *best = mech_named(name);
        if (!best || x->sasl.mech->rank > best->rank)
            x_save(x, "sasl.best", x->sasl.mech->name);
        free(name);
        if (x->sasl.mech->plus && x->sasl.binding_retried)
            x_save(x, BINDING_KEY, x->sasl.binding);
        x_log(x, KITH_INFO, "logged in with %s%s%s", x->sasl.mech->name,
              x->sasl.mech->plus ? ", bound by " : "", x->sasl.mech->plus ? x->sasl.binding : "");
    }
    str_wipe_free(x->sasl.password);
    x->sasl.password = NULL;
    x->sasl.done = true;
}

void sasl_go(struct x *x)
{
    struct buf initial = {0}, xml = {0};
    link_phase(x, PHASE_AUTH);
    x_state_event(x, KITH_STATE_AUTH, x->where, PHASE_MS + 5000);
    if (!sasl_first(x, x->sasl.password ? x->sasl.password : "", &initial))
        goto out;
    if (x->sasl.two) {
        sasl2_send(x, &initial);
        goto out;
    }
    buf_addf(&xml, "<auth xmlns='" NS_SASL "' mechanism='%s'>", x->sasl.mech->name);
    if (initial.len)
        b64_encode(&xml, initial.data, initial.len);
    else
        buf_addc(&xml, '=');
    buf_adds(&xml, "</auth>");
    link_write(x, buf_str(&xml));
out:
    buf_wipe_free(&initial);
    buf_wipe_free(&xml);
}

static void on_secret(void *user, int err, const char *value)
{
    struct secret_wait *w = user;
    struct x *x = w->x;
    w->pending--;
    if (!x && w->pending == 0)
        free(w);
    if (!x || x->phase != PHASE_SECRET || x->end.due)
        return;
    if (err < 0 || !value) {
        link_end(x, KITH_EAUTH, KITH_RETRY_NEVER, "No password for %s was given; /reconnect asks again.", x->bare);
        return;
    }
    x->sasl.password = xstrdup(value);
    if (register_due(x))
        register_start(x);
    else
        sasl_go(x);
}

static void ask_secret(struct x *x)
{
    if (!x->secret) {
        x->secret = xcalloc(1, sizeof *x->secret);
        x->secret->x = x;
    }
    char *why = xasprintf("Password of %s", x->bare);
    link_phase(x, PHASE_SECRET);
    x->secret->pending++;
    if (x_the_host()->secret(x->acct, "password", why, on_secret, x->secret) < 0) {
        x->secret->pending--;
        link_end(x, KITH_EAUTH, KITH_RETRY_NEVER, "There is no password for %s.", x->bare);
    }
    free(why);
}

void sasl_continue(struct x *x)
{
    enum mech_kind k = x->sasl.mech->kind;
    if ((k == MECH_SCRAM || k == MECH_PLAIN) && !x->sasl.password)
        ask_secret(x);
    else
        sasl_go(x);
}

void sasl_free(struct x *x)
{
    sasl_reset(x);
    free(x->sasl.allowed);
    if (x->secret && x->secret->pending == 0)
        free(x->secret);
    else if (x->secret)
        x->secret->x = NULL;
}

/* ---- RFC 6120 §6.5 ---- */

void sasl_failed(struct x *x, xmpp_stanza_t *st)
{
    const struct words *found = words_sasl(st);
    if (x->sasl.mech &&
        x->sasl.mech->kind == MECH_HT) { /* an old token: log in with the password */
        fast_forget(x);
        link_end(x, KITH_EAUTH, KITH_RETRY_NOW, "The token for %s is no longer valid.", x->domain);
        return;
    }
    if (x->sasl.mech && x->sasl.mech->plus && !x->sasl.two && guess_other(x)) { /* RFC 6120 §6.4.5: on this stream */
        x_log(x, KITH_INFO, "trying %s, bound by %s", x->sasl.mech->name, x->sasl.binding);
        scram_free(&x->sasl.scram);
        sasl_go(x);
        return;
    }
    if (st_child(st, "not-authorized", NULL) && x->sasl.mech && x->sasl.mech->kind != MECH_EXTERNAL)
        x_the_host()->secret_wrong(x->acct, "password");
    char *said = st_child_text(st, "text", NULL);
    link_end(x, KITH_EAUTH, found ? found->retry : KITH_RETRY_NEVER,
             "%s refused the login of %s: %s%s%.200s%s.", x->domain, x->bare,
             found ? found->text : "it gives no reason", str_empty(said) ? "" : " (", said ? said : "", str_empty(said) ? "" : ")");
    free(said);
}

static void answer_challenge(struct x *x, xmpp_stanza_t *st)
{
    const char *ns = x->sasl.two ? NS_SASL2 : NS_SASL;
    struct buf in = {0}, out = {0}, xml = {0};
    char *t = st_text(st);
    if (!b64_decode(&in, t ? t : "") || memchr(buf_str(&in), '\0', in.len)) {
        link_end(x, KITH_EPROTO, KITH_RETRY_NEVER, "%s sent a malformed challenge.", x->domain);
    } else if (sasl_next(x, buf_str(&in), &out)) {
        buf_addf(&xml, "<response xmlns='%s'>", ns);
        b64_encode(&xml, out.data, out.len);
        buf_adds(&xml, "</response>");
        link_write(x, buf_str(&xml));
    }
    free(t);
    buf_free(&in);
    buf_wipe_free(&out);
    buf_wipe_free(&xml);
}

static void on_success(struct x *x, xmpp_stanza_t *st)
{
    struct buf in = {0};
    char *t = st_text(st);
    bool has =
        t && !str_eq(t, "=") && b64_decode(&in, t) && in.len && !memchr(in.data, '\0', in.len);
    if (sasl_finish(x, has ? buf_str(&in) : NULL)) {
        sasl_success(x);
        stream_start(x);
    }
    free(t);
    buf_free(&in);
}

void sasl_stanza(struct x *x, const char *name, xmpp_stanza_t *st)
{
    if (x->phase != PHASE_AUTH || !str_eq(xmpp_stanza_get_ns(st), x->sasl.two ? NS_SASL2 : NS_SASL))
        link_end(x, KITH_EPROTO, KITH_RETRY_AUTO, "%s spoke of a login that is not under way.",
                 x->where);
    else if (str_eq(name, "challenge"))
        answer_challenge(x, st);
    else if (str_eq(name, "failure"))
        sasl_failed(x, st);
    else if (x->sasl.two)
        sasl2_stanza(x, name, st);
    else if (str_eq(name, "success"))
        on_success(x, st);
}
