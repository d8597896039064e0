/* SPDX-License-Identifier: MIT */
/*
 * Commands from checked parts.  The only functions that put a string into a
 * line are part(), for literals of this file, and name(), which checks.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "io/command.h"

bool
haproxy_name_ok(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789_.:-");

	return (n > 0 && n < HAPROXY_NAME_SIZE && s[n] == '\0');
}

static void
part(struct command *c, const char *literal)
{
	size_t n = strlen(literal);

	if (c->bad || n >= sizeof(c->text) - c->n) {
		c->bad = true;
		return;
	}
	memcpy(c->text + c->n, literal, n + 1);
	c->n += n;
}

static void
name(struct command *c, const char *s)
{
	if (!haproxy_name_ok(s)) {
		c->bad = true;
		return;
	}
	part(c, s);
}

static void
number(struct command *c, int v)
{
	char s[16];

	(void)snprintf(s, sizeof(s), "%d", v);
	part(c, s);
}

static void
begin(struct command *c)
{
	if (c->n > 0)
		part(c, ";");
}

static void
set_server(struct command *c, const char *backend, const char *server)
{
	begin(c);
	part(c, "set server ");
	name(c, backend);
	part(c, "/");
	name(c, server);
}

void
command_init(struct command *c)
{
	c->n = 0;
	c->bad = false;
	c->text[0] = '\0';
}

void
command_user(struct command *c)
{
	begin(c);
	part(c, "user");
}

void
command_info(struct command *c)
{
	begin(c);
	part(c, "show info");
}

void
command_stat(struct command *c, const char *proxy, int types)
{
	begin(c);
	part(c, "show stat ");
	if (proxy == NULL)
		part(c, "-1");
	else
		name(c, proxy);
	part(c, " ");
	number(c, types);
	part(c, " -1");
}

void
command_servers(struct command *c, const char *backend)
{
	begin(c);
	part(c, "show servers state");
	if (backend != NULL) {
		part(c, " ");
		name(c, backend);
	}
}

void
command_address(struct command *c, const char *backend, const char *server,
    const uint8_t address[16], uint16_t port)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	    0xff };
	char s[INET6_ADDRSTRLEN];
	bool v4 = memcmp(address, mapped, sizeof(mapped)) == 0;

	MUST(port > 0);
	MUST(inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + 12 : address, s,
	    sizeof(s)) != NULL);
	set_server(c, backend, server);
	part(c, " addr ");
	part(c, s);
	part(c, " port ");
	number(c, port);
}

void
command_admin(struct command *c, const char *backend, const char *server,
    enum server_admin admin)
{
	static const char *const word[] = { [ADMIN_READY] = " state ready",
	    [ADMIN_DRAIN] = " state drain", [ADMIN_MAINT] = " state maint" };

	set_server(c, backend, server);
	part(c, word[admin]);
}

void
command_weight(struct command *c, const char *backend, const char *server,
    int weight)
{
	MUST(weight >= 0 && weight <= 256);
	set_server(c, backend, server);
	part(c, " weight ");
	number(c, weight);
}
