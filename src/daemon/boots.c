/* SPDX-License-Identifier: MIT */
/*
 * The boot path; see boots.h.  What a server was told of is in a file of its
 * own, written before its intent is durable and so before it starts: a file
 * in memory below /run, or lost with the machine that its server was on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/err.h"
#include "base/must.h"
#include "boot/boot_endpoint.h"
#include "boot/boot_file.h"
#include "boot/boot_user_data.h"
#include "boot/boot_sync.h"
#include "core/fleet.h"
#include "daemon/boots.h"
#include "io/log.h"
#include "io/loop.h"
#include "plimsoll/driver.h"
#include "plimsoll/order.h"
#include "policy/policy.h"
#include "provider/local.h"
#include "provider/spawn_msg.h"
#include "record/journal.h"
#include "report/launch.h"
#include "secret/bundles.h"

_Static_assert((int)LAUNCH_VERDICTS == (int)BOOT_VERDICT_COUNT,
    "one for each");

#define LOOK_EVERY (10 * NS_S)	      /* at the certificate's files */
#define ENDS_SOON ((int64_t)7 * 86400) /* of the certificate: an alarm */
enum { TOLD_A_SECOND = 5 };	      /* refusals in the log */
#define ALARM_SHOWN NS_HOUR	      /* after a token was refused */

struct boots {
	struct boots_parts with;
	char folder[PATH_BYTES];
	struct boot_tokens *tokens;
	struct boot_endpoint *endpoint;
	const struct bundles *bundles;
	boots_happened *happened;
	void *ctx;
	struct boot_pem pem;
	struct timer again, look;
	struct boot_facts facts;
	bool ends_told;
	ns_t told_at; /* refusals, since then so many */
	int told;
};

static const struct boot_policy *
boots_policy(const struct boots *b)
{
	return (&b->with.policy->boot);
}

static const char *
boots_address(const struct boots *b)
{
	return (boots_policy(b)->address[0] != '\0' ?
	    boots_policy(b)->address : boots_policy(b)->listen);
}

/* The group of a token's server, -1: it is forgotten. */
static int
boots_group(const struct boots *b, const struct token *t,
    const struct server **ret)
{
	const struct server *s;
	int i, n = fleet_groups(b->with.fleet);

	for (i = 0; i < n; i++) {
		s = servers_find_token(group_servers(fleet_group(
		    b->with.fleet, i)), t);
		if (s == NULL)
			continue;
		*ret = s;
		return (i);
	}
	return (-1);
}

static const char *
boots_path(const struct boots *b, const struct token *t, char *buf,
    size_t size)
{
	char id[ID_SIZE];

	spawn_id(t, id, sizeof(id));
	(void)snprintf(buf, size, "%s/%s", b->folder, id);
	return (buf);
}

/* --- what servers say -------------------------------------------------- */

static void
boots_say(struct boots *b, const struct token *t, enum phase phase)
{
	struct told told = { .token = *t, .phase = (uint8_t)phase };

	b->happened(b->ctx, &told);
}

/*
 * Its report came before the provider's answer, or before a restart: said
 * again now that the server can be found.
 */
static void
boots_again(void *arg)
{
	struct boots *b = arg;
	const struct boot_row *row;
	const struct servers *all;
	int i, k;

	for (i = 0; i < fleet_groups(b->with.fleet); i++) {
		all = group_servers(fleet_group(b->with.fleet, i));
		for (k = 0; k < all->n; k++) {
			if (all->at[k].phase >= PHASE_SECRETS)
				continue;
			row = boot_tokens_row(b->tokens, &all->at[k].token);
			if (row != NULL && row->state == BOOT_SPENT)
				boots_say(b, &all->at[k].token, PHASE_SECRETS);
		}
	}
}

static uint64_t
on_keep(void *ctx, const struct token *t, const struct boot_row *row)
{
	struct boots *b = ctx;
	struct now now = loop_now(b->with.loop);
	const struct server *s;
	int group = boots_group(b, t, &s);
	uint64_t seq;

	if (group < 0)
		return (0);
	journal_boot(b->with.journal, group, t, row);
	seq = journal_commit(b->with.journal, &now);
	return (journal_state(b->with.journal) == JOURNAL_GOOD ? seq : 0);
}

