/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/tpm/tcti.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <tss2/tss2_tctildr.h>

#include "userspace/host/cleanup.h"

#define TCTI_MAGIC 0x7061776c74637469u /* "pawltcti" */

static int64_t now_ms(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static TSS2_RC die(pawl_tcti *t, pawl_tcti_state state)
{
        t->state = state;
        return TSS2_TCTI_RC_IO_ERROR;
}

/* Waits until the descriptor is ready for `events`, at most until the command's end. */
static TSS2_RC wait_for(pawl_tcti *t, short events)
{
        struct pollfd p = { .fd = t->fd, .events = events };

        for (;;) {
                int64_t left = t->command_end_ms - now_ms();
                int n = left > 0 ? poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX) : 0;

                if (n > 0)
                        return TSS2_RC_SUCCESS;
                if (n == 0)
                        return die(t, PAWL_TCTI_DEAD);
                if (errno != EINTR)
                        return die(t, PAWL_TCTI_BROKEN);
        }
}

static TSS2_RC inner_rc(pawl_tcti *t, TSS2_RC rc)
{
        if (rc == TSS2_RC_SUCCESS)
                return rc;
        /* the socket's own time limit shows as an I/O error */
        return die(t, now_ms() >= t->command_end_ms ? PAWL_TCTI_DEAD : PAWL_TCTI_BROKEN);
}

static TSS2_RC device_write(pawl_tcti *t, const uint8_t *command, size_t size)
{
        ssize_t n;

        do
                n = write(t->fd, command, size);
        while (n < 0 && errno == EINTR);
        return n == (ssize_t)size ? TSS2_RC_SUCCESS : die(t, PAWL_TCTI_BROKEN);
}

static TSS2_RC device_read(pawl_tcti *t, uint8_t *response, size_t *size)
{
        ssize_t n;

        do
                n = read(t->fd, response, *size);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return die(t, PAWL_TCTI_BROKEN);
        *size = (size_t)n;
        return TSS2_RC_SUCCESS;
}

static TSS2_RC tcti_transmit(TSS2_TCTI_CONTEXT *c, size_t size, const uint8_t *command)
{
        pawl_tcti *t = (pawl_tcti *)(void *)c;
        int64_t end;

        if (t->state != PAWL_TCTI_OK)
                return TSS2_TCTI_RC_IO_ERROR;
        end = now_ms() + t->deadline_ms;
        t->command_end_ms = t->end_ms != 0 && t->end_ms < end ? t->end_ms : end;
        if (now_ms() >= t->command_end_ms)
                return die(t, PAWL_TCTI_DEAD);
        t->n_commands++;
        t->n_bytes += size;
        return t->inner ? inner_rc(t, Tss2_Tcti_Transmit(t->inner, size, command))
                        : device_write(t, command, size);
}

/* tss2 asks to wait for ever (`timeout` -1); the deadline decides. */
static TSS2_RC tcti_receive(TSS2_TCTI_CONTEXT *c, size_t *size, uint8_t *response, int32_t timeout)
{
        pawl_tcti *t = (pawl_tcti *)(void *)c;
        TSS2_RC rc;

        (void)timeout;
        if (t->state != PAWL_TCTI_OK)
                return TSS2_TCTI_RC_IO_ERROR;
        if (!response)
                return TSS2_TCTI_RC_BAD_VALUE;
        rc = wait_for(t, POLLIN);
        if (rc != TSS2_RC_SUCCESS)
                return rc;
        rc = t->inner ? inner_rc(t, Tss2_Tcti_Receive(
                                            t->inner, size, response, TSS2_TCTI_TIMEOUT_BLOCK))
                      : device_read(t, response, size);
        if (rc == TSS2_RC_SUCCESS)
                t->n_bytes += *size;
        return rc;
}

static pawl_err open_device(pawl_tcti *t, const char *path, pawl_diag *d)
{
        t->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (t->fd >= 0)
                return PAWL_OK;
        if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT,
                        "%s: there is no TPM; switch it on in the firmware's setup, or name one "
                        "with --tpm=",
                        path);
        return pawl_fail_errno(d, errno, "%s: cannot be opened", path);
}

/* A peer that sends half an answer must not hold us longer than a silent one. */
static void limit_socket(const pawl_tcti *t)
{
        struct timeval tv = { .tv_sec = t->deadline_ms / 1000,
                .tv_usec = (suseconds_t)(t->deadline_ms % 1000) * 1000 };

        if (setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0 ||
                setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0)
                errno = 0; /* not a socket */
}

static pawl_err open_other(pawl_tcti *t, const char *spec, pawl_diag *d)
{
        TSS2_TCTI_POLL_HANDLE handle = { .fd = -1 };
        size_t n = 1;

        if (Tss2_TctiLdr_Initialize(spec, &t->inner) != TSS2_RC_SUCCESS) {
                t->inner = NULL;
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT,
                        "%s: no TPM answers there; is the name right and the simulator running?",
                        spec);
        }
        if (Tss2_Tcti_GetPollHandles(t->inner, &handle, &n) != TSS2_RC_SUCCESS || n != 1 ||
                handle.fd < 0)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "%s: this kind of connection cannot hold a deadline; use a device or "
                        "swtpm:path=SOCKET",
                        spec);
        t->fd = handle.fd;
        limit_socket(t);
        return PAWL_OK;
}

static pawl_tcti *new_tcti(unsigned deadline_ms)
{
        pawl_tcti *t = calloc(1, sizeof(*t));

        if (!t)
                return NULL;
        t->fd = -1;
        t->deadline_ms = deadline_ms;
        t->common.magic = TCTI_MAGIC;
        t->common.version = 1;
        t->common.transmit = tcti_transmit;
        t->common.receive = tcti_receive;
        return t;
}

pawl_err pawl_tcti_open(const char *spec, unsigned deadline_ms, pawl_tcti **ret, pawl_diag *d)
{
        pawl_autotcti pawl_tcti *t = new_tcti(deadline_ms);
        static const char prefix[] = "device:";

        if (!t)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "%s: out of memory", spec);
        if (strncmp(spec, prefix, sizeof(prefix) - 1) == 0)
                spec += sizeof(prefix) - 1;
        PAWL_TRY(spec[0] == '/' ? open_device(t, spec, d) : open_other(t, spec, d));
        *ret = pawl_take(&t);
        return PAWL_OK;
}

void pawl_tcti_close_p(pawl_tcti **t)
{
        pawl_tcti *c = *t;

        *t = NULL;
        if (!c)
                return;
        /* Closing /dev/tpm* waits for the running command: a dead one stays open for ever. */
        if (c->state != PAWL_TCTI_DEAD) {
                if (c->inner)
                        Tss2_TctiLdr_Finalize(&c->inner);
                else if (c->fd >= 0)
                        (void)close(c->fd);
        }
        free(c);
}

void pawl_tcti_limit_total(pawl_tcti *t, unsigned ms)
{
        t->end_ms = now_ms() + ms;
}
