/* SPDX-License-Identifier: MIT */
/*
 * From an onset to the provider call on its way, over a thousand onsets, in
 * two parts: from the first sample of the higher load to the sample that
 * makes the core decide (its detector's windows), and from there to the call: fifty groups side by side, polled every 100 ms, the real
 * engine and the real journal on the disk of the working folder.  Source,
 * provider and balancer are fakes of this file, whose servers are well at
 * once; what is measured lies between them.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/listener.h>

#include "base/err.h"
#include "base/must.h"
#include "base/rng.h"
#include "config/errors.h"
#include "core/fleet.h"
#include "daemon/engine.h"
#include "io/log.h"
#include "io/loop.h"
#include "policy/load.h"
#include "record/journal.h"

/* One onset a round: a second would be part of the same rush. */
enum { GROUPS = 50, ROUNDS = 20, ONSETS = 1, SERVERS = 512 };

#define EVERY (100 * NS_MS)
#define SETTLE (12 * NS_S) /* the change test knows the load by then */
#define APART NS_S

struct site {
	double level_rps;
	int left;	/* onsets of this round */
	ns_t next;	/* the next one */
	ns_t shown;	/* a sample has shown it; 0: none is open */
	bool changed;	/* the next sample shows it */
	struct told at[SERVERS];
	bool in[SERVERS];
	int n;
};

static struct site sites[GROUPS];
static struct rng rng;
static struct loop *loop;
static struct engine *engine;
static struct journal *journal;
static uint16_t port;
static ns_t took[ROUNDS * GROUPS * ONSETS], syncs[1 << 16];
static ns_t decided[ROUNDS * GROUPS * ONSETS];
static struct fleet *fleet;
static int round_now;
static size_t n_took, n_syncs, n_spare;
static op_t serial;

static ns_t
now(void)
{
	return (loop_now(loop).mono);
}

/* --- fakes ---------------------------------------------------------------- */

/* An answer of its own turn of the loop, as the contract wants it. */
struct reply {
	struct timer timer;
	const struct host *host;
	struct answer answer;
	int round;	/* a later one's engine does not know it */
	struct told told[];
};

static void
reply_fire(void *arg)
{
	struct reply *r = arg;

	r->answer.told = r->told;
	if (r->round == round_now)
		r->host->post(r->host->ctx, &r->answer);
	loop_timer_stop(&r->timer);
	free(r);
}

static void
reply(const struct host *h, op_t op, const struct told *told, size_t n)
{
	struct reply *r = calloc(1, sizeof(*r) + n * sizeof(*told));

	MUST(r != NULL);
	r->host = h;
	r->round = round_now;
	r->answer.op = op;
	r->answer.n_told = n;
	if (n > 0)
		memcpy(r->told, told, n * sizeof(*told));
	loop_timer_set(loop, &r->timer, 0, reply_fire, r);
}

struct fake {
	const struct host *host;
	int group;
	struct timer timer;
};

static int made_sources, made_balancers;

static int
fake_init(void *self, const struct host *h, const void *set, struct err *e)
{
	(void)set, (void)e;
	((struct fake *)self)->host = h;
	return (0);
}

static void
fake_fini(void *self)
{
	if (self != NULL)
		loop_timer_stop(&((struct fake *)self)->timer);
}

static int
source_init(void *self, const struct host *h, const void *set, struct err *e)
{
	((struct fake *)self)->group = made_sources++ % GROUPS;
	return (fake_init(self, h, set, e));
}

static void
source_fire(void *arg)
{
	struct fake *f = arg;
	struct site *s = &sites[f->group];
	struct sample x = { .valid = true, .proof = PROOF_ALIVE,
		.period = EVERY };
	ns_t t = now();

	if (s->left > 0 && t >= s->next) {
		s->left--;
		s->next = t + APART + (ns_t)rng_below(&rng, NS_S);
		s->level_rps *= 5.0;
		s->shown = t;
	}
	x.requests_rps = value_of(s->level_rps * (0.97 + 0.06 *
	    rng_unit(&rng)));
	x.errors_rps = x.refused_rps = x.queue = value_of(0.0);
	x.inflight = value_of(s->level_rps * 0.05);
	f->host->sampled(f->host->ctx, 0, &x);
}

static void
source_poll(void *self, op_t op)
{
	struct fake *f = self;

	(void)op;
	loop_timer_set(loop, &f->timer, 0, source_fire, f);
}

static int
fake_add_way(void *self, const char *group, uint8_t way, const void *set,
    struct err *e)
{
	(void)self, (void)group, (void)way, (void)set, (void)e;
	return (0);
}

