/* SPDX-License-Identifier: MIT */
/*
 * The daemon's parts, one row each: started from the first to the last,
 * stopped from the last to the first.  A part that does not start stops
 * those before it.  Nothing that is stopped touches a server: the fleet
 * serves on (I-32).
 */
#include "config.h"

#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "api/control.h"
#include "api/http.h"
#include "base/err.h"
#include "base/must.h"
#include "config/errors.h"
#include "core/fleet.h"
#include "daemon/boots.h"
#include "daemon/daemon.h"
#include "daemon/engine.h"
#include "daemon/frozen.h"
#include "daemon/history.h"
#include "daemon/options.h"
#include "daemon/past.h"
#include "daemon/phasebook.h"
#include "daemon/readiness.h"
#include "daemon/reload.h"
#include "daemon/secrets.h"
#include "io/build.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/privilege.h"
#include "io/signals.h"
#include "io/wipe.h"
#include "policy/load.h"
#include "record/journal.h"
#include "report/facts.h"
#include "report/launch.h"

/* No step for so long: the loop is stuck, whatever the reason (I-24). */
#define STUCK_AFTER (30 * NS_S)

/* Of the fleet's groups, as they came with the policies. */
struct memory {
	struct memory *next;
	max_align_t at[];
};

struct daemon {
	struct options options;
	struct policy *policy;
	struct log *log;
	struct loop *loop;
	struct journal *journal;
	struct past past;
	struct fleet *fleet;
	struct memory *memory;
	struct boots *boots;
	struct phasebook *phasebook;
	struct engine *engine;
	struct secrets *secrets;
	struct launch_facts launch;
	struct readiness *readiness;
	struct reload *reload;
	struct desk desk;
	struct control *control;
	struct http *http;
	struct signals *signals;
	struct timer watchdog;
	struct timer calendar;
	ns_t watchdog_every; /* systemd's, 0: none */
	uint64_t alive_steps; /* at the last look */
	bool clean;	  /* told to stop */
};

/* --- policy ------------------------------------------------------------ */

static int
policy_start(struct daemon *d, struct err *e)
{
	struct errors *errors = calloc(1, sizeof(*errors));
	int rc;

	if (errors == NULL)
		return (err_set(e, 12, "out of memory"));
	rc = policy_load(d->options.policy, 0, &d->policy, errors);
	if (rc != 0) {
		errors_print(errors, stderr);
		(void)err_set(e, 22, "the policy '%s' is not right",
		    d->options.policy);
	}
	free(errors);
	return (rc);
}

static void
policy_stop(struct daemon *d)
{
	policy_free(d->policy);
}

/* --- log: before rights are given away, which the descriptor may need --- */

static int
log_start(struct daemon *d, struct err *e)
{
	d->log = log_new(STDERR_FILENO,
	    (enum level)d->policy->daemon.log_level, e);
	return (d->log == NULL ? -1 : 0);
}

static void
log_stop(struct daemon *d)
{
	log_free(d->log);
}

/* --- rights ------------------------------------------------------------- */

static int
rights_start(struct daemon *d, struct err *e)
{
	char run[sizeof(d->policy->daemon.control)];
	const char *folders[] = { d->policy->daemon.state, run, NULL };
	char *slash;

	(void)snprintf(run, sizeof(run), "%s", d->policy->daemon.control);
	slash = strrchr(run, '/');
	if (slash == NULL || slash == run)
		folders[1] = NULL;
	else
		*slash = '\0';
	if (privilege_drop(d->policy->daemon.user, folders, e) != 0)
		return (-1);
	return (privilege_harden(e));
}

static void
rights_stop(struct daemon *d)
{
	(void)d;
}

/* --- loop ---------------------------------------------------------------- */

static int
loop_start(struct daemon *d, struct err *e)
{
	d->loop = loop_new(e);
	return (d->loop == NULL ? -1 : 0);
}

