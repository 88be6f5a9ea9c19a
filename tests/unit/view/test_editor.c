/* unit/view/test_editor.c - the user's editor as a child: what it wrote is taken over, or stays where it can be found */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"
#include "view/editor.h"

struct rig {
    char root[64];
    struct editor_child child;
    struct buf text;
    struct err e;
    char *path, *dir;
};

static int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);

    snprintf(r->root, sizeof r->root, "/tmp/kith-editor-XXXXXX");
    assert_non_null(mkdtemp(r->root));
    path_set_root(r->root);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    char *run = path_of(PATH_RUNTIME, NULL, NULL);

    unlink(r->path);
    rmdir(r->dir);
    rmdir(run);
    rmdir(r->root); /* fails when something else was left: the next check */
    assert_int_equal(access(r->root, F_OK), -1);
    buf_free(&r->text);
    free(run);
    free(r->path);
    free(r->dir);
    free(r);
    return 0;
}

/* Runs the words as the editor on "a draft" until its end; what editor_child_text says. */
static int edit(struct rig *r, const char *command)
{
    int rc = editor_child_start(&r->child, -1, command, "a draft", 7, &r->e);

    if (rc < 0)
        fail_msg("%s", r->e.text);
    r->path = xstrdup(r->child.path);
    r->dir = xstrdup(r->child.dir);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)r->child.pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(editor_child_look(&r->child), EDITOR_ENDED);
    rc = editor_child_text(&r->child, &r->text, &r->e);
    editor_child_clear(&r->child);
    assert_null(r->child.path);
    return rc;
}

static void assert_kept(const struct rig *r, size_t len)
{
    struct buf kept = {0};

    assert_non_null(strstr(r->e.text, r->path));
    assert_int_equal(path_check(r->path, 077, NULL), 0);
    assert_int_equal(path_read(r->path, 1 << 20, &kept, NULL), 0);
    assert_int_equal(kept.len, len);
    buf_free(&kept);
}

static void assert_gone(const struct rig *r)
{
    assert_null(strstr(r->e.text, r->path));
    assert_int_equal(access(r->dir, F_OK), -1);
}

static void what_was_saved_is_taken_over(void **state)
{
    struct rig *r = *state;

    assert_int_equal(edit(r, "sh -c 'echo \" to bob\" >> \"$0\"'"), 0);
    assert_string_equal(buf_str(&r->text), "a draft to bob");
    assert_gone(r);
}

static void a_failure_on_purpose_changes_nothing(void **state)
{
    struct rig *r = *state;

    assert_true(edit(r, "sh -c 'echo more >> \"$0\"; exit 1'") < 0);
    assert_string_equal(r->e.text, "the editor failed (exit code 1); the text is as it was");
    assert_gone(r);
}

static void what_a_killed_one_wrote_stays(void **state)
{
    struct rig *r = *state;

    assert_true(edit(r, "sh -c 'echo \" to bob\" >> \"$0\"; kill -9 $$'") < 0);
    assert_non_null(strstr(r->e.text, "killed by signal 9"));
    assert_kept(r, strlen("a draft to bob\n"));
}

static void what_is_too_long_stays(void **state)
{
    struct rig *r = *state;

    assert_true(edit(r, "sh -c 'head -c 300000 /dev/zero | tr \"\\0\" x > \"$0\"'") < 0);
    assert_non_null(strstr(r->e.text, "256 KiB"));
    assert_kept(r, 300000);
}

static void a_file_that_went_is_not_named_as_kept(void **state)
{
    struct rig *r = *state;

    assert_true(edit(r, "rm") < 0);
    assert_int_equal(access(r->dir, F_OK), -1);
}

/* Starts the words, waits for the file they make, tells them that the terminal hung up, and what is rescued then. */
static int hang_up(struct rig *r, const char *command)
{
    int rc = editor_child_start(&r->child, -1, command, "a draft", 7, &r->e);
    char *ready;

    if (rc < 0)
        fail_msg("%s", r->e.text);
    r->path = xstrdup(r->child.path);
    r->dir = xstrdup(r->child.dir);
    ready = path_join(r->dir, "ready");
    for (int i = 0; i < 3000 && access(ready, F_OK) < 0; i++)
        poll(NULL, 0, 10);
    assert_int_equal(unlink(ready), 0);
    free(ready);
    editor_child_hangup(&r->child);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)r->child.pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(editor_child_look(&r->child), EDITOR_ENDED);
    rc = editor_child_rescue(&r->child, &r->text, &r->e);
    editor_child_clear(&r->child);
    return rc;
}

#define WAITS "; : > \"$(dirname \"$0\")/ready\"; while :; do sleep 0.05; done'"

static void what_was_saved_before_a_hang_up_is_rescued(void **state)
{
    struct rig *r = *state;

    assert_int_equal(hang_up(r, "sh -c 'echo \" to bob\" >> \"$0\"" WAITS), 0);
    assert_string_equal(buf_str(&r->text), "a draft to bob");
    assert_gone(r);
}

/* nano writes message.txt.save, emacs #message.txt#. */
static void a_copy_made_in_need_is_rescued(void **state)
{
    struct rig *r = *state;

    assert_int_equal(hang_up(r, "sh -c 'trap \"echo in need > \\\"$0.save\\\"; exit 1\" HUP" WAITS), 0);
    assert_string_equal(buf_str(&r->text), "in need");
    assert_gone(r);
}

/* The swap file of vi is of use to vi alone. */
static void what_is_no_text_is_named_and_stays(void **state)
{
    struct rig *r = *state;
    char *swap;

    assert_int_equal(hang_up(r, "sh -c 'trap \"printf b0VIM\\\\\\\\0 > \\\"$0.swp\\\"; exit 1\" HUP" WAITS), 0);
    assert_string_equal(buf_str(&r->text), "a draft");
    swap = xasprintf("%s.swp", r->path);
    assert_non_null(strstr(r->e.text, swap));
    assert_int_equal(unlink(swap), 0);
    free(swap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_saved_is_taken_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_on_purpose_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_killed_one_wrote_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_too_long_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_saved_before_a_hang_up_is_rescued, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_made_in_need_is_rescued, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_text_is_named_and_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_went_is_not_named_as_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
