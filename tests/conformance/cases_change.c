/* tests/conformance/cases_change.c - what happens to a message later: edits, reactions, withdrawals, answers */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "conformance/cases.h"

static bool hand_has(struct hand *p, int line, const char *key)
{
    char *value = hand_value(p, line, key);
    bool has = value != NULL;
    free(value);
    return has;
}

static void skip_with(struct hand *p)
{
    part(p);
    skip();
}

/* The name of a message of ours, and of theirs, by which its author may change it and others answer. */
static char *our_ref(const char *id)
{
    if (!can(KITH_CAP_SERVER_IDS))
        return xstrdup(id);
    char *words = xasprintf("RECEIPT|id=%s|delivery=2", id);
    int at = wait_for(0, words);
    free(words);
    return at >= 0 ? rec_value(h, at, "archive_id") : NULL;
}

static char *their_ref(const char *id)
{
    if (!can(KITH_CAP_SERVER_IDS))
        return xstrdup(id);
    char *words = xasprintf("RECEIPT|id=%s|delivery=2", id);
    int at = they_see(&they, words);
    free(words);
    return at >= 0 ? hand_value(&they, at, "archive_id") : NULL;
}

static bool they_see_of(const char *fmt, const char *ref)
{
    char *words = xasprintf("%s%s", fmt, ref ? ref : "(no name)");
    bool seen = they_see(&they, words) >= 0;
    free(words);
    return seen;
}

static bool we_see_of(const char *fmt, const char *ref)
{
    char *words = xasprintf("%s%s", fmt, ref ? ref : "(no name)");
    bool seen = wait_for(0, words) >= 0;
    free(words);
    return seen;
}

void edits(void **state UNUSED)
{
    go_online();
    meet();
    assert_true(send_text(d->their_address(), "ed-1", "helo", 0, NULL) >= 0);
    assert_true(they_see(&they, "MESSAGE|body=helo") >= 0);
    if (!can(KITH_CAP_EDIT)) { /* then it says so, and nobody sees another message */
        assert_true(send_text(d->their_address(), "ed-2", "hello", KITH_SEND_EDIT, "ed-1") < 0);
        part(&they);
        return;
    }
    assert_true(send_text(d->their_address(), "ed-2", "hello", KITH_SEND_EDIT, "ed-1") >= 0);
    assert_true(they_see(&they, "MESSAGE|body=hello|target=ed-1|flags=256") >= 0);
    hand_say(&they, "send|%s|ed-3|frst", d->our_address());
    assert_true(wait_for(0, "MESSAGE|body=frst") >= 0);
    hand_say(&they, "send|%s|ed-4|first|2|ed-3", d->our_address());
    assert_true(wait_for(0, "MESSAGE|body=first|target=ed-3|flags=256") >= 0);
    assert_true(send_text(d->their_address(), "ed-5", "of nothing", KITH_SEND_EDIT, NULL) < 0);
    part(&they);
}

