/* SPDX-License-Identifier: MIT */
/* The text of a policy and where each line came from; see source.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/errors.h"
#include "config/source.h"
#include "config/text.h"

/* Where a line begins: included files are only looked for in plain text. */
enum state { PLAIN, STRING, COMMENT };

struct origin {
	int file;
	int line;
};

struct source {
	char *text; /* ends with NUL */
	size_t n, cap;
	struct origin *origin; /* of line i + 1 */
	int n_lines, cap_lines;
	int n_files;
	char *file[SOURCE_FILES];
	int open[SOURCE_DEPTH + 1]; /* the files that we are in */
	int depth;
	enum state state;
	bool includes;
	struct errors *errors;
};

static int
source_fail(struct source *s, int line, const char *what, const char *path)
{
	char where[ERROR_LINE_SIZE / 2] = "";

	if (line > 0)
		source_where(s, line, where, sizeof(where));
	if (line > 0)
		errors_add(s->errors, line, "%s: @include %s: %s", where,
		    text_quote(path).text, what);
	else
		errors_add(s->errors, 0, "%s: %s", text_plain(path).text, what);
	return (-1);
}

/* One more line of the whole text. */
static int
source_put(struct source *s, const char *p, size_t n, struct origin from)
{
	void *t;

	if (s->n + n + 2 > s->cap) {
		s->cap = (s->n + n + 2) * 2;
		t = realloc(s->text, s->cap);
		if (t == NULL)
			return (source_fail(s, 0, "out of memory", ""));
		s->text = t;
	}
	if (s->n_lines == s->cap_lines) {
		s->cap_lines = s->cap_lines * 2 + 256;
		t = realloc(s->origin,
		    (size_t)s->cap_lines * sizeof(*s->origin));
		if (t == NULL)
			return (source_fail(s, 0, "out of memory", ""));
		s->origin = t;
	}
	memcpy(s->text + s->n, p, n);
	s->n += n;
	s->text[s->n++] = '\n';
	s->text[s->n] = '\0';
	s->origin[s->n_lines++] = from;
	return (0);
}

/* What the next line begins in, after this one. */
static enum state
source_after(enum state st, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (st == STRING && *p == '\\' && p + 1 < end)
			p++;
		else if (st == STRING && *p == '"')
			st = PLAIN;
		else if (st == COMMENT && *p == '*' && p + 1 < end &&
		    p[1] == '/')
			st = PLAIN, p++;
		else if (st != PLAIN)
			continue;
		else if (*p == '"')
			st = STRING;
		else if (*p == '#' || (*p == '/' && p + 1 < end &&
			p[1] == '/'))
			return (PLAIN);
		else if (*p == '/' && p + 1 < end && p[1] == '*')
			st = COMMENT, p++;
	}
	return (st);
}

static int	source_add(struct source *, int from, char *path);

/* The file beside the one that names it; the caller frees. */
static char *
source_beside(const char *base, const char *name, size_t n)
{
	const char *slash = strrchr(base, '/');
	int dir = slash != NULL && *name != '/' ? (int)(slash - base) + 1 : 0;
	char *path = malloc((size_t)dir + n + 1);

	if (path == NULL)
		return (NULL);
	memcpy(path, base, (size_t)dir);
	memcpy(path + dir, name, n);
	path[(size_t)dir + n] = '\0';
	return (path);
}

static bool
source_is_include(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return (end - p >= 8 && memcmp(p, "@include", 8) == 0);
}

/* A line that begins with @include, of a file. */
static int
source_include(struct source *s, const char *p, const char *end, int file)
{
	const char *name, *close;
	int rc, line = s->n_lines;
	char *path;

	p = (const char *)memchr(p, '@', (size_t)(end - p)) + 8;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	name = p + 1;
	close = p < end && *p == '"' ?
	    memchr(name, '"', (size_t)(end - name)) : NULL;
	if (close == NULL || close == name)
		return (source_fail(s, line, "expected a file's name in "
		    "quotes", ""));
	path = source_beside(s->file[file], name, (size_t)(close - name));
	if (path == NULL)
		return (source_fail(s, 0, "out of memory", "include"));
	if (!s->includes)
		rc = source_fail(s, line, "a text without a folder includes nothing",
		    path);
	else if (strpbrk(path, "*?[") != NULL)
		rc = source_fail(s, line, "found a pattern, expected one file: "
		    "name each", path);
	else
		return (source_add(s, line, path));
	free(path);
	return (rc);
}

static int
source_lines(struct source *s, int file, const char *p, size_t n)
{
	const char *end = p + n, *nl;
	struct origin from = { file, 0 };
	bool include;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		from.line++;
		include = s->state == PLAIN && source_is_include(p, nl);
		/* an include leaves an empty line, its file's lines follow */
		if (source_put(s, p, include ? 0 : (size_t)(nl - p), from) != 0)
			return (-1);
		if (include && source_include(s, p, nl, file) != 0)
			return (-1);
		if (!include)
			s->state = source_after(s->state, p, nl);
	}
	return (0);
}

