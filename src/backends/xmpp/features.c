/* backends/xmpp/features.c - the table of features: in which order they see a session */
#include "backends/xmpp/adhoc.h"
#include "backends/xmpp/dataform.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/puppets.h"

/* Wrapped messages (carbons, archive) before plain ones; the ledger and what synchronises know
 * first that a session is new; presence after the roster, because the server sends others' presence
 * as soon as ours is there. */
const struct feature *const x_features[] = {
    &feature_sync,  &feature_ledger,   &feature_disco,      &feature_carbons,
    &feature_mam,   &feature_pep,      &feature_mds,        &feature_roster,
    &feature_subscribe,                &feature_caps,       &feature_receipts,
    &feature_chatstates,               &feature_rtt, &feature_blocking,   &feature_query,
    &feature_info,  &feature_vcard,    &feature_nick,       &feature_voice, &feature_muc,
    &feature_avatar,
    &feature_styling,                  &feature_spoiler,    &feature_attention,
    &feature_moderate, &feature_bookmarks,                &feature_invite, &feature_group,
    &feature_proxies, &feature_jingle, &feature_jingle_file, &feature_call,
    &feature_omemo_mark, &feature_omemo, &feature_omemo_atm, &feature_rosterx, &feature_message, &feature_puppets, &feature_presence,
    &feature_dataform,
    &feature_adhoc,
    &feature_upload_service, &feature_files, &feature_upload, &feature_download, &feature_sfs,
    NULL,
};
