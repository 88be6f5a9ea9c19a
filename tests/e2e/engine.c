/* tests/e2e/engine.c - plays the engine for one kith-account: lines to operations, events to JSON
 *
 * usage: test-engine PROGRAM PROTOCOL BACKENDS STATE_DIR ADDRESS key=value ... (options of the account)
 * A line on stdin is an operation: its name, then members of struct wire_op with their values, all with tabs between:
 * "SEND\tsend.chat=#a\tsend.id=k1\tsend.body=hi"; \n, \t and \\ stand for themselves. A list grows by each value, and
 * "field=key=value" is a field of an answer, "read=PATH" and "write=PATH" open the file that goes with it. "close" ends the account politely, and so does the end of stdin. What the
 * account tells is printed as it is described in the table of the wire: one object of JSON a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "wire/table.h"
#include "wire/wire.h"

enum { ACCOUNT_FD = 3, LIST_MAX = 64 };

static struct {
    struct frame_io io;
    struct buf in;
    struct arena mem;
    bool closing;
} D;

/* ---- what the account tells ---- */

static void print(struct buf *b)
{
    json_end(b);
    fwrite(b->data, 1, b->len, stdout);
    fflush(stdout);
    buf_free(b);
}

static void member(struct buf *b, const char *name)
{
    if (b->data[b->len - 1] != '{')
        buf_addc(b, ',');
    json_quote(b, name);
    buf_addc(b, ':');
}

static void put_members(struct buf *b, const struct wire_struct *s, const char *p);

/* "ev.req" -> "req" */
static const char *name_of(const struct wire_field *f)
{
    return str_starts(f->name, "ev.") ? f->name + 3 : f->name;
}

static void put_strings(struct buf *b, const struct wire_field *f, const char *p)
{
    const char *const *list = *(const char *const *const *)(const void *)(p + f->at);
    size_t n = *(const size_t *)(const void *)(p + f->at_n);
    member(b, f->name);
    buf_addc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i ? "," : "");
        json_quote(b, list[i]);
    }
    buf_addc(b, ']');
}

static void put_structs(struct buf *b, const struct wire_field *f, const char *p)
{
    const char *list = *(const char *const *)(const void *)(p + f->at);
    size_t n = *(const size_t *)(const void *)(p + f->at_n);
    member(b, f->name);
    buf_addc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i ? ",{" : "{");
        put_members(b, f->sub, list + i * f->sub->size);
        buf_addc(b, '}');
    }
    buf_addc(b, ']');
}

static void put_members(struct buf *b, const struct wire_struct *s, const char *p)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct wire_field *f = &s->fields[i];
        const void *at = p + f->at;
        if (f->type == WT_STR)
            json_str(b, f->name, *(const char *const *)at);
        else if (f->type == WT_U32 || f->type == WT_ENUM)
            json_int(b, name_of(f), *(const uint32_t *)at);
        else if (f->type == WT_I32)
            json_int(b, name_of(f), *(const int32_t *)at);
        else if (f->type == WT_I64 || f->type == WT_U64)
            json_int(b, name_of(f), *(const int64_t *)at);
        else if (f->type == WT_STRS)
            put_strings(b, f, p);
        else if (f->type == WT_STRUCTS)
            put_structs(b, f, p);
    }
}

static void begin(struct buf *b, const char *what)
{
    json_begin(b);
    json_str(b, "ev", what);
}

static void bad(const struct err *e)
{
    struct buf b = {0};
    begin(&b, "BAD");
    json_str(&b, "text", e->text);
    print(&b);
}

static void on_event(const struct frame *f)
{
    struct kith_event *ev;
    struct err e = {0};
    struct buf b = {0}, number = {0};
    uint64_t n;
    if (wire_get_event(f->data, f->len, &D.mem, &n, &ev, &e) < 0) {
        bad(&e);
        return;
    }
    begin(&b, wire_event_name(ev->type));
    json_int(&b, "n", (int64_t)n);
    put_members(&b, wire_event_struct(ev->type), (const char *)ev);
    print(&b);
    wire_put_number(&number, n);
    frame_put(&D.io, WIRE_COMMITTED, number.data, number.len);
    buf_free(&number);
}

static void on_hello(const struct frame *f)
{
    struct wire_hello h = {0};
    struct err e = {0};
    struct buf b = {0};
    if (wire_get_hello(f->data, f->len, &D.mem, &h, &e) < 0) {
        bad(&e);
        return;
    }
    begin(&b, "HELLO");
    json_int(&b, "err", h.err);
    json_str(&b, "text", h.text);
    print(&b);
}

