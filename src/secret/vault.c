/* SPDX-License-Identifier: MIT */
/*
 * The source `vault`: version 2 of the key-value engine of Vault and OpenBao,
 * over HTTPS.  We are let in by a token of a file, or by one that AppRole
 * gives for two files.  A fetch goes
 *
 *	files -> (look the token up | log in) -> (renew it) -> read
 *
 * with only the steps that are needed.  Files are read each time, so that a
 * new token needs no reload (I-36).  A token is renewed when a third of its
 * life is gone; one that cannot be renewed is logged in for again, and where
 * that fails it is used while it works, and its end is told (`access`).
 * What a server says goes into no sentence: its status does.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/err.h"
#include "base/must.h"
#include "io/jspan.h"
#include "io/loop.h"
#include "io/web.h"
#include "secret/arena.h"
#include "secret/bundle.h"
#include "secret/reading.h"
#include "secret/source.h"
#include "secret/vault.h"

enum {
	TOKEN_MAX = 1024,
	ANSWER_MAX = 512 << 10, /* a bundle of escapes, and what is around */
	CALL_DEADLINE_S = 60	/* the host's own is shorter */
};

/* All of it in the arena. */
struct credentials {
	char token[TOKEN_MAX];
	char header[TOKEN_MAX + 20];
	char login[TOKEN_MAX]; /* what AppRole is asked with */
};
_Static_assert(sizeof(struct credentials) <= ARENA_PAGE, "one page");

struct vault {
	struct secret_host host;
	struct vault_settings set;
	struct credentials *cred;
	struct reading *reading; /* of the files, under way */
	struct web_call *call;
	bool wanted;	/* a fetch is under way */
	bool has_token;
	bool known;	/* how long it lives */
	bool renewable;
	bool in_doubt;	/* a log-in failed while the old token works */
	bool again;	/* after a refusal it was logged in anew */
	ns_t ttl;	/* of the token when it was new; 0: has no end */
	ns_t ends;	/* of the token */
};

static int	ask_login(struct vault *, struct err *);
static int	ask_renew(struct vault *, struct err *);
static int	ask_read(struct vault *, struct err *);

static ns_t
vault_now(const struct vault *v)
{
	return (loop_now(v->host.loop).mono);
}

static bool
by_role(const struct vault *v)
{
	return (v->set.role_id_file[0] != '\0');
}

static void
vault_fetched(struct vault *v, const struct fetched *f)
{
	explicit_bzero(v->cred->login, sizeof(v->cred->login));
	v->wanted = v->again = false;
	v->host.fetched(v->host.ctx, f);
}

static void
vault_failed(struct vault *v, const struct err *e)
{
	struct fetched f = FETCHED_NONE;

	f.why = *e;
	vault_fetched(v, &f);
}

/* --- asking --------------------------------------------------------------- */

/* body NULL: GET.  The token goes along where there is one. */
static int
vault_ask(struct vault *v, const char *path, const char *body,
    web_done *done, struct err *e)
{
	char url[WEB_URL_SIZE], space[VAULT_TEXT + 32];
	const char *headers[4] = { "X-Vault-Request: true" };
	struct web_request q = { .method = body != NULL ? "POST" : "GET",
		.url = url,
		.headers = headers, .ca_file = v->set.ca_file[0] != '\0' ?
		v->set.ca_file : NULL, .deadline = CALL_DEADLINE_S * NS_S,
		.max = ANSWER_MAX, .flags = WEB_PLAIN };
	struct web *web = v->host.web(v->host.ctx, e);
	int n = 1;

	if (web == NULL)
		return (-1);
	(void)snprintf(url, sizeof(url), "%s/v1/%s", v->set.address, path);
	if (v->set.name_space[0] != '\0') {
		(void)snprintf(space, sizeof(space), "X-Vault-Namespace: %s",
		    v->set.name_space);
		headers[n++] = space;
	}
	if (v->has_token) {
		(void)snprintf(v->cred->header, sizeof(v->cred->header),
		    "X-Vault-Token: %s", v->cred->token);
		headers[n++] = v->cred->header;
	}
	headers[n] = NULL;
	q.body = body;
	q.n_body = body != NULL ? strlen(body) : 0;
	v->call = web_ask(web, &q, done, v, e);
	explicit_bzero(v->cred->header, sizeof(v->cred->header));
	return (v->call != NULL ? 0 : -1);
}

