/* backends/irc/isupport.c - what a server says of itself: ISUPPORT (005), with negation, changes at any time, defaults */
#include "backends/irc/isupport.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static void set_prefix(struct irc_isupport *s, const char *modes, const char *signs)
{
    str_copy(s->prefix_modes, sizeof s->prefix_modes, modes);
    str_copy(s->prefix_signs, sizeof s->prefix_signs, signs);
}

static void set_chanmodes(struct irc_isupport *s, const char *value)
{
    char *copy = xstrdup(value), *rest = copy;

    for (int i = 0; i < 4; i++) { /* further groups are for later specifications */
        const char *group = rest != NULL ? strsep(&rest, ",") : NULL;

        str_set(&s->chanmodes[i], group != NULL ? group : "");
    }
    free(copy);
}

void irc_isupport_init(struct irc_isupport *s)
{
    *s = (struct irc_isupport){.casemap = IRC_CASE_RFC1459, .modes = 3, .linelen = 512, .targmax_privmsg = 1};
    set_prefix(s, "ov", "@+");
    set_chanmodes(s, "beI,k,l,imnpst");
    str_copy(s->chantypes, sizeof s->chantypes, "#&");
}

void irc_isupport_free(struct irc_isupport *s)
{
    map_free(&s->tokens, free);
    for (int i = 0; i < 4; i++)
        free(s->chanmodes[i]);
    *s = (struct irc_isupport){0};
}

/* ---- values ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "\x20" and its like; owned. A zero byte is left as it was written. */
static char *unescape(const char *value)
{
    struct buf b = {0};

    for (; *value != '\0'; value++) {
        int high = value[0] == '\\' && value[1] == 'x' ? hex(value[2]) : -1, low = high >= 0 ? hex(value[3]) : -1;

        if (low >= 0 && (high > 0 || low > 0)) {
            buf_addc(&b, (char)(high * 16 + low));
            value += 3;
        } else {
            buf_addc(&b, *value);
        }
    }
    return buf_take(&b);
}

/* A number in [min, max], else what was before. */
static void set_number(int *field, const char *value, int min, int max)
{
    int64_t n;

    if (str_int(value, min, max, &n))
        *field = (int)n;
}

/* Signs and letters of modes are single bytes: what is no visible ASCII cannot be one. */
bool irc_is_mode(char c)
{
    return c > ' ' && c <= '~';
}

static bool all_signs(const char *s)
{
    while (irc_is_mode(*s))
        s++;
    return *s == '\0';
}

/* "(ov)@+"; an empty value: nobody has a rank. What does not fit together changes nothing. */
static bool take_prefix(struct irc_isupport *s, const char *value)
{
    const char *end = strchr(value, ')');
    char modes[IRC_PREFIXES_MAX + 1];
    size_t n;

    if (*value == '\0') {
        set_prefix(s, "", "");
        return true;
    }
    if (*value != '(' || end == NULL)
        return false;
    n = (size_t)(end - value - 1);
    if (n != strlen(end + 1) || n > IRC_PREFIXES_MAX || !all_signs(value))
        return false;
    memcpy(modes, value + 1, n);
    modes[n] = '\0';
    set_prefix(s, modes, end + 1);
    return true;
}

/* "JOIN:,PRIVMSG:4": how many targets a command may have. 0 = not said, no number = none that is less than 1000. */
static int targets_of(const char *targmax, const char *command)
{
    size_t len = strlen(command);
    for (const char *p = targmax; p != NULL; p = strchr(p, ',')) {
        int64_t n;
        char number[8] = "";

        p += *p == ',';
        if (strncmp(p, command, len) != 0 || p[len] != ':')
            continue;
        memcpy(number, p + len + 1, MIN(strcspn(p + len + 1, ","), sizeof number - 1));
        return str_int(number, 1, 1000, &n) ? (int)n : 1000;
    }
    return 0;
}

