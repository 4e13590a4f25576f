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
