/* SPDX-License-Identifier: MIT */
/* Fuzz target: a line of drive, words of the control socket included. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "base/err.h"
#include "sim/drive_line.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct line_reader *reader;
	static struct line_server servers[MAX_SERVERS];
	struct drive_in in;
	char text[64];
	ns_t span;

	if (reader == NULL && line_reader_new(&reader, NULL) != 0)
		abort();
	in.servers = servers;
	(void)line_read(reader, (const char *)data, n, &in, NULL);
	if (n < sizeof(text)) {
		(void)snprintf(text, sizeof(text), "%.*s", (int)n,
		    (const char *)data);
		(void)duration_parse(text, &span, NULL);
	}
	return (0);
}
