/* SPDX-License-Identifier: MIT */
/*
 * The source `aws`: one secret of Secrets Manager, or all parameters of a
 * path of Systems Manager, page after page.  Every call is a POST to "/",
 * signed by libcurl.  Pages are put together in the arena, as the text of
 * one JSON object.  What AWS says goes into no sentence, but the name of an
 * error, which is letters.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cloud/aws_credentials.h"
#include "io/jspan.h"
#include "io/web.h"
#include "secret/arena.h"
#include "secret/aws.h"
#include "secret/bundle.h"
#include "secret/source.h"

enum {
	ANSWER_MAX = 512 << 10,
	CALL_DEADLINE_S = 60, /* the host's own is shorter */
	PAGES = 16,	      /* of ten parameters: more keys than fit */
	NEXT_SIZE = 2048,     /* a token of the next page */
	CREDENTIALS_MAX = 32 << 10,
	TEXT_ROOM = BUNDLE_MAX + ARENA_PAGE
};
_Static_assert(sizeof(struct aws_credentials) <= ARENA_PAGE, "one page");

struct aws {
	struct secret_host host;
	struct aws_settings set;
	struct aws_credentials *cred; /* the arena's */
	struct reading *reading;
	struct web_call *call;
	bool wanted;
	int pages;
	char *text; /* the arena's: what the pages hold so far */
	size_t n;
};

static int	ask_parameters(struct aws *, const char *next, struct err *);

/* Whatever is under way is dropped; nothing of it stays. */
static void
aws_cancel(void *self)
{
	struct aws *s = self;

	s->wanted = false;
	web_cancel(s->call);
	s->call = NULL;
	explicit_bzero(s->cred, sizeof(*s->cred));
	arena_give(s->host.arena, s->text);
	s->text = NULL;
}

static void
aws_fetched(struct aws *s, const struct fetched *f)
{
	aws_cancel(s);
	s->host.fetched(s->host.ctx, f);
}

static void
aws_failed(struct aws *s, const struct err *e)
{
	struct fetched f = FETCHED_NONE;

	f.why = *e;
	aws_fetched(s, &f);
}

/* --- asking ------------------------------------------------------------------ */

static int
aws_ask(struct aws *s, const char *service, const char *target,
    const char *body, web_done *done, struct err *e)
{
	char url[AWS_TEXT + 8], sign[2 * AWS_NAME], header[AWS_NAME + 48];
	const char *headers[] = { "Content-Type: application/x-amz-json-1.1",
		header, s->cred->token[0] != '\0' ? s->cred->token : NULL,
		NULL };
	struct web_request q = { .method = "POST", .url = url,
		.headers = headers, .body = body, .n_body = strlen(body),
		.ca_file = s->set.ca_file[0] != '\0' ? s->set.ca_file : NULL,
		.sign = sign, .sign_user = s->cred->user,
		.deadline = CALL_DEADLINE_S * NS_S, .max = ANSWER_MAX,
		.flags = WEB_PLAIN };
	struct web *web = s->host.web(s->host.ctx, e);

	if (web == NULL)
		return (-1);
	if (s->set.address[0] != '\0')
		(void)snprintf(url, sizeof(url), "%s/", s->set.address);
	else
		(void)snprintf(url, sizeof(url),
		    "https://%s.%s.amazonaws.com/", service, s->set.region);
	(void)snprintf(sign, sizeof(sign), "aws:amz:%s:%s", s->set.region,
	    service);
	(void)snprintf(header, sizeof(header), "X-Amz-Target: %s", target);
	s->call = web_ask(web, &q, done, s, e);
	return (s->call != NULL ? 0 : -1);
}

/* The name of an error: "ResourceNotFoundException", or "". */
static void
error_name(struct jspan all, char *to, size_t size)
{
	static const char *const type[] = { "__type", NULL };
	char *p, text[128];
	struct jspan v;

	to[0] = '\0';
	if (!jspan_find(all, type, &v) || !jspan_text(v, text, sizeof(text)))
		return;
	p = strrchr(text, '#');
	p = p != NULL ? p + 1 : text;
	if (strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	    == strlen(p))
		(void)snprintf(to, size, " (%.60s)", p);
}

static int
aws_json(const struct web_answer *a, struct jspan *ret, struct err *e)
{
	char name[80];

	if (a->result != WEB_OK)
		return (err_set(e, EIO, "%s", a->why));
	if (jspan_check(a->body, a->n, ret, e) != 0)
		return (a->status == 200 ? -1 : err_set(e, EIO, "status %d",
		    a->status));
	if (a->status == 200)
		return (0);
	error_name(*ret, name, sizeof(name));
	err_clear(e);
	return (err_set(e, EIO, "status %d%s", a->status, name));
}

/* --- Secrets Manager ----------------------------------------------------------- */

static int
digit64(char c)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c != '\0' ? strchr(set, c) : NULL;

	return (p != NULL ? (int)(p - set) : -1);
}