/* Where there is no TARGMAX, MAXTARGETS is for all commands; InspIRCd drops what is over it without a word. */
static void take_targets(struct irc_isupport *s)
{
    const char *targmax = irc_isupport_get(s, "TARGMAX"), *most = irc_isupport_get(s, "MAXTARGETS");
    int64_t n;

    s->targmax_privmsg = MAX(targets_of(targmax, "PRIVMSG"), 1);
    s->targmax_join = targets_of(targmax, "JOIN");
    if (targmax == NULL && most != NULL && str_int(most, 1, 1000, &n))
        s->targmax_join = (int)n;
}

static void take_msgrefs(struct irc_isupport *s, const char *value)
{
    s->msgid_refs = strstr(value, "msgid") != NULL;
}

/* ---- tokens ---- */

static void take_mode_letter(char *field, const char *value, char fallback)
{
    *field = irc_is_mode(*value) ? *value : fallback;
}

static unsigned take_word(struct irc_isupport *s, const char *name, const char *v, bool on)
{
    static const struct { const char *name; size_t at; int fallback, min, max; } numbers[] = {
        {"LINELEN", offsetof(struct irc_isupport, linelen), 512, 512, 65536},
        {"NICKLEN", offsetof(struct irc_isupport, nicklen), 0, 1, 1024},
        {"TOPICLEN", offsetof(struct irc_isupport, topiclen), 0, 1, 65536},
        {"KICKLEN", offsetof(struct irc_isupport, kicklen), 0, 1, 65536},
        {"AWAYLEN", offsetof(struct irc_isupport, awaylen), 0, 1, 65536},
        {"CHANNELLEN", offsetof(struct irc_isupport, chanlen), 0, 1, 1024},
        {"USERLEN", offsetof(struct irc_isupport, userlen), 0, 1, 1024},
        {"HOSTLEN", offsetof(struct irc_isupport, hostlen), 0, 1, 1024},
    };
    static const struct { const char *name; size_t at; } flags[] = {
        {"WHOX", offsetof(struct irc_isupport, whox)}, {"UTF8ONLY", offsetof(struct irc_isupport, utf8only)},
        {"SAFERATE", offsetof(struct irc_isupport, saferate)}, {"ACCOUNTEXTBAN", offsetof(struct irc_isupport, account_extban)}};

    for (size_t i = 0; i < COUNT(numbers); i++)
        if (str_eq(name, numbers[i].name)) {
            int *field = (int *)(void *)((char *)s + numbers[i].at);

            if (on)
                set_number(field, v, numbers[i].min, numbers[i].max);
            else
                *field = numbers[i].fallback;
            return 0;
        }
    for (size_t i = 0; i < COUNT(flags); i++)
        if (str_eq(name, flags[i].name))
            *(bool *)(void *)((char *)s + flags[i].at) = on;
    return 0;
}

static unsigned take_special(struct irc_isupport *s, const char *name, const char *v, bool on)
{
    if (str_eq(name, "CASEMAPPING")) {
        enum irc_casemap was = s->casemap;

        s->casemap = on ? irc_casemap_named(v) : IRC_CASE_RFC1459;
        return s->casemap != was ? IRC_ISUPPORT_CASEMAP : 0u;
    }
    if (str_eq(name, "PREFIX")) {
        if (!on)
            set_prefix(s, "ov", "@+");
        return !on || take_prefix(s, v) ? IRC_ISUPPORT_PREFIX : 0u;
    }
    if (str_eq(name, "CHANMODES"))
        set_chanmodes(s, on ? v : "beI,k,l,imnpst");
    else if (str_eq(name, "CHANTYPES"))
        str_copy(s->chantypes, sizeof s->chantypes, on ? v : "#&");
    else if (str_eq(name, "STATUSMSG"))
        str_copy(s->statusmsg, sizeof s->statusmsg, on ? v : "");
    else if (str_eq(name, "MODES"))
        s->modes = !on ? 3 : 0;
    else if (str_eq(name, "MONITOR"))
        s->monitor = on ? -1 : 0;
    else if (str_eq(name, "CHATHISTORY") || str_eq(name, "draft/CHATHISTORY"))
        s->history = on ? 1000 : 0;
    else if (str_eq(name, "MSGREFTYPES"))
        take_msgrefs(s, on ? v : "");
    else if (str_eq(name, "BOT"))
        take_mode_letter(&s->bot, on ? v : "", '\0');
    else if (str_eq(name, "EXCEPTS"))
        take_mode_letter(&s->excepts, on ? v : "", on ? 'e' : '\0');
    else if (str_eq(name, "INVEX"))
        take_mode_letter(&s->invex, on ? v : "", on ? 'I' : '\0');
    else
        return take_word(s, name, v, on);
    if (!on)
        return 0;
    if (str_eq(name, "MODES"))
        set_number(&s->modes, v, 1, 100);
    else if (str_eq(name, "MONITOR"))
        set_number(&s->monitor, v, 1, 100000);
    else if (str_eq(name, "CHATHISTORY") || str_eq(name, "draft/CHATHISTORY"))
        set_number(&s->history, v, 1, 10000);
    return 0;
}

