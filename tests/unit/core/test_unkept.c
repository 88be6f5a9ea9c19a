/* unit/core/test_unkept.c - chats of which nothing is to be on the disk: what can be read, what lies where, and what goes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "events.h"
#include "store/private.h"

/* Is it in any file below the directory? */
static bool lies_in(const char *dir, const char *word)
{
    bool found = false;
    DIR *d = opendir(dir);
    const struct dirent *entry;
    while (d && (entry = readdir(d))) {
        char *path = path_join(dir, entry->d_name);
        struct stat st;
        struct buf b = {0};
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && lstat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                found |= lies_in(path, word);
            else if (S_ISREG(st.st_mode) && path_read(path, 64 << 20, &b, NULL) >= 0)
                found |= b.len && memmem(b.data, b.len, word, strlen(word)) != NULL;
        }
        buf_free(&b);
        free(path);
    }
    if (d)
        closedir(d);
    return found;
}

#define WORD "kingfisher"

static void says(struct rig *r, const char *id, const char *body)
{
    give(r, text(id, body));
    rig_turn(r, 0);
}

static void restart(struct rig *r)
{
    rig_stop(r);
    rig_start(r, false);
    r->a->state = KITH_STATE_ONLINE;
    core_load(r->core, bob(r));
}

static void receipt(struct rig *r, const char *id, enum kith_delivery d)
{
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT}, .chat = BOB, .id = id, .delivery = d};
    ingest_event(r->ca, &ev.ev);
}

static void state_is(struct rig *r, uint32_t flags)
{
    struct kith_ev_encryption ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ENCRYPTION}, .chat = BOB, .flags = flags};
    ingest_event(r->ca, &ev.ev);
}

/* All that can be done in a chat: read while kith runs, on the disk only while it waits, and gone with the end. */
static void test_nothing_on_the_disk(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, "m0", "hello");
    struct chat *c = bob(r);
    core_load(r->core, c);
    assert_int_equal(core_keep_text(r->core, c, false, &e), 0);
    says(r, "m1", WORD " one");
    struct kith_ev_message edit = text("m2", WORD " two");
    edit.flags = KITH_MSG_EDIT;
    edit.target = "m1";
    give(r, edit);
    struct kith_ev_message early = text("m4", WORD " edited before it came");
    early.flags = KITH_MSG_EDIT | KITH_MSG_HISTORY;
    early.target = "m3";
    give(r, early);
    const char *const reactions[] = {WORD};
    struct kith_ev_message react = text("m5", NULL);
    react.flags = KITH_MSG_REACT;
    react.target = "m0"; /* kept itself */
    react.reactions = reactions;
    react.n_reactions = 1;
    give(r, react);
    struct kith_attachment at = {.size = sizeof at, .id = "gcm256." WORD, .name = WORD ".jpg", .url = "https://fake/" WORD, .bytes = 7};
    struct kith_ev_message file = text("m6", "https://fake/" WORD);
    file.attachments = &at;
    file.n_attachments = 1;
    give(r, file);
    core_draft(r->core, c, &(struct draft){.text = (char *)(uintptr_t)(WORD " half said")}, NULL);
    assert_true(core_send(r->core, c, &(struct core_send){.body = WORD " from us"}, &e) > 0);
    char *ours = xstrdup(chat_last(c)->origin_id);
    int64_t first = chat_message_by_ref(c, "m1")->id;
    rig_turn(r, 0);
    assert_true(lies_in(r->dir, WORD)); /* it waits, and must not be lost */
    receipt(r, ours, KITH_STORED);
    assert_true(RIG_WAIT(r, 20000, !lies_in(r->dir, WORD)));
    struct message *m = store_message(r->store, c, first); /* whatever the window has */
    assert_string_equal(m->body, WORD " two");
    message_free(m);
    assert_string_equal(c->draft.text, WORD " half said");
    assert_string_equal(chat_message_by_ref(c, "m0")->reactions[0].text, WORD);
    free(ours);
    restart(r);
    assert_false(lies_in(r->dir, WORD));
    c = bob(r);
    assert_true(c->flags & CHAT_UNKEPT);
    const struct message *gone = chat_message_by_ref(c, "m1");
    assert_true(message_gone(gone));
    assert_int_equal(core_kept(r->core, c), 1);
    assert_string_equal(chat_message_by_ref(c, "m0")->body, "hello");
    assert_int_equal(chat_message_by_ref(c, "m0")->n_reactions, 0);
    struct message *copy = message_dup(chat_message_by_ref(c, "m1"));
    copy->delivery = DELIVERY_FAILED;
    assert_true(core_resend(r->core, copy, &e) < 0);
    message_free(copy);
}

