/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/tpm/esys.h"

#define PROPERTIES_MAX 128

static void put_text(char *to, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                to[i] = (char)(value >> (24 - 8 * i));
}

/* Four characters each, padded with blanks or NULs. */
static void trim(char *text, size_t len)
{
        text[len] = '\0';
        for (size_t i = 0; i < len; i++)
                if (text[i] == '\0')
                        text[i] = ' ';
        for (size_t i = len; i > 0 && text[i - 1] == ' '; i--)
                text[i - 1] = '\0';
        pawl_text_sanitize(text);
}

static void take_permanent(uint32_t v, pawl_tpm_info *info)
{
        info->owner_auth_set = (v & TPMA_PERMANENT_OWNERAUTHSET) != 0;
        info->lockout_auth_set = (v & TPMA_PERMANENT_LOCKOUTAUTHSET) != 0;
        info->disable_clear = (v & TPMA_PERMANENT_DISABLECLEAR) != 0;
        info->in_lockout = (v & TPMA_PERMANENT_INLOCKOUT) != 0;
}

/* TPM_PT: Part 2, 6.13. */
static void take_property(uint32_t property, uint32_t v, pawl_tpm_info *info)
{
        switch (property) {
        case TPM2_PT_REVISION:
                info->spec_revision = v;
                break;
        case TPM2_PT_MANUFACTURER:
                put_text(info->manufacturer, v);
                break;
        case TPM2_PT_VENDOR_STRING_1:
        case TPM2_PT_VENDOR_STRING_2:
        case TPM2_PT_VENDOR_STRING_3:
        case TPM2_PT_VENDOR_STRING_4:
                put_text(info->vendor + (size_t)4 * (property - TPM2_PT_VENDOR_STRING_1), v);
                break;
        case TPM2_PT_FIRMWARE_VERSION_1:
                info->firmware_major = v;
                break;
        case TPM2_PT_FIRMWARE_VERSION_2:
                info->firmware_minor = v;
                break;
        case TPM2_PT_PERMANENT:
                take_permanent(v, info);
                break;
        case TPM2_PT_LOCKOUT_COUNTER:
                info->lockout_counter = v;
                break;
        case TPM2_PT_MAX_AUTH_FAIL:
                info->max_auth_fail = v;
                break;
        case TPM2_PT_LOCKOUT_INTERVAL:
                info->lockout_interval_s = v;
                break;
        case TPM2_PT_LOCKOUT_RECOVERY:
                info->lockout_recovery_s = v;
                break;
        default:
                break;
        }
}

static pawl_err read_properties(pawl_tpm *t, uint32_t first, pawl_tpm_info *info, pawl_diag *d)
{
        pawl_autoesys TPMS_CAPABILITY_DATA *cap = NULL;
        TPMI_YES_NO more;

        PAWL_TRY(pawl_tpm_rc(t,
                Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        TPM2_CAP_TPM_PROPERTIES, first, PROPERTIES_MAX, &more, &cap),
                d, "asking for its properties"));
        if (cap->capability != TPM2_CAP_TPM_PROPERTIES)
                return pawl_fail(d, PAWL_ERR_TPM_FAILED,
                        "%s: asking for its properties: the answer is about something else",
                        t->name);
        for (uint32_t i = 0; i < cap->data.tpmProperties.count && i < TPM2_MAX_TPM_PROPERTIES; i++)
                take_property(cap->data.tpmProperties.tpmProperty[i].property,
                        cap->data.tpmProperties.tpmProperty[i].value, info);
        return PAWL_OK;
}

static pawl_err read_clock(pawl_tpm *t, pawl_tpm_info *info, pawl_diag *d)
{
        pawl_autoesys TPMS_TIME_INFO *time = NULL;

        PAWL_TRY(pawl_tpm_rc(t,
                Esys_ReadClock(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &time), d,
                "reading its clock"));
        info->reset_count = time->clockInfo.resetCount;
        info->restart_count = time->clockInfo.restartCount;
        info->is_clock_safe = time->clockInfo.safe == TPM2_YES;
        return PAWL_OK;
}

pawl_err pawl_tpm_get_lockout(pawl_tpm *t, pawl_tpm_info *ret, pawl_diag *d)
{
        pawl_tpm_info info = { 0 };

        PAWL_TRY(read_properties(t, TPM2_PT_VAR, &info, d));
        *ret = info;
        return PAWL_OK;
}

pawl_err pawl_tpm_get_info(pawl_tpm *t, pawl_tpm_info *ret, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        pawl_tpm_info info = { 0 };
        pawl_err err;

        PAWL_TRY(read_properties(t, TPM2_PT_FIXED, &info, d));
        PAWL_TRY(read_properties(t, TPM2_PT_VAR, &info, d));
        PAWL_TRY(read_clock(t, &info, d));
        PAWL_TRY(pawl_tpm_banks(t, &info.banks, d));
        err = pawl_tpm_srk_find(t, &srk, d);
        if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND && err != PAWL_ERR_UNSUPPORTED)
                return err;
        info.has_srk = err == PAWL_OK;
        if (info.has_srk)
                pawl_copy(info.srk_name, srk->name, sizeof(info.srk_name));
        trim(info.manufacturer, sizeof(info.manufacturer) - 1);
        trim(info.vendor, 16);
        *ret = info;
        return PAWL_OK;
}
