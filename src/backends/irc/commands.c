/* backends/irc/commands.c - commands of IRC's own, beside those that every protocol has */
#include <string.h>

#include "backends/irc/forms.h"
#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

/* ---- what they share ---- */

/* A sentence instead of the thing. */
static int refuse(struct irc *i, kith_req req, int err, const char *text)
{
    irc_reply(i, req, err, text);
    return KITH_OK;
}

/* The words from n on with blanks between; owned. */
static char *rest_of(int argc, const char *const *argv, int n)
{
    struct buf b = {0};
    for (int k = n; k < argc; k++)
        buf_addf(&b, "%s%s", k > n ? " " : "", argv[k]);
    return buf_take(&b);
}

/* The channel that is meant: the first word if it is one, else the chat. *at: the first of the other words. */
static const struct irc_room *room_of(const struct irc *i, const char *chat, int argc, const char *const *argv, int *at)
{
    bool named = argc > 1 && irc_is_room(i, argv[1]) && irc_name_ok(argv[1]);
    *at = named ? 2 : 1;
    const struct irc_room *r = named ? irc_room(i, argv[1]) : chat ? irc_room(i, chat) : NULL;
    return r && r->joined ? r : NULL;
}

static int not_in(struct irc *i, kith_req req)
{
    return refuse(i, req, KITH_EINVAL, "Which channel? You are in none of that name here.");
}

/* ---- standing: /op /deop /halfop /dehalfop /voice /devoice ---- */

static bool all_names(int argc, const char *const *argv, int at)
{
    for (int k = at; k < argc; k++) {
        if (!irc_name_ok(argv[k]))
            return false;
    }
    return at < argc;
}

/* Nobody named: ourselves. */
static int standing(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req, bool on,
                    char mode)
{
    struct irc *i = irc_of(s);
    int at;
    if (!irc_online(i))
        return KITH_EOFFLINE;
    const struct irc_room *r = room_of(i, chat, argc, argv, &at);
    const char *me = i->nick;
    if (!r)
        return not_in(i, req);
    if (irc_prefix_mode_rank(&i->is, mode) < 0)
        return refuse(i, req, KITH_EUNSUP, "This server has no such standing.");
    if (at < argc && !all_names(argc, argv, at))
        return KITH_EINVAL;
    if (at < argc)
        irc_mode_many(i, r->name, on, mode, argv + at, argc - at, req);
    else
        irc_mode_many(i, r->name, on, mode, &me, 1, req);
    return KITH_OK;
}

#define STANDING(name, on, mode)                                                                                       \
    static int run_##name(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)   \
    {                                                                                                                  \
        return standing(s, chat, argc, argv, req, on, mode);                                                           \
    }
STANDING(op, true, 'o')
STANDING(deop, false, 'o')
STANDING(halfop, true, 'h')
STANDING(dehalfop, false, 'h')
STANDING(voice, true, 'v')
STANDING(devoice, false, 'v')

/* ---- modes as they are ---- */

static int run_mode(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    const char *params[15];
    int at, n = 0;
    if (!irc_online(i))
        return KITH_EOFFLINE;
    const struct irc_room *r = room_of(i, chat, argc, argv, &at);
    bool own = argc > 1 && irc_is_me(i, argv[1]);
    params[n++] = r && !own ? r->name : i->nick;
    for (int k = own ? 2 : at; k < argc && n < (int)COUNT(params); k++)
        params[n++] = argv[k];
    struct irc_query *q = irc_query_new(i, ASK_MODE, params[0], req);
    bool ok = irc_put_line(i, PRIO_USER, q, NULL, "MODE", params, n);
    if (n == 1 && ok)
        return KITH_OK; /* 324 or 221 answers */
    irc_plain_sent(i, q, ok);
    return KITH_OK;
}

/* ---- bans and their like ---- */

enum list_kind { BANS, EXCEPTIONS, INVITATIONS, QUIETS };

static char letter(const struct irc *i, enum list_kind kind)
{
    const char lists[] = {'b', i->is.excepts, i->is.invex, 'q'};
    char mode = lists[kind];
    return mode && strchr(i->is.chanmodes[0], mode) ? mode : '\0';
}