/* The answer's JSON when its status is well; a sentence by its status. */
static int
vault_json(const struct web_answer *a, const char *what, struct jspan *ret,
    struct err *e)
{
	if (a->result != WEB_OK)
		return (err_set(e, EIO, "%s: %s", what, a->why));
	if (a->status == 403)
		return (err_set(e, EACCES, "%s: the server refuses it (403): "
		    "the token has ended or may not do this", what));
	if (a->status == 404)
		return (err_set(e, ENOENT, "%s: there is none (404)", what));
	if (a->status == 503)
		return (err_set(e, EAGAIN, "%s: the server is sealed or in "
		    "maintenance (503)", what));
	if (a->status != 200)
		return (err_set(e, EIO, "%s: status %d", what, a->status));
	if (jspan_check(a->body, a->n, ret, e) != 0)
		return (err_prefix(e, "%s", what));
	return (0);
}

/* --- reading the secret ------------------------------------------------------ */

/* "2026-11-27T00:00:00.123Z" in seconds; false: it is none. */
static bool
moment(const char *s, int64_t *ret)
{
	struct civil c = { 0 };
	int n = 0;

	if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d%n", &c.year, &c.month, &c.day,
		&c.hour, &c.minute, &c.second, &n) != 6 || n != 19 ||
	    !civil_is_valid(&c) || strchr(s, 'Z') == NULL)
		return (false);
	*ret = civil_to_wall(&c);
	return (true);
}

static void
read_metadata(struct vault *v, struct jspan all, struct fetched *f)
{
	static const char *const version[] = { "data", "metadata", "version",
		NULL };
	static const char *const ends[] = { "data", "metadata",
		"deletion_time", NULL };
	static const char *const lease[] = { "lease_duration", NULL };
	struct jspan s;
	char text[48];
	int64_t i;

	if (jspan_find(all, version, &s) && jspan_int(s, &i) && i >= 0)
		(void)snprintf(f->version, sizeof(f->version), "%lld",
		    (long long)i);
	if (jspan_find(all, lease, &s) && jspan_int(s, &i) && i > 0 &&
	    i < VAULT_LONGEST_S)
		f->lasts = i * NS_S;
	if (jspan_find(all, ends, &s) && jspan_text(s, text, sizeof(text)) &&
	    moment(text, &i)) {
		i -= loop_now(v->host.loop).wall_s;
		if (i < VAULT_LONGEST_S && i * NS_S < f->lasts)
			f->lasts = i > 0 ? i * NS_S : 0;
	}
}

static void
read_access(struct vault *v, struct fetched *f)
{
	ns_t left = v->ends - vault_now(v);

	if (v->ttl == 0)
		return;
	f->again = left / 2;
	if (v->in_doubt || (!v->renewable && !by_role(v)))
		f->access = left > 0 ? left : 0;
}

static void
on_read(void *arg, const struct web_answer *a)
{
	static const char *const data[] = { "data", "data", NULL };
	struct fetched f = FETCHED_NONE;
	struct vault *v = arg;
	struct jspan all, in;
	char what[2 * VAULT_TEXT];

	v->call = NULL;
	if (a->result == WEB_OK && a->status == 403 && by_role(v) &&
	    !v->again) {
		/* the token was taken back: once more with a new one */
		v->again = true;
		v->has_token = false;
		explicit_bzero(v->cred->token, TOKEN_MAX);
		if (ask_login(v, &f.why) != 0)
			vault_failed(v, &f.why);
		return;
	}
	(void)snprintf(what, sizeof(what), "secret '%s'", v->set.path);
	if (vault_json(a, what, &all, &f.why) != 0)
		goto out;
	if (!jspan_find(all, data, &in))
		(void)err_set(&f.why, EBADMSG, "%s: the answer has no "
		    "data.data: is it version 2 of the engine?", what);
	else if (bundle_members(v->host.arena, in, &f.bundle, &f.why) != 0)
		(void)err_prefix(&f.why, "%s", what);
	if (f.bundle != NULL) {
		read_metadata(v, all, &f);
		read_access(v, &f);
	}
out:
	vault_fetched(v, &f);
}

static int
ask_read(struct vault *v, struct err *e)
{
	const char *slash = strchr(v->set.path, '/');
	int mount = (int)(slash - v->set.path);
	char path[3 * VAULT_TEXT];

	if (v->set.mount[0] != '\0')
		(void)snprintf(path, sizeof(path), "%s/data/%s",
		    v->set.mount, v->set.path);
	else
		(void)snprintf(path, sizeof(path), "%.*s/data/%s", mount,
		    v->set.path, slash + 1);
	return (vault_ask(v, path, NULL, on_read, e));
}

