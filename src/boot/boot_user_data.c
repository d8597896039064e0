/* SPDX-License-Identifier: MIT */
/*
 * User data; see boot_user_data.h.  The boot file is in base64, which stands
 * in YAML as it is: nothing of it breaks out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "boot/boot_user_data.h"

#define BEGIN "#cloud-config\nwrite_files:\n" \
	      "  - path: /run/plimsoll-boot.conf\n" \
	      "    permissions: \"0600\"\n" \
	      "    owner: \"root:root\"\n" \
	      "    encoding: b64\n" \
	      "    content: "
#define END   "\nruncmd:\n  - [ \"plimsoll-boot\" ]\n"

char *
boot_user_data(const char *boot_file, struct err *e)
{
	size_t n = strlen(boot_file), b64 = (n + 2) / 3 * 4, at;
	char *text;

	at = sizeof(BEGIN) - 1;
	if (at + b64 + sizeof(END) - 1 > BOOT_USER_DATA_MAX) {
		(void)err_set(e, EFBIG, "user data: over %d bytes with the "
		    "certificate and its chain", BOOT_USER_DATA_MAX);
		return (NULL);
	}
	text = malloc(at + b64 + sizeof(END));
	if (text == NULL) {
		(void)err_set(e, ENOMEM, "user data: out of memory");
		return (NULL);
	}
	memcpy(text, BEGIN, at);
	(void)EVP_EncodeBlock((unsigned char *)text + at,
	    (const unsigned char *)boot_file, (int)n);
	memcpy(text + at + b64, END, sizeof(END));
	return (text);
}
