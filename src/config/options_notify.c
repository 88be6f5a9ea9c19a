/* config/options_notify.c - options of bells and notices: notify.* */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"

/* "22:00" at p: minutes of the day, or -1. */
static int read_time(const char *p)
{
    static const char form[] = "dd:dd";
    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == ':' ? p[i] != ':' : p[i] < '0' || p[i] > '9')
            return -1;
    }
    int hour = (p[0] - '0') * 10 + p[1] - '0', minute = (p[3] - '0') * 10 + p[4] - '0';
    return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

/* "" or "22:00-07:00". */
static int check_quiet(const char *value, struct err *e)
{
    if (!*value || (strlen(value) == 11 && value[5] == '-' && read_time(value) >= 0 &&
                    read_time(value + 6) >= 0))
        return 0;
    return err_set(e, -1, "\"%.40s\" are no quiet hours; write them as 22:00-07:00", value);
}

/* Words; a pattern between slashes must be one. */
static int check_patterns(const char *value, struct err *e)
{
    char *copy = xstrdup(value), *rest = copy;
    int rc = 0;
    for (char *word; rc == 0 && (word = strsep(&rest, " "));) {
        size_t len = strlen(word);
        regex_t re;
        if (len < 3 || word[0] != '/' || word[len - 1] != '/')
            continue;
        word[len - 1] = '\0';
        int bad = regcomp(&re, word + 1, REG_EXTENDED | REG_ICASE | REG_NOSUB);
        char why[100];
        if (bad)
            (void)regerror(bad, &re, why, sizeof why);
        else
            regfree(&re);
        if (bad || strchr(word + 1, '\\')) /* references back take for ever on the wrong text */
            rc = err_set(e, -1, "\"/%.40s/\" is no pattern: %s", word + 1,
                         bad ? why : "backslashes are not taken; [.] stands for a dot");
    }
    free(copy);
    return rc;
}

#define WHAT "mention|private|keyword|room|file|all|off"

const struct option options_notify[] = {
    {"notify.bell", OPTION_LIST, "mention private keyword", 0, 0, WHAT, "What rings the bell.",
     OPTION_NOTIFY, NULL},
    {"notify.desktop", OPTION_LIST, "mention private keyword", 0, 0, WHAT,
     "What makes a notice on the desktop.", OPTION_NOTIFY, NULL},
    {"notify.osc", OPTION_CHOICE, "auto", 0, 0, "auto|off|9|99|777",
     "Notices by the terminal: which sequence it understands.", OPTION_NOTIFY, NULL},
    {"notify.dbus", OPTION_CHOICE, "auto", 0, 0, "auto|on|off",
     "Notices by the desktop; auto: not over SSH.", OPTION_NOTIFY, NULL},
    {"notify.command", OPTION_STRING, "", 0, 0, NULL,
     "Program run for each notice with KITH_CHAT, KITH_SENDER and KITH_TEXT in its environment; of "
     "encrypted chats KITH_TEXT is empty, unless notify.encrypted is on.",
     OPTION_NOTIFY, NULL},
    {"notify.text", OPTION_BOOL, "false", 0, 0, NULL, "Notices show the words, not only who wrote.",
     OPTION_NOTIFY, NULL},
    {"notify.encrypted", OPTION_BOOL, "false", 0, 0, NULL,
     "Notices of end-to-end encrypted chats have the words, too (with notify.text), and notify.command gets them: "
     "programs of the desktop, and whoever looks at a locked screen, read them then.",
     OPTION_NOTIFY, NULL},
    {"notify.hooks", OPTION_BOOL, "false", 0, 0, NULL,
     "Hooks get what end-to-end encrypted messages say, too: $text, $url, $file and /pipe give it to the programs they run.", 0,
     NULL},
    {"notify.quiet", OPTION_STRING, "", 0, 0, NULL,
     "Hours without bell and notices, as 22:00-07:00.", OPTION_NOTIFY, check_quiet},
    {"notify.highlight", OPTION_LIST, "", 0, 0, NULL,
     "Words that count as a mention of you: word, wor*, *ord, or /pattern/ (an extended regular "
     "expression); case does not matter.",
     OPTION_NOTIFY, check_patterns},
    {"notify.keywords", OPTION_LIST, "", 0, 0, NULL,
     "Words, written likewise, for which a message in a room makes a notice and goes to the inbox.",
     OPTION_NOTIFY, check_patterns},
    {"notify.focused", OPTION_BOOL, "false", 0, 0, NULL,
     "Notices also while the terminal has the focus and the chat is on the screen.", OPTION_NOTIFY,
     NULL},
    {"notify.bots", OPTION_BOOL, "true", 0, 0, NULL,
     "What bots write in rooms rings and makes notices like what people write.", OPTION_NOTIFY,
     NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
