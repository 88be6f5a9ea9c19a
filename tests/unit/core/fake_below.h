/* unit/core/fake_below.h - the part of fake_account.c that is about accounts behind its own */
#ifndef TEST_CORE_FAKE_BELOW_H
#define TEST_CORE_FAKE_BELOW_H

static void on_sub(struct fake *f, const struct wire_op *op)
{
    struct kith_field options[8] = {{0}};
    size_t n = 0;
    for (size_t i = 3; i + 1 < op->n_list && n < COUNT(options); i += 2, n++)
        options[n] = (struct kith_field){.size = sizeof options[n],
                                         .key = op->list[i],
                                         .values = &op->list[i + 1],
                                         .n_values = 1};
    struct kith_ev_sub ev = {.ev = {.size = sizeof ev, .type = KITH_EV_SUB},
                             .id = op->n_list > 1 ? op->list[1] : NULL,
                             .name = op->n_list > 2 ? op->list[2] : NULL,
                             .text = op->n_list % 2 == 0 ? op->list[op->n_list - 1] : NULL,
                             .options = options,
                             .n_options = n};
    if (op->n_list <= 3)
        ev.text = NULL;
    emit(f, &ev);
}

static void on_subs(struct fake *f, const char *count)
{
    int64_t n = 0;
    str_int(count, 0, 1000000, &n);
    for (int i = 1; i <= n; i++) {
        char id[24];
        snprintf(id, sizeof id, "n%d", i);
        struct kith_ev_sub ev = {
            .ev = {.size = sizeof ev, .type = KITH_EV_SUB}, .id = id, .name = "net"};
        emit(f, &ev);
    }
}

static void on_gone(struct fake *f, const char *id)
{
    struct kith_ev_sub_gone ev = {.ev = {.size = sizeof ev, .type = KITH_EV_SUB_GONE}, .id = id};
    emit(f, &ev);
}

static void on_list(struct fake *f, const char *which)
{
    struct kith_ev_sync ev = {.ev = {.size = sizeof ev,
                                     .type = str_eq(which, "begin") ? KITH_EV_SYNC_BEGIN
                                                                    : KITH_EV_SYNC_END},
                              .what = KITH_SYNC_SUBS};
    emit(f, &ev);
}

static void say(struct fake *f, const char *fmt, ...) PRINTF(2, 3);
static void say(struct fake *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    struct kith_ev_notice ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_NOTICE}, .level = KITH_INFO, .text = text};
    emit(f, &ev);
    free(text);
}

static void on_told(struct fake *f)
{
    struct buf b = {0};
    for (size_t i = 0; i < f->open.n_options; i++)
        if (f->open.options[i].key[0] != '_')
            buf_addf(&b, " %s=%s%s", f->open.options[i].key, f->open.options[i].value,
                     f->open.options[i].inherited ? "(above)" : "");
    say(f, "told: %s below %s at %s:%s", f->open.account, f->open.parent ? f->open.parent : "none",
        f->open.address, buf_str(&b));
    buf_free(&b);
}

static void put_secret(struct fake *f, uint64_t number, const char *key, const char *value)
{
    struct wire_secret w = {.size = sizeof w, .number = number, .key = key, .value = value};
    struct buf b = {0};
    wire_put_secret(&b, &w);
    put(f, WIRE_SECRET, &b);
}

static void on_secret(struct fake *f, const struct frame *fr)
{
    struct wire_secret w;
    if (wire_get_secret(fr->data, fr->len, &f->mem, &w, NULL) < 0)
        return;
    if (!f->open.parent && str_eq(w.key, "never"))
        return; /* the user takes his time */
    if (!f->open.parent)
        put_secret(f, w.number, w.key, "of the parent");
    else
        say(f, "secret %u %s: %s", (unsigned)w.number, w.key, w.value ? w.value : "none");
}

static void on_certificate(struct fake *f)
{
    struct kith_choice choice = {.size = sizeof choice, .id = "always", .label = "Trust it"};
    struct kith_ev_ask ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK},
                             .ask = WIRE_ASK_HOST | 1,
                             .kind = KITH_ASK_CERTIFICATE,
                             .subject = "fake",
                             .title = "Trust it?",
                             .text = "fingerprint 12:34",
                             .choices = &choice,
                             .n_choices = 1};
    emit(f, &ev);
}

#endif
