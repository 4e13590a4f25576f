/* SPDX-License-Identifier: BSD-2-Clause */
/* From unlocked volumes to mounted file systems. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/openat2.h>

#include "userspace/host/file.h"
#include "userspace/init/boot.h"
#include "userspace/init/measure.h"
#include "userspace/init/mounts.h"
#include "userspace/initrd/build.h"

#define FOLDER_MODE 0700

/* Nothing of the state is a program or a device. */
#define MOUNT_FLAGS (MS_NODEV | MS_NOSUID | MS_NOEXEC)

static pawl_err make_file_system(pawl_boot *b, const pawl_boot_volume *v, pawl_diag *d)
{
        char label[17];
        const char *const words[] = { "mke2fs", "-q", "-F", "-t", "ext4", "-E",
                "lazy_itable_init=1,nodiscard", "-L", label, v->device, NULL };
        char *const environment[] = { NULL };
        int rc, status = -1;
        pid_t pid;

        (void)snprintf(label, sizeof(label), "%.16s", v->def->label);
        pawl_consoles_say(&b->consoles, "making an ext4 file system on %s", v->device);
        rc = posix_spawn(
                &pid, PAWL_INITRD_MKE2FS, NULL, NULL, (char *const *)(uintptr_t)words, environment);
        if (rc != 0)
                return pawl_fail_errno(d, rc, PAWL_INITRD_MKE2FS ": cannot be started");
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                continue;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return pawl_fail(d, PAWL_ERR_IO, "%s: mke2fs failed (status %d)", v->device,
                        WIFEXITED(status) ? WEXITSTATUS(status) : -1);
        return PAWL_OK;
}

/* A measurement that fails here is told; nothing is unsealed any more in this boot, and whether the
 * OS may run is decided when the initrd is left. */
static void measure_key(pawl_boot *b, const pawl_boot_volume *v)
{
        pawl_diag d = { 0 };

        if (!b->tpm.t || !b->tpm.has_answered)
                return;
        pawl_tpm_limit_total(b->tpm.t, PAWL_MEASURE_MS);
        if (pawl_boot_measure_volume_key(b, v, &d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "WARNING: %s", pawl_diag_text(&d));
}

static pawl_err activate(pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        if (v->def->is_encrypted) {
                measure_key(b, v);
                PAWL_TRY(pawl_volume_activate(v->v, v->name, d));
                v->is_active = true;
        }
        return v->is_fresh && v->def->is_ext4 ? make_file_system(b, v, d) : PAWL_OK;
}

/* /var/tmp lies inside another volume, which may be new or anybody's: it is made where it is
 * missing, and a link there leads nowhere. */
static pawl_err open_target(const char *mount_point, int *ret, pawl_diag *d)
{
        const char *name = mount_point + 1;
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        pawl_autoclose int root = open(PAWL_SYSROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
        long fd = syscall(SYS_openat2, root, name, &how, sizeof(how));

        if (fd < 0 && errno == ENOENT && strchr(name, '/') && mkdirat(root, name, 0755) == 0)
                fd = syscall(SYS_openat2, root, name, &how, sizeof(how));
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: no folder to mount on", mount_point);
        *ret = (int)fd;
        return PAWL_OK;
}

static pawl_err mount_one(pawl_boot_volume *v, pawl_diag *d)
{
        pawl_autoclose int fd = -1;
        char target[64];

        PAWL_TRY(open_target(v->def->mount_point, &fd, d));
        (void)snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
        if (mount(v->device, target, "ext4", MOUNT_FLAGS, NULL) < 0)
                return pawl_fail_errno(
                        d, errno, "%s: cannot be mounted on %s", v->device, v->def->mount_point);
        v->is_mounted = true;
        return PAWL_OK;
}

/* What lies inside another volume comes after it. */
static pawl_err mount_all(pawl_boot_volume *const *volumes, size_t n, pawl_diag *d)
{
        for (int is_nested = 0; is_nested < 2; is_nested++)
                for (size_t i = 0; i < n; i++) {
                        const pawl_definition *def = volumes[i]->def;

                        if (def->mount_point && def->is_ext4 &&
                                !!strchr(def->mount_point + 1, '/') == is_nested)
                                PAWL_TRY(mount_one(volumes[i], d));
                }
        return PAWL_OK;
}

/* --- finishing a new one --- */

static pawl_err write_private(
        const pawl_boot_volume *v, const char *name, pawl_span content, pawl_diag *d)
{
        char path[128];

        (void)snprintf(path, sizeof(path), PAWL_SYSROOT "%s/lib", v->def->mount_point);
        (void)mkdir(path, 0755);
        (void)snprintf(path, sizeof(path), PAWL_SYSROOT "%s/lib/pawl", v->def->mount_point);
        if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
                return pawl_fail_errno(d, errno, "%s: cannot make the folder", path);
        (void)snprintf(
                path, sizeof(path), PAWL_SYSROOT "%s/lib/pawl/%s", v->def->mount_point, name);
        return pawl_file_write(path, content, 0600, d);
}

/* What a person has not proven to have yet stays inside, and what the volume trusts to notice
 * another TPM key. */
static pawl_err keep(pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        char name[64];

        (void)snprintf(name, sizeof(name), "recovery-key-%s", pawl_volume_uuid(v->v));
        PAWL_TRY(write_private(v, name, pawl_secret_span(&v->recovery_key), d));
        if (b->tpm.srk)
                PAWL_TRY(write_private(v, "srk-name", pawl_tpm_srk_name(b->tpm.srk), d));
        return write_private(v, "volume-name", pawl_span_str(v->name), d);
}

/* From here on the volume counts: everything else is on the disk before. */
static pawl_err finish(pawl_boot *b, pawl_boot_volume *v, pawl_diag *d)
{
        if (v->is_mounted && v->def->is_encrypted)
                PAWL_TRY(keep(b, v, d));
        pawl_secret_done(&v->recovery_key);
        sync();
        if (!v->v)
                return PAWL_OK;
        PAWL_TRY(pawl_volume_set_label(v->v, v->def->label, d));
        return pawl_volume_flush(v->v, d);
}

/* What `keep` wrote in an earlier boot. The file system may be anybody's. */
static pawl_err read_kept(const pawl_boot_volume *v, const char *name, pawl_buffer *ret)
{
        char path[128];
        pawl_autoclose int dir = -1;

        (void)snprintf(path, sizeof(path), PAWL_SYSROOT "%s", v->def->mount_point);
        dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0)
                return PAWL_ERR_NOT_FOUND;
        (void)snprintf(path, sizeof(path), "lib/pawl/%s", name);
        return pawl_file_read_beneath(dir, path, 256, ret, NULL);
}

/* The SRK's name stands in the header, which is the attacker's; the copy inside is not. */
static void compare_srk(pawl_boot *b, const pawl_boot_volume *v)
{
        pawl_autobuffer pawl_buffer kept = { 0 };

        if (!b->tpm.srk || read_kept(v, "srk-name", &kept) != PAWL_OK ||
                pawl_span_equal(pawl_buffer_span(&kept), pawl_tpm_srk_name(b->tpm.srk)))
                return;
        pawl_consoles_say(&b->consoles,
                "WARNING: the TPM's storage key is not the one that '%s' was enrolled with: "
                "another TPM, or something between this machine and its TPM",
                v->def->label);
}

/* One secret opens all volumes of the set, so an entry of the partition table could put one in the
 * place of another: what users may write, for example, where the system keeps its state. */
static pawl_err check_name(const pawl_boot_volume *v, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer kept = { 0 };

        if (read_kept(v, "volume-name", &kept) != PAWL_OK ||
                pawl_span_equal(pawl_buffer_span(&kept), pawl_span_str(v->name)))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s: is not the volume '%s' but another one of this machine; somebody changed the "
                "partition table",
                v->node, v->name);
}

