/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/pcr-purpose.h"

#include "core/pcr.h"

static const pawl_pcr_purpose purposes[PAWL_PCR_COUNT] = {
        {"Firmware",                "The firmware's own code; an update of it changes this."    },
        { "Firmware settings",      "Its settings, the boot order, the hardware that was found."},
        { "Drivers on cards",       "Code from cards, and drivers that the firmware loaded."    },
        { "Settings of cards",      "The settings of that code."                                },
        { "Boot loader",            "Every program that the firmware started."                  },
        { "Boot loader's settings", "The partition table and the boot loader's configuration."  },
        { "Manufacturer",           "For the maker of the machine; most leave it empty."        },
        { "Secure Boot",            "Whether it is on, its keys and lists, and who vouched."    },
        { "GRUB's commands",        "What GRUB executed, command lines included."               },
        { "Initrds",                "Every initrd and the load options, as the kernel got them."},
        { "IMA",                    "Files that the kernel measured; they have an own log."     },
        { "Image and phases",       "Each part of the image, and how far the boot has come."    },
        { "Command line",           "What came from outside of the image, credentials too."     },
        { "System extensions",      "Extensions of the initrd that lay beside the image."       },
        { "Machine owner's keys",   "The keys and settings of shim (MOK)."                      },
        { "Volumes",                "Encrypted volumes, in the order of their opening."         },
        { "Debugging",              "Anyone can reset it: it proves nothing."                   },
        { "Late launch",            "The code of a late launch (D-RTM)."                        },
        { "Late launch",            "What a late launch started (D-RTM)."                       },
        { "Late launch",            "The system of a late launch (D-RTM)."                      },
        { "Late launch",            "The system of a late launch (D-RTM)."                      },
        { "Late launch",            "The system of a late launch (D-RTM)."                      },
        { "Late launch",            "The system of a late launch (D-RTM)."                      },
        { "Applications",           "For applications; anyone can reset it."                    },
};

const pawl_pcr_purpose *pawl_pcr_purpose_of(unsigned pcr)
{
        static const pawl_pcr_purpose none = { "Not a PCR", "Nothing was extended by it." };

        return pcr < PAWL_PCR_COUNT ? &purposes[pcr] : &none;
}
