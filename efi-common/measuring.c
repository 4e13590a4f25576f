/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/measuring.h"

/* The longest event data of an item with a label of its own: the label in UTF-16 and a tagged
 * event's head. Without one, the event holds the bytes themselves (a command line). */
#define EVENT_LABEL_MAX 1024

void pawl_measuring_start(const pawl_platform *p, pawl_measuring *ret)
{
        uint32_t banks = 0;
        pawl_err err = p->banks(p->ctx, &banks);

        *ret = (pawl_measuring){ .platform = p, .state = PAWL_MEASURING_FAILED };
        if (err == PAWL_ERR_TPM_ABSENT)
                ret->state = PAWL_MEASURING_ABSENT;
        else if (err == PAWL_OK)
                ret->state = PAWL_MEASURING_GOOD;
        else
                ret->failed_err = err;
        ret->banks = banks;
}

/* One call to the firmware, with a look at the clock. */
static pawl_err measure_timed(const pawl_platform *p, const pawl_measurement *item, pawl_span event)
{
        uint64_t begin = p->time_usec(p->ctx), mib = (item->bytes.len + item->n_zeros) >> 20;
        uint64_t limit = PAWL_MEASURE_LATE_SECONDS + mib * PAWL_MEASURE_LATE_SECONDS_PER_MIB;

        PAWL_TRY(
                p->measure(p->ctx, item->pcr, item->event_type, item->bytes, item->n_zeros, event));
        if (p->time_usec(p->ctx) - begin > limit * 1000000)
                return PAWL_ERR_TIMEOUT;
        return PAWL_OK;
}

static pawl_err measure_with_event(
        const pawl_platform *p, const pawl_measurement *item, uint8_t *buf, size_t size)
{
        pawl_writer w = pawl_writer_of(buf, size);

        PAWL_TRY(pawl_measurement_event(item, &w));
        return measure_timed(p, item, pawl_written(&w));
}

static pawl_err measure_item(const pawl_platform *p, const pawl_measurement *item)
{
        size_t size = EVENT_LABEL_MAX + (item->label ? 0 : item->bytes.len);
        void *buf;
        pawl_err err;

        PAWL_TRY(p->allocate(p->ctx, size, &buf));
        err = measure_with_event(p, item, buf, size);
        p->free(p->ctx, buf, size);
        return err;
}

static bool poison(const pawl_platform *p, uint32_t pcr)
{
        const pawl_measurement item = {
                .pcr = pcr,
                .event_type = PAWL_EV_IPL,
                .bytes = PAWL_SPAN_LITERAL(PAWL_POISON_TEXT),
                .label = PAWL_POISON_TEXT,
        };

        return measure_item(p, &item) == PAWL_OK;
}

bool pawl_measuring_is_poisoned(const pawl_measuring *m, uint32_t pcr)
{
        return m->is_poisoned && (pcr == m->failed_pcr || poison(m->platform, pcr));
}

pawl_err pawl_measuring_item(pawl_measuring *m, const pawl_measurement *item)
{
        pawl_err err;

        if (m->state == PAWL_MEASURING_ABSENT)
                return PAWL_OK;
        if (m->state == PAWL_MEASURING_FAILED)
                return item->on_fail == PAWL_ON_FAIL_STOP ? PAWL_ERR_TPM_FAILED : PAWL_OK;
        err = measure_item(m->platform, item);
        if (err == PAWL_OK) {
                if (item->pcr < 24)
                        m->n_accepted[item->pcr]++;
                return PAWL_OK;
        }
        m->state = PAWL_MEASURING_FAILED;
        m->failed_pcr = item->pcr;
        m->failed_label = item->label;
        m->failed_err = err;
        m->is_poisoned = poison(m->platform, item->pcr);
        return item->on_fail == PAWL_ON_FAIL_STOP ? err : PAWL_OK;
}
