/* SPDX-License-Identifier: BSD-2-Clause */
/* PID 1 of a test initrd: says on the console what the boot left behind, and powers off. Lines
 * start with "PROBE ": tsc N | file PATH HEX | pcr BANK N HEX | var NAME HEX | end. Reports what it
 * finds; a file that is missing is left out. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

static void say_file(const char *kind, const char *name, const char *path)
{
        FILE *f = fopen(path, "r");
        if (!f)
                return;
        printf("PROBE %s %s ", kind, name);
        for (int c; (c = fgetc(f)) != EOF;)
                printf("%02x", (unsigned)c);
        printf("\n");
        fclose(f);
}

/* Every regular file of a folder whose name starts with `prefix`. */
static void say_folder(const char *kind, const char *folder, const char *prefix)
{
        char path[512];
        DIR *d = opendir(folder);
        if (!d)
                return;
        for (struct dirent *e; (e = readdir(d));) {
                struct stat st;
                snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
                if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 && stat(path, &st) == 0 &&
                        S_ISREG(st.st_mode))
                        say_file(kind, strcmp(kind, "var") == 0 ? e->d_name : path, path);
        }
        closedir(d);
}

static void say_pcrs(const char *bank)
{
        for (int n = 0; n < 24; n++) {
                char path[128], value[160] = "";
                snprintf(path, sizeof path, "/sys/class/tpm/tpm0/pcr-%s/%d", bank, n);
                FILE *f = fopen(path, "r");
                if (!f)
                        return;
                if (fgets(value, sizeof value, f))
                        printf("PROBE pcr %s %d %s", bank, n, value);
                fclose(f);
        }
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void load_modules(void)
{
        char *names[64];
        size_t n = 0;
        DIR *d = opendir("/modules");
        for (struct dirent *e; d && n < 64 && (e = readdir(d));)
                if (e->d_name[0] != '.')
                        names[n++] = strdup(e->d_name);
        qsort(names, n, sizeof names[0], compare);
        for (size_t i = 0; i < n; i++) {
                char path[300];
                snprintf(path, sizeof path, "/modules/%s", names[i]);
                int fd = open(path, O_RDONLY | O_CLOEXEC);
                if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
                        printf("PROBE-TROUBLE module %s: %m\n", names[i]);
        }
}

/* `probe.root=DEVICE` on the command line: no report, go on into the OS on that device. There is no
 * verity and no encryption here; it shows that the OS image itself starts. */
static void maybe_switch_root(void)
{
        char line[4096] = "", device[64];
        FILE *f = fopen("/proc/cmdline", "r");
        if (!f || !fgets(line, sizeof line, f))
                return;
        fclose(f);
        const char *at = strstr(line, "probe.root=");
        if (!at || sscanf(at, "probe.root=%63s", device) != 1)
                return;
        mkdir("/sysroot", 0755);
        for (int tries = 0; mount(device, "/sysroot", "erofs", MS_RDONLY, NULL) != 0; tries++) {
                if (tries == 100) {
                        printf("PROBE-TROUBLE %s: %m\n", device);
                        return;
                }
                usleep(100000);
        }
        const char *moved[] = { "/dev", "/proc", "/sys" };
        for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
                char to[32];
                snprintf(to, sizeof to, "/sysroot%s", moved[i]);
                mount(moved[i], to, NULL, MS_MOVE, NULL);
        }
        if (chdir("/sysroot") == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0)
                execl("/sbin/init", "init", (char *)NULL);
        printf("PROBE-TROUBLE switch root: %m\n");
}

int main(void)
{
        unsigned long long start = __rdtsc();
        mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
        mount("proc", "/proc", "proc", 0, NULL);
        mount("sysfs", "/sys", "sysfs", 0, NULL);
        mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
        klogctl(8 /* console level */, NULL, 1);
        load_modules();
        mount("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", 0, NULL);
        maybe_switch_root();

        printf("\nPROBE tsc %llu\n", start);
        say_file("file", "/proc/cmdline", "/proc/cmdline");
        say_folder("file", "/.extra", "");
        say_folder("file", "/.extra/credentials", "");
        say_folder("file", "/.extra/global_credentials", "");
        say_file("file", "/sys/kernel/security/tpm0/binary_bios_measurements",
                "/sys/kernel/security/tpm0/binary_bios_measurements");
        say_folder("var", "/sys/firmware/efi/efivars", "Loader");
        say_folder("var", "/sys/firmware/efi/efivars", "Stub");
        say_folder("var", "/sys/firmware/efi/efivars", "SecureBoot");
        const char *banks[] = { "sha1", "sha256", "sha384", "sha512" };
        for (size_t i = 0; i < sizeof banks / sizeof banks[0]; i++)
                say_pcrs(banks[i]);
        printf("PROBE end\n");
        fflush(stdout);
        reboot(RB_POWER_OFF);
        return 1;
}
