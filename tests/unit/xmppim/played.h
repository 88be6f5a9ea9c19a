/* unit/xmppim/played.h - a friend's device that is played, beside a session without a network: what both publish, write and read */
#ifndef UNIT_XMPPIM_PLAYED_H
#define UNIT_XMPPIM_PLAYED_H

#include "../omemo/fixture.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/omemo_sce.h"
#include "fake_inner.h"

#define JULIET "juliet@capulet.lit"
#define OLD_LIST "eu.siacs.conversations.axolotl.devicelist"
#define NEW_LIST "urn:xmpp:omemo:2:devices"

struct both { /* us, and a device of hers that is played here */
    struct x *x;
    struct party her;
};

int setup(void **state); /* for cmocka: *state is a struct both */
int teardown(void **state);
void bind_again(struct both *t); /* another session, at a server that keeps personal nodes */
char *text_of(xmpp_stanza_t *st);
void answer_list(struct both *t, enum omemo_version v, const uint32_t *ids, size_t n);
void no_lists(struct both *t);
void answer_bundle(struct both *t, enum omemo_version v);
void answer_lists(struct both *t, enum omemo_version v);
void shown(struct both *t);
const char *sent_message(struct x *x);
char *she_reads(struct both *t);
int say_as(struct both *t, const char *id, const char *text, uint32_t flags, const char *target);
void say(struct both *t, const char *id, const char *text);
void first_message(struct both *t, enum omemo_version v);
char *she_writes(struct both *t, enum omemo_version v, const char *text, const char *id);

#endif
