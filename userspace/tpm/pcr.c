/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pcr.h"

#include "userspace/host/hash.h"
#include "userspace/tpm/pcr.h"

#define BOOT_PCRS  0x00ffffu /* 0 to 15: what an active bank must have */
#define ROUNDS_MAX 16        /* reads of one set; a TPM returns eight values a time */

TPML_PCR_SELECTION pawl_tpm_selection(pawl_alg bank, uint32_t mask)
{
        TPML_PCR_SELECTION s = { .count = 1 };

        pawl_tpm_select(&s.pcrSelections[0], bank, mask);
        return s;
}

void pawl_tpm_select(TPMS_PCR_SELECTION *s, pawl_alg bank, uint32_t mask)
{
        s->hash = pawl_alg_info_of(bank)->tpm_id;
        s->sizeofSelect = PAWL_PCR_COUNT / 8;
        for (unsigned i = 0; i < s->sizeofSelect; i++)
                s->pcrSelect[i] = (BYTE)(mask >> (8 * i));
}

uint32_t pawl_tpm_selected(const TPMS_PCR_SELECTION *s)
{
        uint32_t mask = 0;

        for (unsigned i = 0; i < s->sizeofSelect && i < PAWL_PCR_COUNT / 8; i++)
                mask |= (uint32_t)s->pcrSelect[i] << (8 * i);
        return mask;
}

static uint32_t active_banks(const TPML_PCR_SELECTION *l)
{
        uint32_t banks = 0;
        pawl_alg alg;

        for (uint32_t i = 0; i < l->count && i < TPM2_NUM_PCR_BANKS; i++)
                if (pawl_alg_from_tpm_id(l->pcrSelections[i].hash, &alg) == PAWL_OK &&
                        (pawl_tpm_selected(&l->pcrSelections[i]) & BOOT_PCRS) == BOOT_PCRS)
                        banks |= 1u << alg;
        return banks;
}

pawl_err pawl_tpm_banks(pawl_tpm *t, uint32_t *ret, pawl_diag *d)
{
        pawl_autoesys TPMS_CAPABILITY_DATA *cap = NULL;
        TPMI_YES_NO more;
        uint32_t banks;

        if (t->banks == 0) {
                PAWL_TRY(pawl_tpm_rc(t,
                        Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                TPM2_CAP_PCRS, 0, 1, &more, &cap),
                        d, "asking for the PCR banks"));
                if (cap->capability != TPM2_CAP_PCRS)
                        return pawl_fail(d, PAWL_ERR_TPM_FAILED,
                                "%s: asking for the PCR banks: the answer is about something else",
                                t->name);
                banks = active_banks(&cap->data.assignedPCR);
                if (banks == 0)
                        return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                                "%s: no PCR bank is active; choose SHA-256 in the firmware's setup",
                                t->name);
                t->banks = banks;
        }
        *ret = t->banks;
        return PAWL_OK;
}

/* Takes the values of one answer; what was not returned stays in `left`. */
static pawl_err take_values(const TPML_PCR_SELECTION *selection, const TPML_DIGEST *values,
        pawl_pcr_set *set, uint32_t *left)
{
        uint32_t got = selection->count == 1 ? pawl_tpm_selected(&selection->pcrSelections[0]) : 0;
        size_t size = pawl_alg_info_of(set->bank)->size;
        uint32_t n = 0;

        if (got == 0 || (got & ~*left) != 0)
                return PAWL_ERR_FORMAT;
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if ((got >> i & 1) == 0)
                        continue;
                if (n >= values->count || values->digests[n].size != size)
                        return PAWL_ERR_FORMAT;
                set->values[i].alg = set->bank;
                pawl_copy(set->values[i].bytes, values->digests[n++].buffer, size);
        }
        *left &= ~got;
        return PAWL_OK;
}

/* One pass over the set. `*ret_same`: whether no PCR of the TPM changed meanwhile. */
static pawl_err read_pass(
        pawl_tpm *t, ESYS_TR session, pawl_pcr_set *set, bool *ret_same, pawl_diag *d)
{
        uint32_t first = 0;

        *ret_same = true;
        for (uint32_t left = set->mask, round = 0; left != 0; round++) {
                pawl_autoesys TPML_PCR_SELECTION *out = NULL;
                pawl_autoesys TPML_DIGEST *values = NULL;
                TPML_PCR_SELECTION in = pawl_tpm_selection(set->bank, left);
                uint32_t counter;

                PAWL_TRY(pawl_tpm_rc(t,
                        Esys_PCR_Read(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, &in, &counter,
                                &out, &values),
                        d, "reading PCRs"));
                if (round >= ROUNDS_MAX || take_values(out, values, set, &left) != PAWL_OK)
                        return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                                "%s: reading PCRs: the %s bank does not have all of them", t->name,
                                pawl_alg_info_of(set->bank)->name);
                first = round == 0 ? counter : first;
                *ret_same = *ret_same && counter == first;
        }
        return PAWL_OK;
}

pawl_err pawl_tpm_pcr_read_in(
        pawl_tpm *t, ESYS_TR session, pawl_alg bank, uint32_t mask, pawl_pcr_set *ret, pawl_diag *d)
{
        bool same = false;

        for (unsigned i = 0; i < ROUNDS_MAX && !same; i++) {
                pawl_pcr_set set = { .bank = bank, .mask = mask };

                PAWL_TRY(read_pass(t, session, &set, &same, d));
                if (same)
                        *ret = set;
        }
        return same ? PAWL_OK
                    : pawl_fail(d, PAWL_ERR_BUSY, "%s: reading PCRs: they keep changing", t->name);
}

pawl_err pawl_tpm_pcr_read(
        pawl_tpm *t, pawl_alg bank, uint32_t mask, pawl_pcr_set *ret, pawl_diag *d)
{
        return pawl_tpm_pcr_read_in(t, ESYS_TR_NONE, bank, mask, ret, d);
}

pawl_err pawl_tpm_hash_for_banks(pawl_tpm *t, pawl_span bytes,
        pawl_digest ret[static PAWL_ALG_MAX_], size_t *ret_n, pawl_diag *d)
{
        uint32_t banks;
        size_t n = 0;

        PAWL_TRY(pawl_tpm_banks(t, &banks, d));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((banks >> a & 1) != 0)
                        PAWL_TRY(pawl_hash(a, bytes, &ret[n++]));
        *ret_n = n;
        return PAWL_OK;
}
