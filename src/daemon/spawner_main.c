/* SPDX-License-Identifier: MIT */
/*
 * plimsoll-spawner --folder DIR: the parent of the local servers.  Started by
 * plimsolld in a session of its own, or by systemd.  SIGTERM ends it and
 * leaves its servers as they are.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <systemd/sd-daemon.h>

#include "base/err.h"
#include "io/log.h"
#include "io/loop.h"
#include "provider/spawner.h"

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
	(void)sig, (void)what;
	loop_stop(arg);
}

static int
run(const char *folder, struct err *e)
{
	struct loop *loop = loop_new(e);
	struct log *log = log_new(2, LEVEL_INFO, e);
	struct event *term = NULL, *intr = NULL;
	struct spawner *sp = NULL;
	int rc = -1;

	if (loop != NULL && log != NULL) {
		term = evsignal_new(loop_base(loop), SIGTERM, on_stop, loop);
		intr = evsignal_new(loop_base(loop), SIGINT, on_stop, loop);
		sp = spawner_new(loop, folder, log, e);
	}
	if (sp != NULL && event_add(term, NULL) == 0 &&
	    event_add(intr, NULL) == 0) {
		(void)sd_notify(0, "READY=1");
		log_say(log, LEVEL_INFO, "spawner ready", "folder", folder);
		rc = loop_run(loop);
	}
	spawner_free(sp);
	if (term != NULL)
		event_free(term);
	if (intr != NULL)
		event_free(intr);
	log_free(log);
	loop_free(loop);
	return (rc);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };

	if (argc != 3 || strcmp(argv[1], "--folder") != 0) {
		(void)fprintf(stderr, "usage: plimsoll-spawner --folder DIR\n");
		return (2);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	if (run(argv[2], &e) == 0)
		return (0);
	(void)fprintf(stderr, "plimsoll-spawner: %s\n", e.text);
	return (1);
}
