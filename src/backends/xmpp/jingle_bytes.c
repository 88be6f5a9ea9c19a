/* backends/xmpp/jingle_bytes.c - the bytes of a file that comes or goes: counted, summed, and checked before it is one */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/xmpp/jingle.h"
#include "base/mem.h"

static void tell(struct jingle *j)
{
    files_progress(j->x, j->req, j->done, j->file.bytes, &j->told);
}

/* ---- receiving ---- */

static int write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

static void whole(struct jingle *j)
{
    jingle_end(j, j->gone ? NULL : "success", KITH_OK, NULL);
}

/* The size is right. Is the checksum? False: the session has ended, well or not. */
static bool check(struct jingle *j)
{
    if (j->file.sum) {
        char *sum = sums_base64(j->sums, j->file.algo);
        bool same = str_eq(sum, j->file.sum);
        free(sum);
        if (same)
            whole(j);
        else
            jingle_fail(j, j->gone ? NULL : "media-error",
                        "What arrived is not what was sent (the checksum differs): it was thrown away.");
        return false;
    }
    if (!j->file.algo) { /* nobody promised one */
        whole(j);
        return false;
    }
    if (j->gone) {
        jingle_fail(j, NULL, "The checksum that was promised did not come: what arrived was thrown away.");
        return false;
    }
    j->state = JINGLE_CHECKS;
    jingle_await(j, JINGLE_ANSWER_MS, "The checksum that was promised did not come: what arrived was thrown away.");
    return true;
}

bool jingle_take(struct jingle *j, const void *data, size_t len)
{
    if (j->out || !len)
        return true; /* nobody asked for anything */
    if ((int64_t)len > j->file.bytes - j->done) {
        jingle_fail(j, "failed-application", "More came than was announced: it was thrown away.");
        return false;
    }
    if (write_all(j->fd, data, len) < 0) {
        char *text = xasprintf("It cannot be saved: %s.", strerror(errno));
        jingle_fail(j, "failed-application", text);
        free(text);
        return false;
    }
    sums_add(j->sums, data, len);
    j->state = JINGLE_FLOWS;
    j->done += (int64_t)len;
    tell(j);
    if (j->done == j->file.bytes)
        return check(j);
    jingle_await(j, JINGLE_IDLE_MS, "Nothing came for two minutes.");
    return true;
}

/* By the function that was promised, or by one that is computed anyway. */
bool jingle_checksum(struct jingle *j, xmpp_stanza_t *file)
{
    const char *algo = j->file.algo;
    char *value = algo ? sums_value(file, algo) : NULL;
    if (j->file.sum || (!value && !(algo = sums_read(file, &value))))
        return true;
    char *ours = sums_base64(j->sums, algo);
    if (ours || (j->done == 0 && sums_want(j->sums, algo))) {
        j->file.algo = algo;
        str_take(&j->file.sum, value);
        value = NULL;
    }
    free(ours);
    free(value);
    return j->state == JINGLE_CHECKS && j->file.sum ? check(j) : true;
}

bool jingle_ready(struct jingle *j)
{
    return j->out || j->file.bytes > 0 || check(j);
}

/* They say that all went well. A sender may say so while bytes are still on the way. */
void jingle_success(struct jingle *j)
{
    j->gone = true;
    if (j->out && j->state >= JINGLE_FLOWS && j->done == j->file.bytes)
        jingle_end(j, NULL, KITH_OK, NULL);
    else if (j->out)
        jingle_fail(j, NULL, "Their program ended the transfer before it had the file.");
    else if (j->state == JINGLE_CHECKS)
        check(j);
    else if (j->state == JINGLE_FLOWS && j->way == JINGLE_S5B)
        jingle_await(j, JINGLE_ANSWER_MS, "Their program ended the transfer before all was here.");
    else
        jingle_fail(j, NULL, "Their program ended the transfer before all was here.");
}

void jingle_way_closed(struct jingle *j, const char *why)
{
    if (j->state != JINGLE_CHECKS)
        jingle_fail(j, j->gone ? NULL : "failed-transport", why);
}

/* ---- sending ---- */

static void say_sum(struct jingle *j)
{
    xmpp_stanza_t *jingle, *iq;
    if (j->file.sum)
        return;
    j->file.sum = sums_base64(j->sums, j->file.algo);
    iq = jingle_new(j, "session-info", &jingle);
    xmpp_stanza_t *checksum = st_add(jingle, "checksum", NS_JINGLE_FILE);
    st_set(checksum, "creator", "initiator");
    st_set(checksum, "name", j->content);
    sums_write(st_add(checksum, "file", NULL), j->file.algo, j->file.sum);
    jingle_send(j, iq, false);
}

ssize_t jingle_give(struct jingle *j, void *out, size_t cap)
{
    int64_t left = j->file.bytes - j->done;
    ssize_t n = 0;
    j->state = JINGLE_FLOWS;
    while (left > 0 && (n = read(j->fd, out, MIN(cap, (size_t)MIN(left, (int64_t)cap)))) < 0 && errno == EINTR)
        ;
    if (left > 0 && n <= 0) {
        char *text = n == 0 ? xstrdup("The file became shorter while it was sent.")
                            : xasprintf("The file cannot be read: %s.", strerror(errno));
        jingle_end(j, "failed-application", KITH_EINVAL, text);
        free(text);
        return -1;
    }
    if (left == 0) {
        say_sum(j);
        return 0;
    }
    sums_add(j->sums, out, (size_t)n);
    j->done += n;
    tell(j);
    jingle_await(j, JINGLE_IDLE_MS, "Nothing was taken for two minutes.");
    return n;
}

void jingle_gave(struct jingle *j)
{
    j->state = JINGLE_CHECKS;
    jingle_await(j, JINGLE_ANSWER_MS, "Their program did not say that it has the file.");
}
