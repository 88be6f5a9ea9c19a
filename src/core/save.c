/* core/save.c - the end of a turn: rows, the one transaction, what may be confirmed then; and work
 * for idle times */
#include "core/private.h"

enum {
    RETRY_MS = 2000,       /* at least, between two tries to write to a disk that refused */
    RETRY_MOST_MS = 64000, /* and at most, when nothing happens */
    AGAIN_MS = 5,          /* while it goes well */
    IDLE_MS = 400,         /* quiet that long: time for the full text */
    GROUP_MS = 250,        /* commits are at least so far apart, unless the user waits for one */
    GROUP_BYTES = 512 << 10, /* or so much waits for one: that is kept in memory until then */
    TYPING_MS = 1000,      /* so long after a key commits are small: the next key waits for them */
    SMALL_MS = 40,         /* and so far apart */
    SMALL_BYTES = 8 << 10, /* or so much */
    SLICE_US = 1200,       /* one slice of it with its commit: 2000 at most */
    CHOKE = 32 << 20,      /* bytes waiting in memory that stop the reading of accounts */
};

void save_chat(struct core *c, struct chat *chat)
{
    if (chat->core->dirty)
        return;
    chat->core->dirty = true;
    VEC_PUSH(c->dirty_chats, c->n_dirty_chats, c->cap_dirty_chats, chat);
    core_touch(c);
}

void save_account(struct core_account *ca)
{
    ca->dirty = true;
    core_touch(ca->core);
}

static void write_rows(struct core *c)
{
    for (size_t i = 0; i < c->n_dirty_chats; i++) {
        struct chat *chat = c->dirty_chats[i];
        chat->core->dirty = false;
        store_put_chat(c->store, chat, &chat->core->more);
    }
    c->n_dirty_chats = 0;
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct core_account *ca = c->model->accounts[i]->core;
        if (ca->dirty)
            store_put_account(c->store, ca->account, ca->resume_id, ca->resume_ms, ca->gap);
        ca->dirty = false;
    }
}

static void confirm(struct core_account *ca)
{
    struct link *l = &ca->link;
    if (l->received == l->committed || !link_up(ca))
        return;
    struct buf b = {0};
    wire_put_number(&b, l->received);
    link_send(ca, WIRE_COMMITTED, &b, -1);
    buf_free(&b);
    l->committed = l->received;
}

static void choke(struct core *c, bool yes)
{
    if (c->choked == yes)
        return;
    c->choked = yes;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        link_want_read(c->model->accounts[i]->core, !yes);
}

static void on_retry(void *user);

static void retry_in(struct core *c, int64_t ms)
{
    loop_timer_del(c->store_timer);
    c->store_timer = loop_timer_add(c->loop, ms, on_retry, c);
}

static void on_retry(void *user)
{
    struct core *c = user;
    c->store_timer = NULL;
    c->store_tried_at = clock_mono_ms();
    struct err e = {0};
    int r = store_commit(c->store, true, &e);
    if (store_found_more(c->store))
        core_found_more(c);
    if (r == 1) {
        c->store_told = false;
        c->store_wait = 0;
        choke(c, false);
        model_notice(c->model, NULL, NULL, KITH_INFO,
                     "the history is saved again; nothing that was shown is lost");
    } else {
        c->store_wait = MIN(MAX(2 * c->store_wait, RETRY_MS), RETRY_MOST_MS);
        retry_in(c, r == 2 ? AGAIN_MS : c->store_wait);
    }
    core_touch(c);
}

/* Whatever is written gives a reason to try again, every two seconds at most; without, it is tried
 * less and less. */
