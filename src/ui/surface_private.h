/* ui/surface_private.h - what the surface's own files share: long clusters, mixed styles, links */
#ifndef UI_SURFACE_PRIVATE_H
#define UI_SURFACE_PRIVATE_H

#include "base/map.h"
#include "ui/surface.h"

enum { POOL_MAX = 256 * 1024, LINKS_MAX = 4000, MIXES_MAX = 8000, LINK_URL_MAX = 2048 };

struct surface_mix {
    struct style style;
    enum role role;
    bool painted;   /* an author chose these colours, -1 = not */
    int32_t fg, bg;
};

struct surface_private {
    const struct theme *theme;
    struct buf pool; /* clusters longer than CELL_INLINE, each once */
    struct map pool_index;
    char **links;
    size_t n_links, cap_links;
    struct map link_index;
    struct surface_mix *mixes;
    size_t n_mixes, cap_mixes;
    bool refused; /* one more was wanted than there may be */
    struct map mix_index;
};

/* Another style, found again by its key; role: what dumps say of it. When there is no room it is the role's. */
uint16_t surface_add_mix(struct surface *s, const char *key, struct style st, enum role role);

#endif
