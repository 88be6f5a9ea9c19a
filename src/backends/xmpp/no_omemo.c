/* backends/xmpp/no_omemo.c - in the place of omemo*.c where the library for its ratchets is missing */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

#define CHATS "omemo.chat."
#define LACKING "this chat is encrypted, and this kith was built without OMEMO. /encrypt off sends in the clear here"

#define OPEN "not encrypted: everybody on the way can read what is written here now"

/* A chat that was encrypted stays so: nothing leaves it in the clear only because another kith was built. */
bool omemo_holds(const struct x *x, const char *chat)
{
    const struct map *held = x_state(x, "omemo");
    char *bare = held && held->n > 0 ? jid_bare(chat) : NULL;
    bool holds = bare && map_get(held, bare);
    free(bare);
    return holds;
}

bool omemo_wants(const struct x *x, const char *chat)
{
    return omemo_holds(x, chat);
}

bool omemo_is_open(const struct x *x, const char *chat)
{
    return !omemo_holds(x, chat);
}

int omemo_export_keys(struct x *x, int fd, kith_req req)
{
    (void)x;
    (void)fd;
    (void)req;
    return KITH_EUNSUP;
}

int omemo_import_keys(struct x *x, int fd, kith_req req)
{
    return omemo_export_keys(x, fd, req);
}

int omemo_new_devices(struct x *x, const char *chat, bool anyway, kith_req req)
{
    (void)chat;
    (void)anyway;
    return omemo_export_keys(x, -1, req);
}

int omemo_remove_device(struct x *x, const char *device, kith_req req)
{
    (void)device;
    return omemo_export_keys(x, -1, req);
}

int omemo_reset_keys(struct x *x, kith_req req)
{
    return omemo_export_keys(x, -1, req);
}

static bool is_off(struct x *x, const char *bare)
{
    char *key = xasprintf(CHATS "%s", bare), said[4] = "";
    int n = x_host(x)->state_get(x_account(x), key, said, sizeof said);
    free(key);
    return n == 3 && memcmp(said, "off", 3) == 0;
}

/* How the next message leaves: another kith, which had OMEMO, may have told otherwise. */
static void tell(struct x *x, const char *bare, bool off)
{
    struct kith_ev_encryption ev = EV_INIT(KITH_EV_ENCRYPTION, kith_ev_encryption);
    bool holds = omemo_holds(x, bare);
    ev.chat = bare;
    ev.flags = holds ? KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED : off ? KITH_CHAT_OPENED : 0u;
    ev.method = holds ? "OMEMO" : NULL;
    ev.text = holds ? LACKING : OPEN;
    x_emit(x, &ev.ev);
}

int omemo_look(struct x *x, const char *chat)
{
    char *bare = chat && x_online(x) && !jid_resource(chat) ? jid_bare(chat) : NULL;
    if (bare)
        tell(x, bare, is_off(x, bare));
    free(bare);
    return KITH_OK;
}

int omemo_renew(struct x *x, const char *chat)
{
    (void)x;
    (void)chat;
    return KITH_EUNSUP;
}

void omemo_send(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id, int64_t written_ms, bool retry)
{
    (void)written_ms;
    (void)retry;
    message_failed(x, chat, origin_id, KITH_EUNSUP, LACKING);
    xmpp_stanza_release(st);
}

uint32_t omemo_left(struct x *x, const char *origin_id)
{
    (void)x;
    (void)origin_id;
    return KITH_ENC_NONE;
}

int omemo_forecast(struct x *x, const char *chat, kith_req req)
{
    (void)chat;
    x_reply_err(x, req, KITH_EUNSUP, "this kith was built without OMEMO");
    return KITH_OK;
}

int omemo_encrypt_chat(struct x *x, const char *chat, bool on, kith_req req)
{
    struct map *held = x_state(x, "omemo");
    char *key = xasprintf(CHATS "%s", chat);
    bool off = !on && held && x_host(x)->state_set(x_account(x), key, "off", 3) >= 0;
    free(key);
    if (!off)
        return omemo_forecast(x, chat, req);
    (void)map_del(held, chat);
    x_reply_ok(x, req, OPEN);
    tell(x, chat, true);
    return KITH_OK;
}

int omemo_remember(struct x *x, const char *chat)
{
    struct map *held = x_state(x, "omemo");
    char *bare = chat ? jid_bare(chat) : NULL;
    char *key = bare ? xasprintf(CHATS "%s", bare) : NULL;
    if (bare && x_host(x)->state_get(x_account(x), key, NULL, 0) < 0) /* else it is known, one way or the other */
        set_add(held, bare);
    free(key);
    free(bare);
    return bare ? KITH_OK : KITH_EINVAL;
}

