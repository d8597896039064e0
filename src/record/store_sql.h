/* SPDX-License-Identifier: MIT */
/* The schema and the statements of a store: store*.c, apply.c. */
#ifndef RECORD_STORE_SQL_H
#define RECORD_STORE_SQL_H

enum query {
	Q_META,
	Q_GROUPS,
	Q_CALLS,
	Q_PARAMS,
	Q_SERVER,
	Q_PHASE,
	Q_GONE,
	Q_BOOT,
	Q_BOOT_GONE,
	Q_WORD,
	Q_STANDING,
	Q_LIFT,
	Q_DESIRED,
	Q_LEARNED,
	Q_TAIL,
	Q_INBOX,
	Q_TAIL_CLEAR,
	Q_DECISION,
	Q_ALARM,
	Q_RUN,
	Q_RUN_LAST,
	Q_FORGIVE,
	Q_STOP,
	Q_OLD_INBOX,
	Q_OLD_PHASE,
	Q_OLD_WORD,
	Q_OLD_DECISION,
	Q_OLD_ALARM,
	Q_OLD_MARK,
	Q_OLD_GONE,
	Q_COUNT
};

extern const char *const store_schema;
/* Tables that came after the first release: made where they are missing. */
extern const char *const store_later;
extern const char *const store_query[Q_COUNT];

#endif
