/*
 * log -- one line to standard error, by processes only
 *
 * Libraries never log: they return an error and the process logs once. A line
 * holds no phone number, name, key, token or audio, at any level; so pass
 * counts, states, ids and error numbers, never what a peer sent.
 */
#ifndef VAXEL_BASE_LOG_H
#define VAXEL_BASE_LOG_H

#include "base/error.h"

enum log_level { LOG_ALARM, LOG_ERROR, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* Say who speaks, and from which level on to keep silent. */
void log_open(const char *process, enum log_level most);

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_alarm(...) log_line(LOG_ALARM, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