static void on_log(const struct frame *f)
{
    const char *text;
    uint32_t level;
    struct buf b = {0};
    if (wire_get_log(f->data, f->len, &D.mem, &level, &text, NULL) < 0)
        return;
    begin(&b, "LOG");
    json_int(&b, "level", level);
    json_str(&b, "text", text);
    print(&b);
}

static void on_refused(const struct frame *f)
{
    struct wire_refused r = {0};
    struct buf b = {0};
    if (wire_get_refused(f->data, f->len, &D.mem, &r, NULL) < 0)
        return;
    begin(&b, "REFUSED");
    json_str(&b, "op", wire_op_name(r.type));
    json_int(&b, "req", (int64_t)r.req);
    json_int(&b, "err", r.err);
    json_str(&b, "id", r.id);
    print(&b);
}

static void on_frame(const struct frame *f)
{
    arena_reset(&D.mem);
    if (f->kind == WIRE_EVENT)
        on_event(f);
    else if (f->kind == WIRE_HELLO)
        on_hello(f);
    else if (f->kind == WIRE_LOG)
        on_log(f);
    else if (f->kind == WIRE_REFUSED)
        on_refused(f);
}

/* ---- what it is told ---- */

/* \n, \t and \\ in place. */
static void unescape(char *s)
{
    char *out = s;
    for (; *s; s++) {
        if (*s == '\\' && s[1])
            *out++ = *++s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
        else
            *out++ = *s;
    }
    *out = '\0';
}

static const struct wire_field *field_named(const struct wire_struct *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (strlen(s->fields[i].name) == len && strncmp(s->fields[i].name, name, len) == 0)
            return &s->fields[i];
    return NULL;
}

static void add_string(const struct wire_field *f, char *p, const char *value)
{
    const char ***list = (const char ***)(void *)(p + f->at);
    size_t *n = (size_t *)(void *)(p + f->at_n);
    if (!*list)
        *list = arena_alloc(&D.mem, LIST_MAX * sizeof **list);
    if (*n < LIST_MAX)
        (*list)[(*n)++] = value;
}

static bool set_member(const struct wire_struct *s, char *p, const char *name, char *value)
{
    size_t len = strcspn(name, ".");
    const struct wire_field *f = field_named(s, name, len);
    int64_t n = 0;
    if (!f)
        return false;
    char *at = p + f->at;
    if (f->type == WT_ONE && name[len]) {
        char **sub = (char **)(void *)at;
        if (!*sub) {
            *sub = arena_alloc(&D.mem, f->sub->size);
            *(uint32_t *)(void *)*sub = (uint32_t)f->sub->size;
        }
        return set_member(f->sub, *sub, name + len + 1, value);
    }
    if (f->type == WT_STR) {
        *(const char **)(void *)at = value;
        return true;
    }
    if (f->type == WT_STRS) {
        add_string(f, p, value);
        return true;
    }
    if (f->type != WT_U64 && !str_int(value, INT64_MIN, INT64_MAX, &n))
        return false;
    if (f->type == WT_U32 || f->type == WT_ENUM || f->type == WT_I32)
        *(uint32_t *)(void *)at = (uint32_t)n;
    else if (f->type == WT_I64)
        *(int64_t *)(void *)at = n;
    else if (f->type == WT_U64)
        *(uint64_t *)(void *)at = strtoull(value, NULL, 10);
    return true;
}

/* "key=value" of an answer */
static void add_field(struct wire_op *op, char *text)
{
    char *value = strchr(text, '=');
    struct kith_field *f = arena_alloc(&D.mem, sizeof *f);
    const char **values = arena_alloc(&D.mem, sizeof *values);
    *value++ = '\0';
    values[0] = value;
    *f = (struct kith_field){.size = sizeof *f, .key = text, .type = "secret", .values = values, .n_values = 1};
    op->fields = f;
    op->n_fields = 1;
}

static uint32_t op_named(const char *name)
{
    for (uint32_t t = OP_CONNECT; t <= OP_COMMAND; t++)
        if (str_eq(wire_op_name(t), name))
            return t;
    return 0;
}

