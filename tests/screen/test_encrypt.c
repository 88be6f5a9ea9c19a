/* screen/test_encrypt.c - who can read a chat: the panel, the title and the marks at messages */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/forecast.h"
#include "script.h"

#define BOB "romeo@montague.example"
#define KEY "9ec12f80 77aa03d4 51b09c3e 1f0da2c7 e77c40b1 5d2a8891 0c4d9911 73fe2b6a"

static void device(struct forecast *f, const char *who, const char *id, const char *name, enum kith_device_trust trust,
                   enum kith_reads reads, uint32_t flags, const char *why)
{
    const struct kith_ev_device ev = {.ev = {.size = sizeof ev, .type = KITH_EV_DEVICE},
                                      .who = who,
                                      .id = id,
                                      .name = name,
                                      .fingerprint = id ? KEY : NULL,
                                      .versions = id ? "OMEMO 2" : NULL,
                                      .why = why,
                                      .trust = trust,
                                      .reads = reads,
                                      .flags = flags};
    forecast_add(f, &ev);
}

static void give(struct chat *c)
{
    struct forecast *f = forecast_new();
    f->state = FORECAST_DONE;
    f->text = xstrdup("encrypted; what you write waits until you decide about the new device");
    device(f, BOB, "1734501", "Conversations", KITH_DEVICE_VERIFIED, KITH_READS_YES, 0, NULL);
    device(f, BOB, "4410029", "kith on bee", KITH_DEVICE_BLIND, KITH_READS_YES, 0, NULL);
    device(f, BOB, "9920173", NULL, KITH_DEVICE_UNDECIDED, KITH_READS_WAITS, 0,
           "it is new, and another one of theirs is verified: what you write waits for you");
    device(f, BOB, "31", NULL, KITH_DEVICE_DISTRUSTED, KITH_READS_NO, 0, "you do not trust it");
    device(f, BOB, "32", NULL, KITH_DEVICE_BLIND, KITH_READS_NO, KITH_DEVICE_CHANGED,
           "it shows another key than before: somebody may be trying to read along. Ask its owner by another way");
    device(f, "carol@example.org", NULL, NULL, 0, KITH_READS_NO, 0, "no device of this person has keys for OMEMO");
    device(f, "alice@example.org", "2210041", NULL, KITH_DEVICE_VERIFIED, KITH_READS_YES, KITH_DEVICE_OWN | KITH_DEVICE_THIS, NULL);
    device(f, "alice@example.org", "77", "telephone", KITH_DEVICE_BLIND, KITH_READS_UNKNOWN, KITH_DEVICE_OWN,
           "its keys have not been fetched yet");
    forecast_free(c->forecast);
    c->forecast = f;
}

static void show(struct stage *s, struct chat *c, const char *keys)
{
    view_show(s->v, c);
    view_panel(s->v, "encrypt", NULL);
    press(s, keys);
}

static void file(struct stage *s, struct chat *c, int minute, const char *name, enum kith_enc enc, const struct attachment *how)
{
    struct message *m = says(s, c, c->address, at(0, 9, minute), name);
    struct attachment a = *how;
    m->enc = enc;
    a.id = (char *)"id";
    a.name = (char *)(uintptr_t)name;
    a.offer = OFFER_OPEN;
    message_add_attachment(m, &a);
}

/* How each of them comes is said before it is fetched, and where the file is in the clear it is seen. */
static void files(struct stage *s, struct account *a)
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}};
    struct chat *c = a_chat(s, a, "mercutio@verona.example", KITH_CHAT_DIRECT, 10);
    file(s, c, 10, "sealed.png", KITH_ENC_TRUSTED, &(struct attachment){.bytes = 123456, .sealed = true});
    file(s, c, 11, "from-device-to-device.mp4", KITH_ENC_NONE, &(struct attachment){.bytes = 34567890});
    file(s, c, 12, "link.png", KITH_ENC_TRUSTED, &(struct attachment){.bytes = 4096, .url = (char *)"https://files.example/link.png"});
    file(s, c, 13, "key-in-the-clear.png", KITH_ENC_NONE, &(struct attachment){.bytes = -1, .sealed = true});
    for (size_t k = 0; k < COUNT(sizes); k++) {
        c->flags = KITH_CHAT_ENCRYPTED;
        look(s, sizes[k][0], sizes[k][1], false);
        view_show(s->v, c);
        screen_is(s, "encrypted-files");
        c->flags = 0; /* the same, seen again where encryption is nothing to be expected */
        screen_is(s, "open-files");
    }
}

