/* view/lines.h - the terminal side of kith --plain: lines in, lines out */
#ifndef VIEW_LINES_H
#define VIEW_LINES_H

/* Talks to the engine on fd (taken over) until standard input ends or the engine says goodbye. An exit code. */
int lines_run(int fd);

#endif
