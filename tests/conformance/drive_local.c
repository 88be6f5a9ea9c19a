/* tests/conformance/drive_local.c - local chat: we are root, they are a user that only the tests
 * have */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "conformance/driver.h"

static char *meet;

static const char *start(const char *build UNUSED)
{
    char name[] = "/tmp/kl-conf-XXXXXX";
    if (geteuid() != 0)
        return "another user of this machine takes root";
    meet = xstrdup(mkdtemp(name));
    chmod(meet, 01777);
    return NULL;
}

static void stop(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", meet, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    free(meet);
}

static void configure(struct rec_host *h, bool good)
{
    char *bad = xasprintf("%s/kith-local-0/sock/no", meet);
    rec_option(h, "directory", good ? meet : bad);
    free(bad);
}

static void peer(struct hand *p)
{
    char *directory = xasprintf("directory=%s", meet);
    const char *const args[] = {"--uid", "12346", "--option", directory, NULL};
    driver_puppet(p, "local.so", args);
    free(directory);
}

static const char *our_address(void)
{
    return "root";
}

static const char *their_address(void)
{
    return "uid-12346";
}

static void provoke(struct hand *p)
{
    hand_say(p, "join|#ask");
    hand_say(p, "invite|#ask|root|come");
}

const struct driver driver_local = {
    .name = "local",
    .backend = "local.so",
    .room = "#lobby",
    .their_nick = "uid-12346",
    .unknown = "no-such-user",
    .nobody = "no-such-user",
    .step_ms = 5000,
    .confirmed = "delivery=3",
    .sees_them = "PRESENCE|address=uid-12346|show=1",
    .sees_us = "PRESENCE|address=root|show=1",
    .start = start,
    .stop = stop,
    .configure = configure,
    .peer = peer,
    .our_address = our_address,
    .their_address = their_address,
    .provoke = provoke,
    .choice = "join",
};
