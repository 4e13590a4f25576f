/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a PE image carries a signature that a certificate stands behind. Nothing signed by a
 * Secure Boot certificate may run unmeasured code, so the kernel inside a UKI must not carry such a
 * signature: it could be started directly, with an initrd of the attacker's choice.
 *
 * The answer errs on the side of "yes": signatures are not verified, it is enough that the
 * certificate, or its subject's name as a signer or issuer writes it, or its issuer and serial
 * number as a signature refers to it, stands anywhere in the certificate table. A "no" holds as
 * long as signers write the name with the same bytes. UEFI Specification 2.10, 32.4.1
 * (EFI_SIGNATURE_LIST); RFC 5280, 4.1 (Certificate). */
#ifndef PAWL_CORE_PE_SIGNER_H
#define PAWL_CORE_PE_SIGNER_H

#include "core/pe.h"

/* The DER bytes of the subject's Name in an X.509 certificate (DER). Borrowed. FORMAT, TRUNCATED.
 */
PAWL_MUST_CHECK pawl_err pawl_x509_subject(pawl_span certificate, pawl_span *ret);

/* Whether `pe` (PAWL_PE_FILE) is signed by, or by an issuer chain with, this X.509 certificate. */
PAWL_MUST_CHECK pawl_err pawl_pe_is_signed_by(const pawl_pe *pe, pawl_span certificate, bool *ret);

/* The same for every X.509 certificate in `db`: the content of the EFI variable, a series of
 * EFI_SIGNATURE_LISTs. Entries of other types (hashes, bare keys) are skipped. A list or a
 * certificate that cannot be read is an error: who asks must then refuse. */
PAWL_MUST_CHECK pawl_err pawl_pe_is_signed_by_db(const pawl_pe *pe, pawl_span db, bool *ret);

#endif
