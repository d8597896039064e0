/* SPDX-License-Identifier: MIT */
/*
 * The fleet against random histories of faults (src/sim/world.h), with an
 * oracle for every order; PLIMSOLL_HISTORIES asks for more of them, and
 * PLIMSOLL_SEED plays one again.  A failing history is cut down before it
 * is shown.
 *
 * Guards that were taken out one at a time, and who noticed (C: this
 * campaign, L: test_ledger, W: test_ledger_list, F: test_fleet):
 *
 * removals: only ours L; before provider W C or balancer W answered; on a
 *   bad journal W C, also in the step of a word W; in safe mode W C; under a
 *   hold W; below the minimum L; more than the fastest rule a minute L; of
 *   the protected W; while much is sick W; by words on a bad journal W C
 * launches: before the listings L W; under a hold W; an unknown one again
 *   L C; a restored one again W C, beside a new one L; above hard_max L; in
 *   an hour L, across a restart W; a way that refused L or does not boot L;
 *   one probe launch L; failed boots counted L; a boot re-arms L
 * identity: tokens W C and ops W C of an earlier life; no op L; two of ours
 *   with one id L; all recorded anew after a bad journal W C
 * not found: three L, over two minutes L; a failed lookup L C; three
 *   listings W, over two minutes W, none from before the launch W; an empty
 *   one W, a failed one C; what serves is not gone W
 * orphans: adopted at start W C, later W, in the end W C; another group's W C
 * drains: their time L W C, their end W; taken back L W, not a word's W; an
 *   old one after a restart W; out of the balancer first L W C; in it again
 *   L; a termination follows L C
 * health: I-09 W; peers pass W; one in a window W C; one missed check W;
 *   told again after the balancer forgot W C or somebody drained W
 * a probe is ended L C; the boot deadline L C; a launch that the host never
 *   answers L; reload: servers F, all or nothing F, order F
 *
 * Nobody notices when ledger_answer() takes ops of other slots (no op is
 * used twice) or a launch's answer names a server of another op (its token
 * proves it); a batch without its record dies of a MUST.
 */
#include <string.h>

#include "sim/world.h"
#include "unit.h"

static void
show(const struct history *h, const struct world_result *r)
{
	int i;

	printf("history %" PRIu64 ": %s\n", h->seed, r->text);
	for (i = 0; i < h->n_faults; i++)
		printf("  %4d to %4d s  %-26s rate %.2f\n",
		    h->fault[i].from_s, h->fault[i].to_s,
		    fault_name(h->fault[i].kind), h->fault[i].rate);
	(void)fflush(stdout);
}

static int
histories(void)
{
	const char *n = getenv("PLIMSOLL_HISTORIES");

	if (getenv("PLIMSOLL_SEED") != NULL)
		return (1);
	return (n != NULL ? (int)strtol(n, NULL, 10) : 300);
}

START_TEST(test_histories)
{
	uint64_t seed = unit_seed("campaign", 1);
	long steps = 0, launches = 0, ends = 0, restarts = 0, settled = 0;
	int i, n = histories(), bad = 0, slowest = 0;
	struct world_result r;
	struct history h;

	for (i = 0; i < n && bad < 5; i++) {
		history_draw(&h, seed + (uint64_t)i);
		world_run(&h, &r);
		steps += r.steps;
		launches += r.launches;
		ends += r.terminations;
		restarts += r.restarts;
		settled += r.settled_s;
		slowest = r.settled_s > slowest ? r.settled_s : slowest;
		if (r.text[0] == '\0')
			continue;
		show(&h, &r);
		history_shrink(&h, &r);
		printf("cut down to:\n");
		show(&h, &r);
		bad++;
	}
	printf("%d histories, %ld steps, %ld launches, %ld terminations, "
	    "%ld restarts, settled %d s after the last fault in the mean, "
	    "%d at the latest\n", i, steps, launches, ends, restarts,
	    (int)(settled / (i > 0 ? i : 1)), slowest);
	ck_assert_int_eq(bad, 0);
	/* Histories in which little happens prove little. */
	if (n >= 100) {
		ck_assert_int_ge(launches, 10 * n);
		ck_assert_int_ge(ends, n);
		ck_assert_int_ge(restarts, n / 10);
	}
}
END_TEST

/* Each found a fault once; what it was stands beside it. */
static const struct {
	uint64_t seed;
	const char *what;
} found[] = {
	{ 37, "a healthy server that waited for the balancer was failed" },
	{ 48, "what the balancer told of first was never adopted" },
	{ 255, "a boot deadline began anew with each phase after a restart" },
	{ 366, "neither listed nor in the balancer, and kept for ever" },
	{ 454, "a drain in the step in which the journal turned bad" },
	{ 562, "nobody serves, all fails, and nothing is launched" },
	{ 1106, "an empty listing counted against an unknown launch" },
	{ 1428, "a drain that a bad journal kept back was over at once" },
	{ 1933, "an unknown launch, found late, had no time to answer" },
	{ 4947, "the same, of a restart" },
	{ 6740, "a drain that a bad journal kept back was over at once" },
	{ 10019, "drains that a bad journal kept back, and as many more" },
	{ 5878, "launches that a breaker kept back used up the hour" },
};

START_TEST(test_found_once)
{
	struct world_result r;
	struct history h;

	history_draw(&h, found[_i].seed);
	world_run(&h, &r);
	if (r.text[0] != '\0')
		show(&h, &r);
	ck_assert_msg(r.text[0] == '\0', "again? %s: %s", found[_i].what,
	    r.text);
}
END_TEST

START_TEST(test_same_seed_same_orders)
{
	struct world_result a, b;
	struct history h;
	int i;

	for (i = 0; i < 10; i++) {
		history_draw(&h, 1000 + (uint64_t)i);
		world_run(&h, &a);
		world_run(&h, &b);
		ck_assert_uint_eq(a.hash, b.hash);
		ck_assert_int_eq(a.orders, b.orders);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("campaign");
	TCase *t = tcase_create("campaign");

	tcase_set_timeout(t, 0);
	tcase_add_test(t, test_histories);
	tcase_add_loop_test(t, test_found_once, 0,
	    (int)(sizeof(found) / sizeof(found[0])));
	tcase_add_test(t, test_same_seed_same_orders);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
