/* SPDX-License-Identifier: BSD-2-Clause */
/* The style sheet of a report: constant text, put into the page by html.c. */
#ifndef PAWL_REPORT_STYLE_H
#define PAWL_REPORT_STYLE_H

extern const char *const pawl_report_style[]; /* ends with NULL */

#endif