static void
loop_end(struct daemon *d)
{
	loop_free(d->loop);
}

/* --- journal and fleet ---------------------------------------------------- */

static void
on_durable(void *ctx, uint64_t seq)
{
	struct daemon *d = ctx;

	if (d->engine != NULL)
		engine_durable(d->engine, seq);
	if (d->boots != NULL)
		boots_durable(d->boots, seq);
}

static void
on_journal(void *ctx, enum journal_state state, const char *why)
{
	struct daemon *d = ctx;

	if (d->engine != NULL)
		engine_journal(d->engine, state, why);
	if (d->boots != NULL && state == JOURNAL_BAD)
		boots_journal_bad(d->boots);
}

static void
on_saved(void *ctx, const char *path, const char *why_not)
{
	struct daemon *d = ctx;

	if (why_not != NULL)
		log_say(d->log, LEVEL_WARN, "a file is not saved", path,
		    why_not);
}

/* A dry run has a journal of its own: its servers are none. */
static int
journal_start(struct daemon *d, struct err *e)
{
	char dry[PATH_BYTES + 16];
	struct journal_options o = { .folder = d->policy->daemon.state,
		.loop = d->loop, .hooks = { d, on_durable, on_journal,
		on_saved }, .keep = d->policy->daemon.keep,
		.max_bytes = (int64_t)d->policy->daemon.max_size,
		.fast_crash = d->policy->daemon.fast_crash_within };

	if (d->policy->daemon.dry_run) {
		(void)snprintf(dry, sizeof(dry), "%s/dry-run", o.folder);
		o.folder = dry;
	}
	if (journal_open(&d->journal, &o, &d->past, e) != 0)
		return (-1);
	if (journal_groups(d->journal, d->policy->fleet.groups,
	    d->policy->fleet.n_groups) != 0)
		return (err_set(e, 12, "the journal: out of memory"));
	frozen_tell(d->journal, d->policy);
	return (0);
}

static void
journal_stop(struct daemon *d)
{
	past_free(&d->past);
	journal_close(d->journal, d->clean);
}

/* Tokens are drawn from it: nobody else may guess them. */
static int
fleet_seed(uint64_t *ret, struct err *e)
{
	if (getrandom(ret, sizeof(*ret), 0) != (ssize_t)sizeof(*ret))
		return (err_set(e, 5, "no random numbers"));
	return (0);
}

static int
fleet_start(struct daemon *d, struct err *e)
{
	struct past_to to = { d->journal, NULL, d->policy, d->log,
		loop_now(d->loop) };
	struct fleet_call call = { .kind = CALL_INIT,
		.policy = d->policy->text_hash, .core = build_core };
	uint64_t seed = 0;

	d->memory = calloc(1, sizeof(*d->memory) +
	    fleet_size(&d->policy->fleet));
	if (d->memory == NULL)
		return (err_set(e, 12, "the fleet: out of memory"));
	if (fleet_seed(&seed, e) != 0 || fleet_init(&d->fleet,
	    d->memory->at, &d->policy->fleet, seed, e) != 0)
		return (-1);
	to.fleet = d->fleet;
	call.now = to.now;
	call.seed = seed;
	journal_call(d->journal, &call);
	return (past_restore(&d->past, &to, e));
}

static void
fleet_stop(struct daemon *d)
{
	struct memory *m;

	while ((m = d->memory) != NULL) {
		d->memory = m->next;
		free(m);
	}
}

/* --- boot path: before the engine, whose intents get their tokens there --- */

static int
boots_start(struct daemon *d, struct err *e)
{
	struct boots_parts with = { d->loop, d->log, d->policy, d->fleet,
		d->journal, &d->past };

	d->boots = boots_new(&with, e);
	return (d->boots == NULL ? -1 : 0);
}

static void
boots_stop(struct daemon *d)
{
	boots_free(d->boots);
	d->boots = NULL;
}

