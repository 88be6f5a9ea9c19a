/* core/encrypt.c - end-to-end encryption as the backend tells of it: who reads a chat, how it is encrypted, whom to trust */
#include "core/private.h"
#include "model/forecast.h"

enum { SECURE = KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED | KITH_CHAT_WAITS | KITH_CHAT_OPENED | KITH_CHAT_TAKES_NEW |
                KITH_CHAT_ENCRYPTS,
       MOST_CHATS = 20000 };

struct asked { /* lives until its answer came */
    struct forecast *f;
    core_done_fn *done;
    void *user;
    bool own; /* of the account, without a chat */
};

/* ---- who reads ---- */

static void changed(struct core *c, struct account *a, struct chat *chat)
{
    model_emit(c->model, &(struct model_event){.type = MODEL_FORECAST, .account = a, .chat = chat});
}

static struct forecast **place_of(struct account *a, struct chat *chat)
{
    return chat ? &chat->forecast : &a->forecast;
}

/* The answer takes the place of the one before, which was shown until now. */
static void on_forecast(struct core *c, struct request *r, const struct kith_ev_reply *reply, const struct err *e)
{
    struct asked *q = r->user;
    struct account *a = r->ca->account;
    struct chat *chat = r->chat_id ? model_chat_by_id(c->model, r->chat_id) : NULL;
    q->f->state = e->code < 0 ? FORECAST_FAILED : FORECAST_DONE;
    str_set(&q->f->text, e->code < 0 ? e->text : reply ? reply->text : NULL);
    if (!c->stopping && (chat || q->own)) {
        struct forecast **at = place_of(a, chat);
        if (e->code < 0 && *at) { /* who read it before is worth more than nobody */
            (*at)->state = FORECAST_FAILED;
            str_set(&(*at)->text, q->f->text);
        } else {
            forecast_free(*at);
            *at = q->f;
            q->f = NULL;
        }
        changed(c, a, chat);
    }
    forecast_free(q->f);
    if (q->done)
        q->done(q->user, e);
    free(q);
}

void encrypt_on_device(struct core_account *ca, const struct kith_ev_device *ev)
{
    struct request *r = request_of(ca, ev->ev.req);
    if (r && r->fn == on_forecast && !str_empty(ev->who))
        forecast_add(((struct asked *)r->user)->f, ev);
}

int core_forecast(struct core *c UNUSED, struct account *a, struct chat *chat, core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_ENCRYPTION, "end-to-end encryption", e) < 0)
        return KITH_EUNSUP;
    struct asked *q = xcalloc(1, sizeof *q);
    *q = (struct asked){forecast_new(), done, user, chat == NULL};
    struct request *r = request_new(a->core, on_forecast);
    r->user = q;
    r->chat_id = chat ? chat->id : 0;
    struct wire_op op = {.type = OP_FORECAST, .chat = chat ? chat->address : NULL};
    int rc = request_send(r, &op, -1, e);
    if (rc < 0) {
        forecast_free(q->f);
        free(q);
    }
    return rc;
}

static bool is_seen(const struct core *c, const struct chat *chat)
{
    bool seen = false;
    for (size_t i = 0; i < c->n_attention && !seen; i++)
        seen = c->attention[i].chat == chat;
    return seen;
}

/* What is on a screen is asked for anew; everything else is asked when somebody wants to know it. */
static void refresh(struct core *c, struct account *a)
{
    for (size_t i = 0; i < a->n_chats; i++) {
        if (a->chats[i]->forecast && is_seen(c, a->chats[i]))
            (void)core_forecast(c, a, a->chats[i], NULL, NULL, NULL);
    }
    if (a->forecast)
        (void)core_forecast(c, a, NULL, NULL, NULL, NULL);
}

/* ---- how chats are encrypted ---- */

uint32_t encrypt_flags(const struct chat *chat, uint32_t said)
{
    return chat->account->groups & ACCOUNT_HAS_ENCRYPTION ? (said & ~(uint32_t)SECURE) | (chat->flags & SECURE) : said;
}

void encrypt_on_state(struct core_account *ca, const struct kith_ev_encryption *ev)
{
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (str_empty(ev->chat) || (!chat && (!ev->flags || ca->account->n_chats >= MOST_CHATS)))
        return;
    if (!chat)
        chat = chats_get(ca, ev->chat, KITH_CHAT_DIRECT);
    uint32_t flags = (chat->flags & ~(uint32_t)SECURE) | (ev->flags & SECURE);
    if (flags != chat->flags) {
        chat->flags = flags;
        unkept_update(ca->core, chat);
        save_chat(ca->core, chat);
        chat_changed(chat);
    }
    if (chat->forecast && is_seen(ca->core, chat)) /* said again: of a device something is another now */
        (void)core_forecast(ca->core, ca->account, chat, NULL, NULL, NULL);
}

bool encrypt_has(enum kith_enc enc)
{
    return enc == KITH_ENC_TRUSTED || enc == KITH_ENC_UNVERIFIED || enc == KITH_ENC_UNTRUSTED;
}

enum kith_enc encrypt_weaker(enum kith_enc message, enum kith_enc change)
{
    if (message == KITH_ENC_FAILED) /* nothing of it is left */
        return change;
    return encrypt_has(message) && encrypt_has(change) ? MAX(message, change) : KITH_ENC_NONE;
}

