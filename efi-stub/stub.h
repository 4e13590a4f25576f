/* SPDX-License-Identifier: BSD-2-Clause */
/* The stub in front of a UKI: it looks at the image it is part of, measures what core/plan.h says,
 * and starts the kernel. What is measured, and what counts as command line, is decided there, not
 * here. */
#ifndef PAWL_EFI_STUB_STUB_H
#define PAWL_EFI_STUB_STUB_H

#include "core/plan.h"
#include "efi-common/measuring.h"
#include "efi-common/platform.h"

/* microcode, an earlier stage's initrd, .initrd, credentials, what the stub adds */
#define PAWL_STUB_INITRDS_MAX (4 + PAWL_SIDECAR_MAX_)

typedef struct pawl_stub_memory {
        void *data;
        size_t size;
} pawl_stub_memory;

typedef struct pawl_stub {
        const pawl_platform *platform;
        /* what is being worked on, for the message if it fails */
        const char *object, *advice;

        pawl_self self;
        pawl_pe pe;
        pawl_uki uki;
        pawl_boot_input input;
        pawl_plan plan;
        pawl_measuring measuring;

        pawl_span initrds[PAWL_STUB_INITRDS_MAX];
        size_t n_initrds;
        bool is_initrd_installed;
        pawl_image kernel; /* NULL: not loaded */

        pawl_stub_memory cmdline, earlier_initrd, extra, sidecars[PAWL_SIDECAR_MAX_];
} pawl_stub;

/* Boots the UKI that `p` says this program is. Returns when something failed, with a message on the
 * console, or when the kernel gave up. Leaves nothing behind but measurements and variables. */
PAWL_MUST_CHECK pawl_err pawl_stub_run(const pawl_platform *p);

/* The steps, in order; stub.c calls them. */

/* kernel.c: REFUSED if Secure Boot is on and the kernel alone carries a signature by a certificate
 * in db: it could be started without its measured initrd. */
PAWL_MUST_CHECK pawl_err pawl_stub_check_kernel(pawl_stub *s);
/* kernel.c: the command line that the plan says, then the kernel. */
PAWL_MUST_CHECK pawl_err pawl_stub_load_kernel(pawl_stub *s);
void pawl_stub_unload_kernel(pawl_stub *s);

/* initrd.c: what an earlier stage offers. It is read only if it may count. */
PAWL_MUST_CHECK pawl_err pawl_stub_read_earlier_initrd(pawl_stub *s);
/* sidecars.c: credential files on the image's partition, packed into `input`. A folder that cannot
 * be read as a whole, or is over a limit, is told and left out. */
void pawl_stub_read_sidecars(pawl_stub *s);
/* initrd.c: the archive with /.extra, and the list of all parts. */
PAWL_MUST_CHECK pawl_err pawl_stub_make_initrds(pawl_stub *s);

/* stub-variables.c: what the OS is told. */
PAWL_MUST_CHECK pawl_err pawl_stub_set_variables(const pawl_stub *s);

/* Memory that pawl_stub_run gives back. */
PAWL_MUST_CHECK pawl_err pawl_stub_allocate(pawl_stub *s, size_t size, pawl_stub_memory *ret);
void pawl_stub_release(pawl_stub *s, pawl_stub_memory *m);
/* One line on the console: the three texts behind the stub's name. */
void pawl_stub_say(const pawl_stub *s, const char *a, const char *b, const char *c);

#endif
