/* unit/cmd/test_list.c - /list: what is asked, on a screen and as lines, kept lists and their age */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fixture.h"
#include "model/listing.h"

static int64_t shown;

static void view_listing(void *v, int64_t id)
{
    shown = id;
    see(v, "listing", NULL);
}

static void row(struct world *w, const char *name, int64_t people, const char *topic)
{
    struct kith_ev_item item = {.ev = {sizeof item, KITH_EV_ITEM, 1, 0},
                                .address = name,
                                .name = name,
                                .text = topic,
                                .number = people};
    w->core.item(w->core.user, &item);
}

static void done(struct world *w, int code, const char *text)
{
    struct err e = {.code = code};
    if (text)
        str_copy(e.text, sizeof e.text, text);
    w->core.done(w->core.user, &e);
}

static struct cmd_view_ops with_screen(struct world *w)
{
    struct cmd_view_ops ops = view_ops;
    ops.listing = view_listing;
    w->home->state = KITH_STATE_ONLINE;
    w->home->groups |= ACCOUNT_HAS_ROOMS;
    return ops;
}

static void flags_become_a_pattern(void **state)
{
    struct world *w = *state;
    struct cmd_view_ops ops = with_screen(w);
    struct err e;
    w->ctx.view = &ops;
    asks(w, "/list", "rooms - -\n");
    done(w, 0, NULL);
    asks(w, "/list *linux*", "rooms - *linux*\n");
    done(w, 0, NULL);
    asks(w, "/list -min=20 -max=99 -at=other.test lin #bsd* topic:free software",
         "rooms other.test >19 <100 lin #bsd* topic:free software\n");
    done(w, 0, NULL);
    assert_true(entered(w, "/list -min=many", &e) < 0);
    assert_non_null(strstr(e.text, "how many people?"));
}

static void a_kept_list_comes_back(void **state)
{
    struct world *w = *state;
    struct cmd_view_ops ops = with_screen(w);
    w->ctx.view = &ops;
    asks(w, "/list", "rooms - -\n");
    int64_t first = shown;
    asks(w, "/list", ""); /* it still comes */
    assert_int_equal(shown, first);
    row(w, "#a", 5, "words");
    done(w, 0, "cut off");
    asks(w, "/list", "");
    assert_int_equal(shown, first);
    assert_string_equal(model_listing(w->env.model, first)->problem, "cut off");
    asks(w, "/list -again", "rooms - -\n");
    assert_true(shown > first);
    done(w, 0, NULL);
    model_listing(w->env.model, shown)->time -= 11 * 60000;
    asks(w, "/list", "rooms - -\n"); /* too old */
    done(w, KITH_ENET, "no answer");
    asks(w, "/list", "rooms - -\n"); /* that one failed */
    done(w, 0, NULL);
    model_listing(w->env.model, shown)->time -= 24 * 3600000;
    w->home->state = KITH_STATE_OFFLINE;
    asks(w, "/list", ""); /* nobody to ask: an old one is better than none */
    w->home->state = KITH_STATE_ONLINE;
}

static void a_refusal_leaves_nothing(void **state)
{
    struct world *w = *state;
    struct cmd_view_ops ops = with_screen(w);
    struct err e;
    w->ctx.view = &ops;
    size_t before = w->env.model->n_listings;
    w->core.refuse = KITH_EBUSY;
    assert_true(entered(w, "/list >77", &e) < 0);
    assert_int_equal(w->env.model->n_listings, before);
    w->ctx.view = &view_ops;
    w->core.refuse = KITH_EBUSY;
    assert_true(entered(w, "/list >77", &e) < 0);
    assert_int_equal(w->env.model->n_listings, before);
    assert_null(w->env.pending);
}

static void without_a_screen_it_is_lines(void **state)
{
    struct world *w = *state;
    with_screen(w);
    w->ctx.view = &view_ops;
    asks(w, "/list >5", "rooms - >5\n");
    row(w, "#small", 6, NULL);
    row(w, "#big", 900, "all of it");
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "#r%d", i);
        row(w, name, 10, NULL);
    }
    done(w, 0, "cut off by the server");
    const char *seen = buf_str(&w->seen);
    const char *big = strstr(seen, "#big"), *other = strstr(seen, "#r0");
    assert_true(big && other && big < other); /* the greatest first */
    assert_non_null(strstr(seen, "900  all of it"));
    assert_null(strstr(seen, "#small"));
    assert_non_null(strstr(seen, "and 102 more rooms; narrow it down"));
    assert_non_null(strstr(seen, "cut off by the server"));
    asks(w, "/list >6", "rooms - >6\n");
    done(w, 0, NULL);
    assert_non_null(strstr(buf_str(&w->seen), "no rooms"));
    asks(w, "/list >8", "rooms - >8\n");
    done(w, KITH_ENET, "no answer");
    assert_non_null(strstr(buf_str(&w->seen), "ERROR"));
    assert_non_null(strstr(buf_str(&w->seen), "no answer"));
}

static void members_are_a_list_by_rank(void **state)
{
    struct world *w = *state;
    struct cmd_view_ops ops = with_screen(w);
    struct err e;
    w->ctx.chat = w->room;
    chat_put_member(w->room, &(struct member){.nick = (char[]){"zoe"}, .role = KITH_ROLE_OP, .prefix = (char[]){"@"}});
    chat_put_member(w->room, &(struct member){.nick = (char[]){"Abe"}, .show = KITH_SHOW_AWAY, .text = (char[]){"lunch"}});
    w->ctx.view = &ops;
    assert_int_equal(entered(w, "/names", &e), 0);
    const struct listing *l = model_listing(w->env.model, shown);
    assert_int_equal(l->n, w->room->n_members);
    assert_int_equal(l->state, LISTING_DONE);
    assert_int_equal(l->chat, w->room->id);
    uint32_t order[8];
    for (uint32_t i = 0; i < l->n; i++)
        order[i] = i;
    listing_sort(l, l->look->sort, l->look->down, order, 0, l->n);
    assert_string_equal(l->rows[order[0]].name, "@zoe");
    assert_string_equal(l->rows[order[0]].address, "zoe");
    assert_string_equal(l->rows[order[1]].name, "Abe");
    assert_string_equal(l->rows[order[1]].extras[1], "away");
    w->ctx.view = &view_ops;
    assert_int_equal(entered(w, "/members", &e), 0);
    const char *seen = buf_str(&w->seen), *zoe = strstr(seen, "@zoe"), *abe = strstr(seen, "Abe");
    assert_true(zoe && abe && zoe < abe);
    assert_non_null(strstr(seen, "away  lunch"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flags_become_a_pattern, world_new, world_free),
        cmocka_unit_test_setup_teardown(a_kept_list_comes_back, world_new, world_free),
        cmocka_unit_test_setup_teardown(a_refusal_leaves_nothing, world_new, world_free),
        cmocka_unit_test_setup_teardown(without_a_screen_it_is_lines, world_new, world_free),
        cmocka_unit_test_setup_teardown(members_are_a_list_by_rank, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
