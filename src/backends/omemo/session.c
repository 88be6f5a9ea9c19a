/* backends/omemo/session.c - sessions with single devices: begun from bundles, used for one message after the other */
#include <inttypes.h>
#include <omemo/protocol.h>
#include <omemo/session_builder.h>
#include <omemo/session_cipher.h>
#include <omemo/session_record.h>
#include <omemo/session_state.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/omemo/device.h"
#include "backends/omemo/private.h"
#include "base/mem.h"
#include "base/rand.h"

enum { FAR = SG_ERR_MINIMUM - 1 }; /* SG_ERR_INVALID_MESSAGE with that reason, which the library does not tell */

static int error_of(const struct omemo *o, int rc)
{
    if (o->failed)
        return OMEMO_NOT_KEPT;
    switch (rc) {
    case FAR:
        return OMEMO_FAR;
    case SG_ERR_DUPLICATE_MESSAGE:
        return OMEMO_DUPLICATE;
    case SG_ERR_NO_SESSION:
    case SG_ERR_INVALID_KEY_ID:
        return OMEMO_NO_SESSION;
    case SG_ERR_UNTRUSTED_IDENTITY:
        return OMEMO_CHANGED;
    case SG_ERR_INVALID_PROTO_BUF:
    case SG_ERR_INVALID_VERSION:
    case SG_ERR_LEGACY_MESSAGE:
        return OMEMO_MALFORMED;
    case SG_ERR_INVALID_KEY:
    case SG_ERR_INVALID_MAC:
    case SG_ERR_INVALID_MESSAGE:
        return OMEMO_FORGED;
    default:
        return OMEMO_MALFORMED;
    }
}

/* The library's calls between begin() and its end. It frees keys without wiping them: that is done once for all that is kept
 * together (omemo_end()), as it takes a third of the time of a message to one device. */
static int begin(struct omemo *o, enum omemo_version v)
{
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    o->version = v;
    if (!o->scrubs)
        mem_scrub_begin();
    o->scrubs = true;
    return 0;
}

static int end(struct omemo *o, int rc)
{
    int code = rc < 0 ? error_of(o, rc) : 0, kept = omemo_end(o, rc >= 0);
    return code < 0 ? code : kept;
}

static signal_protocol_address address_of(const char *jid, uint32_t device)
{
    return (signal_protocol_address){jid, strlen(jid), (int32_t)device};
}

static bool is_device(uint32_t device)
{
    return device > 0 && device <= INT32_MAX;
}

/* ---- beginning one ---- */

struct given { /* the keys of a bundle as the library wants them */
    ec_public_key *identity, *signed_key, *pre_key;
};

static int decode_key(const struct omemo *o, enum omemo_version v, const unsigned char *key, ec_public_key **out)
{
    return v == OMEMO_OLD ? curve_decode_point(out, key, OMEMO_KEY_WIRE, o->context)
                          : curve_decode_point_mont(out, key, OMEMO_KEY, o->context);
}

static int decode_keys(const struct omemo *o, const struct omemo_bundle *b, size_t pick, struct given *g)
{
    int rc = b->version == OMEMO_OLD ? decode_key(o, OMEMO_OLD, b->identity, &g->identity)
                                     : curve_decode_point_ed(&g->identity, b->identity, OMEMO_KEY, o->context);
    if (rc == SG_SUCCESS)
        rc = decode_key(o, b->version, b->signed_key.key, &g->signed_key);
    if (rc == SG_SUCCESS)
        rc = decode_key(o, b->version, b->pre_keys[pick].key, &g->pre_key);
    return rc == SG_ERR_NOMEM ? rc : rc < 0 ? SG_ERR_INVALID_PROTO_BUF : rc;
}

static void given_clear(struct given *g)
{
    if (g->identity)
        SIGNAL_UNREF(g->identity);
    if (g->signed_key)
        SIGNAL_UNREF(g->signed_key);
    if (g->pre_key)
        SIGNAL_UNREF(g->pre_key);
}

/* Before the session that is there is looked at. */
static int owner_shows(struct omemo *o, const signal_protocol_address *a, const ec_public_key *identity)
{
    signal_buffer *b = NULL;
    int rc = ec_public_key_serialize(&b, identity);
    if (rc >= 0 && signal_buffer_len(b) >= OMEMO_KEY)
        rc = omemo_give_way(o, a->name, (uint32_t)a->device_id, signal_buffer_data(b) + signal_buffer_len(b) - OMEMO_KEY);
    signal_buffer_free(b);
    return rc < 0 ? SG_ERR_UNKNOWN : SG_SUCCESS;
}

