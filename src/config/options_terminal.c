/* config/options_terminal.c - options of the terminal and of programs started for the user:
 * terminal.*, *_command */
#include "config/internal.h"

const struct option options_terminal[] = {
    {"terminal.mouse", OPTION_BOOL, "false", 0, 0, NULL,
     "Takes the mouse from the terminal: wheel, clicks and dragging borders work, selecting text needs Shift.",
     OPTION_TERMINAL, NULL},
    {"terminal.title", OPTION_CHOICE, "on", 0, 0, "on|off|count",
     "Sets the title of the terminal; count hides the names in it.", OPTION_TERMINAL, NULL},
    {"terminal.links", OPTION_BOOL, "true", 0, 0, NULL, "Marks links for the terminal (OSC 8).",
     OPTION_TERMINAL, NULL},
    {"terminal.clipboard", OPTION_CHOICE, "auto", 0, 0, "auto|osc52|tmux|command|off",
     "How text is copied: by the terminal, into the buffer of tmux, by copy_command, or not at all; "
     "auto: by copy_command where one is set, else by the terminal and inside of tmux to both.",
     OPTION_TERMINAL, NULL},
    {"terminal.images", OPTION_CHOICE, "auto", 0, 0, "auto|symbols|off",
     "How pictures are shown: in full as the terminal can (kitty, sixel), only in symbols, or not at "
     "all; between the messages always in symbols.",
     OPTION_REPAINT, NULL},
    {"terminal.sync", OPTION_CHOICE, "auto", 0, 0, "auto|on|off",
     "Draws whole frames at once (mode 2026).", OPTION_TERMINAL, NULL},
    {"terminal.keys", OPTION_CHOICE, "auto", 0, 0, "auto|plain",
     "Asks the terminal to tell more keys apart; plain never does.", OPTION_TERMINAL, NULL},
    {"terminal.focus", OPTION_BOOL, "true", 0, 0, NULL,
     "Asks the terminal whether it has the focus.", OPTION_TERMINAL, NULL},
    {"terminal.probe", OPTION_BOOL, "true", 0, 0, NULL,
     "Asks the terminal at start what it can do.", OPTION_TERMINAL, NULL},
    {"keys.preset", OPTION_CHOICE, "standard", 0, 0, "standard|emacs|vi",
     "Which keys there are before those of keys.cfg; a preset named there wins.", OPTION_REPAINT,
     NULL},
    {"copy_command", OPTION_STRING, "", 0, 0, NULL,
     "Program that gets copied text on its standard input.", 0, NULL},
    {"open_command", OPTION_STRING, "", 0, 0, NULL,
     "Program that opens links and files; empty: xdg-open, or over SSH a copy to the clipboard.", 0,
     NULL},
    {"editor_command", OPTION_STRING, "", 0, 0, NULL,
     "Editor for long messages, run on the terminal; empty: $VISUAL, $EDITOR, vi.", 0, NULL},
    {"exec.seconds", OPTION_INT, "10", 1, 3600, NULL, "How long a program of /exec may run.", 0, NULL},
    {NULL, 0, NULL, 0, 0, NULL, NULL, 0, NULL},
};
