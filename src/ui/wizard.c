/* ui/wizard.c - the first run: which account, trying it, and what was written */
#include "ui/wizard.h"

#include <stdlib.h>
#include <string.h>

#include "base/invitation.h"
#include "base/mem.h"

static const char *chosen(const struct wizard *w, const char *key)
{
    return form_chosen(form_field(&w->form, key));
}

static void add_xmpp(struct wizard *w)
{
    struct form *f = &w->form;
    form_add(f, FORM_NOTE, "gap", "", "");
    form_add(f, FORM_NOTE, "invited", "", "");
    form_add(f, FORM_TEXT, "address", "Address", NULL)->help = xstrdup("like alice@example.org");
    form_add(f, FORM_SECRET, "password", "Password", NULL);
    struct form_field *k = form_add(f, FORM_CHOICE, "keep", "keep it", NULL);
    form_add_choice(k, "ask", "ask me at every start", true);
    if (w->keyring)
        form_add_choice(k, "keyring", "in the system keyring", false);
    form_add_choice(k, "command", "from a command", false);
    k = form_add(f, FORM_TEXT, "password_command", "Command", NULL);
    k->help = xstrdup("prints the password, like: pass show xmpp/alice");
    form_add(f, FORM_BOOL, "new", "New account", NULL);
    k = form_add(f, FORM_CHOICE, "status", "Status", NULL);
    form_add_choice(k, "online", "online", true);
    form_add_choice(k, "away", "away", false);
    form_add_choice(k, "dnd", "do not disturb", false);
    k = form_add(f, FORM_BOOL, "advanced", "Advanced", NULL);
    k->help = xstrdup("host, port, proxy, resource, certificate and more");
    wizard_fields_new(w);
}

/* Page 1 of UX.md 4.12, folded: what is there is right for most, and one Enter is to be enough. */
static void add_look(struct wizard *w)
{
    struct form *f = &w->form;
    struct form_field *k = form_add(f, FORM_BOOL, "look", "Look", NULL);
    k->help = xstrdup("emacs or vi keys, colours, bell");
    k = form_add(f, FORM_CHOICE, "keys", "Keys", NULL);
    form_add_choice(k, "standard", "standard", true);
    form_add_choice(k, "emacs", "emacs: M-x commands", false);
    form_add_choice(k, "vi", "vi: Esc, : commands", false);
    k = form_add(f, FORM_CHOICE, "theme", "Theme", NULL);
    form_add_choice(k, "auto", "as the terminal is", true);
    form_add_choice(k, "default-dark", "dark", false);
    form_add_choice(k, "default-light", "light", false);
    form_add_choice(k, "ansi16", "16 colours", false);
    form_add_choice(k, "mono", "no colour", false);
    k = form_add(f, FORM_CHOICE, "bell", "Bell", NULL);
    form_add_choice(k, "mention private keyword", "mentions, private messages", true);
    form_add_choice(k, "off", "never", false);
}

void wizard_look_last(struct wizard *w)
{
    enum { LOOKS = 4 }; /* look, keys, theme, bell: one behind the other */
    struct form *f = &w->form;
    struct form_field *look = form_field(f, "look"), moved[LOOKS];
    struct form_field *at = form_focused(f);
    char *focus = at ? xstrdup(at->key) : NULL;
    size_t from = look ? (size_t)(look - f->fields) : f->n_fields;
    if (look && from + LOOKS < f->n_fields) {
        memcpy(moved, look, sizeof moved);
        memmove(look, look + LOOKS, (f->n_fields - from - LOOKS) * sizeof *look);
        memcpy(f->fields + f->n_fields - LOOKS, moved, sizeof moved);
        if (focus)
            form_focus(f, focus);
    }
    free(focus);
}

const char *wizard_look(const struct wizard *w, const char *key)
{
    const struct form_field *look = form_field(&w->form, "look");
    return look && look->on[0] ? chosen(w, key) : NULL;
}

void wizard_looks_now(struct wizard *w, const char *key, const char *value)
{
    struct form_field *f = form_field(&w->form, key);
    bool found = false;
    for (size_t i = 0; f && i < f->n_choices; i++)
        found = found || str_eq(f->ids[i], value);
    if (f && !found)
        form_add_choice(f, value, value, false);
    for (size_t i = 0; f && i < f->n_choices; i++)
        f->on[i] = str_eq(f->ids[i], value);
}

