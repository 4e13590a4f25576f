/* SPDX-License-Identifier: BSD-2-Clause */
/* pawl-init, the first program of the initrd: the boot sequence. There is no shell anywhere; PID 1
 * ends by becoming the init of the OS or by powering off. */
#include <stdio.h>
#include <stdlib.h>

#include "userspace/init/boot.h"

/* In this order. Whatever a step does is undone or outlived by pawl_boot_give_up. */
static const struct {
        const char *name; /* in the time line */
        pawl_step *run;
} steps[] = {
        {"basics",       pawl_step_basics     },
        { "modules",     pawl_step_modules    },
        { "credentials", pawl_step_credentials},
        { "tpm",         pawl_step_tpm        }, /* measures enter-initrd */
        { "reset",       pawl_step_reset      }, /* before anything of the old system is read */
        { "root",        pawl_step_root       },
        { "partitions",  pawl_step_partitions },
        { "unlock",      pawl_step_unlock     },
        { "make",        pawl_step_make       }, /* first boot */
        { "mount",       pawl_step_mount      }, /* measures the volume keys */
        { "handover",    pawl_step_handover   },
        { "leave",       pawl_step_leave      }, /* measures leave-initrd */
        { "switch",      pawl_step_switch     },
};

int main(int argc, char **argv)
{
        static pawl_boot boot = { .events = -1 };
        pawl_diag d = { 0 };

        (void)argc;
        if (getpid() != 1) {
                (void)fprintf(stderr, "pawl-init: runs as the first process of an initrd only\n");
                return 64;
        }
        (void)clearenv(); /* the kernel takes it from the command line */
        boot.argv = argv;
        pawl_timeline_start(&boot.time);
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                if (steps[i].run(&boot, &d) != PAWL_OK)
                        break;
                pawl_timeline_mark(&boot.time, steps[i].name);
        }
        pawl_boot_give_up(&boot, pawl_diag_text(&d));
}
