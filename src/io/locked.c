/* SPDX-License-Identifier: MIT */
/* See locked.h.  Whole pages from the kernel: no library has a copy. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "io/locked.h"

void *
locked_new(size_t n, struct err *e)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED && mlock(p, n) == 0 &&
	    madvise(p, n, MADV_DONTDUMP) == 0 &&
	    madvise(p, n, MADV_DONTFORK) == 0)
		return (p);
	(void)err_set(e, errno, "no locked memory for secrets (%zu kB; see "
	    "ulimit -l): %s", n >> 10, strerror(errno));
	if (p != MAP_FAILED)
		(void)munmap(p, n);
	return (NULL);
}

void
locked_free(void *p, size_t n)
{
	if (p == NULL)
		return;
	explicit_bzero(p, n);
	(void)munmap(p, n);
}
