/* SPDX-License-Identifier: MIT */
/* The source `haproxy`: one or several HAProxy, by their stats sockets. */
#ifndef SOURCE_HAPROXY_H
#define SOURCE_HAPROXY_H

#include "plimsoll/source.h"

extern const struct source_ops source_haproxy;

#endif
