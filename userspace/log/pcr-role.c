/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/pcr-role.h"

#include "core/pcr.h"

#define DRTM                                                                                       \
        {                                                                                          \
                "a dynamic launch of trusted code", "the processor and what it launched"           \
        }

static const pawl_pcr_role roles[] = {
        [0] = {"firmware code",                                  "the firmware, before all else"         },
        [1] = { "firmware settings, boot order, hardware",       "the firmware"                          },
        [2] = { "option ROMs: code from cards",                  "the firmware, for each driver it loads"},
        [3] = { "settings of option ROMs",                       "the firmware and code from cards"      },
        [4] = { "boot loader code",                              "the firmware, for each image it starts"},
        [5] = { "partition table, settings of the boot loader",  "the firmware, the boot loader"         },
        [6] = { "what the machine's maker adds",                 "the firmware"                          },
        [7] = { "Secure Boot: its state, its keys, who vouched", "the firmware, the shim"                },
        [8] = { "command line and commands of the boot loader",  "GRUB"                                  },
        [9] = { "files of the boot loader, initrd",              "GRUB, the kernel's EFI stub"           },
        [10] = { "files that were opened (IMA)",                  "the kernel, with a log of its own"     },
        [11] = { "the unified kernel image, phases of the boot",  "the stub, then userspace"              },
        [12] = { "command line, profile, credentials",            "the boot loader, the stub"             },
        [13] = { "system extensions",                             "the stub"                              },
        [14] = { "the machine owner's keys (MOK)",                "the shim"                              },
        [15] = { "machine id, keys of opened volumes",            "userspace"                             },
        [16] = { "debugging",                                     "whoever wants"                         },
        [17] = DRTM,
        [18] = DRTM,
        [19] = DRTM,
        [20] = DRTM,
        [21] = DRTM,
        [22] = DRTM,
        [23] = { "applications",                                  "whoever wants"                         },
};
_Static_assert(sizeof(roles) / sizeof(roles[0]) == PAWL_PCR_COUNT, "a role for each PCR");

const pawl_pcr_role *pawl_pcr_role_of(unsigned pcr)
{
        return &roles[pcr];
}
