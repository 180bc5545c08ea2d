#include "handover/kept.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>

#include "seal/envelope.h"

enum { HEADER_MAX = 256 };

/* ---- keys */

struct reading {
	const struct settings *s;
	const struct register_book *book;
	settings_fault_h *fault;
	void *arg;
	int err;
};

static void PRINTF_LIKE(4, 5)
	complain(struct reading *r, struct settings_fault f, const char *mend,
		 const char *fmt, ...)
{
	va_list ap;

	r->err = EINVAL;
	va_start(ap, fmt);
	settings_fault_tell(r->fault, r->arg, f, mend, fmt, ap);
	va_end(ap);
}

static void read_region(struct reading *r, struct kept_keys *k, unsigned region)
{
	struct settings_fault f = {
		.file = r->s->companions[COMPANION_REGISTER], .rule = "CONFIG"
	};
	uint16_t n = register_region_find(r->book,
					  text_of(region_table[region].county));
	const struct register_organisation *o;
	const char *key, *id;

	if (n == REGISTER_NONE)
		return;
	o = &r->book->organisations[n];
	f.line = o->line;
	key = register_text(r->book, o->recipient);
	id = register_text(r->book, o->id);
	if (!key[0]) {
		(void)snprintf(f.rule, sizeof(f.rule), "GDPR-32-PLAIN");
		if (r->s->keep_calls_s)
			complain(r, f,
				 "write recipient: the age1... line of a key "
				 "that the region holds",
				 "calls are kept, and %s has no key to seal "
				 "them to",
				 id);
		return;
	}
	if (age_recipient_read(text_of(key), &k->regions[region].to) ||
	    text_copy(k->regions[region].name, sizeof(k->regions[region].name),
		      text_of(id))) {
		complain(r, f,
			 "copy the age1... line of vaxel key new, or of "
			 "age-keygen -y, once more",
			 "the recipient of %s is no key", id);
		return;
	}
	k->regions[region].known = true;
}

int kept_keys_read(struct kept_keys *ret, const struct settings *s,
		   const struct register_book *book, settings_fault_h *fault,
		   void *arg)
{
	struct settings_fault whole = { .file = s->file,
					.line = 1,
					.rule = "GDPR-32-PLAIN" };
	struct reading r = { s, book, fault, arg, 0 };
	struct kept_keys k = { 0 };

	if (!book && s->keep_calls_s)
		complain(&r, whole,
			 "set register, where each region has its recipient",
			 "calls are kept, and no region has a key");
	for (unsigned i = 0; book && i < REGIONS; i++)
		read_region(&r, &k, i);
	if (!r.err)
		*ret = k;
	return r.err;
}

/* ---- sealing */

struct kept_sealer {
	struct kept_keys keys;
	struct stream *stream;
	struct secret *fks; /* AGE_FILE_KEY_BYTES a region */
	struct {
		uint64_t since_ms;
		size_t len; /* of the header; 0: no file key */
		uint8_t header[HEADER_MAX];
	} now[REGIONS];
};

int kept_sealer_new(struct kept_sealer **ret)
{
	struct kept_sealer *k = calloc(1, sizeof(*k));

	if (!k)
		return ENOMEM;
	k->fks = secret_new((size_t)REGIONS * AGE_FILE_KEY_BYTES);
	if (!k->fks || stream_new(&k->stream)) {
		kept_sealer_free(k);
		return ENOMEM;
	}
	*ret = k;
	return 0;
}

void kept_sealer_free(struct kept_sealer *k)
{
	if (!k)
		return;
	stream_free(k->stream);
	secret_free(k->fks);
	free(k);
}

static uint8_t *fk_of(struct kept_sealer *k, unsigned region)
{
	return k->fks->bytes + (size_t)region * AGE_FILE_KEY_BYTES;
}

static void forget(struct kept_sealer *k, unsigned region)
{
	sodium_memzero(fk_of(k, region), AGE_FILE_KEY_BYTES);
	k->now[region].len = 0;
}

void kept_sealer_take(struct kept_sealer *k, const struct kept_keys *keys)
{
	k->keys = *keys;
	for (unsigned i = 0; i < REGIONS; i++)
		forget(k, i);
}

const char *kept_region(const struct kept_sealer *k, unsigned region)
{
	return region < REGIONS && k->keys.regions[region].known
		       ? k->keys.regions[region].name
		       : NULL;
}

static bool is_old(const struct kept_sealer *k, unsigned region,
		   uint64_t now_ms)
{
	return now_ms - k->now[region].since_ms >= KEPT_KEY_MS;
}

static int fresh(struct kept_sealer *k, unsigned region, uint64_t now_ms)
{
	struct writer w =
		writer_on(k->now[region].header, sizeof(k->now[region].header));
	int err;

	forget(k, region);
	randombytes_buf(fk_of(k, region), AGE_FILE_KEY_BYTES);
	err = envelope_make(fk_of(k, region), &k->keys.regions[region].to, 1,
			    &w);
	if (err)
		return err;
	k->now[region].len = w.len;
	k->now[region].since_ms = now_ms;
	return 0;
}

int kept_seal(struct kept_sealer *k, unsigned region, uint64_t now_ms,
	      struct bytes json, struct writer *w)
{
	uint8_t pn[AGE_NONCE_BYTES];
	int err = 0;

	if (!kept_region(k, region))
		return ENOKEY;
	if (!k->now[region].len || is_old(k, region, now_ms))
		err = fresh(k, region, now_ms);
	if (err)
		return err;
	randombytes_buf(pn, sizeof(pn));
	writer_copy(w, k->now[region].header, k->now[region].len);
	return stream_seal(k->stream, fk_of(k, region), pn, json, w);
}

void kept_tick(struct kept_sealer *k, uint64_t now_ms)
{
	for (unsigned i = 0; i < REGIONS; i++)
		if (k->now[i].len && is_old(k, i, now_ms))
			forget(k, i);
}
