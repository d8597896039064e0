/* SPDX-License-Identifier: MIT */
/* What the tests of the policy file share: a group that is right, and how
 * the sentences about a wrong one are compared. */
#ifndef TESTS_POLICY_KIT_H
#define TESTS_POLICY_KIT_H

#include <string.h>

#include "config/errors.h"
#include "policy/load.h"
#include "unit.h"

/* A group that is right, to put a fault behind; two lines. */
#define WEB "groups: ( { name = \"web\"; min = 2; max = 10;\n" \
	    "server: { rate = 100; }; "
#define END " } );\n"

#define VAULT(address, path, more) \
	"secrets: { a: { type = \"vault\"; address = \"" address "\"; " \
	"path = \"" path "\"; " more " }; };\n"

struct bad {
	const char *what;
	const char *text;
	const char *sentences[6];
};

static inline void
errors_are(const struct errors *es, const struct bad *b)
{
	int i;

	for (i = 0; i < es->n; i++)
		if (b->sentences[i] == NULL ||
		    strcmp(es->at[i].text, b->sentences[i]) != 0)
			ck_abort_msg("%s:\n  said     %s\n  expected %s",
			    b->what, es->at[i].text, b->sentences[i] != NULL ?
			    b->sentences[i] : "nothing more");
	if (b->sentences[i] != NULL)
		ck_abort_msg("%s: never said: %s", b->what, b->sentences[i]);
}

static inline void
refused(const struct bad *b, unsigned flags, const char *text, size_t n)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	char *said;

	ck_assert_ptr_nonnull(es);
	ck_assert_int_eq(policy_load_text("p", text, n, flags, &p, es), -1);
	ck_assert_ptr_null(p);
	/* which providers there are is not what is looked at */
	if (es->n == 1 && (said = strstr(es->at[0].text,
	    "a provider that there is: ")) != NULL)
		said[26] = '\0';
	errors_are(es, b);
	free(es);
}

static inline struct policy *
good(const char *text)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	int rc;

	ck_assert_ptr_nonnull(es);
	rc = policy_load_text("p", text, strlen(text), POLICY_DRIVE, &p, es);
	if (rc != 0)
		ck_abort_msg("%s", es->at[0].text);
	free(es);
	return (p);
}

/* n times a piece between two ends. */
static inline char *
repeat(const char *begin, const char *piece, int n, const char *end)
{
	char *text = malloc(strlen(begin) + strlen(end) + 1 +
	    (size_t)n * strlen(piece)), *p = text;
	int i;

	ck_assert_ptr_nonnull(text);
	p += sprintf(p, "%s", begin);
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s", piece);
	(void)sprintf(p, "%s", end);
	return (text);
}

#endif
