/* core/rules.h - what the deciding functions of core return: the rule that decided; why.c has the words */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "model/model.h"

/* Notices: the first rule that fits. LISTED, LEVEL_ALL: it rings or shows. */
enum alert_rule {
    ALERT_UNKNOWN, ALERT_LISTED, ALERT_LEVEL_ALL, ALERT_OWN, ALERT_OLD, ALERT_MUTED, ALERT_DND, ALERT_BLOCKED,
    ALERT_LOOKED, ALERT_QUIET, ALERT_SERVICE, ALERT_LEVEL_NONE, ALERT_LEVEL_MENTIONS, ALERT_UNLISTED, ALERT_BURST,
    ALERT_MINUTE, ALERT_OTHER_RANG, ALERT_BOT
};
struct alert_verdict {
    enum alert_rule bell, desktop;
    const char *reason; /* "mention", "private", "room" ..., static; NULL: of a service */
};

enum mention_rule { MENTION_NOT, MENTION_OWN, MENTION_SERVER, MENTION_NAME, MENTION_PATTERN };
enum news_rule { NEWS_UNKNOWN, NEWS_LIVE, NEWS_MISSED, NEWS_OWN, NEWS_PAGE, NEWS_READ, NEWS_FIRST };
enum read_rule { READ_BEFORE /* this run of kith */, READ_SEEN, READ_ANSWERED, READ_ELSEWHERE, READ_COMMAND };
enum inbox_rule { /* or a member of enum inbox_why, which are smaller */
    INBOX_OWN = N_INBOX_WHY, INBOX_MUTED, INBOX_SERVICE, INBOX_BLOCKED, INBOX_WAITS_ALREADY, INBOX_TALK
};
enum join_rule { JOIN_SHOWN, JOIN_HIDDEN, JOIN_SPOKE, JOIN_SILENT };
enum tell_rule { TELL_OFF, TELL_ALL, TELL_CONTACTS, TELL_NOT_ROOMS };
enum wish { WISH_AUTOCONNECT, WISH_NOT_AUTOCONNECT, WISH_OFFLINE, WISH_CONNECT, WISH_DISCONNECT, WISH_STATUS };
enum retry_rule { RETRY_NONE, RETRY_UNWANTED, RETRY_AGAIN, RETRY_LOGIN, RETRY_NEVER, RETRY_NOW, RETRY_LATER };
enum send_rule { SEND_GONE, SEND_GOES, SEND_UNDER_WAY, SEND_PACED, SEND_OFFLINE, SEND_HELD, SEND_QUEUED, SEND_FAILED };

enum { VERDICTS = 256 };
struct verdict { int64_t message; struct alert_verdict alert; enum news_rule news; };

#endif
