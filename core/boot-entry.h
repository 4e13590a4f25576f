/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot entries by file name (UAPI.1 Boot Loader Specification, "Boot counting"):
 * `NAME+LEFT[-DONE].efi`, and the order in which a menu shows them. File names are ASCII or UTF-8
 * here; the EFI edge converts. */
#ifndef PAWL_CORE_BOOT_ENTRY_H
#define PAWL_CORE_BOOT_ENTRY_H

#include "core/span.h"

#define PAWL_ENTRY_NAME_MAX 200 /* bytes with NUL */
#define PAWL_ENTRY_TEXT_MAX 128
#define PAWL_GLOB_MAX       256 /* bytes of a pattern */

#define PAWL_LOADER_FOLDER      "\\EFI\\Linux\\" /* where images are looked for */
#define PAWL_LOADER_ENTRIES_MAX 128              /* lines of the menu; further ones are left out */
/* Bytes of `.osrel` and `.profile` that are read; the rest neither is shown nor sorts. */
#define PAWL_LOADER_TEXT_MAX 4096u

typedef struct pawl_entry_name {
        pawl_span stem;   /* without counter and suffix */
        pawl_span suffix; /* ".efi" as it is written */
        bool is_counted;
        uint32_t left, done;
        size_t left_digits, done_digits; /* widths to be kept; done_digits 0: no DONE part */
} pawl_entry_name;

/* FORMAT if the name does not end in ".efi" (case does not matter), has nothing before it, or has
 * control characters or separators of a path in it. A malformed counter (more than nine digits
 * among them) is part of the stem. */
PAWL_MUST_CHECK pawl_err pawl_entry_name_parse(pawl_span file_name, pawl_entry_name *ret);
/* The file name after one more try: LEFT-1, DONE+1, widths kept, DONE saturated at its width (a
 * missing DONE becomes 1). REFUSED if the name is not counted or nothing is left; NO_SPACE. */
PAWL_MUST_CHECK pawl_err pawl_entry_name_count_down(
        const pawl_entry_name *n, char *ret, size_t ret_size);
/* The file name without counter: what a good boot gets. Also the entry's id. */
PAWL_MUST_CHECK pawl_err pawl_entry_name_id(const pawl_entry_name *n, char *ret, size_t ret_size);

/* One line of the menu. */
typedef struct pawl_boot_entry {
        char file_name[PAWL_ENTRY_NAME_MAX]; /* as it is on disk, with counter */
        char id[PAWL_ENTRY_NAME_MAX];        /* without counter; a profile other than 0 adds "@N" */
        char title[PAWL_ENTRY_TEXT_MAX];     /* PRETTY_NAME, IMAGE_ID, NAME or ID, else the file's
                                                name; followed by the profile's TITLE in parentheses */
        char sort_key[PAWL_ENTRY_TEXT_MAX];  /* IMAGE_ID, else ID; may be empty */
        char version[PAWL_ENTRY_TEXT_MAX]; /* IMAGE_VERSION, VERSION, VERSION_ID or BUILD_ID; may be
                                              empty */
        bool is_counted;
        uint32_t left, done;
        unsigned profile;
} pawl_boot_entry;

/* Fills an entry from a file name and the `.osrel` (and `.profile`) text of the image, both of
 * which may be empty. Text is cut at PAWL_ENTRY_TEXT_MAX; what is not printable ASCII becomes '?',
 * so that nothing in an image can move the cursor of a terminal. FORMAT as pawl_entry_name_parse;
 * NO_SPACE if the name is too long. */
PAWL_MUST_CHECK pawl_err pawl_boot_entry_fill(pawl_span file_name, pawl_span osrel,
        pawl_span profile_text, unsigned profile, pawl_boot_entry *ret);
/* No tries are left. */
bool pawl_boot_entry_is_bad(const pawl_boot_entry *e);
/* The menu's order: good before bad, then sort key (without one: last), then version (newest first;
 * only where both have a sort key), then id (highest first), then profile, then more tries left. */
int pawl_boot_entry_compare(const pawl_boot_entry *a, const pawl_boot_entry *b);
void pawl_boot_entries_sort(pawl_boot_entry *entries, size_t n);
/* Two names of the same id (a power cut in a rename of the counter): keeps the one with fewer tries
 * left; one without counter has the most. Returns the new count. */
size_t pawl_boot_entries_drop_twins(pawl_boot_entry *entries, size_t n);
/* The entry to start: the one-shot id if it is there, then the EFI variable's default, then
 * loader.conf's `default` (both globs, no case), then the first entry that is not bad and of
 * profile 0, then the first of profile 0. A default is the first match in the menu's order among
 * the entries that are not bad and of profile 0: only a person at the menu, or a one-shot id,
 * starts another profile. `n` must not be 0. */
size_t pawl_boot_entry_choose(const pawl_boot_entry *entries, size_t n, pawl_span oneshot,
        pawl_span var_default, pawl_span conf_default);
/* fnmatch-like: '*', '?', sets in brackets ("[a-z]", "[!0-9]"), and a backslash before a character
 * that stands for itself; case does not matter. Bounded work for any pattern: one that is over
 * PAWL_GLOB_MAX matches nothing. */
bool pawl_glob_match(pawl_span pattern, pawl_span text);

#endif
