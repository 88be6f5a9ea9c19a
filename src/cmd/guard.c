/* cmd/guard.c - was this text meant for this place? What Enter asks about before it sends */
#include "cmd/guard.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/internal.h"

enum { NAME_MIN = 2, NAME_MAX_LEN = 24, MOVED_MS = 1000 };

static bool one_of(const char *word, size_t len, const char *list)
{
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, "|");
        if (n == len && strncmp(p, word, n) == 0)
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Blanks at s, those of other scripts too; their length. */
static size_t blanks(const char *s)
{
    static const char *const wide[] = {"\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\x8b"};
    size_t at = 0;
    for (bool more = true; more;) {
        more = false;
        while (is_blank(s[at]))
            at++;
        for (size_t i = 0; i < COUNT(wide); i++) {
            if (str_starts(s + at, wide[i])) {
                at += strlen(wide[i]);
                more = true;
            }
        }
    }
    return at;
}

/* ---- private keys ---- */

/* "-----BEGIN OPENSSH PRIVATE KEY-----" and its kin, RFC 7468 §2; four dashes and spaces in RFC 4716 §3.2. */
static bool has_pem_key(const char *text)
{
    for (const char *p = text; (p = strstr(p, "----"));) {
        p += strspn(p, "-"); /* all of them at once: a long line of dashes is looked at once */
        const char *at = p + strspn(p, " ");
        if (!str_starts(at, "BEGIN "))
            continue;
        size_t n = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");
        for (size_t i = 0; i + 11 <= n; i++) {
            if (strncmp(at + i, "PRIVATE KEY", 11) == 0)
                return true;
        }
    }
    return false;
}

static size_t base64_run(const char *s)
{
    size_t n = 0;
    while ((s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= 'a' && s[n] <= 'z') ||
           (s[n] >= '0' && s[n] <= '9') || s[n] == '+' || s[n] == '/' || s[n] == '=')
        n++;
    return n;
}

/* WireGuard's "PrivateKey = " and 32 bytes of base64. */
static bool has_wireguard_key(const char *text)
{
    for (const char *p = text; (p = strstr(p, "PrivateKey")); p++) {
        const char *at = p + strlen("PrivateKey");
        at += strspn(at, " \t=");
        if (base64_run(at) == 44)
            return true;
    }
    return false;
}

static bool has_key(const char *text)
{
    static const char *const marks[] = {
        "PuTTY-User-Key-File-", "AGE-SECRET-KEY-1",
        "b3BlbnNzaC1rZXktdjE" /* the first bytes of an OpenSSH key, without its frame */};
    for (size_t i = 0; i < COUNT(marks); i++) {
        if (strstr(text, marks[i]))
            return true;
    }
    return has_pem_key(text) || has_wireguard_key(text);
}

/* ---- commands of kith ---- */

/* The command's name at s: letters and dashes up to a blank or the end. 0: it is none. */
static size_t name_at(const char *s, char name[NAME_MAX_LEN + 1])
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    if (n < NAME_MIN || n > NAME_MAX_LEN || (s[n] && !is_blank(s[n])))
        return 0;
    for (size_t i = 0; i <= n; i++)
        name[i] = (char)(i == n ? '\0' : s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
    return n;
}

static bool is_command(const struct cmd_env *env, const char *name)
{
    return cmd_find(name) || (env->config && config_alias(env->config, name));
}

/* A command, the beginning of one, or one with a slip of the finger. */
static bool nearly_command(const struct cmd_env *env, const char *name)
{
    struct err e = {0};
    return is_command(env, name) || cmd_resolve(env, name, &e) || strstr(e.text, "did you mean") ||
           strstr(e.text, "could be");
}

/* Signs that stand where a slash was meant (its neighbours on common keyboards, the key without Shift, the other
 * slash), and which commands are meant then: none that robots in rooms listen to, nor words that follow such a sign
 * in a sentence. */
