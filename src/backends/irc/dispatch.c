/* backends/irc/dispatch.c - which function a line of the server is for: numerics by an array, words by a switch */
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/handlers.h"

static irc_handler *const numerics[1000] = {
    [1] = irc_on_welcome,
    [2] = irc_on_ignored, [3] = irc_on_ignored, [4] = irc_on_ignored,
    [5] = irc_on_isupport, [105] = irc_on_isupport,
    [254] = irc_on_channel_count, [263] = irc_on_list_cut,
    [321] = irc_on_ignored, [322] = irc_on_list_row, [323] = irc_on_list_end, [416] = irc_on_list_cut,
    [221] = irc_on_own_modes_are, [302] = irc_on_userhost,
    [315] = irc_on_who_end, [352] = irc_on_who, [354] = irc_on_whox,
    [324] = irc_on_modes_are, [329] = irc_on_created, [341] = irc_on_inviting,
    [346] = irc_on_bans_entry, [348] = irc_on_bans_entry, [367] = irc_on_bans_entry, [728] = irc_on_bans_entry,
    [347] = irc_on_bans_end, [349] = irc_on_bans_end, [368] = irc_on_bans_end, [729] = irc_on_bans_end,
    [301] = irc_on_away_reply, [305] = irc_on_unaway, [306] = irc_on_now_away,
    [307] = irc_on_whois, [310] = irc_on_whois, [311] = irc_on_whois, [312] = irc_on_whois, [313] = irc_on_whois,
    [317] = irc_on_whois, [319] = irc_on_whois, [320] = irc_on_whois, [330] = irc_on_whois, [335] = irc_on_whois,
    [338] = irc_on_whois, [276] = irc_on_whois, [378] = irc_on_whois, [379] = irc_on_whois, [671] = irc_on_whois,
    [318] = irc_on_whois_end,
    [250] = irc_on_counts, [251] = irc_on_counts, [252] = irc_on_counts, [253] = irc_on_counts,
    [255] = irc_on_counts, [265] = irc_on_counts, [266] = irc_on_counts,
    [331] = irc_on_no_topic, [332] = irc_on_topic_is, [333] = irc_on_topic_who,
    [353] = irc_on_names, [366] = irc_on_names_end,
    [372] = irc_on_ignored, [375] = irc_on_ignored, [376] = irc_on_motd_end, [422] = irc_on_motd_end,
    [396] = irc_on_own_host,
    [401] = irc_on_no_such_nick, [402] = irc_on_no_such_nick,
    [403] = irc_on_join_refused, [405] = irc_on_join_refused, [437] = irc_on_nick_taken,
    [471] = irc_on_join_refused, [473] = irc_on_join_refused, [474] = irc_on_join_refused,
    [475] = irc_on_join_refused, [476] = irc_on_join_refused, [477] = irc_on_join_refused,
    [485] = irc_on_join_refused, [489] = irc_on_join_refused, [520] = irc_on_join_refused,
    [470] = irc_on_forward,
    [431] = irc_on_nick_wrong, [432] = irc_on_nick_wrong, [433] = irc_on_nick_taken, [436] = irc_on_nick_taken,
    [451] = irc_on_not_registered, [465] = irc_on_banned,
    [730] = irc_on_monitor_online, [731] = irc_on_monitor_offline, [732] = irc_on_ignored, [733] = irc_on_ignored,
    [734] = irc_on_monitor_full,
    [900] = irc_on_logged_in, [901] = irc_on_logged_out, [903] = irc_on_sasl_done, [907] = irc_on_sasl_done,
    [902] = irc_on_sasl_failed, [904] = irc_on_sasl_failed, [905] = irc_on_sasl_failed, [906] = irc_on_sasl_failed,
    [908] = irc_on_sasl_mechs,
};

