/* unit/cmd/fake_core.h - the engine's heart as commands see it: writes down what it is asked for,
 * answers when told */
#ifndef UNIT_CMD_FAKE_CORE_H
#define UNIT_CMD_FAKE_CORE_H

#include "base/buf.h"
#include "base/mem.h"
#include "config/why.h"
#include "core/core.h"
#include "model/forecast.h"
#include "model/listing.h"
#include "store/find.h"
#include "store/store.h"

struct core {
    struct buf calls; /* one line each */
    int refuse;       /* the next call is refused with this code */
    core_done_fn *done;
    core_item_fn *item;
    core_chat_fn *chat_done;
    core_avatar_fn *avatar;
    void *user;
    struct model *model;
    int64_t next_id;
    uint32_t kept; /* messages, of which the disk has what they say */
    struct kith_protocol *protocol;
    core_delivery_fn *delivery;
    void *delivery_user;
    core_arrival_fn *arrival;
    void *arrival_user;
    struct store *store;
    pid_t child; /* started last */
    const struct account *secret_of; /* "correct horse 7" is its password */
};

static inline int fake(struct core *c, struct err *e, const char *fmt, ...) PRINTF(3, 4);
static inline int fake(struct core *c, struct err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_addv(&c->calls, fmt, ap);
    va_end(ap);
    buf_addc(&c->calls, '\n');
    if (c->refuse) {
        int code = c->refuse;
        c->refuse = 0;
        return err_set(e, code, "refused");
    }
    return 0;
}

static inline int fake_done(struct core *c, core_done_fn *done, void *user, int rc)
{
    c->done = rc < 0 ? NULL : done;
    c->user = user;
    return rc;
}

static inline int fake_chat(struct core *c, core_chat_fn *done, void *user, int rc)
{
    c->chat_done = rc < 0 ? NULL : done;
    c->user = user;
    return rc;
}

#define S(s) ((s) ? (s) : "-")

