/* SPDX-License-Identifier: MIT */
/*
 * A parsed file of settings: libconfig's tree, with everything that it
 * would take wrongly without a word already told as an error, and a place
 * for every sentence.
 */
#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include <stddef.h>

struct config_setting_t;
struct conf;
struct errors;

/* NULL when there is no tree; errors may have sentences in any case. */
struct conf	*conf_file(const char *path, struct errors *);
struct conf	*conf_text(const char *name, const char *text, size_t n,
		    struct errors *);
void		conf_free(struct conf *);

struct config_setting_t	*conf_root(struct conf *);
/* A value that is already told of: no second sentence about it. */
int	conf_is_told(const struct config_setting_t *);
/* "FILE:LINE: PATH: sentence"; path "" leaves it out. */
void	conf_error(struct conf *, const struct config_setting_t *,
	    const char *path, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
int	conf_n_errors(const struct conf *);
/* The whole text with all includes, to know whether it changed. */
const char	*conf_chars(const struct conf *);

#endif
