/* SPDX-License-Identifier: MIT */
/*
 * Keeps the times of boots: taken from servers as they come to serve, and in
 * STATE/phases.json over restarts.
 */
#ifndef DAEMON_PHASEBOOK_H
#define DAEMON_PHASEBOOK_H

struct err;
struct journal;
struct log;
struct loop;
struct now;
struct orders;
struct phasebook;
struct phases;
struct policy;

/* Reads what is there; what cannot be read is told and begun anew. */
struct phasebook	*phasebook_new(struct loop *, struct log *,
			    struct journal *, const struct policy *,
			    struct err *);
/* What is not saved is given to the journal, which is closed later. */
void		phasebook_free(struct phasebook *);
const struct phases	*phasebook_phases(const struct phasebook *);
void		phasebook_reload(struct phasebook *, const struct policy *new);
/* A step's orders; NULL book is allowed. */
void		phasebook_orders(struct phasebook *, const struct now *,
		    const struct orders *);

#endif
