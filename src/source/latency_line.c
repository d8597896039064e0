/* SPDX-License-Identifier: MIT */
/* One log line of HAProxy to a time to answer.  Pure. */
#include <string.h>

#include "io/haproxy_text.h"
#include "source/latency_log.h"

enum { WORDS = 9 };

static bool
next_word(struct cursor *in, struct cell *ret)
{
	while (in->p < in->end && (*in->p == ' ' || *in->p == '\n'))
		in->p++;
	ret->p = in->p;
	while (in->p < in->end && *in->p != ' ' && *in->p != '\n')
		in->p++;
	ret->n = (size_t)(in->p - ret->p);
	return (ret->n > 0);
}

/* Takes what stands before sep; false when there is no sep. */
static bool
split(struct cell *from, char sep, struct cell *ret)
{
	const char *at = memchr(from->p, sep, from->n);

	if (at == NULL)
		return (false);
	*ret = (struct cell){ from->p, (size_t)(at - from->p) };
	from->n -= ret->n + 1;
	from->p = at + 1;
	return (true);
}

/* -1 where it did not get so far is no number, and so no time. */
static bool
add_up(const struct cell *queue, const struct cell *connect,
    const struct cell *answer, uint64_t *ret_ms)
{
	uint64_t w, c, r;

	if (!cell_u64(queue, &w) || !cell_u64(connect, &c) ||
	    !cell_u64(answer, &r) || w > UINT32_MAX || c > UINT32_MAX ||
	    r > UINT32_MAX)
		return (false);
	*ret_ms = w + c + r;
	return (true);
}

/* "<134>Nov 24 11:07:34 host haproxy[123]: " */
static void
skip_header(struct cursor *in)
{
	const char *p;

	if (in->p == in->end || *in->p != '<')
		return;
	for (p = in->p; p + 2 < in->end; p++)
		if (memcmp(p, "]: ", 3) == 0) {
			in->p = p + 3;
			return;
		}
}

/* ip:port [date] frontend backend/server TR/Tw/Tc/Tr/Ta status ... */
static bool
http_format(const struct cell *w, int n, const char *backend,
    uint64_t *ret_ms)
{
	struct cell name = w[3], times = w[4], t[4];
	struct cell be;
	int i;

	if (n < 6 || !split(&name, '/', &be) || !cell_is(&be, backend))
		return (false);
	for (i = 0; i < 4; i++)
		if (!split(&times, '/', &t[i]))
			return (false);
	return (add_up(&t[1], &t[2], &t[3], ret_ms));
}

bool
latency_log_line(const char *text, size_t n, const char *backend,
    uint64_t *ret_ms)
{
	struct cursor in = { text, text + n };
	struct cell w[WORDS];
	int words = 0;

	skip_header(&in);
	while (words < WORDS && next_word(&in, &w[words]))
		words++;
	if (words > 1 && w[1].p[0] == '[')
		return (http_format(w, words, backend, ret_ms));
	return (words == WORDS && cell_is(&w[0], backend) &&
	    add_up(&w[4], &w[5], &w[6], ret_ms));
}