/* The first eight letters of a word as a number. */
#define W8(a, b, c, d, e, f, g, h)                                                                                   \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 | (uint64_t)(e) << 32 |          \
     (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
#define W4(a, b, c, d) W8(a, b, c, d, 0, 0, 0, 0)
#define W6(a, b, c, d, e, f) W8(a, b, c, d, e, f, 0, 0)

static uint64_t word_of(const char *cmd)
{
    uint64_t w = 0;
    for (int n = 0; n < 8 && cmd[n]; n++)
        w |= (uint64_t)(unsigned char)cmd[n] << (8 * n);
    return w;
}

static irc_handler *whole(const char *cmd, const char *name, irc_handler *fn)
{
    return strcmp(cmd, name) == 0 ? fn : NULL;
}

static irc_handler *of_word(const char *cmd)
{
    switch (word_of(cmd)) {
    case W8('P', 'R', 'I', 'V', 'M', 'S', 'G', 0):
        return irc_on_message;
    case W6('N', 'O', 'T', 'I', 'C', 'E'):
        return irc_on_message;
    case W6('T', 'A', 'G', 'M', 'S', 'G'):
        return irc_on_tagmsg;
    case W6('R', 'E', 'D', 'A', 'C', 'T'):
        return irc_on_redact;
    case W8('B', 'A', 'T', 'C', 'H', 0, 0, 0):
        return irc_on_batch;
    case W4('P', 'I', 'N', 'G'):
        return irc_on_ping;
    case W4('P', 'O', 'N', 'G'):
        return irc_on_pong;
    case W4('J', 'O', 'I', 'N'):
        return irc_on_join;
    case W4('P', 'A', 'R', 'T'):
        return irc_on_part;
    case W4('Q', 'U', 'I', 'T'):
        return irc_on_quit;
    case W4('K', 'I', 'C', 'K'):
        return irc_on_kick;
    case W4('N', 'I', 'C', 'K'):
        return irc_on_nick;
    case W4('M', 'O', 'D', 'E'):
        return irc_on_mode;
    case W8('T', 'O', 'P', 'I', 'C', 0, 0, 0):
        return irc_on_topic;
    case W4('A', 'W', 'A', 'Y'):
        return irc_on_away;
    case W8('A', 'C', 'C', 'O', 'U', 'N', 'T', 0):
        return irc_on_account;
    case W8('C', 'H', 'G', 'H', 'O', 'S', 'T', 0):
        return irc_on_chghost;
    case W8('S', 'E', 'T', 'N', 'A', 'M', 'E', 0):
        return irc_on_setname;
    case W6('R', 'E', 'N', 'A', 'M', 'E'):
        return irc_on_rename;
    case W6('I', 'N', 'V', 'I', 'T', 'E'):
        return irc_on_invite;
    case W4('C', 'A', 'P', 0):
        return irc_on_cap;
    case W8('A', 'U', 'T', 'H', 'E', 'N', 'T', 'I'):
        return whole(cmd, "AUTHENTICATE", irc_on_authenticate);
    case W8('E', 'R', 'R', 'O', 'R', 0, 0, 0):
        return irc_on_error_line;
    case W4('F', 'A', 'I', 'L'):
        return irc_on_fail;
    case W4('W', 'A', 'R', 'N'):
        return irc_on_warn;
    case W4('N', 'O', 'T', 'E'):
        return irc_on_note;
    case W4('A', 'C', 'K', 0):
        return irc_on_ack;
    case W8('M', 'A', 'R', 'K', 'R', 'E', 'A', 'D'):
        return irc_on_markread;
    case W8('C', 'H', 'A', 'T', 'H', 'I', 'S', 'T'):
        return whole(cmd, "CHATHISTORY", irc_on_chathistory);
    case W8('B', 'O', 'U', 'N', 'C', 'E', 'R', 0):
        return irc_on_bouncer;
    case W8('R', 'E', 'G', 'I', 'S', 'T', 'E', 'R'):
        return whole(cmd, "REGISTER", irc_on_register);
    case W6('V', 'E', 'R', 'I', 'F', 'Y'):
        return irc_on_register;
    default:
        return NULL;
    }
}

/* Ends the line with words for people, that are shown where nothing can look like anything? */
static bool says_words(irc_handler *fn, const struct irc_line *l)
{
    bool lone = fn == irc_on_quit || fn == irc_on_away || fn == irc_on_setname || fn == irc_on_error_line;
    bool more = fn == irc_on_part || fn == irc_on_kick || fn == irc_on_topic || fn == irc_on_fail || fn == irc_on_warn ||
                fn == irc_on_note || l->numeric;
    return l->n > 0 && (lone || (more && l->n > 1));
}

void irc_dispatch(struct irc *i, const struct irc_line *l)
{
    irc_handler *fn = l->numeric ? numerics[l->numeric % 1000] : of_word(l->cmd);
    bool mode_error = (l->numeric >= 690 && l->numeric < 700) || l->numeric == 972 || l->numeric == 974; /* InspIRCd */
    if (!fn && ((l->numeric >= 400 && l->numeric < 600) || mode_error))
        fn = irc_on_error_numeric;
    else if (!fn && l->numeric)
        fn = irc_on_server_text;
    if (says_words(fn, l))
        irc_format_strip((char *)(uintptr_t)l->params[l->n - 1]); /* it lies in the line, which is ours to change */
    if (fn && !irc_played_back(i, l, fn))
        fn(i, l);
}
