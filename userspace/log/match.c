/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/match.h"

#include <stdio.h>
#include <string.h>

#include "core/efi-variable.h"
#include "userspace/host/cleanup.h"
#include "userspace/host/hash.h"

#define EVENTS_MAX 256 /* of one PCR */

/* What the log says about the stub's PCRs. */
typedef struct evidence {
        pawl_event kernel[EVENTS_MAX], config[EVENTS_MAX];
        size_t n_kernel, n_config;
        bool is_secure_boot;
        bool is_pawls_stub;        /* which measures every section that the plan has */
        const pawl_span *sidecars; /* what lay beside the image; NULL: not known */
} evidence;

static pawl_err keep(pawl_event *list, size_t *n, const pawl_event *ev, pawl_diag *d)
{
        if (*n == EVENTS_MAX)
                return pawl_fail(
                        d, PAWL_ERR_LIMIT, "event log: too many events of PCR %u", ev->pcr);
        list[(*n)++] = *ev;
        return PAWL_OK;
}

static bool says_secure_boot(const pawl_event *ev)
{
        pawl_efi_variable v;

        return ev->pcr == PAWL_PCR_SECURE_BOOT && pawl_efi_variable_read(ev->data, &v) == PAWL_OK &&
               pawl_efi_variable_is(&v, "SecureBoot", pawl_guid_global) && v.data.len == 1 &&
               v.data.data[0] == 1;
}

