/* backends/irc/bouncer.c - networks behind a bouncer of the kind of soju: which there are, and how they stand
 *
 * soju.im/bouncer-networks. An account bound to one network (option bouncer_network) is that network; one that is not
 * tells which networks there are.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "base/mem.h"

enum { NETWORKS_MAX = 200 };

struct irc_bouncer { struct map names; /* id -> name: owned */ };

void irc_bouncer_free(struct irc *i)
{
    if (i->bouncer)
        map_free(&i->bouncer->names, free);
    free(i->bouncer);
    i->bouncer = NULL;
}

void irc_bouncer_online(struct irc *i)
{
    if (irc_cap(i, CAP_BOUNCER) && !irc_option(i, "bouncer_network"))
        irc_say(i, PRIO_QUERY, "BOUNCER", "LISTNETWORKS", NULL);
}

/* "name=libera;state=connected": the value of a key, unescaped like a tag; owned, NULL = not there. */
static char *attribute(const char *list, const char *key)
{
    struct irc_line l;
    char *text = xasprintf("@%s X", list);
    const char *v = irc_line_parse(&l, text, strlen(text)) ? irc_line_tag(&l, key) : NULL;
    char *copy = xstrdup(v);
    free(text);
    return copy;
}

void irc_on_bouncer(struct irc *i, const struct irc_line *l)
{
    const char *id = irc_param(l, 1), *list = irc_param(l, 2);
    if (strcmp(irc_param(l, 0), "NETWORK") != 0 || !*id || !*list)
        return;
    if (!i->bouncer)
        i->bouncer = xcalloc(1, sizeof *i->bouncer);
    struct map *names = &i->bouncer->names;
    if (strcmp(list, "*") == 0) {
        free(map_del(names, id));
        return;
    }
    char *name = attribute(list, "name"), *state = attribute(list, "state");
    const char *known = map_get(names, id);
    if (name && !known && names->n < NETWORKS_MAX) {
        map_set(names, id, xstrdup(name));
        irc_notice(i, KITH_INFO, NULL,
                   "The bouncer has the network %s (%s): an account with bouncer_network = \"%s\" shows it.", name,
                   state ? state : "no state", id);
    } else if (state && known) {
        irc_notice(i, KITH_INFO, NULL, "The bouncer's network %s is %s.", known, state);
    }
    free(name);
    free(state);
}
