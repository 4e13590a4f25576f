/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/device-path.h"
#include "core/efi-variable.h"
#include "core/pcr.h"
#include "core/phase.h"
#include "core/plan.h"
#include "userspace/host/hash.h"
#include "userspace/host/utf16.h"
#include "userspace/log/describe-gpt.h"
#include "userspace/log/describe-variable.h"

#define TEXT_MAX         4096 /* bytes of foreign text that are shown */
#define HEX_BYTES        16   /* of data that says nothing to us */
#define DEVICE_PATH_SIZE 1024

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
        n = vsnprintf(t->p + t->len, PAWL_DESCRIPTION_SIZE - t->len, fmt, ap);
        va_end(ap);
        if (n > 0)
                t->len = t->len + (size_t)n < PAWL_DESCRIPTION_SIZE ? t->len + (size_t)n
                                                                    : PAWL_DESCRIPTION_SIZE - 1;
}

static void put_utf16(text *t, pawl_span s)
{
        char buf[TEXT_MAX];

        (void)pawl_utf16_to_utf8(s, buf, sizeof(buf));
        put(t, "%s", buf);
}

static void put_ascii(text *t, pawl_span s)
{
        for (size_t i = 0; i < s.len && i < TEXT_MAX && s.data[i] != 0; i++)
                put(t, "%c", s.data[i] < 0x7f ? s.data[i] : '?');
}

static void put_hex(text *t, pawl_span s)
{
        put(t, "%zu bytes", s.len);
        for (size_t i = 0; i < s.len && i < HEX_BYTES; i++)
                put(t, "%s%02x", i == 0 ? ": " : "", s.data[i]);
        if (s.len > HEX_BYTES)
                put(t, "...");
}

static bool looks_like_ascii(pawl_span s)
{
        size_t n = 0;

        while (n < s.len && s.data[n] >= ' ' && s.data[n] < 0x7f)
                n++;
        return n > 0 && (n == s.len || (n + 1 == s.len && s.data[n] == 0));
}

static void put_text_or_hex(text *t, pawl_span s)
{
        /* some loaders log UTF-16 with half a NUL */
        const pawl_span even = pawl_span_of(s.data, s.len & ~(size_t)1);

        if (pawl_looks_like_utf16(s) ||
                (s.len % 2 != 0 && s.data[s.len - 1] == 0 && pawl_looks_like_utf16(even)))
                put_utf16(t, s);
        else if (looks_like_ascii(s))
                put_ascii(t, s);
        else
                put_hex(t, s);
}

static void describe_separator(text *t, pawl_span s)
{
        if (pawl_span_equal(s, PAWL_SPAN_LITERAL("\0\0\0\0")) ||
                pawl_span_equal(s, PAWL_SPAN_LITERAL("\xff\xff\xff\xff")))
                put(t, "separator");
        else
                put(t, "separator that reports an error, "), put_text_or_hex(t, s);
}

/* Whether the event measured the label itself, in ASCII with a NUL: a section's name. */
static bool is_section_name(const pawl_event *ev, const char *label)
{
        const pawl_span name = pawl_span_of(label, strlen(label) + 1);

        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                pawl_digest d;

                if ((ev->banks >> a & 1) != 0 && pawl_hash(a, name, &d) == PAWL_OK)
                        return pawl_span_equal(
                                pawl_digest_span(&d), pawl_digest_span(&ev->digests[a]));
        }
        return false;
}

static void describe_ipl(text *t, const pawl_event *ev)
{
        char label[TEXT_MAX];
        pawl_sidecar kind;

        if (ev->pcr == PAWL_PCR_KERNEL_CONFIG && pawl_sidecar_from_label(ev->data, &kind))
                put(t, "credential files beside %s, ",
                        kind == PAWL_SIDECAR_CREDENTIALS ? "the image" : "all images");
        if (ev->pcr == PAWL_PCR_KERNEL_BOOT && pawl_looks_like_utf16(ev->data)) {
                (void)pawl_utf16_to_utf8(ev->data, label, sizeof(label));
                if (label[0] == '.')
                        put(t, is_section_name(ev, label) ? "name of section "
                                                          : "content of section ");
        }
        put_text_or_hex(t, ev->data);
}

