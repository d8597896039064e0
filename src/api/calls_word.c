/* SPDX-License-Identifier: MIT */
/*
 * What a person says: words, and what takes the journal's time.  A word is
 * answered as done when it is in the journal.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "api/calls.h"
#include "base/err.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "sim/drive_line.h"

/* A word for one server may leave the group out: the id finds it. */
static int
group_of_id(const struct facts *f, const struct server_id *id, struct err *e)
{
	int i, found = -1;

	for (i = 0; i < f->n_groups; i++) {
		if (servers_find(group_servers(fleet_group(f->fleet, i)),
		    id) == NULL)
			continue;
		if (found >= 0)
			return (err_set(e, EINVAL, "server '%s' is in more "
			    "than one group: name the group", id->text));
		found = i;
	}
	if (found < 0)
		return (err_set(e, ENOENT, "there is no server '%s'",
		    id->text));
	return (found);
}

int
call_word(struct request *r, struct err *e)
{
	const struct facts *f = r->desk->facts(r->desk->ctx);
	struct json_object *v;
	struct word w;
	int group;

	if (!json_object_object_get_ex(r->in, "word", &v))
		return (err_set(e, EINVAL, "expected a field 'word'"));
	if (word_read(v, f->now.wall_s, &w, e) != 0)
		return (-1);
	memcpy(w.who, r->who, sizeof(w.who));
	if (json_object_object_get_ex(r->in, "group", NULL))
		group = call_group(r, e);
	else if (w.id.text[0] != '\0')
		group = group_of_id(f, &w.id, e);
	else
		return (err_set(e, EINVAL, "expected a field 'group'"));
	if (group < 0)
		return (-1);
	r->desk->word(r->desk->ctx, group, &w, call_done, r->later(r));
	return (0);
}

static int
number_field(struct request *r, const char *name, int64_t def, int64_t max,
    int64_t *ret, struct err *e)
{
	struct json_object *v;

	*ret = def;
	if (!json_object_object_get_ex(r->in, name, &v))
		return (0);
	if (!json_object_is_type(v, json_type_int) ||
	    json_object_get_int64(v) < 0 || json_object_get_int64(v) > max)
		return (err_set(e, EINVAL, "'%s' is not a number from 0 to "
		    "%lld", name, (long long)max));
	*ret = json_object_get_int64(v);
	return (0);
}

int
call_history(struct request *r, struct err *e)
{
	struct desk_history h = { -1, 0, 0 };
	int64_t limit, since;

	if (json_object_object_get_ex(r->in, "group", NULL) &&
	    (h.group = call_group(r, e)) < 0)
		return (-1);
	if (number_field(r, "limit", 50, 1000, &limit, e) != 0 ||
	    number_field(r, "since", 0, INT32_MAX, &since, e) != 0)
		return (-1);
	h.limit = (int)limit;
	if (since > 0)
		h.since_wall_s = r->desk->facts(r->desk->ctx)->now.wall_s -
		    since;
	r->desk->history(r->desk->ctx, &h, call_done, r->later(r));
	return (0);
}

int
call_reload(struct request *r, struct err *e)
{
	char id[NAME_SIZE];
	const char *confirm = NULL;
	struct json_object *v;

	if (json_object_object_get_ex(r->in, "confirm", &v)) {
		if (word_text(v, id, sizeof(id), e, "confirm") != 0)
			return (-1);
		confirm = id;
	}
	r->desk->reload(r->desk->ctx, confirm, r->who, call_done,
	    r->later(r));
	return (0);
}
