/* core/connect.c - wanting to be online: connecting, waiting longer each time, what the screen says
 * meanwhile */
#include <stdio.h>

#include "core/private.h"

enum { STEP_MS = 1000, MOST_MS = 300000, STEADY_MS = 60000, NOW_LIMIT = 3 };

int64_t back_off_ms(const struct core *c, unsigned failures)
{
    int64_t step = c->p.back_off_ms > 0 ? c->p.back_off_ms : STEP_MS;
    int64_t wait = MIN(step << MIN(failures, 9u), step * (MOST_MS / STEP_MS));
    uint32_t spread = (uint32_t)(wait * 2 / 5); /* +-20 % */
    return wait - spread / 2 + rand_below(spread + 1);
}

static void say(struct core_account *ca)
{
    account_changed(ca->account);
}

static void op_connect(struct core_account *ca)
{
    struct wire_op op = {.size = sizeof op, .type = OP_CONNECT};
    watched_connect(ca);
    struct account *a = ca->account;
    connect_cancel(ca);
    ca->again = false;
    ca->fresh = false;
    if (link_op(ca, &op, -1, NULL) == 0)
        str_set(&a->phase, "connecting");
    say(ca);
}

static void on_retry(void *user)
{
    struct core_account *ca = user;
    ca->retry = NULL;
    ca->account->retry_at = 0;
    if (ca->account->enabled && link_up(ca))
        op_connect(ca);
}

void connect_cancel(struct core_account *ca)
{
    loop_timer_del(ca->retry);
    ca->retry = NULL;
    ca->account->retry_at = 0;
}

static void wait_and_connect(struct core_account *ca, int64_t wait)
{
    connect_cancel(ca);
    ca->account->retry_at = clock_mono_ms() + wait;
    ca->retry = loop_timer_add(ca->core->loop, wait, on_retry, ca);
}

/* ---- the process ---- */

static uint32_t groups_of(const struct kith_protocol *p)
{
    return (p->roster ? ACCOUNT_HAS_ROSTER : 0u) | (p->rooms ? ACCOUNT_HAS_ROOMS : 0u) |
           (p->history ? ACCOUNT_HAS_HISTORY : 0u) | (p->change ? ACCOUNT_HAS_CHANGE : 0u) |
           (p->files ? ACCOUNT_HAS_FILES : 0u) | (p->blocking ? ACCOUNT_HAS_BLOCKING : 0u) |
           (p->directory ? ACCOUNT_HAS_DIRECTORY : 0u) |
           (p->flags & KITH_PROTOCOL_NICKS ? ACCOUNT_HAS_NICKS : 0u) |
           (p->avatars ? ACCOUNT_HAS_AVATARS : 0u) | (p->encryption ? ACCOUNT_HAS_ENCRYPTION : 0u);
}

void connect_process_up(struct core_account *ca)
{
    struct account *a = ca->account;
    const struct kith_protocol *p = ca->link.protocol;
    a->groups = groups_of(p);
    a->retry_at = 0;
    str_set(&a->protocol_label, p->label ? p->label : a->protocol);
    str_set(&a->problem, NULL);
    struct wire_op op = {
        .size = sizeof op, .type = OP_PRESENCE, .number = a->show, .text = a->status};
    link_op(ca, &op, -1, NULL);
    encrypt_remind(ca);
    if (a->enabled)
        op_connect(ca);
    say(ca);
}

/* Nothing that a connection told holds any more. */
static void forget_session(struct core_account *ca)
{
    account_forget_presence(ca->account);
    encrypt_session_over(ca);
    ingest_new_session(ca);
}

