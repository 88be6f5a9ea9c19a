/* backends/xmpp/omemo_keys.c - our keys to a file and from it: the passphrase is asked for, and never anywhere else */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/omemo/export.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum { SHORTEST = 8 /* bytes of a passphrase */ };

struct keys { /* the one file that is open */
    int fd;
    kith_req req;
    bool reads;
    uint64_t ask;
};

static struct keys *keys_of(const struct x *x)
{
    return x_state(x, "omemo_keys");
}

static void end(struct x *x)
{
    struct keys *k = keys_of(x);
    if (k)
        (void)close(k->fd);
    free(k);
    x_set_state(x, "omemo_keys", NULL);
}

static void done(struct x *x, int rc, const char *text)
{
    kith_req req = keys_of(x)->req;
    end(x);
    if (rc < 0)
        x_reply_err(x, req, rc, text);
    else
        x_reply_ok(x, req, text);
}

/* ---- the file ---- */

static int write_all(int fd, const struct buf *b)
{
    size_t n = 0;
    while (n < b->len) {
        ssize_t w = write(fd, b->data + n, b->len - n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return -1;
        n += (size_t)w;
    }
    return fsync(fd) < 0 && errno != EINVAL ? -1 : 0;
}

static int read_all(int fd, struct buf *b)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || b->len + (size_t)n > EXPORT_MOST)
            return -1;
        buf_add(b, chunk, (size_t)n);
    }
    return 0;
}

static void export_to(struct x *x, const char *passphrase)
{
    const struct omemo_io io = omemo_io_of(x);
    struct buf file = {0};
    struct err e = {0};
    int rc = export_write(&io, x_bare(x), passphrase, &file, &e);
    if (rc == 0 && write_all(keys_of(x)->fd, &file) < 0)
        rc = err_set(&e, KITH_EDENIED, "The file cannot be written: %s.", strerror(errno));
    buf_free(&file);
    done(x, rc, rc < 0 ? e.text : "Your keys and what you decided about others are in the file. Only the passphrase opens it; "
                                  "messages are not in it.");
}

static void import_from(struct x *x, const char *passphrase)
{
    const struct omemo_io io = omemo_io_of(x);
    struct buf file = {.secret = true};
    struct err e = {0};
    const struct omemo_session *s = omemo_of(x);
    uint32_t before = s->o && !omemo_mark_refused(x) ? omemo_device(s->o) : 0;
    int rc = read_all(keys_of(x)->fd, &file) < 0 ? err_set(&e, KITH_EDENIED, "The file cannot be read, or is too large.") : 0;
    if (rc == 0)
        rc = export_read(&io, x_bare(x), passphrase, file.data, file.len, &e);
    if (rc == 0 && omemo_reopen(x, true) < 0)
        rc = err_set(&e, KITH_EDENIED, "The keys were read, but cannot be used: /reconnect tries again.");
    if (rc == 0 && before && before != omemo_device(s->o)) { /* nobody is that one any more */
        omemo_gone_add(x, before);
        if (x_online(x))
            omemo_publish_soon(x);
    }
    buf_free(&file);
    done(x, rc, rc < 0 ? e.text : "This device has the identity of the file now. Stop the other one that has it, if there is one: "
                                  "two cannot use the same keys. New keys are agreed on with everybody as you write.");
}

/* ---- the passphrase ---- */

static const char *field(const struct kith_answer *a, const char *key)
{
    for (size_t i = 0; i < a->n_fields; i++) {
        const struct kith_field *f = KITH_AT(struct kith_field, a->fields, i);
        if (str_eq(f->key, key) && f->n_values > 0)
            return f->values[0];
    }
    return NULL;
}

static void ask(struct x *x, const char *text);

static void on_passphrase(struct x *x, const struct kith_answer *a, void *user)
{
    const struct keys *k = keys_of(x);
    (void)user;
    if (!k)
        return;
    const char *secret = field(a, "secret"), *again = field(a, "again");
    if (str_empty(secret) || str_eq(a->choice, "cancel"))
        done(x, KITH_ECANCELED, k->reads ? "No keys were read." : "No keys were written.");
    else if (!k->reads && strlen(secret) < SHORTEST)
        ask(x, "A passphrase needs eight letters or more; several words are better.");
    else if (!k->reads && !str_eq(secret, again))
        ask(x, "The two were not the same.");
    else if (k->reads)
        import_from(x, secret);
    else
        export_to(x, secret);
}

static void ask(struct x *x, const char *text)
{
    struct keys *k = keys_of(x);
    static const struct kith_choice choices[] = {{sizeof choices[0], KITH_CHOICE_DEFAULT, "ok", "Go on"},
                                                 {sizeof choices[0], 0, "cancel", "Cancel"}};
    const struct kith_field fields[] = {{.size = sizeof fields[0], .key = "secret", .label = "Passphrase", .type = "secret"},
                                        {.size = sizeof fields[0], .key = "again", .label = "Once more", .type = "secret"}};
    struct kith_ev_ask ev = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    ev.kind = k->reads ? KITH_ASK_SECRET : KITH_ASK_FORM;
    ev.subject = x_bare(x);
    ev.title = k->reads ? "Passphrase of the file with your keys" : "A passphrase for the file with your keys";
    ev.text = text;
    ev.choices = k->reads ? NULL : choices;
    ev.n_choices = k->reads ? 0 : COUNT(choices);
    ev.fields = fields;
    ev.n_fields = k->reads ? 1 : 2;
    x_ask(x, &ev, on_passphrase, NULL);
    k->ask = ev.ask;
}

static int begin(struct x *x, int fd, bool reads, kith_req req)
{
    const struct omemo_session *s = omemo_of(x);
    if (!s || (!s->o && !reads))
        return KITH_EUNSUP;
    if (keys_of(x)) { /* the question before may have died with its session */
        x_ask_gone(x, keys_of(x)->ask);
        done(x, KITH_ECANCELED, "Another file was chosen.");
    }
    struct keys *k = xcalloc(1, sizeof *k);
    *k = (struct keys){.fd = fd, .req = req, .reads = reads};
    x_set_state(x, "omemo_keys", k);
    ask(x, reads ? "It was chosen when the file was written."
                 : "Whoever has the file and the passphrase can write in your name. kith cannot open it without.");
    return KITH_OK;
}

int omemo_export_keys(struct x *x, int fd, kith_req req)
{
    return begin(x, fd, false, req);
}

int omemo_import_keys(struct x *x, int fd, kith_req req)
{
    return begin(x, fd, true, req);
}

void omemo_keys_free(struct x *x)
{
    end(x);
}
