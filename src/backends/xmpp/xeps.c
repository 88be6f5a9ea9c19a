/* backends/xmpp/xeps.c - which extensions are spoken, in one table, and the file that says so (XEP-0453) */
#include "backends/xmpp/xeps.h"

#include <stddef.h>

#include "backends/xmpp/avatar.h"
#include "backends/xmpp/dataform.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/jingle.h"
#include "backends/xmpp/muc.h"

#define XMPP "backends/xmpp/"

/* clang-format off */
const struct xep xeps[] = {
    {4, "2.13.2", XMPP "dataform.c", {NS_DATA}, NULL},
    {12, "2.0", XMPP "query.c", {NULL}, NULL},
    {30, "2.5.0", XMPP "disco.c", {NS_DISCO_INFO, NS_DISCO_ITEMS}, NULL},
    {45, "1.35.5", XMPP "muc.c", {NS_MUC}, NULL},
    {47, "2.0.1", XMPP "jingle_ibb.c", {NS_IBB}, "In sessions only (XEP-0261)."},
    {48, "1.2", XMPP "bookmarks.c", {NULL}, "Read everywhere; written only where the server does not keep them as XEP-0402."},
    {49, "1.2", XMPP "bookmarks.c", {NULL}, NULL},
    {50, "1.3.0", XMPP "adhoc.c", {NULL}, NULL},
    {54, "1.3.0", XMPP "vcard.c", {NULL}, NULL},
    {55, "1.3", XMPP "search.c", {NULL}, NULL},
    {59, "1.0", XMPP "mam_sync.c", {NULL}, NULL},
    {60, "1.30.0", XMPP "pep_write.c", {NULL}, "What personal nodes (XEP-0163) need."},
    {65, "1.8.2", XMPP "socks5.c", {NULL}, "Relays and candidates of XEP-0260."},
    {66, "1.5", XMPP "sfs.c", {"jabber:x:oob"}, NULL},
    {77, "2.4", XMPP "register.c", {NULL}, NULL},
    {82, "1.1.1", "base/clock.h", {NULL}, NULL},
    {84, "1.1.4", XMPP "avatar.c", {NS_AVATAR_META "+notify"}, NULL},
    {85, "2.1", XMPP "chatstates.c", {NS_STATES}, NULL},
    {92, "1.1", XMPP "query.c", {NS_VERSION}, NULL},
    {100, "1.0", XMPP "gateway.c", {NULL}, NULL},
    {106, "1.1.1", XMPP "jid_escape.c", {NULL}, NULL},
    {115, "1.6.0", XMPP "caps.c", {NS_CAPS}, NULL},
    {122, "1.0.2", XMPP "dataform.c", {"http://jabber.org/protocol/xdata-validate"}, NULL},
    {128, "1.0.1", XMPP "disco.c", {NULL}, NULL},
    {141, "1.0", XMPP "dataform.c", {"http://jabber.org/protocol/xdata-layout"}, NULL},
    {144, "1.1.1", XMPP "rosterx.c", {"http://jabber.org/protocol/rosterx"}, NULL},
    {147, "1.2", "base/uri.c", {NULL}, "With keys to be verified (omemo-sid-, trust-message of XEP-0434)."},
    {153, "1.1.1", XMPP "avatar.c", {NULL}, NULL},
    {156, "1.4.0", XMPP "hostmeta.c", {NULL}, "WebSocket only."},
    {157, "1.1.1", XMPP "info.c", {NULL}, NULL},
    {163, "1.2.2", XMPP "pep.c", {NULL}, NULL},
    {166, "1.1.2", XMPP "jingle.c", {NS_JINGLE}, NULL},
    {167, "1.2.3", XMPP "call.c", {NULL}, "A call is declined."},
    {172, "1.1", XMPP "nick.c", {NS_NICK, NS_NICK "+notify"}, NULL},
    {178, "1.2", XMPP "sasl.c", {NULL}, NULL},
    {184, "1.4.0", XMPP "receipts.c", {NS_RECEIPTS}, NULL},
    {191, "1.3", XMPP "blocking.c", {NULL}, NULL},
    {198, "1.6.3", XMPP "sm.c", {NULL}, NULL},
    {199, "2.0.1", XMPP "ping.c", {NS_PING}, NULL},
    {202, "2.0", XMPP "query.c", {NS_TIME}, NULL},
    {203, "2.0", XMPP "util.c", {NULL}, NULL},
    {221, "1.0", XMPP "dataform.c", {"urn:xmpp:media-element"}, NULL},
    {222, "1.0", XMPP "pep.c", {NULL}, NULL},
    {223, "1.1.1", XMPP "pep.c", {"urn:kith:omemo:mark:0+notify"}, NULL},
    {224, "1.0", XMPP "attention.c", {"urn:xmpp:attention:0"}, NULL},
    {234, "0.19.1", XMPP "jingle_file.c", {NS_JINGLE_FILE}, "One file a session, offered and taken; nobody can ask for files, nor for parts of one."},
    {237, "1.3", XMPP "roster.c", {NULL}, NULL},
    {245, "1.0", XMPP "message.c", {NULL}, NULL},
    {249, "1.2", XMPP "muc_invite.c", {NS_CONFERENCE}, NULL},
    {260, "1.0.3", XMPP "jingle_s5b.c", {NS_JINGLE_S5B}, "Offers relays, and no address of its own."},
    {261, "1.0", XMPP "jingle_ibb.c", {NS_JINGLE_IBB}, NULL},
    {264, "0.4.2", XMPP "sfs.c", {NULL}, "A thumbnail is never taken for a second file; it is not shown."},
    {280, "1.0.1", XMPP "carbons.c", {NULL}, NULL},
    {292, "0.12.0", XMPP "vcard.c", {NULL}, NULL},
    {297, "1.0", XMPP "carbons.c", {NULL}, NULL},
    {300, "1.0.0", XMPP "sums.c", {NS_HASHES, NS_HASH_SHA256, NS_HASH_SHA512, NS_HASH_SHA1}, NULL},
    {301, "1.0", XMPP "rtt.c", {"urn:xmpp:rtt:0"}, NULL},
    {308, "1.2.1", XMPP "correct.c", {NS_CORRECT}, NULL},
    {313, "1.1.3", XMPP "mam.c", {NULL}, NULL},
    {317, "0.3.1", XMPP "muc_presence.c", {NS_HATS}, "Shown; not assigned."},
    {319, "1.0.2", XMPP "presence.c", {NULL}, NULL},
    {333, "1.0.0", XMPP "receipts.c", {NS_MARKERS}, NULL},
    {334, "1.0.0", XMPP "message.c", {NULL}, NULL},
    {352, "1.0.0", XMPP "csi.c", {NULL}, NULL},
    {353, "0.8.0", XMPP "call.c", {NULL}, "Rings, and can be declined; calls cannot be taken."},
    {359, "0.7.0", XMPP "message.c", {NS_SID}, NULL},
    {363, "1.2.0", XMPP "upload.c", {NULL}, NULL},
    {368, "1.1.0", "account/dns.h", {NULL}, NULL},
    {377, "0.4.1", XMPP "blocking.c", {NULL}, NULL},
    {380, "0.4.0", XMPP "message.c", {NS_EME}, "What is encrypted in another way than XEP-0384 is named, and not decrypted."},
    {382, "0.2.0", XMPP "spoiler.c", {NS_SPOILER}, NULL},
    {384, "0.9.1", XMPP "omemo.c", {NS_OMEMO ".devicelist+notify", NS_OMEMO2 ":devices+notify"}, "Where libomemo-c is when it is built; both namespaces."},
    {385, "0.2.1", XMPP "sfs.c", {"urn:xmpp:sims:1"}, "Read; XEP-0447 is what is sent."},
    {386, "1.1.0", XMPP "sasl2.c", {NULL}, NULL},
    {388, "1.0.4", XMPP "sasl2.c", {NULL}, NULL},
    {392, "1.0.1", "config/theme.h", {NULL}, NULL},
    {393, "1.1.1", XMPP "styling.c", {"urn:xmpp:styling:0"}, NULL},
    {394, "0.3.0", XMPP "markup.c", {NS_MARKUP}, NULL},
    {398, "1.0.0", XMPP "avatar_own.c", {NULL}, NULL},
    {401, "0.6.0", XMPP "invite.c", {NULL}, NULL},
    {402, "1.2.0", XMPP "bookmarks.c", {NS_BOOKMARKS "+notify"}, NULL},
    {410, "1.1.0", XMPP "muc_ping.c", {NULL}, NULL},
    {420, "0.5.0", XMPP "omemo_sce.c", {NULL}, "Within XEP-0384."},
    {421, "1.0.1", XMPP "muc_presence.c", {NS_OCCUPANT}, NULL},
    {422, "0.2.0", XMPP "retract.c", {NULL}, "Read, for withdrawals by older programs."},
    {424, "0.4.2", XMPP "retract.c", {NS_RETRACT}, NULL},
    {425, "0.3.0", XMPP "muc_moderate.c", {NULL}, NULL},
    {426, "0.3.0", XMPP "fallback.c", {NULL}, NULL},
    {428, "0.2.1", XMPP "fallback.c", {NS_FALLBACK}, NULL},
    {433, "0.1.0", XMPP "rooms_list.c", {NULL}, NULL},
    {434, "0.6.0", XMPP "omemo_tm.c", {NULL}, "Inside of XEP-0384 alone, about its keys."},
    {440, "1.0.0", XMPP "sasl.c", {NULL}, NULL},
    {444, "0.2.1", XMPP "reactions.c", {NS_REACTIONS}, NULL},
    {445, "0.2.0", XMPP "register.c", {NULL}, NULL},
    {446, "0.2.0", XMPP "sfs.c", {NULL}, NULL},
    {447, "0.3.1", XMPP "sfs.c", {"urn:xmpp:sfs:0"}, NULL},
    {448, "0.2.0", XMPP "sfs.c", {"urn:xmpp:esfs:0"}, NULL},
    {450, "0.4.0", XMPP "omemo_atm.c", {NULL}, "What the user decided is not undone. Keys that were trusted before the first was verified stay so."},
    {453, "0.1.2", XMPP "xeps.c", {NULL}, NULL},
    {454, "0.1.0", XMPP "sealed.c", {NULL}, NULL},
    {461, "0.2.1", XMPP "reply.c", {NS_REPLY}, NULL},
    {469, "0.1.0", XMPP "bookmark.c", {NULL}, NULL},
    {478, "0.2.0", XMPP "limits.c", {NULL}, NULL},
    {484, "0.2.0", XMPP "sasl2.c", {NULL}, NULL},
    {486, "0.1.0", XMPP "avatar.c", {NULL}, NULL},
    {490, "1.0.1", XMPP "mds.c", {NS_MDS, NS_MDS "+notify"}, NULL},
    {492, "0.2.0", XMPP "bookmark.c", {NULL}, NULL},
    {495, "0.1.0", "account/dial.c", {NULL}, NULL},
    {0, NULL, NULL, {NULL}, NULL},
};
/* clang-format on */

