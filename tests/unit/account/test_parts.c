/* tests/unit/account/test_parts.c - names, proxies, handles, confinement: the parts that
 * stand alone */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/confine.h"
#include "account/dial.h"
#include "account/dns.h"
#include "account/handles.h"
#include "account/load.h"
#include "account/socks.h"
#include "account/state.h"
#include "account/watch.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sock.h"

/* ---- names ---- */

/* An answer for _xmpp-client._tcp.example.org with two records: 10 5 5222 a.example.org, 5 0 5223 b
 * (compressed). */
static const unsigned char packet[] =
    "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
    "\x0c_xmpp-client\x04_tcp\x07"
    "example\x03org\x00\x00\x21\x00\x01"
    "\xc0\x0c\x00\x21\x00\x01\x00\x00\x0e\x10\x00\x15\x00\x0a\x00\x05\x14\x66\x01"
    "a\x07"
    "example\x03org\x00"
    "\xc0\x0c\x00\x21\x00\x01\x00\x00\x0e\x10\x00\x0a\x00\x05\x00\x00\x14\x67\x01"
    "b\xc0\x1e";

static void records_are_read(void **state)
{
    struct dns_targets t = {0};
    assert_int_equal(dns_parse_srv(&t, packet, sizeof packet - 1, true), 0);
    assert_int_equal(t.n, 2);
    assert_string_equal(t.list[0].host, "a.example.org");
    assert_int_equal(t.list[0].port, 5222);
    assert_int_equal(t.list[0].priority, 10);
    assert_int_equal(t.list[0].weight, 5);
    assert_true(t.list[0].direct);
    assert_string_equal(t.list[1].host, "b.example.org");
    dns_order(&t);
    assert_string_equal(t.list[0].host, "b.example.org");
}

static void broken_packets_are_refused(void **state)
{
    for (size_t len = 0; len < sizeof packet - 1; len++) {
        struct dns_targets t = {0};
        unsigned char *copy =
            malloc(len + 1); /* of exact size, so that a sanitizer sees one byte too far */
        memcpy(copy, packet, len);
        assert_true(dns_parse_srv(&t, copy, len, false) < 0 || t.n < 2);
        free(copy);
    }
    unsigned char b[sizeof packet];
    for (size_t i = 0; i < sizeof packet - 1; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct dns_targets t = {0};
            memcpy(b, packet, sizeof b);
            b[i] = (unsigned char)(b[i] ^ (1 << bit));
            (void)dns_parse_srv(&t, b, sizeof b - 1, false);
        }
}

static void a_dot_means_not_here(void **state)
{
    static const unsigned char dot[] =
        "\x12\x34\x81\x80\x00\x00\x00\x01\x00\x00\x00\x00"
        "\x01"
        "a\x00\x00\x21\x00\x01\x00\x00\x0e\x10\x00\x07\x00\x00\x00\x00\x00\x00\x00";
    struct dns_targets t = {0};
    assert_int_equal(dns_parse_srv(&t, dot, sizeof dot - 1, false), 0);
    assert_int_equal(t.n, 0);
    assert_true(t.refused);
}

static void weights_share(void **state)
{
    int first = 0;
    for (int i = 0; i < 2000; i++) {
        struct dns_targets t = {.n = 3,
                                .list = {{"heavy", 1, 1, 90, false},
                                         {"light", 1, 1, 10, false},
                                         {"far", 1, 2, 99, false}}};
        dns_order(&t);
        assert_string_equal(t.list[2].host, "far");
        first += strcmp(t.list[0].host, "heavy") == 0;
    }
    assert_in_range(first, 1650, 1950);
}

static void addresses_are_found(void **state)
{
    struct dns_address list[8];
    struct err e = {0};
    char name[128];
    struct dns_query q = {.host = "127.0.0.1", .port = 5222};
    assert_int_equal(dns_resolve(&q, list, COUNT(list), &e), 1);
    dial_name(&list[0], name, sizeof name);
    assert_string_equal(name, "127.0.0.1:5222");
    assert_int_equal(dns_port(&list[0]), 5222);
    q.host = "::1";
    assert_int_equal(dns_resolve(&q, list, COUNT(list), &e), 1);
    dial_name(&list[0], name, sizeof name);
    assert_string_equal(name, "[::1]:5222");
    q.host = "";
    assert_int_equal(dns_resolve(&q, list, COUNT(list), &e), KITH_EINVAL);
    q = (struct dns_query){.host = "127.0.0.1"};
    assert_true(dns_resolve(&q, list, COUNT(list), &e) < 0);
    assert_int_equal(dns_service_port("_xmpps-client._tcp"), 5223);
}

/* ---- proxies ---- */

