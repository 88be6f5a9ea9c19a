/* backends/irc/register_account.c - /register and /verify: a new account on the server, by REGISTER or else by NickServ
 *
 * IRCv3 draft/account-registration. Where the server allows it before the welcome, the connection waits for the user's
 * answers, so that a server which lets nobody in without an account can be got into. The password is asked for unseen.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/forms.h"
#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

enum { PASSWORD_MAX = 300, /* so that it fits into a line to a service, too */ ANSWER_MS = 600000, WORDS = 300 };

static bool has_key(const struct irc *i, const char *key)
{
    const char *v = irc_cap_value(i, CAP_REGISTER);
    size_t len = strlen(key);
    while (v && *v) {
        size_t n = strcspn(v, ",");
        if (strncmp(v, key, len) == 0 && (n == len || v[len] == '='))
            return true;
        v += n + (v[n] == ',');
    }
    return false;
}

static const char *service(const struct irc *i)
{
    const char *name = irc_option(i, "nickserv");
    return name ? name : "NickServ";
}

static bool before_welcome(const struct irc *i)
{
    return i->phase == IRC_REGISTER;
}

bool irc_enroll_holds(const struct irc *i)
{
    return i->enroll.held;
}

static void over(struct irc *i)
{
    bool held = i->enroll.held;
    i->enroll.wanted = i->enroll.held = i->enroll.verify = false;
    str_set(&i->enroll.code, NULL);
    if (held && before_welcome(i)) {
        irc_timer(i, TIMER_PHASE, IRC_REGISTER_MS); /* from here on it is the server that answers */
        irc_cap_end(i);
    }
}

void irc_enroll_lost(struct irc *i)
{
    if (i->enroll.held) /* the question went with the connection */
        i->enroll.wanted = i->enroll.verify = false;
    i->enroll.held = i->enroll.late = false;
}

void irc_enroll_free(struct irc *i)
{
    free(i->enroll.account);
    free(i->enroll.email);
    free(i->enroll.code);
}

/* ---- REGISTER ---- */

static bool by_service(const struct irc *i)
{
    return !irc_cap(i, CAP_REGISTER);
}

/* The way that the form spoke of, even where the server has changed its mind meanwhile: a password goes to nobody else. */
static bool send_register(struct irc *i, const char *account, const char *email, const char *password)
{
    if (!i->enroll.service) {
        struct irc_query *q = irc_query_new(i, ASK_REGISTER, "register", 0);
        bool ok = irc_ask(i, PRIO_NOW, q, "REGISTER", account, email, password, NULL);
        if (!ok)
            irc_query_end(i, q, KITH_EINVAL, NULL);
        return ok;
    }
    char *text = xasprintf("REGISTER %s%s%s", password, strcmp(email, "*") == 0 ? "" : " ", strcmp(email, "*") == 0 ? "" : email);
    bool ok = !strchr(password, ' ') && irc_say(i, PRIO_NOW, "PRIVMSG", service(i), text, NULL);
    str_wipe_free(text);
    return ok;
}

static const char *wrong_with(const struct irc *i, const char *account, const char *email, const char *password,
                              const char *again)
{
    if (str_empty(password) || strlen(password) > PASSWORD_MAX)
        return str_empty(password) ? "the password is empty." : "the password is too long.";
    if (strcmp(password, again) != 0)
        return "the two passwords differ.";
    if (!irc_name_ok(account))
        return "this cannot be the name of an account.";
    if (has_key(i, "email-required") && !strchr(email, '@'))
        return "this server wants an address of e-mail.";
    return *email && strpbrk(email, " ,:\r\n") ? "this is no address of e-mail." : NULL;
}

