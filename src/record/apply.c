/* SPDX-License-Identifier: MIT */
/*
 * A batch into its store: one function a line, all within one transaction.
 * What a batch says was checked by the loop; a batch that cannot be read is
 * our bug, and is refused as an error of the journal.
 */
#include <errno.h>

#include "base/err.h"
#include "plimsoll/units.h"
#include "record/store_priv.h"

struct apply {
	struct store *store;
	struct now now;
	struct reader in;
	struct err *err;
	char group[NAME_SIZE];
};

static int
apply_groups(struct apply *a)
{
	size_t n;
	const void *body = reader_blob(&a->in, &n);

	return (store_run(a->store, Q_GROUPS, a->err, "iib", a->store->step,
	    a->now.wall_s, body, n));
}

static int
apply_calls(struct apply *a)
{
	size_t n;
	const void *body = reader_blob(&a->in, &n);

	return (store_run(a->store, Q_CALLS, a->err, "iib", a->store->step,
	    a->now.wall_s, body, n));
}

static int
apply_params(struct apply *a)
{
	uint64_t hash = reader_u64(&a->in);
	size_t n;
	const void *text = reader_blob(&a->in, &n);

	return (store_run(a->store, Q_PARAMS, a->err, "ibi", (int64_t)hash,
	    text, n, store_sum(&hash, sizeof(hash), text, n, NULL, 0)));
}

static int
apply_server(struct apply *a)
{
	char id[ID_SIZE];
	const void *key, *body;
	size_t n_key, n_body;
	bool moved;
	int64_t phase, sum;
	uint64_t params;

	reader_text(&a->in, a->group, sizeof(a->group));
	key = reader_blob(&a->in, &n_key);
	reader_text(&a->in, id, sizeof(id));
	phase = reader_u8(&a->in);
	moved = reader_u8(&a->in) != 0;
	params = reader_u64(&a->in);
	body = reader_blob(&a->in, &n_body);
	if (a->in.bad)
		return (0); /* the caller sees it */
	sum = store_sum(a->group, sizeof(a->group), key, n_key, body, n_body) ^
	    (int64_t)params;
	if (store_run(a->store, Q_SERVER, a->err, "tbtiibii", a->group, key,
	    n_key, id, phase, (int64_t)params, body, n_body, a->now.wall_s,
	    sum) != 0)
		return (-1);
	if (!moved)
		return (0);
	return (store_run(a->store, Q_PHASE, a->err, "iitbti", a->now.wall_s,
	    a->now.mono, a->group, key, n_key, id, phase));
}

static int
apply_forget(struct apply *a)
{
	char id[ID_SIZE];
	const void *key;
	size_t n_key;

	reader_text(&a->in, a->group, sizeof(a->group));
	key = reader_blob(&a->in, &n_key);
	reader_text(&a->in, id, sizeof(id));
	if (store_run(a->store, Q_GONE, a->err, "tbi", a->group, key, n_key,
	    a->now.wall_s) != 0 || store_run(a->store, Q_BOOT_GONE, a->err,
	    "tb", a->group, key, n_key) != 0)
		return (-1);
	return (store_run(a->store, Q_PHASE, a->err, "iitbti", a->now.wall_s,
	    a->now.mono, a->group, key, n_key, id, (int64_t)PHASE_GONE));
}

static int
apply_boot(struct apply *a)
{
	const void *key, *body;
	size_t n_key, n_body;

	reader_text(&a->in, a->group, sizeof(a->group));
	key = reader_blob(&a->in, &n_key);
	body = reader_blob(&a->in, &n_body);
	if (a->in.bad)
		return (0); /* the caller sees it */
	return (store_run(a->store, Q_BOOT, a->err, "tbbi", a->group, key,
	    n_key, body, n_body, store_sum(a->group, sizeof(a->group), key,
	    n_key, body, n_body)));
}

static int
apply_word(struct apply *a, enum line line)
{
	const void *body;
	int64_t kind;
	size_t n;

	reader_text(&a->in, a->group, sizeof(a->group));
	kind = reader_u8(&a->in);
	body = reader_blob(&a->in, &n);
	if (line == LINE_WORD)
		return (store_run(a->store, Q_WORD, a->err, "itib",
		    a->now.wall_s, a->group, kind, body, n));
	return (store_run(a->store, Q_STANDING, a->err, "tibi", a->group, kind,
	    body, n, store_sum(a->group, sizeof(a->group), &kind,
	    sizeof(kind), body, n)));
}

static int
apply_lift(struct apply *a)
{
	int64_t kind;

	reader_text(&a->in, a->group, sizeof(a->group));
	kind = reader_u8(&a->in);
	return (store_run(a->store, Q_LIFT, a->err, "ti", a->group, kind));
}

static int
apply_desired(struct apply *a)
{
	int64_t servers;

	reader_text(&a->in, a->group, sizeof(a->group));
	servers = reader_signed(&a->in);
	return (store_run(a->store, Q_DESIRED, a->err, "tii", a->group,
	    servers, store_sum(a->group, sizeof(a->group), &servers,
	    sizeof(servers), NULL, 0)));
}

static int
apply_learned(struct apply *a)
{
	char build[BUILD_SIZE];
	const void *body;
	size_t n;

	reader_text(&a->in, a->group, sizeof(a->group));
	reader_text(&a->in, build, sizeof(build));
	body = reader_blob(&a->in, &n);
	return (store_run(a->store, Q_LEARNED, a->err, "ttbii", a->group,
	    build, body, n, a->now.wall_s, store_sum(a->group,
	    sizeof(a->group), build, sizeof(build), body, n)));
}

