/* SPDX-License-Identifier: MIT */
/* Reading one policy in a thread; see loader.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/errors.h"
#include "daemon/loader.h"
#include "io/aside.h"
#include "policy/load.h"

struct loader {
	struct aside *aside;
	char *path;
	struct policy *policy;
	struct errors errors;
	loader_done *done;
	void *ctx;
};

static void
loader_free(void *arg)
{
	struct loader *l = arg;

	if (l == NULL)
		return;
	policy_free(l->policy);
	free(l->path);
	free(l);
}

static void
loader_work(void *arg)
{
	struct loader *l = arg;

	(void)policy_load(l->path, 0, &l->policy, &l->errors);
}

static void
loader_read(void *arg)
{
	struct loader *l = arg;
	struct policy *p = l->policy;

	l->policy = NULL;
	l->done(l->ctx, p, &l->errors);
	loader_free(l);
}

struct loader *
loader_start(struct loop *loop, const char *path, loader_done *done,
    void *ctx, struct err *e)
{
	struct loader *l = calloc(1, sizeof(*l));
	struct aside_job job = { loader_work, loader_read, loader_free, l };

	if (l == NULL || (l->path = strdup(path)) == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
	} else {
		l->done = done;
		l->ctx = ctx;
		l->aside = aside_start(loop, &job, e);
		if (l->aside != NULL)
			return (l);
	}
	(void)err_prefix(e, "the policy cannot be read");
	loader_free(l);
	return (NULL);
}

void
loader_stop(struct loader *l)
{
	if (l != NULL)
		aside_stop(l->aside);
}
