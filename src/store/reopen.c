/* store/reopen.c - a file that could not be written to is tried again: what waits in memory finds
 * its place among what it holds */
#include "store/private.h"

/* Runs SQL with two numbers. An SQLite code. */
static int run(sqlite3 *db, const char *sql, int64_t a, int64_t b)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(q, 1, a);
    sqlite3_bind_int64(q, 2, b);
    rc = sqlite3_step(q);
    sqlite3_finalize(q);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Row `from` of the table becomes row `to`, wherever it is named. */
static int renumber(sqlite3 *db, const char *table, int64_t from, int64_t to)
{
    static const char named[] = "SELECT s.name, f.\"from\" FROM sqlite_schema s, "
                                "pragma_foreign_key_list(s.name) f WHERE f.\"table\" = ?1";
    sqlite3_stmt *q = NULL;
    char *sql = sqlite3_mprintf("UPDATE %w SET id = ?2 WHERE id = ?1", table);
    int rc = run(db, sql, from, to);
    sqlite3_free(sql);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, named, -1, &q, NULL);
    sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
    while (rc == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
        sql = sqlite3_mprintf("UPDATE \"%w\" SET \"%w\" = ?2 WHERE \"%w\" = ?1",
                              sqlite3_column_text(q, 0), sqlite3_column_text(q, 1),
                              sqlite3_column_text(q, 1));
        rc = run(db, sql, from, to);
        sqlite3_free(sql);
    }
    sqlite3_finalize(q);
    return rc;
}

/* The row that a new account or chat would repeat: its number, 0: none. */
static int64_t known_row(sqlite3 *db, const struct op *op)
{
    bool account = op->st == S_NEW_ACCOUNT;
    const char *sql = account ? "SELECT id FROM account WHERE name = ?1"
                              : "SELECT id FROM chat WHERE address = ?1 AND account = ?2";
    const struct val *name = &op->v[account ? 1 : 2];
    sqlite3_stmt *q = NULL;
    int64_t id = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        return 0;
    sqlite3_bind_text(q, 1, name->s, name->len, SQLITE_STATIC);
    if (!account)
        sqlite3_bind_int64(q, 2, op->v[1].i);
    if (sqlite3_step(q) == SQLITE_ROW)
        id = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return id == op->v[0].i ? 0 : id;
}

/* What the file says of this account or chat is worth more than what we made up without it. */
static void drop_puts(struct store *s, enum statement st, int64_t id)
{
    s->last = NULL;
    for (struct op **at = &s->first; *at;) {
        if ((*at)->st == st && (*at)->v[0].i == id) {
            *at = (*at)->next;
        } else {
            s->last = *at;
            at = &(*at)->next;
        }
    }
}

/* The file has accounts and chats that were made anew in memory: it takes the numbers over that all
 * the rest in memory names them by. */
static int adopt(struct store *s, sqlite3 *db)
{
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON", NULL, NULL, NULL);
    for (struct op *op = s->first; rc == SQLITE_OK && op; op = op->next) {
        bool account = op->st == S_NEW_ACCOUNT;
        int64_t row = account || op->st == S_NEW_CHAT ? known_row(db, op) : 0;
        if (!row)
            continue;
        rc = renumber(db, account ? "account" : "chat", row, op->v[0].i);
        s->found = true;
        drop_puts(s, account ? S_PUT_ACCOUNT : S_PUT_CHAT, op->v[0].i);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

bool store_reopen(struct store *s)
{
    struct err e = {0};
    bool look = s->stand_in || sqlite3_db_readonly(s->db, "main") == 1;
    if (!look)
        return true;
    sqlite3 *old = s->db;
    int64_t account = s->next_account, chat = s->next_chat, message = s->next_message,
            outgoing = s->next_outgoing, indexed = s->indexed;
    store_forget_statements(s);
    s->db = NULL;
    int rc = store_open_again(s, &e);
    if (rc == SQLITE_OK && s->stand_in)
        rc = adopt(s, s->db);
    if (rc == SQLITE_OK) {
        s->stand_in = false;
        sqlite3_close(old);
    } else {
        store_forget_statements(s);
        sqlite3_close(s->db);
        s->db = old;
        s->indexed = indexed;
        s->why = rc > 0 ? rc : s->why;
    }
    s->next_account = MAX(s->next_account, account);
    s->next_chat = MAX(s->next_chat, chat);
    s->next_message = MAX(s->next_message, message);
    s->next_outgoing = MAX(s->next_outgoing, outgoing);
    return rc == SQLITE_OK;
}

bool store_found_more(struct store *s)
{
    bool found = s->found;
    s->found = false;
    return found;
}