/* --- the token -------------------------------------------------------------- */

/* Its life as an answer tells it, below `names`. */
static void
token_life(struct vault *v, struct jspan all, const char *const *ttl,
    const char *const *renewable)
{
	struct jspan s;
	int64_t i;

	v->renewable = jspan_find(all, renewable, &s) && s.p[0] == 't';
	v->ttl = 0;
	v->ends = NS_NEVER;
	if (jspan_find(all, ttl, &s) && jspan_int(s, &i) && i > 0 &&
	    i < VAULT_LONGEST_S) {
		v->ttl = i * NS_S;
		v->ends = vault_now(v) + v->ttl;
	}
}

static bool
token_is(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f || p[i] == '"' ||
		    p[i] == '\\')
			return (false);
	return (n > 0 && n < TOKEN_MAX);
}

static bool
token_is_old(const struct vault *v)
{
	return (v->ttl > 0 && v->ends - vault_now(v) <= v->ttl / 3 * 2);
}

static void
on_login(void *arg, const struct web_answer *a)
{
	static const char *const token[] = { "auth", "client_token", NULL };
	static const char *const ttl[] = { "auth", "lease_duration", NULL };
	static const char *const renewable[] = { "auth", "renewable", NULL };
	struct vault *v = arg;
	struct jspan all, s;
	struct err e = { 0 };
	int rc = vault_json(a, "logging in by AppRole", &all, &e);

	v->call = NULL;
	if (rc == 0 && (!jspan_find(all, token, &s) || !jspan_is_string(s) ||
	    !token_is(s.p + 1, s.n - 2)))
		rc = err_set(&e, EBADMSG, "logging in by AppRole: the answer "
		    "has no token");
	if (rc == 0) {
		memcpy(v->cred->token, s.p + 1, s.n - 2);
		v->cred->token[s.n - 2] = '\0';
		v->has_token = v->known = true;
		token_life(v, all, ttl, renewable);
	}
	/* the old one still works, so the bundle is read; it is told */
	v->in_doubt = rc != 0;
	if (rc != 0 && v->has_token) {
		err_clear(&e);
		rc = 0;
	}
	explicit_bzero(v->cred->login, sizeof(v->cred->login));
	if (rc != 0 || ask_read(v, &e) != 0)
		vault_failed(v, &e);
}

static int
ask_login(struct vault *v, struct err *e)
{
	bool had = v->has_token;
	char path[VAULT_TEXT + 32];
	int rc;

	(void)snprintf(path, sizeof(path), "auth/%s/login",
	    v->set.auth_mount);
	v->has_token = false; /* is not sent along */
	rc = vault_ask(v, path, v->cred->login, on_login, e);
	v->has_token = had;
	return (rc);
}

static void
on_renew(void *arg, const struct web_answer *a)
{
	static const char *const ttl[] = { "auth", "lease_duration", NULL };
	static const char *const renewable[] = { "auth", "renewable", NULL };
	struct vault *v = arg;
	struct err e = { 0 };
	ns_t before = v->ttl;
	struct jspan all;
	bool refused;

	v->call = NULL;
	if (vault_json(a, "renewing the token", &all, &e) == 0) {
		token_life(v, all, ttl, renewable);
		/* its longest life comes near: it will not be renewed again */
		v->renewable = v->renewable && v->ttl >= before / 10 * 9;
		refused = !v->renewable;
	} else {
		refused = a->result == WEB_OK && a->status == 403;
		v->renewable = v->renewable && !refused;
		err_clear(&e);
	}
	if ((refused && by_role(v) ? ask_login(v, &e) : ask_read(v, &e)) != 0)
		vault_failed(v, &e);
}

static int
ask_renew(struct vault *v, struct err *e)
{
	return (vault_ask(v, "auth/token/renew-self", "{}", on_renew, e));
}

/* How long the file's token lives; one that may not ask is read with. */
static void
on_lookup(void *arg, const struct web_answer *a)
{
	static const char *const ttl[] = { "data", "ttl", NULL };
	static const char *const renewable[] = { "data", "renewable", NULL };
	struct vault *v = arg;
	struct err e = { 0 };
	struct jspan all;

	v->call = NULL;
	if (vault_json(a, "looking the token up", &all, &e) == 0) {
		token_life(v, all, ttl, renewable);
		v->known = true;
	}
	err_clear(&e);
	if (ask_read(v, &e) != 0)
		vault_failed(v, &e);
}

