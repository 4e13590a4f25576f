/* SPDX-License-Identifier: BSD-2-Clause */
/* What a partition is for, by the GUID of its type. */
#ifndef PAWL_LOG_PARTITION_TYPE_H
#define PAWL_LOG_PARTITION_TYPE_H

#include "core/span.h"

/* "ESP"; NULL for a type that is not well known. */
const char *pawl_partition_type_name(pawl_span guid);

#endif
