/* tests/unit/account/test_stream.c - connections: TLS right and wrong, questions and pins,
 * STARTTLS, proxy, time-outs */
#include "rig.h"

#include "certs.h"
#include "client.h"
#include "server.h"

static struct pair authority, good, self_signed, other, wrong_name, expired;

static void use_authority(struct rig *r)
{
    char *path = path_join(r->dir, "ca.pem");
    write_cert(&authority, path, false, 0600);
    rig_option(r, "ca_file", arena_strdup(&r->mem, path));
    free(path);
}

/* ---- tests ---- */

static void a_right_certificate_connects(void **state)
{
    struct rig r = {0};
    struct client c = {0};
    struct server s = serve(DIRECT, &good);
    unsigned char binding[64];
    rig_start(&r);
    use_authority(&r);
    connect_to(&r, &c, s.port, KITH_TLS_DIRECT, 0);
    if (!c.opened)
        fail_msg("%s", c.text);
    assert_int_equal(c.info.tls, 1);
    assert_string_equal(c.version, "TLSv1.3");
    assert_string_equal(c.host, "localhost");
    assert_int_equal(strlen(c.fingerprint), 64);
    assert_int_equal(stream_write(c.st, "hello", 5), 0);
    until_got(&r, &c, "hello");
    assert_int_equal(c.drained, 1);
    assert_int_equal(stream_binding(c.st, "tls-exporter", binding, sizeof binding), 32);
    assert_int_equal(stream_binding(c.st, "tls-server-end-point", binding, sizeof binding), 32);
    for (size_t i = 0; i < 32; i++) { /* P-256 with SHA-256: the hash is the fingerprint */
        char hex[3];
        snprintf(hex, sizeof hex, "%02x", binding[i]);
        assert_memory_equal(hex, c.fingerprint + 2 * i, 2);
    }
    assert_true(stream_binding(c.st, "tls-unique", binding, sizeof binding) < 0);
    assert_true(stream_binding(c.st, "nonsense", binding, sizeof binding) < 0);
    assert_null(rig_event(&r, KITH_EV_ASK));
    stream_close(c.st);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
}

static void tls_1_2_binds_by_unique_and_1_1_is_refused(void **state)
{
    struct rig r = {0};
    struct client c = {0}, old = {0};
    struct server s = serve(TLS12, &good), o = serve(OLD_TLS, &good);
    unsigned char binding[64];
    rig_start(&r);
    use_authority(&r);
    connect_to(&r, &c, s.port, KITH_TLS_DIRECT, 0);
    assert_true(c.opened);
    assert_string_equal(c.version, "TLSv1.2");
    assert_int_equal(stream_binding(c.st, "tls-unique", binding, sizeof binding), 12);
    assert_int_equal(stream_binding(c.st, "tls-exporter", binding, sizeof binding), 32);
    stream_close(c.st);
    connect_to(&r, &old, o.port, KITH_TLS_DIRECT, 0);
    assert_true(old.closed);
    assert_int_equal(old.err, KITH_ETLS);
    unserve(&s);
    unserve(&o);
    rig_stop(&r);
    rig_remove(&r);
}

static const struct kith_ev_ask *asked(struct rig *r)
{
    const struct kith_ev_ask *q = (const void *)rig_event(r, KITH_EV_ASK);
    assert_non_null(q);
    assert_int_equal(q->kind, KITH_ASK_CERTIFICATE);
    assert_true(q->ask & WIRE_ASK_HOST);
    assert_int_equal(q->n_choices, 3);
    return q;
}

static void answer(struct rig *r, const struct kith_ev_ask *q, const char *choice)
{
    rig_op(r, &(struct wire_op){
                  .size = sizeof(struct wire_op), .type = OP_ANSWER, .ask = q->ask, .id = choice});
}

static void plugin_says_offline(struct rig *r)
{
    struct kith_ev_state ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_STATE}, .err = KITH_ETLS, .text = "no"};
    assert_true(r->a->host->emit(r->a, &ev.ev) > 0);
}

static const struct kith_ev_state *state_event(struct rig *r)
{
    const struct kith_event *ev = rig_event(r, KITH_EV_STATE);
    assert_non_null(ev);
    return (const void *)ev;
}