static bool slipped(const char *text)
{
    static const char risky[] =
        "quit|join|part|leave|msg|query|nick|exec|connect|disconnect|reconnect|detach|unset|"
        "whois|kick|invite|topic|away|close|ignore|unignore|retract|suspend|window|me";
    char name[NAME_MAX_LEN + 1];
    bool quote = text[0] == '\'' || text[0] == ';' || text[0] == ',';
    size_t skip = text[0] && strchr(".,;'\\?7:>", text[0]) ? 1 : 0;
    if (str_starts(text, "\xef\xbc\x8f") || str_starts(text, "\xe2\x81\x84") ||
        str_starts(text, "\xe2\x88\x95")) /* slashes of other scripts */
        return name_at(text + 3, name) && cmd_find(name);
    if (!skip || !name_at(text + skip, name))
        return false;
    return one_of(name, strlen(name),
                  quote ? "quit|join|part|msg|query|nick|exec|whois" : risky);
}

/* The last line is a command that was to run by itself. */
static bool command_below(const char *text)
{
    char name[NAME_MAX_LEN + 1];
    const char *last = strrchr(text, '\n');
    return last && last[1] == '/' && name_at(last + 2, name) && cmd_find(name);
}

static bool mistyped_command(const struct cmd_env *env, const char *text)
{
    char name[NAME_MAX_LEN + 1];
    size_t skip = blanks(text);
    if (skip > 0 && text[skip] == '/' && text[skip + 1] != '/') {
        size_t space = skip + 1 + strspn(text + skip + 1, " "); /* " / quit" too */
        return name_at(text + space, name) && nearly_command(env, name);
    }
    return slipped(text + skip) || command_below(text);
}

/* ---- editors, shells, terminals ---- */

static size_t words_of(const char *text, const char *out[], size_t lens[], size_t max)
{
    size_t n = 0;
    while (*(text += strspn(text, " \t"))) {
        if (n == max || *text == '\n')
            return max + 1;
        lens[n] = strcspn(text, " \t\n");
        out[n++] = text;
        text += lens[n - 1];
    }
    return n;
}

/* ":wq", ":q!", ":w file", ":%s/a/b/": what is typed into vi. ":x" alone is a face. */
static bool for_editor(const char *t, size_t len)
{
    static const char alone[] = ":q|:q!|:w|:w!|:wq|:wq!|:x!|:qa|:qa!|:wqa|:wqa!|:wa|:xa|:bd|:bn|:bp|:vs|:"
                                "sp|:e!|:noh|:quit|:exit|ZZ|ZQ|:tabnew|:tabn|:ls|:reg|:sh|:make";
    if (one_of(t, len, alone))
        return true;
    if (memchr(t, '\n', len))
        return false;
    return str_starts(t, ":%s/") || str_starts(t, ":s/") || str_starts(t, ":set ") ||
           str_starts(t, ":e ") || str_starts(t, ":w ") || str_starts(t, ":r ") ||
           str_starts(t, ":vsp ") || str_starts(t, ":!");
}

/* A key's sequence that arrived as text: "^[[A", "[200~", "^C". */
static bool for_terminal(const char *t, size_t len)
{
    if (t[0] == '^' && ((len == 2 && strchr("CDZXGVHUW\\", t[1])) || t[1] == '['))
        return true;
    size_t at = 1 + strspn(t + 1, "0123456789;?");
    if (t[0] != '[' || at + 1 != len)
        return false;
    return strchr("ABCDFHZ~", t[at]) != NULL && (at > 1 || t[at] != '~');
}

static bool is_path(const char *w, size_t len)
{
    return memchr(w, '/', len) || w[0] == '~' || one_of(w, len, "..|.|-|*");
}

/* "ls -la", "cd ..", "git status": whole lines that are nothing but an order to a shell. */
static bool for_shell(const char *t)
{
    static const char alone[] = "ls|ll|pwd|whoami|htop|exit|logout|cd|fg|startx|quit|exit()|quit()|\\q|"
                                "ifconfig|q!|sl|gti|dmesg|vim|nvim|tmux";
    static const char pairs[] = "git status|git pull|git push|git diff|git log|git stash|git fetch|sudo su|"
                                "sudo -i|sudo -s|su -|su root|tmux a|tmux attach|tmux ls|screen -r|"
                                "screen -x|screen -dr|sudo su -|docker ps|exit 0|exit 1|sudo reboot|git add .|"
                                "make install|make clean|make check|ip a|df -h|free -m|ps aux|apt update";
    const char *w[4] = {0};
    size_t len[4] = {0}, n = words_of(t, w, len, 4), whole = strlen(t);
    if (n == 1)
        return one_of(t, len[0], alone) ||
               (str_starts(t, "./") && len[0] > 3 && t[2] != '.' && t[2] != '/');
    if (n < 2 || n > 4)
        return false;
    if (one_of(t, whole, pairs))
        return true;
    if (one_of(t, len[0], "rm|ls") && w[1][0] == '-')
        return true;
    bool flags = true, paths = true;
    for (size_t i = 1; i < n; i++) {
        flags = flags && (w[i][0] == '-' || is_path(w[i], len[i]));
        paths = paths && is_path(w[i], len[i]);
    }
    if (flags && one_of(t, len[0], "ls|ll|la|rm|cp|mv|du|tail|chmod"))
        return true;
    if (n == 2 && one_of(t, len[0], "ssh|mosh") && memchr(w[1], '@', len[1]))
        return true;
    if (n == 2 && one_of(t, len[0], "vim|vi|nvim|nano") && memchr(w[1], '.', len[1] - 1))
        return true;
    return n == 2 && paths && one_of(t, len[0], "cd|vim|vi|nvim|nano|less|cat|rm|rmdir|source|tail|mkdir");
}

