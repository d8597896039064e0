/* SPDX-License-Identifier: MIT */
/* The boot endpoint as a new server finds it: a row of launch readiness. */
#ifndef BOOT_BOOT_LOOK_H
#define BOOT_BOOT_LOOK_H

struct ready_row;

/* A look: row->path, "ADDRESS:PORT", answers with TLS within seconds. */
void	boot_look_endpoint(struct ready_row *);

#endif
