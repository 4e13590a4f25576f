/* SPDX-License-Identifier: BSD-2-Clause */
/* `.pcrsig`: JSON with signatures over the PCR 11 that an image leads to, one for each bank, phase
 * path and policy reference. The format is systemd's: an object keyed by bank, each an array of
 * objects with `pcrs`, `pkfp`, `ref` (only if there is one), `pol` and `sig`. */
#ifndef PAWL_UKI_PCRSIG_H
#define PAWL_UKI_PCRSIG_H

#include "core/phase.h"
#include "core/policy.h"
#include "userspace/uki/key.h"
#include "userspace/uki/predict.h"

#define PAWL_PCRSIG_PATHS_MAX 32
#define PAWL_PCRSIG_SIZE_MAX  (1u << 20) /* bytes of JSON */

/* What is signed; paths and references are borrowed. */
typedef struct pawl_pcrsig_paths {
        pawl_signed_path rows[PAWL_PCRSIG_PATHS_MAX];
        size_t n_rows;
} pawl_pcrsig_paths;

/* Appends a path, or all rows of a list of core/phase.h. A row that is there already is not added
 * again. LIMIT if there is no room; USAGE for an empty word in a path, or a reference that is
 * empty, too long or not printable ASCII (quotes and backslashes are not either). */
PAWL_MUST_CHECK pawl_err pawl_pcrsig_paths_add(
        pawl_pcrsig_paths *p, const char *path, const char *ref, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_pcrsig_paths_add_list(
        pawl_pcrsig_paths *p, const pawl_signed_path *list, pawl_diag *d);

/* Signs with an RSA key (PKCS#1 v1.5, SHA-256): same input, same bytes. UNSUPPORTED for other
 * keys, which the policy cannot name. */
PAWL_MUST_CHECK pawl_err pawl_pcrsig_make(const pawl_prediction *p, const pawl_pcrsig_paths *paths,
        EVP_PKEY *key, pawl_buffer *ret, pawl_diag *d);

/* One signature that was checked. */
typedef struct pawl_pcrsig_entry {
        pawl_alg bank;
        char path[256];                    /* the phase path it holds for */
        char ref[PAWL_POLICY_REF_MAX + 1]; /* "" without reference */
} pawl_pcrsig_entry;

typedef struct pawl_pcrsig_entries {
        pawl_pcrsig_entry *rows;
        size_t n_rows;
} pawl_pcrsig_entries;
void pawl_pcrsig_entries_done(pawl_pcrsig_entries *e);
#define pawl_autoentries pawl_cleanup(pawl_pcrsig_entries_done)

/* Checks every signature of `json`: made by `key`, over PCR 11 alone, and over a value that this
 * image has after one of the known phase paths or one of `extra`. MISMATCH, with the entry named,
 * if one is not; FORMAT if the JSON is not what it should be. */
PAWL_MUST_CHECK pawl_err pawl_pcrsig_check(const pawl_prediction *p, pawl_span json, EVP_PKEY *key,
        const pawl_pcrsig_paths *extra, pawl_pcrsig_entries *ret, pawl_diag *d);

#endif
