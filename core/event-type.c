/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/eventlog.h"

/* PFP 1.05, table 27; the last rows are those of the EFI platform. */
static const struct {
        uint32_t type;
        const char *name;
} types[] = {
        {0x00000000u,  "EV_PREBOOT_CERT"                 },
        { 0x00000001u, "EV_POST_CODE"                    },
        { 0x00000002u, "EV_UNUSED"                       },
        { 0x00000003u, "EV_NO_ACTION"                    },
        { 0x00000004u, "EV_SEPARATOR"                    },
        { 0x00000005u, "EV_ACTION"                       },
        { 0x00000006u, "EV_EVENT_TAG"                    },
        { 0x00000007u, "EV_S_CRTM_CONTENTS"              },
        { 0x00000008u, "EV_S_CRTM_VERSION"               },
        { 0x00000009u, "EV_CPU_MICROCODE"                },
        { 0x0000000au, "EV_PLATFORM_CONFIG_FLAGS"        },
        { 0x0000000bu, "EV_TABLE_OF_DEVICES"             },
        { 0x0000000cu, "EV_COMPACT_HASH"                 },
        { 0x0000000du, "EV_IPL"                          },
        { 0x0000000eu, "EV_IPL_PARTITION_DATA"           },
        { 0x0000000fu, "EV_NONHOST_CODE"                 },
        { 0x00000010u, "EV_NONHOST_CONFIG"               },
        { 0x00000011u, "EV_NONHOST_INFO"                 },
        { 0x00000012u, "EV_OMIT_BOOT_DEVICE_EVENTS"      },
        { 0x00000013u, "EV_POST_CODE2"                   },
        { 0x80000001u, "EV_EFI_VARIABLE_DRIVER_CONFIG"   },
        { 0x80000002u, "EV_EFI_VARIABLE_BOOT"            },
        { 0x80000003u, "EV_EFI_BOOT_SERVICES_APPLICATION"},
        { 0x80000004u, "EV_EFI_BOOT_SERVICES_DRIVER"     },
        { 0x80000005u, "EV_EFI_RUNTIME_SERVICES_DRIVER"  },
        { 0x80000006u, "EV_EFI_GPT_EVENT"                },
        { 0x80000007u, "EV_EFI_ACTION"                   },
        { 0x80000008u, "EV_EFI_PLATFORM_FIRMWARE_BLOB"   },
        { 0x80000009u, "EV_EFI_HANDOFF_TABLES"           },
        { 0x8000000au, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"  },
        { 0x8000000bu, "EV_EFI_HANDOFF_TABLES2"          },
        { 0x8000000cu, "EV_EFI_VARIABLE_BOOT2"           },
        { 0x8000000du, "EV_EFI_GPT_EVENT2"               },
        { 0x80000010u, "EV_EFI_HCRTM_EVENT"              },
        { 0x800000e0u, "EV_EFI_VARIABLE_AUTHORITY"       },
        { 0x800000e1u, "EV_EFI_SPDM_FIRMWARE_BLOB"       },
        { 0x800000e2u, "EV_EFI_SPDM_FIRMWARE_CONFIG"     },
        { 0x800000e3u, "EV_EFI_SPDM_DEVICE_POLICY"       },
        { 0x800000e4u, "EV_EFI_SPDM_DEVICE_AUTHORITY"    },
};

const char *pawl_event_type_name(uint32_t type)
{
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (types[i].type == type)
                        return types[i].name;
        return NULL;
}
