/*
 * fixed -- what a running node cannot change
 *
 * It is in the layout of memory that outlives processes, in sockets and
 * folders that they hold, or in what they are. A file that says otherwise is
 * refused rather than followed by half.
 */
#include "settings/internal.h"

static void fixed(struct loader *l, const char *section, const char *option,
		  bool same)
{
	if (!same)
		loader_fault(l, loader_line(l, section, NULL, option), "CONFIG",
			     "leave it as it is, or restart the node",
			     "%s cannot be changed while the node runs",
			     option);
}

#define SAME(field) (l->s->field == l->running->field)
#define SAME_TEXT(field) (!strcmp(l->s->field, l->running->field))

static bool same_feeds(const struct loader *l)
{
	bool same = SAME(feed_count);

	for (unsigned i = 0; same && i < l->s->feed_count; i++)
		same = SAME_TEXT(feeds[i].name) && SAME_TEXT(feeds[i].url) &&
		       SAME_TEXT(feeds[i].certificate) &&
		       SAME_TEXT(feeds[i].key) && SAME_TEXT(feeds[i].ca);
	return same;
}

void loader_check_fixed(struct loader *l)
{
	fixed(l, NULL, "role", SAME(role));
	fixed(l, NULL, "state", SAME_TEXT(state));
	fixed(l, NULL, "runtime", SAME_TEXT(runtime));
	fixed(l, NULL, "log-origin", SAME_TEXT(log_origin));
	/* the courier comes and goes with it; what it trusts is loaded once */
	fixed(l, NULL, "witnesses",
	      settings_reaches_out(l->s) == settings_reaches_out(l->running));
	fixed(l, NULL, "witness-ca", SAME_TEXT(witness_ca));
	fixed(l, "sip", "calls-max", SAME(calls_max));
	fixed(l, "media", "address", SAME_TEXT(media_address));
	fixed(l, "media", "address6", SAME_TEXT(media_address6));
	fixed(l, "media", "ports", SAME(rtp_port_low) && SAME(rtp_port_high));
	fixed(l, "media", "workers", SAME(media_workers));
	fixed(l, "media", "ring-megabytes", SAME(ring_bytes));
	/* its media and prompts come and go with it */
	fixed(l, "line", "ask",
	      settings_asks(l->s) == settings_asks(l->running));
	fixed(l, "keeper", "identity", SAME_TEXT(identity));
	fixed(l, "keeper", "passphrase-file", SAME_TEXT(passphrase_file));
	fixed(l, "desk", "https-listen",
	      SAME_TEXT(https_address) && SAME(https_port));
	fixed(l, "desk", "certificate", SAME_TEXT(https_certificate));
	fixed(l, "desk", "key", SAME_TEXT(https_key));
	fixed(l, "desk", "client-ca", SAME_TEXT(https_client_ca));
	/* the courier has their certificates, the ledger our place in them */
	fixed(l, "feed", "url", same_feeds(l));
	fixed(l, "recorder", "fsync-ms", SAME(fsync_ms));
	fixed(l, "recorder", "spool-megabytes", SAME(spool_max_bytes));
}
