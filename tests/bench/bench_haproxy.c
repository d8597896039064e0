/* SPDX-License-Identifier: MIT */
/*
 * What polling costs: ten groups, each a source polled once a second and a
 * balancer, on one real HAProxy with 100 slots, for 20 s.  Figures only.
 */
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "it_rig.h"

enum { GROUPS = 10, SECONDS = 20 };

static void *sources[GROUPS], *balancers[GROUPS];
static struct timer beats[GROUPS];
static bool polling[GROUPS];
static int late;

static double
cpu_s(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return ((double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6);
}

static void
on_group_sample(void *ctx, op_t op, const struct sample *s)
{
	(void)ctx;
	polling[op - 1] = false;
	rig.samples++;
	rig.valid += s->valid;
}

static void
on_group_beat(void *arg)
{
	int i = (int)(intptr_t)arg;

	if (polling[i])
		late++;
	else
		source_haproxy.poll(sources[i], (op_t)(i + 1));
	polling[i] = true;
	loop_timer_set(rig.loop, &beats[i], NS_S, on_group_beat, arg);
}

int
main(void)
{
	struct lb_options o = { .slots = 100, .state_file = true };
	double before;
	struct lb l;
	int i;

	stage_begin("polling HAProxy");
	lb_start(&l, "a", &o);
	rig_begin(&l, 1, true);
	loop_timer_stop(&rig.pulse);
	rig.host.sampled = on_group_sample;
	for (i = 0; i < GROUPS; i++) {
		balancers[i] = calloc(1, balancer_haproxy.state_size);
		sources[i] = calloc(1, source_haproxy.state_size);
		CHECK(balancer_haproxy.init(balancers[i], &rig.host, &rig.bset,
		    NULL) == 0, "init");
		CHECK(source_haproxy.init(sources[i], &rig.host, &rig.sset,
		    NULL) == 0, "init");
		on_group_beat((void *)(intptr_t)i);
	}
	loop_timer_set(rig.loop, &rig.beat, SECONDS * NS_S,
	    (void (*)(void *))loop_stop, rig.loop);
	before = cpu_s();
	(void)loop_run(rig.loop);
	printf("%d groups for %d s: %.2f %% of a core, %d samples, %d valid, "
	    "%d late, %zu kB allocated\n", GROUPS, SECONDS,
	    (cpu_s() - before) * 100 / SECONDS, rig.samples, rig.valid, late,
	    mallinfo2().uordblks / 1024);
	for (i = 0; i < GROUPS; i++) {
		balancer_haproxy.fini(balancers[i]);
		source_haproxy.fini(sources[i]);
		free(balancers[i]);
		free(sources[i]);
		loop_timer_stop(&beats[i]);
	}
	loop_timer_stop(&rig.beat);
	loop_free(rig.loop);
	stage_end();
	return (0);
}
