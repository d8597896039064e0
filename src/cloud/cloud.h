/* SPDX-License-Identifier: MIT */
/*
 * The life of servers on a cloud that speaks JSON over HTTP: create, list
 * by page, look up, delete.  A driver says in a struct cloud_ops how its
 * cloud words these; when they are asked, asked again, believed or doubted
 * is here, the same for all.  src/provider/README.md tells how to add one.
 */
#ifndef CLOUD_CLOUD_H
#define CLOUD_CLOUD_H

#include <sys/queue.h>

#include "cloud/calls.h"
#include "io/loop.h"
#include "plimsoll/provider.h"

struct cloud;
struct cloud_job;
struct json_object;

enum { CLOUD_QUERY_SIZE = 320, CLOUD_USER_DATA_MAX = 32 << 10 };

/* The policy's `providers` entry. */
struct cloud_settings {
	char address[256];
	char token_file[256];
	char ca_file[256];
	char owner[NAME_SIZE];
	int calls_per_hour, calls_burst;
	int limit; /* servers the account may have; 0: not given */
};

/* What was last seen of something that launches need. */
struct cloud_look {
	bool busy;
	ns_t asked, at; /* 0: never */
	enum ready_state state;
	char text[READY_TEXT];
};

/* A group's way. */
struct cloud_way_settings {
	char image[128];
	struct key_strings size, locations, ssh_keys;
	char network[64];
	int use; /* address: enum cloud_use */
	int port;
	char user_data[256];
};
enum cloud_use { CLOUD_PUBLIC, CLOUD_PRIVATE };

struct cloud_way {
	SLIST_ENTRY(cloud_way) link;
	char group[NAME_SIZE];
	uint8_t way;
	struct cloud_way_settings set;
	char *user_data; /* the file's text; NULL: none */
	char why[REASON_SIZE]; /* no server can be launched; "" */
	int turn;	 /* of the locations */
	ns_t shut[KEY_STRINGS_MAX]; /* a location refuses until then */
	struct cloud *cloud;
	struct cloud_look image;
};

/* One server to ask for.  `mark` is what we know it by afterwards. */
struct cloud_launch {
	const struct cloud_way_settings *set;
	const char *name, *size;
	const char *location; /* NULL: the cloud's choice */
	const char *user_data; /* NULL: none */
	struct cloud_mark {
		char owner[NAME_SIZE], group[NAME_SIZE], token[33], port[12];
		char use[12];
	} mark;
};

struct cloud_ops {
	const char *servers;	/* path: "/servers" */
	const char *one, *many; /* an answer's field: "server", "servers" */
	bool unique_names; /* so that a create may be sent again */
	/* Into buf: the query for a page of all that are ours. */
	void	(*list)(const char *owner, int page, char *buf, size_t size);
	/* Into buf: the query for the server of this name. */
	void	(*lookup)(const char *name, char *buf, size_t size);
	/* The body of a create; the caller's to free. */
	struct json_object	*(*create)(const struct cloud_launch *);
	/*
	 * One server of an answer: its id, phase, address; its mark, empty
	 * where it carries none.  False: not to be understood.
	 */
	bool	(*read)(struct json_object *, struct told *,
		    struct cloud_mark *);
	/*
	 * Which page comes next, 0: none; how many servers all pages have,
	 * -1: not said.  False: this is no page.
	 */
	bool	(*page)(struct json_object *, int64_t *ret_next,
		    int64_t *ret_total);
	void	(*judge)(int status, const char *body, size_t n,
		    struct verdict *);
	/* Into buf: what to get to see whether an image is there. */
	void	(*image)(const char *image, char *buf, size_t size);
	/* Its answer, where it was no 404. */
	bool	(*image_is_there)(struct json_object *);
	/* Where the API tells the account's limit, and in which part; NULL. */
	const char *account, *limit;
};

/* A provider's state_size is sizeof(struct cloud); the fields are cloud's. */
struct cloud {
	const struct cloud_ops *ops;
	const struct host *host;
	struct cloud_settings set;
	struct calls *calls;
	SLIST_HEAD(, cloud_way) ways;
	TAILQ_HEAD(, cloud_job) open, done;
	struct timer post;
	struct cloud_look list, account;
	int n_ours;	  /* servers, by the last list and launches since */
	int64_t told;	  /* the limit as the API tells it, -1 */
	int taught;	  /* so many we had when more were refused, -1 */
};

