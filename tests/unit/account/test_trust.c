/* tests/unit/account/test_trust.c - certificates that are judged without a word: KITH_STREAM_STRICT */
#include "rig.h"

#define PRINT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PRINT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct kith_cert cert(const char *fingerprint, const char *problem)
{
    return (struct kith_cert){
        .size = sizeof(struct kith_cert), .name = "example.org", .fingerprint = fingerprint, .pin = fingerprint, .problem = problem};
}

static enum kith_trust known(struct rig *r, const char *fingerprint, const char *problem)
{
    const struct kith_cert c = cert(fingerprint, problem);
    return trust_known(r->a->trust, &c);
}

static enum kith_trust check(struct rig *r, const char *fingerprint, const char *problem)
{
    const struct kith_cert c = cert(fingerprint, problem);
    return trust_check(r->a->trust, &c);
}

/* It asks nothing, says nothing, and what is asked otherwise is asked as if it had not been. */
static void nothing_is_asked(void **state)
{
    struct rig r = {0};
    rig_start(&r);
    assert_int_equal(known(&r, PRINT_A, "self-signed"), KITH_TRUST_NO);
    assert_null(rig_event(&r, KITH_EV_ASK));
    assert_false(trust_asking(r.a->trust));
    assert_int_equal(known(&r, PRINT_A, NULL), KITH_TRUST_YES);
    assert_int_equal(check(&r, PRINT_A, "self-signed"), KITH_TRUST_ASKED);
    const struct kith_ev_ask *q = (const void *)rig_event(&r, KITH_EV_ASK);
    assert_non_null(q);
    assert_int_equal(known(&r, PRINT_A, "self-signed"), KITH_TRUST_NO);
    assert_true(trust_answer(r.a->trust, q->ask, "once"));
    assert_int_equal(known(&r, PRINT_A, "self-signed"), KITH_TRUST_YES); /* what was accepted is */
    assert_int_equal(known(&r, PRINT_B, "self-signed"), KITH_TRUST_NO);
    rig_stop(&r);
    rig_remove(&r);
}

static void nothing_is_kept(void **state)
{
    struct rig r = {0};
    rig_start(&r);
    rig_option(&r, "tls_verify", "pin");
    assert_int_equal(known(&r, PRINT_A, NULL), KITH_TRUST_YES);
    assert_int_equal(check(&r, PRINT_B, NULL), KITH_TRUST_YES); /* the first that is kept is this one */
    assert_int_equal(known(&r, PRINT_A, NULL), KITH_TRUST_NO);
    assert_null(rig_event(&r, KITH_EV_ASK));
    rig_option(&r, "tls_fingerprint", PRINT_A);
    assert_int_equal(known(&r, PRINT_A, "self-signed"), KITH_TRUST_YES);
    assert_int_equal(known(&r, PRINT_B, NULL), KITH_TRUST_NO);
    assert_null(rig_event(&r, KITH_EV_NOTICE));
    assert_int_equal(check(&r, PRINT_B, NULL), KITH_TRUST_NO);
    assert_non_null(rig_event(&r, KITH_EV_NOTICE)); /* where it is said, it still is */
    rig_stop(&r);
    rig_remove(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_asked), cmocka_unit_test(nothing_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
