/* SPDX-License-Identifier: BSD-2-Clause */
/* What the steps of one boot know about it. main.c calls them in order. */
#ifndef PAWL_INIT_BOOT_H
#define PAWL_INIT_BOOT_H

#include "userspace/disk/scan.h"
#include "userspace/host/buffer.h"
#include "userspace/init/console.h"
#include "userspace/init/timeline.h"

typedef struct pawl_boot {
        pawl_consoles consoles;
        pawl_timeline time;
        int events; /* the kernel's event socket */
        pawl_buffer cmdline;
        char **argv;               /* words of the command line that the kernel left for init */
        char disk[PAWL_NODE_SIZE]; /* the boot disk, where this is certain; "" otherwise */
} pawl_boot;

/* One step; what it says in `d` is told when the boot ends because of it. */
typedef pawl_err pawl_step(pawl_boot *b, pawl_diag *d);

/* Kernel file systems, consoles, no way out by keys. */
pawl_step pawl_step_basics;
pawl_step pawl_step_modules;
/* Finds the disk that the firmware started from, opens and mounts the root image. */
pawl_step pawl_step_root;
/* Hands over to the OS; returns only on failure. */
pawl_step pawl_step_switch;

/* The only way out without an OS: tells why, closes what is open, powers off. */
_Noreturn void pawl_boot_give_up(pawl_boot *b, const char *reason);

#endif
