/*
 * error -- how functions fail, listed once
 *
 * Every function that can fail returns an int: 0, or a positive errno value
 * (because libre does so) with one meaning each:
 *
 *   EBADMSG   malformed or tampered bytes
 *   EPROTO    right bytes at the wrong time
 *   EPERM     not permitted
 *   EMSGSIZE  over a limit
 *   ENOKEY    no recipient or identity
 *   ENOENT    no such thing
 *   ENOMEM    out of memory
 *   EAGAIN    not now: come again
 *   EINVAL    a value out of its range, from configuration or a person
 *
 * Errors of the operating system pass through as they are. Outputs are named
 * ret_ and are never written on failure.
 */
#ifndef VAXEL_BASE_ERROR_H
#define VAXEL_BASE_ERROR_H

#include <errno.h>

#define CHECK_RESULT __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#endif
