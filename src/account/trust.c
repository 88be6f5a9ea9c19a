/* account/trust.c - which certificates are believed: pins, and the questions about new ones */
#include "account/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/state.h"
#include "base/clock.h"
#include "base/mem.h"

#define ASKED_RETRY_MS                                                                             \
    60000 /* while a question is open: the server may mend itself, or a captive portal go away */

#define SEEN_MAX 32 /* certificates of one kind that are kept in mind: some servers show ever new ones */

static const char ACCEPTED[] = "The certificate was accepted; connecting again.",
                  REFUSED[] = "You refused the server's certificate. /reconnect asks again.";

struct seen { /* a certificate of a host, by its SHA-256 */
    char *name;
    char fingerprint[65], key[65];
};
struct seen_list {
    struct seen *list;
    size_t n, cap;
};
struct question {
    uint64_t ask;
    struct seen cert;
};
struct trust {
    struct kith_account *a;
    struct seen_list once, refused, noticed;
    struct question *asked;
    size_t n_asked, cap_asked;
    uint64_t next;
    bool retry_now;   /* accepted while an attempt was under way */
    bool retry_never; /* refused likewise */
    bool quiet;       /* nothing is asked, said or kept: trust_known() */
};

struct trust *trust_new(struct kith_account *a)
{
    struct trust *t = xcalloc(1, sizeof *t);
    t->a = a;
    t->next = WIRE_ASK_HOST | 1;
    return t;
}

static void seen_clear(struct seen_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->list[i].name);
    free(l->list);
    *l = (struct seen_list){0};
}

void trust_free(struct trust *t)
{
    if (!t)
        return;
    seen_clear(&t->once);
    seen_clear(&t->refused);
    seen_clear(&t->noticed);
    for (size_t i = 0; i < t->n_asked; i++)
        free(t->asked[i].cert.name);
    free(t->asked);
    free(t);
}

/* Hex digits of s in lower case; colons, spaces and a leading "sha256:" left out. */
static void plain_hex(char out[65], const char *s)
{
    size_t n = 0;
    if (s && str_starts(s, "sha256:"))
        s += 7;
    for (; s && *s && n < 64; s++)
        if (strchr("0123456789abcdefABCDEF", *s))
            out[n++] = (char)(*s >= 'A' && *s <= 'F' ? *s | 0x20 : *s);
    out[n] = '\0';
}

static struct seen seen_of(const struct kith_cert *c)
{
    struct seen s = {.name = xstrdup(c->name ? c->name : "")};
    for (char *p = s.name; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
    plain_hex(s.fingerprint, c->fingerprint);
    plain_hex(s.key, c->pin);
    return s;
}

static bool same(const struct seen *a, const struct seen *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->fingerprint, b->fingerprint) == 0;
}

static bool holds(const struct seen_list *l, const struct seen *s)
{
    for (size_t i = 0; i < l->n; i++)
        if (same(&l->list[i], s))
            return true;
    return false;
}

static void remember(struct seen_list *l, const struct seen *s)
{
    if (holds(l, s))
        return;
    struct seen copy = *s;
    copy.name = xstrdup(s->name);
    if (l->n == SEEN_MAX) {
        free(l->list[0].name);
        VEC_DEL(l->list, l->n, 0);
    }
    VEC_PUSH(l->list, l->n, l->cap, copy);
}

static void keep(struct trust *t, const struct seen *s)
{
    struct state_pin pin;
    struct err e = {0};
    memcpy(pin.fingerprint, s->fingerprint, sizeof pin.fingerprint);
    memcpy(pin.key, s->key, sizeof pin.key);
    remember(&t->once, s);
    if (!t->a->store || state_pin_set(t->a->store, s->name, &pin, &e) < 0)
        account_notice(
            t->a, KITH_WARN,
            "The certificate of %s is trusted until kith ends, but could not be kept. %s", s->name,
            e.text);
}

/* "FA:29:62 ..." in two lines of sixteen bytes, as it is read out over a telephone. */
static void add_fingerprint(struct buf *b, const char *hex)
{
    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2) {
        const char *between = i == 0 ? "  " : i % 32 == 0 ? "\n  " : i % 8 == 0 ? "  " : ":";
        buf_adds(b, between);
        for (size_t k = i; k < i + 2; k++)
            buf_addc(b, (char)(hex[k] >= 'a' ? hex[k] & ~0x20 : hex[k]));
    }
    buf_addc(b, '\n');
}