static int
on_answer(void *ctx, const struct token *t, struct boot_answer *ret,
    boot_put *put, void *arg)
{
	struct boots *b = ctx;
	const struct bundle *bundle;
	const struct launch_path *path;
	const struct server *s;
	const char *key;
	struct secret v;
	int i, group = boots_group(b, t, &s);

	if (group < 0)
		return (-1);
	path = &b->with.policy->group[group].path;
	if (path->secrets[0] != '\0') {
		if (!bundle_ready(b->bundles, path->secrets)) {
			b->facts.not_ready++;
			return (-1);
		}
		bundle = bundle_of(b->bundles, path->secrets);
		for (i = 0; i < bundle_count(bundle); i++) {
			v = bundle_at(bundle, i, &key);
			put(arg, key, v.bytes, v.n);
		}
	}
	(void)snprintf(ret->artifact_url, sizeof(ret->artifact_url), "%s",
	    path->artifact_url);
	(void)snprintf(ret->artifact_sha256, sizeof(ret->artifact_sha256),
	    "%s", path->artifact_sha256);
	ret->sync = boot_sync_verdict((enum boot_sync)path->sync,
	    path->sync_load, fleet_decision(b->with.fleet, group));
	b->facts.bundles++;
	return (0);
}

static void
on_phase(void *ctx, const struct token *t, enum phase phase,
    const char *words, size_t n)
{
	struct boots *b = ctx;
	const struct server *s;
	char text[REASON_SIZE];
	struct log_line l;
	int group = boots_group(b, t, &s);

	if (group < 0)
		return;
	if (phase == PHASE_FAILED) {
		(void)snprintf(text, sizeof(text), "%.*s", n < sizeof(text) ?
		    (int)n : (int)sizeof(text) - 1, words);
		b->facts.failed++;
		log_begin(&l, b->with.log, LEVEL_WARN, "a boot failed");
		log_str(&l, "group", b->with.policy->fleet.groups[group].name);
		log_str(&l, "server", s->id.text);
		log_str(&l, "words", text);
		log_end(&l);
	}
	boots_say(b, t, phase);
}

/* Who had one of our tokens and is not its server: a person should know. */
static void
on_refused(void *ctx, enum boot_verdict v, const struct token *t)
{
	struct boots *b = ctx;
	struct now now = loop_now(b->with.loop);
	const struct server *s = NULL;
	int group = t == NULL ? -1 : boots_group(b, t, &s);
	char text[REASON_SIZE];
	struct log_line l;

	b->facts.refused[v]++;
	if (v == BOOT_UNBOUND)
		return;
	if (v != BOOT_FOREIGN)
		b->facts.refused_at = now.mono;
	if (now.mono >= b->told_at + NS_S) {
		b->told_at = now.mono;
		b->told = 0;
	}
	if (++b->told > TOLD_A_SECOND)
		return; /* counted; whoever asks again is told of again */
	log_begin(&l, b->with.log, LEVEL_WARN, v == BOOT_FOREIGN ?
	    "a stranger asked the boot endpoint" : "a boot token was refused");
	log_str(&l, "verdict", boot_verdict_name(v));
	if (group >= 0)
		log_str(&l, "group", b->with.policy->fleet.groups[group].name);
	if (s != NULL)
		log_str(&l, "server", s->id.text);
	log_end(&l);
	if (group < 0)
		return;
	(void)snprintf(text, sizeof(text), "server %s: %s", s->id.text,
	    boot_verdict_name(v));
	journal_alarm(b->with.journal, group, "boot_token", true, text);
}

/* --- tokens -------------------------------------------------------------- */

static bool
boots_is_local(const struct boots *b, int group, const struct server *s)
{
	const struct policy_group *g = &b->with.policy->group[group];

	return (s->way < g->n_ways && b->with.policy->providers[
	    g->ways[s->way].provider].ops == &provider_local);
}

