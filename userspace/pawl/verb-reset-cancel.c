/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/output.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/reset.h"
#include "userspace/pawl/verbs.h"

typedef struct cancel_args {
        const char *os_release;
} cancel_args;

static const pawl_option options[] = {
        PAWL_TEXT("os-release", cancel_args, os_release),
};

/* One that has begun destroyed the keys already: what is left is to finish it. */
static pawl_err cancel(const void *args, pawl_diag *d)
{
        const cancel_args *a = args;
        pawl_reset_state state;
        pawl_reset_journal j;
        pawl_reset_os os;
        bool has_journal = false;

        PAWL_TRY(pawl_reset_own_os(a->os_release, &os, d));
        PAWL_TRY(pawl_reset_request_read(&os, &state, d));
        if (state == PAWL_RESET_OTHER)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the request is of another OS of this machine; cancel it there");
        PAWL_TRY(pawl_reset_journal_read(&has_journal, &j, d));
        if (has_journal && j.furthest > 0)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the reset has begun and cannot be taken back; restart the machine");
        if (state == PAWL_RESET_OFF)
                pawl_say("nothing was asked for");
        PAWL_TRY(pawl_reset_request_delete(d));
        return pawl_reset_journal_delete(d);
}

static int run(int argc, char **argv)
{
        cancel_args a = { 0 };

        return pawl_options_run(&pawl_verb_reset_cancel, argc, argv, options,
                sizeof(options) / sizeof(options[0]), &a, cancel);
}

const pawl_verb pawl_verb_reset_cancel = {
        .noun = "reset",
        .verb = "cancel",
        .args = "[--os-release=FILE]",
        .summary = "take back a factory reset that has not begun",
        .help = "  --os-release=FILE  which OS this is (default: the running image's)\n"
                "\n"
                "Leaves no trace of the request.\n"
                "Example: pawl reset cancel\n",
        .run = run,
};
