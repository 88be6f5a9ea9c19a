/* unit/cmd/test_encrypt.c - /encrypt and its like: what is asked of the core, what is asked of the user first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fixture.h"
#include "typed.h"

#define HALF "01234567 89abcdef 00112233 44556677"
#define KEY HALF " " HALF
#define HALF_HEX "0123456789abcdef00112233445566"
#define IN_A_LINK HALF_HEX "77" HALF_HEX /* and two digits more, which the links give */
static const struct err fine = {0};

static void device(struct forecast *f, const char *who, const char *id, enum kith_device_trust trust, enum kith_reads reads, const char *why)
{
    const struct kith_ev_device ev = {.ev = {.size = sizeof ev, .type = KITH_EV_DEVICE},
                                      .who = who,
                                      .id = id,
                                      .fingerprint = id ? KEY : NULL,
                                      .uri = id ? "xmpp:x" : NULL,
                                      .why = why,
                                      .trust = trust,
                                      .reads = reads};
    forecast_add(f, &ev);
}

/* What the core answers to a forecast. */
static void answer(struct world *w, const char *problem)
{
    struct err e = {0};
    struct forecast *f = forecast_new();
    device(f, w->bob->address, "17", KITH_DEVICE_VERIFIED, KITH_READS_YES, NULL);
    device(f, w->bob->address, "18", KITH_DEVICE_UNDECIDED, KITH_READS_WAITS, "it is new");
    device(f, "carol@example.org", NULL, 0, KITH_READS_NO, "no keys");
    device(f, "me@example.org", "17", KITH_DEVICE_BLIND, KITH_READS_YES, NULL);
    forecast_free(w->bob->forecast);
    w->bob->forecast = f;
    if (problem)
        (void)err_set(&e, KITH_EUNSUP, "%s", problem);
    buf_clear(&w->core.calls);
    buf_clear(&w->seen);
    w->core.done(w->core.user, problem ? &e : &fine);
}

static void has(const struct buf *b, const char *what)
{
    if (!strstr(b->data ? b->data : "", what))
        fail_msg("\"%s\" is not in: %s", what, b->data ? b->data : "");
}

static void the_panel_and_the_switch(void **state)
{
    struct world *w = *state;
    char *ask = xasprintf("forecast %s\n", w->bob->address), *on = xasprintf("encrypt %s on\n", w->bob->address);
    char *off = xasprintf("encrypt %s off\n", w->bob->address);
    typed(w, "/encrypt", ask, "panel encrypt\n");
    typed(w, "/panel encrypt", ask, "panel encrypt\n"); /* else it would wait for an answer to what nobody asked */
    struct err e = {0};
    w->ctx.chat = NULL;
    buf_clear(&w->seen);
    assert_true(cmd_input(&w->ctx, "/panel encrypt", &e) < 0);
    assert_true(e.text[0]);
    assert_string_equal(buf_str(&w->seen), "");
    w->ctx.chat = w->bob;
    typed(w, "/omemo on", on, "");
    w->core.done(w->core.user, &fine);
    typed(w, "/encrypt off", "", NULL); /* only when the user says yes to what it means */
    has(&w->seen, "in the clear from now on?");
    has(&w->seen, "then /encrypt -sure off");
    typed(w, "/encrypt -sure off", off, "");
    w->core.done(w->core.user, &fine);
    free(ask);
    free(on);
    free(off);
}

static void devices_in_words(void **state)
{
    struct world *w = *state;
    typed(w, "/devices", NULL, "");
    answer(w, NULL);
    has(&w->seen, "page Who can read this chat");
    has(&w->seen, "messages wait");
    has(&w->seen, KEY);
    has(&w->seen, "cannot read: no keys");
    has(&w->seen, "/verify compares");
    typed(w, "/devices", NULL, "");
    answer(w, "nothing works");
    has(&w->seen, "ERROR");
    has(&w->seen, "nothing works");
}

