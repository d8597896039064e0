/* SPDX-License-Identifier: MIT */
/*
 * An operation of a cloud's driver under way: items that each end once, what
 * is told of servers, and why not all was done.  Answered by a timer, so
 * never from inside the operation's own call.
 */
#ifndef CLOUD_CLOUD_JOB_H
#define CLOUD_CLOUD_JOB_H

#include "cloud/cloud.h"

struct cloud_item {
	struct cloud_job *job;
	struct cloud_way *way;
	struct token token;
	struct server_id id;
	int tried, start; /* locations: how many, from which one on */
};

struct cloud_job {
	TAILQ_ENTRY(cloud_job) link;
	struct cloud *cloud;
	op_t op;
	ns_t by; /* its calls end by then */
	struct cloud_item *items;
	size_t n_open; /* items that have not ended */
	struct told *told;
	size_t n_told, room;
	int page;
	int64_t total; /* that the first page named */
	size_t n_seen;
	enum outcome outcome;
	char text[REASON_SIZE];
};

/* n items, all open; one more ends it where n is 0.  NULL: no memory. */
struct cloud_job	*cloud_job_new(struct cloud *, op_t, size_t n,
			    ns_t within);
/*
 * Why not all was done.  One answer stands for the whole batch, so a doubt
 * about one outweighs what others were refused for.
 */
void	cloud_job_blame(struct cloud_job *, enum outcome, const char *text);
void	cloud_job_tell(struct cloud_job *, const struct told *);
/* One more item is done; the last one ends the job. */
void	cloud_job_ends(struct cloud_job *);
void	cloud_job_free(struct cloud_job *);

/* cloud_read.c */
/* NULL, and the job is blamed: what is no JSON is never a refusal. */
struct json_object	*cloud_answer(struct cloud_job *,
			    const struct call_end *);
/* False, and the job is blamed, where it is not to be understood. */
bool	cloud_read(struct cloud_job *, struct json_object *server,
	    struct told *ret);
/* Carries the mark of this owner. */
bool	cloud_is_ours(const struct told *);
void	cloud_mark_fill(const struct cloud_item *, struct cloud_mark *);
void	cloud_name(const struct cloud_mark *, char *buf, size_t size);
/* A call about one server that may be made again. */
void	cloud_ask(struct cloud_item *, const char *method, const char *path,
	    calls_done *);
/* The server of the item's token, by its name; tells of it if it is there. */
void	cloud_ask_name(struct cloud_item *, calls_done *);
bool	cloud_read_name(struct cloud_item *, const struct call_end *);

/* cloud_ready.c */
/* A list is over, well or not; one more server was made. */
void	cloud_listed(const struct cloud_job *);
void	cloud_launched(struct cloud *);

/* cloud_list.c */
struct cloud_way	*cloud_way_find(struct cloud *, const char *group,
			    uint8_t way);

#endif
