/* unit/xmppim/played.c - a friend's device that is played, beside a session without a network: what both publish, write and read */
#include "played.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PEP_FEATURES "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub#publish-options'/>"

void bind_again(struct both *t)
{
    fake_drop(t->x, true);
    fake_bind(t->x, false);
    fake_result(t->x, "to=\"" DOMAIN "\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(t->x, "disco#info\"", "<query xmlns='http://jabber.org/protocol/disco#info'>" PEP_FEATURES "</query>");
}

int setup(void **state)
{
    struct both *t = xcalloc(1, sizeof *t);
    t->x = fake_open();
    fake_option(t->x, "encryption", "omemo");
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
    t->her.now = t->x->now;
    party_open(&t->her, JULIET);
    bind_again(t);
    *state = t;
    return 0;
}

int teardown(void **state)
{
    struct both *t = *state;
    fake_close(t->x);
    party_end(&t->her);
    free(t);
    return 0;
}

/* ---- what she publishes and writes ---- */

char *text_of(xmpp_stanza_t *st)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(xmpp_stanza_to_text(st, &text, &len), XMPP_EOK);
    char *out = xstrndup(text, len);
    xmpp_free(xmpp_stanza_get_context(st), text);
    return out;
}

void answer_list(struct both *t, enum omemo_version v, const uint32_t *ids, size_t n)
{
    struct omemo_devices l = {.n = 0};
    for (size_t i = 0; i < n; i++)
        l.v[l.n++] = (struct omemo_listed){ids[i], NULL};
    xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
    omemo_write_list(item, v, &l);
    char *text = text_of(item);
    fake_result(t->x, v == OMEMO_OLD ? "node=\"" OLD_LIST : "node=\"" NEW_LIST,
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='%s'>%s</items></pubsub>", omemo_list_node(v), text);
    free(text);
    xmpp_stanza_release(item);
}

void no_lists(struct both *t)
{
    fake_error(t->x, OLD_LIST, "item-not-found");
    fake_error(t->x, NEW_LIST, "item-not-found");
}

void answer_bundle(struct both *t, enum omemo_version v)
{
    struct omemo_bundle b = {0};
    char node[OMEMO_NODE], id[16];
    assert_int_equal(omemo_bundle(t->her.o, v, &b), 0);
    omemo_bundle_node(v, omemo_device(t->her.o), node, id);
    xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
    st_set(item, "id", id);
    omemo_write_bundle(item, v, &b);
    char *text = text_of(item);
    fake_result(t->x, "bundles", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='%s'>%s</items></pubsub>", node, text);
    free(text);
    xmpp_stanza_release(item);
    omemo_bundle_clear(&b);
}

/* Our own lists are empty, hers has the one device in the list of that version. */
void answer_lists(struct both *t, enum omemo_version v)
{
    uint32_t id = omemo_device(t->her.o);
    no_lists(t); /* ours, asked for at the start */
    answer_list(t, OMEMO_OLD, &id, v == OMEMO_OLD);
    answer_list(t, OMEMO_2, &id, v == OMEMO_2);
}

/* What is ours is published, and the server has it. */
void shown(struct both *t)
{
    fake_timers(t->x);
    fake_result(t->x, "publish node=\"" OLD_LIST, "<x/>");
    fake_result(t->x, "publish node=\"" NEW_LIST, "<x/>");
}

const char *sent_message(struct x *x)
{
    for (size_t i = x->sent.n; i-- > 0;) {
        if (str_starts(x->sent.s[i], "<message"))
            return x->sent.s[i];
    }
    return NULL;
}

/* What she reads in the newest message of ours; owned, NULL: nothing is for her. */
char *she_reads(struct both *t)
{
    const char *xml = sent_message(t->x);
    assert_non_null(xml);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), xml);
    struct omemo_sealed s;
    struct buf secret = {0}, text = {0};
    char *out = NULL;
    if (omemo_read_sealed(st, JULIET, omemo_device(t->her.o), &s) && s.for_us) {
        assert_int_equal(omemo_decrypt(t->her.o, s.version, ME, s.from, s.key.data, s.key.len, s.exchange, &secret), 0);
        if (s.has_payload) {
            memcpy(s.payload.secret, secret.data, secret.len);
            s.payload.secret_len = secret.len;
            assert_int_equal(payload_decrypt(s.version, &s.payload, &text), 0);
        }
        out = buf_take(&text);
    }
    omemo_sealed_clear(&s);
    buf_free(&secret);
    xmpp_stanza_release(st);
    return out;
}

int say_as(struct both *t, const char *id, const char *text, uint32_t flags, const char *target)
{
    const struct kith_send m = {.size = sizeof m, .chat = JULIET, .id = id, .body = text, .flags = flags, .target = target};
    return im_send(t->x, &m);
}

void say(struct both *t, const char *id, const char *text)
{
    assert_int_equal(say_as(t, id, text, 0, NULL), KITH_OK);
}

/* Lists, then the bundle, then the message; from then on the chat is encrypted, over a restart as well. */
void first_message(struct both *t, enum omemo_version v)
{
    say(t, "m1", "wherefore art thou");
    assert_null(sent_message(t->x));
    answer_lists(t, v);
    assert_null(sent_message(t->x));
    say(t, "m2", "Romeo");
    answer_bundle(t, v);
    assert_null(sent_message(t->x)); /* who gets it would not find the device that sent it */
    shown(t);
    const char *xml = sent_message(t->x);
    assert_non_null(xml);
    assert_null(strstr(xml, "Romeo"));
    assert_non_null(strstr(xml, "id=\"m2\""));
    assert_true(omemo_holds(t->x, JULIET));
    assert_string_equal(fake_state(t->x, "omemo.chat." JULIET), "on");
}

char *she_writes(struct both *t, enum omemo_version v, const char *text, const char *id)
{
    struct omemo_payload p;
    struct omemo_recipient r = {.jid = ME, .device = omemo_device(omemo_of(t->x)->o)};
    struct omemo_bundle b = {0};
    if (!omemo_has_session(t->her.o, v, ME, r.device)) {
        assert_int_equal(omemo_bundle(omemo_of(t->x)->o, v, &b), 0);
        assert_int_equal(omemo_start_session(t->her.o, v, ME, r.device, &b), 0);
        omemo_bundle_clear(&b);
    }
    assert_int_equal(payload_encrypt(v, text, strlen(text), &p), 0);
    assert_int_equal(omemo_encrypt(t->her.o, v, ME, r.device, p.secret, p.secret_len, &r.key, &r.exchange), 0);
    xmpp_stanza_t *st = st_new(x_ctx(t->x), "message", NULL);
    st_set(st, "from", JULIET "/balcony");
    st_set(st, "to", ME);
    st_set(st, "type", "chat");
    st_set(st, "id", id);
    omemo_write_sealed(st, v, omemo_device(t->her.o), &r, 1, &p);
    st_add_child_text(st, "body", NULL, "a body for programs that cannot read it");
    char *out = text_of(st);
    buf_free(&r.key);
    payload_clear(&p);
    xmpp_stanza_release(st);
    return out;
}
