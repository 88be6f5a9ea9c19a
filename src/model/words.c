/* model/words.c - the words for states of accounts and presence: for people, and for programs and commands */
#include <string.h>

#include "model/model.h"

static const struct {
    const char *word, *name;
} states[] = {[KITH_STATE_OFFLINE] = {"offline", "offline"},      [KITH_STATE_RESOLVE] = {"resolving", "looking up"},
              [KITH_STATE_CONNECT] = {"connecting", "connecting"}, [KITH_STATE_TLS] = {"securing", "securing"},
              [KITH_STATE_AUTH] = {"logging in", "logging in"},   [KITH_STATE_SYNC] = {"syncing", "fetching lists"},
              [KITH_STATE_ONLINE] = {"online", "online"},         [KITH_STATE_CLOSING] = {"closing", "leaving"}};

const char *state_word(enum kith_state state)
{
    return (size_t)state < COUNT(states) ? states[state].word : "unknown";
}

const char *state_name(enum kith_state state)
{
    return (size_t)state < COUNT(states) ? states[state].name : "unknown";
}

static const struct {
    const char *word, *name;
} shows[] = {[KITH_SHOW_OFFLINE] = {"offline", "offline"}, [KITH_SHOW_ONLINE] = {"online", "online"},
             [KITH_SHOW_CHAT] = {"chat", "free to chat"},  [KITH_SHOW_AWAY] = {"away", "away"},
             [KITH_SHOW_XA] = {"xa", "long away"},         [KITH_SHOW_DND] = {"dnd", "do not disturb"},
             [KITH_SHOW_UNKNOWN] = {"unknown", "unknown"}};

const char *show_word(enum kith_show show)
{
    return (size_t)show < COUNT(shows) ? shows[show].word : "unknown";
}

const char *show_name(enum kith_show show)
{
    return (size_t)show < COUNT(shows) ? shows[show].name : "unknown";
}

bool show_of_word(const char *word, enum kith_show *show)
{
    for (size_t i = 0; word && i < COUNT(shows); i++) {
        if (i != KITH_SHOW_UNKNOWN && strcmp(shows[i].word, word) == 0) {
            *show = (enum kith_show)i;
            return true;
        }
    }
    return false;
}
