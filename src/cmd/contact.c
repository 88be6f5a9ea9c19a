/* cmd/contact.c - /contact /whois /block /unblock /ignore /unignore */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

static int list_contacts(struct cmd_ctx *ctx)
{
    const struct model *m = ctx->env->model;
    struct buf b = {0};
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (struct map_entry *en = NULL; (en = map_next(&m->accounts[i]->contacts, en));) {
            const struct contact *c = en->value;
            const char *text = contact_status(c);
            put_column(&b, show_word(contact_show(c)), 9);
            put_column(&b, c->address, 33);
            put_column(&b, c->name ? c->name : "", 21);
            buf_addf(&b, "%s%s%s\n", m->accounts[i]->name, text ? "  " : "", text ? text : "");
        }
    }
    cmd_page(ctx, "Contacts",
             b.len ? buf_str(&b) : "No contacts yet. /contact add ADDRESS adds one.\n");
    buf_free(&b);
    return 0;
}

/* The contact a word means; NULL and a sentence. */
static struct contact *contact_of(struct cmd_ctx *ctx, const struct cmd_args *a, const char *word,
                                  struct err *e)
{
    const char *name = flag_value(a, "account");
    struct account *only = name ? find_account(ctx, name, e) : NULL;
    struct who who = {0};
    if ((name && !only) || find_who(ctx, word, only, &who, e) < 0)
        return NULL;
    const char *address = who.chat ? who.chat->address : who.address;
    struct contact *c = account_contact(who.account, address);
    if (!c)
        (void)err_set(e, KITH_ENOTFOUND, "%.80s is not among the contacts of %s", address,
                      who.account->name);
    return c;
}

/* The account and address for one who may not be a contact yet. */
static int whom(struct cmd_ctx *ctx, const struct cmd_args *a, const char *word, struct who *out,
                struct err *e)
{
    const char *name = flag_value(a, "account");
    struct account *only = name ? find_account(ctx, name, e) : NULL;
    if (name && !only)
        return KITH_ENOTFOUND;
    if (!word) {
        if (!ctx->chat)
            return err_set(e, KITH_EINVAL, "whom?");
        *out = (struct who){ctx->chat, ctx->chat->account, ctx->chat->address};
        return 0;
    }
    int rc = find_who(ctx, word, only, out, e);
    if (rc >= 0 && out->chat)
        out->address = out->chat->address;
    return rc;
}

static int add(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct who who = {0};
    int rc = whom(ctx, a, a->argv[1], &who, e);
    if (rc < 0)
        return rc;
    struct cmd_pending *p = pending_new(ctx, who.account, NULL, "adding %s", who.address);
    p->good = xasprintf(who.account->groups & ACCOUNT_HAS_NICKS
                            ? "%s is in the list; kith tells when they come and go"
                            : "%s was asked; the list shows them once they agree",
                        who.address);
    return pending_started(p, core_contact_add(ctx->env->core, who.account, who.address, a->argv[2],
                                               NULL, pending_done, p, e));
}

static int rename_contact(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct contact *c = contact_of(ctx, a, a->argv[1], e);
    if (!c)
        return KITH_ENOTFOUND;
    struct cmd_pending *p = pending_new(ctx, c->account, NULL, "renaming %s", c->address);
    return pending_started(p, core_contact_update(ctx->env->core, c, a->argv[2] ? a->argv[2] : "",
                                                  (const char *const *)c->groups, c->n_groups,
                                                  pending_done, p, e));
}

/* The groups are replaced by those given, separated by commas; none: out of all groups. */
static int group(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *groups[32];
    size_t n = 0;
    struct contact *c = contact_of(ctx, a, a->argv[1], e);
    if (!c)
        return KITH_ENOTFOUND;
    char *copy = xstrdup(a->argv[2] ? a->argv[2] : ""), *rest = copy;
    for (char *p; n < COUNT(groups) && (p = strsep(&rest, ","));) {
        p += strspn(p, " ");
        for (size_t len = strlen(p); len && p[len - 1] == ' ';)
            p[--len] = '\0';
        if (*p)
            groups[n++] = p;
    }
    struct cmd_pending *pending = pending_new(ctx, c->account, NULL, "grouping %s", c->address);
    int rc = pending_started(pending, core_contact_update(ctx->env->core, c, c->name, groups, n,
                                                          pending_done, pending, e));
    free(copy);
    return rc;
}

