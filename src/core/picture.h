/* core/picture.h - reads and draws pictures in a helper process (kith-picture), one at a time
 *
 * Nothing here blocks. Each picture has a process of its own, that can do nothing but compute and is killed when it
 * takes too long. One that ends, hangs or talks nonsense fails that picture only; after the third in a row pictures that
 * nobody asked for wait, first a minute.
 */
#ifndef CORE_PICTURE_H
#define CORE_PICTURE_H

#include "base/base.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/picture.h"

struct pictures;
struct picture_job;

struct pictures_params {
    struct loop *loop;
    const char *program; /* path of kith-picture; NULL: no picture can be shown */
    int64_t silent_ms;   /* 0 = 10000 */
    int64_t back_off_ms; /* 0 = 60000: the first wait after three failures, doubled up to half an hour */
    void (*trouble)(void *user, const char *sentence); /* the program fails again and again: once for each wait */
    void *user;
};
struct pictures *pictures_new(const struct pictures_params *p); /* p is copied */
void pictures_free(struct pictures *p); /* no done is called any more; NULL is fine */
bool pictures_possible(const struct pictures *p); /* there is a program; NULL: false */
/* They wait after failures: what is asked for without `urgent` would be refused. */
bool pictures_paused(const struct pictures *p);

/* Called once, in a later turn: the picture, which it may take over by emptying *picture; or NULL and why not. */
typedef void picture_fn(void *user, struct picture *picture, const struct err *e);
/* Draws the file at path (bytes: how long it must be, negative: any length) as asked. urgent: before all others, because
 * the user waits for it. */
struct picture_job *pictures_draw(struct pictures *p, const char *path, int64_t bytes, const struct picture_ask *ask,
                                  bool urgent, picture_fn *done, void *user);
bool picture_started(const struct picture_job *j); /* its process runs */
void pictures_cancel(struct picture_job *j); /* done is not called; NULL is fine */

/* Opens a file that may be a picture: a descriptor, or negative and a sentence: KITH_ENOTFOUND when it is not there any
 * more, KITH_EINVAL when it is no picture. Looks at its first bytes only. */
int picture_open(const char *path, int64_t bytes, struct err *e);

#endif
