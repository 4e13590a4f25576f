/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine in memory behind the seam (efi-common/platform.h): it counts calls, fails those it is
 * told to, and keeps what was measured, loaded, started and said. */
#ifndef PAWL_TESTS_FAKES_FAKE_PLATFORM_H
#define PAWL_TESTS_FAKES_FAKE_PLATFORM_H

#include "efi-common/platform.h"

#define FAKE_MEASUREMENTS_MAX 128
#define FAKE_VARIABLES_MAX    48
#define FAKE_FILES_MAX        96
#define FAKE_KEYS_MAX         64

typedef struct fake_measurement {
        uint32_t pcr, event_type;
        uint8_t *bytes; /* with the zeros that belong to them */
        size_t len;
        uint8_t *event;
        size_t event_len;
} fake_measurement;

typedef struct fake_variable {
        pawl_vendor vendor;
        char name[64];
        uint8_t value[1024];
        size_t len;
        bool is_lasting;
} fake_variable;

typedef struct fake_file {
        char path[PAWL_PATH_MAX]; /* "\loader\loader.conf"; of a directory as well */
        pawl_span content;        /* borrowed */
        bool is_dir, is_read_only;
} fake_file;

typedef enum fake_failure {
        FAKE_FAIL_ONE,       /* the n-th call fails */
        FAKE_FAIL_FROM,      /* the n-th and every later one */
        FAKE_FAIL_ONE_AFTER, /* the n-th does its work and then says that it failed */
} fake_failure;

typedef struct fake_platform {
        pawl_platform platform;

        /* set by the test */
        pawl_self self;
        bool has_tpm;
        uint64_t measure_usec; /* what one measurement takes */
        bool is_measuring_broken;
        pawl_span earlier_initrd; /* len 0: none */
        uint64_t program_status;
        pawl_err load_err;            /* of image_load; PAWL_OK: it works */
        pawl_err rename_err;          /* of file_rename */
        uint32_t keys[FAKE_KEYS_MAX]; /* typed, one a read; 0: none in time */
        size_t n_keys;
        unsigned fail_at; /* 0: never */
        fake_failure failure;
        /* called when a program is started, while everything is as it finds it */
        void (*on_start)(struct fake_platform *f, void *arg);
        void *on_start_arg;

        fake_variable variables[FAKE_VARIABLES_MAX];
        size_t n_variables;
        fake_file files[FAKE_FILES_MAX];
        size_t n_files;

        /* what happened */
        unsigned n_calls;
        fake_measurement measurements[FAKE_MEASUREMENTS_MAX];
        size_t n_measurements, n_refused_measurements;
        size_t n_allocations; /* alive */
        size_t n_loaded;      /* images alive */
        unsigned n_started, n_resets;
        pawl_load_request loaded; /* the last */
        uint8_t *initrd;          /* as the last started program would read it */
        size_t initrd_len;
        bool is_initrd_installed;
        const pawl_span *parts;
        size_t n_parts;
        uint64_t now_usec;
        size_t n_keys_read;
        char said[16384]; /* the console */
        size_t said_len;
} fake_platform;

/* A machine with nothing but a TPM; Secure Boot off. */
void fake_platform_init(fake_platform *f);
/* Frees what is kept. The machine can be initialised again. */
void fake_platform_end(fake_platform *f);
/* Sets a variable as the firmware or an earlier stage would. */
void fake_variable_set(fake_platform *f, pawl_vendor vendor, const char *name, pawl_span value);
/* NULL if there is none. */
const fake_variable *fake_variable_get(
        const fake_platform *f, pawl_vendor vendor, const char *name);
/* Whether a Loader or Stub variable holds that ASCII text as UTF-16 with NUL. */
bool fake_variable_is(const fake_platform *f, const char *name, const char *text);
void fake_file_add(fake_platform *f, const char *path, pawl_span content);
void fake_dir_add(fake_platform *f, const char *path);

#endif
