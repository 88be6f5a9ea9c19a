/* tests/screen/test_first_run.c - the pages of the first run: what is typed, asked, refused, on
 * screens of four sizes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script.h"

static struct stage s;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    look(&s, 80, 24, false);
    view_paint(s.v);
    return 0;
}

static int teardown(void **state)
{
    return stage_close(&s);
}

/* What the account process asks about an unknown certificate. */
static struct ask *certificate(struct account *a)
{
    static const char *const ids[] = {"once", "always", "no"};
    static const char *const labels[] = {"Connect this time; ask again when kith was restarted",
                                         "Trust this certificate; ask again if it changes",
                                         "Do not connect"};
    struct ask *ask = ask_new();
    ask->id = 7;
    ask->account = a;
    ask->kind = KITH_ASK_CERTIFICATE;
    ask->title = xstrdup("The certificate of example.org cannot be verified. Trust it?");
    ask->text = xstrdup("Problem:      self-signed certificate\nSHA-256 fingerprint:\n"
                        "  FA:29:62:11  22:CA:D3:FB  BD:9B:8B:A1  50:25:63:04\n"
                        "  1E:B0:BE:49  A1:73:01:32  1B:1F:89:CB  BC:C6:4D:85\n"
                        "Issued to:    example.org\nIssued by:    example.org\n"
                        "Valid until:  2027-01-01\n");
    ask->n_choices = COUNT(ids);
    ask->choices = xcalloc(COUNT(ids), sizeof *ask->choices);
    for (size_t i = 0; i < COUNT(ids); i++) {
        ask->choices[i].id = xstrdup(ids[i]);
        ask->choices[i].label = xstrdup(labels[i]);
        ask->choices[i].flags = i == 2 ? KITH_CHOICE_DEFAULT : 0;
    }
    return ask;
}

static void sizes_are(const char *name)
{
    static const int sizes[][2] = {{120, 36}, {50, 15}, {40, 10}, {80, 24}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        view_resize(s.v, sizes[i][0], sizes[i][1]);
        screen_is(&s, name);
    }
}

static void test_first_run(void **state)
{
    ui_first_run(s.ui);
    sees(&s, "first run", true);
    sees(&s, "(•) this machine", true);
    sees(&s, "Nothing has been sent to the network yet.", true);
    sizes_are("wizard");
    type(&s, "alice"); /* an address where the protocol is chosen */
    sees(&s, "(•) XMPP", true);
    press(&s, "Enter");
    sees(&s, "like alice@example.org", true);
    sees(&s, "An address looks like", true);
    type(&s, "@example.org");
    press(&s, "Enter");
    type(&s, "secret");
    sees(&s, "••••••", true);
    sizes_are("wizard-xmpp");
    press(&s, "Tab Tab Tab");
    type(&s, " ");
    press(&s, "Tab Tab");
    type(&s, "many");
    press(&s, "Enter");
    sees(&s, "A port is a number", true);
    sizes_are("wizard-advanced");
    press(&s, "C-u Enter");
    sees(&s, "A port is a number", false);
}

static const char *option_of(const struct account_config *a, const char *key)
{
    const char *v = account_config_get(a, key);
    return v ? v : "";
}

/* The link of an invitation, pasted where the protocol is chosen: a name and a password, and a new account is made. */
static void test_invited(void **state)
{
    static const char link[] = "xmpp:romeo@verona.lit?roster;preauth=TkFTHmEF4GMU;ibr=y\n";
    struct account_config a;
    char *password = NULL;
    ui_first_run(s.ui);
    view_paint(s.v);
    view_paste(s.v, link, strlen(link));
    assert_int_equal(s.v->dirty, DIRTY_ALL); /* it is shown at once, not with the next key */
    sees(&s, "(•) XMPP", true);
    sees(&s, "An invitation to verona.lit by romeo@verona.lit", true);
    type(&s, "nurse");
    sees(&s, "nurse@verona.lit", true);
    sizes_are("wizard-invited");
    press(&s, "Enter Enter");
    sees(&s, "Choose a password for the new account", true);
    type(&s, "secret");
    wizard_account(&s.v->wizard, &a, &password);
    assert_string_equal(a.address, "nurse@verona.lit");
    assert_string_equal(password, "secret");
    assert_string_equal(option_of(&a, "register"), "true");
    assert_string_equal(option_of(&a, "invite"), "TkFTHmEF4GMU");
    wizard_account_free(&a);
    str_wipe_free(password);
    press(&s, "Tab Tab"); /* over "keep it": an account that is there already */
    type(&s, " ");
    wizard_account(&s.v->wizard, &a, &password);
    assert_string_equal(option_of(&a, "register"), "");
    assert_string_equal(option_of(&a, "invite"), "");
    wizard_account_free(&a);
    str_wipe_free(password);
}

