/* backends/omemo/store.c - where the ratchet's library keeps sessions, pre keys and identities: the account's private store */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backends/omemo/device.h"
#include "backends/omemo/private.h"
#include "base/mem.h"

/* ---- values ---- */

signal_buffer *store_get(struct omemo *o, const char *key)
{
    uint8_t small[4096];
    int n = o->io.get(o->io.user, key, small, sizeof small);
    if (n < 0 || n > OMEMO_RECORD)
        return NULL;
    signal_buffer *b = NULL;
    if ((size_t)n <= sizeof small) {
        b = signal_buffer_create(small, (size_t)n);
    } else if ((b = signal_buffer_alloc((size_t)n)) != NULL && o->io.get(o->io.user, key, signal_buffer_data(b), (size_t)n) != n) {
        signal_buffer_bzero_free(b);
        b = NULL;
    }
    mem_wipe(small, sizeof small);
    return b;
}

int store_set(struct omemo *o, const char *key, const void *data, size_t len)
{
    if (o->io.set(o->io.user, key, data, len) >= 0)
        return 0;
    o->failed = true;
    return OMEMO_NOT_KEPT;
}

void store_pre_key_name(char out[STORE_KEY], uint32_t id)
{
    (void)snprintf(out, STORE_KEY, STORE_PRE_KEYS "%08" PRIx32, id);
}

void store_signed_key_name(char out[STORE_KEY], uint32_t id)
{
    (void)snprintf(out, STORE_KEY, STORE_SIGNED_KEYS "%08" PRIx32, id);
}

static void used_key_name(char out[STORE_KEY], uint32_t id)
{
    (void)snprintf(out, STORE_KEY, STORE_USED_KEYS "%08" PRIx32, id);
}

/* "omemo.s3.romeo@example.org/1234": a bare address has no slash, which ends it here. Made several times for each device of each
 * message, so without snprintf(). False: it is too long. */
static bool session_name(char out[STORE_KEY], const struct omemo *o, const char *name, size_t len, const uint32_t *device)
{
    static const char prefix[] = "omemo.s?.";
    enum { PREFIX = sizeof prefix - 1, VERSION = PREFIX - 2, DIGITS = 10 };
    if (len >= STORE_KEY - PREFIX - DIGITS - 2 || memchr(name, '/', len))
        return false;
    memcpy(out, prefix, PREFIX);
    out[VERSION] = (char)('0' + o->version);
    memcpy(out + PREFIX, name, len);
    char *at = out + PREFIX + len, digits[DIGITS];
    size_t n = 0;
    *at++ = '/';
    if (device) {
        uint32_t rest = *device;
        do
            digits[n++] = (char)('0' + rest % 10);
        while ((rest /= 10) > 0);
    }
    while (n > 0)
        *at++ = digits[--n];
    *at = '\0';
    return true;
}

static bool name_of(char out[STORE_KEY], const struct omemo *o, const signal_protocol_address *a)
{
    uint32_t device = (uint32_t)a->device_id;
    return session_name(out, o, a->name, a->name_len, &device);
}

static int loaded(struct omemo *o, const char *key, signal_buffer **out)
{
    *out = store_get(o, key);
    return *out ? SG_SUCCESS : SG_ERR_INVALID_KEY_ID;
}

static int kept(struct omemo *o, const char *key, const void *data, size_t len)
{
    return store_set(o, key, data, len) < 0 ? SG_ERR_UNKNOWN : SG_SUCCESS;
}

/* ---- sessions ---- */

static int load_session(signal_buffer **record, signal_buffer **user_record, const signal_protocol_address *a, void *user)
{
    char key[STORE_KEY];
    (void)user_record;
    return name_of(key, user, a) && loaded(user, key, record) == SG_SUCCESS;
}

uint32_t store_number(const char *key)
{
    const char *slash = strrchr(key, '/');
    int64_t n = 0;
    return slash && str_int(slash + 1, 1, UINT32_MAX, &n) ? (uint32_t)n : 0;
}

static int add_number(void *user, const char *key, const void *data, size_t len)
{
    (void)data;
    (void)len;
    uint32_t id = store_number(key);
    if (id)
        (void)signal_int_list_push_back(user, (int)id);
    return 0;
}

static int sessions_of(signal_int_list **out, const char *name, size_t len, void *user)
{
    struct omemo *o = user;
    char prefix[STORE_KEY];
    *out = signal_int_list_alloc();
    if (!*out || !session_name(prefix, o, name, len, NULL) || o->io.each(o->io.user, prefix, add_number, *out) < 0)
        return SG_ERR_UNKNOWN;
    return (int)signal_int_list_size(*out);
}

static int store_session(const signal_protocol_address *a, uint8_t *record, size_t len, uint8_t *user_record,
                         size_t user_len, void *user)
{
    char key[STORE_KEY];
    (void)user_record;
    (void)user_len;
    return name_of(key, user, a) && len <= OMEMO_RECORD ? kept(user, key, record, len) : SG_ERR_INVAL;
}