static int
ask_lookup(struct vault *v, struct err *e)
{
	v->ttl = 0;
	v->renewable = false;
	return (vault_ask(v, "auth/token/lookup-self", NULL, on_lookup, e));
}

/* --- the files ----------------------------------------------------------------- */

/* Without the blanks and line ends around. */
static struct reading_text
trimmed(struct reading_text t)
{
	while (t.n > 0 && (unsigned char)t.p[t.n - 1] <= ' ')
		t.n--;
	while (t.n > 0 && (unsigned char)t.p[0] <= ' ') {
		t.p++;
		t.n--;
	}
	return (t);
}

static int
next_token(struct vault *v, struct reading_text t, struct err *e)
{
	char *token = v->cred->token;

	t = trimmed(t);
	if (!token_is(t.p, t.n))
		return (err_set(e, EINVAL, "'%s' holds no token",
		    v->set.token_file));
	if (!v->has_token || strlen(token) != t.n ||
	    memcmp(token, t.p, t.n) != 0) {
		memcpy(token, t.p, t.n);
		token[t.n] = '\0';
		v->has_token = true;
		v->known = false;
	}
	if (!v->known)
		return (ask_lookup(v, e));
	return (token_is_old(v) && v->renewable ? ask_renew(v, e) :
	    ask_read(v, e));
}

static int
next_role(struct vault *v, const struct reading_text *file, struct err *e)
{
	struct reading_text role = trimmed(file[0]), id = trimmed(file[1]);
	int n;

	if (!token_is(role.p, role.n))
		return (err_set(e, EINVAL, "'%s' holds no role id",
		    v->set.role_id_file));
	if (!token_is(id.p, id.n))
		return (err_set(e, EINVAL, "'%s' holds no secret id",
		    v->set.secret_id_file));
	n = snprintf(v->cred->login, sizeof(v->cred->login),
	    "{\"role_id\":\"%.*s\",\"secret_id\":\"%.*s\"}", (int)role.n,
	    role.p, (int)id.n, id.p);
	if (n < 0 || (size_t)n >= sizeof(v->cred->login))
		return (err_set(e, EINVAL, "role id and secret id are over "
		    "%d bytes together", TOKEN_MAX - 40));
	if (!v->has_token || (token_is_old(v) && !v->renewable))
		return (ask_login(v, e));
	return (token_is_old(v) ? ask_renew(v, e) : ask_read(v, e));
}

static void
on_files(void *arg, const struct reading_text *text, const struct err *why)
{
	struct vault *v = arg;
	struct err e = *why;
	int rc = -1;

	v->reading = NULL;
	if (!v->wanted)
		return;
	if (text != NULL)
		rc = by_role(v) ? next_role(v, text, &e) :
		    next_token(v, text[0], &e);
	if (rc != 0)
		vault_failed(v, &e);
}

/* --- its life ------------------------------------------------------------------ */

static int
vault_fetch(void *self, struct err *e)
{
	struct vault *v = self;
	struct reading_job job = { 1, { v->set.token_file, NULL },
		TOKEN_MAX - 1, on_files, v };

	if (by_role(v)) {
		job.n = 2;
		job.path[0] = v->set.role_id_file;
		job.path[1] = v->set.secret_id_file;
	}
	if (v->reading == NULL)
		v->reading = reading_start(v->host.loop, &job, e);
	v->wanted = v->reading != NULL;
	return (v->wanted ? 0 : -1);
}

static void
vault_cancel(void *self)
{
	struct vault *v = self;

	v->wanted = v->again = false;
	web_cancel(v->call);
	v->call = NULL;
	explicit_bzero(v->cred->login, sizeof(v->cred->login));
}

static int
vault_init(void *self, const struct secret_host *host, const void *settings,
    struct err *e)
{
	struct vault *v = self;

	v->host = *host;
	v->set = *(const struct vault_settings *)settings;
	v->cred = arena_take(host->arena, sizeof(*v->cred));
	return (v->cred != NULL ? 0 : err_set(e, ENOMEM, "no room for one "
	    "more secret"));
}

static void
vault_fini(void *self)
{
	struct vault *v = self;

	reading_stop(v->reading);
	web_cancel(v->call);
	if (v->cred != NULL)
		arena_give(v->host.arena, v->cred);
}

const struct secret_ops secret_vault = { "vault", sizeof(struct vault),
	&vault_keys, vault_init, vault_fetch, vault_cancel, vault_fini };
