/* SPDX-License-Identifier: BSD-2-Clause */
/* loader.conf as of loader.conf(5): the keys `default`, `timeout`, `editor`. The file is measured,
 * but it is not signed: nothing in it may weaken what Secure Boot demands. */
#ifndef PAWL_CORE_LOADER_CONF_H
#define PAWL_CORE_LOADER_CONF_H

#include "core/span.h"

#define PAWL_LOADER_CONF_PATH     "\\loader\\loader.conf"
#define PAWL_LOADER_CONF_SIZE_MAX (64u << 10) /* bytes */

#define PAWL_TIMEOUT_MENU_FORCE    0xffffffffu /* show the menu and wait for ever */
#define PAWL_TIMEOUT_MENU_HIDDEN   0u          /* no menu unless a key is held */
#define PAWL_TIMEOUT_MENU_DISABLED 0xfffffffeu /* no menu at all */
#define PAWL_TIMEOUT_MAX           3600u       /* seconds */

typedef struct pawl_loader_conf {
        pawl_span default_pattern; /* borrowed; len 0: none */
        uint32_t timeout;          /* seconds, or a constant above; menu-hidden if not given */
        bool editor;               /* default true; the loader also wants Secure Boot to be off */
} pawl_loader_conf;

/* Where and what, for the message. */
typedef struct pawl_conf_diag {
        unsigned line; /* from 1; 0: the file as a whole */
        const char *what;
} pawl_conf_diag;

/* Unknown keys are skipped (other loaders have more); of a key that stands twice the last good
 * value counts. A bad value of a known key changes nothing and is reported through `reterr_diag`
 * (the first one), and FORMAT is returned; `ret` is filled all the same, so that a boot can go on.
 * LIMIT, and the defaults, over the size limit. */
PAWL_MUST_CHECK pawl_err pawl_loader_conf_read(
        pawl_span text, pawl_loader_conf *ret, pawl_conf_diag *reterr_diag);
/* The value of `timeout` and of the variable LoaderConfigTimeout: a number or menu-force,
 * menu-hidden, menu-disabled. LIMIT over PAWL_TIMEOUT_MAX; FORMAT. */
PAWL_MUST_CHECK pawl_err pawl_loader_timeout_parse(pawl_span text, uint32_t *ret);

#endif
