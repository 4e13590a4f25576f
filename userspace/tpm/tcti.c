/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/tpm/tcti.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <tss2/tss2_tctildr.h>
#include <tss2/tss2_tpm2_types.h>

#include "userspace/host/cleanup.h"
#include "userspace/tpm/relay.h"

#define HEADER_SIZE 10                  /* bytes: tag, size, code */
#define TCTI_MAGIC  0x7061776c74637469u /* "pawltcti" */

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

static TSS2_RC write_all(pawl_tcti *t, const uint8_t *command, size_t size)
{
        while (size > 0) {
                TSS2_RC rc = wait_for(t, POLLOUT);
                ssize_t n = rc == TSS2_RC_SUCCESS ? send(t->fd, command, size, MSG_NOSIGNAL) : 0;

                if (rc != TSS2_RC_SUCCESS)
                        return rc;
                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                /* a packet is taken whole */
                if (n <= 0 || (!t->is_stream && (size_t)n != size))
                        return die(t, PAWL_TCTI_BROKEN);
                command += n;
                size -= (size_t)n;
        }
        return TSS2_RC_SUCCESS;
}

/* At most `size` bytes, at least one. */
static TSS2_RC read_some(pawl_tcti *t, uint8_t *to, size_t size, size_t *ret_n)
{
        for (;;) {
                TSS2_RC rc = wait_for(t, POLLIN);
                ssize_t n = rc == TSS2_RC_SUCCESS ? read(t->fd, to, size) : 0;

                if (rc != TSS2_RC_SUCCESS)
                        return rc;
                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                if (n <= 0)
                        return die(t, PAWL_TCTI_BROKEN);
                *ret_n = (size_t)n;
                return TSS2_RC_SUCCESS;
        }
}

/* An answer of a socket says its own length: bytes 2 to 5. Part 1, 18. */
static TSS2_RC read_rest(pawl_tcti *t, uint8_t *response, size_t cap, size_t *len)
{
        while (*len < HEADER_SIZE || *len < t->expected) {
                size_t n, want = *len < HEADER_SIZE ? HEADER_SIZE : t->expected;
                TSS2_RC rc = read_some(t, response + *len, want - *len, &n);

                if (rc != TSS2_RC_SUCCESS)
                        return rc;
                *len += n;
                if (*len == HEADER_SIZE)
                        t->expected = (size_t)response[2] << 24 | (size_t)response[3] << 16 |
                                      (size_t)response[4] << 8 | (size_t)response[5];
                if (*len == HEADER_SIZE && (t->expected < HEADER_SIZE || t->expected > cap))
                        return die(t, PAWL_TCTI_BROKEN);
        }
        return TSS2_RC_SUCCESS;
}

static TSS2_RC fd_receive(pawl_tcti *t, size_t *size, uint8_t *response)
{
        size_t len = 0;
        TSS2_RC rc;

        if (*size < HEADER_SIZE)
                return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
        t->expected = 0;
        rc = t->is_stream ? read_rest(t, response, *size, &len)
                          : read_some(t, response, *size, &len);
        if (rc == TSS2_RC_SUCCESS)
                *size = len;
        return rc;
}

static int64_t left_ms(const pawl_tcti *t)
{
        return t->command_end_ms - now_ms();
}

static TSS2_RC inner_rc(pawl_tcti *t, TSS2_RC rc)
{
        if (rc == TSS2_RC_SUCCESS)
                return rc;
        return die(t, left_ms(t) <= 0 ? PAWL_TCTI_DEAD : PAWL_TCTI_BROKEN);
}

static TSS2_RC inner_receive(pawl_tcti *t, size_t *size, uint8_t *response)
{
        TSS2_RC rc;

        do {
                int64_t left = left_ms(t);
                rc = Tss2_Tcti_Receive(t->inner, size, response,
                        left <= 0 ? 0 : (left < INT_MAX ? (int32_t)left : INT_MAX));
        } while (rc == TSS2_TCTI_RC_TRY_AGAIN && left_ms(t) > 0);
        return inner_rc(t, rc);
}

