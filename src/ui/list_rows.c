/* ui/list_rows.c - the buddy list's rows, made from the model: order, groups, folding, filter */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/listed.h"
#include "ui/format.h"
#include "ui/list.h"
#include "ui/list_private.h"

/* One contact or chat on its way into the rows. */
struct item {
    struct contact *contact;
    struct chat *chat;
    const char *group; /* NULL: none */
    const char *title;
    int section; /* pinned, groups, rooms, others */
    int rank;    /* presence */
    const char
        *order; /* what else it is sorted by: letters of sort_letters, most important first */
};
enum { SORT_KEYS = 8 };
struct items {
    struct item *v;
    size_t n, cap;
};
enum { SECTION_PINNED, SECTION_GROUPS, SECTION_ROOMS };

static int presence_rank(enum kith_show s)
{
    switch (s) {
    case KITH_SHOW_CHAT:
    case KITH_SHOW_ONLINE:
        return 0;
    case KITH_SHOW_AWAY:
        return 1;
    case KITH_SHOW_DND:
        return 2;
    case KITH_SHOW_XA:
        return 3;
    case KITH_SHOW_OFFLINE:
    case KITH_SHOW_UNKNOWN:
        return 4;
    }
    return 4;
}

static int64_t activity(const struct item *it)
{
    return it->chat ? it->chat->active : 0;
}

static int by_key(char key, const struct item *x, const struct item *y)
{
    bool a = x->chat && x->chat->unread > 0, b = y->chat && y->chat->unread > 0;
    int c;
    switch (key) {
    case 'u':
        return (int)b - (int)a;
    case 'p':
        return x->rank - y->rank;
    case 'a':
        return activity(x) > activity(y) ? -1 : activity(x) < activity(y);
    default:
        c = strcasecmp(x->title, y->title);
        return c != 0 ? c : strcmp(x->title, y->title);
    }
}

/* ui.list.sort as letters; pinned, account and group always come first. */
static void sort_letters(const struct config *cfg, char out[SORT_KEYS])
{
    size_t n = 0, used = 0;
    const char *const *keys = config_list(cfg, "ui.list.sort", &n);
    for (size_t i = 0; i < n && used < SORT_KEYS - 1; i++) {
        if (strcmp(keys[i], "unread") == 0)
            out[used++] = 'u';
        else if (strcmp(keys[i], "presence") == 0)
            out[used++] = 'p';
        else if (strcmp(keys[i], "activity") == 0)
            out[used++] = 'a';
        else if (strcmp(keys[i], "name") == 0)
            out[used++] = 'n';
    }
    out[used] = '\0';
}

static int by_place(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->section != y->section)
        return x->section - y->section;
    if (x->section == SECTION_GROUPS && x->group != y->group) {
        if (!x->group || !y->group)
            return x->group ? -1 : 1;
        int c = strcasecmp(x->group, y->group);
        if (c == 0)
            c = strcmp(x->group, y->group);
        if (c != 0)
            return c;
    }
    for (const char *key = x->order; *key; key++) {
        int c = by_key(*key, x, y);
        if (c != 0)
            return c;
    }
    return by_key('n', x, y);
}

static void collect_contact(struct items *items, struct contact *ct, bool offline_too)
{
    struct chat *c = account_chat(ct->account, ct->address);
    enum kith_show show = contact_show(ct);
    if (listed_rule(ct, c, offline_too) >= UNLISTED_OFFLINE)
        return;
    struct item it = {ct, c, NULL, contact_title(ct), SECTION_GROUPS, presence_rank(show), ""};
    if (c && (c->flags & KITH_CHAT_PINNED)) {
        it.section = SECTION_PINNED;
        VEC_PUSH(items->v, items->n, items->cap, it);
        return;
    }
    if (ct->n_groups == 0)
        VEC_PUSH(items->v, items->n, items->cap, it);
    for (size_t i = 0; i < ct->n_groups; i++) {
        it.group = ct->groups[i];
        VEC_PUSH(items->v, items->n, items->cap, it);
    }
}

static void collect_chat(struct items *items, struct chat *c)
{
    bool room = c->kind == KITH_CHAT_ROOM;
    if (!room && account_contact(c->account, c->address))
        return;
    if (listed_rule(NULL, c, false) >= UNLISTED_OFFLINE)
        return;
    struct item it = {NULL, c, NULL, chat_title(c), room ? SECTION_ROOMS : SECTION_GROUPS, 0, ""};
    if (c->flags & KITH_CHAT_PINNED)
        it.section = SECTION_PINNED;
    VEC_PUSH(items->v, items->n, items->cap, it);
}

static struct list_row *push(struct list_pane *p, struct list_row row)
{
    VEC_PUSH(p->rows, p->n_rows, p->cap_rows, row);
    return &p->rows[p->n_rows - 1];
}

static void count_up(struct list_row *row, const struct item *it)
{
    row->total++;
    row->online += it->contact && it->rank < presence_rank(KITH_SHOW_XA);
    if (it->chat && !(it->chat->flags & KITH_CHAT_MUTED))
        row->unread += it->chat->unread;
    if (it->chat)
        row->mentions += it->chat->mentions;
}

static const char *header_of(const struct item *it)
{
    if (it->section == SECTION_PINNED)
        return "Pinned";
    if (it->section == SECTION_ROOMS)
        return "Rooms";
    return it->group ? it->group : "Contacts";
}

static bool shown(const struct list_pane *p, const struct item *it)
{
    if (p->filter.len == 0)
        return true;
    const char *address = it->contact ? it->contact->address : it->chat->address;
    return pane_contains(it->title, buf_str(&p->filter)) ||
           pane_contains(address, buf_str(&p->filter));
}

