/*
 * checks -- numbers that carry their own check digit, and ids
 */
#include "register/reading.h"

static bool digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* ISO/IEC 7812-1, annex B: every second digit doubled, from the left. */
static bool luhn(const char ten[10])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 10; i++) {
		unsigned d = (unsigned)(ten[i] - '0') * (i % 2 ? 1 : 2);

		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

bool check_organisation_number(struct text t)
{
	char ten[10];

	if (t.len != 11 || t.p[6] != '-' || !digits(t.p, 6) ||
	    !digits(t.p + 7, 4))
		return false;
	memcpy(ten, t.p, 6);
	memcpy(ten + 6, t.p + 7, 4);
	/* its third digit tells it from a person's number */
	return ten[2] >= '2' && luhn(ten);
}

bool check_hsa_id(struct text t)
{
	const char *dash = t.len ? memchr(t.p, '-', t.len) : NULL;
	size_t n = dash ? (size_t)(dash - t.p) : 0;

	if (t.len > 31 || (n != 12 && n != 14) || memcmp(t.p, "SE", 2) != 0 ||
	    !digits(t.p + 2, n - 2) || !luhn(dash - 10) || n + 1 == t.len)
		return false;
	for (size_t i = n + 1; i < t.len; i++)
		if (!digits(&t.p[i], 1) && (t.p[i] < 'A' || t.p[i] > 'Z'))
			return false;
	return true;
}

bool check_id(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!digits(&t.p[i], 1) && t.p[i] != '-' &&
		    (t.p[i] < 'a' || t.p[i] > 'z'))
			return false;
	return t.len && t.len < 64;
}