static TSS2_RC tcti_transmit(TSS2_TCTI_CONTEXT *c, size_t size, const uint8_t *command)
{
        pawl_tcti *t = (pawl_tcti *)(void *)c;
        int64_t end;

        if (t->state != PAWL_TCTI_OK)
                return TSS2_TCTI_RC_IO_ERROR;
        end = now_ms() + t->deadline_ms;
        t->command_end_ms = t->end_ms != 0 && t->end_ms < end ? t->end_ms : end;
        if (left_ms(t) <= 0)
                return die(t, PAWL_TCTI_DEAD);
        t->n_commands++;
        t->n_bytes += size;
        return t->inner ? inner_rc(t, Tss2_Tcti_Transmit(t->inner, size, command))
                        : write_all(t, command, size);
}

/* tss2 asks to wait for ever (`timeout` -1); the deadline decides. */
static TSS2_RC tcti_receive(TSS2_TCTI_CONTEXT *c, size_t *size, uint8_t *response, int32_t timeout)
{
        pawl_tcti *t = (pawl_tcti *)(void *)c;
        TSS2_RC rc;

        (void)timeout;
        if (t->state != PAWL_TCTI_OK)
                return TSS2_TCTI_RC_IO_ERROR;
        if (!response) { /* a question for the size: what any answer fits into */
                *size = TPM2_MAX_RESPONSE_SIZE;
                return TSS2_RC_SUCCESS;
        }
        rc = t->inner ? inner_receive(t, size, response) : fd_receive(t, size, response);
        if (rc == TSS2_RC_SUCCESS)
                t->n_bytes += *size;
        return rc;
}

static pawl_err nobody(const char *spec, pawl_diag *d)
{
        return pawl_fail(d, PAWL_ERR_TPM_ABSENT,
                "%s: no TPM answers there; is the name right and the simulator running?", spec);
}

static pawl_err open_socket(pawl_tcti *t, const char *path, pawl_diag *d)
{
        struct sockaddr_un addr = { .sun_family = AF_UNIX };

        if ((size_t)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path) >=
                sizeof(addr.sun_path))
                return pawl_fail(d, PAWL_ERR_LIMIT, "%s: too long for a socket's path", path);
        t->is_stream = true;
        t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (t->fd < 0)
                return pawl_fail_errno(d, errno, "%s: no socket", path);
        return connect(t->fd, (struct sockaddr *)(void *)&addr, sizeof(addr)) == 0
                       ? PAWL_OK
                       : nobody(path, d);
}

/* The loader would take a path for a library to run. */
static pawl_err open_other(pawl_tcti *t, const char *spec, pawl_diag *d)
{
        size_t n = strcspn(spec, ":");

        if (strspn(spec, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "TPM: '%.64s' is no device and no name of a TCTI (/dev/tpmrm0, auto, "
                        "swtpm:path=SOCKET)",
                        spec);
        if (Tss2_TctiLdr_Initialize(spec, &t->inner) == TSS2_RC_SUCCESS)
                return PAWL_OK;
        t->inner = NULL;
        return nobody(spec, d);
}

/* The rest of `spec` behind `prefix`, or NULL. */
static const char *after(const char *spec, const char *prefix)
{
        size_t n = strlen(prefix);

        return strncmp(spec, prefix, n) == 0 ? spec + n : NULL;
}

static pawl_err open_spec(pawl_tcti *t, const char *spec, pawl_diag *d)
{
        const char *device = spec[0] == '/' ? spec : after(spec, "device:");
        const char *sock = after(spec, "swtpm:path=");

        if (device)
                return pawl_relay_start(device, &t->fd, &t->relay, d);
        return sock ? open_socket(t, sock, d) : open_other(t, spec, d);
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

        if (!t)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "%s: out of memory", spec);
        PAWL_TRY(open_spec(t, spec, d));
        *ret = pawl_take(&t);
        return PAWL_OK;
}

void pawl_tcti_close_p(pawl_tcti **t)
{
        pawl_tcti *c = *t;

        *t = NULL;
        if (!c)
                return;
        /* A dead one has a child that waits for the TPM, perhaps for ever; we do not. */
        if (c->inner && c->state != PAWL_TCTI_DEAD)
                Tss2_TctiLdr_Finalize(&c->inner);
        if (c->fd >= 0)
                (void)close(c->fd);
        if (c->relay != 0)
                pawl_relay_reap(c->relay, /* wait= */ c->state == PAWL_TCTI_OK);
        free(c);
}

void pawl_tcti_limit_total(pawl_tcti *t, unsigned ms)
{
        t->end_ms = now_ms() + ms;
}
