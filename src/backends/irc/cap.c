/* backends/irc/cap.c - capabilities: only those we know are asked for, with what they need, and one by one when refused */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "base/mem.h"

enum { REQ_BYTES = 400, NAME_MAX_BYTES = 64 };

static const struct {
    enum irc_cap cap;
    const char *name;
    enum irc_cap needs; /* CAP_COUNT = nothing */
} table[] = { /* several names of one: the first that is offered is asked for */
    {CAP_SASL, "sasl", CAP_COUNT},
    {CAP_NOTIFY, "cap-notify", CAP_COUNT},
    {CAP_TAGS, "message-tags", CAP_COUNT},
    {CAP_TIME, "server-time", CAP_COUNT},
    {CAP_BATCH, "batch", CAP_COUNT},
    {CAP_LABEL, "labeled-response", CAP_BATCH},
    {CAP_ECHO, "echo-message", CAP_COUNT},
    {CAP_ACCOUNT_NOTIFY, "account-notify", CAP_COUNT},
    {CAP_ACCOUNT_TAG, "account-tag", CAP_COUNT},
    {CAP_EXTENDED_JOIN, "extended-join", CAP_COUNT},
    {CAP_AWAY_NOTIFY, "away-notify", CAP_COUNT},
    {CAP_CHGHOST, "chghost", CAP_COUNT},
    {CAP_SETNAME, "setname", CAP_COUNT},
    {CAP_MULTI_PREFIX, "multi-prefix", CAP_COUNT},
    {CAP_USERHOST, "userhost-in-names", CAP_COUNT},
    {CAP_INVITE_NOTIFY, "invite-notify", CAP_COUNT},
    {CAP_REPLIES, "standard-replies", CAP_COUNT},
    {CAP_MONITOR, "extended-monitor", CAP_COUNT},
    {CAP_NO_NAMES, "no-implicit-names", CAP_COUNT},
    {CAP_NO_NAMES, "draft/no-implicit-names", CAP_COUNT},
    {CAP_NO_NAMES, "soju.im/no-implicit-names", CAP_COUNT},
    {CAP_HISTORY, "chathistory", CAP_BATCH},
    {CAP_HISTORY, "draft/chathistory", CAP_BATCH},
    {CAP_PLAYBACK, "event-playback", CAP_HISTORY},
    {CAP_PLAYBACK, "draft/event-playback", CAP_HISTORY},
    {CAP_READ, "read-marker", CAP_COUNT},
    {CAP_READ, "draft/read-marker", CAP_COUNT},
    {CAP_MULTILINE, "multiline", CAP_BATCH},
    {CAP_MULTILINE, "draft/multiline", CAP_BATCH},
    {CAP_REDACT, "message-redaction", CAP_TAGS},
    {CAP_REDACT, "draft/message-redaction", CAP_TAGS},
    {CAP_RENAME, "channel-rename", CAP_COUNT},
    {CAP_RENAME, "draft/channel-rename", CAP_COUNT},
    {CAP_PRE_AWAY, "pre-away", CAP_COUNT},
    {CAP_PRE_AWAY, "draft/pre-away", CAP_COUNT},
    {CAP_REGISTER, "account-registration", CAP_COUNT},
    {CAP_REGISTER, "draft/account-registration", CAP_COUNT},
    {CAP_ISUPPORT, "extended-isupport", CAP_BATCH},
    {CAP_ISUPPORT, "draft/extended-isupport", CAP_BATCH},
    {CAP_BOUNCER, "soju.im/bouncer-networks", CAP_BATCH},
    {CAP_BOUNCER_NOTIFY, "soju.im/bouncer-networks-notify", CAP_BOUNCER},
    {CAP_SELF, "znc.in/self-message", CAP_COUNT},
    {CAP_ZNC, "znc.in/playback", CAP_TIME},
};

bool irc_cap(const struct irc *i, enum irc_cap cap)
{
    return i->cap_on[cap];
}

