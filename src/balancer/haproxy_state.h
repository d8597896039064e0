/* SPDX-License-Identifier: MIT */
/* Rows of HAProxy's `show servers state`: what each server is.  Pure. */
#ifndef BALANCER_HAPROXY_STATE_H
#define BALANCER_HAPROXY_STATE_H

#include "io/command.h"
#include "io/haproxy_text.h"

struct err;

/* HAProxy's own bits of srv_admin_state. */
enum {
	ADM_FMAINT = 0x01, /* maintenance, by command or `disabled` */
	ADM_IMAINT = 0x02, /* because of the server that it tracks */
	ADM_CMAINT = 0x04, /* the configuration says disabled: a slot */
	ADM_FDRAIN = 0x08, /* drain, by command */
	ADM_IDRAIN = 0x10,
	ADM_RMAINT = 0x20, /* its name does not resolve */
	ADM_OUT = ADM_FMAINT | ADM_IMAINT | ADM_RMAINT,
	ADM_DRAIN = ADM_FDRAIN | ADM_IDRAIN
};

enum { OP_STOPPED = 0 }; /* of srv_op_state: health checks say down */

struct server_row {
	char name[HAPROXY_NAME_SIZE];
	uint8_t address[16]; /* zero: none that is IP */
	uint16_t port;
	uint8_t op_state, admin;
	int weight, full_weight;
	uint64_t since_s; /* the state changed so long ago */
};

struct state_reader {
	struct table table;
	const char *backend;
};

/* Takes "1\n" and the header. */
int	state_open(struct state_reader *, struct cursor *, const char *backend,
	    struct err *);
/*
 * 1: a row of the backend; 0: the end; -1: odd.  Servers whose name no
 * command may hold are passed over: they are never ours.
 */
int	state_next(struct state_reader *, struct server_row *ret,
	    struct err *);
/* "w12" with the prefix "w" is 12; 0 where it is no such name. */
int	slot_number(const char *name, const char *prefix);

#endif