/* A chat of which nothing is kept, as it is found after a start; and what is asked before what there was is deleted. */
static void not_kept(struct stage *s, struct account *a)
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}};
    struct chat *c = a_chat(s, a, "benvolio@montague.example", KITH_CHAT_DIRECT, 11);
    struct message *m = says(s, c, c->address, at(0, 9, 1), "Be ruled by me: forget to think of her");
    m = says(s, c, c->address, at(0, 9, 2), "");
    m->flags |= MESSAGE_UNKEPT;
    m = own(s, c, at(0, 9, 3), "", DELIVERY_READ);
    m->flags |= MESSAGE_UNKEPT;
    m->edits = 1;
    m->wire_id = xstrdup("gone");
    m = says(s, c, c->address, at(0, 9, 4), "as I said, by giving liberty unto thine eyes");
    m->flags |= MESSAGE_UNKEPT; /* of this run */
    m->reply_to = xstrdup("gone");
    for (size_t i = 0; i < c->n_messages; i++)
        c->messages[i]->enc = KITH_ENC_TRUSTED;
    c->flags |= KITH_CHAT_ENCRYPTED | CHAT_UNKEPT | CHAT_NOT_TO_KEEP;
    for (size_t k = 0; k < COUNT(sizes); k++) {
        look(s, sizes[k][0], sizes[k][1], false);
        view_show(s->v, c);
        screen_is(s, "not-kept");
        view_ops.confirm(s->v, "Delete from this machine what 213 messages with benvolio@montague.example said before? It is gone for good "
                           "then: from the chat, from the search and from the disk; who wrote when stays. The server and other devices "
                           "keep what they have.", "/keep -sure forget");
        screen_is(s, "forget-asked");
    }
}

int main(void)
{
    struct stage s;
    stage_open(&s, "tests/screen/golden");
    struct account *a = the_room(&s)->account;
    struct chat *c = a_chat(&s, a, BOB, KITH_CHAT_DIRECT, 9);
    struct message *m = says(&s, c, BOB, at(0, 9, 10), "this was said in the clear");
    m = says(&s, c, BOB, at(0, 9, 12), "and this was encrypted");
    m->enc = KITH_ENC_UNVERIFIED;
    m = says(&s, c, BOB, at(0, 9, 13), "by a device that is verified");
    m->enc = KITH_ENC_TRUSTED;
    m = own(&s, c, at(0, 9, 14), "so is this", DELIVERY_STORED);
    m->enc = KITH_ENC_TRUSTED;
    m = says(&s, c, BOB, at(0, 9, 14), "by one that is new, and waits for a decision");
    m->enc = KITH_ENC_UNTRUSTED;
    m = says(&s, c, BOB, at(0, 9, 14), "This message is encrypted with OMEMO and cannot be read here: it was not encrypted for this device.");
    m->enc = KITH_ENC_FAILED;
    m = own(&s, c, at(0, 9, 15), "and this waits", DELIVERY_QUEUED);
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}};
    static const struct {
        const char *name;
        uint32_t flags;
    } titles[] = {{"encrypted", KITH_CHAT_ENCRYPTED},
                  {"encrypted-unverified", KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED},
                  {"encrypted-off", KITH_CHAT_OPENED}};
    for (size_t i = 0; i < COUNT(titles); i++) {
        c->flags = titles[i].flags;
        for (size_t k = 0; k < COUNT(sizes); k++) {
            look(&s, sizes[k][0], sizes[k][1], false);
            view_show(s.v, c);
            screen_is(&s, titles[i].name);
            press(&s, "M-Up M-Up");
            screen_is(&s, i == 0 ? "encrypted-unread" : i == 1 ? "encrypted-unverified-unread" : "encrypted-off-unread");
            press(&s, "Up");
            screen_is(&s, i == 0 ? "encrypted-untrusted" : i == 1 ? "encrypted-unverified-untrusted" : "encrypted-off-more");
            press(&s, "Space"); /* in words */
            screen_is(&s, i == 0 ? "encrypted-words" : i == 1 ? "encrypted-unverified-words" : "encrypted-off-words");
        }
        look(&s, 80, 24, true);
        view_show(s.v, c);
        screen_is(&s, i == 0 ? "encrypted-ascii" : i == 1 ? "encrypted-unverified-ascii" : "encrypted-off-ascii");
    }
    c->flags = KITH_CHAT_ENCRYPTED | KITH_CHAT_UNVERIFIED | KITH_CHAT_WAITS;
    for (size_t k = 0; k < COUNT(sizes); k++) {
        look(&s, sizes[k][0], sizes[k][1], false);
        show(&s, c, "");
        screen_is(&s, "devices-asked");
        give(c);
        screen_is(&s, "devices");
        press(&s, "j j");
        screen_is(&s, "devices-new");
        press(&s, "G k");
        screen_is(&s, "devices-last");
        press(&s, "G");
        screen_is(&s, "devices-hold");
        press(&s, "g");
        screen_is(&s, "devices-method");
        forecast_free(c->forecast);
        c->forecast = NULL;
    }
    give(c);
    for (size_t k = 0; k < COUNT(sizes); k++) {
        look(&s, sizes[k][0], sizes[k][1], true);
        show(&s, c, "j j j j");
        screen_is(&s, "devices-ascii");
        press(&s, "G");
        screen_is(&s, "devices-hold-ascii");
    }
    c->flags = KITH_CHAT_OPENED | KITH_CHAT_TAKES_NEW; /* off, and new devices are not waited for */
    look(&s, 80, 24, false);
    show(&s, c, "g");
    screen_is(&s, "devices-off");
    c->flags = KITH_CHAT_ENCRYPTS | KITH_CHAT_UNVERIFIED; /* nobody decided yet */
    show(&s, c, "G");
    screen_is(&s, "devices-begins");
    files(&s, a);
    not_kept(&s, a);
    return stage_close(&s);
}