/* From a terminal that does not say what is pasted, and of a web page; what is no invitation is an address that is wrong. */
static void test_invited_by_typing(void **state)
{
    ui_first_run(s.ui);
    type(&s, "https://verona.lit/invite/TkFTHmEF4GMU");
    sees(&s, "An invitation", false);
    press(&s, "Enter");
    sees(&s, "An invitation to verona.lit. Choose a name", true);
    sees(&s, "@verona.lit", true);
    press(&s, "C-e C-u");
    type(&s, "https://verona.lit/about");
    press(&s, "Enter");
    sees(&s, "An address looks like", true);
}

/* Keys, theme and bell: folded, taken with Enter, and only what was changed. */
static void test_look(void **state)
{
    const struct config *c = s.env.config;
    ui_first_run(s.ui);
    sees(&s, "emacs or vi keys, colours, bell", true);
    sees(&s, "standard", false);
    press(&s, "S-Tab");
    type(&s, " ");
    sees(&s, "(•) as the terminal is", true);
    press(&s, "Tab Right Right Tab");
    press(&s, "Right Right Right Tab Right");
    sees(&s, "(•) vi: Esc, : commands", true);
    sees(&s, "(•) 16 colours", true);
    sees(&s, "(•) never", true);
    sizes_are("wizard-look");
    assert_string_equal(config_str(c, "keys.preset"), "standard"); /* Ctrl-c leaves all as it was */
    press(&s, "Enter");
    assert_string_equal(config_str(c, "keys.preset"), "vi");
    assert_string_equal(config_str(c, "ui.theme"), "ansi16");
    size_t n = 0;
    const char *const *bell = config_list(c, "notify.bell", &n);
    assert_int_equal(n, 1);
    assert_string_equal(bell[0], "off");
    assert_int_equal(config_origin(c, "ui.colours").line, 0);
}

static const char declared[] = "option password\ntype string\nsecret\n"
                               "option host\ntype string\nadvanced\nhelp Another host.\n"
                               "option tls\ntype choice:auto|starttls|direct\nfallback auto\n"
                               "help How encryption begins: after a word in clear, from the first byte, or as DNS says, "
                               "whatever that may be in the end.\nadvanced\n"
                               "option allow_plain\ntype bool\nfallback false\nadvanced\n"
                               "option live\ntype bool\nfallback true\n"
                               "option ca_file\ntype file\nhelp PEM\nadvanced\n";

static const char *value_of(const struct account_config *a, const char *key)
{
    const char *v = account_config_get(a, key);
    return v ? v : "(none)";
}