/* What failed can be sent again as long as kith runs; dropped, it is nowhere. */
static void test_failed(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, "m0", "hello");
    struct chat *c = bob(r);
    core_load(r->core, c);
    assert_int_equal(core_keep_text(r->core, c, false, &e), 0);
    assert_true(core_send(r->core, c, &(struct core_send){.body = WORD " from us"}, &e) > 0);
    rig_turn(r, 0);
    receipt(r, chat_last(c)->origin_id, KITH_FAILED);
    assert_int_equal(chat_last(c)->delivery, DELIVERY_FAILED);
    assert_true(RIG_WAIT(r, 20000, !lies_in(r->dir, WORD)));
    assert_int_equal(core_resend(r->core, chat_last(c), &e), 0);
    assert_string_equal(chat_last(c)->body, WORD " from us");
    assert_int_equal(core_cancel(r->core, chat_last(c), &e), 0);
    assert_true(RIG_WAIT(r, 20000, !lies_in(r->dir, WORD)));
}

/* What was kept goes when the user says so, all of it, and no other chat's. */
static void test_forget(void **state)
{
    enum { N = 400 };
    struct rig *r = *state;
    struct err e = {0};
    for (int i = 0; i < N; i++) {
        char id[16], body[64];
        snprintf(id, sizeof id, "m%d", i);
        snprintf(body, sizeof body, "%s number %d", WORD, i);
        give(r, text(id, body));
    }
    struct kith_ev_message other = text("o1", "a " WORD "2 of another chat");
    other.chat = other.sender = "eve@fake";
    give(r, other);
    rig_turn(r, 0);
    struct chat *c = bob(r);
    core_load(r->core, c);
    while (store_index_slice(r->store, 2000))
        store_commit(r->store, false, NULL);
    store_commit(r->store, false, NULL);
    assert_true(core_forget(r->core, c, &e) < 0); /* it is being kept */
    assert_int_equal(core_keep_text(r->core, c, false, &e), 0);
    assert_int_equal(core_kept(r->core, c), N);
    says(r, "new", WORD " after it");
    assert_int_equal(core_forget(r->core, c, &e), 0);
    assert_true(message_gone(chat_message_by_ref(c, "m399"))); /* at once on the screen */
    assert_string_equal(chat_message_by_ref(c, "new")->body, WORD " after it");
    assert_true(core_keep_text(r->core, c, true, &e) < 0); /* not while it is under way */
    rig_stop(r); /* it goes on where it was */
    r->notices[0] = '\0';
    rig_start(r, false);
    assert_true(RIG_WAIT(r, 30000, !(bob(r)->flags & CHAT_FORGETS)));
    assert_non_null(strstr(r->notices, "bob@fake: what was written before is deleted from this machine"));
    assert_false(lies_in(r->dir, WORD " "));
    assert_true(lies_in(r->dir, WORD "2 of another"));
    assert_int_equal(core_kept(r->core, bob(r)), 0);
    assert_int_equal(core_keep_text(r->core, bob(r), true, &e), 0);
    says(r, "later", "a later " WORD);
    assert_int_equal(core_kept(r->core, bob(r)), 1);
}

/* Wanted back while it goes: what is said meanwhile is not what was said before, and stays. */
static void test_kept_again_while_it_goes(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, "m0", WORD " before");
    struct chat *c = bob(r);
    state_is(r, KITH_CHAT_ENCRYPTED);
    assert_true(config_set(r->config, "history.encrypted", "false", &e) >= 0);
    assert_int_equal(core_forget(r->core, c, &e), 0);
    assert_true(config_set(r->config, "history.encrypted", "true", &e) >= 0);
    assert_true(c->flags & CHAT_UNKEPT); /* not as long as it is under way */
    state_is(r, KITH_CHAT_OPENED);
    assert_true(c->flags & CHAT_UNKEPT);
    give(r, text("new", "while it goes"));
    restart(r);
    c = bob(r);
    assert_true(c->flags & CHAT_FORGETS);
    assert_true(c->flags & CHAT_UNKEPT);
    give(r, text("newer", "after a restart"));
    assert_true(RIG_WAIT(r, 30000, !(c->flags & CHAT_FORGETS)));
    assert_false(c->flags & CHAT_UNKEPT); /* and then as it was wanted */
    assert_string_equal(chat_message_by_ref(c, "newer")->body, "after a restart");
    assert_int_equal(core_kept(r->core, c), 0);
    says(r, "later", "a later one");
    assert_int_equal(core_kept(r->core, c), 1);
}