static pawl_err compare(pawl_boot *b, const pawl_boot_volume *v, pawl_diag *d)
{
        if (!v->is_mounted || !v->def->is_encrypted)
                return PAWL_OK;
        compare_srk(b, v);
        return check_name(v, d);
}

/* Volume keys go to PCR 15 in the order of the names, so that the value can be predicted. */
static void sort(pawl_boot *b, pawl_boot_volume **ret)
{
        for (size_t i = 0; i < b->n_volumes; i++) {
                size_t at = i;

                for (; at > 0 && strcmp(ret[at - 1]->name, b->volumes[i].name) > 0; at--)
                        ret[at] = ret[at - 1];
                ret[at] = &b->volumes[i];
        }
}

pawl_err pawl_step_mount(pawl_boot *b, pawl_diag *d)
{
        pawl_boot_volume *sorted[PAWL_DEFINITIONS_MAX];

        sort(b, sorted);
        for (size_t i = 0; i < b->n_volumes; i++)
                PAWL_TRY(activate(b, sorted[i], d));
        PAWL_TRY(mount_all(sorted, b->n_volumes, d));
        /* last, and close together: volumes of which only some are finished do not open by
         * themselves */
        for (size_t i = 0; i < b->n_volumes; i++)
                PAWL_TRY(sorted[i]->is_fresh ? finish(b, sorted[i], d) : compare(b, sorted[i], d));
        return PAWL_OK;
}

void pawl_boot_close_volumes(pawl_boot *b)
{
        char target[64];

        for (size_t i = b->n_volumes; i > 0; i--) {
                pawl_boot_volume *v = &b->volumes[i - 1];

                (void)snprintf(target, sizeof(target), PAWL_SYSROOT "%s",
                        v->def->mount_point ? v->def->mount_point : "");
                if (v->is_mounted && umount(target) < 0)
                        (void)umount2(target, MNT_DETACH);
                pawl_volume_close_p(&v->v);
                pawl_secret_done(&v->recovery_key);
                if (v->is_active && pawl_volume_deactivate(v->name, NULL) != PAWL_OK)
                        pawl_consoles_say(&b->consoles, "%s: could not be closed", v->device);
                v->is_mounted = v->is_active = false;
        }
        pawl_sealed_done(&b->set);
}
