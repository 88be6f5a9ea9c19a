/* account/secret.c - passwords: from the configuration, a command or the user; in locked memory,
 * wiped afterwards */
#include "account/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "account/helper.h"
#include "base/mem.h"

#define SECRET_MAX 4096u /* one page, with the NUL */

struct asker {
    kith_secret_fn *fn;
    void *user;
};
struct secret {
    char *key, *why;
    char *value;  /* locked page, or NULL */
    char *wrong;  /* the value that was refused last, so that the command's same answer is not tried
                     again */
    uint64_t ask; /* the open question, or 0 */
    uint64_t above; /* number of the question to the account above this one, or 0 */
    uint32_t command; /* the helper's number, or 0 */
    struct asker *askers;
    size_t n_askers, cap_askers;
    struct secrets *all;
};
struct secrets {
    struct kith_account *a;
    struct secret **list;
    size_t n, cap;
    uint64_t next;
    bool refused; /* since secrets_refused() was last asked */
};

static char *page_new(const char *value)
{
    char *p = mmap(NULL, SECRET_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    (void)mlock(p,
                SECRET_MAX); /* a small limit or none: then it may be swapped, as everywhere else */
#ifdef MADV_DONTDUMP
    (void)madvise(p, SECRET_MAX, MADV_DONTDUMP);
#endif
    str_copy(p, SECRET_MAX, value);
    return p;
}

static void page_free(char **p)
{
    if (!*p)
        return;
    mem_wipe(*p, SECRET_MAX);
    (void)munmap(*p, SECRET_MAX);
    *p = NULL;
}

struct secrets *secrets_new(struct kith_account *a)
{
    struct secrets *s = xcalloc(1, sizeof *s);
    s->a = a;
    s->next = WIRE_ASK_HOST | 2;
    return s;
}

void secrets_free(struct secrets *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct secret *one = s->list[i];
        page_free(&one->value);
        page_free(&one->wrong);
        if (one->command)
            helper_cancel(s->a->helper, one->command);
        free(one->askers);
        free(one->key);
        free(one->why);
        free(one);
    }
    free(s->list);
    free(s);
}

static struct secret *secret_of(struct secrets *s, const char *key)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->list[i]->key, key) == 0)
            return s->list[i];
    struct secret *one = xcalloc(1, sizeof *one);
    one->key = xstrdup(key);
    one->all = s;
    VEC_PUSH(s->list, s->n, s->cap, one);
    return one;
}

/* A new value; the engine learns by what to know it again when the user is about to say it in a chat. */
static void set_value(struct secret *one, const char *value)
{
    struct wire_mark mark;
    page_free(&one->value);
    one->value = page_new(value);
    if (!wire_mark_of(&mark, value))
        return;
    struct buf b = {0};
    wire_put_mark(&b, &mark);
    serve_send(one->all->a, WIRE_MARK, &b);
    buf_free(&b);
}

void secrets_configured(struct secrets *s, const char *key, const char *value)
{
    set_value(secret_of(s, key), value);
}

/* Each asker once; askers may ask anew from within. */
static void tell(struct secret *one, int err)
{
    struct asker *askers = one->askers;
    size_t n = one->n_askers;
    one->askers = NULL;
    one->n_askers = one->cap_askers = 0;
    for (size_t i = 0; i < n; i++)
        askers[i].fn(askers[i].user, err, err == KITH_OK ? one->value : NULL);
    free(askers);
}

void secrets_cancel(struct secrets *s)
{
    for (size_t i = 0; i < s->n; i++)
        tell(s->list[i], KITH_ECANCELED);
}

static void ask_user(struct secret *one)
{
    struct secrets *s = one->all;
    const char *address = s->a->open.address ? s->a->open.address : s->a->open.account;
    if (!one->ask) {
        one->ask = s->next;
        s->next += 2;
    }
    char *title = strcmp(one->key, "password") == 0 ? xasprintf("Password for %s", address)
                                                    : xasprintf("%s for %s", one->key, address);
    struct kith_field field = {.size = sizeof field,
                               .flags = KITH_FIELD_REQUIRED,
                               .key = "secret",
                               .label = strcmp(one->key, "password") == 0 ? "Password" : one->key,
                               .type = "secret"};
    struct kith_ev_ask ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK},
                             .ask = one->ask,
                             .kind = KITH_ASK_SECRET,
                             .subject = address,
                             .title = title,
                             .text = one->why,
                             .fields = &field,
                             .n_fields = 1};
    account_no_deadline(s->a);
    (void)account_emit(s->a, &ev.ev);
    free(title);
}

/* A sub-account has the secrets of the account above it: that one is asked first, and the user when it has none, or one
 * that was refused here. */
static void ask_above(struct secret *one)
{
    struct secrets *s = one->all;
    if (str_empty(s->a->open.parent) || one->wrong) {
        ask_user(one);
        return;
    }
    if (one->above)
        return;
    one->above = s->next;
    s->next += 2;
    struct wire_secret w = {.size = sizeof w, .number = one->above, .key = one->key};
    struct buf b = {0};
    wire_put_secret(&b, &w);
    account_no_deadline(s->a); /* the user may be asked there */
    serve_send(s->a, WIRE_SECRET, &b);
    buf_free(&b);
}

