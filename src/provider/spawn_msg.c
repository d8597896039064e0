/* SPDX-License-Identifier: MIT */
/*
 * The spawner's messages as JSON.  A reader of fields keeps the first thing
 * that is wrong; what it does not know it ignores, since a newer side may
 * say more.  Bounds are those of the struct.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/err.h"
#include "base/hex.h"
#include "base/must.h"
#include "provider/spawn_msg.h"

#define ID_PREFIX "local-"

enum { DEPTH_MAX = 4 };

static const char *const says[SPAWN_SAY_COUNT] = { "hello", "start", "stop",
	"lookup", "list", "welcome", "server", "end", "refused", "exit" };
static const char *const states[SPAWN_STATE_COUNT] = { "started", "stopping",
	"ended" };

void
spawn_token_hex(const struct token *t, char ret[SPAWN_TOKEN_HEX])
{
	hex_put(ret, t->byte, TOKEN_SIZE);
}

int
spawn_token_parse(const char *hex, struct token *ret)
{
	struct token t;

	if (strlen(hex) != 2 * TOKEN_SIZE ||
	    !hex_get(hex, t.byte, TOKEN_SIZE))
		return (-1);
	*ret = t;
	return (0);
}

void
spawn_id(const struct token *t, char *ret, size_t size)
{
	char hex[SPAWN_TOKEN_HEX];

	spawn_token_hex(t, hex);
	(void)snprintf(ret, size, ID_PREFIX "%s", hex);
}

int
spawn_id_parse(const char *id, struct token *ret)
{
	if (strncmp(id, ID_PREFIX, sizeof(ID_PREFIX) - 1) != 0)
		return (-1);
	return (spawn_token_parse(id + sizeof(ID_PREFIX) - 1, ret));
}

static void
put_string(json_object *o, const char *key, const char *v)
{
	if (v[0] != '\0')
		(void)json_object_object_add(o, key, json_object_new_string(v));
}

static void
put_int(json_object *o, const char *key, int64_t v)
{
	if (v != 0)
		(void)json_object_object_add(o, key, json_object_new_int64(v));
}

static void
put_strings(json_object *o, const char *key, const struct key_strings *v)
{
	json_object *a = json_object_new_array();
	int i;

	MUST(a != NULL);
	for (i = 0; i < v->n; i++)
		(void)json_object_array_add(a,
		    json_object_new_string(v->text[i]));
	(void)json_object_object_add(o, key, a);
}

static void
put_start(json_object *o, const struct spawn_msg *m)
{
	put_int(o, "first", m->ports.first);
	put_int(o, "last", m->ports.last);
	put_int(o, "rest_ms", m->rest_ms);
	put_int(o, "grace_ms", m->grace_ms);
	put_int(o, "most", m->most);
	put_int(o, "drill", m->drill);
	put_string(o, "dir", m->dir);
	put_strings(o, "argv", &m->argv);
	put_strings(o, "env", &m->env);
}

static void
put_server(json_object *o, const struct spawn_msg *m)
{
	put_string(o, "state", states[m->state]);
	put_int(o, "port", m->port);
	put_int(o, "pid", m->pid);
}

char *
spawn_msg_line(const struct spawn_msg *m, size_t *ret_n, struct err *e)
{
	static const struct token none;
	json_object *o = json_object_new_object();
	char hex[SPAWN_TOKEN_HEX], *line = NULL;
	const char *text;
	size_t n = 0;

	MUST(o != NULL && m->say < SPAWN_SAY_COUNT);
	spawn_token_hex(&m->token, hex);
	put_string(o, "say", says[m->say]);
	put_int(o, "ref", (int64_t)m->ref);
	put_int(o, "version", m->version);
	if (memcmp(&m->token, &none, sizeof(none)) != 0)
		put_string(o, "token", hex);
	put_string(o, "group", m->group);
	put_string(o, "address", m->address);
	put_string(o, "text", m->text);
	if (m->say == SPAWN_START)
		put_start(o, m);
	if (m->say == SPAWN_SERVER || m->say == SPAWN_EXIT)
		put_server(o, m);
	if (m->say == SPAWN_REFUSED)
		put_string(o, "outcome", outcome_name(m->outcome));
	text = json_object_to_json_string_length(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (text != NULL && n + 1 <= SPAWN_LINE_MAX)
		line = malloc(n + 2);
	if (line != NULL) {
		memcpy(line, text, n);
		memcpy(line + n, "\n", 2);
		*ret_n = n + 1;
	} else
		(void)err_set(e, E2BIG, "command and environment take more "
		    "than %d bytes", SPAWN_LINE_MAX);
	(void)json_object_put(o);
	return (line);
}

/* The fields of one object, and what was wrong first. */
struct fields {
	json_object *o;
	struct err *e;
	bool bad;
};

static void
fields_bad(struct fields *f, const char *key, const char *want)
{
	if (!f->bad)
		(void)err_set(f->e, EINVAL, "message of the spawner's socket: "
		    "\"%s\" is not %s", key, want);
	f->bad = true;
}

/* Its text without NULs in it, or NULL. */
static const char *
text_of(json_object *v, size_t size)
{
	const char *text;

	if (!json_object_is_type(v, json_type_string))
		return (NULL);
	text = json_object_get_string(v);
	if (strlen(text) != (size_t)json_object_get_string_len(v) ||
	    strlen(text) >= size)
		return (NULL);
	return (text);
}

static void
get_string(struct fields *f, const char *key, char *ret, size_t size)
{
	json_object *v;
	const char *text;

	ret[0] = '\0';
	if (!json_object_object_get_ex(f->o, key, &v))
		return;
	text = text_of(v, size);
	if (text == NULL)
		fields_bad(f, key, "a text of the size that is allowed");
	else
		(void)snprintf(ret, size, "%s", text);
}

