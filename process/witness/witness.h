/*
 * witness -- cosigns the logs of others, over HTTPS (C2SP tlog-witness)
 *
 * Runs by itself on a machine of its own, apart from any node. Holds its
 * cosigning key, a list of logs, and a folder with the last checkpoint of each
 * that it cosigned. One process, one thread: a request is judged, its outcome
 * made durable and answered before the next one is looked at, so that no two
 * can pass each other.
 */
#ifndef VAXEL_PROCESS_WITNESS_H
#define VAXEL_PROCESS_WITNESS_H

/* `vaxel witness`: runs until SIGTERM or SIGINT. The exit status. */
int witness_main(int argc, char **argv);

#endif
