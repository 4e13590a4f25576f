/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot-loader/loader.h"
#include "efi-common/text.h"

/* A UKI is read as a whole; larger ones no firmware loads. */
#define FILE_MAX (UINT64_C(4) << 30)

/* Load options: "@31 ", the command line in UTF-16, NUL. */
#define OPTIONS_MAX (2 * (PAWL_LOADER_CMDLINE_MAX + 8))

typedef struct memory {
        void *data;
        size_t size;
} memory;

typedef struct attempt {
        pawl_loader *loader;
        pawl_boot_entry *entry;
        char path[PAWL_PATH_MAX];
        memory file, options;
        pawl_span load_options; /* in `options`, with NUL; len 0: none */
        const char *advice;     /* what to do if it fails */
        char status[24];        /* what a program that came back returned, for the message */
} attempt;

static pawl_err allocate(attempt *a, size_t size, memory *ret)
{
        const pawl_platform *p = a->loader->platform;
        void *data;

        PAWL_TRY(p->allocate(p->ctx, size, &data));
        *ret = (memory){ data, size };
        return PAWL_OK;
}

static void release(attempt *a, memory *m)
{
        const pawl_platform *p = a->loader->platform;

        if (m->data)
                p->free(p->ctx, m->data, m->size);
        *m = (memory){ 0 };
}

static pawl_err set_path(attempt *a, const char *file_name)
{
        pawl_writer w = pawl_writer_of(a->path, sizeof(a->path));

        PAWL_TRY(pawl_write_str(&w, PAWL_LOADER_FOLDER));
        PAWL_TRY(pawl_write_str(&w, file_name));
        return pawl_write_u8(&w, 0);
}

/* Every profile of the image has the new name now. */
static void take_name(pawl_loader *l, const char *from, const char *to)
{
        pawl_span before = pawl_span_str(from);
        pawl_entry_name n;

        if (pawl_entry_name_parse(pawl_span_str(to), &n) != PAWL_OK)
                return;
        for (size_t i = 0; i < l->n_entries; i++) {
                pawl_boot_entry *e = &l->entries[i];

                if (!pawl_span_equal(pawl_span_str(e->file_name), before))
                        continue;
                pawl_copy(e->file_name, to, pawl_span_str(to).len + 1);
                e->left = n.left;
                e->done = n.done;
        }
}

static pawl_err rename(attempt *a, const char *from, const char *to)
{
        const pawl_platform *p = a->loader->platform;

        PAWL_TRY(p->file_rename(p->ctx, a->path, to));
        PAWL_TRY(set_path(a, to));
        take_name(a->loader, from, to);
        return PAWL_OK;
}

/* One try less, in the file's name, before it is used. A disk that cannot be written does not count
 * (UAPI.1, "Boot counting"); other trouble is told, and costs the count but not the boot. */
static void count_try(attempt *a)
{
        pawl_loader *l = a->loader;
        char from[PAWL_ENTRY_NAME_MAX], to[PAWL_ENTRY_NAME_MAX];
        pawl_entry_name n;
        pawl_err err;

        pawl_copy(from, a->entry->file_name, sizeof(from));
        if (pawl_entry_name_parse(pawl_span_str(from), &n) != PAWL_OK || n.left == 0)
                return;
        /* a first try makes the name longer */
        err = pawl_entry_name_count_down(&n, to, sizeof(to));
        if (err == PAWL_OK)
                err = rename(a, from, to);
        if (err == PAWL_ERR_DENIED)
                a->entry->is_counted = false;
        else if (err != PAWL_OK)
                pawl_loader_say(l, a->path, ": this try cannot be counted: ", pawl_err_text(err),
                        "; next: check the boot partition's file system");
}

/* "@N command line" in UTF-16. Nothing for profile 0 with the image's own command line. */
static pawl_err write_options(const attempt *a, pawl_writer *w)
{
        const pawl_loader *l = a->loader;
        bool has_text = l->is_edited && l->cmdline[0] != '\0';
        char selector[16] = "@";
        pawl_writer s = { (uint8_t *)selector, sizeof(selector), 1 };

        if (a->entry->profile > 0) {
                PAWL_TRY(pawl_write_decimal(&s, a->entry->profile));
                PAWL_TRY(pawl_write_str(&s, has_text ? " " : ""));
                PAWL_TRY(pawl_utf16_write(w, pawl_written(&s)));
        }
        if (has_text)
                PAWL_TRY(pawl_utf16_write(w, pawl_span_str(l->cmdline)));
        return w->len > 0 ? pawl_write_le16(w, 0) : PAWL_OK;
}

