/* SPDX-License-Identifier: MIT */
/* What a server carries so that it is known as ours; see cloud.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "cloud/cloud.h"

#define FIELD(f) offsetof(struct cloud_mark, f), \
	sizeof(((struct cloud_mark *)0)->f)

static const struct {
	const char *name;
	size_t offset, size;
} fields[] = {
	{ "plimsoll-owner", FIELD(owner) },
	{ "plimsoll-token", FIELD(token) },
	{ "plimsoll-group", FIELD(group) },
	{ "plimsoll-port", FIELD(port) },
	{ "plimsoll-use", FIELD(use) },
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

const char *
cloud_mark_name(int i)
{
	return (i < FIELDS ? fields[i].name : NULL);
}

const char *
cloud_mark_value(const struct cloud_mark *m, int i)
{
	MUST(i < FIELDS);
	return ((const char *)m + fields[i].offset);
}

void
cloud_mark_set(struct cloud_mark *m, const char *name, size_t n_name,
    const char *value)
{
	char *to;
	int i;

	for (i = 0; i < FIELDS; i++) {
		if (strlen(fields[i].name) != n_name ||
		    strncmp(fields[i].name, name, n_name) != 0)
			continue;
		to = (char *)m + fields[i].offset;
		if (strlen(value) < fields[i].size)
			(void)snprintf(to, fields[i].size, "%s", value);
	}
}

bool
cloud_address(struct told *t, const char *text)
{
	struct in_addr v4;

	if (text == NULL)
		return (false);
	if (inet_pton(AF_INET, text, &v4) == 1) {
		memset(t->address, 0, 10);
		t->address[10] = t->address[11] = 0xff;
		memcpy(t->address + 12, &v4, sizeof(v4));
		return (true);
	}
	return (inet_pton(AF_INET6, text, t->address) == 1);
}
