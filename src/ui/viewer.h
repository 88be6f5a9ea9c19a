/* ui/viewer.h - one picture on all of the screen: what is shown, and where */
#ifndef UI_VIEWER_H
#define UI_VIEWER_H

#include "core/picture.h"
#include "ui/pane.h"

struct viewer { /* zero-initialised is closed and valid */
    bool open;
    char *path, *title;
    int64_t bytes;          /* of the file; negative: any */
    struct picture_ask ask; /* what is shown, or awaited; form 0: nothing yet */
    struct picture_job *job;
    struct picture picture; /* columns 0: not there yet */
    struct rect at;         /* where it is, in cells */
    bool placed;            /* the terminal shows it (kitty, sixel) */
};
/* m's file, which preview_file() named. */
void viewer_open(struct viewer *v, const struct message *m, int file);
void viewer_open_file(struct viewer *v, const char *path, const char *title);
void viewer_close(struct viewer *v);
/* How it is to be asked for on a screen of this size; `how` has what is known of the terminal, form and all. */
void viewer_box(struct picture_ask *ask, const struct picture_ask *how, struct rect all);
void viewer_repaint(struct viewer *v, const struct pane_env *env, struct rect all);

#endif