static void trust_is_given(void **state)
{
    struct world *w = *state;
    char *call = xasprintf("trust %s/18 %d " KEY "\n", w->bob->address, (int)KITH_DEVICE_BLIND);
    char *out = xasprintf("trust %s/18 %d " KEY "\n", w->bob->address, (int)KITH_DEVICE_DISTRUSTED);
    char *sure = xasprintf("trust %s/17 %d " KEY "\n", w->bob->address, (int)KITH_DEVICE_VERIFIED);
    char *which = xasprintf("/verify -sure %s/17", w->bob->address);
    typed(w, "/trust 18", NULL, "");
    answer(w, NULL);
    assert_string_equal(buf_str(&w->core.calls), call);
    w->core.done(w->core.user, &fine);
    typed(w, "/distrust 18", NULL, "");
    answer(w, NULL);
    assert_string_equal(buf_str(&w->core.calls), out);
    w->core.done(w->core.user, &fine);
    typed(w, which, NULL, "");
    answer(w, NULL);
    assert_string_equal(buf_str(&w->core.calls), sure);
    w->core.done(w->core.user, &fine);
    typed(w, "/trust 17", NULL, ""); /* two people have one of that number */
    answer(w, NULL);
    assert_string_equal(buf_str(&w->core.calls), "");
    has(&w->seen, "several");
    typed(w, "/trust 99", NULL, "");
    answer(w, NULL);
    has(&w->seen, "no device 99");
    free(call);
    free(out);
    free(sure);
    free(which);
}

static void keys_are_compared(void **state)
{
    struct world *w = *state;
    typed(w, "/verify 18", NULL, "");
    answer(w, NULL);
    has(&w->seen, "show this key?\n\n" HALF "\n" HALF "\n"); /* in two rows: it is read aloud */
    char *then = xasprintf("/verify -sure -key=" IN_A_LINK "77 %s/18", w->bob->address);
    has(&w->seen, then); /* the key that was shown goes along */
    assert_string_equal(buf_str(&w->core.calls), ""); /* nothing was decided by looking */
    char *call = xasprintf("trust %s/18 %d " KEY "\n", w->bob->address, (int)KITH_DEVICE_VERIFIED);
    typed(w, then, NULL, "");
    answer(w, NULL);
    assert_string_equal(buf_str(&w->core.calls), call);
    w->core.done(w->core.user, &fine);
    free(call);
    free(then);
    then = xasprintf("/verify -sure -key=" IN_A_LINK "78 %s/18", w->bob->address); /* it shows another one when the answer comes */
    typed(w, then, NULL, "");
    answer(w, NULL);
    assert_string_equal(buf_str(&w->core.calls), "");
    has(&w->seen, "ERROR");
    has(&w->seen, "shows another key now than the one that was compared");
    typed(w, "/verify -qr 18", NULL, "");
    answer(w, NULL);
    has(&w->seen, "panel qr");
    free(then);
}

static void new_devices_wait_or_read(void **state)
{
    struct world *w = *state;
    char *hold = xasprintf("new devices of %s wait\n", w->bob->address), *anyway = xasprintf("new devices of %s read\n", w->bob->address);
    typed(w, "/encrypt send-anyway", anyway, "");
    w->core.done(w->core.user, &fine);
    typed(w, "/encrypt hold", hold, "");
    w->core.done(w->core.user, &fine);
    free(hold);
    free(anyway);
}

static void an_old_device_is_removed(void **state)
{
    struct world *w = *state;
    char *call = xasprintf("remove %s 77\n", w->home->name), *full = xasprintf("/devices remove %s/77", w->home->address);
    typed(w, full, "", NULL); /* after a yes to what it means */
    has(&w->seen, "encrypt for it no more");
    has(&w->seen, "then /devices -sure remove 77");
    typed(w, "/devices -sure remove 77", call, "");
    w->core.done(w->core.user, &fine);
    char *theirs = xasprintf("/devices -sure remove %s/18", w->bob->address);
    buf_clear(&w->core.calls);
    struct err e = {0};
    assert_true(cmd_input(&w->ctx, theirs, &e) < 0);
    assert_non_null(strstr(e.text, "only its owner"));
    assert_true(cmd_input(&w->ctx, "/devices remove", &e) < 0);
    assert_string_equal(buf_str(&w->core.calls), "");
    free(call);
    free(full);
    free(theirs);
}

