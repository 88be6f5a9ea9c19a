/* main/info.h - what kith prints about itself without a terminal: --version, --list-keys, --check-config ... */
#ifndef MAIN_INFO_H
#define MAIN_INFO_H

#include "main/args.h"
#include "main/places.h"

/* Prints what a->mode asks for; returns an exit code. */
int info_print(const struct args *a, const struct places *p);

#endif
