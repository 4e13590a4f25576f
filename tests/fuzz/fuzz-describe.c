/* SPDX-License-Identifier: BSD-2-Clause */
/* Events put into words: whatever a log holds, what is printed ends, and no terminal acts on it. */
#include "tests/fuzz/fuzz.h"
#include "userspace/log/describe.h"
#include "userspace/log/pcr-file.h"

static void check_text(const char *s)
{
        size_t n = 0;

        for (; s[n] != '\0'; n++) {
                FUZZ_CHECK((unsigned char)s[n] >= 0x20 && s[n] != 0x7f);
                FUZZ_CHECK(!((unsigned char)s[n] == 0xc2 && (unsigned char)s[n + 1] < 0xa0));
        }
        FUZZ_CHECK(n < PAWL_DESCRIPTION_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char text[PAWL_DESCRIPTION_SIZE], type[PAWL_TYPE_TEXT_SIZE];
        pawl_pcr_values values;
        pawl_eventlog log;
        pawl_event ev;

        (void)!pawl_pcr_values_parse(pawl_span_of(data, size), &values, NULL);
        if (pawl_eventlog_open(pawl_span_of(data, size), &log, NULL) != PAWL_OK)
                return 0;
        pawl_log_cursor c = pawl_eventlog_start(&log);
        while (pawl_eventlog_next(&log, &c, &ev, NULL) == PAWL_OK) {
                pawl_event_describe(&ev, text);
                check_text(text);
                pawl_event_type_text(ev.type, type);
                check_text(type);
        }
        return 0;
}