static void add_fields(struct wizard *w)
{
    struct form *f = &w->form;
    struct form_field *p = form_add(f, FORM_CHOICE, "protocol", "Account", NULL);
    form_add_choice(p, "local", "this machine", true);
    form_add_choice(p, "xmpp", "XMPP (Jabber)", false);
    form_add_choice(p, "skip", "skip, only look around", false);
    form_add(f, FORM_NOTE, "about_local", "",
             "\nChat with the people who use this computer, and keep notes to yourself. No server "
             "and no password: your login name is your address. Enter, and you are there.\n\n"
             "Or type your XMPP address, or paste the link of an invitation.\n\n"
             "Three keys to remember:\n  Ctrl-k  opens any chat by a few letters\n  F2      goes "
             "to the buddy list\n  F1      shows the keys that work now\n");
    form_add(f, FORM_NOTE, "about_skip", "",
             "\nNothing is connected. /account add makes an account later.\n");
    add_xmpp(w);
    add_look(w);
    form_add(f, FORM_NOTE, "question", "", "");
    form_add(f, FORM_CHOICE, "answer", "", NULL);
}

void wizard_open(struct wizard *w, bool keyring)
{
    wizard_close(w);
    w->open = true;
    w->keyring = keyring;
    add_fields(w);
    form_start(&w->form);
    wizard_update(w);
}

void wizard_close(struct wizard *w)
{
    form_free(&w->form);
    wizard_fields_free(w);
    free(w->problem);
    free(w->doing);
    free(w->account);
    free(w->greeting);
    free(w->invite);
    *w = (struct wizard){0};
}

static const char *text_of(const struct wizard *w, const char *key)
{
    return editor_text(form_field(&w->form, key)->editor);
}

/* Which fields there are, by what was chosen in others. */
static bool shown(const struct wizard *w, const char *key)
{
    const char *p = chosen(w, "protocol");
    bool command = str_eq(chosen(w, "keep"), "command");
    if (str_eq(key, "question") || str_eq(key, "answer"))
        return w->question;
    if (w->question)
        return false;
    if (str_eq(key, "protocol") || str_eq(key, "look"))
        return true;
    if (str_eq(key, "keys") || str_eq(key, "theme") || str_eq(key, "bell"))
        return form_field(&w->form, "look")->on[0];
    if (str_starts(key, "about_"))
        return str_eq(key + 6, p) && !form_field(&w->form, "look")->on[0];
    if (!str_eq(p, "xmpp"))
        return false;
    if (str_eq(key, "invited") || str_eq(key, "new"))
        return w->invite != NULL;
    if (str_eq(key, "gap"))
        return !w->invite;
    if (str_eq(key, "password") || str_eq(key, "password_command"))
        return command == str_eq(key, "password_command");
    return !wizard_is_option(w, key) || form_field(&w->form, "advanced")->on[0];
}

void wizard_update(struct wizard *w)
{
    for (size_t i = 0; i < w->form.n_fields; i++)
        w->form.fields[i].hidden = !shown(w, w->form.fields[i].key);
}

static void choose_xmpp(struct wizard *w)
{
    struct form_field *p = form_field(&w->form, "protocol");
    for (size_t i = 0; i < p->n_choices; i++)
        p->on[i] = str_eq(p->ids[i], "xmpp");
    form_focus(&w->form, "address");
}

/* The link of an invitation instead of an address: a name is all that is missing of it, and a password. */
static bool take_invitation(struct wizard *w, const char *text)
{
    struct invitation i;
    if (!invitation_read(text, &i))
        return false;
    struct form_field *note = form_field(&w->form, "invited"), *make = form_field(&w->form, "new");
    struct editor *address = form_field(&w->form, "address")->editor;
    char *whole = xasprintf("%s@%s", i.user ? i.user : "", i.server);
    str_take(&w->invite, i.token);
    i.token = NULL;
    str_take(&note->help, xasprintf("\nAn invitation to %s%s%s. Choose a name and a password.%s\n", i.server, i.inviter ? " by " : "",
                                    i.inviter ? i.inviter : "", i.inviter ? " You will be contacts." : ""));
    str_take(&make->help, xasprintf("is made on %s, with the invitation", i.server));
    make->on[0] = true;
    choose_xmpp(w);
    editor_set(address, whole, strlen(whole));
    editor_action(address, i.user ? "text-end" : "text-start", NULL);
    str_set(&w->problem, NULL);
    wizard_update(w);
    if (i.user)
        form_focus(&w->form, "password");
    free(whole);
    invitation_free(&i);
    return true;
}

void wizard_text(struct wizard *w, const char *text, size_t len, bool paste)
{
    char *pasted = paste && w->page == WIZARD_ACCOUNT && !w->question ? xstrndup(text, len) : NULL;
    bool taken = pasted && take_invitation(w, pasted);
    free(pasted);
    if (taken)
        return;
    const struct form_field *at = form_focused(&w->form);
    if (w->page == WIZARD_ACCOUNT && at && str_eq(at->key, "protocol") && len > 0 && *text != ' ') {
        choose_xmpp(w);
    }
    if (w->page == WIZARD_ACCOUNT)
        form_insert(&w->form, text, len, paste);
    wizard_update(w);
}

