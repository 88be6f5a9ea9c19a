/* backends/xmpp/omemo_atm.h - trust that spreads: what devices say of each other's keys, taken and told (XEP-0450) */
#ifndef XMPP_OMEMO_ATM_H
#define XMPP_OMEMO_ATM_H

#include "backends/xmpp/omemo.h"
#include "backends/xmpp/omemo_tm.h"

enum {
    ATM_OWN_MOST = 2000, /* statements of our devices that wait, */
    ATM_MOST = 200,      /* those of one other account, */
    ATM_ALL_MOST = 2000  /* and of all of them */
};
#define ATM_HEARD "omemo.tm."  /* a statement that waits: for its sender to be verified, or for the key to be seen */
#define ATM_TOLD "omemo.tq."   /* a decision of the user that others are to hear of */
struct atm {
    size_t heard, told; /* rows of each */
    struct map sent;    /* names of those of the second kind that left in this session, and wait for the server's answer */
};
struct atm *atm_of(const struct x *x);

/* A decision as it is kept: of whose device, or which key, what, when. Owned texts. */
struct atm_row {
    char *name;         /* of the row */
    char *jid;          /* ATM_HEARD: whose the key is; ATM_TOLD: whose the device is */
    bool trust;
    int64_t ms;
    unsigned char key[OMEMO_KEY]; /* HEARD: of who said it; TOLD: of the device */
    char *sender;       /* HEARD */
    uint32_t device;    /* HEARD: of the sender; TOLD: about which it is */
    unsigned char id[OMEMO_KEY]; /* HEARD: of the key, as in struct tm_key */
};
struct atm_rows {
    struct atm_row *v;
    size_t n, cap;
};
void atm_rows_read(struct x *x, const char *prefix, struct atm_rows *out);
void atm_rows_clear(struct atm_rows *r);
int atm_row_keep(struct x *x, const struct atm_row *r); /* under its name. 0, or negative */

#endif