/* TCG_PCClientTaggedEvent: id, length, data. PFP 1.05, 10.4.2.1. */
static const struct {
        uint32_t tag;
        const char *what;
} tags[] = {
        {PAWL_TAG_LOADER_CONF, "loader configuration"},
        { PAWL_TAG_PROFILE,    "profile of the image"},
        { 0xd5cb7cbcu,         "SMBIOS type 1"       },
        { 0xe0d47bc8u,         "SMBIOS type 2"       },
        { 0xc0b3bd23u,         "SMBIOS type 11"      },
        { 0x6c46f751u,         "device tree add-on"  },
        { 0x49dffe0fu,         "initrd add-on"       },
        { 0xdac08e1au,         "microcode add-on"    },
        { 0x8f3b22ecu,         "initrd"              }, /* Linux: INITRD_EVENT_TAG_ID */
        { 0x8f3b22edu,         "load options"        }, /* Linux: LOAD_OPTIONS_EVENT_TAG_ID */
};

static pawl_err describe_tagged(text *t, pawl_span s)
{
        pawl_reader r = pawl_reader_of(s);
        const char *what = NULL;
        uint32_t tag, len;
        pawl_span data;

        PAWL_TRY(pawl_read_le32(&r, &tag));
        PAWL_TRY(pawl_read_le32(&r, &len));
        PAWL_TRY(pawl_read_bytes(&r, len, &data));
        for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
                if (tags[i].tag == tag)
                        what = tags[i].what;
        if (what)
                put(t, "%s: ", what);
        else
                put(t, "tag 0x%08x: ", tag);
        put_text_or_hex(t, data);
        return PAWL_OK;
}

static pawl_err describe_variable(text *t, pawl_span s, bool is_authority)
{
        pawl_efi_variable v;
        char guid[PAWL_GUID_TEXT_SIZE], content[PAWL_VARIABLE_TEXT_SIZE];

        PAWL_TRY(pawl_efi_variable_read(s, &v));
        pawl_variable_describe(&v, is_authority, content);
        pawl_guid_text(v.guid.data, guid);
        put(t, "variable ");
        put_utf16(t, v.name);
        put(t, " (%s)", guid);
        if (v.data.len == 1)
                put(t, " = %u", v.data.data[0]);
        else
                put(t, ", %zu bytes%s%s", v.data.len, content[0] != '\0' ? ": " : "", content);
        return PAWL_OK;
}

/* UEFI_IMAGE_LOAD_EVENT. PFP 1.05, 10.2.3. */
static pawl_err describe_image(text *t, pawl_span s)
{
        pawl_reader r = pawl_reader_of(s);
        uint64_t size, path_len;
        char place[DEVICE_PATH_SIZE];
        pawl_span path;

        PAWL_TRY(pawl_read_skip(&r, 8)); /* where it was loaded */
        PAWL_TRY(pawl_read_le64(&r, &size));
        PAWL_TRY(pawl_read_skip(&r, 8)); /* link-time address */
        PAWL_TRY(pawl_read_le64(&r, &path_len));
        if (path_len > r.left.len)
                return PAWL_ERR_TRUNCATED;
        PAWL_TRY(pawl_read_bytes(&r, (size_t)path_len, &path));
        /* what could be read of a damaged one is shown */
        put(t, "image of %llu bytes%s", (unsigned long long)size,
                pawl_device_path_text(path, place, sizeof(place)) == PAWL_OK
                        ? ""
                        : ", device path damaged");
        put(t, "%s%s", place[0] ? " " : "", place);
        return PAWL_OK;
}

/* UEFI_PLATFORM_FIRMWARE_BLOB. PFP 1.05, 10.2.4. */
static pawl_err describe_blob(text *t, pawl_span s)
{
        pawl_reader r = pawl_reader_of(s);
        uint64_t base, size;

        PAWL_TRY(pawl_read_le64(&r, &base));
        PAWL_TRY(pawl_read_le64(&r, &size));
        PAWL_TRY(pawl_read_end(&r));
        put(t, "firmware, %llu bytes at 0x%llx", (unsigned long long)size,
                (unsigned long long)base);
        return PAWL_OK;
}

/* UEFI_PLATFORM_FIRMWARE_BLOB2: a description in front. PFP 1.05, 10.2.5. */
static pawl_err describe_blob2(text *t, pawl_span s)
{
        pawl_reader r = pawl_reader_of(s);
        uint8_t len;
        pawl_span name;

        PAWL_TRY(pawl_read_u8(&r, &len));
        PAWL_TRY(pawl_read_bytes(&r, len, &name));
        PAWL_TRY(describe_blob(t, r.left));
        put(t, ", ");
        put_ascii(t, name);
        return PAWL_OK;
}

