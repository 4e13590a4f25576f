/* SPDX-License-Identifier: BSD-2-Clause */
/* The one rule of what the stub measures. The stub extends each item, the predictor hashes each
 * item, the verifier matches each item to the event log. There is no second copy of the rule.
 * docs/MEASUREMENTS.md lists the same, and a test compares. */
#ifndef PAWL_CORE_PLAN_H
#define PAWL_CORE_PLAN_H

#include "core/sidecar.h"
#include "core/uki.h"

#define PAWL_PCR_BOOT               4
#define PAWL_PCR_BOOT_LOADER_CONFIG 5
#define PAWL_PCR_SECURE_BOOT        7
#define PAWL_PCR_KERNEL_BOOT        11
#define PAWL_PCR_KERNEL_CONFIG      12
#define PAWL_PCR_SYSTEM_IDENTITY    15

/* Event types of TCG PC Client Platform Firmware Profile 1.05, table 27. */
#define PAWL_EV_EVENT_TAG 0x00000006u
#define PAWL_EV_IPL       0x0000000du

/* Tags of EV_EVENT_TAG events (systemd's numbers, see MEASUREMENTS). */
#define PAWL_TAG_LOADER_CONF 0xf5bc582au
#define PAWL_TAG_PROFILE     0x13aed6dbu

/* The label of an earlier stage's initrd (ours; other stubs do not measure it). */
#define PAWL_LABEL_EARLIER_INITRD "Earlier initrd"

/* What the executor does when an item cannot be measured although there is a TPM. */
typedef enum pawl_on_fail {
        PAWL_ON_FAIL_POISON, /* extend a fixed value so that no policy can match; go on with the
                                boot (law 3) */
        PAWL_ON_FAIL_STOP,   /* do not start what was not measured */
} pawl_on_fail;

typedef struct pawl_measurement {
        uint32_t pcr;
        uint32_t event_type;
        uint32_t tag;    /* for EV_EVENT_TAG, else 0 */
        pawl_span bytes; /* what is hashed, followed by `n_zeros` zero bytes. Borrowed; need not lie
                            inside the PE */
        size_t n_zeros;
        const char *label; /* ASCII; stands in the log as UTF-16 with NUL. NULL: the label is what
                              is hashed, which is UTF-16 with NUL */
        pawl_on_fail on_fail;
} pawl_measurement;

#define PAWL_PLAN_MAX (2 * PAWL_UKI_SECTION_MAX_ + 8)

typedef struct pawl_plan {
        pawl_measurement items[PAWL_PLAN_MAX];
        size_t n_items;
        /* The command line the kernel gets, and where it came from. */
        bool uses_load_options;   /* true: `in->load_options`, measured to PCR 12; false: `.cmdline`
                                     (maybe none) */
        bool uses_earlier_initrd; /* the initrd of an earlier stage is handed on, measured to PCR 12
                                   */
        bool uses_sidecars; /* the credentials beside the image are handed on, measured to PCR 12 */
        uint8_t profile_bytes[8]; /* backing for the PCR 12 profile event */
        size_t n_profile_bytes;
} pawl_plan;

typedef struct pawl_boot_input {
        const pawl_uki *uki;
        bool is_secure_boot;
        /* UTF-16LE without NUL and without the profile selector; len 0 if none was given. */
        pawl_span load_options;
        /* What an earlier stage offers the kernel as initrd; len 0 if nothing. */
        pawl_span earlier_initrd;
        /* The archives of what lies beside the image; len 0 if there is nothing. */
        pawl_span sidecars[PAWL_SIDECAR_MAX_];
} pawl_boot_input;

/* Computes, in order, every measurement for a boot. Same input, same plan. The rule of the command
 * line: load options count only if Secure Boot is off or the image has no `.cmdline`. What counts
 * is hashed with its UTF-16 NUL (`n_zeros` 2), as systemd's code does although its documentation
 * says otherwise; so is the profile's number. An earlier stage's initrd can replace what the image
 * starts: it does not count with Secure Boot on. Credentials beside the image always count: they
 * replace nothing, and what is in them has to be authenticated by whoever uses it. `ret` borrows
 * from `in` and must not be moved. FORMAT if the load options have an odd length. */
PAWL_MUST_CHECK pawl_err pawl_boot_plan(const pawl_boot_input *in, pawl_plan *ret);

/* Splits EFI load options: a first word `@N` selects a profile (else 0) and is taken off; blanks at
 * both ends are taken off the rest, which borrows from `options`. `options` is UTF-16LE and ends at
 * its NUL, if it has one. A first word of any other form is part of the command line; options with
 * control characters are the firmware's own data, not a command line, and leave an empty rest.
 * FORMAT if N is over 999 or `options` has an odd length. */
PAWL_MUST_CHECK pawl_err pawl_load_options_split(
        pawl_span options, unsigned *ret_profile, pawl_span *ret_rest);

/* What the boot loader measures, by the same rule: loader.conf, before anything in it is used
 * (PAWL_ON_FAIL_STOP: a file that is not measured is not used) ... */
pawl_measurement pawl_loader_conf_measurement(pawl_span file);
/* ... and the load options that it gives to an image, selector included; the stub measures those
 * that become the command line in the same way once more. UTF-16LE without NUL. */
pawl_measurement pawl_load_options_measurement(pawl_span options);

/* The event data of the log record of `m`: the label in UTF-16LE with NUL; for EV_EVENT_TAG the
 * structure TCG_PCClientTaggedEvent around it. */
PAWL_MUST_CHECK pawl_err pawl_measurement_event(const pawl_measurement *m, pawl_writer *w);

/* What is extended where an item could not be: the ASCII text of this constant, without NUL, as
 * EV_IPL event. */
#define PAWL_POISON_TEXT "pawl-measurement-failed"

#endif