/* ---- what was typed ---- */

/* NULL when it looks like user@domain. */
static const char *address_problem(const char *a)
{
    const char *at = strchr(a, '@');
    if (!at || at == a || at[1] == '\0' || strchr(at + 1, '@') || strpbrk(a, " \t\n\"'<>&"))
        return "An address looks like name@server, for example alice@example.org";
    if (strchr(a, '/'))
        return "Leave out what is behind the /: kith chooses the resource itself";
    return NULL;
}

static bool refuse(struct wizard *w, const char *key, const char *why)
{
    str_set(&w->problem, why);
    form_focus(&w->form, key);
    return false;
}

/* With the invitation that was pasted. */
static bool makes_account(const struct wizard *w)
{
    return w->invite && form_field(&w->form, "new")->on[0];
}

static bool fields_good(struct wizard *w)
{
    int64_t port;
    const char *why = address_problem(text_of(w, "address"));
    if (why)
        return refuse(w, "address", why);
    if (str_eq(chosen(w, "keep"), "command") && str_empty(text_of(w, "password_command")))
        return refuse(w, "password_command", "Which command prints the password?");
    if (wizard_wants_keyring(w) && strpbrk(text_of(w, "address"), "\\'\" "))
        return refuse(w, "address", "The keyring cannot keep it under such an address");
    if (wizard_wants_keyring(w) && str_empty(text_of(w, "password")))
        return refuse(w, "password", "The keyring needs the password once");
    bool more = form_field(&w->form, "advanced")->on[0];
    if (more && !str_empty(text_of(w, "port")) && !str_int(text_of(w, "port"), 1, 65535, &port))
        return refuse(w, "port", "A port is a number from 1 to 65535");
    return true;
}

static bool next_field(struct form *f, const char *key)
{
    struct form_field *at = form_focused(f);
    if (!at || !str_eq(at->key, key))
        return false;
    return form_action(f, PANE_NEXT_FIELD);
}

enum wizard_result wizard_accept(struct wizard *w)
{
    str_set(&w->problem, NULL);
    if (w->page == WIZARD_SUMMARY)
        return WIZARD_DONE;
    if (w->question)
        return WIZARD_ANSWER;
    if (str_eq(chosen(w, "protocol"), "skip"))
        return WIZARD_SKIP;
    if (str_eq(chosen(w, "protocol"), "local"))
        return WIZARD_DONE; /* nothing to check or to decide: Enter is enough */
    if (take_invitation(w, text_of(w, "address"))) /* typed, or pasted by a terminal that does not say so */
        return WIZARD_STAY;
    if (next_field(&w->form, "protocol") || !fields_good(w) || next_field(&w->form, "address"))
        return WIZARD_STAY;
    if (makes_account(w) && str_empty(text_of(w, "password")) && !str_eq(chosen(w, "keep"), "command")) {
        (void)refuse(w, "password", "Choose a password for the new account");
        return WIZARD_STAY;
    }
    return WIZARD_TRY;
}

void wizard_back(struct wizard *w)
{
    w->page = WIZARD_ACCOUNT;
}

/* ---- trying it ---- */

/* What decides, the fingerprint, goes next to the answers: small screens show the end. */
static char *fingerprint_last(const char *text)
{
    const char *from = text ? strstr(text, "SHA-256 fingerprint:\n") : NULL, *to = from;
    if (!from)
        return xstrdup(text ? text : "");
    to = strchr(to, '\n') + 1;
    while (*to == ' ') {
        const char *line = strchr(to, '\n');
        to = line ? line + 1 : to + strlen(to);
    }
    return xasprintf("%.*s%s%.*s", (int)(from - text), text, to, (int)(to - from), from);
}

static void show_question(struct wizard *w, const struct ask *ask)
{
    struct form_field *note = form_field(&w->form, "question");
    struct form_field *answer = form_field(&w->form, "answer");
    char *text = fingerprint_last(ask->text);
    str_take(&note->help, xasprintf("%s\n\n%s", ask->title ? ask->title : "", text));
    free(text);
    for (size_t n = strlen(note->help); n > 0 && note->help[n - 1] == '\n';)
        note->help[--n] = '\0';
    form_drop_choices(answer);
    for (size_t i = 0; i < ask->n_choices; i++)
        form_add_choice(answer, ask->choices[i].id, ask->choices[i].label,
                        (ask->choices[i].flags & KITH_CHOICE_DEFAULT) != 0);
    if (str_empty(form_chosen(answer)) && answer->n_choices > 0)
        answer->on[answer->n_choices - 1] = true;
    w->question = true;
    form_focus(&w->form, "answer");
    wizard_update(w);
}

