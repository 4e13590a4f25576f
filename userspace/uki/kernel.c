/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/kernel.h"

#include "core/pe-signer.h"

#define HDRS_OFF         0x202 /* "HdrS" */
#define VERSION_PTR_OFF  0x20e
#define VERSION_PTR_BASE 0x200
#define VERSION_LEN_MAX  128

pawl_err pawl_kernel_check(pawl_span kernel, X509 *certificate, const char *name, pawl_diag *d)
{
        pawl_autofree pawl_pe *pe = calloc(1, sizeof(*pe));
        pawl_autobuffer pawl_buffer der = { 0 };
        bool is_signed = true;
        pawl_err err;

        if (!pe)
                return PAWL_ERR_NO_MEMORY;
        err = pawl_pe_read(kernel, PAWL_PE_FILE, pe);
        if (err != PAWL_OK)
                return pawl_fail(d, err,
                        "%s: not a PE image, so no stub can start it; give a kernel with EFI stub",
                        name);
        if (!certificate)
                return PAWL_OK;
        PAWL_TRY(pawl_certificate_der(certificate, &der));
        err = pawl_pe_is_signed_by(pe, pawl_buffer_span(&der), &is_signed);
        if (err != PAWL_OK)
                return pawl_fail(d, err, "%s: its signatures cannot be read", name);
        if (is_signed)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%s: the kernel is signed by the Secure Boot certificate itself, so it "
                        "could be started without being measured; take the kernel without that "
                        "signature (sbattach --remove)",
                        name);
        return PAWL_OK;
}

pawl_err pawl_kernel_uname(pawl_span kernel, pawl_span *ret)
{
        pawl_reader r = pawl_reader_of(kernel);
        pawl_span magic, text;
        uint16_t off;
        size_t n = 0;

        if (pawl_read_skip(&r, HDRS_OFF) || pawl_read_bytes(&r, 4, &magic) ||
                !pawl_span_equal(magic, PAWL_SPAN_LITERAL("HdrS")) ||
                pawl_read_skip(&r, VERSION_PTR_OFF - HDRS_OFF - 4) || pawl_read_le16(&r, &off))
                return PAWL_ERR_NOT_FOUND;
        if (off == 0 || pawl_span_slice(kernel, (size_t)off + VERSION_PTR_BASE, 1, &text))
                return PAWL_ERR_NOT_FOUND;
        text = pawl_span_of(text.data, kernel.len - off - VERSION_PTR_BASE);
        /* "6.1.0-9-amd64 (who@where) #1 ..." */
        while (n < text.len && n < VERSION_LEN_MAX && text.data[n] > ' ' && text.data[n] < 0x7f)
                n++;
        if (n == 0 || n == VERSION_LEN_MAX)
                return PAWL_ERR_NOT_FOUND;
        *ret = pawl_span_of(text.data, n);
        return PAWL_OK;
}
