/* SPDX-License-Identifier: MIT */
/*
 * The boot endpoint as servers and strangers see it: real TLS over loopback,
 * clients in threads of their own, the endpoint on the loop of this one.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <event2/event.h>
#include <json-c/json.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "boot/boot_endpoint.h"
#include "io/clock.h"
#include "io/loop.h"
#include "unit.h"

#define WITHIN (60 * NS_S) /* a broken test ends; a good one is quick */
#define NONCE "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

enum { CROWD = 200, ANSWER = 16384 };

static const unsigned char odd[] = { 0, 'a', '"', '\\', '\n', 0xff, 0xfe };

static struct {
	char folder[64], cert[96], key[96];
	struct loop *loop;
	struct boot_tokens *tokens;
	struct boot_endpoint *ep;
	struct timer tick;
	char text[BOOT_TEXT_SIZE];
	struct token token;
	bool ready;	 /* the bundle is there */
	bool slow_disk; /* keep() says a number to wait for */
	uint64_t kept;
	int answered;
	struct boot_row row;
	int refused[BOOT_VERDICT_COUNT];
	enum phase phase;
	char words[64];
} w;

/* --- what the endpoint asks ----------------------------------------------- */

static uint64_t
on_keep(void *ctx, const struct token *t, const struct boot_row *row)
{
	(void)ctx, (void)t;
	w.row = *row;
	w.kept++;
	return (w.slow_disk ? w.kept : 0);
}

static int
on_answer(void *ctx, const struct token *t, struct boot_answer *ret,
    boot_put *put, void *arg)
{
	(void)ctx, (void)t;
	w.answered++;
	if (!w.ready)
		return (-1);
	put(arg, "ODD", odd, sizeof(odd));
	put(arg, "EMPTY", "", 0);
	(void)snprintf(ret->artifact_url, sizeof(ret->artifact_url),
	    "https://artifacts.example/shop.tar");
	ret->sync = "skip";
	return (0);
}

static void
on_phase(void *ctx, const struct token *t, enum phase phase,
    const char *words, size_t n)
{
	(void)ctx;
	if (memcmp(t, &w.token, sizeof(*t)) != 0) /* one of a crowd */
		return;
	w.phase = phase;
	(void)snprintf(w.words, sizeof(w.words), "%.*s", (int)n, words);
}

static void
on_refused(void *ctx, enum boot_verdict v, const struct token *t)
{
	(void)ctx;
	ck_assert_int_eq(t == NULL, v == BOOT_FOREIGN);
	w.refused[v]++;
}

/* --- a certificate of our own ---------------------------------------------- */

static void
make_cert(long days)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *san;
	FILE *f;

	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_set_version(x, 2);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), days * 86400);
	(void)X509_set_pubkey(x, k);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"boot", -1, -1, 0);
	(void)X509_set_issuer_name(x, X509_get_subject_name(x));
	san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "IP:127.0.0.1");
	(void)X509_add_ext(x, san, -1);
	X509_EXTENSION_free(san);
	ck_assert_int_gt(X509_sign(x, k, EVP_sha256()), 0);
	ck_assert_ptr_nonnull(f = fopen(w.cert, "we"));
	ck_assert_int_eq(PEM_write_X509(f, x), 1);
	(void)fclose(f);
	ck_assert_ptr_nonnull(f = fopen(w.key, "we"));
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	ck_assert_int_eq(PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL,
	    NULL), 1);
	(void)fclose(f);
	X509_free(x);
	EVP_PKEY_free(k);
}

/* --- clients ---------------------------------------------------------------- */

struct client {
	pthread_t thread;
	char send[BOOT_HEADERS * 4];
	size_t n;
	int tls_most;	/* 0: any version */
	bool plain;	/* no TLS at all */
	bool leaves;	/* when told so */
	bool drips;	/* goes on and on, a byte now and then */
	atomic_bool leave, done;
	char answer[ANSWER];
};

static int
client_socket(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)boot_endpoint_port(w.ep)) };
	struct timeval most = { WITHIN / NS_S, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		(void)close(fd), fd = -1;
	return (fd);
}

