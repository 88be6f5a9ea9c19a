/* main/completion.h - completion for shells, made from the tables of the command line */
#ifndef MAIN_COMPLETION_H
#define MAIN_COMPLETION_H

#include "main/args.h"

/* MODE_COMPLETION: the script for the shell a->page (bash, zsh, fish) on standard output.
 * MODE_NAMES: what a script asks for, one a line: "accounts" or "themes" that this configuration knows.
 * Returns the exit code; an unknown shell or kind is a usage error. */
int completion_print(const struct args *a);

#endif
