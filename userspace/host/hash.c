/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/host/hash.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdatomic.h>

#include "userspace/host/cleanup.h"

static const char *name_of(pawl_alg alg)
{
        switch (alg) {
        case PAWL_ALG_SHA1:
                return "SHA1";
        case PAWL_ALG_SHA256:
                return "SHA256";
        case PAWL_ALG_SHA384:
                return "SHA384";
        case PAWL_ALG_SHA512:
                return "SHA512";
        case PAWL_ALG_MAX_:
                break;
        }
        return NULL;
}

/* To look for an algorithm takes OpenSSL longer than to hash a line of text with it, and a log has
 * thousands of lines: each is looked for once and kept until the program ends. NULL if there is
 * none. */
static const EVP_MD *evp_of(pawl_alg alg)
{
        static _Atomic(EVP_MD *) kept[PAWL_ALG_MAX_];
        EVP_MD *md = atomic_load(&kept[alg]), *none = NULL;

        if (md)
                return md;
        md = EVP_MD_fetch(NULL, name_of(alg), NULL);
        if (!md || atomic_compare_exchange_strong(&kept[alg], &none, md))
                return md;
        EVP_MD_free(md); /* another thread was faster */
        return none;
}

static void md_ctx_free_p(EVP_MD_CTX **c)
{
        EVP_MD_CTX_free(*c);
}

static bool update_zeros(EVP_MD_CTX *c, size_t n)
{
        static const uint8_t zeros[4096];

        while (n > 0) {
                size_t k = n < sizeof(zeros) ? n : sizeof(zeros);

                if (EVP_DigestUpdate(c, zeros, k) != 1)
                        return false;
                n -= k;
        }
        return true;
}

static pawl_err openssl_hash(void *ctx, pawl_alg alg, const pawl_span *parts, size_t n_parts,
        size_t n_zeros, pawl_digest *ret)
{
        pawl_cleanup(md_ctx_free_p) EVP_MD_CTX *c = EVP_MD_CTX_new();
        pawl_digest d = { .alg = alg };
        const EVP_MD *md = evp_of(alg);

        (void)ctx;
        if (!c || !md || EVP_DigestInit_ex(c, md, NULL) != 1)
                return PAWL_ERR_CRYPTO;
        for (size_t i = 0; i < n_parts; i++)
                if (parts[i].len > 0 && EVP_DigestUpdate(c, parts[i].data, parts[i].len) != 1)
                        return PAWL_ERR_CRYPTO;
        if (!update_zeros(c, n_zeros) || EVP_DigestFinal_ex(c, d.bytes, NULL) != 1)
                return PAWL_ERR_CRYPTO;
        *ret = d;
        return PAWL_OK;
}

const pawl_hasher pawl_openssl_hasher = { NULL, openssl_hash };

pawl_err pawl_hash(pawl_alg alg, pawl_span s, pawl_digest *ret)
{
        return openssl_hash(NULL, alg, &s, 1, 0, ret);
}

pawl_err pawl_hmac(pawl_alg alg, pawl_span key, pawl_span s, pawl_digest *ret)
{
        pawl_digest d = { .alg = alg };
        unsigned n = sizeof(d.bytes);
        const EVP_MD *md = evp_of(alg);

        if (!md || key.len > INT_MAX ||
                !HMAC(md, key.data, (int)key.len, s.data, s.len, d.bytes, &n))
                return PAWL_ERR_CRYPTO;
        *ret = d;
        return PAWL_OK;
}