static void
fake_launch(void *self, op_t op, const struct launch *l, size_t n)
{
	struct fake *f = self;
	struct site *s = &sites[atoi(l[0].group + 1)];
	const struct server *d;
	struct told *t;
	size_t i;

	d = servers_find_token(group_servers(fleet_group(fleet,
	    atoi(l[0].group + 1))), &l[0].token);
	MUST(d != NULL);
	if (s->shown != 0 && n_took < sizeof(took) / sizeof(took[0])) {
		decided[n_took] = d->since - s->shown;
		took[n_took++] = now() - d->since;
	}
	s->shown = 0;
	MUST(s->n + (int)n <= SERVERS);
	for (i = 0; i < n; i++) {
		t = &s->at[s->n + (int)i];
		memset(t, 0, sizeof(*t));
		(void)snprintf(t->id.text, ID_SIZE, "b%" PRIu64, ++serial);
		(void)snprintf(t->group, NAME_SIZE, "%s", l[i].group);
		t->token = l[i].token;
		t->address[10] = t->address[11] = 0xff;
		t->address[12] = 127;
		t->address[15] = 1;
		t->port = port;
		t->phase = PHASE_BOOTED;
		t->sessions = -1;
	}
	reply(f->host, op, &s->at[s->n], n);
	s->n += (int)n;
}

static void
fake_terminate(void *self, op_t op, const struct server_id *ids, size_t n)
{
	(void)ids, (void)n;
	reply(((struct fake *)self)->host, op, NULL, 0);
}

static void
fake_list(void *self, op_t op)
{
	static struct told all[GROUPS * SERVERS];
	size_t n = 0;
	int i;

	for (i = 0; i < GROUPS; i++) {
		memcpy(&all[n], sites[i].at, (size_t)sites[i].n *
		    sizeof(all[0]));
		n += (size_t)sites[i].n;
	}
	reply(((struct fake *)self)->host, op, all, n);
}

static void
fake_lookup(void *self, op_t op, const struct token *t)
{
	(void)t;
	reply(((struct fake *)self)->host, op, NULL, 0);
}

static int
balancer_init(void *self, const struct host *h, const void *set,
    struct err *e)
{
	((struct fake *)self)->group = made_balancers++ % GROUPS;
	return (fake_init(self, h, set, e));
}

static void
balancer_set(struct fake *f, op_t op, const struct backend_server *b, bool in)
{
	struct site *s = &sites[f->group];
	int i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->at[i].id.text, b->id.text) == 0)
			s->in[i] = in;
	reply(f->host, op, NULL, 0);
}

static void
balancer_add(void *self, op_t op, const struct backend_server *b)
{
	balancer_set(self, op, b, true);
}

static void
balancer_out(void *self, op_t op, const struct backend_server *b)
{
	balancer_set(self, op, b, false);
}

static void
balancer_list(void *self, op_t op)
{
	struct fake *f = self;
	struct site *s = &sites[f->group];
	struct told told[SERVERS];
	size_t n = 0;
	int i;

	for (i = 0; i < s->n; i++)
		if (s->in[i]) {
			told[n] = s->at[i];
			told[n++].phase = PHASE_SERVING;
		}
	reply(f->host, op, told, n);
}

static const struct source_ops source = { .name = "fake",
	.state_size = sizeof(struct fake), .init = source_init,
	.poll = source_poll, .fini = fake_fini };
static const struct provider_ops provider = { .name = "fake",
	.state_size = sizeof(struct fake), .init = fake_init,
	.add_way = fake_add_way, .launch = fake_launch,
	.terminate = fake_terminate, .list = fake_list,
	.lookup = fake_lookup, .fini = fake_fini };
static const struct balancer_ops balancer = { .name = "fake",
	.state_size = sizeof(struct fake), .init = balancer_init,
	.add = balancer_add, .drain = balancer_out, .remove = balancer_out,
	.list = balancer_list, .fini = fake_fini };

/* Servers' health is a TCP connection to this. */
static void
accepted(struct evconnlistener *l, int fd, struct sockaddr *sa, int n,
    void *arg)
{
	(void)l, (void)sa, (void)n, (void)arg;
	(void)close(fd);
}

static struct evconnlistener *
listen_any(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	struct evconnlistener *l = evconnlistener_new_bind(loop_base(loop),
	    accepted, NULL, LEV_OPT_CLOSE_ON_FREE, 512,
	    (struct sockaddr *)&sa, (int)len);

	MUST(l != NULL);
	MUST(getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&sa,
	    &len) == 0);
	port = ntohs(sa.sin_port);
	return (l);
}

/* --- a round ---------------------------------------------------------------- */

