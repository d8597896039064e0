/* SPDX-License-Identifier: MIT */
/*
 * The boot path of the policy in force: a token for each intent, given to
 * its server alone; the endpoint that takes it; what servers say of their
 * boot, as news for the core.
 *
 * A server of this machine finds its token in RUN/boot/ID, where RUN is the
 * folder of the control socket, mode 0600: that is what PLIMSOLL_BOOT names.
 */
#ifndef DAEMON_BOOTS_H
#define DAEMON_BOOTS_H

#include <stdint.h>

struct boots;
struct bundles;
struct err;
struct fleet;
struct journal;
struct launch_facts;
struct log;
struct loop;
struct orders;
struct past;
struct policy;
struct told;

struct boots_parts {
	struct loop *loop;
	struct log *log;
	const struct policy *policy;
	struct fleet *fleet;
	struct journal *journal;
	const struct past *past; /* tokens of before; not kept */
};

/* A server said how far it is; never from inside a call of ours. */
typedef void boots_happened(void *ctx, const struct told *);

/* Whether or not the policy has an endpoint: then it does nothing. */
struct boots	*boots_new(const struct boots_parts *, struct err *);
void		boots_free(struct boots *);
/* For drivers: the folder of boot files, NULL where there is no endpoint. */
const char	*boots_folder(const struct boots *);
/* The endpoint begins to listen; both outlive it. */
int		boots_serve(struct boots *, const struct bundles *,
		    boots_happened *, void *ctx, struct err *);
/* It no longer listens. */
void		boots_silence(struct boots *);
void		boots_reload(struct boots *, const struct policy *new);

/*
 * A step's orders, between journal_orders() and the commit: intents get
 * their tokens, those of servers that are leaving end.
 */
void		boots_orders(struct boots *, const struct orders *);
void		boots_durable(struct boots *, uint64_t seq);
/* Nothing becomes durable for now: whoever waits is answered (I-29). */
void		boots_journal_bad(struct boots *);
void		boots_tell(const struct boots *, struct launch_facts *);

#endif
