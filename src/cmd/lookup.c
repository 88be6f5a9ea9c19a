/* cmd/lookup.c - whom and what the words of a command mean: accounts, chats, people, messages */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/runs.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

struct account *find_account(const struct cmd_ctx *ctx, const char *name, struct err *e)
{
    const struct model *m = ctx->env->model;
    const char *names[64], *near;
    size_t n = 0;
    for (size_t i = 0; i < m->n_accounts; i++) {
        struct account *a = m->accounts[i];
        if (strcmp(a->name, name) == 0 || str_eq(a->address, name))
            return a;
        if (n < COUNT(names))
            names[n++] = a->name;
    }
    for (size_t i = 0; i < m->n_accounts; i++) /* behind another one, by its own name */
        if (m->accounts[i]->label && str_casecmp_ascii(m->accounts[i]->label, name) == 0)
            return m->accounts[i];
    near = nearest_name(name, names, n);
    if (near)
        (void)err_set(e, KITH_ENOTFOUND, "there is no account \"%.60s\" (did you mean \"%s\"?)",
                      name, near);
    else
        (void)err_set(e, KITH_ENOTFOUND, "there is no account \"%.60s\"; /account lists them",
                      name);
    return NULL;
}

/* account.default, or NULL. */
static struct account *usual_account(const struct cmd_ctx *ctx)
{
    const char *name = config_str(ctx->env->config, "account.default");
    return *name ? model_account(ctx->env->model, name) : NULL;
}

struct account *account_for(const struct cmd_ctx *ctx, const char *name, struct err *e)
{
    const struct model *m = ctx->env->model;
    if (name)
        return find_account(ctx, name, e);
    if (ctx->account)
        return ctx->account;
    if (ctx->chat)
        return ctx->chat->account;
    if (m->n_accounts == 1)
        return m->accounts[0];
    struct account *a = usual_account(ctx);
    if (a)
        return a;
    (void)err_set(e, KITH_EINVAL,
                  m->n_accounts ? "which account? /account lists them"
                                : "there is no account yet; /account add makes one");
    return NULL;
}

/* ---- people and chats ---- */

struct candidates {
    struct who best;
    size_t n;
    char names[240]; /* what to choose from */
};

static void candidate(struct candidates *c, struct account *a, struct chat *chat,
                      const char *address)
{
    size_t used = strlen(c->names);
    if (c->n && c->best.account == a && str_eq(c->best.address, address)) {
        if (chat)
            c->best.chat = chat;
        return;
    }
    if (c->n++ == 0)
        c->best = (struct who){chat, a, address};
    if (used + 8 < sizeof c->names) {
        str_copy(c->names + used, sizeof c->names - used, used ? ", " : "");
        used = strlen(c->names);
        str_copy(c->names + used, sizeof c->names - used, address);
    }
}

/* How well does a word name them: 3 by address, 2 by name, 1 by the beginning of either, 0 not at
 * all. */
static int fit(const char *word, const char *address, const char *title)
{
    size_t n = strlen(word), local = strcspn(address, "@");
    if (strcmp(address, word) == 0)
        return 3;
    if (title && str_casecmp_ascii(title, word) == 0)
        return 2;
    if (local == n && strncmp(address, word, n) == 0)
        return 2;
    if (n > 1 &&
        (strncasecmp(address, word, n) == 0 || (title && strncasecmp(title, word, n) == 0)))
        return 1;
    return 0;
}

static void collect(struct account *a, const char *word, int least, struct candidates *c)
{
    for (size_t i = 0; i < a->n_chats; i++) {
        struct chat *chat = a->chats[i];
        bool named = !(chat->flags & CHAT_HELD) || str_eq(word, chat->address);
        if (named && fit(word, chat->address, chat_title(chat)) >= least)
            candidate(c, a, chat, chat->address);
    }
    for (struct map_entry *en = NULL; (en = map_next(&a->contacts, en));) {
        const struct contact *ct = en->value;
        if (fit(word, ct->address, contact_title(ct)) >= least)
            candidate(c, a, account_chat(a, ct->address), ct->address);
    }
}

/* Could word be an address of this protocol that we have not met yet? */
static bool may_be_address(const struct account *a, const char *word)
{
    if (strcmp(a->protocol, "local") == 0)
        return !strchr(word, '@') && !strchr(word, ' ');
    const char *at = strchr(word, '@');
    return at && at > word && at[1];
}

