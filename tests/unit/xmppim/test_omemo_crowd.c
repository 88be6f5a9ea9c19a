/* unit/xmppim/test_omemo_crowd.c - OMEMO with many: a room of whom nobody answers delays no one else, a hundred devices of one
 * person read, and what of it the store is asked for */
#include "hall.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NURSE "nurse@capulet.lit"

static size_t asking(const struct x *x, const char *part)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n_iqs; i++)
        n += strstr(x->iqs[i].text, part) != NULL;
    return n;
}

/* A room of forty whose servers do not answer, and of the nurse or not. */
static void crowd(struct room *t, bool with_her)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        if (t->p[i].nick)
            fake_feed(t->x, "<presence type='unavailable' from='" ROOM "/%s'><x xmlns='http://jabber.org/protocol/muc#user'>"
                            "<item affiliation='none' role='none' jid='%s/here'/><status code='321'/></x></presence>", t->p[i].nick,
                      t->p[i].jid);
        t->p[i].affiliation = NULL;
    }
    hall_who(t, NURSE)->affiliation = with_her ? "admin" : NULL;
    hall_who(t, NURSE)->silent = true;
    t->guests = 40;
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    hall_say(t, "m1");
    assert_null(hall_sent(t));
    assert_int_equal(asking(t->x, "@guests.lit"), with_her ? 18 : 20);
    hall_who(t, NURSE)->silent = false;
}

static void says_to(struct room *t, const char *jid, const char *id)
{
    assert_int_equal(hall_say_as(t, jid, id, SENTENCE, 0, NULL), KITH_OK);
    hall_answer_all(t);
}

/* The first words to somebody leave as soon as the one they are for has answered, while all of the room is still open. */
static void a_room_delays_nobody(void **state)
{
    struct room *t = *state;
    int64_t now = t->x->now;
    crowd(t, false);
    says_to(t, NURSE, "p1");
    assert_int_equal(t->x->now, now);
    assert_int_equal(asking(t->x, "@guests.lit"), 20);
    assert_non_null(hall_sent(t));
    assert_non_null(strstr(hall_sent(t), "to=\"" NURSE "\""));
    hall_nothing_clear(t);
}

/* Nor for one about whom the room has asked already, or who stands far behind in its line. */
static void nobody_of_the_room_either(void **state)
{
    struct room *t = *state;
    crowd(t, true);
    assert_int_equal(asking(t->x, "to=\"" NURSE "\""), 2);
    says_to(t, NURSE, "p1");
    assert_non_null(hall_sent(t));
    assert_non_null(strstr(hall_sent(t), "to=\"" NURSE "\""));
    fake_forget(t->x);
    assert_int_equal(asking(t->x, "to=\"guest39@guests.lit\""), 0);
    assert_int_equal(hall_say_as(t, "guest39@guests.lit", "p2", SENTENCE, 0, NULL), KITH_OK);
    assert_int_equal(asking(t->x, "to=\"guest39@guests.lit\""), 2);
    assert_true(fake_asking(t->x, "to=\"guest39@guests.lit\""));
    hall_nothing_clear(t);
}

/* The line is as long as ever for the room itself, and goes on. */
static void the_room_goes_on(void **state)
{
    struct room *t = *state;
    crowd(t, true);
    says_to(t, NURSE, "p1");
    t->guests_answer = true;
    hall_answer_all(t);
    assert_in_range(t->most, 1, 20 + 2);
    assert_non_null(hall_sent(t));
    assert_non_null(strstr(hall_sent(t), "to=\"" ROOM "\""));
    hall_nothing_clear(t);
}

/* ---- what the store is asked for ---- */

static struct kith_host real;
static size_t outside, within, begins;

static int counted_get(struct kith_account *a, const char *key, void *out, size_t cap)
{
    const struct x *x = (const struct x *)(uintptr_t)a;
    ++*(x->begun ? &within : &outside);
    return real.state_get(a, key, out, cap);
}

static int counted_each(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user)
{
    const struct x *x = (const struct x *)(uintptr_t)a;
    ++*(x->begun ? &within : &outside);
    return real.state_each(a, prefix, fn, user);
}

static int counted_begin(struct kith_account *a)
{
    begins++;
    return real.state_begin(a);
}

/* Each question outside of a transaction takes the locks of the file: none for each device. */
static void the_store_is_asked_together(void **state)
{
    struct room *t = *state;
    hall_latch(t);
    real = t->x->host;
    t->x->host.state_get = counted_get;
    t->x->host.state_each = counted_each;
    t->x->host.state_begin = counted_begin;
    outside = within = begins = 0;
    hall_say(t, "m2");
    hall_expect(t, NURSE, true);
    t->x->host = real;
    assert_in_range(begins, 1, 2);
    assert_in_range(outside, 0, 2);
    assert_in_range(within, 1, 8 * 7); /* of seven devices: known, session, is it broken, the record, its key */
}

/* What leaves is told of its own chat, and not found out anew for each of a hundred others. */
static void only_its_own_chat_is_told(void **state)
{
    struct room *t = *state;
    hall_latch(t);
    for (int i = 0; i < 100; i++) {
        char *chat = xasprintf("guest%d@guests.lit", i);
        free(map_set(&omemo_of(t->x)->chats, chat, xstrdup("on")));
        free(chat);
    }
    fake_timers(t->x);
    hall_say(t, "m2");
    real = t->x->host;
    t->x->host.state_get = counted_get;
    t->x->host.state_each = counted_each;
    t->x->host.state_begin = counted_begin;
    outside = within = begins = 0;
    fake_timers(t->x); /* it is told now */
    size_t one = within;
    assert_in_range(outside, 0, 20); /* other timers are due as well */
    assert_in_range(one, 1, 60);
    outside = within = begins = 0;
    omemo_tell_all(t->x, false); /* and all of them at once */
    assert_int_equal(begins, 1);
    assert_int_equal(outside, 0);
    assert_true(within > 100);
    t->x->host = real;
}

