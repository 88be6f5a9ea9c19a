/* backends/irc/commands.c - commands of IRC's own, beside those that every protocol has */
#include <string.h>

#include "backends/irc/forms.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

static int run_quote(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    struct buf b = {0};
    if (!irc_online(i))
        return KITH_EOFFLINE;
    for (int n = 1; n < argc; n++) /* argv[0] is the command */
        buf_addf(&b, "%s%s", n > 1 ? " " : "", argv[n]);
    bool ok = b.len > 0 && irc_raw(i, buf_str(&b));
    buf_free(&b);
    if (ok)
        irc_reply(i, req, KITH_OK, NULL);
    return ok ? KITH_OK : KITH_EINVAL;
}

static int run_ctcp(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    struct buf b = {0};
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (argc < 3 || !irc_name_ok(argv[1]))
        return KITH_EINVAL;
    buf_addc(&b, '\001');
    for (int n = 2; n < argc; n++)
        buf_addf(&b, "%s%s", n > 2 ? " " : "", argv[n]);
    buf_addc(&b, '\001');
    bool ok = irc_say(i, PRIO_USER, "PRIVMSG", argv[1], buf_str(&b), NULL);
    buf_free(&b);
    if (ok)
        irc_reply(i, req, KITH_OK, NULL);
    return ok ? KITH_OK : KITH_EINVAL;
}

const struct kith_command irc_commands[IRC_COMMANDS] = {
    {sizeof irc_commands[0], KITH_IN_ANY, "quote", "line", "Send a line to the IRC server as it is.", run_quote},
    {sizeof irc_commands[0], KITH_IN_ANY, "ctcp", "nick question [words]",
     "Ask somebody's client: VERSION, PING, TIME or CLIENTINFO.", run_ctcp},
    {sizeof irc_commands[0], KITH_IN_ANY, "network", "list|add|change|password|remove|connect|disconnect [name] [host] [key=value ...]",
     "Networks of a bouncer (soju): which there are, and changing them.", irc_run_network},
    {sizeof irc_commands[0], KITH_IN_ANY, "register", "[e-mail]", "Make an account on the server; the password is asked for.",
     irc_run_register},
    {sizeof irc_commands[0], KITH_IN_ANY, "verify", "code [account]", "Send the code by which the server verifies a new account.",
     irc_run_verify},
};

int irc_op_normalize(struct irc *i, const char *in, kith_req req)
{
    if (!irc_name_ok(in))
        return KITH_EINVAL;
    char *address = irc_address(i, in);
    irc_reply(i, req, KITH_OK, address);
    str_take(&address, NULL);
    return KITH_OK;
}

int irc_op_answer(struct irc *i, uint64_t ask, const struct kith_answer *a)
{
    if (irc_form_answer(i, ask, a))
        return KITH_OK;
    return KITH_ENOTFOUND;
}
