/* core/core.c - the engine's heart: starts with yesterday's state, ends politely, hands out what it
 * holds */
#include "core/core.h"

#include <signal.h>

#include "core/private.h"

enum {
    STOP_MS = 3000, /* how long accounts may take to say good-bye */
    FIRST_MS = 40   /* the first picture of the screen goes before the first process */
};

struct store *core_store(struct core *c)
{
    return c->store;
}

struct config *core_config(struct core *c)
{
    return c->config;
}

const struct kith_protocol *core_protocol(struct core *c, const struct account *a)
{
    return a->core ? a->core->link.protocol : NULL;
}

void core_touch(struct core *c)
{
    loop_again(c->loop);
}

const char *kith_err_text(int err)
{
    static const struct {
        int err;
        const char *text;
    } texts[] = {
        {KITH_EINVAL, "that cannot be right"},
        {KITH_EOFFLINE, "not connected"},
        {KITH_EUNSUP, "this is not possible here"},
        {KITH_EBUSY, "the same is already under way"},
        {KITH_ETOOBIG, "it is too big"},
        {KITH_EAUTH, "login refused"},
        {KITH_ETLS, "no secure connection could be made"},
        {KITH_ENET, "the network does not work"},
        {KITH_EDENIED, "the other side says no"},
        {KITH_ENOTFOUND, "there is no such address, room or message"},
        {KITH_ECANCELED, "given up"},
        {KITH_EPROTO, "the other side broke the protocol"},
        {KITH_ECONFLICT, "the name is in use"},
        {KITH_ELIMIT, "the other side limits how much may be sent"},
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (texts[i].err == err)
            return texts[i].text;
    }
    return "it failed";
}

struct core *core_new(const struct core_params *p, struct err *e)
{
    struct core *c = xcalloc(1, sizeof *c);
    c->p = *p;
    c->account_program = xstrdup(p->account_program);
    c->notify_program = xstrdup(p->notify_program);
    c->search_program = xstrdup(p->search_program);
    c->backend_dirs = xstrdup(p->backend_dirs);
    c->loop = p->loop;
    c->config = p->config;
    c->model = p->model;
    c->store = p->store;
    c->next_memory_id = -1;
    c->store_told = store_waiting(c->store); /* who opened it has said so */
    c->rang_at = INT64_MIN / 2;
    int r = loop_signal(c->loop, SIGCHLD, watch_children, c);
    if (r < 0) {
        err_set(e, r, "cannot watch account processes: %s", strerror(-r));
        core_free(c);
        return NULL;
    }
    loop_at_turn_end(c->loop, save_turn_end, c);
    unkept_open(c);
    return c;
}

/* ---- accounts ---- */

static struct core_account *adopt_account(struct core *c, const struct account_config *cfg)
{
    struct store_account row;
    char *store_name = subs_store_name(cfg);
    store_account(c->store, store_name, cfg->protocol, &row);
    struct account *a = model_add_account(c->model, row.id, cfg->name, cfg->protocol);
    struct core_account *ca = xcalloc(1, sizeof *ca);
    ca->store_name = store_name;
    ca->core = c;
    ca->account = a;
    ca->link.ca = ca;
    ca->link.io.fd = -1;
    ca->queue_end = &ca->queue;
    a->core = ca;
    a->show = row.show == KITH_SHOW_OFFLINE ? KITH_SHOW_ONLINE : row.show;
    str_set(&a->address, row.address ? row.address : cfg->address);
    str_set(&a->nick, row.nick);
    str_set(&a->status, row.status);
    str_set(&ca->resume_id, row.resume_id);
    ca->resume_ms = row.resume_ms;
    ca->had_resume = row.resume_id != NULL;
    ca->gap = ca->session_id = row.gap;
    store_account_clear(&row);
    subs_adopted(ca, cfg);
    store_load_contacts(c->store, a);
    store_load_chats(c->store, a, chats_adopt, c);
    unkept_adopt(c, a);
    return ca;
}

/* The windows close in memory first (the store keeps them, should the account come back): a view
 * whose chat goes must not turn to another chat that is about to go, and that core has let go of
 * already. */
static void drop_account(struct core *c, struct core_account *ca);

static void drop_sub(struct account *a)
{
    drop_account(a->core->core, a->core);
}

static void drop_account(struct core *c, struct core_account *ca)
{
    struct account *a = ca->account;
    subs_each(a, drop_sub);
    for (size_t i = 0; i < a->n_chats; i++) {
        a->chats[i]->open = false;
        a->chats[i]->number = 0;
    }
    connect_cancel(ca);
    link_close(ca);
    request_lost(ca, "the account was removed");
    outbox_free(ca);
    for (size_t i = 0; i < a->n_chats; i++)
        chats_forget(c, a->chats[i]);
    free(ca->resume_id);
    names_free(ca);
    subs_free(ca);
    family_free(ca);
    a->core = NULL;
    free(ca);
    model_drop_account(c->model, a);
}