int core_account_load(struct core *c, const char *name, struct err *e)
{
    return fake(c, e, "load %s", name);
}
int core_connect(struct core *c, struct account *a, struct err *e)
{
    return fake(c, e, "connect %s", a->name);
}
int core_disconnect(struct core *c, struct account *a, struct err *e)
{
    return fake(c, e, "disconnect %s", a->name);
}
int core_reconnect(struct core *c, struct account *a, struct err *e)
{
    return fake(c, e, "reconnect %s", a->name);
}
int core_set_status(struct core *c, struct account *a, enum kith_show show, const char *text,
                    struct err *e)
{
    return fake(c, e, "status %s %d %s", a ? a->name : "-", (int)show, S(text));
}
int core_open_chat(struct core *c, struct account *a, const char *text, core_chat_fn *done,
                   void *user, struct err *e)
{
    return fake_chat(c, done, user, fake(c, e, "open %s %s", a->name, text));
}
void core_close_chat(struct core *c, struct chat *chat)
{
    (void)fake(c, NULL, "close %s", chat->address);
}
int core_join(struct core *c, struct account *a, const char *room, const char *nick,
              const char *secret, core_chat_fn *done, void *user, struct err *e)
{
    return fake_chat(c, done, user,
                     fake(c, e, "join %s %s %s %s", a->name, room, S(nick), S(secret)));
}
int core_leave(struct core *c, struct chat *chat, const char *text, struct err *e)
{
    return fake(c, e, "leave %s %s", chat->address, S(text));
}
int core_keep(struct core *c, struct chat *chat, uint32_t set, uint32_t clear, struct err *e)
{
    return fake(c, e, "keep %s +%u -%u", chat->address, set, clear);
}
int core_keep_text(struct core *c, struct chat *chat, bool keep, struct err *e)
{
    chat->flags = keep ? chat->flags & ~CHAT_UNKEPT : chat->flags | CHAT_UNKEPT;
    return fake(c, e, "keep_text %s %d", chat->address, keep);
}
uint32_t core_kept(struct core *c, const struct chat *chat UNUSED)
{
    return c->kept;
}
int core_forget(struct core *c, struct chat *chat, struct err *e)
{
    return fake(c, e, "forget %s", chat->address);
}
void core_move_chat(struct core *c, struct chat *chat, int number)
{
    (void)fake(c, NULL, "move %s %d", chat->address, number);
}
int64_t core_send(struct core *c, struct chat *chat, const struct core_send *s, struct err *e)
{
    int rc = fake(c, e, "send %s %u %lld %lld %s", chat->address, s->flags, (long long)s->reply_to,
                  (long long)s->edit, s->body);
    return rc < 0 ? rc : ++c->next_id;
}
int core_resend(struct core *c, struct message *m, struct err *e)
{
    return fake(c, e, "resend %lld", (long long)m->id);
}
int core_cancel(struct core *c, struct message *m, struct err *e)
{
    return fake(c, e, "cancel %lld", (long long)m->id);
}
int core_retract(struct core *c, struct message *m, const char *reason, struct err *e)
{
    return fake(c, e, "retract %lld %s", (long long)m->id, S(reason));
}
int core_react(struct core *c, struct message *m, const char *const *reactions, size_t n,
               struct err *e)
{
    return fake(c, e, "react %lld %zu %s", (long long)m->id, n, n ? reactions[n - 1] : "-");
}
int core_may_change(const struct chat *c, enum change what, struct err *e)
{
    static const uint32_t caps[] = {0, KITH_CAP_EDIT, KITH_CAP_RETRACT, KITH_CAP_REACT};
    if (c->account->state != KITH_STATE_ONLINE || (c->account->caps & caps[what]) || !caps[what])
        return 0;
    return err_set(e, KITH_EUNSUP, "cannot be done in this chat");
}
int core_may_format(const struct chat *c, struct err *e)
{
    return c->account->caps & KITH_CAP_FORMAT ? 0 : err_set(e, KITH_EUNSUP, "plain text only");
}
void core_reveal(struct message *m, bool reveal)
{
    m->revealed = reveal;
    chat_message_changed(m);
}
int core_find_older(struct core *c, struct chat *chat, const char *ref, struct err *e)
{
    return fake(c, e, "find %s %s", chat->address, ref);
}
void core_draft(struct core *c, struct chat *chat, const struct draft *d, const void *origin)
{
    (void)fake(c, NULL, "draft %s %lld %lld %s", chat->address, (long long)d->reply_to,
               (long long)d->editing, S(d->text));
}
void core_mark_read(struct core *c, struct chat *chat, const struct message *m)
{
    (void)fake(c, NULL, "read %s", chat->address);
}
void core_mark_unread(struct core *c, struct chat *chat, const struct message *m)
{
    (void)fake(c, NULL, "unread %s %lld", chat->address, (long long)m->id);
}
int core_load(struct core *c, struct chat *chat)
{
    return fake(c, NULL, "load-chat %s", chat->address);
}
int core_contact_add(struct core *c, struct account *a, const char *address, const char *name,
                     const char *group, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user,
                     fake(c, e, "add %s %s %s %s", a->name, address, S(name), S(group)));
}
int core_contact_update(struct core *c, struct contact *ct, const char *name,
                        const char *const *groups, size_t n, core_done_fn *done, void *user,
                        struct err *e)
{
    return fake_done(
        c, done, user,
        fake(c, e, "update %s %s %zu %s", ct->address, S(name), n, n ? groups[0] : "-"));
}
int core_contact_remove(struct core *c, struct contact *ct, core_done_fn *done, void *user,
                        struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "remove %s", ct->address));
}
int core_contact_authorize(struct core *c, struct account *a, const char *address, bool allow,
                           core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "authorize %s %d", address, allow));
}
int core_report(struct core *c, struct account *a, const char *address, uint32_t how, int64_t message, const char *text,
                core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "report %s %u %lld %s", address, how, (long long)message, S(text)));
}
size_t core_strangers(const struct account *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_chats; i++)
        n += (a->chats[i]->flags & CHAT_HELD) != 0;
    return n;
}
void core_stranger_first(struct core *c, const struct chat *chat, struct core_stranger *out)
{
    *out = (struct core_stranger){xstrdup("~Eve"), xstrdup("hello there"), 1700000000000};
}
void core_stranger_first_clear(struct core_stranger *s)
{
    free(s->name);
    free(s->text);
}
int core_stranger_accept(struct core *c, struct chat *chat, struct err *e)
{
    return fake(c, e, "let in %s", chat->address);
}
int core_stranger_drop(struct core *c, struct chat *chat, struct err *e)
{
    return fake(c, e, "drop %s", chat->address);
}
int core_block(struct core *c, struct account *a, const char *address, bool block,
               core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "block %s %d", address, block));
}
int core_forecast(struct core *c, struct account *a, struct chat *chat, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "forecast %s", chat ? chat->address : a->name));
}