void encrypt_session_over(struct core_account *ca)
{
    const struct account *a = ca->account;
    for (size_t i = 0; i < a->n_chats; i++) {
        uint32_t lasting = chat_lasting_flags(a->chats[i]->flags);
        if (lasting != a->chats[i]->flags) {
            a->chats[i]->flags = lasting;
            chat_changed(a->chats[i]);
        }
    }
}

void encrypt_look(struct core_account *ca, const struct chat *chat)
{
    struct wire_op op = {.size = sizeof op, .type = OP_LOOK, .chat = chat->address};
    if ((ca->account->groups & ACCOUNT_HAS_ENCRYPTION) && ca->account->state == KITH_STATE_ONLINE)
        (void)link_op(ca, &op, -1, NULL);
}

void encrypt_online(struct core_account *ca)
{
    const struct core *c = ca->core;
    for (size_t i = 0; i < c->n_attention; i++) {
        if (c->attention[i].chat->account == ca->account)
            encrypt_look(ca, c->attention[i].chat);
    }
}

/* Who writes it says how it left; who finds it at the server knows less, and says it of what nothing is known of. */
static bool says_more(const struct message *m, const struct kith_ev_receipt *ev)
{
    return m->enc != (enum kith_enc)ev->enc && (ev->delivery == KITH_SENT || !encrypt_has(m->enc));
}

void encrypt_on_receipt(struct core_account *ca, const struct kith_ev_receipt *ev)
{
    struct chat *chat = ev->enc != KITH_ENC_NONE ? account_chat(ca->account, ev->chat) : NULL;
    const struct message *loaded = chat ? chat_message_by_ref(chat, ev->id) : NULL;
    struct message *m = !chat ? NULL : loaded ? message_dup(loaded) : store_find_message(ca->core->store, chat, ev->id, NULL);
    if (m && message_outgoing(m) && says_more(m, ev)) {
        m->enc = (enum kith_enc)ev->enc;
        store_put_message(ca->core->store, m);
        change_loaded(chat, m);
    }
    message_free(m);
}

static void remind(void *user, const char *address)
{
    struct wire_op op = {.size = sizeof op, .type = OP_ENCRYPT, .chat = address, .number = KITH_ENCRYPT_HELD};
    link_op(user, &op, -1, NULL);
}

/* A second memory: the account's own store may be lost, or be that of another name which the account had, and what is encrypted is
 * not to go in the clear because of that. */
void encrypt_remind(struct core_account *ca)
{
    const struct account *a = ca->account;
    if (!(a->groups & ACCOUNT_HAS_ENCRYPTION))
        return;
    for (size_t i = 0; i < a->n_chats; i++) {
        if (a->chats[i]->flags & KITH_CHAT_ENCRYPTED)
            remind(ca, a->chats[i]->address);
    }
    store_each_elsewhere(ca->core->store, a, KITH_CHAT_ENCRYPTED, remind, ca);
}

/* ---- what the user decides ---- */

struct decided {
    core_done_fn *done;
    void *user;
};

static void on_decided(struct core *c, struct request *r, const struct kith_ev_reply *reply, const struct err *e)
{
    struct decided *d = r->user;
    struct account *a = r->ca->account;
    r->done = d->done;
    r->user = d->user;
    free(d);
    if (e->code == 0 && !c->stopping)
        refresh(c, a);
    request_tell(c, r, reply, e);
}

static int decide(struct account *a, struct chat *chat, struct wire_op *op, int fd, const char *what, core_done_fn *done, void *user,
                  struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_ENCRYPTION, "end-to-end encryption", e) < 0)
        return KITH_EUNSUP;
    struct decided *d = xcalloc(1, sizeof *d);
    *d = (struct decided){done, user};
    struct request *r = request_new(a->core, on_decided);
    r->what = what;
    r->user = d;
    r->chat_id = chat ? chat->id : 0;
    int rc = request_send(r, op, fd, e);
    if (rc < 0)
        free(d);
    return rc;
}

int core_encrypt(struct core *c UNUSED, struct chat *chat, bool on, core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.type = OP_ENCRYPT, .chat = chat->address, .number = on};
    return decide(chat->account, chat, &op, -1, "the encryption was not changed", done, user, e);
}

int core_new_devices(struct core *c UNUSED, struct chat *chat, bool anyway, core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.type = OP_NEW_DEVICES, .chat = chat->address, .number = anyway};
    return decide(chat->account, chat, &op, -1, "nothing was changed", done, user, e);
}

int core_remove_device(struct core *c UNUSED, struct account *a, const char *device, core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.type = OP_REMOVE_DEVICE, .id = device};
    return decide(a, NULL, &op, -1, "the device was not removed", done, user, e);
}

int core_reset_keys(struct core *c UNUSED, struct account *a, core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.type = OP_RESET_KEYS};
    return decide(a, NULL, &op, -1, "the keys are as they were", done, user, e);
}

int core_trust(struct core *c UNUSED, struct account *a, const struct forecast_device *d, enum kith_device_trust trust,
               core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.type = OP_TRUST, .who = d->who, .id = d->id, .text = d->fingerprint, .number = trust};
    return decide(a, NULL, &op, -1, "nothing was changed", done, user, e);
}

int core_keys(struct core *c UNUSED, struct account *a, bool import, int fd, core_done_fn *done, void *user, struct err *e)
{
    struct wire_op op = {.type = import ? OP_KEYS_IMPORT : OP_KEYS_EXPORT};
    return decide(a, NULL, &op, fd, import ? "the keys were not read" : "the keys were not written", done, user, e);
}