static void
text_free(char *text)
{
	if (text != NULL)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

/* A server of a cloud gets it as user data, which its driver finds here. */
static int
boots_write(const struct boots *b, int group, const struct server *s,
    const char *token, struct err *e)
{
	char path[PATH_BYTES + ID_SIZE];
	char *file = boot_file_make(boots_address(b), token, &b->pem, e);
	char *data = NULL;
	int rc = -1;

	(void)boots_path(b, &s->token, path, sizeof(path));
	if (file != NULL && boots_is_local(b, group, s))
		rc = boot_file_write(path, file, e);
	else if (file != NULL && (data = boot_user_data(file, e)) != NULL)
		rc = boot_file_write(path, data, e);
	text_free(data);
	text_free(file);
	return (rc);
}

static void
boots_issue(struct boots *b, int group, const struct server *s)
{
	uint8_t random[BOOT_SECRET_SIZE];
	char text[BOOT_TEXT_SIZE];
	struct err e = { 0 };
	struct boot_row row;
	int rc = -1;

	if (boot_tokens_row(b->tokens, &s->token) != NULL)
		return;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		(void)err_set(&e, EIO, "no random numbers");
	else if (boot_tokens_issue(b->tokens, &s->token, random, text,
	    &row) != 0)
		(void)err_set(&e, ENOMEM, "out of memory");
	else
		rc = boots_write(b, group, s, text, &e);
	OPENSSL_cleanse(random, sizeof(random));
	OPENSSL_cleanse(text, sizeof(text));
	if (rc == 0) {
		journal_boot(b->with.journal, group, &s->token, &row);
		b->facts.issued++;
	} else { /* its boot fails, and is told of as one */
		boot_tokens_drop(b->tokens, &s->token);
		log_say(b->with.log, LEVEL_ERROR, "a server gets no boot "
		    "token", "why", e.text);
	}
}

static void
boots_end(struct boots *b, int group, const struct server *s)
{
	if (boot_tokens_end(b->tokens, &s->token))
		journal_boot(b->with.journal, group, &s->token,
		    boot_tokens_row(b->tokens, &s->token));
}

static void
boots_forget(struct boots *b, const struct server *s)
{
	char path[PATH_BYTES + ID_SIZE];

	if (boot_tokens_row(b->tokens, &s->token) == NULL)
		return;
	boot_tokens_drop(b->tokens, &s->token);
	(void)unlink(boots_path(b, &s->token, path, sizeof(path)));
}

static void
boots_record(struct boots *b, int group, const struct server *s)
{
	const struct boot_row *row;

	if (!(s->flags & SERVER_OURS))
		return;
	if (s->phase == PHASE_DECIDED) {
		boots_issue(b, group, s);
	} else if (s->phase > PHASE_DRAINING) {
		boots_end(b, group, s);
	} else if (s->phase < PHASE_SECRETS) {
		row = boot_tokens_row(b->tokens, &s->token);
		if (row != NULL && row->state == BOOT_SPENT &&
		    b->endpoint != NULL)
			loop_timer_set(b->with.loop, &b->again, 0,
			    boots_again, b);
	}
}

void
boots_orders(struct boots *b, const struct orders *orders)
{
	const struct order *o;
	int i, k;

	if (b == NULL || b->tokens == NULL)
		return;
	for (i = 0; i < orders->n; i++) {
		o = &orders->at[i];
		for (k = 0; k < o->n; k++) {
			if (o->kind == ORDER_RECORD)
				boots_record(b, o->group,
				    &orders->servers[o->first + k]);
			else if (o->kind == ORDER_FORGET)
				boots_forget(b, &orders->servers[o->first +
				    k]);
		}
	}
}

/* --- the certificate --------------------------------------------------------- */

static void
boots_ends(struct boots *b)
{
	int64_t left = boot_endpoint_ends(b->endpoint) -
	    loop_now(b->with.loop).wall_s;
	struct log_line l;

	b->facts.certificate_ends = boot_endpoint_ends(b->endpoint);
	b->facts.ends_soon = left < ENDS_SOON;
	if (b->facts.ends_soon == b->ends_told)
		return;
	b->ends_told = b->facts.ends_soon;
	log_alarm(&l, b->with.log, b->ends_told, "boot_certificate");
	log_num(&l, "ends_in_s", (double)left);
	log_end(&l);
}

/*
 * The endpoint and what servers are told change together or not at all.  What
 * was refused is told once, and tried again when a file changes.
 */
static void
boots_renew(struct boots *b)
{
	const struct boot_policy *p = boots_policy(b);
	struct boot_pem *new = calloc(1, sizeof(*new));
	struct err e = { 0 };

	if (new == NULL)
		return; /* out of memory: again at the next look */
	if (boot_pem_read(new, p->certificate, p->key, &e) == 0 &&
	    boot_endpoint_reload(b->endpoint, &e) == 0) {
		b->pem = *new;
		log_say(b->with.log, LEVEL_INFO, "the boot endpoint has a new "
		    "certificate", NULL, NULL);
	} else {
		b->pem.certificate_at = new->certificate_at;
		b->pem.key_at = new->key_at;
		log_say(b->with.log, LEVEL_ERROR, "the boot endpoint keeps "
		    "its old certificate", "why", e.text);
	}
	free(new);
}

/* I-36: a new certificate counts without a word from anybody. */
static void
boots_look(void *arg)
{
	struct boots *b = arg;
	const struct boot_policy *p = boots_policy(b);

	if (boot_pem_changed(&b->pem, p->certificate, p->key))
		boots_renew(b);
	boots_ends(b);
	loop_timer_set(b->with.loop, &b->look, LOOK_EVERY, boots_look, b);
}

/* --- its life ------------------------------------------------------------------ */

static int
boots_restore(struct boots *b, const struct past *past)
{
	const struct past_server *s;
	int i, k;

	for (i = 0; i < past->n_groups; i++)
		for (k = 0; k < past->groups[i].n_servers; k++) {
			s = &past->groups[i].servers[k];
			if (s->boot.state == BOOT_NONE ||
			    boot_tokens_row(b->tokens, &s->server.token))
				continue;
			if (boot_tokens_restore(b->tokens, &s->server.token,
			    &s->boot) != 0)
				return (-1);
		}
	return (0);
}

static int
boots_make_folder(struct boots *b, struct err *e)
{
	const char *control = b->with.policy->daemon.control;
	const char *slash = strrchr(control, '/');
	struct stat st;

	MUST(slash != NULL);
	(void)snprintf(b->folder, sizeof(b->folder), "%.*s/boot",
	    (int)(slash - control), control);
	if (mkdir(b->folder, 0700) != 0 && errno != EEXIST)
		return (err_set(e, errno, "the folder of boot files '%s' "
		    "cannot be made: %s", b->folder, strerror(errno)));
	if (lstat(b->folder, &st) != 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return (err_set(e, EPERM, "the folder of boot files '%s' is "
		    "not ours alone, expected mode 0700", b->folder));
	return (0);
}

/* Files of servers that were forgotten while nobody was there. */
static void
boots_sweep(const struct boots *b)
{
	char path[PATH_BYTES + ID_SIZE];
	struct dirent *de;
	struct token t;
	DIR *d = opendir(b->folder);

	while (d != NULL && (de = readdir(d)) != NULL)
		if (spawn_id_parse(de->d_name, &t) == 0 &&
		    boot_tokens_row(b->tokens, &t) == NULL)
			(void)unlink(boots_path(b, &t, path, sizeof(path)));
	if (d != NULL)
		(void)closedir(d);
}

struct boots *
boots_new(const struct boots_parts *with, struct err *e)
{
	struct boots *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)err_set(e, ENOMEM, "the boot path: out of memory");
		return (NULL);
	}
	b->with = *with;
	b->with.past = NULL;
	if (with->policy->boot.listen[0] == '\0' ||
	    with->policy->daemon.dry_run)
		return (b);
	b->tokens = boot_tokens_new();
	if (b->tokens == NULL || boots_restore(b, with->past) != 0)
		(void)err_set(e, ENOMEM, "the boot path: out of memory");
	else if (boot_pem_read(&b->pem, with->policy->boot.certificate,
	    with->policy->boot.key, e) == 0 &&
	    boots_make_folder(b, e) == 0) {
		boots_sweep(b);
		return (b);
	}
	boots_free(b);
	return (NULL);
}