static void on_form(struct irc *i, const struct kith_answer *a, const char *about UNUSED, kith_req req UNUSED)
{
    if (!a) {
        over(i);
        return;
    }
    const char *account = irc_form_value(a, "account"), *email = irc_form_value(a, "email");
    const char *password = irc_form_value(a, "password");
    account = *account ? account : i->nick;
    const char *why = wrong_with(i, account, email, password, irc_form_value(a, "again"));
    bool custom = has_key(i, "custom-account-name") && !irc_same(i->is.casemap, account, i->nick);
    if (!why && !i->enroll.service && by_service(i))
        why = "the server makes no accounts any more.";
    if (!why && !i->secure && !irc_option_on(i, "allow_plain"))
        why = "the connection is not encrypted, and option allow_plain does not send the password anyway.";
    if (!why && !send_register(i, custom ? account : "*", *email ? email : "*", password))
        why = "the server cannot be told that.";
    if (why) {
        irc_notice(i, KITH_ERROR, NULL, "No account was made: %s /register tries again.", why);
        over(i);
        return;
    }
    str_set(&i->enroll.account, account);
    if (i->enroll.service) {
        irc_notice(i, KITH_INFO, NULL, "%s was asked for the account %s; what it answers is the answer.", service(i), account);
        over(i);
    }
}

static bool ask_form(struct irc *i)
{
    struct kith_field fields[4];
    i->enroll.service = by_service(i);
    const char *nick = i->nick, *email = i->enroll.email;
    size_t n = 0;
    bool mail = has_key(i, "email-required");
    if (has_key(i, "custom-account-name"))
        fields[n++] = (struct kith_field){.size = sizeof fields[0], .flags = KITH_FIELD_REQUIRED, .key = "account",
                                          .label = "Account", .type = "text", .values = &nick, .n_values = 1};
    fields[n++] = (struct kith_field){.size = sizeof fields[0], .flags = mail ? KITH_FIELD_REQUIRED : 0, .key = "email",
                                      .label = "E-mail", .type = "text", .values = &email, .n_values = email ? 1 : 0,
                                      .help = mail ? "a code is sent there" : "may be left empty"};
    fields[n++] = (struct kith_field){.size = sizeof fields[0], .flags = KITH_FIELD_REQUIRED, .key = "password",
                                      .label = "Password", .type = "secret"};
    fields[n++] = (struct kith_field){.size = sizeof fields[0], .flags = KITH_FIELD_REQUIRED, .key = "again",
                                      .label = "Once more", .type = "secret"};
    char *title = xasprintf("A new account for %s at %s", i->nick, i->server);
    struct irc_question q = {.title = title, .text = by_service(i) ? "The server has no command for it, so NickServ is asked." : NULL,
                             .yes = "Register", .fields = fields, .n_fields = n};
    bool asked = irc_form_ask(i, &q, on_form, NULL, 0);
    free(title);
    return asked;
}

/* ---- VERIFY ---- */

static void send_verify(struct irc *i)
{
    const char *account = i->enroll.account ? i->enroll.account : i->nick;
    struct irc_query *q = irc_query_new(i, ASK_REGISTER, "verify", 0);
    if (irc_ask(i, PRIO_NOW, q, "VERIFY", account, i->enroll.code, NULL))
        return;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    irc_notice(i, KITH_ERROR, NULL, "This cannot be a code.");
    over(i);
}

static void on_code(struct irc *i, const struct kith_answer *a, const char *about UNUSED, kith_req req UNUSED)
{
    if (!a || !*irc_form_value(a, "code")) {
        over(i); /* /verify when it has come */
        return;
    }
    str_set(&i->enroll.code, irc_form_value(a, "code"));
    send_verify(i);
}

static void ask_code(struct irc *i, const char *text)
{
    static const struct kith_field field = {
        .size = sizeof field, .flags = KITH_FIELD_REQUIRED, .key = "code", .label = "Code", .type = "text"};
    struct irc_question q = {
        .title = "The code that the server has sent you", .text = text, .yes = "Verify", .fields = &field, .n_fields = 1};
    if (!irc_form_ask(i, &q, on_code, NULL, 0))
        over(i);
}

/* ---- when ---- */

static void begin(struct irc *i)
{
    i->enroll.wanted = false;
    if (i->enroll.verify)
        send_verify(i);
    else if (!ask_form(i))
        over(i);
}

