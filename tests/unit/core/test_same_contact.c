/* unit/core/test_same_contact.c - two accounts that know the same address: what one hears, says and keeps is not the other's */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "store/find.h"

#define BOB "bob@fake"

static struct account *work, *club;

static void names(struct rig *r)
{
    work = model_account(r->model, "work");
    club = model_account(r->model, "club");
    assert_non_null(work);
    assert_non_null(club);
    work->state = club->state = KITH_STATE_ONLINE;
    work->caps = club->caps = KITH_CAP_TYPING | KITH_CAP_EDIT | KITH_CAP_RETRACT | KITH_CAP_REACT;
}

static void start(struct rig *r)
{
    rig_start(r, false);
    names(r);
}

static int setup(void **state)
{
    static const char accounts[] = "accounts = ( { name = \"work\"; protocol = \"fake\"; address = \"alice@fake\"; },\n"
                                   "             { name = \"club\"; protocol = \"fake\"; address = \"carol@fake\"; } );\n";
    struct rig *r = xcalloc(1, sizeof *r);
    str_copy(r->dir, sizeof r->dir, "/tmp/kith-core-XXXXXX");
    ENSURE(mkdtemp(r->dir));
    path_set_root(r->dir);
    char *path = path_join(r->dir, "accounts.cfg");
    ENSURE(path_write(path, accounts, strlen(accounts), NULL) == 0);
    free(path);
    start(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static void says(struct account *a, const char *id, const char *body, uint32_t flags, const char *target)
{
    struct kith_ev_message ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE}, .chat = BOB, .sender = BOB,
                                 .id = id, .origin_id = id, .archive_id = id, .body = body, .flags = flags, .target = target};
    ingest_event(a->core, &ev.ev);
}

static struct chat *bob(struct account *a)
{
    return account_chat(a, BOB);
}

static const char *newest(struct account *a)
{
    return chat_last(bob(a))->body;
}

/* The same ids, as two servers may well give them. */
static void messages_and_what_becomes_of_them(void **state)
{
    struct rig *r = *state;
    says(work, "m1", "at work", 0, NULL);
    says(club, "m1", "in the club", 0, NULL);
    assert_ptr_not_equal(bob(work), bob(club));
    assert_int_not_equal(bob(work)->id, bob(club)->id);
    assert_string_equal(newest(work), "at work");
    assert_string_equal(newest(club), "in the club");
    says(club, "m2", "in the Club", KITH_MSG_EDIT, "m1");
    assert_string_equal(newest(work), "at work");
    assert_string_equal(newest(club), "in the Club");
    says(work, "m3", NULL, KITH_MSG_RETRACT, "m1");
    assert_null(chat_last(bob(work))->body);
    assert_string_equal(newest(club), "in the Club");
    assert_int_equal(bob(work)->unread, 1);
    core_mark_read(r->core, bob(club), NULL);
    assert_int_equal(bob(club)->unread, 0);
    assert_int_equal(bob(work)->unread, 1);
}

static void receipts(void **state)
{
    struct rig *r = *state;
    says(work, "m1", "hello", 0, NULL);
    says(club, "m1", "hello", 0, NULL);
    int64_t a = core_send(r->core, bob(work), &(struct core_send){.body = "from work"}, NULL);
    int64_t b = core_send(r->core, bob(club), &(struct core_send){.body = "from the club"}, NULL);
    struct message *ours = chat_message(bob(work), a), *theirs = chat_message(bob(club), b);
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT}, .chat = BOB, .id = ours->origin_id,
                                 .delivery = KITH_DELIVERED, .up_to = 1};
    enum delivery before = theirs->delivery;
    ingest_event(club->core, &ev.ev); /* an id that this account never sent */
    assert_int_equal(theirs->delivery, before);
    assert_int_not_equal(ours->delivery, DELIVERY_DELIVERED);
    ingest_event(work->core, &ev.ev);
    assert_int_equal(chat_message(bob(work), a)->delivery, DELIVERY_DELIVERED);
    assert_int_equal(chat_message(bob(club), b)->delivery, before);
}

