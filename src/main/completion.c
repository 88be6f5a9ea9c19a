/* main/completion.c - completion for bash, zsh and fish: options, commands, accounts, themes, chats */
#include "main/completion.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spawn.h"
#include "config/config.h"
#include "config/theme.h"
#include "view/proto.h"

/* What may stand where a value is asked for: files and folders are the shell's, the rest kith's to name. */
enum kind { KIND_NONE, KIND_DIR, KIND_ACCOUNT, KIND_THEME, KIND_SHELL, KIND_CHAT, KIND_OTHER };

static enum kind kind_of(const char *value)
{
    static const struct { const char *value; enum kind kind; } rows[] = {
        {"dir", KIND_DIR}, {"shell", KIND_SHELL}, {"chat", KIND_CHAT}, {"address [text]", KIND_CHAT},
    };

    if (str_empty(value))
        return KIND_NONE;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_eq(value, rows[i].value))
            return rows[i].kind;
    return KIND_OTHER;
}

static enum kind option_kind(const struct args_row *r)
{
    if (str_eq(r->name, "account") || str_eq(r->name, "--account"))
        return KIND_ACCOUNT;
    return str_eq(r->name, "theme") ? KIND_THEME : kind_of(r->value);
}

/* Text inside single quotes of any of the three shells. */
static void quote(struct buf *out, const char *text)
{
    buf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else
            buf_addc(out, *text);
    }
    buf_addc(out, '\'');
}

/* ---- bash ---- */

static const char bash_head[] =
    "# completion of kith for bash, made by: kith --completion bash\n"
    "_kith() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} IFS=$' \\t\\n'\n"
    "    local cur=${line##*[[:space:]]} prev= command= all= i words dir=()\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ -z $cur ]] && words+=('')\n"
    "    for ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
    "        case ${words[i]} in\n"
    "        -c|--config) ((++i + 1 < ${#words[@]})) && dir=(-c \"${words[i]/#\\~/$HOME}\") ;;\n"
    "        --config=*) dir=(-c \"${words[i]#*=}\") ;;\n";

static const char bash_middle[] =
    "        esac\n"
    "    done\n"
    "    prev=${words[${#words[@]}-2]}\n"
    "    case $cur in\n"
    "    --*=*) prev=${cur%%=*} ;;\n"
    "    esac\n"
    "    local have=${cur#\"$prev\"=}\n"
    "    case $prev in\n";

static const char bash_tail[] =
    "    [[ $word == [=:@] ]] && word=\n"
    "    local lead=${cur%\"$word\"} one\n"
    "    [[ $prev == \"${cur%%=*}\" && $cur == --*=* ]] && all=$prev=${all//$'\\n'/$'\\n'\"$prev\"=}\n"
    "    while IFS= read -r one; do\n"
    "        [[ -n $one && $one == \"$cur\"* ]] || continue\n"
    "        one=${one#\"$lead\"}\n"
    "        [[ $one == *[^[:alnum:]@./:=_-]* ]] && printf -v one %q \"$one\"\n"
    "        COMPREPLY+=(\"$one\")\n"
    "    done <<<\"$all\"\n"
    "}\n"
    "complete -F _kith kith\n";

static const char *bash_action(enum kind kind)
{
    switch (kind) {
    case KIND_DIR: return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$have\")); return";
    case KIND_ACCOUNT: return "all=$(command kith \"${dir[@]}\" --names accounts 2>/dev/null)";
    case KIND_THEME: return "all=$(command kith \"${dir[@]}\" --names themes 2>/dev/null)";
    case KIND_CHAT: return "all=$(command kith \"${dir[@]}\" chats 2>/dev/null | cut -f2)";
    case KIND_SHELL: return "all=$'bash\\nzsh\\nfish'";
    case KIND_OTHER: return "return";
    case KIND_NONE: break;
    }
    return NULL;
}

static void bash_values(struct buf *out)
{
    struct args_row r;

    for (size_t i = 0; args_option_at(i, &r); i++) {
        const char *act = r.optional ? NULL : bash_action(option_kind(&r));

        if (act == NULL)
            continue;
        if (r.letter)
            buf_addf(out, "    -%c|", r.letter);
        buf_addf(out, "%s--%s) %s ;;\n", r.letter ? "" : "    ", r.name, act);
    }
    buf_adds(out, "    -n) return ;;\n");
    for (size_t i = 0; args_option_at(i, &r); i++)
        if (r.optional)
            buf_addf(out, "    --%s) [[ $cur == --*=* ]] && all=%s ;;\n", r.name, r.value);
    buf_adds(out, "    *)\n        case $command in\n        '') all=$'");
    for (size_t i = 0; args_option_at(i, &r); i++)
        buf_addf(out, "--%s\\n%s%s%s", r.name, r.optional ? "--" : "", r.optional ? r.name : "", r.optional ? "=md\\n" : "");
    for (size_t i = 0; args_command_at(i, &r); i++)
        buf_addf(out, "%s\\n", r.name);
    buf_adds(out, "' ;;\n");
    for (size_t i = 0; args_command_at(i, &r); i++) {
        struct args_row f;
        const char *act = kind_of(r.value) == KIND_CHAT ? bash_action(KIND_CHAT) : "all=";

        buf_addf(out, "        %s) %s; all+=$'\\n", r.name, act);
        for (size_t k = 0; args_flag_at(k, &f); k++)
            if (f.of == NULL || strstr(f.of, r.name) != NULL)
                buf_addf(out, "%s\\n", f.name);
        buf_adds(out, "' ;;\n");
    }
    buf_adds(out, "        esac ;;\n    esac\n");
}

