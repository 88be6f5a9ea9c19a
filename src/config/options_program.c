/* config/options_program.c - options of the program itself: start, network, log */
#include "config/internal.h"

const struct option options_program[] = {
    {"autoconnect", OPTION_BOOL, "true", 0, 0, NULL,
     "Connects the accounts that say autoconnect when kith starts.", 0, NULL},
    {"quit.ask", OPTION_BOOL, "true", 0, 0, NULL,
     "Asks before /quit while messages wait to be sent.", 0, NULL},
    {"log.level", OPTION_CHOICE, "warn", 0, 0, "debug|info|warn|error|off",
     "What goes to kith.log.", 0, NULL},
    {"log.text", OPTION_BOOL, "false", 0, 0, NULL, "The log may hold the text of messages.", 0,
     NULL},
    {"plugins", OPTION_LIST, "", 0, 0, NULL,
     "Backends from your own library folder that may be loaded, by name.", OPTION_RESTART, NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
