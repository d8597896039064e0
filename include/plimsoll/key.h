/* SPDX-License-Identifier: MIT */
/*
 * A key of the policy file: one row gives its name, type, unit, range,
 * default and help.  Parser, messages and manual page come from the rows;
 * they stand beside the module that they set.  Pure data.
 */
#ifndef PLIMSOLL_KEY_H
#define PLIMSOLL_KEY_H

#include <stddef.h>

enum key_type {
	KEY_INT,      /* int */
	KEY_NUMBER,   /* double */
	KEY_BOOL,     /* bool */
	KEY_STRING,   /* char[size] in the settings struct */
	KEY_DURATION, /* ns_t; "500ms", "5s", "5m", "24h", "7d" in the file */
	KEY_STRINGS,  /* struct key_strings: a list of strings */
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

enum { KEY_STRINGS_MAX = 64, KEY_STRING_SIZE = 256 };

struct key_strings {
	int n;
	char text[KEY_STRINGS_MAX][KEY_STRING_SIZE];
};

struct key {
	const char *name; /* relative to the table's scope; "a.b" nests */
	enum key_type type;
	size_t offset;	  /* in the settings struct */
	size_t size;	  /* of the field */
	double min, max;  /* of numbers and durations (s); min > max: any */
	const char *def;  /* as written in the file; NULL: required */
	const char *unit; /* "requests/s", "servers", "" */
	const char *choices;
	enum key_invalidates invalidates;
	const char *help; /* one or two sentences, for the manual */
};

struct key_table {
	const char *scope; /* "group", "source haproxy", ... for the manual */
	const struct key *rows;
	size_t n;
	size_t settings_size;
};

#define KEY_FIELD(s, f) offsetof(struct s, f), sizeof(((struct s *)0)->f)
#define KEY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