static pawl_err describe_gpt(text *t, pawl_span s)
{
        char table[PAWL_GPT_TEXT_SIZE];

        PAWL_TRY(pawl_gpt_describe(s, table));
        put(t, "%s", table);
        return PAWL_OK;
}

static void describe_no_action(text *t, const pawl_event *ev)
{
        uint8_t locality;

        if (pawl_event_is_startup_locality(ev, &locality))
                put(t, "the TPM was started from locality %u", locality);
        else if (pawl_span_has_prefix(ev->data, PAWL_SPAN_LITERAL("Spec ID Event")))
                put(t, "head of the log, "), put_ascii(t, ev->data);
        else
                put_text_or_hex(t, ev->data);
}

static pawl_err describe(text *t, const pawl_event *ev)
{
        switch (ev->type) {
        case PAWL_EV_NO_ACTION:
                describe_no_action(t, ev);
                return PAWL_OK;
        case PAWL_EV_SEPARATOR:
                describe_separator(t, ev->data);
                return PAWL_OK;
        case PAWL_EV_IPL:
                describe_ipl(t, ev);
                return PAWL_OK;
        case PAWL_EV_EVENT_TAG:
                return describe_tagged(t, ev->data);
        case PAWL_EV_EFI_VARIABLE_DRIVER_CONFIG:
        case PAWL_EV_EFI_VARIABLE_BOOT:
        case PAWL_EV_EFI_VARIABLE_BOOT2:
                return describe_variable(t, ev->data, /* is_authority= */ false);
        case PAWL_EV_EFI_VARIABLE_AUTHORITY:
                return describe_variable(t, ev->data, /* is_authority= */ true);
        case PAWL_EV_EFI_BOOT_SERVICES_APP:
        case PAWL_EV_EFI_BOOT_SERVICES_DRIVER:
        case PAWL_EV_EFI_RUNTIME_SERVICES_DRIVER:
                return describe_image(t, ev->data);
        case PAWL_EV_EFI_GPT_EVENT:
        case PAWL_EV_EFI_GPT_EVENT2:
                return describe_gpt(t, ev->data);
        case PAWL_EV_POST_CODE:
        case PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB:
                return describe_blob(t, ev->data);
        case PAWL_EV_EFI_PLATFORM_FIRMWARE_BLOB2:
                return describe_blob2(t, ev->data);
        default:
                return PAWL_ERR_UNSUPPORTED;
        }
}

/* Nothing that a terminal acts on, and no half character at the end of a text that was cut. */
static void finish(char *s)
{
        size_t n = strlen(s), tail = 0;

        pawl_text_sanitize(s);
        while (tail < n && tail < 3 && ((unsigned char)s[n - 1 - tail] & 0xc0) == 0x80)
                tail++;
        if (n > tail && (unsigned char)s[n - 1 - tail] >= 0xc0) {
                unsigned char lead = (unsigned char)s[n - 1 - tail];

                if (tail < (lead >= 0xf0 ? 3u : lead >= 0xe0 ? 2u : 1u))
                        s[n - 1 - tail] = '\0';
        }
}

void pawl_event_describe(const pawl_event *ev, char ret[static PAWL_DESCRIPTION_SIZE])
{
        text t = { ret, 0 };

        ret[0] = '\0';
        if (describe(&t, ev) != PAWL_OK) {
                t.len = 0;
                put_text_or_hex(&t, ev->data);
        }
        finish(ret);
}

void pawl_user_event_describe(const pawl_user_event *ev, char ret[static PAWL_DESCRIPTION_SIZE])
{
        text t = { ret, 0 };

        ret[0] = '\0';
        put(&t, "%s", ev->string);
        finish(ret);
}

void pawl_event_type_text(uint32_t type, char ret[static PAWL_TYPE_TEXT_SIZE])
{
        const char *name = pawl_event_type_name(type);

        if (name)
                (void)snprintf(ret, PAWL_TYPE_TEXT_SIZE, "%s", name);
        else
                (void)snprintf(ret, PAWL_TYPE_TEXT_SIZE, "0x%08x", type);
}