int core_encrypt(struct core *c, struct chat *chat, bool on, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "encrypt %s %s", chat->address, on ? "on" : "off"));
}

int core_trust(struct core *c, struct account *a, const struct forecast_device *d, enum kith_device_trust trust, core_done_fn *done,
               void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "trust %s/%s %d %s", d->who, d->id, (int)trust, d->fingerprint ? d->fingerprint : "-"));
}

int core_new_devices(struct core *c, struct chat *chat, bool anyway, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "new devices of %s %s", chat->address, anyway ? "read" : "wait"));
}

int core_remove_device(struct core *c, struct account *a, const char *device, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "remove %s %s", a->name, device));
}

int core_reset_keys(struct core *c, struct account *a, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "reset %s", a->name));
}

int core_keys(struct core *c, struct account *a, bool import, int fd, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "keys %s %s", a->name, import ? "import" : "export"));
}

int core_info(struct core *c, struct account *a, const char *address, core_item_fn *item,
              core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "info %s", address));
}
int core_avatar(struct core *c, struct account *a, const char *address, core_avatar_fn *done, void *user, struct err *e)
{
    c->avatar = done;
    c->user = user;
    return fake(c, e, "avatar %s", address);
}
int core_avatar_set(struct core *c, struct account *a, const char *room, int fd, const char *mime, uint32_t width,
                    uint32_t height, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "avatar_set %s %s %s %ux%u", room ? room : "ours", fd < 0 ? "none" : "file",
                                         mime ? mime : "", width, height));
}
struct core_listing {
    struct core *c;
    int64_t id;
};
struct core_listing *core_listing_new(struct core *c, struct account *a, struct chat *chat,
                                      const struct listing_look *look, const char *key,
                                      const char *title, const char *again)
{
    struct listing *l = model_add_listing(c->model, look, key, title);
    struct core_listing *cl = xmalloc(sizeof *cl);
    l->account = a ? a->id : 0;
    l->chat = chat ? chat->id : 0;
    l->again = xstrdup(again);
    *cl = (struct core_listing){c, l->id};
    return cl;
}
struct listing *core_listing_of(const struct core_listing *cl)
{
    return model_listing(cl->c->model, cl->id);
}
void core_listing_item(void *user, const struct kith_ev_item *item)
{
    listing_add(core_listing_of(user), &(struct listing_row){.address = item->address,
                                                             .name = item->name,
                                                             .words = item->text,
                                                             .number = item->number});
}
void core_listing_done(void *user, const struct err *e)
{
    struct listing *l = core_listing_of(user);
    listing_end(l, e && e->code < 0 ? LISTING_FAILED : LISTING_DONE, e ? e->text : NULL);
    free(user);
}
int core_search_people(struct core *c, struct account *a, const char *where, const char *const *keys,
                       const char *const *values, size_t n, core_item_fn *item, core_done_fn *done, void *user,
                       struct err *e)
{
    struct buf b = {0};
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, " %s=%s", keys[i], values[i]);
    c->item = item;
    int rc = fake_done(c, done, user, fake(c, e, "people %s%s", S(where), buf_str(&b)));
    buf_free(&b);
    return rc;
}
int core_room_list(struct core *c, struct account *a, const char *where, const char *pattern,
                   core_item_fn *item, core_done_fn *done, void *user, struct err *e)
{
    c->item = item;
    return fake_done(c, done, user, fake(c, e, "rooms %s %s", S(where), S(pattern)));
}
int core_room(struct core *c, struct chat *chat, enum core_room what, const char *who,
              const char *text, core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user,
                     fake(c, e, "room %s %d %s %s", chat->address, (int)what, S(who), S(text)));
}
int core_send_file(struct core *c, struct chat *chat, const char *path, core_done_fn *done,
                   void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "file %s %s", chat->address, path));
}
int core_accept_file(struct core *c, struct message *m, size_t attachment, const char *path,
                     core_done_fn *done, void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "accept %lld %s", (long long)m->id, path));
}
int core_decline_file(struct core *c, struct message *m, size_t attachment, core_done_fn *done,
                      void *user, struct err *e)
{
    return fake_done(c, done, user, fake(c, e, "decline %lld", (long long)m->id));
}
int core_backend_command(struct core *c, struct account *a, struct chat *chat, int argc,
                         const char *const *argv, core_item_fn *item, core_done_fn *done,
                         void *user, struct err *e)
{
    struct buf b = {0};
    for (int i = 0; i < argc; i++)
        buf_addf(&b, " [%s]", argv[i]);
    int rc = fake(c, e, "backend%s", buf_str(&b));
    buf_free(&b);
    return fake_done(c, done, user, rc);
}
void core_on_arrival(struct core *c, core_arrival_fn *fn, void *user)
{
    c->arrival = fn;
    c->arrival_user = user;
}
const struct kith_protocol *core_protocol(struct core *c, const struct account *a)
{
    return c->protocol;
}
void core_watch_delivery(struct core *c, int64_t id, enum delivery at_least, core_delivery_fn *fn,
                         void *user)
{
    c->delivery = fn;
    c->delivery_user = user;
    (void)fake(c, NULL, "watch %lld %d", (long long)id, (int)at_least);
}
void core_unwatch_delivery(struct core *c, core_delivery_fn *fn, void *user)
{
    c->delivery = NULL;
    (void)fake(c, NULL, "unwatch");
}
void core_adopt_child(struct core *c, pid_t pid)
{
    c->child = pid;
}
int core_inbox_done(struct core *c, int64_t message, struct err *e)
{
    int rc = fake(c, e, "inbox-done %lld", (long long)message);
    if (rc >= 0)
        model_drop_inbox(c->model, message);
    return rc;
}
int core_inbox_snooze(struct core *c, int64_t message, int64_t until, struct err *e)
{
    return fake(c, e, "inbox-snooze %lld %lld", (long long)message, (long long)until);
}
const struct account *core_holds_secret(const struct core *c, const char *text)
{
    return strstr(text, "correct horse 7") ? c->secret_of : NULL;
}
void core_why_message(struct core *c, const struct message *m, enum core_why_message what, struct why *out)
{
    why_set(out, NULL, "fake", true, "message %lld, %d", (long long)m->id, (int)what);
}
void core_why_chat(struct core *c, const struct chat *chat, const char *nick, enum core_why_chat what,
                   struct why *out)
{
    why_set(out, NULL, "fake", true, "chat %s %s, %d", chat->address, S(nick), (int)what);
}
void core_why_account(struct core *c, const struct account *a, enum core_why_account what, struct why *out)
{
    why_set(out, NULL, "fake", true, "account %s, %d", a->name, (int)what);
}
int core_plugins(struct core *c, core_text_fn *done, void *user, struct err *e)
{
    int rc = fake(c, e, "plugins");
    if (rc >= 0)
        done(user, "plugin xmpp\nsummary XMPP\nversion 1\ninterface 0.1\nlicence GPL\n"
                   "file /lib/xmpp.so\nprotocols xmpp jabber\n"
                   "plugin bad.so\nfile /lib/bad.so\nrefused it is too old.\n");
    return rc;
}
void core_splits(const struct chat *chat, struct buf *out)
{
}
const char *core_moves(const struct chat *chat)
{
    return strstr(chat->address, "dev") ? "21 Nov 09:12  ann joined\n" : NULL;
}
void core_set_pictures(struct core *c, struct chat *chat, enum picture_wish wish)
{
    chat->pictures = wish;
}
void core_note_picture(struct core *c, struct message *m, size_t attachment, int32_t width, int32_t height)
{
}
int core_set_notices(struct core *c, struct chat *chat, enum notice_level level, struct err *e)
{
    chat->notices = level;
    return fake(c, e, "notices %s %d", chat->address, (int)level);
}
struct store *core_store(struct core *c)
{
    return c->store;
}
struct core_search *core_search(struct core *c, const struct find_query *q, core_found_fn *found,
                                void *user)
{
    struct core_found all = {0};
    struct err e = {0};
    fake(c, NULL, "search %s", q->words);
    if (c->store)
        store_find(c->store, q, &all.hits, &all.n, &all.more, &e);
    found(user, &all, &e);
    find_hits_free(all.hits, all.n);
    return NULL;
}
void core_search_cancel(struct core_search *s)
{
}

#endif
