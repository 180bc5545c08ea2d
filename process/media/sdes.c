/*
 * HMAC-SHA1 is done on two prepared states of OpenSSL's SHA1: EVP would
 * allocate for each packet, and costs as much again as the hash itself.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "process/media/sdes.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "process/media/rtpin.h"

#define RTCP_HEAD_BYTES 8
#define ENCRYPTED 0x80000000u /* RFC 3711 3.4: the E bit */

struct key {
	EVP_CIPHER_CTX *cipher;
	uint8_t salt[14];
	SHA_CTX inner, outer;
};

struct source {
	bool used;
	uint32_t ssrc;
	uint64_t highest;
	uint64_t seen[SDES_WINDOW / 64]; /* bit n: highest - n was seen */
};

struct sdes {
	struct key rtp, rtcp;
	struct source sources[SDES_SOURCES];
	struct source rtcp_sources[SDES_SOURCES];
	uint32_t rtcp_index;
};

/* ---- keys */

/* RFC 3711 4.3.1: what AES makes of the salt with the label in it. */
static int derive(EVP_CIPHER_CTX *master, const uint8_t salt[14], uint8_t label,
		  uint8_t *to, int len)
{
	static const uint8_t zero[32];
	uint8_t iv[16] = { 0 };
	int n;

	memcpy(iv, salt, 14);
	iv[7] ^= label;
	if (!EVP_EncryptInit_ex(master, NULL, NULL, NULL, iv) ||
	    !EVP_EncryptUpdate(master, to, &n, zero, len))
		return ENOMEM;
	return 0;
}

static void prepare_hmac(struct key *k, const uint8_t auth[20])
{
	uint8_t pad[64];

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < 20; i++)
		pad[i] ^= auth[i];
	SHA1_Init(&k->inner);
	SHA1_Update(&k->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA1_Init(&k->outer);
	SHA1_Update(&k->outer, pad, sizeof(pad));
	OPENSSL_cleanse(pad, sizeof(pad));
}

static int prepare(struct key *k, EVP_CIPHER_CTX *master,
		   const uint8_t salt[14], uint8_t label)
{
	uint8_t key[16], auth[20];
	int err;

	k->cipher = EVP_CIPHER_CTX_new();
	if (!k->cipher)
		return ENOMEM;
	err = derive(master, salt, label, key, sizeof(key));
	if (!err)
		err = derive(master, salt, label + 1, auth, sizeof(auth));
	if (!err)
		err = derive(master, salt, label + 2, k->salt, sizeof(k->salt));
	if (!err &&
	    !EVP_EncryptInit_ex(k->cipher, EVP_aes_128_ctr(), NULL, key, NULL))
		err = ENOMEM;
	if (!err)
		prepare_hmac(k, auth);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(auth, sizeof(auth));
	return err;
}

