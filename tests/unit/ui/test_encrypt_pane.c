/* unit/ui/test_encrypt_pane.c - the cursor of the panel of encryption stands on a device, not on a number */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/forecast.h"
#include "ui/encrypt.h"

#define BOB "bob@example.org"

static void answer(struct chat *c, const char *const *ids, size_t n)
{
    forecast_free(c->forecast);
    c->forecast = forecast_new();
    for (size_t i = 0; i < n; i++) {
        struct kith_ev_device ev = {.ev = {.size = sizeof ev, .type = KITH_EV_DEVICE}, .who = BOB, .id = ids[i]};
        forecast_add(c->forecast, &ev);
    }
}

static void does(struct encrypt_pane *p, const struct chat *c, const char *want)
{
    char *line = encrypt_command(p, c, true);
    if (want)
        assert_string_equal(line, want);
    else
        assert_null(line);
    free(line);
}

static void follows_its_device(void **state)
{
    const char *const before[] = {"1", "2", "3"}, *const after[] = {"1", "9", "2", "3"}, *const without[] = {"1", "9", "3"};
    struct model *m = model_new();
    struct chat *c = account_add_chat(model_add_account(m, 1, "home", "xmpp"), 1, BOB, KITH_CHAT_DIRECT);
    struct encrypt_pane p = {0};
    (void)state;
    encrypt_open(&p);
    does(&p, c, NULL); /* nothing is known yet */
    answer(c, before, COUNT(before));
    assert_true(encrypt_action(&p, c, PANE_NEXT));
    assert_string_equal(encrypt_current(&p, c), BOB "/2");
    answer(c, after, COUNT(after)); /* a new one above it, before anything is painted */
    assert_string_equal(encrypt_current(&p, c), BOB "/2");
    does(&p, c, "/verify " BOB "/2");
    answer(c, without, COUNT(without)); /* gone: no key means another one */
    assert_null(encrypt_current(&p, c));
    does(&p, c, NULL);
    assert_true(encrypt_action(&p, c, PANE_LAST));
    does(&p, c, "/encrypt send-anyway");
    answer(c, after, COUNT(after));
    assert_null(encrypt_current(&p, c));
    does(&p, c, "/encrypt send-anyway");
    assert_true(encrypt_action(&p, c, PANE_FIRST));
    answer(c, before, COUNT(before));
    does(&p, c, "/encrypt on");
    encrypt_close(&p);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_device)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
