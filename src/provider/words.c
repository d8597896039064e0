/* SPDX-License-Identifier: MIT */
/*
 * Splitting a command without a shell.  One pass with one state: outside,
 * in single or in double quotes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "provider/words.h"

struct splitter {
	struct key_strings *out;
	size_t len;    /* of the word that is being read */
	bool in_word;  /* "" is a word too */
	char quote;    /* 0, ' or " */
};

static int
split_put(struct splitter *s, char c, struct err *e)
{
	if (!s->in_word && s->out->n == KEY_STRINGS_MAX)
		return (err_set(e, E2BIG, "the command has over %d words",
		    KEY_STRINGS_MAX));
	s->in_word = true;
	if (c == '\0')
		return (0);
	if (s->len == KEY_STRING_SIZE - 1)
		return (err_set(e, E2BIG, "a word of the command has over %d "
		    "bytes", KEY_STRING_SIZE - 1));
	s->out->text[s->out->n][s->len++] = c;
	return (0);
}

static void
split_end(struct splitter *s)
{
	if (!s->in_word)
		return;
	s->out->text[s->out->n++][s->len] = '\0';
	s->in_word = false;
	s->len = 0;
}

static int
split_one(struct splitter *s, const char **p, struct err *e)
{
	char c = **p;

	if (s->quote != 0 && c == s->quote) {
		s->quote = 0;
		return (0);
	}
	if (s->quote == 0 && (c == '\'' || c == '"')) {
		s->quote = c;
		return (split_put(s, '\0', e));
	}
	if (s->quote == '\'')
		return (split_put(s, c, e));
	if (c == '\\') {
		c = *++*p;
		if (c == '\0')
			return (err_set(e, EINVAL, "the command ends in a "
			    "backslash"));
		return (split_put(s, c, e));
	}
	if (strchr(s->quote == 0 ? "$`|&;<>()" : "$`", c) != NULL)
		return (err_set(e, EINVAL, "the command has a '%c' that a "
		    "shell would act on, and there is no shell here: quote it "
		    "in single quotes", c));
	if (s->quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
		split_end(s);
		return (0);
	}
	return (split_put(s, c, e));
}

int
words_split(const char *text, struct key_strings *ret, struct err *e)
{
	struct splitter s = { 0 };
	int rc = -1;

	s.out = calloc(1, sizeof(*s.out));
	if (s.out == NULL)
		return (err_set(e, ENOMEM, "the command: out of memory"));
	for (; *text != '\0'; text++)
		if (split_one(&s, &text, e) != 0)
			goto out;
	if (s.quote != 0) {
		(void)err_set(e, EINVAL, "the command has a %c that nothing "
		    "closes", s.quote);
		goto out;
	}
	split_end(&s);
	if (s.out->n == 0) {
		(void)err_set(e, EINVAL, "the command is empty");
		goto out;
	}
	*ret = *s.out;
	rc = 0;
out:
	free(s.out);
	return (rc);
}

bool
words_fill(const char *text, const struct words_fill *fill, size_t n,
    char *ret, size_t size)
{
	const struct words_fill *f;
	size_t len = 0, m;

	while (*text != '\0') {
		for (f = fill; f < fill + n; f++) {
			m = strlen(f->name);
			if (*text == '{' && strncmp(text + 1, f->name, m) == 0 &&
			    text[m + 1] == '}')
				break;
		}
		if (f < fill + n) {
			m = strlen(f->value);
			text += strlen(f->name) + 2;
		} else
			m = 1;
		if (len + m >= size)
			return (false);
		memcpy(ret + len, f < fill + n ? f->value : text++, m);
		len += m;
	}
	ret[len] = '\0';
	return (true);
}
