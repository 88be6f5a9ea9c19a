/* main/args.h - the command line: one table of options and commands for parsing, --help and kith(1) */
#ifndef MAIN_ARGS_H
#define MAIN_ARGS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum args_mode {
    MODE_CHAT = 0, MODE_HELP, MODE_VERSION, MODE_CHECK_CONFIG, MODE_PRINT_CONFIG, MODE_LIST_KEYS, MODE_LIST_COMMANDS,
    MODE_PROBE, MODE_MAN, MODE_CONTROL, MODE_ENGINE
};
struct args {
    enum args_mode mode;
    const char *config_dir, *account, *theme, *page;
    bool offline, plain, no_color, foreground, markdown;
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
/* The same options for the engine that is started in the background: appended, NULL-terminated; returns how many. */
size_t args_for_engine(const struct args *a, const char **out, size_t cap);

#endif