int sdes_new(struct sdes **ret, const uint8_t key[SDES_KEY_BYTES])
{
	struct sdes *s = OPENSSL_zalloc(sizeof(*s));
	EVP_CIPHER_CTX *master = EVP_CIPHER_CTX_new();
	int err = ENOMEM;

	if (s && master &&
	    EVP_EncryptInit_ex(master, EVP_aes_128_ctr(), NULL, key, NULL))
		err = prepare(&s->rtp, master, key + 16, 0);
	if (!err)
		err = prepare(&s->rtcp, master, key + 16, 3);
	EVP_CIPHER_CTX_free(master);
	if (err) {
		sdes_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void sdes_free(struct sdes *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->rtp.cipher);
	EVP_CIPHER_CTX_free(s->rtcp.cipher);
	OPENSSL_clear_free(s, sizeof(*s));
}

/* ---- one packet */

/* RFC 3711 4.1.1: IV = salt * 2^16 ^ SSRC * 2^64 ^ index * 2^16 */
static int crypt(struct key *k, uint32_t ssrc, uint64_t index, uint8_t *p,
		 size_t len)
{
	uint8_t iv[16] = { 0 };
	uint8_t x[4];
	int n;

	memcpy(iv, k->salt, 14);
	put_u32(x, ssrc);
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= x[i];
	for (int i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
	if (!EVP_EncryptInit_ex(k->cipher, NULL, NULL, NULL, iv) ||
	    !EVP_EncryptUpdate(k->cipher, p, &n, p, (int)len))
		return EBADMSG;
	return 0;
}

/* over what the packet says, then (RTP) the rollover counter */
static void tag(const struct key *k, const uint8_t *p, size_t len,
		const uint8_t *roc, uint8_t to[SHA_DIGEST_LENGTH])
{
	SHA_CTX ctx = k->inner;

	SHA1_Update(&ctx, p, len);
	if (roc)
		SHA1_Update(&ctx, roc, 4);
	SHA1_Final(to, &ctx);
	ctx = k->outer;
	SHA1_Update(&ctx, to, SHA_DIGEST_LENGTH);
	SHA1_Final(to, &ctx);
}

/* RFC 3711 3.3.2: unseen and not too old? */
static bool fresh(const struct source *s, uint64_t index)
{
	uint64_t behind;

	if (!s->used || index > s->highest)
		return true;
	behind = s->highest - index;
	return behind < SDES_WINDOW &&
	       !(s->seen[behind / 64] >> behind % 64 & 1);
}

static void note(struct source *s, uint32_t ssrc, uint64_t index)
{
	uint64_t ahead, behind;

	if (!s->used) {
		*s = (struct source){ true, ssrc, index, { 1, 0 } };
		return;
	}
	if (index <= s->highest) {
		behind = s->highest - index;
		s->seen[behind / 64] |= 1ULL << behind % 64;
		return;
	}
	ahead = index - s->highest;
	if (ahead >= SDES_WINDOW) {
		s->seen[0] = s->seen[1] = 0;
	} else if (ahead >= 64) {
		s->seen[1] =
			ahead == 64 ? s->seen[0] : s->seen[0] << (ahead - 64);
		s->seen[0] = 0;
	} else {
		s->seen[1] = s->seen[1] << ahead | s->seen[0] >> (64 - ahead);
		s->seen[0] <<= ahead;
	}
	s->seen[0] |= 1;
	s->highest = index;
}

/* The source's entry, or a free one to be filled once it is authentic. */
static struct source *find(struct source *sources, uint32_t ssrc)
{
	for (unsigned i = 0; i < SDES_SOURCES; i++)
		if (!sources[i].used || sources[i].ssrc == ssrc)
			return &sources[i];
	return NULL;
}

/* RFC 3711 3.3.1: the index nearest to the highest that ends in seq. */
static uint64_t guess(const struct source *s, uint16_t seq)
{
	uint64_t round = s->highest & ~0xffffULL;
	uint64_t index = round | seq;

	if (!s->used)
		return seq;
	if (index + 0x8000 < s->highest)
		index += 0x10000;
	else if (index > s->highest + 0x8000 && index >= 0x10000)
		index -= 0x10000;
	return index;
}

int sdes_protect(struct sdes *s, uint32_t ssrc, uint64_t index, uint8_t *packet,
		 size_t head_len, size_t len)
{
	uint8_t digest[SHA_DIGEST_LENGTH], roc[4];
	int err =
		crypt(&s->rtp, ssrc, index, packet + head_len, len - head_len);

	if (err)
		return err;
	put_u32(roc, (uint32_t)(index >> 16));
	tag(&s->rtp, packet, len, roc, digest);
	memcpy(packet + len, digest, SDES_TAG_BYTES);
	return 0;
}

int sdes_unprotect(struct sdes *s, uint32_t ssrc, uint16_t seq, uint8_t *packet,
		   size_t head_len, size_t *len, bool *ret_newest)
{
	struct source *from = find(s->sources, ssrc);
	uint8_t digest[SHA_DIGEST_LENGTH], roc[4];
	size_t body;
	uint64_t index;
	bool newest;
	int err;

	if (*len < head_len + SDES_TAG_BYTES)
		return EBADMSG;
	if (!from)
		return EPROTO;
	body = *len - SDES_TAG_BYTES;
	index = guess(from, seq);
	if (!fresh(from, index))
		return EPROTO;
	put_u32(roc, (uint32_t)(index >> 16));
	tag(&s->rtp, packet, body, roc, digest);
	if (CRYPTO_memcmp(packet + body, digest, SDES_TAG_BYTES))
		return EBADMSG;
	newest = !from->used || index > from->highest;
	err = crypt(&s->rtp, ssrc, index, packet + head_len, body - head_len);
	if (err)
		return err;
	note(from, ssrc, index);
	*len = body;
	*ret_newest = newest;
	return 0;
}

int sdes_protect_rtcp(struct sdes *s, uint8_t *packet, size_t *len)
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	uint32_t index = s->rtcp_index;
	int err;

	if (*len < RTCP_HEAD_BYTES)
		return EBADMSG;
	/* RFC 3711 9.2: past 2^31 packets the key is worn out */
	if (index >= ENCRYPTED)
		return EPROTO;
	err = crypt(&s->rtcp, get_u32(packet + 4), index,
		    packet + RTCP_HEAD_BYTES, *len - RTCP_HEAD_BYTES);
	if (err)
		return err;
	s->rtcp_index++;
	put_u32(packet + *len, index | ENCRYPTED);
	*len += 4;
	tag(&s->rtcp, packet, *len, NULL, digest);
	memcpy(packet + *len, digest, SDES_TAG_BYTES);
	*len += SDES_TAG_BYTES;
	return 0;
}

int sdes_unprotect_rtcp(struct sdes *s, uint8_t *packet, size_t *len)
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	struct source *from;
	uint32_t trailer, ssrc;
	size_t body;
	int err;

	if (*len < RTCP_HEAD_BYTES + SDES_RTCP_EXTRA)
		return EBADMSG;
	body = *len - SDES_RTCP_EXTRA;
	ssrc = get_u32(packet + 4);
	trailer = get_u32(packet + body);
	from = find(s->rtcp_sources, ssrc);
	if (!from || !fresh(from, trailer & ~ENCRYPTED))
		return EPROTO;
	tag(&s->rtcp, packet, body + 4, NULL, digest);
	if (CRYPTO_memcmp(packet + body + 4, digest, SDES_TAG_BYTES))
		return EBADMSG;
	if (trailer & ENCRYPTED) {
		err = crypt(&s->rtcp, ssrc, trailer & ~ENCRYPTED,
			    packet + RTCP_HEAD_BYTES, body - RTCP_HEAD_BYTES);
		if (err)
			return err;
	}
	note(from, ssrc, trailer & ~ENCRYPTED);
	*len = body;
	return 0;
}
