/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel inside the image: may it be started, with which command line, and loading it. */
#include "core/pe-signer.h"
#include "efi-common/text.h"
#include "efi-stub/stub.h"

/* more than any firmware keeps */
#define DB_SIZE_MAX (1u << 20)

static pawl_err read_db(pawl_stub *s, pawl_stub_memory *ret)
{
        const pawl_platform *p = s->platform;
        size_t size = 0, len = 0;

        PAWL_TRY(p->get_variable_size(p->ctx, PAWL_VENDOR_SECURITY, "db", &size));
        if (size > DB_SIZE_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_stub_allocate(s, size, ret));
        PAWL_TRY(p->get_variable(p->ctx, PAWL_VENDOR_SECURITY, "db", ret->data, size, &len));
        ret->size = size;
        return len == size ? PAWL_OK : PAWL_ERR_TRUNCATED;
}

/* What cannot be answered is refused as well. */
static pawl_err check_signer(pawl_stub *s, const pawl_pe *kernel)
{
        pawl_stub_memory db = { 0 };
        bool is_signed = true;
        pawl_err err = read_db(s, &db);

        if (err == PAWL_OK)
                err = pawl_pe_is_signed_by_db(kernel, pawl_span_of(db.data, db.size), &is_signed);
        pawl_stub_release(s, &db);
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK; /* no db, so no certificate stands behind anything */
        return err == PAWL_OK && !is_signed ? PAWL_OK : PAWL_ERR_REFUSED;
}

pawl_err pawl_stub_check_kernel(pawl_stub *s)
{
        pawl_pe kernel;

        if (!s->input.is_secure_boot)
                return PAWL_OK;
        s->object = "the kernel (.linux)";
        s->advice = "build the image from an intact kernel";
        PAWL_TRY(pawl_pe_read(s->uki.content[PAWL_UKI_LINUX], PAWL_PE_FILE, &kernel));
        if (kernel.cert_size == 0)
                return PAWL_OK;
        s->advice = "it is signed by a Secure Boot certificate and could be started without its "
                    "initrd; build the image from an unsigned kernel";
        return check_signer(s, &kernel);
}

/* Control characters stand for blanks: the kernel would stop reading at a line's end, and what
 * follows there (the root's hash, for example) would be signed and measured but not obeyed. */
static bool is_blank(uint8_t c)
{
        return c <= ' ' || c == 0x7f;
}

/* Up to a NUL, without the blanks at both ends: what ends a text file is no part of it. */
static pawl_span trim_cmdline(pawl_span s)
{
        size_t n = 0;

        while (n < s.len && s.data[n] != '\0')
                n++;
        s.len = n;
        while (s.len > 0 && is_blank(s.data[s.len - 1]))
                s.len--;
        while (s.len > 0 && is_blank(s.data[0]))
                s = pawl_span_of(s.data + 1, s.len - 1);
        return s;
}

static pawl_err write_own_cmdline(pawl_span text, pawl_writer *w)
{
        PAWL_TRY(pawl_utf16_write(w, trim_cmdline(text)));
        for (size_t i = 0; i + 1 < w->len; i += 2)
                if (w->data[i + 1] == 0 && is_blank(w->data[i]))
                        w->data[i] = ' ';
        return PAWL_OK;
}

static pawl_err write_cmdline(pawl_stub *s, pawl_writer *w)
{
        if (s->plan.uses_load_options)
                PAWL_TRY(pawl_write_bytes(w, s->input.load_options));
        else
                PAWL_TRY(write_own_cmdline(s->uki.content[PAWL_UKI_CMDLINE], w));
        return pawl_write_le16(w, 0);
}

/* The bytes that are handed over, in memory that stays until the kernel ends. */
static pawl_err make_cmdline(pawl_stub *s, pawl_span *ret)
{
        size_t size = s->plan.uses_load_options ? s->input.load_options.len
                                                : s->uki.content[PAWL_UKI_CMDLINE].len * 2;
        pawl_writer w;

        pawl_stub_release(s, &s->cmdline);
        if (size == 0) {
                *ret = PAWL_SPAN_NULL;
                return PAWL_OK;
        }
        PAWL_TRY(pawl_stub_allocate(s, size + 2, &s->cmdline));
        w = pawl_writer_of(s->cmdline.data, s->cmdline.size);
        PAWL_TRY(write_cmdline(s, &w));
        *ret = pawl_written(&w);
        return PAWL_OK;
}

pawl_err pawl_stub_load_kernel(pawl_stub *s)
{
        pawl_load_request request = {
                .file = s->uki.content[PAWL_UKI_LINUX],
                .is_vouched = true,
        };

        s->object = "the command line";
        s->advice = "make it shorter";
        PAWL_TRY(make_cmdline(s, &request.load_options));
        s->object = "the kernel (.linux)";
        s->advice = "build the image from a kernel with EFI stub for this machine";
        return s->platform->image_load(s->platform->ctx, &request, &s->kernel);
}

void pawl_stub_unload_kernel(pawl_stub *s)
{
        if (s->kernel)
                s->platform->image_unload(s->platform->ctx, s->kernel);
        s->kernel = NULL;
}
