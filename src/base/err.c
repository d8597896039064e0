/* SPDX-License-Identifier: MIT */
/* Errors with a sentence; see err.h.  Cuts what is too long, never fails. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL || e->code != 0)
		return (-1);
	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return (-1);
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_SIZE];
	va_list ap;
	size_t n;

	if (e == NULL)
		return (-1);
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %.*s",
	    (int)(sizeof(e->text) > n + 3 ? sizeof(e->text) - n - 3 : 0), old);
	return (-1);
}

void
err_clear(struct err *e)
{
	e->code = 0;
	e->text[0] = '\0';
}
