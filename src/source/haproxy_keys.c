/* SPDX-License-Identifier: MIT */
/* Rows of struct haproxy_source_settings. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "io/command.h"
#include "io/runtime.h"
#include "source/haproxy_keys.h"

#define F(f) KEY_FIELD(haproxy_source_settings, f)

static const struct key rows[] = {
	{ "sockets", KEY_STRINGS, F(sockets), 0, 0, NULL, "", NULL,
	    INVALIDATES_START,
	    "The stats socket of each HAProxy of this group, as /PATH or "
	    "ADDRESS:PORT. Their figures are added up; a standby at rest is "
	    "a zero as long as it answers." },
	{ "backend", KEY_STRING, F(backend), 1, NAME_SIZE - 1, NULL, "", NULL,
	    INVALIDATES_START,
	    "The backend's name, the same in each HAProxy." },
	{ "frontend", KEY_STRING, F(frontend), 0, NAME_SIZE - 1, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "The frontend that leads to it: at its connection limit, "
	    "arrivals are known as a lower bound only. Not given: any "
	    "frontend at its limit says so." },
	{ "timeout", KEY_DURATION, F(timeout), 0.05, 10, "800ms", "", NULL,
	    INVALIDATES_NOTHING,
	    "A poll that is not answered in time fails; after that HAProxy "
	    "is left alone for 1, 2, 4, then 5 seconds." },
	{ "latency_log", KEY_STRING, F(latency_log), 0, KEY_STRING_SIZE - 1,
	    "", "", NULL, INVALIDATES_START,
	    "A unix datagram socket that plimsolld makes and HAProxy sends "
	    "(sampled) log lines to, in the HTTP log format or as \"%b %s "
	    "%ST %Tq %Tw %Tc %Tr %Ta %TR\". The 95th percentile of the time "
	    "to answer comes from it. Put it into a folder that only "
	    "HAProxy and plimsolld may enter." },
};

static int
check_sockets(const struct key_strings *s, struct err *e)
{
	int i, k;

	if (s->n < 1 || s->n > MAX_BALANCERS)
		return (err_set(e, EINVAL, "sockets: %d of them, expected 1 "
		    "to %d", s->n, MAX_BALANCERS));
	for (i = 0; i < s->n; i++) {
		if (runtime_check(s->text[i], e) != 0)
			return (-1);
		for (k = 0; k < i; k++)
			if (strcmp(s->text[i], s->text[k]) == 0)
				return (err_set(e, EINVAL, "sockets: '%s' is "
				    "there twice", s->text[i]));
	}
	return (0);
}

static int
check(const void *settings, struct err *e)
{
	const struct haproxy_source_settings *s = settings;

	if (check_sockets(&s->sockets, e) != 0)
		return (-1);
	if (!haproxy_name_ok(s->backend))
		return (err_set(e, EINVAL, "backend: letters, digits and "
		    "_ . : - were expected"));
	if (s->frontend[0] != '\0' && !haproxy_name_ok(s->frontend))
		return (err_set(e, EINVAL, "frontend: letters, digits and "
		    "_ . : - were expected"));
	if (s->latency_log[0] != '\0' &&
	    (s->latency_log[0] != '/' || strlen(s->latency_log) > 100))
		return (err_set(e, EINVAL, "latency_log: an absolute path of "
		    "at most 100 characters was expected"));
	return (0);
}

const struct key_table haproxy_source_keys = { "source haproxy", rows,
	KEY_COUNT(rows), sizeof(struct haproxy_source_settings), check };