static void a_new_identity_after_a_yes(void **state)
{
    struct world *w = *state;
    char *call = xasprintf("reset %s\n", w->home->name);
    typed(w, "/keys reset", "", NULL);
    has(&w->seen, "has to compare again");
    has(&w->seen, "can never be read");
    has(&w->seen, "then /keys -sure reset");
    typed(w, "/keys -sure reset", call, "");
    w->core.done(w->core.user, &fine);
    free(call);
}

/* A name that was given to keys which did not come can be given again; a file with something in it stays. */
static void no_empty_file_is_left(void **state)
{
    struct world *w = *state;
    struct err canceled = {0}, e = {0};
    char *path = xasprintf("%s/keys", w->dir), *line = xasprintf("/keys export %s/keys", w->dir);
    (void)err_set(&canceled, KITH_ECANCELED, "No keys were written.");
    typed(w, line, NULL, "");
    assert_int_equal(access(path, F_OK), 0);
    w->core.done(w->core.user, &canceled);
    assert_int_equal(access(path, F_OK), -1);
    has(&w->seen, "No keys were written");
    typed(w, line, NULL, "");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs("keys", f) >= 0);
    assert_int_equal(fclose(f), 0);
    w->core.done(w->core.user, &canceled);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(cmd_input(&w->ctx, line, &e), KITH_ECONFLICT);
    assert_non_null(strstr(e.text, "is there already"));
    assert_int_equal(unlink(path), 0);
    free(path);
    free(line);
}

static void verified(struct world *w, char *line, char *link)
{
    typed(w, line, NULL, "");
    answer(w, NULL);
    free(line);
    free(link);
}

/* As Conversations, Gajim and others show it in a QR code. What matches is verified after a yes, what does not is said loudly. */
static void links_with_keys(void **state)
{
    struct world *w = *state;
    const char *bob = w->bob->address;
    char *link = xasprintf("xmpp:%s?omemo-sid-17=0123456789ABCDEF0011223344556677" HALF_HEX "77;omemo-sid-18=" IN_A_LINK "78;omemo-sid-99=" IN_A_LINK "77", bob);
    char *call = xasprintf("trust %s/17 %d " KEY "\n", bob, (int)KITH_DEVICE_VERIFIED);
    verified(w, xasprintf("/open '%s'", link), NULL);
    has(&w->seen, "confirm DOES NOT MATCH: device 18 of");
    has(&w->seen, "1 key of the link is of no device");
    has(&w->seen, "1 key of ");
    has(&w->seen, "what their devices show here (17)");
    has(&w->seen, "by another way than a chat");
    has(&w->seen, "then /verify -sure xmpp:");
    assert_string_equal(buf_str(&w->core.calls), ""); /* nothing is decided by opening a link */
    verified(w, xasprintf("/verify -sure '%s'", link), NULL);
    assert_string_equal(buf_str(&w->core.calls), call);
    buf_clear(&w->core.calls);
    buf_clear(&w->seen);
    w->core.done(w->core.user, &fine);
    assert_string_equal(buf_str(&w->core.calls), ""); /* 18 is not marked */
    has(&w->seen, "ERROR");
    has(&w->seen, "DOES NOT MATCH: device 18");
    has(&w->seen, "1 device matched");
    verified(w, xasprintf("/verify 'xmpp:%s?omemo-sid-18=" IN_A_LINK "78'", bob), link);
    has(&w->seen, "ERROR");
    has(&w->seen, "DOES NOT MATCH");
    verified(w, xasprintf("/verify -sure 'xmpp:%s?omemo-sid-17=" IN_A_LINK "77'", bob), NULL);
    buf_clear(&w->seen);
    w->core.done(w->core.user, &fine);
    has(&w->seen, "1 device of ");
    has(&w->seen, "matches the link");
    verified(w, xasprintf("/verify 'xmpp:%s?omemo-sid-17=" IN_A_LINK "7'", bob), NULL); /* a part of it is not it */
    has(&w->seen, "DOES NOT MATCH");
    free(call);
}

