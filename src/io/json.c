/* SPDX-License-Identifier: MIT */
/* See json.h.  json-c bounds the depth; strictness is asked for. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <json-c/json.h>

#include "base/err.h"
#include "base/must.h"
#include "io/json.h"

struct json_object *
json_parse(const char *text, size_t n, int depth, struct err *e)
{
	struct json_tokener *t;
	struct json_object *o = NULL;
	enum json_tokener_error code;

	MUST(depth > 0);
	if (n > INT_MAX) {
		(void)err_set(e, EFBIG, "no JSON: too long");
		return (NULL);
	}
	t = json_tokener_new_ex(depth);
	if (t == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	json_tokener_set_flags(t, JSON_TOKENER_STRICT |
	    JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, text, (int)n);
	code = json_tokener_get_error(t);
	/* A number alone ends only at the end. */
	if (code == json_tokener_continue && o == NULL) {
		o = json_tokener_parse_ex(t, "", 1);
		code = json_tokener_get_error(t);
	}
	if (code != json_tokener_success || o == NULL) {
		(void)err_set(e, EBADMSG, "no JSON: %s",
		    code == json_tokener_continue ? "it breaks off" :
		    code == json_tokener_success ? "it is null" :
		    json_tokener_error_desc(code));
		json_object_put(o);
		o = NULL;
	}
	if (t->pb != NULL && t->pb->buf != NULL)
		explicit_bzero(t->pb->buf, (size_t)t->pb->size);
	json_tokener_free(t);
	return (o);
}

static void
json_scrub(struct json_object *o)
{
	size_t i;

	switch (json_object_get_type(o)) {
	case json_type_string:
		/* Its own memory, which nobody else reads any more. */
		explicit_bzero((void *)(uintptr_t)json_object_get_string(o),
		    (size_t)json_object_get_string_len(o));
		break;
	case json_type_array:
		for (i = 0; i < json_object_array_length(o); i++)
			json_scrub(json_object_array_get_idx(o, i));
		break;
	case json_type_object: {
		json_object_object_foreach(o, key, value)
		{
			(void)key;
			json_scrub(value);
		}
		break;
	}
	default:
		break;
	}
}

void
json_wipe(struct json_object *o)
{
	if (o == NULL)
		return;
	json_scrub(o);
	json_object_put(o);
}
