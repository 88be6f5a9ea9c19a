/* account/main.c - kith-account: one account of one protocol in a process of its own */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account/account.h"
#include "base/confine.h"
#include "account/describe.h"
#include "account/helper.h"
#include "account/load.h"
#include "account/spin.h"
#include "account/start.h"
#include "base/mem.h"
#include "base/soon.h"
#include "base/spawn.h"

#define OPEN_WAIT_MS 10000

static const char usage[] =
    "kith-account runs one account; kith starts it. By hand:\n"
    "  kith-account --describe PROTOCOL --dirs DIR[:DIR...]   options and commands of a protocol, "
    "as JSON lines\n"
    "  kith-account --fields PROTOCOL --dirs DIR[:DIR...]     its options, as lines\n"
    "  kith-account --list --dirs DIR[:DIR...]                all plugins there, and why one is "
    "refused\n"
    "  kith-account --self                                    what the process gives up, as JSON\n"
    "  kith-account --version\n";

static void ignore(int signo)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = SIG_IGN;
    (void)sigaction(signo, &sa, NULL);
}

static int print(struct buf *b)
{
    int rc = fputs(buf_str(b), stdout) < 0 || fflush(stdout) != 0;
    buf_free(b);
    return rc;
}

static int describe(const char *protocol, const char *dirs, bool fields)
{
    struct loaded l;
    struct err e = {0};
    struct buf b = {0};
    if (load_protocol(&l, dirs, protocol, &e) < 0) {
        (void)fprintf(stderr, "kith-account: %s\n", e.text);
        return 1;
    }
    if (fields)
        describe_fields(l.proto, &b);
    else
        describe_protocol(l.plugin, l.proto, &b);
    load_close(&l);
    return print(&b);
}

static int show_self(struct confine_report *r)
{
    struct confine_plan plan = {0};
    struct buf b = {0};
    confine(&plan, r);
    confine_describe(r, &b);
    return print(&b);
}

static void on_term(void *user, int signo)
{
    serve_bye(user, KITH_REASON_QUIT);
}

/* Without names and commands this process is of no use; the confinement forbids a new helper, the
 * engine does not. */
static void on_helper_gone(void *user)
{
    serve_bye(user, KITH_REASON_RESTART);
}

static int run(struct confine_report *r)
{
    struct err e = {0};
    struct loaded l = {0};
    (void)run_behind(); /* what it does at a time may take 10 ms: of an archive, of a long list */
    int code = 1, helper_fd = helper_fork(ACCOUNT_WIRE_FD);
    struct loop *loop = loop_new();
    struct kith_account *a = account_new(loop, ACCOUNT_WIRE_FD);
    spin_watch(loop);
    if (helper_fd >= 0) {
        a->helper = helper_new(loop, helper_fd);
        helper_on_gone(a->helper, on_helper_gone, a);
    }
    if (start_read_open(a, OPEN_WAIT_MS, &e) < 0) {
        (void)fprintf(stderr, "kith-account: %s\n", e.text);
    } else if (start_session(a, &l, r, &e) < 0) {
        serve_hello(a, &e);
    } else {
        (void)loop_signal(loop, SIGTERM, on_term, a);
        serve_start(a);
        code = loop_run(loop);
    }
    account_free(a);
    load_close(&l);
    spin_ignore();
    loop_free(loop);
    return code;
}

int main(int argc, char **argv)
{
    struct confine_report r = {0};
    struct stat st;
    const char *protocol = NULL, *dirs = "";
    bool self = false, list = false, fields = false;
    title_init(argc, argv);
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (more && (strcmp(argv[i], "--describe") == 0 || strcmp(argv[i], "--fields") == 0)) {
            fields = strcmp(argv[i], "--fields") == 0;
            protocol = argv[++i];
        } else if (strcmp(argv[i], "--dirs") == 0 && more) {
            dirs = argv[++i];
        } else if (strcmp(argv[i], "--self") == 0) {
            self = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[i], "--version") == 0) {
            return printf("kith-account %s, plugin interface %u.%u\n", KITH_VERSION, KITH_ABI_MAJOR,
                          KITH_ABI_MINOR) < 0;
        } else {
            (void)fputs(usage, stderr);
            return 2;
        }
    }
    confine_early(&r);
    ignore(SIGPIPE);
    if (self)
        return show_self(&r);
    if (list) {
        struct buf b = {0};
        load_each(dirs, describe_file, &b);
        return print(&b);
    }
    if (protocol)
        return describe(protocol, dirs, fields);
    if (fstat(ACCOUNT_WIRE_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    ignore(SIGINT); /* the terminal's, meant for kith */
    ignore(SIGHUP);
    return run(&r);
}