/* XEP-0434 §8.1.1: keys without the numbers of devices, also such as are not to be trusted; of whom they are known is looked up. */
static void trust_message_links(void **state)
{
    struct world *w = *state;
    char *link = xasprintf("xmpp:%s?trust-message;encryption=urn:xmpp:omemo:2;trust=ffff;distrust=" IN_A_LINK "77", w->bob->address);
    verified(w, xasprintf("/open '%s'", link), NULL);
    has(&w->seen, "of their devices gets left out");
    has(&w->seen, "1 key of the link is of no device");
    char *call = xasprintf("trust %s/17 %d " KEY "\n", w->bob->address, (int)KITH_DEVICE_DISTRUSTED);
    verified(w, xasprintf("/verify -sure '%s'", link), link);
    assert_string_equal(buf_str(&w->core.calls), call);
    w->core.done(w->core.user, &fine);
    refused(w, "/verify xmpp:bob@example.org", "there are no keys in this link");
    free(call);
}

/* Two accounts speak the same: that of the chat in which it is said is meant. */
static void links_are_for_this_account(void **state)
{
    struct world *w = *state;
    struct account *other = model_add_account(w->env.model, 3, "other", "xmpp");
    other->address = xstrdup("alice@example.net");
    other->state = KITH_STATE_ONLINE;
    other->groups = w->home->groups;
    char *line = xasprintf("/verify -sure 'xmpp:%s?omemo-sid-17=" IN_A_LINK "77'", w->bob->address);
    char *ask = xasprintf("forecast %s\n", w->bob->address);
    typed(w, line, ask, NULL);
    answer(w, NULL);
    w->core.done(w->core.user, &fine);
    w->ctx.chat = NULL;
    w->ctx.account = other;
    typed(w, line, NULL, NULL);
    has(&w->core.calls, "open other bob@example.org");
    w->core.chat_done(w->core.user, NULL, &(struct err){.code = KITH_EOFFLINE, .text = "not now"}); /* and is told */
    free(ask);
    free(line);
}

/* A pipe of which nobody writes the other end must not stop the engine. */
static void keys_are_read_from_files(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    char *pipe = xasprintf("%s/pipe", w->dir), *line = xasprintf("/keys import %s/pipe", w->dir);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    (void)alarm(20);
    assert_int_equal(cmd_input(&w->ctx, line, &e), KITH_EINVAL);
    (void)alarm(0);
    assert_non_null(strstr(e.text, "is not a file with keys"));
    assert_int_equal(unlink(pipe), 0);
    free(pipe);
    free(line);
}

static void not_where_nothing_is_encrypted(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    w->home->groups &= ~(uint32_t)ACCOUNT_HAS_ENCRYPTION;
    assert_true(cmd_fits(&w->ctx, NULL, "/encrypt", &e) < 0);
    w->home->groups |= ACCOUNT_HAS_ENCRYPTION;
    assert_int_equal(cmd_fits(&w->ctx, NULL, "/encrypt", &e), 0);
}

static int setup(void **state)
{
    if (world_new(state) < 0)
        return -1;
    struct world *w = *state;
    w->home->groups |= ACCOUNT_HAS_ENCRYPTION;
    w->ctx.chat = w->bob;
    w->ctx.account = w->home;
    return 0;
}

