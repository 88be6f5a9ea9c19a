/* core/check.h - can the accounts of the files be used? Asks their backends, without connecting anything */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include "config/config.h"
#include "core/settings.h"

/* Every account of c in turn is given to a kith-account of its own (program), which loads its backend from
 * backend_dirs and opens the account; nothing is connected, kept or asked. fn gets each problem as a whole sentence
 * with file and line. Blocks, a few ms an account and 10 s at most: not for the engine. Returns how many there were. */
size_t core_check_accounts(const struct config *c, const char *program, const char *backend_dirs, settings_fn *fn,
                           void *user);

#endif
