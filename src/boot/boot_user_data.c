/* SPDX-License-Identifier: MIT */
/*
 * User data; see boot_user_data.h.  YAML, whose strings are written as JSON
 * has them: any byte of a word stays within its quotes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/err.h"
#include "boot/boot_file.h"
#include "boot/boot_user_data.h"
#include "plimsoll/key.h"

#define BOOT_CONF "/run/plimsoll-boot.conf"

struct text {
	size_t n;
	char at[BOOT_USER_DATA_MAX + 1];
};

static bool
text_full(const struct text *t)
{
	return (t->n >= sizeof(t->at));
}

/* What is too long is seen at the end. */
static void
text_add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (text_full(t) || n >= sizeof(t->at) - t->n) {
		t->n = sizeof(t->at); /* never room again */
		return;
	}
	memcpy(t->at + t->n, s, n + 1);
	t->n += n;
}

static void
text_quoted(struct text *t, const char *word)
{
	char one[8];

	text_add(t, "\"");
	for (; *word != '\0' && !text_full(t); word++) {
		if ((unsigned char)*word < 0x20 || *word == '"' ||
		    *word == '\\' || *word == 0x7f)
			(void)snprintf(one, sizeof(one), "\\u%04x",
			    (unsigned char)*word);
		else
			(void)snprintf(one, sizeof(one), "%c", *word);
		text_add(t, one);
	}
	text_add(t, "\"");
}

/* The boot file in base64, which stands in YAML as it is. */
static int
text_boot_file(struct text *t, const char *address, const char *token,
    const struct boot_pem *pem)
{
	size_t most = strlen(address) + strlen(token) + pem->n + 32;
	char *file = malloc(most), *b64 = malloc(most / 3 * 4 + 8);
	int n;

	if (file != NULL && b64 != NULL) {
		n = snprintf(file, most, "address=%s\ntoken=%s\n%s", address,
		    token, pem->text);
		(void)EVP_EncodeBlock((unsigned char *)b64,
		    (unsigned char *)file, n);
		text_add(t, b64);
		OPENSSL_cleanse(b64, most / 3 * 4 + 8);
		OPENSSL_cleanse(file, most);
	}
	n = file != NULL && b64 != NULL ? 0 : -1;
	free(b64);
	free(file);
	return (n);
}

static void
text_command(struct text *t, const struct key_strings *command)
{
	int i;

	text_add(t, "\nruncmd:\n  - [ \"plimsoll-boot\"");
	if (command->n > 0)
		text_add(t, ", \"--\"");
	for (i = 0; i < command->n; i++) {
		text_add(t, ", ");
		text_quoted(t, command->text[i]);
	}
	text_add(t, " ]\n");
}

char *
boot_user_data(const char *address, const char *token,
    const struct boot_pem *pem, const struct key_strings *command,
    struct err *e)
{
	struct text *t = calloc(1, sizeof(*t));
	char *copy = NULL;

	if (t == NULL) {
		(void)err_set(e, ENOMEM, "user data: out of memory");
		return (NULL);
	}
	text_add(t, "#cloud-config\nwrite_files:\n  - path: " BOOT_CONF
	    "\n    permissions: \"0600\"\n    owner: \"root:root\"\n"
	    "    encoding: b64\n    content: ");
	if (text_boot_file(t, address, token, pem) != 0)
		(void)err_set(e, ENOMEM, "user data: out of memory");
	text_command(t, command);
	if (text_full(t))
		(void)err_set(e, EFBIG, "user data: over %d bytes with the "
		    "certificate and its chain", BOOT_USER_DATA_MAX);
	else if (e->code == 0 && (copy = strdup(t->at)) == NULL)
		(void)err_set(e, ENOMEM, "user data: out of memory");
	OPENSSL_cleanse(t, sizeof(*t));
	free(t);
	return (copy);
}
