/* backends/xmpp/words.c - what the errors of servers mean to people, and what kith does then */
#include "backends/xmpp/words.h"

#include "backends/xmpp/session.h"
#include "backends/xmpp/x.h"

/* RFC 6120 §4.9.3; see-other-host only where it is not followed. */
static const struct words stream_errors[] = {
    {"bad-format", KITH_EPROTO, KITH_RETRY_AUTO, 0, "could not make sense of what kith sent"},
    {"bad-namespace-prefix", KITH_EPROTO, KITH_RETRY_AUTO, 0,
     "did not accept a name in what kith sent"},
    {"conflict", KITH_ECONFLICT, KITH_RETRY_NEVER, 0,
     "ended this session because another program logged in with the same resource; /connect takes "
     "it back"},
    {"connection-timeout", KITH_ENET, KITH_RETRY_AUTO, 0, "had not heard from kith for too long"},
    {"host-gone", KITH_ENOTFOUND, KITH_RETRY_NEVER, 0, "no longer serves this domain"},
    {"host-unknown", KITH_ENOTFOUND, KITH_RETRY_NEVER, 0,
     "does not serve this domain; check the address and the host"},
    {"improper-addressing", KITH_EPROTO, KITH_RETRY_AUTO, 0, "did not accept an address"},
    {"internal-server-error", KITH_EPROTO, KITH_RETRY_AUTO, 5000, "has an internal error"},
    {"invalid-from", KITH_EPROTO, KITH_RETRY_AUTO, 0, "did not accept the sender's address"},
    {"invalid-namespace", KITH_EPROTO, KITH_RETRY_AUTO, 0,
     "takes kith for another kind of program than a client"},
    {"invalid-xml", KITH_EPROTO, KITH_RETRY_AUTO, 0, "found what kith sent to be no valid XML"},
    {"not-authorized", KITH_EAUTH, KITH_RETRY_NEVER, 0, "says that the login is not complete"},
    {"not-well-formed", KITH_EPROTO, KITH_RETRY_AUTO, 0, "found what kith sent to be broken XML"},
    {"policy-violation", KITH_ELIMIT, KITH_RETRY_AUTO, 30000,
     "closed the connection because of its policy"},
    {"remote-connection-failed", KITH_ENET, KITH_RETRY_AUTO, 5000,
     "cannot reach a server it needs"},
    {"reset", KITH_ENET, KITH_RETRY_NOW, 0, "asks to connect anew"},
    {"resource-constraint", KITH_ELIMIT, KITH_RETRY_AUTO, 30000, "is too busy"},
    {"restricted-xml", KITH_EPROTO, KITH_RETRY_AUTO, 0,
     "found something in what kith sent that XMPP forbids"},
    {"see-other-host", KITH_ENET, KITH_RETRY_AUTO, 5000,
     "sends us to another server, in a way that kith does not follow"},
    {"system-shutdown", KITH_ENET, KITH_RETRY_AUTO, 5000, "is shutting down"},
    {"undefined-condition", KITH_EPROTO, KITH_RETRY_AUTO, 5000, "closed the connection"},
    {"unsupported-encoding", KITH_EPROTO, KITH_RETRY_NEVER, 0, "wants another encoding"},
    {"unsupported-feature", KITH_EPROTO, KITH_RETRY_NEVER, 0,
     "wants something that kith cannot do"},
    {"unsupported-stanza-type", KITH_EPROTO, KITH_RETRY_AUTO, 0,
     "does not know a kind of stanza that kith sent"},
    {"unsupported-version", KITH_EPROTO, KITH_RETRY_NEVER, 0, "speaks another version of XMPP"},
};

/* RFC 6120 §6.5; behind "refused the login of ...: ". */
static const struct words sasl_failures[] = {
    {"aborted", KITH_EAUTH, KITH_RETRY_AUTO, 0, "the login was broken off"},
    {"account-disabled", KITH_EAUTH, KITH_RETRY_NEVER, 0, "the account is disabled"},
    {"credentials-expired", KITH_EAUTH, KITH_RETRY_NEVER, 0, "the password has expired"},
    {"encryption-required", KITH_EAUTH, KITH_RETRY_NEVER, 0, "it wants encryption first"},
    {"incorrect-encoding", KITH_EAUTH, KITH_RETRY_NEVER, 0, "it could not decode what kith sent"},
    {"invalid-authzid", KITH_EAUTH, KITH_RETRY_NEVER, 0, "the address is not that of the account"},
    {"invalid-mechanism", KITH_EAUTH, KITH_RETRY_NEVER, 0,
     "it does not know the mechanism it offered"},
    {"malformed-request", KITH_EAUTH, KITH_RETRY_NEVER, 0, "it could not read the login"},
    {"mechanism-too-weak", KITH_EAUTH, KITH_RETRY_NEVER, 0, "the mechanism is too weak for it"},
    {"not-authorized", KITH_EAUTH, KITH_RETRY_NEVER, 0, "the name or the password is wrong"},
    {"temporary-auth-failure", KITH_EAUTH, KITH_RETRY_AUTO, 0,
     "logins fail there for the time being"},
};

static const struct words *find(const struct words *v, size_t n, xmpp_stanza_t *st, const char *ns)
{
    for (size_t i = 0; i < n; i++)
        if (st_child(st, v[i].condition, ns))
            return &v[i];
    return NULL;
}

const struct words *words_stream(xmpp_stanza_t *error)
{
    return find(stream_errors, COUNT(stream_errors), error, NS_STREAM_ERRORS);
}

const struct words *words_sasl(xmpp_stanza_t *failure)
{
    return find(sasl_failures, COUNT(sasl_failures), failure, NULL);
}
