/* SPDX-License-Identifier: MIT */
/* Sentences about what an HAProxy configuration lacks; see the header. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/haproxy_advice.h"
#include "balancer/haproxy_conf.h"
#include "balancer/haproxy_keys.h"
#include "base/err.h"
#include "io/file.h"
#include "plimsoll/limits.h"

struct talk {
	advice_tell *tell;
	void *ctx;
	int n;
};

static void	lack(struct talk *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

static void
lack(struct talk *t, const char *fmt, ...)
{
	char text[2 * REASON_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->tell(t->ctx, text);
	t->n++;
}

/* Of those that leave and those that rest, a quarter beside the maximum. */
static int
slots_for(int max)
{
	return (max + (max / 4 > 2 ? max / 4 : 2));
}

static void
about_template(struct talk *t, const struct conf_template *w,
    const struct advice_asks *a)
{
	int needs = slots_for(a->max);

	if (w->number == 0) {
		lack(t, "backend %s needs slots: 'server-template %s 1-%d "
		    "localhost:1 check inter 1s fall 2 rise 1 maxconn 100 "
		    "weight 100 slowstart 10s init-addr last,libc,none "
		    "disabled', with the maxconn that one server takes",
		    a->backend, a->slots[0] != '\0' ? a->slots : "w", needs);
		return;
	}
	if (w->slots < needs)
		lack(t, "line %d: %d slots, but max is %d: write 1-%d, since "
		    "slots that were emptied rest for a while", w->number,
		    w->slots, a->max, needs);
	if (w->address_is_ip)
		lack(t, "line %d: the template is written with an IP address, "
		    "and a reload would bring back the ports without the "
		    "addresses: write a name that resolves, as in "
		    "'localhost:1'", w->number);
	if (!w->init_addr_ok)
		lack(t, "line %d: 'init-addr last,libc,none' is missing: a "
		    "reload would forget the servers' addresses", w->number);
	if (!w->disabled)
		lack(t, "line %d: 'disabled' is missing: empty slots would be "
		    "sent requests", w->number);
	if (!w->check)
		lack(t, "line %d: 'check' is missing: a server that died would "
		    "go on being sent requests", w->number);
	if (!w->maxconn)
		lack(t, "line %d: 'maxconn' is missing: without it requests "
		    "pile up in the servers and overload is seen late",
		    w->number);
}

static void
about_global(struct talk *t, const struct haproxy_conf *c)
{
	if (c->stats_any == 0)
		lack(t, "global needs 'stats socket PATH mode 660 level admin "
		    "expose-fd listeners'");
	else if (c->stats_admin == 0)
		lack(t, "line %d: 'level admin' is missing on the stats "
		    "socket: servers cannot be put into service",
		    c->stats_any);
	if (c->stats_any != 0 && !c->expose_fd)
		lack(t, "line %d: 'expose-fd listeners' is missing on the "
		    "stats socket: a reload refuses connections for a moment",
		    c->stats_any);
	if (c->maxconn == -1)
		lack(t, "global has no 'maxconn': its own limit, which hides "
		    "arrivals, is then whatever the system's is");
}

static void
about_state(struct talk *t, const struct haproxy_conf *c,
    const struct advice_asks *a)
{
	const char *file = a->state_file != NULL ? a->state_file :
	    "/var/lib/plimsoll/haproxy.state";

	if (c->state_file[0] == '\0' || c->proxy.state_from == 0 ||
	    c->proxy.state_from == 'n')
		lack(t, "a reload while plimsolld is dead would lose the "
		    "servers: 'server-state-file %s' in global and "
		    "'load-server-state-from-file global' in defaults are "
		    "missing, and state_files = [\"%s\"] in the policy", file,
		    file);
	else if (a->state_file == NULL)
		lack(t, "HAProxy loads a server-state file that plimsolld does "
		    "not write: the policy's balancer needs 'state_files' "
		    "with it");
	else if (c->state_file[0] == '/' &&
	    strcmp(c->state_file, a->state_file) != 0)
		lack(t, "HAProxy loads another server-state file than the one "
		    "of the policy's 'state_files', %s", a->state_file);
}

static void
about_proxy(struct talk *t, const struct haproxy_conf *c)
{
	const struct conf_proxy *p = &c->proxy;

	if (!p->redispatch || p->redispatch_every != 1)
		lack(t, "'option redispatch 1' is missing: a request to a "
		    "server that died is retried there for seconds");
	if (p->retries >= 0 && p->retries < 2)
		lack(t, "'retries' is %d: write 3, so that a server's death "
		    "costs no request", p->retries);
	if (!p->timeout_queue)
		lack(t, "'timeout queue' is missing: requests wait for a "
		    "server as long as 'timeout connect' says");
	if (!c->frontend_log && !(p->log_target && p->log_format))
		lack(t, "latency percentiles need 'log PATH len 1024 format "
		    "raw sample 1:100 local0' and 'option httplog' or "
		    "'log-format \"%%b %%s %%ST %%Tq %%Tw %%Tc %%Tr %%Ta "
		    "%%TR\"' in the frontend, with PATH as the source's "
		    "latency_log");
}

int
haproxy_advise(const char *text, size_t n, const struct advice_asks *a,
    advice_tell *tell, void *ctx, struct err *e)
{
	struct talk t = { tell, ctx, 0 };
	struct haproxy_conf c;

	haproxy_conf_read(&c, text, n, a->backend, a->slots);
	if (!c.backend)
		return (err_set(e, ENOENT, "the file has no backend '%s'",
		    a->backend));
	about_global(&t, &c);
	about_template(&t, &c.template, a);
	about_state(&t, &c, a);
	about_proxy(&t, &c);
	return (t.n);
}

enum { CONFIG_MAX = 16 << 20 };

int
haproxy_check_config(const void *settings, int max, advice_tell *tell,
    void *ctx, struct err *e)
{
	const struct haproxy_balancer_settings *s = settings;
	struct advice_asks a = { s->backend, s->slots, NULL, max };
	char *text = NULL;
	size_t n;
	int rc;

	if (s->config[0] == '\0')
		return (err_set(e, ENOENT, "the balancer's 'config' does not "
		    "name HAProxy's configuration file"));
	if (file_read(s->config, CONFIG_MAX, &text, &n, e) != 0)
		return (-1);
	if (s->state_files.n > 0)
		a.state_file = s->state_files.text[0];
	rc = haproxy_advise(text, n, &a, tell, ctx, e);
	free(text);
	return (rc);
}
