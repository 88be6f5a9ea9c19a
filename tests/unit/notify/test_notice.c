/* tests/unit/notify/test_notice.c - text made fit for a notice, and notices shown on a bus of our
 * own
 *
 * The desktop is a child process that owns org.freedesktop.Notifications on a private dbus-daemon
 * and writes what it is asked to a pipe.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "notify/desktop.h"
#include "notify/notice.h"

#include <gio/gio.h> /* after base.h: both define MIN and MAX */

static void check(const char *in, bool markup, const char *out)
{
    char *got = notice_text(in, markup);
    assert_string_equal(got, out);
    free(got);
}

static void text_is_made_fit(void **state UNUSED)
{
    check("hello", true, "hello");
    check("<b>a & b</b>", true, "&lt;b&gt;a &amp; b&lt;/b&gt;");
    check("<b>a & b</b>", false, "<b>a & b</b>");
    check("two\nlines\tand tab", true, "two lines and tab");
    char *got = notice_text("\x1b[31mred\x07 \xe2\x80\xae"
                            "evil",
                            true);
    assert_null(strchr(got, '\x1b'));
    assert_null(strchr(got, '\x07'));
    assert_null(strstr(got, "\xe2\x80\xae"));
    free(got);
}

static void text_is_cut(void **state UNUSED)
{
    char in[4001], *got;
    memset(in, '<', 400);
    in[400] = '\0';
    got = notice_text(in, false);
    assert_int_equal(utf8_count(got), NOTICE_CHARS);
    assert_true(str_ends(got, "<\xe2\x80\xa6"));
    free(got);
    got = notice_text(in, true); /* cut first: no half of an escape */
    assert_int_equal(utf8_count(got), (NOTICE_CHARS - 1) * 4 + 1);
    assert_true(str_ends(got, "&lt;\xe2\x80\xa6"));
    free(got);
    in[NOTICE_CHARS] = '\0';
    check(in, false, in); /* just fits */
    for (int i = 0; i < 1000; i++)
        memcpy(in + (size_t)i * 2, "\xc3\xa4", 2);
    in[2000] = '\0';
    got = notice_text(in, false);
    assert_int_equal(utf8_count(got), NOTICE_CHARS);
    assert_true(utf8_valid(got, strlen(got)));
    free(got);
}

static void fields_end(void **state UNUSED)
{
    const char data[] = {'a', 0, 0, 'b', 'c'};
    const char *at = data, *end = data + sizeof data;
    assert_string_equal(notice_field(&at, end), "a");
    assert_string_equal(notice_field(&at, end), "");
    assert_null(notice_field(&at, end));
    at = end;
    assert_null(notice_field(&at, end));
}

/* ---- a desktop ---- */

static const char xml[] =
    "<node><interface name='org.freedesktop.Notifications'>"
    "<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
    "<method name='GetServerInformation'><arg type='s' direction='out'/><arg type='s' "
    "direction='out'/>"
    "<arg type='s' direction='out'/><arg type='s' direction='out'/></method>"
    "<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/><arg "
    "type='s' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='as' direction='in'/>"
    "<arg type='a{sv}' direction='in'/><arg type='i' direction='in'/><arg type='u' "
    "direction='out'/></method>"
    "<method name='CloseNotification'><arg type='u' direction='in'/></method>"
    "</interface></node>";

static void called(GDBusConnection *c UNUSED, const char *sender UNUSED, const char *path UNUSED,
                   const char *interface UNUSED, const char *method, GVariant *args,
                   GDBusMethodInvocation *call, void *user UNUSED)
{
    static const char *const caps[] = {"body", "body-markup", NULL};
    static unsigned last;
    if (strcmp(method, "GetCapabilities") == 0) {
        g_dbus_method_invocation_return_value(call, g_variant_new("(^as)", caps));
    } else if (strcmp(method, "GetServerInformation") == 0) {
        g_dbus_method_invocation_return_value(call,
                                              g_variant_new("(ssss)", "test", "kith", "1", "1.2"));
    } else if (strcmp(method, "Notify") == 0) {
        const char *title, *body;
        unsigned replaces;
        g_variant_get_child(args, 1, "u", &replaces);
        g_variant_get_child(args, 3, "&s", &title);
        g_variant_get_child(args, 4, "&s", &body);
        unsigned id = replaces ? replaces : ++last;
        printf("Notify %u %s|%s\n", id, title, body);
        g_dbus_method_invocation_return_value(call, g_variant_new("(u)", id));
    } else {
        unsigned id;
        g_variant_get(args, "(u)", &id);
        printf("Close %u\n", id);
        g_dbus_method_invocation_return_value(call, NULL);
    }
    fflush(stdout);
}

