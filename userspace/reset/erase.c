/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/reset/erase.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/span.h"
#include "userspace/host/cleanup.h"

#define CHUNK (1u << 20) /* bytes */
#define ALIGN 4096u

const char *pawl_erased_how_text(pawl_erased_how how)
{
        static const char *const texts[] = {
                [PAWL_ERASED_OVERWRITTEN] = "overwritten",
                [PAWL_ERASED_DISCARDED] = "discarded",
                [PAWL_ERASED_SECURELY] = "discarded securely",
        };

        return texts[how];
}

/* A part of a device that is being worked on. */
typedef struct part {
        const char *device;
        int fd;
        uint8_t *buffer; /* CHUNK bytes, aligned */
        uint64_t start, size;
        pawl_erase_progress *progress;
        void *ctx;
        unsigned said; /* percent */
} part;

static void part_done(part *p)
{
        pawl_close_p(&p->fd);
        free(p->buffer);
}
#define autopart pawl_cleanup(part_done)

/* Past the caches, where the file system can do that. */
static pawl_err part_open(part *p, pawl_diag *d)
{
        p->fd = open(p->device, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (p->fd < 0 && errno == EINVAL)
                p->fd = open(p->device, O_RDWR | O_CLOEXEC);
        if (p->fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be opened for erasing", p->device);
        p->buffer = aligned_alloc(ALIGN, CHUNK);
        return p->buffer ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

static void tell(part *p, uint64_t done)
{
        unsigned percent = (unsigned)(done * 100 / p->size);

        if (p->progress && percent / 10 > p->said / 10)
                p->progress(p->ctx, percent);
        p->said = percent;
}

static size_t length_at(const part *p, uint64_t done)
{
        return p->size - done < CHUNK ? (size_t)(p->size - done) : CHUNK;
}

static pawl_err write_zeros(part *p, pawl_diag *d)
{
        pawl_zero(p->buffer, CHUNK);
        for (uint64_t done = 0; done < p->size;) {
                ssize_t n = pwrite(p->fd, p->buffer, length_at(p, done), (off_t)(p->start + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return pawl_fail_errno(d, errno, "%s: cannot be overwritten at %llu",
                                p->device, (unsigned long long)(p->start + done));
                done += (uint64_t)n;
                tell(p, done);
        }
        if (fsync(p->fd) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be flushed", p->device);
        return PAWL_OK;
}

static bool is_zero(const uint8_t *data, size_t n)
{
        uint8_t any = 0;

        for (size_t i = 0; i < n; i++)
                any |= data[i];
        return any == 0;
}

static pawl_err read_back(part *p, bool *ret_is_zero, pawl_diag *d)
{
        *ret_is_zero = true;
        (void)posix_fadvise(p->fd, (off_t)p->start, (off_t)p->size, POSIX_FADV_DONTNEED);
        for (uint64_t done = 0; done < p->size && *ret_is_zero;) {
                ssize_t n = pread(p->fd, p->buffer, length_at(p, done), (off_t)(p->start + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return pawl_fail_errno(d, errno, "%s: cannot be read back at %llu",
                                p->device, (unsigned long long)(p->start + done));
                *ret_is_zero = is_zero(p->buffer, (size_t)n);
                done += (uint64_t)n;
        }
        return PAWL_OK;
}

static pawl_err overwrite(part *p, pawl_erased *ret, pawl_diag *d)
{
        PAWL_TRY(write_zeros(p, d));
        PAWL_TRY(read_back(p, &ret->is_gone, d));
        if (!ret->is_gone)
                return pawl_fail(d, PAWL_ERR_MISMATCH,
                        "%s: it was overwritten, and something else is read back: the device does "
                        "not keep what is written to it",
                        p->device);
        return PAWL_OK;
}

pawl_err pawl_erase_overwrite(const char *device, uint64_t start, uint64_t size,
        pawl_erase_progress *progress, void *ctx, pawl_erased *ret, pawl_diag *d)
{
        autopart part p = { .device = device,
                .fd = -1,
                .start = start,
                .size = size,
                .progress = progress,
                .ctx = ctx };

        *ret = (pawl_erased){ .size = size };
        if (size == 0)
                return PAWL_OK;
        PAWL_TRY(part_open(&p, d));
        return overwrite(&p, ret, d);
}

pawl_err pawl_erase_size(const char *device, uint64_t *ret, pawl_diag *d)
{
        pawl_autoclose int fd = open(device, O_RDONLY | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be opened", device);
        if (S_ISREG(st.st_mode)) {
                *ret = (uint64_t)st.st_size;
                return PAWL_OK;
        }
        if (ioctl(fd, BLKGETSIZE64, ret) < 0)
                return pawl_fail_errno(d, errno, "%s: its size is not known", device);
        return PAWL_OK;
}

/* True if the device took it. What it makes of it is seen when it is read. */
static bool discard(const part *p, pawl_erased_how *ret)
{
        uint64_t range[2] = { p->start, p->size };

        *ret = PAWL_ERASED_SECURELY;
        if (ioctl(p->fd, BLKSECDISCARD, range) == 0)
                return true;
        *ret = PAWL_ERASED_DISCARDED;
        return ioctl(p->fd, BLKDISCARD, range) == 0;
}

pawl_err pawl_erase_all(const char *device, pawl_erase_progress *progress, void *ctx,
        pawl_erased *ret, pawl_diag *d)
{
        autopart part p = { .device = device, .fd = -1, .progress = progress, .ctx = ctx };

        *ret = (pawl_erased){ 0 };
        PAWL_TRY(pawl_erase_size(device, &p.size, d));
        ret->size = p.size;
        if (p.size == 0)
                return PAWL_OK;
        PAWL_TRY(part_open(&p, d));
        if (discard(&p, &ret->how)) {
                PAWL_TRY(read_back(&p, &ret->is_gone, d));
                if (ret->is_gone)
                        return PAWL_OK;
        } else
                ret->how = PAWL_ERASED_OVERWRITTEN;
        return overwrite(&p, ret, d);
}