void connect_process_gone(struct core_account *ca, const char *why, int64_t wait)
{
    struct account *a = ca->account;
    connect_cancel(ca);
    a->state = KITH_STATE_OFFLINE;
    a->caps = 0;
    paced_lost(a);
    ca->online_at = 0;
    str_set(&a->phase, NULL);
    str_set(&a->problem, why);
    if (why)
        a->retry_at = clock_mono_ms() + wait;
    outbox_offline(ca);
    history_offline(ca);
    ask_session_over(ca, true);
    request_lost(ca, why ? why : "the account ends");
    family_process_gone(ca);
    forget_session(ca);
    say(ca);
}

/* ---- STATE ---- */

static void set_phase(struct core_account *ca, const char *text)
{
    static const char *const words[] = {
        [KITH_STATE_OFFLINE] = NULL,
        [KITH_STATE_RESOLVE] = "looking up",
        [KITH_STATE_CONNECT] = "connecting to",
        [KITH_STATE_TLS] = "securing the connection to",
        [KITH_STATE_AUTH] = "logging in to",
        [KITH_STATE_SYNC] = "fetching what is new from",
        [KITH_STATE_ONLINE] = NULL,
        [KITH_STATE_CLOSING] = "leaving",
    };
    struct account *a = ca->account;
    const char *word = (size_t)a->state < COUNT(words) ? words[a->state] : NULL;
    str_set(&a->way, a->state == KITH_STATE_ONLINE ? text : NULL);
    str_take(&a->phase, word ? xasprintf("%s %s", word, text ? text : a->address) : NULL);
}

static void on_online(struct core_account *ca, const struct kith_ev_state *ev)
{
    struct account *a = ca->account;
    if (!ev->resumed && !ca->fresh)
        forget_session(ca);
    if (!ev->resumed && !ca->gap)
        ingest_in_step(ca);
    ca->online_at = clock_mono_ms();
    ca->had_resume = true; /* the first synchronisation is over */
    str_set(&a->problem, NULL);
    connect_cancel(ca);
    outbox_online(ca);
    unread_markers_due(ca);
}

static enum retry_rule retry_of(const struct core_account *ca, const struct kith_ev_state *ev)
{
    if (!ca->account->enabled || ca->core->stopping)
        return RETRY_UNWANTED;
    if (ca->again)
        return RETRY_AGAIN;
    if (ev->err == KITH_EAUTH && ev->retry != KITH_RETRY_NOW)
        return RETRY_LOGIN;
    if (ev->retry == KITH_RETRY_NEVER)
        return RETRY_NEVER;
    return ev->retry == KITH_RETRY_NOW && ca->failures < NOW_LIMIT ? RETRY_NOW : RETRY_LATER;
}

static void plan_retry(struct core_account *ca, const struct kith_ev_state *ev)
{
    enum retry_rule rule = ca->retry_why = retry_of(ca, ev);
    if (rule == RETRY_UNWANTED || rule == RETRY_LOGIN || rule == RETRY_NEVER || !link_up(ca))
        return;
    if (rule == RETRY_AGAIN) {
        ca->failures = 0;
        op_connect(ca);
        return;
    }
    int64_t wait = rule == RETRY_NOW ? 0 : MAX(back_off_ms(ca->core, ca->failures), ev->retry_ms);
    ca->failures++;
    wait_and_connect(ca, wait);
}

static void on_offline(struct core_account *ca, const struct kith_ev_state *ev)
{
    struct account *a = ca->account;
    bool was_online = ca->online_at != 0;
    if (was_online && clock_mono_ms() - ca->online_at > STEADY_MS)
        ca->failures = 0;
    a->caps = 0;
    paced_lost(a);
    ca->online_at = 0;
    const char *why = ev->err == KITH_OK ? NULL : (ev->text ? ev->text : kith_err_text(ev->err));
    str_set(&a->problem, why);
    outbox_offline(ca);
    history_offline(ca);
    ask_session_over(ca, false);
    plan_retry(ca, ev);
    /* A lost link may be resumed at once; after that nobody knows who is there. */
    if (!was_online || !a->retry_at)
        forget_session(ca);
}

