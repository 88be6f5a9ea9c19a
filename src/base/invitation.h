/* base/invitation.h - links by which somebody is invited to make an account: read */
#ifndef BASE_INVITATION_H
#define BASE_INVITATION_H

#include "base/base.h"

struct invitation {
    char *server;  /* where the account is to be made; of a web page its host, which may be another */
    char *user;    /* the name that it is for, or NULL: to be chosen */
    char *inviter; /* address of who becomes a contact, or NULL */
    char *token;
};
/* "xmpp:example.org?register;preauth=TOKEN" (XEP-0445 §3), "xmpp:alice@example.org?roster;preauth=TOKEN;ibr=y" (XEP-0401
 * §4.2.1), and web pages for such: either of them behind a #, or a token as ?TOKEN, ?t=TOKEN or /invite/TOKEN. False: it is
 * no invitation to a new account. Blanks around it do not matter. */
bool invitation_read(const char *text, struct invitation *out);
void invitation_free(struct invitation *i); /* leaves it empty */

#endif