/* In place; how many bytes, or -1: it is none. */
static ssize_t
decode64(char *text, size_t n)
{
	unsigned v = 0;
	size_t i, k = 0, m = 0;
	int d;

	while (n > 0 && text[n - 1] == '=')
		n--;
	for (i = 0; i < n; i++) {
		d = digit64(text[i]);
		if (d < 0)
			return (-1);
		v = v << 6 | (unsigned)d;
		if (++k == 4) {
			text[m++] = (char)(v >> 16);
			text[m++] = (char)(v >> 8);
			text[m++] = (char)v;
			v = 0;
			k = 0;
		}
	}
	if (k == 1)
		return (-1);
	if (k >= 2)
		text[m++] = (char)(v >> (k == 2 ? 4 : 10));
	if (k == 3)
		text[m++] = (char)(v >> 2);
	return ((ssize_t)m);
}

static int
secret_bundle(struct aws *s, struct jspan all, struct bundle **ret,
    struct err *e)
{
	static const char *const string[] = { "SecretString", NULL };
	static const char *const binary[] = { "SecretBinary", NULL };
	bool raw = false;
	struct jspan v;
	ssize_t n;
	char *text;
	int rc;

	if (!jspan_find(all, string, &v) || !jspan_is_string(v)) {
		raw = jspan_find(all, binary, &v) && jspan_is_string(v);
		if (!raw)
			return (err_set(e, EBADMSG, "the answer has no "
			    "secret"));
	}
	text = arena_take(s->host.arena, v.n + 1);
	if (text == NULL)
		return (err_set(e, ENOMEM, "no room for one more secret"));
	n = (ssize_t)jspan_string(v, text);
	if (raw)
		n = decode64(text, (size_t)n);
	rc = n < 0 ? err_set(e, EBADMSG, "SecretBinary is no base64") :
	    bundle_text(s->host.arena, text, (size_t)n, ret, e);
	arena_give(s->host.arena, text);
	return (rc);
}

static void
on_secret(void *arg, const struct web_answer *a)
{
	static const char *const version[] = { "VersionId", NULL };
	struct fetched f = FETCHED_NONE;
	struct aws *s = arg;
	struct jspan all, v;

	s->call = NULL;
	if (aws_json(a, &all, &f.why) == 0 &&
	    secret_bundle(s, all, &f.bundle, &f.why) == 0 &&
	    jspan_find(all, version, &v) &&
	    !jspan_text(v, f.version, sizeof(f.version)))
		f.version[0] = '\0';
	if (f.bundle == NULL)
		(void)err_prefix(&f.why, "secret '%s'", s->set.secret);
	aws_fetched(s, &f);
}

/* --- Systems Manager ------------------------------------------------------------- */

static int
text_add(struct aws *s, const char *p, size_t n, struct err *e)
{
	if (s->n + n > BUNDLE_MAX)
		return (err_set(e, EFBIG, "they are over %d kB",
		    BUNDLE_MAX >> 10));
	memcpy(s->text + s->n, p, n);
	s->n += n;
	return (0);
}

/* One more member of the object: its key is the last part of the name. */
static int
add_parameter(struct aws *s, struct jspan one, struct err *e)
{
	static const char *const name[] = { "Name", NULL };
	static const char *const value[] = { "Value", NULL };
	char text[AWS_TEXT + BUNDLE_KEY_SIZE + 8], *key;
	struct jspan k, v;

	if (!jspan_find(one, name, &k) || !jspan_find(one, value, &v) ||
	    !jspan_is_string(v) || !jspan_text(k, text, sizeof(text)))
		return (err_set(e, EBADMSG, "one has no name and value"));
	key = strrchr(text, '/');
	key = key != NULL ? key + 1 : text;
	if (!bundle_key_ok(key))
		return (err_set(e, EINVAL, "one is named otherwise than a key "
		    "may be"));
	if (text_add(s, s->n > 1 ? ",\"" : "\"", s->n > 1 ? 2 : 1, e) != 0 ||
	    text_add(s, key, strlen(key), e) != 0 ||
	    text_add(s, "\":", 2, e) != 0)
		return (-1);
	return (text_add(s, v.p, v.n, e));
}

static int
add_page(struct aws *s, struct jspan all, struct err *e)
{
	static const char *const list[] = { "Parameters", NULL };
	struct jspan v, one;
	size_t at = 0;

	if (!jspan_find(all, list, &v) || !jspan_is_list(v))
		return (err_set(e, EBADMSG, "the answer has no list"));
	while (jspan_item(v, &at, &one))
		if (!jspan_is_object(one) || add_parameter(s, one, e) != 0)
			return (e->code != 0 ? -1 : err_set(e, EBADMSG,
			    "one is no object"));
	return (0);
}

/*
 * The next page's token, "" at the last.  One that we cannot say again is an
 * error: without the pages behind it the bundle would be cut short.
 */
static int
next_page(struct jspan all, char *to, size_t size, struct err *e)
{
	static const char *const next[] = { "NextToken", NULL };
	struct jspan v;

	to[0] = '\0';
	if (!jspan_find(all, next, &v) ||
	    (v.n == 4 && memcmp(v.p, "null", 4) == 0) ||
	    jspan_text(v, to, size))
		return (0);
	return (err_set(e, EBADMSG, "a strange NextToken"));
}