/* The steps of the minutes that ended become one row. */
static int
apply_fold(struct apply *a)
{
	struct store *s = a->store;
	struct bytes all = { NULL, 0, 0, false };
	sqlite3_stmt *st = NULL;
	int64_t first = 0, wall = 0, n = 0;
	int rc;

	if (sqlite3_prepare_v2(s->db, "SELECT step, wall, body FROM tail"
	    " ORDER BY step", -1, &st, NULL) != SQLITE_OK)
		return (store_fail(s, "read", a->err));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (n++ == 0) {
			first = sqlite3_column_int64(st, 0);
			wall = sqlite3_column_int64(st, 1);
		}
		bytes_put(&all, sqlite3_column_blob(st, 2),
		    (size_t)sqlite3_column_bytes(st, 2));
	}
	if (rc != SQLITE_DONE)
		rc = store_fail(s, "read", a->err);
	else if (all.failed)
		rc = err_set(a->err, ENOMEM, "journal: out of memory");
	else
		rc = n == 0 ? 0 : store_run(s, Q_INBOX, a->err, "iiiibi",
		    first, n, wall, s->run, all.at, all.n,
		    store_sum(&first, sizeof(first), all.at, all.n, NULL, 0));
	(void)sqlite3_finalize(st);
	bytes_free(&all);
	if (rc != 0)
		return (-1);
	return (n == 0 ? 0 : store_run(s, Q_TAIL_CLEAR, a->err, ""));
}

static int
apply_step(struct apply *a)
{
	bool anew = reader_u8(&a->in) != 0;
	const void *body;
	size_t n;

	body = reader_blob(&a->in, &n);
	if (anew && apply_fold(a) != 0)
		return (-1);
	return (store_run(a->store, Q_TAIL, a->err, "iib", a->store->step++,
	    a->now.wall_s, body, n));
}

static int
apply_decision(struct apply *a)
{
	char text[8192];
	uint64_t hash;

	reader_text(&a->in, a->group, sizeof(a->group));
	hash = reader_u64(&a->in);
	reader_text(&a->in, text, sizeof(text));
	return (store_run(a->store, Q_DECISION, a->err, "iitit",
	    a->now.wall_s, a->store->step - 1, a->group, (int64_t)hash, text));
}

static int
apply_alarm(struct apply *a)
{
	char name[NAME_SIZE], text[REASON_SIZE];
	int64_t raised;

	reader_text(&a->in, a->group, sizeof(a->group));
	reader_text(&a->in, name, sizeof(name));
	raised = reader_u8(&a->in);
	reader_text(&a->in, text, sizeof(text));
	return (store_run(a->store, Q_ALARM, a->err, "ittit", a->now.wall_s,
	    a->group, name, raised, text));
}

static int
apply_run(struct apply *a)
{
	struct run r;

	/* the steps of the life before are still its own */
	if (apply_fold(a) != 0)
		return (-1);
	lines_run_read(&a->in, &r);
	a->store->run = r.id; /* the last one is the present one */
	return (store_run(a->store, Q_RUN, a->err, "iiiiiiitt", r.id,
	    r.begun_wall_s, r.last_wall_s, r.begun, r.last, (int64_t)r.clean,
	    (int64_t)r.forgiven, r.boot, r.build));
}

static int
apply_line(struct apply *a, enum line line)
{
	switch (line) {
	case LINE_GROUPS:
		return (apply_groups(a));
	case LINE_CALLS:
		return (apply_calls(a));
	case LINE_PARAMS:
		return (apply_params(a));
	case LINE_SERVER:
		return (apply_server(a));
	case LINE_FORGET:
		return (apply_forget(a));
	case LINE_BOOT:
		return (apply_boot(a));
	case LINE_WORD:
	case LINE_STANDING:
		return (apply_word(a, line));
	case LINE_LIFT:
		return (apply_lift(a));
	case LINE_DESIRED:
		return (apply_desired(a));
	case LINE_LEARNED:
		return (apply_learned(a));
	case LINE_STEP:
		return (apply_step(a));
	case LINE_DECISION:
		return (apply_decision(a));
	case LINE_ALARM:
		return (apply_alarm(a));
	case LINE_RUN:
		return (apply_run(a));
	case LINE_FORGIVE:
		return (store_run(a->store, Q_FORGIVE, a->err, "i",
		    a->store->run));
	case LINE_STOP:
		return (store_run(a->store, Q_STOP, a->err, "i",
		    a->store->run));
	}
	a->in.bad = true;
	return (0);
}

int
store_apply(struct store *s, const void *batch, size_t n, bool whole,
    struct err *e)
{
	struct apply a = { .store = s, .err = e };

	a.in = (struct reader){ batch, n, false };
	a.now.mono = reader_signed(&a.in);
	a.now.wall_s = reader_signed(&a.in);
	while (a.in.n > 0 && !a.in.bad)
		if (apply_line(&a, reader_u8(&a.in)) != 0)
			return (-1);
	if (a.in.bad)
		return (err_set(e, EILSEQ,
		    "journal: a batch cannot be read (a bug)"));
	if (store_run(s, Q_RUN_LAST, e, "iii", s->run, a.now.wall_s,
	    a.now.mono) != 0)
		return (-1);
	if (!whole)
		return (0);
	s->completing = true;
	if (store_run(s, Q_META, e, "ti", "begun", a.now.wall_s) != 0)
		return (-1);
	return (store_run(s, Q_META, e, "ti", "complete", (int64_t)1));
}
