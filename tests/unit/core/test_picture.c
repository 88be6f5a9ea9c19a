/* unit/core/test_picture.c - pictures drawn by the helper process; one that fails, hangs or is refused; previews kept */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "core/preview.h"

static const struct picture_ask small = {.form = PICTURE_SYMBOLS, .colours = PICTURE_TRUE, .columns = 48, .rows = 8,
                                         .cell_w = 8, .cell_h = 16};

struct rig {
    struct loop *loop;
    struct pictures *pictures;
    char *program, *file;
    unsigned done, troubles;
    struct picture got;
    struct err why;
    char order[16];
};

/* ---- a PNG, without any library ---- */

static uint32_t crc(const unsigned char *s, size_t len)
{
    uint32_t c = 0xFFFFFFFF;
    for (size_t i = 0; i < len; i++) {
        c ^= s[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xEDB88320 : c >> 1;
    }
    return ~c;
}

static void put32(struct buf *b, uint32_t n)
{
    for (int i = 24; i >= 0; i -= 8)
        buf_addc(b, (char)(n >> i));
}

static void chunk(struct buf *out, const char *kind, const struct buf *data)
{
    struct buf b = {0};
    put32(out, (uint32_t)data->len);
    buf_adds(&b, kind);
    buf_add(&b, data->data, data->len);
    buf_add(out, b.data, b.len);
    put32(out, crc((const unsigned char *)b.data, b.len));
    buf_free(&b);
}

/* Of one colour; claims to be w x h. */
static void write_png(const char *path, uint32_t w, uint32_t h, uint32_t claim_w, uint32_t claim_h)
{
    struct buf out = {0}, b = {0}, raw = {0};
    buf_add(&out, "\x89PNG\r\n\x1a\n", 8);
    put32(&b, claim_w);
    put32(&b, claim_h);
    buf_add(&b, "\x08\x02\0\0\0", 5);
    chunk(&out, "IHDR", &b);
    buf_clear(&b);
    for (uint32_t y = 0; y < h; y++) {
        buf_addc(&raw, 0);
        for (uint32_t x = 0; x < w; x++)
            buf_add(&raw, "\xf0\x10\x20", 3);
    }
    uint32_t s1 = 1, s2 = 0;
    for (size_t i = 0; i < raw.len; i++) {
        s1 = (s1 + (unsigned char)raw.data[i]) % 65521;
        s2 = (s2 + s1) % 65521;
    }
    assert_true(raw.len < 65536);
    buf_add(&b, "\x78\x01\x01", 3); /* one stored block */
    buf_addc(&b, (char)(raw.len & 255));
    buf_addc(&b, (char)(raw.len >> 8));
    buf_addc(&b, (char)(~raw.len & 255));
    buf_addc(&b, (char)(~raw.len >> 8 & 255));
    buf_add(&b, raw.data, raw.len);
    put32(&b, s2 << 16 | s1);
    chunk(&out, "IDAT", &b);
    buf_clear(&b);
    chunk(&out, "IEND", &b);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
    assert_int_equal(fclose(f), 0);
    buf_free(&out);
    buf_free(&b);
    buf_free(&raw);
}

/* ---- a helper and its callers ---- */

static void on_trouble(void *user, const char *sentence)
{
    struct rig *r = user;
    r->troubles++;
    assert_non_null(strstr(sentence, "pictures are not shown for"));
}

static void on_done(void *user, struct picture *p, const struct err *e)
{
    struct rig *r = user;
    r->done++;
    picture_free(&r->got);
    r->why = *e;
    if (!p)
        return;
    r->got = *p;
    *p = (struct picture){0};
}

static void start(struct rig *r, const char *program, int64_t silent_ms)
{
    r->pictures = pictures_new(&(struct pictures_params){.loop = r->loop, .program = program, .silent_ms = silent_ms,
                                                         .back_off_ms = 150, .trouble = on_trouble, .user = r});
}

static int set_up(void **state)
{
    char self[512];
    struct rig *r = xcalloc(1, sizeof *r);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    *strstr(self, "/unit/") = '\0';
    r->program = xasprintf("%s/kith-picture", self);
    char name[] = "/tmp/kith-picture-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    close(fd);
    r->file = xstrdup(name);
    r->loop = loop_new();
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;
    pictures_free(r->pictures);
    picture_free(&r->got);
    loop_free(r->loop);
    unlink(r->file);
    free(r->file);
    free(r->program);
    free(r);
    return 0;
}

static void until_done(struct rig *r, unsigned n)
{
    int64_t end = clock_mono_ms() + 30000;
    while (r->done < n && clock_mono_ms() < end)
        (void)loop_turn(r->loop, 50);
    assert_int_equal(r->done, n);
}

static bool there(const struct rig *r)
{
    if (access(r->program, X_OK) == 0)
        return true;
    print_message("built without pictures\n");
    return false;
}

/* ---- drawing ---- */

static void test_forms(void **state)
{
    struct rig *r = *state;
    struct picture_ask a = small;
    if (!there(r))
        return;
    start(r, r->program, 0);
    write_png(r->file, 64, 32, 64, 32);
    pictures_draw(r->pictures, r->file, -1, &a, false, on_done, r);
    until_done(r, 1);
    assert_int_equal(r->why.code, 0);
    assert_int_equal(r->got.width, 64);
    assert_int_equal(r->got.height, 32);
    assert_int_equal(r->got.columns, 32);
    assert_int_equal(r->got.rows, 8);
    assert_true(r->got.cells[0].fg == 0xF01020 || r->got.cells[0].bg == 0xF01020);
    a.form = PICTURE_PIXELS;
    pictures_draw(r->pictures, r->file, -1, &a, false, on_done, r);
    until_done(r, 2);
    assert_int_equal(r->got.pixels_w, 64);
    assert_int_equal(r->got.len, 64 * 32 * 3);
    assert_memory_equal(r->got.bytes, "\xf0\x10\x20\xf0\x10\x20", 6);
    a.form = PICTURE_SIXEL;
    pictures_draw(r->pictures, r->file, -1, &a, false, on_done, r);
    until_done(r, 3);
    assert_int_equal(r->why.code, 0);
    assert_int_equal(r->got.bytes[0], '#');
    a.form = PICTURE_SYMBOLS;
    a.ascii = true;
    a.colours = PICTURE_MONO;
    pictures_draw(r->pictures, r->file, -1, &a, false, on_done, r);
    until_done(r, 4);
    assert_int_equal(r->why.code, 0); /* all of ASCII, or picture_get() would have refused it */
}

/* Whatever the size of its cells is, the terminal is given no pixel outside of the box: picture_get() would refuse it. */
static void test_sixel_sizes(void **state)
{
    static const uint16_t cells[][2] = {{6, 12}, {7, 14}, {8, 15}, {8, 16}, {9, 17}, {9, 18}, {10, 20}, {11, 23}, {12, 24}};
    struct rig *r = *state;
    if (!there(r))
        return;
    start(r, r->program, 0);
    write_png(r->file, 101, 67, 101, 67);
    for (size_t i = 0; i < COUNT(cells); i++) {
        struct picture_ask a = {.form = PICTURE_SIXEL, .colours = PICTURE_TRUE, .columns = (uint16_t)(3 + i),
                                .rows = (uint16_t)(1 + i % 4), .cell_w = cells[i][0], .cell_h = cells[i][1]};
        unsigned before = r->done;
        pictures_draw(r->pictures, r->file, -1, &a, false, on_done, r);
        until_done(r, before + 1);
        if (r->why.code != 0)
            fail_msg("%dx%d: %s", cells[i][0], cells[i][1], r->why.text);
        assert_true(r->got.len > 0 && r->got.pixels_w <= a.columns * a.cell_w);
    }
}

static void refuses(struct rig *r, int code, const char *word)
{
    unsigned before = r->done;
    pictures_draw(r->pictures, r->file, -1, &small, false, on_done, r);
    until_done(r, before + 1);
    assert_null(r->got.cells);
    assert_int_equal(r->why.code, code);
    if (!strstr(r->why.text, word))
        fail_msg("%s", r->why.text);
}

static void test_refusals(void **state)
{
    struct rig *r = *state;
    if (!there(r))
        return;
    start(r, r->program, 0);
    write_png(r->file, 8, 8, 30000, 30000); /* by its header alone */
    refuses(r, KITH_ETOOBIG, "too many pixels");
    write_png(r->file, 8, 8, 9, 9);
    refuses(r, KITH_EPROTO, "damaged");
    write_png(r->file, 64, 64, 64, 64);
    assert_int_equal(truncate(r->file, 2000), 0);
    refuses(r, KITH_EPROTO, "damaged");
    FILE *f = fopen(r->file, "we");
    fputs("\xff\xd8\xff\xe0 and then no JPEG at all", f);
    fclose(f);
    refuses(r, KITH_EPROTO, "damaged");
    f = fopen(r->file, "we");
    fwrite("RIFF\x18\0\0\0WEBPVP8 \x0c\0\0\0 nonsense ...", 1, 34, f);
    fclose(f);
    pictures_draw(r->pictures, r->file, -1, &small, false, on_done, r); /* damaged, or of no kind that is known here */
    until_done(r, r->done + 1);
    assert_int_not_equal(r->why.code, 0);
    f = fopen(r->file, "we");
    fputs("#!/bin/sh\necho this is no picture\n", f);
    fclose(f);
    refuses(r, KITH_EINVAL, "no picture");
    assert_int_equal(truncate(r->file, PICTURE_FILE_MAX + 1LL), 0);
    refuses(r, KITH_EINVAL, "no picture");
    write_png(r->file, 8, 8, 8, 8);
    assert_int_equal(truncate(r->file, PICTURE_FILE_MAX + 1LL), 0);
    refuses(r, KITH_ETOOBIG, "too large");
    assert_int_equal(unlink(r->file), 0);
    refuses(r, KITH_ENOTFOUND, "not on this machine");
    assert_int_equal(symlink("/etc/passwd", r->file), 0); /* never through a link */
    refuses(r, KITH_ENOTFOUND, "not on this machine");
    assert_int_equal(unlink(r->file), 0);
    write_png(r->file, 8, 8, 8, 8);
    pictures_draw(r->pictures, r->file, 17, &small, false, on_done, r); /* another file of that name */
    until_done(r, r->done + 1);
    assert_int_equal(r->why.code, KITH_ENOTFOUND);
    assert_int_equal(r->troubles, 0);
}

/* ---- a helper that does not do its work ---- */

static void test_hangs(void **state)
{
    struct rig *r = *state;
    start(r, "/bin/cat", 30);
    write_png(r->file, 8, 8, 8, 8);
    for (unsigned i = 1; i <= 3; i++) {
        pictures_draw(r->pictures, r->file, -1, &small, false, on_done, r);
        until_done(r, i);
        assert_non_null(strstr(r->why.text, "took too long"));
    }
    assert_int_equal(r->troubles, 1);
    assert_true(pictures_paused(r->pictures));
    int64_t end = clock_mono_ms() + 20000;
    while (pictures_paused(r->pictures) && clock_mono_ms() < end)
        (void)loop_turn(r->loop, 50);
    assert_false(pictures_paused(r->pictures));
}

static void test_dies(void **state)
{
    struct rig *r = *state;
    start(r, "/bin/false", 0);
    write_png(r->file, 8, 8, 8, 8);
    pictures_draw(r->pictures, r->file, -1, &small, false, on_done, r);
    until_done(r, 1);
    assert_non_null(strstr(r->why.text, "ended unexpectedly"));
    assert_int_equal(r->troubles, 0);
    pictures_free(r->pictures);
    start(r, "/does/not/exist", 0);
    for (unsigned i = 2; i <= 4; i++) {
        pictures_draw(r->pictures, r->file, -1, &small, false, on_done, r);
        until_done(r, i);
    }
    assert_int_equal(r->troubles, 1);
    pictures_free(r->pictures);
    start(r, NULL, 0);
    assert_false(pictures_possible(r->pictures));
    pictures_draw(r->pictures, r->file, -1, &small, false, on_done, r);
    until_done(r, 5);
    assert_int_equal(r->why.code, KITH_EUNSUP);
}

struct ordered { struct rig *r; char letter; };

static void on_ordered(void *user, struct picture *p, const struct err *e)
{
    const struct ordered *o = user;
    o->r->order[o->r->done++] = o->letter;
}

/* What the user waits for goes first; what nobody wants any more is not done. */
static void test_order(void **state)
{
    struct rig *r = *state;
    struct ordered o[4] = {{r, 'a'}, {r, 'b'}, {r, 'c'}, {r, 'd'}};
    struct picture_job *jobs[4];
    start(r, "/bin/false", 0);
    write_png(r->file, 8, 8, 8, 8);
    for (int i = 0; i < 4; i++)
        jobs[i] = pictures_draw(r->pictures, r->file, -1, &small, i == 3, on_ordered, &o[i]);
    pictures_cancel(jobs[1]);
    until_done(r, 3);
    assert_string_equal(r->order, "dac");
    jobs[0] = pictures_draw(r->pictures, r->file, -1, &small, false, on_ordered, &o[0]);
    (void)loop_turn(r->loop, 0);
    pictures_cancel(jobs[0]); /* while it runs */
    pictures_draw(r->pictures, r->file, -1, &small, false, on_ordered, &o[1]);
    until_done(r, 4);
    assert_string_equal(r->order, "dacb");
}

/* ---- previews ---- */

static struct message *with_file(struct chat *c, const char *path, int32_t w, int32_t h)
{
    static int64_t id;
    struct message *m = message_new();
    m->chat = c;
    m->id = m->sort = ++id;
    m->time = 1700000000000 + id;
    message_add_attachment(m, &(struct attachment){.name = (char *)"a.png", .path = (char *)(uintptr_t)path, .width = w,
                                                   .height = h});
    chat_insert_message(c, m);
    return m;
}

static void on_news(void *user)
{
    ((struct rig *)user)->done++;
}

static void test_previews(void **state)
{
    struct rig *r = *state;
    struct model *model = model_new();
    struct account *a = model_add_account(model, 1, "here", "local");
    struct chat *c = account_add_chat(a, 1, "bob", KITH_CHAT_DIRECT);
    struct config *cfg = config_new();
    start(r, there(r) ? r->program : "/bin/false", 0);
    write_png(r->file, 64, 32, 64, 32);
    struct previews *p = previews_new(&(struct previews_params){.pictures = r->pictures, .model = model, .config = cfg,
                                                                .news = on_news, .user = r});
    /* Whose: nobody's before the user said so. */
    assert_false(previews_wanted(cfg, c));
    account_put_contact(a, "bob", "Bob", NULL, 0, 0);
    assert_false(previews_wanted(cfg, c));
    assert_int_equal(config_set(cfg, "ui.chat.pictures", "contacts", NULL), 0);
    assert_true(previews_wanted(cfg, c));
    c->pictures = PICTURES_OFF;
    assert_false(previews_wanted(cfg, c));
    c->pictures = PICTURES_ON;
    assert_int_equal(config_set(cfg, "ui.chat.pictures", "off", NULL), 0);
    assert_false(previews_wanted(cfg, c));
    assert_int_equal(config_set(cfg, "ui.chat.pictures", "chosen", NULL), 0);
    assert_true(previews_wanted(cfg, c));
    /* A message without a file here has none; one whose size is known has its rows before it is read. */
    struct message *none = with_file(c, NULL, 64, 32), *fresh = with_file(c, r->file, 0, 0),
                   *known = with_file(c, r->file, 64, 32);
    assert_int_equal(preview_of(p, none, &small).rows, 0);
    assert_int_equal(preview_of(p, fresh, &small).rows, 0);
    assert_int_equal(preview_of(p, known, &small).rows, 8);
    assert_null(preview_of(p, known, &small).picture);
    preview_want(p, none, &small);
    preview_want(p, fresh, &small);
    preview_want(p, fresh, &small); /* once is enough */
    until_done(r, 1);
    if (access(r->program, X_OK) == 0) {
        assert_int_equal(preview_of(p, fresh, &small).rows, 8);
        assert_int_equal(preview_of(p, fresh, &small).picture->width, 64);
        struct picture_ask other = small;
        other.light = true;
        assert_null(preview_of(p, fresh, &other).picture);
    } else {
        assert_int_equal(preview_of(p, fresh, &small).rows, 1);
    }
    /* Of several sizes of one picture only the last is drawn. */
    unsigned news = r->done;
    struct message *sized = with_file(c, r->file, 0, 0);
    struct picture_ask wide = small;
    for (uint16_t columns = 10; columns <= 20; columns++) {
        wide.columns = columns;
        preview_want(p, sized, &wide);
    }
    until_done(r, news + 1);
    for (int i = 0; i < 5; i++)
        (void)loop_turn(r->loop, 20);
    assert_int_equal(r->done, news + 1);
    assert_true(preview_of(p, sized, &wide).rows > 0);
    wide.columns = 12;
    assert_int_equal(preview_of(p, sized, &wide).rows, 0);
    /* One that cannot be shown says so in a row; what is no picture says nothing. */
    preview_learn(p, known->id, &small, NULL, "the picture is damaged");
    assert_int_equal(preview_of(p, known, &small).rows, 1);
    assert_string_equal(preview_of(p, known, &small).why, "the picture is damaged");
    preview_learn(p, known->id, &small, NULL, NULL);
    assert_int_equal(preview_of(p, known, &small).rows, 0);
    /* They are kept for a while, and only so many. */
    for (int64_t id = 1000; id < 1000 + PREVIEW_KEPT; id++)
        preview_learn(p, id, &small, NULL, "no");
    assert_int_equal(preview_of(p, fresh, &small).rows, 0);
    /* More in view than are kept: those that are there stay, or each would push out another for ever. */
    struct previews *full = previews_new(&(struct previews_params){.pictures = r->pictures, .model = model, .config = cfg,
                                                                   .news = on_news, .user = r});
    struct message *many = with_file(c, r->file, 0, 0), shown = *many;
    for (shown.id = 1000; shown.id < 1000 + PREVIEW_KEPT; shown.id++) {
        preview_learn(full, shown.id, &small, NULL, "no");
        preview_want(full, &shown, &small);
    }
    news = r->done;
    preview_want(full, many, &small);
    for (int i = 0; i < 5; i++)
        (void)loop_turn(r->loop, 20);
    assert_int_equal(r->done, news);
    shown.id = 1000;
    assert_int_equal(preview_of(full, &shown, &small).rows, 1);
    previews_free(full);
    fresh->retracted = true;
    assert_int_equal(preview_file(fresh), -1);
    preview_want(p, with_file(c, r->file, 0, 0), &small);
    previews_free(p); /* while one is awaited */
    config_free(cfg);
    model_free(model);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_forms), T(test_sixel_sizes), T(test_refusals), T(test_hangs),
                                       T(test_dies),  T(test_order),    T(test_previews)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