/* What was not in the window when it began, and came there before it was gone; and what the inbox says of it. */
static void test_forget_what_is_loaded_meanwhile(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, "m0", WORD " before");
    says(r, "m1", WORD " too");
    rig_stop(r); /* nothing is loaded */
    rig_start(r, false);
    struct chat *c = bob(r);
    assert_int_equal(r->model->n_inbox, 1);
    assert_string_equal(r->model->inbox[0]->text, WORD " before");
    assert_int_equal(core_keep_text(r->core, c, false, &e), 0);
    assert_int_equal(core_forget(r->core, c, &e), 0);
    assert_string_equal(r->model->inbox[0]->text, MODEL_NOT_KEPT);
    restart(r); /* before anything is gone */
    c = bob(r);
    assert_string_equal(r->model->inbox[0]->text, WORD " before");
    assert_string_equal(chat_message_by_ref(c, "m0")->body, WORD " before");
    assert_true(RIG_WAIT(r, 30000, !(c->flags & CHAT_FORGETS)));
    assert_true(message_gone(chat_message_by_ref(c, "m0")));
    assert_true(message_gone(chat_message_by_ref(c, "m1")));
    assert_string_equal(r->model->inbox[0]->text, MODEL_NOT_KEPT);
}

static void edited(struct rig *r, const char *id, const char *target, const char *body, enum kith_enc enc)
{
    struct kith_ev_message edit = text(id, body);
    edit.flags = KITH_MSG_EDIT;
    edit.target = target;
    edit.enc = enc;
    give(r, edit);
    rig_turn(r, 0);
}

/* What was kept, and is written anew when nothing is to be kept. */
static void test_new_text_of_old_messages(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    struct kith_ev_message broken = text("m1", "it cannot be read");
    r->a->state = KITH_STATE_OFFLINE;
    says(r, "m0", "hello");
    broken.enc = KITH_ENC_FAILED;
    give(r, broken);
    struct chat *c = bob(r);
    core_load(r->core, c);
    int64_t ours = core_send(r->core, c, &(struct core_send){.body = "not yet"}, &e);
    assert_true(ours > 0);
    rig_turn(r, 0);
    assert_int_equal(core_keep_text(r->core, c, false, &e), 0);
    edited(r, "e1", "m0", WORD " one", KITH_ENC_NONE);
    struct message *m = chat_message_by_ref(c, "m0");
    assert_string_equal(m->body, WORD " one");
    assert_true(m->flags & MESSAGE_UNKEPT); /* the one in the window is not written back as a kept one */
    broken.body = WORD " two";
    broken.enc = KITH_ENC_TRUSTED;
    give(r, broken);
    rig_turn(r, 0);
    assert_string_equal(chat_message_by_ref(c, "m1")->body, WORD " two");
    assert_true(RIG_WAIT(r, 20000, !lies_in(r->dir, WORD)));
    assert_true(core_send(r->core, c, &(struct core_send){.body = WORD " three", .edit = ours}, &e) > 0);
    rig_turn(r, 0);
    m = store_message(r->store, c, ours);
    assert_string_equal(m->body, WORD " three");
    assert_true(m->flags & MESSAGE_UNKEPT); /* it waits on the disk, and nowhere else */
    message_free(m);
}

/* An edit is encrypted, as the message was not, in a chat that is not: by the option it is not kept. */
static void test_encrypted_edit(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    assert_true(config_set(r->config, "history.encrypted", "false", &e) >= 0);
    says(r, "m0", "hello");
    struct chat *c = bob(r);
    core_load(r->core, c);
    assert_int_equal(core_kept(r->core, c), 1);
    edited(r, "e1", "m0", WORD, KITH_ENC_TRUSTED);
    assert_string_equal(chat_message_by_ref(c, "m0")->body, WORD);
    assert_true(chat_message_by_ref(c, "m0")->flags & MESSAGE_UNKEPT);
    assert_int_equal(core_kept(r->core, c), 0);
    assert_false(lies_in(r->dir, WORD));
    assert_true(RIG_WAIT(r, 20000, !lies_in(r->dir, "hello")));
}

