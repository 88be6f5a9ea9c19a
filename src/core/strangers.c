/* core/strangers.c - people who are not known write: held until the user lets them in or turns them away
 *
 * What is held lies in the store like everything else, and is confirmed to the account only then: it outlives a restart. Its
 * chat has the flag CHAT_HELD: it has no window, does not count as unread, and raises neither bell nor notice. */
#include "base/runs.h"
#include "core/private.h"

enum {
    MOST_PEOPLE = 200,     /* held of one account; more are turned away, which is said */
    MOST_OF_ONE = 50,      /* messages of one of them */
    MOST_BYTES = 4 << 20,  /* of text, of one account */
};

static bool holds(const struct core *c)
{
    return str_eq(config_str(c->config, "privacy.strangers"), "hold");
}

/* Somebody of the list of contacts; the blocked ones are in it as well. */
static bool is_known(const struct account *a, const char *address)
{
    const struct contact *ct = account_contact(a, address);
    return ct && !(ct->flags & KITH_CONTACT_BLOCKED);
}

bool strangers_hold(const struct core_account *ca, const struct chat *chat,
                    const struct kith_ev_message *ev)
{
    const uint32_t ours = KITH_MSG_OUTGOING | KITH_MSG_SERVICE | KITH_MSG_PRIVATE;
    bool first_sync = (ev->flags & KITH_MSG_HISTORY) && !ca->had_resume; /* that is no news */
    if (ev->flags & ours)
        return false;
    if (chat)
        return (chat->flags & CHAT_HELD) != 0;
    return (ev->flags & KITH_MSG_STRANGER) && !first_sync && holds(ca->core) &&
           !is_known(ca->account, ev->chat);
}

static size_t text_bytes(const struct kith_ev_message *ev)
{
    size_t n = ev->body ? strlen(ev->body) : 0;
    for (size_t i = 0; i < ev->n_attachments; i++)
        n += KITH_MAX_NAME;
    return n;
}

bool strangers_fit(struct core_account *ca, const struct chat *chat, const struct kith_ev_message *ev)
{
    const struct account *a = ca->account;
    size_t people = chat ? 0 : 1, bytes = text_bytes(ev);
    for (size_t i = 0; i < a->n_chats; i++) {
        people += (a->chats[i]->flags & CHAT_HELD) != 0;
        bytes += a->chats[i]->held_bytes;
    }
    if (people <= MOST_PEOPLE && bytes <= MOST_BYTES && (!chat || chat->held < MOST_OF_ONE))
        return true;
    if (!ca->strangers_told)
        model_notice(ca->core->model, ca->account, NULL, KITH_WARN,
                     "account %s: people you do not know write more than kith holds for you; what "
                     "else comes of them is left out until you have looked (/strangers)",
                     a->name);
    ca->strangers_told = true;
    return false;
}

size_t core_strangers(const struct account *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_chats; i++)
        n += (a->chats[i]->flags & CHAT_HELD) != 0;
    return n;
}

void strangers_arrived(struct core *c, struct chat *chat, const struct message *m)
{
    const struct account *a = chat->account;
    chat->held++;
    chat->held_bytes += m->body ? strlen(m->body) : 0;
    if (chat->held == 1 && core_strangers(a) == 1)
        model_notice(c->model, chat->account, NULL, KITH_INFO,
                     "account %s: somebody you do not know wrote; /strangers shows who", a->name);
    chat_changed(chat);
}

void strangers_adopt(struct core *c, struct chat *chat)
{
    if (chat->flags & CHAT_HELD)
        store_held(c->store, chat, &chat->held, &chat->held_bytes);
}

void strangers_known(struct core *c, struct chat *chat)
{
    if (!(chat->flags & CHAT_HELD))
        return;
    uint32_t held = chat->held;
    chat->flags &= ~(uint32_t)CHAT_HELD;
    chat->held = 0;
    chat->held_bytes = 0;
    chat->account->core->strangers_told = false;
    chat_set_unread(chat, chat->unread + held, chat->mentions);
    save_chat(c, chat);
    chat_changed(chat);
}

/* Row by row, so that nothing of the text stays in the index for searching. */
static void drop_messages(struct core *c, struct chat *chat)
{
    int64_t sort = 0, id = 0;
    size_t n = 0;
    do {
        struct message **page = store_page(c->store, chat, STORE_OLDER, sort, id, MODEL_PAGE, &n);
        if (n > 0) {
            sort = page[0]->sort;
            id = page[0]->id;
        }
        for (size_t i = 0; i < n; i++) {
            store_drop_message(c->store, page[i]);
            message_free(page[i]);
        }
        free(page);
    } while (n > 0);
}

static void drop(struct core *c, struct chat *chat)
{
    chat->account->core->strangers_told = false;
    drop_messages(c, chat);
    store_drop_chat(c->store, chat);
    chats_forget(c, chat);
    account_drop_chat(chat);
    core_touch(c);
}

void strangers_contact(struct core_account *ca, const struct contact *ct)
{
    struct chat *chat = account_chat(ca->account, ct->address);
    if (!chat || !(chat->flags & CHAT_HELD))
        return;
    if (ct->flags & KITH_CONTACT_BLOCKED)
        drop(ca->core, chat);
    else
        chats_show(ca->core, chat);
}

void core_stranger_first(struct core *c, const struct chat *chat, struct core_stranger *out)
{
    size_t n = 0;
    struct message **page = store_page(c->store, model_chat_by_id(c->model, chat->id), STORE_NEWER_THAN, 0, 0, 1, &n);
    const struct message *m = n > 0 ? page[0] : chat->n_messages > 0 ? chat->messages[0] : NULL;
    struct buf b = {0};
    if (m)
        runs_add_covered(&b, m->body ? m->body : "", m->spans);
    *out = (struct core_stranger){.name = m ? xstrdup(m->sender_name) : NULL,
                                  .text = buf_take(&b),
                                  .time = m ? m->time : 0};
    for (size_t i = 0; i < n; i++)
        message_free(page[i]);
    free(page);
}

void core_stranger_first_clear(struct core_stranger *s)
{
    free(s->name);
    free(s->text);
}

int core_stranger_accept(struct core *c, struct chat *chat, struct err *e)
{
    if (!(chat->flags & CHAT_HELD))
        return err_set(e, KITH_ENOTFOUND, "nothing of %.80s is held back", chat->address);
    chats_show(c, chat);
    unread_find_line(c, chat);
    return 0;
}

int core_stranger_drop(struct core *c, struct chat *chat, struct err *e)
{
    if (!(chat->flags & CHAT_HELD))
        return err_set(e, KITH_ENOTFOUND, "nothing of %.80s is held back", chat->address);
    drop(c, chat);
    return 0;
}
