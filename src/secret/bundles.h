/* SPDX-License-Identifier: MIT */
/*
 * The bundles of a policy: fetched at start and again on a schedule, long
 * before a launch needs them.  While a source fails the last good bundle
 * serves on until its own end, and the status says since when.
 *
 * Whoever hands secrets to a new server of a group:
 *
 *	if (!bundle_ready(s, name))
 *		tell it to come again: nothing to start with;
 *	b = bundle_of(s, name);
 *	for (i = 0; i < bundle_count(b); i++)
 *		v = bundle_at(b, i, &key);	v.n bytes, not a string
 *
 * in one turn of the loop: the next fetch may replace the bundle.  What is
 * made of it is wiped by who made it.
 */
#ifndef SECRET_BUNDLES_H
#define SECRET_BUNDLES_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/units.h"
#include "secret/bundle.h"
#include "secret/source.h"

struct bundles;
struct err;
struct loop;

enum {
	BUNDLES_MAX = 64,
	BUNDLES_AT_ONCE = 4, /* fetches; the others wait for their turn */
	BUNDLE_MISSING_SIZE = 256
};

/* The rows that every source has. */
struct bundle_settings {
	struct key_strings require; /* without these no server may start */
	ns_t refresh;
	ns_t timeout;
	ns_t warn; /* an alarm so long before its end */
};
extern const struct key_table secret_keys;

/* One entry of the policy's `secrets`; it outlives no call. */
struct bundle_spec {
	char name[NAME_SIZE];
	const struct secret_ops *ops;
	const void *settings; /* ops->keys' */
	const struct bundle_settings *set;
	bool anew; /* differs from the one of this name that there is */
};

/* What a person should look at, one bit each. */
enum bundle_alarm {
	BUNDLE_ABSENT,	    /* there is none that serves */
	BUNDLE_INCOMPLETE,  /* it lacks a key that is required */
	BUNDLE_SOURCE_DOWN, /* the last fetch failed */
	BUNDLE_ENDS_SOON,   /* and no newer one has come */
	BUNDLE_ACCESS_ENDS, /* the source lets us in no longer than that */
	BUNDLE_ALARMS
};
const char	*bundle_alarm_name(enum bundle_alarm);

struct bundle_status {
	const char *name, *type;
	bool tried;    /* a fetch has ended, well or not */
	bool there;    /* there is a bundle that serves */
	bool fresh;    /* and the last fetch went well */
	bool complete; /* and it has every key of `require` */
	ns_t age;      /* since it was fetched well; NS_NEVER: none is there */
	ns_t ends_in;  /* NS_NEVER: it does not end by itself */
	ns_t access_in; /* until we lose access; NS_NEVER */
	unsigned alarms; /* 1 << enum bundle_alarm */
	int n_missing;
	char missing[BUNDLE_MISSING_SIZE]; /* names: "A, B" */
	uint64_t rotations; /* fetches that brought another content */
	const char *version; /* the source's name of it, "" */
	const char *why; /* of the last failure, "" where there was none */
};

struct bundles_hooks {
	void *ctx;
	/* A fetch of this one ended, or it comes to its own end. */
	void (*changed)(void *ctx, const char *name, bool rotated);
};

/*
 * Locked memory is taken with the first bundles_prepare() that names a
 * secret.  NULL: out of memory.
 */
struct bundles	*bundles_new(struct loop *, const struct bundles_hooks *);
void		bundles_free(struct bundles *);

/*
 * All or nothing: prepare makes what is new, and commit puts it in force and
 * begins its fetches; forget drops it.  What is not `anew` goes on as it is,
 * what is keeps its old bundle until the new source has brought one.
 */
int		bundles_prepare(struct bundles *, const struct bundle_spec *,
		    int n, struct err *);
void		bundles_commit(struct bundles *);
void		bundles_forget(struct bundles *);

/* Now, off the schedule; false: there is none of this name. */
bool		bundles_refresh(struct bundles *, const char *name);
int		bundles_count(const struct bundles *);
/* False: there is none of this name. */
bool		bundles_status(const struct bundles *, const char *name,
		    struct bundle_status *ret);
void		bundles_status_at(const struct bundles *, int i,
		    struct bundle_status *ret);

/* The bundle that serves now, NULL: there is none.  Until the next turn. */
const struct bundle	*bundle_of(const struct bundles *, const char *name);
/* There, and with every key that is required: a server may start. */
bool		bundle_ready(const struct bundles *, const char *name);

#endif