/* "read=PATH" or "write=PATH": the file of an operation, as the engine opens it. */
static int open_file(const char *how, const char *path)
{
    bool to_write = strcmp(how, "write") == 0;
    int fd = open(path, to_write ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        fprintf(stderr, "test-engine: %s: %s\n", path, strerror(errno));
    return fd;
}

static void put_op(const struct buf *b, const char *line, int fd)
{
    if (!b->len)
        fprintf(stderr, "test-engine: no such operation: %s\n", line);
    else if (fd >= 0)
        frame_put_fd(&D.io, WIRE_OP, b->data, b->len, fd);
    else
        frame_put(&D.io, WIRE_OP, b->data, b->len);
    if (fd >= 0)
        close(fd);
}

static void command(char *line)
{
    struct wire_op op = {.size = sizeof op};
    struct buf b = {0};
    int fd = -1;
    char *rest = line, *word = strsep(&rest, "\t");
    arena_reset(&D.mem);
    if (strcmp(word, "close") == 0) {
        wire_put_number(&b, KITH_REASON_QUIT);
        frame_put(&D.io, WIRE_QUIT, b.data, b.len);
        buf_free(&b);
        D.closing = true;
        return;
    }
    op.type = op_named(word);
    while ((word = strsep(&rest, "\t"))) {
        char *value = strchr(word, '=');
        if (!value)
            continue;
        *value++ = '\0';
        unescape(value);
        if (strcmp(word, "field") == 0)
            add_field(&op, value);
        else if (strcmp(word, "read") == 0 || strcmp(word, "write") == 0)
            fd = open_file(word, value);
        else if (!set_member(&wire_struct_op, (char *)&op, word, value))
            fprintf(stderr, "test-engine: %s has no member %s\n", line, word);
    }
    wire_put_op(&b, &op);
    put_op(&b, line, fd);
    buf_free(&b);
}

static bool read_lines(void)
{
    char data[65536];
    ssize_t n = read(0, data, sizeof data);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    buf_add(&D.in, data, (size_t)n);
    char *nl;
    while ((nl = memchr(buf_str(&D.in), '\n', D.in.len))) {
        char *line = xstrndup(D.in.data, (size_t)(nl - D.in.data));
        buf_consume(&D.in, (size_t)(nl - D.in.data) + 1);
        command(line);
        free(line);
    }
    return true;
}

/* ---- both ---- */

static void send_open(char **argv)
{
    struct wire_option options[64];
    struct wire_open o = {.size = sizeof o, .account = "test", .protocol = argv[2], .address = argv[5],
                          .backend_dirs = argv[3], .state_dir = argv[4], .options = options};
    struct buf b = {0};
    options[o.n_options++] = (struct wire_option){.key = "address", .value = argv[5]};
    for (char **a = argv + 6; *a && o.n_options < COUNT(options); a++) {
        char *value = strchr(*a, '=');
        *value++ = '\0';
        options[o.n_options++] = (struct wire_option){.key = *a, .value = value};
    }
    wire_put_open(&b, &o);
    frame_put(&D.io, WIRE_OPEN, b.data, b.len);
    buf_free(&b);
}

static void run(void)
{
    struct frame f;
    for (;;) {
        bool more = frame_flush(&D.io) == 0;
        struct pollfd p[2] = {{.fd = D.io.fd, .events = (short)(POLLIN | (more ? POLLOUT : 0))},
                              {.fd = D.closing ? -1 : 0, .events = POLLIN}};
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return;
        if (p[1].revents && !read_lines())
            command((char[]){"close"});
        if (!(p[0].revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        int rc = frame_fill(&D.io);
        while (frame_next(&D.io, &f) > 0)
            on_frame(&f);
        if (rc < 0)
            return;
    }
}

int main(int argc, char **argv)
{
    int pair[2], status = 0;
    struct err e = {0};
    if (argc < 6 || sock_pair(pair) < 0)
        return 2;
    const char *args[] = {"kith-account", NULL};
    struct spawn_fd fds[] = {{.from = pair[1], .to = ACCOUNT_FD}};
    struct spawn s = {.path = argv[1], .argv = args, .fd_stdin = -1, .fd_stdout = -1, .fd_stderr = 2, .fds = fds,
                      .n_fds = COUNT(fds), .die_with_parent = true};
    pid_t pid = spawn_start(&s, &e);
    if (pid < 0) {
        fprintf(stderr, "test-engine: %s\n", e.text);
        return 2;
    }
    close(pair[1]);
    frame_io_init(&D.io, pair[0], FRAME_MAX);
    send_open(argv);
    run();
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    frame_io_free(&D.io);
    buf_free(&D.in);
    arena_free(&D.mem);
    if (WIFSIGNALED(status))
        fprintf(stderr, "test-engine: kith-account ended by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