void
boots_free(struct boots *b)
{
	if (b == NULL)
		return;
	boots_silence(b);
	boot_tokens_free(b->tokens);
	free(b);
}

const char *
boots_folder(const struct boots *b)
{
	return (b == NULL || b->tokens == NULL ? NULL : b->folder);
}

int
boots_serve(struct boots *b, const struct bundles *bundles,
    boots_happened *happened, void *ctx, struct err *e)
{
	struct boot_hooks hooks = { b, on_keep, on_answer, on_phase,
		on_refused };
	const struct boot_policy *p = boots_policy(b);
	struct boot_settings set = { .life = 0 };

	if (b->tokens == NULL)
		return (0);
	b->bundles = bundles;
	b->happened = happened;
	b->ctx = ctx;
	(void)snprintf(set.listen, sizeof(set.listen), "%s", p->listen);
	(void)snprintf(set.certificate, sizeof(set.certificate), "%s",
	    p->certificate);
	(void)snprintf(set.key, sizeof(set.key), "%s", p->key);
	b->endpoint = boot_endpoint_new(b->with.loop, &set, b->tokens, &hooks,
	    e);
	if (b->endpoint == NULL)
		return (-1);
	b->facts.on = true;
	boots_ends(b);
	loop_timer_set(b->with.loop, &b->look, LOOK_EVERY, boots_look, b);
	loop_timer_set(b->with.loop, &b->again, 0, boots_again, b);
	return (0);
}

void
boots_silence(struct boots *b)
{
	loop_timer_stop(&b->again);
	loop_timer_stop(&b->look);
	boot_endpoint_free(b->endpoint);
	b->endpoint = NULL;
}

void
boots_reload(struct boots *b, const struct policy *new)
{
	b->with.policy = new;
	if (b->endpoint != NULL)
		boots_look(b);
}

void
boots_durable(struct boots *b, uint64_t seq)
{
	if (b->endpoint != NULL)
		boot_endpoint_durable(b->endpoint, seq);
}

void
boots_journal_bad(struct boots *b)
{
	boots_durable(b, UINT64_MAX);
}

void
boots_tell(const struct boots *b, struct launch_facts *f)
{
	ns_t now = loop_now(b->with.loop).mono;
	int v;

	f->boot = b->facts;
	for (v = 0; v < LAUNCH_VERDICTS; v++)
		f->boot.verdict[v] = boot_verdict_name((enum boot_verdict)v);
	f->boot.tokens = b->tokens == NULL ? 0 :
	    (int)boot_tokens_count(b->tokens);
	f->boot.alarm = b->facts.refused_at != 0 &&
	    now < b->facts.refused_at + ALARM_SHOWN;
}
