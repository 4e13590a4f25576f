/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers on the command line. */
#ifndef PAWL_PAWL_NUMBER_H
#define PAWL_PAWL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits, and behind them perhaps K, M or G (1024 each); false for anything else and over
 * `max`. */
bool pawl_number_parse(const char *text, uint64_t max, uint64_t *ret);

#endif