static void print_bash(struct buf *out)
{
    struct args_row r;

    buf_adds(out, bash_head);
    buf_adds(out, "        ");
    for (size_t i = 0; args_command_at(i, &r); i++)
        buf_addf(out, "%s%s", i > 0 ? "|" : "", r.name);
    buf_adds(out, ") [[ -z $command ]] && command=${words[i]} ;;\n");
    buf_adds(out, bash_middle);
    bash_values(out);
    buf_adds(out, bash_tail);
}

/* ---- zsh ---- */

static const char zsh_helpers[] =
    "_kith_ask() {\n"
    "    local -a names dir\n"
    "    local i=${_kith_words[(I)-c]}\n"
    "    (( i )) || i=${_kith_words[(I)--config]}\n"
    "    (( i )) && dir=(-c ${(Q)~_kith_words[i+1]})\n"
    "    names=(${(f)\"$(command kith $dir $@ 2>/dev/null)\"})\n"
    "    [[ $1 == chats ]] && names=(${${names#*$'\\t'}%%$'\\t'*})\n"
    "    compadd -a names\n"
    "}\n";

static const char *zsh_action(enum kind kind)
{
    switch (kind) {
    case KIND_DIR: return "_files -/";
    case KIND_ACCOUNT: return " _kith_ask --names accounts";
    case KIND_THEME: return " _kith_ask --names themes";
    case KIND_CHAT: return " _kith_ask chats";
    case KIND_SHELL: return "(bash zsh fish)";
    case KIND_OTHER:
    case KIND_NONE: break;
    }
    return " ";
}

/* '--name[help]:value:action'; brackets and colons of the help have a backslash. */
static void zsh_spec(struct buf *out, const char *dashes, const char *name, const struct args_row *r)
{
    struct buf spec = {0};

    buf_addf(&spec, "%s%s%s[", dashes, name, r->optional ? "=-" : "");
    for (const char *p = r->help; *p; p++) {
        if (strchr("[]:\\", *p) != NULL)
            buf_addc(&spec, '\\');
        buf_addc(&spec, *p);
    }
    buf_addc(&spec, ']');
    if (r->optional)
        buf_adds(&spec, "::format:(md)");
    else if (!str_empty(r->value))
        buf_addf(&spec, ":%s:%s", r->value, zsh_action(option_kind(r)));
    buf_adds(out, " \\\n        ");
    quote(out, buf_str(&spec));
    buf_free(&spec);
}

static void print_zsh(struct buf *out)
{
    struct args_row r, f;

    buf_adds(out, "#compdef kith\n# completion of kith for zsh, made by: kith --completion zsh\n");
    buf_adds(out, zsh_helpers);
    buf_adds(out, "_kith_commands() {\n    local -a all=(\n");
    for (size_t i = 0; args_command_at(i, &r); i++) {
        buf_adds(out, "        ");
        struct buf one = {0};

        buf_addf(&one, "%s:%s", r.name, r.help);
        quote(out, buf_str(&one));
        buf_free(&one);
        buf_addc(out, '\n');
    }
    buf_adds(out, "    )\n    _describe command all\n}\n_kith() {\n    local context state line curcontext=$curcontext\n"
                  "    local -a _kith_words=(\"${words[@]}\")\n"
                  "    typeset -A opt_args\n    _arguments -C");
    for (size_t i = 0; args_option_at(i, &r); i++) {
        char letter[2] = {r.letter, '\0'};

        zsh_spec(out, "--", r.name, &r);
        if (r.letter)
            zsh_spec(out, "-", letter, &r);
    }
    buf_adds(out, " \\\n        '1:command:_kith_commands' '*::argument:->rest'\n    [[ $state == rest ]] || return\n    case $line[1] in\n");
    for (size_t i = 0; args_command_at(i, &r); i++) {
        buf_addf(out, "    %s)\n        _arguments", r.name);
        for (size_t k = 0; args_flag_at(k, &f); k++)
            if (f.of == NULL || strstr(f.of, r.name) != NULL)
                zsh_spec(out, "", f.name, &f);
        buf_addf(out, "%s ;;\n", kind_of(r.value) == KIND_CHAT ? " '1:chat: _kith_ask chats'" : "");
    }
    buf_adds(out, "    esac\n}\n_kith \"$@\"\n");
}