bool irc_enroll_begin(struct irc *i)
{
    if (!i->enroll.wanted || i->enroll.late || i->account || !irc_cap(i, CAP_REGISTER) || !has_key(i, "before-connect"))
        return false;
    i->enroll.held = true;
    irc_timer(i, TIMER_PHASE, ANSWER_MS);
    irc_state(i, KITH_STATE_AUTH, i->server, 0);
    begin(i);
    return i->enroll.held;
}

void irc_enroll_online(struct irc *i)
{
    if (i->enroll.wanted)
        begin(i);
}

/* ---- answers ---- */

static void done(struct irc *i, const char *account, const char *text)
{
    bool name = irc_name_ok(account) && strcmp(account, "*") != 0;
    if (name)
        str_set(&i->account, account);
    irc_notice(i, KITH_INFO, NULL,
               "The account %s is yours now. To be logged in from now on, set login = \"%s\" for this account of kith.%s%.*s",
               name ? account : i->nick, name ? account : i->nick, *text ? " " : "", WORDS, text);
    over(i);
}

void irc_on_register(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_REGISTER, NULL);
    const char *what = irc_param(l, 0), *account = irc_param(l, 1), *text = irc_param(l, 2);
    if (!q)
        return;
    irc_query_end(i, q, KITH_OK, NULL);
    if (str_casecmp_ascii(what, "SUCCESS") == 0) {
        done(i, account, text);
    } else if (str_casecmp_ascii(what, "VERIFICATION_REQUIRED") == 0) {
        if (irc_name_ok(account) && strcmp(account, "*") != 0)
            str_set(&i->enroll.account, account);
        ask_code(i, *text ? text : "The account is made when it is verified.");
    }
}

void irc_enroll_failed(struct irc *i, struct irc_query *q, const char *code, const char *text)
{
    bool verify = str_eq(q->target, "verify");
    irc_query_end(i, q, KITH_EDENIED, NULL);
    if (str_eq(code, "COMPLETE_CONNECTION_REQUIRED") && before_welcome(i)) {
        i->enroll.held = false; /* once more after the welcome */
        i->enroll.wanted = i->enroll.late = true;
        irc_cap_end(i);
        return;
    }
    irc_notice(i, KITH_ERROR, NULL, "%s: %.*s /%s tries again.", verify ? "The code was not taken" : "No account was made",
               WORDS, text, verify ? "verify" : "register");
    over(i);
}

/* ---- commands ---- */

/* Now, or with the next connection, which is made at once. */
static int start(struct irc *i, kith_req req)
{
    i->enroll.wanted = true;
    irc_reply(i, req, KITH_OK, NULL);
    if (irc_online(i)) {
        begin(i);
    } else if (i->phase != IRC_IDLE) {
        irc_end(i, KITH_ECANCELED, KITH_RETRY_NOW, 0, "A new account is made on the server.");
    } else {
        struct kith_ev_state ev = {.ev = {sizeof ev, KITH_EV_STATE, 0, 0}, .state = KITH_STATE_OFFLINE,
                                   .err = KITH_ECANCELED, .retry = KITH_RETRY_NOW,
                                   .text = "A new account is made on the server."};
        irc_emit(i, &ev.ev);
    }
    return KITH_OK;
}

int irc_run_register(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    const char *why = argc > 2 || (argc > 1 && !strchr(argv[1], '@'))
                          ? "Write at most an address of e-mail behind it; the password is asked for." : NULL;
    if (irc_online(i) && i->account)
        why = "You are logged in: the account is there already.";
    if (why) {
        irc_reply(i, req, KITH_EINVAL, why);
        return KITH_OK;
    }
    str_set(&i->enroll.email, argc > 1 ? argv[1] : NULL);
    i->enroll.verify = false;
    return start(i, req);
}

int irc_run_verify(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    if (argc < 2 || argc > 3 || (argc > 2 && !irc_name_ok(argv[2])))
        return KITH_EINVAL;
    if (irc_online(i) && by_service(i)) {
        irc_reply(i, req, KITH_EUNSUP, "This server has no command for it; NickServ has said how to verify the account.");
        return KITH_OK;
    }
    str_set(&i->enroll.code, argv[1]);
    if (argc > 2)
        str_set(&i->enroll.account, argv[2]);
    i->enroll.verify = true;
    return start(i, req);
}
