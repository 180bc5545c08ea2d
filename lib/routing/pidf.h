/*
 * pidf -- a civic address out of a PIDF-LO document (RFC 4119, RFC 5139)
 *
 * Whoever sends it may be hostile: UTF-8 of at most PIDF_MAX bytes, at most
 * PIDF_DEPTH deep and PIDF_NODES long, no document type, no entities but the
 * five of XML, nothing fetched. The first civic address counts; a shape alone
 * (GML) names no municipality.
 */
#ifndef VAXEL_ROUTING_PIDF_H
#define VAXEL_ROUTING_PIDF_H

#include "routing/location_table.h"

#define PIDF_MAX 16384
#define PIDF_DEPTH 16
#define PIDF_NODES 512
#define PIDF_FIELD_MAX 96

struct pidf {
	char country[4];
	char a1[PIDF_FIELD_MAX]; /* county: "D", "SE-D", "04", its name */
	char a2[PIDF_FIELD_MAX]; /* municipality, by name or code */
	char a3[PIDF_FIELD_MAX]; /* ... or here */
};

/*
 * ENOENT    no civic address in it
 * EMSGSIZE  too large, too deep, too long
 * EBADMSG   not such a document
 */
int pidf_read(struct text xml, struct pidf *ret) CHECK_RESULT;

/*
 * Where in Sweden that is. A2, else A3, names the municipality.
 *
 * ENOENT   names no place that we know
 * EXDEV    not in Sweden
 * EBADMSG  the county and the municipality contradict each other
 */
int pidf_place(const struct pidf *p, struct location_place *ret) CHECK_RESULT;

#endif
