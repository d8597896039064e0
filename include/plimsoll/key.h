/* SPDX-License-Identifier: MIT */
/*
 * A key of the policy file: one row gives its name, type, unit, range,
 * default and help.  Parser, messages and manual page come from the rows;
 * they stand beside the module that they set.  Pure data.
 */
#ifndef PLIMSOLL_KEY_H
#define PLIMSOLL_KEY_H

#include <stddef.h>

struct err;

enum key_type {
	KEY_INT,      /* int */
	KEY_NUMBER,   /* double; an int in the file is taken too */
	KEY_BOOL,     /* bool */
	KEY_STRING,   /* char[size]; min, max bound its length */
	KEY_NAME,     /* char[size]; letters, digits, '-' and '_' only */
	KEY_PATH,     /* char[size]; an absolute path */
	KEY_DURATION, /* ns_t; "500ms", "5s", "5m", "24h", "7d" in the file */
	KEY_STRINGS,  /* struct key_strings: a list of strings, or one alone */
	KEY_CHOICE,   /* int: index of the row's choices, "a|b|c" */
	KEY_SIZE      /* uint64_t bytes; "64MB", "1GB" in the file */
};

/* What a change of this key makes worthless (a reload says so). */
enum key_invalidates {
	INVALIDATES_NOTHING,
	INVALIDATES_FORECAST,
	INVALIDATES_CAPACITY,
	INVALIDATES_PHASES,
	INVALIDATES_START /* can only change with a restart */
};

enum { KEY_STRINGS_MAX = 64, KEY_STRING_SIZE = 256, KEY_ROWS_MAX = 64 };

struct key_strings {
	int n;
	char text[KEY_STRINGS_MAX][KEY_STRING_SIZE];
};

struct key {
	const char *name; /* relative to the table's scope; "a.b" nests */
	enum key_type type;
	size_t offset;	  /* in the settings struct */
	size_t size;	  /* of the field */
	double min, max;  /* durations in s, sizes in bytes; min >= max: any */
	/*
	 * As written in the file, strings without quotes, lists with commas
	 * between.  NULL: required.  "": not given, the field stays zero.
	 */
	const char *def;
	const char *unit; /* "requests/s", "servers", "" */
	const char *choices;
	enum key_invalidates invalidates;
	const char *help; /* one or two sentences, for the manual */
};

struct key_table {
	const char *scope; /* "group", "source haproxy", ... for the manual */
	const struct key *rows;
	size_t n; /* at most KEY_ROWS_MAX */
	size_t settings_size;
	/* NULL, or what no single row can say; a sentence in err. */
	int	(*check)(const void *settings, struct err *);
};

#define KEY_FIELD(s, f) offsetof(struct s, f), sizeof(((struct s *)0)->f)
#define KEY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