/* --- times of boots ----------------------------------------------------------- */

static int
phasebook_start(struct daemon *d, struct err *e)
{
	d->phasebook = phasebook_new(d->loop, d->log, d->journal, d->policy,
	    e);
	return (d->phasebook == NULL ? -1 : 0);
}

static void
phasebook_stop(struct daemon *d)
{
	phasebook_free(d->phasebook);
	d->phasebook = NULL;
}

/* --- engine ---------------------------------------------------------------- */

static int
engine_begin(struct daemon *d, struct err *e)
{
	struct engine_parts with = { d->loop, d->log, d->policy, d->fleet,
		d->journal, &d->past, d->boots, d->phasebook };

	d->engine = engine_new(&with, e);
	if (d->engine == NULL)
		return (-1);
	if (journal_state(d->journal) == JOURNAL_BAD)
		engine_journal(d->engine, JOURNAL_BAD, d->past.why);
	return (engine_start(d->engine, e));
}

static void
engine_end(struct daemon *d)
{
	if (d->engine != NULL && d->clean)
		engine_save(d->engine);
	engine_free(d->engine);
	d->engine = NULL;
}

/* --- secrets: fetched before anything needs them ---------------------------- */

static int
secrets_start(struct daemon *d, struct err *e)
{
	d->secrets = secrets_new(d->loop, d->log, d->policy, e);
	if (d->secrets == NULL)
		return (-1);
	engine_launch(d->engine, &d->launch);
	return (0);
}

static void
secrets_stop(struct daemon *d)
{
	secrets_free(d->secrets);
	d->secrets = NULL;
}

/* --- boot endpoint: once there is what it serves, and who hears of it ------- */

static void
on_booting(void *ctx, const struct told *t)
{
	struct daemon *d = ctx;

	engine_booting(d->engine, t);
}

static int
endpoint_start(struct daemon *d, struct err *e)
{
	return (boots_serve(d->boots, secrets_bundles(d->secrets), on_booting,
	    d, e));
}

/* Before what it serves goes. */
static void
endpoint_stop(struct daemon *d)
{
	if (d->boots != NULL)
		boots_silence(d->boots);
}

/* --- launch readiness -------------------------------------------------------- */

static void
readiness_rows(void *ctx, int group, struct ready_list *l)
{
	struct daemon *d = ctx;

	engine_ready(d->engine, group, l);
}

static const struct launch_facts *
readiness_facts(void *ctx)
{
	struct daemon *d = ctx;

	secrets_tell(d->secrets, &d->launch);
	boots_tell(d->boots, &d->launch);
	return (&d->launch);
}

static int
readiness_start(struct daemon *d, struct err *e)
{
	struct readiness_hooks hooks = { d, readiness_rows, readiness_facts };

	d->readiness = readiness_new(d->loop, d->log, d->policy, &hooks);
	return (d->readiness == NULL ? err_set(e, 12, "out of memory") : 0);
}

static void
readiness_stop(struct daemon *d)
{
	readiness_free(d->readiness);
}

/* --- calendar: its windows reach some weeks ahead, so they move on --------- */

static void
calendar_turn(void *arg)
{
	struct daemon *d = arg;

	policy_calendar(d->policy, loop_now(d->loop).wall_s);
	loop_timer_set(d->loop, &d->calendar, NS_HOUR, calendar_turn, d);
}

static int
calendar_start(struct daemon *d, struct err *e)
{
	(void)e;
	calendar_turn(d);
	return (0);
}

static void
calendar_stop(struct daemon *d)
{
	loop_timer_stop(&d->calendar);
}

/* --- reload --------------------------------------------------------------- */

static const struct policy *
reload_policy(void *ctx)
{
	struct daemon *d = ctx;

	return (d->policy);
}

