/* backends/irc/sasl.c - the login: EXTERNAL, ECDSA-NIST256P-CHALLENGE, SCRAM-SHA-256, PLAIN, best first
 *
 * IRCv3 sasl-3.1 and 3.2. What comes in an odd order is ignored: only the state that waits for it takes it.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "backends/common/scram.h"
#include "backends/irc/ecdsa.h"
#include "backends/irc/handlers.h"
#include "base/mem.h"

enum mech { MECH_EXTERNAL = 0, MECH_ECDSA, MECH_SCRAM, MECH_PLAIN, MECH_COUNT };
enum stage { SASL_IDLE = 0, SASL_NAMED, SASL_SECRET, SASL_FIRST, SASL_FINAL, SASL_LAST };

static const char *const names[MECH_COUNT] = {"EXTERNAL", "ECDSA-NIST256P-CHALLENGE", "SCRAM-SHA-256", "PLAIN"};

struct irc_sasl {
    enum stage stage;
    enum mech mech;
    bool tried[MECH_COUNT];
    char *offer;       /* mechanisms by 908, or NULL: those of the capability */
    struct scram scram;
    struct buf in;     /* base64 that comes in pieces */
    char *secret;
};

void irc_sasl_free(struct irc *i)
{
    struct irc_sasl *s = i->sasl;
    if (!s)
        return;
    scram_free(&s->scram);
    buf_wipe_free(&s->in);
    str_wipe_free(s->secret);
    free(s->offer);
    free(s);
    i->sasl = NULL;
}

bool irc_sasl_busy(const struct irc *i)
{
    return i->sasl && i->sasl->stage != SASL_IDLE;
}

/* ---- which ---- */