static int
parameters_bundle(struct aws *s, struct bundle **ret, struct err *e)
{
	struct jspan all;

	if (s->n == 1)
		return (err_set(e, ENOENT, "there is none"));
	if (text_add(s, "}", 1, e) != 0 ||
	    jspan_check(s->text, s->n, &all, e) != 0)
		return (-1);
	return (bundle_members(s->host.arena, all, ret, e));
}

static void
on_page(void *arg, const struct web_answer *a)
{
	struct fetched f = FETCHED_NONE;
	struct aws *s = arg;
	struct jspan all;
	char next[NEXT_SIZE];
	int rc;

	s->call = NULL;
	rc = aws_json(a, &all, &f.why);
	if (rc == 0)
		rc = add_page(s, all, &f.why);
	if (rc == 0)
		rc = next_page(all, next, sizeof(next), &f.why);
	if (rc == 0 && next[0] != '\0') {
		if (++s->pages < PAGES && ask_parameters(s, next,
		    &f.why) == 0)
			return;
		(void)err_set(&f.why, EFBIG, "there are more than fit");
	} else if (rc == 0) {
		(void)parameters_bundle(s, &f.bundle, &f.why);
	}
	if (f.bundle == NULL)
		(void)err_prefix(&f.why, "parameters of '%s'",
		    s->set.parameters);
	aws_fetched(s, &f);
}

static int
ask_parameters(struct aws *s, const char *next, struct err *e)
{
	char body[AWS_TEXT + NEXT_SIZE + 128];
	size_t n;

	/* what it must not have, JSON would have to escape */
	if (next != NULL && strpbrk(next, "\"\\") != NULL)
		return (err_set(e, EBADMSG, "a strange NextToken"));
	n = (size_t)snprintf(body, sizeof(body), "{\"Path\":\"%s\","
	    "\"Recursive\":false,\"WithDecryption\":true", s->set.parameters);
	if (next != NULL)
		n += (size_t)snprintf(body + n, sizeof(body) - n,
		    ",\"NextToken\":\"%s\"", next);
	(void)snprintf(body + n, sizeof(body) - n, "}");
	return (aws_ask(s, "ssm", "AmazonSSM.GetParametersByPath", body,
	    on_page, e));
}

static int
ask_first(struct aws *s, struct err *e)
{
	char body[AWS_TEXT + 32];

	if (s->set.secret[0] != '\0') {
		(void)snprintf(body, sizeof(body), "{\"SecretId\":\"%s\"}",
		    s->set.secret);
		return (aws_ask(s, "secretsmanager",
		    "secretsmanager.GetSecretValue", body, on_secret, e));
	}
	s->text = arena_take(s->host.arena, TEXT_ROOM);
	if (s->text == NULL)
		return (err_set(e, ENOMEM, "no room for one more secret"));
	s->pages = 0;
	s->text[0] = '{';
	s->n = 1;
	return (ask_parameters(s, NULL, e));
}

/* --- who we are, and its life --------------------------------------------------- */

static void
on_file(void *arg, const struct reading_text *text, const struct err *why)
{
	struct aws *s = arg;
	struct err e = *why;
	int rc = -1;

	s->reading = NULL;
	if (!s->wanted)
		return;
	if (text != NULL && (rc = aws_credentials_text(text[0].p, text[0].n,
		s->set.profile, s->cred, &e)) != 0)
		(void)err_prefix(&e, "'%s'", s->set.credentials_file);
	if (rc != 0 || ask_first(s, &e) != 0)
		aws_failed(s, &e);
}

static int
aws_fetch(void *self, struct err *e)
{
	struct aws *s = self;
	struct reading_job job = { 1, { s->set.credentials_file, NULL },
		CREDENTIALS_MAX, on_file, s };

	if (s->set.credentials_file[0] == '\0') {
		if (aws_credentials_env(s->cred, e) != 0)
			return (-1);
		s->wanted = true;
		if (ask_first(s, e) == 0)
			return (0);
		aws_cancel(s);
		return (-1);
	}
	if (s->reading == NULL)
		s->reading = reading_start(s->host.loop, &job, e);
	s->wanted = s->reading != NULL;
	return (s->wanted ? 0 : -1);
}

static int
aws_init(void *self, const struct secret_host *host, const void *settings,
    struct err *e)
{
	struct aws *s = self;

	s->host = *host;
	s->set = *(const struct aws_settings *)settings;
	s->cred = arena_take(host->arena, sizeof(*s->cred));
	return (s->cred != NULL ? 0 : err_set(e, ENOMEM, "no room for one "
	    "more secret"));
}

static void
aws_fini(void *self)
{
	struct aws *s = self;

	reading_stop(s->reading);
	if (s->cred == NULL)
		return;
	aws_cancel(s);
	arena_give(s->host.arena, s->cred);
}

const struct secret_ops secret_aws = { "aws", sizeof(struct aws), &aws_keys,
	aws_init, aws_fetch, aws_cancel, aws_fini };
