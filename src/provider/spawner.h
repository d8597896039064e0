/* SPDX-License-Identifier: MIT */
/*
 * The spawner: a small program whose children the local servers are, so that
 * neither the end of the daemon nor its sandbox touches them.  It owns a
 * folder:
 *
 *	lock            held while it lives: one spawner a folder
 *	spawner.sock    where the daemon asks (spawn_msg.h), 0600
 *	records/TOKEN   one server, for ever (spawn_record.h)
 *	servers/TOKEN/  its working folder, unless the policy names another;
 *	                its log, and log.1, the part before
 *
 * Order of a start: fork behind a gate, record with pid and start time on the
 * disk, gate open.  A crash before the gate leaves no server, a crash after
 * it leaves one that the record finds.  When this program ends, its servers
 * go on; the next one finds them by pid and start time together.
 */
#ifndef PROVIDER_SPAWNER_H
#define PROVIDER_SPAWNER_H

struct err;
struct log;
struct loop;
struct spawner;

/* The names in the folder, for the other side. */
#define SPAWNER_SOCKET "spawner.sock"
#define SPAWNER_LOG "spawner.log"

/*
 * Takes the folder (made 0700 where it is missing), finds its servers and
 * listens.  NULL with a sentence; EBUSY: another spawner has it.
 */
struct spawner	*spawner_new(struct loop *, const char *folder, struct log *,
		    struct err *);
/* Lets go of the folder; the servers go on.  NULL is fine. */
void		spawner_free(struct spawner *);

#endif
