/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi-stub/stub.h"

#include "efi-common/variables.h"

/* Hashing this much takes long enough that a person should be told. */
#define SLOW_BYTES (64u << 20)

pawl_err pawl_stub_allocate(pawl_stub *s, size_t size, pawl_stub_memory *ret)
{
        void *p = NULL;

        PAWL_TRY(s->platform->allocate(s->platform->ctx, size, &p));
        *ret = (pawl_stub_memory){ p, size };
        return PAWL_OK;
}

void pawl_stub_release(pawl_stub *s, pawl_stub_memory *m)
{
        if (m->data)
                s->platform->free(s->platform->ctx, m->data, m->size);
        *m = (pawl_stub_memory){ 0 };
}

void pawl_stub_say(const pawl_stub *s, const char *a, const char *b, const char *c)
{
        const char *parts[] = { "pawl-stub: ", a, b, c, "\n" };

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                s->platform->print(s->platform->ctx, parts[i]);
}

static pawl_err look_at_self(pawl_stub *s)
{
        s->object = "this image";
        s->advice = "copy it to the boot partition again";
        PAWL_TRY(s->platform->self(s->platform->ctx, &s->self));
        PAWL_TRY(pawl_pe_read(s->self.image, PAWL_PE_MEMORY, &s->pe));
        s->input.is_secure_boot = pawl_is_secure_boot(s->platform);
        s->input.uki = &s->uki;
        return PAWL_OK;
}

/* Options of an odd length are not text: some firmware puts data of its own there. */
static pawl_err choose_profile(pawl_stub *s)
{
        unsigned profile = 0;

        s->object = "the profile in the load options";
        s->advice = "give @0 to @31, or nothing";
        if (s->self.load_options.len % 2 == 0)
                PAWL_TRY(pawl_load_options_split(
                        s->self.load_options, &profile, &s->input.load_options));
        s->object = profile == 0 ? "this image's sections" : "the profile that was asked for";
        s->advice = "look at the image with: pawl uki inspect";
        PAWL_TRY(pawl_uki_read(&s->pe, profile, &s->uki));
        return PAWL_OK;
}

static pawl_err make_plan(pawl_stub *s)
{
        s->object = "the plan of measurements";
        s->advice = "copy this image to the boot partition again";
        return pawl_boot_plan(&s->input, &s->plan);
}

/* What is started later is loaded before anything is measured: an image that cannot start leaves
 * the PCRs as they were, and another entry of the menu still opens its disk. */
static pawl_err prepare(pawl_stub *s)
{
        PAWL_TRY(look_at_self(s));
        PAWL_TRY(choose_profile(s));
        PAWL_TRY(pawl_stub_check_kernel(s));
        PAWL_TRY(pawl_stub_read_earlier_initrd(s));
        pawl_stub_read_sidecars(s);
        PAWL_TRY(make_plan(s));
        PAWL_TRY(pawl_stub_make_initrds(s));
        return pawl_stub_load_kernel(s);
}

static pawl_err measure(pawl_stub *s)
{
        s->object = "the TPM";
        s->advice = "switch it off in the firmware's settings, or have it repaired";
        pawl_measuring_start(s->platform, &s->measuring);
        for (size_t i = 0; i < s->plan.n_items; i++) {
                const pawl_measurement *item = &s->plan.items[i];

                if (item->bytes.len >= SLOW_BYTES && s->measuring.state == PAWL_MEASURING_GOOD)
                        pawl_stub_say(s, "measuring ", item->label ? item->label : "", " ...");
                PAWL_TRY(pawl_measuring_item(&s->measuring, item));
        }
        return PAWL_OK;
}

/* Something is not measured. The image itself is started all the same: it lies in PCR 4 and PCR 11
 * is incomplete. What came from outside the image is not used, unless the poison text in the PCR
 * where that belongs has made sure that no policy can match, also one that leaves PCR 11 out. */
static pawl_err answer_failed_measuring(pawl_stub *s)
{
        bool has_outside = s->plan.uses_load_options || s->plan.uses_earlier_initrd ||
                           s->plan.uses_sidecars;

        if (s->measuring.state != PAWL_MEASURING_FAILED)
                return PAWL_OK;
        pawl_stub_say(s, "the TPM did not accept ",
                s->measuring.failed_label ? s->measuring.failed_label : "a measurement",
                "; nothing opens by itself in this boot");
        if (!has_outside || pawl_measuring_is_poisoned(&s->measuring, PAWL_PCR_KERNEL_CONFIG))
                return PAWL_OK;
        pawl_stub_say(
                s, "the command line, initrd and credentials from outside are not used", "", "");
        s->plan.uses_load_options = false;
        s->plan.uses_earlier_initrd = false;
        s->plan.uses_sidecars = false;
        pawl_stub_release(s, &s->extra);
        PAWL_TRY(pawl_stub_make_initrds(s));
        pawl_stub_unload_kernel(s);
        return pawl_stub_load_kernel(s);
}

/* The OS is told less if it fails, and so nothing opens by itself; it can boot all the same. */
static void tell_os(const pawl_stub *s)
{
        pawl_err err = pawl_stub_set_variables(s);

        if (err != PAWL_OK)
                pawl_stub_say(s, "EFI variables for the OS: ", pawl_err_text(err),
                        "; the disk may ask for its recovery key");
}

static pawl_err start(pawl_stub *s)
{
        const pawl_platform *p = s->platform;
        pawl_image kernel = s->kernel;
        uint64_t status = 0;

        s->object = "the initrd";
        s->advice = "start this image without another one's initrd";
        PAWL_TRY(p->initrd_install(p->ctx, s->initrds, s->n_initrds));
        s->is_initrd_installed = true;
        s->object = "the kernel (.linux)";
        s->advice = "it gave up before the system started: see its own message above";
        s->kernel = NULL; /* gone, however it ends */
        PAWL_TRY(p->image_start(p->ctx, kernel, &status));
        return status == 0 ? PAWL_OK : PAWL_ERR_FIRMWARE;
}

static pawl_err boot(pawl_stub *s)
{
        PAWL_TRY(prepare(s));
        PAWL_TRY(measure(s));
        PAWL_TRY(answer_failed_measuring(s));
        tell_os(s);
        return start(s);
}

static void clean_up(pawl_stub *s)
{
        if (s->is_initrd_installed)
                s->platform->initrd_remove(s->platform->ctx);
        pawl_stub_unload_kernel(s);
        pawl_stub_release(s, &s->cmdline);
        pawl_stub_release(s, &s->earlier_initrd);
        pawl_stub_release(s, &s->extra);
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++)
                pawl_stub_release(s, &s->sidecars[k]);
}

pawl_err pawl_stub_run(const pawl_platform *p)
{
        pawl_stub s = { .platform = p };
        pawl_err err = boot(&s);

        if (err != PAWL_OK) {
                pawl_stub_say(&s, s.object, ": ", pawl_err_text(err));
                pawl_stub_say(&s, "next: ", s.advice, "");
        }
        clean_up(&s);
        return err;
}
