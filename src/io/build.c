/* SPDX-License-Identifier: MIT */
/* The note that the linker leaves in a program; see build.h. */
#include "config.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "io/build.h"

struct id {
	const uint8_t *at;
	size_t n;
};

static void
note_find(const uint8_t *p, size_t size, struct id *ret)
{
	ElfW(Nhdr) h;
	size_t name, desc;

	while (size >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		name = (h.n_namesz + 3u) & ~(size_t)3;
		desc = (h.n_descsz + 3u) & ~(size_t)3;
		if (name + desc > size - sizeof(h))
			return;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 &&
		    memcmp(p + sizeof(h), "GNU", 4) == 0) {
			ret->at = p + sizeof(h) + name;
			ret->n = h.n_descsz;
			return;
		}
		p += sizeof(h) + name + desc;
		size -= sizeof(h) + name + desc;
	}
}

/* The program itself comes first. */
static int
program(struct dl_phdr_info *info, size_t size, void *arg)
{
	const ElfW(Phdr) *h;
	struct id *id = arg;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum && id->n == 0; i++) {
		h = &info->dlpi_phdr[i];
		if (h->p_type == PT_NOTE)
			note_find((const uint8_t *)(info->dlpi_addr +
			    h->p_vaddr), h->p_memsz, id);
	}
	return (1);
}

void
build_id(char *ret, size_t size)
{
	struct id id = { NULL, 0 };

	(void)dl_iterate_phdr(program, &id);
	if (id.n == 0 || 2 * id.n >= size) {
		(void)snprintf(ret, size, "%s", PACKAGE_VERSION);
		return;
	}
	hex_put(ret, id.at, id.n);
}
