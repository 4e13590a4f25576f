/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/reset/journal.h"

#include "userspace/host/efi-var.h"

#define MAGIC      0x4a525750u /* "PWRJ" */
#define VERSION    1
#define ATTRIBUTES (PAWL_EFI_VAR_NON_VOLATILE | PAWL_EFI_VAR_BOOT | PAWL_EFI_VAR_RUNTIME)

enum { ASKED = 1u << 0, REMADE = 1u << 1, KEEPS = 1u << 2 };

const char *pawl_reset_step_text(pawl_reset_step s)
{
        static const char *const texts[] = {
                [PAWL_RESET_MEASURE] = "telling the TPM",
                [PAWL_RESET_KEYS] = "destroying the keys",
                [PAWL_RESET_TPM] = "clearing the TPM",
                [PAWL_RESET_DATA] = "erasing the partitions",
                [PAWL_RESET_REMAKE] = "making the partitions anew",
                [PAWL_RESET_FINISH] = "deleting the request",
        };

        return texts[s];
}

pawl_err pawl_reset_journal_parse(pawl_span bytes, pawl_reset_journal *ret, pawl_diag *d)
{
        pawl_reader r = pawl_reader_of(bytes);
        uint32_t magic = 0;
        uint8_t version = 0, attempts = 0, furthest = 0, flags = 0;

        if (pawl_read_le32(&r, &magic) != PAWL_OK || pawl_read_u8(&r, &version) != PAWL_OK ||
                pawl_read_u8(&r, &attempts) != PAWL_OK || pawl_read_u8(&r, &furthest) != PAWL_OK ||
                pawl_read_u8(&r, &flags) != PAWL_OK || pawl_read_end(&r) != PAWL_OK ||
                magic != MAGIC || version != VERSION || furthest > PAWL_RESET_STEPS ||
                (flags & ~(ASKED | REMADE | KEEPS)) != 0)
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "EFI variable " PAWL_JOURNAL_VARIABLE ": not a journal of a reset");
        *ret = (pawl_reset_journal){ .attempts = attempts,
                .furthest = furthest,
                .has_asked_firmware = (flags & ASKED) != 0,
                .is_remade = (flags & REMADE) != 0,
                .keeps_tpm = (flags & KEEPS) != 0 };
        return PAWL_OK;
}

pawl_err pawl_reset_journal_format(const pawl_reset_journal *j, pawl_buffer *ret)
{
        uint8_t bytes[8];
        pawl_writer w = pawl_writer_of(bytes, sizeof(bytes));
        unsigned flags = (j->has_asked_firmware ? ASKED : 0u) | (j->is_remade ? REMADE : 0u) |
                         (j->keeps_tpm ? KEEPS : 0u);

        PAWL_TRY(pawl_write_le32(&w, MAGIC));
        PAWL_TRY(pawl_write_u8(&w, VERSION));
        PAWL_TRY(pawl_write_u8(&w, j->attempts < 255 ? (uint8_t)j->attempts : 255));
        PAWL_TRY(pawl_write_u8(&w, (uint8_t)j->furthest));
        PAWL_TRY(pawl_write_u8(&w, (uint8_t)flags));
        return pawl_buffer_dup(pawl_written(&w), ret);
}

pawl_reset_plan pawl_reset_decide(
        pawl_reset_state request, bool has_journal, const pawl_reset_journal *j)
{
        if (request != PAWL_RESET_ON)
                return has_journal && request == PAWL_RESET_OFF ? PAWL_RESET_FORGET
                                                                : PAWL_RESET_NOTHING;
        if (!has_journal)
                return PAWL_RESET_RUN;
        if (j->attempts >= PAWL_RESET_ATTEMPTS_MAX)
                return PAWL_RESET_HALT;
        return j->is_remade ? PAWL_RESET_END : PAWL_RESET_RUN;
}

void pawl_reset_journal_begin(pawl_reset_journal *j)
{
        j->attempts++;
}

void pawl_reset_journal_complete(pawl_reset_journal *j, pawl_reset_step s)
{
        if (s == PAWL_RESET_REMAKE)
                j->is_remade = true;
        if ((unsigned)s <= j->furthest)
                return;
        j->furthest = (unsigned)s;
        j->attempts = 1; /* this boot made progress */
}

pawl_err pawl_reset_journal_read(bool *ret_found, pawl_reset_journal *ret, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer value = { 0 };
        pawl_err err = pawl_efi_var_read(PAWL_JOURNAL_VARIABLE, PAWL_JOURNAL_GUID, &value, NULL, d);

        *ret_found = err == PAWL_OK;
        *ret = (pawl_reset_journal){ 0 };
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        return pawl_reset_journal_parse(pawl_buffer_span(&value), ret, d);
}

pawl_err pawl_reset_journal_write(const pawl_reset_journal *j, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer value = { 0 };

        PAWL_TRY(pawl_reset_journal_format(j, &value));
        return pawl_efi_var_write(
                PAWL_JOURNAL_VARIABLE, PAWL_JOURNAL_GUID, ATTRIBUTES, pawl_buffer_span(&value), d);
}

pawl_err pawl_reset_journal_delete(pawl_diag *d)
{
        return pawl_efi_var_delete(PAWL_JOURNAL_VARIABLE, PAWL_JOURNAL_GUID, d);
}
