/* cmd/verify_link.c - an xmpp: link with the keys of somebody's devices: compared with what is known, and verified after a yes */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/chat.h"
#include "cmd/internal.h"
#include "cmd/parse.h"
#include "model/forecast.h"

struct comparing {
    struct cmd_pending *p; /* its end is ours */
    struct uri u;
    char *link;
    bool sure, own;
    size_t at, done;       /* keys that were looked at when marking; devices that were marked */
};

static void comparing_free(struct comparing *c)
{
    uri_free(&c->u);
    free(c->link);
    free(c);
}

static void end(struct comparing *c, const struct err *e)
{
    struct cmd_pending *p = c->p;
    comparing_free(c);
    pending_done(p, e);
}

static struct account *account_of(const struct comparing *c)
{
    return model_account_by_id(c->p->env->model, c->p->account);
}

static const struct forecast *forecast_of(const struct comparing *c)
{
    const struct chat *chat = c->p->chat ? model_chat_by_id(c->p->env->model, c->p->chat) : NULL;
    const struct account *a = account_of(c);
    return !c->own ? (chat ? chat->forecast : NULL) : a ? a->forecast : NULL;
}

/* ---- which is which ---- */

bool same_key(const char *shown, const char *key)
{
    for (; shown && (*shown || *key); shown++) {
        if (*shown == ' ')
            continue;
        if (*shown != *key++)
            return false;
    }
    return shown != NULL;
}

enum found { FITS, OTHER_KEY, UNKNOWN };

static enum found look(const struct forecast *f, const struct uri *u, const struct uri_key *k, const struct forecast_device **out)
{
    enum found found = UNKNOWN;
    *out = NULL;
    for (size_t i = 0; f && i < f->n; i++) {
        const struct forecast_device *d = &f->v[i];
        if (!d->id || !str_eq(d->who, u->address) || (k->device && strcmp(d->id, k->device) != 0))
            continue;
        if (same_key(d->fingerprint, k->fingerprint)) {
            *out = d;
            return FITS;
        }
        if (k->device && d->fingerprint) {
            *out = d;
            found = OTHER_KEY;
        }
    }
    return found;
}

static void put_word(struct buf *b, size_t *n, const char *word)
{
    buf_addf(b, "%s%s", (*n)++ ? ", " : "", word);
}

struct counted {
    size_t fit, other, unknown, out; /* out: of those that fit, not to be trusted */
    struct buf fits, others;         /* their numbers */
};

static struct counted count(const struct comparing *c)
{
    struct counted n = {0};
    for (size_t i = 0; i < c->u.n_keys; i++) {
        const struct forecast_device *d;
        enum found found = look(forecast_of(c), &c->u, &c->u.keys[i], &d);
        if (found == FITS) {
            n.out += c->u.keys[i].distrust;
            put_word(&n.fits, &n.fit, d->id);
        } else if (found == OTHER_KEY) {
            put_word(&n.others, &n.other, d->id);
        } else {
            n.unknown++;
        }
    }
    return n;
}

static void counted_clear(struct counted *n)
{
    buf_free(&n->fits);
    buf_free(&n->others);
}

/* What does not match, in sentences. */
static void put_wrong(const struct comparing *c, const struct counted *n, struct buf *b)
{
    if (n->other > 0)
        buf_addf(b, "DOES NOT MATCH: device %s of %s shows %s here than in the link, and %s not verified. Somebody may be reading "
                    "along, or the link is not theirs: ask them by another way. ",
                 buf_str(&n->others), c->u.address, n->other == 1 ? "another key" : "other keys", n->other == 1 ? "is" : "are");
    if (n->unknown > 0)
        buf_addf(b, "%zu key%s of the link %s of no device that is known here. ", n->unknown, n->unknown == 1 ? "" : "s",
                 n->unknown == 1 ? "is" : "are");
}

/* ---- marking, one after the other ---- */

static void mark_next(struct comparing *c);

static void on_marked(void *user, const struct err *e)
{
    struct comparing *c = user;
    if (e->code < 0) {
        end(c, e);
        return;
    }
    c->done++;
    mark_next(c);
}

static void tell(struct comparing *c)
{
    struct counted n = count(c);
    struct buf b = {0};
    struct err e = {0};
    put_wrong(c, &n, &b);
    if (n.other > 0) {
        (void)err_set(&e, KITH_ECONFLICT, "%s%zu device%s matched", buf_str(&b), c->done, c->done == 1 ? "" : "s");
    } else {
        str_take(&c->p->good, xasprintf("%zu device%s of %s match%s the link: done. %s", c->done, c->done == 1 ? "" : "s", c->u.address,
                                        c->done == 1 ? "es" : "", buf_str(&b)));
    }
    buf_free(&b);
    counted_clear(&n);
    end(c, &e);
}

