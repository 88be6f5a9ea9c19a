/* backends/xmpp/omemo_files.c - which files are encrypted, and which links may go into which chat */
#include <stdlib.h>

#include "backends/xmpp/omemo.h"
#include "backends/xmpp/upload.h"

/* Why no message can tell of a file in an encrypted chat: it need not even be put onto a server. NULL: nothing is known against
 * it. */
static const char *hindrance(struct x *x, const char *chat)
{
    struct omemo_names others = {0};
    enum omemo_people who = omemo_people(x, chat, &others);
    free(others.v);
    switch (who) {
    case OMEMO_PEOPLE_OPEN:
        return "This room is encrypted, but " OMEMO_ROOM_OPEN;
    case OMEMO_PEOPLE_SECRET:
        return "This room is encrypted, but " OMEMO_ROOM_SECRET ".";
    case OMEMO_PEOPLE_PRIVATE:
        return "This room is encrypted, and a file for one person in it cannot be. Send it to their own address instead.";
    case OMEMO_PEOPLE_KNOWN:
    case OMEMO_PEOPLE_ASKED:
        break;
    }
    return NULL;
}

enum omemo_files omemo_files(struct x *x, const char *chat, const char **why)
{
    enum omemo_files how = omemo_decide(x, chat);
    *why = how == OMEMO_FILES_SEALED ? hindrance(x, chat) : how == OMEMO_FILES_REFUSED ? OMEMO_NOT_LATCHED : NULL;
    return *why ? OMEMO_FILES_REFUSED : how;
}

static bool has_old(struct omemo_session *s, const char *jid)
{
    struct omemo_known *known = NULL;
    size_t n = omemo_known(s->o, jid, &known);
    bool old = false;
    for (size_t i = 0; i < n; i++)
        old |= omemo_way(&known[i]) == OMEMO_OLD;
    free(known);
    return old;
}

bool omemo_files_old(struct x *x, const char *chat)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_names others = {0};
    if (!s || !s->o)
        return true;
    bool old = omemo_people(x, chat, &others) != OMEMO_PEOPLE_KNOWN || has_old(s, x_bare(x));
    for (size_t i = 0; i < others.n; i++)
        old |= has_old(s, others.v[i]);
    free(others.v);
    return old;
}

bool omemo_files_exposed(const struct x *x, const char *chat)
{
    char *bare = jid_bare(chat); /* of somebody in a room: the room's */
    bool holds = bare && omemo_holds(x, bare);
    free(bare);
    return holds;
}

const char *omemo_file_refused(const struct x *x, const char *chat, const char *attachment)
{
    struct file_link l;
    bool holds = omemo_files_exposed(x, chat);
    if (!attachment || !file_link_parse(&l, attachment))
        return NULL;
    bool sealed = l.seal.cipher != SEAL_NONE;
    file_link_free(&l);
    if (sealed == holds)
        return NULL;
    return holds ? "it lies on the server without encryption, and this chat is encrypted now; send the file anew"
                 : "it was encrypted, and this chat is not encrypted any more; send the file anew";
}
