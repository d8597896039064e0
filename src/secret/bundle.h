/* SPDX-License-Identifier: MIT */
/*
 * Bundles: what a group's servers need to know before they may serve, as
 * key=value with any bytes in the value.  Fetched at start and again on a
 * schedule, long before a launch needs them.  While a source fails the last
 * good bundle serves on, and the status says since when.
 */
#ifndef SECRET_BUNDLE_H
#define SECRET_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/units.h"

struct arena;
struct bundle;
struct bundles;
struct err;
struct loop;

enum {
	BUNDLES_MAX = 64,
	BUNDLE_KEYS = 64,
	BUNDLE_KEY_SIZE = 64,	/* a key's name, with NUL */
	BUNDLE_MAX = 64 << 10	/* bytes of a whole bundle */
};

/* Bytes that no format takes: n of them, no NUL behind. */
struct secret {
	const unsigned char *bytes;
	size_t n;
};

/*
 * A kind of source.  fetch reads what `where` says into the arena: 0, or -1
 * with a sentence that holds nothing of the secret.
 */
struct secret_source {
	const char *name;
	int	(*fetch)(const char *where, struct arena *,
		    struct bundle **ret, struct err *);
};
extern const struct secret_source secret_file;

struct bundle_settings {
	char name[NAME_SIZE];
	const struct secret_source *source;
	char where[KEY_STRING_SIZE];
	struct key_strings require; /* without these no server may start */
	ns_t refresh;
};

struct bundle_status {
	bool there;    /* there is a bundle that serves */
	bool fresh;    /* and the last try to fetch it went well */
	bool complete; /* and it has every key of `require` */
	ns_t age;      /* since it was fetched well */
	int n_missing;
	/* Names only; last until the next fetch. */
	const char *missing[KEY_STRINGS_MAX];
	const char *why; /* of the last failure, "" where there was none */
};

/* Needs locked memory: NULL with a sentence where there is none. */
struct bundles	*bundles_new(struct loop *, struct err *);
void		bundles_free(struct bundles *);
/* The first fetch is done before it returns; its failure is a status. */
int		bundles_add(struct bundles *, const struct bundle_settings *,
		    struct err *);
/* Now, off the schedule; false: there is none of this name. */
bool		bundles_refresh(struct bundles *, const char *name);
bool		bundles_status(const struct bundles *, const char *name,
		    struct bundle_status *ret);

/* The bundle that serves now, NULL: there is none.  Until the next turn. */
const struct bundle	*bundle_of(const struct bundles *, const char *name);
/* There, and with every key that is required: a server may start. */
bool		bundle_ready(const struct bundles *, const char *name);
int		bundle_count(const struct bundle *);
/* The i-th; *ret_key is its name. */
struct secret	bundle_at(const struct bundle *, int i, const char **ret_key);

/* For sources: a bundle of text, which is wiped from where it was. */
int		bundle_parse(struct arena *, char *text, size_t n,
		    struct bundle **ret, struct err *);
void		bundle_drop(struct arena *, struct bundle *);

#endif
