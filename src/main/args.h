/* main/args.h - the command line: one table of options and commands for parsing, --help and kith(1) */
#ifndef MAIN_ARGS_H
#define MAIN_ARGS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum args_mode {
    MODE_CHAT = 0, MODE_HELP, MODE_VERSION, MODE_CHECK_CONFIG, MODE_PRINT_CONFIG, MODE_LIST_KEYS, MODE_LIST_COMMANDS,
    MODE_PROBE, MODE_MAN, MODE_CONTROL, MODE_ENGINE, MODE_COMPLETION, MODE_NAMES
};
struct args {
    enum args_mode mode;
    const char *config_dir, *account, *theme;
    const char *page; /* of MODE_MAN; the shell of MODE_COMPLETION; the kind of MODE_NAMES */
    bool offline, plain, no_color, foreground, markdown, headless;
    const char *uri;          /* xmpp: or irc: link, or NULL */
    int engine_fd;            /* --engine: the first view, -1 = none */
    int argc;                 /* MODE_CONTROL: the command and what follows it */
    const char *const *argv;
};
/* 0, or negative and a sentence that ends with how to get help. Strings are borrowed from argv. */
int args_parse(struct args *a, int argc, const char *const *argv, struct err *e);
void args_help(struct buf *out);  /* --help */
void args_mdoc(struct buf *out);  /* the options and commands as mdoc(7), for kith(1) */
void args_exit_mdoc(struct buf *out); /* the exit codes */
/* The tables themselves, for shell completion: the i-th row, false behind the last. Strings live for ever. */
struct args_row {
    char letter;        /* of an option, 0 = none */
    const char *name;   /* of an option without its dashes */
    const char *value;  /* what an option's value or a command's words are called; NULL or "" = none */
    bool optional;      /* --name=value, and --name alone */
    const char *of;     /* a command's flag: the commands that know it, with commas; NULL = all */
    const char *help;
};
bool args_option_at(size_t i, struct args_row *out);  /* those of --help */
bool args_command_at(size_t i, struct args_row *out);
bool args_flag_at(size_t i, struct args_row *out);    /* flags of commands; name with its dashes */
/* The same options for the engine that is started in the background: appended, NULL-terminated; returns how many. */
size_t args_for_engine(const struct args *a, const char **out, size_t cap);

#endif
