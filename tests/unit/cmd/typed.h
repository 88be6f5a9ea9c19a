/* unit/cmd/typed.h - lines as typed or bound, and what they made the core and the view do */
#ifndef UNIT_CMD_TYPED_H
#define UNIT_CMD_TYPED_H

UNUSED static void typed(struct world *w, const char *line, const char *calls, const char *seen)
{
    struct err e = {0};
    buf_clear(&w->core.calls);
    buf_clear(&w->seen);
    int rc = cmd_input(&w->ctx, line, &e);
    if (rc < 0)
        print_message("%s: %s\n", line, e.text);
    assert_true(rc >= 0);
    if (calls)
        assert_string_equal(buf_str(&w->core.calls), calls);
    if (seen)
        assert_string_equal(buf_str(&w->seen), seen);
}

UNUSED static void bound(struct world *w, const char *line, const char *calls, const char *seen)
{
    struct err e = {0};
    buf_clear(&w->core.calls);
    buf_clear(&w->seen);
    int rc = cmd_run(&w->ctx, line, &e);
    if (rc < 0)
        print_message("%s: %s\n", line, e.text);
    assert_true(rc >= 0);
    if (calls)
        assert_string_equal(buf_str(&w->core.calls), calls);
    if (seen)
        assert_string_equal(buf_str(&w->seen), seen);
}

UNUSED static void refused(struct world *w, const char *line, const char *why)
{
    struct err e = {0};
    buf_clear(&w->core.calls);
    assert_true(cmd_input(&w->ctx, line, &e) < 0);
    assert_string_equal(e.text, why);
    assert_string_equal(buf_str(&w->core.calls), ""); /* nothing was done */
}

#endif
