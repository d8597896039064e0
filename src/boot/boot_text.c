/* SPDX-License-Identifier: MIT */
/*
 * See boot_text.h.  One block of the greatest size from the start: a buffer
 * that grows leaves pieces of secrets behind.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "boot/boot_text.h"

struct boot_text {
	bool bad;
	size_t n;
	char at[BOOT_TEXT_MAX];
};

struct boot_text *
boot_text_new(void)
{
	struct boot_text *t = malloc(sizeof(*t));

	if (t == NULL)
		return (NULL);
	t->bad = false;
	t->n = (size_t)snprintf(t->at, sizeof(t->at), "{\n\"secrets\":{\n");
	return (t);
}

void
boot_text_free(struct boot_text *t)
{
	if (t == NULL)
		return;
	OPENSSL_cleanse(t->at, t->n < sizeof(t->at) ? t->n + 1 :
	    sizeof(t->at));
	free(t);
}

static bool
text_room(struct boot_text *t, size_t n)
{
	t->bad = t->bad || n >= sizeof(t->at) - t->n;
	return (!t->bad);
}

static void
text_put(struct boot_text *t, const char *s)
{
	size_t n = strlen(s);

	if (!text_room(t, n))
		return;
	memcpy(t->at + t->n, s, n + 1);
	t->n += n;
}

/* What can stand between quotes as it is. */
static bool
text_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || *s == '"' || *s == '\\')
			return (false);
	return (true);
}

static bool
text_identifier(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_";

	return (s[0] != '\0' && strspn(s, letters) == strlen(s));
}

void
boot_text_secret(void *text, const char *name, const void *bytes, size_t n)
{
	struct boot_text *t = text;

	if (!text_identifier(name)) {
		t->bad = true;
		return;
	}
	text_put(t, "\"");
	text_put(t, name);
	text_put(t, "\":\"");
	if (n > BOOT_TEXT_MAX || !text_room(t, (n + 2) / 3 * 4)) {
		t->bad = true;
		return;
	}
	t->n += (size_t)EVP_EncodeBlock((unsigned char *)t->at + t->n, bytes,
	    (int)n);
	text_put(t, "\",\n");
}

static void
text_member(struct boot_text *t, const char *name, const char *value,
    const char *end)
{
	t->bad = t->bad || !text_plain(value);
	text_put(t, "\"");
	text_put(t, name);
	text_put(t, "\":\"");
	text_put(t, value);
	text_put(t, end);
}

const char *
boot_text_end(struct boot_text *t, const char *url, const char *sha256,
    const char *sync, size_t *ret_n)
{
	text_put(t, "\"\":\"\"\n},\n");
	text_member(t, "artifact_url", url, "\",\n");
	text_member(t, "artifact_sha256", sha256, "\",\n");
	text_member(t, "sync", sync, "\"\n}\n");
	*ret_n = t->n;
	return (t->bad ? NULL : t->at);
}
