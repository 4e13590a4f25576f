/* SPDX-License-Identifier: BSD-2-Clause */
/* A firmware in memory: an EFI_SYSTEM_TABLE whose services count calls and fail the n-th, so that
 * the EFI adapter (efi-common/efi-*.c) runs under sanitizers. One at a time. */
#ifndef PAWL_TESTS_FAKES_FAKE_EFI_H
#define PAWL_TESTS_FAKES_FAKE_EFI_H

#include "core/span.h"
#include "efi-common/efi.h"

#define FAKE_EFI_FILES_MAX   8
#define FAKE_EFI_VARS_MAX    32
#define FAKE_EFI_EXTENDS_MAX 64
#define FAKE_EFI_HANDLES_MAX 8
#define FAKE_EFI_PROTOCOLS   4 /* on one handle */
#define FAKE_EFI_IMAGES_MAX  4

typedef struct fake_efi_extend {
        uint32_t pcr, event_type;
        uint8_t *bytes;
        size_t len;
        uint8_t event[256];
        size_t event_len;
} fake_efi_extend;

typedef struct fake_efi {
        /* set by the test after fake_efi_init */
        bool has_tcg2, is_tpm_present, has_security2, has_security;
        uint32_t active_banks;
        EFI_STATUS extend_status;  /* EFI_SUCCESS: it works */
        EFI_STATUS program_status; /* what a started program returns */
        bool is_check_strict;      /* the firmware's own signature check refuses everything */
        unsigned fail_at;          /* 0: never */
        uint32_t keys[16];         /* scan code << 16 | character */
        size_t n_keys;
        void (*on_start)(struct fake_efi *f);

        EFI_SYSTEM_TABLE *st;
        EFI_HANDLE image_handle;
        EFI_LOADED_IMAGE_PROTOCOL *own; /* of the program under test: set its image and options */

        /* what happened */
        unsigned n_calls;
        size_t n_allocations, n_open_files, n_images, n_events;
        fake_efi_extend extends[FAKE_EFI_EXTENDS_MAX];
        size_t n_extends;
        unsigned n_started, n_checked; /* n_checked: loads that met the firmware's own check */
        char said[4096];
        size_t said_len;
        uint64_t waited_usec;
        unsigned n_resets;
} fake_efi;

/* A machine with a TPM (SHA-256 bank), Security2, a GPT boot partition and an image started from
 * \EFI\Linux\test.efi on it. */
void fake_efi_init(fake_efi *f);
void fake_efi_end(fake_efi *f);
void fake_efi_add_file(fake_efi *f, const char *path, pawl_span content);
void fake_efi_add_dir(fake_efi *f, const char *path);
bool fake_efi_has_file(const fake_efi *f, const char *path);
/* Offers an initrd as an earlier stage would. */
void fake_efi_offer_initrd(fake_efi *f, pawl_span content);
/* Offers a file that is no initrd, under an empty device path; it must not be asked for. */
void fake_efi_offer_other_file(fake_efi *f);
/* What a kernel would read as initrd; NULL if there is none. free() it. */
uint8_t *fake_efi_read_initrd(fake_efi *f, size_t *ret_len);
void fake_efi_set_variable(fake_efi *f, const char *name, pawl_span value, uint32_t attributes);
/* PAWL_SPAN_NULL if there is none. */
pawl_span fake_efi_variable(const fake_efi *f, const char *name);
/* Whether the functions that were taken over are the firmware's again. */
bool fake_efi_checks_are_its_own(const fake_efi *f);

#endif