static size_t row_of(const char *name)
{
    size_t n = 0;
    while (n < COUNT(table) && strcmp(table[n].name, name) != 0)
        n++;
    return n;
}

/* The name under which the server offers it, or NULL. */
static const char *offered(const struct irc *i, enum irc_cap cap)
{
    for (size_t n = 0; n < COUNT(table); n++) {
        if (table[n].cap == cap && map_get(&i->caps, table[n].name))
            return table[n].name;
    }
    return NULL;
}

const char *irc_cap_value(const struct irc *i, enum irc_cap cap)
{
    const char *name = offered(i, cap);
    return name ? map_get(&i->caps, name) : NULL;
}

void irc_cap_reset(struct irc *i)
{
    map_free(&i->caps, free);
    memset(i->cap_on, 0, sizeof i->cap_on);
    i->caps_bytes = 0;
    i->cap_ls_done = i->cap_ended = i->cap_none = i->isupport_asked = false;
    i->cap_waiting = 0;
}

void irc_cap_begin(struct irc *i)
{
    irc_cap_reset(i);
    irc_say(i, PRIO_NOW, "CAP", "LS", "302", NULL);
}

void irc_cap_end(struct irc *i)
{
    if (i->cap_ended || i->phase != IRC_REGISTER || !i->cap_ls_done || i->cap_waiting > 0 || irc_sasl_busy(i) ||
        irc_enroll_holds(i) || irc_enroll_begin(i))
        return;
    if (irc_sasl_missing(i))
        return;
    i->cap_ended = true;
    if (irc_cap(i, CAP_PRE_AWAY) && i->away)
        irc_say(i, PRIO_NOW, "AWAY", i->away, NULL);
    if (irc_cap(i, CAP_BOUNCER) && irc_option(i, "bouncer_network"))
        irc_say(i, PRIO_NOW, "BOUNCER", "BIND", irc_option(i, "bouncer_network"), NULL);
    irc_say(i, PRIO_NOW, "CAP", "END", NULL);
}

/* ---- asking ---- */

/* By the option caps_off: "draft/multiline echo-message". */
static bool switched_off(const struct irc *i, const char *name)
{
    const char *off = irc_option(i, "caps_off");
    size_t len = strlen(name);
    for (const char *p = off; p && *p;) {
        size_t n = strcspn(p, ", ");
        if (n == len && strncmp(p, name, n) == 0)
            return true;
        p += n;
        p += strspn(p, ", ");
    }
    return false;
}

/* A login that the server has no way for is none of SASL's business. */
static bool wanted(const struct irc *i, size_t n)
{
    enum irc_cap cap = table[n].cap, needs = table[n].needs;
    if (i->cap_on[cap] || offered(i, cap) != table[n].name || switched_off(i, table[n].name))
        return false;
    if (needs != CAP_COUNT && !i->cap_on[needs] && !offered(i, needs))
        return false;
    if (cap == CAP_SASL)
        return irc_sasl_possible(i);
    if (cap == CAP_BOUNCER || cap == CAP_BOUNCER_NOTIFY)
        return true;
    return true;
}

static void request(struct irc *i, const char *names)
{
    if (irc_say(i, PRIO_NOW, "CAP", "REQ", names, NULL))
        i->cap_waiting++;
}

static void request_all(struct irc *i)
{
    struct buf b = {0};
    for (size_t n = 0; n < COUNT(table); n++) {
        if (!wanted(i, n))
            continue;
        if (b.len + strlen(table[n].name) + 1 > REQ_BYTES) {
            request(i, buf_str(&b));
            buf_clear(&b);
        }
        buf_addf(&b, "%s%s", b.len ? " " : "", table[n].name);
    }
    if (b.len)
        request(i, buf_str(&b));
    buf_free(&b);
}

/* ---- answers ---- */

typedef void each_fn(struct irc *i, char *name);