static int has_session(const signal_protocol_address *a, void *user)
{
    struct omemo *o = user;
    char key[STORE_KEY];
    return name_of(key, o, a) && o->io.get(o->io.user, key, NULL, 0) >= 0;
}

static int delete_session(const signal_protocol_address *a, void *user)
{
    char key[STORE_KEY];
    if (!has_session(a, user))
        return 0;
    return name_of(key, user, a) && store_set(user, key, NULL, 0) == 0 ? 1 : SG_ERR_UNKNOWN;
}

static int delete_sessions(const char *name, size_t len, void *user)
{
    signal_int_list *ids = NULL;
    int n = sessions_of(&ids, name, len, user);
    for (int i = 0; i < n; i++) {
        signal_protocol_address a = {name, len, signal_int_list_at(ids, (unsigned)i)};
        if (delete_session(&a, user) < 0)
            n = SG_ERR_UNKNOWN;
    }
    if (ids)
        signal_int_list_free(ids);
    return n;
}

/* ---- pre keys ---- */

static int load_pre_key(signal_buffer **record, uint32_t id, void *user)
{
    char key[STORE_KEY];
    store_pre_key_name(key, id);
    if (loaded(user, key, record) == SG_SUCCESS)
        return SG_SUCCESS;
    used_key_name(key, id);
    return loaded(user, key, record);
}

static int store_pre_key(uint32_t id, uint8_t *record, size_t len, void *user)
{
    char key[STORE_KEY];
    store_pre_key_name(key, id);
    return kept(user, key, record, len);
}

static int has_pre_key(uint32_t id, void *user)
{
    signal_buffer *b = NULL;
    int rc = load_pre_key(&b, id, user);
    signal_buffer_bzero_free(b);
    return rc == SG_SUCCESS;
}

static int remove_pre_key(uint32_t id, void *user)
{
    struct omemo *o = user;
    char key[STORE_KEY], used[STORE_KEY];
    store_pre_key_name(key, id);
    used_key_name(used, id);
    if (!o->catching_up)
        return kept(o, key, NULL, 0) == SG_SUCCESS ? kept(o, used, NULL, 0) : SG_ERR_UNKNOWN;
    signal_buffer *b = store_get(o, key);
    int rc = b ? kept(o, used, signal_buffer_data(b), signal_buffer_len(b)) : SG_SUCCESS; /* was used before */
    signal_buffer_bzero_free(b);
    return rc == SG_SUCCESS ? kept(o, key, NULL, 0) : rc;
}

static int load_signed_key(signal_buffer **record, uint32_t id, void *user)
{
    char key[STORE_KEY];
    store_signed_key_name(key, id);
    return loaded(user, key, record);
}

static int store_signed_key(uint32_t id, uint8_t *record, size_t len, void *user)
{
    char key[STORE_KEY];
    store_signed_key_name(key, id);
    return kept(user, key, record, len);
}

static int has_signed_key(uint32_t id, void *user)
{
    struct omemo *o = user;
    char key[STORE_KEY];
    store_signed_key_name(key, id);
    return o->io.get(o->io.user, key, NULL, 0) >= 0;
}

static int remove_signed_key(uint32_t id, void *user)
{
    char key[STORE_KEY];
    store_signed_key_name(key, id);
    return kept(user, key, NULL, 0);
}

/* ---- identities ---- */

static int own_identity(signal_buffer **public, signal_buffer **private, void *user)
{
    const struct omemo *o = user;
    int rc = ec_public_key_serialize(public, ratchet_identity_key_pair_get_public(o->identity));
    return rc < 0 ? rc : ec_private_key_serialize(private, ratchet_identity_key_pair_get_private(o->identity));
}

static int own_number(void *user, uint32_t *id)
{
    *id = ((struct omemo *)user)->device;
    return SG_SUCCESS;
}

/* As the library writes a key: a byte that says which kind, and the key. */
static const unsigned char *bare_key(const uint8_t *key, size_t len)
{
    enum { KIND = 5 };
    if (key && len == OMEMO_KEY)
        return key;
    return key && len == OMEMO_KEY + 1 && key[0] == KIND ? key + 1 : NULL;
}

static bool owner_of(char out[STORE_KEY], const signal_protocol_address *a)
{
    if (a->name_len >= STORE_KEY)
        return false;
    memcpy(out, a->name, a->name_len);
    out[a->name_len] = '\0';
    return true;
}

static int save_identity(const signal_protocol_address *a, uint8_t *data, size_t len, void *user)
{
    char jid[STORE_KEY];
    const unsigned char *key = bare_key(data, len);
    if (!key || !owner_of(jid, a))
        return SG_ERR_INVAL;
    return omemo_meet(user, jid, (uint32_t)a->device_id, key) < 0 ? SG_ERR_UNKNOWN : SG_SUCCESS;
}

