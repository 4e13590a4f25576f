/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/hex.h"

#define CORPUS_FILE_MAX (1u << 20) /* bytes */

pawl_buffer corpus_cut(const pawl_buffer *b, size_t len)
{
        /* without the NUL that pawl_buffer_dup adds: a read behind the end must be seen */
        return (pawl_buffer){ exact_copy(pawl_span_of(b->data, len)), len };
}

pawl_buffer corpus_read(const char *name)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        pawl_diag d = { 0 };
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/%s", PAWL_CORPUS, name);
        if (pawl_file_read(path, CORPUS_FILE_MAX, &b, &d) != PAWL_OK)
                fail_msg("%s", pawl_diag_text(&d));
        return corpus_cut(&b, b.len);
}