static int
reload_count(void *ctx, const char *group)
{
	struct daemon *d = ctx;
	int i, n = 0, g = policy_find(d->policy, group);
	const struct servers *s;

	if (g < 0)
		return (0);
	s = group_servers(fleet_group(d->fleet, g));
	for (i = 0; i < s->n; i++)
		n += s->at[i].phase <= PHASE_SERVING &&
		    (s->at[i].flags & SERVER_OURS) != 0;
	return (n);
}

static int
reload_apply(void *ctx, struct policy *new, const struct plan *plan,
    struct err *e)
{
	size_t n = fleet_reload_size(((struct daemon *)ctx)->fleet,
	    &new->fleet);
	struct daemon *d = ctx;
	struct memory *m = calloc(1, sizeof(*m) + n);

	if (m == NULL)
		return (err_set(e, 12, "the new groups: out of memory"));
	policy_calendar(new, loop_now(d->loop).wall_s);
	if (secrets_prepare(d->secrets, new, plan, e) != 0 ||
	    engine_reload(d->engine, new, plan, m->at, e) != 0) {
		secrets_forget(d->secrets);
		free(m);
		return (-1);
	}
	secrets_commit(d->secrets);
	boots_reload(d->boots, new);
	readiness_reload(d->readiness, new);
	phasebook_reload(d->phasebook, new);
	m->next = d->memory;
	d->memory = m;
	policy_free(d->policy);
	d->policy = new;
	return (0);
}

static int
reload_start(struct daemon *d, struct err *e)
{
	struct reload_parts with = { d->loop, d->log, d->options.policy, d,
		reload_policy, reload_count, reload_apply };

	d->reload = reload_new(&with);
	return (d->reload == NULL ? err_set(e, 12, "out of memory") : 0);
}

static void
reload_stop(struct daemon *d)
{
	reload_free(d->reload);
}

/* --- the surfaces ------------------------------------------------------------ */

static const struct facts *
desk_facts(void *ctx)
{
	struct daemon *d = ctx;

	(void)readiness_facts(d);
	readiness_tell(d->readiness, &d->launch);
	return (engine_facts(d->engine));
}

static void
desk_word(void *ctx, int group, const struct word *w, desk_done *done,
    void *arg)
{
	struct daemon *d = ctx;

	engine_word(d->engine, group, w, done, arg);
}

static void
desk_history(void *ctx, const struct desk_history *h, desk_done *done,
    void *arg)
{
	struct daemon *d = ctx;

	history_ask(d->journal, d->policy, h, done, arg);
}

static void
desk_reload(void *ctx, const char *confirm, const char *who, desk_done *done,
    void *arg)
{
	struct daemon *d = ctx;

	reload_ask(d->reload, confirm, who, done, arg);
}

static int
control_start(struct daemon *d, struct err *e)
{
	struct control_rights rights = { 0 };
	const char *group = d->policy->daemon.control_group;

	d->desk = (struct desk){ d, desk_facts, desk_word, desk_history,
		desk_reload };
	rights.has_group = group[0] != '\0';
	if (rights.has_group && privilege_group(group, &rights.group, e) != 0)
		return (-1);
	d->control = control_new(d->loop, d->policy->daemon.control, &rights,
	    &d->desk, e);
	return (d->control == NULL ? -1 : 0);
}

static void
control_stop(struct daemon *d)
{
	control_free(d->control);
}

static int
http_start(struct daemon *d, struct err *e)
{
	if (d->policy->daemon.listen[0] == '\0')
		return (0);
	d->http = http_new(d->loop, d->policy->daemon.listen, &d->desk, e);
	return (d->http == NULL ? -1 : 0);
}

static void
http_stop(struct daemon *d)
{
	http_free(d->http);
}

/* --- signals and the service manager ------------------------------------------ */

static void
on_stop(void *ctx)
{
	struct daemon *d = ctx;

	log_say(d->log, LEVEL_INFO, "told to stop: the fleet serves on", NULL,
	    NULL);
	d->clean = true;
	loop_stop(d->loop);
}

