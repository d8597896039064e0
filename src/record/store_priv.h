/* SPDX-License-Identifier: MIT */
/* A store from the inside: for store*.c and apply.c only. */
#ifndef RECORD_STORE_PRIV_H
#define RECORD_STORE_PRIV_H

#include <limits.h>

#include "record/store.h"
#include "record/store_sql.h"

struct store {
	sqlite3 *db;
	sqlite3_stmt *st[Q_COUNT];
	int number;
	bool complete;	 /* it counts at a start */
	bool completing; /* the transaction under way makes it so */
	int64_t step;	 /* the next step's number */
	int64_t run;	 /* this life's row */
	char path[PATH_MAX];
};

#endif
