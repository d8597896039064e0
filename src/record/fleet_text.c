/* SPDX-License-Identifier: MIT */
/*
 * fleet.txt; see fleet_text.h.  It is read on a terminal in a bad hour, so
 * nothing from outside gets into it raw, and it says what to type.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plimsoll/decision.h"
#include "record/fleet_text.h"

static void	say(struct bytes *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

static void
say(struct bytes *b, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		bytes_put(b, line, (size_t)n < sizeof(line) ? (size_t)n :
		    sizeof(line) - 1);
}

static void
say_time(struct bytes *b, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	char text[32] = "unknown";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	say(b, "%s", text);
}

/* A provider's word on one column: letters that show, nothing else. */
static void
say_id(struct bytes *b, const char *id)
{
	char text[ID_SIZE];
	size_t i;

	(void)snprintf(text, sizeof(text), "%s", id[0] != '\0' ? id : "-");
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] <= ' ' || text[i] > '~')
			text[i] = '?';
	say(b, "  %-32s", text);
}

static void
say_address(struct bytes *b, const struct server *s)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t none[16];
	char a[INET6_ADDRSTRLEN] = "?", text[INET6_ADDRSTRLEN + 12];

	if (memcmp(s->address, none, 16) == 0) {
		say(b, " %-24s", "-");
		return;
	}
	if (memcmp(s->address, mapped, 12) == 0) {
		(void)inet_ntop(AF_INET, s->address + 12, a, sizeof(a));
		(void)snprintf(text, sizeof(text), "%s:%u", a, s->port);
	} else {
		(void)inet_ntop(AF_INET6, s->address, a, sizeof(a));
		(void)snprintf(text, sizeof(text), "[%s]:%u", a, s->port);
	}
	say(b, " %-24s", text);
}

static void
say_server(struct bytes *b, const struct server *s, const struct now *now)
{
	say_id(b, s->id.text);
	say_address(b, s);
	say(b, " %-9s ", phase_name((enum phase)s->phase));
	say_time(b, now->wall_s - (now->mono - s->phase_since) / NS_S);
	if (!(s->flags & SERVER_OURS))
		say(b, " (not started by Plimsoll)");
	say(b, "\n");
}

static int
older_first(const void *a, const void *b)
{
	const struct server *x = &(*(struct kept *const *)a)->server;
	const struct server *y = &(*(struct kept *const *)b)->server;

	return ((x->since > y->since) - (x->since < y->since));
}

static void
say_group(struct bytes *b, const struct mirror_group *g,
    const struct now *now)
{
	struct kept **all = calloc(g->n + 1, sizeof(*all));
	size_t i, n = 0;

	say(b, "\ngroup %s: %zu servers known, ", g->name, g->n);
	if (g->desired >= 0)
		say(b, "%d desired\n", g->desired);
	else
		say(b, "desired not known\n");
	for (i = 0; i < g->slots && all != NULL; i++)
		if (g->slot[i] != NULL)
			all[n++] = g->slot[i];
	if (n > 0)
		qsort(all, n, sizeof(*all), older_first);
	for (i = 0; i < n; i++)
		say_server(b, &all[i]->server, now);
	b->failed = b->failed || all == NULL;
	free(all);
	if (g->by_hand != NULL) {
		say(b, "by hand:\n");
		bytes_put(b, g->by_hand, strlen(g->by_hand));
		say(b, "\n");
	}
}

static const char fleet_head[] =
    "# The servers of this fleet, as Plimsoll last knew them.\n"
    "#\n"
    "# While plimsolld is down the balancer goes on with the servers that\n"
    "# it has: nothing is added and nothing is taken away. To carry on by\n"
    "# hand with HAProxy (SOCKET: its stats socket with admin rights):\n"
    "#   who is there     echo 'show servers state BACKEND' |"
    " socat stdio SOCKET\n"
    "#   no new requests  echo 'set server BACKEND/SLOT state drain' |"
    " socat stdio SOCKET\n"
    "#   out of service   echo 'set server BACKEND/SLOT state maint' |"
    " socat stdio SOCKET\n"
    "#   one more server  echo 'set server BACKEND/SLOT addr A port P; "
    "set server BACKEND/SLOT state ready' | socat stdio SOCKET\n"
    "# What was changed by hand is found again at the next start; servers\n"
    "# that Plimsoll did not start are never removed by it.\n"
    "#\n"
    "# id, address:port, phase, since\n";

void
fleet_text(struct bytes *b, const struct mirror *m, const struct now *now)
{
	int i;

	bytes_put(b, fleet_head, sizeof(fleet_head) - 1);
	say(b, "# written ");
	say_time(b, now->wall_s);
	say(b, "\n");
	for (i = 0; i < m->n_groups; i++)
		say_group(b, m->groups[i], now);
}