static void mark_next(struct comparing *c)
{
    struct account *a = account_of(c);
    while (a && c->at < c->u.n_keys) {
        const struct uri_key *k = &c->u.keys[c->at++];
        const struct forecast_device *d;
        struct err e = {0};
        enum kith_device_trust to = k->distrust ? KITH_DEVICE_DISTRUSTED : KITH_DEVICE_VERIFIED;
        if (look(forecast_of(c), &c->u, k, &d) != FITS || (d->flags & KITH_DEVICE_THIS))
            continue;
        if (core_trust(c->p->env->core, a, d, to, on_marked, c, &e) < 0)
            end(c, &e);
        return;
    }
    tell(c);
}

/* ---- asking ---- */

static void ask(struct comparing *c, const struct counted *n)
{
    struct buf question = {0}, line = {0};
    put_wrong(c, n, &question);
    if (n->fit > n->out)
        buf_addf(&question, "%zu key%s of %s in this link %s what their devices show here (%s). ", n->fit - n->out,
                 n->fit - n->out == 1 ? "" : "s", c->u.address, n->fit - n->out == 1 ? "is" : "are", buf_str(&n->fits));
    if (n->out > 0)
        buf_addf(&question, "%zu of their devices %s left out: the link says not to trust %s. ", n->out, n->out == 1 ? "gets" : "get",
                 n->out == 1 ? "it" : "them");
    buf_adds(&question, "Did you get it from them by another way than a chat: from their screen, from paper, face to face? Then they are "
                        "verified, and new devices of theirs wait for your decision from then on.");
    buf_adds(&line, "/verify -sure ");
    parse_escape(&line, c->link);
    c->p->view->confirm(c->p->view_data, buf_str(&question), buf_str(&line));
    buf_free(&question);
    buf_free(&line);
}

static void on_known(void *user, const struct err *e)
{
    struct comparing *c = user;
    struct err why = *e;
    if (e->code < 0) {
        end(c, &why);
        return;
    }
    struct counted n = count(c);
    bool asks = n.fit > 0 && !c->sure && c->p->view && c->p->view->confirm;
    struct buf wrong = {0};
    if (n.fit == 0) {
        put_wrong(c, &n, &wrong);
        (void)err_set(&why, KITH_ECONFLICT, "%s", buf_str(&wrong));
    } else if (!c->sure && !asks) {
        (void)err_set(&why, KITH_EUNSUP, "that needs a screen; /verify -sure with the link marks what matches");
    }
    if (asks) {
        struct cmd_pending *p = c->p;
        ask(c, &n);
        comparing_free(c);
        pending_drop(p);
    } else if (n.fit > 0 && c->sure) {
        mark_next(c);
    } else {
        end(c, &why);
    }
    buf_free(&wrong);
    counted_clear(&n);
}

/* ---- finding out who it is ---- */

static int ask_devices(struct comparing *c, struct chat *chat, struct err *e)
{
    struct account *a = account_of(c);
    if (!a)
        return err_set(e, KITH_ENOTFOUND, "the account is gone");
    return core_forecast(c->p->env->core, a, chat, on_known, c, e);
}

static void on_chat(void *user, struct chat *chat, const struct err *e)
{
    struct comparing *c = user;
    struct err why = *e;
    if (chat)
        c->p->chat = chat->id;
    if (!chat || ask_devices(c, chat, &why) < 0)
        end(c, &why);
}

int link_verify(struct cmd_ctx *ctx, struct account *a, const struct uri *u, const char *text, bool sure, struct err *e)
{
    struct chat *chat = account_chat(a, u->address);
    struct comparing *c = xcalloc(1, sizeof *c);
    c->p = pending_new(ctx, a, chat, "comparing keys");
    c->link = xstrdup(text);
    c->sure = sure;
    c->own = str_eq(u->address, a->address);
    int rc = uri_parse(&c->u, text, e);
    if (rc == 0 && (c->own || chat))
        rc = ask_devices(c, c->own ? NULL : chat, e);
    else if (rc == 0)
        rc = core_open_chat(ctx->env->core, a, u->address, on_chat, c, e);
    if (rc < 0) {
        pending_drop(c->p);
        comparing_free(c);
    }
    return rc;
}
