/* SPDX-License-Identifier: BSD-2-Clause */
/* What libcryptsetup looks up in libcryptsetup-token-TYPE.so (libcryptsetup.h, "External LUKS2
 * token"), so that plain `cryptsetup open` and everything built on it opens our volumes and
 * systemd's. One source, one library for each type of token. The plugin reads and never writes,
 * asks nobody (a PIN comes from the caller), and says through crypt_log what is to be done by hand.
 *
 * Of the results only these let libcryptsetup go on to the next token: -ENOANO (a PIN is wanted, or
 * this one is wrong), -EAGAIN (the device is not there, or not now), -ENOENT (what else can be). */
#ifndef PAWL_CRYPTSETUP_PLUGINS_PLUGIN_H
#define PAWL_CRYPTSETUP_PLUGINS_PLUGIN_H

#include <libcryptsetup.h>

#define PAWL_EXPORT __attribute__((visibility("default")))

PAWL_EXPORT const char *cryptsetup_token_version(void);
/* The passphrase of token `token`, to be given back to cryptsetup_token_buffer_free. */
PAWL_EXPORT int cryptsetup_token_open(
        struct crypt_device *cd, int token, char **buffer, size_t *buffer_len, void *usrptr);
PAWL_EXPORT int cryptsetup_token_open_pin(struct crypt_device *cd, int token, const char *pin,
        size_t pin_size, char **buffer, size_t *buffer_len, void *usrptr);
PAWL_EXPORT void cryptsetup_token_buffer_free(void *buffer, size_t buffer_len);
/* 0, or -EINVAL for a token that cannot be read: it is then neither used nor written. */
PAWL_EXPORT int cryptsetup_token_validate(struct crypt_device *cd, const char *json);
PAWL_EXPORT void cryptsetup_token_dump(struct crypt_device *cd, const char *json);

#endif
