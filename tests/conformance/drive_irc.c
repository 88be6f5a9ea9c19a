/* tests/conformance/drive_irc.c - IRC: alice and bob on an InspIRCd, which has most of IRCv3, and on an ngIRCd, which has
 * next to nothing of it (ircd.py) */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conformance/driver.h"

static struct hand server;
static char *port, *nick; /* of ours: another each time, as a server may not have noticed yet that the last one left */
static int opened;

static const char *start(const char *program)
{
    const char *const argv[] = {
        "/usr/bin/python3", "-B", "tests/conformance/ircd.py", program, "secret", NULL};
    if (access(argv[2], R_OK) < 0 || access(argv[0], X_OK) < 0)
        return "run from the top of the source tree, with python3";
    hand_start(&server, argv);
    int ready = hand_wait(&server, 0, 30000, "READY");
    if (ready < 0) {
        hand_free(&server);
        return "the server could not be started";
    }
    port = hand_value(&server, ready, "port");
    return NULL;
}

static const char *start_inspircd(const char *build UNUSED)
{
    return start("inspircd");
}

static const char *start_ngircd(const char *build UNUSED)
{
    return start("ngircd");
}

static void stop(void)
{
    hand_say(&server, "quit");
    hand_stop(&server);
    hand_free(&server);
    str_take(&port, NULL);
    str_take(&nick, NULL);
}

static void configure(struct rec_host *h, bool good)
{
    if (good)
        str_take(&nick, xasprintf("alice%d", ++opened));
    rec_option(h, "address", "alice@127.0.0.1");
    rec_option(h, "nick", nick);
    rec_option(h, "port", port);
    rec_option(h, "tls", "no");
    rec_option(h, "fast", "true");
    rec_option(h, "needs_server_password", "true");
    rec_option(h, "server_password", good ? "secret" : "wrong");
    rec_option(h, "allow_plain", "true");
}

static void peer(struct hand *p)
{
    char *p_port = xasprintf("port=%s", port);
    const char *const args[] = {"--option", "address=bob@127.0.0.1",
                                "--option", "tls=no",
                                "--option", "fast=true",
                                "--option", "needs_server_password=true",
                                "--option", "server_password=secret",
                                "--option", "allow_plain=true",
                                "--option", p_port,
                                NULL};
    driver_puppet(p, "irc.so", args);
    free(p_port);
}

static const char *our_address(void)
{
    return nick;
}

static const char *their_address(void)
{
    return "bob";
}

static void cut(void)
{
    size_t from = server.n;
    hand_say(&server, "cut");
    hand_wait(&server, from, 20000, "CUT");
}

#define DRIVER(n, begin)                                                                           \
    {                                                                                              \
        .name = (n), .backend = "irc.so", .room = "#lobby", .their_nick = "bob",                   \
        .unknown = "no nick", .nobody = "nobody", .step_ms = 10000, .confirmed = "delivery=2",     \
        .start = (begin), .stop = stop, .configure = configure, .peer = peer,                      \
        .our_address = our_address, .their_address = their_address, .cut = cut,                    \
    }

const struct driver driver_irc = DRIVER("irc", start_inspircd);
const struct driver driver_irc_old = DRIVER("irc-old", start_ngircd);
