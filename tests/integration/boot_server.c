/* SPDX-License-Identifier: MIT */
/*
 * The boot endpoint as a program, for stories and load: real tokens and TLS;
 * the bundle is the files of a folder, and nothing is kept on a disk.
 *
 *	boot-server FOLDER N [URL SHA256]
 *
 * FOLDER has cert.pem, key.pem and secrets/.  Writes the boot files boot.0 to
 * boot.(N-1) there, then tells on standard output what happens.  Commands come
 * through the FIFO "commands" there: "ready", "not" (503 for a bundle), "new"
 * (the certificate is read again).
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/rand.h>

#include "base/err.h"
#include "boot/boot_endpoint.h"
#include "io/loop.h"

static struct {
	const char *folder, *url, *sha256;
	struct loop *loop;
	struct boot_tokens *tokens;
	struct boot_endpoint *ep;
	bool not_ready;
} w;

static int
number_of(const struct token *t)
{
	int i;

	memcpy(&i, t->byte + 8, sizeof(i));
	return (i);
}

static uint64_t
on_keep(void *ctx, const struct token *t, const struct boot_row *row)
{
	(void)ctx;
	(void)printf("state %d %d\n", number_of(t), row->state);
	return (0);
}

static void
put_file(const char *name, boot_put *put, void *arg)
{
	static char bytes[65536];
	char path[512];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/secrets/%s", w.folder, name);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	n = fread(bytes, 1, sizeof(bytes), f);
	put(arg, name, bytes, n);
	(void)fclose(f);
}

static int
on_answer(void *ctx, const struct token *t, struct boot_answer *ret,
    boot_put *put, void *arg)
{
	char path[512];
	struct dirent *de;
	DIR *d;

	(void)ctx;
	(void)printf("asked %d\n", number_of(t));
	(void)snprintf(path, sizeof(path), "%s/secrets", w.folder);
	if (w.not_ready || (d = opendir(path)) == NULL)
		return (-1);
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			put_file(de->d_name, put, arg);
	(void)closedir(d);
	(void)snprintf(ret->artifact_url, sizeof(ret->artifact_url), "%s",
	    w.url);
	(void)snprintf(ret->artifact_sha256, sizeof(ret->artifact_sha256),
	    "%s", w.sha256);
	ret->sync = "skip";
	return (0);
}

static void
on_phase(void *ctx, const struct token *t, enum phase phase,
    const char *words, size_t n)
{
	(void)ctx;
	(void)printf("phase %d %d %.*s\n", number_of(t), phase, (int)n, words);
}

static void
on_refused(void *ctx, enum boot_verdict v, const struct token *t)
{
	(void)ctx, (void)t;
	(void)printf("refused %s\n", boot_verdict_name(v));
}

static void
on_command(evutil_socket_t fd, short what, void *arg)
{
	struct err e = { 0 };
	char text[256];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)what, (void)arg;
	if (n <= 0)
		return;
	text[n] = '\0';
	w.not_ready = strncmp(text, "not", 3) == 0;
	if (strncmp(text, "new", 3) == 0)
		(void)printf("new %d\n", boot_endpoint_reload(w.ep, &e));
}

/* The file that a server is given. */
static int
boot_file(int i)
{
	char path[512], pem[8192], text[BOOT_TEXT_SIZE];
	uint8_t random[BOOT_SECRET_SIZE];
	struct boot_row row;
	struct token t;
	size_t n = 0;
	FILE *f;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/cert.pem", w.folder);
	if ((f = fopen(path, "re")) != NULL) {
		n = fread(pem, 1, sizeof(pem), f);
		(void)fclose(f);
	}
	if (RAND_bytes(t.byte, sizeof(t.byte)) != 1 ||
	    RAND_bytes(random, sizeof(random)) != 1)
		return (-1);
	memcpy(t.byte + 8, &i, sizeof(i));
	if (boot_tokens_issue(w.tokens, &t, random, text, &row) != 0)
		return (-1);
	(void)snprintf(path, sizeof(path), "%s/boot.%d", w.folder, i);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || (f = fdopen(fd, "w")) == NULL)
		return (-1);
	(void)fprintf(f, "address=127.0.0.1:%d\ntoken=%s\n",
	    boot_endpoint_port(w.ep), text);
	(void)fwrite(pem, 1, n, f);
	return (fclose(f));
}

static int
commands_open(void)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/commands", w.folder);
	if (mkfifo(path, 0600) != 0)
		return (-1);
	return (open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC));
}

int
main(int argc, char **argv)
{
	struct boot_settings set = { .listen = "127.0.0.1:1",
		.any_port = true };
	struct boot_hooks hooks = { NULL, on_keep, on_answer, on_phase,
		on_refused };
	struct err e = { 0 };
	struct event *in;
	int i, n;

	if (argc != 3 && argc != 5)
		return (64);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	w.folder = argv[1];
	w.url = argc == 5 ? argv[3] : "";
	w.sha256 = argc == 5 ? argv[4] : "";
	n = (int)strtol(argv[2], NULL, 10);
	(void)snprintf(set.certificate, sizeof(set.certificate), "%s/cert.pem",
	    w.folder);
	(void)snprintf(set.key, sizeof(set.key), "%s/key.pem", w.folder);
	w.tokens = boot_tokens_new();
	w.loop = loop_new(&e);
	w.ep = boot_endpoint_new(w.loop, &set, w.tokens, &hooks, &e);
	if (w.ep == NULL) {
		(void)fprintf(stderr, "%s\n", e.text);
		return (1);
	}
	for (i = 0; i < n; i++)
		if (boot_file(i) != 0)
			return (1);
	in = event_new(loop_base(w.loop), commands_open(), EV_READ | EV_PERSIST, on_command,
	    NULL);
	if (in == NULL || event_add(in, NULL) != 0)
		return (1);
	(void)printf("port %d\n", boot_endpoint_port(w.ep));
	return (loop_run(w.loop)); /* until it is killed */
}
