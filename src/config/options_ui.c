/* config/options_ui.c - options of the screen: ui.* */
#include <string.h>

#include "base/clock.h"
#include "config/internal.h"

static int check_time_format(const char *value, struct err *e)
{
    char out[64];
    for (const char *p = strchr(value, '%'); p; p = strchr(p + 2, '%')) {
        if (!p[1] || !strchr("%HIMSpRTaAbBdeDFmyYjZz", p[1]))
            return err_set(e, -1, "\"%%%.1s\" is not a part of a time; use %%H:%%M or %%I:%%M %%p",
                           p + 1);
    }
    if (*value && !clock_format(out, sizeof out, value, 0))
        return err_set(e, -1, "the time would be longer than 63 characters");
    return 0;
}

#define UI (OPTION_REPAINT)
#define LAYOUT (OPTION_REPAINT | OPTION_LAYOUT)

const struct option options_ui[] = {
    {"ui.theme", OPTION_STRING, "auto", 0, 0, NULL,
     "The theme; auto follows the terminal, light or dark.", LAYOUT, NULL},
    {"ui.colours", OPTION_CHOICE, "auto", 0, 0, "auto|truecolor|256|16|8|mono",
     "How many colours to use; auto looks at the terminal and at NO_COLOR.",
     LAYOUT | OPTION_TERMINAL, NULL},
    {"ui.glyphs", OPTION_CHOICE, "auto", 0, 0, "auto|unicode|ascii|nerd",
     "Which signs stand for presence, receipts and lines.", LAYOUT, NULL},
    {"ui.emoji", OPTION_CHOICE, "auto", 0, 0, "auto|safe|grapheme|shortcode",
     "How emoji are drawn; safe never breaks the screen, grapheme trusts the terminal.", LAYOUT,
     NULL},
    {"ui.hints", OPTION_BOOL, "true", 0, 0, NULL, "Shows the line of keys at the bottom.", LAYOUT,
     NULL},
    {"ui.status", OPTION_STRING, "time account window mode typing | activity lag", 0, 0, NULL,
     "Parts of the status line; those after | are right-aligned.", LAYOUT, NULL},
    {"ui.time_format", OPTION_STRING, "%H:%M", 0, 0, NULL, "Time of day as strftime(3) writes it.",
     LAYOUT, check_time_format},
    {"ui.date_format", OPTION_STRING, "%A %e %B", 0, 0, NULL,
     "Text of the day lines, as strftime(3) writes it.", LAYOUT, check_time_format},
    {"ui.list.show", OPTION_BOOL, "true", 0, 0, NULL, "Shows the buddy list where there is room.",
     LAYOUT, NULL},
    {"ui.list.width", OPTION_INT, "26", 12, 80, NULL,
     "Width of the buddy list in cells on a wide screen.", LAYOUT, NULL},
    {"ui.list.hide_below", OPTION_INT, "70", 0, 1000, NULL,
     "On fewer columns than this the list and the chat share one place.", LAYOUT, NULL},
    {"ui.list.sort", OPTION_LIST, "pinned account group name", 0, 0,
     "pinned|account|group|name|unread|presence|activity",
     "By what the buddy list is sorted, the most important first.", UI, NULL},
    {"ui.list.offline", OPTION_BOOL, "true", 0, 0, NULL, "Lists contacts that are offline.", UI,
     NULL},
    {"ui.members.show", OPTION_BOOL, "true", 0, 0, NULL,
     "Shows the members of a room where there is room.", LAYOUT, NULL},
    {"ui.members.width", OPTION_INT, "16", 8, 60, NULL, "Width of the member list in cells.",
     LAYOUT, NULL},
    {"ui.members.hide_below", OPTION_INT, "100", 0, 1000, NULL,
     "On fewer columns than this the member list is hidden.", LAYOUT, NULL},
    {"ui.chat.layout", OPTION_CHOICE, "auto", 0, 0, "auto|aligned|blocks",
     "Names beside the text (aligned) or above it (blocks); auto by width.", LAYOUT, NULL},
    {"ui.chat.text_width", OPTION_INT, "100", 20, 1000, NULL, "Longest line of text in cells.",
     LAYOUT, NULL},
    {"ui.chat.nick_width", OPTION_INT, "9", 3, 40, NULL,
     "Cells for the names in the aligned layout.", LAYOUT, NULL},
    {"ui.chat.group_minutes", OPTION_INT, "5", 0, 1440, NULL,
     "Messages of one author within this many minutes stand under one name.", LAYOUT, NULL},
    {"ui.chat.max_lines", OPTION_INT, "40", 5, 10000, NULL,
     "A message with more lines than this is cut, and Enter opens it.", LAYOUT, NULL},
    {"ui.chat.hide_joins", OPTION_CHOICE, "smart", 0, 0, "smart|all|none",
     "Which joins, parts and new nicks are hidden; smart shows those of people who spoke in the last ten minutes. "
     "A netsplit is one line, which only all hides.", LAYOUT, NULL},
    {"ui.chat.pictures", OPTION_CHOICE, "chosen", 0, 0, "chosen|contacts|off",
     "Whose pictures are shown between the messages, once they are on this machine: of the chats for "
     "which /pictures on was said, also of all contacts, or nobody's.",
     LAYOUT, NULL},
    {"ui.chat.formatting", OPTION_CHOICE, "all", 0, 0, "all|no-colours|none",
     "How much of what others made bold, coloured and so on is shown.", LAYOUT, NULL},
    {"ui.chat.spoilers", OPTION_BOOL, "true", 0, 0, NULL,
     "Hides what was sent as a spoiler until /reveal shows it.", LAYOUT, NULL},
    {"ui.input.max_lines", OPTION_INT, "8", 1, 100, NULL, "How many lines the input may grow to.",
     LAYOUT, NULL},
    {"ui.input.enter", OPTION_CHOICE, "send", 0, 0, "send|newline",
     "What Enter does; Alt-Enter does the other.", UI, NULL},
    {"ui.input.guard", OPTION_LIST, "moved account command secret", 0, 0,
     "moved|account|command|secret|off",
     "When Enter asks first: the chat changed within the last second, another account wrote here "
     "last, the text looks like a mistyped command, or holds a password or private key.",
     0, NULL},
    {"ui.input.spell", OPTION_STRING, "", 0, 0, NULL,
     "Languages whose words are right in the input, as en_GB de_DE; others are underlined, and Tab "
     "on one offers what may be meant. Empty: nothing is checked. Needs enchant.",
     UI, NULL},
    {"ui.input.history", OPTION_INT, "200", 0, 10000, NULL,
     "How many sent lines Up brings back, per chat.", 0, NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