int omemo_trust_device(struct x *x, const char *who, const char *device, const char *fingerprint, uint32_t trust, kith_req req)
{
    (void)device;
    (void)fingerprint;
    (void)trust;
    return omemo_forecast(x, who, req);
}

enum omemo_took omemo_take(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const char *from, struct omemo_letter *out)
{
    (void)x;
    (void)st;
    (void)how;
    (void)from;
    *out = (struct omemo_letter){0};
    return OMEMO_PLAIN;
}

enum omemo_took omemo_take_room(struct x *x, xmpp_stanza_t *st, const struct im_from *how, const char *room,
                                const char *from, struct omemo_letter *out)
{
    (void)room;
    return omemo_take(x, st, NULL, from, out);
}

void omemo_room_entered(struct x *x, const char *room)
{
    (void)x;
    (void)room;
}

void omemo_room_left(struct x *x, const char *room, bool again)
{
    (void)again;
    omemo_room_entered(x, room);
}

void omemo_room_informed(struct x *x, const char *room)
{
    omemo_room_entered(x, room);
}

void omemo_room_came(struct x *x, const char *room, const char *jid)
{
    (void)jid;
    omemo_room_entered(x, room);
}

void omemo_room_person(struct x *x, const char *room, const char *jid, bool belongs)
{
    (void)jid;
    (void)belongs;
    omemo_room_entered(x, room);
}

void omemo_told(struct x *x, char *kept, uint64_t number)
{
    (void)x;
    (void)number;
    free(kept);
}

void omemo_start(struct x *x)
{
    (void)x;
}

void omemo_caught_up(struct x *x)
{
    (void)x;
}

void omemo_list_old(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    (void)x;
    (void)owner;
    (void)item;
    (void)what;
}

void omemo_list_2(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    omemo_list_old(x, owner, item, what);
}

enum omemo_files omemo_files(struct x *x, const char *chat, const char **why)
{
    *why = "This chat is encrypted, and this kith was built without OMEMO. /encrypt off sends in the clear here.";
    return omemo_holds(x, chat) ? OMEMO_FILES_REFUSED : OMEMO_FILES_PLAIN;
}

bool omemo_files_old(struct x *x, const char *chat)
{
    return omemo_holds(x, chat);
}

bool omemo_files_exposed(const struct x *x, const char *chat)
{
    return omemo_holds(x, chat);
}

const char *omemo_file_refused(const struct x *x, const char *chat, const char *attachment)
{
    (void)attachment;
    return omemo_holds(x, chat) ? LACKING : NULL;
}

static const char *const omemo_vars[] = {NS_OMEMO ".devicelist+notify", NS_OMEMO2 ":devices+notify", NULL};

static bool omemo_announced(const struct x *x)
{
    (void)x;
    return false;
}

static int note_chat(void *user, const char *key, const void *data, size_t len)
{
    if (len == 2 && memcmp(data, "on", 2) == 0)
        set_add(user, key + sizeof CHATS - 1);
    return 0;
}

static int tell_off(void *user, const char *key, const void *data, size_t len)
{
    if (len == 3 && memcmp(data, "off", 3) == 0)
        tell(user, key + sizeof CHATS - 1, true);
    return 0;
}

static void no_omemo_online(struct x *x, bool resumed)
{
    const struct kith_host *host = x_host(x);
    if (!resumed && KITH_HAS(struct kith_host, host, state_each))
        (void)host->state_each(x_account(x), CHATS, tell_off, x);
}

static void no_omemo_attach(struct x *x)
{
    const struct kith_host *host = x_host(x);
    struct map *held = xcalloc(1, sizeof *held);
    x_set_state(x, "omemo", held);
    if (KITH_HAS(struct kith_host, host, state_each))
        (void)host->state_each(x_account(x), CHATS, note_chat, held);
}

static void no_omemo_detach(struct x *x)
{
    struct map *held = x_state(x, "omemo");
    map_free(held, NULL);
    free(held);
    x_set_state(x, "omemo", NULL);
}

const struct feature feature_omemo_atm = {.name = "omemo_atm"};

static const char *const mark_vars[] = {OMEMO_MARK_NODE "+notify", NULL};

void omemo_mark_item(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    omemo_list_old(x, owner, item, what);
}

const struct feature feature_omemo = {.name = "omemo",
                                      .disco = omemo_vars,
                                      .announced = omemo_announced,
                                      .attach = no_omemo_attach,
                                      .online = no_omemo_online,
                                      .detach = no_omemo_detach};
const struct feature feature_omemo_mark = {.name = "omemo_mark", .disco = mark_vars, .announced = omemo_announced};