/* /keep: says what holds; what is there goes only after a yes to what that means, with the number of messages. */
static void what_is_kept(void **state)
{
    struct world *w = *state;
    char *off = xasprintf("keep_text %s 0\n", w->bob->address), *forget = xasprintf("forget %s\n", w->bob->address);
    w->core.kept = 213;
    typed(w, "/keep", "", NULL);
    has(&w->seen, "what is said is kept on this machine, and found by the search; 213 messages are there");
    typed(w, "/keep off", off, NULL);
    has(&w->seen, "what is written from now on is not kept on this machine; it can be read until kith ends");
    has(&w->seen, "confirm Delete from this machine what 213 messages with ");
    has(&w->seen, "then /keep -sure forget\n");
    typed(w, "/keep", "", NULL);
    has(&w->seen, "213 messages from before are there, which /keep forget deletes");
    typed(w, "/keep forget", "", NULL);
    has(&w->seen, "confirm Delete from this machine");
    typed(w, "/keep -sure forget", forget, "");
    w->core.kept = 0;
    struct err e = {0};
    assert_true(cmd_input(&w->ctx, "/keep forget", &e) < 0);
    assert_non_null(strstr(e.text, "nothing of it is kept here"));
    typed(w, "/keep on", NULL, NULL);
    has(&w->seen, "what is said is kept on this machine");
    w->core.kept = 213;
    typed(w, "/keep -sure off", off, NULL);
    assert_null(strstr(buf_str(&w->seen), "confirm"));
    has(&w->seen, "213 messages from before are there, which /keep forget deletes");
    free(off);
    free(forget);
}

/* What is asked names the chat so that the yes reaches it: an address with spaces, and one of two accounts. */
static void forgets_another_chat(void **state)
{
    static const char *const nick = "dev@rooms.example.org/Nick; Name";
    struct world *w = *state;
    w->core.kept = 2;
    struct chat *private = account_add_chat(w->home, 77, nick, KITH_CHAT_DIRECT);
    struct chat *twin = account_add_chat(w->local, 78, nick, KITH_CHAT_DIRECT);
    private->flags |= CHAT_UNKEPT;
    twin->flags |= CHAT_UNKEPT;
    typed(w, "/keep -account=local forget \"dev@rooms.example.org/Nick; Name\"", "", NULL);
    const char *then = strstr(buf_str(&w->seen), "then ");
    assert_non_null(then);
    char *line = xstrndup(then + 5, strcspn(then + 5, "\n"));
    typed(w, line, NULL, "");
    has(&w->core.calls, "forget dev@rooms.example.org/Nick; Name\n");
    free(line);
    refused(w, "/keep -account=local off bob@example.org", "there is no chat \"bob@example.org\" of local");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_panel_and_the_switch, setup, world_free),
        cmocka_unit_test_setup_teardown(devices_in_words, setup, world_free),
        cmocka_unit_test_setup_teardown(trust_is_given, setup, world_free),
        cmocka_unit_test_setup_teardown(keys_are_compared, setup, world_free),
        cmocka_unit_test_setup_teardown(links_with_keys, setup, world_free),
        cmocka_unit_test_setup_teardown(trust_message_links, setup, world_free),
        cmocka_unit_test_setup_teardown(what_is_kept, setup, world_free),
        cmocka_unit_test_setup_teardown(forgets_another_chat, setup, world_free),
        cmocka_unit_test_setup_teardown(new_devices_wait_or_read, setup, world_free),
        cmocka_unit_test_setup_teardown(an_old_device_is_removed, setup, world_free),
        cmocka_unit_test_setup_teardown(a_new_identity_after_a_yes, setup, world_free),
        cmocka_unit_test_setup_teardown(links_are_for_this_account, setup, world_free),
        cmocka_unit_test_setup_teardown(keys_are_read_from_files, setup, world_free),
        cmocka_unit_test_setup_teardown(no_empty_file_is_left, setup, world_free),
        cmocka_unit_test_setup_teardown(not_where_nothing_is_encrypted, setup, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
