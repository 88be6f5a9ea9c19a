/* base/map.h - hash map from strings to pointers; keys are copied, order of insertion is kept */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/base.h"

struct map_entry {
    char *key; /* NULL: deleted slot, skip it */
    void *value;
    uint64_t hash;
};
struct map { /* zero-initialised is empty and valid */
    struct map_entry *entries; /* in order of insertion, may hold deleted slots */
    size_t n_entries, cap_entries, n; /* n: live ones */
    uint32_t *index;
    size_t n_index;
};

void *map_get(const struct map *m, const char *key); /* NULL when absent */
/* Sets; returns the old value or NULL. value must not be NULL. */
void *map_set(struct map *m, const char *key, void *value);
void *map_del(struct map *m, const char *key); /* returns the removed value or NULL */
/* free_value may be NULL. Leaves the map empty and valid. */
void map_free(struct map *m, void (*free_value)(void *));

/* for (struct map_entry *e = NULL; (e = map_next(m, e));) - entries may be deleted while iterating, not added. */
struct map_entry *map_next(const struct map *m, struct map_entry *e);

#endif
