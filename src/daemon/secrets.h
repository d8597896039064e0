/* SPDX-License-Identifier: MIT */
/*
 * The bundles of the policy in force: made, kept over a reload, and what is
 * wrong with them said in the log as it begins and as it ends.
 */
#ifndef DAEMON_SECRETS_H
#define DAEMON_SECRETS_H

struct bundles;
struct err;
struct launch_facts;
struct log;
struct loop;
struct plan;
struct policy;
struct secrets;

/* Their first fetches begin. */
struct secrets	*secrets_new(struct loop *, struct log *,
		    const struct policy *, struct err *);
void		secrets_free(struct secrets *);

/* A reload, all or nothing: prepare, then commit or forget. */
int	secrets_prepare(struct secrets *, const struct policy *new,
	    const struct plan *, struct err *);
void	secrets_commit(struct secrets *);
void	secrets_forget(struct secrets *);

/* For what serves them to new servers. */
const struct bundles	*secrets_bundles(const struct secrets *);
/* Their part, as it is now. */
void	secrets_tell(const struct secrets *, struct launch_facts *);

#endif
