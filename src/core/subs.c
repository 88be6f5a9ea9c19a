/* core/subs.c - accounts behind others, as their backends tell of them: made, kept, taken away, each run like any other
 *
 * What a backend says of them comes from a server, so it decides little: how many there may be, how often they may come
 * and go, and which options they have of their own (KITH_OPT_SUB) is bounded here.
 */
#include "base/utf8.h"
#include "core/private.h"

enum {
    SUBS_MOST = 64,              /* below one account */
    SUBS_MADE = 2 * SUBS_MOST,   /* in the time SUBS_MS: each is a process */
    SUBS_MS = 3600 * 1000,
    ID_MOST = 64, LABEL_MOST = 60, OPTIONS_MOST = 16,
    FACTS_MS = 500, FACTS_CALM_MS = 60 * 1000, /* how they stand: so long a line waits for others, at least and at most */
    NAMED = 3
};

static struct account *sub_account(struct core_account *ca, const char *id)
{
    const struct account_config *cfg = config_sub(ca->core->config, ca->account->name, id);
    return cfg ? model_account(ca->core->model, cfg->name) : NULL;
}

static bool id_ok(const char *id)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = id ? strlen(id) : 0;
    return n > 0 && n <= ID_MOST && strspn(id, plain) == n;
}

/* ---- which options ---- */

static bool declared(const struct core_account *ca, const char *key)
{
    const struct kith_protocol *p = ca->link.protocol;
    for (size_t i = 0; p && i < p->n_options; i++) {
        if (str_eq(p->options[i].key, key))
            return (p->options[i].flags & (KITH_OPT_SUB | KITH_OPT_SECRET)) == KITH_OPT_SUB;
    }
    return false;
}

static size_t options_of(const struct core_account *ca, const struct kith_ev_sub *ev,
                         const char *out[2 * OPTIONS_MOST])
{
    size_t n = 0;
    for (size_t i = 0; i < ev->n_options && n < OPTIONS_MOST; i++) {
        const struct kith_field *f = KITH_AT(struct kith_field, ev->options, i);
        const char *value = f->n_values > 0 ? f->values[0] : NULL;
        bool twice = false;
        for (size_t k = 0; k < n; k++)
            twice = twice || str_eq(out[2 * k], f->key);
        if (twice || !value || !*value || strlen(value) > KITH_MAX_NAME || !declared(ca, f->key) ||
            account_key_is_secret(f->key) || !utf8_is_clean(value, strlen(value), UTF8_LINE)) {
            log_warn("%s: \"%.60s\" is no option for %.64s", ca->account->name, f->key, ev->id);
            continue;
        }
        out[2 * n] = f->key;
        out[2 * n++ + 1] = value;
    }
    return n;
}

/* ---- may there be one more? ---- */

static bool may_make(struct core_account *ca)
{
    int64_t now = clock_mono_ms();
    if (!ca->subs_since || now - ca->subs_since > SUBS_MS) {
        ca->subs_since = now;
        ca->subs_made = 0;
        ca->subs_told[0] = ca->subs_told[1] = false;
    }
    bool many = config_subs(ca->core->config, ca->account->name) >= SUBS_MOST;
    if (!many && ca->subs_made < SUBS_MADE) {
        ca->subs_made++;
        return true;
    }
    if (!ca->subs_told[many])
        model_notice(ca->core->model, ca->account, NULL, KITH_WARN,
                     many ? "%s tells of more than %d accounts behind it; the others are left out"
                          : "%s lets accounts behind it come and go too fast; more than %d in an hour "
                            "are left out",
                     ca->account->name, many ? SUBS_MOST : SUBS_MADE);
    ca->subs_told[many] = true;
    return false;
}

/* ---- telling ---- */

/* "Libera, OFTC and 3 more" of those that are well, or not, and of whom that was not told. How many there are. */
static size_t news(const struct core_account *ca, bool well, struct buf *names, const struct account **first)
{
    const struct model *m = ca->core->model;
    size_t n = 0;
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct account *a = m->accounts[i];
        bool ours = str_eq(a->parent, ca->account->name) && a->core;
        if (!ours || (a->note == NULL) != well || !a->core->note_news || a->core->note_told == (a->note != NULL))
            continue;
        *first = n ? *first : a;
        if (n++ < NAMED)
            buf_addf(names, "%s%s", names->len ? ", " : "", account_title(a));
    }
    if (n > NAMED)
        buf_addf(names, " and %zu more", n - NAMED);
    return n;
}

