/* SPDX-License-Identifier: MIT */
/* The journal.N.db of a state folder: which there are, and which may go. */
#ifndef RECORD_GENERATIONS_H
#define RECORD_GENERATIONS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { GENERATIONS_MAX = 64, GENERATIONS_KEPT = 8 };

/* Their numbers, smallest first; the largest GENERATIONS_MAX of them. */
int	generations_list(const char *folder, int number[GENERATIONS_MAX],
	    int *ret_n, struct err *);
/* The next number that no file of this folder has or had: kept ones, too. */
int	generations_next(const char *folder, struct err *);
/*
 * Deletes those that are too many, too old or too large together, never the
 * present one nor the two before it.
 */
void	generations_retain(const char *folder, int present,
	    int64_t before_wall_s, int64_t max_bytes);
/* One of ours that never became complete. */
void	generations_delete(const char *folder, int number);
/* Renamed, with its log, to journal.N.db.kept: nobody opens it any more. */
int	generations_keep(const char *folder, int number, struct err *);

#endif