void connect_on_state(struct core_account *ca, const struct kith_ev_state *ev)
{
    struct account *a = ca->account;
    enum kith_state before = a->state;
    a->state = (enum kith_state)ev->state;
    ca->link.phase_ms =
        ev->state == KITH_STATE_OFFLINE || ev->state == KITH_STATE_ONLINE ? 0 : ev->deadline_ms;
    watch_arm(&ca->link);
    set_phase(ca, ev->text);
    if (ev->state == KITH_STATE_SYNC && before != KITH_STATE_SYNC) {
        ca->fresh = true;
        forget_session(ca);
    }
    if (ev->state == KITH_STATE_ONLINE)
        on_online(ca, ev);
    if (ev->state == KITH_STATE_ONLINE && !ev->resumed)
        encrypt_online(ca);
    if (ev->state == KITH_STATE_OFFLINE)
        on_offline(ca, ev);
    say(ca);
}

/* ---- what the user wants ---- */

enum wish connect_wish(const struct core *c, const struct account_config *cfg)
{
    if (c->p.offline)
        return WISH_OFFLINE;
    const struct account_config *parent = cfg->parent ? config_account(c->config, cfg->parent) : NULL;
    return cfg->autoconnect && (!parent || parent->autoconnect) ? WISH_AUTOCONNECT : WISH_NOT_AUTOCONNECT;
}

bool connect_wanted(enum wish wish)
{
    return wish == WISH_AUTOCONNECT || wish == WISH_CONNECT;
}

static void begin(struct core_account *ca)
{
    struct account *a = ca->account;
    a->enabled = true;
    ca->wish = WISH_CONNECT;
    ca->off_by_status = false;
    ca->failures = 0;
    if (ca->link.state == LINK_DOWN || ca->link.state == LINK_USELESS) {
        ca->link.failures = 0;
        link_start(ca);
    } else if (link_up(ca) && a->state == KITH_STATE_OFFLINE) {
        op_connect(ca);
    }
}

/* Those below an account come and go with it, unless they are switched off. */
static void connect_below(struct account *a)
{
    const struct account_config *cfg = config_account(a->core->core->config, a->name);
    if (cfg && cfg->autoconnect && !a->enabled)
        (void)core_connect(a->core->core, a, NULL);
}

static void disconnect_below(struct account *a)
{
    const struct account *parent = model_account(a->model, a->parent);
    bool by_status = parent && parent->core->off_by_status && a->enabled;
    a->core->off_by_status = a->core->off_by_status || by_status;
    (void)core_disconnect(a->core->core, a, NULL);
}

int core_connect(struct core *c, struct account *a, struct err *e)
{
    if (c->stopping)
        return err_set(e, KITH_ECANCELED, "kith is ending");
    begin(a->core);
    say(a->core);
    subs_each(a, connect_below);
    return 0;
}

int core_disconnect(struct core *c, struct account *a, struct err *e)
{
    struct core_account *ca = a->core;
    struct wire_op op = {.size = sizeof op, .type = OP_DISCONNECT, .number = KITH_REASON_USER};
    a->enabled = false;
    ca->wish = ca->off_by_status ? WISH_STATUS : WISH_DISCONNECT;
    connect_cancel(ca);
    if (link_up(ca) && a->state != KITH_STATE_OFFLINE)
        link_op(ca, &op, -1, e);
    say(ca);
    subs_each(a, disconnect_below);
    return 0;
}

int core_reconnect(struct core *c, struct account *a, struct err *e)
{
    struct core_account *ca = a->core;
    struct wire_op op = {.size = sizeof op, .type = OP_DISCONNECT, .number = KITH_REASON_RESTART};
    if (c->stopping)
        return err_set(e, KITH_ECANCELED, "kith is ending");
    if (link_up(ca) && a->state != KITH_STATE_OFFLINE) {
        a->enabled = true;
        ca->again = true;
        return link_op(ca, &op, -1, e);
    }
    begin(ca);
    say(ca);
    return 0;
}