static pawl_err make_options(attempt *a)
{
        pawl_writer w;

        a->advice = "start the entry as it is";
        PAWL_TRY(allocate(a, OPTIONS_MAX, &a->options));
        w = pawl_writer_of(a->options.data, a->options.size);
        PAWL_TRY(write_options(a, &w));
        a->load_options = pawl_written(&w);
        return PAWL_OK;
}

/* What a person wrote is not used if it could not be measured. A profile's number is the stub's to
 * measure as well, which knows what to do then. */
static pawl_err measure_options(attempt *a)
{
        pawl_span options = a->load_options;
        pawl_measurement item;

        if (options.len == 0)
                return PAWL_OK;
        a->advice = "start the entry without editing it, or switch the TPM off in the firmware's "
                    "settings";
        item = pawl_load_options_measurement(
                pawl_span_of(options.data, options.len - sizeof(uint16_t)));
        if (a->loader->is_edited)
                item.on_fail = PAWL_ON_FAIL_STOP;
        return pawl_measuring_item(&a->loader->measuring, &item);
}

static pawl_err read_file(attempt *a)
{
        const pawl_platform *p = a->loader->platform;
        uint64_t size;

        a->advice = "check the boot partition's file system, or copy the image there again";
        PAWL_TRY(p->file_size(p->ctx, a->path, &size));
        if (size == 0)
                return PAWL_ERR_TRUNCATED;
        if (size > FILE_MAX)
                return PAWL_ERR_LIMIT;
        PAWL_TRY(allocate(a, (size_t)size, &a->file));
        return p->file_read(p->ctx, a->path, 0, a->file.data, a->file.size);
}

/* The firmware checks exactly the bytes that were read, and measures them to PCR 4. */
static pawl_err load(attempt *a, pawl_image *ret)
{
        const pawl_platform *p = a->loader->platform;
        const pawl_load_request request = {
                .file = pawl_span_of(a->file.data, a->file.size),
                .path = a->path,
                .load_options = a->load_options,
        };
        pawl_err err = p->image_load(p->ctx, &request, ret);

        a->advice = err == PAWL_ERR_DENIED ? "sign it with a key that the firmware trusts, or "
                                             "start another entry"
                                           : "copy the image to the boot partition again, or start "
                                             "another entry";
        return err;
}

static void write_status(attempt *a, uint64_t status)
{
        pawl_writer w = pawl_writer_of(a->status, sizeof(a->status));

        if (pawl_write_str(&w, ", status 0x") != PAWL_OK ||
                pawl_write_hex(&w, status, 1) != PAWL_OK || pawl_write_u8(&w, 0) != PAWL_OK)
                a->status[0] = '\0';
}

static pawl_err run(attempt *a, pawl_image image)
{
        const pawl_platform *p = a->loader->platform;
        uint64_t status = 0;

        a->advice = "see its own message above, or start another entry";
        pawl_loader_tell_time(a->loader, "LoaderTimeExecUSec");
        PAWL_TRY(p->image_start(p->ctx, image, &status));
        write_status(a, status);
        return PAWL_ERR_CANCELLED;
}

/* Measures what the loaded image is given, tells the OS, and starts it. */
static pawl_err hand_over(attempt *a, pawl_image image)
{
        const pawl_platform *p = a->loader->platform;
        pawl_err err = measure_options(a);

        if (err != PAWL_OK) {
                p->image_unload(p->ctx, image);
                return err;
        }
        pawl_loader_tell_selected(a->loader, a->entry->is_counted ? a->path : "");
        return run(a, image);
}

static pawl_err try_entry(attempt *a)
{
        pawl_image image;

        a->advice = "give the file a shorter name";
        PAWL_TRY(set_path(a, a->entry->file_name));
        PAWL_TRY(make_options(a));
        if (a->entry->is_counted)
                count_try(a);
        PAWL_TRY(read_file(a));
        PAWL_TRY(load(a, &image));
        release(a, &a->file);
        return hand_over(a, image);
}

void pawl_loader_start(pawl_loader *l)
{
        attempt a = { .loader = l, .entry = &l->entries[l->selected] };
        pawl_err err = try_entry(&a);

        release(&a, &a.file);
        release(&a, &a.options);
        l->is_edited = false;
        if (err == PAWL_ERR_CANCELLED)
                pawl_loader_say(l, a.entry->file_name, " ended without starting a system", a.status,
                        "; next: see its own message, or start another entry");
        else {
                pawl_loader_say(
                        l, a.entry->file_name, " was not started: ", pawl_err_text(err), NULL);
                pawl_loader_say(l, "next: ", a.advice, NULL, NULL);
        }
}
