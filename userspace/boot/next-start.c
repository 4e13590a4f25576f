/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/boot/next-start.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/loader-conf.h"
#include "userspace/boot/entries.h"
#include "userspace/host/efi-var.h"
#include "userspace/host/sidecars.h"

void pawl_next_start_done(pawl_next_start *n)
{
        pawl_image_done(&n->loader);
        pawl_image_done(&n->image);
        pawl_buffer_done(&n->conf);
        for (size_t i = 0; i < PAWL_SIDECAR_MAX_; i++)
                pawl_buffer_done(&n->sidecars[i]);
        *n = (pawl_next_start){ 0 };
}

typedef struct job {
        const pawl_next_start_args *a;
        pawl_next_start *n;
        pawl_esp esp;
        pawl_diag *d;
} job;

/* What cannot be told is an answer, not a failure. */
static pawl_err not_known(job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static pawl_err not_known(job *j, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(j->n->why, sizeof(j->n->why), fmt, ap);
        va_end(ap);
        return PAWL_ERR_CANCELLED;
}

/* A variable of the Boot Loader Interface; "" if it is not there. */
static pawl_err read_text(job *j, const char *name, char *ret, size_t size)
{
        pawl_autofree char *text = NULL;
        pawl_err err = pawl_efi_var_text(name, PAWL_EFI_LOADER_GUID, &text, j->d);

        ret[0] = '\0';
        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        if ((size_t)snprintf(ret, size, "%s", text) >= size)
                return pawl_fail(j->d, PAWL_ERR_LIMIT, "EFI variable %s: too long", name);
        return PAWL_OK;
}

/* --- the firmware's choice --- */

static bool read_number(const char *name, unsigned *ret)
{
        pawl_autobuffer pawl_buffer value = { 0 };

        if (pawl_efi_var_read(name, PAWL_EFI_GLOBAL_GUID, &value, NULL, NULL) != PAWL_OK ||
                value.len != 2)
                return false;
        *ret = (unsigned)(value.data[0] | value.data[1] << 8);
        return true;
}

static pawl_err check_boot_next(job *j)
{
        unsigned next = 0, current = 0;

        if (!read_number("BootNext", &next) ||
                (read_number("BootCurrent", &current) && next == current))
                return PAWL_OK;
        return not_known(j,
                "the firmware was told to start Boot%04X once (BootNext), and what that "
                "starts is not known",
                next);
}

/* --- the loader --- */

static bool is_ours(const pawl_pe *pe)
{
        const pawl_pe_section *s = pawl_pe_find_section(pe, ".sbat");
        size_t n_zeros;
        pawl_span text;

        return s && pawl_pe_section_content(pe, s, &text, &n_zeros) == PAWL_OK &&
               pawl_span_contains(text, PAWL_SPAN_LITERAL("pawl-boot,"));
}

static pawl_err read_loader(job *j)
{
        pawl_next_start *n = j->n;

        if (!n->loader_was[0])
                return PAWL_OK;
        if (j->a->loader)
                (void)snprintf(n->loader_path, PATH_MAX, "%s", j->a->loader);
        else if (pawl_esp_path(&j->esp, n->loader_was, n->loader_path) != PAWL_OK ||
                 access(n->loader_path, F_OK) < 0)
                return not_known(j,
                        "the loader of this boot, %s, is not on the boot partition any "
                        "more",
                        n->loader_was);
        PAWL_TRY(pawl_image_open(n->loader_path, &n->loader, j->d));
        n->is_ours = is_ours(&n->loader.pe);
        return PAWL_OK;
}

static pawl_err read_conf(job *j, pawl_loader_conf *ret)
{
        char path[PATH_MAX];
        pawl_conf_diag diag;
        pawl_err err;

        *ret = (pawl_loader_conf){ .timeout = PAWL_TIMEOUT_MENU_HIDDEN };
        PAWL_TRY(pawl_esp_path(&j->esp, PAWL_LOADER_CONF_PATH, path));
        err = pawl_file_read(path, PAWL_LOADER_CONF_SIZE_MAX, &j->n->conf, j->d);
        /* one that is too long is not used, and not measured either */
        if (err == PAWL_ERR_NOT_FOUND || err == PAWL_ERR_LIMIT)
                return PAWL_OK;
        PAWL_TRY(err);
        j->n->has_conf = true;
        /* a bad line is not used, the others are */
        err = pawl_loader_conf_read(pawl_buffer_span(&j->n->conf), ret, &diag);
        return err == PAWL_ERR_FORMAT ? PAWL_OK : err;
}

static bool find_wait(const char *name, uint32_t *timeout)
{
        pawl_autofree char *text = NULL;

        return pawl_efi_var_text(name, PAWL_EFI_LOADER_GUID, &text, NULL) == PAWL_OK &&
               pawl_loader_timeout_parse(pawl_span_str(text), timeout) == PAWL_OK;
}

static bool waits_for_a_person(uint32_t timeout)
{
        (void)find_wait("LoaderConfigTimeout", &timeout);
        (void)find_wait("LoaderConfigTimeoutOneShot", &timeout);
        return timeout == PAWL_TIMEOUT_MENU_FORCE;
}

static pawl_err take_entry(job *j, const pawl_boot_entry *e)
{
        char efi_path[PAWL_ENTRY_NAME_MAX + 16];

        (void)snprintf(efi_path, sizeof(efi_path), PAWL_LOADER_FOLDER "%s", e->file_name);
        PAWL_TRY(pawl_esp_path(&j->esp, efi_path, j->n->image_path));
        j->n->profile = e->profile;
        return PAWL_OK;
}

/* Ours: its own rule, with its own inputs. */
static pawl_err choose_as_ours(job *j, const pawl_loader_conf *conf)
{
        char oneshot[PAWL_ENTRY_NAME_MAX], preset[PAWL_GLOB_MAX + 1];
        pawl_autoentries pawl_entries e = { 0 };
        pawl_err err = pawl_entries_read(&j->esp, &e, j->d);

        if (err == PAWL_ERR_NOT_FOUND)
                return not_known(j, "there is no image on the boot partition that the loader could "
                                    "start");
        PAWL_TRY(err);
        PAWL_TRY(read_text(j, "LoaderEntryOneShot", oneshot, sizeof(oneshot)));
        PAWL_TRY(read_text(j, "LoaderEntryDefault", preset, sizeof(preset)));
        j->n->waits = waits_for_a_person(conf->timeout);
        return take_entry(j, &e.list[pawl_boot_entry_choose(e.list, e.n, pawl_span_str(oneshot),
                                     pawl_span_str(preset), conf->default_pattern)]);
}

/* Another loader's rules are its own: told only where there is nothing to choose. */
static pawl_err choose_as_another(job *j)
{
        pawl_autoentries pawl_entries e = { 0 };
        char folder[PATH_MAX];

        PAWL_TRY(pawl_esp_path(&j->esp, "\\loader\\entries", folder));
        if (access(folder, F_OK) == 0 || pawl_entries_read(&j->esp, &e, NULL) != PAWL_OK ||
                e.n != 1)
                return not_known(j,
                        "%s is not Pawl's loader, and which image it will start is not "
                        "known; name the image with --with-uki=",
                        j->n->loader_was);
        return take_entry(j, &e.list[0]);
}

/* --- the image --- */

static pawl_err choose_image(job *j)
{
        pawl_loader_conf conf;

        if (j->n->loader_was[0])
                PAWL_TRY(read_conf(j, &conf));
        if (j->a->uki) {
                (void)snprintf(j->n->image_path, PATH_MAX, "%s", j->a->uki);
                return PAWL_OK;
        }
        if (!j->n->loader_was[0])
                return pawl_esp_path(&j->esp, j->n->image_was, j->n->image_path) == PAWL_OK
                               ? PAWL_OK
                               : not_known(j, "the path of this boot's image is none of the boot "
                                              "partition");
        return j->n->is_ours ? choose_as_ours(j, &conf) : choose_as_another(j);
}

/* The folder beside the image; beside the place that a new one will have, where it is not on the
 * boot partition yet. */
static pawl_err own_sidecar_folder(job *j, char ret[static PATH_MAX])
{
        pawl_autofree char *real = realpath(j->n->image_path, NULL);
        const size_t root = strlen(j->esp.root);
        const char *slash = strrchr(j->n->image_path, '/');
        char efi_path[PATH_MAX + sizeof(PAWL_LOADER_FOLDER)], folder[PATH_MAX];

        if (real && strncmp(real, j->esp.root, root) == 0 && real[root] == '/')
                (void)snprintf(efi_path, sizeof(efi_path), "%s", real + root);
        else
                (void)snprintf(efi_path, sizeof(efi_path), PAWL_LOADER_FOLDER "%s",
                        slash ? slash + 1 : j->n->image_path);
        for (char *c = efi_path; *c; c++)
                *c = *c == '/' ? '\\' : *c;
        PAWL_TRY(pawl_sidecar_folder(efi_path, folder, sizeof(folder)));
        return pawl_esp_path(&j->esp, folder, ret);
}

/* A folder that the stub would leave out as a whole is as good as none. */
static pawl_err read_sidecars(job *j, pawl_sidecar kind)
{
        char folder[PATH_MAX];
        pawl_err err;

        if (kind == PAWL_SIDECAR_CREDENTIALS)
                PAWL_TRY(own_sidecar_folder(j, folder));
        else
                PAWL_TRY(pawl_esp_path(&j->esp, PAWL_SIDECAR_GLOBAL_FOLDER, folder));
        err = pawl_sidecars_pack(kind, folder, /* change= */ NULL, &j->n->sidecars[kind], j->d);
        return err == PAWL_ERR_LIMIT ? PAWL_OK : err;
}

static pawl_err read_image(job *j)
{
        PAWL_TRY(choose_image(j));
        if (!j->a->uki && access(j->n->image_path, F_OK) < 0)
                return not_known(j,
                        "the image of this boot, %s, is not on the boot partition any "
                        "more",
                        j->n->image_was);
        PAWL_TRY(pawl_image_open(j->n->image_path, &j->n->image, j->d));
        for (pawl_sidecar k = 0; k < PAWL_SIDECAR_MAX_; k++)
                PAWL_TRY(read_sidecars(j, k));
        return PAWL_OK;
}

static pawl_err read_all(job *j)
{
        PAWL_TRY(pawl_esp_find(j->a->esp, j->n->loader_was[0] ? j->n->loader_was : j->n->image_was,
                &j->esp, j->d));
        PAWL_TRY(read_loader(j));
        PAWL_TRY(read_image(j));
        /* after the image, so that as much as possible is known of it */
        return j->a->uki ? PAWL_OK : check_boot_next(j);
}

pawl_err pawl_next_start_read(const pawl_next_start_args *a, pawl_next_start *ret, pawl_diag *d)
{
        pawl_diag why = { 0 };
        job j = { .a = a, .n = ret, .d = &why };
        pawl_err err;

        PAWL_TRY(read_text(&j, "StubImageIdentifier", ret->image_was, PATH_MAX));
        PAWL_TRY(read_text(&j, "LoaderImageIdentifier", ret->loader_was, PATH_MAX));
        if (!ret->image_was[0])
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "the EFI variables do not say which image was started");
        /* without a loader the stub fills in its place */
        if (strcasecmp(ret->loader_was, ret->image_was) == 0)
                ret->loader_was[0] = '\0';
        err = read_all(&j);
        ret->is_known = err == PAWL_OK;
        if (err == PAWL_ERR_CANCELLED)
                return PAWL_OK;
        /* what a person named has to be right; what lies on the partition may be anything */
        if (err != PAWL_OK && (a->esp || a->uki || a->loader))
                return pawl_fail(d, err, "%s", pawl_diag_text(&why));
        if (err != PAWL_OK)
                (void)snprintf(ret->why, sizeof(ret->why), "%s", pawl_diag_text(&why));
        return PAWL_OK;
}
