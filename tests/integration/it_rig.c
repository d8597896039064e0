/* SPDX-License-Identifier: MIT */
/* The host of the drivers under test; see it_rig.h. */
#include <signal.h>
#include <string.h>

#include "base/err.h"
#include "it_rig.h"

struct rig rig;

ns_t
now(void)
{
	return (loop_now(rig.loop).mono);
}

static void
on_post(void *ctx, const struct answer *a)
{
	size_t i;

	(void)ctx;
	CHECK(a->op < MAX_OPS && !rig.answered[a->op], "answered twice: %d",
	    (int)a->op);
	rig.answered[a->op] = true;
	rig.outcome[a->op] = a->outcome;
	(void)snprintf(rig.text, sizeof(rig.text), "%s", a->text);
	if (a->told == NULL)
		return;
	for (i = 0; i < a->n_told && i < MAX_TOLD; i++)
		rig.told[i] = a->told[i];
	rig.n_told = (int)i;
}

static void
on_health(void *ctx, const struct server_id *id, bool up)
{
	(void)ctx;
	rig.health_id = *id;
	if (up)
		rig.ups++;
	else
		rig.downs++;
	rig.down_at = now();
}

static void
on_sampled(void *ctx, op_t op, const struct sample *s)
{
	(void)ctx, (void)op;
	rig.polling = false;
	rig.sample = *s;
	rig.sample_at = now();
	rig.samples++;
	rig.fresh = true;
	if (s->valid && s->epoch != rig.epoch) {
		rig.epoch = s->epoch;
		rig.epochs++;
		rig.first = *s;
	}
	rig.valid += s->valid && s->requests_rps.known;
}

/* The daemon's writer thread replaces the file; here it is done at once. */
static void
on_save(void *ctx, const char *path, const char *text, size_t n)
{
	char tmp[128];
	FILE *f;

	(void)ctx;
	(void)snprintf(tmp, sizeof(tmp), "%.100s.new", path);
	f = fopen(tmp, "w");
	CHECK(f != NULL, "fopen %s", tmp);
	CHECK(fwrite(text, 1, n, f) == n, "fwrite");
	CHECK(fclose(f) == 0, "fclose");
	CHECK(rename(tmp, path) == 0, "rename");
	rig.saves++;
}

static void
on_trouble(void *ctx, const char *s)
{
	(void)ctx;
	if (s[0] != '\0')
		(void)snprintf(rig.trouble, sizeof(rig.trouble), "%s", s);
}

static void
on_beat(void *arg)
{
	(void)arg;
	if (rig.polling) {
		rig.polls_skipped++;
	} else {
		rig.polling = true;
		source_haproxy.poll(rig.source, 1);
	}
	loop_timer_set(rig.loop, &rig.beat, NS_S, on_beat, NULL);
}

static void
on_pulse(void *arg)
{
	(void)arg;
	loop_timer_set(rig.loop, &rig.pulse, 10 * NS_MS, on_pulse, NULL);
}

void
drivers_start(void)
{
	struct err e = { 0 };

	rig.balancer = calloc(1, balancer_haproxy.state_size);
	CHECK(balancer_haproxy.init(rig.balancer, &rig.host, &rig.bset, &e) ==
	    0, "%s", e.text);
	rig.source = calloc(1, source_haproxy.state_size);
	CHECK(source_haproxy.init(rig.source, &rig.host, &rig.sset, &e) == 0,
	    "%s", e.text);
	rig.polling = false;
	on_beat(NULL);
}

void
drivers_stop(void)
{
	loop_timer_stop(&rig.beat);
	balancer_haproxy.fini(rig.balancer);
	source_haproxy.fini(rig.source);
	free(rig.balancer);
	free(rig.source);
	rig.balancer = rig.source = NULL;
	CHECK(*loop_place(rig.loop, LOOP_RUNTIMES) == NULL, "clients left");
}

