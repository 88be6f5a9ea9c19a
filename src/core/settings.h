/* core/settings.h - are the settings of an account those of its protocol? */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "config/config.h"
#include "kith/plugin.h"

/* Each setting that the protocol does not have, whose value cannot be right, or that is missing: fn gets the whole
 * sentence, "accounts.cfg:4: account home: ...". Returns how many there were. */
typedef void settings_fn(void *user, const char *sentence);
size_t settings_check(const struct account_config *cfg, const struct kith_protocol *p, settings_fn *fn, void *user);

#endif
