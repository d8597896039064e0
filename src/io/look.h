/* SPDX-License-Identifier: MIT */
/* Rows of launch readiness, and looks at this machine; see ready.h. */
#ifndef IO_LOOK_H
#define IO_LOOK_H

#include "plimsoll/ready.h"

/*
 * A new row, not looked at yet, its `what` from the format.  There is always
 * one: beyond READY_ROWS the last one says no, and the caller gets a spare that
 * is never told.
 */
struct ready_row	*look_row(struct ready_list *, const char *fmt, ...)
			    __attribute__((format(printf, 2, 3)));
/* What is known now. */
void	look_say(struct ready_row *, enum ready_state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* Looks.  row->path is a program that we may run. */
void	look_program(struct ready_row *);
/* row->path can be replaced: its folder takes a new file. */
void	look_replace(struct ready_row *);
/* Our user may start row->need processes more. */
void	look_processes(struct ready_row *);

#endif
