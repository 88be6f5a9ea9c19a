/* config/options_chat.c - options of presence, files and what is told to others */
#include "config/internal.h"

const struct option options_chat[] = {
    {"presence.detached", OPTION_CHOICE, "none", 0, 0, "none|away|xa",
     "Status while no terminal is attached.", 0, NULL},
    {"privacy.typing", OPTION_CHOICE, "contacts", 0, 0, "contacts|all|off",
     "Who may see that you are typing: contacts, all (also rooms), or off.", 0, NULL},
    {"privacy.receipts", OPTION_CHOICE, "contacts", 0, 0, "contacts|off",
     "Who is told that a message has arrived: contacts, or nobody (from the next start on).", 0,
     NULL},
    {"privacy.read", OPTION_CHOICE, "contacts", 0, 0, "contacts|all|off",
     "Who is told that you have read a message: contacts, all (also rooms), or off.", 0, NULL},
    {"privacy.strangers", OPTION_CHOICE, "hold", 0, 0, "hold|show",
     "Who is not a contact and writes: held until you let them in with /strangers, or shown at once.",
     0, NULL},
    {"privacy.ignore", OPTION_LIST, "", 0, 0, NULL,
     "People whose messages are dropped, as account/address; /ignore and /unignore keep it.", 0,
     NULL},
    {"history.encrypted", OPTION_BOOL, "true", 0, 0, NULL,
     "What is said in end-to-end encrypted chats is kept on this machine, where the history shows and the search finds it; off: "
     "it is there until kith ends. /keep decides for one chat.",
     0, NULL},
    {"account.default", OPTION_STRING, "", 0, 0, NULL,
     "Account a command is for when nothing else says which; /account default sets it.", 0, NULL},
    {"files.folder", OPTION_STRING, "~/Downloads", 0, 0, NULL, "Where received files are saved.", 0,
     NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
