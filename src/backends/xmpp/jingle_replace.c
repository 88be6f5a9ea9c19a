/* backends/xmpp/jingle_replace.c - another way for the bytes when the first leads nowhere (XEP-0260 §3) */
#include "backends/xmpp/jingle.h"

#include "base/mem.h"

static const char no_way[] = "No way for the bytes was found.";

void jingle_fall_back(struct jingle *j)
{
    if (j->replacing)
        return;
    if (j->state != JINGLE_ACCEPTED) {
        jingle_way_closed(j, "The connection broke.");
        return;
    }
    s5b_free(j);
    j->replacing = true;
    jingle_await(j, JINGLE_ANSWER_MS, no_way);
    if (!j->out)
        return; /* who began says what is next */
    xmpp_stanza_t *jingle, *iq = jingle_new(j, "transport-replace", &jingle);
    j->way = JINGLE_IBB;
    ibb_offer(j, jingle_content(j, jingle));
    jingle_send(j, iq, true);
}

void jingle_replace(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *content)
{
    xmpp_stanza_t *transport = st_child(content, "transport", NS_JINGLE_IBB), *jingle, *answer;
    xmpp_stanza_t *theirs = st_child(content, "transport", NULL);
    if (j->out || j->state != JINGLE_ACCEPTED || j->way != JINGLE_S5B) {
        jingle_refuse(j->x, iq, "wait", "unexpected-request", "out-of-order");
        return;
    }
    if (!content) {
        jingle_refuse(j->x, iq, "cancel", "bad-request", NULL);
        return;
    }
    x_iq_reply(j->x, iq, NULL);
    bool taken = transport && ibb_read(j, transport);
    answer = jingle_new(j, taken ? "transport-accept" : "transport-reject", &jingle);
    xmpp_stanza_t *c = jingle_content(j, jingle);
    if (taken) {
        s5b_free(j);
        j->way = JINGLE_IBB;
        j->replacing = false;
        ibb_offer(j, c);
        jingle_await(j, JINGLE_ANSWER_MS, "Their program did not begin to send.");
    } else if (theirs) {
        xmpp_stanza_add_child_ex(c, xmpp_stanza_copy(theirs), 0); /* what is rejected */
    }
    jingle_send(j, answer, taken);
}

void jingle_replaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *content)
{
    xmpp_stanza_t *transport = st_child(content, "transport", NS_JINGLE_IBB);
    if (!j->out || !j->replacing) {
        jingle_refuse(j->x, iq, "wait", "unexpected-request", "out-of-order");
    } else if (!transport || !ibb_read(j, transport)) {
        jingle_refuse(j->x, iq, "cancel", "bad-request", NULL);
        jingle_fail(j, "failed-transport", no_way);
    } else {
        j->replacing = false;
        x_iq_reply(j->x, iq, NULL);
        ibb_open(j);
    }
}

void jingle_not_replaced(struct jingle *j, xmpp_stanza_t *iq, xmpp_stanza_t *content UNUSED)
{
    if (!j->out || !j->replacing) {
        jingle_refuse(j->x, iq, "wait", "unexpected-request", "out-of-order");
        return;
    }
    x_iq_reply(j->x, iq, NULL);
    jingle_fail(j, "connectivity-error", no_way);
}
