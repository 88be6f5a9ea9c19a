/* store/statements.c - every SQL statement that is run more than once */
#include "store/private.h"

#define MESSAGE_COLUMNS                                                                            \
    "id, time, sort, kind, flags, enc, delivery, edits, retracted, mention, sender, sender_name, " \
    "sender_id, resource, wire_id, origin_id, archive_id, reply_to, reply_sender, thread, "        \
    "failure, body, spans"

/* clang-format off */
const char *const store_sql[S_COUNT] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",

    [S_NEW_ACCOUNT] = "INSERT OR IGNORE INTO account (id, name, protocol) VALUES (?1, ?2, ?3)",
    [S_PUT_ACCOUNT] = "UPDATE account SET protocol = ?2, address = ?3, nick = ?4, show = ?5, status = ?6, "
                      "resume_id = ?7, resume_ms = ?8, gap = ?9 WHERE id = ?1",
    [S_PUT_CONTACT] = "INSERT OR REPLACE INTO contact (account, address, name, groups, flags) "
                      "VALUES (?1, ?2, ?3, ?4, ?5)",
    [S_DROP_CONTACT] = "DELETE FROM contact WHERE account = ?1 AND address = ?2",
    [S_NEW_CHAT] = "INSERT OR IGNORE INTO chat (id, account, address, kind) VALUES (?1, ?2, ?3, ?4)",
    [S_MOVE_CHAT] = "UPDATE OR IGNORE chat SET address = ?2 WHERE id = ?1",
    [S_PUT_CHAT] = "UPDATE chat SET kind = ?2, name = ?3, nick = ?4, topic = ?5, topic_by = ?6, topic_time = ?7, "
                   "flags = ?8, number = ?9, open = ?10, unread = ?11, mentions = ?12, read_sort = ?13, "
                   "read_id = ?14, active = ?15, last_sort = ?16, history_start = ?17, draft = ?18, "
                   "draft_cursor = ?19, draft_reply_to = ?20, draft_editing = ?21, said = ?22, notices = ?23, "
                   "pictures = ?24 WHERE id = ?1",
    [S_DROP_CHAT] = "DELETE FROM chat WHERE id = ?1",
    [S_ADD_MESSAGE] = "INSERT OR IGNORE INTO message (id, chat, time, sort, kind, flags, enc, delivery, mention, "
                      "id_key, archive_key, sender, sender_name, sender_id, resource, wire_id, origin_id, "
                      "archive_id, reply_to, reply_sender, thread, failure, body, spans) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
                      "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
    [S_PUT_MESSAGE] = "UPDATE OR IGNORE message SET sort = ?2, flags = ?3, enc = ?4, delivery = ?5, edits = ?6, "
                      "retracted = ?7, mention = ?8, archive_key = ?9, wire_id = ?10, archive_id = ?11, "
                      "failure = ?12, body = ?13, spans = ?14 WHERE id = ?1",
    [S_PUT_DELIVERY] = "UPDATE message SET delivery = ?2, failure = ?3 WHERE id = ?1",
    [S_DROP_MESSAGE] = "DELETE FROM message WHERE id = ?1",
    [S_RAISE_DELIVERY] = "UPDATE message SET delivery = ?4 WHERE id IN (SELECT id FROM message WHERE chat = ?1 AND "
                         "(sort, id) <= (?2, ?3) AND delivery > 0 ORDER BY sort DESC LIMIT 1000) AND "
                         "delivery BETWEEN 2 AND ?4 - 1",
    [S_ADD_ATTACHMENT] = "INSERT OR IGNORE INTO attachment (message, number, ref, name, mime, url, bytes, width, "
                         "height, path, flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [S_PUT_ATTACHMENT] = "UPDATE attachment SET path = ?3, width = ?4, height = ?5, ref = ?6, url = ?7, flags = ?8, bytes = ?9 "
                         "WHERE message = ?1 AND number = ?2",
    [S_DROP_FILES] = "DELETE FROM attachment WHERE message = ?1 AND (SELECT flags & 2147483648 FROM message WHERE id = ?1)",
    [S_FORGET_MESSAGE] = "UPDATE message SET flags = flags | 2147483648, body = NULL, spans = NULL WHERE id = ?1",
    [S_FORGET_REACTIONS] = "UPDATE reaction SET texts = '' WHERE message = ?1",
    [S_FORGET_WAITING] = "UPDATE waiting_change SET body = NULL, spans = NULL WHERE chat = ?1",
    [S_CUT_OFF_FILES] = "SELECT m.id, m.chat FROM attachment a JOIN message m ON m.id = a.message WHERE a.path IS NOT NULL AND "
                        "m.delivery = 1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message = m.id)",
    [S_ADD_EDIT] = "INSERT OR IGNORE INTO edit (message, edit_key, time, body, spans) VALUES (?1, ?2, ?3, ?4, ?5)",
    [S_DROP_EDIT] = "DELETE FROM edit WHERE message = ?1 AND edit_key = ?2",
    [S_DROP_EDITS] = "UPDATE edit SET body = NULL, spans = NULL WHERE message = ?1",
    [S_PUT_REACTION] = "INSERT OR REPLACE INTO reaction (message, sender, time, texts) VALUES (?1, ?2, ?3, ?4)",
    [S_TRIM_REACTIONS] = "DELETE FROM reaction WHERE message = ?1 AND sender IN (SELECT sender FROM reaction "
                         "WHERE message = ?1 AND sender <> ?2 AND sender <> ?3 ORDER BY time LIMIT ?4)",
    [S_ADD_OUTGOING] = "INSERT OR IGNORE INTO outbox (id, chat, message, op, flags, attempts, written, origin_id, "
                       "target, body, reply_to, reply_sender, reply_body, thread, spans) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [S_PUT_ATTEMPTS] = "UPDATE outbox SET attempts = ?2 WHERE id = ?1",
    [S_PUT_OUTGOING] = "UPDATE outbox SET body = ?2, failure = ?3, spans = ?4 WHERE id = ?1",
    [S_DROP_OUTGOING] = "DELETE FROM outbox WHERE id = ?1",
    [S_TEXT_ADD] = "INSERT INTO message_text (rowid, body) VALUES (?1, ?2)",
    [S_TEXT_DROP] = "INSERT INTO message_text (message_text, rowid, body) VALUES ('delete', ?1, ?2)",
    [S_TEXT_MERGE] = "INSERT INTO message_text (message_text, rank) VALUES ('merge', ?1)",
    [S_PUT_INDEXED] = "UPDATE meta SET value = ?1 WHERE key = 'indexed'",
    [S_PUT_INBOX] = "INSERT OR REPLACE INTO inbox (message, chat, why, time, until) VALUES (?1, ?2, ?3, ?4, ?5)",
    [S_DROP_INBOX] = "DELETE FROM inbox WHERE message = ?1",
    [S_PUT_SHELF] = "INSERT OR REPLACE INTO shelf (last, first, newest, oldest, has, rows, marks) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [S_PUT_VOICE] = "INSERT OR IGNORE INTO voice (chat, hash, sender, name, own) VALUES (?1, ?2, ?3, ?4, ?5)",
    [S_PUT_SHELVED] = "UPDATE meta SET value = ?1 WHERE key = 'shelved'",
    [S_PUT_CHANGED] = "INSERT OR IGNORE INTO shelf_changed (message) VALUES (?1)",
    [S_DROP_CHANGED] = "DELETE FROM shelf_changed WHERE message BETWEEN ?1 AND ?2",

    [S_ACCOUNT] = "SELECT id, protocol, address, nick, show, status, resume_id, resume_ms, gap FROM account WHERE name = ?1",
    [S_CONTACTS] = "SELECT address, name, groups, flags FROM contact WHERE account = ?1",
    [S_CHATS] = "SELECT id, address, kind, name, nick, topic, topic_by, topic_time, flags, number, open, unread, "
                "mentions, read_sort, read_id, active, last_sort, history_start, draft, draft_cursor, "
                "draft_reply_to, draft_editing, said, notices, pictures FROM chat WHERE account = ?1 ORDER BY id",
    [S_ELSEWHERE] = "SELECT c.address FROM chat c JOIN account a ON a.id = c.account WHERE a.protocol = ?1 AND a.address = ?2 "
                    "AND a.id <> ?3 AND c.flags & ?4",
    [S_MAX_IDS] = "SELECT (SELECT max(id) FROM account), (SELECT max(id) FROM chat), (SELECT max(id) FROM message), "
                  "(SELECT max(id) FROM outbox), (SELECT value FROM meta WHERE key = 'indexed'), "
                  "(SELECT value FROM meta WHERE key = 'shelved')",
    [S_MESSAGE] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE id = ?1 AND (?2 = 0 OR chat = ?2)",
    [S_BY_KEY] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE chat = ?1 AND id_key = ?2",
    [S_BY_ARCHIVE] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE chat = ?1 AND archive_key = ?2",
    [S_RECENT_BY_WIRE] = "SELECT * FROM (SELECT " MESSAGE_COLUMNS " FROM message WHERE chat = ?1 "
                         "ORDER BY sort DESC LIMIT 200) WHERE wire_id = ?2 LIMIT 1",
    [S_PAGE_OLDER] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE chat = ?1 AND (sort, id) < (?2, ?3) "
                     "ORDER BY sort DESC, id DESC LIMIT ?4",
    [S_PAGE_NEWER] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE chat = ?1 AND (sort, id) > (?2, ?3) "
                     "ORDER BY sort, id LIMIT ?4",
    [S_ANSWERS] = "SELECT " MESSAGE_COLUMNS " FROM message INDEXED BY message_reply WHERE chat = ?1 AND "
                  "reply_to IN (?2, ?3, ?4) ORDER BY sort, id LIMIT ?5",
    [S_THREAD] = "SELECT " MESSAGE_COLUMNS " FROM message INDEXED BY message_thread WHERE chat = ?1 AND "
                 "thread = ?2 ORDER BY sort, id LIMIT ?3",
    [S_REACTIONS] = "SELECT r.message, r.sender, r.texts FROM message m JOIN reaction r ON r.message = m.id "
                    "WHERE m.chat = ?1 AND m.sort BETWEEN ?2 AND ?3 ORDER BY r.message, r.time",
    [S_ATTACHMENTS] = "SELECT a.message, a.ref, a.name, a.mime, a.url, a.bytes, a.width, a.height, a.path, a.flags FROM message m "
                      "JOIN attachment a ON a.message = m.id WHERE m.chat = ?1 AND m.sort BETWEEN ?2 AND ?3 "
                      "ORDER BY a.message, a.number",
    [S_FIRST_UNREAD] = "SELECT id FROM message WHERE chat = ?1 AND (sort, id) > (?2, ?3) AND delivery = 0 "
                       "ORDER BY sort, id LIMIT 1",
    [S_HELD] = "SELECT count(*), total(length(CAST(body AS BLOB))) FROM message WHERE chat = ?1",
    [S_COUNT_UNREAD] = "SELECT count(*), total(mention) FROM (SELECT mention FROM message WHERE chat = ?1 AND "
                       "(sort, id) > (?2, ?3) AND delivery = 0 LIMIT 10000)",
    [S_COUNT_UP_TO] = "SELECT count(*) FROM message WHERE chat = ?1 AND (sort, id) <= (?2, ?3)",
    [S_OLDEST_ARCHIVED] = "SELECT archive_id FROM message WHERE chat = ?1 AND archive_id IS NOT NULL "
                          "ORDER BY sort, id LIMIT 1",
    [S_OLDEST_TIME] = "SELECT time FROM message WHERE chat = ?1 ORDER BY sort, id LIMIT 1",
    [S_NEWEST_ARCHIVED] = "SELECT sort FROM message WHERE chat = ?1 AND archive_id IS NOT NULL "
                          "AND id < ?2 ORDER BY sort DESC LIMIT 1",
    [S_ADD_WAITING] = "INSERT OR IGNORE INTO waiting_change (chat, target_key, change_key, flags, time, shown, target, ref, "
                      "sender, sender_id, body, spans) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [S_DROP_WAITING] = "DELETE FROM waiting_change WHERE chat = ?1 AND target_key = ?2",
    [S_COUNT_WAITING] = "SELECT count(*) FROM waiting_change WHERE chat = ?1",
    [S_WAITING] = "SELECT flags, time, shown, target, ref, sender, sender_id, body, spans FROM waiting_change "
                  "WHERE chat = ?1 AND target_key = ?2 ORDER BY time",
    [S_COUNT_KEPT] = "SELECT count(*) FROM message WHERE chat = ?1 AND body IS NOT NULL AND NOT flags & 2147483648",
    [S_KEPT] = "SELECT id, sort, body FROM message WHERE chat = ?1 AND (sort, id) > (?2, ?3) AND NOT flags & 2147483648 "
               "ORDER BY sort, id LIMIT ?4",
    [S_EDIT_MESSAGE] = "SELECT 1 FROM edit WHERE message = ?1 AND edit_key = ?2",
    [S_EDIT_KNOWN] = "SELECT max(time) FROM edit WHERE message = ?1",
    [S_VERSIONS] = "SELECT time, body, spans, edit_key FROM edit WHERE message = ?1 ORDER BY time",
    [S_EDIT_BODY] = "SELECT body, spans FROM edit WHERE message = ?1 AND edit_key = ?2 AND "
                    "time = (SELECT max(time) FROM edit WHERE message = ?1)",
    [S_REACTION_TIME] = "SELECT time FROM reaction WHERE message = ?1 AND sender = ?2",
    [S_COUNT_REACTIONS] = "SELECT count(*) FROM reaction WHERE message = ?1",
    [S_OUTBOX] = "SELECT id, chat, message, op, flags, attempts, written, origin_id, target, body, reply_to, "
                 "reply_sender, reply_body, thread, failure, spans FROM outbox ORDER BY id",
    [S_UNSHELVED] = "SELECT m.id, m.time, m.chat, m.flags, m.sender, m.sender_name, m.body, (SELECT "
                    "max(1 + (coalesce(a.mime, '') LIKE 'image/%')) FROM attachment a WHERE a.message = m.id) "
                    "FROM message m WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id LIMIT ?3",
    [S_CHANGED] = "SELECT r.message, s.first, s.last FROM shelf_changed r LEFT JOIN shelf s ON s.last = "
                  "(SELECT min(last) FROM shelf WHERE last >= r.message) LIMIT 1",
    [S_UNINDEXED] = "SELECT id, body FROM message WHERE id > ?1 ORDER BY id LIMIT ?2",
    /* CROSS: the few of the inbox are looked up, not all messages looked through. */
    [S_INBOX] = "SELECT * FROM (SELECT i.message, i.chat, i.why, i.time, i.until, coalesce(m.sender_name, m.sender), "
                "CASE WHEN m.spans IS NULL THEN substr(m.body, 1, 400) ELSE m.body END, m.spans FROM inbox i CROSS JOIN message m ON m.id = i.message "
                "WHERE m.retracted = 0 ORDER BY i.time DESC LIMIT ?1) ORDER BY time",
};
/* clang-format on */
