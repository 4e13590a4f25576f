/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/wait.h"

#include <poll.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "userspace/init/timeline.h"

#define LOOK_AGAIN_MS 1000 /* at the latest: an event may be lost when many come at once */

int pawl_wait_open(void)
{
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
        int fd = socket(
                AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

        if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                pawl_close_p(&fd);
        return fd;
}

/* Empties the socket; what the events say does not matter. */
static void drain(int fd)
{
        char event[8192];

        while (recv(fd, event, sizeof(event), 0) > 0)
                continue;
}

pawl_err pawl_wait_for(int events, pawl_consoles *c, const char *what, unsigned seconds,
        bool (*is_there)(void *ctx), void *ctx)
{
        int64_t start = pawl_now_ms(), end = start + (int64_t)seconds * 1000, now;
        bool has_said = false;

        while (!is_there(ctx)) {
                struct pollfd p = { .fd = events, .events = POLLIN };

                now = pawl_now_ms();
                if (now >= end)
                        return PAWL_ERR_TIMEOUT;
                if (!has_said && now - start >= 1000) {
                        pawl_consoles_say(c, "waiting for %s (up to %u s)", what, seconds);
                        has_said = true;
                }
                (void)poll(&p, 1, end - now < LOOK_AGAIN_MS ? (int)(end - now) : LOOK_AGAIN_MS);
                drain(events);
        }
        return PAWL_OK;
}
