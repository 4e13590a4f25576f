/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a factory reset in the initrd; reset.c calls them in order. Each can be done again
 * after any interruption. */
#ifndef PAWL_INIT_RESET_H
#define PAWL_INIT_RESET_H

#include "userspace/disk/place.h"
#include "userspace/host/output.h"
#include "userspace/init/boot.h"
#include "userspace/reset/journal.h"

typedef struct pawl_reset_run {
        pawl_boot *b;
        pawl_reset_journal journal;
        pawl_place places[PAWL_DEFINITIONS_MAX]; /* of b->definitions */
        bool is_table_whole;                     /* both copies, and they agree */
        json_object *report;                     /* borrowed */
} pawl_reset_run;

/* Adds a fact to the report: `what` is the object, `text` what became of it. */
void pawl_reset_note(pawl_reset_run *r, const char *what, const char *text);

/* Which partitions are marked; finds the disk. */
PAWL_MUST_CHECK pawl_err pawl_reset_look(pawl_reset_run *r, pawl_diag *d);
/* Headers and keyslots of all marked partitions. */
PAWL_MUST_CHECK pawl_err pawl_reset_keys(pawl_reset_run *r, pawl_diag *d);
/* Never fails for the TPM's sake: what it did not do stands in the report. Does not return where
 * the firmware has to be asked: the machine restarts. */
PAWL_MUST_CHECK pawl_err pawl_reset_tpm(pawl_reset_run *r, pawl_diag *d);
/* What is in the marked partitions, and their entries; what is the owner's on the boot partition
 * and in the firmware's variables. */
PAWL_MUST_CHECK pawl_err pawl_reset_data(pawl_reset_run *r, pawl_diag *d);
void pawl_reset_owner_files(pawl_reset_run *r);
/* New partitions, as on the first boot, with the report inside. */
PAWL_MUST_CHECK pawl_err pawl_reset_remake(pawl_reset_run *r, pawl_diag *d);

_Noreturn void pawl_reset_restart(pawl_boot *b);

#endif
