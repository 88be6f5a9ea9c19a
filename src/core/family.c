/* core/family.c - an account and those below it ask the user once: passwords go from one process to the other, and one
 * answer is for all that ask the same
 *
 * A password that a process asks for on the way to another is passed on and wiped; it is not kept here.
 */
#include "core/private.h"

enum { WAITING_MOST = 512 };

static struct core_account *above(const struct core_account *ca)
{
    const struct account *a = ca->account;
    const struct account *parent = a->parent ? model_account(a->model, a->parent) : NULL;
    return parent ? parent->core : NULL;
}

/* ---- secrets ---- */

static void put(struct core_account *to, const struct wire_secret *w)
{
    struct buf b = {0};
    wire_put_secret(&b, w);
    if (b.len)
        link_send(to, WIRE_SECRET, &b, -1);
    buf_wipe_free(&b);
    link_flush(to); /* now: the copy in the buffer is wiped when it has gone */
}

static void none(struct core_account *to, uint64_t number, const char *key)
{
    struct wire_secret w = {
        .size = sizeof w, .number = number, .err = KITH_EOFFLINE, .key = key};
    put(to, &w);
}

static void ask_above(struct core_account *ca, const struct wire_secret *asked)
{
    struct core *c = ca->core;
    struct core_account *parent = above(ca);
    if (!parent || !link_up(parent) || c->n_secrets >= WAITING_MOST) {
        none(ca, asked->number, asked->key);
        return;
    }
    struct secret_wait w = {++c->next_secret, asked->number, ca, parent};
    VEC_PUSH(c->secrets, c->n_secrets, c->cap_secrets, w);
    parent->link.io.in.secret = true; /* its answer comes in there */
    struct wire_secret on = {.size = sizeof on, .number = w.number, .key = asked->key};
    put(parent, &on);
}

static void answer_below(struct core_account *ca, struct wire_secret *w)
{
    struct core *c = ca->core;
    for (size_t i = 0; i < c->n_secrets; i++) {
        struct secret_wait wait = c->secrets[i];
        if (wait.number != w->number || wait.parent != ca)
            continue;
        VEC_DEL(c->secrets, c->n_secrets, i);
        w->number = wait.theirs;
        put(wait.sub, w);
        return;
    }
}

void family_secret(struct core_account *ca, const struct frame *f)
{
    struct wire_secret w;
    struct arena mem = {0};
    if (wire_get_secret(f->data, f->len, &mem, &w, NULL) == 0) {
        if (ca->account->parent)
            ask_above(ca, &w);
        else
            answer_below(ca, &w);
        if (w.value)
            mem_wipe((char *)(uintptr_t)w.value, strlen(w.value));
    }
    mem_wipe((char *)(uintptr_t)f->data, f->len);
    arena_free(&mem);
}

void family_process_gone(struct core_account *ca)
{
    struct core *c = ca->core;
    for (size_t i = c->n_secrets; i-- > 0;) {
        struct secret_wait w = c->secrets[i];
        if (w.sub != ca && w.parent != ca)
            continue;
        VEC_DEL(c->secrets, c->n_secrets, i);
        if (w.sub != ca)
            none(w.sub, w.theirs, "password");
    }
}

/* ---- questions ---- */

static const char *head(const struct account *a)
{
    return a->parent ? a->parent : a->name;
}

/* Of a certificate all facts are in the text, the fingerprint among them. */
static bool same_question(const struct ask *a, const struct ask *b)
{
    if (a == b || a->kind != b->kind || !(a->backend_id & b->backend_id & WIRE_ASK_HOST) ||
        !str_eq(head(a->account), head(b->account)) || !str_eq(a->subject, b->subject))
        return false;
    if (a->kind == KITH_ASK_CERTIFICATE)
        return str_eq(a->title, b->title) && str_eq(a->text, b->text);
    return a->kind == KITH_ASK_SECRET && a->n_fields == 1 && b->n_fields == 1 &&
           str_eq(a->fields[0].label, b->fields[0].label);
}

void family_answered(struct core *c, const struct ask *ask, struct wire_op *op)
{
    struct model *m = c->model;
    for (size_t i = m->n_asks; i-- > 0;) {
        struct ask *other = i < m->n_asks ? m->asks[i] : NULL;
        if (!other || !same_question(ask, other))
            continue;
        op->ask = other->backend_id;
        if (link_op(other->account->core, op, -1, NULL) < 0)
            continue;
        link_flush(other->account->core);
        model_drop_ask(m, other);
    }
    struct core_account *top = ask->account->core;
    top = above(top) ? above(top) : top;
    if (ask->kind == KITH_ASK_CERTIFICATE && (ask->backend_id & WIRE_ASK_HOST)) {
        str_set(&top->cert_subject, ask->subject);
        str_set(&top->cert_text, ask->text);
        str_set(&top->cert_choice, op->id);
    }
}

bool family_knows(struct core_account *ca, const struct kith_ev_ask *ev)
{
    const struct core_account *top = above(ca);
    if (!top || ev->kind != KITH_ASK_CERTIFICATE || !(ev->ask & WIRE_ASK_HOST) ||
        str_empty(top->cert_choice) || !str_eq(top->cert_subject, ev->subject) ||
        !str_eq(top->cert_text, ev->text))
        return false;
    struct wire_op op = {
        .size = sizeof op, .type = OP_ANSWER, .ask = ev->ask, .id = top->cert_choice};
    return link_op(ca, &op, -1, NULL) >= 0;
}

void family_free(struct core_account *ca)
{
    family_process_gone(ca);
    free(ca->cert_subject);
    free(ca->cert_text);
    free(ca->cert_choice);
    free(ca->store_name);
}
