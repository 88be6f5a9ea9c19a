/* cmd/control_send.c - `kith send`: into the outbox, and with --wait until the server or the peer
 * has it */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/control_private.h"
#include "store/store.h"

static void report(struct control *c, const char *state)
{
    struct buf b = {0};
    if (!c->json)
        return;
    json_begin(&b);
    json_int(&b, "id", c->message);
    json_str(&b, "state", state);
    json_end(&b);
    control_put(c, &b);
    buf_free(&b);
}

static void on_delivery(void *user, enum delivery reached, const char *failure)
{
    struct control *c = user;
    static const char *const words[] = {
        [DELIVERY_STORED] = "stored", [DELIVERY_DELIVERED] = "delivered", [DELIVERY_READ] = "read"};
    c->wait = false; /* core called, so there is nothing to take back */
    if (reached == DELIVERY_FAILED) {
        report(c, "failed");
        control_error(c, "not sent: %s", failure ? failure : "no reason was given");
        (void)control_end(c, CONTROL_FAILED);
        return;
    }
    report(c, reached >= DELIVERY_STORED ? words[reached] : "sent");
    (void)control_end(c, CONTROL_OK);
}

void control_send_stop(struct control *c)
{
    if (c->wait && c->message)
        core_unwatch_delivery(c->env->core, on_delivery, c);
    loop_timer_del(c->timer);
    c->timer = NULL;
    c->wait = false;
}

static void on_turn_over(void *user)
{
    struct control *c = user;
    const struct store *s = core_store(c->env->core);
    c->timer = NULL;
    if (s && store_unsaved_from(s) <= c->message) {
        control_error(c, "the disk takes nothing now: the message is kept in memory only");
        (void)control_end(c, CONTROL_FAILED);
        return;
    }
    report(c, "queued");
    if (!c->online)
        control_error(c, "the account is not online; the message waits in the outbox");
    (void)control_end(c, CONTROL_OK);
}

static struct control *send_to(struct control *c, struct chat *chat)
{
    struct err e = {0};
    struct core_send s = {.body = c->body};
    int64_t id = core_send(c->env->core, chat, &s, &e);
    if (e.code < 0) {
        control_error(c, "%s", e.text);
        return control_end(c, CONTROL_FAILED);
    }
    c->message = id;
    c->online = chat->account->state == KITH_STATE_ONLINE;
    if (!c->wait && c->env->loop) { /* said only once this turn's writes are on disk */
        c->timer = loop_timer_add(c->env->loop, 1, on_turn_over, c);
        return c;
    }
    if (!c->wait) {
        on_turn_over(c);
        return NULL;
    }
    c->holds++; /* core may know already, and call back at once */
    core_watch_delivery(c->env->core, id, DELIVERY_STORED, on_delivery, c);
    bool ended = c->ended;
    control_release(c);
    return ended ? NULL : c;
}

static void on_chat(void *user, struct chat *chat, const struct err *e)
{
    struct control *c = user;
    if (!c->ended && chat) {
        (void)send_to(c, chat);
    } else if (!c->ended) {
        control_error(c, "%s: %s", c->argv[1],
                      e && e->text[0] ? e->text : "there is no such address");
        (void)control_end(c, CONTROL_FAILED);
    }
    control_release(c);
}

/* The text: the words behind the address, else standard input without its last newline. */
static bool take_text(struct control *c)
{
    if (c->argc > 2) {
        struct buf b = {0};
        for (int i = 2; i < c->argc; i++)
            buf_addf(&b, "%s%s", i > 2 ? " " : "", c->argv[i]);
        str_take(&c->body, buf_take(&b));
    }
    size_t n = c->body ? strlen(c->body) : 0;
    if (n && c->body[n - 1] == '\n')
        c->body[--n] = '\0';
    return n > 0;
}

struct control *control_send(struct control *c)
{
    struct err e = {0};
    struct who who = {0};
    struct cmd_ctx ctx = control_ctx(c);
    if (c->argc < 2 || !take_text(c)) {
        control_error(c, "%s; usage: kith send [--wait] ADDRESS [TEXT | < FILE]",
                      c->argc < 2 ? "to whom?" : "there is nothing to send");
        return control_end(c, CONTROL_USAGE);
    }
    if (!utf8_valid(c->body, strlen(c->body)) || strlen(c->body) > KITH_MAX_BODY) {
        control_error(c, "%s",
                      strlen(c->body) > KITH_MAX_BODY ? "the text is too long for one message"
                                                      : "the text is not UTF-8");
        return control_end(c, CONTROL_FAILED);
    }
    if (find_who(&ctx, c->argv[1], control_account(c, NULL), &who, &e) < 0) {
        control_error(c, "%s", e.text);
        return control_end(c, CONTROL_FAILED);
    }
    if (who.chat)
        return send_to(c, who.chat);
    c->holds += 2; /* one for the callback, one for us */
    int rc = core_open_chat(c->env->core, who.account, who.address, on_chat, c, &e);
    if (rc < 0) {
        c->holds--;
        control_error(c, "%s", e.text);
        (void)control_end(c, CONTROL_FAILED);
    }
    bool ended = c->ended;
    control_release(c);
    return ended ? NULL : c;
}
