/* model/contact.c - a person an account keeps, and the presence of each of their devices */
#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/private.h"

static void presence_clear(struct presence *p)
{
    free(p->resource);
    free(p->text);
    free(p->client);
}

static void groups_free(char **groups, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(groups[i]);
    free(groups);
}

void contact_free(struct contact *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_presences; i++)
        presence_clear(&c->presences[i]);
    free(c->presences);
    groups_free(c->groups, c->n_groups);
    free(c->address);
    free(c->name);
    free(c);
}

static bool set_groups(struct contact *c, const char *const *groups, size_t n)
{
    bool same = n == c->n_groups;
    for (size_t i = 0; same && i < n; i++)
        same = str_eq(groups[i], c->groups[i]);
    if (same)
        return false;
    char **copy = n ? xreallocarray(NULL, n, sizeof *copy) : NULL;
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(groups[i]);
    groups_free(c->groups, c->n_groups);
    c->groups = copy;
    c->n_groups = n;
    return true;
}

struct contact *account_put_contact(struct account *a, const char *address, const char *name,
                                    const char *const *groups, size_t n_groups, uint32_t flags)
{
    struct contact *c = account_contact(a, address);
    bool changed = !c;
    if (!c) {
        c = xcalloc(1, sizeof *c);
        c->account = a;
        c->address = xstrdup(address);
        map_set(&a->contacts, address, c);
    }
    c->sweep = false;
    changed |= str_set(&c->name, name);
    a->names_version += changed;
    changed |= set_groups(c, groups, n_groups);
    changed |= c->flags != flags;
    c->flags = flags;
    if (changed)
        model_emit(a->model,
                   &(struct model_event){.type = MODEL_CONTACT, .account = a, .contact = c});
    return c;
}

void account_drop_contact(struct account *a, const char *address)
{
    struct contact *c = map_del(&a->contacts, address);
    if (!c)
        return;
    a->names_version++;
    model_emit(a->model,
               &(struct model_event){.type = MODEL_CONTACT_GONE, .account = a, .contact = c});
    contact_free(c);
}

/* How reachable: larger is better. */
static int reach(enum kith_show show)
{
    switch (show) {
    case KITH_SHOW_CHAT:
        return 6;
    case KITH_SHOW_ONLINE:
        return 5;
    case KITH_SHOW_DND:
        return 4;
    case KITH_SHOW_AWAY:
        return 3;
    case KITH_SHOW_XA:
        return 2;
    case KITH_SHOW_UNKNOWN:
        return 1;
    case KITH_SHOW_OFFLINE:
        return 0;
    }
    return 0;
}

static bool better(const struct presence *a, const struct presence *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return reach(a->show) > reach(b->show);
}

static size_t find_presence(const struct contact *c, const char *resource)
{
    size_t i = 0;
    while (i < c->n_presences && !str_eq(c->presences[i].resource, resource))
        i++;
    return i;
}

static void remove_presence(struct contact *c, size_t i)
{
    presence_clear(&c->presences[i]);
    VEC_DEL(c->presences, c->n_presences, i);
}

static void insert_presence(struct contact *c, struct presence p)
{
    c->presences = xreallocarray(c->presences, c->n_presences + 1, sizeof p);
    size_t at = c->n_presences++;
    while (at > 0 && better(&p, &c->presences[at - 1])) {
        c->presences[at] = c->presences[at - 1];
        at--;
    }
    c->presences[at] = p;
}

void contact_set_presence(struct contact *c, const struct presence *p)
{
    size_t before = c->n_presences, at = find_presence(c, p->resource);
    struct presence copy = {.show = p->show, .priority = p->priority, .idle_since = p->idle_since};
    copy.resource = xstrdup(p->resource);
    copy.text = xstrdup(p->text);
    copy.client = xstrdup(p->client);
    if (at < c->n_presences)
        remove_presence(c, at);
    if (p->show == KITH_SHOW_OFFLINE) {
        while (!p->resource && c->n_presences > 0)
            remove_presence(c, c->n_presences - 1);
        presence_clear(&copy);
        if (before == c->n_presences)
            return;
    } else {
        insert_presence(c, copy);
    }
    model_emit(c->account->model,
               &(struct model_event){.type = MODEL_PRESENCE, .account = c->account, .contact = c});
}

const char *contact_title(const struct contact *c)
{
    return str_empty(c->name) ? c->address : c->name;
}

enum kith_show contact_show(const struct contact *c)
{
    if (c->n_presences > 0)
        return c->presences[0].show;
    bool may_see = (c->flags & (KITH_CONTACT_TO | KITH_CONTACT_SELF)) != 0;
    return may_see ? KITH_SHOW_OFFLINE : KITH_SHOW_UNKNOWN;
}

const char *contact_status(const struct contact *c)
{
    return c->n_presences > 0 ? c->presences[0].text : NULL;
}
