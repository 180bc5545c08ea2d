/*
 * grammar -- what may stand in the file, and what holds where it does not
 */
#include "settings/internal.h"

/* libconfuse takes defaults of lists as text that it may write to */
static char default_listen[] = "{udp:127.0.0.1:5060}";
static char default_codecs[] = "{PCMA, PCMU}";
static char empty_list[] = "{}";

static cfg_opt_t sip[] = { CFG_STR_LIST("listen", default_listen, CFGF_NONE),
			   CFG_STR("domain", "vaxel.example", CFGF_NONE),
			   CFG_STR("public-host", "", CFGF_NONE),
			   CFG_STR("tls-certificate", "", CFGF_NONE),
			   CFG_STR("tls-key", "", CFGF_NONE),
			   CFG_STR("tls-ca", "", CFGF_NONE),
			   CFG_STR("nameserver", "", CFGF_NONE),
			   CFG_INT("session-expires", 1800, CFGF_NONE),
			   CFG_INT("calls-max", 1000, CFGF_NONE),
			   CFG_END() };

static cfg_opt_t media[] = { CFG_STR("address", "127.0.0.1", CFGF_NONE),
			     CFG_STR("address6", "", CFGF_NONE),
			     CFG_STR("ports", "20000-29999", CFGF_NONE),
			     CFG_INT("workers", 0, CFGF_NONE),
			     CFG_INT("silence", 60, CFGF_NONE),
			     CFG_STR_LIST("codecs", default_codecs, CFGF_NONE),
			     CFG_INT("ring-megabytes", 0, CFGF_NONE),
			     CFG_END() };

static cfg_opt_t trunk[] = { CFG_STR("host", "", CFGF_NONE),
			     CFG_STR("transport", "udp", CFGF_NONE),
			     CFG_STR_LIST("from", empty_list, CFGF_NONE),
			     CFG_BOOL("trusted", cfg_false, CFGF_NONE),
			     CFG_STR("certificate-name", "", CFGF_NONE),
			     CFG_STR("srtp", "off", CFGF_NONE),
			     CFG_INT("options", 30, CFGF_NONE),
			     CFG_STR("user", "", CFGF_NONE),
			     CFG_STR("password-file", "", CFGF_NONE),
			     CFG_STR("municipality", "", CFGF_NONE),
			     CFG_STR("geolocation-errors", "tell", CFGF_NONE),
			     CFG_STR("hand-over", "stay", CFGF_NONE),
			     CFG_BOOL("require-token", cfg_false, CFGF_NONE),
			     CFG_STR("provider-key", "", CFGF_NONE),
			     CFG_STR("provider-recipient", "", CFGF_NONE),
			     CFG_END() };

static cfg_opt_t notice[] = { CFG_STR("version", "", CFGF_NONE),
			      CFG_STR("text", "", CFGF_NONE),
			      CFG_STR("audio", "", CFGF_NONE),
			      CFG_STR("long", "", CFGF_NONE),
			      CFG_STR("long-audio", "", CFGF_NONE),
			      CFG_STR_LIST("registered", empty_list, CFGF_NONE),
			      CFG_END() };

static cfg_opt_t ask[] = {
	CFG_STR("postcode", "", CFGF_NONE), CFG_STR("regions", "", CFGF_NONE),
	CFG_STR("again", "", CFGF_NONE),    CFG_STR("thanks", "", CFGF_NONE),
	CFG_STR("queue", "", CFGF_NONE),    CFG_END()
};

static cfg_opt_t line[] = { CFG_STR("controller", "", CFGF_NONE),
			    CFG_BOOL("record", cfg_true, CFGF_NONE),
			    CFG_STR("long-key", "", CFGF_NONE),
			    CFG_STR("object-key", "", CFGF_NONE),
			    CFG_STR("objected", "not-recorded", CFGF_NONE),
			    CFG_SEC("notice", notice, CFGF_MULTI | CFGF_TITLE),
			    CFG_SEC("ask", ask, CFGF_MULTI | CFGF_TITLE),
			    CFG_STR("busy",
				    "Alla sjuksköterskor är upptagna. Du står "
				    "kvar i kön.",
				    CFGF_NONE),
			    CFG_STR("position", "Du har plats %u i kön.",
				    CFGF_NONE),
			    CFG_STR("music", "", CFGF_NONE),
			    CFG_INT("ring-timeout", 20, CFGF_NONE),
			    CFG_INT("position-every", 30, CFGF_NONE),
			    CFG_INT("queue-max", 200, CFGF_NONE),
			    CFG_END() };

