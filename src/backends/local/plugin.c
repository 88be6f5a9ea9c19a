/* backends/local/plugin.c - the plugin's descriptor: chat between the users of one machine, without
 * a server */
#include "backends/local/local.h"

static const struct kith_host *host; /* set once by load(), valid until the process ends */

static int plugin_load(const struct kith_host *h)
{
    host = h;
    return KITH_OK;
}

static void plugin_unload(void)
{
    host = NULL;
}

static int plugin_open(struct kith_session **out, struct kith_account *acct)
{
    return session_open(out, acct, host);
}

static const struct kith_core_ops core_ops = {
    .size = sizeof core_ops,
    .open = plugin_open,
    .close = session_close,
    .connect = session_connect,
    .disconnect = session_disconnect,
    .send = message_send,
    .presence = session_presence,
    .typing = message_typing,
    .mark_read = message_mark_read,
    .answer = session_answer,
    .normalize = session_normalize,
    .committed = message_committed,
    .wake = session_wake,
};

static const struct kith_change_ops change_ops = {
    .size = sizeof change_ops,
    .retract = message_retract,
    .react = message_react,
};

static const struct kith_option options[] = {
    {.size = sizeof options[0],
     .flags = KITH_OPT_ADVANCED,
     .key = "directory",
     .type = "file",
     .help = "Where the users of this machine meet: a directory of root's with mode 1777. "
             "Default: " DIR_RUN " where it exists, else /tmp."},
    {.size = sizeof options[0],
     .key = "history",
     .type = "int",
     .fallback = "50",
     .help = "How many of the last things you said in a room are given to somebody who comes in, "
             "and how many of theirs you ask of each member when you do; 0: none, at most 200."},
    {.size = sizeof options[0],
     .key = "live",
     .type = "bool",
     .fallback = "false",
     .help = "Show what you write while you write it, to those who allow it too, and what they "
             "write to you."},
    {.size = sizeof options[0],
     .flags = KITH_OPT_ADVANCED,
     .key = "rate",
     .type = "int",
     .fallback = "100",
     .help = "Messages a second that one user may send you for long; who sends more is not "
             "listened to for a while."},
};

static const struct kith_protocol protocol = {
    .size = sizeof protocol,
    .id = "local",
    .label = "This machine",
    .address_hint = "login name",
    .core = &core_ops,
    .roster = &local_roster_ops,
    .rooms = &local_room_ops,
    .change = &change_ops,
    .files = &local_file_ops,
    .blocking = &local_blocking_ops,
    .directory = &local_directory_ops,
    .options = options,
    .n_options = COUNT(options),
    .flags = KITH_PROTOCOL_MACHINE,
};

static const struct kith_protocol *const protocols[] = {&protocol};

static const struct kith_plugin plugin = {
    .size = sizeof plugin,
    .abi_major = KITH_ABI_MAJOR,
    .abi_minor = KITH_ABI_MINOR,
    .id = "local",
    .version = KITH_VERSION,
    .license = "GPL-3.0-or-later",
    .summary = "Chat between the users of one machine, without a server",
    .protocols = protocols,
    .n_protocols = COUNT(protocols),
    .load = plugin_load,
    .unload = plugin_unload,
};

KITH_PLUGIN_EXPORT const struct kith_plugin *kith_plugin_v0(void);
KITH_PLUGIN_EXPORT const struct kith_plugin *kith_plugin_v0(void)
{
    return &plugin;
}
