/* cmd/control.c - requests of `kith COMMAND`: the words, what is printed, and the exit code */
#include "cmd/control.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/runs.h"
#include "cmd/chat.h"
#include "cmd/control_private.h"
#include "store/find.h"
#include "store/store.h"

#define SEARCH_USAGE "kith search [-n N] [--json] [--best] WORDS"

/* ---- printing ---- */

void control_put(struct control *c, const struct buf *lines)
{
    if (!c->cancelled && lines->len)
        c->r.out(c->r.user, false, lines->data, lines->len);
}

void control_line(struct control *c, const char *fmt, ...)
{
    struct buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_addv(&b, fmt, ap);
    va_end(ap);
    buf_addc(&b, '\n');
    control_put(c, &b);
    buf_free(&b);
}

void control_error(struct control *c, const char *fmt, ...)
{
    struct buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_addv(&b, fmt, ap);
    va_end(ap);
    if (!c->cancelled)
        c->r.out(c->r.user, true, b.data, b.len);
    buf_free(&b);
}

static void control_free(struct control *c)
{
    for (int i = 0; i < c->argc; i++)
        free(c->argv[i]);
    free(c->argv);
    free(c->body);
    free(c->account);
    free(c);
}

struct control *control_end(struct control *c, int code)
{
    bool tell = !c->ended && !c->cancelled;
    void (*done)(void *, int) = c->r.done;
    void *user = c->r.user;
    c->ended = true;
    control_tail_stop(c);
    control_send_stop(c);
    control_search_stop(c);
    if (c->holds == 0)
        control_free(c);
    if (tell)
        done(user, code);
    return NULL;
}

void control_release(struct control *c)
{
    c->holds--;
    if (c->ended && c->holds == 0)
        control_free(c);
}

void control_cancel(struct control *c)
{
    c->cancelled = true;
    (void)control_end(c, CONTROL_FAILED);
}

static void say_line(void *user, enum kith_level level, const char *line)
{
    struct control *c = user;
    if (level >= KITH_WARN)
        control_error(c, "%s", line);
    else
        control_line(c, "%s", line);
}

struct cmd_ctx control_ctx(struct control *c)
{
    return (struct cmd_ctx){.env = c->env, .out = say_line, .out_user = c};
}

struct account *control_account(struct control *c, struct err *e)
{
    struct cmd_ctx ctx = control_ctx(c);
    return c->account ? find_account(&ctx, c->account, e) : NULL;
}

static bool is_meant(const struct control *c, const struct account *a)
{
    return !c->account || strcmp(c->account, a->name) == 0 || str_eq(c->account, a->address);
}

/* ---- what a message looks like ---- */

static const char *delivery_word(enum delivery d)
{
    static const char *const words[] = {
        [DELIVERY_NONE] = "received", [DELIVERY_QUEUED] = "queued",       [DELIVERY_SENT] = "sent",
        [DELIVERY_STORED] = "stored", [DELIVERY_DELIVERED] = "delivered", [DELIVERY_READ] = "read",
        [DELIVERY_FAILED] = "failed"};
    return words[d];
}

void message_json(const struct chat *chat, const struct message *m, struct buf *out)
{
    static const char *const kinds[] = {"message", "action", "event"};
    char when[64];
    clock_format_iso(when, sizeof when, m->time);
    json_begin(out);
    json_str(out, "time", when);
    json_int(out, "id", m->id);
    json_str(out, "kind", kinds[m->kind]);
    json_str(out, "account", chat ? chat->account->name : NULL);
    json_str(out, "chat", chat ? chat->address : NULL);
    json_str(out, "sender", m->sender);
    json_str(out, "name", m->sender_name);
    bool hides = runs_have_spoiler(m->spans);
    struct buf shown = {0};
    if (hides)
        runs_add_covered(&shown, m->body, m->spans);
    json_str(out, "body", m->retracted ? NULL : hides ? buf_str(&shown) : m->body);
    if (hides && !m->retracted)
        json_str(out, "spoiler", m->body); /* for those who want to know */
    buf_free(&shown);
    json_bool(out, "own", is_own(m));
    json_str(out, "state", m->retracted ? "withdrawn" : delivery_word(m->delivery));
    if (m->failure)
        json_str(out, "failure", m->failure);
    json_end(out);
}

void control_message(struct control *c, const struct chat *chat, const struct message *m)
{
    struct buf b = {0};
    if (!c->json) {
        if (!c->chat && chat)
            buf_addf(&b, "%s  ", chat_title(chat));
        history_line(m, &b);
        control_put(c, &b);
        buf_free(&b);
        return;
    }
    message_json(chat, m, &b);
    control_put(c, &b);
    buf_free(&b);
}

/* ---- chats, unread, status, search, open, quit ---- */

static void print_place(struct control *c, const struct account *a, const char *address,
                        const char *name, bool room)
{
    struct buf b = {0};

    if (!c->json) {
        control_line(c, "%s\t%s\t%s", a->name, address, name ? name : "");
        return;
    }
    json_begin(&b);
    json_str(&b, "account", a->name);
    json_str(&b, "chat", address);
    json_str(&b, "name", name);
    json_bool(&b, "room", room);
    json_end(&b);
    control_put(c, &b);
    buf_free(&b);
}

