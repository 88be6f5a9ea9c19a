/* main/args.c - the command line: one table of options and commands for parsing, --help and kith(1) */
#include "main/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum opt_id {
    OPT_CONFIG, OPT_ACCOUNT, OPT_OFFLINE, OPT_THEME, OPT_PLAIN, OPT_NO_COLOR, OPT_FOREGROUND, OPT_HEADLESS, OPT_CHECK, OPT_PRINT,
    OPT_KEYS, OPT_COMMANDS, OPT_PROBE, OPT_COMPLETION, OPT_HELP, OPT_VERSION, OPT_ENGINE, OPT_MAN, OPT_NAMES
};
enum value { VALUE_NONE, VALUE_NEEDED, VALUE_MD };

struct opt_row {
    enum opt_id id;
    char letter;       /* 0 = none */
    const char *name;
    enum value value;
    const char *value_name;
    const char *help;  /* NULL: internal */
};
static const struct opt_row opt_rows[] = {
    {OPT_CONFIG, 'c', "config", VALUE_NEEDED, "dir", "keep configuration, history and sockets below this directory"},
    {OPT_ACCOUNT, 'a', "account", VALUE_NEEDED, "name", "show this account's first chat"},
    {OPT_OFFLINE, 'o', "offline", VALUE_NONE, NULL, "connect nothing by itself"},
    {OPT_THEME, 't', "theme", VALUE_NEEDED, "name", "use this theme until kith ends"},
    {OPT_PLAIN, 0, "plain", VALUE_NONE, NULL, "line by line, for terminals that cannot place the cursor"},
    {OPT_NO_COLOR, 0, "no-color", VALUE_NONE, NULL, "no colours (as with NO_COLOR set)"},
    {OPT_FOREGROUND, 0, "foreground", VALUE_NONE, NULL, "end the engine together with this terminal"},
    {OPT_HEADLESS, 0, "headless", VALUE_NONE, NULL, "run the engine here without a terminal, log to standard error; kith attaches to it"},
    {OPT_CHECK, 0, "check-config", VALUE_NONE, NULL, "check all files, and each account against what its protocol knows, and stop"},
    {OPT_PRINT, 0, "print-config", VALUE_NONE, NULL, "print every option with its value and where it comes from"},
    {OPT_KEYS, 0, "list-keys", VALUE_MD, "md", "list the keys as they are bound now"},
    {OPT_COMMANDS, 0, "list-commands", VALUE_MD, "md", "list the commands"},
    {OPT_PROBE, 0, "probe-terminal", VALUE_NONE, NULL, "as the command doctor"},
    {OPT_COMPLETION, 0, "completion", VALUE_NEEDED, "shell", "print the completion for bash, zsh or fish"},
    {OPT_HELP, 'h', "help", VALUE_NONE, NULL, "print this help"},
    {OPT_VERSION, 'V', "version", VALUE_NONE, NULL, "print the version, the licence and the optional parts"},
    {OPT_ENGINE, 0, "engine", VALUE_NEEDED, "fd", NULL},
    {OPT_MAN, 0, "print-man", VALUE_NEEDED, "page", NULL},
    {OPT_NAMES, 0, "names", VALUE_NEEDED, "kind", NULL},
};