static void a_self_signed_one_is_a_question(void **state)
{
    struct rig r = {0};
    struct client c = {0}, again = {0}, later = {0};
    struct server s = serve(DIRECT, &self_signed);
    rig_start(&r);
    connect_to(&r, &c, s.port, KITH_TLS_DIRECT, 0);
    assert_true(c.closed);
    assert_int_equal(c.err, KITH_ETLS);
    const struct kith_ev_ask *q = asked(&r);
    assert_non_null(strstr(q->text, "self-signed"));
    assert_non_null(strstr(q->text, "fingerprint"));
    assert_non_null(strstr(q->text, "CN = localhost"));
    assert_int_equal(q->choices[1].flags & KITH_CHOICE_DANGER, 0);
    assert_int_equal(q->choices[2].flags, KITH_CHOICE_DEFAULT);
    plugin_says_offline(&r);
    assert_true(state_event(&r)->retry_ms >= 60000); /* no hurry before the answer */
    connect_to(&r, &again, s.port, KITH_TLS_DIRECT, 0);
    assert_true(again.closed);
    assert_null(rig_event(&r, KITH_EV_ASK)); /* not twice */
    plugin_says_offline(&r);
    (void)state_event(&r);
    answer(&r, q, "always");
    assert_int_equal(state_event(&r)->retry, KITH_RETRY_NOW);
    connect_to(&r, &later, s.port, KITH_TLS_DIRECT, 0);
    assert_true(later.opened);
    assert_int_equal(later.info.tls, 1);
    stream_close(later.st);
    rig_stop(&r);

    /* After a restart the pin still holds; another certificate is a loud question, even one a CA
     * vouches for. */
    struct client pinned = {0}, changed = {0}, vouched = {0}, back = {0};
    struct server s2 = serve(DIRECT, &other), s3 = serve(DIRECT, &good);
    rig_start(&r);
    use_authority(&r);
    connect_to(&r, &pinned, s.port, KITH_TLS_DIRECT, 0);
    assert_true(pinned.opened);
    stream_close(pinned.st);
    connect_to(&r, &changed, s2.port, KITH_TLS_DIRECT, 0);
    assert_true(changed.closed);
    q = asked(&r);
    assert_non_null(strstr(q->title, "CHANGED"));
    assert_non_null(strstr(q->text, "The one you accepted was"));
    assert_int_equal(q->choices[0].flags, KITH_CHOICE_DANGER);
    assert_int_equal(q->choices[1].flags, KITH_CHOICE_DANGER);
    uint64_t first = q->ask;
    connect_to(&r, &vouched, s3.port, KITH_TLS_DIRECT, 0);
    assert_true(vouched.closed);
    const struct kith_ev_ask_gone *gone = (const void *)rig_event(&r, KITH_EV_ASK_GONE);
    assert_non_null(gone);
    assert_int_equal(gone->ask, first);
    q = asked(&r);
    connect_to(&r, &back, s.port, KITH_TLS_DIRECT,
               0); /* the pinned one is there again: no question any more */
    assert_true(back.opened);
    assert_non_null(rig_event(&r, KITH_EV_ASK_GONE));
    stream_close(back.st);
    unserve(&s);
    unserve(&s2);
    unserve(&s3);
    rig_stop(&r);
    rig_remove(&r);
}

static void no_means_no(void **state)
{
    struct rig r = {0};
    struct client c = {0}, again = {0}, later = {0};
    struct server s = serve(DIRECT, &self_signed);
    rig_start(&r);
    connect_to(&r, &c, s.port, KITH_TLS_DIRECT, 0);
    const struct kith_ev_ask *q = asked(&r);
    answer(&r, q, "no");
    const struct kith_ev_state *st = state_event(&r);
    assert_int_equal(st->retry, KITH_RETRY_NEVER);
    assert_int_equal(st->err, KITH_ETLS);
    connect_to(&r, &again, s.port, KITH_TLS_DIRECT, 0);
    assert_true(again.closed);
    assert_null(rig_event(&r, KITH_EV_ASK));
    trust_connecting(r.a->trust); /* the user connects: asked anew; "once" is not kept */
    again = (struct client){0};
    connect_to(&r, &again, s.port, KITH_TLS_DIRECT, 0);
    answer(&r, asked(&r), "once");
    connect_to(&r, &later, s.port, KITH_TLS_DIRECT, 0);
    assert_true(later.opened);
    stream_close(later.st);
    rig_stop(&r);
    rig_start(&r);
    later = (struct client){0};
    connect_to(&r, &later, s.port, KITH_TLS_DIRECT, 0);
    assert_true(later.closed);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
}