static void from_above(struct secrets *s, const struct wire_secret *w)
{
    for (size_t i = 0; i < s->n; i++) {
        struct secret *one = s->list[i];
        if (!one->above || one->above != w->number)
            continue;
        one->above = 0;
        if (w->err == KITH_OK && !str_empty(w->value)) {
            set_value(one, w->value);
            tell(one, one->value ? KITH_OK : KITH_ELIMIT);
        } else if (w->err == KITH_ECANCELED) { /* the user did not want to say it there */
            tell(one, KITH_ECANCELED);
        } else {
            ask_user(one);
        }
        return;
    }
}

struct below { /* a question of a sub-account */
    struct kith_account *a;
    uint64_t number;
    char *key;
};

static void tell_below(void *user, int err, const char *value)
{
    struct below *q = user;
    struct wire_secret w = {
        .size = sizeof w, .number = q->number, .err = err, .key = q->key, .value = value};
    struct buf b = {0};
    wire_put_secret(&b, &w);
    serve_send(q->a, WIRE_SECRET, &b);
    serve_flush(q->a);
    buf_wipe_free(&b);
    free(q->key);
    free(q);
}

static void for_below(struct secrets *s, const struct wire_secret *w)
{
    struct below *q = xcalloc(1, sizeof *q);
    *q = (struct below){s->a, w->number, xstrdup(w->key)};
    bool has = s->a->proto && !s->a->quitting && options_secret(s->a->proto, w->key);
    if (!has || secrets_get(s, w->key, NULL, tell_below, q) < 0)
        tell_below(q, KITH_ENOTFOUND, NULL);
}

void secrets_frame(struct secrets *s, const struct frame *f)
{
    struct wire_secret w;
    struct arena mem = {0};
    if (wire_get_secret(f->data, f->len, &mem, &w, NULL) == 0) {
        if (str_empty(s->a->open.parent))
            for_below(s, &w);
        else
            from_above(s, &w);
        if (w.value)
            mem_wipe((char *)(uintptr_t)w.value, strlen(w.value));
    }
    mem_wipe((char *)(uintptr_t)f->data, f->len);
    arena_free(&mem);
}

static void on_command(void *user, const char *value, const struct err *e)
{
    struct secret *one = user;
    one->command = 0;
    bool same = value && one->wrong && strcmp(value, one->wrong) == 0;
    if (e->code == 0 && value && !same) {
        set_value(one, value);
        tell(one, one->value ? KITH_OK : KITH_ELIMIT);
        return;
    }
    str_take(&one->why,
             same ? xstrdup("The password command still gives the password that was refused.")
                  : xstrdup(e->text));
    ask_user(one);
}

int secrets_get(struct secrets *s, const char *key, const char *why, kith_secret_fn *fn, void *user)
{
    if (str_empty(key) || !fn)
        return KITH_EINVAL;
    struct secret *one = secret_of(s, key);
    if (one->value) {
        fn(user, KITH_OK, one->value);
        return KITH_OK;
    }
    struct asker asker = {fn, user};
    VEC_PUSH(one->askers, one->n_askers, one->cap_askers, asker);
    if (why && !one->wrong)
        str_set(&one->why, why);
    char name[KITH_MAX_NAME + 1];
    int n = snprintf(name, sizeof name, "%s_command", key);
    const char *command = n > 0 && (size_t)n < sizeof name ? account_option(s->a, name) : NULL;
    if (one->command)
        return KITH_OK;
    if (!str_empty(command) && !one->ask && s->a->helper)
        one->command = helper_command(s->a->helper, command, on_command, one);
    else
        ask_above(one);
    return KITH_OK;
}

void secrets_wrong(struct secrets *s, const char *key)
{
    struct secret *one = secret_of(s, key);
    page_free(&one->wrong);
    one->wrong = one->value;
    one->value = NULL;
    s->refused = true;
    str_set(&one->why, "The one given last was refused.");
}

bool secrets_refused(struct secrets *s)
{
    bool refused = s->refused;
    s->refused = false;
    return refused;
}

static const char *value_of(const struct wire_op *op)
{
    for (size_t i = 0; i < op->n_fields; i++)
        if (str_eq(op->fields[i].key, "secret") && op->fields[i].n_values)
            return op->fields[i].values[0];
    return NULL;
}

bool secrets_answer(struct secrets *s, uint64_t ask, const struct wire_op *op)
{
    struct secret *one = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (s->list[i]->ask == ask && ask)
            one = s->list[i];
    if (!one)
        return false;
    const char *value = value_of(op);
    one->ask = 0;
    if (!str_empty(value))
        set_value(one, value);
    tell(one, one->value ? KITH_OK : KITH_ECANCELED);
    return true;
}