static void each(struct irc *i, const char *list, each_fn *fn)
{
    char *copy = xstrdup(list), *rest = copy, *one;
    while ((one = strsep(&rest, " ")))
        if (*one)
            fn(i, one);
    free(copy);
}

static void add_offer(struct irc *i, char *name)
{
    char *value = strchr(name, '=');
    i->caps_bytes += strlen(name) + 1;
    if (i->caps_bytes > IRC_CAPS_BYTES)
        return;
    if (value)
        *value++ = '\0';
    if (strcmp(name, "sts") == 0) {
        irc_sts_value(i, value ? value : "");
        return;
    }
    if (row_of(name) < COUNT(table))
        free(map_set(&i->caps, name, xstrdup(value ? value : "")));
}

static void switched(struct irc *i, char *name)
{
    bool on = name[0] != '-';
    size_t n = row_of(on ? name : name + 1);
    if (n == COUNT(table))
        return;
    i->cap_on[table[n].cap] = on;
    i->sasl_came = i->sasl_came || (on && table[n].cap == CAP_SASL);
}

static void gone(struct irc *i, char *name)
{
    size_t n = row_of(name); /* sts is not in the table: taking it back means nothing */
    if (n == COUNT(table))
        return;
    free(map_del(&i->caps, name));
    i->cap_on[table[n].cap] = false;
}

static void ask_again(struct irc *i, char *name)
{
    if (row_of(name) < COUNT(table))
        request(i, name);
}

static void refused(struct irc *i, const char *list)
{
    char *one = xstrndup(list, strcspn(list, " "));
    const char *rest = list + strlen(one);
    if (rest[strspn(rest, " ")])
        each(i, list, ask_again); /* all were refused for one of them */
    else
        free(map_del(&i->caps, one)); /* as if it were not offered */
    free(one);
}

static void settled(struct irc *i)
{
    if (i->cap_waiting > 0 || !i->cap_ls_done)
        return;
    if (i->phase == IRC_ONLINE)
        irc_send_caps(i);
    if (i->phase == IRC_REGISTER && irc_cap(i, CAP_ISUPPORT) && !i->isupport_asked) {
        i->isupport_asked = true; /* names are compared rightly from the first line on */
        irc_isupport_forget(i);
        irc_say(i, PRIO_NOW, "ISUPPORT", NULL);
    }
    bool late = i->phase == IRC_ONLINE && i->sasl_came; /* services came back */
    i->sasl_came = false;
    if (irc_cap(i, CAP_SASL) && !i->account && (!i->login_done || late) && irc_sasl_begin(i))
        return;
    if (i->phase == IRC_REGISTER)
        irc_cap_end(i);
}

static void listed(struct irc *i, bool more)
{
    if (more || i->ending)
        return;
    i->cap_ls_done = true;
    if (i->pass_kept) {
        irc_pass_kept(i);
        return;
    }
    request_all(i);
    settled(i);
}

void irc_on_cap(struct irc *i, const struct irc_line *l)
{
    const char *what = irc_param(l, 1), *list = l->n > 2 ? l->params[l->n - 1] : "";
    bool more = l->n > 3 && strcmp(irc_param(l, 2), "*") == 0;
    if (str_casecmp_ascii(what, "LS") == 0) {
        each(i, list, add_offer);
        if (!i->cap_ls_done)
            listed(i, more);
    } else if (str_casecmp_ascii(what, "NEW") == 0) {
        each(i, list, add_offer);
        request_all(i);
    } else if (str_casecmp_ascii(what, "DEL") == 0) {
        each(i, list, gone);
        irc_send_caps(i);
    } else if (str_casecmp_ascii(what, "ACK") == 0) {
        each(i, list, switched);
        i->cap_waiting = MAX(0, i->cap_waiting - 1);
        settled(i);
    } else if (str_casecmp_ascii(what, "NAK") == 0) {
        i->cap_waiting = MAX(0, i->cap_waiting - 1);
        refused(i, list);
        settled(i);
    }
}