static void
client_talk(struct client *c, SSL *s)
{
	size_t n = 0;
	int got;

	if (c->n > 0 && SSL_write(s, c->send, (int)c->n) <= 0)
		return;
	while (c->drips && SSL_write(s, "h", 1) == 1)
		(void)usleep(20000); /* what it is to be slow */
	while (c->leaves && !atomic_load(&c->leave))
		(void)usleep(1000); /* another thread, told by an event */
	if (c->leaves)
		return;
	while (n < ANSWER - 1 && (got = SSL_read(s, c->answer + n,
	    (int)(ANSWER - 1 - n))) > 0)
		n += (size_t)got;
	c->answer[n] = '\0';
}

static void
client_tls(struct client *c, int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *s;

	(void)SSL_CTX_load_verify_locations(ctx, w.cert, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (c->tls_most != 0) {
		/* what is this old wants the lowest level, too */
		(void)SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
		(void)SSL_CTX_set_max_proto_version(ctx, c->tls_most);
	}
	s = SSL_new(ctx);
	(void)X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s), "127.0.0.1");
	(void)SSL_set_fd(s, fd);
	if (SSL_connect(s) == 1)
		client_talk(c, s);
	else
		(void)snprintf(c->answer, sizeof(c->answer), "no TLS");
	SSL_free(s);
	SSL_CTX_free(ctx);
}

static void *
client_run(void *arg)
{
	struct client *c = arg;
	int fd = client_socket();
	ssize_t n = -1;

	if (fd >= 0 && c->plain) {
		if (c->n == 0 || send(fd, c->send, c->n, MSG_NOSIGNAL) > 0)
			n = recv(fd, c->answer, ANSWER - 1, 0);
		c->answer[n > 0 ? n : 0] = '\0';
	} else if (fd >= 0) {
		client_tls(c, fd);
	}
	if (fd >= 0)
		(void)close(fd);
	atomic_store(&c->done, true);
	return (NULL);
}

static void
on_tick(void *arg)
{
	(void)arg;
	loop_timer_set(w.loop, &w.tick, 5 * NS_MS, on_tick, NULL);
}

#define UNTIL(cond)                                                    \
	do {                                                           \
		ns_t end_ = clock_now().mono + WITHIN;                 \
		while (!(cond)) {                                      \
			ck_assert_msg(clock_now().mono < end_,         \
			    "in vain: %s", #cond);                     \
			(void)event_base_loop(loop_base(w.loop),       \
			    EVLOOP_ONCE);                              \
		}                                                      \
	} while (0)

static void
client_begin(struct client *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, client_run, c), 0);
}

static void
client_end(struct client *c)
{
	UNTIL(atomic_load(&c->done));
	(void)pthread_join(c->thread, NULL);
}

static void
request(struct client *c, const char *path, const char *token,
    const char *nonce, const char *body)
{
	memset(c, 0, sizeof(*c));
	c->n = (size_t)snprintf(c->send, sizeof(c->send), "POST %s HTTP/1.1\r\n"
	    "Host: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
	    "Plimsoll-Nonce: %s\r\nContent-Length: %zu\r\n\r\n%s", path, token,
	    nonce, strlen(body), body);
}

/* The status of the answer. */
static int
ask(const char *path, const char *token, const char *nonce, const char *body)
{
	static struct client c;
	int status = 0;

	request(&c, path, token, nonce, body);
	client_begin(&c);
	client_end(&c);
	(void)sscanf(c.answer, "HTTP/1.1 %d", &status);
	return (status);
}

/* --- the kit ----------------------------------------------------------------- */