/* Where people are called by nicks any word may be one of them: more than the beginning of another name is asked for. */
static bool may_be_nick(const struct account *a, const char *word)
{
    return a && (a->groups & ACCOUNT_HAS_NICKS) && !strpbrk(word, " \t,:!@");
}

/* Somebody in the room that is looked at. */
static bool is_member_here(const struct cmd_ctx *ctx, const struct account *here, const char *word)
{
    const struct chat *c = ctx->chat;
    if (!c || c->account != here || c->kind != KITH_CHAT_ROOM || !may_be_nick(here, word))
        return false;
    for (size_t i = 0; i < c->n_members; i++) {
        if (strcasecmp(c->members[i]->nick, word) == 0)
            return true;
    }
    return false;
}

int find_who(const struct cmd_ctx *ctx, const char *word, struct account *only, struct who *out,
             struct err *e)
{
    const struct model *m = ctx->env->model;
    struct account *here = only           ? only
                           : ctx->account ? ctx->account
                           : ctx->chat    ? ctx->chat->account
                                          : usual_account(ctx);
    bool member = is_member_here(ctx, here, word), nick = may_be_nick(here, word);
    for (int least = 3; least >= (nick ? 2 : 1);
         least--) { /* the account in use first, then all; the best fit first */
        struct candidates c = {0};
        if (here)
            collect(here, word, least, &c);
        for (size_t i = 0; !only && !member && !c.n && i < m->n_accounts; i++) {
            if (m->accounts[i] != here)
                collect(m->accounts[i], word, least, &c);
        }
        if (c.n == 1) {
            *out = c.best;
            return 0;
        }
        if (c.n > 1)
            return err_set(e, KITH_ECONFLICT, "\"%.60s\" may be %s", word, c.names);
    }
    *out = (struct who){NULL, NULL, word};
    if (here && (nick || may_be_address(here, word)))
        out->account = here;
    for (size_t i = 0; !only && !out->account && i < m->n_accounts; i++) {
        if (may_be_address(m->accounts[i], word))
            out->account = m->accounts[i];
    }
    if (out->account)
        return 0;
    return err_set(
        e, KITH_ENOTFOUND,
        "nobody here is called \"%.60s\"; a full address such as name@example.org works too", word);
}

struct chat *find_chat(const struct cmd_ctx *ctx, const char *word, struct err *e)
{
    const struct model *m = ctx->env->model;
    int64_t number;
    for (int least = 3; least >= 1; least--) {
        struct candidates c = {0};
        for (size_t i = 0; i < m->n_accounts; i++) {
            struct account *a = m->accounts[i];
            for (size_t k = 0; k < a->n_chats; k++) {
                bool hidden = (a->chats[k]->flags & CHAT_HELD) && !str_eq(word, a->chats[k]->address);
                if (!hidden && fit(word, a->chats[k]->address, chat_title(a->chats[k])) >= least)
                    candidate(&c, a, a->chats[k], a->chats[k]->address);
            }
        }
        if (c.n == 1)
            return c.best.chat;
        if (c.n > 1) {
            (void)err_set(e, KITH_ECONFLICT, "\"%.60s\" may be %s", word, c.names);
            return NULL;
        }
    }
    struct chat *by_number =
        str_int(word, 1, 100000, &number) ? model_chat_by_number(m, (int)number) : NULL;
    if (!by_number)
        (void)err_set(e, KITH_ENOTFOUND, "there is no chat \"%.60s\"; /query opens one", word);
    return by_number;
}

/* ---- messages ---- */

uint32_t chat_caps(const struct chat *c)
{
    return c->caps ? c->caps & c->account->caps : c->account->caps;
}

bool is_own(const struct message *m)
{
    return message_outgoing(m);
}

static bool has_link(const struct message *m)
{
    size_t from, len;
    if (m->body && find_url(m->body, 0, &from, &len))
        return true;
    for (size_t i = 0; i < m->n_attachments; i++)
        if (m->attachments[i].url)
            return true;
    return false;
}

