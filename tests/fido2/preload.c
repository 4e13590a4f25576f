/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into a program that uses libfido2: the tokens that are plugged in are those whose
 * folders PAWL_TEST_FIDO2 names, joined by ':', as far as the file `plugged` is in them. */
#include <dlfcn.h>
#include <fido.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/fido2/ctaphid.h"

#define EXPORT   __attribute__((visibility("default")))
#define POLL_NS  5000000L
#define LIST_MAX 4

EXPORT int fido_dev_info_manifest(fido_dev_info_t *list, size_t size, size_t *ret_n);
EXPORT int fido_dev_open_with_info(fido_dev_t *dev);

static char folders[LIST_MAX][256];

static void *token_open(const char *path)
{
        ctaphid *h = calloc(1, sizeof(*h));

        if (h && !authenticator_start(&h->token, path)) {
                free(h);
                return NULL;
        }
        return h;
}

static void token_close(void *handle)
{
        ctaphid *h = handle;

        authenticator_end(&h->token);
        free(h);
}

static int token_read(void *handle, unsigned char *buf, size_t len, int ms)
{
        const struct timespec pause = { .tv_nsec = POLL_NS };

        if (len != CTAPHID_REPORT_SIZE)
                return -1;
        for (long left = ms < 0 ? 600000 : ms; left >= 0; left -= POLL_NS / 1000000) {
                if (ctaphid_read(handle, buf))
                        return CTAPHID_REPORT_SIZE;
                (void)nanosleep(&pause, NULL);
        }
        return -1;
}

/* The first byte is the report's number. */
static int token_write(void *handle, const unsigned char *buf, size_t len)
{
        if (len != CTAPHID_REPORT_SIZE + 1)
                return -1;
        ctaphid_write(handle, buf + 1);
        return (int)len;
}

static const fido_dev_io_t io = { token_open, token_close, token_read, token_write };

static bool is_plugged(const char *folder)
{
        char path[300];

        (void)snprintf(path, sizeof(path), "%s/plugged", folder);
        return access(path, F_OK) == 0;
}

int fido_dev_info_manifest(fido_dev_info_t *list, size_t size, size_t *ret_n)
{
        const char *p = getenv("PAWL_TEST_FIDO2");

        *ret_n = 0;
        while (p && *p && *ret_n < LIST_MAX && *ret_n < size) {
                size_t len = strcspn(p, ":");
                char *folder = folders[*ret_n];

                (void)snprintf(folder, sizeof(folders[0]), "%.*s", (int)len, p);
                p += len + (p[len] == ':');
                if (!is_plugged(folder))
                        continue;
                if (fido_dev_info_set(list, *ret_n, folder, "Pawl", "test token", &io, NULL) !=
                        FIDO_OK)
                        return FIDO_ERR_INTERNAL;
                (*ret_n)++;
        }
        return FIDO_OK;
}

/* With functions of its own a device has the usual report size. */
int fido_dev_open_with_info(fido_dev_t *dev)
{
        union {
                void *symbol;
                int (*function)(fido_dev_t *);
        } next = { .symbol = dlsym(RTLD_NEXT, "fido_dev_open_with_info") };

        if (!next.symbol || fido_dev_set_io_functions(dev, &io) != FIDO_OK)
                return FIDO_ERR_INTERNAL;
        return next.function(dev);
}
