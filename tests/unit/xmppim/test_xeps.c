/* unit/xmppim/test_xeps.c - the table of extensions, what the code does and what others are told are one */
#include "fake_x.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/xmpp/xeps.h"

#define TABLE "src/backends/xmpp/xeps.c"

static char *file_text(const char *path)
{
    struct buf b = {0};
    char part[4096];
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_add(&b, part, n);
    fclose(f);
    return buf_take(&b);
}

static const struct xep *by_number(unsigned long number)
{
    for (const struct xep *e = xeps; e->number; e++)
        if (e->number == number)
            return e;
    return NULL;
}

/* Of a row. *more: whether another row has it, too. */
static const struct xep *by_var(const char *var)
{
    for (const struct xep *e = xeps; e->number; e++)
        for (size_t i = 0; i < XEP_VARS && e->vars[i]; i++)
            if (str_eq(e->vars[i], var))
                return e;
    return NULL;
}

static bool announced(const char *var)
{
    for (const struct feature *const *f = x_features; *f; f++)
        for (const char *const *v = (*f)->disco; v && *v; v++)
            if (str_eq(*v, var))
                return true;
    return false;
}

static void rows_are_in_order_and_whole(void **state)
{
    for (const struct xep *e = xeps; e->number; e++) {
        if (e[1].number && e[1].number <= e->number)
            fail_msg("XEP-%04u stands behind XEP-%04u in " TABLE ": rows are by number", e[1].number, e->number);
        assert_true(e->version && e->version[0] >= '0' && e->version[0] <= '9');
        if (e->lacks && (!e->lacks[0] || e->lacks[strlen(e->lacks) - 1] != '.' || strpbrk(e->lacks, "<>&")))
            fail_msg("XEP-%04u: what it lacks is to be a sentence of plain text", e->number);
    }
}

static void each_announced_feature_has_a_row(void **state)
{
    for (const struct feature *const *f = x_features; *f; f++)
        for (const char *const *v = (*f)->disco; v && *v; v++)
            if (!by_var(*v))
                fail_msg("feature_%s announces %s, and no XEP of the table in " TABLE " has it:\n"
                         "add a row {number, version, file, {that feature}, NULL}, then run `make man`",
                         (*f)->name, *v);
}

static void each_feature_of_a_row_is_announced(void **state)
{
    for (const struct xep *e = xeps; e->number; e++)
        for (size_t i = 0; i < XEP_VARS && e->vars[i]; i++) {
            if (!announced(e->vars[i]))
                fail_msg("XEP-%04u of the table in " TABLE " has %s, which no feature announces (struct feature.disco)",
                         e->number, e->vars[i]);
            if (by_var(e->vars[i]) != e)
                fail_msg("%s is in two rows of " TABLE, e->vars[i]);
        }
}

static void each_row_names_a_file_that_names_it(void **state)
{
    for (const struct xep *e = xeps; e->number; e++) {
        char path[256], number[8];
        (void)snprintf(path, sizeof path, "src/%s", e->where);
        (void)snprintf(number, sizeof number, "%04u", e->number);
        char *text = file_text(path);
        if (!text || !strstr(text, number))
            fail_msg("XEP-%s of the table in " TABLE " should be in %s, which %s", number, path,
                     text ? "never mentions it: say it in a comment, or correct the row" : "is not there");
        free(text);
    }
}

static void check_mentions(const char *path, const char *text)
{
    static const unsigned others[] = {384 /* named where its messages are refused */};
    for (const char *p = text; (p = strstr(p, "XEP-")); p += 4) {
        char *end;
        unsigned long number = strtoul(p + 4, &end, 10);
        bool other = false;
        for (size_t i = 0; i < COUNT(others); i++)
            other = other || others[i] == number;
        if (end == p + 8 && !other && !by_number(number))
            fail_msg("%s speaks XEP-%04lu, and the table in " TABLE " has no row for it:\n"
                     "add a row {number, version, file, {features announced for it}, NULL}, then run `make man`",
                     path, number);
    }
}

static void each_xep_in_the_code_has_a_row(void **state)
{
    struct dirent **list;
    int n = scandir("src/backends/xmpp", &list, NULL, alphasort);
    assert_true(n > 50);
    for (int i = 0; i < n; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "src/backends/xmpp/%s", list[i]->d_name);
        char *text = list[i]->d_name[0] == '.' ? NULL : file_text(path);
        if (text)
            check_mentions(path, text);
        free(text);
        free(list[i]);
    }
    free(list);
}

/* What the Compliance Suites of 2023 (XEP-0479) want of an advanced client: Core, IM, Mobile. Avatars (0084, 0153, 0398)
 * are not wanted of programs in a terminal, and push (0357) only where nothing may run in the background. */
static void the_suites_are_whole(void **state)
{
    static const struct {
        const char *suite;
        unsigned xeps[32];
    } suites[] = {
        {"Core Advanced", {368, 30, 115, 163}},
        {"IM Advanced", {245, 54, 280, 191, 45, 249, 48, 313, 402, 410, 223, 49, 198, 184, 85, 308, 363, 234, 261}},
        {"Mobile", {198, 352}},
    };
    for (size_t s = 0; s < COUNT(suites); s++)
        for (const unsigned *n = suites[s].xeps; *n; n++)
            if (!by_number(*n))
                fail_msg("%s wants XEP-%04u, and the table in " TABLE " has no row for it", suites[s].suite, *n);
}

static int depth_of(xmpp_stanza_t *st)
{
    int most = 0;
    for (xmpp_stanza_t *c = xmpp_stanza_get_children(st); c; c = xmpp_stanza_get_next(c)) {
        int d = depth_of(c);
        most = d > most ? d : most;
    }
    return most + 1;
}

static void the_file_is_the_table(void **state)
{
    struct buf b = {0};
    xeps_describe(&b);
    char *file = file_text("man/kith.doap");
    assert_non_null(file);
    if (!str_eq(file, buf_str(&b)))
        fail_msg("man/kith.doap is not what the table in " TABLE " says: run `make man` and commit the file");
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_stanza_t *rdf = xmpp_stanza_new_from_string(ctx, strstr(file, "<rdf:RDF"));
    assert_non_null(rdf);
    assert_int_equal(depth_of(rdf), 6); /* RDF, Project, implements, SupportedXep, property, text */
    size_t rows = 0, told = 0;
    for (const struct xep *e = xeps; e->number; e++)
        rows++;
    for (const char *p = file; (p = strstr(p, "<xmpp:SupportedXep>")); p++)
        told++;
    assert_int_equal(rows, told);
    xmpp_stanza_release(rdf);
    xmpp_ctx_free(ctx);
    free(file);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_in_order_and_whole),
        cmocka_unit_test(each_announced_feature_has_a_row),
        cmocka_unit_test(each_feature_of_a_row_is_announced),
        cmocka_unit_test(each_row_names_a_file_that_names_it),
        cmocka_unit_test(each_xep_in_the_code_has_a_row),
        cmocka_unit_test(the_suites_are_whole),
        cmocka_unit_test(the_file_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