static int drop(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct contact *c = contact_of(ctx, a, a->argv[1], e);
    if (!c)
        return KITH_ENOTFOUND;
    struct cmd_pending *p = pending_new(ctx, c->account, NULL, "removing %s", c->address);
    p->good = xasprintf("%s is no contact any more", c->address);
    return pending_started(p, core_contact_remove(ctx->env->core, c, pending_done, p, e));
}

static int authorize(struct cmd_ctx *ctx, const struct cmd_args *a, bool allow, struct err *e)
{
    struct who who = {0};
    int rc = whom(ctx, a, a->argv[1], &who, e);
    if (rc < 0)
        return rc;
    struct cmd_pending *p = pending_new(
        ctx, who.account, NULL, allow ? "letting %s see you" : "hiding from %s", who.address);
    p->good =
        xasprintf(allow ? "%s may see when you are here" : "%s does not see you", who.address);
    return pending_started(p, core_contact_authorize(ctx->env->core, who.account, who.address,
                                                     allow, pending_done, p, e));
}

static int run_contact(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0] ? a->argv[0] : "list";
    if (strcmp(what, "list") == 0)
        return list_contacts(ctx);
    if (!a->argv[1])
        return err_set(e, KITH_EINVAL, "whom? usage: /contact %s WHO", what);
    if (strcmp(what, "add") == 0)
        return add(ctx, a, e);
    if (strcmp(what, "remove") == 0)
        return drop(ctx, a, e);
    if (strcmp(what, "rename") == 0)
        return rename_contact(ctx, a, e);
    if (strcmp(what, "group") == 0)
        return group(ctx, a, e);
    return authorize(ctx, a, strcmp(what, "accept") == 0, e);
}

/* Somebody in the room shown, by their nick: the contact that they are known to be, else who has this nick there. Owned;
 * NULL: nobody, or there nicks are addresses. */
static char *occupant(const struct cmd_ctx *ctx, const char *word)
{
    const struct chat *room = ctx->chat && ctx->chat->kind == KITH_CHAT_ROOM ? ctx->chat : NULL;
    const struct member *m = room && word ? chat_member(room, word) : NULL;
    if (!m || (room->account->groups & ACCOUNT_HAS_NICKS))
        return NULL;
    if (m->address && account_contact(room->account, m->address))
        return xstrdup(m->address);
    return xasprintf("%s/%s", room->address, m->nick);
}

static int run_whois(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct who who = {0};
    char *in_room = occupant(ctx, a->argv[0]);
    int rc = in_room ? 0 : whom(ctx, a, a->argv[0], &who, e);
    if (in_room)
        who = (struct who){NULL, ctx->chat->account, in_room};
    if (rc < 0)
        return rc;
    struct cmd_pending *p = pending_new(ctx, who.account, NULL, "asking about %s", who.address);
    p->title = xstrdup(who.address);
    p->portrait = xstrdup(who.address);
    const struct contact *c = account_contact(who.account, who.address);
    for (size_t i = 0; c && i < c->n_presences; i++) {
        const struct presence *pr = &c->presences[i];
        buf_addf(&p->rows, "  %s: %s%s%s\n", pr->resource ? pr->resource : "here",
                 pr->text ? pr->text : "online", pr->client ? ", with " : "",
                 pr->client ? pr->client : "");
    }
    rc = pending_started(
        p, core_info(ctx->env->core, who.account, who.address, pending_item, pending_done, p, e));
    free(in_room);
    return rc;
}

