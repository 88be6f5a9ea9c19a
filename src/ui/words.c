/* ui/words.c - the one table of wordings, and times, counts and states in words */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/theme.h"
#include "ui/format.h"

void format_words(struct buf *out, const struct glyphs *g, enum wording w, const char *a,
                  const char *b)
{
    static const char *const table[] = {
#define X(id, words) words,
        WORDINGS(X)
#undef X
    };
    const char *s = table[w];
    while (*s) {
        const char *dollar = strchr(s, '$');
        size_t n = dollar ? (size_t)(dollar - s) : strlen(s);
        char piece[160];
        str_copy(piece, MIN(sizeof piece, n + 1), s);
        glyph_words(g, out, piece);
        if (!dollar)
            break;
        buf_adds(out, dollar[1] == '1' ? a : b);
        s = dollar + 2;
    }
}

void format_count(struct buf *out, const struct glyphs *g, enum wording w, int64_t n)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)n);
    format_words(out, g, w, number, NULL);
}

/* ---- times and sizes ---- */

void format_day(struct buf *out, const char *fmt, int64_t wall_ms, int64_t now_ms)
{
    char text[96], year[8], this_year[8];
    size_t n = clock_format(text, sizeof text, fmt, wall_ms);
    for (size_t i = 0; i < n; i++) /* %e pads with a space */
        if (text[i] != ' ' || (i > 0 && text[i - 1] != ' '))
            buf_addc(out, text[i]);
    clock_format(year, sizeof year, "%Y", wall_ms);
    clock_format(this_year, sizeof this_year, "%Y", now_ms);
    if (strcmp(year, this_year) != 0 && !strstr(text, year))
        buf_addf(out, " %s", year);
}

void format_clock(char out[CLOCK_MAX], const char *fmt, int64_t wall_ms)
{
    if (clock_format(out, CLOCK_MAX, fmt, wall_ms) == 0)
        str_copy(out, CLOCK_MAX, "--:--");
}

void format_ago(struct buf *out, int64_t wall_ms, int64_t now_ms)
{
    int64_t min = MAX(0, now_ms - wall_ms) / 60000;
    if (wall_ms <= 0)
        return;
    if (min < 1)
        buf_adds(out, "now");
    else if (min < 60)
        buf_addf(out, "%d min", (int)min);
    else if (min < 60 * 24)
        buf_addf(out, "%d h", (int)(min / 60));
    else if (min < 60 * 24 * 7)
        buf_addf(out, "%d d", (int)(min / 60 / 24));
    else
        buf_addf(out, "%d w", (int)(min / 60 / 24 / 7));
}

void format_bytes(struct buf *out, int64_t bytes)
{
    if (bytes < 0)
        return;
    if (bytes < 1000)
        buf_addf(out, "%d B", (int)bytes);
    else if (bytes < 1000000)
        buf_addf(out, "%d KB", (int)((bytes + 512) / 1024));
    else
        buf_addf(out, "%.1f MB", (double)bytes / (1024.0 * 1024.0));
}

/* ---- states ---- */

void format_waiting(struct buf *out, const struct account *a)
{
    if (a->waiting == 0 || a->state != KITH_STATE_ONLINE)
        return;
    buf_addf(out, "%u waiting", (unsigned)a->waiting);
    if (a->wait_ms >= 1000)
        buf_addf(out, ", %lld s", (long long)((a->wait_ms + 999) / 1000));
}

const char *format_receipt(const struct glyphs *g, const struct message *m, uint8_t *role)
{
    const char *sign = format_delivery(g, m->delivery, role);
    bool held = m->delivery == DELIVERY_QUEUED && m->chat && m->chat->account->waiting > 0;
    return held ? g->more : sign;
}

const char *format_delivery(const struct glyphs *g, enum delivery d, uint8_t *role)
{
    *role = ROLE_CHAT_RECEIPT;
    switch (d) {
    case DELIVERY_NONE:
        return "";
    case DELIVERY_QUEUED:
        return g->sending;
    case DELIVERY_SENT:
        return g->sending;
    case DELIVERY_STORED:
        return g->sent;
    case DELIVERY_DELIVERED:
        return g->delivered;
    case DELIVERY_READ:
        *role = ROLE_CHAT_READ;
        return g->read;
    case DELIVERY_FAILED:
        *role = ROLE_CHAT_FAILED;
        return g->failed;
    }
    return "";
}

