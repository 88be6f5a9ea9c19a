/* store/migrate.c - brings the file to the newest schema, by numbered steps that are never changed
 */
#include <stdio.h>

#include "store/private.h"

enum { APPLICATION_ID = 0x6b697468 }; /* "kith" */

/* Made from src/store/migrations by the Makefile: the text of each file, in order. */
static const char *const steps[] = {
#include "migrations.inc"
};

static int pragma_int(sqlite3 *db, const char *sql, int *out)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        *out = sqlite3_column_int(q, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(q);
    return rc;
}

static int run(sqlite3 *db, const char *sql)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        log_error("store: %.60s: %s", sql, sqlite3_errmsg(db));
    return rc;
}

/* All steps are one transaction: whatever happens, the file is of the old format or of the newest,
 * and nothing of it is lost. */
static int run_steps(sqlite3 *db, int from)
{
    char mark[96];
    snprintf(mark, sizeof mark, "PRAGMA user_version = %d; PRAGMA application_id = %d",
             (int)COUNT(steps), APPLICATION_ID);
    int rc = run(db, "BEGIN IMMEDIATE");
    for (int i = from; i < (int)COUNT(steps) && rc == SQLITE_OK; i++)
        rc = run(db, steps[i]);
    if (rc == SQLITE_OK)
        rc = run(db, mark);
    if (rc == SQLITE_OK)
        rc = run(db, "COMMIT");
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int store_migrate(sqlite3 *db, struct err *e)
{
    int version = 0, application = 0, tables = 0;
    int rc = pragma_int(db, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK)
        rc = pragma_int(db, "PRAGMA application_id", &application);
    if (rc == SQLITE_OK)
        rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (rc != SQLITE_OK)
        return rc;
    bool empty = version == 0 && application == 0 && tables == 0;
    if (!empty && application != APPLICATION_ID)
        return err_set(e, STORE_FAILED, "it is a database, but not one of kith");
    if (version > (int)COUNT(steps))
        return err_set(e, STORE_NEWER,
                       "it was written by a newer kith (format %d, this one knows up to %d); "
                       "use that one, or another directory with -c",
                       version, (int)COUNT(steps));
    return version < (int)COUNT(steps) ? run_steps(db, version) : SQLITE_OK;
}
