/* backends/xmpp/muc_commands.h - commands for rooms, for the table of commands.c */
#ifndef XMPP_MUC_COMMANDS_H
#define XMPP_MUC_COMMANDS_H

#include "kith/plugin.h"

/* Each has the contract of kith_command.run. */
#define MUC_COMMAND(name) \
    int muc_run_##name(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
MUC_COMMAND(op);
MUC_COMMAND(deop);
MUC_COMMAND(voice);
MUC_COMMAND(devoice);
MUC_COMMAND(unban);
MUC_COMMAND(bans);
MUC_COMMAND(affiliation);
MUC_COMMAND(moderate);
MUC_COMMAND(apply);
MUC_COMMAND(group);
MUC_COMMAND(configure);
MUC_COMMAND(destroy);
#undef MUC_COMMAND

#endif