static void problem_of(const struct pair *p, const char *words)
{
    struct rig r = {0};
    struct client c = {0};
    struct server s = serve(DIRECT, p);
    rig_start(&r);
    use_authority(&r);
    connect_to(&r, &c, s.port, KITH_TLS_DIRECT, 0);
    assert_true(c.closed);
    const struct kith_ev_ask *q = asked(&r);
    if (!strstr(q->text, words))
        fail_msg("\"%s\" does not say \"%s\"", q->text, words);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
}

static void what_is_wrong_is_said(void **state)
{
    problem_of(&wrong_name, "it is for another name");
    problem_of(&wrong_name, "elsewhere.example");
    problem_of(&expired, "it has expired");
}

static void policies_hold(void **state)
{
    struct rig r = {0};
    struct client c = {0}, ok = {0}, bad = {0};
    struct server s = serve(DIRECT, &self_signed), s2 = serve(DIRECT, &good),
                  s3 = serve(DIRECT, &other);
    rig_start(&r);
    use_authority(&r);
    rig_option(&r, "tls_verify", "strict");
    connect_to(&r, &c, s.port, KITH_TLS_DIRECT, 0);
    assert_true(c.closed);
    assert_null(rig_event(&r, KITH_EV_ASK));
    connect_to(&r, &ok, s2.port, KITH_TLS_DIRECT, 0);
    assert_true(ok.opened);
    char only[100];
    snprintf(only, sizeof only, "sha256:%s", ok.fingerprint);
    stream_close(ok.st);
    rig_option(&r, "tls_fingerprint", only);
    ok = (struct client){0};
    connect_to(&r, &ok, s2.port, KITH_TLS_DIRECT, 0);
    assert_true(ok.opened);
    stream_close(ok.st);
    connect_to(&r, &bad, s3.port, KITH_TLS_DIRECT, 0);
    assert_true(bad.closed);
    assert_null(rig_event(&r, KITH_EV_ASK));
    rig_stop(&r);

    rig_start(&r); /* pin: the first faultless one is kept, another is a question */
    use_authority(&r);
    rig_option(&r, "tls_verify", "pin");
    ok = bad = (struct client){0};
    connect_to(&r, &ok, s2.port, KITH_TLS_DIRECT, 0);
    assert_true(ok.opened);
    stream_close(ok.st);
    connect_to(&r, &bad, s3.port, KITH_TLS_DIRECT, 0);
    assert_true(bad.closed);
    assert_non_null(strstr(asked(&r)->title, "CHANGED"));
    unserve(&s);
    unserve(&s2);
    unserve(&s3);
    rig_stop(&r);
    rig_remove(&r);
}

static void starttls_secures_and_injection_is_refused(void **state)
{
    struct rig r = {0};
    struct client c = {.starttls_on_go = true}, evil = {.starttls_on_go = true};
    struct server s = serve(STARTTLS, &good), s2 = serve(INJECT, &good);
    rig_start(&r);
    use_authority(&r);
    connect_to(&r, &c, s.port, KITH_TLS_START, 0);
    assert_true(c.opened);
    assert_int_equal(c.info.tls, 0);
    c.ended = 0;
    assert_int_equal(stream_write(c.st, "STARTTLS\n", 9), 0);
    rig_until(&r, &c.ended);
    if (!c.secured)
        fail_msg("%s", c.text);
    assert_int_equal(c.info.tls, 1);
    assert_int_equal(stream_write(c.st, "now", 3), 0);
    until_got(&r, &c, "now");
    stream_close(c.st);
    connect_to(&r, &evil, s2.port, KITH_TLS_START, 0);
    evil.ended = 0;
    assert_int_equal(stream_write(evil.st, "STARTTLS\n", 9), 0);
    rig_until(&r, &evil.ended);
    assert_true(evil.closed);
    assert_int_equal(evil.err, KITH_ETLS);
    unserve(&s);
    unserve(&s2);
    rig_stop(&r);
    rig_remove(&r);
}

