/* backends/irc/mode_ops.c - modes changed by us: standing in a channel, bans by what is known of somebody */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/ops.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

enum { MODES_A_LINE = 12, LINE_BYTES = 400 };

/* ---- plain commands ---- */

struct irc_query *irc_plain_query(struct irc *i, enum irc_ask ask, const char *target, kith_req req)
{
    return irc_query_new(i, ask, target, req);
}

void irc_plain_sent(struct irc *i, struct irc_query *q, bool ok)
{
    bool labelled = irc_cap(i, CAP_LABEL) && irc_cap(i, CAP_BATCH);
    if (!ok)
        irc_query_end(i, q, KITH_EINVAL, "That cannot be sent to a server.");
    else if (!labelled) { /* an error is told in the channel; that nothing was wrong nobody would tell */
        irc_reply(i, q->req, KITH_OK, NULL);
        q->req = 0;
    }
}

/* ---- masks ---- */

bool irc_is_mask(const char *word)
{
    return strpbrk(word, "!@*?$~:") != NULL;
}

/* "$a:", "~account:": how a ban by account begins here (IRCv3 account-extban, else the letter a of EXTBAN); owned, NULL:
 * the server has none. */
static char *account_ban(const struct irc *i)
{
    const char *ext = irc_isupport_get(&i->is, "EXTBAN"), *named = irc_isupport_get(&i->is, "ACCOUNTEXTBAN");
    const char *comma = ext ? strchr(ext, ',') : NULL;
    if (!comma || comma - ext > 1)
        return NULL;
    int sign = (int)(comma - ext);
    if (!str_empty(named))
        return xasprintf("%.*s%.*s:", sign, ext, (int)strcspn(named, ","), named);
    return sign && strchr("$~", ext[0]) && strchr(comma, 'a') ? xasprintf("%ca:", ext[0]) : NULL;
}

static char *mask_by_account(const struct irc *i, const struct irc_user *u)
{
    char *begin = u && !str_empty(u->account) ? account_ban(i) : NULL;
    char *mask = begin ? xasprintf("%s%s", begin, u->account) : NULL;
    free(begin);
    return mask;
}

char *irc_mask_of(const struct irc *i, const char *who)
{
    const char *by = irc_option(i, "ban_mask");
    const struct irc_user *u = irc_user(i, who);
    if (irc_is_mask(who))
        return xstrdup(who);
    char *mask = !str_eq(by, "host") && !str_eq(by, "nick") ? mask_by_account(i, u) : NULL;
    if (!mask && u && u->host && !str_eq(by, "nick"))
        mask = xasprintf("*!*@%s", u->host);
    return mask ? mask : xasprintf("%s!*@*", who);
}

/* ---- several at once ---- */

static bool put_modes(struct irc *i, struct irc_query *q, const char *room, bool on, char mode,
                      const char *const *names, int n)
{
    const char *params[MODES_A_LINE + 3] = {room};
    char letters[MODES_A_LINE + 2] = {on ? '+' : '-'};
    memset(letters + 1, mode, (size_t)n);
    params[1] = letters;
    memcpy(&params[2], names, (size_t)n * sizeof *names);
    return irc_put_line(i, PRIO_USER, q, NULL, "MODE", params, n + 2);
}

bool irc_mode_many(struct irc *i, const char *room, bool on, char mode, const char *const *names, int n, kith_req req)
{
    int most = i->is.modes > 0 ? MIN(i->is.modes, MODES_A_LINE) : MODES_A_LINE;
    struct irc_query *q = irc_plain_query(i, ASK_MODE, room, req);
    bool ok = n > 0;
    for (int at = 0, take; ok && at < n; at += take) {
        size_t bytes = 0;
        for (take = 0; take < most && at + take < n; take++) {
            bytes += strlen(names[at + take]) + 1;
            if (take > 0 && bytes > LINE_BYTES)
                break;
        }
        bool last = at + take >= n; /* the answer to the last one is the answer to all */
        ok = put_modes(i, last ? q : NULL, room, on, mode, names + at, take);
    }
    irc_plain_sent(i, q, ok);
    return ok;
}