static void people_presence_and_typing(void **state)
{
    struct kith_ev_contact ct = {.ev = {.size = sizeof ct, .type = KITH_EV_CONTACT}, .address = BOB, .name = "Boss"};
    struct kith_ev_presence p = {.ev = {.size = sizeof p, .type = KITH_EV_PRESENCE}, .address = BOB, .resource = "r",
                                 .show = KITH_SHOW_DND, .text = "in a meeting"};
    struct kith_ev_typing t = {.ev = {.size = sizeof t, .type = KITH_EV_TYPING}, .chat = BOB, .who = BOB,
                               .state = KITH_TYPING_ACTIVE, .live = "psst"};
    says(work, "m1", "x", 0, NULL);
    says(club, "m1", "x", 0, NULL);
    ingest_event(work->core, &ct.ev);
    ct.name = "Bobby";
    ingest_event(club->core, &ct.ev);
    assert_string_equal(chat_title(bob(work)), "Boss");
    assert_string_equal(chat_title(bob(club)), "Bobby");
    ingest_event(work->core, &p.ev);
    assert_int_equal(contact_show(account_contact(work, BOB)), KITH_SHOW_DND);
    assert_int_not_equal(contact_show(account_contact(club, BOB)), KITH_SHOW_DND);
    ingest_event(club->core, &t.ev);
    assert_int_equal(bob(work)->n_typists, 0);
    assert_int_equal(bob(club)->n_typists, 1);
    struct kith_ev_contact_gone gone = {.ev = {.size = sizeof gone, .type = KITH_EV_CONTACT_GONE}, .address = BOB};
    ingest_event(club->core, &gone.ev);
    assert_null(account_contact(club, BOB));
    assert_non_null(account_contact(work, BOB));
}

static void drafts_pins_and_notices(void **state)
{
    struct rig *r = *state;
    says(work, "m1", "x", 0, NULL);
    says(club, "m1", "x", 0, NULL);
    core_draft(r->core, bob(club), &(struct draft){.text = (char *)(uintptr_t)"half a sentence"}, NULL);
    assert_null(bob(work)->draft.text);
    assert_int_equal(core_keep(r->core, bob(club), KITH_CHAT_PINNED, 0, NULL), 0);
    assert_int_equal(core_set_notices(r->core, bob(work), NOTICE_NONE, NULL), 0);
    assert_false(bob(work)->flags & KITH_CHAT_PINNED);
    assert_true(bob(club)->flags & KITH_CHAT_PINNED);
    assert_true(bob(work)->flags & KITH_CHAT_MUTED);
    assert_false(bob(club)->flags & KITH_CHAT_MUTED);
}

struct found { int n; int64_t chat; };

static void on_found(void *user, struct core_found *found, const struct err *e)
{
    struct found *f = user;
    assert_int_equal(e->code, 0);
    f->n = (int)found->n;
    f->chat = found->n ? found->hits[0].chat : 0;
}

/* On disk as well: the next run finds each its own, and so does a search. */
static void history_and_search(void **state)
{
    struct rig *r = *state;
    struct found f = {0};
    says(work, "m1", "the figures", 0, NULL);
    says(club, "m1", "the fixtures", 0, NULL);
    assert_true(store_commit(r->store, false, NULL) >= 0);
    rig_stop(r);
    start(r);
    core_load(r->core, bob(work));
    core_load(r->core, bob(club));
    assert_int_equal(bob(work)->n_messages, 1);
    assert_int_equal(bob(club)->n_messages, 1);
    assert_string_equal(newest(work), "the figures");
    assert_string_equal(newest(club), "the fixtures");
    assert_null(core_search(r->core, &(struct find_query){.words = "the", .max = 10, .chat = bob(club)->id}, on_found, &f));
    assert_int_equal(f.n, 1);
    assert_int_equal(f.chat, bob(club)->id);
    assert_null(core_search(r->core, &(struct find_query){.words = "figures", .max = 10}, on_found, &f));
    assert_int_equal(f.n, 1);
    assert_int_equal(f.chat, bob(work)->id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_and_what_becomes_of_them, setup, teardown),
        cmocka_unit_test_setup_teardown(receipts, setup, teardown),
        cmocka_unit_test_setup_teardown(people_presence_and_typing, setup, teardown),
        cmocka_unit_test_setup_teardown(drafts_pins_and_notices, setup, teardown),
        cmocka_unit_test_setup_teardown(history_and_search, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
