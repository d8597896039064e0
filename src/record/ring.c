/* SPDX-License-Identifier: MIT */
/*
 * The ring; see ring.h.  head and tail only grow; the side that owns one
 * publishes it with release, the other reads it with acquire, which is all
 * that a single producer and a single consumer need.  The eventfd wakes a
 * sleeper; it carries no data, so a wake too many does no harm.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "record/ring.h"

struct ring {
	size_t slots, max_bytes;
	int fd;
	_Atomic size_t head;  /* next to put */
	_Atomic size_t tail;  /* next to take */
	_Atomic size_t bytes; /* of data between them */
	struct msg at[];
};

struct ring *
ring_new(size_t slots, size_t max_bytes, struct err *e)
{
	struct ring *r;

	MUST(slots > 1 && (slots & (slots - 1)) == 0);
	r = calloc(1, sizeof(*r) + slots * sizeof(r->at[0]));
	if (r == NULL) {
		(void)err_set(e, ENOMEM, "journal: out of memory");
		return (NULL);
	}
	r->slots = slots;
	r->max_bytes = max_bytes;
	r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->fd < 0) {
		(void)err_set(e, errno, "journal: eventfd: %s",
		    strerror(errno));
		free(r);
		return (NULL);
	}
	return (r);
}

void
ring_free(struct ring *r)
{
	struct msg m;

	if (r == NULL)
		return;
	while (ring_take(r, &m))
		free(m.data);
	(void)close(r->fd);
	free(r);
}

int
ring_fd(const struct ring *r)
{
	return (r->fd);
}

static void
ring_wake(struct ring *r)
{
	uint64_t one = 1;

	/* fails only at its maximum, and then it is readable */
	(void)!write(r->fd, &one, sizeof(one));
}

bool
ring_put(struct ring *r, const struct msg *m)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t bytes = atomic_load_explicit(&r->bytes, memory_order_relaxed);

	if (head - tail >= r->slots)
		return (false);
	if (bytes > 0 && (bytes > r->max_bytes ||
	    m->n > r->max_bytes - bytes))
		return (false);
	r->at[head & (r->slots - 1)] = *m;
	atomic_fetch_add_explicit(&r->bytes, m->n, memory_order_relaxed);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	ring_wake(r);
	return (true);
}

bool
ring_is_tight(const struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t bytes = atomic_load_explicit(&r->bytes, memory_order_relaxed);

	return (head - tail > r->slots / 2 || bytes > r->max_bytes / 2);
}

bool
ring_take(struct ring *r, struct msg *ret)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (tail == head)
		return (false);
	*ret = r->at[tail & (r->slots - 1)];
	atomic_fetch_sub_explicit(&r->bytes, ret->n, memory_order_relaxed);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return (true);
}

void
ring_woken(struct ring *r)
{
	uint64_t n;

	(void)!read(r->fd, &n, sizeof(n));
}