/* With the message that is selected, where it is theirs, else with their newest. */
static int report(struct cmd_ctx *ctx, const struct cmd_args *a, const struct who *who, struct cmd_pending *p,
                  struct err *e)
{
    uint32_t how = has_flag(a, "abuse") ? KITH_REPORT_ABUSE : KITH_REPORT_SPAM;
    p->good = xasprintf("%s is blocked and reported to the server; /unblock takes the block back", who->address);
    return pending_started(p, core_report(ctx->env->core, who->account, who->address, how, ctx->message, a->argv[1],
                                          pending_done, p, e));
}

static int block(struct cmd_ctx *ctx, const struct cmd_args *a, bool on, struct err *e)
{
    struct who who = {0};
    int rc = whom(ctx, a, a->argv[0], &who, e);
    if (rc < 0)
        return rc;
    struct cmd_pending *p =
        pending_new(ctx, who.account, NULL, on ? "blocking %s" : "unblocking %s", who.address);
    if (on && (has_flag(a, "report") || has_flag(a, "abuse")))
        return report(ctx, a, &who, p, e);
    p->good = xasprintf(on ? "%s is blocked: nothing of theirs arrives; /unblock takes it back"
                           : "%s is not blocked any more",
                        who.address);
    return pending_started(
        p, core_block(ctx->env->core, who.account, who.address, on, pending_done, p, e));
}

static int run_block(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return block(ctx, a, true, e);
}

static int run_unblock(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return block(ctx, a, false, e);
}

/* ---- ignoring: kith's own, the other side does not learn of it ---- */

static int list_ignored(struct cmd_ctx *ctx)
{
    size_t n = 0;
    struct buf b = {0};
    const char *const *v = config_list(ctx->env->config, "privacy.ignore", &n);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s\n", v[i]);
    cmd_page(ctx, "Ignored, as account/address", n ? buf_str(&b) : "nobody\n");
    buf_free(&b);
    return 0;
}

/* "*!*@host", "*@host": as it is compared. Owned; NULL: it is no mask, or people have no nicks there. */
static char *ignore_mask(const struct account *a, const char *word)
{
    if (!a || !(a->groups & ACCOUNT_HAS_NICKS) || !word || !strpbrk(word, "!@*?"))
        return NULL;
    bool nick = strchr(word, '!'), host = strchr(word, '@');
    return xasprintf("%s/%s%s%s", a->name, nick || !host ? "" : "*!", word, host ? "" : nick ? "@*" : "!*@*");
}