static bool is_folded(const struct list_pane *p, const struct list_row *row)
{
    char *key = list_key(row);
    bool folded = p->filter.len == 0 && map_get(&p->folded, key);
    free(key);
    return folded;
}

/* One that is below another is moved in. */
static int account_depth(const struct account *a)
{
    return a->parent ? 1 : 0;
}

static void add_items(struct list_pane *p, struct account *a, const struct items *items,
                      bool headers)
{
    const char *header = NULL;
    int depth = account_depth(a) + 1;
    size_t head = SIZE_MAX;
    bool folded = false;
    for (size_t i = 0; i < items->n; i++) {
        const struct item *it = &items->v[i];
        if (!shown(p, it))
            continue;
        const char *own = headers || it->section == SECTION_PINNED ? header_of(it) : NULL;
        if (own && (!header || strcmp(own, header) != 0)) {
            struct list_row row = {
                .kind = LIST_GROUP, .account = a, .group = own, .depth = depth};
            row.folded = folded = is_folded(p, &row);
            push(p, row);
            head = p->n_rows - 1;
        }
        header = own;
        if (!own)
            folded = false;
        else if (head != SIZE_MAX)
            count_up(&p->rows[head], it);
        if (!folded)
            push(p, (struct list_row){.kind = it->contact ? LIST_CONTACT : LIST_CHAT,
                                      .depth = depth,
                                      .account = a,
                                      .contact = it->contact,
                                      .chat = it->chat});
    }
}

static struct list_row *row_above(struct list_pane *p, const struct account *a)
{
    for (size_t i = p->n_rows; i-- > 0;)
        if (p->rows[i].kind == LIST_ACCOUNT && str_eq(p->rows[i].account->name, a->parent))
            return &p->rows[i];
    return NULL;
}

static void add_account(struct list_pane *p, const struct pane_env *env, struct account *a,
                        bool offline_too)
{
    struct items items = {0};
    struct list_row row = {.kind = LIST_ACCOUNT, .account = a, .depth = account_depth(a)};
    row.folded = is_folded(p, &row);
    for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));)
        collect_contact(&items, e->value, offline_too);
    for (size_t i = 0; i < a->n_chats; i++)
        collect_chat(&items, a->chats[i]);
    bool headers = false;
    for (size_t i = 0; i < items.n; i++) {
        headers |= items.v[i].group != NULL;
        if (items.v[i].chat) {
            row.unread += items.v[i].chat->flags & KITH_CHAT_MUTED ? 0 : items.v[i].chat->unread;
            row.mentions += items.v[i].chat->mentions;
        }
    }
    char order[SORT_KEYS];
    sort_letters(env->cmd->config, order);
    for (size_t i = 0; i < items.n; i++)
        items.v[i].order = order;
    struct list_row *above = a->parent ? row_above(p, a) : NULL;
    if (above && above->folded) { /* with it */
        above->unread += row.unread;
        above->mentions += row.mentions;
        free(items.v);
        return;
    }
    push(p, row);
    for (size_t i = 0; i < env->model->n_asks; i++)
        if (env->model->asks[i]->account == a)
            push(p, (struct list_row){.kind = LIST_ASK,
                                      .depth = row.depth + 1,
                                      .account = a,
                                      .ask = env->model->asks[i]});
    struct list_row strangers = {.kind = LIST_STRANGERS, .depth = row.depth + 1, .account = a};
    for (size_t i = 0; i < a->n_chats; i++)
        strangers.total += (a->chats[i]->flags & CHAT_HELD) != 0;
    if (strangers.total > 0)
        push(p, strangers);
    if (items.n > 1)
        qsort(items.v, items.n, sizeof *items.v, by_place);
    if (!row.folded)
        add_items(p, a, &items, headers);
    free(items.v);
}

char *list_key(const struct list_row *row)
{
    switch (row->kind) {
    case LIST_ACCOUNT:
        return xasprintf("a:%s", row->account->name);
    case LIST_GROUP:
        return xasprintf("g:%s/%s", row->account->name, row->group);
    case LIST_CONTACT:
        return xasprintf("c:%s/%s", row->account->name, row->contact->address);
    case LIST_CHAT:
        return xasprintf("c:%s/%s", row->account->name, row->chat->address);
    case LIST_STRANGERS:
        return xasprintf("s:%s", row->account->name);
    case LIST_ASK:
        return xasprintf("q:%lld", (long long)row->ask->id);
    }
    return NULL;
}

static bool row_is(const struct list_row *row, const char *key)
{
    char *own = list_key(row);
    bool same = strcmp(own, key) == 0;
    free(own);
    return same;
}

/* The row under the cursor again, by its key; where it went away, the cursor stays at its height.
 */
static void find_cursor(struct list_pane *p)
{
    int at = MAX(0, MIN(p->at, (int)p->n_rows - 1));
    bool there = p->cursor && p->n_rows > 0 && row_is(&p->rows[at], p->cursor);
    for (size_t i = 0; !there && p->cursor && i < p->n_rows; i++) {
        there = row_is(&p->rows[i], p->cursor);
        if (there)
            at = (int)i;
    }
    for (size_t i = 0; !p->cursor && i < p->n_rows; i++) { /* not moved yet: whom to write to */
        if (p->rows[i].kind == LIST_CONTACT || p->rows[i].kind == LIST_CHAT) {
            at = (int)i;
            break;
        }
    }
    p->at = at;
}

void list_recalc(struct list_pane *p, const struct pane_env *env)
{
    p->n_rows = 0;
    bool offline_too = config_bool(env->cmd->config, "ui.list.offline");
    for (size_t i = 0; i < env->model->n_accounts; i++)
        add_account(p, env, env->model->accounts[i], offline_too);
    find_cursor(p);
}
