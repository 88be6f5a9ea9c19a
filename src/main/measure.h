/* main/measure.h - kith --probe-terminal: asks this terminal what it can do and prints the answers */
#ifndef MAIN_MEASURE_H
#define MAIN_MEASURE_H

/* Needs a terminal on standard input and output; returns an exit code. */
int measure_terminal(void);

#endif
