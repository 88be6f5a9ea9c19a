/* main/search.h - the process that searches the history */
#ifndef MAIN_SEARCH_H
#define MAIN_SEARCH_H

/* kith --search-helper PATH: serves one query (store/find.h) on standard input, which is a socket.
 * An exit code. */
int search_helper(const char *path);

#endif