static void
begin_with(ns_t life)
{
	struct boot_settings set = { .listen = "127.0.0.1:1", .life = life,
		.any_port = true };
	struct boot_hooks hooks = { NULL, on_keep, on_answer, on_phase,
		on_refused };
	uint8_t random[BOOT_SECRET_SIZE];
	struct err e = { 0 };

	(void)signal(SIGPIPE, SIG_IGN); /* as in the daemon */
	memset(&w, 0, sizeof(w));
	(void)snprintf(w.folder, sizeof(w.folder), "/tmp/plimsoll-boot-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w.folder));
	(void)snprintf(w.cert, sizeof(w.cert), "%s/cert.pem", w.folder);
	(void)snprintf(w.key, sizeof(w.key), "%s/key.pem", w.folder);
	make_cert(30);
	memset(&w.token, 9, sizeof(w.token));
	memset(random, 0x3c, sizeof(random));
	w.ready = true;
	w.tokens = boot_tokens_new();
	ck_assert_int_eq(boot_tokens_issue(w.tokens, &w.token, random, w.text,
	    &w.row), 0);
	ck_assert_ptr_nonnull(w.loop = loop_new(&e));
	(void)snprintf(set.certificate, sizeof(set.certificate), "%s", w.cert);
	(void)snprintf(set.key, sizeof(set.key), "%s", w.key);
	w.ep = boot_endpoint_new(w.loop, &set, w.tokens, &hooks, &e);
	ck_assert_msg(w.ep != NULL, "%s", e.text);
	on_tick(NULL);
}

static void
begin(void)
{
	begin_with(0);
}

static void
end(void)
{
	boot_endpoint_free(w.ep);
	boot_tokens_free(w.tokens);
	loop_timer_stop(&w.tick);
	loop_free(w.loop);
	(void)unlink(w.cert);
	(void)unlink(w.key);
	(void)rmdir(w.folder);
}

/* --- tests -------------------------------------------------------------------- */

/* JSON, one member a line, and every byte of the secret. */
START_TEST(test_bundle)
{
	static struct client c;
	struct json_object *o, *s, *v;
	const char *body, *b64;
	unsigned char got[16];

	request(&c, "/v1/boot/bundle", w.text, NONCE, "");
	client_begin(&c);
	client_end(&c);
	ck_assert_msg(strncmp(c.answer, "HTTP/1.1 200 ", 13) == 0, "%s",
	    c.answer);
	ck_assert_ptr_nonnull(body = strstr(c.answer, "\r\n\r\n"));
	ck_assert_ptr_nonnull(o = json_tokener_parse(body + 4));
	ck_assert(json_object_object_get_ex(o, "secrets", &s));
	ck_assert(json_object_object_get_ex(s, "ODD", &v));
	b64 = json_object_get_string(v);
	ck_assert_int_eq(EVP_DecodeBlock(got, (const unsigned char *)b64,
	    (int)strlen(b64)), 9);
	ck_assert_mem_eq(got, odd, sizeof(odd));
	ck_assert(json_object_object_get_ex(s, "EMPTY", &v));
	ck_assert_str_eq(json_object_get_string(v), "");
	ck_assert(json_object_object_get_ex(o, "sync", &v));
	ck_assert_str_eq(json_object_get_string(v), "skip");
	ck_assert_ptr_nonnull(strstr(body, "\n\"ODD\":\""));
	json_object_put(o);
}
END_TEST

START_TEST(test_who_may)
{
	char foreign[BOOT_TEXT_SIZE];

	memcpy(foreign, w.text, sizeof(foreign));
	foreign[BOOT_TEXT_SIZE - 2] ^= 1;
	ck_assert_int_eq(ask("/v1/boot/bundle", foreign, NONCE, ""), 403);
	ck_assert_int_eq(ask("/v1/boot/bundle", "", NONCE, ""), 403);
	ck_assert_int_eq(w.refused[BOOT_FOREIGN], 2);
	ck_assert_int_eq(ask("/v1/boot/phase/booted", w.text, NONCE, ""), 403);
	ck_assert_int_eq(w.refused[BOOT_UNBOUND], 1);
	ck_assert_int_eq(w.kept, 0);
	ck_assert_int_eq(w.phase, PHASE_NONE);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
	ck_assert_int_eq(w.phase, PHASE_BOOTED);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, OTHER, ""), 403);
	ck_assert_int_eq(w.refused[BOOT_OTHER_NONCE], 1);
	ck_assert_int_eq(ask("/v1/boot/phase/secrets", w.text, NONCE, ""),
	    204);
	ck_assert_int_eq(w.phase, PHASE_SECRETS);
	ck_assert_int_eq(w.row.state, BOOT_SPENT);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 403);
	ck_assert_int_eq(w.refused[BOOT_REPLAYED], 1);
	ck_assert_int_eq(ask("/v1/boot/phase/failed", w.text, NONCE,
	    "tar: short read"), 204);
	ck_assert_int_eq(w.phase, PHASE_FAILED);
	ck_assert_str_eq(w.words, "tar: short read");
	ck_assert_int_eq(ask("/v1/boot/phase/serving", w.text, NONCE, ""),
	    404);
	ck_assert(boot_tokens_end(w.tokens, &w.token));
	ck_assert_int_eq(ask("/v1/boot/phase/artifact", w.text, NONCE, ""),
	    403);
	ck_assert_int_eq(w.refused[BOOT_LATE], 1);
	ck_assert_int_eq(ask("/", w.text, NONCE, ""), 404);
	ck_assert_int_eq(ask("/v1/boot/bundles", w.text, NONCE, ""), 404);
}
END_TEST

