/* SPDX-License-Identifier: MIT */
/* The policy's bundles; see secrets.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "daemon/secrets.h"
#include "io/log.h"
#include "policy/compare.h"
#include "policy/policy.h"
#include "report/launch.h"
#include "secret/bundles.h"

_Static_assert((int)LAUNCH_SECRETS == (int)BUNDLES_MAX, "one for each");
_Static_assert((int)LAUNCH_ALARMS == (int)BUNDLE_ALARMS, "one for each");

/* While a reload commits, old and new ones are there. */
enum { HEARD_MAX = 2 * BUNDLES_MAX };

/* What the log was told of one. */
struct heard {
	char name[NAME_SIZE];
	unsigned alarms;
};

struct secrets {
	struct log *log;
	struct bundles *bundles;
	int n;
	struct heard heard[HEARD_MAX];
};

/* Made where there is none. */
static struct heard *
heard_of(struct secrets *s, const char *name)
{
	struct heard *t;
	int i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->heard[i].name, name) == 0)
			return (&s->heard[i]);
	MUST(s->n < HEARD_MAX);
	t = &s->heard[s->n++];
	*t = (struct heard){ .alarms = 0 };
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	return (t);
}

static const char *
alarm_text(enum bundle_alarm a, const struct bundle_status *st)
{
	switch (a) {
	case BUNDLE_INCOMPLETE:
		return (st->missing);
	case BUNDLE_ABSENT:
	case BUNDLE_SOURCE_DOWN:
		return (st->why);
	default:
		return ("");
	}
}

static void
say_alarm(struct secrets *s, const struct bundle_status *st,
    enum bundle_alarm a)
{
	bool is = (st->alarms >> a & 1) != 0;
	struct log_line l;

	log_alarm(&l, s->log, is, bundle_alarm_name(a));
	log_str(&l, "secret", st->name);
	if (is && alarm_text(a, st)[0] != '\0')
		log_str(&l, a == BUNDLE_INCOMPLETE ? "lacks" : "why",
		    alarm_text(a, st));
	if (is && a == BUNDLE_ENDS_SOON)
		log_num(&l, "ends_in_s", ns_to_s(st->ends_in));
	if (is && a == BUNDLE_ACCESS_ENDS)
		log_num(&l, "ends_in_s", ns_to_s(st->access_in));
	log_end(&l);
}

static void
secrets_changed(void *ctx, const char *name, bool rotated)
{
	struct secrets *s = ctx;
	struct heard *t = heard_of(s, name);
	struct bundle_status st;
	struct log_line l;
	int a;

	if (!bundles_status(s->bundles, name, &st))
		return;
	if (rotated) {
		log_begin(&l, s->log, LEVEL_INFO, "a secret was rotated");
		log_str(&l, "secret", name);
		if (st.version[0] != '\0')
			log_str(&l, "version", st.version);
		log_end(&l);
	}
	for (a = 0; a < BUNDLE_ALARMS; a++)
		if ((t->alarms ^ st.alarms) >> a & 1)
			say_alarm(s, &st, (enum bundle_alarm)a);
	t->alarms = st.alarms;
}

int
secrets_prepare(struct secrets *s, const struct policy *p,
    const struct plan *plan, struct err *e)
{
	struct bundle_spec spec[BUNDLES_MAX];
	int i;

	memset(spec, 0, sizeof(spec));
	for (i = 0; i < p->n_secrets; i++) {
		spec[i] = (struct bundle_spec){ .ops = p->secrets[i].ops,
			.settings = p->secrets[i].settings,
			.set = p->secrets[i].set,
			.anew = plan == NULL || plan->secrets[i] };
		(void)snprintf(spec[i].name, NAME_SIZE, "%s",
		    p->secrets[i].name);
	}
	return (bundles_prepare(s->bundles, spec, p->n_secrets, e));
}

void
secrets_commit(struct secrets *s)
{
	struct bundle_status st;
	int i, n = 0;

	bundles_commit(s->bundles);
	for (i = 0; i < s->n; i++)
		if (bundles_status(s->bundles, s->heard[i].name, &st))
			s->heard[n++] = s->heard[i];
	s->n = n;
}

void
secrets_forget(struct secrets *s)
{
	bundles_forget(s->bundles);
}

struct secrets *
secrets_new(struct loop *loop, struct log *log, const struct policy *p,
    struct err *e)
{
	struct secrets *s = calloc(1, sizeof(*s));
	struct bundles_hooks hooks = { s, secrets_changed };

	if (s != NULL && (s->bundles = bundles_new(loop, &hooks)) != NULL) {
		s->log = log;
		if (secrets_prepare(s, p, NULL, e) == 0) {
			secrets_commit(s);
			return (s);
		}
	} else {
		(void)err_set(e, 12, "secrets: out of memory");
	}
	secrets_free(s);
	return (NULL);
}

void
secrets_free(struct secrets *s)
{
	if (s == NULL)
		return;
	bundles_free(s->bundles);
	free(s);
}

const struct bundles *
secrets_bundles(const struct secrets *s)
{
	return (s->bundles);
}

static void
secret_tell(const struct bundle_status *st, struct secret_facts *f)
{
	int a;

	*f = (struct secret_facts){ .type = st->type, .tried = st->tried,
		.there = st->there,
		.fresh = st->fresh, .complete = st->complete, .age = st->age,
		
		.ends_in = st->ends_in, .access_in = st->access_in,
		.rotations = st->rotations };
	(void)snprintf(f->name, sizeof(f->name), "%s", st->name);
	(void)snprintf(f->missing, sizeof(f->missing), "%s", st->missing);
	(void)snprintf(f->version, sizeof(f->version), "%s", st->version);
	(void)snprintf(f->why, sizeof(f->why), "%s", st->why);
	for (a = 0; a < BUNDLE_ALARMS; a++)
		if (st->alarms >> a & 1)
			f->alarms[f->n_alarms++] =
			    bundle_alarm_name((enum bundle_alarm)a);
}

void
secrets_tell(const struct secrets *s, struct launch_facts *f)
{
	struct bundle_status st;
	int i;

	f->n_secrets = bundles_count(s->bundles);
	for (i = 0; i < f->n_secrets; i++) {
		bundles_status_at(s->bundles, i, &st);
		secret_tell(&st, &f->secret[i]);
	}
}