/* Whom one can write to: every contact, and the chats with those who are none. */
static struct control *control_chats(struct control *c)
{
    const struct model *m = c->env->model;

    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct account *a = m->accounts[i];

        if (!is_meant(c, a))
            continue;
        for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));) {
            const struct contact *one = e->value;

            print_place(c, a, one->address, contact_title(one), false);
        }
        for (size_t k = 0; k < a->n_chats; k++) {
            const struct chat *chat = a->chats[k];

            if (account_contact(a, chat->address) == NULL && !(chat->flags & CHAT_HELD))
                print_place(c, a, chat->address, chat_title(chat), chat->kind == KITH_CHAT_ROOM);
        }
    }
    return control_end(c, CONTROL_OK);
}

static struct control *control_unread(struct control *c)
{
    const struct model *m = c->env->model;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++) {
            const struct chat *chat = m->accounts[i]->chats[k];
            struct buf b = {0};
            if (!chat->unread || !is_meant(c, m->accounts[i]))
                continue;
            if (!c->json) {
                control_line(c, "%u\t%u\t%s\t%s\t%s", chat->unread, chat->mentions,
                             m->accounts[i]->name, chat->address, chat_title(chat));
                continue;
            }
            json_begin(&b);
            json_str(&b, "account", m->accounts[i]->name);
            json_str(&b, "chat", chat->address);
            json_str(&b, "name", chat_title(chat));
            json_int(&b, "unread", chat->unread);
            json_int(&b, "mentions", chat->mentions);
            json_end(&b);
            control_put(c, &b);
            buf_free(&b);
        }
    }
    return control_end(c, CONTROL_OK);
}

static void account_status(struct control *c, const struct account *a)
{
    int64_t wait = a->retry_at ? MAX((int64_t)0, a->retry_at - clock_mono_ms()) : 0;
    struct buf b = {0};
    if (!c->json) {
        buf_addf(&b, "%s\t%s\t%s\t%s", a->name, a->protocol, a->address ? a->address : "",
                 state_word(a->state));
        if (a->state == KITH_STATE_ONLINE)
            buf_addf(&b, "\t%s%s%s", show_word(a->show), str_empty(a->status) ? "" : ": ",
                     a->status ? a->status : "");
        else
            buf_addf(&b, "\t%s", a->problem ? a->problem : a->phase ? a->phase : "");
        if (wait)
            buf_addf(&b, " (again in %lld s)", (long long)((wait + 999) / 1000));
        buf_addc(&b, '\n');
    } else {
        json_begin(&b);
        json_str(&b, "account", a->name);
        json_str(&b, "protocol", a->protocol);
        json_str(&b, "address", a->address);
        json_str(&b, "state", state_word(a->state));
        json_str(&b, "show", show_word(a->show));
        json_str(&b, "status", a->status);
        json_str(&b, "problem", a->problem);
        if (wait)
            json_int(&b, "retry_ms", wait);
        json_end(&b);
    }
    control_put(c, &b);
    buf_free(&b);
}

static struct control *control_status(struct control *c)
{
    const struct model *m = c->env->model;
    for (size_t i = 0; i < m->n_accounts; i++) {
        if (is_meant(c, m->accounts[i]))
            account_status(c, m->accounts[i]);
    }
    return control_end(c, CONTROL_OK);
}

/* The words from argv[from] on, with spaces between. Owned. */
static char *join_words(const struct control *c, int from)
{
    struct buf b = {0};
    for (int i = from; i < c->argc; i++)
        buf_addf(&b, "%s%s", i > from ? " " : "", c->argv[i]);
    return buf_take(&b);
}

void control_search_stop(struct control *c)
{
    core_search_cancel(c->search);
    c->search = NULL;
}

static void on_found(void *user, struct core_found *found, const struct err *e)
{
    struct control *c = user;
    c->search = NULL;
    for (size_t i = 0; i < found->n; i++) {
        const struct find_hit *h = &found->hits[i];
        struct chat *chat = model_chat_by_id(c->env->model, h->chat);
        struct message *m = store_message(core_store(c->env->core), chat, h->message);
        if (m && (!chat || is_meant(c, chat->account)))
            control_message(c, chat, m);
        message_free(m);
    }
    if (e->code < 0)
        control_error(c, "%s", e->text);
    int code = e->code == KITH_EINVAL ? CONTROL_USAGE
               : e->code < 0          ? CONTROL_FAILED
               : found->n == 0        ? CONTROL_NOTHING
                                      : CONTROL_OK;
    (void)control_end(c, code);
}

static struct control *control_search(struct control *c)
{
    char *words = join_words(c, 1);
    struct find_query q = {.words = words,
                           .max = c->n ? (size_t)c->n : 50,
                           .now = clock_wall_ms(),
                           .ranked = c->ranked};
    bool none = !*words;
    if (none)
        control_error(c, "usage: %s", SEARCH_USAGE);
    else
        c->holds++;
    struct core_search *s = none ? NULL : core_search(c->env->core, &q, on_found, c);
    free(words);
    if (none)
        return control_end(c, CONTROL_USAGE);
    c->search = s;
    bool over = c->ended;
    control_release(c);
    return over ? NULL : c;
}

