/* SPDX-License-Identifier: BSD-2-Clause */
/* The SBAT text as a section of its own (shim's SBAT.md). */
        .section .sbat, "dr"
        .incbin SBAT_FILE
