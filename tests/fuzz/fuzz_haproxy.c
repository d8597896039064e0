/* SPDX-License-Identifier: MIT */
/* Fuzz target: what HAProxy prints, and its log lines. */
#include <stddef.h>
#include <stdint.h>

#include "balancer/haproxy_advice.h"
#include "balancer/haproxy_state.h"
#include "base/err.h"
#include "io/haproxy_text.h"
#include "source/haproxy_reading.h"
#include "source/latency_log.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
servers_state(struct cursor *in)
{
	static const char *const names[] = { "srv_name", "srv_addr",
		"srv_port", "srv_op_state" };
	struct cell cells[4];
	struct table t;
	struct err e = { 0 };
	uint8_t address[16];
	char name[64];
	uint64_t port;

	if (table_open(&t, in, ' ', names, 4, &e) != 0)
		return;
	while (table_row(&t, cells, &e) == 1) {
		(void)cell_name(&cells[0], name, sizeof(name));
		(void)cell_address(&cells[1], address);
		(void)cell_u64(&cells[2], &port);
	}
}

static void
rows(struct cursor in)
{
	struct state_reader r;
	struct server_row row;

	if (state_open(&r, &in, "shop", NULL) != 0)
		return;
	while (state_next(&r, &row, NULL) == 1)
		(void)slot_number(row.name, "w");
}

static void
tell(void *ctx, const char *lack)
{
	(void)ctx, (void)lack;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	struct cursor in = { text, text + n };
	struct servers_reading servers;
	struct haproxy_info info;
	struct reading reading;
	struct advice_asks asks = { "shop", "", NULL, 20 };
	uint64_t ms;

	rows(in);
	(void)haproxy_advise(text, n, &asks, tell, NULL, NULL);
	(void)haproxy_info_read(&in, &info, NULL);
	servers_state(&in);
	in = (struct cursor){ text, text + n };
	servers_state(&in);
	(void)reading_parse(text, n, "shop", &reading, NULL);
	(void)servers_parse(text, n, "shop", &servers, NULL);
	(void)latency_log_line(text, n, "shop", &ms);
	return (0);
}