static int64_t
get_int(struct fields *f, const char *key, int64_t max)
{
	json_object *v;
	int64_t i;

	if (!json_object_object_get_ex(f->o, key, &v))
		return (0);
	i = json_object_get_int64(v);
	if (json_object_is_type(v, json_type_int) && i >= 0 && i <= max)
		return (i);
	fields_bad(f, key, "a number of the range that is allowed");
	return (0);
}

static void
get_strings(struct fields *f, const char *key, struct key_strings *ret)
{
	json_object *v;
	const char *text;
	size_t i;

	ret->n = 0;
	if (!json_object_object_get_ex(f->o, key, &v))
		return;
	if (!json_object_is_type(v, json_type_array) ||
	    json_object_array_length(v) > KEY_STRINGS_MAX) {
		fields_bad(f, key, "a list of at most 64 texts");
		return;
	}
	for (i = 0; i < json_object_array_length(v); i++) {
		text = text_of(json_object_array_get_idx(v, i),
		    KEY_STRING_SIZE);
		if (text == NULL) {
			fields_bad(f, key, "a list of texts below 256 bytes");
			return;
		}
		(void)snprintf(ret->text[i], KEY_STRING_SIZE, "%s", text);
	}
	ret->n = (int)i;
}

/* The place of a word among n names; 0 and bad where it is none. */
static int
get_name(struct fields *f, const char *key, int n,
    const char *(*name)(int))
{
	char word[NAME_SIZE];
	int i;

	get_string(f, key, word, sizeof(word));
	for (i = 0; i < n; i++)
		if (strcmp(word, name(i)) == 0)
			return (i);
	fields_bad(f, key, "a word that is known here");
	return (0);
}

static const char *
say_name(int i)
{
	return (says[i]);
}

static const char *
state_name(int i)
{
	return (states[i]);
}

static const char *
answer_name(int i)
{
	return (outcome_name((enum outcome)i));
}

static void
get_start(struct fields *f, struct spawn_msg *m)
{
	uint8_t a[16];

	m->ports.first = (uint16_t)get_int(f, "first", UINT16_MAX);
	m->ports.last = (uint16_t)get_int(f, "last", UINT16_MAX);
	m->rest_ms = get_int(f, "rest_ms", INT32_MAX);
	m->grace_ms = get_int(f, "grace_ms", INT32_MAX);
	m->most = (int)get_int(f, "most", INT32_MAX);
	m->drill = get_int(f, "drill", 1) == 1;
	get_string(f, "dir", m->dir, sizeof(m->dir));
	get_strings(f, "argv", &m->argv);
	get_strings(f, "env", &m->env);
	if (m->ports.first == 0 || m->ports.last < m->ports.first)
		fields_bad(f, "first", "the begin of a range of ports");
	if (m->argv.n == 0 || m->argv.text[0][0] != '/')
		fields_bad(f, "argv", "a command that begins with a path");
	if (m->dir[0] != '\0' && m->dir[0] != '/')
		fields_bad(f, "dir", "an absolute path");
	if (ports_address(m->address, a) != 0)
		fields_bad(f, "address", "an IP address");
}

static void
get_all(struct fields *f, struct spawn_msg *m)
{
	char hex[SPAWN_TOKEN_HEX];

	m->say = (enum spawn_say)get_name(f, "say", SPAWN_SAY_COUNT, say_name);
	m->ref = (uint64_t)get_int(f, "ref", INT64_MAX);
	m->version = (int)get_int(f, "version", INT32_MAX);
	get_string(f, "token", hex, sizeof(hex));
	get_string(f, "group", m->group, sizeof(m->group));
	get_string(f, "address", m->address, sizeof(m->address));
	get_string(f, "text", m->text, sizeof(m->text));
	if (hex[0] != '\0' && spawn_token_parse(hex, &m->token) != 0)
		fields_bad(f, "token", "32 hexadecimal digits");
	if (f->bad)
		return;
	if (m->say == SPAWN_START)
		get_start(f, m);
	if (m->say == SPAWN_REFUSED)
		m->outcome = (enum outcome)get_name(f, "outcome",
		    OUTCOME_COUNT, answer_name);
	if (m->say != SPAWN_SERVER && m->say != SPAWN_EXIT)
		return;
	m->state = (enum spawn_state)get_name(f, "state", SPAWN_STATE_COUNT,
	    state_name);
	m->port = (uint16_t)get_int(f, "port", UINT16_MAX);
	m->pid = (int)get_int(f, "pid", INT32_MAX);
}

int
spawn_msg_parse(const char *line, size_t n, struct spawn_msg *ret,
    struct err *e)
{
	struct json_tokener *t;
	struct fields f = { NULL, e, false };

	memset(ret, 0, offsetof(struct spawn_msg, argv));
	ret->argv.n = ret->env.n = 0;
	if (n >= SPAWN_LINE_MAX)
		return (err_set(e, E2BIG, "message of the spawner's socket: "
		    "over %d bytes", SPAWN_LINE_MAX));
	t = json_tokener_new_ex(DEPTH_MAX);
	MUST(t != NULL);
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	f.o = json_tokener_parse_ex(t, line, (int)n);
	if (f.o == NULL || json_tokener_get_parse_end(t) != n ||
	    !json_object_is_type(f.o, json_type_object)) {
		f.bad = true;
		(void)err_set(e, EINVAL, "message of the spawner's socket: "
		    "no JSON object");
	} else
		get_all(&f, ret);
	json_tokener_free(t);
	(void)json_object_put(f.o);
	return (f.bad ? -1 : 0);
}