static void proxy_urls_are_read(void **state)
{
    struct proxy p;
    struct err e;
    assert_int_equal(proxy_parse(&p, "socks5://127.0.0.1:9050", &e), 0);
    assert_string_equal(p.host, "127.0.0.1");
    assert_int_equal(p.port, 9050);
    assert_int_equal(proxy_parse(&p, "socks5h://a%40b:p%3a%2f@[::1]:1081/", &e), 0);
    assert_string_equal(p.user, "a@b");
    assert_string_equal(p.password, "p:/");
    assert_string_equal(p.host, "::1");
    assert_int_equal(p.port, 1081);
    assert_int_equal(proxy_parse(&p, "socks5://tor", &e), 0);
    assert_int_equal(p.port, 1080);
    static const char *const bad[] = {"",
                                      "http://x",
                                      "socks5://",
                                      "socks5://h:0",
                                      "socks5://h:99999",
                                      "socks5://u@h",
                                      "socks5://u:%zz@h",
                                      "socks5://u:p%00@h",
                                      "socks5://h/path"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(proxy_parse(&p, bad[i], &e), KITH_EINVAL);
        assert_null(strstr(e.text, "u:"));
    }
}

/* The proxy's bytes, one at a time; what comes behind its answer is the server's. */
static void socks_takes_no_byte_too_many(void **state)
{
    struct proxy p;
    struct err e;
    struct buf in = {0}, out = {0};
    assert_int_equal(proxy_parse(&p, "socks5://h:1", &e), 0);
    struct socks s = {.proxy = &p, .host = "example.org", .port = 0x1466};
    assert_int_equal(socks_start(&s, &out, &e), 0);
    assert_int_equal(out.len, 3);
    buf_clear(&out);
    static const char answer[] = "\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50";
    int rc = 0;
    for (size_t i = 0; i < sizeof answer - 1; i++) {
        assert_int_equal(rc, 0);
        buf_addc(&in, answer[i]);
        rc = socks_step(&s, &in, &out, &e);
    }
    assert_int_equal(rc, 1);
    assert_int_equal(in.len, 0);
    assert_int_equal(out.len, 4 + 1 + 11 + 2);
    assert_memory_equal(out.data,
                        "\x05\x01\x00\x03\x0b"
                        "example.org\x14\x66",
                        18);
    static const char *const bad[] = {"\x04\x00", "\x05\xff", "\x05\x02"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        buf_clear(&in);
        buf_clear(&out);
        assert_int_equal(socks_start(&s, &out, &e), 0);
        buf_add(&in, bad[i], 2);
        assert_true(socks_step(&s, &in, &out, &e) < 0);
    }
    buf_free(&in);
    buf_free(&out);
}

/* ---- handles ---- */

static void count(void *user)
{
    ++*(int *)user;
}

static void count_io(void *user, int fd, unsigned ready)
{
    char c;
    ++*(int *)user;
    (void)!read(fd, &c, 1);
}

static void handles_name_one_thing_only(void **state)
{
    struct loop *loop = loop_new();
    struct handles *h = handles_new(loop);
    int n = 0, reads = 0, pair[2];
    int one = handles_timer_add(h, 0, count, &n);
    handles_timer_del(h, one);
    int two = handles_timer_add(h, 0, count, &n);
    assert_int_not_equal(one, two);
    handles_timer_del(h, one); /* old: must not touch the new owner of the slot */
    loop_turn(loop, 0);
    loop_turn(loop, 0);
    assert_int_equal(n, 1);
    handles_timer_del(h, two);
    assert_int_equal(sock_pair(pair), 0);
    int io = handles_io_add(h, pair[0], KITH_IO_READ, count_io, &reads);
    handles_timer_del(h, io); /* another kind */
    assert_int_equal(write(pair[1], "ab", 2), 2);
    handles_hold(h, true);
    loop_turn(loop, 0);
    assert_int_equal(reads, 0);
    handles_hold(h, false);
    loop_turn(loop, 100);
    assert_int_equal(reads, 1);
    assert_int_equal(handles_io_set(h, io, 0), 0);
    loop_turn(loop, 0);
    assert_int_equal(reads, 1);
    handles_io_del(h, io);
    assert_int_equal(handles_io_set(h, io, KITH_IO_READ), KITH_EINVAL);
    close(pair[0]);
    close(pair[1]);
    handles_free(h);
    loop_free(loop);
}

/* ---- confinement, in a child ---- */

