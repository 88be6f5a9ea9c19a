/* backends/xmpp/xeps.h - which extensions are spoken, in one table, and the file that says so */
#ifndef XMPP_XEPS_H
#define XMPP_XEPS_H

#include "base/buf.h"

enum { XEP_VARS = 5 };

/* An extension (XEP-NNNN) and where it is. A test holds the table against the code, both ways: each row's file names its
 * XEP, each XEP that the code names has a row, and each feature that is announced (struct feature.disco) belongs to one. */
struct xep {
    unsigned number;
    const char *version;         /* of the specification that was followed */
    const char *where;           /* the file below src/ that has most of it */
    const char *vars[XEP_VARS];  /* features announced for it, NULL after the last */
    const char *lacks;           /* what is not done, a sentence for people; NULL: nothing, it is complete */
};
extern const struct xep xeps[];  /* by number; ends with number 0 */

/* Appends the description of the project in RDF/XML (XEP-0453): what it is, and each row of the table. */
void xeps_describe(struct buf *out);

#endif