void changes(void **state UNUSED)
{
    static const char *const hearts[] = {"\xe2\x9d\xa4", "+1"};
    if (!h->proto->change)
        skip();
    const struct kith_change_ops *ops = h->proto->change;
    go_online();
    meet();
    const char *to = d->their_address();
    assert_true(send_text(to, "ch-1", "wrong", 0, NULL) >= 0);
    assert_true(they_see(&they, "MESSAGE|body=wrong") >= 0);
    hand_say(&they, "send|%s|ch-5|theirs", d->our_address());
    assert_true(wait_for(0, "MESSAGE|body=theirs") >= 0);
    char *mine = our_ref("ch-1"), *yours = their_ref("ch-5");
    if (can(KITH_CAP_REACT)) {
        assert_true(ops->react(h->session, to, mine, hearts, 2, "ch-2") >= 0);
        assert_true(they_see_of("MESSAGE|reaction=\xe2\x9d\xa4|flags=512|target=", mine));
        size_t from = they.n;
        assert_true(ops->react(h->session, to, mine, NULL, 0, "ch-3") >= 0);
        for (int at = -1; at < 0 || hand_has(&they, at, "reaction"); from = (size_t)at + 1) { /* taken back */
            at = they_see_from(&they, from, "MESSAGE|flags=512");
            assert_true(at >= 0);
        }
        hand_say(&they, "react|%s|%s|ch-6|+1", d->our_address(), yours);
        assert_true(we_see_of("MESSAGE|reaction=+1|flags=512|target=", yours));
    } else {
        assert_true(ops->react(h->session, to, "ch-1", hearts, 2, "ch-2") < 0);
    }
    if (can(KITH_CAP_RETRACT)) {
        assert_true(ops->retract(h->session, to, mine, "oops", "ch-4") >= 0);
        assert_true(they_see_of("MESSAGE|flags=128|target=", mine));
        hand_say(&they, "retract|%s|%s|sorry|ch-7", d->our_address(), yours);
        assert_true(we_see_of("MESSAGE|flags=128|target=", yours));
    } else {
        assert_true(ops->retract(h->session, to, "ch-1", "oops", "ch-4") < 0);
    }
    assert_true(ops->react(h->session, to, NULL, hearts, 2, "ch-8") < 0);
    assert_true(ops->retract(h->session, to, NULL, NULL, "ch-9") < 0);
    free(mine);
    free(yours);
    part(&they);
}

void replies(void **state UNUSED)
{
    go_online();
    meet();
    hand_say(&they, "send|%s|re-1|a question", d->our_address());
    assert_true(wait_for(0, "MESSAGE|body=a question") >= 0);
    if (!can(KITH_CAP_REPLY))
        skip_with(&they);
    char *question = their_ref("re-1");
    struct kith_send m = {.size = sizeof m,
                          .chat = d->their_address(),
                          .id = "re-2",
                          .body = "the answer",
                          .reply_to = question,
                          .reply_sender = d->their_address(),
                          .reply_body = "a question"};
    assert_true(h->core->send(h->session, &m) >= 0);
    assert_true(they_see_of("MESSAGE|body=the answer|reply_to=", question));
    char *answer = our_ref("re-2");
    hand_say(&they, "reply|%s|re-3|I see|%s|%s", d->our_address(), answer, d->our_address());
    assert_true(we_see_of("MESSAGE|body=I see|reply_to=", answer));
    free(question);
    free(answer);
    part(&they);
}

/* What is bold or hidden here is so there; where the protocol has no such thing the words arrive all the same. */
void looks(void **state UNUSED)
{
    static const struct kith_span spans[] = {{sizeof spans[0], KITH_STYLE_BOLD, 2, 4, 0, 0},
                                             {sizeof spans[0], KITH_STYLE_SPOILER, 7, 6, 0, 0}};
    struct kith_send m = {.size = sizeof m,
                          .chat = d->their_address(),
                          .id = "lk-1",
                          .body = "a bold secret",
                          .spans = spans,
                          .n_spans = 2};
    go_online();
    meet();
    assert_true(h->core->send(h->session, &m) >= 0);
    int at = they_see(&they, can(KITH_CAP_MARKS) ? "MESSAGE|body=a bold: secret" : "MESSAGE|body=a bold secret");
    assert_true(at >= 0);
    if (can(KITH_CAP_MARKS)) { /* what comes before a hidden end is the hint */
        assert_true(they_see(&they, "MESSAGE|body=a bold: secret|look=8+6:40") == at);
    } else if (can(KITH_CAP_FORMAT)) {
        assert_true(they_see(&they, "MESSAGE|body=a bold secret|look=2+4:1") == at);
        assert_true(they_see(&they, "MESSAGE|body=a bold secret|look=7+6:40") == at);
    } else {
        assert_false(hand_has(&they, at, "look"));
    }
    part(&they);
}
