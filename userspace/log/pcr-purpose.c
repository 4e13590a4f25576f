/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/pcr-purpose.h"

#include "core/pcr.h"

static const pawl_pcr_purpose purposes[PAWL_PCR_COUNT] = {
        {"Firmware",                "The firmware's own code; an update of it changes this.",
         "the firmware, before all else"                                                                                            },
        { "Firmware settings",      "Its settings, the boot order, the hardware that was found.",
         "the firmware"                                                                                                             },
        { "Drivers on cards",       "Code from cards, and drivers that the firmware loaded.",
         "the firmware, for each driver it loads"                                                                                   },
        { "Settings of cards",      "The settings of that code.",                                 "the firmware and code from cards"},
        { "Boot loader",            "Every program that the firmware started.",
         "the firmware, for each image it starts"                                                                                   },
        { "Boot loader's settings", "The partition table and the boot loader's configuration.",
         "the firmware, the boot loader"                                                                                            },
        { "Manufacturer",           "For the maker of the machine; most leave it empty.",         "the firmware"                    },
        { "Secure Boot",            "Whether it is on, its keys and lists, and who vouched.",
         "the firmware, the shim"                                                                                                   },
        { "GRUB's commands",        "What GRUB executed, command lines included.",                "GRUB"                            },
        { "Initrds",                "Every initrd and the load options, as the kernel got them.",
         "GRUB, the kernel's EFI stub"                                                                                              },
        { "IMA",                    "Files that the kernel measured; they have an own log.",
         "the kernel, with a log of its own"                                                                                        },
        { "Image and phases",       "Each part of the image, and how far the boot has come.",
         "the stub, then userspace"                                                                                                 },
        { "Command line",           "What came from outside of the image, credentials too.",
         "the boot loader, the stub"                                                                                                },
        { "System extensions",      "Extensions of the initrd that lay beside the image.",        "the stub"                        },
        { "Machine owner's keys",   "The keys and settings of shim (MOK).",                       "the shim"                        },
        { "Volumes",                "Encrypted volumes, in the order of their opening.",          "userspace"                       },
        { "Debugging",              "Anyone can reset it: it proves nothing.",                    "whoever wants"                   },
        { "Late launch",            "The code of a late launch (D-RTM).",
         "the processor and what it launched"                                                                                       },
        { "Late launch",            "What a late launch started (D-RTM).",
         "the processor and what it launched"                                                                                       },
        { "Late launch",            "The system of a late launch (D-RTM).",
         "the processor and what it launched"                                                                                       },
        { "Late launch",            "The system of a late launch (D-RTM).",
         "the processor and what it launched"                                                                                       },
        { "Late launch",            "The system of a late launch (D-RTM).",
         "the processor and what it launched"                                                                                       },
        { "Late launch",            "The system of a late launch (D-RTM).",
         "the processor and what it launched"                                                                                       },
        { "Applications",           "For applications; anyone can reset it.",                     "whoever wants"                   },
};

const pawl_pcr_purpose *pawl_pcr_purpose_of(unsigned pcr)
{
        static const pawl_pcr_purpose none = { "Not a PCR", "Nothing was extended by it.",
                "nobody" };

        return pcr < PAWL_PCR_COUNT ? &purposes[pcr] : &none;
}
