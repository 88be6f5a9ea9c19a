/* tests/screen/test_main_screen.c - the main screen of UX.md 4.3 to 4.6, 4.10 and 4.14 at all sizes
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "script.h"

static struct chat *room;

static void in_room(struct stage *s)
{
    view_show(s->v, room);
    view_set_input(s->v, "Nearly: -1 also means “control character”");
}

static void in_list(struct stage *s)
{
    view_show(s->v, room);
    press(s, "F2");
}

static void in_switcher(struct stage *s)
{
    in_room(s);
    view_panel(s->v, "switcher", NULL);
    type(s, "ca");
}

static void in_help(struct stage *s)
{
    in_room(s);
    view_panel(s->v, "help", NULL);
}

/* A server takes only so many lines at a time. */
static void held_back(struct stage *s)
{
    static bool said;
    in_room(s);
    room->account->waiting = 3;
    room->account->wait_ms = 5600;
    for (int i = 0; i < 4 && !said; i++)
        own(s, room, at(0, 9, 31), "a line of a paste", i ? DELIVERY_QUEUED : DELIVERY_SENT);
    said = true;
}

static void many_lines(struct stage *s)
{
    view_show(s->v, room);
    view_set_input(s->v, "");
    static const char paste[] = "Here is the trace:\n#0 wrefresh () from libncursesw.so.6\n"
                                "#1 0x4c11 in chat_draw (w=0x0) at chat.c:212\n#2 main ()";
    view_paste(s->v, paste, strlen(paste));
    view_say(s->v, KITH_ERROR, "No such command: /jion. Did you mean /join?");
}

static void scrolled(struct stage *s)
{
    in_room(s);
    view_paint(s->v);
    view_scroll(s->v, MOVE_PAGE_UP);
}

static void selecting(struct stage *s)
{
    in_room(s);
    view_paint(s->v);
    press(s, "M-Up M-Up M-Up");
}

static void complete(struct stage *s, const char *text)
{
    view_show(s->v, room);
    view_set_input(s->v, "");
    type(s, text);
    press(s, "Tab");
}

static void completing_command(struct stage *s)
{
    complete(s, "/re");
}

static void completing_option(struct stage *s)
{
    complete(s, "/set ui.l");
}

static void completing_emoji(struct stage *s)
{
    complete(s, "Here is the trace :thum");
}

static void failed(struct stage *s)
{
    struct chat *bob = account_chat(room->account, "bob@example.org");
    view_show(s->v, bob);
}

/* A bouncer with two networks, one of which it cannot reach, and a third folded away with its account. */
static void networks(struct stage *s)
{
    struct account *above = an_account(s, "bnc", "irc", "alice@bnc.example.org");
    struct account *late = an_account(s, "other", "irc", "alice@other.example.org");
    static const char *const names[] = {"libera", "oftc"};
    for (size_t i = 0; i < 2; i++) {
        char *name = xasprintf("bnc/%s", names[i]);
        struct account *a = an_account(s, name, "irc", "alice@bnc.example.org");
        free(name);
        str_set(&a->label, names[i]);
        str_set(&a->note, i ? "disconnected: no route to host" : NULL);
        model_place_below(s->env.model, a, above);
        a_chat(s, a, i ? "#oftc" : "#linux", KITH_CHAT_ROOM, (int)(20 + i));
    }
    account_changed(late);
}

static void in_networks(struct stage *s)
{
    view_show(s->v, room);
    press(s, "F2 End");
}

int main(void)
{
    struct stage s;
    stage_open(&s, "tests/screen/golden");
    room = the_room(&s);
    at_tiny_sizes(&s, "room", in_room);
    at_sizes(&s, "room", in_room);
    at_tiny_sizes(&s, "list", in_list);
    at_sizes(&s, "list", in_list);
    at_tiny_sizes(&s, "switcher", in_switcher);
    at_sizes(&s, "switcher", in_switcher);
    at_tiny_sizes(&s, "help", in_help);
    at_sizes(&s, "help", in_help);
    at_tiny_sizes(&s, "paste", many_lines);
    at_sizes(&s, "paste", many_lines);
    at_sizes(&s, "scrolled", scrolled);
    at_tiny_sizes(&s, "select", selecting);
    at_sizes(&s, "select", selecting);
    at_tiny_sizes(&s, "complete", completing_command);
    at_sizes(&s, "complete", completing_command);
    at_sizes(&s, "complete-option", completing_option);
    at_sizes(&s, "complete-emoji", completing_emoji);
    struct chat *bob = account_chat(room->account, "bob@example.org");
    own(&s, bob, at(0, 9, 29), "coming", DELIVERY_READ);
    struct message *bad =
        own(&s, bob, at(0, 9, 30), "in a minute, I only have to send this long line first",
            DELIVERY_FAILED);
    str_set(&bad->failure, "the server is full");
    at_tiny_sizes(&s, "failed", failed);
    at_sizes(&s, "failed", failed);
    static const int sizes[][2] = {{120, 36}, {50, 15}, {80, 24}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        look(&s, sizes[i][0], sizes[i][1], true);
        in_room(&s);
        screen_is(&s, "ascii");
    }
    networks(&s);
    at_sizes(&s, "networks", in_networks);
    at_sizes(&s, "held-back", held_back);
    return stage_close(&s);
}
