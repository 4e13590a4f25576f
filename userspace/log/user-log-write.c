/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "core/pcr.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"
#include "userspace/log/user-log.h"

#define BOOT_ID_PATH     "/proc/sys/kernel/random/boot_id"
#define LOCK_POLL_MS     20
#define RECORD_SEPARATOR 0x1e

static uint64_t boottime_usec(void)
{
        struct timespec t;

        if (clock_gettime(CLOCK_BOOTTIME, &t) < 0)
                return 0;
        return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* Makes the folders above `path`, as mkdir -p. */
static pawl_err make_parents(const char *path, pawl_diag *d)
{
        pawl_autofree char *copy = strdup(path);

        if (!copy)
                return PAWL_ERR_NO_MEMORY;
        for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
                *p = '\0';
                if (mkdir(copy, 0755) < 0 && errno != EEXIST)
                        return pawl_fail_errno(d, errno, "%s: cannot make this folder", copy);
                *p = '/';
        }
        return PAWL_OK;
}

/* flock has no deadline of its own, and PID 1 must not wait for ever for a process that hangs. */
static pawl_err lock(int fd, unsigned deadline_ms, const char *path, pawl_diag *d)
{
        const struct timespec pause = { .tv_nsec = LOCK_POLL_MS * 1000000L };
        const uint64_t end = boottime_usec() + (uint64_t)deadline_ms * 1000u;

        while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK && errno != EINTR)
                        return pawl_fail_errno(d, errno, "%s: cannot be locked", path);
                if (boottime_usec() >= end)
                        return pawl_fail(d, PAWL_ERR_TIMEOUT,
                                "%s: another process keeps the lock; see who has it open", path);
                (void)nanosleep(&pause, NULL);
        }
        return PAWL_OK;
}

pawl_err pawl_user_log_open(
        const char *path, unsigned deadline_ms, pawl_user_log_writer *ret, pawl_diag *d)
{
        const char *p = path ? path : PAWL_USER_LOG_PATH;
        pawl_autoclose int fd = -1;

        PAWL_TRY(make_parents(p, d));
        fd = open(p, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be opened for writing", p);
        PAWL_TRY(lock(fd, deadline_ms, p, d));
        ret->fd = pawl_take_fd(&fd);
        return PAWL_OK;
}

void pawl_user_log_close(pawl_user_log_writer *w)
{
        pawl_close_p(&w->fd);
        w->fd = -1;
}

/* The boot id as 32 hex digits. */
static pawl_err read_boot_id(char ret[static 33], pawl_diag *d)
{
        pawl_autobuffer pawl_buffer text = { 0 };
        size_t n = 0;

        PAWL_TRY(pawl_file_read(BOOT_ID_PATH, 64, &text, d));
        for (size_t i = 0; i < text.len && n < 32; i++)
                if (text.data[i] != '-' && text.data[i] != '\n')
                        ret[n++] = (char)text.data[i];
        ret[n] = '\0';
        return n == 32 ? PAWL_OK : pawl_fail(d, PAWL_ERR_FORMAT, BOOT_ID_PATH ": not an id");
}

static pawl_err add_digest(json_object *array, const pawl_digest *digest)
{
        pawl_autojson json_object *o = json_object_new_object();
        pawl_autofree char *hex = NULL;

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_hex_encode(pawl_digest_span(digest), &hex));
        PAWL_TRY(pawl_json_add_text(o, "hashAlg", pawl_alg_info_of(digest->alg)->name));
        PAWL_TRY(pawl_json_add_text(o, "digest", hex));
        if (json_object_array_add(array, o) < 0)
                return PAWL_ERR_NO_MEMORY;
        o = NULL;
        return PAWL_OK;
}

static pawl_err add_digests(json_object *o, const pawl_digest *digests, size_t n_digests)
{
        json_object *array = json_object_new_array(); /* belongs to `o` from here */

        PAWL_TRY(pawl_json_add(o, "digests", array));
        for (size_t i = 0; i < n_digests; i++)
                PAWL_TRY(add_digest(array, &digests[i]));
        return PAWL_OK;
}

static pawl_err add_content(json_object *o, const char *type, const char *string, pawl_diag *d)
{
        json_object *content = json_object_new_object();
        char boot_id[33];

        PAWL_TRY(pawl_json_add(o, "content", content));
        PAWL_TRY(read_boot_id(boot_id, d));
        PAWL_TRY(pawl_json_add_text(content, "string", string));
        PAWL_TRY(pawl_json_add_text(content, "bootId", boot_id));
        PAWL_TRY(pawl_json_add(content, "timestamp", json_object_new_uint64(boottime_usec())));
        return pawl_json_add_text(content, "eventType", type);
}

/* 0x1e, the object on one line, a line feed. */
static pawl_err frame(json_object *o, pawl_buffer *ret)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        size_t len;
        const char *text = json_object_to_json_string_length(
                o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

        if (!text)
                return PAWL_ERR_NO_MEMORY;
        if (len + 2 > PAWL_USER_RECORD_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_buffer_new(len + 2, &b));
        b.data[0] = RECORD_SEPARATOR;
        pawl_copy(b.data + 1, text, len);
        b.data[len + 1] = '\n';
        *ret = b;
        b = (pawl_buffer){ 0 };
        return PAWL_OK;
}

/* One write, so that a crash leaves all of the record or a piece without line feed, which the
 * reader knows as torn. */
static pawl_err write_record(int fd, pawl_span record, pawl_diag *d)
{
        struct stat st;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return pawl_fail_errno(d, errno, "measurement log: cannot be examined");
        n = write(fd, record.data, record.len);
        if (n == (ssize_t)record.len)
                return PAWL_OK;
        int errnum = n < 0 ? errno : ENOSPC;
        if (ftruncate(fd, st.st_size) < 0)
                errnum = errno;
        return pawl_fail_errno(d, errnum, "measurement log: a record could not be written");
}

pawl_err pawl_user_log_append(pawl_user_log_writer *w, unsigned pcr, const pawl_digest *digests,
        size_t n_digests, const char *type, const char *string, pawl_diag *d)
{
        pawl_autojson json_object *o = json_object_new_object();
        pawl_autobuffer pawl_buffer record = { 0 };

        if (!o)
                return PAWL_ERR_NO_MEMORY;
        if (pcr >= PAWL_PCR_COUNT || n_digests > PAWL_ALG_MAX_)
                return PAWL_ERR_INTERNAL;
        PAWL_TRY(pawl_json_add(o, "pcr", json_object_new_uint64(pcr)));
        PAWL_TRY(add_digests(o, digests, n_digests));
        PAWL_TRY(pawl_json_add_text(o, "content_type", "systemd"));
        PAWL_TRY(add_content(o, type, string, d));
        PAWL_TRY(frame(o, &record));
        return write_record(w->fd, pawl_buffer_span(&record), d);
}
