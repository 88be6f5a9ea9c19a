/* screen/test_strangers.c - the one line of the buddy list that says how many strangers wrote */
#include <stdlib.h>
#include <string.h>

#include "script.h"

static struct chat *a_stranger(struct stage *s, struct account *a, const char *address)
{
    struct chat *c = a_chat(s, a, address, KITH_CHAT_DIRECT, 0);
    c->open = false;
    c->flags |= CHAT_HELD;
    c->held = 1;
    chat_changed(c);
    return c;
}

int main(void)
{
    struct stage s;
    stage_open(&s, "tests/screen/golden");
    struct chat *room = the_room(&s);
    struct chat *eve = a_stranger(&s, room->account, "eve@elsewhere.example");
    says(&s, eve, "eve@elsewhere.example", at(0, 9, 31), "you must not see this");
    look(&s, 80, 24, false);
    screen_is(&s, "stranger");
    a_stranger(&s, room->account, "mallory@elsewhere.example");
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        look(&s, sizes[i][0], sizes[i][1], false);
        screen_is(&s, "strangers");
    }
    look(&s, 80, 24, true);
    screen_is(&s, "strangers-ascii");
    press(&s, "C-k"); /* they are in no other list */
    type(&s, "mallory");
    screen_is(&s, "strangers-switcher");
    return stage_close(&s);
}
