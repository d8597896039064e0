/* SPDX-License-Identifier: MIT */
/* The balancer `haproxy`: slots of a server-template, by the runtime API. */
#ifndef BALANCER_HAPROXY_H
#define BALANCER_HAPROXY_H

#include "plimsoll/balancer.h"

extern const struct balancer_ops balancer_haproxy;

#endif