static void add_date(struct buf *b, const char *what, int64_t ms)
{
    char day[32];
    if (ms && clock_format(day, sizeof day, "%Y-%m-%d", ms))
        buf_addf(b, "%s%s\n", what, day);
}

static void add_line(struct buf *b, const char *what, const char *value)
{
    if (!str_empty(value))
        buf_addf(b, "%s%s\n", what, value);
}

static void describe(struct buf *b, const struct kith_cert *c, const struct seen *s,
                     const struct state_pin *old)
{
    add_line(b, "Problem:      ",
             c->problem ? c->problem
             : old      ? "it is not the certificate you accepted"
                        : NULL);
    buf_adds(b, "SHA-256 fingerprint:\n");
    add_fingerprint(b, s->fingerprint);
    if (old) {
        buf_adds(b, "The one you accepted was:\n");
        add_fingerprint(b, old->fingerprint);
    }
    add_line(b, "Issued to:    ", c->subject);
    add_line(b, "Issued by:    ", c->issuer);
    add_line(b, "Valid for:    ", c->names);
    add_date(b, "Valid from:   ", c->not_before_ms);
    add_date(b, "Valid until:  ", c->not_after_ms);
}

static void ask(struct trust *t, const struct kith_cert *c, struct question *q,
                const struct state_pin *old)
{
    uint32_t danger = old ? KITH_CHOICE_DANGER : 0;
    struct kith_choice choices[] = {
        {sizeof choices[0], danger, "once", "Connect this time; ask again when kith was restarted"},
        {sizeof choices[0], danger, "always", "Trust this certificate; ask again if it changes"},
        {sizeof choices[0], KITH_CHOICE_DEFAULT, "no", "Do not connect"}};
    struct buf text = {0};
    char *title =
        old ? xasprintf("WARNING: the certificate of %s has CHANGED. Somebody may be listening in.",
                        c->name)
            : xasprintf("The certificate of %s cannot be verified. Trust it?", c->name);
    describe(&text, c, &q->cert, old);
    struct kith_ev_ask ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK},
                             .ask = q->ask,
                             .kind = KITH_ASK_CERTIFICATE,
                             .subject = c->name,
                             .title = title,
                             .text = buf_str(&text),
                             .choices = choices,
                             .n_choices = COUNT(choices)};
    (void)account_emit(t->a, &ev.ev);
    free(title);
    buf_free(&text);
}

static void gone(struct trust *t, size_t i)
{
    struct kith_ev_ask_gone ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK_GONE},
                                  .ask = t->asked[i].ask};
    (void)account_emit(t->a, &ev.ev);
    free(t->asked[i].cert.name);
    VEC_DEL(t->asked, t->n_asked, i);
}

/* The question about this certificate, once; questions about an earlier one of the same host are
 * void. */
static enum kith_trust question(struct trust *t, const struct kith_cert *c, struct seen *s,
                                const struct state_pin *old)
{
    for (size_t i = t->n_asked; i-- > 0;) {
        if (same(&t->asked[i].cert, s))
            return KITH_TRUST_ASKED;
        if (strcmp(t->asked[i].cert.name, s->name) == 0)
            gone(t, i);
    }
    struct question q = {.ask = t->next, .cert = *s};
    t->next += 2; /* odd numbers; secrets have even ones */
    s->name = xstrdup(s->name);
    VEC_PUSH(t->asked, t->n_asked, t->cap_asked, q);
    ask(t, c, &t->asked[t->n_asked - 1], old);
    return KITH_TRUST_ASKED;
}

static enum kith_trust good(struct trust *t, const struct seen *s)
{
    for (size_t i = t->n_asked; i-- > 0;)
        if (strcmp(t->asked[i].cert.name, s->name) == 0)
            gone(t, i);
    return KITH_TRUST_YES;
}

