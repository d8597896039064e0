/* SPDX-License-Identifier: MIT */
/* Fuzz target: recorded steps, servers and words of a damaged file. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/pack.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct pack_step step;
	static struct pack pack;
	struct reader in = { data, n, false };
	struct server s;
	struct word w;
	struct err e = { 0 };

	pack_reset(&pack);
	while (in.n > 0 && pack_read(&pack, &in, &step, &e) == 0)
		continue;
	pack_step_free(&step);
	in = (struct reader){ data, n, false };
	pack_server_read(&in, &s);
	in = (struct reader){ data, n, false };
	pack_word_read(&in, &w);
	return (0);
}