static cfg_opt_t agent[] = { CFG_STR("password-file", "", CFGF_NONE),
			     CFG_STR("srtp", "off", CFGF_NONE), CFG_END() };

static cfg_opt_t recipient[] = { CFG_STR("key", "", CFGF_NONE), CFG_END() };

static cfg_opt_t region[] = { CFG_STR("trunk", "", CFGF_NONE),
			      CFG_STR("organisation", "", CFGF_NONE),
			      CFG_END() };

static cfg_opt_t keeper[] = { CFG_STR("identity", "", CFGF_NONE),
			      CFG_STR("passphrase-file", "", CFGF_NONE),
			      CFG_INT("lock-after", 0, CFGF_NONE),
			      CFG_STR_LIST("approval", empty_list, CFGF_NONE),
			      CFG_INT("approval-over", 0, CFGF_NONE),
			      CFG_INT("quota", 200, CFGF_NONE),
			      CFG_END() };

static cfg_opt_t peer[] = { CFG_STR("controller", "", CFGF_NONE),
			    CFG_BOOL("let-go", cfg_false, CFGF_NONE),
			    CFG_END() };

static cfg_opt_t desk[] = { CFG_STR("https-listen", "", CFGF_NONE),
			    CFG_STR("certificate", "", CFGF_NONE),
			    CFG_STR("key", "", CFGF_NONE),
			    CFG_STR("client-ca", "", CFGF_NONE),
			    CFG_SEC("peer", peer, CFGF_MULTI | CFGF_TITLE),
			    CFG_END() };

static cfg_opt_t feed[] = { CFG_STR("url", "", CFGF_NONE),
			    CFG_STR("controller", "", CFGF_NONE),
			    CFG_STR("certificate", "", CFGF_NONE),
			    CFG_STR("key", "", CFGF_NONE),
			    CFG_STR("ca", "", CFGF_NONE),
			    CFG_INT("every", 10, CFGF_NONE),
			    CFG_END() };

static cfg_opt_t recorder[] = { CFG_INT("fsync-ms", 100, CFGF_NONE),
				CFG_INT("spool-megabytes", 1024, CFGF_NONE),
				CFG_END() };

static cfg_opt_t top[] = { CFG_STR("role", "", CFGF_NONE),
			   CFG_STR("organisation", "", CFGF_NONE),
			   CFG_STR("state", "state", CFGF_NONE),
			   CFG_STR("runtime", SETTINGS_RUNTIME, CFGF_NONE),
			   CFG_STR("data", VAXEL_DATA, CFGF_NONE),
			   CFG_STR("register", "", CFGF_NONE),
			   CFG_STR("routes", "", CFGF_NONE),
			   CFG_STR("kommun-ids", "", CFGF_NONE),
			   CFG_STR("cells", "", CFGF_NONE),
			   CFG_STR("postcodes", "", CFGF_NONE),
			   CFG_STR("month-keys", "", CFGF_NONE),
			   CFG_STR("log-origin", "", CFGF_NONE),
			   CFG_STR("witnesses", "", CFGF_NONE),
			   CFG_STR("witness-ca", "", CFGF_NONE),
			   CFG_INT("witness-wait", 30, CFGF_NONE),
			   CFG_STR("log-level", "notice", CFGF_NONE),
			   CFG_STR("national-trunk", "", CFGF_NONE),
			   CFG_STR("handover-key", "", CFGF_NONE),
			   CFG_INT("keep-calls", 0, CFGF_NONE),
			   CFG_INT("probe-every", 3600, CFGF_NONE),
			   CFG_STR_LIST("national-key", empty_list, CFGF_NONE),
			   CFG_STR_LIST("takes", empty_list, CFGF_NONE),
			   CFG_SEC("sip", sip, CFGF_NONE),
			   CFG_SEC("media", media, CFGF_NONE),
			   CFG_SEC("trunk", trunk, CFGF_MULTI | CFGF_TITLE),
			   CFG_SEC("line", line, CFGF_MULTI | CFGF_TITLE),
			   CFG_SEC("agent", agent, CFGF_MULTI | CFGF_TITLE),
			   CFG_SEC("recipient", recipient,
				   CFGF_MULTI | CFGF_TITLE),
			   CFG_SEC("region", region, CFGF_MULTI | CFGF_TITLE),
			   CFG_SEC("keeper", keeper, CFGF_NONE),
			   CFG_SEC("recorder", recorder, CFGF_NONE),
			   CFG_SEC("desk", desk, CFGF_NONE),
			   CFG_SEC("feed", feed, CFGF_MULTI | CFGF_TITLE),
			   CFG_END() };

cfg_t *loader_grammar(void)
{
	return cfg_init(top, CFGF_NONE);
}