static int confined_child(const char *mine, const char *foreign)
{
    struct confine_report r = {0};
    const char *write_dirs[] = {mine, NULL, "/does/not/exist"};
    struct confine_plan plan = {.write = write_dirs, .n_write = COUNT(write_dirs)};
    char *in = path_join(mine, "file"), *out = path_join(foreign, "file");
    confine_early(&r);
    confine(&plan, &r);
    if (!r.no_core || !r.no_new_privs)
        return 1;
    if (open(in, O_CREAT | O_WRONLY, 0600) < 0)
        return 2;
    if (r.landlock && (open(out, O_RDONLY) >= 0 || open(out, O_CREAT | O_WRONLY, 0600) >= 0))
        return 3;
    if (open("/etc/passwd", O_RDONLY) < 0 || socket(AF_INET, SOCK_STREAM, 0) < 0)
        return 4;
    char *argv[] = {"true", NULL};
    if (r.seccomp && (execv("/bin/true", argv) == 0 || errno != EPERM))
        return 5;
    if (r.seccomp && (syscall(SYS_mount, "a", "b", "c", 0, NULL) == 0 || errno != EPERM))
        return 6;
    return 0;
}

/* Beside that: nothing new to talk through. */
static int offline_child(void)
{
    struct confine_report r = {0};
    confine_early(&r);
    confine(&(struct confine_plan){.no_network = true}, &r);
    if (open("/etc/passwd", O_RDONLY) < 0)
        return 1;
    if (r.seccomp && (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM || socket(AF_UNIX, SOCK_STREAM, 0) >= 0))
        return 2;
    return 0;
}

/* Only what is open, memory, time and the end. */
static int computing_child(int in)
{
    struct confine_report r = {0};
    char *argv[] = {"true", NULL}, c = 0;
    int pair[2];
    confine_early(&r);
    confine_compute(&r);
    if (!r.no_new_privs)
        return 1;
    if (r.landlock && open("/etc/passwd", O_RDONLY) >= 0)
        return 2;
    if (!r.seccomp)
        return 0;
    if (open("/dev/null", O_RDONLY) >= 0 || errno != EPERM || open("/proc/self/maps", O_RDONLY) >= 0)
        return 3;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0)
        return 4;
    if (execv("/bin/true", argv) == 0 || errno != EPERM || kill(getppid(), 0) == 0 || pipe(pair) == 0)
        return 5;
    if (syscall(SYS_unlink, "/tmp/kith-none") == 0 || errno != EPERM)
        return 6;
    void *p = malloc(40 << 20);
    bool memory = p != NULL;
    free(p);
    return memory && read(in, &c, 1) == 1 && c == 'k' ? 0 : 7;
}

static void confinement_of_helpers_holds(void **state)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "k", 1), 1);
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(i == 0 ? offline_child() : computing_child(ends[0]));
        waitpid(pid, &status, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    close(ends[0]);
    close(ends[1]);
}

static void confinement_holds(void **state)
{
    char mine[] = "/tmp/kith-mine-XXXXXX", foreign[] = "/tmp/kith-foreign-XXXXXX";
    int status;
    assert_non_null(mkdtemp(mine));
    assert_non_null(mkdtemp(foreign));
    char *in = path_join(mine, "file"), *out = path_join(foreign, "file");
    int fd = open(out, O_CREAT | O_WRONLY, 0600);
    close(fd);
    pid_t pid = fork();
    if (pid == 0)
        _exit(confined_child(mine, foreign));
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    unlink(in);
    unlink(out);
    rmdir(mine);
    rmdir(foreign);
    free(in);
    free(out);
}

static void directories_of_others_are_refused(void **state)
{
    char dir[] = "/tmp/kith-load-XXXXXX";
    struct err e = {0};
    struct loaded l;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(load_check_owner(dir, &e), 0);
    chmod(dir, 0777);
    assert_true(load_check_owner(dir, &e) < 0);
    assert_non_null(strstr(e.text, "written by others"));
    chmod(dir, 0700);
    assert_int_equal(load_protocol(&l, dir, "nothing", &e), KITH_ENOTFOUND);
    char *path = path_join(dir, "junk.so");
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "junk", 4), 4);
    close(fd);
    assert_true(load_protocol(&l, dir, "junk", &e) < 0);
    assert_non_null(strstr(e.text, "Cannot load"));
    struct kith_plugin p = {.size = 8};
    assert_int_equal(load_check_abi(&p, "x", &e), KITH_EUNSUP);
    unlink(path);
    rmdir(dir);
    free(path);
}

static void watching_costs_nothing(void **state)
{
    struct loop *loop = loop_new();
    int n = 0;
    struct watch *w = watch_new(loop, NULL, count, &n);
    assert_int_equal(loop_turn(loop, 50), 0);
    assert_int_equal(n, 0);
    watch_free(w);
    loop_free(loop);
}

