/* main/places.h - where the parts of kith are: in the build tree, or installed */
#ifndef MAIN_PLACES_H
#define MAIN_PLACES_H

#include "base/base.h"

struct places { /* owned strings */
    char *self;          /* this program */
    char *account;       /* kith-account */
    char *spell;         /* kith-spell, NULL = not built */
    char *picture;       /* kith-picture, NULL = not built */
    char *notify;        /* kith-notify, NULL = not built */
    char *backend_dirs;  /* colon-separated: the system's, then the user's (when only the user can write there) */
    char *theme_dirs;    /* colon-separated */
    char *terminfo;      /* directory with kith-direct, or NULL */
};
void places_find(struct places *p);
void places_free(struct places *p);

#endif