struct command_row { const char *name, *args, *help; };
static const struct command_row command_rows[] = {
    {"send", "address [text]", "send a message; without text it is read from standard input"},
    {"tail", "chat", "print the last messages of a chat, with --follow also those to come"},
    {"chats", "", "print the contacts and rooms: account, address, name"},
    {"unread", "", "print the chats with unread messages"},
    {"search", "words", "print messages that hold these words; from: in: since: before: has: narrow it down"},
    {"status", "", "print the accounts and how they stand"},
    {"open", "uri", "show the chat of an xmpp: or irc: link in the open terminal"},
    {"doctor", "", "examine this terminal, and tmux around it, and say what to change"},
    {"quit", "", "end the engine"},
};
struct command_opt_row { const char *name, *value, *of, *help; };
static const struct command_opt_row command_opts[] = {
    {"--json", NULL, NULL, "one JSON object a line"},
    {"--account", "name", NULL, "the account meant"},
    {"--wait", NULL, "send", "until the server, or the peer, has it"},
    {"--follow", NULL, "tail", "go on until interrupted"},
    {"-n", "number", "tail, search", "how many messages"},
    {"--best", NULL, "search", "the best first, not the newest"},
};
struct exit_row { int code; const char *help; };
static const struct exit_row exit_rows[] = {
    {0, "good"}, {1, "failure; search: nothing was found"}, {2, "usage"}, {3, "configuration; file:line: sentence on standard error"},
    {4, "terminal"}, {5, "already running"},
};

static bool is_command(const char *word)
{
    for (size_t i = 0; i < COUNT(command_rows); i++)
        if (str_eq(word, command_rows[i].name))
            return true;
    return false;
}

static const struct opt_row *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT(opt_rows); i++)
        if (strlen(opt_rows[i].name) == len && strncmp(opt_rows[i].name, name, len) == 0)
            return &opt_rows[i];
    return NULL;
}

static const struct opt_row *find_letter(char letter)
{
    for (size_t i = 0; i < COUNT(opt_rows); i++)
        if (opt_rows[i].letter == letter)
            return &opt_rows[i];
    return NULL;
}

static void set_mode(struct args *a, enum args_mode mode, const char *value)
{
    a->mode = mode;
    a->markdown = value != NULL;
}

static int take(struct args *a, const struct opt_row *o, const char *value, struct err *e)
{
    int64_t n;

    switch (o->id) {
    case OPT_CONFIG: a->config_dir = value; break;
    case OPT_ACCOUNT: a->account = value; break;
    case OPT_OFFLINE: a->offline = true; break;
    case OPT_THEME: a->theme = value; break;
    case OPT_PLAIN: a->plain = true; break;
    case OPT_NO_COLOR: a->no_color = true; break;
    case OPT_FOREGROUND: a->foreground = true; break;
    case OPT_HEADLESS:
        a->mode = MODE_ENGINE;
        a->headless = true;
        break;
    case OPT_CHECK: a->mode = MODE_CHECK_CONFIG; break;
    case OPT_PRINT: a->mode = MODE_PRINT_CONFIG; break;
    case OPT_KEYS: set_mode(a, MODE_LIST_KEYS, value); break;
    case OPT_COMMANDS: set_mode(a, MODE_LIST_COMMANDS, value); break;
    case OPT_PROBE: a->mode = MODE_PROBE; break;
    case OPT_HELP: a->mode = MODE_HELP; break;
    case OPT_VERSION: a->mode = MODE_VERSION; break;
    case OPT_MAN:
        a->mode = MODE_MAN;
        a->page = value;
        break;
    case OPT_COMPLETION:
        a->mode = MODE_COMPLETION;
        a->page = value;
        break;
    case OPT_NAMES:
        a->mode = MODE_NAMES;
        a->page = value;
        break;
    case OPT_ENGINE:
        if (!str_int(value, -1, 1023, &n))
            return err_set(e, -1, "--engine is for kith itself");
        a->mode = MODE_ENGINE;
        a->engine_fd = (int)n;
        break;
    }
    return 0;
}

static int bad_option(const char *word, struct err *e)
{
    const char *best = NULL;
    size_t len = strcspn(word, "=");
    char *name = xstrndup(word + 2 < word + len ? word + 2 : word, len > 2 ? len - 2 : len);
    int least = 3;

    for (size_t i = 0; i < COUNT(opt_rows); i++) {
        int d = opt_rows[i].help != NULL ? str_distance(name, opt_rows[i].name, 3) : 4;

        if (d < least) {
            least = d;
            best = opt_rows[i].name;
        }
    }
    free(name);
    if (best != NULL)
        return err_set(e, -1, "there is no option %.64s (did you mean --%s?)", word, best);
    return err_set(e, -1, "there is no option %.64s (kith --help lists them)", word);
}