static int change_list(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req, bool on,
                       enum list_kind kind)
{
    struct irc *i = irc_of(s);
    int at, n = 0;
    char *masks[15];
    if (!irc_online(i))
        return KITH_EOFFLINE;
    const struct irc_room *r = room_of(i, chat, argc, argv, &at);
    char mode = letter(i, kind);
    if (!r)
        return not_in(i, req);
    if (!mode)
        return refuse(i, req, KITH_EUNSUP, "This server has no such list.");
    if (at >= argc)
        return irc_mode_list(i, r->address, mode, req);
    if (!on)
        return irc_mode_unlist(i, r->address, mode, argv + at, argc - at, req);
    for (int k = at; k < argc && n < (int)COUNT(masks); k++)
        masks[n++] = irc_mask_of(i, argv[k]);
    irc_mode_many(i, r->name, true, mode, (const char *const *)masks, n, req);
    while (n > 0)
        str_take(&masks[--n], NULL);
    return KITH_OK;
}

#define LISTED(name, on, kind)                                                                                         \
    static int run_##name(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)   \
    {                                                                                                                  \
        return change_list(s, chat, argc, argv, req, on, kind);                                                        \
    }
LISTED(unban, false, BANS)
LISTED(except, true, EXCEPTIONS)
LISTED(unexcept, false, EXCEPTIONS)
LISTED(invex, true, INVITATIONS)
LISTED(uninvex, false, INVITATIONS)
LISTED(quiet, true, QUIETS)
LISTED(unquiet, false, QUIETS)

/* /bans [channel] [bans|exceptions|invitations|quiets] */
static int run_bans(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    static const char *const words[] = {"bans", "exceptions", "invitations", "quiets"};
    struct irc *i = irc_of(s);
    int at, kind = BANS;
    if (!irc_online(i))
        return KITH_EOFFLINE;
    const struct irc_room *r = room_of(i, chat, argc, argv, &at);
    while (at < argc && kind < (int)COUNT(words) && !str_starts(words[kind], argv[at]))
        kind++;
    if (!r)
        return not_in(i, req);
    char mode = kind < (int)COUNT(words) ? letter(i, (enum list_kind)kind) : '\0';
    if (!mode)
        return refuse(i, req, KITH_EUNSUP, "This server has no such list.");
    return irc_mode_list(i, r->address, mode, req);
}

/* /kickban nick [reason] */
static int run_kickban(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    int at;
    if (!irc_online(i))
        return KITH_EOFFLINE;
    const struct irc_room *r = room_of(i, chat, argc, argv, &at);
    if (!r)
        return not_in(i, req);
    if (at >= argc)
        return KITH_EINVAL;
    char *reason = rest_of(argc, argv, at + 1);
    int rc = irc_op_remove(i, r->address, argv[at], KITH_LEAVE_BAN, reason, req);
    str_take(&reason, NULL);
    return rc;
}

/* ---- people ---- */

static int run_who(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    const char *target = argc > 1 ? argv[1] : chat;
    if (str_empty(target))
        return KITH_EINVAL;
    const struct irc_room *r = irc_room(i, target);
    return irc_who(i, r ? r->name : target, req);
}

/* /monitor [add|remove nick ...] */
static int run_monitor(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    if (!irc_online(i))
        return KITH_EOFFLINE;
    bool on = argc > 1 && (str_eq(argv[1], "add") || str_eq(argv[1], "+"));
    bool off = argc > 1 && (str_eq(argv[1], "remove") || str_eq(argv[1], "-"));
    if (argc == 1 || str_eq(argv[1], "list")) {
        irc_friends_list(i, req);
        return KITH_OK;
    }
    if ((!on && !off) || argc < 3)
        return refuse(i, req, KITH_EINVAL, "Usage: /monitor list, /monitor add nick, /monitor remove nick");
    int rc = KITH_OK;
    for (int k = 2; k < argc && rc >= 0; k++)
        rc = on ? irc_op_friend_add(i, argv[k], NULL, 0) : irc_op_friend_remove(i, argv[k], 0);
    if (rc >= 0)
        irc_reply(i, req, KITH_OK, NULL);
    return rc;
}

/* ---- lines as they are ---- */

static int run_quote(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    if (!irc_online(i))
        return KITH_EOFFLINE;
    char *line = rest_of(argc, argv, 1);
    bool ok = *line && irc_raw(i, line);
    str_take(&line, NULL);
    if (ok)
        irc_reply(i, req, KITH_OK, NULL);
    return ok ? KITH_OK : KITH_EINVAL;
}