static void a_proxy_is_used(void **state)
{
    struct rig r = {0};
    struct client c = {0}, login = {0}, wrong = {0}, refused = {0};
    struct server s = serve(SOCKS, &good), s2 = serve(SOCKS_LOGIN, &good),
                  s3 = serve(SOCKS_REFUSES, &good);
    char url[4][64];
    rig_start(&r);
    use_authority(&r);
    snprintf(url[0], sizeof url[0], "socks5://127.0.0.1:%u", s.port);
    snprintf(url[1], sizeof url[1], "socks5://me:p%%3aw@127.0.0.1:%u", s2.port);
    snprintf(url[2], sizeof url[2], "socks5://me:wrong@127.0.0.1:%u/", s2.port);
    snprintf(url[3], sizeof url[3], "socks5://127.0.0.1:%u", s3.port);
    rig_option(&r, "proxy", url[0]);
    connect_to(&r, &c, 4711, KITH_TLS_DIRECT, 0);
    if (!c.opened)
        fail_msg("%s", c.text);
    assert_int_equal(stream_write(c.st, "via", 3), 0);
    until_got(&r, &c, "via");
    stream_close(c.st);
    r.options[r.a->open.n_options - 1].value = url[1];
    connect_to(&r, &login, 4711, KITH_TLS_DIRECT, 0);
    if (!login.opened)
        fail_msg("%s", login.text);
    stream_close(login.st);
    r.options[r.a->open.n_options - 1].value = url[2];
    connect_to(&r, &wrong, 4711, KITH_TLS_DIRECT, 0);
    assert_true(wrong.closed);
    r.options[r.a->open.n_options - 1].value = url[3];
    connect_to(&r, &refused, 4711, KITH_TLS_DIRECT, 0);
    assert_true(refused.closed);
    assert_non_null(strstr(refused.text, "connection refused"));
    struct kith_stream_params p = {.size = sizeof p, .host = "localhost", .port = 1};
    struct kith_stream *st;
    r.options[r.a->open.n_options - 1].value = "http://proxy";
    assert_int_equal(stream_open(r.a, &p, &callbacks, &refused, &st), KITH_EINVAL);
    unserve(&s);
    unserve(&s2);
    unserve(&s3);
    rig_stop(&r);
    rig_remove(&r);
}

static void silence_and_refusal_end(void **state)
{
    struct rig r = {0};
    struct client silent = {0}, refused = {0}, nowhere = {0};
    struct server s = serve(SILENT, NULL);
    uint16_t port;
    close(rig_listen(&port));
    rig_start(&r);
    int64_t begin = clock_mono_ms();
    connect_to(&r, &silent, s.port, KITH_TLS_DIRECT, 150);
    assert_true(silent.closed);
    assert_int_equal(silent.err, KITH_ENET);
    assert_true(clock_mono_ms() - begin < 5000);
    connect_to(&r, &refused, port, KITH_TLS_DIRECT, 0);
    assert_true(refused.closed);
    assert_int_equal(refused.err, KITH_ENET);
    assert_non_null(strstr(refused.text, "refused"));
    struct kith_stream_params p = {.size = sizeof p, .host = "", .port = 1};
    assert_int_equal(stream_open(r.a, &p, &callbacks, &nowhere, &nowhere.st), KITH_EINVAL);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
}

static void plain_streams_are_held_and_can_be_taken(void **state)
{
    struct rig r = {0};
    struct client c = {0}, own = {.take = true};
    struct server s = serve(PLAIN, NULL);
    char b[8] = "";
    rig_start(&r);
    connect_to(&r, &c, s.port, KITH_TLS_NONE, 0);
    assert_true(c.opened);
    streams_hold(r.a, true);
    assert_int_equal(stream_write(c.st, "ping", 4), 0);
    for (int i = 0; i < 5; i++)
        loop_turn(r.loop, 20);
    assert_string_equal(c.got, "");
    streams_hold(r.a, false);
    until_got(&r, &c, "ping");
    stream_close(c.st);
    loop_turn(r.loop, 0);
    connect_to(&r, &own, s.port, KITH_TLS_OWN, 0);
    assert_true(own.fd >= 0);
    loop_turn(r.loop, 0);
    assert_int_equal(write(own.fd, "mine", 4), 4);
    struct pollfd pfd = {.fd = own.fd, .events = POLLIN};
    assert_int_equal(poll(&pfd, 1, RIG_WAIT_MS), 1);
    assert_int_equal(read(own.fd, b, 4), 4);
    assert_string_equal(b, "mine");
    close(own.fd);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
}

