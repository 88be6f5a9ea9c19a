/* ui/wizard.c - the first run: which account, and what will be written */
#include "ui/wizard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/wrap.h"

static void add_fields(struct form *f)
{
    struct form_field *p = form_add(f, FORM_CHOICE, "protocol", "Account", NULL);
    form_add_choice(p, "local", "this machine", true);
    form_add_choice(p, "xmpp", "XMPP (Jabber)", false);
    form_add_choice(p, "skip", "skip, only look around", false);
    form_add(f, FORM_NOTE, "about_local", "",
             "\nChat with the people who use this computer, and keep notes to yourself. No server "
             "and no password: "
             "your login name is your address. Enter, and you are there.\n\n"
             "Three keys to remember:\n  Ctrl-k  opens any chat by a few letters\n  F2      goes "
             "to the buddy list\n"
             "  F1      shows the keys that work now\n");
    form_add(f, FORM_NOTE, "about_skip", "",
             "\nNothing is connected. /account add makes an account later.\n");
    form_add(f, FORM_NOTE, "gap", "", "");
    form_add(f, FORM_TEXT, "address", "Address", NULL)->help = xstrdup("like alice@example.org");
    form_add(f, FORM_SECRET, "password", "Password", NULL);
    struct form_field *k = form_add(f, FORM_CHOICE, "keep", "keep it", NULL);
    form_add_choice(k, "ask", "ask me at every start", true);
    form_add_choice(k, "file", "in a file only I can read", false);
    form_add(f, FORM_TEXT, "server", "Server", NULL)->help =
        xstrdup("only if the address does not lead there: host or host:port");
}

void wizard_open(struct wizard *w)
{
    wizard_close(w);
    w->open = true;
    add_fields(&w->form);
    form_start(&w->form);
    wizard_update(w);
}

void wizard_close(struct wizard *w)
{
    form_free(&w->form);
    free(w->problem);
    *w = (struct wizard){0};
}

static const char *protocol(const struct wizard *w)
{
    return form_chosen(form_field(&w->form, "protocol"));
}

void wizard_update(struct wizard *w)
{
    static const char *const keys[] = {"address", "password", "keep", "server", "gap"};
    const char *p = protocol(w);
    for (size_t i = 0; i < COUNT(keys); i++)
        form_field(&w->form, keys[i])->hidden = !str_eq(p, "xmpp");
    form_field(&w->form, "about_local")->hidden = !str_eq(p, "local");
    form_field(&w->form, "about_skip")->hidden = !str_eq(p, "skip");
}

static const char *address(const struct wizard *w)
{
    return editor_text(form_field(&w->form, "address")->editor);
}

/* Host and port ("" when there is none) of "host", "host:port", "[v6]:port"; false: it is neither.
 */
static bool split_server(const char *text, char host[256], char port[8])
{
    const char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':');
    bool v6 = text[0] != '[' && end && strchr(end + 1, ':');
    size_t n = end && !v6 ? (size_t)(end - text) : strlen(text);
    const char *colon = text[0] == '[' && end ? end + 1 : text + n;
    int64_t number;
    if (text[0] == '[' && !end)
        return false;
    if (n > 0 && text[0] == '[') {
        text++;
        n--;
    }
    if (n == 0 || n > 255 || strpbrk(text, " \t\n\"'<>&/@"))
        return false;
    str_copy(host, n + 1, text);
    str_copy(port, 8, *colon == ':' ? colon + 1 : "");
    return *colon == '\0' ||
           (*colon == ':' && strlen(colon + 1) < 8 && str_int(colon + 1, 1, 65535, &number));
}

static const char *server(const struct wizard *w)
{
    return editor_text(form_field(&w->form, "server")->editor);
}

static bool server_wrong(const struct wizard *w)
{
    char host[256], port[8];
    return *server(w) && !split_server(server(w), host, port);
}

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

static enum wizard_result go_back_to(struct wizard *w, const char *field, const char *problem)
{
    str_set(&w->problem, problem);
    w->form.focus = (size_t)(form_field(&w->form, field) - w->form.fields);
    return WIZARD_STAY;
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
    if (str_eq(protocol(w), "skip"))
        return WIZARD_SKIP;
    if (str_eq(protocol(w), "xmpp")) {
        if (next_field(&w->form, "protocol"))
            return WIZARD_STAY;
        const char *problem = address_problem(address(w));
        if (problem)
            return go_back_to(w, "address", problem);
        if (server_wrong(w))
            return go_back_to(w, "server", "A server looks like xmpp.example.org:5222");
        if (next_field(&w->form, "address"))
            return WIZARD_STAY;
    }
    if (str_eq(protocol(w), "local"))
        return WIZARD_DONE; /* nothing to check or to decide: Enter is enough */
    w->page = WIZARD_SUMMARY;
    return WIZARD_STAY;
}

void wizard_back(struct wizard *w)
{
    w->page = WIZARD_ACCOUNT;
}

/* ---- the result ---- */