static bool in_list(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = list; p && *p;) {
        size_t n = strcspn(p, ",");
        if (n == len && strncasecmp(p, name, n) == 0)
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

static bool have_means(const struct irc *i, enum mech m)
{
    switch (m) {
    case MECH_EXTERNAL:
        return irc_option(i, "certificate") != NULL && i->secure;
    case MECH_ECDSA:
        return irc_option(i, "ecdsa_key") != NULL && irc_option(i, "login");
    case MECH_SCRAM:
        return irc_option(i, "login") != NULL;
    case MECH_PLAIN:
        return irc_option(i, "login") && (i->secure || irc_option_on(i, "allow_plain"));
    case MECH_COUNT:
        break;
    }
    return false;
}

static bool usable(const struct irc *i, enum mech m)
{
    const char *only = irc_option(i, "sasl");
    if (!have_means(i, m))
        return false;
    return !only || str_eq(only, "auto") || str_casecmp_ascii(only, names[m]) == 0 ||
           (m == MECH_ECDSA && str_eq(only, "ecdsa"));
}

bool irc_sasl_possible(const struct irc *i)
{
    for (int m = 0; m < MECH_COUNT; m++) {
        if (usable(i, (enum mech)m))
            return true;
    }
    return false;
}

static enum mech choose(const struct irc *i)
{
    const struct irc_sasl *s = i->sasl;
    const char *offer = s->offer ? s->offer : irc_cap_value(i, CAP_SASL);
    for (int m = 0; m < MECH_COUNT; m++) {
        if (!s->tried[m] && usable(i, (enum mech)m) && (str_empty(offer) || in_list(offer, names[m])))
            return (enum mech)m;
    }
    return MECH_COUNT;
}

static void over(struct irc *i)
{
    irc_timer(i, TIMER_LOGIN, -1);
    if (i->sasl)
        i->sasl->stage = SASL_IDLE;
    irc_cap_end(i);
}

static void failed(struct irc *i, int err, const char *why)
{
    over(i); /* CAP END: a server may wait for it before it says more */
    if (irc_option_on(i, "sasl_required") || err == KITH_EAUTH)
        irc_end(i, KITH_EAUTH, KITH_RETRY_NEVER, 0, "Not logged in to %s: %s", i->server, why);
    else
        irc_notice(i, KITH_WARN, NULL, "Not logged in: %s", why);
}

static void try_next(struct irc *i, int err, const char *why)
{
    struct irc_sasl *s = i->sasl;
    s->mech = choose(i);
    if (s->mech == MECH_COUNT) {
        failed(i, err, why);
        return;
    }
    s->tried[s->mech] = true;
    s->stage = SASL_NAMED;
    buf_clear(&s->in);
    irc_timer(i, TIMER_LOGIN, IRC_SASL_MS);
    irc_say(i, PRIO_NOW, "AUTHENTICATE", names[s->mech], NULL);
}

bool irc_sasl_begin(struct irc *i)
{
    if (irc_sasl_busy(i))
        return true;
    if (!irc_sasl_possible(i))
        return false;
    irc_sasl_free(i);
    i->sasl = xcalloc(1, sizeof *i->sasl);
    try_next(i, KITH_EUNSUP, "the server offers no way of logging in that can be used here.");
    return irc_sasl_busy(i) || i->cap_ended || i->ending;
}

/* ---- bytes out, in pieces of 400 ---- */

static void send_bytes(struct irc *i, const void *data, size_t len)
{
    struct buf b = {.secret = true};
    b64_encode(&b, data, len);
    for (size_t at = 0; at < b.len; at += IRC_SASL_CHUNK) {
        char *part = xstrndup(b.data + at, MIN((size_t)IRC_SASL_CHUNK, b.len - at));
        irc_say(i, PRIO_NOW, "AUTHENTICATE", part, NULL);
        str_wipe_free(part);
    }
    if (b.len % IRC_SASL_CHUNK == 0)
        irc_say(i, PRIO_NOW, "AUTHENTICATE", "+", NULL);
    buf_wipe_free(&b);
}

static void give_up(struct irc *i, int err, const char *why)
{
    irc_say(i, PRIO_NOW, "AUTHENTICATE", "*", NULL);
    i->sasl->stage = SASL_LAST; /* 906 is not awaited */
    failed(i, err, why);
}

/* What is no answer at all: behind our proof it is as bad as a wrong one. */
static void junk(struct irc *i, const char *why)
{
    give_up(i, i->sasl->stage == SASL_FINAL ? KITH_EAUTH : KITH_EPROTO, why);
}

static void send_plain(struct irc *i)
{
    struct irc_sasl *s = i->sasl;
    const char *login = irc_option(i, "login");
    struct buf b = {.secret = true};
    buf_adds(&b, login);
    buf_addc(&b, '\0');
    buf_adds(&b, login);
    buf_addc(&b, '\0');
    buf_adds(&b, s->secret);
    send_bytes(i, b.data, b.len);
    buf_wipe_free(&b);
    s->stage = SASL_LAST;
}

static void send_scram_first(struct irc *i)
{
    struct irc_sasl *s = i->sasl;
    struct buf b = {0};
    scram_begin(&s->scram, "SHA256", irc_option(i, "login"), "n,,", NULL, 0, NULL, &b);
    send_bytes(i, b.data, b.len);
    buf_free(&b);
    s->stage = SASL_FIRST;
}

void irc_sasl_secret(struct irc *i, int err, const char *value)
{
    struct irc_sasl *s = i->sasl;
    if (!s || s->stage != SASL_SECRET)
        return;
    if (err < 0 || str_empty(value)) {
        give_up(i, KITH_EAUTH, "no password was given.");
        return;
    }
    str_wipe_free(s->secret);
    s->secret = xstrdup(value);
    irc_timer(i, TIMER_LOGIN, IRC_SASL_MS);
    if (s->mech == MECH_PLAIN)
        send_plain(i);
    else
        send_scram_first(i);
}

static void ask_secret(struct irc *i)
{
    struct irc_sasl *s = i->sasl;
    s->stage = SASL_SECRET;
    irc_timer(i, TIMER_LOGIN, -1); /* a person may be asked */
    irc_timer(i, TIMER_PHASE, IRC_REGISTER_MS);
    if (s->secret) {
        char *again = xstrdup(s->secret);
        irc_sasl_secret(i, KITH_OK, again);
        str_wipe_free(again);
    } else if (i->io.secret(i->io.user, "password", "Password of the account") < 0)
        give_up(i, KITH_EAUTH, "no password could be asked for.");
}

/* ---- steps ---- */

static void start(struct irc *i)
{
    struct irc_sasl *s = i->sasl;
    const char *login = irc_option(i, "login");
    switch (s->mech) {
    case MECH_EXTERNAL:
        s->stage = SASL_LAST;
        if (login)
            send_bytes(i, login, strlen(login));
        else
            irc_say(i, PRIO_NOW, "AUTHENTICATE", "+", NULL);
        break;
    case MECH_ECDSA:
        s->stage = SASL_FIRST;
        send_bytes(i, login, strlen(login));
        break;
    case MECH_SCRAM:
    case MECH_PLAIN:
        ask_secret(i);
        break;
    case MECH_COUNT:
        break;
    }
}

static void answer_ecdsa(struct irc *i, const struct buf *challenge)
{
    struct err e = {0};
    struct buf sig = {0};
    int rc = ecdsa_sign(irc_option(i, "ecdsa_key"), challenge->data, challenge->len, &sig, &e);
    if (rc < 0) {
        give_up(i, rc, e.text);
    } else {
        i->sasl->stage = SASL_LAST;
        send_bytes(i, sig.data, sig.len);
    }
    buf_free(&sig);
}

static void answer_scram(struct irc *i, const struct buf *text)
{
    struct irc_sasl *s = i->sasl;
    struct err e = {0};
    struct buf out = {0};
    if (memchr(buf_str(text), '\0', text->len)) {
        junk(i, "the server's login challenge is malformed.");
    } else if (s->stage == SASL_FIRST) {
        int rc = scram_answer(&s->scram, s->secret, buf_str(text), &out, &e);
        s->stage = SASL_FINAL;
        if (rc < 0)
            give_up(i, rc, e.text);
        else
            send_bytes(i, out.data, out.len);
    } else if (scram_verify(&s->scram, buf_str(text), &e) < 0) {
        give_up(i, KITH_EAUTH, e.text);
    } else {
        s->stage = SASL_LAST;
        irc_say(i, PRIO_NOW, "AUTHENTICATE", "+", NULL);
    }
    buf_free(&out);
}

static void step(struct irc *i, const struct buf *bytes)
{
    struct irc_sasl *s = i->sasl;
    if (s->stage == SASL_NAMED)
        start(i);
    else if (s->mech == MECH_ECDSA && s->stage == SASL_FIRST)
        answer_ecdsa(i, bytes);
    else if (s->mech == MECH_SCRAM && (s->stage == SASL_FIRST || s->stage == SASL_FINAL))
        answer_scram(i, bytes);
}

void irc_on_authenticate(struct irc *i, const struct irc_line *l)
{
    struct irc_sasl *s = i->sasl;
    const char *part = irc_param(l, 0);
    if (!s || s->stage == SASL_IDLE || s->stage == SASL_SECRET || s->stage == SASL_LAST)
        return;
    if (strcmp(part, "+") != 0)
        buf_adds(&s->in, part);
    if (s->in.len > IRC_SASL_BYTES) {
        junk(i, "the server's login challenge is too long.");
        return;
    }
    if (strlen(part) == IRC_SASL_CHUNK)
        return; /* more follows */
    struct buf bytes = {0};
    bool ok = b64_decode(&bytes, buf_str(&s->in));
    buf_clear(&s->in);
    if (ok)
        step(i, &bytes);
    else
        junk(i, "the server's login challenge is no base64.");
    buf_wipe_free(&bytes);
}

/* ---- the end of it ---- */

bool irc_sasl_missing(struct irc *i)
{
    if (i->login_done || i->account || !irc_option_on(i, "sasl_required"))
        return false;
    irc_end(i, KITH_EAUTH, KITH_RETRY_NEVER, 0, "Not logged in to %s: it offers no way to, and sasl_required is set.",
            i->server);
    return true;
}

void irc_on_logged_in(struct irc *i, const struct irc_line *l)
{
    const char *mask = irc_param(l, 1), *at = strrchr(mask, '@'), *bang = strchr(mask, '!');
    if (!*irc_param(l, 2))
        return;
    str_set(&i->account, irc_param(l, 2));
    if (bang && at && at > bang) {
        str_take(&i->user, xstrndup(bang + 1, (size_t)(at - bang - 1)));
        str_set(&i->host, at + 1);
    }
    if (i->waiting_login && !irc_sasl_busy(i)) {
        i->waiting_login = false;
        irc_login_over(i);
    }
}

void irc_on_logged_out(struct irc *i, const struct irc_line *l UNUSED)
{
    str_set(&i->account, NULL);
}

void irc_on_sasl_done(struct irc *i, const struct irc_line *l)
{
    struct irc_sasl *s = i->sasl;
    if (!irc_sasl_busy(i))
        return;
    if (s->mech == MECH_SCRAM && !s->scram.verified) {
        irc_end(i, KITH_EAUTH, KITH_RETRY_NEVER, 0,
                "%s says that we are logged in but did not prove that it knows the password: it may be an impostor.",
                i->server);
        return;
    }
    i->login_done = true;
    over(i);
    irc_sasl_free(i);
}

void irc_on_sasl_failed(struct irc *i, const struct irc_line *l)
{
    struct irc_sasl *s = i->sasl;
    const char *why = l->n > 1 ? l->params[l->n - 1] : "refused";
    if (!irc_sasl_busy(i))
        return;
    bool password = s->mech == MECH_PLAIN || s->mech == MECH_SCRAM;
    bool tells = l->numeric == 904 && s->stage != SASL_NAMED && s->mech != MECH_EXTERNAL;
    if (tells && password && choose(i) == MECH_COUNT)
        i->io.secret_wrong(i->io.user, "password");
    try_next(i, tells ? KITH_EAUTH : KITH_EUNSUP, why);
}

void irc_on_sasl_mechs(struct irc *i, const struct irc_line *l)
{
    if (i->sasl)
        str_set(&i->sasl->offer, irc_param(l, 1));
}

void irc_sasl_tick(struct irc *i)
{
    if (irc_sasl_busy(i))
        give_up(i, KITH_ENET, "the server did not answer to the login.");
}
