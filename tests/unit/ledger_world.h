/* SPDX-License-Identifier: MIT */
/* One ledger of the test program, and a world that answers its listings. */
#ifndef TESTS_LEDGER_WORLD_H
#define TESTS_LEDGER_WORLD_H

#include "ledger_bench.h"

static struct lb b;

static inline void
setup(void)
{
	lb_init(&b);
}

static inline void
teardown(void)
{
	lb_fini(&b);
}

static inline struct told
stranger(int i, uint8_t tag, enum phase p)
{
	struct server s;

	memset(&s, 0, sizeof(s));
	s.token.byte[0] = tag;
	return (lb_told(&s, i, p));
}

/* Answers each listing with these, each view with those, for a while. */
static inline void
world_says(struct told *told, size_t n, struct told *seen, size_t n_seen,
    int steps)
{
	int i;

	while (steps-- > 0) {
		lb_step(&b);
		for (i = 0; i < b.o->n; i++) {
			if (b.o->at[i].kind == ORDER_LIST)
				ledger_answer(&b.ledger, b.o->at[i].op,
				    OUTCOME_DONE, told, n);
			if (b.o->at[i].kind == ORDER_SEEN)
				ledger_answer(&b.ledger, b.o->at[i].op,
				    OUTCOME_DONE, seen, n_seen);
		}
	}
}

static inline int
word(enum word_kind k, int i)
{
	struct word w = { .kind = k };

	(void)snprintf(w.id.text, ID_SIZE, "i-%04d", i);
	w.until_wall_s = k == WORD_PROTECT ? b.now.wall_s + 100 : 0;
	return (ledger_word(&b.ledger, &b.now, &w, NULL));
}

#endif
