/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/initrd/modules.h"

#include <libkmod.h>
#include <limits.h>
#include <string.h>

#define MODULES_MAX 512

const char *const pawl_default_modules[] = {
        /* buses and disks */
        "virtio_pci", "virtio_mmio", "virtio_blk", "virtio_scsi", "virtio_rng", "ahci", "ata_piix",
        "sd_mod", "nvme", "mmc_block", "sdhci_pci", "sdhci_acpi", "usb_storage", "uas", "xhci_pci",
        "ehci_pci", "hv_storvsc", "xen_blkfront",
        /* keyboards for the prompt */
        "atkbd", "i8042", "usbhid", "hid_generic",
        /* file systems and the firmware's variables */
        "efivarfs", "erofs", "ext4", "vfat", "nls_ascii", "nls_cp437", "nls_utf8",
        /* device mapper, and the ciphers that LUKS2 and verity ask for */
        "dm_mod", "dm_crypt", "dm_verity", "xts", "aes_generic", "aesni_intel", "sha256_generic",
        "sha256_ssse3", "sha512_generic", "algif_skcipher", "algif_hash", "crc32c_generic",
        "crc32c_intel",
        /* what QEMU hands over */
        "qemu_fw_cfg",
        /* TPM drivers that are not built in */
        "tpm_crb", "tpm_tis", NULL
};

typedef struct work {
        pawl_tree *t;
        const char *folder, *release;
        FILE *list_file;
        char seen[MODULES_MAX][64];
        size_t n_seen;
} work;

static void kmod_unref_p(struct kmod_ctx **c)
{
        if (*c)
                (void)kmod_unref(*c);
}

static void module_unref_p(struct kmod_module **m)
{
        if (*m)
                (void)kmod_module_unref(*m);
}

static void modules_unref_p(struct kmod_list **l)
{
        if (*l)
                (void)kmod_module_unref_list(*l);
}

static pawl_err add_module(work *w, struct kmod_module *m, pawl_diag *d);

/* `list` is freed. */
static pawl_err add_list(work *w, struct kmod_list *list, pawl_diag *d)
{
        pawl_cleanup(modules_unref_p) struct kmod_list *all = list;
        struct kmod_list *at;

        kmod_list_foreach(at, all)
        {
                pawl_cleanup(module_unref_p) struct kmod_module *m = kmod_module_get_module(at);

                PAWL_TRY(add_module(w, m, d));
        }
        return PAWL_OK;
}

static pawl_err add_itself(work *w, const char *path, pawl_diag *d)
{
        size_t len = strlen(path), folder_len = strlen(w->folder);
        char place[PATH_MAX];

        if (len < 3 || strcmp(path + len - 3, ".ko") != 0)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "%s: a compressed module; unpack it and run depmod", path);
        if (strncmp(path, w->folder, folder_len) != 0 ||
                snprintf(place, sizeof(place), "/usr/lib/modules/%s/%s", w->release,
                        path + folder_len + strspn(path + folder_len, "/")) >= PATH_MAX)
                return pawl_fail(d, PAWL_ERR_FORMAT, "%s: not below %s", path, w->folder);
        if (pawl_tree_has(w->t, place))
                return PAWL_OK;
        PAWL_TRY(pawl_tree_add_file(w->t, place, path, d));
        return fprintf(w->list_file, "%s\n", place) > 0 ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

/* Whether it is new. Soft dependencies may form a circle: each module is visited once. */
static bool visit(work *w, const char *name)
{
        for (size_t i = 0; i < w->n_seen; i++)
                if (strcmp(w->seen[i], name) == 0)
                        return false;
        if (w->n_seen < MODULES_MAX)
                (void)snprintf(w->seen[w->n_seen++], sizeof(w->seen[0]), "%s", name);
        return w->n_seen < MODULES_MAX;
}

/* First what it depends on, then itself, then what it asks to have beside it. */
static pawl_err add_module(work *w, struct kmod_module *m, pawl_diag *d)
{
        pawl_cleanup(modules_unref_p) struct kmod_list *before = NULL, *after = NULL;
        const char *path = kmod_module_get_path(m);

        if (!path || !visit(w, kmod_module_get_name(m)))
                return PAWL_OK; /* built into the kernel, or here already */
        PAWL_TRY(add_list(w, kmod_module_get_dependencies(m), d));
        if (kmod_module_get_softdeps(m, &before, &after) < 0)
                before = after = NULL;
        PAWL_TRY(add_list(w, pawl_take(&before), d));
        PAWL_TRY(add_itself(w, path, d));
        return add_list(w, pawl_take(&after), d);
}

static pawl_err add_name(
        work *w, struct kmod_ctx *kmod, const char *name, bool is_wanted, pawl_diag *d)
{
        struct kmod_list *found = NULL;

        if (kmod_module_new_from_lookup(kmod, name, &found) < 0 || !found) {
                if (!is_wanted)
                        return PAWL_OK;
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "%s: no such module in %s; is the name right, and has depmod been run?",
                        name, w->folder);
        }
        return add_list(w, found, d);
}

static pawl_err add_names(work *w, struct kmod_ctx *kmod, const char *const *names, pawl_diag *d)
{
        for (const char *const *n = pawl_default_modules; *n; n++)
                PAWL_TRY(add_name(w, kmod, *n, /* is_wanted= */ false, d));
        for (const char *const *n = names; n && *n; n++)
                PAWL_TRY(add_name(w, kmod, *n, /* is_wanted= */ true, d));
        return PAWL_OK;
}

/* libkmod with nothing of the host's own configuration: only what depmod found in the modules. */
static pawl_err open_folder(const char *folder, struct kmod_ctx **ret, pawl_diag *d)
{
        char index[PATH_MAX], softdep[PATH_MAX];
        const char *const configuration[] = { softdep, NULL };

        (void)snprintf(index, sizeof(index), "%s/modules.dep.bin", folder);
        (void)snprintf(softdep, sizeof(softdep), "%s/modules.softdep", folder);
        if (access(index, R_OK) != 0)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "%s: not there; run depmod, and name the folder that ends in the kernel's "
                        "release",
                        index);
        *ret = kmod_new(folder, configuration);
        return *ret ? PAWL_OK : PAWL_ERR_NO_MEMORY;
}

/* The last part of the folder's name, which the kernel calls its release. */
static const char *release_of(const char *folder)
{
        const char *slash = strrchr(folder, '/');

        return slash ? slash + 1 : folder;
}

pawl_err pawl_modules_add(pawl_tree *t, const char *folder, const char *const *names, pawl_diag *d)
{
        pawl_autofree char *clean = realpath(folder, NULL);
        pawl_cleanup(kmod_unref_p) struct kmod_ctx *kmod = NULL;
        pawl_autofree char *list = NULL;
        work w = { .t = t };
        size_t len = 0;
        pawl_err err;

        if (!clean)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: no such folder", folder);
        w.folder = clean;
        w.release = release_of(clean);
        PAWL_TRY(open_folder(clean, &kmod, d));
        w.list_file = open_memstream(&list, &len);
        if (!w.list_file)
                return PAWL_ERR_NO_MEMORY;
        err = add_names(&w, kmod, names, d);
        if (fclose(w.list_file) != 0 && err == PAWL_OK)
                err = PAWL_ERR_NO_MEMORY;
        PAWL_TRY(err);
        return pawl_tree_add(t, PAWL_MODULES_LIST, 0644, pawl_span_of(list, len), d);
}
