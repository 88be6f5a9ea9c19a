/* tests/conformance/drive_xmpp.c - XMPP: alice and bob on a Prosody of the tests (prosody.py) */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conformance/driver.h"

static struct hand server;
static char *port, *ca;

static const char *start(const char *build UNUSED)
{
    const char *const argv[] = {"/usr/bin/python3", "-B", "tests/conformance/prosody.py", NULL};
    if (access("tests/conformance/prosody.py", R_OK) < 0 || access(argv[0], X_OK) < 0)
        return "run from the top of the source tree, with python3";
    hand_start(&server, argv);
    int ready = hand_wait(&server, 0, 30000, "READY");
    if (ready < 0) {
        hand_free(&server);
        return "no Prosody could be started";
    }
    port = hand_value(&server, ready, "port");
    ca = hand_value(&server, ready, "ca");
    return NULL;
}

static void stop(void)
{
    hand_say(&server, "quit");
    hand_stop(&server);
    hand_free(&server);
    free(port);
    free(ca);
}

static void configure(struct rec_host *h, bool good)
{
    rec_option(h, "address", "alice@localhost");
    rec_option(h, "password", good ? "secret" : "wrong");
    rec_option(h, "host", "127.0.0.1");
    rec_option(h, "port", port);
    rec_option(h, "ca_file", ca);
    rec_option(h, "encryption", "off"); /* each case is a device that nobody has seen before */
    rec_option(h, "allow_http", "true"); /* the streams of the suite have no TLS of their own */
}

static void peer(struct hand *p)
{
    char *p_port = xasprintf("port=%s", port), *p_ca = xasprintf("ca_file=%s", ca);
    const char *const args[] = {"--option", "address=bob@localhost",
                                "--option", "password=secret",
                                "--option", "host=127.0.0.1",
                                "--option", p_port,
                                "--option", p_ca,
                                "--option", "encryption=off",
                                "--option", "allow_http=true",
                                NULL};
    driver_puppet(p, "xmpp.so", args);
    free(p_port);
    free(p_ca);
}

static const char *our_address(void)
{
    return "alice@localhost";
}

static const char *their_address(void)
{
    return "bob@localhost";
}

static void cut(void)
{
    size_t from = server.n;
    hand_say(&server, "cut");
    hand_wait(&server, from, 5000, "CUT");
}

static void provoke(struct hand *p)
{
    hand_say(p, "add|alice@localhost");
}

const struct driver driver_xmpp = {
    .name = "xmpp",
    .backend = "xmpp.so",
    .room = "lobby@conference.localhost",
    .their_nick = "bob",
    .opens = "open",
    .room_whispers = true,
    .room_archive = true,
    .room_kept = true,
    .files_lie = true,
    .unknown = "@",
    .nobody = "nobody@localhost",
    .step_ms = 10000,
    .confirmed = "delivery=2",
    .start = start,
    .stop = stop,
    .configure = configure,
    .peer = peer,
    .our_address = our_address,
    .their_address = their_address,
    .cut = cut,
    .provoke = provoke,
};