/* All that has changed in one line for each kind; what is again as it was told is no news. */
static void tell_facts(void *user)
{
    struct core_account *ca = user;
    struct model *m = ca->core->model;
    const struct account *one = NULL;
    ca->facts_timer = NULL;
    for (int well = 0; well < 2; well++) {
        struct buf names = {0};
        size_t n = news(ca, well, &names, &one);
        struct account *about = n == 1 ? model_account(m, one->name) : ca->account;
        if (n == 1 && !well)
            model_notice(m, about, NULL, KITH_WARN, "%s: %s", buf_str(&names), one->note);
        else if (n > 0)
            model_notice(m, about, NULL, well ? KITH_INFO : KITH_WARN, n == 1 ? "%s %s connected again" : "%s %s",
                         buf_str(&names), n == 1 ? "is" : well ? "are connected again" : "are not connected");
        buf_free(&names);
    }
    for (size_t i = 0; i < m->n_accounts; i++) {
        struct account *a = m->accounts[i];
        if (!str_eq(a->parent, ca->account->name) || !a->core)
            continue;
        a->core->note_told = a->note != NULL;
        a->core->note_news = false;
    }
    ca->facts_at = clock_mono_ms();
}

/* They may all change at once, and a bouncer may go on like that: a line waits a moment for others, and the longer the
 * sooner it follows the one before. */
static void set_facts(struct core_account *ca, struct account *a, const char *label, const char *note)
{
    bool changed = str_set(&a->label, label);
    if (str_set(&a->note, str_empty(note) ? NULL : note)) {
        bool soon = ca->facts_at && clock_mono_ms() - ca->facts_at < FACTS_CALM_MS;
        changed = true;
        a->core->note_news = true;
        if (!ca->facts_timer) {
            ca->facts_wait = soon ? MIN(ca->facts_wait * 4, FACTS_CALM_MS) : FACTS_MS;
            ca->facts_timer = loop_timer_add(ca->core->loop, ca->facts_wait, tell_facts, ca);
        }
    }
    if (changed)
        account_changed(a);
}

void subs_free(struct core_account *ca)
{
    loop_timer_del(ca->facts_timer);
    ca->facts_timer = NULL;
}

/* Those that connect by themselves do when the account above them is on, however that came to be. */
static void wake_up(struct core_account *parent, struct account *a)
{
    const struct account_config *cfg = config_account(parent->core->config, a->name);
    enum wish wish = a->core->wish;
    if (cfg && cfg->autoconnect && !a->enabled && parent->account->enabled &&
        (wish == WISH_OFFLINE || wish == WISH_NOT_AUTOCONNECT))
        (void)core_connect(parent->core, a, NULL);
}

static void label_of(const struct kith_ev_sub *ev, char out[LABEL_MOST + 1])
{
    const char *name = str_empty(ev->name) ? ev->id : ev->name;
    size_t n = MIN(strlen(name), (size_t)LABEL_MOST);
    while (n > 0 && ((unsigned char)name[n] & 0xC0) == 0x80)
        n--; /* not within a character */
    str_copy(out, n + 1, name);
}

void subs_on_sub(struct core_account *ca, const struct kith_ev_sub *ev)
{
    const char *options[2 * OPTIONS_MOST];
    char label[LABEL_MOST + 1];
    const struct account_config *cfg = NULL;
    struct core *c = ca->core;
    const char *name = ca->account->name;
    struct err e = {0};
    if (ca->account->parent || !ca->link.protocol || !id_ok(ev->id)) {
        log_warn("%s: tells of an account that cannot be: \"%.60s\"", name, ev->id);
        return;
    }
    bool known = config_sub(c->config, name, ev->id) != NULL;
    size_t n = options_of(ca, ev, options);
    if (!known && (config_has_twin(c->config, name, options, n) || !may_make(ca)))
        return;
    label_of(ev, label);
    int rc = config_put_sub(c->config, name, ev->id, label, options, n, &cfg, &e);
    if (rc < 0) {
        log_warn("%s: %s", name, e.text);
        return;
    }
    struct account *a = model_account(c->model, cfg->name);
    c->subs_unsaved = c->subs_unsaved || rc > 0 || !a || !str_eq(a->label, label);
    if ((rc > 0 || !a) && core_account_load(c, cfg->name, &e) < 0)
        return;
    a = model_account(c->model, cfg->name);
    if (!a)
        return;
    a->core->sub_sweep = false;
    set_facts(ca, a, label, ev->text);
    wake_up(ca, a);
    core_touch(c);
}