static int build(struct omemo *o, const signal_protocol_address *a, const struct omemo_bundle *b, const struct given *g,
                 uint32_t pre_key)
{
    session_pre_key_bundle *bundle = NULL;
    session_builder *builder = NULL;
    int rc = session_pre_key_bundle_create(&bundle, (uint32_t)a->device_id, a->device_id, pre_key, g->pre_key,
                                           b->signed_key.id, g->signed_key, b->signature, OMEMO_SIGNATURE, g->identity);
    if (rc == SG_SUCCESS)
        rc = session_builder_create(&builder, o->store, a, o->context);
    if (rc == SG_SUCCESS) {
        session_builder_set_version(builder, (uint32_t)b->version);
        rc = session_builder_process_pre_key_bundle(builder, bundle);
    }
    if (builder)
        session_builder_free(builder);
    if (bundle)
        SIGNAL_UNREF(bundle);
    return rc;
}

/* A key in its Curve25519 form has 255 bits; with the next one set it would be the same key under another fingerprint
 * (RFC 7748 §5: that bit is not looked at). */
static bool is_canonical(const struct omemo_bundle *b)
{
    return b->version != OMEMO_OLD || !(b->identity[OMEMO_KEY_WIRE - 1] & 0x80);
}

int omemo_start_session(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device, const struct omemo_bundle *b)
{
    if (b->version != v || b->n == 0 || !is_device(device) || !is_canonical(b)) /* §4.3: a key exchange without a pre key is none */
        return OMEMO_MALFORMED;
    int rc = begin(o, v);
    if (rc < 0)
        return rc;
    struct given g = {0};
    signal_protocol_address a = address_of(jid, device);
    size_t pick = rand_below((uint32_t)b->n);
    rc = decode_keys(o, b, pick, &g);
    if (rc == SG_SUCCESS)
        rc = owner_shows(o, &a, g.identity);
    if (rc == SG_SUCCESS)
        rc = build(o, &a, b, &g, b->pre_keys[pick].id);
    given_clear(&g);
    return end(o, rc);
}

bool omemo_has_session(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device)
{
    signal_protocol_address a = address_of(jid, device);
    struct omemo_known d;
    o->version = v;
    return signal_protocol_session_contains_session(o->store, &a) == 1 && !(omemo_known_one(o, jid, device, &d) && d.hearsay);
}

int omemo_drop_session(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device)
{
    signal_protocol_address a = address_of(jid, device);
    o->version = v;
    return signal_protocol_session_delete_session(o->store, &a) < 0 ? OMEMO_NOT_KEPT : 0;
}

int omemo_drop_all_sessions(struct omemo *o)
{
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    rc = store_drop_sessions(o);
    int kept = omemo_end(o, rc == 0);
    return rc < 0 ? rc : kept;
}

/* ---- using it ---- */

static int open_cipher(struct omemo *o, const signal_protocol_address *a, session_cipher **out)
{
    int rc = session_cipher_create(out, o->store, a, o->context);
    if (rc == SG_SUCCESS)
        session_cipher_set_version(*out, (uint32_t)o->version);
    return rc;
}

int omemo_encrypt(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device, const void *data, size_t len,
                  struct buf *out, bool *exchange)
{
    if (!is_device(device))
        return OMEMO_NO_SESSION;
    int rc = begin(o, v);
    if (rc < 0)
        return rc;
    signal_protocol_address a = address_of(jid, device);
    session_cipher *cipher = NULL;
    ciphertext_message *m = NULL;
    rc = open_cipher(o, &a, &cipher);
    if (rc == SG_SUCCESS)
        rc = session_cipher_encrypt(cipher, data, len, &m);
    if (rc == SG_SUCCESS) {
        signal_buffer *b = ciphertext_message_get_serialized(m);
        buf_add(out, signal_buffer_data(b), signal_buffer_len(b));
        *exchange = ciphertext_message_get_type(m) == CIPHERTEXT_PREKEY_TYPE;
        o->stepped = true;
    } else if (!omemo_has_session(o, v, jid, device)) {
        rc = SG_ERR_NO_SESSION;
    }
    if (m)
        SIGNAL_UNREF(m);
    if (cipher)
        session_cipher_free(cipher);
    return end(o, rc);
}

