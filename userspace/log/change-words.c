/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/change-words.h"

#include <string.h>

#include "core/efi-variable.h"
#include "userspace/host/utf16.h"
#include "userspace/log/change-parts.h"
#include "userspace/log/describe-variable.h"

static pawl_err of_variable(pawl_words *w, const pawl_event *before, const pawl_event *after)
{
        pawl_efi_variable a, b;
        char name[PAWL_VARIABLE_NAME_TEXT_SIZE];

        PAWL_TRY(pawl_efi_variable_read(before->data, &a));
        PAWL_TRY(pawl_efi_variable_read(after->data, &b));
        if (!pawl_span_equal(a.name, b.name) || !pawl_span_equal(a.guid, b.guid))
                return PAWL_OK;
        (void)pawl_utf16_to_utf8(b.name, name, sizeof(name));
        if (strcmp(name, "BootOrder") == 0)
                return pawl_change_of_order(w, a.data, b.data);
        return pawl_is_signature_list(name) ? pawl_change_of_signatures(w, name, a.data, b.data)
                                            : PAWL_OK;
}

static pawl_err of_events(pawl_words *w, const pawl_event *before, const pawl_event *after)
{
        switch (after->type) {
        case PAWL_EV_EFI_GPT_EVENT:
        case PAWL_EV_EFI_GPT_EVENT2:
                return pawl_change_of_partitions(w, before->data, after->data);
        case PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG:
        case PAWL_EV_EFI_VARIABLE_BOOT:
        case PAWL_EV_EFI_VARIABLE_BOOT2:
                return of_variable(w, before, after);
        default:
                return PAWL_OK;
        }
}

pawl_err pawl_change_words(const pawl_log_change *c, char ret[static PAWL_CHANGE_WORDS_SIZE])
{
        pawl_words w = pawl_words_of(ret, PAWL_CHANGE_WORDS_SIZE);
        pawl_err err = c->before && c->after ? of_events(&w, c->before, c->after) : PAWL_OK;

        if (err == PAWL_ERR_NO_MEMORY)
                return err;
        if (err != PAWL_OK)
                pawl_words_cut(&w, 0);
        pawl_words_finish(&w);
        return PAWL_OK;
}