static void
on_reloaded(void *ctx, const struct desk_answer *a)
{
	(void)ctx;
	json_object_put(a->body);
	(void)sd_notify(0, "READY=1");
}

static void
on_reload(void *ctx)
{
	struct daemon *d = ctx;

	(void)sd_notify(0, "RELOADING=1");
	reload_ask(d->reload, NULL, "SIGHUP", on_reloaded, d);
}

static int
signals_start(struct daemon *d, struct err *e)
{
	struct signals_hooks hooks = { d, on_stop, on_reload };

	d->signals = signals_new(d->loop, &hooks, e);
	return (d->signals == NULL ? -1 : 0);
}

static void
signals_stop(struct daemon *d)
{
	signals_free(d->signals);
}

/* Alive is who decides: a loop that only turns is not. */
static void
alive(void *arg)
{
	struct daemon *d = arg;
	const struct facts *f = engine_facts(d->engine);

	if (f->steps != d->alive_steps) {
		signals_alive(STUCK_AFTER);
		if (d->watchdog_every > 0)
			(void)sd_notify(0, "WATCHDOG=1");
	}
	d->alive_steps = f->steps;
	loop_timer_set(d->loop, &d->watchdog, d->watchdog_every > 0 ?
	    d->watchdog_every : STUCK_AFTER / 6, alive, d);
}

static int
manager_start(struct daemon *d, struct err *e)
{
	uint64_t usec = 0;

	(void)e;
	if (sd_watchdog_enabled(0, &usec) > 0)
		d->watchdog_every = (ns_t)usec * NS_US / 3;
	signals_alive(STUCK_AFTER);
	alive(d);
	(void)sd_notify(0, "READY=1");
	log_say(d->log, LEVEL_INFO, "ready", "version", PACKAGE_VERSION);
	return (0);
}

static void
manager_stop(struct daemon *d)
{
	(void)sd_notify(0, "STOPPING=1");
	loop_timer_stop(&d->watchdog);
}

/* --- the list -------------------------------------------------------------------- */

static const struct part {
	const char *name;
	int (*start)(struct daemon *, struct err *);
	void (*stop)(struct daemon *); /* also of a half-started one */
} parts[] = {
	{ "policy", policy_start, policy_stop },
	{ "log", log_start, log_stop },
	{ "rights", rights_start, rights_stop },
	{ "loop", loop_start, loop_end },
	{ "calendar", calendar_start, calendar_stop },
	{ "journal", journal_start, journal_stop },
	{ "fleet", fleet_start, fleet_stop },
	{ "boots", boots_start, boots_stop },
	{ "phasebook", phasebook_start, phasebook_stop },
	{ "engine", engine_begin, engine_end },
	{ "secrets", secrets_start, secrets_stop },
	{ "endpoint", endpoint_start, endpoint_stop },
	{ "readiness", readiness_start, readiness_stop },
	{ "reload", reload_start, reload_stop },
	{ "control", control_start, control_stop },
	{ "http", http_start, http_stop },
	{ "signals", signals_start, signals_stop },
	{ "manager", manager_start, manager_stop },
};

enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

int
daemon_main(int argc, char **argv)
{
	struct daemon d = { 0 };
	struct err e = { 0 };
	int i, rc = 0;

	rc = wipe_freed(&e); /* before any library begins */
	if (options_read(argc, argv, &d.options) != 0)
		return (DAEMON_USAGE);
	if (d.options.answered)
		return (DAEMON_DONE);
	for (i = 0; rc == 0 && i < N_PARTS; i++)
		rc = parts[i].start(&d, &e);
	if (rc != 0)
		(void)fprintf(stderr, "plimsolld: %s\n", e.text);
	else
		rc = loop_run(d.loop);
	while (i > 0)
		parts[--i].stop(&d);
	return (rc == 0 ? DAEMON_DONE : DAEMON_FAILED);
}
