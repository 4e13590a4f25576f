/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/output.h"

#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <string.h>

#include "userspace/host/diag.h"

struct pawl_table {
        struct libscols_table *t;
        size_t n_columns;
};

void pawl_table_free_p(pawl_table **t)
{
        if (!*t)
                return;
        scols_unref_table((*t)->t);
        free(*t);
        *t = NULL;
}

pawl_err pawl_table_new(const char *const *columns, pawl_table **ret)
{
        pawl_autotable pawl_table *t = calloc(1, sizeof(*t));

        if (!t || !(t->t = scols_new_table()))
                return PAWL_ERR_NO_MEMORY;
        for (; columns[t->n_columns]; t->n_columns++)
                if (!scols_table_new_column(t->t, columns[t->n_columns], 0, 0))
                        return PAWL_ERR_NO_MEMORY;
        *ret = pawl_take(&t);
        return PAWL_OK;
}

pawl_err pawl_table_add(pawl_table *t, const char *const *cells)
{
        struct libscols_line *line = scols_table_new_line(t->t, NULL);

        if (!line)
                return PAWL_ERR_NO_MEMORY;
        for (size_t i = 0; i < t->n_columns; i++) {
                pawl_autofree char *text = strdup(cells[i] ? cells[i] : "");

                if (!text)
                        return PAWL_ERR_NO_MEMORY;
                pawl_text_sanitize(text);
                if (scols_line_set_data(line, i, text) < 0)
                        return PAWL_ERR_NO_MEMORY;
        }
        return PAWL_OK;
}

pawl_err pawl_table_print(pawl_table *t)
{
        return scols_print_table(t->t) == 0 && fflush(stdout) == 0 ? PAWL_OK : PAWL_ERR_IO;
}

pawl_err pawl_json_print(json_object *o)
{
        const char *text = json_object_to_json_string_ext(o,
                JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                return PAWL_ERR_NO_MEMORY;
        return puts(text) >= 0 && fflush(stdout) == 0 ? PAWL_OK : PAWL_ERR_IO;
}

void pawl_say(const char *fmt, ...)
{
        char text[PAWL_DIAG_SIZE];
        va_list ap;

        va_start(ap, fmt);
        if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
                text[0] = '\0';
        va_end(ap);
        pawl_text_sanitize(text);
        (void)fprintf(stderr, "pawl: %s\n", text);
}