static pawl_err collect(const pawl_eventlog *log, evidence *e, pawl_diag *d)
{
        pawl_log_cursor c = pawl_eventlog_start(log);
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(log, &c, &ev, NULL)) == PAWL_OK) {
                if (ev.type == PAWL_EV_NO_ACTION)
                        continue;
                e->is_secure_boot |= says_secure_boot(&ev);
                if (ev.pcr == PAWL_PCR_KERNEL_BOOT)
                        PAWL_TRY(keep(e->kernel, &e->n_kernel, &ev, d));
                if (ev.pcr == PAWL_PCR_KERNEL_CONFIG)
                        PAWL_TRY(keep(e->config, &e->n_config, &ev, d));
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static pawl_err item_equals(const pawl_measurement *m, const pawl_event *ev, bool *ret)
{
        *ret = m->event_type == ev->type && ev->banks != 0;
        for (pawl_alg a = 0; *ret && a < PAWL_ALG_MAX_; a++) {
                pawl_digest want = { .alg = a };

                if ((ev->banks >> a & 1) == 0)
                        continue;
                PAWL_TRY(pawl_openssl_hasher.hash(NULL, a, &m->bytes, 1, m->n_zeros, &want));
                *ret = pawl_span_equal(pawl_digest_span(&want), pawl_digest_span(&ev->digests[a]));
        }
        return PAWL_OK;
}

static void tell(pawl_uki_match *m, const pawl_measurement *item, const char *what)
{
        m->is_match = false;
        if (m->reason[0] == '\0')
                (void)snprintf(m->reason, sizeof(m->reason), "PCR %u: %s%s", item->pcr,
                        item->label ? item->label : "command line", what);
}

/* Whether the item is a section's name, not its content. */
static bool is_name(const pawl_measurement *item)
{
        return item->label && pawl_span_equal(item->bytes, pawl_span_str(item->label));
}

/* Sections that came after the first stub that measured (systemd 252): .ucode in 256, .uname in
 * 253, .sbat in 254. A stub that does not know a section does not use it. */
static bool is_younger_section(const char *label)
{
        static const pawl_uki_section younger[] = { PAWL_UKI_UCODE, PAWL_UKI_UNAME, PAWL_UKI_SBAT };

        for (size_t i = 0; label && i < sizeof(younger) / sizeof(younger[0]); i++)
                if (strcmp(label, pawl_uki_section_info_of(younger[i])->name) == 0)
                        return true;
        return false;
}

static void skip_section(pawl_uki_match *m, const char *label)
{
        size_t n = strlen(m->unmeasured);

        (void)snprintf(
                m->unmeasured + n, sizeof(m->unmeasured) - n, "%s%s", n > 0 ? " " : "", label);
        m->n_items -= 2; /* name and content */
}

/* PCR 11 belongs to the stub alone: every event is an item of the plan, in its order. */
static pawl_err match_kernel(const evidence *e, const pawl_plan *plan, pawl_uki_match *m)
{
        const char *skipped = NULL;
        size_t at = 0;

        for (size_t i = 0; i < plan->n_items; i++) {
                const pawl_measurement *item = &plan->items[i];
                bool equal = false;

                if (item->pcr != PAWL_PCR_KERNEL_BOOT || (skipped && item->label == skipped))
                        continue; /* of a section that is skipped, the content too */
                if (at < e->n_kernel)
                        PAWL_TRY(item_equals(item, &e->kernel[at], &equal));
                if (!equal && !e->is_pawls_stub && is_name(item) &&
                        is_younger_section(item->label)) {
                        skipped = item->label;
                        skip_section(m, skipped);
                        continue;
                }
                if (!equal) {
                        tell(m, item, ": another content was measured, or none");
                        return PAWL_OK;
                }
                at++;
                m->n_matched++;
        }
        if (at < e->n_kernel) {
                m->is_match = false;
                (void)snprintf(m->reason, sizeof(m->reason),
                        "PCR 11: %zu events more than the image has", e->n_kernel - at);
        }
        return PAWL_OK;
}

/* Events that say they are credentials: they count as others', since a label proves nothing. */
static size_t count_sidecars(const evidence *e)
{
        pawl_sidecar kind;
        size_t n = 0;

        for (size_t i = 0; i < e->n_config; i++)
                n += e->config[i].type == PAWL_EV_IPL &&
                     pawl_sidecar_from_label(e->config[i].data, &kind);
        return n;
}

/* PCR 12 is shared with the loader: the items stand there in order, maybe with others between. */
static pawl_err match_config(const evidence *e, const pawl_plan *plan, pawl_uki_match *m)
{
        size_t at = 0, n = 0;

        for (size_t i = 0; i < plan->n_items; i++) {
                bool equal = false;

                if (plan->items[i].pcr != PAWL_PCR_KERNEL_CONFIG)
                        continue;
                while (at < e->n_config && !equal)
                        PAWL_TRY(item_equals(&plan->items[i], &e->config[at++], &equal));
                if (!equal) {
                        tell(m, &plan->items[i], ": not in the log");
                        return PAWL_OK;
                }
                n++;
        }
        m->n_matched += n;
        m->n_extra = e->n_config - n;
        return PAWL_OK;
}

/* Where the folders are known, every event of credentials must be one of theirs. */
static void match_sidecars(const evidence *e, pawl_uki_match *m)
{
        size_t n_known = 0;

        m->n_sidecars = count_sidecars(e);
        if (!e->sidecars)
                return;
        for (size_t k = 0; k < PAWL_SIDECAR_MAX_; k++)
                n_known += e->sidecars[k].len > 0;
        m->n_sidecars -= m->n_sidecars < n_known ? m->n_sidecars : n_known;
        if (m->n_sidecars == 0 || !m->is_match)
                return;
        m->is_match = false;
        (void)snprintf(m->reason, sizeof(m->reason),
                "PCR 12: %zu archives of credentials that the given folders do not have",
                m->n_sidecars);
}

static pawl_err try_plan(
        const evidence *e, const pawl_uki *uki, pawl_span load_options, pawl_uki_match *ret)
{
        pawl_boot_input in = {
                .uki = uki, .is_secure_boot = e->is_secure_boot, .load_options = load_options
        };
        pawl_uki_match m = { .is_match = true, .profile = uki->profile };
        pawl_plan plan;

        for (size_t k = 0; e->sidecars && k < PAWL_SIDECAR_MAX_; k++)
                in.sidecars[k] = e->sidecars[k];
        PAWL_TRY(pawl_boot_plan(&in, &plan));
        m.uses_load_options = plan.uses_load_options;
        m.n_items = plan.n_items;
        PAWL_TRY(match_kernel(e, &plan, &m));
        m.is_kernel_match = m.is_match;
        if (m.is_match)
                PAWL_TRY(match_config(e, &plan, &m));
        match_sidecars(e, &m);
        *ret = m;
        return PAWL_OK;
}

static bool is_better(const pawl_uki_match *a, const pawl_uki_match *b)
{
        if (a->is_match != b->is_match)
                return a->is_match;
        /* of two plans that match, the one that explains more */
        return a->is_match ? a->n_extra < b->n_extra : a->n_matched > b->n_matched;
}

/* The label of a measured command line is the line itself, as UTF-16 with NUL. */
static pawl_span command_line_of(const pawl_event *ev)
{
        pawl_span s = ev->data;

        if (ev->type != PAWL_EV_IPL || s.len < 2 || s.len % 2 != 0)
                return PAWL_SPAN_NULL;
        return pawl_span_of(s.data, s.len - 2);
}

static pawl_err try_profile(const evidence *e, const pawl_uki *uki, pawl_uki_match *best)
{
        pawl_uki_match m;

        PAWL_TRY(try_plan(e, uki, PAWL_SPAN_NULL, &m));
        if (is_better(&m, best))
                *best = m;
        if (!m.is_kernel_match) /* which no command line changes */
                return PAWL_OK;
        for (size_t i = 0; i < e->n_config; i++) {
                pawl_span line = command_line_of(&e->config[i]);

                if (line.len == 0)
                        continue;
                PAWL_TRY(try_plan(e, uki, line, &m));
                if (is_better(&m, best))
                        *best = m;
        }
        return PAWL_OK;
}

/* By the marker that every stub carries. */
static bool has_pawls_stub(const pawl_pe *pe)
{
        const pawl_pe_section *marker = pawl_pe_find_section(pe, ".sdmagic");
        size_t n_zeros;
        pawl_span text;

        return marker && pawl_pe_section_content(pe, marker, &text, &n_zeros) == PAWL_OK &&
               pawl_span_contains(text, PAWL_SPAN_LITERAL("LoaderInfo: pawl-stub "));
}

pawl_err pawl_log_match_uki(const pawl_eventlog *log, const pawl_pe *pe,
        const pawl_span sidecars[PAWL_SIDECAR_MAX_], pawl_uki_match *ret, pawl_diag *d)
{
        pawl_autofree evidence *e = calloc(1, sizeof(*e));
        pawl_uki_match best = { 0 };
        unsigned n_profiles;

        if (!e)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(collect(log, e, d));
        e->is_pawls_stub = has_pawls_stub(pe);
        e->sidecars = sidecars;
        PAWL_TRY(pawl_uki_count_profiles(pe, &n_profiles));
        for (unsigned i = 0; i < n_profiles && !best.is_match; i++) {
                pawl_uki uki;

                PAWL_TRY(pawl_uki_read(pe, i, &uki));
                PAWL_TRY(try_profile(e, &uki, &best));
        }
        *ret = best;
        return PAWL_OK;
}
