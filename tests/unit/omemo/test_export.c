/* unit/omemo/test_export.c - keys in a file: what they are after a way to another machine, and every file that is refused */
#include "fixture.h"

#include "backends/omemo/export.h"

#define OWNER "romeo@montague.example"

/* What a device's disk has, as the functions under test see it. */
static int get(void *user, const char *key, void *out, size_t cap)
{
    return party_io(user).get(user, key, out, cap);
}

static void to_another_machine(void **state)
{
    struct party a = {0}, b = {0}, juliet = {0};
    struct omemo_known d;
    struct buf file = {0};
    struct err e = {0};
    unsigned char before[OMEMO_KEY], after[OMEMO_KEY];
    (void)state;
    party_open(&a, OWNER);
    party_open(&b, OWNER);
    party_open(&juliet, "juliet@capulet.example");
    assert_int_equal(party_meet(&a, &juliet, OMEMO_2), 0);
    party_says(&a, &juliet, OMEMO_2, "before");
    assert_int_equal(omemo_set_trust(a.o, juliet.jid, omemo_device(juliet.o), OMEMO_VERIFIED), 0);
    const struct omemo_io io_a = party_io(&a), io_b = party_io(&b);
    assert_int_equal(io_a.set(&a, "omemo.chat.juliet@capulet.example", "on", 2), 0);
    assert_int_equal(io_a.set(&a, "omemo.chat.tybalt@capulet.example", "off", 3), 0);
    assert_int_equal(io_b.set(&b, "omemo.chat.tybalt@capulet.example", "on", 2), 0);
    assert_int_equal(io_b.set(&b, "password", "kept", 4), 0);
    assert_int_equal(export_write(&io_a, OWNER, "correct horse", &file, &e), 0);
    assert_int_equal(export_read(&io_b, OWNER, "wrong horse", file.data, file.len, &e), KITH_EAUTH);
    assert_int_equal(export_read(&io_b, "tybalt@capulet.example", "correct horse", file.data, file.len, &e), KITH_EINVAL);
    assert_non_null(strstr(e.text, OWNER));
    uint32_t was = omemo_device(b.o);
    party_close(&b);
    party_open(&b, OWNER);
    assert_int_equal(omemo_device(b.o), was); /* nothing was changed by what was refused */
    assert_int_equal(export_read(&io_b, OWNER, "correct horse", file.data, file.len, &e), 0);
    omemo_identity(a.o, before);
    party_close(&b);
    party_open(&b, OWNER);
    assert_int_equal(omemo_restored(b.o), 0);
    omemo_identity(b.o, after);
    assert_memory_equal(before, after, OMEMO_KEY);
    assert_int_equal(omemo_device(a.o), omemo_device(b.o));
    assert_true(omemo_known_one(b.o, juliet.jid, omemo_device(juliet.o), &d));
    assert_int_equal(d.trust, OMEMO_VERIFIED);
    assert_false(omemo_has_session(b.o, OMEMO_2, juliet.jid, omemo_device(juliet.o)));
    char word[4] = "";
    assert_int_equal(get(&b, "omemo.chat.tybalt@capulet.example", word, sizeof word), 2); /* once encrypted, always */
    assert_int_equal(get(&b, "password", word, sizeof word), 4);
    assert_int_equal(party_meet(&b, &juliet, OMEMO_2), 0);
    party_says(&b, &juliet, OMEMO_2, "after");
    party_says(&juliet, &b, OMEMO_2, "the same friend");
    buf_free(&file);
    party_end(&a);
    party_end(&b);
    party_end(&juliet);
}

/* A bit of it is another one, or its end is missing: refused, whatever it is, and the store is as it was. */
static void damaged(void **state)
{
    struct party a = {0};
    struct buf file = {0};
    struct err e = {0};
    (void)state;
    party_open(&a, OWNER);
    const struct omemo_io io = party_io(&a);
    assert_int_equal(export_write(&io, OWNER, "x", &file, &e), 0);
    assert_null(memmem(file.data, file.len, "omemo.self", 10));
    size_t rows = disk_count(&a.disk, "");
    const size_t at[] = {0, 7, 8, 9, 10, 11, 12, 30, 40, 41, file.len / 2, file.len - 1};
    for (size_t i = 0; i < COUNT(at); i++) {
        file.data[at[i]] ^= 0x20;
        assert_true(export_read(&io, OWNER, "x", file.data, file.len, &e) < 0);
        file.data[at[i]] ^= 0x20;
    }
    const size_t lens[] = {0, 8, 39, 40, 56, 57, file.len - 1};
    for (size_t i = 0; i < COUNT(lens); i++)
        assert_true(export_read(&io, OWNER, "x", file.data, lens[i], &e) < 0);
    assert_int_equal(disk_count(&a.disk, ""), rows);
    a.refuses = true;
    assert_int_equal(export_read(&io, OWNER, "x", file.data, file.len, &e), KITH_EDENIED);
    a.refuses = false;
    assert_int_equal(disk_count(&a.disk, ""), rows);
    buf_free(&file);
    party_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(to_another_machine), cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
