/* unit/cmd/test_strangers.c - /strangers: what is listed, who is meant, what is asked of the core; reports */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

static struct chat *held(struct world *w, struct account *a, const char *address)
{
    static int64_t id = 900;
    struct chat *c = account_add_chat(a, id++, address, KITH_CHAT_DIRECT);
    c->flags |= CHAT_HELD;
    c->held = 2;
    return c;
}

static void refused(struct world *w, const char *line, const char *why)
{
    struct err e;
    assert_true(entered(w, line, &e) < 0);
    if (!strstr(e.text, why))
        fail_msg("%s: %s", line, e.text);
    assert_string_equal(buf_str(&w->core.calls), "");
}

static void who_is_meant(void **state)
{
    struct world *w = *state;
    held(w, w->home, "eve@example.org");
    held(w, w->home, "mallory@example.org");
    held(w, w->home, "malcolm@example.org");
    asks(w, "/strangers accept eve@example.org", "let in eve@example.org\n");
    asks(w, "/strangers accept eve", "let in eve@example.org\n");
    char *line = xasprintf("/strangers drop %s/mallory@example.org", w->home->name);
    asks(w, line, "drop mallory@example.org\n");
    free(line);
    assert_non_null(strstr(buf_str(&w->seen), "mallory@example.org wrote is forgotten"));
    refused(w, "/strangers accept mal", "several");
    refused(w, "/strangers accept nobody@x", "nothing of \"nobody@x\" waits");
    refused(w, "/strangers accept", "whom?");
    char *bob = xasprintf("/strangers block %s", w->bob->address); /* no stranger */
    refused(w, bob, "waits");
    free(bob);
}

static void blocked_and_reported(void **state)
{
    struct world *w = *state;
    held(w, w->home, "eve@example.org");
    asks(w, "/strangers block eve", "block eve@example.org 1\n");
    w->core.done(w->core.user, &(struct err){0});
    assert_non_null(strstr(buf_str(&w->seen), "is blocked"));
    asks(w, "/strangers report eve", "report eve@example.org 1 0 -\n");
    w->core.done(w->core.user, &(struct err){0});
    assert_non_null(strstr(buf_str(&w->seen), "reported"));
}

static void listed_as_lines(void **state)
{
    struct world *w = *state;
    struct err e;
    assert_int_equal(entered(w, "/strangers", &e), 0);
    assert_non_null(strstr(buf_str(&w->seen), "no strangers"));
    held(w, w->home, "eve@example.org");
    assert_int_equal(entered(w, "/strangers", &e), 0);
    assert_non_null(strstr(buf_str(&w->seen), "eve@example.org ~Eve"));
    assert_non_null(strstr(buf_str(&w->seen), "hello there"));
    refused(w, "/strangers -account=nowhere", "nowhere");
}

/* Their address is meant only by who writes it out: a stranger must not be found for a contact. */
static void not_found_by_chance(void **state)
{
    struct world *w = *state;
    struct err e;
    held(w, w->home, "bobby@evil.example");
    assert_true(entered(w, "/query bobby", &e) < 0 || !strstr(buf_str(&w->core.calls), "bobby@evil.example"));
    assert_true(entered(w, "/query bobby@evil.example", &e) >= 0);
}

static void block_with_report(void **state)
{
    struct world *w = *state;
    char *line = xasprintf("/block -report %s never again", w->bob->address);
    char *call = xasprintf("report %s 1 0 never again\n", w->bob->address);
    asks(w, line, call);
    w->core.done(w->core.user, &(struct err){0});
    free(line);
    free(call);
    line = xasprintf("/block -abuse %s", w->bob->address);
    call = xasprintf("report %s 2 0 -\n", w->bob->address);
    asks(w, line, call);
    w->core.done(w->core.user, &(struct err){0});
    free(line);
    free(call);
}

static void people_are_searched(void **state)
{
    struct world *w = *state;
    struct err e;
    w->home->groups |= ACCOUNT_HAS_DIRECTORY;
    asks(w, "/search-users julia capulet", "people - =julia capulet\n");
    w->core.done(w->core.user, &(struct err){0});
    assert_non_null(strstr(buf_str(&w->seen), "no people"));
    asks(w, "/search-users -at=dir.example nick=jul some words email=j@x.y",
         "people dir.example nick=jul email=j@x.y =some words\n");
    w->core.item(w->core.user, &(struct kith_ev_item){.ev = {.size = sizeof(struct kith_ev_item)},
                                                     .address = "juliet@capulet.example",
                                                     .name = "Juliet",
                                                     .text = "Capulet",
                                                     .number = -1});
    w->core.done(w->core.user, &(struct err){0});
    assert_non_null(strstr(buf_str(&w->seen), "Juliet"));
    assert_true(entered(w, "/search-users", &e) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_meant, world_new, world_free),
        cmocka_unit_test_setup_teardown(blocked_and_reported, world_new, world_free),
        cmocka_unit_test_setup_teardown(listed_as_lines, world_new, world_free),
        cmocka_unit_test_setup_teardown(not_found_by_chance, world_new, world_free),
        cmocka_unit_test_setup_teardown(people_are_searched, world_new, world_free),
        cmocka_unit_test_setup_teardown(block_with_report, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
