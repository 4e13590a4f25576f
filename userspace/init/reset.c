/* SPDX-License-Identifier: BSD-2-Clause */
/* A factory reset, from the first step to the restart. */
#include "userspace/init/reset.h"

#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "core/uki.h"
#include "userspace/host/file.h"
#include "userspace/host/json.h"
#include "userspace/init/measure.h"
#include "userspace/init/tpm.h"

#define OS_RELEASE  "/.extra/os-release"
#define PROFILE     "/.extra/profile"
#define PROFILE_ID  "factory-reset"
#define PROFILE_MAX (64u << 10) /* bytes */

void pawl_reset_note(pawl_reset_run *r, const char *what, const char *text)
{
        pawl_consoles_say(&r->b->consoles, "reset: %s: %s", what, text);
        if (json_object_object_add(r->report, what, json_object_new_string(text)) != 0)
                pawl_consoles_say(&r->b->consoles, "reset: the report is out of memory");
}

void pawl_reset_restart(pawl_boot *b)
{
        pawl_boot_close_volumes(b);
        sync();
        for (;;) {
                (void)reboot(RB_AUTOBOOT);
                (void)sleep(1);
        }
}

/* Nothing of before is opened by what is sealed from here on. Without a TPM there is nothing to
 * say; with one that does not take it the keys are destroyed all the same. */
static pawl_err measure(pawl_reset_run *r, pawl_diag *d)
{
        pawl_boot *b = r->b;
        pawl_err err;

        if (!b->tpm.t) {
                pawl_reset_note(r, "phase factory-reset", b->tpm.trouble);
                return PAWL_OK;
        }
        pawl_tpm_limit_total(b->tpm.t, PAWL_MEASURE_MS);
        err = pawl_boot_measure_phase(b, PAWL_PHASE_FACTORY_RESET, d);
        pawl_reset_note(r, "phase factory-reset", err == PAWL_OK ? "measured" : pawl_diag_text(d));
        return PAWL_OK;
}

/* A request that cannot be deleted would destroy what was just made, at every start. */
static pawl_err finish(pawl_reset_run *r, pawl_diag *d)
{
        PAWL_TRY(pawl_fail_prefix(d, pawl_reset_request_delete(d),
                "the machine is reset, but would be again at every start"));
        PAWL_TRY(pawl_reset_journal_delete(d));
        pawl_consoles_say(&r->b->consoles, "reset: the machine is as it came, and restarts");
        return PAWL_OK;
}

static const struct {
        pawl_reset_step step;
        pawl_err (*run)(pawl_reset_run *r, pawl_diag *d);
} steps[] = {
        {PAWL_RESET_MEASURE, measure          },
        { PAWL_RESET_KEYS,   pawl_reset_keys  },
        { PAWL_RESET_TPM,    pawl_reset_tpm   },
        { PAWL_RESET_DATA,   pawl_reset_data  },
        { PAWL_RESET_REMAKE, pawl_reset_remake},
        { PAWL_RESET_FINISH, finish           },
};

static pawl_err run_steps(pawl_reset_run *r, pawl_diag *d)
{
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                const pawl_reset_step s = steps[i].step;

                if (r->journal.is_remade && s != PAWL_RESET_FINISH)
                        continue;
                pawl_consoles_say(&r->b->consoles, "reset: step %d of %d: %s", (int)s,
                        PAWL_RESET_STEPS, pawl_reset_step_text(s));
                PAWL_TRY(steps[i].run(r, d));
                if (s == PAWL_RESET_FINISH)
                        return PAWL_OK;
                pawl_reset_journal_complete(&r->journal, s);
                PAWL_TRY(pawl_reset_journal_write(&r->journal, d));
        }
        return PAWL_OK;
}

/* Without a journal an interruption could not be told from a beginning, so nothing is destroyed. A
 * machine whose firmware has no room for one still starts. */
static bool begins(pawl_boot *b, pawl_reset_journal *j, pawl_diag *d)
{
        pawl_reset_journal_begin(j);
        if (pawl_reset_journal_write(j, d) == PAWL_OK)
                return true;
        pawl_consoles_say(&b->consoles,
                "WARNING: the factory reset that was asked for is NOT done, as how far it comes "
                "cannot be noted: %s",
                pawl_diag_text(d));
        return false;
}