static void refused(struct core *c, const struct err *e)
{
    size_t bytes = store_waiting_bytes(c->store);
    bool more = bytes != c->store_bytes;
    c->store_bytes = bytes;
    if (!c->store_told)
        model_notice(c->model, NULL, NULL, KITH_ERROR,
                     "%s; chat goes on in memory until that is mended", e->text);
    c->store_told = true;
    bool due = more && clock_mono_ms() - c->store_tried_at >= RETRY_MS && c->store_wait > RETRY_MS;
    if (!c->store_timer || due)
        retry_in(c, due ? 0 : RETRY_MS);
    choke(c, bytes > CHOKE);
}

void save_told(struct core *c)
{
    c->store_told = store_waiting(c->store);
}

void core_save_again(struct core *c)
{
    if (store_waiting(c->store))
        retry_in(c, 0);
}

/* ---- idle ---- */

static void on_idle(void *user)
{
    struct core *c = user;
    c->idle_timer = NULL;
    bool more = store_index_slice(c->store, SLICE_US);
    store_commit(c->store, false, NULL);
    bool later = !more && (save_typing(c) || store_scrub(c->store));
    if (more || (later && store_wants_scrub(c->store)))
        c->idle_timer = loop_timer_add(c->loop, more ? 1 : IDLE_MS, on_idle, c);
    store_checkpoint(c->store, more ? STORE_FILLING : STORE_IDLE);
}

static void arm_idle(struct core *c)
{
    loop_timer_del(c->idle_timer);
    c->idle_timer = loop_timer_add(c->loop, IDLE_MS, on_idle, c);
}

/* ---- the end of each turn ---- */

static void on_commit_due(void *user)
{
    struct core *c = user;
    c->commit_timer = NULL; /* the turn that this makes ends with the commit */
}

bool save_typing(const struct core *c)
{
    return clock_mono_ms() - c->user_at < TYPING_MS;
}

/* A transaction costs as much as several messages: a flood's turns share one. What the user sends
 * never waits. */
static bool may_wait(struct core *c)
{
    int64_t now = clock_mono_ms();
    int64_t left = c->committed_at + (save_typing(c) ? SMALL_MS : GROUP_MS) - now;
    if (c->key_came && left <= 0 && left > -SMALL_MS)
        left = 1; /* what was typed is painted first */
    if (left <= 0 || c->urgent || !store_dirty(c->store) || store_waiting(c->store) ||
        store_dirty_bytes(c->store) > (save_typing(c) ? SMALL_BYTES : GROUP_BYTES))
        return false;
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        if (outbox_ready(c->model->accounts[i]->core))
            return false;
    }
    if (!c->commit_timer)
        c->commit_timer = loop_timer_add(c->loop, left, on_commit_due, c);
    return true;
}

static void commit(struct core *c)
{
    struct err e = {0};
    bool wrote = store_dirty(c->store);
    int saved = store_commit(c->store, false, &e);
    if (saved != 1)
        refused(c, &e);
    else if (wrote)
        arm_idle(c);
    if (wrote)
        c->committed_at = clock_mono_ms();
    if (wrote && saved == 1)
        store_checkpoint(c->store, save_typing(c) ? STORE_TYPING : STORE_BUSY);
    for (size_t i = 0; saved == 1 && i < c->model->n_accounts; i++) {
        confirm(c->model->accounts[i]->core);
        unread_send_markers(c->model->accounts[i]->core);
    }
}

void save_turn_end(void *user)
{
    struct core *c = user;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        outbox_prepare(c->model->accounts[i]->core);
    if (!may_wait(c)) {
        c->urgent = false;
        write_rows(c);
        commit(c);
    }
    c->key_came = false;
    subs_save(c);
    history_bound(c);
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        struct core_account *ca = c->model->accounts[i]->core;
        outbox_issue(ca);
        watch_if_silent(&ca->link);
        link_flush(ca);
    }
}

void save_free(struct core *c)
{
    write_rows(c);
    store_commit(c->store, false, NULL);
    loop_timer_del(c->store_timer);
    loop_timer_del(c->idle_timer);
    loop_timer_del(c->commit_timer);
    c->store_timer = c->idle_timer = c->commit_timer = NULL;
}
