/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/explain-change.h"

#include <stdio.h>

#include "core/efi-variable.h"
#include "userspace/host/hash.h"
#include "userspace/log/measured.h"

typedef struct meaning {
        const char *text;
        bool is_suspicious;
} meaning;

/* Event types that are code, or name whose code it is, wherever they are measured. */
static const struct {
        uint32_t type;
        meaning meaning;
} types[] = {
        {PAWL_EV_EFI_BOOT_SERVICES_APP,
         { "another boot loader or image was started: an update, or somebody's", true }               },
        { PAWL_EV_EFI_BOOT_SERVICES_DRIVER,
         { "another driver was loaded from a card or from the firmware", true }                       },
        { PAWL_EV_EFI_RUNTIME_SERVICES_DRIVER,
         { "another driver was loaded from a card or from the firmware", true }                       },
        { PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB,  { "the firmware was updated or changed", true }        },
        { PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB2, { "the firmware was updated or changed", true }        },
        { PAWL_EV_EFI_VARIABLE_AUTHORITY,
         { "another certificate vouched for what was started", true }                                 },
        { PAWL_EV_EFI_VARIABLE_BOOT,           { "the boot order or a boot entry was changed", false }},
        { PAWL_EV_EFI_VARIABLE_BOOT2,          { "the boot order or a boot entry was changed", false }},
        { PAWL_EV_EFI_GPT_EVENT,
         { "the partition table was changed, or another disk was booted", false }                     },
};

static const struct {
        const char *name;
        meaning meaning;
} variables[] = {
        {"PK",            { "the owner of the Secure Boot keys changed", true }                   },
        { "KEK",          { "the keys that may change the Secure Boot lists changed", true }      },
        { "db",           { "the list of trusted signers (db) was changed", true }                },
        { "dbx",          { "the list of revoked images (dbx) was updated: firmware and fwupd do that",
                         false }                                                  },
        { "dbt",          { "the list of time stamp authorities (dbt) was changed", false }       },
        { "AuditMode",    { "Secure Boot's audit mode was changed in the firmware's setup", true }},
        { "DeployedMode",
         { "Secure Boot's deployed mode was changed in the firmware's setup", true }              },
        { "MokList",      { "the machine owner's keys (MokList) were changed", true }             },
        { "BootOrder",    { "the boot order was changed", false }                                 },
};

static const struct {
        uint32_t pcr;
        meaning meaning;
} pcrs[] = {
        {0,   { "the firmware was updated or changed", true }                               },
        { 1,  { "the firmware's settings, the boot order or the hardware changed", false }  },
        { 2,  { "a card or its option ROM was added, removed or changed", true }            },
        { 3,  { "the settings of a card's option ROM changed", false }                      },
        { 4,  { "another boot loader or image was started: an update, or somebody's", true }},
        { 5,  { "the partition table or the boot loader's settings changed", false }        },
        { 7,  { "Secure Boot, its keys or who vouched for the boot changed", true }         },
        { 9,  { "another initrd or kernel was loaded", true }                               },
        { 11, { "another image was booted, or other phases were measured", true }           },
        { 12, { "another command line, profile, credential or add-on was given", false }    },
        { 13, { "another system extension was given", false }                               },
        { 14, { "the machine owner's keys or the shim's settings changed", true }           },
        { 15, { "a volume had been opened before", true }                                   },
};

static meaning of_secure_boot(const pawl_efi_variable *v)
{
        bool is_on = v->data.len == 1 && v->data.data[0] == 1;

        return (meaning){ is_on ? "Secure Boot was turned on"
                                : "Secure Boot was turned off: turn it on again in the firmware's "
                                  "setup, if that was not meant",
                !is_on };
}

static bool of_variable(const pawl_event *ev, meaning *ret)
{
        pawl_efi_variable v;

        if (pawl_efi_variable_read(ev->data, &v) != PAWL_OK)
                return false;
        if (pawl_efi_variable_is_named(&v, "SecureBoot")) {
                *ret = of_secure_boot(&v);
                return true;
        }
        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
                if (pawl_efi_variable_is_named(&v, variables[i].name)) {
                        *ret = variables[i].meaning;
                        return true;
                }
        return false;
}

static meaning of_pcr(uint32_t pcr)
{
        for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++)
                if (pcrs[i].pcr == pcr)
                        return pcrs[i].meaning;
        return (meaning){ "something else was measured", true };
}

static meaning of_event(const pawl_event *ev, bool is_proven)
{
        meaning m;

        /* who vouched is named by a variable too: the type tells them apart */
        if (is_proven && ev->type != PAWL_EV_EFI_VARIABLE_AUTHORITY && of_variable(ev, &m))
                return m;
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (types[i].type == ev->type)
                        return types[i].meaning;
        return of_pcr(ev->pcr);
}

void pawl_change_describe(const pawl_log_change *c, pawl_alg bank, pawl_change *ret)
{
        const pawl_event *ev = c->after ? c->after : c->before;
        char text[PAWL_DESCRIPTION_SIZE];
        bool is_proven = false;
        meaning m;

        if (!c->after || pawl_event_data_is_measured(
                                 &pawl_openssl_hasher, c->after, bank, &is_proven) != PAWL_OK)
                is_proven = false;
        m = of_event(ev, is_proven);

        *ret = (pawl_change){ .pcr = c->pcr,
                .is_suspicious = m.is_suspicious,
                .meaning = m.text,
                .what = !c->before  ? "new"
                        : !c->after ? "gone"
                                    : "changed" };
        pawl_event_type_text(ev->type, ret->type);
        if (!c->after)
                return;
        if (!is_proven && pawl_event_type_is_of_data(ev->type)) {
                (void)snprintf(ret->event, sizeof(ret->event),
                        "(what the log says of it is not what was measured)");
                ret->is_suspicious = true;
                return;
        }
        pawl_event_describe(c->after, text);
        (void)snprintf(ret->event, sizeof(ret->event), "%s%.*s",
                is_proven ? "" : "by its label: ", (int)sizeof(ret->event) - 32, text);
        pawl_text_sanitize(ret->event);
}

void pawl_change_without_event(unsigned pcr, pawl_change *ret)
{
        meaning m = of_pcr(pcr);

        *ret = (pawl_change){
                .pcr = pcr, .is_suspicious = m.is_suspicious, .meaning = m.text, .what = "differs"
        };
}