static struct control *control_open(struct control *c)
{
    struct err e = {0};
    int rc;
    if (c->argc != 2) {
        control_error(c, "usage: kith open URI");
        return control_end(c, CONTROL_USAGE);
    }
    if (c->env->open_uri)
        rc = c->env->open_uri(c->env->open_user, c->argv[1], &e);
    else
        rc = err_set(&e, KITH_EUNSUP, "no terminal is attached; run kith %.200s", c->argv[1]);
    if (rc < 0)
        control_error(c, "%s", e.text);
    return control_end(c, rc < 0 ? CONTROL_FAILED : CONTROL_OK);
}

static struct control *control_quit(struct control *c)
{
    struct cmd_env *env = c->env;
    char *reason = join_words(c, 1);
    if (!env->quit) {
        control_error(c, "there is nothing to quit");
        free(reason);
        return control_end(c, CONTROL_FAILED);
    }
    (void)control_end(c, CONTROL_OK);
    env->quit(env->quit_user, *reason ? reason : NULL);
    free(reason);
    return NULL;
}

/* ---- the words of a request ---- */

static const struct {
    const char *name, *usage;
    struct control *(*run)(struct control *c);
} commands[] = {
    {"send", "kith send [--wait] [--account NAME] ADDRESS [TEXT]", control_send},
    {"tail", "kith tail [--follow] [-n N] [--json] [CHAT]", control_tail},
    {"chats", "kith chats [--json] [--account NAME]", control_chats},
    {"unread", "kith unread [--json] [--account NAME]", control_unread},
    {"search", SEARCH_USAGE, control_search},
    {"status", "kith status [--json] [--account NAME]", control_status},
    {"open", "kith open URI", control_open},
    {"quit", "kith quit", control_quit},
};

static const char *usage_of(const char *name)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].usage;
    }
    return "kith --help";
}

/* A flag that takes a value, at argv[*i]: "--account NAME", "--account=NAME", "-n N", "-nN". NULL:
 * it is not this. */
static const char *value_of(int argc, const char *const *argv, int *i, const char *flag)
{
    size_t n = strlen(flag);
    const char *word = argv[*i];
    if (strcmp(word, flag) == 0) {
        const char *next = *i + 1 < argc ? argv[++*i] : NULL;
        return next ? next : "";
    }
    if (strncmp(word, flag, n) != 0)
        return NULL;
    return word[n] == '=' ? word + n + 1 : flag[1] != '-' ? word + n : NULL;
}

static int take_flag(struct control *c, int argc, const char *const *argv, int *i)
{
    const char *value;
    if (strcmp(argv[*i], "--json") == 0)
        c->json = true;
    else if (strcmp(argv[*i], "--best") == 0)
        c->ranked = true;
    else if (strcmp(argv[*i], "--wait") == 0)
        c->wait = true;
    else if (strcmp(argv[*i], "--follow") == 0 || strcmp(argv[*i], "-f") == 0)
        c->follow = true;
    else if ((value = value_of(argc, argv, i, "--account")))
        str_set(&c->account, value);
    else if ((value = value_of(argc, argv, i, "-n")))
        return str_int(value, 1, 100000, &c->n) ? 0 : -1;
    else
        return -1;
    return 0;
}

static int read_words(struct control *c, int argc, const char *const *argv)
{
    bool flags = true;
    c->argv = xcalloc((size_t)argc + 1, sizeof *c->argv);
    for (int i = 0; i < argc; i++) {
        if (flags && strcmp(argv[i], "--") == 0) {
            flags = false;
        } else if (flags && argv[i][0] == '-' && argv[i][1] &&
                   !(c->argc >= 2 && strcmp(c->argv[0], "send") == 0)) {
            if (take_flag(c, argc, argv, &i) < 0) {
                control_error(c, "%s is not understood here; usage: %s", argv[i],
                              c->argc ? usage_of(c->argv[0]) : "kith --help");
                return -1;
            }
        } else {
            c->argv[c->argc++] = xstrdup(argv[i]);
        }
    }
    return 0;
}

struct control *control_run(struct cmd_env *env, const struct control_request *r)
{
    struct control *c = xcalloc(1, sizeof *c);
    struct err e = {0};
    c->env = env;
    c->r = *r;
    c->r.argv = NULL;
    c->r.body = NULL;
    c->body = r->body ? xstrndup(r->body, r->body_len) : NULL;
    if (read_words(c, r->argc, r->argv) < 0)
        return control_end(c, CONTROL_USAGE);
    if (c->account && !control_account(c, &e)) {
        control_error(c, "%s", e.text);
        return control_end(c, CONTROL_FAILED);
    }
    for (size_t i = 0; c->argc && i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, c->argv[0]) == 0)
            return commands[i].run(c);
    }
    control_error(c, "there is no command %.60s; kith --help lists them",
                  c->argc ? c->argv[0] : "");
    return control_end(c, CONTROL_USAGE);
}
