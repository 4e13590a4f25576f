/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/buffer.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

pawl_err pawl_buffer_new(size_t len, pawl_buffer *ret)
{
        uint8_t *data = len < SIZE_MAX ? calloc(1, len + 1) : NULL;

        if (!data)
                return PAWL_ERR_NO_MEMORY;
        *ret = (pawl_buffer){ data, len };
        return PAWL_OK;
}

pawl_err pawl_buffer_dup(pawl_span s, pawl_buffer *ret)
{
        PAWL_TRY(pawl_buffer_new(s.len, ret));
        pawl_copy(ret->data, s.data, s.len);
        return PAWL_OK;
}

void pawl_buffer_done(pawl_buffer *b)
{
        free(b->data);
        *b = (pawl_buffer){ 0 };
}

pawl_err pawl_secret_new(size_t len, pawl_secret *ret)
{
        size_t page = 4096, mapped;
        void *p;

        if (len > SIZE_MAX / 2)
                return PAWL_ERR_NO_MEMORY;
        mapped = (len + 1 + page - 1) / page * page;
        p = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
                return PAWL_ERR_NO_MEMORY;
        /* Both may fail under a small RLIMIT_MEMLOCK; the secret is then as safe as other memory.
         */
        if (mlock(p, mapped) < 0)
                errno = 0;
        if (madvise(p, mapped, MADV_DONTDUMP) < 0)
                errno = 0;
        /* a child that outlives us (userspace/tpm/relay.h) would keep what we wipe */
        if (madvise(p, mapped, MADV_WIPEONFORK) < 0)
                errno = 0;
        *ret = (pawl_secret){ p, len, mapped };
        return PAWL_OK;
}

pawl_err pawl_secret_dup(pawl_span s, pawl_secret *ret)
{
        PAWL_TRY(pawl_secret_new(s.len, ret));
        pawl_copy(ret->data, s.data, s.len);
        return PAWL_OK;
}

pawl_err pawl_secret_random(size_t len, pawl_secret *ret)
{
        pawl_autosecret pawl_secret s = { 0 };

        PAWL_TRY(pawl_secret_new(len, &s));
        for (size_t done = 0; done < len;) {
                ssize_t n = getrandom(s.data + done, len - done, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return PAWL_ERR_IO;
                done += (size_t)n;
        }
        *ret = s;
        s = (pawl_secret){ 0 };
        return PAWL_OK;
}

void pawl_secret_truncate(pawl_secret *s, size_t len)
{
        if (len >= s->len)
                return;
        pawl_wipe(s->data + len, s->len - len);
        s->len = len;
}

void pawl_secret_done(pawl_secret *s)
{
        if (s->data) {
                pawl_wipe(s->data, s->mapped);
                (void)munmap(s->data, s->mapped);
        }
        *s = (pawl_secret){ 0 };
}
