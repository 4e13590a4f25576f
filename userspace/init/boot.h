/* SPDX-License-Identifier: BSD-2-Clause */
/* What the steps of one boot know about it. main.c calls them in order. */
#ifndef PAWL_INIT_BOOT_H
#define PAWL_INIT_BOOT_H

#include "userspace/disk/definition.h"
#include "userspace/disk/scan.h"
#include "userspace/host/buffer.h"
#include "userspace/init/console.h"
#include "userspace/init/cred-folder.h"
#include "userspace/init/timeline.h"
#include "userspace/luks/enroll.h"

/* The LUKS2 label of a volume that is not finished: whatever is in it was never used. */
#define PAWL_LABEL_UNFINISHED "pawl-unfinished"

/* The conversation with the TPM. */
typedef struct pawl_boot_tpm {
        pawl_tpm *t;       /* NULL: there is none, or it never answered */
        pawl_tpm_srk *srk; /* NULL: it has none yet */
        uint32_t banks;    /* bit pawl_alg: active */
        bool has_answered; /* ever in this boot: then leaving must be confirmed */
        bool may_unseal;   /* `enter-initrd` is confirmed */
        bool has_unsealed;
        bool has_left;                /* `leave-initrd` was tried */
        char trouble[PAWL_DIAG_SIZE]; /* why it is not used, in words */
} pawl_boot_tpm;

/* One partition of a definition. */
typedef struct pawl_boot_volume {
        const pawl_definition *def;
        char node[PAWL_NODE_SIZE];   /* "/dev/vda4" */
        char name[32];               /* of the mapping: "var" */
        char device[PAWL_NODE_SIZE]; /* what is mounted: "/dev/mapper/var", or `node` */
        pawl_volume *v;              /* NULL if it is not encrypted */
        bool is_fresh;               /* made, or made anew, in this boot */
        bool is_active, is_mounted;
        pawl_secret recovery_key; /* of a fresh one, until its copy is inside the volume */
} pawl_boot_volume;

typedef struct pawl_boot {
        pawl_consoles consoles;
        pawl_timeline time;
        int events; /* the kernel's event socket */
        pawl_buffer cmdline;
        char **argv;               /* words of the command line that the kernel left for init */
        char disk[PAWL_NODE_SIZE]; /* the boot disk, where this is certain; "" otherwise */
        char loader_partition[PAWL_UUID_TEXT_SIZE];
        pawl_boot_tpm tpm;
        pawl_definitions definitions;
        pawl_boot_volume volumes[PAWL_DEFINITIONS_MAX];
        size_t n_volumes;
        pawl_sealed set;    /* what opens all volumes of this boot; empty if a person opened them */
        unsigned pin_tries; /* wrong PINs that the TPM may still see in this boot */
        pawl_cred_folder credentials[PAWL_CRED_KIND_MAX_];
        const char *opened_by; /* "tpm2", "person", "first-boot"; NULL: nothing to open */
} pawl_boot;

/* One step; what it says in `d` is told when the boot ends because of it. */
typedef pawl_err pawl_step(pawl_boot *b, pawl_diag *d);

/* Kernel file systems, consoles, no way out by keys. */
pawl_step pawl_step_basics;
pawl_step pawl_step_modules;
/* Gathers the credentials that came in from outside. Never fails. */
pawl_step pawl_step_credentials;
/* Finds the TPM, if there is one, and measures `enter-initrd`. Trouble costs the automatic opening,
 * not the boot: never fails. */
pawl_step pawl_step_tpm;
/* Does a factory reset that was asked for, and restarts the machine; else nothing. */
pawl_step pawl_step_reset;
/* Finds the disk that the firmware started from, opens and mounts the root image. */
pawl_step pawl_step_root;
/* Makes the partitions that definitions ask for, and tells new volumes from those in use. */
pawl_step pawl_step_partitions;
/* Unlocks the volumes in use, all by one unsealed secret, or by what a person types. */
pawl_step pawl_step_unlock;
/* Formats and enrols the new ones. */
pawl_step pawl_step_make;
/* Measures the volume keys, maps, makes file systems, mounts. */
pawl_step pawl_step_mount;
/* Leaves to the OS what it needs to know, below /run. */
pawl_step pawl_step_handover;
/* Measures `leave-initrd`: fails where the OS must not run. */
pawl_step pawl_step_leave;
/* Hands over to the OS; returns only on failure. */
pawl_step pawl_step_switch;

/* The only way out without an OS: tells why, closes the volumes, measures `leave-initrd`, powers
 * off. */
_Noreturn void pawl_boot_give_up(pawl_boot *b, const char *reason);

/* Sets `disk`: the one that the loader was started from. REFUSED where that is not certain. */
PAWL_MUST_CHECK pawl_err pawl_boot_find_disk(pawl_boot *b, pawl_diag *d);

/* Unmounts and closes what is open. */
void pawl_boot_close_volumes(pawl_boot *b);

#endif
