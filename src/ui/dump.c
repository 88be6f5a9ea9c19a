/* ui/dump.c - a surface as plain text: for tests, --headless and /screen-dump */
#include <string.h>

#include "ui/surface.h"

void surface_dump_text(const struct surface *s, struct buf *out)
{
    for (int y = 0; y < s->h; y++) {
        size_t start = out->len;
        for (int x = 0; x < s->w; x++) {
            size_t len;
            const char *text = surface_cell_text(s, surface_at(s, x, y), &len);
            buf_add(out, text, len);
        }
        while (out->len > start && out->data[out->len - 1] == ' ')
            buf_delete(out, out->len - 1, 1);
        buf_addc(out, '\n');
    }
}

static char role_letter(enum role r, char letters[N_ROLES], enum role order[N_ROLES], int *n)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (r == ROLE_BASE)
        return '.';
    if (!letters[r]) {
        letters[r] = *n < (int)sizeof alphabet - 1 ? alphabet[*n] : '?';
        order[(*n)++] = r;
    }
    return letters[r];
}

void surface_dump_attrs(const struct surface *s, struct buf *out)
{
    char letters[N_ROLES] = {0};
    enum role order[N_ROLES];
    int n = 0;
    for (int y = 0; y < s->h; y++) {
        for (int x = 0; x < s->w; x++)
            buf_addc(out, role_letter(surface_role_of(s, surface_at(s, x, y)->style), letters,
                                      order, &n));
        buf_addc(out, '\n');
    }
    for (int i = 0; i < n; i++)
        buf_addf(out, "%c = %s\n", letters[order[i]], role_name(order[i]));
}