unsigned irc_isupport_token(struct irc_isupport *s, const char *token)
{
    bool on = *token != '-';
    char *name = xstrdup(on ? token : token + 1), *eq = strchr(name, '='), *value;
    unsigned changed = 0;

    if (eq != NULL)
        *eq++ = '\0';
    value = unescape(eq != NULL ? eq : "");
    if (*name != '\0' && strlen(name) < 64) {
        if (!on)
            free(map_del(&s->tokens, name));
        else if (s->tokens.n < IRC_ISUPPORT_TOKENS || map_get(&s->tokens, name) != NULL)
            free(map_set(&s->tokens, name, xstrdup(value)));
        changed = take_special(s, name, value, on);
        if (str_eq(name, "TARGMAX") || str_eq(name, "MAXTARGETS"))
            take_targets(s);
    }
    free(value);
    free(name);
    return changed;
}

const char *irc_isupport_get(const struct irc_isupport *s, const char *name)
{
    return map_get(&s->tokens, name);
}

bool irc_is_channel(const struct irc_isupport *s, const char *name)
{
    return *name != '\0' && strchr(s->chantypes, *name) != NULL;
}

const char *irc_bare_target(const struct irc_isupport *s, const char *name)
{
    const char *p = name;

    while (*p != '\0' && strchr(s->statusmsg, *p) != NULL && !irc_is_channel(s, p))
        p++;
    return irc_is_channel(s, p) ? p : name;
}

static int rank(const char *list, char c)
{
    const char *at = c != '\0' ? strchr(list, c) : NULL;

    return at != NULL ? (int)(at - list) : -1;
}

int irc_prefix_rank(const struct irc_isupport *s, char sign)
{
    return rank(s->prefix_signs, sign);
}

int irc_prefix_mode_rank(const struct irc_isupport *s, char mode)
{
    return rank(s->prefix_modes, mode);
}

/* ---- MODE ---- */

static enum irc_mode_kind kind_of(const struct irc_isupport *s, char mode, bool on, bool *needs)
{
    *needs = true;
    if (irc_prefix_mode_rank(s, mode) >= 0)
        return IRC_MODE_PREFIX;
    if (strchr(s->chanmodes[0], mode) != NULL)
        return IRC_MODE_LIST;
    if (strchr(s->chanmodes[1], mode) != NULL)
        return IRC_MODE_PARAM;
    *needs = on && strchr(s->chanmodes[2], mode) != NULL;
    return strchr(s->chanmodes[2], mode) != NULL ? IRC_MODE_PARAM : IRC_MODE_FLAG;
}

int irc_mode_parse(const struct irc_isupport *s, const char *const *args, int n, struct irc_mode_change out[IRC_MODE_CHANGES])
{
    bool on = true;
    int n_out = 0, next = 1;

    for (const char *c = n > 0 ? args[0] : ""; *c != '\0' && n_out < IRC_MODE_CHANGES; c++) {
        struct irc_mode_change one = {.mode = *c};
        bool needs;

        if (*c == '+' || *c == '-') {
            on = *c == '+';
            continue;
        }
        if (!irc_is_mode(*c))
            continue;
        one.on = on;
        one.kind = kind_of(s, *c, on, &needs);
        if (needs && next < n)
            one.arg = args[next++];
        else if (needs && one.kind != IRC_MODE_LIST)
            continue;
        out[n_out++] = one;
    }
    return n_out;
}