static void add_option(struct account_config *a, const char *key, const char *value)
{
    a->options = xreallocarray(a->options, a->n_options + 1, sizeof *a->options);
    a->options[a->n_options].key = xstrdup(key);
    a->options[a->n_options].value = xstrdup(value);
    a->n_options++;
}

void wizard_account(const struct wizard *w, struct account_config *out, char **password)
{
    *out = (struct account_config){.protocol = xstrdup(protocol(w)), .autoconnect = true};
    *password = NULL;
    if (!str_eq(out->protocol, "xmpp")) {
        out->name = xstrdup("here");
        return;
    }
    const struct editor *secret = form_field(&w->form, "password")->editor;
    out->address = xstrdup(address(w));
    out->name = xstrdup(strchr(out->address, '@') ? strchr(out->address, '@') + 1 : out->address);
    char host[256], port[8];
    if (split_server(server(w), host, port)) {
        add_option(out, "host", host);
        if (port[0])
            add_option(out, "port", port);
    }
    if (editor_empty(secret))
        return;
    if (str_eq(form_chosen(form_field(&w->form, "keep")), "file"))
        add_option(out, "password", editor_text(secret));
    else
        *password = xstrdup(editor_text(secret));
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

/* ---- painting ---- */

static void paint_text(const struct pane_env *env, struct rect r, int *y, const char *text,
                       uint16_t style)
{
    struct rich rich = {0};
    struct wrap wrap = {0};
    rich_adds(&rich, (uint8_t)style, text);
    wrap_text(&wrap, &rich, &(struct wrap_width){MAX(4, r.w), 0, 100}, &env->s->rules);
    for (size_t i = 0; i < wrap.n; i++, (*y)++)
        if (*y < r.y + r.h)
            surface_put(env->s, r, r.x, *y, buf_str(&rich.text) + wrap.lines[i].from,
                        wrap.lines[i].to - wrap.lines[i].from, style);
    rich_free(&rich);
    wrap_free(&wrap);
}

static void paint_summary(const struct wizard *w, const struct pane_env *env, struct rect r)
{
    int y = r.y;
    struct buf b = {0};
    bool xmpp = str_eq(protocol(w), "xmpp");
    buf_addf(&b, "Account: %s\n\n", xmpp ? address(w) : "people on this machine");
    if (xmpp)
        buf_addf(&b, "The password is %s.\n",
                 str_eq(form_chosen(form_field(&w->form, "keep")), "file")
                     ? "kept in kith's own account file (0600)"
                     : "asked for at every start");
    buf_adds(&b, "kith writes the account to a file of its own; your own accounts.cfg and kith.cfg "
                 "are never "
                 "changed by it.\n\nOff unless you turn it on: previews of links, pictures from "
                 "strangers, reading marks "
                 "to rooms.\n\nThree keys to remember:\n  Ctrl-k  opens any chat by a few "
                 "letters\n  F2      goes to the "
                 "buddy list\n  F1      shows the keys that work now");
    paint_text(env, r, &y, buf_str(&b), ROLE_POPUP);
    buf_free(&b);
}

void wizard_repaint(struct wizard *w, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    surface_fill(s, all, ROLE_POPUP);
    surface_cursor(s, -1, -1);
    struct buf b = {0};
    glyph_words(env->g, &b, "kith " KITH_VERSION " — first run");
    surface_puts(s, all, all.x + 1, all.y, buf_str(&b), ROLE_POPUP_TITLE);
    const char *step =
        w->page == WIZARD_ACCOUNT ? "step 1 of 2: your account" : "step 2 of 2: ready";
    int x = all.x + all.w - 1 - (int)strlen(step);
    if (x > all.x + (int)b.len)
        surface_puts(s, all, x, all.y, step, ROLE_POPUP);
    if (all.h > 8)
        surface_repeat(s, all, all.x, all.y + 1, all.w, env->g->hline, ROLE_POPUP_BORDER);
    int head = all.h > 8 ? 3 : 1, foot = all.h > 8 ? 3 : 2;
    struct rect in = {all.x + 2, all.y + head, all.w - 4, MAX(0, all.h - head - foot)};
    if (w->page == WIZARD_ACCOUNT)
        form_repaint(&w->form, env, in);
    else
        paint_summary(w, env, in);
    int last = all.y + all.h - 1;
    buf_clear(&b);
    if (w->problem)
        buf_addf(&b, "%s %s", env->g->failed, w->problem);
    else
        buf_adds(&b, "Nothing has been sent to the network yet.");
    surface_put_cut(s, all, all.x + 2, last - 1, all.w - 3, buf_str(&b),
                    w->problem ? ROLE_POPUP_DANGER : ROLE_POPUP_BORDER, env->g->more);
    buf_clear(&b);
    glyph_words(env->g, &b,
                w->page == WIZARD_ACCOUNT
                    ? "Enter continue · ← → choose · Tab next field · Ctrl-c quit"
                    : "Enter start · Alt-← back · Ctrl-c quit");
    surface_put_cut(s, all, all.x + 1, last, all.w - 2, buf_str(&b), ROLE_HINT, env->g->more);
    buf_free(&b);
}