/* account/nick, in small letters as the chat with them has it. */
static char *ignore_nick(const struct account *a, const char *nick)
{
    char *entry = xasprintf("%s/%s", a->name, nick);
    for (char *p = entry + strlen(a->name); *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    return entry;
}

/* account/address of the one meant: in a room first the occupant of that nick. Owned, or NULL. */
static char *ignore_entry(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct chat *room = ctx->chat && ctx->chat->kind == KITH_CHAT_ROOM ? ctx->chat : NULL;
    const struct member *m = room && a->argv[0] ? chat_member(room, a->argv[0]) : NULL;
    struct who who = {0};
    const char *name = flag_value(a, "account");
    char *mask = ignore_mask(name ? model_account(ctx->env->model, name) : account_for(ctx, NULL, NULL), a->argv[0]);
    if (mask)
        return mask;
    if (m && m->address)
        return xasprintf("%s/%s", room->account->name, m->address);
    if (m && (room->account->groups & ACCOUNT_HAS_NICKS))
        return ignore_nick(room->account, m->nick);
    if (m)
        return xasprintf("%s/%s/%s", room->account->name, room->address, m->nick);
    if (whom(ctx, a, a->argv[0], &who, e) < 0)
        return NULL;
    if (who.chat && who.chat->kind == KITH_CHAT_ROOM) {
        (void)err_set(e, KITH_EINVAL, "a room is not ignored; /mute keeps it quiet");
        return NULL;
    }
    return who.account ? xasprintf("%s/%s", who.account->name, who.address) : NULL;
}

/* The list without entry, and with it at the end when on. True: it was there. */
static bool new_list(struct cmd_ctx *ctx, const char *entry, bool on, struct buf *out)
{
    size_t n = 0;
    bool was = false;
    const char *const *v = config_list(ctx->env->config, "privacy.ignore", &n);
    for (size_t i = 0; i < n; i++) {
        was |= str_eq(v[i], entry);
        if (!str_eq(v[i], entry))
            buf_addf(out, "%s%s", out->len ? " " : "", v[i]);
    }
    if (on)
        buf_addf(out, "%s%s", out->len ? " " : "", entry);
    return was;
}

static int ignore(struct cmd_ctx *ctx, const struct cmd_args *a, bool on, struct err *e)
{
    struct buf list = {0};
    struct err warning = {0};
    char *entry = ignore_entry(ctx, a, e);
    int rc = entry ? 0 : KITH_ENOTFOUND;
    if (rc >= 0 && strpbrk(entry, " \t"))
        rc = err_set(e, KITH_EINVAL, "a name with spaces cannot be ignored; /block may do it");
    if (rc >= 0 && new_list(ctx, entry, on, &list) == on)
        rc = err_set(e, KITH_EINVAL, on ? "%s is ignored already" : "%s is not ignored", entry);
    if (rc >= 0) {
        rc = config_set(ctx->env->config, "privacy.ignore", buf_str(&list), &warning);
        if (rc < 0)
            (void)err_set(e, warning.code, "%s", warning.text);
        else if (rc > 0)
            cmd_say(ctx, KITH_WARN, "%s", warning.text);
        else
            cmd_say(ctx, KITH_INFO,
                    on ? "%s is ignored: what they write is dropped; /unignore takes it back"
                       : "%s is not ignored any more",
                    entry);
    }
    buf_free(&list);
    free(entry);
    return rc;
}

static int run_ignore(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return a->argv[0] ? ignore(ctx, a, true, e) : list_ignored(ctx);
}

static int run_unignore(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return ignore(ctx, a, false, e);
}

const struct cmd cmds_contact[] = {
    {.name = "contact",
     .aliases = "roster sub",
     .group = "Contacts",
     .summary = "Lists, adds, removes, names and groups contacts.",
     .flags = "-account=name",
     .args = {{ARG_CHOICE, "what", true, "list|add|remove|rename|group|accept|deny"},
              {ARG_CONTACT, "who", true, NULL},
              {ARG_TEXT, "text", true, NULL}},
     .details = "add WHO [name] asks to see them; accept and deny answer those who ask to see you. "
                "group WHO A, B puts them into"
                " these groups and out of all others.",
     .run = run_contact},
    {.name = "whois",
     .aliases = "info",
     .group = "Contacts",
     .summary = "Shows what is known about somebody.",
     .flags = "-account=name",
     .args = {{ARG_CONTACT, "who", true, NULL}},
     .run = run_whois},
    {.name = "block",
     .group = "Contacts",
     .summary = "Lets nothing of somebody through.",
     .flags = "-account=name -report -abuse",
     .args = {{ARG_CONTACT, "who", true, NULL}, {ARG_TEXT, "words", true, NULL}},
     .details = "-report tells the server as well, where it takes reports: that it is spam, or "
                "with -abuse that it is abuse, with the selected message or their newest ones, and with your words "
                "behind the name.",
     .run = run_block},
    {.name = "unblock",
     .group = "Contacts",
     .summary = "Takes back a block.",
     .flags = "-account=name",
     .args = {{ARG_CONTACT, "who", true, NULL}},
     .run = run_unblock},
    {.name = "ignore",
     .group = "Contacts",
     .summary = "Drops what somebody writes; alone: lists whom.",
     .flags = "-account=name",
     .args = {{ARG_CONTACT, "who", true, NULL}},
     .details = "Only here: nobody is told, and the server goes on delivering (see /block). In a "
                "room a nick is meant first; on IRC it holds in all channels, and a mask such as "
                "*!*@host may stand for it. What comes meanwhile is neither shown nor stored nor "
                "counted; what came before stays. The list is the option privacy.ignore.",
     .run = run_ignore},
    {.name = "unignore",
     .group = "Contacts",
     .summary = "Lets somebody be heard again.",
     .flags = "-account=name",
     .args = {{ARG_CONTACT, "who", false, NULL}},
     .run = run_unignore},
    {.name = NULL},
};