/* In a network of its own: a new address is noticed, the same one again is not. 0 = yes, 77 = not
 * allowed here. */
static int net_child(void)
{
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return 77;
    struct ifreq ifr = {.ifr_name = "lo"};
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a010203)};
    int n = 0, fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct loop *loop = loop_new();
    struct watch *w = watch_new(loop, NULL, count, &n);
    memcpy(&ifr.ifr_addr, &sa, sizeof sa);
    if (ioctl(fd, SIOCSIFADDR, &ifr) < 0)
        return 77;
    for (int i = 0; i < 50 && n == 0; i++)
        loop_turn(loop, 100);
    bool noticed = n == 1;
    for (int i = 0; i < 3; i++)
        loop_turn(loop, 200); /* and then it is quiet */
    watch_free(w);
    loop_free(loop);
    close(fd);
    return noticed && n == 1 ? 0 : 1;
}

/* Clocks that only move when they are told to. */
static int64_t now_mono, now_boot, now_wall;
static int64_t mono(void)
{
    return now_mono;
}
static int64_t boot(void)
{
    return now_boot;
}
static int64_t wall(void)
{
    return now_wall;
}

static void pass(int64_t mono_ms, int64_t boot_ms, int64_t wall_ms)
{
    now_mono += mono_ms;
    now_boot += boot_ms;
    now_wall += wall_ms;
}

static void nothing(void *user)
{
}

/* One turn of the loop for an event of somebody else, and what comes of it. */
static void one_turn(struct loop *loop, int *n, bool is_told)
{
    *n = 0;
    loop_timer_add(loop, 0, nothing, NULL);
    int64_t end = clock_mono_ms() + (is_told ? 10000 : WATCH_SETTLE_MS + 150);
    do
        loop_turn(loop, 50);
    while (*n == 0 && clock_mono_ms() < end);
    assert_int_equal(*n, is_told);
}

static void a_sleep_of_the_machine_is_noticed(void **state)
{
    static const struct watch_clocks clocks = {mono, boot, wall};
    struct loop *loop = loop_new();
    int n = 0;
    now_mono = 1000;
    now_boot = 5000000;
    now_wall = 1750000000000;
    struct watch *w = watch_new(loop, &clocks, count, &n);
    pass(60000, 60000, 60000);
    one_turn(loop, &n, false); /* a minute is a minute */
    pass(100, 3600100, 3600100);
    one_turn(loop, &n, true); /* an hour asleep */
    one_turn(loop, &n, false); /* once */
    pass(1000, 1000, 1400);
    one_turn(loop, &n, false); /* the clock was corrected a little */
    pass(1000, 1000, 86400000);
    one_turn(loop, &n, true); /* set to tomorrow */
    pass(1000, 1000, -86400000);
    one_turn(loop, &n, true); /* and back */
    pass(1000, 2500, 2500);
    one_turn(loop, &n, false); /* too short to have lost anything */
    watch_free(w);
    loop_free(loop);
}

static void a_new_address_is_noticed(void **state)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(net_child());
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void one_process_runs_an_account(void **state)
{
    char dir[] = "/tmp/kith-lock-XXXXXX";
    struct err e = {0};
    assert_non_null(mkdtemp(dir));
    int first = state_lock(dir, 0, &e);
    assert_true(first >= 0);
    int64_t before = clock_mono_ms();
    assert_int_equal(state_lock(dir, 120, &e), KITH_ECONFLICT);
    assert_true(clock_mono_ms() - before >= 120); /* the other may be about to end */
    assert_non_null(strstr(e.text, "Another process"));
    close(first);
    int second = state_lock(dir, 0, &e);
    assert_true(second >= 0);
    close(second);
    char *path = path_join(dir, "account.lock");
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(state_lock("/proc/none", 0, &e), KITH_EUNSUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records_are_read),
                                       cmocka_unit_test(broken_packets_are_refused),
                                       cmocka_unit_test(a_dot_means_not_here),
                                       cmocka_unit_test(weights_share),
                                       cmocka_unit_test(addresses_are_found),
                                       cmocka_unit_test(proxy_urls_are_read),
                                       cmocka_unit_test(socks_takes_no_byte_too_many),
                                       cmocka_unit_test(handles_name_one_thing_only),
                                       cmocka_unit_test(one_process_runs_an_account),
                                       cmocka_unit_test(confinement_holds),
                                       cmocka_unit_test(confinement_of_helpers_holds),
                                       cmocka_unit_test(directories_of_others_are_refused),
                                       cmocka_unit_test(watching_costs_nothing),
                                       cmocka_unit_test(a_sleep_of_the_machine_is_noticed),
                                       cmocka_unit_test(a_new_address_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
