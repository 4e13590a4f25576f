/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe-gpt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/efi-variable.h"
#include "userspace/host/utf16.h"

#define GUID_OFFSET 56u /* of the disk's GUID in the header */
#define HEADER_SIZE 92u
#define ENTRY_SIZE  128u
#define NAME_SIZE   72u
#define SECTOR      512u /* what is assumed where the table does not say */

typedef struct text {
        char *p;
        size_t len;
} text;

static void put(text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(text *t, const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(t->p + t->len, PAWL_GPT_TEXT_SIZE - t->len, fmt, ap);
        va_end(ap);
        if (n > 0)
                t->len = t->len + (size_t)n < PAWL_GPT_TEXT_SIZE ? t->len + (size_t)n
                                                                 : PAWL_GPT_TEXT_SIZE - 1;
}

/* UAPI.2 Discoverable Partitions Specification, and those of other systems that one meets. */
static const struct {
        const char *guid, *name;
} types[] = {
        {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  "EFI system"                    },
        { "bc13c2ff-59e6-4262-a352-b275fd6f7172", "extended boot loader"          },
        { "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "root (x86-64)"                 },
        { "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", "root verity (x86-64)"          },
        { "41092b05-9fc8-4523-994f-2def0408b176", "root verity signature (x86-64)"},
        { "8484680c-9521-48c6-9c11-b0720656f69e", "usr (x86-64)"                  },
        { "77ff5f63-e7b6-4633-acf4-1565b864c0e6", "usr verity (x86-64)"           },
        { "933ac7e1-2eb4-4f13-b844-0e14e2aef915", "home"                          },
        { "4d21b016-b534-45c2-a9fb-5c16e091fd2d", "var"                           },
        { "3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "srv"                           },
        { "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "swap"                          },
        { "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux data"                    },
        { "ca7d7ccb-63ed-4c53-861c-1742536059cc", "LUKS"                          },
        { "e6d6d379-f507-44c2-a23c-238f2a3df928", "LVM"                           },
        { "21686148-6449-6e6f-744e-656564454649", "BIOS boot"                     },
        { "e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved"            },
        { "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "basic data"                    },
        { "de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Microsoft recovery"            },
};

static const char *type_name(const char *guid)
{
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strcmp(types[i].guid, guid) == 0)
                        return types[i].name;
        return guid;
}

static void put_size(text *t, uint64_t sectors)
{
        const uint64_t kib = sectors > UINT64_MAX / SECTOR ? UINT64_MAX / 1024
                                                           : sectors * SECTOR / 1024;

        if (kib >= 10 * 1024 * 1024)
                put(t, "%llu GiB", (unsigned long long)(kib / (1024 * 1024)));
        else if (kib >= 10 * 1024)
                put(t, "%llu MiB", (unsigned long long)(kib / 1024));
        else
                put(t, "%llu KiB", (unsigned long long)kib);
}

static pawl_err put_entry(text *t, pawl_span entry, unsigned number)
{
        pawl_reader r = pawl_reader_of(entry);
        char guid[PAWL_GUID_TEXT_SIZE], name[256];
        uint64_t first = 0, last = 0;
        pawl_span type, label;

        PAWL_TRY(pawl_read_bytes(&r, PAWL_GUID_SIZE, &type));
        PAWL_TRY(pawl_read_skip(&r, PAWL_GUID_SIZE)); /* its own */
        PAWL_TRY(pawl_read_le64(&r, &first));
        PAWL_TRY(pawl_read_le64(&r, &last));
        PAWL_TRY(pawl_read_skip(&r, 8)); /* attributes */
        PAWL_TRY(pawl_read_bytes(&r, NAME_SIZE, &label));
        pawl_guid_text(type.data, guid);
        (void)pawl_utf16_to_utf8(label, name, sizeof(name));
        put(t, "%s%u: %s%s%s%s, ", number > 1 ? "; " : "", number, type_name(guid),
                name[0] ? " '" : "", name, name[0] ? "'" : "");
        if (last < first)
                put(t, "damaged");
        else
                put_size(t, last - first + 1);
        return PAWL_OK;
}

pawl_err pawl_gpt_describe(pawl_span event, char ret[static PAWL_GPT_TEXT_SIZE])
{
        text t = { ret, 0 };
        pawl_reader r = pawl_reader_of(event);
        char guid[PAWL_GUID_TEXT_SIZE];
        pawl_span header, entry;
        uint64_t n = 0;

        ret[0] = '\0';
        PAWL_TRY(pawl_read_bytes(&r, HEADER_SIZE, &header));
        if (!pawl_span_has_prefix(header, PAWL_SPAN_LITERAL("EFI PART")))
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_read_le64(&r, &n));
        if (n > r.left.len / ENTRY_SIZE)
                return PAWL_ERR_TRUNCATED;
        pawl_guid_text(header.data + GUID_OFFSET, guid);
        put(&t, "partition table of disk %s: ", guid);
        /* entries of a larger size are not met, and firmware pads nothing between them */
        for (unsigned i = 1; i <= n && t.len + 1 < PAWL_GPT_TEXT_SIZE; i++) {
                PAWL_TRY(pawl_read_bytes(&r, ENTRY_SIZE, &entry));
                PAWL_TRY(put_entry(&t, entry, i));
        }
        if (n == 0)
                put(&t, "empty");
        return PAWL_OK;
}