void
rig_begin(struct lb *l, int n, bool state_file)
{
	int i;

	memset(&rig, 0, sizeof(rig));
	rig.loop = loop_new(NULL);
	rig.next_op = 1;
	rig.host = (struct host){ .loop = rig.loop, .post = on_post,
		.health = on_health, .sampled = on_sampled, .save = on_save,
		.trouble = on_trouble };
	rig.bset.sockets.n = rig.sset.sockets.n = n;
	for (i = 0; i < n; i++) {
		(void)snprintf(rig.bset.sockets.text[i], KEY_STRING_SIZE, "%s",
		    l[i].sock);
		(void)snprintf(rig.sset.sockets.text[i], KEY_STRING_SIZE, "%s",
		    l[i].sock);
		if (!state_file)
			continue;
		rig.bset.state_files.n = n;
		(void)snprintf(rig.bset.state_files.text[i], KEY_STRING_SIZE,
		    "%s", l[i].state);
	}
	(void)snprintf(rig.bset.backend, NAME_SIZE, "shop");
	(void)snprintf(rig.sset.backend, NAME_SIZE, "shop");
	rig.bset.timeout = rig.sset.timeout = 800 * NS_MS;
	rig.bset.rest = 6 * NS_S;
	on_pulse(NULL);
}

void
rig_end(void)
{
	drivers_stop();
	loop_timer_stop(&rig.pulse);
	loop_free(rig.loop);
}

void
run_for(double s)
{
	ns_t end = now() + ns_from_s(s);

	while (now() < end)
		(void)event_base_loop(loop_base(rig.loop), EVLOOP_ONCE);
}

op_t
ask(void (*call)(void *, op_t, const struct backend_server *),
    const struct backend_server *b)
{
	op_t op = rig.next_op++;

	call(rig.balancer, op, b);
	CHECK(!rig.answered[op], "answered from inside");
	return (op);
}

void
done(op_t op, double within)
{
	UNTIL(rig.answered[op], within);
	CHECK(rig.outcome[op] == OUTCOME_DONE, "%s: %s",
	    outcome_name(rig.outcome[op]), rig.text);
}

void
add(const struct backend_server *b)
{
	done(ask(balancer_haproxy.add, b), 5);
}

void
list(void)
{
	op_t op = rig.next_op++;

	balancer_haproxy.list(rig.balancer, op);
	done(op, 5);
}

const struct told *
told(const char *id)
{
	int i;

	for (i = 0; i < rig.n_told; i++)
		if (strcmp(rig.told[i].id.text, id) == 0)
			return (&rig.told[i]);
	return (NULL);
}

/* Slot k has the server of 127.0.0.(k + 1), in service. */
bool
in_place(struct lb *l, int k)
{
	char want[64];

	(void)snprintf(want, sizeof(want), " w%d 127.0.0.%d 2 4 ", k, k + 1);
	return (strstr(lb_ask(l, SHOW), want) != NULL);
}

/*
 * The same of slots 1 and 2 in a process other than `old`, asked on one
 * connection: the old process shares its listener until it leaves, and
 * may answer after the new one did.
 */
bool
led_back(struct lb *l, pid_t old)
{
	const char *all = lb_ask(l, "show info;" SHOW);
	const char *p = strstr(all, "\nPid: ");

	return (p != NULL && (pid_t)atol(p + 6) != old &&
	    strstr(all, " w1 127.0.0.2 2 4 ") != NULL &&
	    strstr(all, " w2 127.0.0.3 2 4 ") != NULL);
}

/* Enough of them came, then they left, and none was turned away. */
void
no_loss(const struct counts *c)
{
	UNTIL(c->ok > 100, 10);
	customers_stop();
	CHECK(c->bad == 0, "%ld of %ld lost, the first: %s", (long)c->bad,
	    (long)(c->ok + c->bad), c->first_bad);
}

int
play(int argc, char **argv, const struct story *stories, size_t n)
{
	size_t i;
	int k;
	bool wanted;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < n; i++) {
		wanted = argc < 2;
		for (k = 1; k < argc; k++)
			wanted = wanted || strcmp(argv[k], stories[i].name) == 0;
		if (!wanted)
			continue;
		stage_begin(stories[i].name);
		stories[i].play();
		stage_end();
		printf("ok: %s\n", stories[i].name);
	}
	return (0);
}
