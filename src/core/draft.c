/* core/draft.c - what is being written belongs to the chat, and is on disk within a second */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/codes.h"
#include "core/private.h"

enum { DRAFT_MS = 500, LEFT_MAX = 1 << 20, LEFT_NAME = 22 };

void draft_save_all(struct core *c)
{
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        const struct account *a = c->model->accounts[i];
        for (size_t j = 0; a->core && j < a->n_chats; j++) {
            struct chat *chat = a->chats[j];
            if (chat->core->draft_dirty)
                save_chat(c, chat);
            chat->core->draft_dirty = false;
        }
    }
}

static void on_due(void *user)
{
    struct core *c = user;
    c->draft_timer = NULL;
    draft_save_all(c);
}

void core_draft(struct core *c, struct chat *chat, const struct draft *d, const void *origin)
{
    chat_set_draft(chat, d, origin);
    chat->core->draft_dirty = true;
    if (!c->draft_timer)
        c->draft_timer = loop_timer_add(c->loop, DRAFT_MS, on_due, c);
}

/* ---- texts that were left ---- */

/* The next field of a text that was put by; NULL: it has no end. */
static const char *left_field(const char **p, const char *end)
{
    const char *at = *p, *nul = memchr(at, '\0', (size_t)(end - at));
    *p = nul ? nul + 1 : end;
    return nul ? at : NULL;
}

static void take_draft(struct core *c, struct chat *chat, const char *before, const char *text, size_t len)
{
    struct buf b = {0};
    struct draft d = chat->draft;
    codes_clean(&b, text, len, LEFT_MAX);
    if (!str_empty(d.text) && !str_eq(d.text, before) && !str_eq(d.text, buf_str(&b))) { /* written since: neither is lost */
        buf_insert(&b, 0, "\n", 1);
        buf_insert(&b, 0, d.text, strlen(d.text));
    }
    d.text = b.data;
    d.cursor = b.len;
    core_draft(c, chat, &d, NULL);
    buf_free(&b);
}

/* False: it stays where it is. */
static bool take_left(struct core *c, const char *path)
{
    struct buf b = {0};
    bool good = path_check(path, 077, NULL) == 0 && path_read(path, LEFT_MAX, &b, NULL) >= 0;
    const char *p = buf_str(&b), *end = p + b.len;
    const char *account = good ? left_field(&p, end) : NULL;
    const char *address = account ? left_field(&p, end) : NULL;
    const char *before = address ? left_field(&p, end) : NULL;
    const struct account *a = before ? model_account(c->model, account) : NULL;
    struct chat *chat = a ? account_chat(a, address) : NULL;
    if (chat)
        take_draft(c, chat, before, p, (size_t)(end - p));
    else
        log_warn("%s: whose draft it is is not known any more", path);
    buf_free(&b);
    return chat != NULL;
}

void core_drafts_left(struct core *c)
{
    char *dir = path_of(PATH_STATE, "written", NULL);
    DIR *d = dir ? opendir(dir) : NULL;
    const struct dirent *entry;
    while (d && (entry = readdir(d))) {
        char *path = path_join(dir, entry->d_name);
        if (strlen(entry->d_name) == LEFT_NAME && !strchr(entry->d_name, '.') && take_left(c, path)) {
            draft_save_all(c);
            if (store_commit(c->store, false, NULL) == 1) /* else it comes again with the next start */
                (void)unlink(path);
        }
        free(path);
    }
    if (d)
        closedir(d);
    if (dir)
        (void)rmdir(dir); /* when it is empty */
    free(dir);
}