static pawl_err run(pawl_boot *b, const pawl_reset_journal *j, pawl_diag *d)
{
        pawl_autojson json_object *report = json_object_new_object();
        pawl_reset_run r = { .b = b, .journal = *j, .report = report };

        if (!report)
                return PAWL_ERR_NO_MEMORY;
        pawl_consoles_say(&b->consoles,
                "reset: this machine is given back as it came; its owner's data is destroyed");
        if (!r.journal.is_remade)
                PAWL_TRY(pawl_reset_look(&r, d));
        return run_steps(&r, d);
}

/* --- asked for in the boot menu --- */

static bool is_reset_profile(void)
{
        pawl_autobuffer pawl_buffer text = { 0 };
        char id[sizeof(PROFILE_ID) + 1];

        return pawl_file_read(PROFILE, PROFILE_MAX, &text, NULL) == PAWL_OK &&
               pawl_osrel_get(pawl_buffer_span(&text), "ID", id, sizeof(id)) == PAWL_OK &&
               strcmp(id, PROFILE_ID) == 0;
}

static bool is_sure(pawl_boot *b)
{
        pawl_autosecret pawl_secret typed = { 0 };

        pawl_consoles_say(&b->consoles,
                "this gives the machine back as it came: all data of its owner is destroyed");
        return pawl_consoles_ask(&b->consoles,
                       "pawl-init: type 'yes' to do it, anything else to power off: ", 0,
                       &typed) == PAWL_OK &&
               pawl_span_equal(pawl_secret_span(&typed), PAWL_SPAN_LITERAL("yes"));
}

/* The next boot does it: by then it is a request like any other, and survives an interruption. */
static pawl_err ask_person(pawl_boot *b, pawl_diag *d)
{
        pawl_reset_os os;

        if (!is_sure(b))
                return pawl_fail(d, PAWL_ERR_CANCELLED, "no factory reset: nothing was changed");
        PAWL_TRY(pawl_reset_os_read(OS_RELEASE, &os, d));
        PAWL_TRY(pawl_reset_journal_delete(d));
        PAWL_TRY(pawl_reset_request_write(&os, d));
        pawl_consoles_say(&b->consoles, "the factory reset begins after a restart");
        pawl_reset_restart(b);
}

/* What this image says of itself tells a request for it from one of another OS. */
static pawl_err look(pawl_reset_state *ret_state, bool *ret_has_journal,
        pawl_reset_journal *ret_journal, pawl_diag *d)
{
        pawl_reset_os os;

        *ret_state = PAWL_RESET_OFF;
        *ret_has_journal = false;
        *ret_journal = (pawl_reset_journal){ 0 };
        if (pawl_reset_request_is_there()) {
                PAWL_TRY(pawl_reset_os_read(OS_RELEASE, &os, d));
                PAWL_TRY(pawl_reset_request_read(&os, ret_state, d));
        }
        /* one that cannot be read says nothing: it is begun anew */
        if (pawl_reset_journal_read(ret_has_journal, ret_journal, NULL) != PAWL_OK)
                *ret_journal = (pawl_reset_journal){ 0 };
        return PAWL_OK;
}

pawl_err pawl_step_reset(pawl_boot *b, pawl_diag *d)
{
        pawl_reset_journal j;
        pawl_reset_state state;
        bool has_journal;

        if (is_reset_profile())
                return ask_person(b, d);
        if (look(&state, &has_journal, &j, d) != PAWL_OK) {
                pawl_consoles_say(&b->consoles, "no factory reset: %s", pawl_diag_text(d));
                *d = (pawl_diag){ 0 };
                return PAWL_OK;
        }
        switch (pawl_reset_decide(state, has_journal, &j)) {
        case PAWL_RESET_NOTHING:
                return PAWL_OK;
        case PAWL_RESET_FORGET:
                return pawl_reset_journal_delete(d);
        case PAWL_RESET_HALT:
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the factory reset does not come to an end: it began %u times without "
                        "getting beyond step %u; 'pawl reset' from a rescue system, or deleting "
                        "the EFI variable " PAWL_JOURNAL_VARIABLE ", lets it try again",
                        j.attempts, j.furthest);
        case PAWL_RESET_RUN:
        case PAWL_RESET_END:
                break;
        }
        if (!begins(b, &j, d) && j.furthest == 0) {
                *d = (pawl_diag){ 0 };
                return PAWL_OK;
        }
        PAWL_TRY(pawl_fail_prefix(d, run(b, &j, d), "the factory reset is not finished"));
        pawl_reset_restart(b);
}
