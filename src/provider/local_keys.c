/* SPDX-License-Identifier: MIT */
/* The settings of the provider `local`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "provider/local.h"
#include "provider/ports.h"
#include "provider/words.h"

static const struct key rows[] = {
	{ "folder", KEY_PATH, KEY_FIELD(local_settings, folder), 0, 0,
	    "/var/lib/plimsoll/spawner", "", NULL, INVALIDATES_START,
	    "Folder of the spawner: its socket, the records of its servers, "
	    "their logs. Two providers of type local must not share one." },
	{ "start", KEY_BOOL, KEY_FIELD(local_settings, start), 0, 0, "true",
	    "", NULL, INVALIDATES_START,
	    "Whether plimsolld starts the spawner when there is none.  false "
	    "where it is a systemd unit of its own." },
	{ "program", KEY_PATH, KEY_FIELD(local_settings, program), 0, 0,
	    PLIMSOLL_LIBEXEC "/plimsoll-spawner", "", NULL, INVALIDATES_START,
	    "The spawner's program." },
	{ "port_rest", KEY_DURATION, KEY_FIELD(local_settings, port_rest), 0,
	    3600, "10s", "", NULL, INVALIDATES_NOTHING,
	    "How long a port is not given to a new server after its last one "
	    "ended. Not below the 6 s that a balancer's slot rests." },
	{ "max_servers", KEY_INT, KEY_FIELD(local_settings, max_servers), 1,
	    4096, "256", "servers", NULL, INVALIDATES_NOTHING,
	    "Servers that this machine may run at a time; a launch beyond is "
	    "refused as a matter of quota." },
};

static const struct key way_rows[] = {
	{ "command", KEY_STRINGS, KEY_FIELD(local_way_settings, command), 0,
	    0, NULL, "", NULL, INVALIDATES_PHASES,
	    "What runs: a list of words, the first the absolute path of the "
	    "program; or one text that is split at blanks, with quotes as in "
	    "a shell, but without a shell.  {port}, {address}, {id} and "
	    "{group} are replaced. The server stays in the foreground." },
	{ "env", KEY_STRINGS, KEY_FIELD(local_way_settings, env), 0, 0, "",
	    "", NULL, INVALIDATES_PHASES,
	    "Environment, as NAME=value. A server gets these and "
	    "PLIMSOLL_ID, PLIMSOLL_GROUP, PLIMSOLL_ADDRESS, PLIMSOLL_PORT, in "
	    "a drill PLIMSOLL_DRILL, with a boot endpoint PLIMSOLL_BOOT, and "
	    "nothing else." },
	{ "dir", KEY_PATH, KEY_FIELD(local_way_settings, dir), 0, 0, "", "",
	    NULL, INVALIDATES_NOTHING,
	    "Working folder; without it each server has one of its own." },
	{ "address", KEY_STRING, KEY_FIELD(local_way_settings, address), 0, 0,
	    "127.0.0.2", "", NULL, INVALIDATES_NOTHING,
	    "Address that servers listen on. Not 127.0.0.1 behind HAProxy: "
	    "after a reload it would not tell it from an empty slot." },
	{ "ports", KEY_STRING, KEY_FIELD(local_way_settings, ports), 0, 0,
	    "20000-20999", "", NULL, INVALIDATES_NOTHING,
	    "Ports to give to servers; the lowest that is free goes first." },
	{ "stop_grace", KEY_DURATION, KEY_FIELD(local_way_settings, stop_grace),
	    0, 3600, "10s", "", NULL, INVALIDATES_NOTHING,
	    "From SIGTERM to SIGKILL. Counts for servers started from then "
	    "on." },
};

static int
command_check(const struct key_strings *command, struct err *e)
{
	struct key_strings *w = NULL;
	const char *program = command->text[0];
	int rc = -1;

	if (command->n == 0)
		return (err_set(e, EINVAL, "command is empty"));
	if (command->n == 1) {
		w = malloc(sizeof(*w));
		if (w == NULL)
			return (err_set(e, ENOMEM, "out of memory"));
		if (words_split(command->text[0], w, e) != 0)
			goto out;
		program = w->text[0];
	}
	if (program[0] == '/')
		rc = 0;
	else
		(void)err_set(e, EINVAL, "command names its program '%.80s', "
		    "expected an absolute path", program);
out:
	free(w);
	return (rc);
}

static int
env_check(const struct key_strings *env, struct err *e)
{
	const char *text;
	int i;

	for (i = 0; i < env->n; i++) {
		text = env->text[i];
		if (text[0] == '=' || strchr(text, '=') == NULL)
			return (err_set(e, EINVAL, "env has '%.80s', expected "
			    "NAME=value", text));
		if (strncmp(text, "PLIMSOLL_", 9) == 0)
			return (err_set(e, EINVAL, "env has '%.80s': names "
			    "that begin with PLIMSOLL_ are Plimsoll's", text));
	}
	return (0);
}

static int
way_check(const void *settings, struct err *e)
{
	const struct local_way_settings *w = settings;
	struct ports ports;
	uint8_t address[16];

	if (command_check(&w->command, e) != 0 || env_check(&w->env, e) != 0 ||
	    ports_parse(w->ports, &ports, e) != 0)
		return (-1);
	if (ports_address(w->address, address) != 0)
		return (err_set(e, EINVAL, "found the address '%s', expected "
		    "an IP address such as \"127.0.0.2\"", w->address));
	return (0);
}

const struct key_table local_keys = { "provider local", rows, KEY_COUNT(rows),
	sizeof(struct local_settings), NULL };
const struct key_table local_way_keys = { "launch with provider local",
	way_rows, KEY_COUNT(way_rows), sizeof(struct local_way_settings),
	way_check };
