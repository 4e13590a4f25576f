/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/measured.h"

#include "userspace/host/hash.h"

bool pawl_event_measured(const pawl_event *ev, pawl_span bytes)
{
        pawl_digest d;
        pawl_alg bank;

        return pawl_alg_best(ev->banks, &bank) == PAWL_OK &&
               pawl_hash(bank, bytes, &d) == PAWL_OK &&
               pawl_span_equal(pawl_digest_span(&d), pawl_digest_span(&ev->digests[bank]));
}

bool pawl_event_type_is_of_data(uint32_t type)
{
        return type == PAWL_EV_SEPARATOR || type == PAWL_EV_EFI_ACTION ||
               type == PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG || type == PAWL_EV_EFI_VARIABLE_BOOT2;
}