/* No secret leaves before the disk knows whose token it is. */
START_TEST(test_durable_first)
{
	static struct client c;
	uint64_t seq;

	w.slow_disk = true;
	request(&c, "/v1/boot/bundle", w.text, NONCE, "");
	client_begin(&c);
	UNTIL(w.kept == 1);
	seq = w.kept;
	boot_endpoint_durable(w.ep, seq - 1);
	ck_assert_int_eq(w.answered, 0);
	boot_endpoint_durable(w.ep, seq);
	client_end(&c);
	ck_assert_ptr_nonnull(strstr(c.answer, "\"ODD\""));
}
END_TEST

/* A server that went away while the disk was slow asks again. */
START_TEST(test_gone_while_waiting)
{
	static struct client c;

	w.slow_disk = true;
	request(&c, "/v1/boot/bundle", w.text, NONCE, "");
	c.leaves = true;
	client_begin(&c);
	UNTIL(w.kept == 1);
	atomic_store(&c.leave, true);
	client_end(&c);
	/* the end of a later one shows that its end was seen, too */
	w.slow_disk = false;
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
	boot_endpoint_durable(w.ep, UINT64_MAX);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
}
END_TEST

/* A disk that hangs holds nobody for ever: it asks again. */
START_TEST(test_wait_ends)
{
	static struct client c;

	end();
	begin_with(NS_S / 2);
	w.slow_disk = true;
	request(&c, "/v1/boot/bundle", w.text, NONCE, "");
	client_begin(&c);
	client_end(&c);
	ck_assert_int_eq(w.kept, 1);
	ck_assert_str_eq(c.answer, "");
	boot_endpoint_durable(w.ep, UINT64_MAX); /* nobody is there */
	ck_assert_int_eq(w.answered, 0);
	w.slow_disk = false;
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
}
END_TEST

START_TEST(test_not_ready)
{
	w.ready = false;
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 503);
	w.ready = true;
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
}
END_TEST

START_TEST(test_bounds)
{
	static struct client c;
	static char body[BOOT_WORDS + 2];

	memset(body, 'x', sizeof(body) - 1);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
	ck_assert_int_eq(ask("/v1/boot/phase/failed", w.text, NONCE, body),
	    413);
	ck_assert_int_eq(w.phase, PHASE_BOOTED);
	memset(&c, 0, sizeof(c));
	memset(c.send, 'h', sizeof(c.send));
	memcpy(c.send, "POST /v1/boot/bundle HTTP/1.1\r\nX: ", 34);
	c.n = sizeof(c.send);
	client_begin(&c);
	client_end(&c);
	ck_assert_ptr_null(strstr(c.answer, " 200 "));
	memset(&c, 0, sizeof(c));
	c.tls_most = TLS1_1_VERSION;
	client_begin(&c);
	client_end(&c);
	ck_assert_str_eq(c.answer, "no TLS");
	request(&c, "/v1/boot/bundle", w.text, NONCE, "");
	c.plain = true; /* no TLS: not a byte of an answer with secrets */
	client_begin(&c);
	client_end(&c);
	ck_assert_ptr_null(strstr(c.answer, "ODD"));
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
}
END_TEST

/* Whoever says nothing, or not all of it, is cut off. */
START_TEST(test_slow_ones_are_cut_off)
{
	static struct client silent[3];
	int i;

	end();
	begin_with(NS_S / 2);
	memset(silent, 0, sizeof(silent));
	silent[0].plain = true; /* connected, no handshake */
	request(&silent[1], "/v1/boot/bundle", w.text, NONCE, "");
	silent[1].n = 20; /* half a line, and so slowly on */
	silent[1].drips = true;
	request(&silent[2], "/v1/boot/phase/failed", w.text, NONCE, "words");
	silent[2].n -= 2;
	for (i = 0; i < 3; i++)
		client_begin(&silent[i]);
	for (i = 0; i < 3; i++)
		client_end(&silent[i]);
	for (i = 0; i < 3; i++)
		ck_assert_ptr_null(strstr(silent[i].answer, " 20"));
	ck_assert_int_eq(w.phase, PHASE_NONE);
}
END_TEST