/* ---- a hundred devices of one person ---- */

enum { MANY = 100 };

static enum omemo_version version_of(size_t i)
{
    return i % 2 ? OMEMO_2 : OMEMO_OLD;
}

static char *one_bundle(struct room *t, struct party *by, enum omemo_version v, const char *id)
{
    struct omemo_bundle b = {0};
    xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
    st_set(item, "id", id);
    assert_int_equal(omemo_bundle(by->o, v, &b), 0);
    omemo_write_bundle(item, v, &b);
    omemo_bundle_clear(&b);
    return hall_text(item);
}

static void answer_items(struct room *t, const char *part, const char *node, const char *item)
{
    fake_result(t->x, part, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='%s'>%s</items></pubsub>", node, item);
}

static void answer_list(struct room *t, struct party *all, enum omemo_version v)
{
    struct omemo_devices l = {.n = 0};
    for (size_t i = 0; i < MANY; i++) {
        if (version_of(i) == v)
            l.v[l.n++] = (struct omemo_listed){omemo_device(all[i].o), NULL};
    }
    xmpp_stanza_t *st = st_new(x_ctx(t->x), "item", NULL);
    omemo_write_list(st, v, &l);
    char *item = hall_text(st), *part = xasprintf("<items node=\"%s\"", omemo_list_node(v));
    answer_items(t, part, omemo_list_node(v), item);
    free(part);
    free(item);
}

/* Bundles are asked for by twenties, in whatever order. */
static void answer_bundles(struct room *t, struct party *all)
{
    size_t done = 0;
    for (size_t round = 0; round < MANY && done < MANY; round++) {
        for (size_t i = 0; i < MANY; i++) {
            char node[OMEMO_NODE], id[16];
            omemo_bundle_node(version_of(i), omemo_device(all[i].o), node, id);
            char *part = version_of(i) == OMEMO_OLD ? xasprintf("node=\"%s\"", node) : xasprintf("<item id=\"%s\"", id);
            assert_in_range(asking(t->x, "bundles"), 0, 20);
            if (fake_asking(t->x, part)) {
                char *item = one_bundle(t, &all[i], version_of(i), id);
                answer_items(t, part, node, item);
                free(item);
                done++;
            }
            free(part);
        }
    }
    assert_int_equal(done, MANY);
}

static bool reads(struct room *t, struct party *by)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), hall_sent(t));
    struct omemo_sealed s;
    struct buf secret = {.secret = true}, text = {.secret = true};
    assert_true(omemo_read_sealed(st, by->jid, omemo_device(by->o), &s));
    bool fine = s.for_us && omemo_decrypt(by->o, s.version, ME, s.from, s.key.data, s.key.len, s.exchange, &secret) == 0;
    if (fine) {
        memcpy(s.payload.secret, secret.data, secret.len);
        s.payload.secret_len = secret.len;
        fine = payload_decrypt(s.version, &s.payload, &text) == 0 && strstr(buf_str(&text), SENTENCE);
    }
    omemo_sealed_clear(&s);
    buf_free(&secret);
    buf_free(&text);
    xmpp_stanza_release(st);
    return fine;
}

static double ms_of_cpu(void)
{
    struct timespec ts;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* Half of them read the old version, half the new one; one is distrusted. All others read it, and all that follows. */
static void a_hundred_devices_of_one(void **state)
{
    struct room *t = *state;
    struct party *all = xcalloc(MANY, sizeof *all);
    for (size_t i = 0; i < MANY; i++)
        party_open(&all[i], "queen@fairies.lit");
    assert_int_equal(hall_say_as(t, all[0].jid, "p1", SENTENCE, 0, NULL), KITH_OK);
    answer_list(t, all, OMEMO_OLD);
    answer_list(t, all, OMEMO_2);
    double began = ms_of_cpu();
    answer_bundles(t, all);
    double made = ms_of_cpu() - began;
    assert_non_null(hall_sent(t));
    hall_nothing_clear(t);
    for (size_t i = 0; i < MANY; i++)
        assert_true(reads(t, &all[i]));
    assert_int_equal(omemo_set_trust(omemo_of(t->x)->o, all[0].jid, omemo_device(all[7].o), OMEMO_DISTRUSTED), 0);
    fake_forget(t->x);
    began = ms_of_cpu();
    assert_int_equal(hall_say_as(t, all[0].jid, "p2", SENTENCE, 0, NULL), KITH_OK);
    double sent = ms_of_cpu() - began;
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(reads(t, &all[i]), i != 7);
    expect_sent(t->x, "<message"); /* and nothing was asked for */
    print_message("100 devices of one person: sessions made in %.1f ms of CPU time (their owners' bundles as well), the next message "
                  "in %.1f ms\n", made, sent);
    for (size_t i = 0; i < MANY; i++)
        party_end(&all[i]);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_room_delays_nobody, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(nobody_of_the_room_either, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(the_room_goes_on, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(the_store_is_asked_together, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(only_its_own_chat_is_told, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_hundred_devices_of_one, hall_setup, hall_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