const char *format_typist(const struct chat *c, const struct typist *t)
{
    struct contact *ct = account_contact(c->account, t->who);
    if (ct)
        return contact_title(ct);
    const char *slash = strrchr(t->who, '/');
    return c->kind == KITH_CHAT_ROOM && slash ? slash + 1 : t->who;
}

void format_typing(struct buf *out, const struct glyphs *g, const struct chat *c)
{
    const char *names[2] = {NULL, NULL};
    int n = 0;
    for (size_t i = 0; i < c->n_typists; i++) {
        if (c->typists[i].state != KITH_TYPING_ACTIVE || !c->typists[i].who)
            continue;
        if (n < 2)
            names[n] = format_typist(c, &c->typists[i]);
        n++;
    }
    if (n == 1)
        format_words(out, g, WORD_TYPING_ONE, names[0], NULL);
    else if (n == 2)
        format_words(out, g, WORD_TYPING_TWO, names[0], names[1]);
    else if (n > 2)
        format_count(out, g, WORD_TYPING_MANY, n);
}

void format_problem(struct buf *out, const struct glyphs *g, const struct account *a,
                    int64_t mono_ms, bool brief)
{
    if (a->state == KITH_STATE_ONLINE)
        return;
    if (a->retry_at > 0 && a->state == KITH_STATE_OFFLINE) {
        int64_t s = MAX(0, (a->retry_at - mono_ms + 999) / 1000);
        buf_addf(out, "%s ", g->failed);
        if (brief)
            buf_addf(out, "%d s", (int)s);
        else
            format_count(out, g, WORD_RETRY, s);
    } else if (a->state != KITH_STATE_OFFLINE && a->state != KITH_STATE_CLOSING) {
        format_words(out, g, WORD_CONNECTING, NULL, NULL);
    } else {
        if (a->problem)
            buf_addf(out, "%s ", g->failed);
        format_words(out, g, WORD_OFFLINE, NULL, NULL);
    }
}

void format_encryption(struct buf *out, const struct glyphs *g, const struct chat *c, uint8_t *role)
{
    *role = ROLE_TITLE_TOPIC;
    if (c->flags & KITH_CHAT_WAITS) {
        *role = ROLE_TITLE_PLAIN;
        buf_addf(out, "%s ", g->warn);
        format_words(out, g, WORD_WAITS, NULL, NULL);
    } else if (c->flags & KITH_CHAT_UNVERIFIED) {
        *role = ROLE_TITLE_UNVERIFIED;
        format_words(out, g, WORD_UNVERIFIED, NULL, NULL);
    } else if (c->flags & (KITH_CHAT_ENCRYPTED | KITH_CHAT_ENCRYPTS)) {
        *role = ROLE_TITLE_ENCRYPTED;
        format_words(out, g, WORD_ENCRYPTED, NULL, NULL);
        buf_addf(out, " %s", g->lock);
    } else if (c->flags & KITH_CHAT_OPENED) {
        *role = ROLE_TITLE_PLAIN;
        buf_addf(out, "%s ", g->warn);
        format_words(out, g, WORD_OPENED, NULL, NULL);
    } else if (str_eq(c->account->protocol, "local")) {
        format_words(out, g, WORD_LOCAL, NULL, NULL);
    } else {
        format_words(out, g, WORD_PLAIN, NULL, NULL);
    }
}

bool format_less_encrypted(const struct chat *c, const struct message *m)
{
    bool left = !message_outgoing(m) || m->delivery > DELIVERY_QUEUED;
    if (!(c->flags & KITH_CHAT_ENCRYPTED) || (m->flags & KITH_MSG_SERVICE) || !left || m->delivery == DELIVERY_FAILED)
        return false;
    return m->enc != KITH_ENC_TRUSTED && (m->enc != KITH_ENC_UNVERIFIED || !(c->flags & KITH_CHAT_UNVERIFIED));
}

bool format_more_encrypted(const struct chat *c, const struct message *m)
{
    return (c->flags & KITH_CHAT_OPENED) && m->enc != KITH_ENC_NONE && m->enc != KITH_ENC_FAILED && !(m->flags & KITH_MSG_SERVICE);
}

const char *format_enc(enum kith_enc enc)
{
    switch (enc) {
    case KITH_ENC_NONE:
        return "not encrypted";
    case KITH_ENC_TRUSTED:
        return "encrypted";
    case KITH_ENC_UNVERIFIED:
        return "by a device that is not verified";
    case KITH_ENC_UNTRUSTED:
        return "by a device that you do not trust";
    case KITH_ENC_FAILED:
        break;
    }
    return "could not be read";
}