enum guard guard_text(const struct cmd_env *env, const char *text, struct buf *why)
{
    if (has_key(text)) {
        buf_adds(why, "This holds a private key.");
        return GUARD_KEY;
    }
    if (text[0] == '/')
        return GUARD_NONE; /* runs as a command, is refused, or is meant literally: "//" */
    if (mistyped_command(env, text)) {
        buf_adds(why, "This looks like a command that was mistyped; it would be sent as text.");
        return GUARD_COMMAND;
    }
    size_t from = blanks(text), len = strlen(text + from);
    while (len > 0 && is_blank(text[from + len - 1]))
        len--;
    char *line = xstrndup(text + from, len);
    bool shell = for_editor(line, len) || for_terminal(line, len) || for_shell(line);
    if (shell)
        buf_adds(why, "This looks as if it was meant for a shell or an editor.");
    str_take(&line, NULL);
    return shell ? GUARD_SHELL : GUARD_NONE;
}

/* ---- the place ---- */

bool guard_wants(const struct cmd_env *env, const char *what)
{
    size_t n = 0;
    const char *const *v = config_list(env->config, "ui.input.guard", &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i], what) == 0)
            return true;
    }
    return false;
}

/* The account with which the user wrote to this address later than with this one. */
static const struct account *other_account(const struct model *m, const struct chat *chat)
{
    const struct account *best = NULL;
    int64_t said = chat->said;
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct account *a = m->accounts[i];
        const struct chat *c = a == chat->account || strcmp(a->protocol, chat->account->protocol) != 0
                                   ? NULL
                                   : account_chat(a, chat->address);
        if (c && c->said > said) {
            said = c->said;
            best = a;
        }
    }
    return best;
}

enum guard guard_send(const struct cmd_env *env, const struct chat *chat, const char *text,
                      struct buf *why)
{
    enum guard g = guard_text(env, text, why);
    bool secret = guard_wants(env, "secret");
    if (g == GUARD_KEY && secret)
        return g;
    const struct account *of =
        secret && env->core && text[0] != '/' ? core_holds_secret(env->core, text) : NULL;
    if (of) {
        buf_clear(why);
        buf_addf(why, "This holds a password of your account %s.", of->name);
        return GUARD_PASSWORD;
    }
    if ((g == GUARD_COMMAND || g == GUARD_SHELL) && guard_wants(env, "command"))
        return g;
    buf_clear(why);
    const struct account *other =
        text[0] != '/' && guard_wants(env, "account") ? other_account(env->model, chat) : NULL;
    if (!other)
        return GUARD_NONE;
    buf_addf(why, "You wrote to %s with your account %s last; this goes from %s.", chat_title(chat),
             other->name, chat->account->name);
    return GUARD_ACCOUNT;
}

bool guard_asks(const struct cmd_env *env, const struct chat *chat, const char *text, int64_t shown_at, struct buf *why,
                struct buf *question)
{
    size_t had = why->len;
    if (text[0] == '/' && text[1] != '/')
        return false;
    if (guard_send(env, chat, text, why) == GUARD_NONE && shown_at && clock_mono_ms() - shown_at < MOVED_MS &&
        guard_wants(env, "moved"))
        buf_adds(why, "The chat under the input changed just now.");
    if (why->len == had)
        return false;
    buf_addf(question, "Send it to %s (%s)?", chat_title(chat), chat->account->name);
    return true;
}