/* What the tables of functions of such providers share. */
int	cloud_init(struct cloud *, const struct host *,
	    const struct cloud_settings *, const struct cloud_ops *,
	    struct err *);
int	cloud_add_way(void *self, const char *group, uint8_t way,
	    const void *way_settings, struct err *);
int	cloud_try_way(void *self, const void *way_settings, struct err *);
void	cloud_launch(void *self, op_t, const struct launch *, size_t n);
void	cloud_terminate(void *self, op_t, const struct server_id *, size_t n);
void	cloud_list(void *self, op_t);
void	cloud_lookup(void *self, op_t, const struct token *);
void	cloud_ready(void *self, const char *group, uint8_t way, int max,
	    struct ready_list *);
void	cloud_fini(void *self);
#define CLOUD_FUNCTIONS \
	.state_size = sizeof(struct cloud), .add_way = cloud_add_way, \
	.try_way = cloud_try_way, .launch = cloud_launch, \
	.terminate = cloud_terminate, .list = cloud_list, \
	.lookup = cloud_lookup, .ready = cloud_ready, .fini = cloud_fini

/* Rows of settings, with what differs from cloud to cloud. */
#define CLOUD_ROWS(api, per_hour, burst) \
	{ "address", KEY_STRING, KEY_FIELD(cloud_settings, address), 1, 255, \
	    api, "", NULL, INVALIDATES_START, \
	    "The provider's API. A test or a proxy may stand in its place; " \
	    "plain http only on this machine." }, \
	{ "token_file", KEY_PATH, KEY_FIELD(cloud_settings, token_file), 0, \
	    0, NULL, "", NULL, INVALIDATES_NOTHING, \
	    "File with the API token, which only Plimsoll's user or root " \
	    "may read. Read at start and at a reload." }, \
	{ "ca_file", KEY_PATH, KEY_FIELD(cloud_settings, ca_file), 0, 0, "", \
	    "", NULL, INVALIDATES_NOTHING, \
	    "Certificates (PEM) to trust for address; without it, the " \
	    "system's." }, \
	{ "owner", KEY_NAME, KEY_FIELD(cloud_settings, owner), 1, 63, NULL, \
	    "", NULL, INVALIDATES_START, \
	    "Name of this Plimsoll in the account: its servers carry it, " \
	    "and no server without it is ever touched. Another Plimsoll " \
	    "that uses the same account needs another." }, \
	{ "calls_per_hour", KEY_INT, \
	    KEY_FIELD(cloud_settings, calls_per_hour), 1, 1000000, per_hour, \
	    "calls", NULL, INVALIDATES_NOTHING, \
	    "Calls that the account may make in an hour." }, \
	{ "calls_burst", KEY_INT, KEY_FIELD(cloud_settings, calls_burst), 4, \
	    100000, burst, "calls", NULL, INVALIDATES_NOTHING, \
	    "Calls at once, after a time of rest." }, \
	{ "limit", KEY_INT, KEY_FIELD(cloud_settings, limit), 1, 1000000, "", \
	    "servers", NULL, INVALIDATES_NOTHING, \
	    "Servers that the account may have, where the provider's API " \
	    "does not tell it. Without it, readiness knows no more than " \
	    "what refusals taught." }

enum { CLOUD_WAY_ROWS = 8 };
extern const struct key cloud_way_rows[CLOUD_WAY_ROWS];

int	cloud_check(const void *settings, struct err *);
int	cloud_way_check(const void *settings, struct err *);

/*
 * For a judge: what a status alone means, true: it is all that there is to
 * judge; and the sentence, where the answer's parts may be NULL.
 */
bool	cloud_judge_status(int status, struct verdict *);
void	cloud_judge_text(int status, const char *code, const char *why,
	    struct verdict *);

/* For readers. */
/* An IPv4 or IPv6 address as text; false: none. */
bool	cloud_address(struct told *, const char *text);
/*
 * A mark as labels or tags, named "plimsoll-owner" and so on: the i-th name,
 * NULL past the last; its value; and the way back, where what is not a
 * mark's is left out.
 */
const char	*cloud_mark_name(int i);
const char	*cloud_mark_value(const struct cloud_mark *, int i);
void	cloud_mark_set(struct cloud_mark *, const char *name, size_t n_name,
	    const char *value);

#endif
