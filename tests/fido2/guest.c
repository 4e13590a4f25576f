/* SPDX-License-Identifier: BSD-2-Clause */
/* In a guest of the boot tests, as /init: leaves a child behind that is a FIDO2 token on /dev/uhid,
 * and becomes pawl-init. The host says on a virtio port, a word a line, what happens to the token:
 * plug, unplug, touch, leave. What it knows stands in /fido. */
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/fido2/ctaphid.h"

#define FOLDER  "/fido"
#define TICK_MS 10

/* FIDO CTAP 2.0, 8.1.8.2: 64 bytes in, 64 bytes out, usage page 0xf1d0 */
static const uint8_t descriptor[] = { 0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20, 0x15,
        0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26,
        0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91, 0x02, 0xc0 };

static void pause_ms(long ms)
{
        const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

        (void)nanosleep(&t, NULL);
}

static bool put(int uhid, const struct uhid_event *e)
{
        return write(uhid, e, sizeof(*e)) == (ssize_t)sizeof(*e);
}

static void plug(int uhid, ctaphid *h)
{
        static struct uhid_event e;

        pawl_zero(h, sizeof(*h));
        if (!authenticator_start(&h->token, FOLDER))
                return;
        e = (struct uhid_event){ .type = UHID_CREATE2 };
        pawl_copy(e.u.create2.name, "test token", sizeof("test token"));
        e.u.create2.bus = BUS_USB; /* libfido2 looks at nothing else */
        e.u.create2.rd_size = sizeof(descriptor);
        pawl_copy(e.u.create2.rd_data, descriptor, sizeof(descriptor));
        (void)put(uhid, &e);
}

static void unplug(int uhid, ctaphid *h)
{
        static const struct uhid_event e = { .type = UHID_DESTROY };

        (void)put(uhid, &e);
        authenticator_end(&h->token);
}

static void touch(bool is_touched)
{
        if (is_touched)
                (void)close(open(FOLDER "/touch", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        else
                (void)unlink(FOLDER "/touch");
}

static void obey(const char *word, int uhid, ctaphid *h)
{
        if (strcmp(word, "plug") == 0)
                plug(uhid, h);
        else if (strcmp(word, "unplug") == 0)
                unplug(uhid, h);
        else
                touch(strcmp(word, "touch") == 0);
}

static void take_words(int port, int uhid, ctaphid *h)
{
        char text[64];
        ssize_t n = read(port, text, sizeof(text) - 1);

        if (n <= 0) {
                pause_ms(TICK_MS); /* nobody is at the other end */
                return;
        }
        text[n] = '\0';
        for (char *rest = NULL, *word = strtok_r(text, "\n", &rest); word;
                word = strtok_r(NULL, "\n", &rest))
                obey(word, uhid, h);
}

/* The kernel's first byte is the number of the report. */
static void take_report(int uhid, ctaphid *h)
{
        static struct uhid_event e;

        if (read(uhid, &e, sizeof(e)) <= 0 || e.type != UHID_OUTPUT)
                return;
        if (e.u.output.size == CTAPHID_REPORT_SIZE + 1)
                ctaphid_write(h, e.u.output.data + 1);
        else if (e.u.output.size == CTAPHID_REPORT_SIZE)
                ctaphid_write(h, e.u.output.data);
}

static void give_reports(int uhid, ctaphid *h)
{
        static struct uhid_event e;

        e = (struct uhid_event){ .type = UHID_INPUT2 };
        e.u.input2.size = CTAPHID_REPORT_SIZE;
        while (h->token.folder && ctaphid_read(h, e.u.input2.data))
                (void)put(uhid, &e);
}

static int wait_for(const char *const *paths)
{
        for (;; pause_ms(100))
                for (size_t i = 0; paths[i]; i++) {
                        int fd = open(paths[i], O_RDWR | O_CLOEXEC);

                        if (fd >= 0)
                                return fd;
                }
}

_Noreturn static void be_a_token(void)
{
        static const char *const devices[] = { "/dev/uhid", NULL };
        static const char *const ports[] = { "/dev/vport0p1", "/dev/vport1p1", "/dev/vport2p1",
                "/dev/vport3p1", NULL };
        static ctaphid h;
        int uhid = wait_for(devices), port = wait_for(ports);
        struct pollfd p[] = {
                {.fd = uhid,  .events = POLLIN},
                { .fd = port, .events = POLLIN},
        };

        for (;;) {
                (void)poll(p, 2, TICK_MS);
                if (p[0].revents & POLLIN)
                        take_report(uhid, &h);
                if (p[1].revents & POLLIN)
                        take_words(port, uhid, &h);
                give_reports(uhid, &h);
        }
}

int main(int argc, char **argv)
{
        (void)argc;
        if (fork() == 0)
                be_a_token();
        (void)execv("/pawl-init", argv);
        return 1;
}