static bool wanted(const struct message *m, enum message_want want)
{
    if (m->kind == MESSAGE_EVENT || m->retracted)
        return false;
    switch (want) {
    case WANT_ANY:
        return true;
    case WANT_OWN_TEXT:
        return is_own(m) && m->delivery != DELIVERY_FAILED;
    case WANT_OTHERS:
        return !is_own(m);
    case WANT_FAILED:
        return m->delivery == DELIVERY_FAILED || m->change_failure;
    case WANT_UNSENT:
        return m->delivery == DELIVERY_FAILED || m->delivery == DELIVERY_QUEUED ||
               m->change != CHANGE_NONE;
    case WANT_EDITED:
        return m->edits > 0;
    case WANT_REPLY:
        return !str_empty(m->reply_to);
    case WANT_REACTED:
        return m->n_reactions > 0;
    case WANT_SPOILER:
        return runs_have_spoiler(m->spans);
    case WANT_LINK:
        return has_link(m);
    case WANT_FILE:
        return m->n_attachments > 0 && (!is_own(m) || m->attachments[0].url || m->attachments[0].sealed);
    case WANT_OFFER:
        return m->n_attachments > 0 &&
               (m->attachments[0].offer == OFFER_OPEN || m->attachments[0].offer == OFFER_RUNS);
    }
    return false;
}

int fits_want(const struct message *m, enum message_want want, struct err *e)
{
    static const char *const not_it[] = {
        [WANT_ANY] = "this is not a message",
        [WANT_OWN_TEXT] = "this message is not yours, or was not sent",
        [WANT_OTHERS] = "this message is your own",
        [WANT_FAILED] = "this message did not fail",
        [WANT_UNSENT] = "this message does not wait; it is gone already",
        [WANT_EDITED] = "this message was not edited",
        [WANT_REPLY] = "this message answers no other",
        [WANT_REACTED] = "nobody has reacted to this message",
        [WANT_SPOILER] = "nothing is hidden in this message",
        [WANT_LINK] = "there is no link in this message",
        [WANT_FILE] = "there is no file in this message that could be saved",
        [WANT_OFFER] = "no file is offered in this message, or no longer",
    };
    if (!m || wanted(m, want))
        return 0;
    return err_set(e, KITH_EINVAL, "%s", m->retracted ? "this message was withdrawn" : not_it[want]);
}

static struct message *by_id(const struct cmd_ctx *ctx, int64_t id)
{
    const struct model *m = ctx->env->model;
    struct message *found = ctx->chat ? chat_message(ctx->chat, id) : NULL;
    for (size_t i = 0; !found && i < m->n_accounts; i++) {
        for (size_t k = 0; !found && k < m->accounts[i]->n_chats; k++)
            found = chat_message(m->accounts[i]->chats[k], id);
    }
    return found;
}

struct message *find_message(const struct cmd_ctx *ctx, const char *arg, enum message_want want,
                             struct err *e)
{
    static const char *const none[] = {
        [WANT_ANY] = "there is no message here",
        [WANT_OWN_TEXT] = "there is no message of yours here",
        [WANT_OTHERS] = "there is no message by anybody else here",
        [WANT_FAILED] = "no message failed here",
        [WANT_UNSENT] = "no message waits here",
        [WANT_EDITED] = "no message was edited here",
        [WANT_REPLY] = "no message here answers another",
        [WANT_REACTED] = "nobody has reacted to a message here",
        [WANT_SPOILER] = "nothing is hidden here",
        [WANT_LINK] = "there is no link here",
        [WANT_FILE] = "there is no file here that could be saved",
        [WANT_OFFER] = "no file is offered here",
    };
    int64_t id = ctx->message;
    struct message *m = NULL;
    if (arg && !parse_message_id(arg, &id)) {
        (void)err_set(e, KITH_EINVAL, "a message is written msg:NUMBER");
        return NULL;
    }
    if (id && !(m = by_id(ctx, id))) {
        (void)err_set(e, KITH_ENOTFOUND, "that message is not loaded any more");
        return NULL;
    }
    if (fits_want(m, want == WANT_OTHERS ? WANT_ANY : want, e) < 0)
        return NULL;
    for (size_t i = !m && ctx->chat ? ctx->chat->n_messages : 0; i-- > 0 && !m;) {
        if (wanted(ctx->chat->messages[i], want))
            m = ctx->chat->messages[i];
    }
    if (!m)
        (void)err_set(e, KITH_ENOTFOUND, "%s", none[want]);
    return m;
}
