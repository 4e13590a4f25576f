/* SPDX-License-Identifier: BSD-2-Clause */
/* The initrds that the kernel gets. */
#include "core/cpio.h"
#include "efi-stub/stub.h"

#define DIR_MODE  0040555u
#define FILE_MODE 0100444u

static const struct {
        pawl_uki_section section;
        const char *path;
} extra_files[] = {
        {PAWL_UKI_PCRSIG,   ".extra/tpm2-pcr-signature.json"},
        { PAWL_UKI_PCRPKEY, ".extra/tpm2-pcr-public-key.pem"},
        { PAWL_UKI_PROFILE, ".extra/profile"                },
        { PAWL_UKI_OSREL,   ".extra/os-release"             },
};
#define N_EXTRA_FILES (sizeof(extra_files) / sizeof(extra_files[0]))

pawl_err pawl_stub_read_earlier_initrd(pawl_stub *s)
{
        const pawl_platform *p = s->platform;
        size_t size = 0;
        pawl_err err;

        if (s->input.is_secure_boot)
                return PAWL_OK;
        s->object = "the initrd of an earlier boot stage";
        s->advice = "start this image without one";
        err = p->initrd_size(p->ctx, &size);
        if (err == PAWL_ERR_NOT_FOUND || (err == PAWL_OK && size == 0))
                return PAWL_OK;
        PAWL_TRY(err);
        PAWL_TRY(pawl_stub_allocate(s, size, &s->earlier_initrd));
        PAWL_TRY(p->initrd_read(p->ctx, s->earlier_initrd.data, size));
        s->input.earlier_initrd = pawl_span_of(s->earlier_initrd.data, size);
        return PAWL_OK;
}

static size_t extra_size(const pawl_uki *uki)
{
        size_t size = pawl_cpio_entry_size(sizeof(".extra"), 0) + PAWL_CPIO_END_SIZE;

        for (size_t i = 0; i < N_EXTRA_FILES; i++)
                if (uki->has[extra_files[i].section])
                        size += pawl_cpio_entry_size(pawl_span_str(extra_files[i].path).len,
                                uki->content[extra_files[i].section].len);
        return size;
}

/* What the image's own tools need in the initrd. All but the signature is measured, as sections. */
static pawl_err make_extra(pawl_stub *s, pawl_span *ret)
{
        pawl_cpio c;

        PAWL_TRY(pawl_stub_allocate(s, extra_size(&s->uki), &s->extra));
        pawl_cpio_start(&c, s->extra.data, s->extra.size);
        PAWL_TRY(pawl_cpio_add(&c, ".extra", DIR_MODE, 0, 0, PAWL_SPAN_NULL));
        for (size_t i = 0; i < N_EXTRA_FILES; i++)
                if (s->uki.has[extra_files[i].section])
                        PAWL_TRY(pawl_cpio_add(&c, extra_files[i].path, FILE_MODE, 0, 0,
                                s->uki.content[extra_files[i].section]));
        PAWL_TRY(pawl_cpio_end(&c));
        *ret = pawl_written(&c.w);
        return PAWL_OK;
}

static void add_part(pawl_stub *s, pawl_span part)
{
        if (part.len > 0)
                s->initrds[s->n_initrds++] = part;
}

/* The kernel takes microcode from the first archive only, and of two files with one name the later:
 * what the image brings wins over an earlier stage. */
pawl_err pawl_stub_make_initrds(pawl_stub *s)
{
        pawl_span extra = PAWL_SPAN_NULL;

        s->object = "the initrd";
        s->advice = "free memory is short; make the image smaller";
        PAWL_TRY(make_extra(s, &extra));
        s->n_initrds = 0;
        add_part(s, s->uki.content[PAWL_UKI_UCODE]);
        if (s->plan.uses_earlier_initrd)
                add_part(s, s->input.earlier_initrd);
        add_part(s, s->uki.content[PAWL_UKI_INITRD]);
        for (pawl_sidecar k = 0; s->plan.uses_sidecars && k < PAWL_SIDECAR_MAX_; k++)
                add_part(s, s->input.sidecars[k]);
        add_part(s, extra);
        return PAWL_OK;
}
