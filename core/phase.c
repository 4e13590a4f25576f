/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/phase.h"

static const char *const words[] = {
        [PAWL_PHASE_ENTER_INITRD] = "enter-initrd",
        [PAWL_PHASE_LEAVE_INITRD] = "leave-initrd",
        [PAWL_PHASE_SYSINIT] = "sysinit",
        [PAWL_PHASE_READY] = "ready",
        [PAWL_PHASE_SHUTDOWN] = "shutdown",
        [PAWL_PHASE_FINAL] = "final",
        [PAWL_PHASE_FACTORY_RESET] = "factory-reset",
};
_Static_assert(sizeof(words) / sizeof(words[0]) == PAWL_PHASE_MAX_, "one word for each phase");

const pawl_signed_path pawl_default_paths[] = {
        {"enter-initrd",                       PAWL_REF_INITRD       },
        { "enter-initrd:leave-initrd",         PAWL_REF_SERVICES     },
        { "enter-initrd:leave-initrd:sysinit", PAWL_REF_SERVICES     },
        { "enter-initrd:factory-reset",        PAWL_REF_FACTORY_RESET},
        { NULL,                                NULL                  },
};

const pawl_signed_path pawl_systemd_paths[] = {
        {"enter-initrd",                             NULL},
        { "enter-initrd:leave-initrd",               NULL},
        { "enter-initrd:leave-initrd:sysinit",       NULL},
        { "enter-initrd:leave-initrd:sysinit:ready", NULL},
        { NULL,                                      NULL},
};

const char *pawl_phase_word(pawl_phase p)
{
        return words[p];
}

pawl_err pawl_phase_from_word(pawl_span word, pawl_phase *ret)
{
        for (pawl_phase p = 0; p < PAWL_PHASE_MAX_; p++)
                if (pawl_span_equal(word, pawl_span_str(words[p]))) {
                        *ret = p;
                        return PAWL_OK;
                }
        return PAWL_ERR_NOT_FOUND;
}

pawl_err pawl_phase_path_next(pawl_reader *path, pawl_span *ret)
{
        pawl_reader r = *path;
        pawl_span word;
        size_t n = 0;

        if (r.left.len == 0)
                return PAWL_ERR_NOT_FOUND;
        while (n < r.left.len && r.left.data[n] != ':')
                n++;
        if (n == 0 || n + 1 == r.left.len) /* an empty word, here or after the last ':' */
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_bytes(&r, n, &word));
        if (r.left.len > 0)
                PAWL_TRY(pawl_read_skip(&r, 1));
        *path = r;
        *ret = word;
        return PAWL_OK;
}

bool pawl_phase_path_is_after_initrd(pawl_span path)
{
        pawl_reader r = pawl_reader_of(path);
        pawl_phase phase;
        pawl_span word;

        while (r.left.len > 0) {
                /* what is not known to be of the initrd counts as being after it */
                if (pawl_phase_path_next(&r, &word) != PAWL_OK ||
                        pawl_phase_from_word(word, &phase) != PAWL_OK)
                        return true;
                if (phase != PAWL_PHASE_ENTER_INITRD && phase != PAWL_PHASE_FACTORY_RESET)
                        return true;
        }
        return false;
}
