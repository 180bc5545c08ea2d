/*
 * renderer -- makes the prompts when the configuration is loaded, then exits
 *
 * The only process that reads WAV files and runs espeak-ng. It gets the
 * settings and an empty, unsealed MEMORY_PROMPTS, which it sizes and fills in
 * the layout of prompts/prompts.h. Exit status 0: filled, the parent seals it
 * and hands it to media and switch. Anything else: not usable.
 */
#ifndef VAXEL_RENDERER_RENDERER_H
#define VAXEL_RENDERER_RENDERER_H

#include "ipc/process.h"

extern const struct process_ops renderer_ops;

#endif
