/* config/options_notify.c - options of bells and notices: notify.* */
#include <string.h>

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

#define WHAT "mention|private|room|file|all|off"

const struct option options_notify[] = {
    {"notify.bell", OPTION_LIST, "mention private", 0, 0, WHAT, "What rings the bell.",
     OPTION_NOTIFY, NULL},
    {"notify.desktop", OPTION_LIST, "mention private", 0, 0, WHAT,
     "What makes a notice on the desktop.", OPTION_NOTIFY, NULL},
    {"notify.osc", OPTION_CHOICE, "auto", 0, 0, "auto|off|9|99|777",
     "Notices by the terminal: which sequence it understands.", OPTION_NOTIFY, NULL},
    {"notify.dbus", OPTION_CHOICE, "auto", 0, 0, "auto|on|off",
     "Notices by the desktop; auto: not over SSH.", OPTION_NOTIFY, NULL},
    {"notify.command", OPTION_STRING, "", 0, 0, NULL,
     "Program run for each notice with KITH_CHAT, KITH_SENDER and KITH_TEXT in its environment.",
     OPTION_NOTIFY, NULL},
    {"notify.text", OPTION_BOOL, "false", 0, 0, NULL, "Notices show the words, not only who wrote.",
     OPTION_NOTIFY, NULL},
    {"notify.quiet", OPTION_STRING, "", 0, 0, NULL,
     "Hours without bell and notices, as 22:00-07:00.", OPTION_NOTIFY, check_quiet},
    {"notify.focused", OPTION_BOOL, "false", 0, 0, NULL,
     "Notices also while the terminal has the focus and the chat is on the screen.", OPTION_NOTIFY,
     NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
