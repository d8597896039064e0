/* SPDX-License-Identifier: MIT */
/*
 * A crowd of new servers: one TLS connection each, all at once, from one
 * thread.
 *
 *	boot-load ADDRESS PORT CA.pem NONCE FILE...
 *
 * FILEs are boot files.  A line for each answer on standard output: number of
 * the file, status (0: none), milliseconds from the start of all of them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/clock.h"

enum { TOKEN = 97, WITHIN_S = 60 };

static struct {
	struct event_base *base;
	ns_t began;
	int open;
} w;

struct one {
	int i, status;
	struct bufferevent *bev;
};

static void
one_end(struct one *o)
{
	(void)printf("%d %d %.1f\n", o->i, o->status,
	    (double)(clock_now().mono - w.began) / NS_MS);
	bufferevent_free(o->bev);
	if (--w.open == 0)
		(void)event_base_loopbreak(w.base);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct one *o = arg;
	char text[32];
	ev_ssize_t n;

	if (o->status == 0) {
		n = evbuffer_copyout(bufferevent_get_input(bev), text,
		    sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		(void)sscanf(text, "HTTP/1.1 %d", &o->status);
	}
	(void)evbuffer_drain(bufferevent_get_input(bev),
	    evbuffer_get_length(bufferevent_get_input(bev)));
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_ERROR | BEV_EVENT_EOF | BEV_EVENT_TIMEOUT))
		one_end(arg);
}

static int
token_of(const char *path, char token[TOKEN + 1])
{
	char line[512];
	FILE *f = fopen(path, "re");
	int found = -1;

	while (f != NULL && found != 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "token=%97s", token) == 1)
			found = 0;
	if (f != NULL)
		(void)fclose(f);
	return (found);
}

static int
one_begin(struct one *o, SSL_CTX *ctx, char **argv, const char *token)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(argv[2], NULL, 10)) };
	struct timeval within = { WITHIN_S, 0 };
	SSL *ssl = SSL_new(ctx);

	if (ssl == NULL || inet_pton(AF_INET, argv[1], &a.sin_addr) != 1 ||
	    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), argv[1]) != 1)
		return (-1);
	o->bev = bufferevent_openssl_socket_new(w.base, -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (o->bev == NULL)
		return (-1);
	bufferevent_openssl_set_allow_dirty_shutdown(o->bev, 1);
	bufferevent_setcb(o->bev, on_read, NULL, on_event, o);
	(void)bufferevent_set_timeouts(o->bev, &within, &within);
	(void)bufferevent_enable(o->bev, EV_READ | EV_WRITE);
	(void)evbuffer_add_printf(bufferevent_get_output(o->bev),
	    "POST /v1/boot/bundle HTTP/1.1\r\nHost: %s\r\n"
	    "Authorization: Bearer %s\r\nPlimsoll-Nonce: %s\r\n"
	    "Content-Length: 0\r\n\r\n", argv[1], token, argv[4]);
	return (bufferevent_socket_connect(o->bev, (struct sockaddr *)&a,
	    sizeof(a)));
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int i, n = argc - 5;
	struct one *o = calloc((size_t)(n > 0 ? n : 1), sizeof(*o));
	char (*token)[TOKEN + 1] = calloc((size_t)(n > 0 ? n : 1),
	    sizeof(*token));

	w.base = event_base_new();
	if (n < 1 || ctx == NULL || o == NULL || token == NULL ||
	    SSL_CTX_load_verify_locations(ctx, argv[3], NULL) != 1)
		return (64);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	for (i = 0; i < n; i++)
		if (token_of(argv[5 + i], token[i]) != 0)
			return (65);
	w.began = clock_now().mono;
	for (i = 0; i < n; i++) {
		o[i].i = i;
		if (one_begin(&o[i], ctx, argv, token[i]) != 0)
			return (1);
		w.open++;
	}
	(void)event_base_dispatch(w.base);
	free(o);
	free(token);
	SSL_CTX_free(ctx);
	event_base_free(w.base);
	return (0);
}
