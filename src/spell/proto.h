/* spell/proto.h - what the engine asks kith-spell and what it answers; core/spell.c has the same numbers */
#ifndef SPELL_PROTO_H
#define SPELL_PROTO_H

enum spell_kind {
    SPELL_ASK = 1,    /* languages ("en_GB de_DE"), then words: each ends in NUL */
    SPELL_ANSWER = 2, /* of those words the wrong ones, each with what may be meant, one a line: both end in NUL */
    SPELL_FAILED = 3  /* a sentence, not terminated */
};
enum { SPELL_FRAME_MAX = 65536, SPELL_SUGGESTIONS = 5 };

#endif