/* A rush of boots: each gets its answer. */
START_TEST(test_crowd)
{
	struct client *c = calloc(CROWD, sizeof(*c));
	uint8_t random[BOOT_SECRET_SIZE] = { 0 };
	char text[BOOT_TEXT_SIZE];
	struct boot_row row;
	struct token t;
	int i, good = 0;

	for (i = 0; i < CROWD; i++) {
		memset(&t, 0, sizeof(t));
		memcpy(t.byte, &i, sizeof(i));
		random[0] = (uint8_t)i;
		ck_assert_int_eq(boot_tokens_issue(w.tokens, &t, random, text,
		    &row), 0);
		request(&c[i], "/v1/boot/bundle", text, NONCE, "");
		client_begin(&c[i]);
	}
	for (i = 0; i < CROWD; i++) {
		client_end(&c[i]);
		good += strncmp(c[i].answer, "HTTP/1.1 200 ", 13) == 0;
	}
	ck_assert_int_eq(good, CROWD);
	free(c);
}
END_TEST

/* I-36: a new certificate counts at once, a bad one changes nothing. */
START_TEST(test_certificate)
{
	int64_t ends = boot_endpoint_ends(w.ep);
	struct err e = { 0 };

	ck_assert_int_gt(ends, clock_now().wall_s + 29 * 86400);
	ck_assert_int_lt(ends, clock_now().wall_s + 31 * 86400);
	make_cert(60);
	ck_assert_int_eq(boot_endpoint_reload(w.ep, &e), 0);
	ck_assert_int_gt(boot_endpoint_ends(w.ep), ends);
	ends = boot_endpoint_ends(w.ep);
	ck_assert_int_eq(ask("/v1/boot/bundle", w.text, NONCE, ""), 200);
	ck_assert_int_eq(chmod(w.key, 0644), 0);
	ck_assert_int_eq(boot_endpoint_reload(w.ep, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "others may read"));
	ck_assert_int_eq(truncate(w.cert, 10), 0);
	ck_assert_int_eq(chmod(w.key, 0600), 0);
	err_clear(&e);
	ck_assert_int_eq(boot_endpoint_reload(w.ep, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "boot.certificate"));
	ck_assert_int_eq(boot_endpoint_ends(w.ep), ends);
}
END_TEST

/*
 * OpenSSL as one who must talk to the oldest things sets it up: what the
 * endpoint refuses then, it refuses itself.
 */
static bool
lax_openssl(void)
{
	static const char text[] = "openssl_conf = a\n[a]\nssl_conf = b\n"
	    "[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\n"
	    "CipherString = ALL:@SECLEVEL=0\n";
	char conf[] = "/tmp/plimsoll-openssl-XXXXXX";
	int fd = mkstemp(conf);
	bool ok;

	ok = fd >= 0 && write(fd, text, sizeof(text) - 1) ==
	    (ssize_t)sizeof(text) - 1 && setenv("OPENSSL_CONF", conf, 1) == 0;
	(void)close(fd);
	/* read here, once, for the tests that are forked off */
	ok = ok && OPENSSL_init_ssl(0, NULL) == 1;
	(void)unlink(conf);
	return (ok);
}

int
main(void)
{
	Suite *s = suite_create("boot_endpoint");
	TCase *t = tcase_create("boot_endpoint");

	if (!lax_openssl())
		return (1);
	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_bundle);
	tcase_add_test(t, test_who_may);
	tcase_add_test(t, test_durable_first);
	tcase_add_test(t, test_gone_while_waiting);
	tcase_add_test(t, test_wait_ends);
	tcase_add_test(t, test_not_ready);
	tcase_add_test(t, test_bounds);
	tcase_add_test(t, test_slow_ones_are_cut_off);
	tcase_add_test(t, test_crowd);
	tcase_add_test(t, test_certificate);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
