/* backends/irc/nickserv.c - logging in where there is no SASL: a word to NickServ, and rooms only when it has answered */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/irc.h"
#include "base/mem.h"

static const char *service(const struct irc *i)
{
    const char *name = irc_option(i, "nickserv");
    return name ? name : "NickServ";
}

bool irc_nickserv_begin(struct irc *i)
{
    if (i->account || !irc_option(i, "login") || str_eq(irc_option(i, "sasl"), "none"))
        return false;
    if (!i->secure && !irc_option_on(i, "allow_plain")) {
        irc_notice(i, KITH_WARN, NULL,
                   "Not logged in: the connection is not encrypted. Option allow_plain sends the password anyway.");
        return false;
    }
    i->waiting_login = true;
    return i->io.secret(i->io.user, "password", "Password for NickServ") >= 0;
}

void irc_nickserv_secret(struct irc *i, int err, const char *value)
{
    if (!i->waiting_login)
        return;
    char *text = err < 0 || str_empty(value) ? NULL : xasprintf("IDENTIFY %s %s", irc_option(i, "login"), value);
    bool said = text && irc_say(i, PRIO_NOW, "PRIVMSG", service(i), text, NULL);
    str_wipe_free(text);
    if (said)
        irc_timer(i, TIMER_LOGIN, IRC_NICKSERV_MS);
    else
        irc_login_over(i);
}

bool irc_nickserv_notice(struct irc *i, const char *nick, const char *text UNUSED)
{
    if (!i->waiting_login || !irc_same(i->is.casemap, nick, service(i)))
        return false;
    /* yes or no, in whatever words: what is shown is for people. A moment for the cloak. */
    i->waiting_login = false;
    irc_login_over(i);
    return true;
}

void irc_login_tick(struct irc *i)
{
    if (irc_sasl_busy(i)) {
        irc_sasl_tick(i);
        return;
    }
    i->waiting_login = false;
    irc_login_over(i);
}
