/* config/options_program.c - options of the program itself: ending, log */
#include "config/internal.h"

const struct option options_program[] = {
    {"quit.ask", OPTION_BOOL, "true", 0, 0, NULL,
     "Asks before /quit while messages wait to be sent.", 0, NULL},
    {"log.level", OPTION_CHOICE, "warn", 0, 0, "debug|info|warn|error|off",
     "What goes to kith.log; KITH_LOG=debug in the environment wins.", 0, NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
