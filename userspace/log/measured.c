/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/measured.h"

#include "userspace/host/hash.h"

static bool is_measured(uint32_t banks, const pawl_digest *digests, pawl_span bytes)
{
        pawl_digest d;
        pawl_alg bank;

        return pawl_alg_best(banks, &bank) == PAWL_OK && pawl_hash(bank, bytes, &d) == PAWL_OK &&
               pawl_span_equal(pawl_digest_span(&d), pawl_digest_span(&digests[bank]));
}

bool pawl_event_measured(const pawl_event *ev, pawl_span bytes)
{
        return is_measured(ev->banks, ev->digests, bytes);
}

bool pawl_user_event_measured(const pawl_user_event *ev)
{
        return is_measured(ev->banks, ev->digests, pawl_span_str(ev->string));
}

bool pawl_event_type_is_of_data(uint32_t type)
{
        return type == PAWL_EV_SEPARATOR || type == PAWL_EV_EFI_ACTION ||
               type == PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG || type == PAWL_EV_EFI_VARIABLE_BOOT2;
}
