/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/partition-type.h"

#include <string.h>

#include "core/efi-variable.h"

/* UAPI.2 Discoverable Partitions Specification, UEFI 2.10 table 5.7, and common use. */
static const struct {
        const char *guid, *name;
} types[] = {
        {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  "ESP"                                   },
        { "bc13c2ff-59e6-4262-a352-b275fd6f7172", "XBOOTLDR"                              },
        { "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root, x86-64"                    },
        { "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", "verity of Linux root, x86-64"          },
        { "41092b05-9fc8-4523-994f-2def0408b176", "verity signature of Linux root, x86-64"},
        { "8484680c-9521-48c6-9c11-b0720656f69e", "Linux /usr, x86-64"                    },
        { "77ff5f63-e7b6-4633-acf4-1565b864c0e6", "verity of Linux /usr, x86-64"          },
        { "e7bb33fb-06cf-4e81-8273-e543b413e2e2", "verity signature of Linux /usr, x86-64"},
        { "b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root, ARM64"                     },
        { "44479540-f297-41b2-9af7-d131d5f0458a", "Linux root, x86"                       },
        { "933ac7e1-2eb4-4f13-b844-0e14e2aef915", "Linux /home"                           },
        { "3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "Linux /srv"                            },
        { "4d21b016-b534-45c2-a9fb-5c16e091fd2d", "Linux /var"                            },
        { "7ec6f557-3bc5-4aca-b293-16ef5df639d1", "Linux /var/tmp"                        },
        { "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap"                            },
        { "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux data"                            },
        { "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"                             },
        { "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID"                            },
        { "ca7d7ccb-63ed-4c53-861c-1742536059cc", "Linux LUKS"                            },
        { "21686148-6449-6e6f-744e-656564454649", "BIOS boot"                             },
        { "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Microsoft data"                        },
        { "e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved"                    },
        { "de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows recovery"                      },
};

const char *pawl_partition_type_name(pawl_span guid)
{
        char text[PAWL_GUID_TEXT_SIZE];

        if (guid.len != PAWL_GUID_SIZE)
                return NULL;
        pawl_guid_text(guid.data, text);
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strcmp(types[i].guid, text) == 0)
                        return types[i].name;
        return NULL;
}
