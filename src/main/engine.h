/* main/engine.h - the engine: wires model, store, core, commands and screen together and serves views */
#ifndef MAIN_ENGINE_H
#define MAIN_ENGINE_H

#include "main/args.h"
#include "main/places.h"

/* Runs the engine of `kith --engine` until it is told to quit; returns an exit code. */
int engine_main(const struct args *a, const struct places *p);

#endif