/* ---- taking away ---- */

/* Its messages stay in the store, under its id: they are there again when it comes back. */
static void drop(struct core *c, const struct account *a)
{
    char *name = xstrdup(a->name);
    config_drop_sub(c->config, name);
    c->subs_unsaved = true;
    (void)core_account_load(c, name, NULL);
    free(name);
    core_touch(c);
}

void subs_on_gone(struct core_account *ca, const struct kith_ev_sub_gone *ev)
{
    struct account *a = ca->account->parent ? NULL : sub_account(ca, ev->id);
    if (!a)
        return;
    model_notice(ca->core->model, ca->account, NULL, KITH_INFO,
                 "%s has %s no longer; what was said there is kept", ca->account->name,
                 account_title(a));
    drop(ca->core, a);
}

void subs_sync(struct core_account *ca, bool begin)
{
    const struct model *m = ca->core->model;
    for (size_t i = m->n_accounts; i-- > 0;) {
        const struct account *a = m->accounts[i];
        if (!str_eq(a->parent, ca->account->name))
            continue;
        if (begin)
            a->core->sub_sweep = true;
        else if (a->core->sub_sweep)
            drop(ca->core, a);
    }
}

void subs_each(const struct account *parent, void (*fn)(struct account *sub))
{
    const struct model *m = parent->model;
    for (size_t i = m->n_accounts; i-- > 0;)
        if (i < m->n_accounts && str_eq(m->accounts[i]->parent, parent->name))
            fn(m->accounts[i]);
}

void subs_adopted(struct core_account *ca, const struct account_config *cfg)
{
    const struct account *parent = cfg->parent ? model_account(ca->core->model, cfg->parent) : NULL;
    if (!parent)
        return;
    str_set(&ca->account->label, cfg->label);
    model_place_below(ca->core->model, ca->account, parent);
}

char *subs_store_name(const struct account_config *cfg)
{
    return cfg->parent ? xasprintf("%s/%s", cfg->parent, cfg->sub) : xstrdup(cfg->name);
}

void subs_save(struct core *c)
{
    struct err e = {0};
    if (!c->subs_unsaved)
        return;
    c->subs_unsaved = false;
    if (config_save_subs(c->config, &e) < 0)
        model_notice(c->model, NULL, NULL, KITH_WARN,
                     "the accounts behind others could not be kept for the next start: %s", e.text);
}

/* ---- what its process is given ---- */

static void add(struct wire_open *o, const char *key, const char *value, bool inherited)
{
    for (size_t i = 0; i < o->n_options; i++)
        if (strcmp(o->options[i].key, key) == 0)
            return;
    o->options[o->n_options++] = (struct wire_option){key, value, inherited};
}

void subs_options(const struct config *c, const struct account_config *cfg, bool secrets,
                  struct wire_open *o)
{
    const struct account_config *parent = cfg->parent ? config_account(c, cfg->parent) : NULL;
    o->options = xcalloc(cfg->n_options + (parent ? parent->n_options : 0) + SUBS_SPARE,
                         sizeof *o->options);
    o->address = parent ? parent->address : cfg->address;
    o->parent = cfg->parent;
    for (size_t i = 0; i < cfg->n_options; i++)
        if (secrets || !account_key_is_secret(cfg->options[i].key))
            add(o, cfg->options[i].key, cfg->options[i].value, false);
    for (size_t i = 0; parent && i < parent->n_options; i++)
        if (secrets || !account_key_is_secret(parent->options[i].key))
            add(o, parent->options[i].key, parent->options[i].value, true);
}
