/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe.h"

#include <stdio.h>

#include "core/pcr.h"
#include "userspace/log/describe-firmware.h"
#include "userspace/log/describe-gpt.h"
#include "userspace/log/describe-loader.h"
#include "userspace/log/describe-variable.h"
#include "userspace/log/measured.h"

static bool is_plain_separator(pawl_span s)
{
        return pawl_span_equal(s, PAWL_SPAN_LITERAL("\0\0\0\0")) ||
               pawl_span_equal(s, PAWL_SPAN_LITERAL("\xff\xff\xff\xff"));
}

/* The firmware measures the number 1 where it reports an error, and logs what it was about. PFP
 * 1.05, 10.4.1. */
static void put_separator(pawl_words *w, const pawl_event *ev)
{
        const pawl_span error = PAWL_SPAN_LITERAL("\1\0\0\0");

        pawl_words_put(w, "separator");
        if (is_plain_separator(ev->data))
                return;
        if (pawl_event_measured(ev, error) || pawl_span_equal(ev->data, error))
                pawl_words_put(w, " that reports an error");
        pawl_words_put(w, ": ");
        pawl_words_data(w, ev->data);
}

static pawl_err put_variable(pawl_words *w, const pawl_event *ev)
{
        pawl_efi_variable v;

        PAWL_TRY(pawl_efi_variable_read(ev->data, &v));
        pawl_variable_describe(w, &v, ev->type == PAWL_EV_EFI_VARIABLE_AUTHORITY);
        return PAWL_OK;
}

static void put_no_action(pawl_words *w, const pawl_event *ev)
{
        uint8_t locality;

        if (pawl_event_is_startup_locality(ev, &locality))
                pawl_words_put(w, "the TPM was started from locality %u", locality);
        else if (pawl_span_has_prefix(ev->data, PAWL_SPAN_LITERAL("Spec ID Event"))) {
                pawl_words_put(w, "head of the log, ");
                pawl_words_ascii(w, ev->data);
        } else
                pawl_words_data(w, ev->data);
}

static pawl_err describe(pawl_words *w, const pawl_event *ev)
{
        switch (ev->type) {
        case PAWL_EV_NO_ACTION:
                put_no_action(w, ev);
                return PAWL_OK;
        case PAWL_EV_SEPARATOR:
                put_separator(w, ev);
                return PAWL_OK;
        case PAWL_EV_IPL:
                pawl_ipl_describe(w, ev);
                return PAWL_OK;
        case PAWL_EV_EVENT_TAG:
                return pawl_tagged_describe(w, ev->data);
        case PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG:
        case PAWL_EV_EFI_VARIABLE_BOOT:
        case PAWL_EV_EFI_VARIABLE_BOOT2:
        case PAWL_EV_EFI_VARIABLE_AUTHORITY:
                return put_variable(w, ev);
        case PAWL_EV_EFI_BOOT_SERVICES_APP:
        case PAWL_EV_EFI_BOOT_SERVICES_DRIVER:
        case PAWL_EV_EFI_RUNTIME_SERVICES_DRIVER:
                return pawl_image_describe(w, ev->data);
        case PAWL_EV_EFI_GPT_EVENT:
        case PAWL_EV_EFI_GPT_EVENT2:
                return pawl_gpt_describe(w, ev->data);
        case PAWL_EV_S_CRTM_VERSION:
                return pawl_crtm_version_describe(w, ev->data);
        case PAWL_EV_POST_CODE:
        case PAWL_EV_POST_CODE2:
        case PAWL_EV_S_CRTM_CONTENTS:
                return pawl_code_describe(w, ev->data);
        case PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB:
                return pawl_blob_describe(w, ev->data);
        case PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB2:
                return pawl_blob2_describe(w, ev->data);
        case PAWL_EV_EFI_HANDOFF_TABLES:
                return pawl_tables_describe(w, ev->data);
        case PAWL_EV_EFI_HANDOFF_TABLES2:
                return pawl_tables2_describe(w, ev->data);
        default: /* actions, microcode, lists of devices: text, where it is text */
                return PAWL_ERR_UNSUPPORTED;
        }
}

void pawl_event_describe(const pawl_event *ev, char ret[static PAWL_DESCRIPTION_SIZE])
{
        pawl_words w = pawl_words_of(ret, PAWL_DESCRIPTION_SIZE);

        if (describe(&w, ev) != PAWL_OK) {
                pawl_words_cut(&w, 0);
                pawl_words_data(&w, ev->data);
        }
        pawl_words_finish(&w);
}

void pawl_user_event_describe(const pawl_user_event *ev, char ret[static PAWL_DESCRIPTION_SIZE])
{
        pawl_words w = pawl_words_of(ret, PAWL_DESCRIPTION_SIZE);

        pawl_words_put(&w, "%s", ev->string);
        pawl_words_finish(&w);
}

void pawl_event_type_text(uint32_t type, char ret[static PAWL_TYPE_TEXT_SIZE])
{
        const char *name = pawl_event_type_name(type);

        if (name)
                (void)snprintf(ret, PAWL_TYPE_TEXT_SIZE, "%s", name);
        else
                (void)snprintf(ret, PAWL_TYPE_TEXT_SIZE, "0x%08x", type);
}
