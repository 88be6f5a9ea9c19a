/* ui/split.c - the tree of places for several chats, and where each is */
#include "ui/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SPLIT_DEPTH = 12 };

struct split *split_new(int64_t chat)
{
    struct split *s = xcalloc(1, sizeof *s);
    s->chat = chat;
    s->share = 500;
    return s;
}

void split_free(struct split *root)
{
    if (!root)
        return;
    split_free(root->a);
    split_free(root->b);
    free(root);
}

int split_count(const struct split *root)
{
    if (!root)
        return 0;
    return root->kind == SPLIT_LEAF ? 1 : split_count(root->a) + split_count(root->b);
}

static void replace(struct split **root, struct split *old, struct split *with)
{
    struct split *parent = old->parent;
    with->parent = parent;
    if (!parent)
        *root = with;
    else if (parent->a == old)
        parent->a = with;
    else
        parent->b = with;
}

struct split *split_add(struct split **root, struct split *leaf, enum split_kind kind, int64_t chat)
{
    if (split_count(*root) >= SPLIT_MAX)
        return NULL;
    struct split *node = split_new(0), *fresh = split_new(chat);
    replace(root, leaf, node);
    node->kind = kind;
    node->a = leaf;
    node->b = fresh;
    leaf->parent = fresh->parent = node;
    return fresh;
}

struct split *split_remove(struct split **root, struct split *leaf)
{
    struct split *node = leaf->parent;
    if (!node) {
        *root = NULL;
        free(leaf);
        return NULL;
    }
    bool first = node->a == leaf;
    struct split *stays = first ? node->b : node->a;
    replace(root, node, stays);
    free(leaf);
    free(node);
    while (stays->kind != SPLIT_LEAF) /* the one next to the place that is gone */
        stays = first ? stays->a : stays->b;
    return stays;
}

static struct split *nth(struct split *s, int *i)
{
    if (s->kind == SPLIT_LEAF)
        return (*i)-- == 0 ? s : NULL;
    struct split *hit = nth(s->a, i);
    return hit ? hit : nth(s->b, i);
}

struct split *split_leaf(struct split *root, int i)
{
    return root && i >= 0 ? nth(root, &i) : NULL;
}

int split_index(struct split *root, const struct split *leaf)
{
    struct split *s;
    for (int i = 0; (s = split_leaf(root, i)); i++)
        if (s == leaf)
            return i;
    return -1;
}

/* ---- sizes ---- */

int split_least_w(const struct split *root)
{
    if (root->kind == SPLIT_LEAF)
        return SPLIT_LEAST_W;
    int a = split_least_w(root->a), b = split_least_w(root->b);
    return root->kind == SPLIT_RIGHT ? a + 1 + b : MAX(a, b);
}

int split_least_h(const struct split *root)
{
    if (root->kind == SPLIT_LEAF)
        return SPLIT_LEAST_H;
    int a = split_least_h(root->a), b = split_least_h(root->b);
    return root->kind == SPLIT_BELOW ? a + b : MAX(a, b);
}

static void forget_places(struct split *s)
{
    s->r = (struct rect){0};
    if (s->kind != SPLIT_LEAF) {
        forget_places(s->a);
        forget_places(s->b);
    }
}

/* The first child's cells: its share, as far as both have what they need. */
static int first_cells(const struct split *s, int all)
{
    bool side = s->kind == SPLIT_RIGHT;
    int least_a = side ? split_least_w(s->a) : split_least_h(s->a),
        least_b = side ? split_least_w(s->b) : split_least_h(s->b);
    int n = (all * s->share + 500) / 1000;
    return MAX(least_a, MIN(n, all - least_b));
}

static void place(struct split *s, struct rect r)
{
    s->r = r;
    if (s->kind == SPLIT_RIGHT) {
        int w = first_cells(s, r.w - 1);
        place(s->a, (struct rect){r.x, r.y, w, r.h});
        place(s->b, (struct rect){r.x + w + 1, r.y, r.w - w - 1, r.h});
    } else if (s->kind == SPLIT_BELOW) {
        int h = first_cells(s, r.h);
        place(s->a, (struct rect){r.x, r.y, r.w, h});
        place(s->b, (struct rect){r.x, r.y + h, r.w, r.h - h});
    }
}

bool split_place(struct split *root, struct rect all)
{
    forget_places(root);
    if (all.w < split_least_w(root) || all.h < split_least_h(root))
        return false;
    place(root, all);
    return true;
}

bool split_grow(struct split *leaf, bool width, int cells)
{
    enum split_kind kind = width ? SPLIT_RIGHT : SPLIT_BELOW;
    struct split *s = leaf;
    while (s->parent && s->parent->kind != kind)
        s = s->parent;
    struct split *node = s->parent;
    if (!node || node->r.w == 0)
        return false;
    int all = width ? node->r.w - 1 : node->r.h, now = width ? node->a->r.w : node->a->r.h;
    int want = now + (node->a == s ? cells : -cells), was = node->share;
    node->share = MAX(1, MIN(999, (want * 1000 + all / 2) / all));
    if (first_cells(node, all) == now) {
        node->share = was;
        return false;
    }
    return true;
}