/* Said once for each certificate, not at every retry. */
static enum kith_trust refuse(struct trust *t, const struct kith_cert *c, const struct seen *s,
                              const char *why)
{
    if (t->quiet || holds(&t->noticed, s))
        return KITH_TRUST_NO;
    remember(&t->noticed, s);
    account_notice(t->a, KITH_ERROR, "The certificate of %s was refused: %s.", c->name, why);
    return KITH_TRUST_NO;
}

static enum kith_trust decide(struct trust *t, const struct kith_cert *c, struct seen *s)
{
    const char *only = account_option(t->a, "tls_fingerprint"),
               *verify = account_option(t->a, "tls_verify");
    bool strict = str_eq(verify, "strict"), pin_first = str_eq(verify, "pin");
    if (strlen(s->fingerprint) != 64)
        return refuse(t, c, s, "it has no fingerprint");
    if (!str_empty(only)) {
        char hex[65];
        plain_hex(hex, only);
        bool match = strcmp(hex, s->fingerprint) == 0 || strcmp(hex, s->key) == 0;
        return match ? good(t, s)
                     : refuse(t, c, s, "it is not the one of the option tls_fingerprint");
    }
    struct state_pin pin;
    bool pinned = t->a->store && state_pin_get(t->a->store, s->name, &pin);
    if (holds(&t->once, s))
        return good(t, s);
    if (pinned && (strcmp(pin.fingerprint, s->fingerprint) == 0 ||
                   (s->key[0] && strcmp(pin.key, s->key) == 0)))
        return good(t, s);
    if (!pinned && !c->problem) {
        if (pin_first && !t->quiet)
            keep(t, s);
        return good(t, s);
    }
    if (strict)
        return refuse(t, c, s, pinned ? "it is not the one accepted before" : c->problem);
    if (t->quiet || holds(&t->refused, s))
        return KITH_TRUST_NO;
    return question(t, c, s, pinned ? &pin : NULL);
}

enum kith_trust trust_check(struct trust *t, const struct kith_cert *c)
{
    struct seen s = seen_of(c);
    enum kith_trust rc = s.name[0] ? decide(t, c, &s) : KITH_TRUST_NO;
    free(s.name);
    return rc;
}

enum kith_trust trust_known(struct trust *t, const struct kith_cert *c)
{
    t->quiet = true;
    enum kith_trust rc = trust_check(t, c);
    t->quiet = false;
    return rc;
}

bool trust_answer(struct trust *t, uint64_t ask_number, const char *choice)
{
    size_t i = 0;
    while (i < t->n_asked && t->asked[i].ask != ask_number)
        i++;
    if (i == t->n_asked)
        return false;
    struct seen *s = &t->asked[i].cert;
    bool always = str_eq(choice, "always"), yes = always || str_eq(choice, "once");
    if (always)
        keep(t, s);
    else
        remember(yes ? &t->once : &t->refused, s);
    bool off = t->a->state == KITH_STATE_OFFLINE;
    if (!off)
        *(yes ? &t->retry_now : &t->retry_never) = true;
    else if (yes)
        account_offline(t->a, KITH_ETLS, KITH_RETRY_NOW, ACCEPTED);
    else
        account_offline(t->a, KITH_ETLS, KITH_RETRY_NEVER, REFUSED);
    free(s->name);
    VEC_DEL(t->asked, t->n_asked, i);
    return true;
}

void trust_offline(struct trust *t, struct kith_ev_state *ev)
{
    if (t->retry_now) {
        ev->retry = KITH_RETRY_NOW;
        ev->text = ev->err == KITH_ETLS ? ACCEPTED : ev->text;
    } else if (t->retry_never) {
        ev->retry = KITH_RETRY_NEVER;
        ev->text = ev->err == KITH_ETLS ? REFUSED : ev->text;
    } else if (t->n_asked && ev->err == KITH_ETLS) {
        ev->retry = KITH_RETRY_AUTO;
        ev->retry_ms = MAX(ev->retry_ms, ASKED_RETRY_MS);
        ev->text = "The server's certificate waits for your answer.";
    }
    t->retry_now = t->retry_never = false;
}

bool trust_asking(const struct trust *t)
{
    return t->n_asked > 0;
}

void trust_connecting(struct trust *t)
{
    seen_clear(&t->refused);
}
