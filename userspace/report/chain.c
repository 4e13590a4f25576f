/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/report/chain.h"

#include <stdio.h>
#include <string.h>

#include "core/phase.h"
#include "core/plan.h"
#include "userspace/host/utf16.h"
#include "userspace/log/describe.h"

const char *pawl_link_name(pawl_link l)
{
        static const char *const names[] = {
                [PAWL_LINK_FIRMWARE] = "Firmware",
                [PAWL_LINK_LOADER] = "Boot loader",
                [PAWL_LINK_STUB] = "Stub (UKI)",
                [PAWL_LINK_KERNEL] = "Kernel",
                [PAWL_LINK_INITRD] = "Initrd",
                [PAWL_LINK_VOLUMES] = "Volumes",
                [PAWL_LINK_OS] = "System",
        };
        _Static_assert(sizeof(names) / sizeof(names[0]) == PAWL_LINK_MAX_, "one name a link");

        return names[l];
}

const char *pawl_link_text(pawl_link l)
{
        static const char *const texts[] = {
                [PAWL_LINK_FIRMWARE] = "measures itself, its settings and keys, and each program "
                                       "before it starts it.",
                [PAWL_LINK_LOADER] = "measures its configuration, and the command line that it "
                                     "hands on.",
                [PAWL_LINK_STUB] = "measures every part of the image, and what lay beside it, "
                                   "before the kernel starts.",
                [PAWL_LINK_KERNEL] = "measures the initrds and the options that it was given.",
                [PAWL_LINK_INITRD] = "measures that it begins and that it ends; what is signed for "
                                     "it opens in between only.",
                [PAWL_LINK_VOLUMES] = "are measured by their keys when they are opened, so that no "
                                      "foreign one slips in.",
                [PAWL_LINK_OS] = "measures how far it has come, and which machine it is.",
        };
        _Static_assert(sizeof(texts) / sizeof(texts[0]) == PAWL_LINK_MAX_, "one text a link");

        return texts[l];
}

static void count(pawl_chain *c, pawl_link l, uint32_t pcr)
{
        c->n_events[l][pcr]++;
        c->pcrs[l] |= 1u << pcr;
}

static bool is_tag(const pawl_event *ev, uint32_t tag)
{
        pawl_reader r = pawl_reader_of(ev->data);
        uint32_t found;

        return ev->type == PAWL_EV_EVENT_TAG && pawl_read_le32(&r, &found) == PAWL_OK &&
               found == tag;
}

/* `is_stub`: the stub has measured something before. */
static pawl_link of_firmware_log(const pawl_event *ev, bool is_stub)
{
        switch (ev->pcr) {
        case 5:
                return is_tag(ev, PAWL_TAG_LOADER_CONF) ? PAWL_LINK_LOADER : PAWL_LINK_FIRMWARE;
        case 8:
        case 14:
                return PAWL_LINK_LOADER;
        case 9: /* GRUB reads files into it; the kernel tags what it measures */
                return ev->type == PAWL_EV_EVENT_TAG ? PAWL_LINK_KERNEL : PAWL_LINK_LOADER;
        case 10:
                return PAWL_LINK_KERNEL;
        case PAWL_PCR_KERNEL_BOOT:
        case 13:
                return PAWL_LINK_STUB;
        case PAWL_PCR_KERNEL_CONFIG: /* the loader's command line comes first */
                return is_stub || is_tag(ev, PAWL_TAG_PROFILE) ? PAWL_LINK_STUB : PAWL_LINK_LOADER;
        default:
                return PAWL_LINK_FIRMWARE;
        }
}

static pawl_link of_user_log(const pawl_user_event *ev)
{
        static const pawl_phase of_initrd[] = { PAWL_PHASE_ENTER_INITRD, PAWL_PHASE_LEAVE_INITRD,
                PAWL_PHASE_FACTORY_RESET };

        if (strcmp(ev->type, PAWL_USER_EVENT_VOLUME_KEY) == 0)
                return PAWL_LINK_VOLUMES;
        for (size_t i = 0; i < sizeof(of_initrd) / sizeof(of_initrd[0]); i++)
                if (strcmp(ev->string, pawl_phase_word(of_initrd[i])) == 0)
                        return PAWL_LINK_INITRD;
        return PAWL_LINK_OS;
}

