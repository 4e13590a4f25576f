/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/plan.h"

#define UTF16_NUL_SIZE 2

static void add(pawl_plan *plan, const pawl_measurement *m)
{
        plan->items[plan->n_items++] = *m;
}

/* The selected profile, if it is not the first: its number as text, in UTF-16 with NUL. */
static pawl_err plan_profile(unsigned profile, pawl_plan *plan)
{
        pawl_writer w = pawl_writer_of(plan->profile_bytes, sizeof(plan->profile_bytes));
        unsigned divisor = 1;

        if (profile == 0)
                return PAWL_OK;
        while (profile / divisor >= 10)
                divisor *= 10;
        for (; divisor > 0; divisor /= 10)
                PAWL_TRY(pawl_write_le16(&w, (uint16_t)('0' + profile / divisor % 10)));
        PAWL_TRY(pawl_write_le16(&w, 0));
        plan->n_profile_bytes = w.len;
        add(plan, &(pawl_measurement){
                          .pcr = PAWL_PCR_KERNEL_CONFIG,
                          .event_type = PAWL_EV_EVENT_TAG,
                          .tag = PAWL_TAG_PROFILE,
                          .bytes = pawl_written(&w),
                          .on_fail = PAWL_ON_FAIL_POISON,
                  });
        return PAWL_OK;
}

/* UAPI.5, "TPM PCR measurements": the name with its NUL, then the content. */
static void plan_section(const pawl_uki *uki, pawl_uki_section s, pawl_plan *plan)
{
        const char *name = pawl_uki_section_info_of(s)->name;
        pawl_measurement m = {
                .pcr = PAWL_PCR_KERNEL_BOOT,
                .event_type = PAWL_EV_IPL,
                .bytes = pawl_span_str(name),
                .n_zeros = 1,
                .label = name,
                .on_fail = PAWL_ON_FAIL_POISON,
        };

        add(plan, &m);
        m.bytes = uki->content[s];
        m.n_zeros = uki->n_zeros[s];
        add(plan, &m);
}

pawl_measurement pawl_loader_conf_measurement(pawl_span file)
{
        return (pawl_measurement){
                .pcr = PAWL_PCR_BOOT_LOADER_CONFIG,
                .event_type = PAWL_EV_EVENT_TAG,
                .tag = PAWL_TAG_LOADER_CONF,
                .bytes = file,
                .label = "loader.conf",
                .on_fail = PAWL_ON_FAIL_STOP,
        };
}

pawl_measurement pawl_load_options_measurement(pawl_span options)
{
        return (pawl_measurement){
                .pcr = PAWL_PCR_KERNEL_CONFIG,
                .event_type = PAWL_EV_IPL,
                .bytes = options,
                .n_zeros = UTF16_NUL_SIZE,
                .on_fail = PAWL_ON_FAIL_POISON,
        };
}

static void plan_load_options(const pawl_boot_input *in, pawl_plan *plan)
{
        pawl_measurement m;

        if (in->load_options.len == 0)
                return;
        if (in->is_secure_boot && in->uki->has[PAWL_UKI_CMDLINE])
                return;
        plan->uses_load_options = true;
        m = pawl_load_options_measurement(in->load_options);
        add(plan, &m);
}

static void plan_earlier_initrd(const pawl_boot_input *in, pawl_plan *plan)
{
        if (in->earlier_initrd.len == 0 || in->is_secure_boot)
                return;
        plan->uses_earlier_initrd = true;
        add(plan, &(pawl_measurement){
                          .pcr = PAWL_PCR_KERNEL_CONFIG,
                          .event_type = PAWL_EV_IPL,
                          .bytes = in->earlier_initrd,
                          .label = PAWL_LABEL_EARLIER_INITRD,
                          .on_fail = PAWL_ON_FAIL_POISON,
                  });
}

static void plan_sidecars(const pawl_boot_input *in, pawl_plan *plan)
{
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++) {
                if (in->sidecars[k].len == 0)
                        continue;
                plan->uses_sidecars = true;
                add(plan, &(pawl_measurement){
                                  .pcr = PAWL_PCR_KERNEL_CONFIG,
                                  .event_type = PAWL_EV_IPL,
                                  .bytes = in->sidecars[k],
                                  .label = pawl_sidecar_label(k),
                                  .on_fail = PAWL_ON_FAIL_POISON,
                          });
        }
}

pawl_err pawl_boot_plan(const pawl_boot_input *in, pawl_plan *ret)
{
        if (in->load_options.len % 2 != 0)
                return PAWL_ERR_FORMAT;
        pawl_zero(ret, sizeof(*ret));
        PAWL_TRY(plan_profile(in->uki->profile, ret));
        for (pawl_uki_section s = 0; s < PAWL_UKI_SECTION_MAX_; s++)
                if (pawl_uki_section_info_of(s)->is_measured && in->uki->has[s])
                        plan_section(in->uki, s, ret);
        plan_load_options(in, ret);
        plan_earlier_initrd(in, ret);
        plan_sidecars(in, ret);
        return PAWL_OK;
}

static pawl_err write_label(const pawl_measurement *m, pawl_writer *w)
{
        if (m->label == NULL) {
                PAWL_TRY(pawl_write_bytes(w, m->bytes));
                return pawl_write_zeros(w, m->n_zeros);
        }
        for (const char *c = m->label; *c != '\0'; c++)
                PAWL_TRY(pawl_write_le16(w, (uint8_t)*c));
        return pawl_write_le16(w, 0);
}

static size_t label_size(const pawl_measurement *m)
{
        return m->label == NULL ? m->bytes.len + m->n_zeros
                                : 2 * pawl_span_str(m->label).len + UTF16_NUL_SIZE;
}

pawl_err pawl_measurement_event(const pawl_measurement *m, pawl_writer *w)
{
        pawl_writer out = *w;

        /* PFP 1.05, 10.4.2.1: TCG_PCClientTaggedEvent is id, size, data */
        if (m->event_type == PAWL_EV_EVENT_TAG) {
                if (label_size(m) > UINT32_MAX)
                        return PAWL_ERR_LIMIT;
                PAWL_TRY(pawl_write_le32(&out, m->tag));
                PAWL_TRY(pawl_write_le32(&out, (uint32_t)label_size(m)));
        }
        PAWL_TRY(write_label(m, &out));
        *w = out;
        return PAWL_OK;
}
