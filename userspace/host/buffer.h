/* SPDX-License-Identifier: BSD-2-Clause */
/* Owned memory: `pawl_buffer` for plain bytes, `pawl_secret` for bytes that must not outlive their
 * use. */
#ifndef PAWL_HOST_BUFFER_H
#define PAWL_HOST_BUFFER_H

#include "core/span.h"
#include "userspace/host/cleanup.h"

typedef struct pawl_buffer {
        uint8_t *
                data; /* one NUL byte follows data[len - 1], so that text can be used as a string */
        size_t len;
} pawl_buffer;

/* `len` zero bytes. */
PAWL_MUST_CHECK pawl_err pawl_buffer_new(size_t len, pawl_buffer *ret);
PAWL_MUST_CHECK pawl_err pawl_buffer_dup(pawl_span s, pawl_buffer *ret);
void pawl_buffer_done(pawl_buffer *b);
#define pawl_autobuffer pawl_cleanup(pawl_buffer_done)

static inline pawl_span pawl_buffer_span(const pawl_buffer *b)
{
        return pawl_span_of(b->data, b->len);
}

/* Locked into memory where the limit allows it, excluded from core dumps, zeros in a forked child,
 * wiped when done. */
typedef struct pawl_secret {
        uint8_t *data; /* a NUL byte follows, as in pawl_buffer */
        size_t len;
        size_t mapped; /* bytes of the mapping behind it */
} pawl_secret;

PAWL_MUST_CHECK pawl_err pawl_secret_new(size_t len, pawl_secret *ret);
PAWL_MUST_CHECK pawl_err pawl_secret_dup(pawl_span s, pawl_secret *ret);
/* `len` random bytes from the kernel. */
PAWL_MUST_CHECK pawl_err pawl_secret_random(size_t len, pawl_secret *ret);
/* Makes it shorter; the bytes cut off are wiped. */
void pawl_secret_truncate(pawl_secret *s, size_t len);
void pawl_secret_done(pawl_secret *s);
#define pawl_autosecret pawl_cleanup(pawl_secret_done)

static inline pawl_span pawl_secret_span(const pawl_secret *s)
{
        return pawl_span_of(s->data, s->len);
}

/* Base64 (RFC 4648, with padding). The decoder is strict: canonical, line feeds skipped, nothing
 * else. */
PAWL_MUST_CHECK pawl_err pawl_base64_encode(pawl_span s, pawl_secret *ret);
PAWL_MUST_CHECK pawl_err pawl_base64_decode(pawl_span text, pawl_secret *ret);
/* Lower-case hex as a new string. */
PAWL_MUST_CHECK pawl_err pawl_hex_encode(pawl_span s, char **ret);
PAWL_MUST_CHECK pawl_err pawl_hex_decode(pawl_span text, pawl_buffer *ret);

#endif