/* §6: the first message of a chain whose counter is that high is answered, so that both go on to new keys. */
static int note_counter(struct omemo *o, const signal_protocol_address *a, const signal_message *m)
{
    enum { BEAT = 53 };
    char name[STORE_KEY];
    signal_buffer *chain = NULL;
    if (signal_message_get_counter(m) < BEAT)
        return SG_SUCCESS;
    if (ec_public_key_serialize(&chain, signal_message_get_sender_ratchet_key(m)) < 0)
        return SG_ERR_NOMEM;
    (void)snprintf(name, sizeof name, STORE_BEATS "%d.%s/%" PRId32, (int)o->version, a->name, a->device_id);
    signal_buffer *was = store_get(o, name);
    o->beat = !was || signal_buffer_compare(was, chain) != 0;
    int rc = o->beat ? store_set(o, name, signal_buffer_data(chain), signal_buffer_len(chain)) : 0;
    signal_buffer_free(was);
    signal_buffer_free(chain);
    return rc < 0 ? SG_ERR_UNKNOWN : SG_SUCCESS;
}

bool omemo_beat_due(const struct omemo *o)
{
    return o->beat;
}

/* How far the session has come in the chain of a message; 0: it does not know the chain. */
static uint32_t reached(struct omemo *o, const signal_protocol_address *a, const signal_message *m)
{
    session_record *r = NULL;
    if (signal_protocol_session_load_session(o->store, &r, a, (uint32_t)o->version) < 0)
        return 0;
    ratchet_chain_key *chain = session_state_get_receiver_chain_key(session_record_get_state(r), signal_message_get_sender_ratchet_key(m));
    uint32_t at = chain ? ratchet_chain_key_get_index(chain) : 0;
    SIGNAL_UNREF(r);
    return at;
}

static int why_invalid(struct omemo *o, const signal_protocol_address *a, const signal_message *m, int rc)
{
    uint32_t at = rc == SG_ERR_INVALID_MESSAGE ? reached(o, a, m) : 0, counter = signal_message_get_counter(m);
    return rc == SG_ERR_INVALID_MESSAGE && counter > at && counter - at > OMEMO_SKIPPED ? FAR : rc;
}

static int read_exchange(struct omemo *o, session_cipher *cipher, const signal_protocol_address *a, const uint8_t *data,
                         size_t len, signal_buffer **out)
{
    pre_key_signal_message *m = NULL;
    int rc = o->version == OMEMO_OLD ? pre_key_signal_message_deserialize(&m, data, len, o->context)
                                     : pre_key_signal_message_deserialize_omemo(&m, data, len, (uint32_t)a->device_id, o->context);
    if (rc < 0)
        rc = SG_ERR_INVALID_PROTO_BUF;
    else if (!pre_key_signal_message_has_pre_key_id(m))
        rc = SG_ERR_INVALID_VERSION;
    else
        rc = owner_shows(o, a, pre_key_signal_message_get_identity_key(m));
    if (rc == SG_SUCCESS)
        rc = session_cipher_decrypt_pre_key_signal_message(cipher, m, NULL, out);
    if (rc == SG_SUCCESS)
        rc = note_counter(o, a, pre_key_signal_message_get_signal_message(m));
    else if (m)
        rc = why_invalid(o, a, pre_key_signal_message_get_signal_message(m), rc);
    if (m)
        SIGNAL_UNREF(m);
    return rc;
}

static int read_message(struct omemo *o, session_cipher *cipher, const signal_protocol_address *a, const uint8_t *data,
                        size_t len, signal_buffer **out)
{
    signal_message *m = NULL;
    int rc = o->version == OMEMO_OLD ? signal_message_deserialize(&m, data, len, o->context)
                                     : signal_message_deserialize_omemo(&m, data, len, o->context);
    rc = rc < 0 ? SG_ERR_INVALID_PROTO_BUF : session_cipher_decrypt_signal_message(cipher, m, NULL, out);
    rc = rc == SG_SUCCESS ? note_counter(o, a, m) : m ? why_invalid(o, a, m, rc) : rc;
    if (m)
        SIGNAL_UNREF(m);
    return rc;
}

int omemo_decrypt(struct omemo *o, enum omemo_version v, const char *jid, uint32_t device, const void *data, size_t len,
                  bool exchange, struct buf *out)
{
    if (!is_device(device) || len == 0)
        return OMEMO_MALFORMED;
    int rc = begin(o, v);
    if (rc < 0)
        return rc;
    signal_protocol_address a = address_of(jid, device);
    session_cipher *cipher = NULL;
    signal_buffer *text = NULL;
    o->beat = false;
    rc = open_cipher(o, &a, &cipher);
    if (rc == SG_SUCCESS)
        rc = exchange ? read_exchange(o, cipher, &a, data, len, &text) : read_message(o, cipher, &a, data, len, &text);
    if (cipher)
        session_cipher_free(cipher);
    rc = end(o, rc);
    if (rc == 0)
        buf_add(out, signal_buffer_data(text), signal_buffer_len(text));
    signal_buffer_bzero_free(text);
    return rc;
}