struct split *split_border(struct split *root, int x, int y)
{
    struct split *found = NULL;
    if (root->kind == SPLIT_LEAF || root->r.w == 0 || x < root->r.x || y < root->r.y || x >= root->r.x + root->r.w ||
        y >= root->r.y + root->r.h)
        return NULL;
    found = split_border(root->a, x, y);
    if (!found)
        found = split_border(root->b, x, y);
    bool here = root->kind == SPLIT_RIGHT ? x == root->a->r.x + root->a->r.w : y == root->b->r.y;
    return found ? found : here ? root : NULL;
}

bool split_drag(struct split *node, int *x, int *y)
{
    bool width = node->kind == SPLIT_RIGHT;
    int all = width ? node->r.w - 1 : node->r.h, now = width ? node->a->r.w : node->a->r.h, was = node->share;
    int want = width ? *x - node->r.x : *y - node->r.y;
    node->share = MAX(1, MIN(999, (want * 1000 + all / 2) / all));
    int got = first_cells(node, all);
    if (got == now)
        node->share = was;
    *(width ? x : y) = (width ? node->r.x : node->r.y) + got;
    return got != now;
}

/* Places that stand in one row, or one column. */
static int in_line(const struct split *s, enum split_kind kind)
{
    return s->kind == kind ? in_line(s->a, kind) + in_line(s->b, kind) : 1;
}

void split_balance(struct split *root)
{
    if (root->kind == SPLIT_LEAF)
        return;
    int a = in_line(root->a, root->kind), b = in_line(root->b, root->kind);
    root->share = 1000 * a / (a + b);
    split_balance(root->a);
    split_balance(root->b);
}

/* ---- neighbours ---- */

static struct split *at(struct split *s, int x, int y)
{
    if (x < s->r.x || y < s->r.y || x >= s->r.x + s->r.w || y >= s->r.y + s->r.h)
        return NULL;
    if (s->kind == SPLIT_LEAF)
        return s;
    struct split *hit = at(s->a, x, y);
    return hit ? hit : at(s->b, x, y);
}

struct split *split_beside(struct split *root, const struct split *leaf, enum split_side side)
{
    struct rect r = leaf->r;
    int x = r.x + r.w / 2, y = r.y + r.h / 2;
    if (side == SIDE_LEFT)
        x = r.x - 2; /* behind the border */
    else if (side == SIDE_RIGHT)
        x = r.x + r.w + 1;
    else if (side == SIDE_UP)
        y = r.y - 1;
    else
        y = r.y + r.h;
    struct split *hit = at(root, x, y);
    if (!hit && (side == SIDE_UP || side == SIDE_DOWN)) /* the middle is over a border */
        hit = at(root, x + 1, y);
    return hit == leaf ? NULL : hit;
}

/* ---- as text ---- */

void split_print(const struct split *root, const struct split *focus, struct buf *out)
{
    if (root->kind == SPLIT_LEAF) {
        buf_addf(out, "%lld%s", (long long)root->chat, root == focus ? "*" : "");
        return;
    }
    buf_addf(out, "%c%d(", root->kind == SPLIT_RIGHT ? 'r' : 'b', root->share);
    split_print(root->a, focus, out);
    buf_addc(out, ',');
    split_print(root->b, focus, out);
    buf_addc(out, ')');
}

static bool number(const char **p, int64_t least, int64_t most, int64_t *out)
{
    char digits[20];
    size_t n = strspn(*p, "0123456789");
    if (n == 0 || n >= sizeof digits)
        return false;
    str_copy(digits, n + 1, *p);
    *p += n;
    return str_int(digits, least, most, out);
}

static bool eat(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

static struct split *parse(const char **p, int depth, struct split **focus)
{
    int64_t n;
    enum split_kind kind = **p == 'r' ? SPLIT_RIGHT : **p == 'b' ? SPLIT_BELOW : SPLIT_LEAF;
    if (depth > SPLIT_DEPTH)
        return NULL;
    if (kind == SPLIT_LEAF) {
        if (!number(p, 0, INT64_MAX, &n))
            return NULL;
        struct split *leaf = split_new(n);
        if (eat(p, '*'))
            *focus = leaf;
        return leaf;
    }
    ++*p;
    struct split *s = split_new(0);
    s->kind = kind;
    bool fine = number(p, 1, 999, &n) && eat(p, '(') && (s->a = parse(p, depth + 1, focus)) &&
                eat(p, ',') && (s->b = parse(p, depth + 1, focus)) && eat(p, ')');
    if (!fine) {
        split_free(s);
        return NULL;
    }
    s->share = (int)n;
    s->a->parent = s->b->parent = s;
    return s;
}

struct split *split_parse(const char *text, struct split **focus)
{
    *focus = NULL;
    struct split *root = parse(&text, 0, focus);
    if (root && (*text || split_count(root) > SPLIT_MAX)) {
        split_free(root);
        root = NULL;
    }
    if (!root)
        *focus = NULL;
    else if (!*focus)
        *focus = split_leaf(root, 0);
    return root;
}