static const char *const rfcs[] = {"rfc6120", "rfc6121", "rfc7395", "rfc7590"};

static const char head[] =
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<!-- Made from the table of src/backends/xmpp/xeps.c by `make man`: change it there. -->\n"
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'\n"
    "         xmlns:xmpp='https://linkmauve.fr/ns/xmpp-doap#'\n"
    "         xmlns='http://usefulinc.com/ns/doap#'>\n"
    "  <Project>\n"
    "    <name>kith</name>\n"
    "    <shortname>kith</shortname>\n"
    "    <shortdesc xml:lang='en'>Chat from the terminal</shortdesc>\n"
    "    <description xml:lang='en'>An instant-messaging client for the terminal: one buddy list, one history and one\n"
    "      keyboard over XMPP, IRC and chat between the users of one machine.</description>\n"
    "    <license rdf:resource='https://www.gnu.org/licenses/gpl-3.0.html'/>\n"
    "    <language>en</language>\n"
    "    <programming-language>C</programming-language>\n"
    "    <os>Linux</os>\n"
    "    <category rdf:resource='https://linkmauve.fr/ns/xmpp-doap#category-client'/>\n";

static void describe_one(struct buf *out, const struct xep *x)
{
    buf_addf(out, "    <implements>\n      <xmpp:SupportedXep>\n");
    buf_addf(out, "        <xmpp:xep rdf:resource='https://xmpp.org/extensions/xep-%04u.html'/>\n", x->number);
    buf_addf(out, "        <xmpp:status>%s</xmpp:status>\n", x->lacks ? "partial" : "complete");
    buf_addf(out, "        <xmpp:version>%s</xmpp:version>\n", x->version);
    if (x->lacks)
        buf_addf(out, "        <xmpp:note xml:lang='en'>%s</xmpp:note>\n", x->lacks);
    buf_addf(out, "      </xmpp:SupportedXep>\n    </implements>\n");
}

void xeps_describe(struct buf *out)
{
    buf_adds(out, head);
    for (size_t i = 0; i < COUNT(rfcs); i++)
        buf_addf(out, "    <implements rdf:resource='https://xmpp.org/rfcs/%s.html'/>\n", rfcs[i]);
    for (const struct xep *x = xeps; x->number; x++)
        describe_one(out, x);
    buf_adds(out, "  </Project>\n</rdf:RDF>\n");
}