/* What no line of the text can say. */
static int
source_take(struct source *s, int file, const char *p, size_t n)
{
	const char *nul = memchr(p, '\0', n);
	char where[32];
	int line = 1;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		return (source_fail(s, 0, "found a byte order mark (EF BB "
		    "BF), expected UTF-8 without one",
		    s->file[file]));
	if (n > SOURCE_MAX - s->n || s->n > SOURCE_MAX)
		return (source_fail(s, 0, "too large, expected at most 4MB with "
		    "all that it includes", s->file[file]));
	if (nul != NULL) {
		for (; p < nul; p++)
			line += *p == '\n';
		(void)snprintf(where, sizeof(where), "%d", line);
		errors_add(s->errors, 0, "%s:%s: found a NUL byte, expected "
		    "text", text_plain(s->file[file]).text, where);
		return (-1);
	}
	return (source_lines(s, file, p, n));
}

/* The whole of a regular file; the caller frees.  NULL: *ret_why says why. */
static char *
source_slurp(const char *path, size_t *ret_n, const char **ret_why)
{
	struct stat st;
	char *buf = NULL;
	size_t n = 0;
	ssize_t k = 0;
	int fd;

	/* a fifo must not hold the daemon up */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		*ret_why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*ret_why = "not a regular file";
	else if (st.st_size > SOURCE_MAX)
		*ret_why = "too large, expected at most 4MB";
	else if ((buf = malloc((size_t)st.st_size + 1)) == NULL)
		*ret_why = "out of memory";
	while (buf != NULL && n < (size_t)st.st_size &&
	    (k = read(fd, buf + n, (size_t)st.st_size - n)) > 0)
		n += (size_t)k;
	if (buf != NULL && k < 0) {
		*ret_why = strerror(errno);
		free(buf);
		buf = NULL;
	}
	if (fd >= 0)
		(void)close(fd);
	*ret_n = n;
	return (buf);
}

/* Takes path.  from: the line that includes it, 0: none. */
static int
source_add(struct source *s, int from, char *path)
{
	const char *why = NULL;
	char *buf;
	size_t n;
	int i, rc;

	for (i = 0; i < s->depth; i++)
		if (strcmp(s->file[s->open[i]], path) == 0)
			why = "it includes itself";
	if (s->depth > SOURCE_DEPTH)
		why = "too deep, expected at most 10 files in each other";
	if (s->n_files == SOURCE_FILES)
		why = "one too many, expected at most 64 files";
	buf = why == NULL ? source_slurp(path, &n, &why) : NULL;
	if (buf == NULL) {
		rc = source_fail(s, from, why, path);
		free(path);
		return (rc);
	}
	s->file[s->n_files] = path;
	s->open[s->depth++] = s->n_files++;
	rc = source_take(s, s->n_files - 1, buf, n);
	s->depth--;
	free(buf);
	return (rc);
}

static struct source *
source_new(struct errors *es)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		errors_add(es, 0, "out of memory");
		return (NULL);
	}
	s->errors = es;
	return (s);
}

/* An empty text is a text too. */
static struct source *
source_done(struct source *s, int rc)
{
	struct origin first = { 0, 1 };

	if (rc == 0 && s->n_lines == 0)
		rc = source_put(s, "", 0, first);
	if (rc == 0)
		return (s);
	source_free(s);
	return (NULL);
}

struct source *
source_file(const char *path, struct errors *es)
{
	struct source *s = source_new(es);
	char *copy = strdup(path);

	if (s == NULL || copy == NULL) {
		free(copy);
		source_free(s);
		return (NULL);
	}
	s->includes = true;
	return (source_done(s, source_add(s, 0, copy)));
}

struct source *
source_text(const char *name, const char *text, size_t n, struct errors *es)
{
	struct source *s = source_new(es);

	if (s == NULL)
		return (NULL);
	s->file[0] = strdup(name);
	if (s->file[0] == NULL) {
		source_free(s);
		return (NULL);
	}
	s->n_files = 1;
	return (source_done(s, source_take(s, 0, text, n)));
}

void
source_free(struct source *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n_files; i++)
		free(s->file[i]);
	free(s->origin);
	free(s->text);
	free(s);
}

const char *
source_chars(const struct source *s)
{
	return (s->text);
}

void
source_where(const struct source *s, int line, char *buf, size_t size)
{
	if (line < 1)
		line = 1;
	if (line > s->n_lines)
		line = s->n_lines;
	(void)snprintf(buf, size, "%s:%d",
	    text_plain(s->file[s->origin[line - 1].file]).text,
	    s->origin[line - 1].line);
}