/* One option at argv[i]; returns how many words it took, or negative. */
static int take_word(struct args *a, int argc, const char *const *argv, int i, struct err *e)
{
    const char *word = argv[i], *value = NULL;
    const struct opt_row *o;
    int used = 1;

    if (word[1] == '-') {
        value = strchr(word, '=');
        o = find_long(word + 2, value != NULL ? (size_t)(value - word - 2) : strlen(word + 2));
        value = value != NULL ? value + 1 : NULL;
    } else {
        o = find_letter(word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (o == NULL)
        return bad_option(word, e);
    if (o->value == VALUE_NEEDED && value == NULL) {
        if (i + 1 >= argc)
            return err_set(e, -1, "--%s needs a value: %s", o->name, o->value_name);
        value = argv[i + 1];
        used = 2;
    }
    if (o->value == VALUE_NONE && value != NULL)
        return err_set(e, -1, "--%s takes no value", o->name);
    if (o->value == VALUE_MD && value != NULL && !str_eq(value, "md"))
        return err_set(e, -1, "--%s knows only the format md", o->name);
    return take(a, o, value, e) < 0 ? -1 : used;
}

int args_parse(struct args *a, int argc, const char *const *argv, struct err *e)
{
    *a = (struct args){.engine_fd = -1};
    for (int i = 1; i < argc;) {
        int used = 1;

        if (str_eq(argv[i], "doctor")) { /* needs the terminal, and no engine */
            a->mode = MODE_PROBE;
            i++;
            continue;
        }
        if (is_command(argv[i])) {
            a->mode = MODE_CONTROL;
            a->argc = argc - i;
            a->argv = argv + i;
            return 0;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            used = take_word(a, argc, argv, i, e);
            if (used < 0)
                return -1;
        } else if (strchr(argv[i], ':') != NULL && a->uri == NULL) {
            a->uri = argv[i];
        } else {
            return err_set(e, -1, "%.64s is neither a command nor an address such as xmpp:name@example.org (kith --help)", argv[i]);
        }
        i += used;
    }
    return 0;
}

void args_help(struct buf *out)
{
    buf_adds(out, "kith - chat from the terminal: one buddy list, one history, one keyboard over many protocols\n\n"
                  "Usage: kith [options] [xmpp:... | irc:...]     open kith, or come back to it\n"
                  "       kith [options] command ...              speak to the kith that runs\n\nOptions:\n");
    for (size_t i = 0; i < COUNT(opt_rows); i++) {
        const struct opt_row *o = &opt_rows[i];
        char left[64];
        struct buf b = {0};

        if (o->help == NULL)
            continue;
        if (o->letter)
            buf_addf(&b, "  -%c, --%s", o->letter, o->name);
        else
            buf_addf(&b, "      --%s", o->name);
        if (o->value == VALUE_NEEDED)
            buf_addf(&b, " %s", o->value_name);
        else if (o->value == VALUE_MD)
            buf_adds(&b, "[=md]");
        str_copy(left, sizeof left, buf_str(&b));
        buf_addf(out, "%-28s%s\n", left, o->help);
        buf_free(&b);
    }
    buf_adds(out, "\nCommands:\n");
    for (size_t i = 0; i < COUNT(command_rows); i++)
        buf_addf(out, "  %-6s %-18s %s\n", command_rows[i].name, command_rows[i].args, command_rows[i].help);
    for (size_t i = 0; i < COUNT(command_opts); i++) {
        const struct command_opt_row *o = &command_opts[i];

        buf_addf(out, "    %s%s%-*s %s%s%s\n", o->name, o->value != NULL ? " " : "",
                 MAX(0, 23 - (int)strlen(o->name) - (o->value != NULL)), o->value != NULL ? o->value : "",
                 o->of != NULL ? o->of : "", o->of != NULL ? ": " : "", o->help);
    }
    buf_adds(out, "\nExit codes:");
    for (size_t i = 0; i < COUNT(exit_rows); i++)
        buf_addf(out, "%s %d %s", i > 0 ? ";" : "", exit_rows[i].code, exit_rows[i].help);
    buf_adds(out, ".\nMore: man kith, and /help inside.\n");
}

void args_mdoc(struct buf *out)
{
    buf_adds(out, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < COUNT(opt_rows); i++) {
        const struct opt_row *o = &opt_rows[i];

        if (o->help == NULL)
            continue;
        buf_adds(out, ".It ");
        if (o->letter)
            buf_addf(out, "Fl %c , ", o->letter);
        buf_addf(out, "Fl -%s", o->name);
        if (o->value == VALUE_NEEDED)
            buf_addf(out, " Ar %s", o->value_name);
        else if (o->value == VALUE_MD)
            buf_adds(out, " Ns Op Cm =md");
        buf_addf(out, "\n%c%s.\n", o->help[0] >= 'a' && o->help[0] <= 'z' ? o->help[0] - 32 : o->help[0], o->help + 1);
    }
    buf_adds(out, ".El\n.Sh COMMANDS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < COUNT(command_rows); i++)
        buf_addf(out, ".It Cm %s%s%s\n%c%s.\n", command_rows[i].name, command_rows[i].args[0] ? " Ar " : "",
                 command_rows[i].args, command_rows[i].help[0] - 32, command_rows[i].help + 1);
    buf_adds(out, ".El\n.Pp\nThese take further options:\n.Bl -tag -width \"--account name\"\n");
    for (size_t i = 0; i < COUNT(command_opts); i++) {
        const struct command_opt_row *o = &command_opts[i];

        buf_addf(out, ".It Fl %s%s%s\n%s%s%s.\n", o->name + 1, o->value != NULL ? " Ar " : "", o->value != NULL ? o->value : "",
                 o->of != NULL ? o->of : "", o->of != NULL ? ": " : "", o->help);
    }
    buf_adds(out, ".El\n");
}

void args_exit_mdoc(struct buf *out)
{
    buf_adds(out, ".Bl -tag -width Ds -compact\n");
    for (size_t i = 0; i < COUNT(exit_rows); i++)
        buf_addf(out, ".It %d\n%s\n", exit_rows[i].code, exit_rows[i].help);
    buf_adds(out, ".El\n");
}

bool args_option_at(size_t i, struct args_row *out)
{
    for (size_t k = 0; k < COUNT(opt_rows); k++) {
        const struct opt_row *o = &opt_rows[k];

        if (o->help == NULL || i-- > 0)
            continue;
        *out = (struct args_row){.letter = o->letter, .name = o->name, .help = o->help,
                                 .value = o->value == VALUE_MD ? "md" : o->value_name, .optional = o->value == VALUE_MD};
        return true;
    }
    return false;
}

bool args_command_at(size_t i, struct args_row *out)
{
    if (i >= COUNT(command_rows))
        return false;
    *out = (struct args_row){.name = command_rows[i].name, .value = command_rows[i].args, .help = command_rows[i].help};
    return true;
}

bool args_flag_at(size_t i, struct args_row *out)
{
    const struct command_opt_row *o = &command_opts[i];

    if (i >= COUNT(command_opts))
        return false;
    *out = (struct args_row){.name = o->name, .value = o->value, .of = o->of, .help = o->help};
    return true;
}

size_t args_for_engine(const struct args *a, const char **out, size_t cap)
{
    size_t n = 0;

    ENSURE(cap >= 16);
    if (a->config_dir != NULL) {
        out[n++] = "--config";
        out[n++] = a->config_dir;
    }
    if (a->theme != NULL) {
        out[n++] = "--theme";
        out[n++] = a->theme;
    }
    if (a->offline)
        out[n++] = "--offline";
    if (a->no_color)
        out[n++] = "--no-color";
    out[n] = NULL;
    return n;
}
