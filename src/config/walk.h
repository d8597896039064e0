/* SPDX-License-Identifier: MIT */
/*
 * A group of settings against the tables of keys: every setting of the file
 * is visited, every key gets its value or its default, and what is unknown,
 * wrong or missing is told with its place.
 */
#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H

struct conf;
struct config_setting_t;
struct key_table;

enum { WALK_TABLES = 4, WALK_PATH = 288 };

struct walk_table {
	const struct key_table *table; /* NULL: none */
	void *settings;		       /* zeroed before */
};

struct walk {
	struct conf *conf;
	const char *path; /* in front of every key: "", "groups \"web\": " */
	struct walk_table at[WALK_TABLES];
	/* Settings that somebody else visits, NULL at the end; or NULL. */
	const char *const *parts;
	/* Any group may stand here too: its name is not a key (launch). */
	int any_group;
};

/*
 * group may be NULL, where the file has none: defaults, and what is missing
 * is told at `place`.  When nothing was wrong each table's own check follows.
 */
void	walk_group(const struct walk *, struct config_setting_t *group,
	    struct config_setting_t *place);

#endif
