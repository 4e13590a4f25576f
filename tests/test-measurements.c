/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/MEASUREMENTS.md says what the plan does: the tables between the marks are written here from
 * the plan and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/phase.h"
#include "core/plan.h"

#define TABLE_MAX 16384
#define HEAD      "| PCR | type | tag | hashed bytes | label |\n|---|---|---|---|---|\n"

static const char *document; /* its path */

/* What stands between `<!-- name -->` and the next mark. */
static void read_table(const char *name, char *ret)
{
        static char text[65536];
        FILE *f = fopen(document, "r");
        char mark[64];
        char *begin, *end;

        assert_non_null(f);
        text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
        (void)fclose(f);
        (void)snprintf(mark, sizeof(mark), "<!-- %s -->\n", name);
        begin = strstr(text, mark);
        assert_non_null(begin);
        begin += strlen(mark);
        end = strstr(begin, "<!-- end -->");
        assert_non_null(end);
        assert_true(end - begin < TABLE_MAX);
        (void)snprintf(ret, TABLE_MAX, "%.*s", (int)(end - begin), begin);
}

__attribute__((format(printf, 2, 3))) static void add(char *table, const char *format, ...)
{
        size_t len = strlen(table);
        va_list args;

        va_start(args, format);
        (void)vsnprintf(table + len, TABLE_MAX - len, format, args);
        va_end(args);
}

/* An image with every section, whose contents are told apart by where they are. */
static uint8_t contents[PAWL_UKI_SECTION_MAX_];
static uint8_t options[] = { 'q', 0 };
static uint8_t earlier[] = { 1 };
static uint8_t beside[PAWL_SIDECAR_MAX_];

static pawl_uki full_uki(void)
{
        pawl_uki uki = { .profile = 1, .n_profiles = 2 };

        for (size_t i = 0; i < PAWL_UKI_SECTION_MAX_; i++) {
                uki.has[i] = true;
                uki.content[i] = pawl_span_of(&contents[i], 1);
        }
        return uki;
}

static const char *section_of(const pawl_measurement *m)
{
        if (m->bytes.data < contents || m->bytes.data >= contents + PAWL_UKI_SECTION_MAX_)
                return NULL;
        return pawl_uki_section_info_of((pawl_uki_section)(m->bytes.data - contents))->name;
}

static void describe_bytes(const pawl_measurement *m, const pawl_plan *plan, char *ret)
{
        if (section_of(m))
                add(ret, "content of %s", section_of(m));
        else if (m->bytes.data == options && m->n_zeros == 2)
                add(ret, "the load options in UTF-16 and their NUL");
        else if (m->bytes.data == earlier && m->n_zeros == 0)
                add(ret, "the initrd that an earlier stage offers");
        else if (m->bytes.data == &beside[PAWL_SIDECAR_CREDENTIALS] && m->n_zeros == 0)
                add(ret, "the archive of IMAGE.efi.extra.d/*.cred");
        else if (m->bytes.data == &beside[PAWL_SIDECAR_GLOBAL_CREDENTIALS] && m->n_zeros == 0)
                add(ret, "the archive of /loader/credentials/*.cred");
        else if (m->bytes.data == plan->profile_bytes &&
                 pawl_span_equal(m->bytes, PAWL_SPAN_LITERAL("1\0\0\0")))
                add(ret, "the profile's number in decimal, UTF-16 and its NUL");
        else
                add(ret, "\"%.*s\"%s", (int)m->bytes.len, (const char *)m->bytes.data,
                        m->n_zeros == 1 ? " 00" : "");
}

static void describe(const pawl_measurement *m, const pawl_plan *plan, char *ret)
{
        add(ret, "| %u | %s | ", m->pcr,
                m->event_type == PAWL_EV_IPL         ? "EV_IPL"
                : m->event_type == PAWL_EV_EVENT_TAG ? "EV_EVENT_TAG"
                                                     : "?");
        if (m->event_type == PAWL_EV_EVENT_TAG)
                add(ret, "0x%08x ", m->tag);
        add(ret, "| ");
        describe_bytes(m, plan, ret);
        add(ret, " | %s |\n", m->label ? m->label : "the same bytes");
}

static void test_plan(void **state)
{
        static char want[TABLE_MAX], got[TABLE_MAX];
        static pawl_plan plan;
        pawl_uki uki = full_uki();
        pawl_boot_input in = {
                .uki = &uki,
                .load_options = pawl_span_of(options, sizeof(options)),
                .earlier_initrd = pawl_span_of(earlier, sizeof(earlier)),
                .sidecars = {pawl_span_of(&beside[0], 1), pawl_span_of(&beside[1], 1)},
        };

        (void)state;
        assert_int_equal(pawl_boot_plan(&in, &plan), PAWL_OK);
        add(want, HEAD);
        for (size_t i = 0; i < plan.n_items; i++)
                describe(&plan.items[i], &plan, want);
        read_table("plan", got);
        assert_string_equal(got, want);
}

static void test_loader(void **state)
{
        static char want[TABLE_MAX], got[TABLE_MAX];
        static const pawl_plan none;
        pawl_measurement conf = pawl_loader_conf_measurement(PAWL_SPAN_LITERAL("file"));
        pawl_measurement line = pawl_load_options_measurement(
                pawl_span_of(options, sizeof(options)));

        (void)state;
        assert_int_equal(conf.n_zeros, 0);
        add(want, HEAD "| %u | %s | 0x%08x | the file as it is | %s |\n", conf.pcr,
                conf.event_type == PAWL_EV_EVENT_TAG ? "EV_EVENT_TAG" : "?", conf.tag, conf.label);
        describe(&line, &none, want);
        read_table("loader", got);
        assert_string_equal(got, want);
}

static void test_poison(void **state)
{
        static char want[TABLE_MAX], got[TABLE_MAX];

        (void)state;
        add(want, HEAD "| as what failed | EV_IPL | | \"" PAWL_POISON_TEXT "\" | " PAWL_POISON_TEXT
                       " |\n");
        read_table("poison", got);
        assert_string_equal(got, want);
}

static void test_phases(void **state)
{
        static char want[TABLE_MAX], got[TABLE_MAX];

        (void)state;
        add(want, "| PCR | hashed bytes |\n|---|---|\n");
        for (pawl_phase p = 0; p < PAWL_PHASE_MAX_; p++)
                add(want, "| %d | \"%s\" |\n", PAWL_PCR_KERNEL_BOOT, pawl_phase_word(p));
        read_table("phases", got);
        assert_string_equal(got, want);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plan),
                cmocka_unit_test(test_loader),
                cmocka_unit_test(test_poison),
                cmocka_unit_test(test_phases),
        };

        if (argc != 2)
                return 64;
        document = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