int core_account_load(struct core *c, const char *name, struct err *e)
{
    const struct account_config *cfg = config_account(c->config, name);
    struct account *a = model_account(c->model, name);
    if (!cfg && !a)
        return err_set(e, KITH_ENOTFOUND, "there is no account \"%s\"", name);
    if (a && (!cfg || !str_eq(cfg->protocol, a->protocol))) {
        drop_account(c, a->core);
        a = NULL;
    }
    if (!cfg)
        return 0;
    struct core_account *ca = a ? a->core : adopt_account(c, cfg);
    if (!a)
        outbox_load(c);
    ca->wish = connect_wish(c, cfg);
    ca->account->enabled = connect_wanted(ca->wish);
    ca->link.failures = ca->failures = 0;
    ca->settings_told = false;
    if (ca->link.io.fd >= 0) { /* it runs with the old settings */
        connect_cancel(ca);
        link_stop(ca, KITH_REASON_RESTART);
        ca->link.start_again = true;
    } else if (c->started) {
        link_start(ca);
    }
    account_changed(ca->account);
    core_touch(c);
    return 0;
}

static void on_first(void *user)
{
    struct core *c = user;
    c->start_timer = NULL;
    c->started = true;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        link_start(c->model->accounts[i]->core);
}

/* The file could not be read at the start, and can be now: what it holds comes to what was written
 * since. */
void core_found_more(struct core *c)
{
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct account *a = c->model->accounts[i];
        struct store_account row;
        store_account(c->store, a->core->store_name, a->protocol, &row);
        if (!a->core->resume_id) {
            str_set(&a->core->resume_id, row.resume_id);
            a->core->resume_ms = row.resume_ms;
        }
        store_account_clear(&row);
        store_load_contacts(c->store, a);
        store_load_chats(c->store, a, chats_adopt, c);
        for (size_t j = 0; j < a->n_chats; j++) {
            history_again(c, a->chats[j]);
            save_chat(c, a->chats[j]);
        }
    }
    outbox_load(c);
}

int core_start(struct core *c, struct err *e)
{
    const struct account_config *const *cfgs = NULL;
    size_t n = config_accounts(c->config, &cfgs);
    for (size_t i = 0; i < n; i++) {
        struct core_account *ca = adopt_account(c, cfgs[i]);
        ca->wish = connect_wish(c, cfgs[i]);
        ca->account->enabled = connect_wanted(ca->wish);
    }
    outbox_load(c);
    files_load(c);
    save_told(c);
    inbox_load(c);
    c->start_timer = loop_timer_add(c->loop, FIRST_MS, on_first, c);
    watched_update(c);
    core_touch(c);
    return 0;
}

/* ---- the end ---- */

static bool all_gone(const struct core *c)
{
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct link *l = &c->model->accounts[i]->core->link;
        if (l->io.fd >= 0 || l->linger)
            return false;
    }
    return true;
}

static void finish_stop(struct core *c)
{
    loop_fn *done = c->stop_done;
    c->stop_done = NULL;
    loop_timer_del(c->stop_timer);
    c->stop_timer = NULL;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        link_close(c->model->accounts[i]->core);
    if (done)
        done(c->stop_user);
}

static void on_stop_overdue(void *user)
{
    struct core *c = user;
    c->stop_timer = NULL;
    finish_stop(c);
}

void core_stop_check(struct core *c)
{
    if (c->stopping && c->stop_done && all_gone(c))
        finish_stop(c);
}

void core_stop(struct core *c, loop_fn *done, void *user)
{
    if (c->stopping)
        return;
    c->stopping = true;
    c->stop_done = done;
    c->stop_user = user;
    draft_save_all(c);
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct core_account *ca = c->model->accounts[i]->core;
        connect_cancel(ca);
        link_stop(ca, KITH_REASON_QUIT);
    }
    c->stop_timer = loop_timer_add(c->loop, all_gone(c) ? 0 : STOP_MS, on_stop_overdue, c);
    core_touch(c);
}

void core_free(struct core *c)
{
    if (!c)
        return;
    c->stopping = true;
    draft_save_all(c);
    subs_save(c);
    unkept_close(c);
    save_free(c);
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct core_account *ca = c->model->accounts[i]->core;
        if (!ca)
            continue;
        connect_cancel(ca);
        link_close(ca);
        request_lost(ca, "kith ends");
        outbox_free(ca);
        for (size_t j = 0; j < ca->account->n_chats; j++)
            chats_free(ca->account->chats[j]);
        ca->account->core = NULL;
        free(ca->resume_id);
        names_free(ca);
        subs_free(ca);
        family_free(ca);
        free(ca);
    }
    free(c->secrets);
    gather_free(c);
    loop_timer_del(c->start_timer);
    loop_timer_del(c->stop_timer);
    loop_timer_del(c->typing_timer);
    loop_timer_del(c->unwatched_timer);
    loop_timer_del(c->draft_timer);
    loop_timer_del(c->inbox_timer);
    loop_timer_del(c->listing_timer);
    patterns_free(c);
    loop_turn_end_cancel(c->loop, save_turn_end, c);
    free(c->dirty_chats);
    free(c->attention);
    free(c->looks);
    free(c->watches);
    free(c->dying);
    free(c->account_program);
    free(c->notify_program);
    free(c->search_program);
    free(c->backend_dirs);
    free(c);
}
