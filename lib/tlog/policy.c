#include "tlog/policy.h"

enum { WORDS_MAX = POLICY_MEMBERS + 3 };

/* Blanks and tabs between words; a line that begins with # has none. */
static int split_words(struct text line, struct text words[WORDS_MAX],
		       unsigned *ret_count)
{
	unsigned n = 0;
	size_t i = 0;

	while (i < line.len) {
		size_t from;

		if (line.p[i] == '#' && !n)
			break;

		if (line.p[i] == ' ' || line.p[i] == '\t') {
			i++;
			continue;
		}
		from = i;
		while (i < line.len && line.p[i] != ' ' && line.p[i] != '\t')
			i++;
		if (n == WORDS_MAX)
			return EBADMSG;
		words[n++] = (struct text){ line.p + from, i - from };
	}
	*ret_count = n;
	return 0;
}

/* What a name stands for, as a member. */
static int find(const struct policy *p, struct text name, unsigned *ret)
{
	for (unsigned i = 0; i < p->witness_count; i++)
		if (text_is(name, p->names[i])) {
			*ret = i;
			return 0;
		}
	for (unsigned i = 0; i < p->group_count; i++)
		if (text_is(name, p->groups[i].name)) {
			*ret = POLICY_WITNESSES + i;
			return 0;
		}
	return ENOENT;
}

static int fresh_name(const struct policy *p, struct text name,
		      char to[POLICY_NAME_MAX])
{
	unsigned i;

	if (text_is(name, "none") || !find(p, name, &i))
		return EBADMSG;
	return text_copy(to, POLICY_NAME_MAX, name) ? EBADMSG : 0;
}

/* One key twice would count twice. */
static bool is_double(const struct note_key *keys, unsigned last)
{
	for (unsigned i = 0; i < last; i++)
		if (!memcmp(keys[i].public_key, keys[last].public_key, 32))
			return true;
	return false;
}

static int read_log(struct policy *p, const struct text *w, unsigned n)
{
	if (n < 2 || n > 3 || p->log_count == POLICY_LOGS ||
	    note_key_read(w[1], &p->logs[p->log_count]) ||
	    is_double(p->logs, p->log_count))
		return EBADMSG;
	p->log_count++;
	return 0;
}

static int read_witness(struct policy *p, const struct text *w, unsigned n)
{
	unsigned i = p->witness_count;

	if (n < 3 || n > 4 || i == POLICY_WITNESSES ||
	    note_key_read(w[2], &p->witnesses[i]) ||
	    p->witnesses[i].type != NOTE_COSIGNATURE ||
	    is_double(p->witnesses, i) || fresh_name(p, w[1], p->names[i]))
		return EBADMSG;
	if (n == 4 && text_copy(p->urls[i], sizeof(p->urls[i]), w[3]))
		return EBADMSG;
	p->witness_count++;
	return 0;
}

static int read_group(struct policy *p, const struct text *w, unsigned n)
{
	struct policy_group *g = &p->groups[p->group_count];
	uint64_t threshold;

	if (n < 4 || p->group_count == POLICY_GROUPS ||
	    fresh_name(p, w[1], g->name))
		return EBADMSG;
	g->count = n - 3;
	for (unsigned i = 0; i < g->count; i++) {
		/* in one group once, so that each counts in one way only */
		if (find(p, w[3 + i], &g->members[i]) ||
		    p->is_member[g->members[i]])
			return EBADMSG;
		p->is_member[g->members[i]] = true;
	}
	if (text_is(w[2], "any"))
		threshold = 1;
	else if (text_is(w[2], "all"))
		threshold = g->count;
	else if (text_u64(w[2], 1, g->count, &threshold))
		return EBADMSG;
	g->threshold = (unsigned)threshold;
	p->group_count++;
	return 0;
}

static int read_line(struct policy *p, struct text line, unsigned number)
{
	struct text w[WORDS_MAX];
	unsigned n;

	for (size_t i = 0; i < line.len; i++)
		if (((uint8_t)line.p[i] < 0x20 && line.p[i] != '\t') ||
		    line.p[i] == 0x7f)
			return EBADMSG;
	if (split_words(line, w, &n))
		return EBADMSG;
	if (!n)
		return 0;
	if (text_is(w[0], "log"))
		return read_log(p, w, n);
	if (text_is(w[0], "witness"))
		return read_witness(p, w, n);
	if (text_is(w[0], "group"))
		return read_group(p, w, n);
	if (!text_is(w[0], "quorum") || n != 2 || p->quorum_line)
		return EBADMSG;
	p->quorum_line = number;
	if (text_is(w[1], "none"))
		return 0;
	p->has_quorum = true;
	return find(p, w[1], &p->quorum) ? EBADMSG : 0;
}

int policy_read(struct text t, struct policy *ret, unsigned *ret_line)
{
	struct reader r = reader_on(t.p, t.len);
	unsigned number = 0;

	memset(ret, 0, sizeof(*ret));
	while (reader_left(&r)) {
		struct text line;

		if (reader_until(&r, '\n', &line)) {
			/* the last line may lack its newline */
			line = (struct text){ (const char *)r.at,
					      reader_left(&r) };
			r.at = r.end;
		}
		number++;
		if (read_line(ret, line, number)) {
			*ret_line = number;
			return EBADMSG;
		}
	}
	*ret_line = 0;
	/* a policy must say what it demands, were it nothing */
	return ret->quorum_line ? 0 : EBADMSG;
}

static bool member_satisfied(const struct policy *p, unsigned member,
			     const uint64_t *signed_s)
{
	const struct policy_group *g;
	unsigned have = 0;

	if (member < POLICY_WITNESSES)
		return signed_s[member] != 0;
	/* a group names only what was defined before it: this ends */
	g = &p->groups[member - POLICY_WITNESSES];
	for (unsigned i = 0; i < g->count && have < g->threshold; i++)
		have += member_satisfied(p, g->members[i], signed_s);
	return have >= g->threshold;
}

bool policy_satisfied(const struct policy *p, const uint64_t *signed_s)
{
	return !p->has_quorum || member_satisfied(p, p->quorum, signed_s);
}

/*
 * Can two sets of witnesses that share nobody both satisfy the member? Each
 * name is a member once, so what is below two members never overlaps. Of n
 * members, s can be split between the two sets and each of the others can go to
 * one of them: both reach the threshold k when 2k <= n + s.
 */
static bool member_splits(const struct policy *p, unsigned member)
{
	const struct policy_group *g;
	unsigned split = 0;

	if (member < POLICY_WITNESSES)
		return false;
	g = &p->groups[member - POLICY_WITNESSES];
	for (unsigned i = 0; i < g->count; i++)
		split += member_splits(p, g->members[i]);
	return 2 * g->threshold <= g->count + split;
}

bool policy_quorums_meet(const struct policy *p)
{
	return p->has_quorum && !member_splits(p, p->quorum);
}
