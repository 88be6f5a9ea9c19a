/* core/names.c - names that strangers choose for themselves: shown as such, never like somebody
 * the user knows */
#include "base/alike.h"
#include "core/private.h"

static bool looks_like(const char *skeleton, const char *name)
{
    char *other = name ? alike_skeleton(name) : NULL;
    bool same = other && *other && strcmp(skeleton, other) == 0;
    free(other);
    return same;
}

/* The part of an address that people take for a name: "bob" of bob@example.org. */
static bool looks_like_address(const char *skeleton, const char *address)
{
    char *local = address ? xstrndup(address, strcspn(address, "@")) : NULL;
    bool same = looks_like(skeleton, address) || looks_like(skeleton, local);
    free(local);
    return same;
}

static void know(struct core_account *ca, const char *name)
{
    char *skeleton = name ? alike_skeleton(name) : NULL;
    if (!str_empty(skeleton))
        map_set(&ca->known, skeleton, ca);
    free(skeleton);
}

void names_free(struct core_account *ca)
{
    map_free(&ca->known, NULL);
}

/* Made anew only when the list of contacts has changed, which no stranger can bring about: one who takes another name with
 * each message costs no walk through all contacts. */
static const struct map *known_names(const struct account *a)
{
    struct core_account *ca = a->core;
    if (ca->known_version == a->names_version)
        return &ca->known;
    names_free(ca);
    for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));) {
        const struct contact *ct = e->value;
        char *local = xstrndup(ct->address, strcspn(ct->address, "@"));
        know(ca, ct->name);
        know(ca, ct->address);
        know(ca, local);
        free(local);
    }
    ca->known_version = a->names_version;
    return &ca->known;
}

/* Somebody the user knows, in any account, or the user. */
static bool is_known_name(const struct core *c, const char *nick)
{
    char *skeleton = alike_skeleton(nick);
    bool known = *skeleton == '\0'; /* nothing that could be read */
    for (size_t i = 0; i < c->model->n_accounts && !known; i++) {
        const struct account *a = c->model->accounts[i];
        known = looks_like(skeleton, a->nick) || looks_like_address(skeleton, a->address) ||
                (a->core && map_get(known_names(a), skeleton));
    }
    free(skeleton);
    return known;
}

/* Words in a name that could pass for an address, or for the mark itself. */
static bool pretends(const char *nick)
{
    return strpbrk(nick, "@<>()~") != NULL;
}

static char *marked(const struct core *c, const char *nick, const char *address)
{
    bool plain = !alike_mixed(nick) && !pretends(nick) && !is_known_name(c, nick);
    return plain ? xasprintf("~%s", nick) : xasprintf("~%s <%s>", nick, address);
}

char *names_shown(struct core_account *ca, struct chat *chat, const struct kith_ev_message *ev)
{
    struct core_chat *cc = chat->core;
    const char *nick = ev->sender_name;
    const struct contact *ct = account_contact(ca->account, chat->address);
    bool theirs = chat->kind == KITH_CHAT_DIRECT && !(ev->flags & KITH_MSG_OUTGOING);
    if (theirs && ct && !str_empty(ct->name))
        return NULL; /* the user has a name for them */
    if (!theirs || ct || str_empty(nick) || str_eq(nick, ev->sender))
        return xstrdup(nick);
    if (!str_eq(nick, cc->nick_given)) {
        str_set(&cc->nick_given, nick);
        str_take(&cc->nick_shown, marked(ca->core, nick, chat->address));
    }
    return xstrdup(cc->nick_shown);
}
