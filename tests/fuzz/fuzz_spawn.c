/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the spawner's messages, records and commands.  What a message
 * says comes back the same after it was said again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/child.h"
#include "io/probe.h"
#include "provider/spawn_msg.h"
#include "provider/spawn_record.h"
#include "provider/words.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
message(const char *text, size_t n)
{
	static struct spawn_msg m, again;
	struct err e = { 0 };
	size_t len = 0;
	char *line;

	if (spawn_msg_parse(text, n, &m, &e) != 0) {
		MUST(e.text[0] != '\0');
		return;
	}
	line = spawn_msg_line(&m, &len, &e);
	if (line == NULL)
		return; /* control characters take more room in JSON */
	MUST(memchr(line, '\n', len) == line + len - 1);
	MUST(spawn_msg_parse(line, len - 1, &again, &e) == 0);
	MUST(again.say == m.say && again.ref == m.ref &&
	    again.argv.n == m.argv.n);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct key_strings words;
	struct child_stat stat;
	struct spawn_record r;
	char *text = malloc(n + 1);

	MUST(text != NULL);
	memcpy(text, data, n);
	text[n] = '\0';
	message(text, n);
	(void)spawn_record_parse(text, n, &r, NULL);
	(void)words_split(text, &words, NULL);
	(void)child_stat_parse(text, &stat);
	(void)probe_status(text, n);
	free(text);
	return (0);
}
