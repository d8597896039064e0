/* SPDX-License-Identifier: MIT */
/* Signals as events; see signals.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/signals.h"

enum { N_SIGNALS = 3 };

struct signals {
	struct signals_hooks hooks;
	struct event *ev[N_SIGNALS];
};

static void
signals_fire(evutil_socket_t sig, short what, void *arg)
{
	struct signals *s = arg;

	(void)what;
	if (sig == SIGHUP)
		s->hooks.reload(s->hooks.ctx);
	else
		s->hooks.stop(s->hooks.ctx);
}

static void
signals_stuck(int sig)
{
	static const char text[] =
	    "plimsolld: a step does not end: giving up\n";
	ssize_t n;

	(void)sig;
	n = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)n;
	(void)signal(SIGALRM, SIG_DFL);
	(void)raise(SIGALRM);
}

struct signals *
signals_new(struct loop *l, const struct signals_hooks *h, struct err *e)
{
	static const int numbers[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction stuck = { .sa_handler = signals_stuck,
		.sa_flags = SA_NODEFER };
	struct signals *s = calloc(1, sizeof(*s));
	int i;

	if (s == NULL)
		goto bad;
	s->hooks = *h;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigaction(SIGALRM, &stuck, NULL);
	for (i = 0; i < N_SIGNALS; i++) {
		s->ev[i] = evsignal_new(loop_base(l), numbers[i],
		    signals_fire, s);
		if (s->ev[i] == NULL || event_add(s->ev[i], NULL) != 0)
			goto bad;
	}
	return (s);
bad:
	signals_free(s);
	(void)err_set(e, ENOMEM, "signals: out of memory");
	return (NULL);
}

void
signals_free(struct signals *s)
{
	int i;

	if (s == NULL)
		return;
	signals_alive(0);
	for (i = 0; i < N_SIGNALS; i++)
		if (s->ev[i] != NULL)
			event_free(s->ev[i]);
	free(s);
}

void
signals_alive(ns_t within)
{
	struct itimerval t = { .it_value = { (time_t)(within / NS_S),
		(suseconds_t)(within % NS_S / NS_US) } };

	(void)setitimer(ITIMER_REAL, &t, NULL);
}
