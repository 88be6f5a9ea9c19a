/* unit/omemo/fixture.h - devices with a store in memory, which can be taken back, copied, and refuse */
#ifndef UNIT_OMEMO_FIXTURE_H
#define UNIT_OMEMO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/omemo/device.h"
#include "backends/omemo/omemo.h"
#include "backends/omemo/payload.h"
#include "base/mem.h"

struct row {
    char *key;
    unsigned char *data;
    size_t len;
};
struct disk {
    struct row *v; /* sorted by key */
    size_t n, cap;
};
struct party {
    const char *jid;
    struct disk disk, before; /* before: as it was at begin() */
    bool begun, refuses;
    int64_t now;
    struct omemo *o;
};

void disk_copy(struct disk *to, const struct disk *from);
void disk_free(struct disk *d);
size_t disk_count(const struct disk *d, const char *prefix);

struct omemo_io party_io(struct party *p); /* its disk */
struct omemo *party_try(struct party *p, struct err *e); /* omemo_new() on its disk */
void party_open(struct party *p, const char *jid); /* on the disk that it has */
void party_close(struct party *p);                 /* the disk stays */
void party_end(struct party *p);
/* A session of `from` with `to` by the bundle that `to` has now. */
int party_meet(struct party *from, struct party *to, enum omemo_version v);
/* One message; *exchange says whether it carries the key exchange. data: secret bytes of a text. */
int party_send(struct party *from, struct party *to, enum omemo_version v, const char *text, struct buf *out, bool *exchange);
int party_read(struct party *by, struct party *from, enum omemo_version v, const struct buf *in, bool exchange, struct buf *out);
/* Sends and reads; asserts that what was read is the text. */
void party_says(struct party *from, struct party *to, enum omemo_version v, const char *text);

#endif
