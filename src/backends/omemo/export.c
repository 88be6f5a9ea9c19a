/* backends/omemo/export.c - our identity and what was decided about others, in a file that only a passphrase opens */
#include "backends/omemo/export.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "backends/omemo/private.h"
#include "base/mem.h"
#include "base/rand.h"

#define MAGIC "KITHKEYS"
enum {
    VERSION = 1,
    LOG_N = 16, R = 8, P = 1, /* 64 MB, a quarter of a second */
    SALT = 16, NONCE = 12, TAG = 16, KEY = 32,
    AT_SALT = 12, AT_NONCE = AT_SALT + SALT, HEAD = AT_NONCE + NONCE
};

/* ---- the file ---- */

static bool make_key(const unsigned char *head, const char *passphrase, unsigned char key[KEY])
{
    unsigned log_n = head[9];
    return log_n >= 14 && log_n <= 20 && head[10] == R && head[11] >= 1 && head[11] <= 4 &&
           EVP_PBE_scrypt(passphrase, strlen(passphrase), head + AT_SALT, SALT, UINT64_C(1) << log_n, head[10], head[11],
                          UINT64_C(2) << 30, key, KEY) == 1;
}

/* The tag follows the text. False: no memory; or reading: the passphrase is wrong, or the file was changed. */
static bool seal(bool writes, const unsigned char *head, const char *passphrase, const void *in, size_t len, struct buf *out)
{
    unsigned char key[KEY], tag[TAG];
    int n = 0, rest = 0;
    size_t text = writes ? len : len - TAG;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    unsigned char *b = xmalloc(text + 1);
    bool fine = c && make_key(head, passphrase, key) &&
                EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, head + AT_NONCE, writes) == 1 &&
                EVP_CipherUpdate(c, NULL, &n, head, HEAD) == 1 && EVP_CipherUpdate(c, b, &n, in, (int)text) == 1;
    if (fine && !writes) {
        memcpy(tag, (const unsigned char *)in + text, TAG);
        fine = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1;
    }
    fine = fine && EVP_CipherFinal_ex(c, b + n, &rest) == 1;
    if (fine && writes)
        fine = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, tag) == 1;
    if (fine)
        buf_add(out, b, text);
    if (fine && writes)
        buf_add(out, tag, TAG);
    mem_wipe(key, sizeof key);
    mem_wipe(b, text);
    free(b);
    EVP_CIPHER_CTX_free(c);
    return fine;
}

/* ---- the rows ---- */

#define SELF "omemo.self"
#define CHATS "omemo.chat."
#define TAKES "omemo.new." /* where new devices read at once */
#define OWNER "owner"

static bool is_carried(const char *key)
{
    return strcmp(key, SELF) == 0 || str_starts(key, "omemo.d.") || str_starts(key, CHATS) || str_starts(key, TAKES);
}

static void put_number(struct buf *b, size_t v)
{
    for (int i = 0; i < 4; i++)
        buf_addc(b, (char)(v >> 8 * i & 0xff));
}

static void put_row(struct buf *b, const char *key, const void *data, size_t len)
{
    put_number(b, strlen(key));
    buf_add(b, key, strlen(key));
    put_number(b, len);
    buf_add(b, data, len);
}

static int note_row(void *user, const char *key, const void *data, size_t len)
{
    if (is_carried(key))
        put_row(user, key, data, len);
    return 0;
}

int export_write(const struct omemo_io *io, const char *owner, const char *passphrase, struct buf *out, struct err *e)
{
    unsigned char head[HEAD] = {0};
    struct buf rows = {.secret = true};
    memcpy(head, MAGIC, sizeof MAGIC - 1);
    head[8] = VERSION;
    head[9] = LOG_N;
    head[10] = R;
    head[11] = P;
    rand_bytes(head + AT_SALT, SALT + NONCE);
    put_row(&rows, OWNER, owner, strlen(owner));
    int rc = io->each(io->user, "omemo.", note_row, &rows) < 0
                 ? err_set(e, KITH_EDENIED, "The keys cannot be read from the account's store.")
                 : 0;
    buf_add(out, head, HEAD);
    if (rc == 0 && !seal(true, head, passphrase, rows.data, rows.len, out))
        rc = err_set(e, KITH_EDENIED, "The keys cannot be encrypted: there is not enough memory.");
    buf_free(&rows);
    return rc;
}

