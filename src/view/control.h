/* view/control.h - the command-line side of `kith send`, `tail`, ...: hands a request to the running engine */
#ifndef VIEW_CONTROL_H
#define VIEW_CONTROL_H

#include "base/base.h"

/* Sends argv[0..argc) and the body to the engine connected on fd (taken over), copies its answers to stdout and
 * stderr, and returns its exit code (view/proto.h). */
int control_client(int fd, int argc, const char *const *argv, const char *body, size_t len);

#endif