static void name_it(pawl_chain *c, pawl_link l, const char *text)
{
        char name[PAWL_LINK_WHAT_SIZE];
        size_t n = strlen(text);
        const bool is_cut = n >= sizeof(name);

        if (is_cut)
                n = sizeof(name) - sizeof("...");
        while (is_cut && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
                n--; /* not in the middle of a character */
        (void)snprintf(name, sizeof(name), "%.*s%s", (int)n, text, is_cut ? "..." : "");
        if (name[0] == '\0')
                return;
        for (size_t i = 0; i < c->n_what[l]; i++)
                if (strcmp(c->what[l][i], name) == 0)
                        return; /* a section's name and its content are two events */
        if (c->n_what[l] == PAWL_LINK_WHAT_MAX) {
                c->n_more[l]++;
                return;
        }
        (void)snprintf(c->what[l][c->n_what[l]++], PAWL_LINK_WHAT_SIZE, "%s", name);
}

/* Of the firmware's many events the programs that it started; of the others all. */
static void name_event(pawl_chain *c, pawl_link l, const pawl_event *ev)
{
        char text[PAWL_DESCRIPTION_SIZE];

        if (l == PAWL_LINK_FIRMWARE && ev->type != PAWL_EV_EFI_BOOT_SERVICES_APP)
                return;
        if (l == PAWL_LINK_STUB && ev->pcr == PAWL_PCR_KERNEL_BOOT &&
                pawl_looks_like_utf16(ev->data))
                (void)pawl_utf16_to_utf8(ev->data, text, sizeof(text));
        else
                pawl_event_describe(ev, text);
        name_it(c, l, text);
}

static pawl_err count_firmware_log(const pawl_eventlog *log, pawl_chain *ret)
{
        pawl_log_cursor c = pawl_eventlog_start(log);
        bool is_stub = false;
        pawl_event ev;
        pawl_err err;

        while ((err = pawl_eventlog_next(log, &c, &ev, NULL)) == PAWL_OK) {
                if (ev.type == PAWL_EV_NO_ACTION || ev.pcr >= PAWL_PCR_COUNT)
                        continue;
                count(ret, of_firmware_log(&ev, is_stub), ev.pcr);
                name_event(ret, of_firmware_log(&ev, is_stub), &ev);
                is_stub = is_stub || ev.pcr == PAWL_PCR_KERNEL_BOOT;
        }
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

pawl_err pawl_chain_make(const pawl_logs *l, pawl_chain *ret)
{
        pawl_chain c = { 0 };

        if (l->has_firmware)
                PAWL_TRY(count_firmware_log(&l->firmware, &c));
        for (size_t i = 0; i < l->user.n_events; i++) {
                const pawl_user_event *ev = &l->user.events[i];

                if (ev->is_nv || ev->pcr >= PAWL_PCR_COUNT)
                        continue;
                count(&c, of_user_log(ev), ev->pcr);
                name_it(&c, of_user_log(ev), ev->string);
        }
        *ret = c;
        return PAWL_OK;
}

pawl_proof pawl_chain_proof(const pawl_chain *c, const pawl_proofs *p, pawl_link l)
{
        pawl_proof worst = c->pcrs[l] != 0 ? PAWL_PROOF_YES : PAWL_PROOF_UNKNOWN;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!(c->pcrs[l] >> i & 1))
                        continue;
                if (p->pcrs[i] == PAWL_PROOF_NO)
                        return PAWL_PROOF_NO;
                if (p->pcrs[i] == PAWL_PROOF_UNKNOWN)
                        worst = PAWL_PROOF_UNKNOWN;
        }
        return worst;
}