static struct policy *
make_policy(void)
{
	static char text[1 << 17];
	static struct errors errors;
	struct policy *p = NULL;
	size_t n;
	int i;

	n = (size_t)snprintf(text, sizeof(text), "providers: { p: { type = "
	    "\"local\"; }; }; groups: (\n");
	for (i = 0; i < GROUPS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s{ name = "
		    "\"g%d\"; min = 2; max = 400; server: { rate = 100.0; };"
		    " source: { type = \"haproxy\"; every = \"100ms\"; "
		    "sockets = [\"/s\"]; backend = \"b%d\"; };"
		    " balancer: { type = \"haproxy\"; sockets = [\"/s\"]; "
		    "backend = \"b%d\"; };"
		    " health: { path = \"\"; }; forecast: { lead_time = "
		    "\"2s\"; }; limits: { launches_per_hour = 10000; };"
		    " launch: { providers = [\"p\"]; p: { command = "
		    "[\"/bin/true\"]; }; }; }", i > 0 ? "," : "", i, i, i);
	(void)snprintf(text + n, sizeof(text) - n, ");\n");
	if (policy_load_text("bench", text, strlen(text), 0, &p,
	    &errors) != 0) {
		errors_print(&errors, stderr);
		exit(1);
	}
	p->providers[0].ops = &provider;
	for (i = 0; i < GROUPS; i++) {
		p->group[i].source = &source;
		p->group[i].balancer = &balancer;
	}
	return (p);
}

static void
on_durable(void *ctx, uint64_t seq)
{
	struct journal_counts c;

	(void)ctx;
	journal_counts(journal, &c);
	if (n_syncs < sizeof(syncs) / sizeof(syncs[0]))
		syncs[n_syncs++] = c.last_commit;
	if (engine != NULL)
		engine_durable(engine, seq);
}

static void
on_state(void *ctx, enum journal_state s, const char *why)
{
	(void)ctx;
	if (engine != NULL)
		engine_journal(engine, s, why);
}

static void
remove_folder(const char *path)
{
	char name[512];
	struct dirent *d;
	DIR *dir = opendir(path);

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		(void)unlink(name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

static void
round_end(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
round_play(struct policy *p, struct log *log)
{
	char folder[] = "bench-onset-XXXXXX";
	struct journal_options o = { .hooks = { NULL, on_durable, on_state,
		NULL } };
	struct past past = { 0 };
	struct timer end = { 0 };
	struct err e = { 0 };
	void *memory;
	int i;

	MUST(mkdtemp(folder) != NULL);
	o.folder = folder;
	o.loop = loop;
	memory = calloc(1, fleet_size(&p->fleet));
	MUST(memory != NULL);
	round_now++;
	made_sources = made_balancers = 0;
	for (i = 0; i < GROUPS; i++) {
		memset(&sites[i], 0, sizeof(sites[i]));
		sites[i].level_rps = 100.0;
		sites[i].left = ONSETS;
		sites[i].next = now() + SETTLE + (ns_t)rng_below(&rng, NS_S);
	}
	if (journal_open(&journal, &o, &past, &e) != 0 ||
	    journal_groups(journal, p->fleet.groups, GROUPS) != 0 ||
	    fleet_init(&fleet, memory, &p->fleet, rng_next(&rng), &e) != 0)
		goto out;
	engine = engine_new(&(struct engine_parts){ .loop = loop, .log = log,
	    .policy = p, .fleet = fleet, .journal = journal, .past = &past },
	    &e);
	if (engine == NULL || engine_start(engine, &e) != 0)
		goto out;
	loop_timer_set(loop, &end, SETTLE + ONSETS * (APART + NS_S), round_end,
	    NULL);
	(void)loop_run(loop);
	for (i = 0; i < GROUPS; i++)
		n_spare += sites[i].shown != 0;
out:
	if (e.code != 0)
		(void)fprintf(stderr, "bench_onset: %s\n", e.text);
	loop_timer_stop(&end);
	engine_free(engine);
	engine = NULL;
	past_free(&past);
	journal_close(journal, true);
	free(memory);
	remove_folder(folder);
}

static int
by_size(const void *a, const void *b)
{
	ns_t x = *(const ns_t *)a, y = *(const ns_t *)b;

	return (x < y ? -1 : x > y);
}

static void
tell(const char *what, ns_t *at, size_t n)
{
	if (n == 0) {
		(void)printf("  %-28s none\n", what);
		return;
	}
	qsort(at, n, sizeof(at[0]), by_size);
	(void)printf("  %-28s p50 %6.2f ms  p99 %6.2f ms  most %6.2f ms\n",
	    what, (double)at[n / 2] / 1e6, (double)at[n * 99 / 100] / 1e6,
	    (double)at[n - 1] / 1e6);
}

int
main(void)
{
	struct policy *p;
	struct evconnlistener *l;
	struct err e = { 0 };
	struct log *log;
	int i;

	rng_init(&rng, 1);
	loop = loop_new(&e);
	log = log_new(STDERR_FILENO, LEVEL_ERROR, &e);
	MUST(loop != NULL);
	MUST(log != NULL);
	l = listen_any();
	p = make_policy();
	for (i = 0; i < ROUNDS; i++)
		round_play(p, log);
	(void)printf("%zu onsets, %d groups, a poll every 100 ms (%zu more "
	    "were carried without a launch):\n", n_took, GROUPS, n_spare);
	tell("onset to decision", decided, n_took);
	tell("decision to provider call", took, n_took);
	tell("of that, a commit on disk", syncs, n_syncs);
	policy_free(p);
	evconnlistener_free(l);
	log_free(log);
	loop_free(loop);
	return (0);
}