/* ---- fish ---- */

static const char fish_head[] =
    "# completion of kith for fish, made by: kith --completion fish\n"
    "function __kith_dir\n"
    "    set -l words (commandline -opc)\n"
    "    set -l i (contains -i -- -c $words; or contains -i -- --config $words)\n"
    "    and printf '%s\\n' -c (string replace -r '^~(?=/|$)' $HOME -- (string unescape -- $words[(math $i + 1)]))\n"
    "end\n"
    "complete -c kith -f\n";

static const char *fish_action(enum kind kind)
{
    switch (kind) {
    case KIND_DIR: return " -x -a '(__fish_complete_directories)'";
    case KIND_ACCOUNT: return " -x -a '(command kith (__kith_dir) --names accounts 2>/dev/null)'";
    case KIND_THEME: return " -x -a '(command kith (__kith_dir) --names themes 2>/dev/null)'";
    case KIND_CHAT: return " -a '(command kith (__kith_dir) chats 2>/dev/null | cut -f2)'";
    case KIND_SHELL: return " -x -a 'bash zsh fish'";
    case KIND_OTHER: return " -x";
    case KIND_NONE: break;
    }
    return "";
}

static void print_fish(struct buf *out)
{
    struct args_row r, f;
    struct buf any = {0};

    buf_adds(out, fish_head);
    for (size_t i = 0; args_command_at(i, &r); i++)
        buf_addf(&any, " %s", r.name);
    for (size_t i = 0; args_option_at(i, &r); i++) {
        buf_addf(out, "complete -c kith -n 'not __fish_seen_subcommand_from%s'", buf_str(&any));
        if (r.letter)
            buf_addf(out, " -s %c", r.letter);
        buf_addf(out, " -l %s -d ", r.name);
        quote(out, r.help);
        buf_addf(out, "%s\n", r.optional ? "" : fish_action(option_kind(&r)));
    }
    for (size_t i = 0; args_command_at(i, &r); i++) {
        buf_addf(out, "complete -c kith -n 'not __fish_seen_subcommand_from%s' -a %s -d ", buf_str(&any), r.name);
        quote(out, r.help);
        buf_addc(out, '\n');
        if (kind_of(r.value) == KIND_CHAT)
            buf_addf(out, "complete -c kith -n '__fish_seen_subcommand_from %s'%s\n", r.name, fish_action(KIND_CHAT));
        for (size_t k = 0; args_flag_at(k, &f); k++) {
            bool is_long = f.name[1] == '-';

            if (f.of != NULL && strstr(f.of, r.name) == NULL)
                continue;
            buf_addf(out, "complete -c kith -n '__fish_seen_subcommand_from %s' -%c %s -d ", r.name, is_long ? 'l' : 's',
                     f.name + (is_long ? 2 : 1));
            quote(out, f.help);
            buf_addf(out, "%s\n", fish_action(option_kind(&f)));
        }
    }
    buf_free(&any);
}

/* ---- names ---- */

static void add_accounts(struct buf *out)
{
    struct config *c = config_new();
    const struct account_config *const *all;
    size_t n;

    config_load(c);
    n = config_accounts(c, &all);
    for (size_t i = 0; i < n; i++)
        buf_addf(out, "%s\n", all[i]->name);
    config_free(c);
}

static void add_themes(struct buf *out)
{
    char **all = theme_list();

    for (size_t i = 0; all[i] != NULL; i++) {
        buf_addf(out, "%s\n", all[i]);
        free(all[i]);
    }
    free(all);
}

int completion_print(const struct args *a)
{
    static const struct { enum args_mode mode; const char *page; void (*print)(struct buf *out); } rows[] = {
        {MODE_COMPLETION, "bash", print_bash}, {MODE_COMPLETION, "zsh", print_zsh}, {MODE_COMPLETION, "fish", print_fish},
        {MODE_NAMES, "accounts", add_accounts}, {MODE_NAMES, "themes", add_themes},
    };
    struct buf b = {0};

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len;
        int code;

        if (a->mode != rows[i].mode || !str_eq(a->page, rows[i].page))
            continue;
        rows[i].print(&b);
        len = b.len;
        code = fwrite(buf_str(&b), 1, len, stdout) == len && fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
        buf_free(&b);
        return code;
    }
    fprintf(stderr, "kith: there is no completion for %.64s (bash, zsh and fish have one)\n", a->page);
    return EXIT_USAGE;
}
