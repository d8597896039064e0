/* SPDX-License-Identifier: MIT */
/* History from the journal's thread to whoever asked; see history.h. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/history.h"
#include "policy/policy.h"
#include "record/journal.h"

struct asked {
	desk_done *done;
	void *arg;
};

static void
history_got(void *ctx, const char *text, size_t n, const char *why_not)
{
	struct asked x = *(struct asked *)ctx;
	struct desk_answer a = { true, NULL, NULL };

	(void)n;
	free(ctx);
	if (text != NULL)
		a.body = json_tokener_parse(text);
	if (a.body == NULL) {
		a.ok = false;
		a.text = why_not != NULL ? why_not :
		    "the journal's answer is no JSON";
	}
	x.done(x.arg, &a);
}

void
history_ask(struct journal *j, const struct policy *p,
    const struct desk_history *h, desk_done *done, void *arg)
{
	static const struct desk_answer busy = { false,
		"too much is asked of the journal: try again", NULL };
	struct journal_query q = { .from_wall_s = h->since_wall_s,
		.limit = h->limit };
	struct asked *x = malloc(sizeof(*x));

	if (x != NULL)
		*x = (struct asked){ done, arg };
	if (h->group >= 0)
		memcpy(q.group, p->fleet.groups[h->group].name, NAME_SIZE);
	if (x != NULL && journal_history(j, &q, history_got, x) == 0)
		return;
	free(x);
	done(arg, &busy);
}
