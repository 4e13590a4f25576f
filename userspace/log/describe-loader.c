/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/describe-loader.h"

#include <string.h>

#include "core/pcr.h"
#include "userspace/host/utf16.h"
#include "userspace/log/measured.h"

#define PCR_GRUB_TEXT 8u
#define PCR_GRUB_FILE 9u
#define PCR_SHIM      14u

/* The stub measures a section's name in ASCII with a NUL, then what stands in it; both with the
 * name as label. */
bool pawl_event_is_section(
        const pawl_event *ev, char ret[static PAWL_SECTION_LABEL_SIZE], bool *ret_is_name)
{
        if (ev->type != PAWL_EV_IPL || ev->pcr != PAWL_PCR_KERNEL_BOOT ||
                !pawl_looks_like_utf16(ev->data))
                return false;
        (void)pawl_utf16_to_utf8(ev->data, ret, PAWL_SECTION_LABEL_SIZE);
        if (ret[0] != '.')
                return false;
        *ret_is_name = pawl_event_measured(ev, pawl_span_of(ret, strlen(ret) + 1));
        return true;
}

static bool put_section(pawl_words *w, const pawl_event *ev)
{
        char label[PAWL_SECTION_LABEL_SIZE];
        bool is_name;

        if (!pawl_event_is_section(ev, label, &is_name))
                return false;
        pawl_words_put(w, "%s of section %s", is_name ? "name" : "content", label);
        return true;
}

/* The shim measures its lists by their names; a switch can be told by its digest alone. */
static bool put_shim(pawl_words *w, const pawl_event *ev)
{
        if (!pawl_looks_like_ascii(ev->data) ||
                !pawl_span_has_prefix(ev->data, PAWL_SPAN_LITERAL("MokList")))
                return false;
        pawl_words_ascii(w, ev->data);
        if (pawl_event_measured(ev, PAWL_SPAN_LITERAL("\1")))
                pawl_words_put(w, " = 1");
        else if (pawl_event_measured(ev, PAWL_SPAN_LITERAL("\0")))
                pawl_words_put(w, " = 0");
        else
                pawl_words_put(w, ", the shim's list");
        return true;
}

/* GRUB's own words before its text; files have none. */
#define GRUB_COMMAND PAWL_SPAN_LITERAL("grub_cmd: ")
#define GRUB_CMDLINE PAWL_SPAN_LITERAL("kernel_cmdline: ")

bool pawl_event_is_grub_cmdline(const pawl_event *ev)
{
        return ev->type == PAWL_EV_IPL && ev->pcr == PCR_GRUB_TEXT &&
               pawl_span_has_prefix(ev->data, GRUB_CMDLINE);
}

static void put_without(pawl_words *w, const char *words, pawl_span prefix, pawl_span text)
{
        pawl_words_put(w, "%s", words);
        pawl_words_ascii(w, pawl_span_of(text.data + prefix.len, text.len - prefix.len));
}

static bool put_grub(pawl_words *w, const pawl_event *ev)
{
        const pawl_span s = ev->data;

        if (!pawl_looks_like_ascii(s))
                return false;
        if (ev->pcr == PCR_GRUB_FILE && (s.data[0] == '(' || s.data[0] == '/')) {
                pawl_words_put(w, "file ");
                pawl_words_ascii(w, s);
        } else if (pawl_event_is_grub_cmdline(ev))
                put_without(w, "kernel command line: ", GRUB_CMDLINE, s);
        else if (pawl_span_has_prefix(s, GRUB_COMMAND))
                put_without(w, "GRUB command: ", GRUB_COMMAND, s);
        else
                return false;
        return true;
}

/* The label of a command line is the line itself, in UTF-16. */
static bool is_command_line(const pawl_event *ev)
{
        return pawl_looks_like_utf16(ev->data) && pawl_event_measured(ev, ev->data);
}

void pawl_ipl_describe(pawl_words *w, const pawl_event *ev)
{
        pawl_sidecar kind;

        if (put_section(w, ev) || (ev->pcr == PCR_SHIM && put_shim(w, ev)) ||
                ((ev->pcr == PCR_GRUB_TEXT || ev->pcr == PCR_GRUB_FILE) && put_grub(w, ev)))
                return;
        if (ev->pcr == PAWL_PCR_KERNEL_CONFIG && pawl_sidecar_from_label(ev->data, &kind))
                pawl_words_put(w, "credential files beside %s, ",
                        kind == PAWL_SIDECAR_CREDENTIALS ? "the image" : "all images");
        else if ((ev->pcr == PAWL_PCR_KERNEL_CONFIG || ev->pcr == PCR_GRUB_TEXT) &&
                 is_command_line(ev))
                pawl_words_put(w, "command line: ");
        pawl_words_data(w, ev->data);
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

pawl_err pawl_tagged_describe(pawl_words *w, pawl_span s)
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
                pawl_words_put(w, "%s: ", what);
        else
                pawl_words_put(w, "tag 0x%08x: ", tag);
        pawl_words_data(w, data);
        return PAWL_OK;
}
