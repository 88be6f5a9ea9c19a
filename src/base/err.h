/* base/err.h - an error as a value: a code and a sentence that a person can act on */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

struct err {
    int code; /* 0 = none, else negative: an enum kith_err or -errno */
    char text[512];
};

/* Fills *e (which may be NULL) and returns code, so that callers can `return err_set(...)`. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF(3, 4);
/* The same with ": " and strerror(errno) behind the sentence; returns -errno. */
int err_errno(struct err *e, const char *fmt, ...) PRINTF(2, 3);
void err_clear(struct err *e);

#endif
