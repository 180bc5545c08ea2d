#include "release/rotated.h"

#include <jansson.h>
#include <sodium.h>

#include "base/encode.h"
#include "seal/hkdf.h"

int rotated_write(struct writer *w, const struct rotated *r)
{
	uint8_t buf[ROTATED_ROWS_MAX * ROTATED_ROW];
	struct writer rows = writer_on(buf, sizeof(buf));

	if (!r->count || r->count > ROTATED_ROWS_MAX)
		return EINVAL;
	for (unsigned i = 0; i < r->count; i++) {
		const struct rotated_row *row = &r->rows[i];

		writer_copy(&rows, row->recording, sizeof(row->recording));
		writer_copy(&rows, row->envelope_sha256, 32);
		writer_copy(&rows, row->card_envelope_sha256, 32);
		writer_copy(&rows, row->bond, ROTATED_BOND);
	}
	writer_printf(w, "{\"count\":%u,\"rows\":\"", r->count);
	base64_write(w, BASE64_PADDED, buf, rows.len);
	writer_str(w, "\"}");
	return writer_finish(w);
}

static int read_row(struct reader *r, struct rotated_row *row)
{
	return reader_copy(r, row->recording, sizeof(row->recording)) ||
			       reader_copy(r, row->envelope_sha256, 32) ||
			       reader_copy(r, row->card_envelope_sha256, 32) ||
			       reader_copy(r, row->bond, ROTATED_BOND)
		       ? EBADMSG
		       : 0;
}

static int read_object(const json_t *o, struct rotated *ret)
{
	uint8_t buf[ROTATED_ROWS_MAX * ROTATED_ROW];
	const json_t *count = json_object_get(o, "count");
	const json_t *rows = json_object_get(o, "rows");
	struct reader r;
	size_t len;

	if (!json_is_string(rows) ||
	    base64_read((struct text){ json_string_value(rows),
				       json_string_length(rows) },
			BASE64_PADDED, buf, sizeof(buf), &len) ||
	    !len || len % ROTATED_ROW ||
	    json_integer_value(count) != (json_int_t)(len / ROTATED_ROW))
		return EBADMSG;
	r = reader_on(buf, len);
	while (reader_left(&r))
		if (read_row(&r, &ret->rows[ret->count++]))
			return EBADMSG;
	return 0;
}

int rotated_read(struct text details, struct rotated *ret)
{
	json_t *o = json_loadb(details.p, details.len, JSON_REJECT_DUPLICATES,
			       NULL);
	struct rotated r = { 0 };
	int err = read_object(o, &r);

	json_decref(o);
	if (!err)
		*ret = r;
	return err;
}

void rotated_bond(const uint8_t fk[AGE_FILE_KEY_BYTES],
		  const uint8_t card_fk[AGE_FILE_KEY_BYTES],
		  uint8_t ret[ROTATED_BOND])
{
	uint8_t key[crypto_auth_hmacsha256_KEYBYTES];
	uint8_t mac[crypto_auth_hmacsha256_BYTES];

	hkdf_sha256((struct bytes){ fk, AGE_FILE_KEY_BYTES },
		    (struct bytes){ 0 }, TEXT("vaxel/bond/1"), key,
		    sizeof(key));
	(void)crypto_auth_hmacsha256(mac, card_fk, AGE_FILE_KEY_BYTES, key);
	memcpy(ret, mac, ROTATED_BOND);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(mac, sizeof(mac));
}
