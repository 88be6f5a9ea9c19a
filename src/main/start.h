/* main/start.h - finding the running engine, or starting one */
#ifndef MAIN_START_H
#define MAIN_START_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"
#include "main/args.h"
#include "main/places.h"

/* Owned path of the engine's socket; NULL and a sentence when there is no safe place for it. */
char *start_socket_path(struct err *e);
/* Connects to the running engine: a descriptor, or negative (-ENOENT or -ECONNREFUSED: none runs). */
int start_connect(struct err *e);
/* Starts an engine; returns a descriptor on which it serves its first view, and its pid. Negative on failure. */
int start_engine(const struct args *a, const struct places *p, pid_t *pid, struct err *e);

#endif
