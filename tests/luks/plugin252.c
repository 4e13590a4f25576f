/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into cryptsetup. systemd 252's plugin looks for its TPM in /sys and for signatures
 * below /etc and /run; this shows it the swtpm and the file of a test instead. Nothing else is
 * changed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As src/shared/tpm2-util.h of systemd 252 declares them; a signature is its JsonVariant. */
typedef int load_signature(const char *path, void **ret);
#define SHOWN __attribute__((visibility("default")))
SHOWN load_signature tpm2_load_pcr_signature;
SHOWN int tpm2_find_device_auto(int log_level, char **ret);

int tpm2_find_device_auto(int log_level, char **ret)
{
        const char *tpm = getenv("PAWL_PLUGIN_TPM");

        (void)log_level;
        *ret = tpm ? strdup(tpm) : NULL;
        return *ret ? 0 : -ENODEV;
}

/* The real one is found from the plugin that calls: it was loaded for itself, RTLD_NEXT does not
 * see what it is linked with. */
int tpm2_load_pcr_signature(const char *path, void **ret)
{
        Dl_info caller;
        load_signature *real = NULL;
        void *plugin = NULL;

        if (dladdr(__builtin_return_address(0), &caller) != 0)
                plugin = dlopen(caller.dli_fname, RTLD_NOLOAD | RTLD_LAZY);
        if (plugin)
                *(void **)&real = dlsym(plugin, "tpm2_load_pcr_signature");
        return real ? real(path ? path : getenv("PAWL_PLUGIN_SIGNATURE"), ret) : -ENOSYS;
}