/* RFC 5890: the name that a person writes, and the one in the certificate. */
static void a_name_with_other_letters(void **state)
{
    struct rig r = {0};
    struct client c = {0}, none = {0};
    struct pair own = make_cert("xn--bcher-kva.example", &authority, 30);
    struct server s = serve(DIRECT, &own);
    rig_start(&r);
    use_authority(&r);
    struct kith_stream_params p = {.size = sizeof p,
                                   .tls = KITH_TLS_DIRECT,
                                   .host = "localhost",
                                   .name = "B\xc3\xbc" "cher.example",
                                   .port = s.port};
    c.r = none.r = &r;
    assert_int_equal(stream_open(r.a, &p, &callbacks, &c, &c.st), 0);
    rig_until(&r, &c.ended);
    if (!c.opened)
        fail_msg("%s", c.text);
    stream_close(c.st);
    p.name = "no\xff" "name.example";
    assert_int_equal(stream_open(r.a, &p, &callbacks, &none, &none.st), 0);
    rig_until(&r, &none.ended);
    assert_true(none.closed);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
    free_cert(&own);
}

/* A server that hangs up in the middle of a long word of ours had told us why. */
static void last_words_are_heard(void **state)
{
    for (int tls = 0; tls < 2; tls++) {
        struct rig r = {0};
        struct client c = {0};
        struct server s = serve(tls ? ENOUGH_TLS : ENOUGH, &good);
        size_t size = 12u << 20;
        char *much = xcalloc(1, size);
        rig_start(&r);
        use_authority(&r);
        connect_to(&r, &c, s.port, tls ? KITH_TLS_DIRECT : KITH_TLS_NONE, 0);
        assert_true(c.opened);
        assert_int_equal(stream_write(c.st, much, size), 0);
        rig_until(&r, &c.closed);
        assert_string_equal(c.got, "enough");
        assert_int_equal(c.err, KITH_ENET);
        assert_int_equal(c.drained, 0);
        free(much);
        unserve(&s);
        rig_stop(&r);
        rig_remove(&r);
    }
}

static void names_protocols_and_client_keys_are_shown(void **state)
{
    struct rig r = {0};
    struct client c = {0}, ok = {0};
    struct server s = serve(STRICT, &good);
    rig_start(&r);
    use_authority(&r);
    char *path = path_join(r.dir, "client.pem");
    struct kith_stream_params p = {.size = sizeof p,
                                   .tls = KITH_TLS_DIRECT,
                                   .host = "localhost",
                                   .port = s.port,
                                   .cert_file = path,
                                   .alpn = "test"};
    write_cert(&other, path, true, 0644);
    assert_int_equal(stream_open(r.a, &p, &callbacks, &c, &c.st), 0);
    rig_until(&r, &c.ended);
    assert_true(c.closed); /* a key that others can read is not used */
    assert_non_null(strstr(c.text, "client.pem"));
    chmod(path, 0600);
    assert_int_equal(stream_open(r.a, &p, &callbacks, &ok, &ok.st), 0);
    rig_until(&r, &ok.ended);
    if (!ok.opened)
        fail_msg("%s", ok.text);
    assert_int_equal(stream_write(ok.st, "in", 2),
                     0); /* in TLS 1.3 a refusal would come only now */
    until_got(&r, &ok, "in");
    stream_close(ok.st);
    free(path);
    unserve(&s);
    rig_stop(&r);
    rig_remove(&r);
}

static int make_all(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    authority = make_cert(NULL, NULL, 100);
    good = make_cert("localhost", &authority, 100);
    self_signed = make_cert("localhost", NULL, 100);
    other = make_cert("localhost", NULL, 100);
    wrong_name = make_cert("elsewhere.example", &authority, 100);
    expired = make_cert("localhost", &authority, -5);
    return 0;
}

static int free_all(void **state)
{
    struct pair *all[] = {&authority, &good, &self_signed, &other, &wrong_name, &expired};
    for (size_t i = 0; i < COUNT(all); i++)
        free_cert(all[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_right_certificate_connects),
                                       cmocka_unit_test(tls_1_2_binds_by_unique_and_1_1_is_refused),
                                       cmocka_unit_test(a_self_signed_one_is_a_question),
                                       cmocka_unit_test(no_means_no),
                                       cmocka_unit_test(what_is_wrong_is_said),
                                       cmocka_unit_test(policies_hold),
                                       cmocka_unit_test(starttls_secures_and_injection_is_refused),
                                       cmocka_unit_test(a_proxy_is_used),
                                       cmocka_unit_test(silence_and_refusal_end),
                                       cmocka_unit_test(plain_streams_are_held_and_can_be_taken),
                                       cmocka_unit_test(a_name_with_other_letters),
                                       cmocka_unit_test(last_words_are_heard),
                                       cmocka_unit_test(names_protocols_and_client_keys_are_shown)};
    return cmocka_run_group_tests(tests, make_all, free_all);
}
