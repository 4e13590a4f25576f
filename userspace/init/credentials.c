/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials that came in from outside: from the boot partition (the stub's archives), the command
 * line, SMBIOS and QEMU's fw_cfg. They are gathered below /run/credentials, each kind by itself,
 * and stay there for the OS. What is broken is told, and costs that credential alone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core/smbios.h"
#include "userspace/host/file.h"
#include "userspace/init/boot.h"
#include "userspace/init/cmdline.h"
#include "userspace/init/confidential.h"
#include "userspace/init/cred-text.h"

#define SWITCH   "systemd.import_credentials"
#define SMBIOS   "/sys/firmware/dmi/tables/DMI"
#define FW_CFG   "/sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials"
#define SUFFIX   ".cred"
#define TEXT_MAX 8192 /* of a credential on the command line */

static void tell(pawl_boot *b, const char *where, const pawl_diag *d)
{
        pawl_consoles_say(&b->consoles, "%s: %s", where, pawl_diag_text(d));
}

static void put(
        pawl_boot *b, pawl_cred_kind kind, const char *name, pawl_span content, const char *where)
{
        pawl_cred_folder *f = &b->credentials[kind];
        pawl_diag d = { 0 };
        pawl_err err = pawl_cred_folder_put(f, kind, name, content, &d);

        /* of many that are over the limit the first is named, and the others are counted */
        f->n_beyond += err == PAWL_ERR_LIMIT;
        if (err != PAWL_OK && (err != PAWL_ERR_LIMIT || f->n_beyond == 1))
                tell(b, where, &d);
}

static void end(pawl_boot *b, pawl_cred_kind kind)
{
        pawl_cred_folder *f = &b->credentials[kind];
        pawl_diag d = { 0 };

        if (f->n_beyond > 1)
                pawl_consoles_say(&b->consoles, "%s: %zu credentials are left out by the limit",
                        pawl_cred_folder_path(kind), f->n_beyond);
        if (pawl_cred_folder_end(f, kind, &d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(&d));
}

/* Whether anything is to be taken at all. A word that cannot be read means no. */
static bool is_wanted(pawl_boot *b)
{
        char word[16];
        bool is_on = false;
        pawl_err err = pawl_cmdline_get(pawl_buffer_span(&b->cmdline), SWITCH, word, sizeof(word));

        if (err == PAWL_ERR_NOT_FOUND)
                return true;
        if (err == PAWL_OK)
                err = pawl_parse_boolean(word, &is_on);
        if (err != PAWL_OK)
                pawl_consoles_say(&b->consoles,
                        SWITCH "=: %s; no credential is taken; write yes or no",
                        pawl_err_text(err));
        return err == PAWL_OK && is_on;
}

/* --- folders --- */

typedef void visitor(pawl_boot *b, int dir, const char *name, const char *where);

static int is_shown(const struct dirent *e)
{
        return e->d_name[0] != '.';
}

/* In the order of the names, so that the same files give the same result. */
static void each_entry(pawl_boot *b, const char *path, visitor *visit)
{
        pawl_autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        struct dirent **list = NULL;
        int n;

        if (dir < 0)
                return;
        n = scandirat(dir, ".", &list, is_shown, alphasort);
        if (n < 0)
                pawl_consoles_say(&b->consoles, "%s: cannot list: %s", path, strerror(errno));
        for (int i = 0; i < n; i++) {
                visit(b, dir, list[i]->d_name, path);
                free(list[i]);
        }
        free(list);
}

/* --- the boot partition --- */

/* "NAME.cred" without its end; the stub takes other spellings of it, which systemd does not. */
static bool plain_name(const char *file_name, char ret[static PAWL_CRED_NAME_MAX])
{
        size_t len = strlen(file_name), end = strlen(SUFFIX);

        if (len <= end || len - end >= PAWL_CRED_NAME_MAX ||
                strcmp(file_name + len - end, SUFFIX) != 0)
                return false;
        (void)snprintf(ret, PAWL_CRED_NAME_MAX, "%.*s", (int)(len - end), file_name);
        return true;
}

static void take_sidecar(pawl_boot *b, int dir, const char *name, const char *where)
{
        pawl_autobuffer pawl_buffer content = { 0 };
        char plain[PAWL_CRED_NAME_MAX];
        pawl_diag d = { 0 };

        if (!plain_name(name, plain)) {
                pawl_consoles_say(&b->consoles,
                        "%s/%s: not taken: the name of a credential's file ends in " SUFFIX, where,
                        name);
                return;
        }
        if (pawl_file_read_beneath(dir, name, PAWL_CREDENTIALS_SIZE_MAX, &content, &d) == PAWL_OK)
                put(b, PAWL_CRED_ENCRYPTED, plain, pawl_buffer_span(&content), where);
        else
                tell(b, where, &d);
}

/* --- text --- */

static void put_text(pawl_boot *b, pawl_cred_kind kind, const pawl_cred_text *t, const char *where)
{
        pawl_autosecret pawl_secret bytes = { 0 };
        pawl_err err;

        if (!t->is_base64) {
                put(b, kind, t->name, t->value, where);
                return;
        }
        err = pawl_base64_decode(t->value, &bytes);
        if (err == PAWL_OK)
                put(b, kind, t->name, pawl_secret_span(&bytes), where);
        else
                pawl_consoles_say(&b->consoles, "%s: credential '%s': not base64: %s", where,
                        t->name, pawl_err_text(err));
}

static void take_cmdline(pawl_boot *b, const char *key, bool is_base64)
{
        pawl_reader r = pawl_reader_of(pawl_buffer_span(&b->cmdline));
        char value[TEXT_MAX];
        pawl_err err;

        while ((err = pawl_cmdline_next(&r, key, value, sizeof(value))) != PAWL_ERR_NOT_FOUND) {
                pawl_cred_text t;

                if (err == PAWL_OK)
                        err = pawl_cred_text_cmdline(pawl_span_str(value), is_base64, &t);
                if (err == PAWL_OK)
                        put_text(b, PAWL_CRED_SYSTEM, &t, key);
                else
                        pawl_consoles_say(
                                &b->consoles, "%s=: %s; write NAME:VALUE", key, pawl_err_text(err));
        }
}

/* --- the firmware, or a host --- */

static void take_strings(pawl_boot *b, pawl_span strings)
{
        pawl_reader r = pawl_reader_of(strings);
        pawl_span one;

        while (pawl_smbios_string_next(&r, &one) == PAWL_OK) {
                pawl_cred_text t;
                pawl_err err = pawl_cred_text_smbios(one, &t);

                if (err == PAWL_OK)
                        put_text(b, PAWL_CRED_UNMEASURED, &t, "SMBIOS");
                else if (err != PAWL_ERR_NOT_FOUND)
                        pawl_consoles_say(&b->consoles,
                                "SMBIOS: a credential that is not of the form NAME=VALUE");
        }
}

static void take_smbios(pawl_boot *b)
{
        pawl_autosecret pawl_secret table = { 0 };
        pawl_smbios_structure s;
        pawl_reader r;
        pawl_err err;
        pawl_diag d = { 0 };

        if (access(SMBIOS, F_OK) < 0)
                return;
        if (pawl_file_read_secret(SMBIOS, PAWL_SMBIOS_SIZE_MAX, false, &table, &d) != PAWL_OK) {
                tell(b, "SMBIOS", &d);
                return;
        }
        r = pawl_reader_of(pawl_secret_span(&table));
        while ((err = pawl_smbios_next(&r, &s)) == PAWL_OK)
                if (s.type == PAWL_SMBIOS_OEM_STRINGS)
                        take_strings(b, s.strings);
        if (err != PAWL_ERR_NOT_FOUND)
                pawl_consoles_say(&b->consoles, "SMBIOS: byte %zu: %s", r.off, pawl_err_text(err));
}

static void take_fw_cfg(pawl_boot *b, int dir, const char *name, const char *where)
{
        pawl_autosecret pawl_secret content = { 0 };
        char path[sizeof(FW_CFG) + 300];
        pawl_diag d = { 0 };

        (void)dir;
        (void)snprintf(path, sizeof(path), "%s/%s/raw", where, name);
        if (pawl_file_read_secret(path, PAWL_CREDENTIALS_SIZE_MAX, false, &content, &d) == PAWL_OK)
                put(b, PAWL_CRED_UNMEASURED, name, pawl_secret_span(&content), "fw_cfg");
        else
                tell(b, "fw_cfg", &d);
}

pawl_err pawl_step_credentials(pawl_boot *b, pawl_diag *d)
{
        (void)d;
        if (!is_wanted(b))
                return PAWL_OK;
        each_entry(b, "/.extra/credentials", take_sidecar);
        each_entry(b, "/.extra/global_credentials", take_sidecar);
        take_cmdline(b, "systemd.set_credential", false);
        take_cmdline(b, "systemd.set_credential_binary", true);
        if (!pawl_is_confidential()) {
                each_entry(b, FW_CFG, take_fw_cfg);
                take_smbios(b);
        }
        for (pawl_cred_kind k = 0; k < PAWL_CRED_KIND_MAX_; k++)
                end(b, k);
        return PAWL_OK;
}
