/* SPDX-License-Identifier: MIT */
/* The keys of a group that say how far its forecast is trusted. */
#ifndef FORECAST_FORECAST_KEYS_H
#define FORECAST_FORECAST_KEYS_H

struct key_table;

extern const struct key_table forecast_keys; /* struct forecast_settings */

#endif
