/* tests/screen/world.c - the people, rooms and messages of UX.md 4.3 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script.h"

static void react(struct message *m, const char *who, const char *what)
{
    m->reactions = xreallocarray(m->reactions, m->n_reactions + 1, sizeof *m->reactions);
    m->reactions[m->n_reactions++] = (struct reaction){xstrdup(who), xstrdup(what)};
}

static void fill_room(struct stage *s, struct chat *c)
{
    static const struct {
        const char *nick;
        enum kith_show show;
        enum kith_role role;
    } people[] = {{"alice", KITH_SHOW_ONLINE, KITH_ROLE_OWNER},
                  {"bob", KITH_SHOW_ONLINE, KITH_ROLE_OP},
                  {"carol", KITH_SHOW_AWAY, KITH_ROLE_MEMBER},
                  {"dave", KITH_SHOW_DND, KITH_ROLE_MEMBER},
                  {"frank", KITH_SHOW_ONLINE, KITH_ROLE_VOICE},
                  {"grace", KITH_SHOW_ONLINE, KITH_ROLE_MEMBER}};
    for (size_t i = 0; i < COUNT(people); i++)
        a_member(c, people[i].nick, people[i].show, people[i].role);
    says(s, c, "bob", at(1, 18, 2), "Shall we freeze tonight?");
    says(s, c, "carol", at(1, 18, 3), "日本語 works here: 漢字かな交じり文 👍");
    says(s, c, "carol", at(1, 18, 3), "and so does العربية next to it");
    says(s, c, "", at(1, 18, 5), "grace joined · dan, eve left")->kind = MESSAGE_EVENT;
    struct message *patch =
        says(s, c, "frank", at(0, 9, 12), "Patch is up: https://example.org/r/1423");
    patch->wire_id = xstrdup("patch");
    struct message *fix =
        says(s, c, "frank", at(0, 9, 12), "It fixes the resize bug and the blank title.");
    react(fix, "a", "👍"), react(fix, "b", "👍"), react(fix, "alice@example.org", "👍"),
        react(fix, "c", "🎉");
    struct message *reply = own(s, c, at(0, 9, 14), "Reading it now, thanks!", DELIVERY_DELIVERED);
    reply->reply_to = xstrdup("patch");
    reply->edits = 1;
    struct message *q = says(s, c, "carol", at(0, 9, 21),
                             "alice: does this look right to you?\n```\nint w = wcwidth(wc);\n"
                             "if (w < 0) w = 1;              /* unassigned */\n```");
    q->mention = true;
    c->unread_line = q->id;
    struct message *shot = says(s, c, "dave", at(0, 9, 24), "");
    shot->attachments = xcalloc(1, sizeof *shot->attachments);
    shot->n_attachments = 1;
    shot->attachments[0] = (struct attachment){
        .name = xstrdup("screenshot.png"), .bytes = 86016, .width = 1280, .height = 720};
    says(s, c, "eve", at(0, 9, 25), "I am not on the new key yet");
    own(s, c, at(0, 9, 30), "Then I will read it on Monday.", DELIVERY_SENT);
}

struct chat *the_room(struct stage *s)
{
    struct account *a = an_account(s, "alice", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE,
              "call me when you can");
    a_contact(a, "carol@example.org", "Carol 日本", "Friends", KITH_SHOW_AWAY, NULL);
    a_contact(a, "judy@example.org", "Judy", "Friends", KITH_SHOW_OFFLINE, NULL);
    a_contact(a, "frank@example.org", "Frank", "Work", KITH_SHOW_ONLINE, NULL);
    a_contact(a, "dave@example.org", "Dave", "Work", KITH_SHOW_DND, NULL);
    a_contact(a, "erin@example.org", "Erin O'Neill with a name that is long", "Work", KITH_SHOW_XA,
              NULL);
    struct chat *bob = a_chat(s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    says(s, bob, "bob@example.org", at(0, 9, 28), "alice?");
    chat_set_unread(bob, 2, 2);
    struct chat *carol = a_chat(s, a, "carol@example.org", KITH_CHAT_DIRECT, 2);
    says(s, carol, "carol@example.org", at(0, 8, 12), "再現できました");
    chat_set_unread(carol, 1, 0);
    struct chat *frank = a_chat(s, a, "frank@example.org", KITH_CHAT_DIRECT, 5);
    chat_set_typing(frank, "frank@example.org", KITH_TYPING_ACTIVE, NULL);
    struct chat *room = a_chat(s, a, "c-dev@rooms.example.org", KITH_CHAT_ROOM, 3);
    str_set(&room->name, "c-dev");
    str_set(&room->topic, "Release 0.2 is on Friday — freeze tonight");
    chat_set_typing(room, "c-dev@rooms.example.org/frank", KITH_TYPING_ACTIVE, NULL);
    fill_room(s, room);
    struct chat *rnd = a_chat(s, a, "random@rooms.example.org", KITH_CHAT_ROOM, 4);
    str_set(&rnd->name, "random");
    says(s, rnd, "dave", at(0, 9, 11), "lunch?");
    chat_set_unread(rnd, 12, 0);
    struct chat *ann = a_chat(s, a, "announce@rooms.example.org", KITH_CHAT_ROOM, 6);
    str_set(&ann->name, "announce");
    ann->flags |= KITH_CHAT_MUTED;
    struct account *irc = an_account(s, "libera", "irc", "alice");
    struct chat *nc = a_chat(s, irc, "#ncurses", KITH_CHAT_ROOM, 7);
    says(s, nc, "nicm", at(0, 9, 22), "both, see the FAQ");
    chat_set_unread(nc, 4, 0);
    a_chat(s, irc, "#tmux", KITH_CHAT_ROOM, 8);
    struct chat *dan = a_chat(s, irc, "dan", KITH_CHAT_DIRECT, 9);
    chat_set_draft(dan, &(struct draft){.text = (char[]){"half a thought"}}, NULL);
    struct account *boss = an_account(s, "boss@work", "xmpp", "boss@work");
    boss->state = KITH_STATE_OFFLINE;
    boss->retry_at = at(0, 9, 31) + 12000;
    str_set(&boss->problem, "work: connection refused");
    return room;
}
