/* account/idn.h - names of hosts with other than ASCII letters, as DNS and certificates know them
 * (RFC 5890) */
#ifndef ACCOUNT_IDN_H
#define ACCOUNT_IDN_H

/* The name by A-labels ("xn--..."), owned; an ASCII name as it is. NULL: no name of a host can look
 * like that. IDNA2008 with the mapping of UTS #46. */
char *idn_ascii(const char *name);

#endif