/* As much as was done of it is said, and no more. */
static void test_forget_fails(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, "m0", WORD " before");
    struct chat *c = bob(r);
    assert_int_equal(core_keep_text(r->core, c, false, &e), 0);
    int attached = sqlite3_limit(r->store->db, SQLITE_LIMIT_ATTACHED, 0);
    assert_int_equal(core_forget(r->core, c, &e), 0);
    assert_true(RIG_WAIT(r, 30000, !(c->flags & CHAT_FORGETS)));
    assert_null(strstr(r->notices, "is deleted from this machine"));
    assert_non_null(strstr(r->notices, "bob@fake: what was written before is deleted from the history, but traces of it may be left in the "
                                       "file: it cannot be written anew: "));
    assert_non_null(strstr(r->notices, "; /keep -sure forget tries again"));
    sqlite3_limit(r->store->db, SQLITE_LIMIT_ATTACHED, attached);
    assert_int_equal(core_forget(r->core, c, &e), 0);
    assert_true(RIG_WAIT(r, 30000, !(c->flags & CHAT_FORGETS)));
    assert_non_null(strstr(r->notices, "is deleted from this machine"));
}

/* For all that are encrypted by one option, and for one chat by what the user says there. */
static void test_option(void **state)
{
    struct rig *r = *state;
    struct err e = {0};
    says(r, "m0", "hello");
    struct chat *c = bob(r);
    state_is(r, KITH_CHAT_ENCRYPTED);
    assert_false(c->flags & CHAT_UNKEPT); /* on by default */
    assert_true(config_set(r->config, "history.encrypted", "false", &e) >= 0);
    assert_true(c->flags & CHAT_UNKEPT);
    state_is(r, KITH_CHAT_OPENED);
    assert_false(c->flags & CHAT_UNKEPT);
    struct kith_ev_message m = text("m1", WORD " in a chat that is not encrypted yet");
    m.enc = KITH_ENC_TRUSTED;
    give(r, m);
    says(r, "m2", "in the clear");
    core_load(r->core, c);
    assert_true(chat_message_by_ref(c, "m1")->flags & MESSAGE_UNKEPT);
    assert_false(chat_message_by_ref(c, "m2")->flags & MESSAGE_UNKEPT);
    state_is(r, KITH_CHAT_ENCRYPTED);
    assert_int_equal(core_keep_text(r->core, c, true, &e), 0);
    assert_false(c->flags & CHAT_UNKEPT); /* said for this one */
    rig_turn(r, 0);
    restart(r);
    assert_false(bob(r)->flags & CHAT_UNKEPT);
    assert_true(config_set(r->config, "history.encrypted", "false", &e) >= 0);
    assert_false(bob(r)->flags & CHAT_UNKEPT);
    assert_int_equal(core_keep_text(r->core, bob(r), false, &e), 0);
    assert_true(config_set(r->config, "history.encrypted", "true", &e) >= 0);
    assert_true(bob(r)->flags & CHAT_UNKEPT);
}

/* An edit and a reaction are read as any message is: the archive does not bring them once more after the next start. They
 * could not be decrypted again, and each would be a line that says so. */
static void test_archive_goes_on_behind_changes(void **state)
{
    struct rig *r = *state;
    struct kith_ev_message m = text("m1", "first"), edit = text("m2", "second"), react = text("m3", NULL);
    const char *const hearts[] = {"!"};
    m.archive_id = "a1";
    edit.archive_id = "a2";
    react.archive_id = "a3";
    edit.flags = KITH_MSG_EDIT;
    react.flags = KITH_MSG_REACT;
    edit.target = react.target = "m1";
    react.reactions = hearts;
    react.n_reactions = 1;
    give(r, m);
    assert_string_equal(r->ca->resume_id, "a1");
    give(r, edit);
    assert_string_equal(r->ca->resume_id, "a2");
    give(r, react);
    assert_string_equal(r->ca->resume_id, "a3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_on_the_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kept_again_while_it_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget_what_is_loaded_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_new_text_of_old_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_encrypted_edit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_option, setup, teardown),
        cmocka_unit_test_setup_teardown(test_archive_goes_on_behind_changes, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
