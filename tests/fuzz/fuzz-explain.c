/* SPDX-License-Identifier: BSD-2-Clause */
/* A log explained, and each event taken for a change of the one before it. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "userspace/log/change-words.h"
#include "userspace/log/explain.h"

static void check_explanation(const pawl_logs *l)
{
        pawl_autologexplanation pawl_log_explanation *e = NULL;

        if (pawl_log_explain(l, 0xffffff, &e) != PAWL_OK)
                return;
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                size_t n = e->pcrs[i].n_untold;

                for (size_t k = 0; k < e->pcrs[i].n_lines; k++) {
                        n += e->pcrs[i].lines[k].n_events;
                        for (const char *p = e->pcrs[i].lines[k].text; *p; p++)
                                FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
                }
                FUZZ_CHECK(n >= e->pcrs[i].n_events); /* the locality is told and extends nothing */
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_logs l = { .has_firmware = true };
        char words[PAWL_CHANGE_WORDS_SIZE];
        pawl_event before, ev;
        pawl_log_change c = { 0, NULL, &ev };

        if (pawl_eventlog_open(pawl_span_of(data, size), &l.firmware, NULL) != PAWL_OK)
                return 0;
        check_explanation(&l);
        for (pawl_log_cursor at = pawl_eventlog_start(&l.firmware);
                pawl_eventlog_next(&l.firmware, &at, &ev, NULL) == PAWL_OK;) {
                if (pawl_change_words(&c, words) == PAWL_OK)
                        FUZZ_CHECK(strlen(words) < sizeof(words));
                before = ev;
                c.before = &before;
        }
        return 0;
}
