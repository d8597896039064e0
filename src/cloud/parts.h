/* SPDX-License-Identifier: MIT */
/*
 * Parts of a provider's JSON by their path, "public_net.ipv4.ip".  What is
 * not there, or of another type, is absent: an answer is outside input.
 */
#ifndef CLOUD_PARTS_H
#define CLOUD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* NULL: absent.  The part belongs to the whole. */
struct json_object	*part_at(struct json_object *, const char *path);
/* A text without a NUL inside; NULL: absent. */
const char		*part_text(struct json_object *, const char *path);
bool			part_int(struct json_object *, const char *path,
			    int64_t *ret);
/* Elements of a list, 0 where it is none. */
size_t			part_count(struct json_object *list);
struct json_object	*part_nth(struct json_object *list, size_t i);

/* Makes `to`'s field.  A lack of memory ends the process. */
void	part_put(struct json_object *to, const char *name,
	    struct json_object *value);
void	part_put_text(struct json_object *to, const char *name,
	    const char *text);

#endif