/* All that the backend declares as advanced has a field; what is left as it is is not written. */
static void test_fields_of_the_backend(void **state)
{
    struct account_config a;
    char *password = NULL;
    ui_first_run(s.ui);
    wizard_declared(&s.v->wizard, declared);
    wizard_declared(&s.v->wizard, declared); /* a second view's answer changes nothing */
    type(&s, "alice@example.org");
    press(&s, "Tab Tab Tab Tab");
    sees(&s, "Allow plain", false);
    type(&s, " ");
    view_resize(s.v, 80, 36);
    sees(&s, "Allow plain", true);
    sees(&s, "TLS", true);
    sees(&s, "(•) auto", true);
    sees(&s, "whatever that", false); /* cut between words */
    sees(&s, "in clear, from the…", true);
    sees(&s, "CA file", true);
    sees(&s, "Live", false);
    wizard_account(&s.v->wizard, &a, &password);
    assert_int_equal(a.n_options, 0);
    wizard_account_free(&a);
    press(&s, "Tab Tab Tab Tab Tab Tab"); /* host port proxy resource certificate tls */
    sees(&s, "whatever that may be in the end.", true); /* the one that is filled in says all */
    press(&s, "Right Tab");
    type(&s, " ");
    press(&s, "Tab");
    type(&s, "/etc/ca.pem");
    wizard_account(&s.v->wizard, &a, &password);
    assert_string_equal(value_of(&a, "tls"), "starttls");
    assert_string_equal(value_of(&a, "allow_plain"), "true");
    assert_string_equal(value_of(&a, "ca_file"), "/etc/ca.pem");
    assert_int_equal(a.n_options, 3);
    wizard_account_free(&a);
    free(password);
}

/* Only where there is one, and then the password is typed once. */
static void test_keyring(void **state)
{
    struct account_config a;
    char *password = NULL;
    ui_first_run(s.ui);
    view_resize(s.v, 80, 24);
    type(&s, "alice@example.org");
    sees(&s, "keyring", false);
    wizard_open(&s.v->wizard, true);
    type(&s, "alice@example.org");
    sees(&s, "in the system keyring", true);
    press(&s, "Tab Tab Right Enter");
    sees(&s, "The keyring needs the password once", true);
    type(&s, "hunter2");
    wizard_account(&s.v->wizard, &a, &password);
    assert_string_equal(value_of(&a, "password_command"),
                        "secret-tool lookup service kith account alice@example.org");
    assert_string_equal(password, "hunter2");
    wizard_account_free(&a);
    free(password);
}

static void test_first_run_questions(void **state)
{
    ui_first_run(s.ui);
    type(&s, "alice@example.org");
    s.v->wizard.account = xstrdup("example.org"); /* as if it had been made */
    struct account *a = an_account(&s, "example.org", "xmpp", "alice@example.org");
    struct ask *ask = model_add_ask(s.env.model, certificate(a));
    sees(&s, "cannot be verified", true);
    sees(&s, "Password", false);
    sizes_are("wizard-question");
    model_drop_ask(s.env.model, ask);
    sees(&s, "cannot be verified", false);
    sees(&s, "Password", true);
    a->state = KITH_STATE_OFFLINE;
    str_set(&a->problem, "The server does not answer.");
    account_changed(a);
    sees(&s, "✗ The server does not answer.", true);
    ask = ask_new();
    ask->id = 8;
    ask->account = a;
    ask->kind = KITH_ASK_SECRET;
    ask->title = xstrdup("Password for alice@example.org");
    ask->text = xstrdup("The one given last was refused.");
    model_add_ask(s.env.model, ask);
    sees(&s, "✗ Password for alice@example.org: The one given last was refused.", true);
    type(&s, "secret");
    sees(&s, "••••••", true);
    model_drop_ask(s.env.model, ask);
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    a->state = KITH_STATE_ONLINE;
    str_set(&a->problem, NULL);
    account_changed(a);
    sees(&s, "step 2 of 2", true);
    sees(&s, "You are online as alice@example.org.", true);
    sees(&s, "Press Enter to write to Bob Builder.", true);
    sizes_are("wizard-ready");
    press(&s, "Esc");
    assert_false(s.v->wizard.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_run),
                                       cmocka_unit_test(test_fields_of_the_backend),
                                       cmocka_unit_test(test_keyring),
                                       cmocka_unit_test(test_first_run_questions), cmocka_unit_test(test_look),
                                       cmocka_unit_test(test_invited), cmocka_unit_test(test_invited_by_typing)};
    int rc = cmocka_run_group_tests(tests, setup, teardown);
    return rc ? rc : s.failures;
}