static int run_ctcp(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (argc < 3 || !irc_name_ok(argv[1]))
        return KITH_EINVAL;
    char *words = rest_of(argc, argv, 2), *body = xasprintf("\001%s\001", words);
    bool ok = irc_say(i, PRIO_USER, "PRIVMSG", argv[1], body, NULL);
    str_take(&words, NULL);
    str_take(&body, NULL);
    if (ok)
        irc_reply(i, req, KITH_OK, NULL);
    return ok ? KITH_OK : KITH_EINVAL;
}

#define CMD(where, name, args, help) {sizeof(struct kith_command), where, #name, args, help, run_##name}
const struct kith_command irc_commands[IRC_COMMANDS] = {
    CMD(KITH_IN_ANY, quote, "line", "Send a line to the IRC server as it is."),
    CMD(KITH_IN_ANY, ctcp, "nick VERSION|PING|TIME|CLIENTINFO",
        "Ask somebody's client: VERSION, PING, TIME or CLIENTINFO."),
    CMD(KITH_IN_ANY, op, "[nick...]", "Make people operators of the channel; nobody named: yourself."),
    CMD(KITH_IN_ANY, deop, "[nick...]", "Take the standing of an operator from people; nobody named: from yourself."),
    CMD(KITH_IN_ANY, halfop, "[nick...]", "Make people half-operators, where the server has such."),
    CMD(KITH_IN_ANY, dehalfop, "[nick...]", "Take the standing of a half-operator from people."),
    CMD(KITH_IN_ANY, voice, "[nick...]", "Give people voice: they may speak in a moderated channel."),
    CMD(KITH_IN_ANY, devoice, "[nick...]", "Take voice from people."),
    CMD(KITH_IN_ANY, mode, "[room] [modes] [words...]",
        "Show or change the modes of the channel, or outside of channels your own."),
    CMD(KITH_IN_ANY, kickban, "nick [reason]", "Ban somebody by what is known of them, and remove them."),
    CMD(KITH_IN_ANY, unban, "[nick...]",
        "Lift bans: a mask, or whatever in the list fits a nick; nobody named: list the bans."),
    CMD(KITH_IN_ANY, bans, "bans|exceptions|invitations|quiets", "List the bans of the channel, or another of its lists."),
    CMD(KITH_IN_ANY, except, "[nick...]", "Exempt people or masks from bans; nobody named: list them."),
    CMD(KITH_IN_ANY, unexcept, "[nick...]", "End exemptions from bans."),
    CMD(KITH_IN_ANY, invex, "[nick...]", "Let people or masks in without an invitation; nobody named: list them."),
    CMD(KITH_IN_ANY, uninvex, "[nick...]", "End standing invitations."),
    CMD(KITH_IN_ANY, quiet, "[nick...]", "Silence people or masks, where the server can; nobody named: list them."),
    CMD(KITH_IN_ANY, unquiet, "[nick...]", "Let the silenced speak again."),
    CMD(KITH_IN_ANY, who, "[nick]", "List the people of the channel, or those a mask fits: host, account, away, real name."),
    CMD(KITH_IN_ANY, monitor, "list|add|remove [nick...]", "List the friends whose coming and going is watched, or change them."),
    {sizeof irc_commands[0], KITH_IN_ANY, "network", "list|add|change|password|remove|connect|disconnect [name] [host] [key=value...]",
     "Networks of a bouncer (soju): which there are, and changing them.", irc_run_network},
    {sizeof irc_commands[0], KITH_IN_ANY, "register", "[e-mail]", "Make an account on the server; the password is asked for.",
     irc_run_register},
    {sizeof irc_commands[0], KITH_IN_ANY, "verify", "code [account]", "Send the code by which the server verifies a new account.",
     irc_run_verify},
};

int irc_op_normalize(struct irc *i, const char *in, kith_req req)
{
    if (!irc_name_ok(in))
        return KITH_EINVAL;
    char *address = irc_address(i, in);
    irc_reply(i, req, KITH_OK, address);
    str_take(&address, NULL);
    return KITH_OK;
}

int irc_op_answer(struct irc *i, uint64_t ask, const struct kith_answer *a)
{
    return irc_form_answer(i, ask, a) ? KITH_OK : irc_invite_answer(i, ask, a);
}
