/* unit/core/test_names.c - names that strangers choose: how they are shown, and what they cost */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events.h"

static const char *name_of_next(struct rig *r, const char *nick)
{
    static int n;
    char id[16];
    snprintf(id, sizeof id, "nick%d", n++);
    struct kith_ev_message ev = text(id, "hello");
    ev.chat = ev.sender = "eve@fake";
    ev.sender_name = nick;
    give(r, ev);
    return chat_last(account_chat(r->a, "eve@fake"))->sender_name;
}

/* A name that a stranger chose is shown as one, with the address when it could be taken for another. */
static void test_names_of_strangers(void **state)
{
    struct rig *r = *state;
    struct kith_ev_contact ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CONTACT},
                                 .address = "bob.builder@fake",
                                 .name = "Robert",
                                 .flags = KITH_CONTACT_TO};
    ingest_event(r->ca, &ev.ev);
    assert_string_equal(name_of_next(r, "Evelyn"), "~Evelyn");
    assert_string_equal(name_of_next(r, "robert"), "~robert <eve@fake>");
    assert_string_equal(name_of_next(r, "R\xD0\xBE" "bert"), "~R\xD0\xBE" "bert <eve@fake>");
    assert_string_equal(name_of_next(r, "Bob Builder"), "~Bob Builder <eve@fake>");
    assert_string_equal(name_of_next(r, "me"), "~me <eve@fake>");
    assert_string_equal(name_of_next(r, "Max (max@bank)"), "~Max (max@bank) <eve@fake>");
    assert_string_equal(name_of_next(r, "L\xD0\xB5na"), "~L\xD0\xB5na <eve@fake>"); /* mixed */
    assert_null(name_of_next(r, NULL));
    ev.address = "eve@fake"; /* a contact is shown by the name that the user gave */
    ev.name = "Eve";
    ingest_event(r->ca, &ev.ev);
    assert_null(name_of_next(r, "Robert"));
}

static void put_contact(struct rig *r, const char *address, const char *name)
{
    struct kith_ev_contact ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CONTACT},
                                 .address = address,
                                 .name = name,
                                 .flags = KITH_CONTACT_TO};
    ingest_event(r->ca, &ev.ev);
}

static void test_names_follow_the_contacts(void **state)
{
    struct rig *r = *state;
    struct kith_ev_contact_gone gone = {.ev = {.size = sizeof gone, .type = KITH_EV_CONTACT_GONE},
                                        .address = "z@fake"};
    assert_string_equal(name_of_next(r, "Zoe"), "~Zoe");
    put_contact(r, "z@fake", "Zo\xC3\xAB");
    (void)name_of_next(r, "-");
    assert_string_equal(name_of_next(r, "Zoe"), "~Zoe <eve@fake>");
    put_contact(r, "z@fake", "Zelda");
    assert_string_equal(name_of_next(r, "zelda"), "~zelda <eve@fake>");
    assert_string_equal(name_of_next(r, "Zoe"), "~Zoe");
    ingest_event(r->ca, &gone.ev);
    assert_string_equal(name_of_next(r, "Zelda"), "~Zelda");
}

/* us of CPU for a message of a stranger who has another name each time */
static double cost_of_names(struct rig *r)
{
    enum { N = 400 };
    struct timespec a, b;
    char nick[32];
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < N; i++) {
        snprintf(nick, sizeof nick, "Stranger %x", (unsigned)i * 2654435761u);
        (void)name_of_next(r, nick);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    return ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / N;
}

static void test_names_cost_no_walk_through_contacts(void **state)
{
    struct rig *r = *state;
    double without = cost_of_names(r);
    for (int i = 0; i < 1000; i++) {
        char address[48], name[48];
        snprintf(address, sizeof address, "somebody.known%d@fake", i);
        snprintf(name, sizeof name, "Somebody I know %d", i);
        put_contact(r, address, name);
    }
    (void)name_of_next(r, "the first after the change");
    double with = cost_of_names(r);
    printf("a new name: %.1f us, with 1,000 contacts %.1f us\n", without, with);
    assert_true(with < 3 * without + 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_of_strangers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_follow_the_contacts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_cost_no_walk_through_contacts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
