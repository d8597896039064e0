/* SPDX-License-Identifier: MIT */
/* Parts of JSON by path; see parts.h. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "cloud/parts.h"

struct json_object *
part_at(struct json_object *o, const char *path)
{
	char name[64];
	size_t n;

	while (o != NULL && *path != '\0') {
		n = strcspn(path, ".");
		MUST(n < sizeof(name));
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path);
		if (!json_object_is_type(o, json_type_object) ||
		    !json_object_object_get_ex(o, name, &o))
			return (NULL);
		path += n + (path[n] == '.');
	}
	return (o);
}

const char *
part_text(struct json_object *o, const char *path)
{
	struct json_object *v = part_at(o, path);
	const char *text;

	if (v == NULL || !json_object_is_type(v, json_type_string))
		return (NULL);
	text = json_object_get_string(v);
	return (strlen(text) == (size_t)json_object_get_string_len(v) ?
	    text : NULL);
}

bool
part_int(struct json_object *o, const char *path, int64_t *ret)
{
	struct json_object *v = part_at(o, path);

	if (v == NULL || !json_object_is_type(v, json_type_int))
		return (false);
	*ret = json_object_get_int64(v);
	return (true);
}

size_t
part_count(struct json_object *list)
{
	return (list != NULL && json_object_is_type(list, json_type_array) ?
	    json_object_array_length(list) : 0);
}

struct json_object *
part_nth(struct json_object *list, size_t i)
{
	return (json_object_array_get_idx(list, i));
}

void
part_put(struct json_object *to, const char *name, struct json_object *value)
{
	int failed;

	MUST(value != NULL);
	failed = json_object_object_add(to, name, value);
	MUST(failed == 0);
}

void
part_put_text(struct json_object *to, const char *name, const char *text)
{
	part_put(to, name, json_object_new_string(text));
}