struct row {
    char *key;
    const char *data;
    size_t len;
};
struct reader {
    const char *p, *end;
};

static bool get_number(struct reader *r, size_t *out)
{
    if (r->end - r->p < 4)
        return false;
    *out = 0;
    for (int i = 0; i < 4; i++)
        *out |= (size_t)(unsigned char)*r->p++ << 8 * i;
    return *out <= (size_t)(r->end - r->p);
}

/* False: there is no other one, or it is damaged. key is owned. */
static bool get_row(struct reader *r, struct row *out)
{
    size_t n;
    if (!get_number(r, &n) || n == 0 || n > 4096 || memchr(r->p, 0, n))
        return false;
    const char *key = r->p;
    r->p += n;
    if (!get_number(r, &out->len))
        return false;
    out->key = xstrndup(key, n);
    out->data = r->p;
    r->p += out->len;
    return true;
}

/* Once encrypted, always: a file from before that was decided changes nothing about it. */
static bool stays(const struct omemo_io *io, const char *key)
{
    char was[4];
    return str_starts(key, CHATS) && io->get(io->user, key, was, sizeof was) == 2 && memcmp(was, "on", 2) == 0;
}

static bool is_replaced(const char *key)
{
    return !str_starts(key, CHATS) && !str_starts(key, "omemo.text.") && !str_starts(key, "omemo.gone.");
}

static int clear(const struct omemo_io *io)
{
    struct store_names names;
    int rc = store_names(io, "omemo.", &names);
    for (size_t i = 0; i < names.n && rc >= 0; i++) {
        if (is_replaced(names.v[i]))
            rc = io->set(io->user, names.v[i], NULL, 0);
    }
    store_names_free(&names);
    return rc;
}

static int replace(const struct omemo_io *io, struct reader r)
{
    struct row row;
    int rc = io->begin(io->user);
    if (rc < 0)
        return rc;
    rc = clear(io);
    while (rc >= 0 && get_row(&r, &row)) {
        if (is_carried(row.key) && !stays(io, row.key))
            rc = io->set(io->user, row.key, row.data, row.len);
        free(row.key);
    }
    int end = io->end(io->user, rc >= 0);
    return rc < 0 ? rc : end;
}

/* Whole, with an identity, and of this account; all of that before anything is changed. */
static int check(struct reader r, const char *owner, struct err *e)
{
    struct row row;
    bool self = false, ours = false;
    char *of = NULL;
    while (get_row(&r, &row)) {
        self |= strcmp(row.key, SELF) == 0 && row.len > 0;
        if (strcmp(row.key, OWNER) == 0 && !of) {
            of = xstrndup(row.data, row.len);
            ours = str_eq(of, owner);
        }
        free(row.key);
    }
    int rc = r.p != r.end || !self ? err_set(e, KITH_EINVAL, "There are no keys in this file, or only a part of them.")
             : !ours               ? err_set(e, KITH_EINVAL, "These are the keys of %s, not of %s.", of ? of : "nobody", owner)
                                   : 0;
    free(of);
    return rc;
}

int export_read(const struct omemo_io *io, const char *owner, const char *passphrase, const void *data, size_t len, struct err *e)
{
    const unsigned char *head = data;
    struct buf rows = {.secret = true};
    if (len <= HEAD + TAG || len > EXPORT_MOST || memcmp(head, MAGIC, sizeof MAGIC - 1) != 0)
        return err_set(e, KITH_EINVAL, "This is no file with keys that kith has written.");
    if (head[8] != VERSION)
        return err_set(e, KITH_EUNSUP, "This file was written by a newer kith, and cannot be read by this one.");
    if (!seal(false, head, passphrase, head + HEAD, len - HEAD, &rows))
        return err_set(e, KITH_EAUTH, "The passphrase is wrong, or the file is damaged.");
    struct reader r = {rows.data, rows.data + rows.len};
    int rc = check(r, owner, e);
    if (rc == 0 && replace(io, r) < 0)
        rc = err_set(e, KITH_EDENIED, "The keys cannot be kept in the account's store; nothing was changed.");
    buf_free(&rows);
    return rc;
}