bool wizard_ask(struct wizard *w, const struct ask *ask)
{
    bool certificate = ask->kind == KITH_ASK_CERTIFICATE && ask->n_choices > 0;
    if (!certificate && ask->kind != KITH_ASK_SECRET)
        return false;
    w->page = WIZARD_ACCOUNT;
    w->ask = ask->id;
    str_set(&w->doing, NULL);
    str_set(&w->problem, NULL);
    if (certificate) {
        show_question(w, ask);
        return true;
    }
    w->asked = true;
    str_take(&w->problem, xasprintf("%s%s%s", ask->title, str_empty(ask->text) ? "" : ": ",
                                    ask->text ? ask->text : ""));
    form_focus(&w->form, "password");
    wizard_update(w);
    return true;
}

void wizard_ask_gone(struct wizard *w)
{
    bool was = w->question;
    w->ask = 0;
    w->question = w->asked = false;
    wizard_update(w);
    if (was)
        form_focus(&w->form,
                   str_eq(chosen(w, "keep"), "command") ? "password_command" : "password");
}

const char *wizard_answer(const struct wizard *w)
{
    return chosen(w, "answer");
}

void wizard_state(struct wizard *w, const struct account *a)
{
    if (w->page != WIZARD_ACCOUNT || w->ask)
        return;
    bool failed = a->state == KITH_STATE_OFFLINE && a->problem;
    str_set(&w->doing, a->phase);
    if (failed || a->phase)
        str_set(&w->problem, failed ? a->problem : NULL);
    if (a->state == KITH_STATE_ONLINE) {
        str_set(&w->problem, NULL);
        w->page = WIZARD_SUMMARY;
    }
}

/* ---- the result ---- */

static void add_option(struct account_config *a, const char *key, const char *value)
{
    a->options = xreallocarray(a->options, a->n_options + 1, sizeof *a->options);
    a->options[a->n_options].key = xstrdup(key);
    a->options[a->n_options].value = xstrdup(value);
    a->options[a->n_options++].line = 0;
}

void wizard_account(const struct wizard *w, struct account_config *out, char **password)
{
    *out = (struct account_config){.protocol = xstrdup(chosen(w, "protocol")), .autoconnect = true};
    *password = NULL;
    if (!str_eq(out->protocol, "xmpp")) {
        out->name = xstrdup("here");
        return;
    }
    out->address = xstrdup(text_of(w, "address"));
    out->name = xstrdup(strchr(out->address, '@') ? strchr(out->address, '@') + 1 : out->address);
    if (str_eq(chosen(w, "keep"), "command"))
        add_option(out, "password_command", text_of(w, "password_command"));
    if (wizard_wants_keyring(w)) {
        char *command = xasprintf(WIZARD_KEYRING_LOOKUP " %s", out->address);
        add_option(out, "password_command", command);
        free(command);
    }
    if (!str_eq(chosen(w, "keep"), "command") && !str_empty(text_of(w, "password")))
        *password = xstrdup(text_of(w, "password"));
    bool invited = makes_account(w);
    if (invited) {
        add_option(out, "register", "true");
        add_option(out, "invite", w->invite);
    }
    for (size_t i = 0; i < w->n_options && form_field(&w->form, "advanced")->on[0]; i++)
        if (!str_empty(wizard_option_value(w, i)) &&
            !(invited && (str_eq(w->options[i].key, "register") || str_eq(w->options[i].key, "invite"))))
            add_option(out, w->options[i].key, wizard_option_value(w, i));
}

void wizard_account_free(struct account_config *a)
{
    free(a->name);
    free(a->protocol);
    free(a->address);
    for (size_t i = 0; i < a->n_options; i++) {
        free(a->options[i].key);
        str_wipe_free(a->options[i].value);
    }
    free(a->options);
    *a = (struct account_config){0};
}

bool wizard_wants_keyring(const struct wizard *w)
{
    return str_eq(chosen(w, "protocol"), "xmpp") && str_eq(chosen(w, "keep"), "keyring");
}

const char *wizard_status(const struct wizard *w)
{
    return chosen(w, "status");
}

bool wizard_same(const struct account_config *a, const struct account_config *b)
{
    if (!str_eq(a->protocol, b->protocol) || !str_eq(a->address, b->address) ||
        a->n_options != b->n_options)
        return false;
    for (size_t i = 0; i < a->n_options; i++)
        if (!str_eq(a->options[i].value, account_config_get(b, a->options[i].key)))
            return false;
    return true;
}
