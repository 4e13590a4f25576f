/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-common/efi-context.h"

static EFI_GUID tcg2_guid = PAWL_TCG2_GUID;

static pawl_err find_tcg2(pawl_efi *efi)
{
        pawl_tcg2_capability c = { .size = sizeof(c) };
        void *p = NULL;
        EFI_STATUS status;

        if (efi->is_tcg2_known)
                return efi->tcg2 ? PAWL_OK : PAWL_ERR_TPM_ABSENT;
        status = efi->bs->LocateProtocol(&tcg2_guid, NULL, &p);
        if (status == EFI_NOT_FOUND) {
                efi->is_tcg2_known = true;
                return PAWL_ERR_TPM_ABSENT;
        }
        if (status != EFI_SUCCESS)
                return PAWL_ERR_TPM_FAILED;
        if (((pawl_tcg2 *)p)->get_capability(p, &c) != EFI_SUCCESS)
                return PAWL_ERR_TPM_FAILED;
        efi->is_tcg2_known = true;
        /* protocols before 1.1 say nothing of banks (section 6.4.4) */
        if (!c.is_tpm_present || c.active_banks == 0 ||
                (c.structure_major == 1 && c.structure_minor == 0))
                return PAWL_ERR_TPM_ABSENT;
        efi->tcg2 = p;
        efi->banks = c.active_banks;
        return PAWL_OK;
}

pawl_err pawl_efi_banks(void *ctx, uint32_t *ret)
{
        pawl_efi *efi = ctx;

        PAWL_TRY(find_tcg2(efi));
        *ret = efi->banks;
        return PAWL_OK;
}

/* EFI_TCG2_EVENT as bytes */
static pawl_err write_event(pawl_writer *w, uint32_t pcr, uint32_t event_type, pawl_span event)
{
        PAWL_TRY(pawl_write_le32(w, (uint32_t)w->cap));
        PAWL_TRY(pawl_write_le32(w, PAWL_TCG2_EVENT_HEADER_SIZE));
        PAWL_TRY(pawl_write_le16(w, PAWL_TCG2_EVENT_HEADER_VERSION));
        PAWL_TRY(pawl_write_le32(w, pcr));
        PAWL_TRY(pawl_write_le32(w, event_type));
        return pawl_write_bytes(w, event);
}

static pawl_err extend(
        pawl_efi *efi, uint32_t pcr, uint32_t event_type, pawl_span data, pawl_span event)
{
        size_t size = PAWL_TCG2_EVENT_FIXED_SIZE + event.len;
        void *buf;
        EFI_STATUS status;
        pawl_writer w;

        if (event.len > UINT16_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_efi_allocate(efi, size, &buf));
        w = pawl_writer_of(buf, size);
        if (write_event(&w, pcr, event_type, event) != PAWL_OK) {
                pawl_efi_free(efi, buf, size);
                return PAWL_ERR_INTERNAL;
        }
        status = efi->tcg2->hash_log_extend_event(
                efi->tcg2, 0, (UINT64)(uintptr_t)data.data, data.len, buf);
        pawl_efi_free(efi, buf, size);
        /* VOLUME_FULL: extended, but the log has no room for it (section 6.6.5) */
        return status == EFI_SUCCESS || status == EFI_VOLUME_FULL ? PAWL_OK : PAWL_ERR_TPM_FAILED;
}

/* Firmware hashes one range of memory, so trailing zeros have to exist. In an image that firmware
 * loaded they do, and the caller passes none. */
static pawl_err extend_with_zeros(pawl_efi *efi, uint32_t pcr, uint32_t event_type, pawl_span bytes,
        size_t n_zeros, pawl_span event)
{
        size_t size = bytes.len + n_zeros;
        pawl_writer w;
        void *buf;
        pawl_err err;

        if (size < n_zeros)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(pawl_efi_allocate(efi, size, &buf));
        w = pawl_writer_of(buf, size);
        err = pawl_write_bytes(&w, bytes);
        if (err == PAWL_OK)
                err = pawl_write_zeros(&w, n_zeros);
        if (err == PAWL_OK)
                err = extend(efi, pcr, event_type, pawl_written(&w), event);
        pawl_efi_free(efi, buf, size);
        return err;
}

pawl_err pawl_efi_measure(void *ctx, uint32_t pcr, uint32_t event_type, pawl_span bytes,
        size_t n_zeros, pawl_span event)
{
        pawl_efi *efi = ctx;

        PAWL_TRY(find_tcg2(efi));
        if (n_zeros > 0)
                return extend_with_zeros(efi, pcr, event_type, bytes, n_zeros, event);
        return extend(efi, pcr, event_type, bytes, event);
}
