/*
 * init_texts -- what a new configuration says before anybody changes it
 */
#ifndef VAXEL_COMMAND_INIT_TEXTS_H
#define VAXEL_COMMAND_INIT_TEXTS_H

extern const char init_media[];
extern const char init_answering[];
extern const char init_national[];

#endif
