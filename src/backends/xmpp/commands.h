/* backends/xmpp/commands.h - commands of XMPP's own, for the table of plugin.c */
#ifndef XMPP_COMMANDS_H
#define XMPP_COMMANDS_H

#include "kith/plugin.h"

enum { XMPP_COMMANDS = 24 };
extern const struct kith_command xmpp_commands[XMPP_COMMANDS];

#endif
