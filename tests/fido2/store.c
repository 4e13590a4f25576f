/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fido2/store.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *open_file(const char *folder, const char *name, const char *mode)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        return fopen(path, mode);
}

bool store_has(const char *folder, const char *name)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        return access(path, F_OK) == 0;
}

bool store_get(const char *folder, const char *name, char *ret, size_t size)
{
        FILE *f = open_file(folder, name, "r");
        size_t n;

        if (!f)
                return false;
        n = fread(ret, 1, size - 1, f);
        ret[n] = '\0';
        ret[strcspn(ret, "\n")] = '\0';
        return fclose(f) == 0;
}

bool store_put(const char *folder, const char *name, pawl_span content)
{
        FILE *f = open_file(folder, name, "w");
        bool ok = f && fwrite(content.data, 1, content.len, f) == content.len;

        return f && fclose(f) == 0 && ok;
}

static void file_name(const uint8_t *id, const char *ending, char *ret, size_t size)
{
        (void)snprintf(ret, size, "%02x%02x%02x%02x%02x%02x.%s", id[0], id[1], id[2], id[3], id[4],
                id[5], ending);
}

bool store_make(const char *folder, credential *ret)
{
        char name[64];
        FILE *f;
        bool ok;

        ret->key = EVP_EC_gen("P-256");
        if (!ret->key || RAND_bytes(ret->id, sizeof(ret->id)) != 1 ||
                RAND_bytes(ret->secrets, sizeof(ret->secrets)) != 1)
                return false;
        file_name(ret->id, "key", name, sizeof(name));
        f = open_file(folder, name, "w");
        ok = f && PEM_write_PrivateKey(f, ret->key, NULL, NULL, 0, NULL, NULL) == 1;
        if (f)
                ok &= fclose(f) == 0;
        file_name(ret->id, "id", name, sizeof(name));
        ok = ok && store_put(folder, name, pawl_span_of(ret->id, sizeof(ret->id)));
        file_name(ret->id, "secrets", name, sizeof(name));
        return ok && store_put(folder, name, pawl_span_of(ret->secrets, sizeof(ret->secrets)));
}

static bool read_whole(const char *folder, const char *name, uint8_t *ret, size_t size)
{
        FILE *f = open_file(folder, name, "r");
        bool ok = f && fread(ret, 1, size, f) == size;

        return f && fclose(f) == 0 && ok;
}

bool store_find(const char *folder, pawl_span id, credential *ret)
{
        char name[64];
        FILE *f;

        if (id.len != STORE_ID_SIZE)
                return false;
        file_name(id.data, "id", name, sizeof(name));
        if (!read_whole(folder, name, ret->id, STORE_ID_SIZE) ||
                !pawl_span_equal(id, pawl_span_of(ret->id, STORE_ID_SIZE)))
                return false;
        file_name(id.data, "secrets", name, sizeof(name));
        if (!read_whole(folder, name, ret->secrets, sizeof(ret->secrets)))
                return false;
        file_name(id.data, "key", name, sizeof(name));
        f = open_file(folder, name, "r");
        ret->key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
        if (f)
                (void)fclose(f);
        return ret->key != NULL;
}