/* ---- operations of the host ---- */

int irc_op_invite(struct irc *i, const char *room, const char *who, kith_req req)
{
    const struct irc_room *r = irc_room(i, room);
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!r || !irc_name_ok(who))
        return KITH_EINVAL;
    struct irc_query *q = irc_plain_query(i, ASK_INVITE, room, req);
    irc_plain_sent(i, q, irc_ask(i, PRIO_USER, q, "INVITE", who, r->name, NULL));
    return KITH_OK;
}

static bool kick(struct irc *i, const struct irc_room *r, const char *who, const char *text, kith_req req)
{
    struct irc_query *q = irc_plain_query(i, ASK_KICK, r->address, req);
    bool ok = irc_name_ok(who) &&
              irc_ask(i, PRIO_USER, q, "KICK", r->name, who, str_empty(text) ? NULL : text, NULL);
    irc_plain_sent(i, q, ok);
    return ok;
}

/* "ann,bob": each of them, or the first MODES_A_LINE. Owned strings in out. */
static int split_names(const char *who, char *out[MODES_A_LINE])
{
    char *copy = xstrdup(who ? who : ""), *rest = copy, *one;
    int n = 0;
    while ((one = strsep(&rest, ", ")) && n < MODES_A_LINE) {
        if (*one)
            out[n++] = xstrdup(one);
    }
    free(copy);
    return n;
}

static void free_names(char **names, int n)
{
    for (int k = 0; k < n; k++)
        free(names[k]);
}

int irc_op_remove(struct irc *i, const char *room, const char *who, uint32_t how, const char *text, kith_req req)
{
    const struct irc_room *r = irc_room(i, room);
    char *names[MODES_A_LINE], *masks[MODES_A_LINE];
    if (!irc_online(i))
        return KITH_EOFFLINE;
    int n = r && r->joined ? split_names(who, names) : 0;
    if (n == 0)
        return KITH_EINVAL;
    bool ban = how == KITH_LEAVE_BAN;
    for (int k = 0; ban && k < n; k++)
        masks[k] = irc_mask_of(i, names[k]);
    if (ban)
        irc_mode_many(i, r->name, true, 'b', (const char *const *)masks, n, req);
    for (int k = 0; k < n; k++) {
        if (!ban || irc_member_of(i, r, names[k]))
            kick(i, r, names[k], text, ban || k < n - 1 ? 0 : req);
    }
    if (ban)
        free_names(masks, n);
    free_names(names, n);
    return KITH_OK;
}

static char letter_of(uint32_t role)
{
    switch (role) {
    case KITH_ROLE_OWNER:
        return 'q';
    case KITH_ROLE_ADMIN:
        return 'a';
    case KITH_ROLE_OP:
        return 'o';
    case KITH_ROLE_HALFOP:
        return 'h';
    case KITH_ROLE_VOICE:
        return 'v';
    default:
        return '\0';
    }
}

/* A plain member loses the highest of what they are. */
int irc_op_role(struct irc *i, const char *room, const char *who, uint32_t role, kith_req req)
{
    const struct irc_room *r = irc_room(i, room);
    const struct irc_member *m = r && irc_name_ok(who) ? irc_member_of(i, r, who) : NULL;
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!m)
        return KITH_ENOTFOUND;
    bool on = role > KITH_ROLE_MEMBER;
    char letter = letter_of(role);
    for (int k = 0; !on && !letter && i->is.prefix_modes[k]; k++)
        letter = m->ranks & (1u << k) ? i->is.prefix_modes[k] : '\0';
    if (!letter || irc_prefix_mode_rank(&i->is, letter) < 0)
        return on ? KITH_EUNSUP : KITH_EINVAL;
    irc_mode_many(i, r->name, on, letter, &who, 1, req);
    return KITH_OK;
}

int irc_op_affiliated(struct irc *i, const char *room, uint32_t role, kith_req req)
{
    return role == KITH_ROLE_NONE ? irc_mode_list(i, room, 'b', req) : KITH_EUNSUP;
}