static void owned(GDBusConnection *c, const char *name UNUSED, void *user)
{
    static const GDBusInterfaceVTable table = {.method_call = called};
    GDBusNodeInfo *info = user;
    g_dbus_connection_register_object(c, "/org/freedesktop/Notifications", info->interfaces[0],
                                      &table, NULL, NULL, NULL);
    printf("ready\n");
    fflush(stdout);
}

static void be_the_desktop(void)
{
    GDBusNodeInfo *info = g_dbus_node_info_new_for_xml(xml, NULL);
    g_bus_own_name(G_BUS_TYPE_SESSION, "org.freedesktop.Notifications", 0, owned, NULL, NULL, info,
                   NULL);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

/* Reads a line, waiting at most 10 s. */
static char *line_of(int fd)
{
    static char line[8192];
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n < sizeof line - 1 && poll(&p, 1, 10000) > 0 && read(fd, line + n, 1) == 1 &&
           line[n] != '\n')
        n++;
    line[n] = '\0';
    return line;
}

/* Forks; the child's stdout is the pipe. self NULL: this program as the desktop, by exec, for GLib
 * dislikes forks. */
static pid_t start(const char *const *argv, int *out)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return pid;
}

static const char *self;

static void notices_reach_the_desktop(void **state UNUSED)
{
    int bus_out, desktop_out;
    struct err e = {0};
    const char *const bus[] = {"dbus-daemon", "--session", "--nofork", "--print-address=1", NULL};
    pid_t bus_pid = start(bus, &bus_out);
    char *address = xstrdup(line_of(bus_out));
    if (!*address)
        skip(); /* no dbus-daemon here */
    setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
    setenv("KITH_TEST_DESKTOP", "1", 1);
    const char *const desktop[] = {self, NULL};
    pid_t desktop_pid = start(desktop, &desktop_out);
    assert_string_equal(line_of(desktop_out), "ready");
    struct desktop *d = desktop_new();
    assert_int_equal(desktop_show(d, "bob", "bob <b>", "a < b & c", 1, &e), 0);
    assert_string_equal(line_of(desktop_out), "Notify 1 bob <b>|a &lt; b &amp; c");
    assert_int_equal(desktop_show(d, "#lobby", "#lobby", "2", 0, &e), 0);
    assert_string_equal(line_of(desktop_out), "Notify 2 #lobby|2");
    assert_int_equal(desktop_show(d, "bob", "bob", "again", 2, &e), 0);
    assert_string_equal(line_of(desktop_out), "Notify 1 bob|again"); /* in place of the first */
    assert_int_equal(desktop_close(d, "bob", &e), 0);
    assert_string_equal(line_of(desktop_out), "Close 1");
    assert_int_equal(desktop_close(d, "nobody", &e), 0);
    kill(desktop_pid, SIGKILL);
    waitpid(desktop_pid, NULL, 0);
    assert_true(desktop_show(d, "#lobby", "#lobby", "3", 0, &e) < 0);
    assert_non_null(strstr(e.text, "did not take a notice"));
    desktop_free(d);
    kill(bus_pid, SIGKILL);
    waitpid(bus_pid, NULL, 0);
    close(bus_out);
    close(desktop_out);
    free(address);
}

int main(int argc UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_made_fit),
        cmocka_unit_test(text_is_cut),
        cmocka_unit_test(fields_end),
        cmocka_unit_test(notices_reach_the_desktop),
    };
    self = argv[0];
    if (getenv("KITH_TEST_DESKTOP"))
        be_the_desktop();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