/* Only whether it is the same as before: whether the user wants it is decided by who sends. */
static int is_same_identity(const signal_protocol_address *a, uint8_t *data, size_t len, void *user)
{
    char jid[STORE_KEY];
    struct omemo_known d;
    const unsigned char *key = bare_key(data, len);
    if (!key || !owner_of(jid, a))
        return 0;
    if (!omemo_known_one(user, jid, (uint32_t)a->device_id, &d) || !d.has_key)
        return 1;
    if (memcmp(d.key, key, OMEMO_KEY) == 0)
        return 1;
    struct omemo *o = user;
    if (o->hearsay)
        return 0;
    str_take(&o->other.jid, xstrdup(jid));
    o->other.device = (uint32_t)a->device_id;
    memcpy(o->other.key, key, OMEMO_KEY);
    return 0;
}

/* ---- all of it ---- */

static int note_name(void *user, const char *key, const void *data, size_t len)
{
    struct store_names *names = user;
    (void)data;
    (void)len;
    VEC_PUSH(names->v, names->n, names->cap, xstrdup(key));
    return 0;
}

int store_names(const struct omemo_io *io, const char *prefix, struct store_names *out)
{
    *out = (struct store_names){0};
    return io->each(io->user, prefix, note_name, out) < 0 ? OMEMO_NOT_KEPT : 0;
}

void store_names_free(struct store_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
}

static int drop_all(struct omemo *o, const char *prefix)
{
    struct store_names names;
    int rc = store_names(&o->io, prefix, &names);
    for (size_t i = 0; i < names.n && rc == 0; i++)
        rc = store_set(o, names.v[i], NULL, 0);
    store_names_free(&names);
    return rc;
}

int store_drop_used(struct omemo *o)
{
    return drop_all(o, STORE_USED_KEYS);
}

int store_drop_sessions(struct omemo *o)
{
    int rc = drop_all(o, "omemo.s3.");
    if (rc == 0)
        rc = drop_all(o, "omemo.s4.");
    return rc < 0 ? rc : drop_all(o, STORE_BEATS);
}

int store_retire_keys(struct omemo *o)
{
    struct store_names names;
    int rc = store_names(&o->io, STORE_PRE_KEYS, &names);
    for (size_t i = 0; i < names.n; i++) {
        char used[STORE_KEY];
        (void)snprintf(used, sizeof used, STORE_USED_KEYS "%s", names.v[i] + sizeof STORE_PRE_KEYS - 1);
        signal_buffer *b = rc == 0 ? store_get(o, names.v[i]) : NULL;
        if (b)
            rc = store_set(o, used, signal_buffer_data(b), signal_buffer_len(b));
        if (rc == 0)
            rc = store_set(o, names.v[i], NULL, 0);
        signal_buffer_bzero_free(b);
    }
    store_names_free(&names);
    return rc;
}

#define STEPS "omemo.steps"

uint64_t store_steps(struct omemo *o)
{
    unsigned char b[8];
    uint64_t steps = 0;
    if (o->io.get(o->io.user, STEPS, b, sizeof b) != (int)sizeof b)
        return 0;
    for (int i = 0; i < 8; i++)
        steps |= (uint64_t)b[i] << 8 * i;
    return steps;
}

int store_set_steps(struct omemo *o, uint64_t steps)
{
    unsigned char b[8];
    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)(steps >> 8 * i & 0xff);
    return store_set(o, STEPS, b, sizeof b);
}

int store_connect(struct omemo *o)
{
    const signal_protocol_session_store sessions = {.load_session_func = load_session,
                                                    .get_sub_device_sessions_func = sessions_of,
                                                    .store_session_func = store_session,
                                                    .contains_session_func = has_session,
                                                    .delete_session_func = delete_session,
                                                    .delete_all_sessions_func = delete_sessions,
                                                    .user_data = o};
    const signal_protocol_pre_key_store pre_keys = {.load_pre_key = load_pre_key,
                                                    .store_pre_key = store_pre_key,
                                                    .contains_pre_key = has_pre_key,
                                                    .remove_pre_key = remove_pre_key,
                                                    .user_data = o};
    const signal_protocol_signed_pre_key_store signed_keys = {.load_signed_pre_key = load_signed_key,
                                                              .store_signed_pre_key = store_signed_key,
                                                              .contains_signed_pre_key = has_signed_key,
                                                              .remove_signed_pre_key = remove_signed_key,
                                                              .user_data = o};
    const signal_protocol_identity_key_store identities = {.get_identity_key_pair = own_identity,
                                                           .get_local_registration_id = own_number,
                                                           .save_identity = save_identity,
                                                           .is_trusted_identity = is_same_identity,
                                                           .user_data = o};
    int rc = signal_protocol_store_context_create(&o->store, o->context);
    if (rc == SG_SUCCESS)
        rc = signal_protocol_store_context_set_session_store(o->store, &sessions);
    if (rc == SG_SUCCESS)
        rc = signal_protocol_store_context_set_pre_key_store(o->store, &pre_keys);
    if (rc == SG_SUCCESS)
        rc = signal_protocol_store_context_set_signed_pre_key_store(o->store, &signed_keys);
    if (rc == SG_SUCCESS)
        rc = signal_protocol_store_context_set_identity_key_store(o->store, &identities);
    return rc;
}
