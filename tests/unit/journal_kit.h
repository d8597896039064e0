/* SPDX-License-Identifier: MIT */
/* A journal in a folder of its own, on a real loop, for its tests. */
#ifndef TESTS_JOURNAL_KIT_H
#define TESTS_JOURNAL_KIT_H

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/loop.h"
#include "record/journal.h"
#include "unit.h"

#define KIT_WITHIN (20 * NS_S) /* a broken test ends; a good one is quick */

struct kit {
	char folder[64];
	struct loop *loop;
	struct journal *j;
	struct past past;
	struct err err;
	struct journal_options o;
	struct timer tick;
	uint64_t durable, durable_first;
	int bad, good; /* how often it became so */
	ns_t bad_at;
	char why[ERR_SIZE];
	int saved, not_saved;
	char *text; /* the last answer to an ask */
	char text_why[ERR_SIZE];
};

static struct group_policy kit_policy[2] = {
	{ .name = "storefront" },
	{ .name = "dashboard" },
};

static inline void
kit_durable(void *ctx, uint64_t seq)
{
	struct kit *k = ctx;

	k->durable = seq;
	if (k->durable_first == 0)
		k->durable_first = seq;
}

static inline void
kit_state(void *ctx, enum journal_state s, const char *why)
{
	struct kit *k = ctx;

	if (s == JOURNAL_BAD) {
		k->bad++;
		k->bad_at = clock_now().mono;
	} else {
		k->good++;
	}
	(void)snprintf(k->why, sizeof(k->why), "%s", why);
}

static inline void
kit_saved(void *ctx, const char *path, const char *why_not)
{
	struct kit *k = ctx;

	if (strstr(path, "fleet.txt") != NULL)
		return;
	if (why_not == NULL)
		k->saved++;
	else
		k->not_saved++;
}

static inline void
kit_text(void *ctx, const char *text, size_t n, const char *why_not)
{
	struct kit *k = ctx;

	free(k->text);
	k->text = NULL;
	k->text_why[0] = '\0';
	if (text != NULL)
		k->text = strndup(text, n);
	else
		(void)snprintf(k->text_why, sizeof(k->text_why), "%s",
		    why_not);
}

static inline void
kit_tick(void *arg)
{
	struct kit *k = arg;

	loop_timer_set(k->loop, &k->tick, 5 * NS_MS, kit_tick, k);
}

static inline void
kit_init(struct kit *k)
{
	memset(k, 0, sizeof(*k));
	(void)snprintf(k->folder, sizeof(k->folder),
	    "/tmp/plimsoll-journal-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(k->folder));
	k->loop = loop_new(&k->err);
	ck_assert_ptr_nonnull(k->loop);
	kit_tick(k);
	k->o = (struct journal_options){ .folder = k->folder,
		.loop = k->loop };
	k->o.hooks = (struct journal_hooks){ k, kit_durable, kit_state,
		kit_saved };
}

static inline int
kit_try_open(struct kit *k)
{
	err_clear(&k->err);
	k->durable = 0;
	k->bad = k->good = 0;
	return (journal_open(&k->j, &k->o, &k->past, &k->err));
}

static inline void
kit_open(struct kit *k)
{
	ns_t end = clock_now().mono + KIT_WITHIN;

	/* a busy disk may still hold the thread of the one before */
	while (kit_try_open(k) != 0)
		ck_assert_msg(k->err.code == EBUSY && clock_now().mono < end,
		    "%s", k->err.text);
	ck_assert_int_eq(journal_groups(k->j, kit_policy, 2), 0);
}

static inline void
kit_close(struct kit *k, bool clean)
{
	journal_close(k->j, clean);
	k->j = NULL;
	past_free(&k->past);
}

static inline void
kit_fini(struct kit *k)
{
	char path[512];
	struct dirent *x;
	DIR *d;

	if (k->j != NULL)
		kit_close(k, true);
	loop_timer_stop(&k->tick);
	loop_free(k->loop);
	free(k->text);
	d = opendir(k->folder);
	while (d != NULL && (x = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", k->folder,
		    x->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(k->folder);
}

/* One turn of the loop: at most some milliseconds. */
static inline void
kit_turn(struct kit *k)
{
	(void)event_base_loop(loop_base(k->loop), EVLOOP_ONCE);
}

/* Turns until cond holds; fails the test when it does not in time. */
#define KIT_UNTIL(k, cond)                                             \
	do {                                                           \
		ns_t kit_end = clock_now().mono + KIT_WITHIN;          \
		while (!(cond)) {                                      \
			ck_assert_msg(clock_now().mono < kit_end,      \
			    "in vain: %s", #cond);                     \
			kit_turn(k);                                   \
		}                                                      \
	} while (0)

static inline uint64_t
kit_commit(struct kit *k)
{
	struct now now = loop_now(k->loop);

	return (journal_commit(k->j, &now));
}

/* An empty step, as one goes by each second. */
static inline uint64_t
kit_step(struct kit *k)
{
	struct now now = loop_now(k->loop);

	journal_inbox(k->j, &now, NULL, 0);
	return (journal_commit(k->j, &now));
}

static inline void
kit_flush(struct kit *k)
{
	uint64_t seq = kit_step(k);

	KIT_UNTIL(k, k->durable >= seq);
}

static inline struct server
kit_server(int i, enum phase phase)
{
	struct server s;

	memset(&s, 0, sizeof(s));
	memcpy(s.token.byte, &i, sizeof(i));
	s.token.byte[15] = 7;
	if (phase > PHASE_DECIDED)
		(void)snprintf(s.id.text, sizeof(s.id.text), "i-%05d", i);
	s.phase = (uint8_t)phase;
	s.flags = SERVER_OURS;
	s.since = s.phase_since = clock_now().mono;
	s.deadline = s.retry = NS_NEVER;
	return (s);
}

static inline void
kit_path(const struct kit *k, char *buf, size_t size, const char *name)
{
	(void)snprintf(buf, size, "%s/%s", k->folder, name);
}

static inline bool
kit_has(const struct kit *k, const char *name)
{
	char path[256];
	struct stat st;

	kit_path(k, path, sizeof(path), name);
	return (lstat(path, &st) == 0);
}

static inline struct past_group *
kit_group(struct kit *k, const char *name)
{
	int i;

	for (i = 0; i < k->past.n_groups; i++)
		if (strcmp(k->past.groups[i].name, name) == 0)
			return (&k->past.groups[i]);
	return (NULL);
}

#endif
