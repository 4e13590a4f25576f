/* SPDX-License-Identifier: BSD-2-Clause */
/* What a verb says: data to stdout as an aligned table or as JSON, talk to stderr. */
#ifndef PAWL_HOST_OUTPUT_H
#define PAWL_HOST_OUTPUT_H

#include <json-c/json.h>

#include "core/err.h"
#include "userspace/host/cleanup.h"

/* An aligned table (libsmartcols). Cells are copied; control characters in them become '?'. */
typedef struct pawl_table pawl_table;
/* `columns`: titles, ended by NULL. */
PAWL_MUST_CHECK pawl_err pawl_table_new(const char *const *columns, pawl_table **ret);
/* As many cells as columns; NULL is an empty cell. */
PAWL_MUST_CHECK pawl_err pawl_table_add(pawl_table *t, const char *const *cells);
PAWL_MUST_CHECK pawl_err pawl_table_print(pawl_table *t);
void pawl_table_free_p(pawl_table **t);
#define pawl_autotable pawl_cleanup(pawl_table_free_p)

static inline void pawl_json_put_p(json_object **o)
{
        if (*o)
                (void)json_object_put(*o);
}
#define pawl_autojson pawl_cleanup(pawl_json_put_p)

/* Prints a JSON document and a line feed to stdout. */
PAWL_MUST_CHECK pawl_err pawl_json_print(json_object *o);

/* A line of talk on stderr: "pawl: …" */
void pawl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
