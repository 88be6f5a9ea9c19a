/* ui/vi_private.h - what the files of the vi keys share */
#ifndef UI_VI_PRIVATE_H
#define UI_VI_PRIVATE_H

#include "ui/vi.h"

size_t vi_next(const struct editor *e, size_t at); /* the next cluster */
size_t vi_prev(const struct editor *e, size_t at);
size_t vi_line_start(const struct editor *e, size_t at);
size_t vi_line_end(const struct editor *e, size_t at); /* its '\n', or the end */
/* Where a motion leads from the cursor; SIZE_MAX: nowhere. */
size_t vi_target(const struct editor *e, enum vi_motion m, int count, const char *letter);

#endif
