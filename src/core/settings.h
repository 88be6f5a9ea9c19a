/* core/settings.h - are the settings of an account those of its protocol? */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "config/config.h"
#include "kith/plugin.h"

/* The first setting that the protocol does not have but nearly so, or whose value cannot be right, in a sentence with
 * its file; NULL when there is none. Owned. A setting that resembles nothing is left alone: a newer kith may know it. */
char *settings_problem(const struct account_config *cfg, const struct kith_protocol *p);

#endif
