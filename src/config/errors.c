/* SPDX-License-Identifier: MIT */
/* All errors of one policy; see errors.h.  Never fails, never allocates. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/errors.h"

void
errors_init(struct errors *es)
{
	es->n = 0;
	es->dropped = 0;
}

void
errors_add(struct errors *es, int order, const char *fmt, ...)
{
	va_list ap;
	char *p;

	if (es->n == MAX_ERRORS) {
		es->dropped++;
		return;
	}
	es->at[es->n].order = order;
	va_start(ap, fmt);
	(void)vsnprintf(es->at[es->n].text, sizeof(es->at[0].text), fmt, ap);
	va_end(ap);
	/* text from outside is quoted before; this is the last gate (I-37) */
	for (p = es->at[es->n].text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	es->n++;
}

void
errors_sort(struct errors *es)
{
	int i, j;

	/* stable: errors of one line stay in the order of their finding */
	for (i = 1; i < es->n; i++)
		for (j = i; j > 0 && es->at[j - 1].order > es->at[j].order;
		     j--) {
			__typeof__(es->at[0]) t = es->at[j];

			es->at[j] = es->at[j - 1];
			es->at[j - 1] = t;
		}
	for (i = 1; i < es->n; i++) {
		if (strcmp(es->at[i - 1].text, es->at[i].text) != 0)
			continue;
		memmove(&es->at[i], &es->at[i + 1],
		    (size_t)(es->n - i - 1) * sizeof(es->at[0]));
		es->n--;
		i--;
	}
}

void
errors_print(const struct errors *es, FILE *f)
{
	int i;

	for (i = 0; i < es->n; i++)
		(void)fprintf(f, "%s\n", es->at[i].text);
	if (es->dropped > 0)
		(void)fprintf(f, "and %d more\n", es->dropped);
}
