/* SPDX-License-Identifier: MIT */
/*
 * plimsoll drive: lines of standard input to the core, its answers to
 * standard output.  An answer leaves before more is waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/command.h"
#include "config/errors.h"
#include "policy/load.h"
#include "sim/drive.h"

enum { CHUNK = 1 << 16 };

struct pipe_in {
	char *buf; /* [DRIVE_LINE_MAX + CHUNK] */
	size_t n;
	size_t skipped; /* bytes of a line that is too long */
};

struct pipe_out {
	char buf[CHUNK];
	size_t n;
};

static int
out_write(const char *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		k = write(STDOUT_FILENO, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return (-1);
		p += k;
		n -= (size_t)k;
	}
	return (0);
}

static int
out_flush(struct pipe_out *o)
{
	size_t n = o->n;

	o->n = 0;
	return (out_write(o->buf, n));
}

static int
out_add(struct pipe_out *o, const char *p, size_t n)
{
	if (o->n + n > sizeof(o->buf) && out_flush(o) != 0)
		return (-1);
	if (n > sizeof(o->buf))
		return (out_write(p, n));
	memcpy(o->buf + o->n, p, n);
	o->n += n;
	return (0);
}

static int
drive_one(struct drive *d, struct pipe_in *in, const char *p, size_t n,
    struct pipe_out *out)
{
	const char *answer;
	size_t len;

	n += in->skipped;
	in->skipped = 0;
	answer = drive_line(d, p, n, &len);
	return (out_add(out, answer, len));
}

/* Every whole line of the buffer; what is left moves to its front. */
static int
drive_lines(struct drive *d, struct pipe_in *in, struct pipe_out *out)
{
	char *p = in->buf, *end = in->buf + in->n, *nl;

	while ((nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (drive_one(d, in, p, (size_t)(nl - p), out) != 0)
			return (-1);
		p = nl + 1;
	}
	in->n = (size_t)(end - p);
	memmove(in->buf, p, in->n);
	if (in->n > DRIVE_LINE_MAX) {
		in->skipped += in->n;
		in->n = 0;
	}
	return (out_flush(out));
}

static int
drive_loop(struct drive *d, struct pipe_in *in, struct pipe_out *out)
{
	ssize_t k;

	for (;;) {
		k = read(STDIN_FILENO, in->buf + in->n, CHUNK);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			fprintf(stderr, "plimsoll drive: standard input: %s\n",
			    strerror(errno));
			return (EXIT_REFUSED);
		}
		if (k == 0)
			break;
		in->n += (size_t)k;
		if (drive_lines(d, in, out) != 0)
			return (EXIT_REFUSED);
	}
	/* The last line may lack its newline. */
	if (in->n + in->skipped > 0 &&
	    (drive_one(d, in, in->buf, in->n, out) != 0 ||
	    out_flush(out) != 0))
		return (EXIT_REFUSED);
	return (EXIT_DONE);
}

int
drive_run(const struct command *c, int argc, char **argv)
{
	struct policy *policy = NULL;
	struct errors *errors = NULL;
	struct drive *drive = NULL;
	struct pipe_in in = { 0 };
	struct pipe_out *out = NULL;
	struct err e;
	int i, rc = EXIT_REFUSED;

	if (argc != 3 || strcmp(argv[1], "--policy") != 0)
		return (command_usage(c, "it takes --policy FILE, nothing "
		    "else"));
	err_clear(&e);
	in.buf = malloc(DRIVE_LINE_MAX + CHUNK);
	out = calloc(1, sizeof(*out));
	errors = calloc(1, sizeof(*errors));
	if (in.buf == NULL || out == NULL || errors == NULL)
		(void)err_set(&e, ENOMEM, "out of memory");
	else if (policy_load(argv[2], POLICY_DRIVE, &policy, errors) == 0) {
		/* time is what the lines say: all dates are still to come */
		policy_calendar(policy, 0);
		/* servers of a made world boot without an endpoint */
		for (i = 0; i < policy->fleet.n_groups; i++)
			policy->core[i].secrets_first = false;
		if (drive_new(&drive, &policy->fleet, &e) == 0)
			rc = drive_loop(drive, &in, out);
	}
	if (errors != NULL)
		errors_print(errors, stderr);
	if (e.code != 0)
		fprintf(stderr, "plimsoll drive: %s\n", e.text);
	drive_free(drive);
	policy_free(policy);
	free(errors);
	free(out);
	free(in.buf);
	return (rc);
}
